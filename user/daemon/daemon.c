// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starting and ending the daemon, and changing its configuration. What it does meanwhile is loop.c.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "core/line.h"
#include "daemon/notify.h"
#include "daemon/privileges.h"
#include "daemon/requests.h"
#include "lib/clock_watch.h"
#include "lib/plural.h"
#include "lib/virtual_machine.h"

/* 31 years: no error is greater. */
#define STEPPING_MAX_S	1e9

/* After a jump that the sources reported each has just answered: it need not be asked at once. */
void daemon_burst(struct daemon *daemon, int count)
{
	associations_burst_all(daemon->associations, system_clock_raw_ns(), count,
			       daemon->verdict != CONSENSUS_JUMP);
}

/* A reading of the configuration; @wrong: it has errors, of which the first is the refusal. */
struct config_reading {
	struct daemon *daemon;
	bool wrong;
};

static void daemon_report_config(void *context, enum config_severity severity, const char *file,
				 int line, const char *message)
{
	struct config_reading *reading = context;
	struct daemon *daemon = reading->daemon;
	char place[CONFIG_PATH_MAX + 16];

	config_place(file, line, place, sizeof(place));
	if (severity == CONFIG_ERROR ? !reading->wrong :
	    severity == CONFIG_SKIPPED && !*daemon->refusal)
		snprintf(daemon->refusal, sizeof(daemon->refusal), "%s: %s", place, message);
	reading->wrong |= severity == CONFIG_ERROR;
	if (severity == CONFIG_ERROR)
		log_err("%s: %s", place, message);
	else
		log_warning("%s: %s", place, message);
}

static int daemon_load_config(struct daemon *daemon, struct config **config)
{
	const char *text = daemon->options->config_text;
	struct config_reading reading = { .daemon = daemon };
	struct config_busy_files busy;
	char why[512];
	int err;

	*daemon->refusal = '\0';
	if (text)
		err = config_from_text("command line", text, strlen(text), true,
				       daemon_report_config, &reading, config);
	else
		err = config_load_again(daemon->options->config_path, daemon->config,
					daemon_busy_files(daemon, &busy), daemon_report_config,
					&reading, config);
	if (!err && !config_can_set_clock(*config, why, sizeof(why)))
		log_warning("%s: %s", text ? "command line" : daemon->options->config_path, why);
	if (err)
		return err;
	config_restrict_family(*config, daemon->options->family);
	daemon_ask_quickly(daemon, *config);
	return 0;
}

static struct steering_options daemon_steering_options(const struct daemon *daemon)
{
	return (struct steering_options){
		.max_slew = daemon->config->maxslewrate,
		.max_rate = daemon->config->maxdrift,
		.logchange_ns = daemon->config->logchange_ns,
		.step_threshold_ns = daemon->config->discipline.step_threshold_ns,
		.step_limit = daemon->config->discipline.step_limit,
		.leap_mode = daemon->config->leap_mode,
		.undo = daemon->config->rivals == CONFIG_RIVALS_UNDO,
		.observe = daemon->options->no_clock,
	};
}

/* Under a simulator many daemons run on one machine, each with its own clock. */
static bool has_real_clock(void)
{
	struct timespec ts;

	return !clock_gettime(CLOCK_BOOTTIME, &ts);
}

/* Those have the usual port and socket between them: who is told of others can be asked there. */
static bool may_answer_chronyc(const struct daemon *daemon)
{
	const struct config_chronyc *config = &daemon->config->chronyc;

	return has_real_clock() ||
	       (!config->port && *config->path && strcmp(config->path, CONFIG_CHRONYC_PATH));
}

/* What goes on beside us on this machine: not under a simulator, which knows nothing of it. */
static void daemon_look_around(struct daemon *daemon)
{
	if (daemon->options->task != DAEMON_RUN || !has_real_clock())
		return;
	daemon_find_rivals(daemon);
	daemon_watch_sources(daemon);
}

