// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests, across the parts.
 */
#include "control.h"

#include <linux/lockdep.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

void chime_control_now(struct chime *chime, struct chime_status *status)
{
	rt_mutex_lock(&chime->lock);
	chime_disruption_check(chime);
	chime_status_describe(chime, status);
	chime_unlock(chime);
}

void chime_control_reading(struct chime *chime, struct chime_status *status)
{
	rt_mutex_lock(&chime->lock);
	chime_status_describe(chime, status);
	rt_mutex_unlock(&chime->lock);
}

int chime_control_correct(struct chime *chime, const struct chime_line *correction, u32 epoch,
			  int reference, bool jump)
{
	struct chime_timescale *timescale = &chime->timescale;
	int ret = -ESTALE;

	if (!chime_line_valid(correction))
		return -ERANGE;
	rt_mutex_lock(&chime->lock);
	/* A disruption that was not detected yet may make the correction stale. */
	chime_disruption_check(chime);
	if (epoch == timescale->current_view.epoch)
		chime_disruption_heed_correction(chime, correction);
	if (timescale->current_view.awaits_host)
		ret = -EAGAIN;
	else if (reference < 0 || reference == timescale->current_view.reference)
		ret = chime_timescale_correct(timescale, correction, epoch, jump,
					      ktime_get_raw_ns());
	/* One that is disputed decides nothing. */
	if (!ret && !timescale->current_view.disputed_ns)
		chime->disruption.left_to_others = false;
	chime_unlock(chime);
	return ret;
}

static int chime_control_step_locked(struct chime *chime, enum truechime_occasion occasion)
{
	struct chime_now now;

	lockdep_assert_held(&chime->lock);
	/* As above: an undetected disruption puts timescale and system clock off alike. */
	chime_disruption_check(chime);
	chime_timescale_now(&chime->timescale, ktime_get_raw_ns(), &now);
	if (now.state == TRUECHIME_STATE_FREE)
		return -ENODATA;
	if (now.state == TRUECHIME_STATE_EXTERNAL)
		return -EBUSY;
	if (chime->timescale.current_view.awaits_host)
		return -EAGAIN;

	switch (chime_disruption_step(chime, occasion)) {
	case TRUECHIME_ACTION_NONE:
	case TRUECHIME_ACTION_STEPPED:
		break;
	case TRUECHIME_ACTION_SLEW:
	case TRUECHIME_ACTION_IGNORED:
	case TRUECHIME_ACTION_REFUSED:
	case TRUECHIME_ACTION_DISTRUSTED:
		return -EPERM;
	case TRUECHIME_ACTION_TOO_EARLY:
		return -ERANGE;
	case TRUECHIME_ACTION_FAILED:
		return -EIO;
	}
	return 0;
}

int chime_control_step(struct chime *chime, enum truechime_occasion occasion)
{
	int ret;

	rt_mutex_lock(&chime->lock);
	ret = chime_control_step_locked(chime, occasion);
	chime_unlock(chime);
	return ret;
}

int chime_control_disrupted(struct chime *chime, u32 epoch, const struct chime_jump *jump)
{
	int ret;

	rt_mutex_lock(&chime->lock);
	ret = chime_disruption_by_sources(chime, epoch, jump);
	chime_unlock(chime);
	return ret;
}

int chime_control_add_offset(struct chime *chime, s64 offset_ns)
{
	const struct chime_view *view = &chime->timescale.current_view;
	int ret = 0;

	rt_mutex_lock(&chime->lock);
	/* What a disruption took may be in the offset, and is added by the host's answer. */
	chime_disruption_check(chime);
	if (view->mode != TRUECHIME_MODE_EXTERNAL)
		ret = -EBUSY;
	else if (view->awaits_host)
		ret = -EAGAIN;
	else
		chime_timescale_add_time(&chime->timescale, offset_ns, ktime_get_raw_ns());
	chime_unlock(chime);
	return ret;
}

void chime_control_set_mode(struct chime *chime, enum truechime_mode mode)
{
	rt_mutex_lock(&chime->lock);
	if (chime->timescale.current_view.mode != mode)
		chime_log_add(&chime->log, CHIME_LOG_NOTICE, "mode %s\n",
			      mode == TRUECHIME_MODE_EXTERNAL ?
			      "external: programs adjust the PTP clock, host and daemon do not" :
			      "auto: the host's time and the daemon steer the PTP clock");
	chime_timescale_set_mode(&chime->timescale, mode, ktime_get_raw_ns());
	chime_unlock(chime);
}

