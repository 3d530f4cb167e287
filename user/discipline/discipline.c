// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the selected sources to one correction with its error: combining, the step decision, limits
 * on changes, poll control and the vote on the host. Selection is in source_select.c, the estimate
 * of one source in source.c; the daemon applies the outcome.
 */
#include "discipline/discipline.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "discipline/fallback_drift.h"

#define NS_PER_S	1e9
#define Q32		4294967296.0

/* Bound of the statistical error, in standard errors: as source.c's. */
#define SIGMAS	5

/*
 * The standard error grows along a curve, but is stated as a line. Its growth is taken up to the
 * next sample, and that of the bound up to the one after that.
 */
#define SIGMA_INTERVALS	1
#define BOUND_INTERVALS	2
#define UNLEARNED_S	256.0

/*
 * A rate is extrapolated for as long as it was learned, and at most for twice the daemon's update
 * interval without an answer. A rate that is not significant may move the clock by half a
 * millisecond at most.
 */
#define REACH_NS	128e9
#define REACH_SIGMAS	5
#define REACH_LEAST_NS	0.5e6

/*
 * The difference between a crystal and a clock that another daemon disciplines: ntpd slews its host
 * by 128 ms at most, faster than any oscillator is wrong (500 ppm), and within the hour.
 */
#define CRYSTAL_MOVED_NS	128e6
#define CRYSTAL_RATE		100e-6
#define CRYSTAL_SPAN_NS		3600e9

/*
 * Beyond its horizon a bound has to hold for the longest time that a guest may stand still, a
 * standard error for an hour.
 */
#define LONGEST_S	(400 * 86400.0)
#define HOUR_S		3600.0

/* Up to its horizon a bound is compared at so many instants with the intervals of the sources. */
#define FORESEEN	4

/* A first measurement may step the clock when its bound is below this share of the offset. */
#define STEP_EVIDENCE	0.25

/* A phase change that a slew would take more than some 10 s for is a jump. */
#define JUMP_NS	1000000000LL

/*
 * A host that differs by more than this from a majority of at least two sources, so many times, is
 * demoted.
 */
#define HOST_WRONG_NS		100000000LL
#define HOST_WRONG_COUNT	4
#define HOST_WITNESSES		2

/* It is reinstated after so many updates within this. */
#define HOST_RIGHT_NS		10000000LL
#define HOST_RIGHT_COUNT	64

/*
 * If the timescale's error is so much greater than the combined clock's, it knows of an error that
 * the combined clock does not. The noise of host readings, some 10 us where they are bracketed, is
 * none.
 */
#define SUSPECT_SIGMAS	5
#define SUSPECT_LEAST_NS	20e3

/* Rounding error of two sums of the same lines. */
#define ROUNDING_NS	2

/* At most so many samples are replayed into a new combined clock: 20 to 40 ms of work. */
#define RELEARN_SAMPLES	1024

/* So many samples of a preferred source replace any number of others'. */
#define KNOWN_SAMPLES	32

/*
 * A rate that was known to SETTLED_SIGMA and then changes by more than ODD_RATE is not the
 * oscillator's: sources that jump cause that. Another machine's counter does too, and ODD_COUNT
 * updates confirm it.
 */
#define SETTLED_SIGMA	10e-6
#define ODD_RATE	100e-6
#define ODD_COUNT	16

/* The latest rate that an oscillator can have. */
struct settled {
	bool known;
	double rate;
	int odd;			/* updates in a row that contradict it */
};

/* The samples of the combined sources in time. */
struct pace {
	double interval_s;		/* the shortest between two of them */
	double age_ns;			/* since the latest */
	bool refclock;			/* the selected one is a refclock */
};

struct combined {
	struct estimate estimate;	/* UTC minus reference */
	double age_ns;			/* since the latest sample */
	double next_sigma_ns;		/* when the next sample is due */
	double maxerror_ns;
	double sigma_growth;		/* per unit of time */
	double maxerror_growth;
	double reach_ns;		/* the rate is trusted for so long */
	double horizon_ns;		/* the growths of the errors hold for so long */
	double beyond_growth;		/* that of the bound from there on, at least */
	double root_delay_ns;
	double root_dispersion_ns;
	int leap;
};

/* The source that uses a path of the combined clock. */
struct slot {
	const struct source *source;
	uint64_t received;		/* answers taken */
	unsigned int update;		/* when it was last combined */
};

struct discipline {
	struct discipline_options options;
	struct estimator *clock;
	struct slot slot[ESTIMATOR_PATHS];
	unsigned int update;
	int selected;
	int updates;			/* with new samples, as makestep counts them */
	const struct source *counted;	/* the one selected at the latest of them ... */
	uint64_t counted_received;	/* ... and its answers by then */
	int refused;
	int host_wrong;
	int host_right;
	bool seconded;			/* more than one source has agreed since the start */
	bool permitted;			/* whatever maxchange says */
	bool demoted;			/* by us */
	bool had_reference;		/* one was seen ... */
	bool had_host;			/* ... and it was the host */
	bool has_correction;
	bool has_span;			/* the rate was learned from @span_from_ns on, ... */
	bool crystal;			/* the reference is known to run free */
	bool has_line;
	bool has_rate;
	bool relearning;		/* the offset, which the timescale may know better */
	int64_t span_from_ns;
	int64_t span_offset_ns;		/* ... where the offset was this */
	struct settled settled;
	struct chime_line line;		/* the latest correction */
	struct fallback_drift drift;
	int fallback;			/* the power whose mean rate is in force, 0: none */
	double rate;
	double rate_sigma;
};

