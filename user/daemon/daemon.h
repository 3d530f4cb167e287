/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon: all its parts in one structure, and the loop. It owns the order in which they run;
 * the work is done by the parts.
 */
#ifndef DAEMON_H
#define DAEMON_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "chronyc/listener.h"
#include "clocks/reference_change.h"
#include "clocks/system_clock.h"
#include "clocks/timescale.h"
#include "config/config.h"
#include "daemon/serving.h"
#include "discipline/consensus.h"
#include "discipline/discipline.h"
#include "discipline/manual.h"
#include "discipline/smear.h"
#include "ipc/history.h"
#include "ipc/log_files.h"
#include "ipc/rival_notice.h"
#include "ipc/socket.h"
#include "ipc/state.h"
#include "lib/event_stream.h"
#include "lib/log.h"
#include "lib/module_group.h"
#include "lib/module_link.h"
#include "sources/association.h"
#include "sources/source_watch.h"
#include "steering/leap_list.h"
#include "steering/steering.h"
#include "steering/time_daemons.h"

/* Measure the clock or set it, and end; or go on for ever. */
enum daemon_task {
	DAEMON_RUN,
	DAEMON_MEASURE,		/* -Q */
	DAEMON_SET,		/* -q */
};

/**
 * struct daemon_options - from the command line
 * @config_path: the configuration file
 * @config_text: configuration given on the command line instead of a file, or NULL
 * @user: run as, or NULL: as the configuration says
 * @socket_path: of the control socket
 * @task: what for
 * @family: AF_INET or AF_INET6, of -4 and -6: the only one that is used; AF_UNSPEC: both
 * @timeout_ns: end after so long, with -q and -Q in vain; 0: never
 * @no_clock: -x, never touch the clock or the module
 * @no_module: do without the module
 */
struct daemon_options {
	const char *config_path;
	const char *config_text;
	const char *user;
	const char *socket_path;
	enum daemon_task task;
	int family;
	int64_t timeout_ns;
	bool no_clock;
	bool no_module;
};

/* Exit statuses, beside 0, 1 for a failure and 2 for a wrong command line. */
#define DAEMON_STATUS_MAXCHANGE	3	/* a restart would defeat maxchange */
#define DAEMON_STATUS_CONFIG	4	/* a restart finds the same wrong configuration */
#define DAEMON_STATUS_RIVAL	5	/* another program steers the clock */

/* Deadlines, instants of the raw clock. */
enum daemon_due {
	DUE_UPDATE,		/* a discipline_update() without a sample */
	DUE_LEAP_LIST,		/* the list is read again */
	DUE_DRIFT,		/* the drift file is written */
	DUE_WATCHDOG,		/* the service manager's watchdog is notified */
	DUE_END,		/* the daemon ends, with -q and -Q in vain */
	DUE_COUNT,
};

/* The path of a list of leap seconds: a file, or a time zone with its folder before it. */
#define LEAP_PATH_MAX	(CONFIG_PATH_MAX + 32)

/* Why a list could not be read, for people. */
#define LEAP_WHY_MAX	64

/* Events remembered without a module to remember them. */
#define DAEMON_EVENTS	32

/**
 * struct rival_seen - another program that changed the clock, as truechime-watch reports
 * @daemon: it; its unit is "" where that is none of systemd's
 * @where: its unit, or its container
 * @latest_ns: the latest report, by the raw clock
 * @log: of what is logged
 * @steers: it goes on to change the clock, so that it is a time daemon, whatever its name
 */
struct rival_seen {
	struct time_daemon daemon;
	char where[RIVAL_NOTICE_WHERE_MAX];
	int64_t latest_ns;
	struct log_limit log;
	bool steers;
};

/**
 * struct daemon_rivals - other programs that may set the clock
 * @running: other time daemons that run ...
 * @running_count: ... how many
 * @agents: of hypervisors, which were named ...
 * @agent_count: ... how many
 * @seen: programs that were seen to change the clock ...
 * @seen_count: ... how many
 * @next_ns: when to look for all of them again, by the raw clock
 * @yielding: the clock is left to those that run
 */
struct daemon_rivals {
	struct time_daemon running[TIME_DAEMONS_MAX];
	size_t running_count;
	struct time_daemon agents[TIME_DAEMONS_MAX];
	size_t agent_count;
	struct rival_seen seen[TIME_DAEMONS_MAX];
	size_t seen_count;
	int64_t next_ns;
	bool yielding;
};

