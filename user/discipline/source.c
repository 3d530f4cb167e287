// SPDX-License-Identifier: GPL-2.0-only
/*
 * One time source: its samples, and what changes under them. When it is asked is in source_poll.c,
 * what it is worth in source_status.c; sockets and packets are in ntp/client.c, and whether it is
 * right source_select.c decides.
 */
#include "discipline/source.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/line.h"
#include "discipline/source_interval.h"
#include "discipline/source_parts.h"
#include "lib/time_units.h"

/*
 * An answer that queued so many times as long as usual is worth little: it does not end a burst
 * that is to last until there is a good one. (chrony's maxdelaydevratio is 10, too.)
 */
#define POOR_FACTOR	10.0

/* An answer that took longer than this came while this machine or the server stood still. */
#define LATE_NS		NS_PER_S

/* A server with a greater root distance has no reference (RFC 5905 MAXDISP is 16 s). */
#define ROOT_LIMIT_NS	(16 * NS_PER_S)

/*
 * A source that has misled the combined clock is not used for so many answers, twice as many each
 * time. So a source that lies now and then is hardly ever used. The count starts again after it was
 * right for DISTRUST_FORGOTTEN answers.
 */
#define DISTRUST_FIRST		16
#define DISTRUST_MOST		1024
#define DISTRUST_FORGOTTEN	1024

/* A rate that round trips do not bound is as good as any crystal's: five times 100 ppm. */
#define RATE_MOST	500e-6

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
	source_start_polling(source, now_raw_ns);
	return source;
}

void source_free(struct source *source)
{
	if (!source)
		return;
	estimator_free(source->estimator);
	free(source);
}

void source_begin_epoch(struct source *source, uint32_t epoch)
{
	source->has_epoch = true;
	source->epoch = epoch;
}

uint64_t source_serial(const struct source *source)
{
	return source->serial;
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
	struct source_history *entry = &source->history[source->next_sample];

	if (is_outlier(source) && source->samples)
		return;
	entry->at_ns = sample->at_ns;
	entry->offset_ns = sample->offset_ns;
	source->next_sample = (source->next_sample + 1) % SOURCE_HISTORY;
	if (source->samples < SOURCE_HISTORY)
		source->samples++;
}

static void keep_latest_only(struct source *source)
{
	source->history[0] = (struct source_history){ source->last.at_ns, source->last.offset_ns };
	source->samples = 1;
	source->next_sample = 1;
}

/*
 * Residuals from before a restart of the estimate are void. It also counts as a restart if the
 * sample moved the estimate from @before by more than its error allows: from one hypothesis to
 * another and perhaps back, as after a lie or two.
 */
static void forget_lost_track(struct source *source, const struct estimate *before)
{
	double reach_ns = SOURCE_SIGMAS * before->sigma_ns +
			  0.5 * estimator_floor(source->estimator);
	struct estimate estimate;
	double moved_ns;

	estimator_get(source->estimator, source->last.at_ns, &estimate);
	moved_ns = fabs((double)(estimate.offset_ns - before->offset_ns));
	if (estimate.restarts == source->restarts && moved_ns <= reach_ns)
		return;
	source->restarts = estimate.restarts;
	keep_latest_only(source);
	sample_log_clear(&source->log);
}

/*
 * A guest was reverted by months: if its rate is known to 1 ppm that leaves seconds open. How far
 * the samples before such a gap are from where the estimate is since then shows how little was
 * known, and not how samples scatter, and would have the source called too variable.
 */
static void forget_before_gap(struct source *source, const struct estimate *before)
{
	if (SOURCE_SIGMAS * before->sigma_ns < SOURCE_JITTER_LIMIT_NS)
		return;
	keep_latest_only(source);
}

/*
 * What the samples are about is a line: whoever asks for it at another instant finds the same
 * residuals.
 */
static void measure_scatter(struct source *source)
{
	unsigned int first = source->samples < SOURCE_HISTORY ? 0 : source->next_sample;
	struct source_scatter *scatter = &source->scatter;
	int64_t oldest_ns = source->last.at_ns;
	struct estimate estimate;
	double square = 0;
	bool above = false;
	unsigned int i;

	estimator_get(source->estimator, source->last.at_ns, &estimate);
	scatter->runs = 0;
	for (i = 0; i < source->samples; i++) {
		const struct source_history *entry = &source->history[(first + i) % SOURCE_HISTORY];
		double age_ns = (double)(entry->at_ns - estimate.at_ns);
		double residual = (double)(entry->offset_ns - estimate.offset_ns) -
				  age_ns * estimate.rate;
		bool is_above = residual > 0;

		if (!i || is_above != above)
			scatter->runs++;
		above = is_above;
		square += residual * residual;
		oldest_ns = chime_min(oldest_ns, entry->at_ns);
	}
	scatter->jitter_ns = sqrt(square / source->samples);
	scatter->span_ns = source->last.at_ns - oldest_ns;
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
	/* It has answered lately, if too late for maxdelay, and so it may again. */
	if (source_latest_overlong(source))
		source->missed = 0;
	source->has_overlong = false;
	source->trips.count = 0;
	source->jitter = (struct jitter_asymmetry){ 0 };
	sample_log_clear(&source->log);
}