struct discipline *discipline_new(const struct discipline_options *options)
{
	struct discipline *discipline = calloc(1, sizeof(*discipline));

	if (!discipline)
		return NULL;
	discipline->clock = estimator_new(ESTIMATOR_PATHS);
	if (!discipline->clock) {
		free(discipline);
		return NULL;
	}
	discipline->options = *options;
	discipline->selected = -1;
	return discipline;
}

void discipline_free(struct discipline *discipline)
{
	if (!discipline)
		return;
	estimator_free(discipline->clock);
	free(discipline);
}

void discipline_set_options(struct discipline *discipline,
			    const struct discipline_options *options)
{
	discipline->options = *options;
}

/* Offsets from now on are against another clock, or from another instant. */
static void forget_drift(struct discipline *discipline)
{
	memset(&discipline->drift, 0, sizeof(discipline->drift));
	discipline->fallback = 0;
}

/* The offset of UTC from the reference is unknown: the next correction is a first one. */
static void lose_offset(struct discipline *discipline)
{
	discipline->has_correction = false;
	discipline->has_span = false;
	discipline->relearning = true;
	memset(discipline->slot, 0, sizeof(discipline->slot));
}

static void lose_rate(struct discipline *discipline)
{
	discipline->has_rate = false;
	discipline->settled.known = false;
	discipline->crystal = false;
}

static void change_rate(struct discipline *discipline, const struct reference_change *change)
{
	discipline->rate = reference_change_rate(change, discipline->rate);
	discipline->rate_sigma = hypot(discipline->rate_sigma, change->rate_sigma);
	discipline->settled.rate = reference_change_rate(change, discipline->settled.rate);
}

void discipline_change_reference(struct discipline *discipline,
				 const struct reference_change *change)
{
	bool keeps_rate = reference_change_keeps_rate(change);

	discipline->host_wrong = 0;
	discipline->has_line = false;
	forget_drift(discipline);
	if (keeps_rate)
		change_rate(discipline, change);
	else
		lose_rate(discipline);
	if (!reference_change_keeps_offset(change)) {
		estimator_reset(discipline->clock, keeps_rate);
		lose_offset(discipline);
		return;
	}
	discipline->span_offset_ns += reference_change_offset(change, discipline->span_from_ns);
	discipline->span_from_ns += reference_change_shift(change, discipline->span_from_ns);
	estimator_change_reference(discipline->clock, change);
}

/*
 * The combined clock's rate has moved it further than the correction goes, whose rate has ended at
 * its horizon.
 */
static bool is_beyond_reach(const struct discipline *discipline, const struct estimate *estimate)
{
	const struct chime_line *line = &discipline->line;
	int64_t apart_ns;

	if (!discipline->has_line || !line->rate_horizon_ns)
		return false;
	apart_ns = chime_sub_sat(estimate->offset_ns, chime_line_offset(line, estimate->at_ns));
	return chime_line_rate(line, estimate->at_ns) != line->rate_q32 &&
	       (double)chime_abs_sat(apart_ns) > (double)line->sigma_ns + SUSPECT_LEAST_NS;
}

/*
 * The guest was reverted, and the host's clock was set back after the snapshot: the measurements
 * are from instants in the future, and no new sample fits them.
 */
static bool went_back(const struct discipline *discipline, const struct timescale_now *now)
{
	return discipline->has_line &&
	       chime_sub_sat(discipline->line.origin_ns, now->reference_ns) >
	       ESTIMATOR_DISORDER_NS;
}

bool discipline_is_suspect(const struct discipline *discipline, const struct timescale_now *now)
{
	double sigma_ns = (double)chime_sub_sat(now->sigma_ns, chime_abs_sat(now->slew_ns));
	struct estimate estimate;

	if (went_back(discipline, now))
		return true;
	return discipline->has_correction &&
	       estimator_get(discipline->clock, now->reference_ns, &estimate) &&
	       (sigma_ns > SUSPECT_SIGMAS * estimate.sigma_ns + SUSPECT_LEAST_NS ||
		is_beyond_reach(discipline, &estimate));
}

/* The change of rate that no oscillator makes. @fresh: there was a sample. */
static double odd_rate(struct settled *settled, const struct estimate *estimate, bool fresh)
{
	double apart = fabs(estimate->rate - settled->rate);

	settled->odd = settled->known && apart > ODD_RATE ? settled->odd + fresh : 0;
	if (settled->odd && settled->odd < ODD_COUNT)
		return apart;
	if (estimate->rate_sigma < SETTLED_SIGMA) {
		settled->known = true;
		settled->rate = estimate->rate;
		settled->odd = 0;
	}
	return 0;
}

static void remember_rate(struct discipline *discipline, double rate, double rate_sigma)
{
	discipline->rate = rate;
	discipline->rate_sigma = rate_sigma;
	discipline->has_rate = true;
}

bool discipline_get_rate(const struct discipline *discipline, double *rate, double *rate_sigma)
{
	if (!discipline->has_rate)
		return false;
	*rate = discipline->rate;
	*rate_sigma = discipline->rate_sigma;
	return true;
}

