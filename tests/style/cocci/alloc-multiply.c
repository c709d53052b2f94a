// SPDX-License-Identifier: GPL-2.0-only
/* What alloc-multiply.cocci is to find, and what not; nobody compiles it. */
static u64 *make(u32 nr, u32 words)
{
	u64 *bits = kvmalloc(nr * words, GFP_KERNEL);	/* found */
	u64 *more = kvmalloc_array(nr, words * sizeof(u64), GFP_KERNEL);
	struct le_live *live = kvzalloc(struct_size(live, slots, nr), GFP_KERNEL);

	return live ? more : bits;
}

static char *text(u32 lines, u32 width)
{
	size_t room = lines * width + 1;	/* found */
	size_t well = (size_t)lines * width + 1;
	char *text = kvmalloc(room, GFP_KERNEL);

	return text ?: kvmalloc(well, GFP_KERNEL);
}

static void *grow(u32 more, size_t size)
{
	u16 bytes = more;

	bytes *= size;
	return kvmalloc(bytes, GFP_KERNEL);	/* found */
}
