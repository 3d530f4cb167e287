// SPDX-License-Identifier: GPL-2.0-only
/*
 * One time source: its polling, its reachability, and its estimate. Sockets and packets are in
 * ntp/client.c; source_select.c decides whether it is right.
 */
#include "discipline/source.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/line.h"
#include "discipline/jitter_asymmetry.h"
#include "discipline/round_trips.h"
#include "discipline/source_interval.h"

#define NS_PER_S	1000000000LL

/* ntpd with "restrict limited" drops requests less than 2 s after the last one. */
#define BURST_INTERVAL_NS	(2 * NS_PER_S)

/*
 * iburst: minpoll does not hold until the rate is known well enough for it, or for so many answers.
 * (ntpd's iburst is eight requests.) Few are needed on a noisy network, more on a quiet one. They
 * are 2 s apart, later a share of the time since the first, because the error of a rate depends on
 * its span. That also limits their number where most are lost.
 */
#define IBURST_COUNT	16
#define IBURST_SHARE	0.25

/*
 * An answer that queued so many times as long as usual is worth little: it does not end a burst
 * that is to last until there is a good one. (chrony's maxdelaydevratio is 10, too.)
 */
#define POOR_FACTOR	10.0

/* Requests in quick succession after a sample that contradicts the estimate. */
#define SUSPECT_COUNT	2

/* Requests for one answer, with the option burst (chrony's). */
#define REGULAR_BURST_MOST	4

/*
 * Intervals below a second are for servers that answer within so long, as in a local network: as
 * chronyd has it, so that nobody asks a public server many times a second by mistake.
 */
#define NEAR_NS		10000000.0
#define FAR_LEAST_S	1.0

/* The pause after a failure starts here and doubles. */
#define RETRY_FIRST_NS	NS_PER_S

/* With iburst, so many answers in a row without a sample are followed up as in a burst. */
#define REFUSALS_QUICK	4

/* The longest pause for a server that refuses to serve us, or that goes on sending "RATE". */
#define KISS_WAIT_NS	(86400 * NS_PER_S)

/* "RATE" raises maxpoll too, up to this. */
#define KISS_MAXPOLL	10

/* An answer that took longer than this came while this machine or the server stood still. */
#define LATE_NS		NS_PER_S

/* A source is lost after so many failures in a row (the reach register is empty). */
#define FAILURES_GONE	8

/*
 * A source whose reach register is empty is silent. But if nobody answers it is the network that is
 * away, and who is silent first, or last, says nothing about who is right: a source is lost when it
 * has missed so many requests while others answered.
 */
#define MISSED_LOST	4

/* Residuals kept for the tables. */
#define HISTORY	64

/* A server with a greater root distance has no reference (RFC 5905 MAXDISP is 16 s). */
#define ROOT_LIMIT_NS	(16 * NS_PER_S)

/*
 * Bound of the statistical error, in standard errors. Without a round trip that bounds the error,
 * the statistics alone have to. Young statistics do not know their own error: the oscillator's
 * wander takes so many readings to show, and until then the bound is up to twice as large.
 */
#define SIGMAS	5
#define SIGMAS_REFCLOCK	7.5
#define READINGS_YOUNG	900.0

/* After so many samples it is known how much of a round trip is queueing. */
#define SAMPLES_YOUNG	4

/*
 * The next request is due when the standard error has grown to this share of a sample's noise and
 * of the path's possible asymmetry: an earlier sample would add little.
 */
#define POLL_SHARE	0.62
#define POLL_ASYMMETRY	0.07

/*
 * The error of a rate depends on the time over which it was learned, and a young estimate does not
 * know its own: the interval is at most this share of that time.
 */
#define POLL_SPAN_SHARE	0.05

/* From one request to the next the interval grows at most by this factor. */
#define POLL_GROWTH	2.0

/*
 * A source that has misled the combined clock is not used for so many answers, twice as many each
 * time. So a source that lies now and then is hardly ever used. The count starts again after it was
 * right for DISTRUST_FORGOTTEN answers.
 */
#define DISTRUST_FIRST		16
#define DISTRUST_MOST		1024
#define DISTRUST_FORGOTTEN	1024

#define KISS(a, b, c, d)	((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

