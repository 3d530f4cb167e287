// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system clock, read often in a row.
 */
#include "server/clock_precision.h"

#include <stdint.h>
#include <time.h>

#include "lib/clock_ns.h"
#include "lib/time_units.h"
#include "ntp/packet.h"

/* How many readings in a row show a clock's precision. */
#define READINGS	100

/* No system clock is read in less than a nanosecond. */
#define PRECISION_MIN	(-30)

int clock_precision(void)
{
	int64_t least_ns = NS_PER_S, before_ns = clock_ns(CLOCK_REALTIME);
	int precision = 0;

	for (int i = 0; i < READINGS; i++) {
		int64_t now_ns = clock_ns(CLOCK_REALTIME);

		if (now_ns > before_ns && now_ns - before_ns < least_ns)
			least_ns = now_ns - before_ns;
		before_ns = now_ns;
	}
	while (precision > PRECISION_MIN && ntp_power_to_ns(precision - 1) >= least_ns)
		precision--;

	return precision;
}
