// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any contents of a refclock's shared memory as a sample: what is taken can be computed with.
 */
#include "user/sources/refclock_shm.h"

#include "fuzz.h"

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	struct refclock_reading reading = { .leap = 3 };
	struct refclock_shm_segment copy;
	const char *problem = "";

	fuzz_take(&input, &copy, sizeof(copy));
	if (refclock_shm_parse(&copy, &reading, &problem) < 0) {
		FUZZ_CHECK(*problem);
		return 0;
	}

	FUZZ_CHECK(!*problem);
	FUZZ_CHECK(reading.leap <= 2 && !reading.pulse);
	FUZZ_CHECK(reading.realtime_ns >= 0);
	/* No overflow: it is the clock's time. */
	FUZZ_CHECK(reading.offset_ns >= -reading.realtime_ns &&
		   reading.offset_ns <= INT64_MAX - reading.realtime_ns);

	return 0;
}