/* Make the host or the raw clock the reference, depending on the host's state. */
static void chime_control_set_reference(struct chime *chime)
{
	const struct chime_line *line = NULL;
	s64 raw_ns;

	lockdep_assert_held(&chime->lock);
	if (chime_host_has_line(&chime->host) && !chime->host.lost)
		line = &chime->host.track.line;
	/* A correction that stands in for a host cannot be trusted more than that host. */
	if (chime->timescale.stands_in && (!line || chime->host.demoted))
		chime_timescale_forget(&chime->timescale, ktime_get_raw_ns());
	raw_ns = ktime_get_raw_ns();
	chime_timescale_set_reference(&chime->timescale, line, line && !chime->host.demoted,
				      chime_host_line_slewing(&chime->host.track, raw_ns), raw_ns);
}

/* All that can be refused: nothing has changed then. */
static int chime_control_find_host(struct chime *chime, const struct chime_host_request *request)
{
	bool automatic = chime->host.automatic;
	int ret = 0;

	lockdep_assert_held(&chime->lock);
	if (request->name && request->has_state && !strcmp(request->name, "none"))
		return -ENODATA;
	if (request->name) {
		/* Attribute a pending disruption to the present host clock. */
		chime_disruption_check(chime);
		ret = chime_host_choose(&chime->host, request->name);
	}
	if (!ret && request->has_state && !chime_host_has_line(&chime->host)) {
		chime->host.automatic = automatic;
		return -ENODATA;
	}
	return ret;
}

/* Return: the reference has to be set anew. */
static bool chime_control_demote_host(struct chime *chime, bool demoted)
{
	lockdep_assert_held(&chime->lock);
	if (chime->host.demoted == demoted)
		return false;
	chime->host.demoted = demoted;
	chime_log_add(&chime->log, CHIME_LOG_NOTICE, "host clock %s is %s\n",
		      chime->host.ops->name, demoted ?
		      "no longer trusted: time goes on by this machine's own counter" :
		      "trusted again");
	return true;
}

/* The reference is set once, and last: a host that is to be demoted is never followed. */
static void chime_control_take_host(struct chime *chime, const struct chime_host_request *request)
{
	bool changed = request->name;

	lockdep_assert_held(&chime->lock);
	if (request->name) {
		chime_rtc_release(chime);
		chime_log_add(&chime->log, CHIME_LOG_NOTICE, "host clock: %s\n",
			      chime->host.ops ? chime->host.ops->name : "none");
	}
	if (request->has_state)
		changed |= chime_control_demote_host(chime, request->demoted);
	if (request->has_maxerror && request->maxerror_ns != chime->host.stated_maxerror_ns) {
		chime->host.stated_maxerror_ns = request->maxerror_ns;
		chime_timescale_restate_host(&chime->timescale);
	}
	chime_disruption_note_host_maxerror(chime);
	if (changed)
		chime_control_set_reference(chime);
}

int chime_control_set_host(struct chime *chime, const struct chime_host_request *request)
{
	int ret;

	rt_mutex_lock(&chime->lock);
	ret = chime_control_find_host(chime, request);
	if (!ret)
		chime_control_take_host(chime, request);
	chime_unlock(chime);
	return ret;
}

void chime_control_reset(struct chime *chime)
{
	rt_mutex_lock(&chime->lock);
	/* A pending disruption must not be forgotten along with the line. */
	chime_disruption_check(chime);
	chime_log_add(&chime->log, CHIME_LOG_NOTICE,
		      "reset: the correction and what was learned of the host's rate are forgotten\n");
	chime_host_forget(&chime->host);
	/* A host that does not answer now is carried on without its rate, too. */
	if (chime_host_has_line(&chime->host) && !chime->host.lost)
		chime_timescale_watch_host(&chime->timescale, &chime->host.track.line);
	chime_timescale_forget(&chime->timescale, ktime_get_raw_ns());
	chime_disruption_check(chime);
	chime_unlock(chime);
}
