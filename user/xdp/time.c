// SPDX-License-Identifier: GPL-2.0-only
/*
 * The line of the page, with nanoseconds for its argument and units of 2^-32 s for its value.
 */
#include "xdp/time.h"

#include <string.h>
#include <time.h>

#include "lib/clock_ns.h"
#include "lib/time_units.h"
#include "ntp/packet.h"
#include "server/respond.h"

#define S_PER_DAY	86400LL

/* So often the clocks are read; the quickest reading counts. */
#define READINGS	8

/* The fastest line: a slew that adjtimex allows, and an oscillator's error. */
#define RATE_MAX_Q32	(CHIME_ADJTIMEX_MAX_Q32 + 1000 * CHIME_PPM_Q32)

void xdp_clocks_read(struct xdp_clocks *clocks)
{
	int64_t least_ns = INT64_MAX, realtime_ns = 0, offset_s;

	for (int i = 0; i < READINGS; i++) {
		int64_t before_ns = clock_ns(CLOCK_MONOTONIC);
		int64_t tai_ns = clock_ns(CLOCK_TAI);
		int64_t utc_ns = clock_ns(CLOCK_REALTIME);
		int64_t after_ns = clock_ns(CLOCK_MONOTONIC);

		if (after_ns - before_ns >= least_ns)
			continue;
		least_ns = after_ns - before_ns;
		clocks->monotonic_ns = before_ns + least_ns / 2;
		clocks->tai_ns = tai_ns;
		realtime_ns = utc_ns;
	}
	clocks->error_ns = least_ns / 2 + 1;
	/* They differ by whole seconds, and were read together within less than half of one. */
	offset_s = (clocks->tai_ns - realtime_ns + NS_PER_S / 2) / NS_PER_S;
	clocks->realtime_ns = clocks->tai_ns - offset_s * NS_PER_S;
}

/* How long it is until a second is inserted at the end of the day, or left out of it. */
static int64_t until_leap_ns(const struct time_content *content, int64_t utc_ns)
{
	int64_t day_ns = S_PER_DAY * NS_PER_S, left_ns = day_ns - utc_ns % day_ns;

	if (!content->leap)
		return INT64_MAX;

	return content->leap == 1 ? left_ns : left_ns - NS_PER_S;
}

void xdp_time_fill(struct xdp_time *time, const struct time_content *content, int precision,
		   const struct xdp_clocks *clocks, int64_t valid_ns)
{
	int64_t utc_ns = chime_line_eval(&content->time, clocks->realtime_ns);
	int64_t rate_q32 = chime_line_rate(&content->time, clocks->realtime_ns);
	struct time_content widened = *content;
	struct respond_time respond;

	memset(time, 0, sizeof(*time));
	if (content->stratum >= TIME_STRATUM_NONE || chime_abs_sat(rate_q32) > RATE_MAX_Q32 ||
	    utc_ns < 0)
		return;
	widened.time.maxerror_ns = chime_add_sat(widened.time.maxerror_ns, clocks->error_ns);
	respond_prepare(&respond, &widened, precision,
			chime_add_sat(clocks->realtime_ns, valid_ns));
	memcpy(time->header, respond.header, sizeof(time->header));
	time->precision_mask = respond.precision_mask;
	time->from_ns = (uint64_t)clocks->monotonic_ns;
	time->tai_offset_ns = (uint64_t)(clocks->tai_ns - clocks->monotonic_ns);
	time->base = ntp_timestamp_from_ns(utc_ns);
	/* (1 + rate) 2^32 units in 10^9 ns, as 32.32. */
	time->rate = (int64_t)((((__int128)1 << 32) + rate_q32) * ((__int128)1 << 32) / NS_PER_S -
			       ((__int128)4 << 32));
	time->valid_ns = (uint64_t)chime_max(chime_min(valid_ns, until_leap_ns(content, utc_ns)),
					     0);
}