struct history {
	int64_t at_ns;
	int64_t offset_ns;
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
	unsigned int failures;
	unsigned int refusals;	/* answers in a row that gave no sample */
	unsigned int kisses;	/* KISS packets in a row */
	int64_t not_before_ns;	/* by the raw clock: a KISS packet forbids earlier requests */
	uint32_t epoch;
	uint32_t kiss;
	enum source_smear smear;
	unsigned int unreached;	/* requests since it became unreachable */
	uint8_t reach;
	bool learning;		/* first_poll_ns is valid */
	bool has_epoch;
	bool withdrawn;
	bool orphan;
	bool excused;		/* the latest failure was while nobody was reached, as in_vain */
	bool unanswered;	/* a request is without an answer, and not counted yet ... */
	int64_t unanswered_ns;	/* ... since then, by raw */
	unsigned int missed;	/* such requests while others answered */
	uint64_t sent;
	uint64_t in_vain;	/* of those, while nobody was reached and this one never had been */
	uint64_t received;
	int last_error;
	struct source_sample last;
	struct history history[HISTORY];
	unsigned int samples;
	unsigned int next_sample;
	unsigned int restarts;
	struct sample_log log;
	struct round_trips trips;
	struct jitter_asymmetry jitter;
	double known_floor_ns;		/* least round trip before the samples became void; or 0 */
	int64_t moved_ns;		/* source_moved_ns() */
	unsigned int distrust;		/* answers that the latest distrust asks for, 0: none */
	uint64_t distrusted_until;	/* answers until it is over */
};

/* The time over which the rate has been learned. */
static double learned_s(const struct source *source)
{
	return (double)(source->last_poll_ns - source->first_poll_ns) / NS_PER_S;
}

static double least_interval(const struct source *source)
{
	double least_s = ldexp(1, source->options.minpoll);

	if (!source->starting)
		return least_s;
	return fmin(least_s, fmax((double)BURST_INTERVAL_NS / NS_PER_S,
				  IBURST_SHARE * learned_s(source)));
}

/* Quicker requests than one a second are permitted. */
static bool is_near(const struct source *source)
{
	return source->options.kind == SOURCE_REFCLOCK ||
	       (source->reach && source->samples && estimator_floor(source->estimator) < NEAR_NS);
}

static double permitted_interval(const struct source *source, double interval_s)
{
	return is_near(source) ? interval_s : fmax(interval_s, FAR_LEAST_S);
}

static double clamp_interval(const struct source *source, double interval_s)
{
	interval_s = fmin(fmax(interval_s, least_interval(source)),
			  ldexp(1, source->options.maxpoll));
	return permitted_interval(source, interval_s);
}

static int64_t seconds_to_ns(double seconds)
{
	return llrint(seconds * NS_PER_S);
}

struct source *source_new(const struct source_options *options, int64_t now_raw_ns)
{
	static uint64_t latest_serial;
	struct source *source = calloc(1, sizeof(*source));

	if (!source)
		return NULL;
	source->estimator = estimator_new(1);
	if (!source->estimator) {
		free(source);
		return NULL;
	}
	source->serial = ++latest_serial;
	source->options = *options;
	source->starting = options->iburst ? IBURST_COUNT : 0;
	source->interval_s = clamp_interval(source, 0);
	source->next_poll_ns = now_raw_ns;
	source->not_before_ns = INT64_MIN;
	return source;
}

void source_free(struct source *source)
{
	if (!source)
		return;
	estimator_free(source->estimator);
	free(source);
}

uint64_t source_serial(const struct source *source)
{
	return source->serial;
}

/* A server that sent "RATE" counts all packets, so bursts, retries and reloads wait as well. */
int64_t source_earliest_poll(const struct source *source)
{
	int64_t earliest_ns = source->not_before_ns;

	if (source->kiss == KISS('R', 'A', 'T', 'E') && source->sent)
		earliest_ns = chime_max(earliest_ns, source->last_poll_ns +
					seconds_to_ns(ldexp(1, source->options.minpoll)));
	return earliest_ns;
}

int64_t source_next_poll(const struct source *source)
{
	return chime_max(source->next_poll_ns, source_earliest_poll(source));
}

bool source_is_refused(const struct source *source)
{
	return source->kiss == KISS('D', 'E', 'N', 'Y') || source->kiss == KISS('R', 'S', 'T', 'R');
}

/*
 * The requests that may follow a regular one, and the answers that are enough. With presend there
 * is a second one: after a long silence the first packet waits for the path. With burst the others
 * are for answers that are lost, and on the average no more than at minpoll.
 */
static void begin_regular_burst(struct source *source)
{
	const struct source_options *options = &source->options;
	double share = source->interval_s / ldexp(1, options->minpoll);
	bool again = options->presend_s > 0 && source->interval_s >= options->presend_s;

	if (again)
		source->burst = 1;
	if (!options->burst || share < 2)
		return;
	source->burst = (int)fmin(share, REGULAR_BURST_MOST) - 1;
	source->burst_good = again ? 2 : 1;
}

