// SPDX-License-Identifier: GPL-2.0-only
/* What alloc-unchecked.cocci is to find, and what not; nobody compiles it. */
static struct config *make(struct le_policy *policy)
{
	struct config *config = kvzalloc(sizeof(*config), GFP_KERNEL);

	config->policy = policy;	/* found */
	return config;
}

static int set_terms(struct compiler *c, u32 nr)
{
	c->terms = kvmalloc_array(nr, sizeof(*c->terms), GFP_KERNEL);
	c->terms[0] = no_term;	/* found */
	c->tags = kvcalloc(nr, sizeof(*c->tags), GFP_KERNEL);
	if (!c->tags)
		return -ENOMEM;
	c->tags[0] = 1;
	return 0;
}

static int sort(const u32 *list, size_t nr)
{
	u32 *copy = kvmalloc_array(nr, sizeof(*copy), GFP_KERNEL);
	u32 *other = kvmalloc_array(nr, sizeof(*other), GFP_KERNEL);

	if (other)
		memcpy(other, list, nr * sizeof(*other));
	memcpy(copy, list, nr * sizeof(*copy));	/* found */
	return 0;
}