/**
 * struct daemon_run_folder - what is in /run
 * @pid_path: the pid file that was written; "": none
 * @lock_fd: the lock that shows others that this daemon steers the clock; -1: none
 * @next_ns: when all of that, and the sockets, are looked for next, by the raw clock
 * @socket_error: why the control socket could not be made again, -errno; 0: it could
 * @lock_error: same of the lock
 */
struct daemon_run_folder {
	char pid_path[CONFIG_PATH_MAX];
	int lock_fd;
	int64_t next_ns;
	int socket_error;
	int lock_error;
};

/**
 * struct daemon_leap - leap seconds by a list
 * @list: as configured, from the latest reading that succeeded ...
 * @path: ... of this file; "": none is configured
 * @failure: why the latest reading failed, as it was logged; "": it did not
 * @expiry_logged_s: the expiry of the list that was logged
 */
struct daemon_leap {
	struct leap_list list;
	char path[LEAP_PATH_MAX];
	char failure[LEAP_WHY_MAX];
	int64_t expiry_logged_s;
};

/**
 * struct daemon_smearing - sources that smear a leap second
 * @leap: what they are like beside the latest one
 * @sources: those that smeared it at the latest look, a bit each
 */
struct daemon_smearing {
	struct smear leap;
	uint64_t sources;
};

/**
 * struct daemon_by_hand - times that the operator sets
 * @times: all of them
 * @rate: what was known of the rate before the first of them, or what sources have shown since;
 *	its bound is 0: not asked
 * @latest_ns: the latest of them, which is in force; 0: none is
 */
struct daemon_by_hand {
	struct manual times;
	struct manual_rate rate;
	int64_t latest_ns;
};

/**
 * struct daemon_progress - how far -q or -Q has come, by the raw clock
 * @begun_ns: when it began
 * @first_result_ns: when sources were first selected; 0: they were not yet
 */
struct daemon_progress {
	int64_t begun_ns;
	int64_t first_result_ns;
};

/**
 * struct daemon_kept - for the next start
 * @outvoted: the time sources demoted the host, and it is to know that
 * @first_rate: the system clock's before we steered it, or the drift file's
 * @drift_error: -errno of the latest try to write the drift file, which was logged; 0: it was
 *	written, or the configuration was read again since
 */
struct daemon_kept {
	bool outvoted;
	double first_rate;
	int drift_error;
};

/* Mistakes in files of sources that are told apart; of more it is known whether they changed. */
#define DAEMON_SOURCE_REPORTS	64

/**
 * struct daemon_source_reports - what was wrong in the files of sources
 * @all: a hash of all that was at the latest reading; 0: they were read with the whole
 *	configuration
 * @each: hashes of what was then, and before in files that could not be read since
 * @count: how many of them
 */
struct daemon_source_reports {
	uint64_t all;
	uint64_t each[DAEMON_SOURCE_REPORTS];
	size_t count;
};

/**
 * struct daemon_events - the latest disruptions
 * @stream: the module's events, and the latest one received
 * @own: where the module is missing, oldest first
 * @own_count: how many of them
 */
struct daemon_events {
	struct event_stream stream;
	struct module_event own[DAEMON_EVENTS];
	int own_count;
};

/**
 * struct source_seen - a source at the latest look, for the files of measurements
 * @serial: source_serial()
 * @answers: packets that were its answers, of use or not
 * @samples: of these, samples
 * @readings: of a reference clock, of which entries were written
 * @rate: what the latest sample but one showed ...
 * @rate_sigma: ... and its standard error; 0: there was none
 */
struct source_seen {
	uint64_t serial;
	uint64_t answers;
	uint64_t samples;
	uint64_t readings;
	double rate;
	double rate_sigma;
};

/**
 * struct daemon_logs - files of measurements
 * @files: NULL: there are none, and the rest means nothing
 * @seen: the sources at the latest look ...
 * @seen_count: ... how many
 * @sampled: those with samples that the discipline has not seen yet, a bit each
 * @remaining_ns: what the system clock lacked at the latest answer ...
 * @bound_ns: ... and the bound of its error
 * @update_ns: the latest update that was written, by the raw clock
 */
