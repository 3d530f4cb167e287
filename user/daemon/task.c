// SPDX-License-Identifier: GPL-2.0-only
/*
 * -q and -Q: the program ends when the clock's error is known well enough, or when it is plain that
 * the sources will not tell it. And -t: it ends when its time is over.
 */
#include "daemon/daemon.h"

#include <math.h>
#include <string.h>

#include "daemon/requests.h"
#include "lib/plural.h"
#include "lib/text_append.h"
#include "lib/time_units.h"

/*
 * The offset is known after so many samples, which are 2 s apart, or so long after the first
 * result, as an answer may be lost.
 */
#define ENOUGH_SAMPLES	4
#define ENOUGH_NS	(8 * NS_PER_S)

/*
 * How long a server is awaited that is not selected, and the least number of requests to it: one
 * that is silent is asked four times until then, one that answers seven times. A refclock is
 * awaited for as many polls.
 */
#define IN_VAIN_NS	(14 * NS_PER_S)
#define REQUESTS_LEAST	4
#define POLLS_MOST	7

/* The latest request is taken for lost after this. */
#define ANSWER_NS	(2 * NS_PER_S)

/* One that cannot be asked, as a name is unknown or there is no network, is waited for so long. */
#define REACHABLE_NS	(64 * NS_PER_S)

/* Names of sources in a message. */
#define NAMES_MAX	400

/**
 * struct task_votes - who gives the time, of the sources that could set the clock
 * @sources: how many could
 * @agreeing: how many of these agree on a time
 * @selectable: of them, those that may be selected: enough agree for the configuration
 * @trusted: one of them is always right, by the configuration
 */
struct task_votes {
	size_t sources;
	size_t agreeing;
	size_t selectable;
	bool trusted;
};

void daemon_leave(struct daemon *daemon, int status)
{
	daemon->stop = true;
	daemon->status = status;
}

void daemon_begin_task(struct daemon *daemon, int64_t now_ns)
{
	int64_t timeout_ns = daemon->options->timeout_ns;

	daemon->task.begun_ns = now_ns;
	daemon->due_ns[DUE_END] = timeout_ns ? chime_add_sat(now_ns, timeout_ns) : INT64_MAX;
}

void daemon_ask_quickly(const struct daemon *daemon, struct config *config)
{
	size_t i;

	for (i = 0; i < config->source_count && daemon->options->task != DAEMON_RUN; i++)
		config->sources[i].options.iburst = true;
}

/* "maxsamples 1" is the way to get the time quickly. */
static unsigned int enough_samples(const struct source_status *status)
{
	int most = status->options->maxsamples;

	return most > 0 && most < ENOUGH_SAMPLES ? (unsigned int)most : ENOUGH_SAMPLES;
}

/* Pulses have no date of their own: they agree with what any other one says. */
static bool could_set_clock(const struct source_status *status)
{
	return !status->options->noselect && !status->options->numbered &&
	       !status->last.numbered && !status->withdrawn && !status->loop && !status->twin;
}

static bool gives_time(const struct source_status *status)
{
	return status->verdict >= SOURCE_NOT_COMBINED;
}

static struct task_votes count_votes(const struct daemon *daemon)
{
	struct task_votes votes = { 0 };
	struct source *const *sources;
	struct source_status status;
	size_t count, i;

	count = associations_sources(daemon->associations, &sources);
	for (i = 0; i < count; i++) {
		source_get_record(sources[i], &status);
		if (!could_set_clock(&status))
			continue;
		votes.sources++;
		votes.agreeing += gives_time(&status);
		votes.selectable += status.verdict >= SOURCE_COMBINED;
		votes.trusted |= gives_time(&status) && status.options->trust;
	}
	return votes;
}

/* Who of several answers alone may lie, and nobody would watch what it did to the clock. */
static bool is_one_of_several(const struct task_votes *votes)
{
	return votes->sources > 1 && votes->agreeing < 2 && !votes->trusted;
}

/* Those who give the time, or those who do not; all of a pool have one name. */
static void name_sources(const struct daemon *daemon, bool giving, char names[NAMES_MAX])
{
	const char *before = "";
	struct source *const *sources;
	struct source_status status;
	size_t count, i;

	names[0] = '\0';
	count = associations_sources(daemon->associations, &sources);
	for (i = 0; i < count; i++) {
		source_get_record(sources[i], &status);
		if (!could_set_clock(&status) || gives_time(&status) != giving ||
		    !strcmp(before, status.options->name))
			continue;
		before = status.options->name;
		text_append(names, NAMES_MAX, "%s%s", *names ? ", " : "", before);
	}
}

bool daemon_awaits_others(const struct daemon *daemon)
{
	struct task_votes votes;

	if (daemon->options->task != DAEMON_SET)
		return false;
	votes = count_votes(daemon);
	return is_one_of_several(&votes);
}

static void say_offset(const struct daemon *daemon, bool set)
{
	log_info("System clock wrong by %.6f seconds (%s)",
		 (double)daemon->update.result.step_ns / 1e9, set ? "step" : "ignored");
}

/* With -Q it was followed. */
static bool one_gives_time(const struct daemon *daemon, const struct task_votes *votes)
{
	return votes->agreeing && is_one_of_several(votes) &&
	       (daemon->options->task == DAEMON_SET ||
		daemon->update.result.selection.selected >= 0);
}

