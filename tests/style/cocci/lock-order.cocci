// SPDX-License-Identifier: GPL-2.0-only
// The control lock is taken before RTNL, never after: two writers who take them in different order wait for each other, and with
// them whoever configures the network. What runs under RTNL anyway, a notifier of devices, takes no control lock.

@reversed exists@
identifier take = { le_control_lock, le_confirm_exit, cancel_delayed_work_sync, unregister_netdevice_notifier };
position p;
@@
 rtnl_lock();
 ... when != rtnl_unlock();
 take@p(...);

@script:python@
p << reversed.p;
@@
print("%s:%s: taken after RTNL, or waits for who wants RTNL" % (p[0].file, p[0].line))

@notifier@
identifier event, nb;
identifier take = { le_control_lock, rtnl_lock };
position p;
@@
 event(struct notifier_block *nb, ...) {
  <+...
  take@p()
  ...+>
 }

@script:python@
p << notifier.p;
@@
print("%s:%s: a notifier of devices is called under RTNL" % (p[0].file, p[0].line))
