// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime-hooks: runs the programs of a directory after each disruption, and records it in a file
 * that systemd can watch; or freezes a cgroup until the clock is right; or is ready, as a service,
 * while it is. Separate from the daemon, which talks to the network and must not start programs.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/reaction.h"
#include "hooks/freezer.h"
#include "hooks/hold.h"
#include "hooks/hook_list.h"
#include "hooks/hook_run.h"
#include "hooks/position.h"
#include "hooks/readiness.h"
#include "lib/clock_ns.h"
#include "lib/event_fields.h"
#include "lib/event_report.h"
#include "lib/event_stream.h"
#include "lib/log.h"
#include "lib/module_group.h"
#include "lib/module_link.h"
#include "lib/names.h"
#include "lib/user_err.h"
#include "lib/usual_options.h"

/* All of a hook's environment but the event. */
#define HOOK_PATH	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#define DIRECTORY	"/etc/truechime/disruption.d"
#define LIMIT_S		10
#define LIMIT_MAX_S	3600

/*
 * The maximum error of a clock that is right. A host's clock whose error is not known counts as
 * right to a second, and a hold has to end with that, too.
 */
#define WITHIN_NS	1100000000LL

/* The kernel's maximum error ends here. */
#define WITHIN_MAX_NS	16000000000LL

struct hooks {
	const char *directory;
	const char *file;	/* record of the latest disruption; NULL: none */
	const char *position;	/* file of the latest event that was taken; NULL: none */
	const char *cgroup;	/* to be frozen instead; NULL: none */
	bool notifies;		/* instead is ready while the clock is right */
	int limit_s;
	int64_t within_ns;	/* the clock is right when it is known to be so to that */
	int64_t held_raw_ns;	/* CLOCK_MONOTONIC_RAW at the end of the latest hold; 0: none yet */
};

static void print_usage(void)
{
	fputs("Usage: truechime-hooks [OPTION]...\n"
	      "After each disruption of this machine's time, run the programs in\n"
	      DIRECTORY ".\n\n"
	      "  -D, --directory DIR    run those in DIR\n"
	      "  -s, --state FILE       first write the event to FILE, as JSON\n"
	      "  -p, --position FILE    go on after the event noted in FILE; note each there\n"
	      "  -t, --timeout SECONDS  end a program that runs longer, or thaw then (10)\n"
	      "  -F, --freeze CGROUP    instead freeze CGROUP until the clock is right\n"
	      "  -n, --notify           instead, for systemd, be ready while the clock is right\n"
	      "  -w, --within TIME      right: its maximum error is at most TIME (1.1s)\n"
	      "  -T, --thaw CGROUP      thaw CGROUP, and end\n"
	      "  -v, --version          the version\n"
	      "  -h, --help             this\n", stdout);
}

static void log_skipped(const char *path, const char *reason)
{
	log_warning("%s is not run: %s", path, reason);
}

static void log_result(const char *path, const struct hook_result *result, int limit_s)
{
	if (result->is_left)
		log_warning("%s ran for more than %d s, and cannot be ended: something of it still runs. The next one does not wait for it",
			    path, limit_s);
	else if (result->timed_out)
		log_warning("%s was ended: it ran for more than %d s", path, limit_s);
	else if (WIFSIGNALED(result->status))
		log_warning("%s was killed by signal %d (%s)", path, WTERMSIG(result->status),
			    strsignal(WTERMSIG(result->status)));
	else if (WEXITSTATUS(result->status))
		log_warning("%s failed with exit status %d", path, WEXITSTATUS(result->status));
	else
		log_debug("%s is done", path);
}

static void run_hooks(const struct hooks *hooks, const struct module_event *event)
{
	struct event_fields environment;
	struct hook_result result;
	struct hook_list list;
	size_t i;
	int err;

	event_fields_fill(&environment, HOOK_PATH, event);
	err = hook_list_read(hooks->directory, &list, log_skipped);
	if (err) {
		log_err("No program in %s was run after a disruption: %s", hooks->directory,
			strerror(-err));
		return;
	}
	for (i = 0; i < list.count; i++) {
		err = hook_run(list.paths[i], environment.list, hooks->limit_s * 1000, &result);
		if (err)
			log_err("%s could not be run: %s", list.paths[i], strerror(-err));
		else
			log_result(list.paths[i], &result, hooks->limit_s);
	}
	hook_list_free(&list);
}

