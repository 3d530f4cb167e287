// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reading of a reference clock: where it lies on the reference's time, and, if it has no date or
 * counts TAI, which UTC it shows.
 */
#include "sources/refclock.h"

#include <errno.h>
#include <math.h>

#include "clocks/clock_span.h"
#include "core/line.h"
#include "lib/time_units.h"
#include "sources/refclock_pulse.h"
#include "sources/target.h"
#include "steering/leap_list.h"

/* One standard error of an exact timestamp: it is given in ns. */
#define READING_NOISE_NS	1.0

/* Another refclock of the list, by its reference id. */
static const struct target *find_locked(const struct target *target)
{
	const struct associations *list = target->list;

	for (size_t i = 0; i < list->target_count; i++) {
		const struct target *other = list->targets[i];

		if (other != target && other->refclock &&
		    other->config.refid == target->config.lock)
			return other;
	}

	return NULL;
}

static int64_t offset_of(const struct target *target)
{
	return llrint(target->associations[0]->options.offset_s * NS_PER_S);
}

int64_t target_refclock_date_ns(const struct target *target, const struct refclock_point *point)
{
	return chime_add_sat(chime_add_sat(point->at_ns, point->offset_ns), offset_of(target));
}

/* The refclock that the pulses are locked to, as of its latest reading. 0, -EDOM. */
static int ask_locked(const struct target *target, int64_t at_ns,
		      struct refclock_pulse_clock *clock, const char **why)
{
	const struct config_source *config = &target->config;
	const struct target *other = find_locked(target);
	int64_t limit_ns = config->maxlockage * NS_PER_S / config->rate;

	if (!other || !other->refclock->filter.has_last)
		return refclock_fail(why, -EDOM, "the refclock that it is locked to gives no time");
	if (chime_abs_sat(chime_sub_sat(at_ns, other->refclock->filter.last.at_ns)) > limit_ns)
		return refclock_fail(why, -EDOM,
				     "the latest reading of the refclock that it is locked to is too old");
	/* Offsets that are configured are added to either later. */
	*clock = (struct refclock_pulse_clock) {
		.offset_ns = chime_add_sat(other->refclock->filter.last.offset_ns,
					   offset_of(other) - offset_of(target)),
		.error_ns = llrint(fmin(other->refclock->filter.noise_ns, 1e18)),
		.locked = true,
	};
	target->refclock->leap = other->refclock->leap;

	return 0;
}

/*
 * Most other sources say that the timescale is in another second. Without this, one server beside
 * pulses that agree with any second would never be able to correct it. One that was refuted has no
 * vote here either.
 */
static bool is_disputed(const struct target *target, const struct refclock_pulse_clock *clock,
			int64_t at_ns)
{
	const struct associations *list = target->list;
	double interval_ns = (double)NS_PER_S / target->config.rate;
	size_t voters = 0, against = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct source_status status;
		double off_ns;

		source_get_status(list->sources[i], at_ns, &status);
		if (list->list[i]->target == target || !status.has_estimate || !status.reach ||
		    status.options->noselect || status.options->numbered ||
		    status.last.numbered || status.refuted)
			continue;
		off_ns = fabs((double)chime_sub_sat(status.estimate.offset_ns, clock->offset_ns));
		voters++;
		against += off_ns > 0.5 * interval_ns + status.root_distance_ns;
	}

	return 2 * against > voters;
}

/* The timescale, if anybody vouches for it. 0, -EDOM. */
static int ask_timescale(const struct target *target, const struct timescale_now *now,
			 int64_t at_ns, struct refclock_pulse_clock *clock, const char **why)
{
	int64_t ago_ns = chime_sub_sat(now->reference_ns, at_ns);
	double ran_ns = now->has_host ? 0.0 : (double)ago_ns * now->rate;
	int64_t error_ns = chime_add_sat(now->maxerror_ns, now->host_maxerror_ns);

	*why = "its seconds cannot be numbered: no other source has shown the time";
	if (now->external || now->maxerror_ns == CHIME_LINE_UNBOUNDED_NS ||
	    now->host_maxerror_ns == CHIME_LINE_UNBOUNDED_NS)
		return -EDOM;
	*clock = (struct refclock_pulse_clock) {
		.offset_ns = chime_sub_sat(chime_sub_sat(now->time_ns, now->reference_ns),
					   llrint(ran_ns)),
		.error_ns = chime_add_sat(error_ns, chime_abs_sat(now->slew_ns)),
	};
	if (is_disputed(target, clock, at_ns))
		return refclock_fail(why, -EDOM,
				     "its seconds cannot be numbered: other sources dispute the time");

	return 0;
}

static int number(struct target *target, const struct timescale_now *now,
		  struct refclock_point *point, const char **why)
{
	const struct config_source *config = &target->config;
	const struct refclock_pulse_terms terms = {
		.rate = config->rate,
		.width_ns = config->width_ns,
	};
	struct refclock_pulse_clock clock;
	int err;

	target->refclock->leap = 0;
	target->refclock->numbered = !config->lock;
	if (config->lock)
		err = ask_locked(target, point->at_ns, &clock, why);
	else
		err = ask_timescale(target, now, point->at_ns, &clock, why);
	if (err < 0)
		return err;
	*why = "the clock that numbers its seconds is too far off, or not well enough known";
	return refclock_pulse_number(&terms, &clock, &point->offset_ns);
}

