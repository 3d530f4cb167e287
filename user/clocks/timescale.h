/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The timescale as the daemon sees it: where "now" comes from and where the correction goes.
 *
 * Two backends behind one table: the module (timescale_module.c, over generic netlink) and, where
 * there is no module, the same arithmetic in this process (timescale_user.c: the raw clock is the
 * reference, there is no host). Tests and the simulator bring a third.
 *
 * Instants are ns; offset = reference - local; errors are 0 or -errno.
 */
#ifndef CLOCKS_TIMESCALE_H
#define CLOCKS_TIMESCALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/truechime.h>

#include "clocks/clock_history.h"
#include "clocks/reference_change.h"
#include "core/line.h"

/**
 * struct timescale_now - every clock at one instant
 * @raw_ns: CLOCK_MONOTONIC_RAW
 * @realtime_ns: CLOCK_REALTIME
 * @reference_ns: the reference's time: unslewed host time, or the raw clock's where there is no
 *	host (or it is demoted)
 * @followed_ns: by how much unslewed host time may have followed slews, or differ because this may
 *	be another host, all told: what was measured against it is off by what this has grown since
 * @time_ns: the timescale: the best UTC known; meaningless while @maxerror_ns is unbounded
 * @rate: d(time)/d(raw clock) - 1, any phase slew in progress included
 * @slew_ns: phase still being slewed in
 * @sigma_ns: one standard error of @time_ns
 * @maxerror_ns: bound of its error, but for @host_maxerror_ns; CHIME_LINE_UNBOUNDED_NS: none known
 * @host_maxerror_ns: what a host's own clock, followed without a correction, may add to that;
 *	CHIME_LINE_UNBOUNDED_NS: nobody has stated it; 0: there is no such host, or a correction
 * @reading_ns: greatest distance between the readings of the clocks (0: one kernel snapshot)
 * @epoch: changes with the meaning of @reference_ns; samples of two epochs cannot be compared
 * @change: the change of the reference at the beginning of the epoch
 * @disruptions: disruptions noticed so far
 * @gap_ns: without the module, for how long the raw clock stood still in the latest of them
 * @has_host: @reference_ns is unslewed host time
 * @host_silent: the host's clock did not answer the latest check: its time is extrapolated, and a
 *	disruption since may not have been seen
 * @host_known: @host_ns is: also while the host is demoted and the raw clock is the reference
 * @host_ns: the host's time
 * @external: another program steers the timescale (mode external): it takes no correction
 */
struct timescale_now {
	int64_t raw_ns;
	int64_t realtime_ns;
	int64_t reference_ns;
	int64_t followed_ns;
	int64_t time_ns;
	double rate;
	int64_t slew_ns;
	int64_t sigma_ns;
	int64_t maxerror_ns;
	int64_t host_maxerror_ns;
	int64_t reading_ns;
	uint32_t epoch;
	struct reference_change change;
	uint32_t disruptions;
	int64_t gap_ns;
	bool has_host;
	bool host_silent;
	bool host_known;
	int64_t host_ns;
	bool external;
};

/*
 * Error of a host's own clock that is assumed where a number is needed and nobody has stated one. A
 * host that is off by more is noticed by people.
 */
#define TIMESCALE_ASSUMED_NS	1000000000LL

/* The timescale is the time of a host of which nobody has stated how right it is. */
static inline bool timescale_is_unvouched(const struct timescale_now *now)
{
	return now->host_maxerror_ns == CHIME_LINE_UNBOUNDED_NS &&
	       now->maxerror_ns != CHIME_LINE_UNBOUNDED_NS;
}

/* The timescale is the time of a host of which somebody has stated how right it is. */
static inline bool timescale_is_vouched(const struct timescale_now *now)
{
	return now->host_maxerror_ns && now->host_maxerror_ns != CHIME_LINE_UNBOUNDED_NS;
}

/* What the timescale is slewed to, as UTC minus reference. */
static inline int64_t timescale_target(const struct timescale_now *now)
{
	return chime_sub_sat(chime_add_sat(now->time_ns, now->slew_ns), now->reference_ns);
}

/* A timescale and a correction that are no further apart are one. */
#define TIMESCALE_SAME_NS	20000

/* The timescale is the correction @line as it was set, and nothing else. */
static inline bool timescale_is_line(const struct timescale_now *now,
				     const struct chime_line *line)
{
	int64_t line_ns = chime_line_offset(line, now->reference_ns);

	return chime_abs_sat(chime_sub_sat(line_ns, timescale_target(now))) <= TIMESCALE_SAME_NS;
}

