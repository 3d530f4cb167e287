// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the discipline's verdict to the system clock.
 */
#include "steering/steering_private.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/names.h"
#include "lib/plural.h"
#include "lib/time_units.h"

/* Checks of the clocks, see follower.h. */
#define CHECK_MIN_NS	NS_PER_S
#define CHECK_MAX_NS	(64 * NS_PER_S)

/*
 * A disruption is repaired when answers confirm the clock to this: a smaller error is slewed away
 * within a second, at the rates that maxslewrate allows by default. Answers that were under way
 * while the network stood still have a greater error; then better ones may step for so long.
 */
#define REPAIRED_NS	100000000LL
#define REPAIR_NS	(64 * NS_PER_S)

/* If a command that took effect late moved the clock by more than this, check again at once. */
#define UNSEEN_NS		10000LL

/*
 * The check so long after a leap second finds it, or that the kernel has missed it; the watch for a
 * clock that is set wakes us sooner.
 */
#define LEAP_CHECK_NS	1000000LL

/* The least interval between two equal warnings. */
#define COMPLAINT_NS	(3600 * NS_PER_S)

static void steering_limits(struct steering *steering)
{
	steering->follower.options = (struct follower_options){
		.max_rate = fmin(steering->options.max_rate, SYSTEM_CLOCK_RATE_MAX),
		.max_slew = steering->options.max_slew,
		.min_interval_ns = CHECK_MIN_NS,
		.max_interval_ns = CHECK_MAX_NS,
	};
}

struct steering *steering_new(const struct steering_options *options, struct system_clock *clock,
			      struct timescale *timescale)
{
	struct steering *steering = calloc(1, sizeof(*steering));

	if (!steering)
		return NULL;
	steering->options = *options;
	steering->clock = clock;
	steering->timescale = timescale;
	steering->status.trust = TRUST_FOLLOWING;
	steering_limits(steering);
	return steering;
}

void steering_free(struct steering *steering)
{
	free(steering);
}

void steering_set_options(struct steering *steering, const struct steering_options *options)
{
	steering->options = *options;
	steering_limits(steering);
}

void steering_count_steps_anew(struct steering *steering)
{
	steering->host_checks = 0;
}

void steering_set_timescale(struct steering *steering, struct timescale *timescale)
{
	struct timescale_now now;

	steering->timescale = timescale;
	/* Each counts for itself. */
	if (!timescale_now(timescale, &now))
		steering->leap_disruptions = now.disruptions;
	steering->settled = false;
	steering->status.has_correction = false;
	steering->widened_ns = 0;
	steering_recheck(steering);
}

int64_t steering_next_ns(const struct steering *steering)
{
	const struct steering_status *status = &steering->status;
	int64_t next_ns = steering->next_check_ns, leap_ns;

	if (steering->next_publish_ns < next_ns)
		next_ns = steering->next_publish_ns;
	leap_ns = chime_add_sat(status->leap_raw_ns, LEAP_CHECK_NS);
	if (leap_ns <= status->now.raw_ns)
		leap_ns = chime_add_sat(leap_ns, STEERING_LEAP_MISSED_NS);
	if (status->leap && leap_ns > status->now.raw_ns && leap_ns < next_ns)
		next_ns = leap_ns;
	if (steering->set.state == SET_TO_UNDO && !steering->set.contradicted)
		next_ns = chime_min(next_ns, steering->set.back_ns);
	return chime_max(next_ns, steering->retry_ns);
}

void steering_follow_later(struct steering *steering, int64_t next_ns)
{
	steering->next_check_ns = next_ns;
	steering->next_publish_ns = next_ns;
	steering->retry_ns = next_ns;
}

void steering_follow_now(struct steering *steering)
{
	steering_follow_later(steering, 0);
}

void steering_get_status(const struct steering *steering, struct steering_status *status)
{
	*status = steering->status;
	if (status->trust == TRUST_FOLLOWING && !steering_is_known(&status->now))
		status->trust = TRUST_UNKNOWN;
	status->rate = system_clock_rate(steering->clock);
	/* Where nothing is followed, as with -x, there is no reason to look more often. */
	status->interval_ns = steering->follower.started ? steering->follower.interval_ns :
							   CHECK_MAX_NS;
}

static void steering_trust(struct steering *steering, enum trust_event event)
{
	enum trust before = steering->status.trust;

	steering->status.trust = trust_after(before, event);
	if (steering->status.trust != before)
		log_debug("The clock is %s, and was %s", trust_name(steering->status.trust),
			  trust_name(before));
}