/*
 * One standard error of @sample, besides what its round trip allows. The readings of a refclock
 * that have none show their noise by how they scatter.
 */
static double noise_of(const struct source *source, const struct source_sample *sample,
		       const struct estimate *estimate)
{
	double noise_ns = (double)sample->noise_ns;

	if (source->options.kind != SOURCE_REFCLOCK || sample->delay_ns)
		return noise_ns;
	return fmax(noise_ns, estimate->queueing_ns);
}

/*
 * What a refclock's reading is off by is not bounded, but likely to be within its noise: if the
 * clock has run off, the reading shows where it is by now.
 */
static void note_round_trip(struct source *source, const struct source_sample *sample)
{
	int64_t since_ns = chime_max(chime_sub_sat(source->followed_ns, sample->followed_ns), 0);
	int64_t noise_ns, distance_ns;
	struct rate_limits rate;
	struct round_trip trip;
	struct estimate estimate;
	double greatest;

	estimator_get(source->estimator, sample->at_ns, &estimate);
	noise_ns = source_whole_ns(SOURCE_SIGMAS * noise_of(source, sample, &estimate));
	distance_ns = chime_add_sat(source_interval_distance(sample),
				    chime_add_sat(noise_ns, since_ns));
	trip = (struct round_trip){
		.at_ns = sample->at_ns,
		.low_ns = chime_sub_sat(sample->offset_ns, distance_ns),
		.high_ns = chime_add_sat(sample->offset_ns, distance_ns),
	};
	greatest = fmax(source_greatest_rate(&estimate), RATE_MOST);
	rate.least = -greatest;
	rate.most = greatest;
	rate.wander = SOURCE_SIGMAS * estimate.wander;
	rate.jump = source_rate_jump(source);
	round_trips_add(&source->trips, &trip, &rate);
}

/* What the configuration allows for anyway is no news. */
static void note_rate(struct source *source)
{
	struct estimate estimate;

	estimator_get(source->estimator, source->last.at_ns, &estimate);
	rate_jumps_note(&source->jumps, source->last_raw_ns, &estimate,
			source->options.maxclockerror);
}

/* Did it queue about as long as those before it, of which @before was made? */
static bool is_good(const struct source *source, const struct estimator_sample *sample,
		    const struct estimate *before)
{
	double queued_ns = 0.5 * (sample->delay_ns - estimator_floor(source->estimator));
	double usual_ns = before->queueing_ns + sample->sigma_ns;

	return !source->samples || queued_ns <= POOR_FACTOR * usual_ns;
}

void source_measured(const struct source_sample *sample, struct estimator_sample *measured)
{
	*measured = (struct estimator_sample){
		.at_ns = sample->at_ns,
		.offset_ns = sample->offset_ns,
		.delay_ns = (double)sample->delay_ns,
		.sigma_ns = (double)sample->noise_ns,
		.root_ns = (double)source_interval_root(sample),
	};
}

static void add_configured(const struct source *source, struct source_sample *sample)
{
	sample->offset_ns += (int64_t)llrint(source->options.offset_s * NS_PER_S);
}