static void daemon_open_hardware(struct daemon *daemon, const struct config *config)
{
	associations_open_hardware(daemon->associations, config);
	serving_use_cards(daemon->serving, associations_hardware(daemon->associations),
			  system_clock_raw_ns());
}

/* -q and -Q serve nobody, and go on without when a terminal that goes away has them reload. */
static void daemon_serve_clients(struct daemon *daemon)
{
	if (daemon->options->task == DAEMON_RUN)
		serving_configure(daemon->serving, daemon->config,
				  associations_keys(daemon->associations), system_clock_raw_ns());
}

int daemon_reload(struct daemon *daemon)
{
	struct config *config = NULL, *before;
	struct steering_options options;
	bool moved;
	int err;

	err = daemon_load_config(daemon, &config);
	if (!err)
		err = associations_configure(daemon->associations, config, system_clock_raw_ns());
	if (err) {
		config_free(config);
		log_err("The new configuration has errors; going on with the old one");
		return err;
	}
	/* A card's clock that is open stays so: there may be no privilege to open it again. */
	if (!config_hardware_equal(config, daemon->config))
		daemon_open_hardware(daemon, config);
	moved = strcmp(config->driftfile, daemon->config->driftfile);
	before = daemon->config;
	daemon->config = config;
	daemon_name_withdrawn(daemon, before);
	config_free(before);
	if (moved)
		daemon_move_notes(daemon);
	daemon->kept.drift_error = 0;
	discipline_set_options(daemon->discipline, &config->discipline);
	options = daemon_steering_options(daemon);
	steering_set_options(daemon->steering, &options);
	daemon_serve_clients(daemon);
	if (daemon->chronyc)
		chronyc_listener_configure(daemon->chronyc, &config->chronyc);
	daemon_configure_module(daemon);
	daemon_write_pid(daemon);
	daemon_open_logs(daemon);
	daemon_look_around(daemon);
	daemon->due_ns[DUE_LEAP_LIST] = 0;
	/* Who reloads wants to know. */
	*daemon->leap.failure = '\0';
	/* There may be one only now, or at other intervals. */
	daemon->due_ns[DUE_DRIFT] = 0;
	daemon->sources_changed = true;
	log_notice("The configuration was read again: %zu source%s configured",
		   config->source_count, plural(config->source_count));
	return 0;
}

/*
 * What is below 0 is 0, as with chronyd, and many years are as good as more. chronyd takes an
 * infinite threshold, too, which would step nothing ever again: nobody means that.
 */
int daemon_set_stepping(struct daemon *daemon, double threshold_s, int limit)
{
	struct discipline_options *options = &daemon->config->discipline;
	struct steering_options steering;
	int64_t threshold_ns;

	if (!isfinite(threshold_s) || threshold_s > DAEMON_STEPPING_ABSURD_S)
		return -ERANGE;
	threshold_ns = llrint(fmin(fmax(threshold_s, 0), STEPPING_MAX_S) * 1e9);
	/* 0 is for none in the options. */
	options->step_threshold_ns = threshold_ns ? threshold_ns : 1;
	options->step_limit = limit;
	discipline_set_options(daemon->discipline, options);
	discipline_count_steps_anew(daemon->discipline);
	steering = daemon_steering_options(daemon);
	steering_set_options(daemon->steering, &steering);
	steering_count_steps_anew(daemon->steering);

	return 0;
}

static void daemon_on_sources(void *context)
{
	struct daemon *daemon = context;

	daemon->sources_changed = true;
}

/*
 * The clock may be set by another program, or by the kernel after a suspend. The module notices
 * that by itself. Where BOOTTIME is missing the clocks are simulated, and no other program sets
 * them.
 */
static int daemon_watch_clock(void)
{
	return has_real_clock() ? clock_watch_open() : -1;
}