void source_polled(struct source *source, int64_t now_raw_ns)
{
	int64_t wait_ns;

	source->sent++;
	source->reach <<= 1;
	wait_ns = seconds_to_ns(permitted_interval(source, source->interval_s));
	source->unreached = source->reach ? 0 : source->unreached + 1;
	if (!source->unanswered)
		source->unanswered_ns = now_raw_ns;
	source->unanswered = true;
	source->last_poll_ns = now_raw_ns;
	if (!source->learning)
		source->first_poll_ns = now_raw_ns;
	source->learning = true;
	if (source->burst > 0)
		source->burst--;
	else
		begin_regular_burst(source);
	/* At a start others wait for this answer, and a packet may be lost: repeat it soon. */
	if (source->burst > 0 || source->sent == 1)
		wait_ns = chime_min(wait_ns, BURST_INTERVAL_NS);
	source->next_poll_ns = now_raw_ns + wait_ns;
}

/* When the next request of a burst is due. */
static int64_t burst_due_ns(const struct source *source)
{
	return source->last_poll_ns +
	       chime_min(BURST_INTERVAL_NS, seconds_to_ns(source->interval_s));
}

/* After a failure: soon, then after twice the pause each time, but no later than the next poll. */
static int64_t retry_wait_ns(const struct source *source)
{
	unsigned int doublings = source->failures < 24 ? source->failures : 24;
	bool gone = source->failures >= FAILURES_GONE;
	double most_s = gone ? ldexp(1, source->options.maxpoll) : source->interval_s;

	return chime_min(RETRY_FIRST_NS << doublings,
			 seconds_to_ns(permitted_interval(source, most_s)));
}

/* The server answered without a usable sample: another request at once would give the same. */
static bool is_refusal(int error)
{
	return error == -EPROTO || error == -EBADMSG || error == -EINVAL;
}

/*
 * After an answer that gave no sample: the first @quick times as in a burst, then after
 * @interval_s, both from @from_ns on. A burst goes on by itself.
 */
static void follow_up(struct source *source, int64_t from_ns, double interval_s, unsigned int quick)
{
	int64_t wait_ns = seconds_to_ns(permitted_interval(source, interval_s));

	if (source->burst)
		return;
	if (source->refusals < quick)
		wait_ns = chime_min(wait_ns, BURST_INTERVAL_NS);
	source->refusals++;
	source->next_poll_ns = from_ns + wait_ns;
}

/*
 * After a refusal: repeat once as in a burst, then at minpoll. A server that has just been started
 * is worth a few more requests, if the configuration permits quick ones.
 */
static void follow_up_refusal(struct source *source, int64_t now_raw_ns)
{
	follow_up(source, now_raw_ns, ldexp(1, source->options.minpoll),
		  source->options.iburst ? REFUSALS_QUICK : 1);
}

/*
 * An answer took longer than maxdelay: the server works, and whoever configures maxdelay expects
 * some. The next request is no sooner than after a good answer. Two starts make up for the first
 * ones: one with iburst, and one after a disruption that made all samples void. Answers that were
 * on their way during a disruption took as long as that, and the clock is wrong now.
 */
static void follow_up_long_delay(struct source *source)
{
	bool made_void = source->reach && !source->samples;

	follow_up(source, source->last_poll_ns,
		  fmax(source->interval_s, ldexp(1, source->options.minpoll)),
		  source->starting || made_void ? REFUSALS_QUICK : 0);
}

/*
 * A source that never answered, or that the network cannot reach, is tried again soon; so is one
 * that has not answered since its samples became void. One that only lost a packet keeps its
 * interval until it counts as lost. A burst does so too, and is one attempt, however many requests
 * it takes.
 */
void source_failed(struct source *source, int64_t now_raw_ns, int error)
{
	bool known = source->reach && source->samples;
	int64_t wait_ns = retry_wait_ns(source);

	source->last_error = error;
	source->excused = false;
	if (error == -ETIMEDOUT && source->burst)
		return;
	source->failures++;
	if (is_refusal(error)) {
		follow_up_refusal(source, now_raw_ns);
		return;
	}
	if (error == -ETIME) {
		follow_up_long_delay(source);
		return;
	}
	if (error == -ETIMEDOUT && known)
		return;
	source->next_poll_ns = now_raw_ns + wait_ns;
	/* The clock was set while an answer was on its way: the server has heard us just now. */
	if (error == -ESTALE && source->options.kind == SOURCE_SERVER)
		source->next_poll_ns = chime_max(source->next_poll_ns, burst_due_ns(source));
}