struct daemon_logs {
	struct log_files *files;
	struct source_seen seen[CONFIG_SOURCES_MAX];
	size_t seen_count;
	uint64_t sampled;
	int64_t remaining_ns;
	int64_t bound_ns;
	int64_t update_ns;
};

/**
 * struct daemon - all that runs
 * @options: from the command line
 * @config: in force
 * @link: to the module; NULL: it is not there
 * @watch: reports that the module comes or goes; NULL: nothing does
 * @clock: the system clock
 * @timescale: backend in force
 * @associations: sockets and sources
 * @consensus: whether the sources contradict the timescale ...
 * @verdict: ... and its latest verdict
 * @discipline: what the sources say
 * @steering: applies it to the clocks
 * @serving: the time to others
 * @control: the socket of the command line program; NULL: there is none
 * @published_state: a hash of what those who follow the state were told last
 * @chronyc: the sockets of chronyc; NULL: there are none
 * @refusal: room for its latest reason
 * @source_watch: reports that files of sources change; NULL: there are none, or nothing does
 * @source_reports: what was wrong in them, which was logged
 * @smearing: sources that smear a leap second
 * @by_hand: times that the operator sets
 * @update: the discipline's latest verdict and correction
 * @history: what the clock was like; NULL: there was no memory for it
 * @known: the reading of the clocks whose epoch, reference and disruptions the sources'
 *	estimates are of
 * @kept: for the next start
 * @events: the latest disruptions
 * @leap: leap seconds by a list
 * @logs: files of measurements
 * @rivals: other programs that may set the clock
 * @run_folder: what is in /run
 * @due_ns: when it is, by the raw clock; INT64_MAX: never
 * @task: with -q and -Q
 * @clock_watch_fd: readable when the system clock was set; negative: not supported
 * @virtual_machine: this is one, so that a disruption may go unnoticed
 * @sources_changed: an update of the discipline is due
 * @stop: leave the loop ...
 * @status: ... with this exit status
 */
struct daemon {
	const struct daemon_options *options;
	struct config *config;
	struct module_link *link;
	struct module_watch *watch;
	struct system_clock *clock;
	struct timescale *timescale;
	struct associations *associations;
	struct consensus *consensus;
	enum consensus_verdict verdict;
	struct discipline *discipline;
	struct steering *steering;
	struct serving *serving;
	struct control *control;
	uint64_t published_state;
	struct chronyc_listener *chronyc;
	char refusal[512];
	struct source_watch *source_watch;
	struct daemon_source_reports source_reports;

	struct daemon_smearing smearing;
	struct daemon_by_hand by_hand;
	struct state_update update;
	struct history *history;
	struct timescale_now known;
	struct daemon_kept kept;
	struct daemon_events events;
	struct daemon_leap leap;
	struct daemon_logs logs;
	struct daemon_rivals rivals;
	struct daemon_run_folder run_folder;

	int64_t due_ns[DUE_COUNT];
	struct daemon_progress task;
	int clock_watch_fd;
	bool virtual_machine;
	bool sources_changed;
	bool stop;
	int status;
};

/* daemon.c */

/* Run to the end. Returns the exit status of the program. */
int daemon_run(const struct daemon_options *options);

/* Requests to each source when the clock is to be confirmed at once. */
#define DAEMON_BURST	4

/* Ask all sources at once. */
void daemon_burst(struct daemon *daemon, int count);

/*
 * Read the configuration again; the old one stays in force when it has an error. 0, -errno.
 * daemon.refusal is as of daemon_reload_sources(), or the first error.
 */
int daemon_reload(struct daemon *daemon);

/*
 * Have lock_all and sched_priority, as configured. The process that serves inherits the latter, and
 * takes turns with the daemon.
 */
void daemon_be_prompt(const struct daemon *daemon);

/* The universe is younger. What chronyc sends for an infinite number is 4.6e18. */
#define DAEMON_STEPPING_ABSURD_S	1e18

/*
 * makestep: step errors above @threshold_s, in the next @limit updates; negative: in all. 0, or
 * -ERANGE: the threshold is no number, or beyond DAEMON_STEPPING_ABSURD_S.
 */
int daemon_set_stepping(struct daemon *daemon, double threshold_s, int limit);

/* run_folder.c */

/*
 * The service manager makes our folders; without one they may be missing. Make @folder for the user
 * that the daemon becomes.
 */
void daemon_make_own_folder(const struct daemon *daemon, const char *folder, mode_t mode);

