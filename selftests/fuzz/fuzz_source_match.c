// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any text as the sources that a command is about: it is refused with a reason, or an address that
 * it has is one of its own kind.
 */
#include "user/sources/source_match.h"

#include "fuzz.h"

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct net_address none = { .family = AF_UNSPEC };
	struct source_match match;
	const char *error = NULL;
	char text[512] = "";

	memcpy(text, data, size < sizeof(text) ? size : sizeof(text) - 1);
	if (source_match_parse(text, &match, &error)) {
		FUZZ_CHECK(error && *error);
		return 0;
	}
	switch (match.kind) {
	case SOURCE_MATCH_ALL:
		FUZZ_CHECK(!*text && source_match_has(&match, "", &none));
		break;
	case SOURCE_MATCH_SUBNET:
		FUZZ_CHECK(match.address.family == AF_INET || match.address.family == AF_INET6);
		FUZZ_CHECK(match.address.family == match.mask.family);
		FUZZ_CHECK(source_match_has(&match, "", &match.address));
		FUZZ_CHECK(!source_match_has(&match, text, &none));
		break;
	case SOURCE_MATCH_NAME:
		FUZZ_CHECK(source_match_has(&match, text, &none));
		break;
	}
	return 0;
}