void discipline_prime_rate(struct discipline *discipline, double rate, double rate_sigma)
{
	remember_rate(discipline, rate, rate_sigma);
	estimator_prime_rate(discipline->clock, rate, rate_sigma);
}

/* The source's path, or the one that has been unused for longest. */
static int find_slot(struct discipline *discipline, const struct source *source, uint64_t received)
{
	int oldest = 0;
	int i;

	for (i = 0; i < ESTIMATOR_PATHS; i++) {
		struct slot *slot = &discipline->slot[i];

		if (slot->source == source && slot->received <= received)
			return i;
		if (slot->update < discipline->slot[oldest].update)
			oldest = i;
	}
	estimator_drop_path(discipline->clock, oldest);
	discipline->slot[oldest] = (struct slot){ .source = source };
	return oldest;
}

/* Add new samples of the combined sources to the combined clock. false: there is none. */
static bool feed(struct discipline *discipline, struct source *const *sources,
		 const struct selection *selection, int64_t at_ns)
{
	bool fresh = false;
	size_t i;

	discipline->update++;
	for (i = 0; i < selection->count && i < ESTIMATOR_PATHS; i++) {
		const struct source *source = sources[selection->index[i]];
		struct source_status status;
		struct estimator_sample sample;
		int slot;

		source_get_status(source, at_ns, &status);
		slot = find_slot(discipline, source, status.received);
		discipline->slot[slot].update = discipline->update;
		if (discipline->slot[slot].received == status.received)
			continue;
		discipline->slot[slot].received = status.received;
		sample.at_ns = status.last.at_ns;
		sample.offset_ns = status.last.offset_ns;
		sample.delay_ns = (double)status.last.delay_ns;
		sample.sigma_ns = (double)status.last.noise_ns;
		/* A sample from before the combined clock's start is not used. */
		estimator_add(discipline->clock, slot, &sample);
		fresh = true;
	}
	return fresh;
}

/* The combined clock has learned from this source. */
static bool has_taught(const struct discipline *discipline, const struct source *source)
{
	int slot;

	for (slot = 0; slot < ESTIMATOR_PATHS; slot++)
		if (discipline->slot[slot].source == source)
			return true;
	return false;
}

/*
 * Do not learn from sources that are wrong now, for the first time or again. true: the combined
 * clock has learned from one of them.
 */
static bool distrust_wrong(const struct discipline *discipline, struct source *const *sources,
			   size_t count, const struct selection *selection)
{
	bool misled = false;
	size_t i;

	for (i = 0; i < count && i < SOURCE_SELECT_MAX; i++) {
		bool taught;

		if (!(selection->wrong & 1ULL << i))
			continue;
		taught = has_taught(discipline, sources[i]);
		source_distrust(sources[i], taught);
		misled = misled || taught;
	}
	return misled;
}

/*
 * The combined clock has learned from sources that must not be used beside the selected one, which
 * answered later, and that one has given as many samples by now.
 */
static bool learned_from_unwanted(const struct discipline *discipline,
				  struct source *const *sources, size_t count,
				  const struct selection *selection)
{
	unsigned int known = source_get_log(sources[selection->selected])->count, most = 0;
	size_t i;

	for (i = 0; i < count && i < SOURCE_SELECT_MAX; i++) {
		unsigned int taught = source_get_log(sources[i])->count;

		if (selection->unwanted & 1ULL << i && has_taught(discipline, sources[i]) &&
		    taught > most)
			most = taught;
	}
	return most && known >= (most < KNOWN_SAMPLES ? most : KNOWN_SAMPLES);
}

/* The combined clock is far from where most sources agree: it learned from wrong ones. */
static bool is_misled(const struct discipline *discipline, const struct selection *selection,
		      int64_t at_ns)
{
	int64_t far_ns = (selection->high_ns - selection->low_ns) / 2;
	struct estimate estimate;

	return estimator_get(discipline->clock, at_ns, &estimate) &&
	       (estimate.offset_ns < selection->low_ns - far_ns ||
		estimate.offset_ns > selection->high_ns + far_ns);
}

/* The replay of a source's samples into the combined clock. */
struct lesson {
	const struct sample_log *log;
	unsigned int left;
};

/* The path whose next sample is the oldest, -1: none is left. */
static int next_lesson(const struct lesson *lessons, int count)
{
	int64_t oldest_ns = INT64_MAX;
	int next = -1;
	int i;

	for (i = 0; i < count; i++) {
		const struct estimator_sample *sample;

		if (!lessons[i].left)
			continue;
		sample = sample_log_get(lessons[i].log, lessons[i].left - 1);
		if (next >= 0 && sample->at_ns >= oldest_ns)
			continue;
		oldest_ns = sample->at_ns;
		next = i;
	}
	return next;
}

/*
 * A source's influence on the rate, on the other paths' asymmetries and on the weights cannot be
 * taken out again. So the combined clock is learned once more, from the samples of the sources that
 * are right, as if the others had never answered.
 */