/* The same for the folder of @path, which others look into. */
void daemon_make_folder(const struct daemon *daemon, const char *path);

/* Open the control socket. 0, also if there is none; -EADDRINUSE: another daemon has it. */
int daemon_open_control(struct daemon *daemon);

/*
 * A second daemon would steer the same clock against the first; with -q it would set it against the
 * running daemon. 0, also if it cannot be noticed; -EBUSY: another one has the clock (logged).
 */
int daemon_lock_clock(struct daemon *daemon);
void daemon_unlock_clock(const struct daemon *daemon);

/*
 * As configured, from the start or by a reload, when the privileges for that may be gone. One that
 * is there stays until another one is.
 */
void daemon_write_pid(struct daemon *daemon);
void daemon_remove_pid(const struct daemon *daemon);

/* When it is time, make again what others have removed. */
void daemon_keep_run_folder(struct daemon *daemon, int64_t now_raw_ns);

/* loop.c */

/* Note signals for the loop from now on. */
void daemon_catch_signals(void);

/* Serve all until a signal, a time limit or an error stops the daemon. */
void daemon_loop(struct daemon *daemon);

/* logs.c */

/* Write files of measurements as configured. */
void daemon_open_logs(struct daemon *daemon);

/* Write what has come since the latest call, before the clock is updated by it. */
void daemon_log_answers(struct daemon *daemon);

/* Write what came of it. */
void daemon_log_update(struct daemon *daemon);

/* source_files.c */

/* Watch the directories that the configuration names for files of sources. */
void daemon_watch_sources(struct daemon *daemon);

/* Which of these files are being written now: @busy, or NULL if nothing is known of that. */
const struct config_busy_files *daemon_busy_files(struct daemon *daemon,
						  struct config_busy_files *busy);

/*
 * Read these files again. 0, -ENOMEM. daemon.refusal says which line was the first that was left
 * out, and why; "": none was.
 */
int daemon_reload_sources(struct daemon *daemon);

/* What is still wrong is logged at the next reading: the operator wants to know. */
void daemon_forget_source_reports(struct daemon *daemon);

/* Read them if they have changed. */
void daemon_check_sources(struct daemon *daemon);

/* rivals.c */

/* Find other time daemons, log what is new about them, and do as configured. */
void daemon_find_rivals(struct daemon *daemon);

/* The same when it is time for it, without a reading of all processes. */
void daemon_watch_rivals(struct daemon *daemon, int64_t now_ns);

/* rivals_seen.c */

/* Add those that go on to change the clock to the @count other time daemons. How many then. */
size_t daemon_add_seen(struct daemon *daemon, struct time_daemon *rivals, size_t count);

/* update.c */

/* Run the discipline on the sources' samples, and steer by the result. */
void daemon_update(struct daemon *daemon);

/*
 * The timescale has refused, with @err, what was found at @now: is it tried again? At once if the
 * clocks have changed meanwhile, in a moment if the host has not said yet what a disruption took.
 */
bool daemon_tries_again(struct daemon *daemon, const struct timescale_now *now, int err);

/* Do not correct the clock by the sources. It goes on, unconfirmed unless there is a host. */
void daemon_leave_unconfirmed(struct daemon *daemon, const struct timescale_now *now);

/* Do what is due at @now_ns of the raw clock: steering, drift file, updates without a sample. */
void daemon_timers(struct daemon *daemon, int64_t now_ns);

/* drift_files.c */

/* What was kept by an earlier daemon, to start from. */
void daemon_prime(struct daemon *daemon);

/* Keep the rate for the next start, if it is known well enough. NULL; why nothing was written. */
const char *daemon_write_drift(struct daemon *daemon);

/* The same when it is time for it. */
void daemon_keep_drift(struct daemon *daemon, int64_t now_ns);

/* Before the end: the drift file, and the clock's rate without a slew. */
void daemon_finish(struct daemon *daemon);

/* Keep it for the next start that it was the sources who demoted the host, or that it is over. */
void daemon_note_outvoted(struct daemon *daemon, bool outvoted);

/* Keep it for the next start which reference clocks the sources have refuted. */
void daemon_note_refuted(const struct daemon *daemon);

/* Those that were refuted before this start are, from now on. */
void daemon_recall_refuted(const struct daemon *daemon);

/*
 * The configuration names another drift file: what is noted of the host and of reference clocks is
 * to be beside it.
 */
