/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy as a ruleset of iptables while it is written: terms as rules (iptables_rules.c), the
 * way to them (iptables_tree.c), the ruleset as a whole (iptables.c).
 */
#ifndef LYNCEDGECTL_IPTABLES_RULES_H
#define LYNCEDGECTL_IPTABLES_RULES_H

#include "terms.h"

/*
 * So many addresses or prefixes are asked one after the other, a rule each; more are a set. A rule
 * that does not match by address costs a quarter of a look into a set.
 */
#define IPT_HANDFUL 4
/*
 * Where no set can be asked, about what an ICMP error is about, so many are asked one after the
 * other; of more, any address is taken.
 */
#define IPT_MANY 64

/* A chain's name has 28 characters at most. */
#define IPT_CHAIN_NAME 29
/* A set's name has 31. */
#define IPT_SET_NAME 32

/* The end of a rule that accepts. */
#define IPT_ACCEPT(counter) "-m comment --comment " counter " -j RETURN"

/* u32: go on behind the IPv4 header, however long it is. */
#define BEHIND_IPV4 "0>>22&0x3C@"

/* Where a rule finds the two ends that a row speaks of. */
enum ipt_place {
	IPT_PACKET,	/* the packet's own headers */
	IPT_CONNECTION,	/* conntrack's entry: its original direction, at the Edge's addresses */
	IPT_QUOTED,	/* the packet that an ICMP error quotes */
};

/**
 * struct ipt_members - the addresses of a tag, of the ruleset's family
 * @list: the first of them
 * @nr: how many there are
 * @all: they are everybody
 */
struct ipt_members {
	struct le_prefix list[IPT_MANY];
	u32 nr;
	bool all;
};

/**
 * struct ipt_ruleset - a ruleset that is being written
 * @policy: the policy
 * @family: LE_IPV4 or LE_IPV6
 * @terms: the active rows
 * @members: addresses of each tag
 * @used: tags whose sets the rules refer to
 * @used_edges: the rules refer to the set of all edges
 * @chains: where chains are declared, which has to come before all rules
 * @rules: where the rules go
 */
struct ipt_ruleset {
	const struct le_policy *policy;
	u8 family;
	struct terms terms;
	struct ipt_members members[LE_NR_TAGS];
	u32 used;
	bool used_edges;
	FILE *chains;
	FILE *rules;
};

/**
 * struct ipt_who - who an end is, as far as rules can ask
 * @any: anybody
 * @tag: whoever is in this tag's set, or -1
 * @list: else one of these; none if there is nobody
 * @nr: how many
 */
struct ipt_who {
	bool any;
	int tag;
	const struct le_prefix *list;
	u32 nr;
};

/* How a tree deals with what its rows do not take, and with the mirror image of what they do. */
struct ipt_tree {
	const char *end;	/* chain to go on in */
	bool answers;	/* match the mirror image */
};

/**
 * struct ipt_about - rules that are written for what ICMP errors are about
 * @place: IPT_CONNECTION or IPT_QUOTED
 * @base: the chain that they begin in
 * @chain: the chain that they go on in
 * @nr: how many chains there are besides the first
 */
struct ipt_about {
	enum ipt_place place;
	const char *base;
	char chain[IPT_CHAIN_NAME];
	unsigned int nr;
};

void ipt_ruleset_init(struct ipt_ruleset *rs, const struct le_policy *policy, u8 family);
const char *ipt_crossing_name(unsigned int crossing);
void ipt_set_name(char *buf, unsigned int tag, u8 family);
void ipt_edges_set_name(char *buf, u8 family);
__printf(2, 3) void ipt_chain(struct ipt_ruleset *rs, const char *fmt, ...);
__printf(2, 3) void ipt_rule(struct ipt_ruleset *rs, const char *fmt, ...);
struct ipt_who ipt_who(struct ipt_ruleset *rs, const struct le_end *end);
u32 ipt_nr_rules(struct ipt_ruleset *rs, const struct term *term);
void ipt_put_who(struct ipt_ruleset *rs, const char *chain, const struct ipt_who *who, bool source,
		 const char *rest);
void ipt_put_term(struct ipt_ruleset *rs, const char *chain, const struct term *term, bool answers);
void ipt_put_about(struct ipt_ruleset *rs, struct ipt_about *about, unsigned int crossing,
		   bool answers);
void ipt_put_blocked_about(struct ipt_ruleset *rs, const struct ipt_about *about, bool source);

void ipt_put_tree(struct ipt_ruleset *rs, const char *chain, unsigned int crossing, u8 protocol,
		  const struct ipt_tree *tree);

#endif /* LYNCEDGECTL_IPTABLES_RULES_H */
