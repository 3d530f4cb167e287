// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any datagram as a sample of a refclock: what is taken can be computed with.
 */
#include "user/sources/refclock_sock.h"

#include "fuzz.h"

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct refclock_reading reading = { .leap = 3 };
	const char *problem = "";

	if (refclock_sock_parse(data, size, &reading, &problem) < 0) {
		FUZZ_CHECK(*problem);
		return 0;
	}

	FUZZ_CHECK(size == 32 || size == 40);
	FUZZ_CHECK(!*problem);
	FUZZ_CHECK(reading.leap <= 2);
	FUZZ_CHECK(reading.realtime_ns >= 0);
	FUZZ_CHECK(reading.offset_ns < RELEASE_CENTURY_NS &&
		   reading.offset_ns > -RELEASE_CENTURY_NS);

	return 0;
}
