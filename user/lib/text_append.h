/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text that is put together piece by piece, in an array.
 */
#ifndef LIB_TEXT_APPEND_H
#define LIB_TEXT_APPEND_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Behind the text in that array of @size bytes; what it has no room for is cut off. */
static inline void text_append(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static inline void text_append(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + used, size - used, format, arguments);
	va_end(arguments);
}

#endif /* LIB_TEXT_APPEND_H */
