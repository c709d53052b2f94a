// SPDX-License-Identifier: GPL-2.0-only
// Who leaves work to call_rcu() waits for it before the module's code is gone: synchronize_rcu() waits for readers, not for
// callbacks. The wait is of use only after the last callback was asked for, so nothing that may ask for one follows it.

@barrier@
position p;
@@
 rcu_barrier@p()

@callback depends on !barrier@
position p;
@@
 call_rcu@p(...)

@script:python@
p << callback.p;
@@
print("%s:%s: nobody waits for this callback when the module goes" % (p[0].file, p[0].line))

@late@
identifier ask = { call_rcu, give_up, switch_to, le_control_keep, le_control_undo, le_confirm_exit };
position p;
@@
 rcu_barrier()
 ... when any
 ask@p(...)

@script:python@
p << late.p;
@@
print("%s:%s: a callback that the wait before it does not know" % (p[0].file, p[0].line))