/* Wait for @wait_ns at least, twice as long for each KISS packet in a row, up to a limit. */
static void hold_back(struct source *source, int64_t now_raw_ns, int64_t wait_ns)
{
	unsigned int doublings = source->kisses < 16 ? source->kisses : 16;

	if (wait_ns > KISS_WAIT_NS >> doublings)
		wait_ns = KISS_WAIT_NS;
	else
		wait_ns <<= doublings;
	source->kisses++;
	source->next_poll_ns = now_raw_ns + wait_ns;
	source->not_before_ns = source->next_poll_ns;
}

void source_kissed(struct source *source, int64_t now_raw_ns, uint32_t code)
{
	struct source_options *options = &source->options;

	source->kiss = code;
	source->burst = 0;
	source->starting = 0;
	if (source_is_refused(source)) {
		hold_back(source, now_raw_ns, KISS_WAIT_NS);
	} else if (code == KISS('R', 'A', 'T', 'E')) {
		if (options->minpoll == options->maxpoll && options->maxpoll < KISS_MAXPOLL)
			options->maxpoll++;
		if (options->minpoll < options->maxpoll)
			options->minpoll++;
		source->interval_s = clamp_interval(source, 2 * source->interval_s);
		hold_back(source, now_raw_ns, seconds_to_ns(source->interval_s));
	}
}

void source_forgive(struct source *source, int64_t now_raw_ns)
{
	if (!source_is_refused(source))
		return;
	source->kiss = 0;
	source->kisses = 0;
	source->not_before_ns = INT64_MIN;
	source->next_poll_ns = now_raw_ns;
}

void source_hold_back(struct source *source, uint32_t code, int64_t until_ns)
{
	source->kiss = code;
	source->starting = 0;
	source->interval_s = clamp_interval(source, source->interval_s);
	source->not_before_ns = until_ns;
}

static bool sample_is_sane(const struct source *source, const struct source_sample *sample)
{
	int least_stratum = source->options.kind == SOURCE_REFCLOCK ? 0 : 1;

	return sample->delay_ns >= 0 && sample->delay_ns < ROOT_LIMIT_NS && sample->noise_ns >= 0 &&
	       sample->root_delay_ns >= 0 && sample->root_delay_ns < ROOT_LIMIT_NS &&
	       sample->root_dispersion_ns >= 0 && sample->root_dispersion_ns < ROOT_LIMIT_NS &&
	       sample->stratum >= least_stratum && sample->stratum <= 15 && sample->leap <= 2;
}

/* The latest sample does not fit the estimate. */
static bool is_outlier(const struct source *source)
{
	struct estimate estimate;

	return estimator_get(source->estimator, source->last.at_ns, &estimate) && estimate.suspect;
}

/*
 * An outlier is not part of the scatter: either the estimate goes on and the server was wrong for a
 * moment, or the estimate restarts and forgets all residuals.
 */
static void remember(struct source *source, const struct source_sample *sample)
{
	struct history *entry = &source->history[source->next_sample];

	if (is_outlier(source) && source->samples)
		return;
	entry->at_ns = sample->at_ns;
	entry->offset_ns = sample->offset_ns;
	source->next_sample = (source->next_sample + 1) % HISTORY;
	if (source->samples < HISTORY)
		source->samples++;
}

/*
 * Residuals from before a restart of the estimate are void. It also counts as a restart if the
 * sample moved the estimate from @before by more than its error allows: from one hypothesis to
 * another and perhaps back, as after a lie or two.
 */
static void forget_lost_track(struct source *source, const struct estimate *before)
{
	double reach_ns = SIGMAS * before->sigma_ns + 0.5 * estimator_floor(source->estimator);
	struct estimate estimate;
	double moved_ns;

	estimator_get(source->estimator, source->last.at_ns, &estimate);
	moved_ns = fabs((double)(estimate.offset_ns - before->offset_ns));
	if (estimate.restarts == source->restarts && moved_ns <= reach_ns)
		return;
	source->restarts = estimate.restarts;
	source->history[0] = (struct history){ source->last.at_ns, source->last.offset_ns };
	source->samples = 1;
	source->next_sample = 1;
	sample_log_clear(&source->log);
}