/* TAI - UTC is looked up by UTC, which it leads to: twice is enough. */
static int convert_tai(const struct target *target, struct refclock_point *point, const char **why)
{
	const struct leap_list *leaps = target->list->leaps;
	int64_t tai_ns = target_refclock_date_ns(target, point);
	int tai_s;

	*why = "what TAI - UTC is could not be read, see 'leapsectz' and 'leapseclist'";
	if (!leaps || !leaps->count)
		return -EDOM;
	tai_s = leap_list_tai(leaps, tai_ns);
	tai_s = leap_list_tai(leaps, chime_sub_sat(tai_ns, tai_s * NS_PER_S));
	if (!tai_s)
		return -EDOM;
	point->offset_ns = chime_sub_sat(point->offset_ns, tai_s * NS_PER_S);

	return 0;
}

static int add_date(struct target *target, bool pulse, const struct timescale_now *now,
		    struct refclock_point *point, const char **why)
{
	int err = 0;

	target->refclock->numbered = false;
	if (pulse)
		err = number(target, now, point, why);
	else if (target->config.tai)
		err = convert_tai(target, point, why);
	/*
	 * Earlier ones were numbered by what is not known any more. But each of those that are
	 * locked had a reading of its own, and one that was late says nothing of the others.
	 */
	if (err < 0 && !(pulse && target->config.lock))
		refclock_filter_drop(&target->refclock->filter);
	if (err < 0)
		return err;
	*why = "";

	return 0;
}

int target_refclock_date(struct target *target, bool pulse, struct refclock_point *point,
			 const char **why)
{
	struct timescale_now now;
	int err = timescale_now(target->list->timescale, &now);

	return err < 0 ? err : add_date(target, pulse, &now, point, why);
}

/* Longer ago than two polls nobody measures. */
static bool is_too_old(const struct target *target, const struct refclock_reading *reading,
		       const struct timescale_now *now)
{
	double age_ns = (double)chime_sub_sat(now->realtime_ns, reading->realtime_ns);

	return age_ns > ldexp((double)NS_PER_S, target->config.options.maxpoll + 1);
}

double target_refclock_reading_noise_ns(const struct target *target)
{
	return READING_NOISE_NS + (double)target->refclock->reading_ns +
	       (double)target->config.precision_ns;
}

void target_refclock_note(struct target *target, const struct source_sample *sample, bool pulse,
			  int64_t ahead_ns)
{
	struct refclock *refclock = target->refclock;
	struct refclock_record *record = &refclock->record;
	struct refclock_taken *taken = &record->latest[record->count++ % REFCLOCK_TAKEN_MAX];

	*taken = (struct refclock_taken) {
		.sample = *sample,
		.ahead_ns = ahead_ns,
		.number = refclock->number,
		.pulse = pulse,
	};
	/* As the source adds it to what it is given. */
	taken->sample.offset_ns = chime_add_sat(sample->offset_ns, offset_of(target));
	if (refclock->driver->fd)
		refclock->number++;
}

static void note_reading(struct target *target, const struct refclock_reading *reading,
			 const struct refclock_point *point)
{
	const struct refclock *refclock = target->refclock;
	bool pulse = reading->pulse || target->config.pps;
	const struct source_sample sample = {
		.at_ns = point->at_ns,
		.offset_ns = point->offset_ns,
		.noise_ns = llrint(fmin(target_refclock_reading_noise_ns(target), 1e18)),
		.epoch = refclock->epoch,
		.leap = refclock->leap,
		.numbered = refclock->numbered,
	};
	int64_t ahead_ns = reading->offset_ns;

	if (pulse)
		ahead_ns = chime_sub_sat(chime_add_sat(point->at_ns, point->offset_ns),
					 reading->realtime_ns);
	target_refclock_note(target, &sample, pulse, ahead_ns);
}

int target_refclock_place(struct target *target, const struct refclock_reading *reading,
			  const struct timescale_now *now, const char **why)
{
	struct refclock *refclock = target->refclock;
	struct refclock_point point;
	struct clock_span span;
	int err;

	err = clock_history_find(&target->list->timescale->history, reading->realtime_ns, &span);
	if (err == -EAGAIN)
		return refclock_refuse(why, "its timestamp is in the future");
	if (err < 0 || is_too_old(target, reading, now))
		return refclock_fail(why, -ESTALE,
				     "its timestamp is too old, or from before the clock was set");
	point.at_ns = clock_span_from_realtime(&span, reading->realtime_ns);
	point.offset_ns = chime_sub_sat(chime_add_sat(reading->realtime_ns, reading->offset_ns),
					point.at_ns);
	if (refclock->epoch != span.after.epoch)
		refclock_filter_drop(&refclock->filter);
	refclock->epoch = span.after.epoch;
	refclock->leap = reading->leap;
	refclock->reading_ns = span.after.reading_ns;
	err = add_date(target, reading->pulse || target->config.pps, now, &point, why);
	if (err < 0)
		return err;
	if (!refclock_time_is_sane(target_refclock_date_ns(target, &point)))
		return refclock_refuse(why, REFCLOCK_TIME_INSANE);
	if (!(reading->pulse || target->config.pps) &&
	    refclock_filter_is_still(&refclock->filter, &point))
		return refclock_refuse(why, REFCLOCK_STANDS_STILL);
	if (!refclock->filter.count)
		refclock->followed_ns = span.before.followed_ns;
	if (refclock_filter_add(&refclock->filter, &point) < 0)
		*why = "its timestamp is not later than the one before";
	else
		note_reading(target, reading, &point);

	return 0;
}
