/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What some editors begin a file of UTF-8 with, and nobody sees.
 */
#ifndef LIB_BYTE_ORDER_MARK_H
#define LIB_BYTE_ORDER_MARK_H

#include <string.h>

/* The length of the mark with which @text begins; 0: with none. */
static inline size_t byte_order_mark_of(const char *text)
{
	static const char mark[] = "\xef\xbb\xbf";

	return strncmp(text, mark, strlen(mark)) ? 0 : strlen(mark);
}

#endif /* LIB_BYTE_ORDER_MARK_H */
