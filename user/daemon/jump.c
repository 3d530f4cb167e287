// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's reaction when the time sources contradict the timescale. discipline/consensus.c
 * judges them; the step, and the report to others, is the timescale's.
 */
#include "daemon/daemon.h"

#include <errno.h>

#include "lib/names.h"
#include "lib/time_units.h"

static void daemon_report_contradiction(const struct daemon *daemon,
					const struct consensus_result *result,
					const struct timescale_now *now)
{
	const char *who = result->agreeing > 1 ? "The one clock that the time sources follow" :
						 "The only time source";
	const char *meanwhile = now->has_host ? "the clock follows the host" :
						"nothing confirms the system clock";
	const struct duration_text size = duration_text(chime_abs_sat(result->offset_ns));

	if (!result->voters)
		log_warning("Time sources contradict the clock, and were taken offline before it was known who is right: until they are asked again %s. To have them asked: truechime online",
			    meanwhile);
	else if (result->verdict == CONSENSUS_UNRESOLVED)
		log_warning("%s says that the clock is off by %s, and has not said it again since: until it does, or denies it, %s. If it is right: truechime makestep",
			    who, size.text, meanwhile);
	else if (now->has_host)
		log_warning("%s jumped %s %s, and the host's clock did not: it is only followed after a hundred times that long. If it is right: truechime makestep",
			    who, size.text, result->offset_ns < 0 ? "into the past" : "ahead");
	else if (result->offset_ns < 0)
		log_warning("%s went back by %s: it is only followed after a hundred times that long, and nothing confirms the system clock meanwhile. If it is right: truechime makestep",
			    who, size.text);
	else
		log_warning("%s jumped ahead by %s, and %s: it is only followed after a hundred times that long, and nothing confirms the system clock meanwhile. If it is right: truechime makestep",
			    who, size.text, daemon->virtual_machine || daemon->config->ntp_jump ?
			    "maxntpjump forbids to follow that" :
			    "this is no virtual machine, which could have lost time");
}

/* Time was disrupted: the timescale follows the jump, and reports it. 0, -errno: it refused. */
static int daemon_jump(struct daemon *daemon, const struct consensus_result *result,
		       const struct timescale_now *now)
{
	const struct module_jump jump = {
		.offset_ns = result->offset_ns,
		.maxerror_ns = result->maxerror_ns,
		.agreed_raw_ns = result->agreed_raw_ns,
	};
	struct module_event event = { 0 };
	struct timescale_now after;
	int err;

	log_notice("%zu of %zu time sources agree: the clock is off by %s all of a sudden",
		   result->agreeing, result->voters, duration_text(result->offset_ns).text);
	steering_narrow(daemon->steering, now);
	err = daemon->timescale->ops->disrupted(daemon->timescale, &jump, now->epoch, &event);
	if (err)
		return err;
	if (event.evidence) {
		daemon->known.disruptions++;
		daemon_own_event(daemon, &event);
	}
	if (!timescale_read(daemon->timescale, &after))
		daemon_check_epoch(daemon, &after);
	steering_disrupted(daemon->steering, false);
	daemon_burst(daemon, DAEMON_BURST);
	return 0;
}

/* Return false if these samples must not be used: the jump was followed, now or by another one. */
static bool daemon_follow_jump(struct daemon *daemon, const struct consensus_result *result,
			       const struct timescale_now *now)
{
	int err;

	if (daemon->options->no_clock || daemon->options->task != DAEMON_RUN)
		return true;
	/* Fewer sources than minsources change nothing in the usual way either. */
	if ((int64_t)result->agreeing < daemon->config->discipline.minsources)
		return true;
	/* The discipline then refuses the change, and logs it. */
	if (discipline_forbids(daemon->discipline, result->offset_ns))
		return true;
	err = daemon_jump(daemon, result, now);
	if (!err)
		daemon->sources_changed = true;
	if (!err || daemon_tries_again(daemon, now, err))
		return false;
	daemon_module_failed(daemon, err);
	log_warning("The jump could not be followed at once: %s; the clock is corrected in the usual way",
		    module_link_words(daemon->link, err));
	return true;
}

/*
 * It takes minutes until it is known who is right, and until then nothing is learned from anybody.
 * What is published has to hold meanwhile.
 */
