/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What source.c, source_poll.c and source_status.c share: one source as it is. Offsets and delays
 * in ns by the reference, times of polls by the raw clock.
 */
#ifndef DISCIPLINE_SOURCE_PARTS_H
#define DISCIPLINE_SOURCE_PARTS_H

#include <math.h>

#include "discipline/jitter_asymmetry.h"
#include "discipline/rate_jumps.h"
#include "discipline/round_trips.h"
#include "discipline/source.h"

/* Residuals kept for the tables. */
#define SOURCE_HISTORY	64

/*
 * Bound of the statistical error, in standard errors. Without a round trip that bounds the error,
 * the statistics alone have to.
 */
#define SOURCE_SIGMAS	5

struct source_history {
	int64_t at_ns;
	int64_t offset_ns;
};

/**
 * struct source_scatter - of the samples about the line, which is as the latest sample left it
 * @jitter_ns: RMS
 * @runs: of samples on one side, one after the other
 * @span_ns: from the oldest to the newest
 */
struct source_scatter {
	double jitter_ns;
	unsigned int runs;
	int64_t span_ns;
};

struct source {
	uint64_t serial;
	struct source_options options;
	struct estimator *estimator;
	enum source_verdict verdict;
	int64_t next_poll_ns;
	int64_t first_poll_ns;	/* by the raw clock, since the rate was last forgotten */
	int64_t last_poll_ns;
	int64_t last_raw_ns;
	double interval_s;
	int starting;		/* answers left of iburst */
	int burst;		/* requests left of a burst */
	int burst_good;		/* answers after which it ends, 0: at its last request */
	int64_t suspected_ns;	/* by the raw clock: up to then bursts used up their allowance */
	unsigned int failures;
	unsigned int refusals;	/* answers in a row that gave no sample */
	unsigned int kisses;	/* KISS packets in a row */
	int64_t not_before_ns;	/* by the raw clock: a KISS packet forbids earlier requests */
	int64_t followed_ns;	/* by how much the reference may have followed slews, all told */
	uint32_t epoch;
	uint32_t kiss;
	enum source_smear smear;
	unsigned int unreached;	/* requests since it became unreachable */
	uint8_t reach;
	bool learning;		/* first_poll_ns is valid */
	bool has_epoch;
	bool withdrawn;
	bool orphan;
	bool twin;
	bool loop;
	bool excused;		/* the latest failure was while nobody was reached, as in_vain */
	bool unanswered;	/* a request is without an answer, and not counted yet ... */
	int64_t unanswered_ns;	/* ... since then, by raw */
	unsigned int missed;	/* such requests while others answered */
	unsigned int missed_alone;	/* while only reference clocks did */
	bool cut_off;			/* @missed is of those */
	uint64_t sent;
	uint64_t in_vain;	/* of those, while nobody was reached and this one never had been */
	uint64_t received;
	int last_error;
	struct source_sample last;
	bool has_overlong;	/* since then there was ... */
	uint64_t overlongs;	/* such answers in all */
	uint64_t overlong_sent;	/* ... when so many requests had been sent ... */
	struct source_sample overlong;	/* ... this one, which took too long to be taken */
	struct source_history history[SOURCE_HISTORY];
	unsigned int samples;
	unsigned int next_sample;
	struct source_scatter scatter;
	unsigned int restarts;
	struct sample_log log;
	struct round_trips trips;
	struct rate_jumps jumps;
	struct jitter_asymmetry jitter;
	double known_floor_ns;		/* least round trip before the samples became void; or 0 */
	int64_t moved_ns;		/* source_moved_ns() */
	unsigned int distrust;		/* answers that the latest distrust asks for, 0: none */
	uint64_t distrusted_until;	/* answers until it is over */
	struct refutation refutation;	/* of a reference clock ... */
	int64_t shown_ns;		/* ... which was shown to be off by so much at least */
};

/* What the rate is at most, either way. */
static inline double source_greatest_rate(const struct estimate *estimate)
{
	return fabs(estimate->rate) + SOURCE_SIGMAS * estimate->rate_sigma;
}

/* Of what a liar states, too. */
static inline int64_t source_whole_ns(double ns)
{
	return llrint(fmin(ceil(ns), (double)(INT64_MAX / 2)));
}

/* --- source_status.c --- */

/* By how much the reference's rate may change at once: as configured, or as it has done. */
double source_rate_jump(const struct source *source);

/* --- source_poll.c --- */

/* Of a source that is new: the first request is due at once. */
void source_start_polling(struct source *source, int64_t now_raw_ns);

/*
 * A sample was taken from an answer: say when the next request is due. @good: it queued no longer
 * than usual. @late: so many in a row, this one included, came while somebody stood still.
 */
void source_sampled(struct source *source, int64_t now_raw_ns, bool good, unsigned int late);

/* What took too long to be taken, if nothing has been heard since; NULL: there is none. */
const struct source_sample *source_latest_overlong(const struct source *source);

/* Others answer, and this one does not. */
bool source_is_lost(const struct source *source);

/* The time over which the rate has been learned. */
double source_learned_s(const struct source *source);

/*
 * From one request to the next. A server that does not answer, or that sent "RATE", is asked less
 * often than the estimate needs.
 */
double source_interval_in_force_s(const struct source *source);

#endif /* DISCIPLINE_SOURCE_PARTS_H */