static void start_anew(struct discipline *discipline, struct source *const *sources,
		       const struct selection *selection, const struct timescale_now *now)
{
	struct lesson lessons[ESTIMATOR_PATHS];
	unsigned int learned = 0;
	int count = 0;
	int path;

	estimator_begin_as(discipline->clock,
			   source_get_estimator(sources[selection->selected]), now->has_host);
	memset(discipline->slot, 0, sizeof(discipline->slot));
	while (count < (int)selection->count && count < ESTIMATOR_PATHS) {
		const struct source *source = sources[selection->index[count]];
		unsigned int most = RELEARN_SAMPLES / (unsigned int)selection->count;

		lessons[count].log = source_get_log(source);
		lessons[count].left = lessons[count].log->count;
		if (lessons[count].left > most)
			lessons[count].left = most;
		discipline->slot[count].source = source;
		discipline->slot[count].received = source_received(source);
		discipline->slot[count++].update = discipline->update;
	}
	while ((path = next_lesson(lessons, count)) >= 0)
		learned += !estimator_add(discipline->clock, path,
					  sample_log_get(lessons[path].log,
							 --lessons[path].left));
	if (learned)
		return;
	/* Of sources that were wrong lately only the latest sample is kept. */
	memset(discipline->slot, 0, sizeof(discipline->slot));
	feed(discipline, sources, selection, now->reference_ns);
}

/*
 * The leap second that more than half of the sources announce. They are counted, not weighed: a
 * near server knows of leap seconds no better than others. Falsetickers count as well: liars may
 * have led the clock away from honest servers.
 */
static int count_leaps(struct source *const *sources, size_t count, int64_t at_ns)
{
	size_t votes[3] = { 0 }, voters = 0;
	struct source_status status;
	size_t i;

	for (i = 0; i < count; i++) {
		source_get_status(sources[i], at_ns, &status);
		if (status.verdict == SOURCE_UNUSABLE || status.options->noselect)
			continue;
		voters++;
		votes[status.last.leap]++;
	}
	return 2 * votes[1] > voters ? 1 : 2 * votes[2] > voters ? 2 : 0;
}

/* Root delay and root dispersion. */
static void survey(struct source *const *sources, const struct selection *selection, int64_t at_ns,
		   struct combined *combined)
{
	struct source_status status;

	source_get_status(sources[selection->selected], at_ns, &status);
	combined->root_delay_ns = (double)(status.last.root_delay_ns + status.minimum_delay_ns);
	combined->root_dispersion_ns = (double)status.last.root_dispersion_ns;
}

static double sigma_after(const struct discipline *discipline, int64_t at_ns, double elapsed_ns)
{
	struct estimate estimate = { 0 };

	estimator_get(discipline->clock, at_ns + llrint(elapsed_ns), &estimate);
	return estimate.sigma_ns;
}

/*
 * The rate changes later than it was learned, with temperature above all, but not at once: it
 * becomes wrong by maxclockerror within some UNLEARNED_S.
 */
static double unlearned_ns(const struct discipline *discipline, double elapsed_ns)
{
	double scale_ns = UNLEARNED_S * NS_PER_S;

	return discipline->options.maxclockerror *
	       (elapsed_ns + scale_ns * expm1(-elapsed_ns / scale_ns));
}

/*
 * The reference is a free-running clock if it has moved further at a steady rate than a daemon that
 * disciplines it would allow. The raw clock always is.
 */
static bool runs_free(const struct discipline *discipline, const struct estimate *estimate)
{
	double span_ns = (double)(estimate->at_ns - discipline->span_from_ns);
	double moved_ns = fabs((double)(estimate->offset_ns - discipline->span_offset_ns));
	double sure = fabs(estimate->rate) - REACH_SIGMAS * estimate->rate_sigma;

	return span_ns >= CRYSTAL_SPAN_NS && moved_ns > CRYSTAL_MOVED_NS &&
	       sure * span_ns > CRYSTAL_MOVED_NS && fabs(estimate->rate) <= CRYSTAL_RATE;
}

/* Note since when the rate is learned, and whether that shows a free-running reference. */
static void learn_span(struct discipline *discipline, const struct timescale_now *now,
		       int64_t at_ns)
{
	struct estimate estimate;

	if (!estimator_get(discipline->clock, at_ns, &estimate))
		return;
	if (!discipline->has_span) {
		discipline->has_span = true;
		discipline->span_from_ns = at_ns;
		discipline->span_offset_ns = estimate.offset_ns;
	}
	if (!now->has_host || runs_free(discipline, &estimate))
		discipline->crystal = true;
}

/*
 * For how long the growths of the errors are stated. The errors grow along curves, but are stated
 * as lines: a line for two minutes states the growth at its end from the first second on. That
 * matters where little else is in the bound: a refclock has no round trip, and its next reading
 * comes in a moment. If it does not, the line is renewed, for as long as nothing has been measured.
 */
static double horizon_of(double span_ns, double least_ns, const struct pace *pace)
{
	double most_ns = pace->refclock ? pace->age_ns : REACH_NS;

	return fmax(fmin(fmin(span_ns, REACH_NS), most_ns), least_ns);
}

/* Set the horizons of the rate and of the growths of the errors. */
static void set_horizons(const struct discipline *discipline, const struct pace *pace,
			 struct combined *combined)
{
	const struct estimate *estimate = &combined->estimate;
	double rate = fabs(estimate->rate);
	double least_ns = BOUND_INTERVALS * pace->interval_s * NS_PER_S;
	double span_ns = (double)(estimate->at_ns - discipline->span_from_ns);
	double harmless_ns = REACH_LEAST_NS / rate;