int source_add(struct source *source, int64_t now_raw_ns, const struct source_sample *sample)
{
	bool late_before = source->samples && source->last.delay_ns > LATE_NS;
	struct source_sample corrected = *sample;
	struct estimator_sample measured;
	struct estimate before = { .sigma_ns = INFINITY };
	unsigned int late = 0;
	bool good;
	int error;

	if (sample->delay_ns > LATE_NS)
		late = late_before ? source->failures + 1 : 1;
	if (source->has_epoch && sample->epoch != source->epoch)
		return -ESTALE;
	if (!sample_is_sane(source, sample))
		return -EINVAL;
	if (source->samples && source->last.at_ns - sample->at_ns > ESTIMATOR_DISORDER_NS)
		start_anew(source, sample->epoch, true);
	add_configured(source, &corrected);
	jitter_asymmetry_correct(&source->jitter, &source->options, &corrected);
	source_measured(&corrected, &measured);
	estimator_get(source->estimator, corrected.at_ns, &before);
	good = is_good(source, &measured, &before);
	error = estimator_add(source->estimator, 0, &measured);
	if (error)
		return error;
	source->has_epoch = true;
	source->epoch = sample->epoch;
	/* That of an interleaved answer is older than what may be known by now. */
	if (sample->followed_ns > source->followed_ns)
		source_set_followed(source, sample->followed_ns);
	source->last = corrected;
	source->has_overlong = false;
	source->last_raw_ns = now_raw_ns;
	source->received++;
	remember(source, &corrected);
	note_rate(source);
	note_round_trip(source, &corrected);
	forget_lost_track(source, &before);
	forget_before_gap(source, &before);
	measure_scatter(source);
	/* One lie among right answers must not be learned when the combined clock starts anew. */
	if (!is_outlier(source))
		sample_log_add(&source->log, &measured);
	source_sampled(source, now_raw_ns, good, late);
	return 0;
}

void source_note_overlong(struct source *source, const struct source_sample *sample)
{
	if ((source->has_epoch && sample->epoch != source->epoch) ||
	    !sample_is_sane(source, sample))
		return;
	source->has_overlong = true;
	source->overlongs++;
	source->overlong_sent = source->sent;
	source->overlong = *sample;
	add_configured(source, &source->overlong);
}

bool source_has_samples(const struct source *source)
{
	return source->samples;
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

void source_set_selection(struct source *source, const struct source_options *options)
{
	source_options_take_selection(&source->options, options);
}

void source_change_options(struct source *source, const struct source_options *options)
{
	struct source_options *own = &source->options;
	double moved_s = options->offset_s - own->offset_s;

	own->polltarget = options->polltarget;
	own->minstratum = options->minstratum;
	own->prefer = options->prefer;
	own->offset_s = options->offset_s;
	source_server_moved(source, llrint(moved_s * NS_PER_S));
}

void source_set_smearing(struct source *source, enum source_smear smear)
{
	source->smear = smear;
}

void source_set_twin(struct source *source, bool twin)
{
	source->twin = twin;
}

void source_set_orphan(struct source *source, bool orphan)
{
	source->orphan = orphan;
}

void source_set_loop(struct source *source, bool loop)
{
	source->loop = loop;
}

bool source_is_loop(const struct source *source)
{
	return source->loop;
}

void source_change_reference(struct source *source, uint32_t epoch,
			     const struct reference_change *change)
{
	unsigned int i;

	refutation_break(&source->refutation);
	rate_jumps_change(&source->jumps, change);
	if (!reference_change_keeps_offset(change)) {
		start_anew(source, epoch, reference_change_keeps_rate(change));
		return;
	}
	source->has_epoch = true;
	source->epoch = epoch;
	estimator_change_reference(source->estimator, change);
	sample_log_change_reference(&source->log, change);
	round_trips_change_reference(&source->trips, change, SOURCE_SIGMAS);
	reference_change_convert(change, &source->overlong.at_ns, &source->overlong.offset_ns);
	if (!source->samples)
		return;
	reference_change_convert(change, &source->last.at_ns, &source->last.offset_ns);
	for (i = 0; i < source->samples; i++)
		reference_change_convert(change, &source->history[i].at_ns,
					 &source->history[i].offset_ns);
	measure_scatter(source);
}

void source_set_followed(struct source *source, int64_t followed_ns)
{
	int64_t more_ns = chime_sub_sat(followed_ns, source->followed_ns);

	if (more_ns > 0)
		round_trips_widen(&source->trips, more_ns);
	source->followed_ns = followed_ns;
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

/* What it was shown to be off by counts from when it was last right on. */
enum refutation_change source_judge_refclock(struct source *source, int64_t least_ns,
					     int64_t most_ns)
{
	enum refutation_vote vote = REFUTATION_EXCLUDES;
	enum refutation_change change;

	if (least_ns <= 0)
		vote = most_ns <= source->shown_ns ? REFUTATION_CLEARS : REFUTATION_AGREES;
	change = refutation_count(&source->refutation, vote);
	source->shown_ns = chime_max(source->shown_ns, least_ns);
	if (vote != REFUTATION_EXCLUDES && !source->refutation.refuted)
		source->shown_ns = 0;
	return change;
}

bool source_is_refuted(const struct source *source, int64_t *shown_ns)
{
	*shown_ns = source->shown_ns;
	return source->refutation.refuted;
}

void source_recall_refuted(struct source *source, int64_t shown_ns)
{
	source->refutation = (struct refutation){ .refuted = true };
	source->shown_ns = shown_ns;
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