static double sigma_after(const struct source *source, double elapsed_s)
{
	struct estimate estimate;

	estimator_get(source->estimator, source->last.at_ns + seconds_to_ns(elapsed_s), &estimate);
	return estimate.sigma_ns;
}

/* How much longer the interval is to be than by itself. */
static double stretch_of(const struct source *source)
{
	int target = source->options.polltarget;

	return target > 0 ? (double)SOURCE_POLLTARGET / target : 1;
}

/*
 * The time until another sample is worth a packet, within minpoll and maxpoll. Where an oscillator
 * wanders the standard error grows as the time to the power of 1.5: polltarget stretches the
 * interval if it stretches the error by as much.
 */
static void control_poll(struct source *source)
{
	double low_s = least_interval(source), stretch = stretch_of(source);
	double high_s = clamp_interval(source, fmin(POLL_GROWTH * source->interval_s,
						    POLL_SPAN_SHARE * stretch *
						    learned_s(source)));
	struct estimate estimate;
	double worth_ns;

	estimator_get(source->estimator, source->last.at_ns, &estimate);
	worth_ns = POLL_SHARE * pow(stretch, 1.5) *
		   (estimate.sample_ns + (double)source->last.noise_ns +
		    POLL_ASYMMETRY * 0.5 * estimator_floor(source->estimator));
	if (sigma_after(source, high_s) > worth_ns) {
		while (high_s > low_s * 1.02) {
			double middle_s = sqrt(low_s * high_s);

			if (sigma_after(source, middle_s) > worth_ns)
				high_s = middle_s;
			else
				low_s = middle_s;
		}
		high_s = low_s;
	}
	if (high_s > ldexp(1, source->options.minpoll))
		source->starting = 0;
	source->interval_s = clamp_interval(source, high_s);
	/* Is the clock, the server or the path wrong? The next two samples show it. */
	if (estimate.suspect && !source->burst)
		source->burst = SUSPECT_COUNT;
	if (source->burst)
		source->next_poll_ns = burst_due_ns(source);
	else
		source->next_poll_ns = source->last_poll_ns +
				       seconds_to_ns(source->interval_s);
}

static void start_anew(struct source *source, uint32_t epoch, bool keep_rate)
{
	source->has_epoch = true;
	source->epoch = epoch;
	/* With the rate of another clock it is not known either whether the server is as far. */
	if (!keep_rate)
		source->known_floor_ns = 0;
	else if (source->samples)
		source->known_floor_ns = estimator_floor(source->estimator);
	estimator_reset(source->estimator, keep_rate);
	source->learning = source->learning && keep_rate;
	source->samples = 0;
	source->next_sample = 0;
	source->trips.known = false;
	source->jitter = (struct jitter_asymmetry){ 0 };
	sample_log_clear(&source->log);
}

/* The server is reached, and serves us. */
static void note_answer(struct source *source)
{
	source->last_error = 0;
	source->refusals = 0;
	source->kisses = 0;
	if (source_is_refused(source))
		source->kiss = 0;
	source->reach |= 1;
	source->unreached = 0;
	source->unanswered = false;
	source->missed = 0;
}

void source_answered(struct source *source)
{
	note_answer(source);
	source->failures = 0;
}

/* What the rate is at most, either way. */
static double greatest_rate(const struct estimate *estimate)
{
	return fabs(estimate->rate) + SIGMAS * estimate->rate_sigma;
}

/* Of what a liar states, too. */
static int64_t whole_ns(double ns)
{
	return llrint(fmin(ceil(ns), (double)(INT64_MAX / 2)));
}

/* A refclock's reading has no round trip that bounds its error. */
static void note_round_trip(struct source *source, const struct source_sample *sample)
{
	struct estimate estimate;

	if (source->options.kind == SOURCE_REFCLOCK)
		return;
	estimator_get(source->estimator, sample->at_ns, &estimate);
	round_trips_add(&source->trips, sample->at_ns, sample->offset_ns,
			chime_add_sat(source_interval_distance(sample),
				      whole_ns(SIGMAS * (double)sample->noise_ns)),
			greatest_rate(&estimate));
}

/* Did it queue about as long as those before it, of which @before was made? */
static bool is_good(const struct source *source, const struct estimator_sample *sample,
		    const struct estimate *before)
{
	double queued_ns = 0.5 * (sample->delay_ns - estimator_floor(source->estimator));
	double usual_ns = before->sample_ns + sample->sigma_ns;

	return !source->samples || queued_ns <= POOR_FACTOR * usual_ns;
}

