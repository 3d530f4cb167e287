// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's regular work: the discipline's verdicts, and what is due by the clock.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <string.h>

#include "daemon/notify.h"
#include "lib/names.h"
#include "lib/plural.h"
#include "lib/time_units.h"

/* The discipline is run at least so often, even if no sample comes; for -q and -Q as often. */
#define UPDATE_NS	(64 * NS_PER_S)
#define TASK_UPDATE_NS	NS_PER_S

/* No source is asked for so long before and after a leap second (chrony: 5 s). */
#define LEAP_CLOSE_NS	(5 * NS_PER_S)

/* Until the module is asked again whether the host has said how long a disruption took. */
#define AWAIT_HOST_NS	(NS_PER_S / 10)

/* Pause after a failure to read the clocks. */
#define RETRY_NS	NS_PER_S

/* When the discipline is to run again without a sample. */
static int64_t daemon_update_interval(const struct daemon *daemon)
{
	return daemon->options->task == DAEMON_RUN ? UPDATE_NS : TASK_UPDATE_NS;
}

/* Demote a host that most sources contradict, or reinstate one that they agree with again. */
static void daemon_judge_host(struct daemon *daemon, const struct timescale_now *now)
{
	const struct selection *selection = &daemon->update.result.selection;
	int err;

	if (!daemon->link || daemon->known.external)
		return;
	if (now->has_host)
		daemon_note_outvoted(daemon, false);
	if (daemon->update.result.demote_host) {
		err = module_link_demote_host(daemon->link, true);
		if (!err)
			log_warning("The host's clock is deselected: %zu of %zu time sources agree that it is wrong. The clock follows those sources. To trust the host again: truechime host reinstate",
				    selection_truechimers(selection), selection->candidates);
	} else if (daemon->update.result.reinstate_host) {
		err = module_link_demote_host(daemon->link, false);
		if (!err)
			log_notice("The host's clock agrees with the time sources again and is used again");
	} else {
		return;
	}
	timescale_expire(daemon->timescale);
	if (!err)
		daemon_note_outvoted(daemon, daemon->update.result.demote_host);
	else
		log_warning("The module refused to change its trust in the host's clock: %s",
			    module_link_words(daemon->link, err));
}

/* Which of the two the clock follows, a host that somebody vouches for or the sources, and why. */
static void daemon_report_vouched_host(const struct timescale_now *now,
				       const struct discipline_result *result)
{
	const struct duration_text stated = duration_text(now->host_maxerror_ns);

	switch (result->vouched_host) {
	case VOUCHED_HOST_NONE:
		return;
	case VOUCHED_HOST_STANDS:
		log_notice("The host's clock is stated to be right to within %s, which is better than the time sources can show: the clock follows it, and they watch it",
			   stated.text);
		return;
	case VOUCHED_HOST_SUSPECT:
		log_warning("A time source contradicts the host's clock, which is stated to be right to within %s. One source alone decides nothing: the clock follows the host. Name more sources, or take out hostmaxerror if it is the host that is wrong",
			    stated.text);
		return;
	case VOUCHED_HOST_WORSE:
		log_notice("The time sources know UTC better than the %s that are stated of the host's clock: the clock follows them",
			   stated.text);
		return;
	case VOUCHED_HOST_WRONG:
		log_warning("%zu time sources agree that the host's clock is not right to within the %s that are stated of it (hostmaxerror, or its vmclock page): the clock follows them",
			    selection_truechimers(&result->selection), stated.text);
		return;
	}
}

/* Reference clocks that are refuted from now on, or no longer. */
static void daemon_report_refclocks(const struct daemon *daemon,
				    const struct discipline_result *result)
{
	const struct refclock_vote *vote = &result->refclock_vote;
	struct association_info info;

	if (vote->refuted | vote->cleared)
		daemon_note_refuted(daemon);
	for (size_t i = 0; i < SOURCE_SELECT_MAX; i++) {
		if (!((vote->refuted | vote->cleared) >> i & 1) ||
		    !associations_get_info(daemon->associations, i, &info))
			continue;
		if (vote->refuted >> i & 1)
			log_warning("%s is wrong by what %zu time sources agree on: it is not used until they have agreed with it again, not even where none of them answers. If it is always off by the same, state that with 'offset'; if it is right, and they are not, with 'trust'",
				    info.name, selection_truechimers(&result->selection));
		else
			log_notice("%s agrees with the time sources again and may be used again",
				   info.name);
	}
}

