// SPDX-License-Identifier: GPL-2.0-only
/*
 * When one source is asked next, and whether it is reached: its interval, bursts, failures, and
 * what its KISS packets ask for.
 */
#include "discipline/source.h"

#include <errno.h>
#include <math.h>

#include "core/line.h"
#include "discipline/source_parts.h"
#include "lib/time_units.h"

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
 * Requests in quick succession after a sample that contradicts the estimate; a few times at once,
 * and once in the time of minpoll: behind one address there may be two servers that answer in turn
 * and contradict each other for ever.
 */
#define SUSPECT_COUNT	2
#define SUSPECT_AT_ONCE	3

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

/* A source is lost after so many failures in a row (the reach register is empty). */
#define FAILURES_GONE	8

/*
 * A source whose reach register is empty is silent. But if nobody answers it is the network that is
 * away, and who is silent first, or last, says nothing about who is right: a source is lost when it
 * has missed so many requests while others answered.
 */
#define MISSED_LOST	4

/*
 * The next request is due when a sample would take so much off the expected error: an earlier one
 * would add little. Without an asymmetry that is when the standard error has grown to 0.61 of a
 * sample's.
 */
#define POLL_GAIN	0.145

/*
 * A part of the expected error no sample takes off: an asymmetry of the path, a tenth of half the
 * round trip. The selection counts it likewise.
 */
#define POLL_ASYMMETRY	0.1

/*
 * But an asymmetry stays what it is, and what the oscillator makes of the clock does not: it counts
 * for no more than so many of a sample's errors. What a path hides for good is no reason to let the
 * clock wander by a share of that.
 */
#define POLL_HIDDEN	2

/*
 * The error of a rate depends on the time over which it was learned, and a young estimate does not
 * know its own: the interval is at most this share of that time.
 */
#define POLL_SPAN_SHARE	0.05

/* From one request to the next the interval grows at most by this factor. */
#define POLL_GROWTH	2.0

double source_learned_s(const struct source *source)
{
	return (double)(source->last_poll_ns - source->first_poll_ns) / NS_PER_S;
}

