// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any text as a time that somebody types: it is refused, or an instant of 64 bits with a unit of a
 * minute or less.
 */
#include "user/cli/typed_time.h"

#include "fuzz.h"

int fuzz_one_input(const uint8_t *data, size_t size)
{
	char text[128] = "";
	struct typed_time time;

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	if (typed_time_parse(text, 1795473000, &time) < 0)
		return 0;
	FUZZ_CHECK(time.utc_ns >= 0 && time.utc_ns < INT64_MAX - 1000000000LL);
	FUZZ_CHECK(time.unit_ns >= 1 && time.unit_ns <= 60000000000LL);

	return 0;
}
