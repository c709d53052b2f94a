// SPDX-License-Identifier: GPL-2.0-only
// A packet is judged by one policy or the other, never by a mix: le_live is read once on its way, in the hook, and handed on.
// A second look may find the next policy, with other rows and counters. Who has no packet in hand is a writer, and reads it
// under RTNL: nobody holds RCU for him. And nobody reads it without any of these.

@initialize:python@
@@
hooks = set()
readers = []

@hook@
identifier f, x;
@@
 f(..., struct sk_buff *x, ...) { ... }

@script:python@
f << hook.f;
@@
hooks.add(f)

@read@
symbol le_live;
position p;
@@
 rcu_dereference@p(le_live)

@script:python@
p << read.p;
@@
readers.append(p[0])

@given@
identifier f, live;
position p;
@@
 f(..., struct le_live *live, ...) { <+... rcu_dereference@p(le_live) ...+> }

@script:python@
p << given.p;
@@
print("%s:%s: what to judge by was given, and is read once more" % (p[0].file, p[0].line))

@twice@
position p;
@@
 rcu_dereference(le_live)
 ... when any
 rcu_dereference@p(le_live)

@script:python@
p << twice.p;
@@
print("%s:%s: what to judge by is read twice" % (p[0].file, p[0].line))

@bare@
identifier f = { rcu_dereference, rtnl_dereference, rcu_assign_pointer, rcu_access_pointer, RCU_INITIALIZER };
position p;
@@
 f(le_live@p, ...)

@naked@
position p != bare.p;
identifier member;
@@
 le_live@p->member

@script:python@
p << naked.p;
@@
print("%s:%s: le_live is read without RCU or RTNL" % (p[0].file, p[0].line))

@finalize:python@
@@
for place in readers:
    if place.current_element not in hooks:
        print("%s:%s: %s() is no hook, and nobody holds RCU for it" % (place.file, place.line, place.current_element))
