/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes as hexadecimal digits, and back.
 */
#ifndef NTP_HEX_H
#define NTP_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Two capital digits a byte and an end; @text has 2 * @size + 1 bytes. */
static inline void hex_write(const uint8_t *bytes, size_t size, char *text)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < size; i++) {
		*text++ = digits[bytes[i] >> 4];
		*text++ = digits[bytes[i] & 15];
	}
	*text = '\0';
}

/* -1: it is none. */
static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;

	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* How many bytes @text has, which ends with a zero byte; 0: none, more than @size, or no digits. */
static inline size_t hex_read(const char *text, uint8_t *bytes, size_t size)
{
	size_t count = 0;

	for (; *text; text += 2, count++) {
		int high = hex_digit(text[0]);
		int low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0 || count == size)
			return 0;
		bytes[count] = (uint8_t)(high << 4 | low);
	}

	return count;
}

#endif /* NTP_HEX_H */
