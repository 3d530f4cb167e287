// SPDX-License-Identifier: GPL-2.0-only
/*
 * When the system clock was set, or nothing was written for long, the page holds no longer, and
 * nobody is told to be synchronised until the daemon has written one that was made of a later
 * reading of the clocks.
 */
#include "server/batch_time.h"

#include <time.h>

#include "core/line.h"
#include "lib/clock_ns.h"
#include "lib/clock_watch.h"

/*
 * The system clock and the monotonic one, which nobody sets, are read within so long of each other,
 * and a difference that has changed by as much shows that the former was set.
 */
#define STEP_NS		100000
#define READINGS	4

/* Read the system clock. How far it is ahead of the monotonic one; INT64_MAX: that is not known. */
static int64_t read_ahead(int64_t *realtime_ns)
{
	int64_t before_ns;

	for (int i = 0; i < READINGS; i++) {
		before_ns = clock_ns(CLOCK_MONOTONIC);
		*realtime_ns = clock_ns(CLOCK_REALTIME);
		if (clock_ns(CLOCK_MONOTONIC) - before_ns < STEP_NS / 2)
			return chime_sub_sat(*realtime_ns, before_ns);
	}

	return INT64_MAX;
}

static bool is_step(int64_t ahead_ns, int64_t before_ns)
{
	return chime_abs_sat(chime_sub_sat(ahead_ns, before_ns)) >= STEP_NS;
}

void batch_time_init(struct batch_time *time, const struct time_page *page, int clock_watch_fd)
{
	*time = (struct batch_time){
		.page = page,
		.clock_watch_fd = clock_watch_fd,
		/* What was set before this server began is known to the daemon. */
		.set_raw_ns = INT64_MIN,
		.set_realtime_ns = INT64_MIN,
	};
	time->ahead_ns = read_ahead(&time->realtime_ns);
}

bool batch_time_is_step(const struct batch_time *time, int64_t before_ns)
{
	return is_step(time->ahead_ns, before_ns);
}

/* The clocks show that a moment before the kernel says so. */
bool batch_time_read(struct batch_time *time, struct time_content *content)
{
	bool was_set = clock_watch_was_set(time->clock_watch_fd);
	int64_t ahead_ns = read_ahead(&time->realtime_ns);

	if (ahead_ns != INT64_MAX) {
		was_set |= is_step(ahead_ns, time->ahead_ns);
		time->ahead_ns = ahead_ns;
	}
	if (was_set) {
		time->set_raw_ns = clock_ns(CLOCK_MONOTONIC_RAW);
		time->set_realtime_ns = time->realtime_ns;
	}
	if (!time_page_read(time->page, content) ||
	    !time_content_holds(content, time->set_raw_ns, clock_ns(CLOCK_MONOTONIC_RAW)))
		content->stratum = TIME_STRATUM_NONE;

	return was_set;
}

bool batch_time_take(const struct batch_time *time, int64_t *realtime_ns)
{
	*realtime_ns = clock_ns(CLOCK_REALTIME);
	if (!is_step(chime_sub_sat(*realtime_ns, clock_ns(CLOCK_MONOTONIC)), time->ahead_ns))
		return true;

	/* Something else may have run between the two. */
	return !is_step(read_ahead(realtime_ns), time->ahead_ns);
}

/*
 * A packet may have waited while the clock was set: what the kernel stamped it with is no time of
 * the clock as it is now, if that shows a later one, or showed one already when it had been set.
 */
bool batch_time_covers(const struct batch_time *time, const struct ntp_stamp *stamp)
{
	return stamp->valid && stamp->realtime_ns >= time->set_realtime_ns &&
	       stamp->realtime_ns <= time->realtime_ns;
}
