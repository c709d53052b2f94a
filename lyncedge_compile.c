// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compiles a policy into a struct le_table; lyncedge_rules.h explains what it is. The steps are in
 * lyncedge_terms.c, lyncedge_ports.c and lyncedge_spans.c; here they are taken, and what they have
 * in common is the bitmaps of terms. How packets are judged is in lyncedge_rules.c.
 */
#include "lyncedge_compile.h"

/**
 * le_bits_word_0() - the word of a bitmap that the usual packet is judged by
 * @c: the compiler, which knows how many words there are
 * @bits: a bitmap of terms
 * @more: what says that other words are not empty
 *
 * Return: word 0, with @more if it is to be said.
 */
u64 le_bits_word_0(const struct le_compiler *c, const u64 *bits, u64 more)
{
	u32 i;

	for (i = 1; i < c->words; i++)
		if (bits[i])
			return bits[0] | more;
	return bits[0];
}

/**
 * le_bits_store_wide() - copy what follows word 0, if anything does
 * @c: the compiler
 * @bits: a bitmap of terms
 * @wide: from le_bits_alloc_wide()
 * @index: which of its elements this is: words 1 and up, and a summary of those that are not empty
 */
void le_bits_store_wide(const struct le_compiler *c, const u64 *bits, u64 *wide, u32 index)
{
	u32 nr = c->words - 1, i;
	u64 *to = wide + (size_t)index * (nr + 1);
	u64 summary = 0;

	if (!nr)
		return;
	for (i = 0; i < nr; i++) {
		to[i] = bits[i + 1];
		if (to[i])
			summary |= BIT_ULL(i);
	}
	to[nr] = summary;
}

/**
 * le_bits_alloc_wide() - allocate what le_bits_store_wide() fills
 * @c: the compiler
 * @nr: how many elements
 *
 * Return: memory, not zeroed, for kvfree(); or NULL.
 */
u64 *le_bits_alloc_wide(const struct le_compiler *c, u32 nr)
{
	return kvmalloc_array(nr, c->words * sizeof(u64), GFP_KERNEL);
}

static void free_compiler(struct le_compiler *c)
{
	kvfree(c->terms);
	kvfree(c->site_prefixes);
	kvfree(c->tag_bits);
	kvfree(c->tag_flags);
	kvfree(c->classes.bits);
	kvfree(c->classes.flags);
	kvfree(c->classes.next);
	kvfree(c->classes.buckets);
	kvfree(c->prefixes);
	kvfree(c->spans[LE_IPV4]);
	kvfree(c->spans[LE_IPV6]);
	kvfree(c);
}

/* The table ends in what there is as much of as there are classes of addresses. */
static struct le_table *alloc_table(const struct le_compiler *c)
{
	const size_t ends = (size_t)c->classes.nr * LE_CLASS_STEP * sizeof(u64);
	const u8 *options = c->policy->options;
	struct le_table *table = kvzalloc(sizeof(*table) + ends, GFP_KERNEL);

	if (!table)
		return NULL;
	table->stateless = options[LE_OPT_ESTABLISHED] == LE_ESTABLISHED_STATELESS;
	table->scope_address = c->early || options[LE_OPT_SCOPE] == LE_SCOPE_ADDRESS;
	table->icmp_echo = options[LE_OPT_ICMP_ECHO] == LE_ICMP_ECHO_ALLOW;
	return table;
}

static int compile(struct le_compiler *c)
{
	int err = le_terms_make(c);

	if (!err)
		err = le_spans_make(c);
	if (err)
		return err;
	c->table = alloc_table(c);
	if (!c->table)
		return -ENOMEM;
	err = le_terms_to_table(c);
	if (!err)
		err = le_ports_make(c);
	return err ? err : le_spans_to_table(c);
}

static struct le_table *compile_table(const struct le_policy *policy, bool early)
{
	struct le_compiler *c = kvzalloc(sizeof(*c), GFP_KERNEL);
	struct le_table *table;
	int err;

	if (!c)
		return NULL;
	c->policy = policy;
	c->early = early;
	c->joined_class = LE_NO_CLASS;
	err = compile(c);
	table = c->table;
	free_compiler(c);
	if (!err)
		return table;
	le_table_free(table);
	return NULL;
}

/**
 * le_table_compile() - compile a policy
 * @policy: the policy; not referred to by the table
 *
 * Context: process; may sleep.
 *
 * Return: the table, which the caller frees with le_table_free() when no reader can see it any
 * more; NULL if there is no memory, the only thing that can fail: whatever le_policy_parse()
 * accepts can be compiled.
 */
struct le_table *le_table_compile(const struct le_policy *policy)
{
	return compile_table(policy, false);
}

/**
 * le_table_compile_early() - compile what a policy says of packets that NAT has not yet seen
 * @policy: the policy; not referred to by the table
 *
 * For le_early_judge(), and of no use elsewhere: a public address may be any of its edge's own, and
 * only what is for an address of an edge, its own or a public one, is judged.
 *
 * Context: process; may sleep.
 *
 * Return: as le_table_compile().
 */
struct le_table *le_table_compile_early(const struct le_policy *policy)
{
	return compile_table(policy, true);
}

/**
 * le_table_free() - free a table
 * @table: the table, or NULL
 *
 * Context: process; vfree() may be called. No reader may be left.
 */
void le_table_free(struct le_table *table)
{
	if (!table)
		return;
	kvfree(table->addr_flags);
	kvfree(table->wide.port_class);
	kvfree(table->wide.lanes);
	kvfree(table->wide.dports);
	kvfree(table->wide.froms);
	kvfree(table->wide.tos);
	kvfree(table->row_of);
	le_addr_destroy(&table->addrs);
	kvfree(table);
}