static void log_no_path(const char *cgroup)
{
	log_err("%s is not the path of a cgroup below " FREEZER_ROOT, cgroup);
}

/* Opened each time: it may come and go. 0, -errno (logged). */
static int open_freezer(struct freezer *freezer, const char *cgroup)
{
	char own[4096] = "";
	int err;

	err = freezer_own("/proc/self/cgroup", own, sizeof(own));
	if (!err)
		err = freezer_open(freezer, FREEZER_ROOT, cgroup, own);
	if (err == -EDEADLK)
		log_err("The cgroup %s cannot be frozen: this program is in it", cgroup);
	else if (err == -EINVAL)
		log_no_path(cgroup);
	else if (err == -ENOENT)
		log_warning("The cgroup %s cannot be frozen: there is none in " FREEZER_ROOT,
			    cgroup);
	else if (err)
		log_err("The cgroup %s cannot be frozen: %s", cgroup, strerror(-err));
	return err;
}

/*
 * Before the first event, when it would be too late to say so: a name that is none, or our own
 * cgroup, can never be frozen. Others may exist later. 0, -errno (logged).
 */
static int check_cgroup(const char *cgroup)
{
	struct freezer freezer;
	int err = open_freezer(&freezer, cgroup);

	if (!err)
		freezer_close(&freezer);

	return err == -EINVAL || err == -EDEADLK || err == -ENAMETOOLONG ? err : 0;
}

/*
 * A disruption during a hold waits for its end, and several must not be held for a whole limit one
 * after the other: the limit of such a one begins with the disruption. Any other has its limit from
 * now on, however late a starved machine reports it: its programs did not run meanwhile, either.
 */
static int hold_left_ms(const struct hooks *hooks, const struct module_event *event)
{
	int64_t limit_ms = hooks->limit_s * (int64_t)1000;
	int64_t age_ms = chime_sub_sat(clock_ns(CLOCK_MONOTONIC_RAW), event->raw_ns) / 1000000;

	if (event->raw_ns >= hooks->held_raw_ns)
		return (int)limit_ms;
	return (int)(limit_ms - chime_min(chime_max(age_ms, 0), limit_ms));
}

static void hold(struct hooks *hooks, const struct module_event *event)
{
	int left_ms = hold_left_ms(hooks, event), err;
	struct hold_result result;
	struct freezer freezer;

	if (!left_ms) {
		log_info("The cgroup %s is not frozen for disruption %u, which came more than %d s ago, while it was frozen for another",
			 hooks->cgroup, event->sequence, hooks->limit_s);
		return;
	}
	if (open_freezer(&freezer, hooks->cgroup))
		return;
	err = hold_run(&freezer, left_ms, hooks->within_ns, hold_clock_is_right, &result);
	hooks->held_raw_ns = clock_ns(CLOCK_MONOTONIC_RAW);
	if (err == -EALREADY)
		log_warning("The cgroup %s was already frozen by another program, and stays frozen",
			    hooks->cgroup);
	else if (err)
		log_err("The cgroup %s could not be frozen, or thawed: %s. To thaw it: truechime-hooks --thaw %s",
			hooks->cgroup, strerror(-err), hooks->cgroup);
	else if (result.right)
		log_notice("The cgroup %s was frozen for %d ms, until the clock was right to within %s",
			   hooks->cgroup, result.held_ms, duration_text(hooks->within_ns).text);
	else
		log_warning("The cgroup %s was thawed after %d ms, and the clock is not known to be right to within %s yet",
			    hooks->cgroup, result.held_ms, duration_text(hooks->within_ns).text);
	freezer_close(&freezer);
}

