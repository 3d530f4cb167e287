// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is kept for the next start: the clock's rates, in the drift files, and beside them the notes
 * that the time sources demoted the host, and which reference clocks they have refuted.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "daemon/outvoted_host.h"
#include "daemon/refuted_clocks.h"
#include "discipline/drift.h"
#include "lib/state_file.h"
#include "lib/time_units.h"

/*
 * A rate with a greater error is not kept: samples of a minute are better, and a host's rate is
 * best begun with as the value near zero that it mostly is.
 */
#define DRIFT_SIGMA_MAX	10e-6

/*
 * Nor is one with a greater error than this kept in place of one that was read from the file and
 * may be right.
 */
#define DRIFT_SIGMA_OPEN	0.1e-6

/*
 * At the end a rate that is known to this is left in force. A worse one is left only if it differs
 * from the clock's earlier rate by so many standard errors.
 */
#define RATE_LEARNED		1e-6
#define RATE_CONTRADICTED	3

void daemon_note_outvoted(struct daemon *daemon, bool outvoted)
{
	int err;

	if (daemon->kept.outvoted == outvoted)
		return;
	daemon->kept.outvoted = outvoted;
	err = outvoted_host_note(daemon->config->driftfile, outvoted);
	if (err)
		log_warning("%s.outvoted could not be %s: %s; a daemon that is started anew will take it that %s deselected the host's clock",
			    daemon->config->driftfile, outvoted ? "made" : "removed",
			    strerror(-err),
			    outvoted ? "an operator has" : "the time sources have");
}

/* With -q and -Q nothing is left behind, nor by who only observes. */
void daemon_note_refuted(const struct daemon *daemon)
{
	const struct config *config = daemon->config;
	struct source *const *sources;
	size_t count = associations_sources(daemon->associations, &sources);
	int err;

	if (daemon->options->task != DAEMON_RUN || daemon->options->no_clock)
		return;
	err = refuted_clocks_note(config, sources, count);
	if (err)
		log_warning("%s.refuted could not be written: %s; a daemon that is started anew does not know which reference clocks the time sources have refuted, and follows them while no other source answers",
			    config->driftfile, strerror(-err));
}

void daemon_recall_refuted(const struct daemon *daemon)
{
	const struct config *config = daemon->config;
	struct source *const *sources;
	size_t count = associations_sources(daemon->associations, &sources);
	uint64_t recalled;
	int err;

	err = refuted_clocks_recall(config, sources, count, &recalled);
	if (err)
		log_warning("%s.refuted could not be read: %s; which reference clocks the time sources had refuted is found out anew",
			    config->driftfile,
			    err == -EBADMSG ? "it is damaged" : state_file_problem(err));
	for (size_t i = 0; i < count; i++) {
		if (recalled >> i & 1)
			log_warning("%s was wrong by what the time sources agreed on before this start: it is not used until they have agreed with it again, not even where none of them answers. If it is always off by the same, state that with 'offset'; if it is right, and they are not, with 'trust'",
				    source_get_options(sources[i])->name);
	}
}

void daemon_move_notes(struct daemon *daemon)
{
	bool outvoted = daemon->kept.outvoted;

	/* Whatever is noted beside that file is of another time. */
	daemon->kept.outvoted = !outvoted;
	daemon_note_outvoted(daemon, outvoted);
	daemon_note_refuted(daemon);
}

/*
 * The learned rate is against unslewed host time, but the next start begins with the host's time as
 * it is then. Whether the host has slewed since, or has changed its rate for good, is unknown.
 */
static double daemon_turns_of_host(const struct daemon *daemon)
{
	struct module_status status;

	if (!daemon->known.has_host || !daemon->link || module_link_status(daemon->link, &status) ||
	    !status.has_host_line || !status.has_unslewed_line)
		return 0.0;
	return (double)chime_sub_sat(status.host_line.rate_q32,
				     status.unslewed_line.rate_q32) / Q32;
}

/* A disk that is full stays so for hours: news are a failure, another reason, and the end of it. */
static void log_written(struct daemon *daemon, const char *path, int err)
{
	int before = daemon->kept.drift_error;

	daemon->kept.drift_error = err;
	if (err && err != before)
		log_warning("The drift file %s could not be written: %s; the next start takes longer to find the clock's rate",
			    path, strerror(-err));
	else if (!err && before)
		log_info("The drift file %s is written again", path);
}

/* The host's clock has a file of its own, see discipline/drift.h. */
static int daemon_drift_path(const struct daemon *daemon, char *path, size_t size)
{
	const char *suffix = daemon->known.has_host ? ".host" : "";

	return drift_path(daemon->config->driftfile, suffix, path, size);
}

