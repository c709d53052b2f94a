// SPDX-License-Identifier: GPL-2.0-only
// Devices are looked at under RTNL and known by number, so none is ever held: what holds one for good keeps its removal, and its
// namespace, waiting for ever. Whoever does hold one lets it go on every way out of the same function.

@found exists@
expression dev, e;
identifier get = { dev_get_by_name, dev_get_by_index, netdev_get_by_name, netdev_get_by_index };
identifier put = { dev_put, netdev_put };
statement S;
position p;
@@
 dev = get@p(...)
 ... when != put(dev, ...)
 if (dev == NULL) S
 ... when != put(dev, ...)
     when != dev = e
(
 return ...;
|
 dev = NULL
)

@script:python@
p << found.p;
@@
print("%s:%s: a device is held, and not let go on every way" % (p[0].file, p[0].line))

@held exists@
expression dev;
identifier hold = { dev_hold, netdev_hold };
identifier put = { dev_put, netdev_put };
position p;
@@
 hold@p(dev, ...)
 ... when != put(dev, ...)
? return ...;

@script:python@
p << held.p;
@@
print("%s:%s: a device is held, and not let go on every way" % (p[0].file, p[0].line))