static int thaw(const char *cgroup)
{
	struct freezer freezer;
	int err;

	/* Thawing is safe for any cgroup, so no own one is passed for comparison. */
	err = freezer_open(&freezer, FREEZER_ROOT, cgroup, "");
	if (err == -EINVAL) {
		log_no_path(cgroup);
		return 1;
	}
	if (!err) {
		err = freezer_set(&freezer, false);
		freezer_close(&freezer);
	}
	if (err == -ENOENT)
		log_warning("The cgroup %s cannot be thawed: there is none in " FREEZER_ROOT,
			    cgroup);
	else if (err)
		log_err("The cgroup %s could not be thawed: %s", cgroup, strerror(-err));
	return err ? 1 : 0;
}

/* Replace it as a whole, for its readers. */
static void write_state(const char *file, const struct module_event *event)
{
	json_t *report = event_report(event);
	char *fresh;

	if (asprintf(&fresh, "%s.new", file) < 0) {
		json_decref(report);
		return;
	}
	if (json_dump_file(report, fresh, JSON_COMPACT) || rename(fresh, file))
		log_err("The event could not be written to %s: %s; what waits for it does not run",
			file, strerror(errno));
	json_decref(report);
	free(fresh);
}

/* Before its programs run: those that end this process would do so again each time it begins. */
static void note_position(const struct hooks *hooks, uint64_t instance, uint32_t sequence)
{
	const struct position position = { .instance = instance, .sequence = sequence };
	int err = hooks->position ? position_write(hooks->position, &position) : 0;

	if (err)
		log_err("%s could not be written: %s; what happens while this service does not run is not made up for",
			hooks->position, strerror(-err));
}

static void handle_event(void *context, const struct module_event *event)
{
	struct hooks *hooks = context;

	note_position(hooks, event->instance, event->sequence);
	if (!chime_reaction_counts(event->cause))
		return;
	log_info("Disruption %u, cause %s: %s %s", event->sequence, name_of_cause(event->cause),
		 hooks->cgroup ? "holding" : "running",
		 hooks->cgroup ? hooks->cgroup : hooks->directory);
	if (hooks->cgroup) {
		hold(hooks, event);
		return;
	}
	if (hooks->file)
		write_state(hooks->file, event);
	run_hooks(hooks, event);
}

/* Hooks took so long that notifications were lost, and the module has forgotten the events. */
static void handle_loss(const char *why)
{
	log_warning("No program was run after some disruptions: %s", why);
}

/* Before that a disruption passes unnoticed here, and a process may take a while to get there. */
static void say_from_when(const struct hooks *hooks)
{
	if (hooks->cgroup)
		log_info("Disruptions freeze %s from now on", hooks->cgroup);
	else
		log_info("Disruptions run what is in %s from now on", hooks->directory);
}

/* Where another process was when it ended, if that is known. */
static bool find_position(const struct hooks *hooks, struct position *position)
{
	int err = hooks->position ? position_read(hooks->position, position) : -ENOENT;

	if (err && err != -ENOENT)
		log_warning("%s could not be read: %s. What happened while this service did not run is not made up for",
			    hooks->position,
			    err == -EINVAL ? "this program has not written it" : strerror(-err));
	return !err;
}

/* The events from now on are news, and those since an earlier process ended. */
static int begin_stream(const struct hooks *hooks, struct event_stream *stream)
{
	struct position earlier;
	int err;

	if (find_position(hooks, &earlier)) {
		say_from_when(hooks);
		return event_stream_resume(stream, earlier.instance, earlier.sequence);
	}
	err = event_stream_skip(stream);
	if (err)
		return err;
	note_position(hooks, stream->instance, stream->last);
	say_from_when(hooks);
	return 0;
}

/* Receive events until the module is unloaded. */
static int receive_events(struct hooks *hooks, struct module_watch *watch, struct module_link *link)
{
	struct event_stream stream = {
		.link = link,
		.handle = handle_event,
		.lost = handle_loss,
		.context = hooks,
	};
	int err;

	err = module_link_subscribe(link);
	if (!err)
		err = begin_stream(hooks, &stream);
	if (err)
		return err;
	return event_stream_follow(&stream, watch, -1);
}

