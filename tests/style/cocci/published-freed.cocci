// SPDX-License-Identifier: GPL-2.0-only
// What was published is freed when the last reader has gone, not when the pointer has: on another processor a packet may be in
// the middle of the old policy. A grace period has to lie between the two.

@freed exists@
expression old, pointer, new;
identifier get = { rtnl_dereference, rcu_dereference_protected, rcu_dereference_raw };
identifier free = { kfree, kvfree, vfree, kfree_sensitive, free_config, le_table_free, le_policy_free };
position p;
@@
 old = get(pointer, ...)
 ... when any
 rcu_assign_pointer(pointer, new)
 ... when != synchronize_rcu()
     when != synchronize_net()
 free@p(old)

@script:python@
p << freed.p;
@@
print("%s:%s: readers may still be in what is freed" % (p[0].file, p[0].line))

@replaced exists@
expression old;
identifier replace = { rcu_replace_pointer, xchg };
identifier free = { kfree, kvfree, vfree, free_config, le_table_free, le_policy_free };
position p;
@@
 old = replace(...)
 ... when != synchronize_rcu()
     when != synchronize_net()
 free@p(old)

@script:python@
p << replaced.p;
@@
print("%s:%s: readers may still be in what was replaced" % (p[0].file, p[0].line))

// A policy that was in force is given up by call_rcu(); only what never was is freed at once, where making it has failed.
@current_freed@
symbol current_config, before;
identifier free = { kfree, kvfree, free_config };
position p;
@@
 free@p(\(current_config\|before.config\))

@script:python@
p << current_freed.p;
@@
print("%s:%s: a policy that is in force is freed" % (p[0].file, p[0].line))
