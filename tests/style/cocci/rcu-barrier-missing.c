// SPDX-License-Identifier: GPL-2.0-only
/* What rcu-barrier.cocci is to find where there is no barrier at all; nobody compiles it. */
static void give_up(struct config *config)
{
	call_rcu(&config->rcu, free_config_rcu);	/* found */
}

void le_control_exit(void)
{
	give_up(current_config);
	synchronize_rcu();
}
