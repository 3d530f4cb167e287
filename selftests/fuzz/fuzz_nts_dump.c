// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a file of NTS keys and cookies: what is accepted is in range, and is read the same
 * when it is written again.
 */
#include "user/ntp/nts_dump.h"

#include "fuzz.h"

int fuzz_one_input(const uint8_t *data, size_t size)
{
	char text[NTS_DUMP_MAX], copy[NTS_DUMP_MAX];
	struct nts_dump dump, again;
	const char *problem;
	size_t length;

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	problem = nts_dump_read(text, &dump);
	FUZZ_CHECK(!problem || *problem);
	if (problem)
		return 0;
	FUZZ_CHECK(dump.count > 0 && dump.count <= NTS_COOKIES);
	FUZZ_CHECK(dump.port > 0 && dump.port <= UINT16_MAX);
	FUZZ_CHECK(aead_key_size(dump.keys.algorithm));
	length = nts_dump_write(&dump, copy, sizeof(copy));
	FUZZ_CHECK(length && length == strlen(copy));
	FUZZ_CHECK(!nts_dump_read(copy, &again));
	FUZZ_CHECK(!strcmp(dump.name, again.name) && dump.port == again.port);
	FUZZ_CHECK(!memcmp(&dump.keys, &again.keys, sizeof(dump.keys)));
	FUZZ_CHECK(!memcmp(dump.cookies, again.cookies, sizeof(dump.cookies)));

	return 0;
}