	combined->age_ns = pace->age_ns;
	combined->horizon_ns = horizon_of(span_ns, least_ns, pace);
	if (rate < REACH_SIGMAS * estimate->rate_sigma)
		combined->reach_ns = fmin(fmax(span_ns, least_ns), harmless_ns);
	else
		combined->reach_ns = fmax(fmin(span_ns, fmax(REACH_NS, harmless_ns)), least_ns);
}

/*
 * The statistical part of the bound after @elapsed_ns. The filter's prediction and the oscillator's
 * unlearned change are independent; the latter counts from the latest sample, not from the latest
 * update.
 */
static double bound_after(const struct discipline *discipline, const struct combined *combined,
			  double elapsed_ns)
{
	return hypot(SIGMAS * sigma_after(discipline, combined->estimate.at_ns, elapsed_ns),
		     unlearned_ns(discipline, combined->age_ns + elapsed_ns));
}

/* Set the growths of the errors. */
static void age(const struct discipline *discipline, const struct pace *pace,
		struct combined *combined)
{
	double next_ns = SIGMA_INTERVALS * pace->interval_s * NS_PER_S;
	double horizon_ns = combined->horizon_ns;
	double now_ns = combined->estimate.sigma_ns;
	double bound_ns = bound_after(discipline, combined, 0);
	double there_ns = bound_after(discipline, combined, horizon_ns);
	double beyond_ns = bound_after(discipline, combined, horizon_ns + REACH_NS);

	combined->next_sigma_ns = sigma_after(discipline, combined->estimate.at_ns, next_ns);
	combined->sigma_growth = fmax(combined->next_sigma_ns - now_ns, 0) / next_ns;
	combined->maxerror_growth = fmax(there_ns - bound_ns, 0) / horizon_ns;
	combined->beyond_growth = fmax(beyond_ns - there_ns, 0) / REACH_NS;
}

/*
 * Put the combined clock into the intersection. Its bound reaches the far end of where the truth
 * may be.
 */
static bool combine(const struct discipline *discipline, const struct selection *selection,
		    int64_t at_ns, const struct pace *pace, struct combined *combined)
{
	struct estimate *estimate = &combined->estimate;

	if (!estimator_get(discipline->clock, at_ns, estimate))
		return false;
	if (estimate->offset_ns < selection->place_low_ns)
		estimate->offset_ns = selection->place_low_ns;
	if (estimate->offset_ns > selection->place_high_ns)
		estimate->offset_ns = selection->place_high_ns;
	combined->maxerror_ns = fmax((double)(selection->high_ns - estimate->offset_ns),
				     (double)(estimate->offset_ns - selection->low_ns));
	combined->maxerror_ns = fmax(combined->maxerror_ns, SIGMAS * estimate->sigma_ns);
	set_horizons(discipline, pace, combined);
	age(discipline, pace, combined);
	return true;
}

/*
 * How far the truth may be from the clock after @elapsed_ns, by the majority's predicted intervals.
 * -INFINITY: they say nothing.
 */
static double foreseen_ns(const struct discipline *discipline, struct source *const *sources,
			  size_t count, const struct combined *combined, double elapsed_ns)
{
	const struct estimate *estimate = &combined->estimate;
	double reach_ns = discipline->crystal ? INFINITY : combined->reach_ns;
	double ran_ns = estimate->rate * fmin(elapsed_ns, reach_ns);
	int64_t low_ns, high_ns;

	if (!source_select_foresee(sources, count, estimate->at_ns + llrint(elapsed_ns), &low_ns,
				   &high_ns))
		return -INFINITY;
	return fmax((double)chime_sub_sat(high_ns, estimate->offset_ns) - ran_ns,
		    (double)chime_sub_sat(estimate->offset_ns, low_ns) + ran_ns);
}

/*
 * Between two updates the clock runs at a rate that a minority may have caused, within what the
 * others allow, and the others' intervals grow with the error of their own rates. So the bound
 * grows until it holds the intervals of the majority. If the next update is due soon it grows on
 * beyond that, in case it does not come.
 */
static void foresee(const struct discipline *discipline, struct source *const *sources,
		    size_t count, struct combined *combined)
{
	double horizon_ns = combined->horizon_ns;
	double rest_ns = REACH_NS - horizon_ns;
	double held_ns;
	int i;

	for (i = 1; i <= FORESEEN; i++) {
		double elapsed_ns = horizon_ns * i / FORESEEN;
		double error_ns = foreseen_ns(discipline, sources, count, combined, elapsed_ns);

		combined->maxerror_growth = fmax(combined->maxerror_growth,
						 (error_ns - combined->maxerror_ns) / elapsed_ns);
	}
	held_ns = combined->maxerror_ns + combined->maxerror_growth * horizon_ns;
	for (i = 1; i <= FORESEEN && rest_ns > 0; i++) {
		double elapsed_ns = rest_ns * i / FORESEEN;
		double error_ns = foreseen_ns(discipline, sources, count, combined,
					      horizon_ns + elapsed_ns);

		combined->beyond_growth = fmax(combined->beyond_growth,
					       (error_ns - held_ns) / elapsed_ns);
	}
}