/*
 * Being late costs accuracy. lock_all is as chrony has it, and sched_priority but for its policy:
 * by SCHED_FIFO nobody else of that priority runs on a processor before who runs there waits, which
 * a server that is flooded never does.
 */
void daemon_be_prompt(const struct daemon *daemon)
{
	struct sched_param param = { .sched_priority = daemon->config->sched_priority };
	struct rlimit unlimited = { .rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY };

	/* Memory that is allocated after dropping the privileges is locked, too. */
	if (daemon->config->lock_all &&
	    (setrlimit(RLIMIT_MEMLOCK, &unlimited) || mlockall(MCL_CURRENT | MCL_FUTURE)))
		log_warning("Memory could not be locked (lock_all): %s", strerror(errno));
	if (param.sched_priority > 0 && sched_setscheduler(0, SCHED_RR, &param))
		log_warning("The priority could not be raised (sched_priority): %s",
			    strerror(errno));
}

/* In some containers not even reading is permitted. Returns @err. */
static int daemon_report_clock(int err)
{
	if (err == -EPERM)
		log_err("We may not set the system clock: CAP_SYS_TIME is needed. Run as root or by the service unit, or with -x to observe only");
	else if (err)
		log_err("The system clock cannot be controlled: %s", strerror(-err));
	return err;
}

static int daemon_open_clock(struct daemon *daemon)
{
	bool null = daemon->options->no_clock || daemon->options->task == DAEMON_MEASURE;

	return daemon_report_clock(system_clock_open(&daemon->clock, null));
}

/* What others have begun with it would go on beside us. Where they are to have it, it goes on. */
static int daemon_take_clock(struct daemon *daemon)
{
	if (daemon->known.external || daemon->rivals.yielding)
		return 0;
	return daemon_report_clock(system_clock_take(daemon->clock));
}

static int daemon_drop_privileges(const struct daemon *daemon)
{
	const char *user = daemon->options->user ? daemon->options->user : daemon->config->user;
	struct privileges kept = {
		.set_time = !daemon->options->no_clock,
		.bind_port = serving_needs_port(daemon->config),
	};
	int err;

	if (!*user) {
		err = privileges_drop(DAEMON_USER, &kept);
		if (err == -ESRCH)
			err = privileges_drop("", &kept);
	} else {
		err = privileges_drop(user, &kept);
	}
	if (err == -ESRCH)
		log_err("The user %s does not exist. Create it, or name another with -u", user);
	else if (err)
		log_err("Privileges could not be given up: %s. %s", strerror(-err),
			privileges_advice(err));
	return err;
}

/* Parts that need only memory, and exist once timescale and clock do. */
static int daemon_build(struct daemon *daemon)
{
	struct steering_options options = daemon_steering_options(daemon);

	daemon->consensus = consensus_new();
	/* Without it nothing is remembered, which keeps no clock from being right. */
	daemon->history = history_new();
	daemon->discipline = discipline_new(&daemon->config->discipline);
	daemon->steering = steering_new(&options, daemon->clock, daemon->timescale);
	daemon->associations = associations_new(daemon->timescale, daemon_on_sources, daemon);
	daemon->serving = serving_new();
	if (!daemon->consensus || !daemon->discipline || !daemon->steering ||
	    !daemon->associations || !daemon->serving) {
		log_err("There is no memory left to start");
		return -ENOMEM;
	}
	return 0;
}

static void daemon_free(struct daemon *daemon)
{
	chronyc_listener_free(daemon->chronyc);
	log_files_free(daemon->logs.files);
	history_free(daemon->history);
	serving_free(daemon->serving);
	source_watch_close(daemon->source_watch);
	associations_free(daemon->associations);
	steering_free(daemon->steering);
	discipline_free(daemon->discipline);
	consensus_free(daemon->consensus);
}