bool steering_may_complain(struct steering *steering, enum steering_complaint complaint,
			   int64_t now_ns)
{
	return log_limit_pass(&steering->complaints[complaint], now_ns, COMPLAINT_NS);
}

/* Log a failure that goes on once an hour. */
static void steering_complain(struct steering *steering, int64_t now_ns,
			      enum steering_complaint complaint, int err)
{
	const char *what = complaint == STEERING_NO_RATE ? "The clock's rate" : "The correction";

	if (steering_may_complain(steering, complaint, now_ns))
		log_err("%s could not be set: %s; the clock is not steered%s", what, strerror(-err),
			err == -EPERM ? ". It takes CAP_SYS_TIME" : "");
}

/* chronyd's tracking shows the latest offset and an average over some ten updates. */
static void steering_remember_offset(struct steering *steering, int64_t offset_ns)
{
	struct steering_status *status = &steering->status;
	double square = (double)offset_ns * (double)offset_ns;

	status->last_offset_ns = offset_ns;
	if (status->rms_offset_ns > 0.0)
		status->rms_offset_ns = sqrt(0.9 * status->rms_offset_ns * status->rms_offset_ns +
					     0.1 * square);
	else
		status->rms_offset_ns = fabs((double)offset_ns);
}

/* It is in force, or would be if no other program steered the clock. */
static void steering_note_correction(struct steering *steering,
				     const struct discipline_result *result)
{
	if (result->measured)
		steering_remember_offset(steering, result->step_ns);
	steering->status.correction = result->correction;
	steering->status.has_correction = true;
}

/* An error that was found before, and is being slewed, is no change: each answer finds it again. */
static void steering_log_change(struct steering *steering, const struct discipline_result *result,
				const struct timescale_now *now)
{
	int64_t known_ns = 0;

	if (steering_is_known(now))
		known_ns = chime_sub_sat(now->time_ns, now->realtime_ns);
	if (!result->measured ||
	    chime_abs_sat(result->step_ns) <= steering->options.logchange_ns ||
	    chime_abs_sat(chime_sub_sat(result->step_ns, known_ns)) <=
	    steering->options.logchange_ns)
		return;
	log_notice("The system clock is off by %s, found from %zu of %zu source%s",
		   duration_text(result->step_ns).text, result->selection.count,
		   result->selection.candidates, plural(result->selection.candidates));
}

/*
 * The first answers after a disruption find the clock wrong, whatever was known before. An answer
 * that was under way for seconds does not even show the sign of the error: such an error is slewed,
 * and the next answers decide.
 */
static bool steering_finds_wrong(const struct steering *steering,
				 const struct discipline_result *result, int64_t raw_ns)
{
	return (trust_is_unconfirmed(steering->status.trust) ||
		raw_ns < steering->repair_until_ns) &&
	       result->synchronised && result->measured &&
	       chime_abs_sat(result->step_ns) > result->correction.maxerror_ns;
}

/* The sources confirm the clock. Is its error small enough, or may better answers step it? */
static void steering_note_confirmation(struct steering *steering,
				       const struct discipline_result *result, int64_t raw_ns)
{
	if (result->correction.maxerror_ns <= REPAIRED_NS)
		steering->repair_until_ns = 0;
	else if (trust_is_unconfirmed(steering->status.trust))
		steering->repair_until_ns = chime_add_sat(raw_ns, REPAIR_NS);
	if (steering->set.state == SET_TO_ASK && result->agreed_raw_ns > steering->set.raw_ns)
		steering->set.state = SET_TO_UNDO;
	steering_trust(steering, TRUST_SOURCES_MEASURED);
}

/*
 * After a correction was set: step as makestep allows, or as a disruption requires. The policy
 * decides how large an error has to be.
 */
static int steering_judge(struct steering *steering, const struct discipline_result *result,
			  bool wrong, const struct timescale_now *now)
{
	int err;

	if (result->synchronised && result->measured)
		steering_note_confirmation(steering, result, now->raw_ns);
	if (steering->options.observe)
		return 0;
	if (result->step == DISCIPLINE_STEP && !steering_is_asking(steering, result, now)) {
		err = steering_step_as_configured(steering);
		steering->withholds = err == -EAGAIN;
		return err;
	}
	steering->withholds = result->step == DISCIPLINE_STEP && !wrong;
	if (!wrong)
		return 0;
	err = steering_step_by(steering, TRUECHIME_OCCASION_DISRUPTION,
			       "time was disrupted, and the sources confirm it");
	/* It is to be stepped when this is tried again. */
	if (err == -EAGAIN)
		steering_trust(steering, TRUST_TIME_REPAIRED);
	return err;
}

