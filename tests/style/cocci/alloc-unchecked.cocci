// SPDX-License-Identifier: GPL-2.0-only
// Whatever allocates may fail, and a policy write that fails for it leaves the old policy in force. A result that is used before
// anybody looked whether it is there is a crash of the gateway when memory is short.

@unchecked exists@
expression x;
identifier member;
expression e1;
identifier alloc = { kmalloc, kzalloc, kcalloc, kmalloc_array, kstrdup, kasprintf, kvmalloc, kvzalloc, kvmalloc_array,
                     kvcalloc, alloc_percpu, alloc_wide, le_list_grow, le_list_trim, le_table_compile, le_policy_render,
                     le_stats_site_create, make_config, make_live, kobject_create_and_add,
                     malloc, calloc, realloc, reallocarray, strdup, fopen };
position p;
@@
 x = alloc(...)
 ... when != x == NULL
     when != x != NULL
     when != x = e1
(
 x@p->member
|
 x@p[...]
|
 *x@p
|
 memcpy(x@p, ...)
|
 memset(x@p, ...)
|
 strreplace(x@p, ...)
)

@script:python@
p << unchecked.p;
@@
print("%s:%s: used before anybody looked whether there was memory for it" % (p[0].file, p[0].line))
