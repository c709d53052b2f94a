// SPDX-License-Identifier: GPL-2.0-only
/* What live-pointer.cocci is to find, and what not; nobody compiles it. */
static unsigned int hook(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct le_live *live = rcu_dereference(le_live);

	return judge(live, skb, state);
}

static unsigned int twice(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	if (!rcu_dereference(le_live)->enforce)
		return NF_ACCEPT;
	return judge(rcu_dereference(le_live), skb, state);	/* found */
}

static void count(const struct le_live *live, struct sk_buff *skb, int outcome)
{
	le_count(rcu_dereference(le_live)->sites, outcome, skb->len);	/* found */
}

static int device_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	const struct le_live *live = rcu_dereference(le_live);	/* found */

	return le_live->enforce ? NOTIFY_DONE : NOTIFY_OK;	/* found */
}

static void publish(struct le_live *live)
{
	struct le_live *old = rtnl_dereference(le_live);

	rcu_assign_pointer(le_live, live);
	kvfree_rcu(old, rcu);
}