/* Sources are asked last, when all that handles their answers exists. */
static int daemon_start(struct daemon *daemon)
{
	int64_t now_ns;
	int err;

	/* Before the clock is touched. */
	daemon_look_around(daemon);
	err = daemon_take_clock(daemon);
	if (err)
		return err;
	daemon_configure_module(daemon);
	daemon_prime(daemon);
	daemon_resume_leap(daemon);
	associations_use_leaps(daemon->associations, &daemon->leap.list);
	(void)steering_set_external(daemon->steering, daemon->known.external);
	now_ns = system_clock_raw_ns();
	err = associations_configure(daemon->associations, daemon->config, now_ns);
	if (err) {
		log_err("There is no memory left to start");
		return err;
	}
	daemon_recall_refuted(daemon);
	if (!daemon->config->source_count && daemon->options->task != DAEMON_RUN) {
		log_err("No time source is configured, so there is nothing to measure the clock by");
		return -ENOENT;
	}
	if (!daemon->config->source_count)
		log_notice("No time source is configured%s", daemon->known.has_host ?
			   "; following the host's clock alone" :
			   ": name one in the configuration, e.g. \"pool 2.debian.pool.ntp.org iburst\"");
	daemon_open_logs(daemon);
	daemon_serve_clients(daemon);
	if (daemon->options->task == DAEMON_RUN && may_answer_chronyc(daemon))
		daemon_open_chronyc(daemon);
	if (daemon->options->task == DAEMON_RUN && has_real_clock())
		daemon->run_folder.next_ns = now_ns;
	daemon->due_ns[DUE_WATCHDOG] = notify_watchdog_interval_ns() ? now_ns : INT64_MAX;
	daemon_begin_task(daemon, now_ns);
	return 0;
}

static int daemon_serve(struct daemon *daemon)
{
	int err;

	err = daemon_build(daemon);
	if (!err)
		err = daemon_start(daemon);
	if (!err)
		associations_open_refclocks(daemon->associations, system_clock_raw_ns());
	if (!err)
		daemon_open_hardware(daemon, daemon->config);
	if (!err)
		err = daemon_drop_privileges(daemon);
	if (err) {
		daemon_free(daemon);
		return 1;
	}
	notify_ready();
	daemon_loop(daemon);
	notify_stopping();
	daemon_finish(daemon);
	daemon_free(daemon);
	return daemon->status;
}

int daemon_run(const struct daemon_options *options)
{
	struct daemon daemon = {
		.options = options,
		.clock_watch_fd = -1,
		.rivals.next_ns = INT64_MAX,
		.run_folder = { .lock_fd = -1, .next_ns = INT64_MAX },
		.virtual_machine = is_virtual_machine(),
	};
	int status = 1;

	daemon_catch_signals();
	if (daemon_load_config(&daemon, &daemon.config))
		return DAEMON_STATUS_CONFIG;
	if (has_real_clock() && daemon_lock_clock(&daemon)) {
		status = DAEMON_STATUS_RIVAL;
		goto out_config;
	}
	if (daemon_open_control(&daemon))
		goto out_lock;
	if (daemon_open_clock(&daemon))
		goto out_control;
	if (daemon_open_timescale(&daemon)) {
		log_err("The clocks cannot be read");
		goto out_clock;
	}
	daemon.clock_watch_fd = daemon_watch_clock();
	daemon_write_pid(&daemon);
	daemon_be_prompt(&daemon);
	log_info("truechimed %s starts, %s", TRUECHIME_VERSION, options->no_clock ?
		 "observing only (-x)" : daemon.link ? "with the kernel module" :
					"without the kernel module");
	status = daemon_serve(&daemon);
	log_info("truechimed ends");

	daemon_remove_pid(&daemon);
	if (daemon.clock_watch_fd >= 0)
		close(daemon.clock_watch_fd);
	daemon_close_timescale(&daemon);
out_clock:
	system_clock_close(daemon.clock);
out_control:
	control_close(daemon.control);
out_lock:
	daemon_unlock_clock(&daemon);
out_config:
	config_free(daemon.config);
	return status;
}
