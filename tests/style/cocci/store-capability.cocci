// SPDX-License-Identifier: GPL-2.0-only
// Whoever writes needs CAP_NET_ADMIN, root or not: a file's mode lets in root of a container that shares the files, and whoever
// was handed an open file. may_write() comes before anything else, and somebody looks at what it says.

@initialize:python@
@@
writes = set()
checked = set()
places = {}

@text@
identifier store;
expression n, m, r;
@@
 __ATTR(n, m, r, store)

@script:python@
store << text.store;
@@
writes.add(store)

@bytes@
identifier store;
expression n, m, r, size;
@@
 __BIN_ATTR(n, m, r, store, size)

@script:python@
store << bytes.store;
@@
writes.add(store)

// Some are put into attributes by hand.
@named@
identifier f =~ "_store$";
@@
 f(...) { ... }

@script:python@
f << named.f;
@@
writes.add(f)

@defined@
identifier f;
position p;
@@
 f@p(...) { ... }

@script:python@
f << defined.f;
p << defined.p;
@@
places[f] = p[0]

@asks@
identifier f, err;
@@
 f(...) {
  ... when != le_control_lock()
(
  int err = may_write();
|
  err = may_write();
)
  ...
  if (err)
    return err;
  ...
 }

@script:python@
f << asks.f;
@@
checked.add(f)

@finalize:python@
@@
for f in writes - checked - {"NULL"}:
    if f in places:
        print("%s:%s: %s() is open to who lacks CAP_NET_ADMIN" % (places[f].file, places[f].line, f))