int source_add(struct source *source, int64_t now_raw_ns, const struct source_sample *sample)
{
	bool late = sample->delay_ns > LATE_NS;
	bool late_again = late && source->samples && source->last.delay_ns > LATE_NS;
	struct source_sample corrected = *sample;
	struct estimator_sample measured;
	struct estimate before = { .sigma_ns = INFINITY };
	bool good;
	int error;

	if (source->has_epoch && sample->epoch != source->epoch)
		return -ESTALE;
	if (!sample_is_sane(source, sample))
		return -EINVAL;
	if (source->samples && source->last.at_ns - sample->at_ns > ESTIMATOR_DISORDER_NS)
		start_anew(source, sample->epoch, true);
	corrected.offset_ns += (int64_t)llrint(source->options.offset_s * NS_PER_S);
	jitter_asymmetry_correct(&source->jitter, &source->options, &corrected);
	measured.at_ns = corrected.at_ns;
	measured.offset_ns = corrected.offset_ns;
	measured.delay_ns = (double)corrected.delay_ns;
	measured.sigma_ns = (double)corrected.noise_ns;
	estimator_get(source->estimator, corrected.at_ns, &before);
	good = is_good(source, &measured, &before);
	error = estimator_add(source->estimator, 0, &measured);
	if (error)
		return error;
	source->has_epoch = true;
	source->epoch = sample->epoch;
	source->last = corrected;
	source->last_raw_ns = now_raw_ns;
	note_answer(source);
	/* Of a server that answers, requests that it did not get say nothing. */
	source->failures = late_again ? source->failures + 1 : late;
	if (good && source->burst_good && !--source->burst_good)
		source->burst = 0;
	source->received++;
	if (source->starting > 0)
		source->starting--;
	remember(source, &corrected);
	note_round_trip(source, &corrected);
	forget_lost_track(source, &before);
	/* One lie among right answers must not be learned when the combined clock starts anew. */
	if (!is_outlier(source))
		sample_log_add(&source->log, &measured);
	control_poll(source);
	/* A late sample has a large error, and the next one may be better. */
	if (late && !source->burst)
		source->next_poll_ns = chime_min(source->next_poll_ns,
						 now_raw_ns + retry_wait_ns(source));
	return 0;
}

void source_others_answered(struct source *source, int64_t now_raw_ns)
{
	if (!source->unanswered ||
	    chime_sub_sat(now_raw_ns, source->unanswered_ns) < SOURCE_ANSWER_NS)
		return;
	if (source->missed < MISSED_LOST)
		source->missed++;
	/* The latest one may be answered yet. */
	source->unanswered =
		chime_sub_sat(now_raw_ns, source->last_poll_ns) < SOURCE_ANSWER_NS;
	source->unanswered_ns = source->last_poll_ns;
}

void source_excuse_silence(struct source *source)
{
	if (source->received)
		return;
	source->in_vain = source->sent;
	source->excused = true;
}

/* Nothing is between this machine and a clock in it. */
static bool is_lost(const struct source *source)
{
	return !source->reach && (source->missed >= MISSED_LOST ||
				  source->options.kind == SOURCE_REFCLOCK);
}

void source_burst(struct source *source, int64_t now_raw_ns, int count, bool pressing)
{
	bool answered = (source->samples || !pressing) && (source->reach & 1);

	source->burst = count;
	source->burst_good = 0;
	/* If the burst is not answered, retries begin at its interval. */
	source->failures = 1;
	source->next_poll_ns = now_raw_ns;
	if (answered)
		source->next_poll_ns = chime_max(now_raw_ns,
						 source->last_poll_ns + BURST_INTERVAL_NS);
}

void source_burst_until(struct source *source, int64_t now_raw_ns, int good, int most)
{
	source_burst(source, now_raw_ns, most, true);
	source->burst_good = good;
}

bool source_is_in_burst(const struct source *source)
{
	return source->burst > 0;
}

bool source_has_samples(const struct source *source)
{
	return source->samples;
}

bool source_is_started(const struct source *source)
{
	return source->received && !source->starting;
}

void source_set_offline(struct source *source, bool withdrawn)
{
	source->withdrawn = withdrawn;
	source->burst = 0;
	source->burst_good = 0;
	source->reach = 0;
	source->unanswered = false;
}

void source_set_online(struct source *source)
{
	source->withdrawn = false;
	source->failures = 0;
	source->missed = 0;
}

void source_set_distance(struct source *source, int64_t maxdistance_ns)
{
	source->options.maxdistance_ns = maxdistance_ns;
}

void source_set_smearing(struct source *source, enum source_smear smear)
{
	source->smear = smear;
}

