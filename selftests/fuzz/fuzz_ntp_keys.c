// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a key file: each line is a key in range, or is reported in words that are not its
 * own.
 */
#include "user/ntp/keys.h"

#include "fuzz.h"

static void check_report(void *context, enum ntp_keys_severity severity, const char *file, int line,
			 const char *message)
{
	int *errors = context;

	FUZZ_CHECK(!strcmp(file, "fuzz") && line > 0 && *message);
	for (const char *c = message; *c; c++)
		FUZZ_CHECK(*c >= ' ' && *c <= '~');
	*errors += severity == NTP_KEYS_ERROR;
}

static void check_key(const struct ntp_keys *keys, size_t index)
{
	const struct ntp_key *key = ntp_keys_at(keys, index);

	FUZZ_CHECK(key->id > 0 && ntp_keys_find(keys, key->id) == key);
	FUZZ_CHECK(!index || ntp_keys_at(keys, index - 1)->id < key->id);
	FUZZ_CHECK(key->type <= NTP_MAC_AES256);
	FUZZ_CHECK(key->length > 0 && key->length <= sizeof(key->secret));
	FUZZ_CHECK(key->type != NTP_MAC_AES128 || key->length == 16);
	FUZZ_CHECK(key->type != NTP_MAC_AES256 || key->length == 32);
	for (size_t i = key->length; i < sizeof(key->secret); i++)
		FUZZ_CHECK(!key->secret[i]);
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct ntp_keys *keys;
	int errors = 0;
	size_t lines = 1;

	FUZZ_CHECK(!ntp_keys_read("fuzz", (const char *)data, size, check_report, &errors, &keys));
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	FUZZ_CHECK(ntp_keys_count(keys) + (size_t)errors <= lines);
	for (size_t i = 0; i < ntp_keys_count(keys); i++)
		check_key(keys, i);
	ntp_keys_free(keys);

	return 0;
}
