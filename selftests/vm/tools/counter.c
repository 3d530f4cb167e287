// SPDX-License-Identifier: GPL-2.0-only
/*
 * counter: at how many kHz this machine's counter (TSC) runs, by half a second of
 * CLOCK_MONOTONIC_RAW. An emulated x86 processor has the same counter. Nothing on other processors.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#ifdef __x86_64__
#include <x86intrin.h>

#include "clocks.h"

struct reading {
	int64_t raw_ns;
	uint64_t ticks;
	int64_t took_ns;
};

/* Of some readings of both, the one that was interrupted least. */
static struct reading read_both(void)
{
	struct reading best = { .took_ns = INT64_MAX };
	int i;

	for (i = 0; i < 100; i++) {
		int64_t before_ns = clocks_now(CLOCK_MONOTONIC_RAW);
		uint64_t ticks = __rdtsc();
		int64_t took_ns = clocks_now(CLOCK_MONOTONIC_RAW) - before_ns;

		if (took_ns < best.took_ns)
			best = (struct reading){ before_ns + took_ns / 2, ticks, took_ns };
	}
	return best;
}

int main(void)
{
	const struct timespec wait = { .tv_nsec = NS_PER_S / 2 };
	struct reading first = read_both(), last;

	nanosleep(&wait, NULL);
	last = read_both();
	printf("%.0f\n", (double)(last.ticks - first.ticks) /
	       (double)(last.raw_ns - first.raw_ns) * 1e6);
	return 0;
}
#else
int main(void)
{
	return 0;
}
#endif