static void daemon_widen_bound(struct daemon *daemon, struct source *const *sources, size_t count,
			       const struct timescale_now *now)
{
	int64_t known_ns = chime_sub_sat(now->maxerror_ns, chime_abs_sat(now->slew_ns));
	struct steering_status status;
	int64_t reach_ns;

	steering_get_status(daemon->steering, &status);
	if (status.trust != TRUST_CONFIRMED)
		return;
	reach_ns = discipline_reach(daemon->discipline, sources, count, now);
	if (reach_ns > known_ns)
		steering_widen(daemon->steering, reach_ns, now);
}

/* The bound that sources are held against; without one they cannot contradict the clock. */
static int64_t daemon_contradicted_ns(const struct daemon *daemon, const struct timescale_now *now)
{
	return daemon->config->no_ntp_jump ? CHIME_LINE_UNBOUNDED_NS :
					     steering_known_ns(daemon->steering, now);
}

bool daemon_judge_sources(struct daemon *daemon, struct source *const *sources, size_t count,
			  const struct timescale_now *now)
{
	enum consensus_verdict before = daemon->verdict;
	const struct config *config = daemon->config;
	struct consensus_terms terms = {
		.jumps = config->ntp_jump || daemon->virtual_machine || now->host_known,
		.max_jump_ns = config->max_ntp_jump_s * NS_PER_S,
	};
	struct timescale_now known = *now;
	struct steering_status status;
	struct consensus_result result;
	bool open;

	steering_get_status(daemon->steering, &status);
	terms.confirmed = !trust_is_unconfirmed(status.trust);
	/* If it is none, one answer at a start is too few all the same. */
	known.maxerror_ns = daemon_contradicted_ns(daemon, now);
	consensus_update(daemon->consensus, sources, count, &known, &terms, &result);
	daemon->verdict = result.verdict;
	open = result.verdict == CONSENSUS_SUSPECT || result.verdict == CONSENSUS_UNRESOLVED;
	steering_set_contradicted(daemon->steering, open);
	if (result.wait_ns)
		daemon->due_ns[DUE_UPDATE] = chime_add_sat(now->raw_ns, result.wait_ns);
	if (result.ask) {
		log_debug("A source contradicts the clock or answers first again: asking all");
		daemon_burst(daemon, CONSENSUS_BURST);
	}
	if (before == CONSENSUS_FALSETICKER && result.verdict == CONSENSUS_OK)
		log_notice("The time source that was a falseticker is followed again");
	if (before == CONSENSUS_UNRESOLVED && result.verdict == CONSENSUS_OK)
		log_notice("The time source that contradicted the clock is followed again");

	switch (result.verdict) {
	case CONSENSUS_OK:
		break;
	case CONSENSUS_SUSPECT:
		if (result.rests)
			daemon_widen_bound(daemon, sources, count, now);
		return false;
	case CONSENSUS_UNRESOLVED:
	case CONSENSUS_FALSETICKER:
		daemon_leave_unconfirmed(daemon, now);
		if (before == result.verdict)
			return false;
		daemon_report_contradiction(daemon, &result, now);
		/* Publish that at once. */
		steering_follow_now(daemon->steering);
		return false;
	case CONSENSUS_JUMP:
		return daemon_follow_jump(daemon, &result, now);
	}
	return true;
}

/* Make the change that maxchange refused, unless the sources have changed their mind. */
static void daemon_make_refused_change(struct daemon *daemon)
{
	log_notice("The operator has the change made that maxchange refused");
	discipline_permit(daemon->discipline, true);
	daemon_update(daemon);
	discipline_permit(daemon->discipline, false);
}

/* true: a source is followed only now, and what it says is not known before it answers. */
static bool daemon_trust_sources(struct daemon *daemon)
{
	if (daemon->update.result.step == DISCIPLINE_REFUSED)
		daemon_make_refused_change(daemon);
	if (daemon->verdict != CONSENSUS_FALSETICKER && daemon->verdict != CONSENSUS_UNRESOLVED)
		return false;
	log_notice("The operator has the time source followed that contradicts the clock");
	daemon->verdict = CONSENSUS_OK;
	daemon_change_reference(daemon, &REFERENCE_JUMPED);
	steering_disrupted(daemon->steering, false);
	daemon_burst(daemon, DAEMON_BURST);
	return true;
}

int daemon_make_step(struct daemon *daemon)
{
	if (daemon_trust_sources(daemon))
		return 1;
	return steering_step(daemon->steering, "asked for by the operator");
}
