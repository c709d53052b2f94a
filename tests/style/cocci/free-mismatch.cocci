// SPDX-License-Identifier: GPL-2.0-only
// What kvmalloc() and its like gave may be vmalloc's, which kfree() does not know: a table is small in tests and large on a
// gateway with a million prefixes. Counters per CPU have a free of their own.

@kept exists@
expression x;
identifier alloc = { kvmalloc, kvzalloc, kvmalloc_array, kvcalloc, vmalloc, vzalloc, le_list_grow, le_list_trim,
                     le_policy_render };
identifier free = { kfree, kfree_sensitive, free_percpu };
position p;
@@
 x = alloc(...)
 ... when != x
     when any
 free@p(x)

@script:python@
p << kept.p;
@@
print("%s:%s: kvfree() is what it takes" % (p[0].file, p[0].line))

@given@
expression x;
identifier member;
identifier alloc = { kvmalloc, kvzalloc, kvmalloc_array, kvcalloc, le_list_grow, le_list_trim, le_policy_render };
@@
 x->member = alloc(...)

@freed@
expression x;
identifier given.member;
identifier free = { kfree, kfree_sensitive, free_percpu };
position p;
@@
 free@p(x->member)

@script:python@
p << freed.p;
@@
print("%s:%s: kvfree() is what it takes" % (p[0].file, p[0].line))

@percpu@
expression x;
identifier member;
@@
 x->member = alloc_percpu(...)

@percpu_freed@
expression x;
identifier percpu.member;
identifier free = { kfree, kvfree };
position p;
@@
 free@p(x->member)

@script:python@
p << percpu_freed.p;
@@
print("%s:%s: free_percpu() is what it takes" % (p[0].file, p[0].line))
