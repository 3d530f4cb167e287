// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines: a mark, the name, the time, address and port, number, algorithm and both keys, and a
 * cookie each.
 */
#include "ntp/nts_dump.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ntp/hex.h"
#include "ntp/words.h"

#define MARK	"NNC0"

/* 31 000 years: a double states them to the tenth. */
#define ESTABLISHED_MAX_S	1e12

size_t nts_dump_write(const struct nts_dump *dump, char *text, size_t size)
{
	char s2c[2 * AEAD_KEY_MAX + 1], c2s[2 * AEAD_KEY_MAX + 1];
	size_t key_size = aead_key_size(dump->keys.algorithm);
	char address[NET_ADDRESS_TEXT_MAX];
	size_t length;
	int written;

	hex_write(dump->keys.s2c, key_size, s2c);
	hex_write(dump->keys.c2s, key_size, c2s);
	net_address_format(&dump->address, address);
	written = snprintf(text, size, MARK "\n%s\n%.1f\n%s %d\n%u %d %s %s\n", dump->name,
			   dump->established_s, address, dump->port, dump->number,
			   dump->keys.algorithm, s2c, c2s);
	explicit_bzero(s2c, sizeof(s2c));
	explicit_bzero(c2s, sizeof(c2s));
	if (written < 0 || (size_t)written >= size)
		return 0;
	length = (size_t)written;
	for (size_t i = 0; i < dump->count; i++) {
		if (size - length < 2 * dump->cookies[i].size + 2)
			return 0;
		hex_write(dump->cookies[i].bytes, dump->cookies[i].size, text + length);
		length += 2 * dump->cookies[i].size;
		text[length++] = '\n';
	}
	text[length] = '\0';

	return length;
}

static bool read_seconds(const char *word, double *seconds)
{
	char *end;

	*seconds = strtod(word, &end);

	return end != word && !*end && isfinite(*seconds) && *seconds >= 0 &&
	       *seconds < ESTABLISHED_MAX_S;
}

static bool read_number(const char *word, unsigned long long most, unsigned long long *number)
{
	char *end;

	if (*word < '0' || *word > '9')
		return false;
	errno = 0;
	*number = strtoull(word, &end, 10);

	return !*end && !errno && *number <= most;
}

static bool read_address(char *words[WORDS_MAX], struct nts_dump *dump)
{
	unsigned long long port;

	if (net_address_parse(words[0], AF_UNSPEC, &dump->address) ||
	    !read_number(words[1], UINT16_MAX, &port) || !port)
		return false;
	dump->port = (int)port;

	return true;
}

static const char *read_keys(char *words[WORDS_MAX], struct nts_dump *dump)
{
	unsigned long long number, algorithm;
	size_t size;

	if (!read_number(words[0], UINT32_MAX, &number) ||
	    !read_number(words[1], UINT16_MAX, &algorithm))
		return "its keys have no number or algorithm";
	size = aead_key_size((int)algorithm);
	if (!size)
		return "its keys are of an algorithm that there is not here";
	if (hex_read(words[2], dump->keys.s2c, sizeof(dump->keys.s2c)) != size ||
	    hex_read(words[3], dump->keys.c2s, sizeof(dump->keys.c2s)) != size)
		return "its keys are damaged";
	dump->number = (uint32_t)number;
	dump->keys.algorithm = (int)algorithm;

	return NULL;
}

static const char *read_cookies(char *text, struct nts_dump *dump)
{
	struct nts_cookie *cookie;
	char *words[WORDS_MAX];

	while (*text) {
		if (dump->count == NTS_COOKIES)
			return "it has too many cookies";
		cookie = &dump->cookies[dump->count++];
		if (words_next(&text, words) != 1)
			return "its cookies are damaged";
		cookie->size = hex_read(words[0], cookie->bytes, sizeof(cookie->bytes));
		if (!cookie->size || cookie->size % 4)
			return "its cookies are damaged";
	}

	return dump->count ? NULL : "it has no cookies";
}

const char *nts_dump_read(char *text, struct nts_dump *dump)
{
	char *words[WORDS_MAX];
	const char *problem;

	memset(dump, 0, sizeof(*dump));
	if (words_next(&text, words) != 1 || strcmp(words[0], MARK) != 0)
		return "it is no such file";
	if (words_next(&text, words) != 1 || strlen(words[0]) >= sizeof(dump->name))
		return "it names no server";
	memcpy(dump->name, words[0], strlen(words[0]) + 1);
	if (words_next(&text, words) != 1 || !read_seconds(words[0], &dump->established_s))
		return "it has no date";
	if (words_next(&text, words) != 2 || !read_address(words, dump))
		return "it has no address";
	if (words_next(&text, words) != WORDS_MAX)
		return "it has no keys";
	problem = read_keys(words, dump);

	return problem ? problem : read_cookies(text, dump);
}