/* The clock's error, as it is found now, and its bound are within what was published. */
static bool steering_was_true(const struct steering *steering,
			      const struct discipline_result *result)
{
	return chime_add_sat(chime_abs_sat(result->step_ns), result->correction.maxerror_ns) <=
	       steering_published_ns(&steering->status);
}

/* A host that the sources contradict is not what is left when they fall silent. */
static enum trust_event steering_event_of(const struct discipline_result *result,
					  const struct timescale_now *now)
{
	if (result->synchronised)
		return TRUST_SOURCES_AGREE;
	return now->has_host && result->step != DISCIPLINE_REFUSED ? TRUST_SOURCES_SILENT :
								     TRUST_SOURCES_LOST;
}

/* Each answer would be a line, for as long as that goes on. */
static void steering_report_refused(struct steering *steering, int64_t change_ns, int64_t raw_ns)
{
	if (!steering_may_complain(steering, STEERING_REFUSED, raw_ns))
		return;
	log_warning("A change of the system clock by %s was refused: maxchange forbids it. If the sources are right: truechime makestep",
		    duration_text(change_ns).text);
}

int steering_correct(struct steering *steering, const struct discipline_result *result,
		     const struct timescale_now *now)
{
	enum trust_event event = steering_event_of(result, now);
	bool first = now->has_host && !steering->status.has_correction;
	bool wrong;
	int err;

	steering->withholds = false;
	steering->disputed_ns = result->disputed_ns;
	/* What they agree on confirms the clock once it is set. */
	if (event != TRUST_SOURCES_AGREE || !result->changed)
		steering_trust(steering, event);
	if (result->step == DISCIPLINE_REFUSED) {
		steering_report_refused(steering, result->step_ns, now->raw_ns);
		steering_set_contradicted(steering, true);
		steering_widen(steering, result->reach_ns, now);
		/* That the clock is wrong is published at once. */
		steering->next_check_ns = 0;
		return 0;
	}
	if (!result->changed) {
		if (result->measured)
			steering_trust(steering, TRUST_SOURCES_MEASURED);
		return 0;
	}
	if (steering->status.trust == TRUST_EXTERNAL) {
		steering_note_correction(steering, result);
		return 0;
	}
	wrong = steering_finds_wrong(steering, result, now->raw_ns);
	err = timescale_correct(steering->timescale, &result->correction, now->epoch,
				result->jump || wrong);
	steering->withholds = result->step == DISCIPLINE_STEP && (err == -ESTALE || err == -EAGAIN);
	if (err == -ESTALE || err == -EAGAIN)
		return err;
	if (err) {
		steering_complain(steering, now->raw_ns, STEERING_NOT_CORRECTED, err);
		return err;
	}
	steering_trust(steering, event);
	steering_note_correction(steering, result);
	steering->widened_ns = 0;
	if (first || steering_was_true(steering, result))
		steering_note_found(steering, result->step_ns);
	if (result->measured)
		follower_expect_news(&steering->follower);
	else
		follower_expect_change(&steering->follower);
	if (result->anew)
		follower_expect_anew(&steering->follower);
	steering_log_change(steering, result, now);
	err = steering_judge(steering, result, wrong, now);
	steering->next_check_ns = 0;
	return err;
}

int64_t steering_known_ns(const struct steering *steering, const struct timescale_now *now)
{
	if (now->maxerror_ns == CHIME_LINE_UNBOUNDED_NS || steering->widened_epoch != now->epoch)
		return now->maxerror_ns;
	return chime_sub_sat(now->maxerror_ns, steering->widened_ns);
}

void steering_widen(struct steering *steering, int64_t reach_ns, const struct timescale_now *now)
{
	int64_t known_ns = steering_known_ns(steering, now);
	struct timescale_now after;
	int err;

	if (steering->status.trust == TRUST_EXTERNAL)
		return;
	if (known_ns == now->maxerror_ns &&
	    reach_ns <= chime_sub_sat(known_ns, chime_abs_sat(now->slew_ns)))
		return;
	err = timescale_dispute(steering->timescale, reach_ns, now->epoch);
	if (!err)
		err = timescale_now(steering->timescale, &after);
	/* The epoch has passed, or there is nothing but the host's time. */
	if (err == -ESTALE || err == -EAGAIN || err == -ENODATA)
		return;
	if (err) {
		steering_complain(steering, now->raw_ns, STEERING_NOT_CORRECTED, err);
		return;
	}
	steering->widened_ns = chime_max(chime_sub_sat(after.maxerror_ns, known_ns), 0);
	steering->widened_epoch = after.epoch;
	/* What is published is to be right at once. */
	steering->next_check_ns = 0;
}

