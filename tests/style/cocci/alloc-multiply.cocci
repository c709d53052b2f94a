// SPDX-License-Identifier: GPL-2.0-only
// Sizes come from numbers in a policy. A product of two of them is made by what looks whether it overflows (kvmalloc_array(),
// struct_size(), ...), or in size_t from the beginning; a product of u32 that wraps is a short allocation that is written past.

@product disable drop_cast@
expression a, b;
type T;
constant c;
identifier alloc = { kmalloc, kzalloc, kvmalloc, kvzalloc, malloc };
position p;
@@
(
 alloc(<+... (T)a * b ...+>, ...)
|
 alloc(<+... a * c ...+>, ...)
|
 alloc(<+... c * a ...+>, ...)
|
 alloc@p(<+... a * b ...+>, ...)
)

@script:python@
p << product.p;
@@
print("%s:%s: a product for a size that nobody looks at" % (p[0].file, p[0].line))

@before disable drop_cast@
expression a, b;
identifier size;
constant c;
identifier alloc = { kmalloc, kzalloc, kvmalloc, kvzalloc, malloc };
position p;
@@
(
 size = <+... (size_t)a * b ...+>
|
 size = <+... a * c ...+>
|
 size = <+... c * a ...+>
|
 size@p = <+... a * b ...+>
)
 ... when any
 alloc(<+... size ...+>, ...)

@script:python@
p << before.p;
@@
print("%s:%s: a product for a size that nobody looks at" % (p[0].file, p[0].line))

@cut@
typedef u8, u16, u32;
{u8, u16, u32, unsigned int, int, unsigned short} size;
identifier alloc = { kmalloc, kzalloc, kvmalloc, kvzalloc, malloc };
constant c;
position p;
@@
(
 alloc(c, ...)
|
 alloc@p(size, ...)
)

@script:python@
p << cut.p;
@@
print("%s:%s: a size that is not size_t has been cut already" % (p[0].file, p[0].line))
