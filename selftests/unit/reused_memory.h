/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An allocator that gives freed memory out again at once, as allocators like to do, but the
 * sanitizers' does not. For tests linked with --wrap=calloc and --wrap=free.
 */
#ifndef REUSED_MEMORY_H
#define REUSED_MEMORY_H

#include <stdlib.h>
#include <string.h>

/* When this is freed, the next calloc(3), which has to be of the same size, returns it. */
static void *leaving;
static void *vacant;

void __real_free(void *memory);

void *__wrap_calloc(size_t count, size_t size)
{
	void *memory = vacant ? vacant : malloc(count * size);

	vacant = NULL;
	return memory ? memset(memory, 0, count * size) : NULL;
}

void __wrap_free(void *memory)
{
	if (memory && memory == leaving)
		vacant = memory;
	else
		__real_free(memory);
}

#endif /* REUSED_MEMORY_H */