static double least_interval(const struct source *source)
{
	double least_s = ldexp(1, source->options.minpoll);

	if (!source->starting)
		return least_s;
	return fmin(least_s, fmax((double)BURST_INTERVAL_NS / NS_PER_S,
				  IBURST_SHARE * source_learned_s(source)));
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

void source_start_polling(struct source *source, int64_t now_raw_ns)
{
	source->starting = source->options.iburst ? IBURST_COUNT : 0;
	source->interval_s = clamp_interval(source, 0);
	source->next_poll_ns = now_raw_ns;
	source->not_before_ns = INT64_MIN;
}

void source_set_polls(struct source *source, int minpoll, int maxpoll)
{
	int64_t most_ns = seconds_to_ns(permitted_interval(source, ldexp(1, maxpoll)));

	source->options.minpoll = minpoll;
	source->options.maxpoll = maxpoll;
	source->interval_s = clamp_interval(source, source->interval_s);
	if (source->sent)
		source->next_poll_ns = chime_min(source->next_poll_ns,
						 source->last_poll_ns + most_ns);
}

static bool is_limited(const struct source *source)
{
	return source->kiss == SOURCE_KISS_RATE;
}

/* Each "RATE" has raised minpoll. */
static int64_t least_rest_ns(const struct source *source)
{
	return source->last_poll_ns + seconds_to_ns(ldexp(1, source->options.minpoll));
}

/* A server that sent "RATE" counts all packets, so bursts, retries and reloads wait as well. */
int64_t source_earliest_poll(const struct source *source)
{
	if (is_limited(source) && source->sent)
		return chime_max(source->not_before_ns, least_rest_ns(source));
	return source->not_before_ns;
}

void source_cut_rest(struct source *source)
{
	if (is_limited(source) && source->sent)
		source->not_before_ns = chime_min(source->not_before_ns, least_rest_ns(source));
}

int64_t source_next_poll(const struct source *source)
{
	return chime_max(source->next_poll_ns, source_earliest_poll(source));
}

double source_interval_in_force_s(const struct source *source)
{
	int64_t wait_ns = source_next_poll(source) - source->last_poll_ns;

	if (!source->sent)
		return source->interval_s;
	return fmax(source->interval_s, (double)wait_ns / NS_PER_S);
}

bool source_is_refused(const struct source *source)
{
	return source->kiss == SOURCE_KISS_DENY || source->kiss == SOURCE_KISS_RSTR;
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

/* The server has answered the latest request, whether or not that was of use. */
static void note_reached(struct source *source)
{
	source->reach |= 1;
	source->unreached = 0;
	source->unanswered = false;
	source->missed = 0;
	source->missed_alone = 0;
	source->cut_off = false;
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
	/* Our clock was set meanwhile. Who answers must not lose its vote for that. */
	if (error == -ESTALE && source->options.kind == SOURCE_SERVER)
		note_reached(source);
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

/*
 * Who answers "RATE" is not silent: anybody who asks a server in our name has it limit us, and
 * would so take its vote. But one that says nothing else again and again is of no use.
 */
static void note_limit(struct source *source)
{
	if (source->kisses < MISSED_LOST)
		note_reached(source);
}

void source_kissed(struct source *source, int64_t now_raw_ns, uint32_t code)
{
	struct source_options *options = &source->options;

	source->kiss = code;
	source->burst = 0;
	source->starting = 0;
	if (source_is_refused(source)) {
		hold_back(source, now_raw_ns, KISS_WAIT_NS);
	} else if (is_limited(source)) {
		note_limit(source);
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

/* If the rate goes on to jump as it has done, which the filters take for a wander that is over. */
static double sigma_after(const struct source *source, double elapsed_s)
{
	double wander = rate_jumps_wander(&source->jumps, source->last_raw_ns,
					  source_learned_s(source));
	struct estimate estimate;

	estimator_get(source->estimator, source->last.at_ns + seconds_to_ns(elapsed_s), &estimate);
	return hypot(estimate.sigma_ns, wander * elapsed_s * sqrt(elapsed_s / 3) * NS_PER_S);
}

/* How much longer the interval is to be than by itself. */
static double stretch_of(const struct source *source)
{
	int target = source->options.polltarget;

	return target > 0 ? (double)SOURCE_POLLTARGET / target : 1;
}

/* What the path's samples are worth. */
struct worth {
	double sample_ns;	/* the error of one */
	double asymmetry_ns;	/* of the path, as expected */
	double stretch;		/* see stretch_of() */
};

/*
 * Is a sample worth a packet @elapsed_s after the latest one? Where an oscillator wanders the
 * standard error grows as the time to the power of 1.5: polltarget stretches the interval if it
 * stretches the error by as much.
 */
static bool is_worth_asking(const struct source *source, const struct worth *worth,
			    double elapsed_s)
{
	double sigma_ns = sigma_after(source, elapsed_s) / pow(worth->stretch, 1.5);
	double then_ns = sigma_ns * worth->sample_ns / hypot(sigma_ns, worth->sample_ns);

	return then_ns + worth->asymmetry_ns < (1 - POLL_GAIN) * (sigma_ns + worth->asymmetry_ns);
}

/* From @low_s to @high_s, how long it is until a sample is worth a packet: to 2 %. */
static double time_until_worth_s(const struct source *source, const struct worth *worth,
				 double low_s, double high_s)
{
	if (!is_worth_asking(source, worth, high_s))
		return high_s;
	while (high_s > low_s * 1.02) {
		double middle_s = sqrt(low_s * high_s);

		if (is_worth_asking(source, worth, middle_s))
			high_s = middle_s;
		else
			low_s = middle_s;
	}
	return low_s;
}

/* May what contradicts be asked for at once? That is noted. */
static bool may_suspect(struct source *source)
{
	int64_t each_ns = seconds_to_ns(ldexp(1, source->options.minpoll));
	int64_t now_ns = source->last_poll_ns;

	if (chime_sub_sat(source->suspected_ns, now_ns) > (SUSPECT_AT_ONCE - 1) * each_ns)
		return false;
	source->suspected_ns = chime_add_sat(chime_max(source->suspected_ns, now_ns), each_ns);
	return true;
}

/* The time until another sample is worth a packet, within minpoll and maxpoll. */
static void control_poll(struct source *source)
{
	double stretch = stretch_of(source);
	double most_s = clamp_interval(source, fmin(POLL_GROWTH * source->interval_s,
						    POLL_SPAN_SHARE * stretch *
						    source_learned_s(source)));
	struct worth worth = { .stretch = stretch };
	struct estimate estimate;
	double interval_s;

	estimator_get(source->estimator, source->last.at_ns, &estimate);
	worth.sample_ns = estimate.sample_ns + (double)source->last.noise_ns;
	worth.asymmetry_ns = fmin(POLL_ASYMMETRY * 0.5 * estimator_floor(source->estimator),
				  POLL_HIDDEN * worth.sample_ns);
	interval_s = time_until_worth_s(source, &worth, least_interval(source), most_s);
	if (interval_s > ldexp(1, source->options.minpoll))
		source->starting = 0;
	source->interval_s = clamp_interval(source, interval_s);
	/* Is the clock, the server or the path wrong? The next two samples show it. */
	if (estimate.suspect && !source->burst && may_suspect(source))
		source->burst = SUSPECT_COUNT;
	if (source->burst)
		source->next_poll_ns = burst_due_ns(source);
	else
		source->next_poll_ns = source->last_poll_ns +
				       seconds_to_ns(source->interval_s);
}

/* The server serves us. */
static void note_answer(struct source *source)
{
	source->last_error = 0;
	source->refusals = 0;
	source->kisses = 0;
	if (source_is_refused(source))
		source->kiss = 0;
	note_reached(source);
}

void source_answered(struct source *source)
{
	note_answer(source);
	source->failures = 0;
}

void source_sampled(struct source *source, int64_t now_raw_ns, bool good, unsigned int late)
{
	note_answer(source);
	/* Of a server that answers, requests that it did not get say nothing. */
	source->failures = late;
	if (good && source->burst_good && !--source->burst_good)
		source->burst = 0;
	if (source->starting > 0)
		source->starting--;
	control_poll(source);
	/* A late sample has a large error, and the next one may be better. */
	if (late && !source->burst)
		source->next_poll_ns = chime_min(source->next_poll_ns,
						 now_raw_ns + retry_wait_ns(source));
}

/* Count a request as missed, if there is one that was not answered in time. */
static void count_missed(struct source *source, int64_t now_raw_ns, unsigned int *missed)
{
	if (!source->unanswered ||
	    chime_sub_sat(now_raw_ns, source->unanswered_ns) < SOURCE_ANSWER_NS)
		return;
	if (*missed < MISSED_LOST)
		(*missed)++;
	/* The latest one may be answered yet. */
	source->unanswered =
		chime_sub_sat(now_raw_ns, source->last_poll_ns) < SOURCE_ANSWER_NS;
	source->unanswered_ns = source->last_poll_ns;
}

void source_others_answered(struct source *source, int64_t now_raw_ns)
{
	/* The network is there again. */
	if (source->cut_off)
		source->missed = 0;
	source->cut_off = false;
	source->missed_alone = 0;
	count_missed(source, now_raw_ns, &source->missed);
}

void source_clock_answered(struct source *source, int64_t now_raw_ns)
{
	count_missed(source, now_raw_ns, &source->missed_alone);
}

bool source_is_silent(const struct source *source)
{
	return !source->received || source->withdrawn ||
	       (!source->reach && (source->missed >= MISSED_LOST ||
				   source->missed_alone >= MISSED_LOST));
}

void source_cut_off(struct source *source)
{
	source->cut_off = source->cut_off || source->missed < MISSED_LOST;
	source->missed = MISSED_LOST;
}

void source_excuse_silence(struct source *source)
{
	if (source->received)
		return;
	source->in_vain = source->sent;
	source->excused = true;
}

/* Nothing is between this machine and a clock in it. */
bool source_is_lost(const struct source *source)
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

bool source_is_started(const struct source *source)
{
	return source->received && !source->starting;
}
