// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes that are undone unless somebody confirms them in time: when that is. What is undone, and
 * how, is lyncedge_control.c's business. The kernel keeps the time, so that it does not matter
 * what becomes of who made the change, or of the network that he came by.
 *
 * The story of one: le_confirm_set() arms it; the next change of policy or mode that is accepted
 * starts the clock; le_confirm_set(0) keeps what was changed, or the time is up and all is as
 * before. All of it under the control lock.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/workqueue.h>

#include "lyncedge_confirm.h"
#include "lyncedge_control.h"

static void time_is_up(struct work_struct *work);

static DECLARE_DELAYED_WORK(undoing, time_is_up);

static enum {
	IDLE,
	ARMED,		/* the next change starts the clock */
	PENDING,	/* it runs */
} state;
static unsigned int time_given;
static unsigned long deadline;

static void start_clock(void)
{
	state = PENDING;
	deadline = jiffies + time_given * HZ;
	cancel_delayed_work(&undoing);
	schedule_delayed_work(&undoing, time_given * HZ);
}

/* It may have been started anew, or stopped, while this waited for the lock. */
static void time_is_up(struct work_struct *work)
{
	le_control_lock();
	if (state == PENDING && time_after_eq(jiffies, deadline)) {
		state = IDLE;
		le_control_undo();
		le_control_tell("undo");
		pr_notice("lyncedge: not confirmed within %u s: policy and mode are as before\n",
			  time_given);
	}
	le_control_unlock();
}

/**
 * le_confirm_set() - ask for changes to be confirmed, or confirm them
 * @seconds: how much time there shall be from the next change on, or from now on if one has been
 *	made already; 0: that one is kept, or none has to be confirmed
 *
 * Context: process, under the control lock.
 */
void le_confirm_set(unsigned int seconds)
{
	const char *action = seconds ? "arm" : "disarm";

	time_given = seconds;
	if (seconds && state == PENDING) {
		start_clock();
		le_control_tell(action);
		return;
	}
	if (state == PENDING) {
		cancel_delayed_work(&undoing);
		le_control_keep();
		action = "confirm";
	}
	state = seconds ? ARMED : IDLE;
	le_control_tell(action);
}

/**
 * le_confirm_awaits_change() - whether what is in force now is what an undone change leads back to
 *
 * Context: process, under the control lock.
 *
 * Return: true if the next change has to be confirmed and none before it.
 */
bool le_confirm_awaits_change(void)
{
	return state == ARMED;
}

/**
 * le_confirm_changed() - a change was accepted
 *
 * Context: process, under the control lock.
 */
void le_confirm_changed(void)
{
	if (state == ARMED)
		start_clock();
}

/**
 * le_confirm_left() - how much time there is
 *
 * Context: process, under the control lock.
 *
 * Return: seconds until changes are undone, rounded up; 0 if none are to be.
 */
unsigned int le_confirm_left(void)
{
	if (state != PENDING)
		return 0;
	return time_after(deadline, jiffies) ? DIV_ROUND_UP(deadline - jiffies, HZ) : 1;
}

/**
 * le_confirm_seconds() - how much time there is, or will be from the next change on
 *
 * Context: process, under the control lock.
 *
 * Return: seconds; 0 if nothing has to be confirmed.
 */
unsigned int le_confirm_seconds(void)
{
	return state == ARMED ? time_given : le_confirm_left();
}

/**
 * le_confirm_exit() - undo nothing any more
 *
 * Context: process; may sleep; not under the control lock. No writer may be left.
 */
void le_confirm_exit(void)
{
	cancel_delayed_work_sync(&undoing);
}
