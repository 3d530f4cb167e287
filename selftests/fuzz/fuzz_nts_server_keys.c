// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a file of keys of NTS cookies: what is accepted is in order, and is read the same
 * when it is written again.
 */
#include "user/ntp/nts_server_keys.h"

#include "fuzz.h"

int fuzz_one_input(const uint8_t *data, size_t size)
{
	char text[NTS_SERVER_KEYS_TEXT + 1], copy[NTS_SERVER_KEYS_TEXT];
	struct nts_server_keys keys, again;
	const char *problem;
	double age_s;
	size_t length;

	if (size >= sizeof(text))
		return 0;
	memset(&keys, 0, sizeof(keys));
	memset(&again, 0, sizeof(again));
	memcpy(text, data, size);
	text[size] = '\0';
	problem = nts_server_keys_read(text, &keys, &age_s);
	FUZZ_CHECK(!problem || *problem);
	if (problem)
		return 0;
	FUZZ_CHECK(nts_server_keys_are_sane(&keys));
	FUZZ_CHECK(age_s >= 0);
	length = nts_server_keys_write(&keys, age_s, copy, sizeof(copy));
	FUZZ_CHECK(length && length == strlen(copy));
	FUZZ_CHECK(!nts_server_keys_read(copy, &again, &age_s));
	FUZZ_CHECK(!memcmp(&keys, &again, sizeof(keys)));

	return 0;
}