static void daemon_notify_status(struct daemon *daemon)
{
	const struct selection *selection = &daemon->update.result.selection;
	struct association_info info;

	if (daemon->known.external || daemon->rivals.yielding) {
		notify_status("The clock is left to another program");
		return;
	}
	if (selection->selected < 0) {
		notify_status("No usable time source");
		return;
	}
	if (daemon->update.result.vouched_host == VOUCHED_HOST_STANDS) {
		notify_status("Following the host's clock; %zu of %zu source%s agree with it",
			      selection_truechimers(selection), selection->candidates,
			      plural(selection->candidates));
		return;
	}
	if (associations_get_info(daemon->associations, (size_t)selection->selected, &info))
		notify_status("Following %s, %zu of %zu source%s combined", info.name,
			      selection->count, selection->candidates,
			      plural(selection->candidates));
}

bool daemon_tries_again(struct daemon *daemon, const struct timescale_now *now, int err)
{
	if (err == -ESTALE)
		daemon->sources_changed = true;
	else if (err == -EAGAIN)
		daemon->due_ns[DUE_UPDATE] = chime_add_sat(now->raw_ns, AWAIT_HOST_NS);

	return err == -ESTALE || err == -EAGAIN;
}

/*
 * The sources have corrected the clock, or found that it needs no correction. What is done without
 * a new sample renews nothing, but the first may be done again, after the clocks have changed.
 */
static void daemon_note_update(struct daemon *daemon, const struct timescale_now *now)
{
	const struct discipline_result *result = &daemon->update.result;

	if (daemon->update.raw_ns)
		daemon->update.interval_ns = now->raw_ns - daemon->update.raw_ns;
	associations_note_update(daemon->associations);
	daemon->update.raw_ns = now->raw_ns;
	daemon->update.utc_ns = result->vouched_host == VOUCHED_HOST_STANDS ? now->time_ns :
				chime_add_sat(now->reference_ns,
					      chime_line_offset(&result->correction,
								now->reference_ns));
}

/* Return false if the clocks have changed meanwhile: nothing was done, and it is tried again. */
static bool daemon_apply(struct daemon *daemon, const struct timescale_now *now)
{
	struct discipline_result *result = &daemon->update.result;
	bool stands = result->vouched_host == VOUCHED_HOST_STANDS;
	int err;

	/* With -q the only step is the one at the end; with -Q there is none. */
	if (daemon->options->task != DAEMON_RUN)
		result->step = DISCIPLINE_NO_STEP;
	err = steering_correct(daemon->steering, result, now);
	if (steering_withholds_step(daemon->steering))
		discipline_return_step(daemon->discipline);
	if (daemon_tries_again(daemon, now, err)) {
		if (result->measured)
			discipline_return_sample(daemon->discipline);
		return false;
	}
	daemon_module_failed(daemon, err);
	/* No clock has such a rate: forget it, as it would be refused for ever. */
	if (err == -ERANGE)
		discipline_change_reference(daemon->discipline, &REFERENCE_REPLACED);
	if (!result->changed && !stands)
		return true;
	daemon->by_hand.latest_ns = 0;
	/* The sources know it better than what was known before the operator set the time. */
	daemon->by_hand.rate = (struct manual_rate){ 0 };
	if (result->measured || !daemon->update.raw_ns)
		daemon_note_update(daemon, now);
	return true;
}

/* Of servers that serve their own clocks, as this one does without a source; 0: it does not. */
static int daemon_orphan_stratum(const struct daemon *daemon)
{
	const struct config_local *local = &daemon->config->server.local;

	return daemon->options->task == DAEMON_RUN && local->enabled && local->orphan ?
	       local->stratum : 0;
}

/* Since time was disrupted, until sources have corrected the clock. */
static bool daemon_is_recovering(const struct daemon *daemon)
{
	struct steering_status status;

	steering_get_status(daemon->steering, &status);
	return trust_is_unconfirmed(status.trust);
}

/*
 * All sources that may be selected are new: the others were deleted, or have other addresses now.
 * What those have said holds on as if they were silent, and for as long.
 */