void steering_narrow(struct steering *steering, const struct timescale_now *now)
{
	steering_widen(steering, 0, now);
}

bool steering_withholds_step(const struct steering *steering)
{
	return steering->withholds;
}

int steering_set_by_operator(struct steering *steering, const struct chime_line *line,
			     const struct timescale_now *now)
{
	int err;

	if (steering->options.observe || steering->status.trust == TRUST_EXTERNAL)
		return -EPERM;
	if (is_before_release(chime_line_eval(line, now->reference_ns)))
		return -ERANGE;
	err = timescale_correct(steering->timescale, line, now->epoch, true);
	if (err)
		return err;
	steering->status.correction = *line;
	steering->status.has_correction = true;
	steering->widened_ns = 0;
	steering->repair_until_ns = 0;
	steering->set.state = SET_BY_NOBODY;
	steering_trust(steering, TRUST_OPERATOR_SET);
	follower_expect_news(&steering->follower);
	steering_remember_offset(steering, chime_sub_sat(chime_line_eval(line, now->reference_ns),
							 now->realtime_ns));
	steering_follow_now(steering);
	return steering_step(steering, "the operator has set the time");
}

/*
 * From the reading until now the clock ran at @rate. On a machine that is short of processors it
 * may have stood still for seconds in between; then the reading is out of date.
 */
static void steering_note_late(struct steering *steering, const struct timescale_now *now,
			       double rate)
{
	struct steering_status *status = &steering->status;
	int64_t late_ns = chime_sub_sat(system_clock_raw_ns(), now->raw_ns);
	double turned = fabs(system_clock_rate(steering->clock) - rate);

	follower_note_late(&steering->follower, late_ns);
	steering->unseen_ns = (int64_t)(turned * (double)late_ns);
	status->maxerror_ns = chime_add_sat(status->maxerror_ns, steering->unseen_ns);
	status->reading_ns = chime_add_sat(status->reading_ns, steering->unseen_ns);
	status->esterror_ns = chime_add_sat(status->esterror_ns, steering->unseen_ns);
	if (steering->unseen_ns <= UNSEEN_NS)
		return;
	follower_check_again(&steering->follower);
	steering->next_check_ns = 0;
}

static int steering_set_rate(struct steering *steering, const struct timescale_now *now,
			     struct follower_command *command)
{
	double before = system_clock_rate(steering->clock);
	int err;

	follower_update(&steering->follower, now, command);
	steering->steered = true;
	steering->next_check_ns = command->next_ns;
	steering->status.base_rate = command->base_rate;
	err = system_clock_set_rate(steering->clock, command->rate);
	steering->status.rate_error = err;
	if (err)
		steering_complain(steering, now->raw_ns, STEERING_NO_RATE, err);
	else
		steering_note_late(steering, now, before);
	return err;
}

/* The right time is no longer known: end a slew towards it. */
static int steering_end_slew(struct steering *steering)
{
	if (!steering->steered)
		return 0;
	steering->steered = false;
	return system_clock_set_rate(steering->clock, steering->status.base_rate);
}

int steering_read(struct steering *steering)
{
	struct system_clock_change change;
	struct timescale_now now;
	int err;

	err = timescale_now(steering->timescale, &now);
	if (err)
		return err;
	/*
	 * Check for a leap after the reading, which then is all from before it or all from after
	 * it.
	 */
	system_clock_reread(steering->clock, &change);
	if (steering_has_leapt(steering, &now, change.leapt_ns))
		err = timescale_read(steering->timescale, &now);
	if (err)
		return err;
	steering->retry_ns = 0;
	steering_note_leap(steering, &now);
	if (steering_watch_rate(steering, &now, &change))
		steering->next_check_ns = 0;
	if (steering_watch(steering, &now))
		steering->next_check_ns = 0;
	steering->unseen_ns = 0;
	steering->status.now = now;
	steering->status.too_early = steering_is_known(&now) && is_before_release(now.time_ns);
	steering->status.valid = true;
	steering_judge_errors(steering, &now);
	return 0;
}

