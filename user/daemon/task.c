// SPDX-License-Identifier: GPL-2.0-only
/*
 * -q and -Q: the program ends when the clock's error is known well enough, or when it is plain that
 * the sources will not tell it. And -t: it ends when its time is over.
 */
#include "daemon/daemon.h"

#include <math.h>

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

static void end_with_offset(struct daemon *daemon)
{
	bool set = daemon->options->task == DAEMON_SET;
	int err = 0;

	log_info("System clock wrong by %.6f seconds (%s)",
		 (double)daemon->update.result.step_ns / 1e9, set ? "step" : "ignored");
	if (set)
		err = steering_step(daemon->steering, "asked for by -q");
	if (err)
		log_err("The system clock was not set: %s", daemon_step_words(daemon, err));
	daemon_leave(daemon, err ? 1 : 0);
}

void daemon_judge_task(struct daemon *daemon, const struct timescale_now *now)
{
	const struct discipline_result *result = &daemon->update.result;
	struct source *const *sources;
	struct source_status status;
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
	end_with_offset(daemon);
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

/* No source is selected, and -q or -Q ends. */
static void end_without_offset(struct daemon *daemon)
{
	size_t count, answered = 0, i;
	struct source *const *sources;
	struct source_status status;

	count = associations_sources(daemon->associations, &sources);
	for (i = 0; i < count; i++) {
		source_get_record(sources[i], &status);
		answered += status.received > 0;
	}
	if (!answered)
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
	size_t count, i;

	if (daemon->options->task == DAEMON_RUN || daemon->stop ||
	    daemon->update.result.selection.selected >= 0)
		return;
	count = associations_sources(daemon->associations, &sources);
	for (i = 0; i < count; i++) {
		source_get_record(sources[i], &status);
		if (!is_in_vain(daemon, sources[i], &status, now_ns))
			return;
	}
	if (!count && chime_sub_sat(now_ns, daemon->task.begun_ns) <= REACHABLE_NS)
		return;
	end_without_offset(daemon);
}

void daemon_end(struct daemon *daemon)
{
	struct steering_status status;

	if (daemon->options->task == DAEMON_RUN) {
		steering_get_status(daemon->steering, &status);
		log_info("The time of --timeout is over, and the clock is %ssynchronised",
			 status.synchronised ? "" : "not ");
		daemon_leave(daemon, status.synchronised ? 0 : 1);
	} else if (daemon->task.first_result_ns) {
		log_err("The time of --timeout is over, and what the time sources have answered is not enough yet. Give them more, ten seconds, or name a server with 'maxsamples 1'");
		daemon_leave(daemon, 1);
	} else {
		end_without_offset(daemon);
	}
}
