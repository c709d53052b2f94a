/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists whose length is known only when they are complete. What is in them is their owners'
 * business.
 */
#ifndef LYNCEDGE_LIST_H
#define LYNCEDGE_LIST_H

#include "lyncedge_shim.h"

/**
 * le_list_grow() - make room in a list
 * @list: the list, from an earlier call, or NULL
 * @room: how many elements there is room for; 0 for NULL
 * @nr: how many are wanted
 * @size: size of an element
 *
 * A list that is too short becomes twice as long as wanted, so that each element is moved but a
 * few times however many come.
 *
 * Context: process; may sleep.
 *
 * Return: the list, perhaps elsewhere, which the caller frees with kvfree(); NULL if there is no
 * memory, with the old one as it was.
 */
static inline void *le_list_grow(void *list, u32 *room, u32 nr, size_t size)
{
	u32 more = nr < 8 ? 8 : 2 * nr;
	void *bigger;

	if (nr <= *room)
		return list;
	bigger = kvmalloc_array(more, size, GFP_KERNEL);
	if (!bigger)
		return NULL;
	if (*room)
		memcpy(bigger, list, *room * size);
	kvfree(list);
	*room = more;
	return bigger;
}

/**
 * le_list_trim() - give back the room that a list does not need, if that is much
 * @list: the list
 * @room: how many elements there is room for
 * @nr: how many there are
 * @size: size of an element
 *
 * Context: process; may sleep.
 *
 * Return: the list, perhaps elsewhere; NULL if there is no memory, with the old one as it was.
 */
static inline void *le_list_trim(void *list, u32 room, u32 nr, size_t size)
{
	void *smaller;

	/* Even a list of none is one, if there was room. */
	if (room - nr <= room / 8 || room == 1)
		return list;
	if (!nr)
		nr = 1;
	smaller = kvmalloc_array(nr, size, GFP_KERNEL);
	if (!smaller)
		return NULL;
	memcpy(smaller, list, nr * size);
	kvfree(list);
	return smaller;
}

#endif /* LYNCEDGE_LIST_H */