/*
 * Nothing was measured, or the sample contradicts the estimate, and the next samples decide which
 * is right. Keep the timescale's bound: it may include errors that the estimate does not know of,
 * such as a host's slew while the guest stood still.
 */
static void keep_bound(struct combined *combined, const struct timescale_now *now)
{
	if (now->maxerror_ns != CHIME_LINE_UNBOUNDED_NS)
		combined->maxerror_ns = fmax(combined->maxerror_ns, (double)now->maxerror_ns);
}

/* The standard error of the mean rate over the time to come, if the rate wanders as before. */
static double mean_rate_sigma(const struct estimate *estimate, double elapsed_s)
{
	return hypot(estimate->rate_sigma, estimate->wander * sqrt(elapsed_s / 3));
}

/*
 * The line beyond the horizon of its rate. A crystal keeps its rate; of any other clock only the
 * offset is known. As it may be a crystal too, the bound grows by the rate that is left out.
 */
static void make_horizons(const struct discipline *discipline, const struct combined *combined,
			  struct chime_line *line)
{
	const struct estimate *estimate = &combined->estimate;
	double missing = discipline->crystal ? 0 : fabs(estimate->rate);
	double sigma = hypot(missing, mean_rate_sigma(estimate, HOUR_S));
	double bound = missing + discipline->options.maxclockerror +
		       SIGMAS * mean_rate_sigma(estimate, LONGEST_S);

	if (!discipline->crystal)
		line->rate_horizon_ns = (s64)fmax(combined->reach_ns, 1);
	line->horizon_ns = (s64)fmax(combined->horizon_ns, 1);
	line->beyond_sigma_rate_q32 = (s64)ceil(fmax(sigma, combined->sigma_growth) * Q32);
	bound = fmax(bound, fmax(combined->maxerror_growth, combined->beyond_growth));
	line->beyond_maxerror_rate_q32 = (s64)ceil(bound * Q32);
}

static void make_line(const struct discipline *discipline, const struct combined *combined,
		      struct chime_line *line)
{
	memset(line, 0, sizeof(*line));
	line->origin_ns = combined->estimate.at_ns;
	line->offset_ns = combined->estimate.offset_ns;
	line->rate_q32 = (s64)llrint(combined->estimate.rate * Q32);
	line->sigma_ns = (s64)ceil(combined->estimate.sigma_ns);
	line->sigma_rate_q32 = (s64)ceil(combined->sigma_growth * Q32);
	line->maxerror_ns = (s64)ceil(combined->maxerror_ns);
	line->maxerror_rate_q32 = (s64)ceil(combined->maxerror_growth * Q32);
	make_horizons(discipline, combined, line);
}

bool discipline_forbids(const struct discipline *discipline, int64_t change_ns)
{
	const struct discipline_options *options = &discipline->options;

	return options->maxchange_ns > 0 && !discipline->permitted &&
	       discipline->updates >= options->maxchange_start &&
	       chime_abs_sat(change_ns) > options->maxchange_ns;
}

void discipline_permit(struct discipline *discipline, bool permit)
{
	discipline->permitted = permit;
}

/*
 * An update counts for makestep and maxchange when the selected source has a new sample, not when
 * another source was lost or changed. Updates by one source, while all others were silent, must not
 * make maxchange refuse what more sources agree on later.
 */
static bool count_update(struct discipline *discipline, struct source *const *sources,
			 const struct selection *selection)
{
	const struct source *source = sources[selection->selected];
	uint64_t received = source_received(source);

	if (!discipline->seconded && selection->candidates - selection->falsetickers > 1) {
		discipline->seconded = true;
		discipline->updates = 0;
		discipline->refused = 0;
	}
	if (source == discipline->counted && received == discipline->counted_received)
		return false;
	discipline->counted = source;
	discipline->counted_received = received;
	return true;
}

/* Decide on a step of the system clock, and whether the correction may be set at all. */
static int judge(struct discipline *discipline, const struct combined *combined,
		 const struct timescale_now *now, bool counts, struct discipline_result *result)
{
	const struct discipline_options *options = &discipline->options;
	int64_t error_ns = chime_sub_sat(chime_add_sat(now->reference_ns,
						       combined->estimate.offset_ns),
					 now->realtime_ns);
	bool may_step = options->step_limit < 0 || discipline->updates < options->step_limit;

	result->step_ns = error_ns;
	result->step = DISCIPLINE_NO_STEP;
	if (discipline_forbids(discipline, error_ns)) {
		result->step = DISCIPLINE_REFUSED;
		discipline->refused += counts;
		if (options->maxchange_ignore >= 0 &&
		    discipline->refused > options->maxchange_ignore)
			return -ERANGE;
		return 0;
	}
	if (options->step_threshold_ns > 0 &&
	    chime_abs_sat(error_ns) > options->step_threshold_ns && may_step &&
	    combined->maxerror_ns < STEP_EVIDENCE * (double)chime_abs_sat(error_ns))
		result->step = DISCIPLINE_STEP;
	return 0;
}

/*
 * The timescale's phase jumps if no UTC was known, if the change is large, or if the operator asked
 * for it.
 */
static bool may_jump(const struct discipline *discipline, const struct combined *combined,
		     const struct timescale_now *now)
{
	int64_t change_ns = chime_sub_sat(chime_add_sat(now->reference_ns,
							combined->estimate.offset_ns),
					  now->time_ns);

	return !discipline->has_correction || discipline->permitted ||
	       now->maxerror_ns == CHIME_LINE_UNBOUNDED_NS || chime_abs_sat(change_ns) > JUMP_NS;
}

