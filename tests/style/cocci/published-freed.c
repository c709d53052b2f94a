// SPDX-License-Identifier: GPL-2.0-only
/* What published-freed.cocci is to find, and what not; nobody compiles it. */
static void publish(struct le_live *live)
{
	struct le_live *old = rtnl_dereference(le_live);

	rcu_assign_pointer(le_live, live ?: &le_nothing);
	le_ingress_prune(live);
	if (old != &le_nothing)
		kvfree(old);	/* found */
}

static void publish_and_wait(struct le_live *live)
{
	struct le_live *old = rtnl_dereference(le_live);

	rcu_assign_pointer(le_live, live);
	synchronize_net();
	kvfree(old);
}

static void publish_and_hand_on(struct le_live *live)
{
	struct le_live *old = rtnl_dereference(le_live);

	rcu_assign_pointer(le_live, live);
	kvfree_rcu(old, rcu);
}

static void replace(struct le_live *live)
{
	struct le_live *old;

	old = rcu_replace_pointer(le_live, live, lockdep_rtnl_is_held());
	kvfree(old);	/* found */
}

static void undo(void)
{
	free_config(current_config);	/* found */
	current_config = before.config;
}
