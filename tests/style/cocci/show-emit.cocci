// SPDX-License-Identifier: GPL-2.0-only
// An attribute's text goes into one page. sysfs_emit() knows that; sprintf() and its like know it not, or are told by hand.

@show@
identifier f, kobj, attr, buf;
identifier print = { sprintf, snprintf, scnprintf, vsprintf, strcpy, strcat, memcpy };
position p;
@@
 f(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
 {
  <+...
  print@p(buf, ...)
  ...+>
 }

@script:python@
p << show.p;
@@
print("%s:%s: sysfs_emit() knows how long a page is" % (p[0].file, p[0].line))

@advance@
identifier f, kobj, attr, buf;
identifier print = { sprintf, snprintf, scnprintf };
expression n;
position p;
@@
 f(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
 {
  <+...
  print@p(buf + n, ...)
  ...+>
 }

@script:python@
p << advance.p;
@@
print("%s:%s: sysfs_emit_at() knows how long a page is" % (p[0].file, p[0].line))