/* Demote a host that a majority of at least two sources excludes by far, again and again. */
static void judge_host(struct discipline *discipline, const struct timescale_now *now,
		       struct discipline_result *result)
{
	const struct selection *selection = &result->selection;
	size_t truechimers = selection->candidates - selection->falsetickers;
	int64_t ahead_ns = chime_sub_sat(now->host_ns, now->reference_ns);
	bool wrong = chime_sub_sat(selection->low_ns, ahead_ns) > HOST_WRONG_NS ||
		     chime_sub_sat(selection->high_ns, ahead_ns) < -HOST_WRONG_NS;

	if (truechimers < HOST_WITNESSES || !wrong) {
		discipline->host_wrong = 0;
		return;
	}
	discipline->host_wrong++;
	result->demote_host = discipline->host_wrong >= HOST_WRONG_COUNT;
	if (result->demote_host)
		discipline->demoted = true;
}

/* Reinstate a demoted host that was set right. One that the operator deselected stays so. */
static void watch_demoted_host(struct discipline *discipline, const struct combined *combined,
			       const struct timescale_now *now, struct discipline_result *result)
{
	int64_t error_ns = chime_sub_sat(chime_add_sat(now->reference_ns,
						       combined->estimate.offset_ns),
					 now->host_ns);

	if (chime_abs_sat(error_ns) > HOST_RIGHT_NS)
		discipline->host_right = 0;
	else
		discipline->host_right++;
	if (discipline->host_right < HOST_RIGHT_COUNT)
		return;
	discipline->host_right = 0;
	discipline->demoted = false;
	result->reinstate_host = true;
}

static void vote_on_host(struct discipline *discipline, const struct combined *combined,
			 const struct timescale_now *now, struct discipline_result *result)
{
	if (now->has_host)
		judge_host(discipline, now, result);
	else if (discipline->demoted && now->host_known)
		watch_demoted_host(discipline, combined, now, result);
}

/*
 * The reference became another clock, host or raw: the raw clock's rate says nothing of the host's.
 */
static void notice_reference(struct discipline *discipline, const struct timescale_now *now)
{
	if (discipline->had_reference && discipline->had_host != now->has_host) {
		discipline->crystal = false;
		discipline->has_span = false;
	}
	discipline->had_reference = true;
	discipline->had_host = now->has_host;
	if (now->has_host && !discipline->has_rate)
		estimator_expect_host(discipline->clock);
}

/* The host's time without a correction, unconfirmed: its bound is that of the reading alone. */
static bool is_hosts_own(const struct timescale_now *now)
{
	int64_t time_ns = chime_add_sat(now->time_ns, now->slew_ns);

	return now->has_host &&
	       chime_abs_sat(chime_sub_sat(time_ns, now->host_ns)) <= ROUNDING_NS;
}

/* The correction in force is known better than the new measurement, and agrees with it. */
static bool is_known_better(const struct combined *combined, const struct timescale_now *now)
{
	int64_t utc_ns = chime_add_sat(now->reference_ns, combined->estimate.offset_ns);
	double change_ns = (double)chime_abs_sat(chime_sub_sat(utc_ns, now->time_ns));

	return now->maxerror_ns != CHIME_LINE_UNBOUNDED_NS && !is_hosts_own(now) &&
	       combined->next_sigma_ns > (double)now->sigma_ns &&
	       change_ns <= SIGMAS * combined->estimate.sigma_ns;
}

/*
 * After a disruption the first answers may be worse than the correction that holds. Then they
 * confirm it, and it stays in force until the measurement is better.
 */
static void keep_what_is_confirmed(struct discipline *discipline, const struct timescale_now *now,
				   struct combined *combined)
{
	int64_t time_ns = chime_add_sat(now->time_ns, now->slew_ns);

	discipline->relearning = discipline->relearning && is_known_better(combined, now) &&
				 combined->maxerror_ns > (double)now->maxerror_ns;
	if (!discipline->relearning)
		return;
	combined->estimate.offset_ns = chime_sub_sat(time_ns, now->reference_ns);
	combined->estimate.sigma_ns = (double)now->sigma_ns;
	combined->maxerror_ns = (double)now->maxerror_ns;
}

static void describe(struct source *const *sources, const struct combined *combined, int64_t at_ns,
		     struct discipline_result *result)
{
	struct source_status status;

	source_get_status(sources[result->selection.selected], at_ns, &status);
	result->stratum = status.last.stratum < 15 ? status.last.stratum + 1 : 16;
	result->refid = status.last.refid;
	result->root_delay_ns = (int64_t)combined->root_delay_ns;
	result->root_dispersion_ns = (int64_t)ceil(combined->root_dispersion_ns +
						   SIGMAS * combined->estimate.sigma_ns);
	result->leap = (uint8_t)combined->leap;
}

/*
 * Turn the rate of the correction. The difference from the learned rate adds to the growth of the
 * bound.
 */