/* An impossible date is neither stepped nor slewed to. */
static void steering_check_date(struct steering *steering, const struct timescale_now *now)
{
	if (steering->status.too_early &&
	    steering_may_complain(steering, STEERING_BEFORE_RELEASE, now->raw_ns))
		log_warning("The system clock is not steered: the right time would be one before this program was released, so that something is wrong with the time sources or the host's clock");
}

int steering_follow(struct steering *steering)
{
	const struct timescale_now *now = &steering->status.now;
	struct follower_command command = { .settled = false };
	int err, publish_err;
	bool follow;

	err = steering_read(steering);
	if (!err && steering_step_to_host(steering, now))
		err = steering_read(steering);
	if (!err && steering_set_back(steering))
		err = steering_read(steering);
	if (err)
		return err;
	follow = now->raw_ns >= steering->next_check_ns;
	if (follow)
		steering->next_check_ns = chime_add_sat(now->raw_ns, CHECK_MAX_NS);
	steering->next_publish_ns = chime_add_sat(now->raw_ns, STEERING_PUBLISH_NS);
	if (steering->status.trust == TRUST_EXTERNAL)
		return 0;
	steering_check_date(steering, now);
	if (!steering->options.observe &&
	    (!steering_can_follow(now) || steering_leaves_clock(steering, now)))
		err = steering_end_slew(steering);
	else if (!steering->options.observe && follow)
		err = steering_set_rate(steering, now, &command);

	/* A clock that cannot be steered still has its error published. */
	steering_judge_settled(steering, now, command.settled);
	publish_err = steering_publish(steering, now);
	return err ? err : publish_err;
}

void steering_disrupted(struct steering *steering, bool keep)
{
	steering_begin_anew(steering);
	steering_trust(steering, keep ? TRUST_TIME_REPAIRED : TRUST_TIME_DISRUPTED);
	steering->repair_until_ns = 0;
	if (keep) {
		steering_undo_unseen(steering);
		return;
	}
	steering->settled = false;
	steering->status.has_correction = false;
}

void steering_end_correction(struct steering *steering)
{
	steering->status.has_correction = false;
	/* What the operator has set, or sources left, needs no confirmation any more. */
	steering_trust(steering, TRUST_SOURCES_SILENT);
}

void steering_follow_host(struct steering *steering)
{
	steering->status.has_correction = false;
	steering_trust(steering, TRUST_HOST_ALONE);
}

/* Withdraw a leap second from the kernel. The clocks need not have been read since a disruption. */
static void steering_disarm(struct steering *steering)
{
	const struct steering_status *status = &steering->status;
	bool synchronised = status->valid && status->synchronised;

	if (status->leap && steering->options.leap_mode == LEAP_SYSTEM)
		(void)system_clock_publish(steering->clock, synchronised,
					   steering_published_ns(status), status->esterror_ns, 0);
}

/* The clock is left to other programs, or taken back from the last of them. */
static void steering_leave_clock(struct steering *steering)
{
	bool before = steering->status.trust == TRUST_EXTERNAL;
	bool left = steering->external || steering->yielding;

	if (before == left)
		return;
	if (left) {
		steering_settle(steering);
		steering_disarm(steering);
	} else {
		(void)system_clock_take(steering->clock);
	}
	steering_trust(steering, left ? TRUST_OTHERS_STEER : TRUST_OTHERS_LEFT);
	steering->status.synchronised = false;
	steering->settled = false;
	steering_begin_anew(steering);
}

bool steering_set_external(struct steering *steering, bool external)
{
	if (steering->external == external)
		return false;
	steering->external = external;
	if (external)
		log_notice("The module is in mode external: other programs steer it and the system clock. To change that: truechime mode auto");
	else if (steering->timescale->ops->in_kernel)
		log_notice("The module is in mode auto again: this daemon steers it and the system clock");
	else
		log_notice("Mode external is over, as the module is gone: this daemon steers the system clock");
	steering_leave_clock(steering);
	return true;
}

void steering_yield(struct steering *steering, bool yield)
{
	steering->yielding = yield;
	steering_leave_clock(steering);
}

/*
 * The clocks need not have been read since something happened: a slew goes on all the same. A
 * kernel that is armed leaps without a daemon, too, and the next one notices it.
 */
void steering_settle(struct steering *steering)
{
	const struct steering_status *status = &steering->status;

	if (steering->options.observe || status->trust == TRUST_EXTERNAL)
		return;
	(void)steering_end_slew(steering);
	if (!status->valid || !status->synchronised)
		steering_disarm(steering);
}
