// SPDX-License-Identifier: GPL-2.0-only
/* What lock-order.cocci is to find, and what not; nobody compiles it. */
static void undo(void)
{
	rtnl_lock();
	le_control_lock();	/* found */
	republish();
	le_control_unlock();
	rtnl_unlock();
}

static void redo(void)
{
	le_control_lock();
	rtnl_lock();
	republish();
	rtnl_unlock();
	le_control_unlock();
}

static int device_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	le_control_lock();	/* found */
	republish();
	le_control_unlock();
	return NOTIFY_DONE;
}