const char *daemon_write_drift(struct daemon *daemon)
{
	char path[CONFIG_PATH_MAX + DRIFT_SUFFIX_MAX];
	double rate, rate_sigma;
	int err;

	if (!*daemon->config->driftfile)
		return "the configuration names no driftfile";
	if (daemon->options->no_clock || daemon->options->task != DAEMON_RUN)
		return "the daemon was started with -x, only to observe";
	if ((!daemon->update.raw_ns && !daemon->by_hand.times.count) ||
	    !discipline_get_rate(daemon->discipline, &rate, &rate_sigma))
		return "the clock's rate is not known yet";
	rate_sigma = hypot(rate_sigma, daemon_turns_of_host(daemon));
	if (rate_sigma > DRIFT_SIGMA_MAX)
		return "the clock's rate is not known well enough yet";
	if (discipline_rate_is_open(daemon->discipline) && rate_sigma > DRIFT_SIGMA_OPEN)
		return "whether the rate that was read from it is right is not known yet";
	err = daemon_drift_path(daemon, path, sizeof(path));
	if (!err)
		err = drift_write(path, rate, rate_sigma);
	log_written(daemon, path, err);
	return err ? strerror(-err) : NULL;
}

/* As in chrony, interval 0 means to write it at the end only. */
static void daemon_plan_drift(struct daemon *daemon, int64_t now_ns)
{
	int64_t interval_s = daemon->config->driftfile_interval_s;

	daemon->due_ns[DUE_DRIFT] = INT64_MAX;
	if (*daemon->config->driftfile && interval_s > 0)
		daemon->due_ns[DUE_DRIFT] = chime_add_sat(now_ns, interval_s * NS_PER_S);
}

void daemon_keep_drift(struct daemon *daemon, int64_t now_ns)
{
	(void)daemon_write_drift(daemon);
	daemon_plan_drift(daemon, now_ns);
}

static void daemon_read_drift(struct daemon *daemon)
{
	char path[CONFIG_PATH_MAX + DRIFT_SUFFIX_MAX];
	double rate, rate_sigma;
	int err;

	err = daemon_drift_path(daemon, path, sizeof(path));
	if (!err)
		err = drift_read(path, &rate, &rate_sigma);
	if (err == -ENOENT)
		return;
	if (err) {
		log_warning("The drift file %s could not be read: %s; the clock's rate is learned anew",
			    path, err == -EINVAL ? "it is damaged" : strerror(-err));
		return;
	}
	discipline_prime_rate(daemon->discipline, rate, rate_sigma);
	log_info("Frequency %.3f +/- %.3f ppm read from %s", -rate * 1e6, rate_sigma * 1e6, path);
	if (!daemon->known.has_host && !daemon->known.external && !daemon->rivals.yielding)
		(void)system_clock_set_rate(daemon->clock, rate);
}

/* A host that is followed was chosen again since, or this machine was started anew. */
static void daemon_recall_outvoted(struct daemon *daemon)
{
	daemon->kept.outvoted = outvoted_host_is_noted(daemon->config->driftfile);
	if (!daemon->kept.outvoted || daemon->known.external)
		return;
	if (daemon->known.has_host)
		daemon_note_outvoted(daemon, false);
	else
		discipline_recall_outvoted_host(daemon->discipline);
}

void daemon_prime(struct daemon *daemon)
{
	daemon_plan_drift(daemon, system_clock_raw_ns());
	if (*daemon->config->driftfile)
		daemon_read_drift(daemon);
	daemon_recall_outvoted(daemon);
	daemon->kept.first_rate = system_clock_rate(daemon->clock);
}

/*
 * Leave the clock at the learned rate. A few seconds teach little: as long as they do not
 * contradict the clock's earlier rate, that is the better guess.
 */
static void daemon_leave_rate(struct daemon *daemon)
{
	double rate, rate_sigma;

	if (daemon->known.has_host || daemon->known.external || daemon->rivals.yielding ||
	    daemon->options->no_clock)
		return;
	if (!discipline_get_rate(daemon->discipline, &rate, &rate_sigma))
		return;
	if (rate_sigma < RATE_LEARNED ||
	    fabs(rate - daemon->kept.first_rate) > RATE_CONTRADICTED * rate_sigma)
		return;
	(void)system_clock_set_rate(daemon->clock, daemon->kept.first_rate);
}

void daemon_finish(struct daemon *daemon)
{
	steering_settle(daemon->steering);
	daemon_leave_rate(daemon);
	(void)daemon_write_drift(daemon);
}
