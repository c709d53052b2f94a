// SPDX-License-Identifier: GPL-2.0-only
// A lock that an early return leaves held stops every writer for good (the control lock), or the whole network configuration of
// the machine (RTNL): it could not even be told to stop judging.

@control exists@
position p;
@@
 le_control_lock@p();
 ... when != le_control_unlock();
 return ...;

@script:python@
p << control.p;
@@
print("%s:%s: the control lock is not given back on every way" % (p[0].file, p[0].line))

@rtnl exists@
position p;
@@
 rtnl_lock@p();
 ... when != rtnl_unlock();
 return ...;

@script:python@
p << rtnl.p;
@@
print("%s:%s: RTNL is not given back on every way" % (p[0].file, p[0].line))

@mutex exists@
expression lock;
position p;
@@
 mutex_lock@p(lock);
 ... when != mutex_unlock(lock);
 return ...;

@script:python@
p << mutex.p;
@@
# What hands its lock on is told by its name.
if not p[0].current_element.endswith("_lock"):
    print("%s:%s: a mutex is not given back on every way" % (p[0].file, p[0].line))

@rcu exists@
position p;
@@
 rcu_read_lock@p();
 ... when != rcu_read_unlock();
 return ...;

@script:python@
p << rcu.p;
@@
print("%s:%s: RCU is not given back on every way" % (p[0].file, p[0].line))

@bottom exists@
position p;
@@
 local_bh_disable@p();
 ... when != local_bh_enable();
 return ...;

@script:python@
p << bottom.p;
@@
print("%s:%s: softirqs are not let in again on every way" % (p[0].file, p[0].line))
