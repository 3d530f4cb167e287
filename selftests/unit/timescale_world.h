/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A timescale whose raw begins at RAW0_NS when the system's time is UTC0_NS, and the hosts and
 * corrections that its tests give it. For the one file of a test program.
 */
#ifndef UNIT_TIMESCALE_WORLD_H
#define UNIT_TIMESCALE_WORLD_H

#include "kmod/timescale.h"

#include "unit.h"

#define US		1000LL
#define MS		1000000LL
#define S		1000000000LL
#define DAY		(86400 * S)

#define RAW0_NS		(50 * S)
#define UTC0_NS		(1790000000 * S)
#define SLEW_MIN_Q32	(500 * CHIME_PPM_Q32)
#define HOLDOVER_NS	(3600 * S)

/* What the clocks show when the timescale begins. */
struct system_time_snapshot unit_clocks;

/* A host's time as a function of raw, at RAW0_NS @offset_ns away from UTC0_NS. */
static inline struct chime_line host_line(s64 offset_ns, s64 rate_q32)
{
	return (struct chime_line) {
		.origin_ns = RAW0_NS,
		.offset_ns = UTC0_NS - RAW0_NS + offset_ns,
		.rate_q32 = rate_q32,
		.sigma_ns = 5,
		.maxerror_ns = 20,
		.maxerror_rate_q32 = CHIME_PPM_Q32,
	};
}

/* UTC minus the reference. */
static inline struct chime_line correction_line(s64 at_ns, s64 offset_ns, s64 rate_q32)
{
	return (struct chime_line) {
		.origin_ns = at_ns,
		.offset_ns = offset_ns,
		.rate_q32 = rate_q32,
		.sigma_ns = 1000,
		.maxerror_ns = 10000,
		.maxerror_rate_q32 = CHIME_PPM_Q32,
	};
}

/* The reference means something else: the host's line is @host now, a clock moved by @gap_ns. */
static inline void change_reference(struct chime_timescale *timescale,
				    enum chime_reference_change change,
				    const struct chime_line *host, s64 gap_ns, s64 raw_ns)
{
	const struct chime_reference_terms terms = { .host = host, .gap_ns = gap_ns };

	chime_timescale_apply(timescale, change, &terms, raw_ns);
}

/* Time begins anew with @realtime_ns. */
static inline void restart(struct chime_timescale *timescale, s64 raw_ns, s64 realtime_ns)
{
	const struct chime_reference_terms terms = { .realtime_ns = realtime_ns };

	chime_timescale_apply(timescale, CHIME_REFERENCE_RESTART, &terms, raw_ns);
}

FIXTURE(timescale) {
	struct chime_timescale timescale;
	struct rt_mutex lock;	/* the module's */
	s64 raw_ns;
};

FIXTURE_SETUP(timescale)
{
	self->lock.held = true;
	self->raw_ns = RAW0_NS;
	unit_clocks = (struct system_time_snapshot) { .raw = RAW0_NS, .real = UTC0_NS };
	chime_timescale_init(&self->timescale, &self->lock, SLEW_MIN_Q32, HOLDOVER_NS);
}

FIXTURE_TEARDOWN(timescale)
{
}

static inline s64 time_at(const struct chime_timescale *timescale, s64 raw_ns)
{
	return chime_timescale_time(timescale, raw_ns);
}

static inline struct chime_now now_at(const struct chime_timescale *timescale, s64 raw_ns)
{
	struct chime_now now;

	chime_timescale_now(timescale, raw_ns, &now);
	return now;
}

static inline void follow_host(struct chime_timescale *timescale, s64 offset_ns, s64 rate_q32,
			       s64 raw_ns)
{
	const struct chime_line host = host_line(offset_ns, rate_q32);

	chime_timescale_set_host(timescale, &host, raw_ns);
}

static inline void take_host(struct chime_timescale *timescale, s64 offset_ns, s64 raw_ns)
{
	const struct chime_line host = host_line(offset_ns, 0);

	chime_timescale_set_reference(timescale, &host, true, 0, raw_ns);
}

#endif /* UNIT_TIMESCALE_WORLD_H */