static bool daemon_awaits_sources(const struct daemon *daemon, struct source *const *sources,
				  size_t count, const struct timescale_now *now)
{
	struct steering_status status;
	struct source_status source;

	steering_get_status(daemon->steering, &status);
	if (status.trust != TRUST_CONFIRMED || !status.has_correction ||
	    now->maxerror_ns > daemon->config->discipline.maxdistance_ns)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!source_received(sources[i]) || source_get_options(sources[i])->noselect)
			continue;
		source_get_record(sources[i], &source);
		if (!source.refuted)
			return false;
	}

	return true;
}

/* Whom those are told of that are served: its place may be another source's by the next verdict. */
static void daemon_note_selected(struct daemon *daemon, struct source *const *sources)
{
	int selected = daemon->update.result.selection.selected;
	struct association_info info;

	if (selected < 0)
		return;
	daemon->update.serial = source_serial(sources[selected]);
	if (associations_get_info(daemon->associations, (size_t)selected, &info))
		daemon->update.refid = info.refid;
}

/*
 * A source was added or deleted, and the verdict on the others has to wait: until then the selected
 * one has another place, or none.
 */
static void daemon_find_selected(struct daemon *daemon, struct source *const *sources, size_t count)
{
	struct selection *selection = &daemon->update.result.selection;
	size_t i;

	if (selection->selected < 0)
		return;
	for (i = 0; i < count; i++) {
		if (source_serial(sources[i]) == daemon->update.serial)
			break;
	}
	selection->selected = i < count ? (int)i : -1;
}

/* Follow the selected sources. They have been judged, and enough of them have answered. */
static void daemon_discipline(struct daemon *daemon, struct source *const *sources, size_t count,
			      const struct timescale_now *now)
{
	struct discipline_result *result = &daemon->update.result;
	enum vouched_host before = result->vouched_host;
	struct timescale_now known = *now;
	bool applied;
	int err;

	known.maxerror_ns = steering_known_ns(daemon->steering, now);
	err = discipline_update(daemon->discipline, sources, count, &known, result);
	if (err == -ERANGE) {
		log_err("The sources want the clock changed by more than maxchange allows, again and again; stopping. If they are right, set the clock with: truechimed -q");
		daemon_leave(daemon, DAEMON_STATUS_MAXCHANGE);
		return;
	}
	if (err)
		return;
	daemon_note_selected(daemon, sources);
	/*
	 * Run again at the horizon of the correction at the latest: beyond it the bound grows by
	 * the worst rate.
	 */
	if (result->changed)
		daemon->due_ns[DUE_UPDATE] =
			chime_add_sat(now->raw_ns, chime_min(daemon_update_interval(daemon),
							     result->correction.horizon_ns));
	if (result->vouched_host != before)
		daemon_report_vouched_host(now, result);
	daemon_report_refclocks(daemon, result);
	applied = daemon_apply(daemon, now);
	daemon_judge_host(daemon, now);
	daemon_notify_status(daemon);
	if (applied)
		daemon_judge_task(daemon, now);
}

void daemon_leave_unconfirmed(struct daemon *daemon, const struct timescale_now *now)
{
	struct discipline_result *result = &daemon->update.result;

	*result = (struct discipline_result){ .stratum = 16, .selection.selected = -1 };
	(void)steering_correct(daemon->steering, result, now);
}

/* The sources have contradicted the clock, and were not followed. */
static bool daemon_is_contradicted(const struct daemon *daemon)
{
	const struct discipline_result *result = &daemon->update.result;

	return result->step == DISCIPLINE_REFUSED || result->vouched_host == VOUCHED_HOST_SUSPECT;
}

/*
 * No source is left. What the last ones have said holds on as if they were silent, and for as long.
 */
static void daemon_go_on_alone(struct daemon *daemon, const struct timescale_now *now)
{
	int64_t known_ns = steering_known_ns(daemon->steering, now);
	struct steering_status status;

	/* Nor is one that contradicts. */
	daemon->verdict = CONSENSUS_OK;
	steering_set_contradicted(daemon->steering, false);
	steering_narrow(daemon->steering, now);
	steering_get_status(daemon->steering, &status);
	if (!daemon_is_contradicted(daemon) &&
	    (status.trust != TRUST_CONFIRMED ||
	     known_ns <= daemon->config->discipline.maxdistance_ns))
		return;
	daemon_leave_unconfirmed(daemon, now);
	/* Publish that at once. */
	steering_follow_now(daemon->steering);
}