void source_set_orphan(struct source *source, bool orphan)
{
	source->orphan = orphan;
}

static void change_reading(const struct reference_change *change, int64_t *at_ns,
			   int64_t *offset_ns)
{
	*offset_ns += reference_change_offset(change, *at_ns);
	*at_ns += reference_change_shift(change, *at_ns);
}

void source_change_reference(struct source *source, uint32_t epoch,
			     const struct reference_change *change)
{
	unsigned int i;

	if (!reference_change_keeps_offset(change)) {
		start_anew(source, epoch, reference_change_keeps_rate(change));
		return;
	}
	source->has_epoch = true;
	source->epoch = epoch;
	estimator_change_reference(source->estimator, change);
	sample_log_change_reference(&source->log, change);
	source->trips.known = false;
	if (!source->samples)
		return;
	change_reading(change, &source->last.at_ns, &source->last.offset_ns);
	for (i = 0; i < source->samples; i++)
		change_reading(change, &source->history[i].at_ns, &source->history[i].offset_ns);
}

void source_server_moved(struct source *source, int64_t moved_ns)
{
	/* As a leap second: the server's time is another one, and no reference. */
	struct reference_change change = { .leap_ns = moved_ns };

	if (!moved_ns || !source->has_epoch)
		return;
	source_change_reference(source, source->epoch, &change);
	source->moved_ns = chime_add_sat(source->moved_ns, moved_ns);
}

int64_t source_moved_ns(const struct source *source)
{
	return source->moved_ns;
}

static void describe_history(const struct source *source, struct source_status *status)
{
	unsigned int first = source->samples < HISTORY ? 0 : source->next_sample;
	int64_t oldest_ns = source->last.at_ns;
	double square = 0;
	bool above = false;
	unsigned int i;

	for (i = 0; i < source->samples; i++) {
		const struct history *entry = &source->history[(first + i) % HISTORY];
		double age_ns = (double)(entry->at_ns - status->estimate.at_ns);
		double residual = (double)(entry->offset_ns - status->estimate.offset_ns) -
				  age_ns * status->estimate.rate;
		bool is_above = residual > 0;

		if (!i || is_above != above)
			status->runs++;
		above = is_above;
		square += residual * residual;
		oldest_ns = chime_min(oldest_ns, entry->at_ns);
	}
	status->jitter_ns = sqrt(square / source->samples);
	status->span_ns = source->last.at_ns - oldest_ns;
}

/*
 * The latest sample contradicts the estimate: by more than any path can hide, or as an outlier that
 * no queueing explains. The server's own error is in both, and explains no difference.
 */
static bool contradicts(const struct source_status *status, double residual_ns, double path_ns)
{
	const struct source_sample *last = &status->last;
	double known_ns = SIGMAS * hypot(status->estimate.sigma_ns, (double)last->noise_ns);
	double queued_ns = 0.5 * (double)(last->delay_ns - status->minimum_delay_ns);

	return residual_ns > path_ns + 0.5 * (double)last->delay_ns + known_ns ||
	       (status->estimate.suspect && residual_ns > fmax(queued_ns, 0) + known_ns);
}

/*
 * If it does, the next samples show which is right; until then the bound includes both. A
 * refclock's reading is only likely to be right.
 */
static double contradicted_ns(const struct source *source, const struct source_status *status)
{
	const struct source_sample *last = &source->last;
	double ago_ns = (double)(status->estimate.at_ns - last->at_ns);
	double residual_ns = fabs((double)(last->offset_ns - status->estimate.offset_ns) +
				  ago_ns * status->estimate.rate);
	double path_ns = fabs(status->estimate.asymmetry_ns) +
			 0.5 * (double)status->minimum_delay_ns;

	if (source->options.kind == SOURCE_REFCLOCK || !contradicts(status, residual_ns, path_ns))
		return 0;
	return residual_ns + (double)source_interval_distance(last) +
	       SIGMAS * (double)last->noise_ns;
}

/*
 * Of a path with few samples the least round trip was seen once, and the rate may be that of how
 * unevenly two of them were spent on their ways. As long as the latest sample is what says where
 * the clock is, the bound reaches all that it allows.
 */
static double allowed_ns(const struct source *source, const struct source_status *status)
{
	const struct source_sample *last = &source->last;
	double queued_ns = 0.5 * (double)(last->delay_ns - status->minimum_delay_ns);

	if (source->options.kind == SOURCE_REFCLOCK || source->samples > SAMPLES_YOUNG ||
	    queued_ns > SIGMAS * status->estimate.sigma_ns)
		return 0;
	return fabs((double)(last->offset_ns - status->estimate.offset_ns)) +
	       (double)source_interval_distance(last);
}