/* Without it no event comes, and a service that runs looks as if one would. */
static int await_module(struct module_watch *watch, bool *is_said)
{
	if (!*is_said)
		log_warning("The kernel module truechime is not loaded: until it is, nothing happens here after a disruption. See: truechime doctor");
	*is_said = true;
	return module_watch_wait(watch, -1, -1);
}

static int run(struct hooks *hooks)
{
	struct module_watch *watch;
	struct module_link *link;
	bool is_said = false;
	int err;

	err = module_watch_open(&watch);
	while (!err) {
		err = module_link_open(&link);
		if (!err) {
			err = receive_events(hooks, watch, link);
			module_link_close(link);
			log_notice("The events of the module truechime can no longer be received: %s",
				   err == -ENODEV ? "it was unloaded" : strerror(-err));
			is_said = true;
		}
		if (err == -ENOENT || err == -EOPNOTSUPP)
			err = await_module(watch, &is_said);
		if (err == -ENODEV)
			err = 0;
	}
	log_err("Events of disruptions cannot be received: %s", strerror(-err));
	module_watch_close(watch);
	return 1;
}

/* There is nothing to put in order: who guards a hold, or watches a program, sees to that. */
static void end(int number)
{
	(void)number;
	_exit(0);
}

static int parse_limit(const char *text, int *limit_s)
{
	if (!seconds_of_text(text, LIMIT_MAX_S, limit_s)) {
		user_err("--timeout takes 1 to %d seconds, not \"%s\"", LIMIT_MAX_S, text);
		return -1;
	}
	return 0;
}

static int parse_within(const char *text, int64_t *within_ns)
{
	if (duration_of_text(text, within_ns) && *within_ns > 0 && *within_ns <= WITHIN_MAX_NS)
		return 0;
	user_err("--within takes a time such as 50ms, and 16s at most, not \"%s\"", text);
	return -1;
}

/* No exit status: there is more to do. */
#define GO_ON	(-1)

static const struct option names[] = {
	{ "directory", required_argument, NULL, 'D' },
	{ "state", required_argument, NULL, 's' },
	{ "position", required_argument, NULL, 'p' },
	{ "timeout", required_argument, NULL, 't' },
	{ "freeze", required_argument, NULL, 'F' },
	{ "notify", no_argument, NULL, 'n' },
	{ "thaw", required_argument, NULL, 'T' },
	{ "within", required_argument, NULL, 'w' },
	{ "version", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* One option. GO_ON, or the exit status with which the program ends. */
static int take_option(struct hooks *hooks, int option, char **argv)
{
	switch (option) {
	case 'D':
		hooks->directory = optarg;
		break;
	case 's':
		hooks->file = optarg;
		break;
	case 'p':
		hooks->position = optarg;
		break;
	case 't':
		return parse_limit(optarg, &hooks->limit_s) ? 2 : GO_ON;
	case 'F':
		hooks->cgroup = optarg;
		break;
	case 'n':
		hooks->notifies = true;
		break;
	case 'w':
		return parse_within(optarg, &hooks->within_ns) ? 2 : GO_ON;
	case 'T':
		log_open(false);
		return thaw(optarg);
	default:
		return usual_option("truechime-hooks", option, print_usage, names, argv);
	}

	return GO_ON;
}

/* All of them. As take_option(). */
static int take_options(struct hooks *hooks, int argc, char **argv)
{
	int option, status;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":D:s:p:t:F:nT:w:vh", names, NULL)) != -1) {
		status = take_option(hooks, option, argv);
		if (status != GO_ON)
			return status;
	}

	return user_err_arguments(argc, argv) ? 2 : GO_ON;
}

int main(int argc, char **argv)
{
	struct hooks hooks = {
		.directory = DIRECTORY,
		.limit_s = LIMIT_S,
		.within_ns = WITHIN_NS,
	};
	int status = take_options(&hooks, argc, argv);

	if (status != GO_ON)
		return status;
	signal(SIGTERM, end);
	signal(SIGINT, end);
	log_open(true);
	if (hooks.notifies) {
		readiness_run(hooks.within_ns, hold_clock_is_right);
		return 0;
	}
	if (hooks.cgroup && check_cgroup(hooks.cgroup))
		return 2;
	return run(&hooks);
}
