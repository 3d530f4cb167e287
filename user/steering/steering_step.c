// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps of the system clock, and what is said of them.
 */
#include "steering/steering_private.h"

#include <errno.h>
#include <string.h>

#include "lib/names.h"

void steering_begin_anew(struct steering *steering)
{
	steering->set.state = SET_BY_NOBODY;
	steering_recheck(steering);
}

/* The error is below the policy's threshold: the clock was not stepped. */
static bool steering_is_left(const struct timescale_now *before, const struct timescale_now *after)
{
	return steering_error_ns(after) > steering_error_ns(before) / 2;
}

/* The timescale refused the step with @err. 0: the error is slewed, as policy says. */
static int steering_report_refusal(int err, enum truechime_occasion occasion,
				   const struct timescale_now *before, const char *reason)
{
	struct duration_text off =
		duration_text(chime_sub_sat(before->time_ns, before->realtime_ns));

	if (err == -EPERM && occasion == TRUECHIME_OCCASION_DISRUPTION) {
		log_notice("The system clock is off by %s and is slewed: policy forbids a step",
			   off.text);
		return 0;
	}
	if (err == -ERANGE && is_before_release(before->time_ns))
		log_warning("The system clock is not stepped: the right time would be one before this program was released, so that something is wrong with the time sources or the host's clock (%s)",
			    reason);
	else if (err == -EAGAIN)
		log_notice("Time was just disrupted, and the host's clock has not said yet by how much: the system clock is not stepped now (%s)",
			   reason);
	else if (err == -ENODATA)
		log_notice("The system clock is not stepped, as the right time is not known yet (%s)",
			   reason);
	else
		log_err("The system clock is off by %s, but the step was refused: %s (%s)%s",
			off.text, strerror(-err), reason,
			err == -EACCES ? ". It takes CAP_SYS_TIME" : "");
	return err;
}

static int steering_execute_step(struct steering *steering, enum truechime_occasion occasion,
				 const struct timescale_now *before)
{
	if (is_before_release(before->time_ns))
		return -ERANGE;
	return steering->timescale->ops->step(steering->timescale, occasion);
}

static int steering_note_step(struct steering *steering, enum truechime_occasion occasion,
			      const struct timescale_now *before, const char *reason)
{
	struct timescale_now after;
	int err;

	err = timescale_read(steering->timescale, &after);
	if (!err && occasion == TRUECHIME_OCCASION_DISRUPTION && steering_is_left(before, &after))
		return 0;
	steering->status.steps++;
	steering_begin_anew(steering);
	if (err)
		return err;
	log_notice("The system clock was stepped by %s (%s); %s remain",
		   duration_text(chime_sub_sat(before->time_ns, before->realtime_ns)).text, reason,
		   duration_text(chime_sub_sat(after.time_ns, after.realtime_ns)).text);
	return 0;
}

/* When it is said why the clock is not stepped. */
enum steering_report {
	REPORT_NEVER,
	REPORT_SELDOM,
	REPORT_ALWAYS,
};

static bool steering_may_report(struct steering *steering, enum steering_report report, int err,
				const struct timescale_now *now)
{
	if (report != REPORT_SELDOM || err == -EAGAIN)
		return report != REPORT_NEVER;
	return steering_may_complain(steering, STEERING_NOT_STEPPED, now->raw_ns);
}

static int steering_attempt_step(struct steering *steering, enum truechime_occasion occasion,
				 const char *reason, enum steering_report report)
{
	struct timescale_now before;
	int err;

	if (steering->options.observe || steering->status.trust == TRUST_EXTERNAL)
		return -EPERM;
	err = timescale_now(steering->timescale, &before);
	if (err) {
		if (report != REPORT_NEVER)
			log_err("The system clock is not stepped, as the clocks could not be read: %s (%s)",
				strerror(-err), reason);
		return err;
	}
	err = steering_execute_step(steering, occasion, &before);
	if (!err)
		return steering_note_step(steering, occasion, &before, reason);
	if (!steering_may_report(steering, report, err, &before))
		return err;
	return steering_report_refusal(err, occasion, &before, reason);
}

int steering_step_by(struct steering *steering, enum truechime_occasion occasion,
		     const char *reason)
{
	return steering_attempt_step(steering, occasion, reason, REPORT_ALWAYS);
}

int steering_step_as_configured(struct steering *steering)
{
	return steering_attempt_step(steering, TRUECHIME_OCCASION_OPERATOR, "makestep allows it",
				     REPORT_SELDOM);
}

int steering_step(struct steering *steering, const char *reason)
{
	return steering_step_by(steering, TRUECHIME_OCCASION_OPERATOR, reason);
}

int steering_try_step(struct steering *steering, const char *reason)
{
	return steering_attempt_step(steering, TRUECHIME_OCCASION_OPERATOR, reason, REPORT_NEVER);
}

/*
 * makestep for a host that is followed: the discipline handles it for sources only. Where a source
 * contradicts the host, a clock that is further off than these are apart is wrong by both; another
 * one may be right, and is slewed.
 */
static bool steering_host_is_off(const struct steering *steering, const struct timescale_now *now)
{
	const struct steering_options *options = &steering->options;
	int64_t error_ns = steering_error_ns(now);

	return !steering->status.has_correction && steering->status.trust != TRUST_EXTERNAL &&
	       !options->observe && options->step_threshold_ns > 0 &&
	       error_ns > options->step_threshold_ns && error_ns > steering->disputed_ns &&
	       now->maxerror_ns < error_ns / STEERING_STEP_EVIDENCE;
}

bool steering_step_to_host(struct steering *steering, const struct timescale_now *now)
{
	int limit = steering->options.step_limit, err = -ENODATA;

	if ((limit >= 0 && steering->host_checks >= limit) || !steering_host_answers(now))
		return false;
	if (steering_host_is_off(steering, now))
		err = steering_step_as_configured(steering);
	if (limit >= 0 && err != -EAGAIN)
		steering->host_checks++;
	return !err;
}