void daemon_move_notes(struct daemon *daemon);

/* task.c */

/* The task begins, and with it the time of -t. */
void daemon_begin_task(struct daemon *daemon, int64_t now_ns);

/* The loop is to end, and the program with this exit status. */
void daemon_leave(struct daemon *daemon, int status);

/* With -q and -Q all sources are asked as with iburst, because the program is to end soon. */
void daemon_ask_quickly(const struct daemon *daemon, struct config *config);

/* After an update: -q and -Q end as soon as the offset is known well enough. */
void daemon_judge_task(struct daemon *daemon, const struct timescale_now *now);

/*
 * By the latest verdicts only one of several sources that could set the clock gives the time, which
 * -q does not follow: it may be wrong.
 */
bool daemon_awaits_others(const struct daemon *daemon);

/*
 * They end, too, if no source is selected, or only one of several gives the time, and no other one
 * can be expected to.
 */
void daemon_give_up_task(struct daemon *daemon, int64_t now_ns);

/* The time of -t is over. As with chronyd, the status says whether the clock is synchronised. */
void daemon_end(struct daemon *daemon);

/* leap.c */

/* Read the configured list of leap seconds, which packages bring up to date while we run. */
void daemon_read_leap_list(struct daemon *daemon, int64_t now_ns);

/* At the start: what an earlier daemon left to the kernel. The list is read. */
void daemon_resume_leap(struct daemon *daemon);

/* Announce the leap second of the list, or else of the sources, to steering. */
void daemon_announce_leap(struct daemon *daemon);

/* smearing.c */

/* Find the sources that smear a leap second, and log which are new. */
void daemon_judge_smearing(struct daemon *daemon, struct source *const *sources, size_t count,
			   const struct timescale_now *now);

/* jump.c */

/*
 * Check whether the sources report a disruption. false: the discipline must not use their samples
 * now.
 */
bool daemon_judge_sources(struct daemon *daemon, struct source *const *sources, size_t count,
			  const struct timescale_now *now);

/*
 * Step the clock because the operator wants it, who vouches for the sources: they are right,
 * whatever was known before. 0; 1: a source that contradicts the clock is followed only now, is
 * asked, and has the clock set when it answers; -errno (logged).
 */
int daemon_make_step(struct daemon *daemon);

/* events.c */

/* Handle events from now on. Earlier ones are no news; the module still lists them. */
void daemon_receive_events(struct daemon *daemon);

/* Read the module's notifications. */
void daemon_module_events(struct daemon *daemon);

/* Remember and report a disruption, because there is no module to do so. */
void daemon_own_event(struct daemon *daemon, const struct module_event *event);

/* Report a suspend that the timescale noticed, because there is no module to do so. */
void daemon_slept(struct daemon *daemon, const struct timescale_now *now);

/* backend.c */

/* Find the module, loading it where we may, and open the timescale that there is. 0, -errno. */
int daemon_open_timescale(struct daemon *daemon);
void daemon_close_timescale(struct daemon *daemon);

/* The module came or went. */
void daemon_module_changed(struct daemon *daemon);

/* A request to the module failed with @err: if the module is gone, go on without it. */
void daemon_module_failed(struct daemon *daemon, int err);

/* Apply the configuration to the module: host clock, step policy and RTC policy. */
void daemon_configure_module(struct daemon *daemon);

/*
 * What the configuration @before has told the module, and the one in force does not: it stays, as
 * the module does not know who has told it, and is named in the log.
 */
void daemon_name_withdrawn(const struct daemon *daemon, const struct config *before);

/* epoch.c */

/* Sources have corrected the reference, and will again; false where only a host is followed. */
bool daemon_is_corrected(const struct daemon *daemon);

/* UTC was set forward by @change_ns, a leap second: convert all that was measured before. */
void daemon_leap(struct daemon *daemon, int64_t change_ns);

/* Convert all that was measured to the present reference, as far as @change states how. */
void daemon_change_reference(struct daemon *daemon, const struct reference_change *change);

/* The same for what the sources have measured alone. */
void daemon_change_sources(struct daemon *daemon, const struct reference_change *change);

/* React to what is new in @now: another mode or epoch, or a disruption. */
void daemon_check_epoch(struct daemon *daemon, const struct timescale_now *now);

#endif /* DAEMON_H */