/* The others were given their time. */
static void end_with_one_of_several(struct daemon *daemon, const struct task_votes *votes)
{
	char giving[NAMES_MAX], others[NAMES_MAX];

	name_sources(daemon, true, giving);
	name_sources(daemon, false, others);
	if (daemon->options->task == DAEMON_SET) {
		log_err("Only %s of %zu time sources gives the time, and one of several may be wrong: the system clock is not set. Of no use: %s; truechimed -d -x says why. If that one is known to be right, name it alone, or give it the option trust",
			giving, votes->sources, others);
		daemon_leave(daemon, 1);
		return;
	}
	say_offset(daemon, false);
	log_warning("Only %s of %zu time sources gives the time, and one of several may be wrong: -q would not set the clock. Of no use: %s; truechimed -d -x says why",
		    giving, votes->sources, others);
	daemon_leave(daemon, 0);
}

static void end_with_offset(struct daemon *daemon, const struct task_votes *votes)
{
	bool set = daemon->options->task == DAEMON_SET;
	int err = 0;

	say_offset(daemon, set);
	if (votes->sources > 1)
		log_info("%zu of %zu time sources %s so", votes->agreeing, votes->sources,
			 votes->agreeing == 1 ? "says" : "say");
	if (set)
		err = steering_try_step(daemon->steering, "asked for by -q");
	if (err)
		log_err("The system clock was not set: %s", daemon_step_words(daemon, err));
	daemon_leave(daemon, err ? 1 : 0);
}

void daemon_judge_task(struct daemon *daemon, const struct timescale_now *now)
{
	const struct discipline_result *result = &daemon->update.result;
	struct source *const *sources;
	struct source_status status;
	struct task_votes votes;
	size_t count;

	if (daemon->options->task == DAEMON_RUN || !result->changed)
		return;
	if (!daemon->task.first_result_ns)
		daemon->task.first_result_ns = now->raw_ns;
	count = associations_sources(daemon->associations, &sources);
	if (result->selection.selected < 0 || (size_t)result->selection.selected >= count)
		return;
	source_get_record(sources[result->selection.selected], &status);
	if (status.samples < enough_samples(&status) &&
	    now->raw_ns - daemon->task.first_result_ns < ENOUGH_NS)
		return;
	votes = count_votes(daemon);
	if (!is_one_of_several(&votes))
		end_with_offset(daemon, &votes);
}

static bool is_in_vain(const struct daemon *daemon, const struct source *source,
		       const struct source_status *status, int64_t now_ns)
{
	int64_t since_ns = chime_sub_sat(now_ns, daemon->task.begun_ns);

	if (status->withdrawn || source_is_refused(source))
		return true;
	if (status->options->kind == SOURCE_REFCLOCK)
		return (double)since_ns > POLLS_MOST * ldexp(NS_PER_S, status->poll);
	if (!status->sent)
		return since_ns > REACHABLE_NS;
	return since_ns > IN_VAIN_NS && status->sent >= REQUESTS_LEAST &&
	       chime_sub_sat(now_ns, status->asked_raw_ns) > ANSWER_NS;
}

/* Too few agree, and -q or -Q ends. */
static void end_without_majority(struct daemon *daemon, const struct task_votes *votes)
{
	size_t count, answered = 0, i;
	struct source *const *sources;
	struct source_status status;

	if (one_gives_time(daemon, votes)) {
		end_with_one_of_several(daemon, votes);
		return;
	}
	count = associations_sources(daemon->associations, &sources);
	for (i = 0; i < count; i++) {
		source_get_record(sources[i], &status);
		answered += status.received > 0;
	}
	if (votes->agreeing && !votes->selectable)
		log_err("%zu of %zu time source%s %s, and the configuration wants more (minsources), or others (require)",
			votes->agreeing, votes->sources, plural(votes->sources),
			votes->agreeing == 1 ? "gives the time" : "agree");
	else if (!answered)
		log_err("No usable time source answered in time. Are the servers right, and the network there?");
	else if (answered == 1)
		log_err("The only time source that answered cannot be used. truechimed -d without -q or -Q says why");
	else
		log_err("The time sources that answered contradict each other, or cannot be used. Name more servers; truechimed -d without -q or -Q says which of them are wrong");
	daemon_leave(daemon, 1);
}

void daemon_give_up_task(struct daemon *daemon, int64_t now_ns)
{
	struct source *const *sources;
	struct source_status status;
	struct task_votes votes;
	size_t count, i;

	if (daemon->options->task == DAEMON_RUN || daemon->stop)
		return;
	votes = count_votes(daemon);
	if (daemon->update.result.selection.selected >= 0 && !is_one_of_several(&votes))
		return;
	count = associations_sources(daemon->associations, &sources);
	for (i = 0; i < count; i++) {
		source_get_record(sources[i], &status);
		if (!is_in_vain(daemon, sources[i], &status, now_ns))
			return;
	}
	if (!count && chime_sub_sat(now_ns, daemon->task.begun_ns) <= REACHABLE_NS)
		return;
	end_without_majority(daemon, &votes);
}

void daemon_end(struct daemon *daemon)
{
	struct steering_status status;
	struct task_votes votes;

	if (daemon->options->task == DAEMON_RUN) {
		steering_get_status(daemon->steering, &status);
		log_info("The time of --timeout is over, and the clock is %ssynchronised",
			 status.synchronised ? "" : "not ");
		daemon_leave(daemon, status.synchronised ? 0 : 1);
		return;
	}
	votes = count_votes(daemon);
	if (daemon->task.first_result_ns && !one_gives_time(daemon, &votes)) {
		log_err("The time of --timeout is over, and what the time sources have answered is not enough yet. Give them more, ten seconds, or name a server with 'maxsamples 1'");
		daemon_leave(daemon, 1);
	} else {
		end_without_majority(daemon, &votes);
	}
}
