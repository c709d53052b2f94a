// SPDX-License-Identifier: GPL-2.0-only
// Whoever has a packet in hand is in a hook: under RCU, in a softirq as a rule. There nothing may sleep, wait for memory, or
// take a lock that others hold while they sleep: the gateway would stand still, or the old policy be freed under the reader.

@initialize:python@
@@
holders = set()
sleepers = []

@holder@
identifier f, x;
type T;
@@
 f(..., T x, ...) { ... }

@script:python@
f << holder.f;
T << holder.T;
@@
if any(name in T.split() for name in ("sk_buff", "nf_hook_state", "le_packet", "le_fast")):
    holders.add(f)

@sleeper@
identifier sleep = { mutex_lock, le_control_lock, rtnl_lock, synchronize_net, synchronize_rcu, rcu_barrier, msleep,
                     usleep_range, schedule, cond_resched, wait_for_completion, request_module, alloc_percpu,
                     le_policy_parse, le_table_compile, le_needs_meet, le_needs_release, cancel_delayed_work_sync };
position p;
@@
 sleep@p(...)

@script:python@
p << sleeper.p;
@@
sleepers.append(p[0])

@memory@
position p;
@@
 GFP_KERNEL@p

@script:python@
p << memory.p;
@@
sleepers.append(p[0])

@finalize:python@
@@
for place in sleepers:
    if place.current_element in holders:
        print("%s:%s: %s() has a packet in hand and may sleep" % (place.file, place.line, place.current_element))
