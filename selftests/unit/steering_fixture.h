/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of steering start from: a simulated system clock, the timescale without the module
 * over it, and steering that follows that.
 */
#ifndef UNIT_STEERING_FIXTURE_H
#define UNIT_STEERING_FIXTURE_H

#include "user/steering/steering.h"

#include "selftests/unit/fake_clock.h"
#include "selftests/unit/fake_journal.h"
#include "selftests/unit/unit.h"
#include "user/lib/log.h"
#include "user/lib/module_link.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <syslog.h>

#define S	1000000000LL
#define MS	1000000LL
#define US	1000LL

FIXTURE(steering)
{
	struct system_clock *clock;
	struct timescale *timescale;
	struct steering *steering;
	struct steering_status status;
	int64_t utc_ahead_ns;	/* of the system clock, exactly */
};

static const struct steering_options normal = {
	.max_slew = 0.1,
	.max_rate = 0.1,
	.logchange_ns = S,
};

/* The loop turns, and has the clocks followed ... */
static inline int follow(FIXTURE_DATA(steering) *self)
{
	timescale_expire(self->timescale);
	return steering_follow(self->steering);
}

/* ... or only read. */
static inline int read_clocks(FIXTURE_DATA(steering) *self)
{
	timescale_expire(self->timescale);
	return steering_read(self->steering);
}

FIXTURE_SETUP(steering)
{
	log_set_level(-1);
	fake_clock_start();
	ASSERT_EQ(0, system_clock_open(&self->clock, false));
	ASSERT_EQ(0, timescale_user_open(&self->timescale, self->clock));
	self->steering = steering_new(&normal, self->clock, self->timescale);
	ASSERT_NE(NULL, self->steering);
	ASSERT_EQ(0, follow(self));
}

FIXTURE_TEARDOWN(steering)
{
	steering_free(self->steering);
	self->timescale->ops->close(self->timescale);
	system_clock_close(self->clock);
}

/* What the discipline would say of a clock that is @ahead_ns behind UTC. */
static inline struct discipline_result found(FIXTURE_DATA(steering) *self, int64_t ahead_ns)
{
	struct timescale_now now;

	self->timescale->ops->now(self->timescale, &now);
	return (struct discipline_result){
		.changed = true,
		.measured = true,
		.correction = {
			.origin_ns = now.raw_ns,
			.offset_ns = now.realtime_ns + ahead_ns - now.raw_ns,
			.sigma_ns = 10 * US,
			.maxerror_ns = 100 * US,
			.maxerror_rate_q32 = 4295,
		},
		.step_ns = ahead_ns,
		.synchronised = true,
	};
}

static inline int apply(FIXTURE_DATA(steering) *self, struct discipline_result result)
{
	struct timescale_now now;
	int err;

	timescale_read(self->timescale, &now);
	err = steering_correct(self->steering, &result, &now);
	if (!err)
		err = steering_follow(self->steering);
	steering_get_status(self->steering, &self->status);
	return err;
}

/* The timescale minus the system clock, now. */
static inline int64_t error_ns(FIXTURE_DATA(steering) *self)
{
	struct timescale_now now;

	self->timescale->ops->now(self->timescale, &now);
	return now.time_ns - now.realtime_ns;
}

/* Time goes on for @duration_ns, steering when it wants. The published bound must hold. */
static inline int run_truthfully(FIXTURE_DATA(steering) *self, int64_t duration_ns)
{
	int64_t end_ns = fake_clock.raw_ns + duration_ns, next_ns, error;

	while (fake_clock.raw_ns < end_ns) {
		next_ns = steering_next_ns(self->steering);
		if (next_ns > end_ns)
			next_ns = end_ns;
		if (next_ns > fake_clock.raw_ns)
			fake_clock_run(next_ns - fake_clock.raw_ns);
		error = llabs(error_ns(self));
		if (!(fake_clock.status & STA_UNSYNC) && error > fake_clock.maxerror_us * 1000)
			return -1;
		if (follow(self))
			return -1;
	}
	steering_get_status(self->steering, &self->status);
	return 0;
}

#endif /* UNIT_STEERING_FIXTURE_H */
