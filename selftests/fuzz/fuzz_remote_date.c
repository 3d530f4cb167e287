// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any text as what date(1) printed on another host: a clock with a bound, or none.
 */
#include "user/skew/remote_date.h"

#include "fuzz.h"

#define TEXT_MAX	64

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	struct skew_clock clock = { 0 };
	char text[TEXT_MAX + 1] = "";
	int64_t before_ns = fuzz_take_s64(&input) % (1LL << 62);
	int64_t after_ns = before_ns + fuzz_take_u8(&input);

	fuzz_take(&input, text, TEXT_MAX);
	if (!remote_date_parse(text, before_ns, after_ns, &clock)) {
		FUZZ_CHECK(!clock.known);
		return 0;
	}
	FUZZ_CHECK(clock.known && clock.error_ns > 0);
	FUZZ_CHECK(text[0] >= '0' && text[0] <= '9');
	return 0;
}
