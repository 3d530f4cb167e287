/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts in sentences: "1 source", "2 sources".
 */
#ifndef LIB_PLURAL_H
#define LIB_PLURAL_H

#include <stdint.h>

/* What a noun ends with after @count of them. */
static inline const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* The verb after them. */
static inline const char *plural_are(uint64_t count)
{
	return count == 1 ? "is" : "are";
}

/* Likewise. */
static inline const char *plural_do(uint64_t count)
{
	return count == 1 ? "does" : "do";
}

#endif /* LIB_PLURAL_H */