static void turn_line(struct chime_line *line, int64_t at_ns, int64_t rate_q32)
{
	int64_t turned_q32;

	chime_line_move(line, at_ns);
	turned_q32 = chime_abs_sat(chime_sub_sat(rate_q32, line->rate_q32));
	line->rate_q32 = rate_q32;
	line->maxerror_rate_q32 = chime_add_sat(line->maxerror_rate_q32, turned_q32);
	line->beyond_maxerror_rate_q32 = chime_add_sat(line->beyond_maxerror_rate_q32, turned_q32);
}

/*
 * fallbackdrift: no source has answered for long, and the clock goes on at the mean rate of as much
 * time before. Not with a host, whose rate has rules of its own. true: such a rate is in force.
 */
static bool fall_back(struct discipline *discipline, const struct timescale_now *now,
		      struct discipline_result *result)
{
	const struct discipline_options *options = &discipline->options;
	double rate;
	int power;

	if (!options->fallback_most || now->has_host || !discipline->has_line)
		return false;
	power = fallback_drift_get(&discipline->drift, options->fallback_least,
				   options->fallback_most, now->reference_ns, &rate);
	if (power <= discipline->fallback)
		return discipline->fallback > 0;
	discipline->fallback = power;
	turn_line(&discipline->line, now->reference_ns, llrint(rate * Q32));
	result->correction = discipline->line;
	result->step_ns = chime_sub_sat(chime_line_eval(&discipline->line, now->reference_ns),
					now->realtime_ns);
	result->changed = true;
	return true;
}

static void no_selection(struct discipline *discipline, struct discipline_result *result)
{
	discipline->host_wrong = 0;
	result->stratum = 16;
	result->selection.selected = -1;
}

static void get_pace(struct source *const *sources, const struct selection *selection,
		     int64_t at_ns, struct pace *pace)
{
	struct source_status status;
	size_t i;

	*pace = (struct pace){ .interval_s = INFINITY, .age_ns = INFINITY };
	for (i = 0; i < selection->count; i++) {
		source_get_status(sources[selection->index[i]], at_ns, &status);
		pace->interval_s = fmin(pace->interval_s, ldexp(1, status.poll));
		pace->age_ns = fmin(pace->age_ns,
				    fmax((double)chime_sub_sat(at_ns, status.last.at_ns), 0));
	}
	pace->refclock = source_get_options(sources[selection->selected])->kind == SOURCE_REFCLOCK;
}

static void note_drift(struct discipline *discipline)
{
	discipline->fallback = 0;
	if (discipline->options.fallback_most)
		fallback_drift_note(&discipline->drift, discipline->line.origin_ns,
				    discipline->line.offset_ns);
}

int discipline_update(struct discipline *discipline, struct source *const *sources, size_t count,
		      const struct timescale_now *now, struct discipline_result *result)
{
	const struct selection_terms terms = {
		.previous = discipline->selected,
		.minsources = discipline->options.minsources,
	};
	int64_t at_ns = now->reference_ns;
	struct combined combined;
	struct pace pace;
	bool known = false, fresh = false, fallen, misled, counts;
	int error;

	memset(result, 0, sizeof(*result));
	notice_reference(discipline, now);
	source_select(sources, count, at_ns, &terms, &result->selection);
	discipline->selected = result->selection.selected;
	if (result->selection.selected >= 0) {
		misled = distrust_wrong(discipline, sources, count, &result->selection) ||
			 learned_from_unwanted(discipline, sources, count, &result->selection);
		fresh = feed(discipline, sources, &result->selection, at_ns);
		if (misled || is_misled(discipline, &result->selection, at_ns))
			start_anew(discipline, sources, &result->selection, now);
		learn_span(discipline, now, at_ns);
		get_pace(sources, &result->selection, at_ns, &pace);
		known = combine(discipline, &result->selection, at_ns, &pace, &combined);
	}
	fallen = !fresh && fall_back(discipline, now, result);
	if (!known || combined.maxerror_ns > (double)discipline->options.maxdistance_ns) {
		no_selection(discipline, result);
		return 0;
	}
	if (!fresh || combined.estimate.suspect)
		keep_bound(&combined, now);
	keep_what_is_confirmed(discipline, now, &combined);
	combined.maxerror_growth = fmax(combined.maxerror_growth,
					odd_rate(&discipline->settled, &combined.estimate, fresh));
	foresee(discipline, sources, count, &combined);
	survey(sources, &result->selection, at_ns, &combined);
	combined.leap = count_leaps(sources, count, at_ns);
	remember_rate(discipline, combined.estimate.rate, combined.estimate.rate_sigma);
	if (fallen || (!fresh && is_beyond_reach(discipline, &combined.estimate))) {
		describe(sources, &combined, at_ns, result);
		result->synchronised = true;
		discipline->has_correction = true;
		return 0;
	}
	counts = count_update(discipline, sources, &result->selection) && fresh;
	error = judge(discipline, &combined, now, counts, result);
	describe(sources, &combined, at_ns, result);
	if (result->step == DISCIPLINE_REFUSED)
		return error;
	make_line(discipline, &combined, &result->correction);
	discipline->line = result->correction;
	discipline->has_line = true;
	if (fresh)
		note_drift(discipline);
	result->changed = true;
	result->measured = fresh;
	result->jump = may_jump(discipline, &combined, now);
	result->synchronised = true;
	if (counts)
		vote_on_host(discipline, &combined, now, result);
	discipline->has_correction = true;
	discipline->updates += counts;
	return 0;
}