/* Until others have answered nobody is followed. */
static void daemon_wait(struct daemon *daemon)
{
	daemon->update.result.selection.selected = -1;
	daemon_notify_status(daemon);
}

void daemon_update(struct daemon *daemon)
{
	bool was_selected = daemon->update.result.selection.selected >= 0;
	struct source *const *sources;
	struct timescale_now now;
	size_t count;
	int err;

	daemon->sources_changed = false;
	err = timescale_now(daemon->timescale, &now);
	if (err) {
		daemon_module_failed(daemon, err);
		daemon->due_ns[DUE_UPDATE] = chime_add_sat(system_clock_raw_ns(), RETRY_NS);
		return;
	}
	daemon_check_epoch(daemon, &now);
	/* A new epoch asks for an update, which this one is. */
	daemon->sources_changed = false;
	daemon->due_ns[DUE_UPDATE] = chime_add_sat(now.raw_ns, daemon_update_interval(daemon));
	count = associations_sources(daemon->associations, &sources);
	daemon_find_selected(daemon, sources, count);
	associations_judge_servers(daemon->associations, daemon_orphan_stratum(daemon),
				   daemon_is_recovering(daemon), now.reference_ns);
	daemon_judge_smearing(daemon, sources, count, &now);
	if (!count) {
		if (was_selected)
			daemon_notify_status(daemon);
		daemon_go_on_alone(daemon, &now);
		return;
	}
	if (!daemon_judge_sources(daemon, sources, count, &now)) {
		daemon_notify_status(daemon);
		return;
	}
	if (daemon_awaits_sources(daemon, sources, count, &now)) {
		daemon_wait(daemon);
		return;
	}
	discipline_select(daemon->discipline, sources, count, &now,
			  &daemon->update.result.selection);
	if (daemon_awaits_others(daemon)) {
		daemon_wait(daemon);
		return;
	}
	/* -q and -Q ask for the sources' time, whatever is stated of the host's. */
	if (daemon->options->task != DAEMON_RUN)
		now.host_maxerror_ns = 0;
	daemon_discipline(daemon, sources, count, &now);
}

static void daemon_follow(struct daemon *daemon, int64_t now_ns)
{
	struct steering_status status;
	int err;

	err = steering_follow(daemon->steering);
	if (err) {
		daemon_module_failed(daemon, err);
		log_debug("The clocks could not be read: %s", strerror(-err));
		steering_follow_later(daemon->steering, chime_add_sat(now_ns, RETRY_NS));
		return;
	}
	steering_get_status(daemon->steering, &status);
	daemon_check_epoch(daemon, &status.now);
	/* UTC was set back: who serves a reference of the future is believed by nobody. */
	daemon->update.utc_ns = chime_min(daemon->update.utc_ns, status.now.time_ns);
	if (steering_asks_sources(daemon->steering))
		daemon_burst(daemon, DAEMON_BURST);
	if (status.leap)
		associations_pause(daemon->associations, status.leap_raw_ns - LEAP_CLOSE_NS,
				   chime_add_sat(status.leap_raw_ns, LEAP_CLOSE_NS));
}

void daemon_timers(struct daemon *daemon, int64_t now_ns)
{
	int64_t leapt_ns;

	if (now_ns >= daemon->due_ns[DUE_END]) {
		daemon_end(daemon);
		return;
	}
	leapt_ns = steering_leap(daemon->steering);
	if (leapt_ns)
		daemon_leap(daemon, leapt_ns);
	if (now_ns >= daemon->due_ns[DUE_LEAP_LIST])
		daemon_read_leap_list(daemon, now_ns);
	if (daemon->sources_changed || now_ns >= daemon->due_ns[DUE_UPDATE]) {
		daemon_update(daemon);
		daemon_announce_leap(daemon);
		daemon_give_up_task(daemon, now_ns);
	}
	if (now_ns >= steering_next_ns(daemon->steering))
		daemon_follow(daemon, now_ns);
	if (now_ns >= daemon->due_ns[DUE_DRIFT])
		daemon_keep_drift(daemon, now_ns);
	if (now_ns >= daemon->due_ns[DUE_WATCHDOG]) {
		notify_watchdog();
		daemon->due_ns[DUE_WATCHDOG] = chime_add_sat(now_ns, notify_watchdog_interval_ns());
	}
}