/* The change of the reference since @epoch; unknown if an epoch was missed. */
static inline struct reference_change timescale_change_since(const struct timescale_now *now,
							     uint32_t epoch)
{
	return now->epoch == epoch + 1 ? now->change : REFERENCE_REPLACED;
}

struct module_event;
struct module_jump;
struct timescale;

/**
 * struct timescale_ops - a backend
 * @name: for status and log
 * @in_kernel: it is the module's, whom "truechime mode" and "truechime policy" ask
 * @now: read all clocks
 * @correct: set the correction, UTC - reference as a function of the reference's time; @jump: its
 *	change of phase at once; @now: all clocks after that. -ESTALE: @epoch has passed, measure
 *	again
 * @dispute: the sources contradict the correction in force, and nobody may follow them, or not yet:
 *	until the next correction its bound is at least @maxerror_ns, but for a slew, as of now; 0:
 *	they do so no longer. Time goes on as before. -ENODATA: there is no correction; -ESTALE:
 *	@epoch has passed
 * @step: step the system clock to the timescale, by the policy's rule for the occasion; -EPERM: it
 *	forbids that; -EACCES: this process may not set the clock
 * @disrupted: follow a jump, the system clock by the policy's rule, in a new epoch. -ESTALE: @epoch
 *	has passed; -EBUSY, -ENODATA: the sources cannot report a jump at present. @event:
 *	what happened, if the daemon has to report it; else its evidence is 0
 * @leap: UTC was set forward by @change_ns, a leap second: so is the timescale, but for a host's
 *	time without a correction, which leaps by itself
 * @close: free everything
 */
struct timescale_ops {
	const char *name;
	bool in_kernel;
	int (*now)(struct timescale *timescale, struct timescale_now *now);
	int (*correct)(struct timescale *timescale, const struct chime_line *correction,
		       uint32_t epoch, bool jump, struct timescale_now *now);
	int (*dispute)(struct timescale *timescale, int64_t maxerror_ns, uint32_t epoch,
		       struct timescale_now *now);
	int (*step)(struct timescale *timescale, enum truechime_occasion occasion);
	int (*disrupted)(struct timescale *timescale, const struct module_jump *jump,
			 uint32_t epoch, struct module_event *event);
	int (*leap)(struct timescale *timescale, int64_t change_ns);
	void (*close)(struct timescale *timescale);
};

/**
 * struct timescale - the head of each backend's structure
 * @ops: the backend
 * @latest: the latest reading of the clocks ...
 * @is_current: ... was made in this turn of the loop, and nothing was changed since
 * @history: that one and earlier ones, for timestamps of the past
 *
 * A reading may cost a request to the kernel, so all decisions of a turn share one.
 */
struct timescale {
	const struct timescale_ops *ops;
	struct timescale_now latest;
	bool is_current;
	struct clock_history history;
};

/* Read all clocks again, because the exact instant matters or something has happened. 0, -errno. */
int timescale_read(struct timescale *timescale, struct timescale_now *now);

/* All clocks as read in this turn of the loop, or read now if they were not yet. 0, -errno. */
int timescale_now(struct timescale *timescale, struct timescale_now *now);

/* ops->correct(), after which timescale_now() shows all clocks with the correction. */
int timescale_correct(struct timescale *timescale, const struct chime_line *correction,
		      uint32_t epoch, bool jump);

/* ops->dispute(), after which timescale_now() shows all clocks with that bound. */
int timescale_dispute(struct timescale *timescale, int64_t maxerror_ns, uint32_t epoch);

/* Drop the latest reading: a turn of the loop begins, or the reference was changed. */
void timescale_expire(struct timescale *timescale);

struct module_link;
struct system_clock;

/* Backend over the module; borrows @link, which must not be closed before it. */
int timescale_module_open(struct timescale **timescale, struct module_link *link);

/* Backend without the module; borrows @clock, which it steps. */
int timescale_user_open(struct timescale **timescale, struct system_clock *clock);

struct module_rule;

/* Without the module the backend keeps the step policy: the defaults, changed by these rules. */
void timescale_user_set_policy(struct timescale *timescale, const struct module_rule *rules,
			       size_t count);

#endif /* CLOCKS_TIMESCALE_H */