/* The round trips exclude all that the estimate allows: the bound reaches all that they do. */
static double refuted_ns(const struct source *source, const struct source_status *status)
{
	return (double)round_trips_refute(&source->trips, status->estimate.at_ns,
					  status->estimate.offset_ns,
					  whole_ns(status->root_distance_ns),
					  greatest_rate(&status->estimate));
}

/*
 * A server that does not answer, or that sent "RATE", is asked less often than the estimate needs.
 */
static double interval_in_force(const struct source *source)
{
	int64_t wait_ns = source_next_poll(source) - source->last_poll_ns;

	if (!source->sent)
		return source->interval_s;
	return fmax(source->interval_s, (double)wait_ns / NS_PER_S);
}

/* The number of standard errors in the bound. */
static double sigmas_of(const struct source *source)
{
	double readings = 1 + learned_s(source) / source->interval_s;

	if (source->options.kind != SOURCE_REFCLOCK)
		return SIGMAS;
	return SIGMAS_REFCLOCK * fmin(hypot(1, READINGS_YOUNG / readings), 2);
}

void source_get_status(const struct source *source, int64_t at_ns, struct source_status *status)
{
	memset(status, 0, sizeof(*status));
	status->options = &source->options;
	status->verdict = source->verdict;
	status->last = source->last;
	status->stratum = source->last.stratum;
	if (source->received && status->stratum < source->options.minstratum)
		status->stratum = source->options.minstratum;
	status->last_raw_ns = source->last_raw_ns;
	status->samples = source->samples;
	status->poll = (int)lrint(log2(interval_in_force(source)));
	status->reach = source->reach;
	status->lost = is_lost(source);
	status->withdrawn = source->withdrawn;
	status->orphan = source->orphan;
	status->smear = source->smear;
	status->worn_out = source->options.unreach_limit &&
			   source->unreached >= source->options.unreach_limit;
	status->sent = source->sent;
	status->asked = source->sent - source->in_vain;
	status->failed = !source->sent && source->last_error && !source->excused;
	status->asked_raw_ns = source->last_poll_ns;
	status->received = source->received;
	status->last_error = source->last_error;
	status->kiss = source->kiss;
	status->distrusted = source->received < source->distrusted_until;
	status->has_estimate = source->samples &&
			       estimator_get(source->estimator, at_ns, &status->estimate);
	if (!status->has_estimate)
		return;
	status->minimum_delay_ns = (int64_t)estimator_floor(source->estimator);
	if (source->known_floor_ns > 0)
		status->late_ns = chime_max(status->minimum_delay_ns -
					    (int64_t)source->known_floor_ns, 0);
	/* Asymmetry cannot exceed half the path, but the estimate of it may be wrong. */
	status->root_distance_ns = fabs(status->estimate.asymmetry_ns) +
				   0.5 * (double)(source->last.root_delay_ns +
						  status->minimum_delay_ns) +
				   (double)source->last.root_dispersion_ns +
				   sigmas_of(source) * status->estimate.sigma_ns;
	status->root_distance_ns = fmax(status->root_distance_ns, contradicted_ns(source, status));
	status->root_distance_ns = fmax(status->root_distance_ns, allowed_ns(source, status));
	status->root_distance_ns = fmax(status->root_distance_ns, refuted_ns(source, status));
	describe_history(source, status);
}

const struct source_options *source_get_options(const struct source *source)
{
	return &source->options;
}

void source_set_verdict(struct source *source, enum source_verdict verdict)
{
	source->verdict = verdict;
}

void source_distrust(struct source *source, bool misled)
{
	bool distrusted = source->received < source->distrusted_until;

	sample_log_clear(&source->log);
	if (misled) {
		if (source->received > source->distrusted_until + DISTRUST_FORGOTTEN)
			source->distrust = 0;
		source->distrust = source->distrust ? 2 * source->distrust : DISTRUST_FIRST;
		if (source->distrust > DISTRUST_MOST)
			source->distrust = DISTRUST_MOST;
	}
	if (misled || distrusted)
		source->distrusted_until = source->received + source->distrust;
}

const struct sample_log *source_get_log(const struct source *source)
{
	return &source->log;
}

const struct estimator *source_get_estimator(const struct source *source)
{
	return source->estimator;
}

uint64_t source_received(const struct source *source)
{
	return source->received;
}
