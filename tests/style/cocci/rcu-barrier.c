// SPDX-License-Identifier: GPL-2.0-only
/* What rcu-barrier.cocci is to find, and what not; nobody compiles it. */
static void give_up(struct config *config)
{
	call_rcu(&config->rcu, free_config_rcu);
}

void le_control_exit(void)
{
	give_up(current_config);
	rcu_barrier();
}

void impatient_exit(void)
{
	rcu_barrier();
	give_up(current_config);	/* found */
}
