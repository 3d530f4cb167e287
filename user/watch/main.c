// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime-watch: who changes the system clock beside truechime. It loads its programs into the
 * kernel, gives up all privileges, and from then on notes what they record, answers `truechime
 * rivals` and sends truechimed notices.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "core/line.h"
#include "ipc/socket.h"
#include "ipc/socket_file.h"
#include "lib/clock_ns.h"
#include "lib/log.h"
#include "lib/plural.h"
#include "lib/services.h"
#include "lib/time_units.h"
#include "lib/user_err.h"
#include "lib/usual_options.h"
#include "server/sandbox.h"
#include "steering/time_daemon_names.h"
#include "steering/time_daemons.h"
#include "watch/attachment.h"
#include "watch/daemon_link.h"
#include "watch/process.h"
#include "watch/refusal.h"
#include "watch/report.h"
#include "watch/tally.h"

/* The least interval between notices of one program to the daemon, whatever that does. */
#define NOTICE_NS	NS_PER_S

/*
 * How often it is checked whether those that the daemon had a notice of still run, and whether the
 * daemon is another one, or one that did not run is there again.
 */
#define CHECK_NS	(60 * NS_PER_S)

/* Without a daemon: who has ended, and changed the clock that long ago, is no news for the next. */
#define FORGET_NS	(3600 * NS_PER_S)

/*
 * The least interval between questions whether a process with the daemon's name is the daemon: one
 * that has just begun to listen is soon known.
 */
#define ASK_NS		(100 * NS_PER_MS)

/* How soon the kernel is asked again if it cannot say what is to be read. */
#define RETRY_S		1

/* The least interval between complaints of a daemon that takes no notice. */
#define COMPLAINT_NS	(3600 * NS_PER_S)

/* The least interval between messages of calls that were lost, which others can cause at will. */
#define LOST_NS		(60 * NS_PER_S)

/* Exit statuses, beside 0, 1 for a failure and 2 for a wrong command line. */
#define STATUS_UNSUPPORTED	3	/* a restart finds the same kernel, and the same rights */

/**
 * struct watch - all that there is
 * @attachment: the programs in the kernel
 * @control: the socket
 * @path: where it is
 * @socket_ns: CLOCK_BOOTTIME when that was checked
 * @renew_error: why it could not be made again, -errno; 0: it could
 * @daemon_path: of the daemon's
 * @daemon_pid: its process, when it was last asked for; 0: it did not run
 * @ask: when that is asked for a change by one that is called so
 * @notified_pid: that which had a notice of all that still run; 0: none
 * @away_ns: CLOCK_BOOTTIME when no daemon was there to take a notice; 0: one was
 * @since_ns: CLOCK_BOOTTIME at the beginning
 * @checked_ns: CLOCK_BOOTTIME when the rivals' processes were checked
 * @daemon_checked_ns: CLOCK_BOOTTIME when the daemon was
 * @lost: calls that were not recorded, as far as that was logged ...
 * @lost_log: ... once in LOST_NS
 * @complaint: of the daemon, once in COMPLAINT_NS
 * @tally: what is known
 * @waiting: the signals that are blocked while it waits
 */
struct watch {
	struct attachment *attachment;
	struct control *control;
	const char *path;
	int64_t socket_ns;
	int renew_error;
	const char *daemon_path;
	int daemon_pid;
	struct log_limit ask;
	int notified_pid;
	int64_t away_ns;
	int64_t since_ns;
	int64_t checked_ns;
	int64_t daemon_checked_ns;
	uint64_t lost;
	struct log_limit lost_log;
	struct log_limit complaint;
	struct tally tally;
	sigset_t waiting;
};

static atomic_int signal_stop;

static void on_signal(int number)
{
	(void)number;
	signal_stop = 1;
}

/*
 * The signals that end it come only while the loop waits, with the mask @waiting: one that came
 * between its reading of the flag and the wait would be forgotten until something else happens.
 */
static void catch_signals(sigset_t *waiting)
{
	const struct sigaction action = { .sa_handler = on_signal };
	sigset_t caught;

	sigemptyset(&caught);
	sigaddset(&caught, SIGTERM);
	sigaddset(&caught, SIGINT);
	sigprocmask(SIG_BLOCK, &caught, waiting);
	sigdelset(waiting, SIGTERM);
	sigdelset(waiting, SIGINT);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

static void print_usage(void)
{
	fputs("Usage: truechime-watch [OPTION]...\n"
	      "Watch who changes the system clock, for `truechime rivals` and truechimed.\n"
	      "It stays in the foreground, and needs CAP_BPF and CAP_PERFMON to start.\n\n"
	      "  -S, --socket PATH  its socket instead of " CONTROL_WATCH_PATH "\n"
	      "  -D, --daemon PATH  the daemon's socket instead of " CONTROL_PATH "\n"
	      "  -d, --debug        messages as plain text; twice: more of them\n"
	      "  -v, --version      the version\n"
	      "  -h, --help         this\n\n"
	      "Exit status: 0 after SIGTERM, 1 for a failure, 2 for a wrong command line,\n"
	      "3 where the kernel cannot or may not be watched.\n", stdout);
}

/* --- processes --- */

static void advise(struct tally_rival *rival)
{
	snprintf(rival->advice, sizeof(rival->advice), "%s", time_daemon_advice(rival->program));
	if (!*rival->advice && !rival->is_kernel)
		identity_advice(&rival->identity, rival->runs ? rival->pid : 0, rival->advice,
				sizeof(rival->advice));
}

/* That one has ended is news. */
static void check_processes(struct watch *watch)
{
	for (int i = 0; i < watch->tally.rival_count; i++) {
		struct tally_rival *rival = &watch->tally.rivals[i];

		if (rival->runs && !process_runs(rival)) {
			rival->runs = false;
			rival->news = true;
		}
		advise(rival);
	}
	watch->checked_ns = clock_ns(CLOCK_BOOTTIME);
}

/* --- records --- */

/*
 * The daemon may have been started since it was last asked for its number. Any program may be
 * called so, and each of its changes must not be a connection.
 */
static bool is_own(struct watch *watch, const struct watch_record *record, const char *path)
{
	if (tally_is_own(record, path, watch->daemon_pid))
		return true;
	if (strncmp(record->comm, "truechimed", sizeof(record->comm)) != 0 ||
	    !log_limit_pass(&watch->ask, clock_ns(CLOCK_BOOTTIME), ASK_NS))
		return false;
	watch->daemon_pid = daemon_link_pid(watch->daemon_path);

	return tally_is_own(record, path, watch->daemon_pid);
}

static void log_first(const struct tally_rival *rival)
{
	const struct identity *identity = &rival->identity;
	const char *where = identity->kind != CONTAINER_NONE ? identity->container :
			    *identity->unit ? identity->unit : rival->path;

	log_notice("%s (process %d, %s) changes the system clock: it %s", rival->program,
		   rival->pid, where, rival->what);
}

static void take_record(void *context, const struct watch_record *record)
{
	struct watch *watch = context;
	struct tally_rival *rival;
	char path[sizeof(rival->path)];

	process_path(record, path, sizeof(path));
	if (is_own(watch, record, path)) {
		/* Once a second, by one process: it is not worth a wake-up each. */
		if (!record->is_kernel)
			attachment_set_own(watch->attachment, record->tgid);
		tally_add_own(&watch->tally, record);
		return;
	}
	rival = tally_add(&watch->tally, record, path);
	rival->process = rival->is_kernel ? 0 : process_identify(rival->pid);
	if (rival->count == 1)
		log_first(rival);
}

static void log_lost(struct watch *watch)
{
	uint64_t lost = attachment_lost(watch->attachment);

	if (lost == watch->lost ||
	    !log_limit_pass(&watch->lost_log, clock_ns(CLOCK_BOOTTIME), LOST_NS))
		return;
	log_warning("%llu call%s that may have changed the system clock could not be recorded",
		    (unsigned long long)(lost - watch->lost), plural(lost - watch->lost));
	watch->lost = lost;
}

/* --- the daemon --- */

/* A daemon that was started since knows nothing of those who were there before. */
static void check_daemon(struct watch *watch)
{
	int pid = daemon_link_pid(watch->daemon_path);

	watch->daemon_checked_ns = clock_ns(CLOCK_BOOTTIME);
	if (!pid || pid == watch->notified_pid)
		return;
	watch->notified_pid = pid;
	for (int i = 0; i < watch->tally.rival_count; i++)
		watch->tally.rivals[i].news |= watch->tally.rivals[i].runs;
}

/* What no daemon was there to take waits for one; a new change may find it back. */
static int64_t notice_due_ns(const struct watch *watch, const struct tally_rival *rival)
{
	if (!rival->notice_ns)
		return 0;
	if (watch->away_ns && rival->latest_ns <= rival->notice_ns)
		return watch->away_ns + CHECK_NS;

	return rival->notice_ns + NOTICE_NS;
}

/* 0, or -errno when others need not be tried. */
static int send_notice(struct watch *watch, struct tally_rival *rival, int64_t now_ns)
{
	struct rival_notice notice;
	char why[256] = "";
	int err;

	rival->notice_ns = now_ns;
	report_notice(rival, &notice);
	err = daemon_link_send(watch->daemon_path, &notice, why, sizeof(why));
	watch->away_ns = err == -ECONNREFUSED ? now_ns : 0;
	/* What it has refused, it would refuse again. */
	if (!err || err == -EACCES ||
	    (watch->away_ns && !rival->runs && now_ns - rival->latest_ns > FORGET_NS))
		rival->news = false;
	if (err && err != -ECONNREFUSED &&
	    log_limit_pass(&watch->complaint, now_ns, COMPLAINT_NS))
		log_warning("truechimed could not be told who changes the clock: %s",
			    err == -EACCES ? why : strerror(-err));

	return err;
}

static void send_notices(struct watch *watch)
{
	int64_t now_ns = clock_ns(CLOCK_BOOTTIME);

	for (int i = 0; i < watch->tally.rival_count; i++) {
		struct tally_rival *rival = &watch->tally.rivals[i];

		if (!rival->news || now_ns < notice_due_ns(watch, rival))
			continue;
		rival->runs = rival->runs && process_runs(rival);
		advise(rival);
		if (send_notice(watch, rival, now_ns))
			return;
	}
}

/* When something is to be done that nobody wakes us for, from now. */
static int64_t wait_ns(const struct watch *watch)
{
	int64_t now_ns = clock_ns(CLOCK_BOOTTIME), next_ns = watch->socket_ns + CHECK_NS;

	for (int i = 0; i < watch->tally.rival_count; i++) {
		const struct tally_rival *rival = &watch->tally.rivals[i];

		if (rival->news)
			next_ns = chime_min(next_ns, notice_due_ns(watch, rival));
		if (rival->runs)
			next_ns = chime_min(next_ns, CHECK_NS +
					    chime_min(watch->checked_ns, watch->daemon_checked_ns));
	}

	return next_ns == INT64_MAX ? next_ns : chime_max(next_ns - now_ns, NS_PER_MS);
}

/* --- the socket --- */

static json_t *answer(void *context, const struct control_request *request, const char **error)
{
	struct watch *watch = context;
	struct report_view view = {
		.ahead_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME),
		.since_ns = watch->since_ns,
		.lost = attachment_lost(watch->attachment),
		.by_probes = attachment_is_by_probes(watch->attachment),
	};

	if (request->command != CONTROL_RIVALS) {
		*error = "this is truechime-watch, which answers \"rivals\" only";
		return NULL;
	}
	/* What has happened before the question is in the answer. */
	attachment_read(watch->attachment);
	check_processes(watch);

	return report_rivals(&watch->tally, &view);
}

static struct timespec timeout(const struct watch *watch, int64_t raw_ns)
{
	int64_t ns = chime_min(wait_ns(watch),
			       chime_sub_sat(control_next_ns(watch->control), raw_ns));

	ns = chime_max(ns, 0);

	return (struct timespec){ ns / NS_PER_S, ns % NS_PER_S };
}

/* Who asks on the socket waits until it can be polled again. */
static void pause_polling(const struct watch *watch)
{
	const struct timespec retry = { .tv_sec = RETRY_S };

	log_debug("What is to be read cannot be waited for: %s", strerror(errno));
	ppoll(NULL, 0, &retry, &watch->waiting);
}

/* The service manager makes it. Without one it may be missing, and we are root. */
static void make_folder(const char *path)
{
	char folder[SOCKET_FOLDER_MAX];
	mode_t mask;

	if (!socket_file_is_gone(path) || !socket_file_folder(path, folder))
		return;
	/* Everybody may ask. */
	mask = umask(0022);
	(void)mkdir(folder, 0755);
	umask(mask);
}

/* As with rm -r: nobody would find us, and who starts anew forgets what was seen. */
static void keep_socket(struct watch *watch)
{
	char restart[SERVICE_COMMAND_MAX];
	int err;

	watch->socket_ns = clock_ns(CLOCK_BOOTTIME);
	make_folder(watch->path);
	err = control_renew(watch->control);
	if (err > 0) {
		log_notice("The socket %s was removed; it was made again", watch->path);
	} else if (err && err != watch->renew_error) {
		command_to_restart("truechime-watch", has_systemd(), restart);
		log_warning("The socket %s was removed, and cannot be made again: %s; nobody can ask who has changed the clock. As root: %s",
			    watch->path, strerror(-err), restart);
	}
	watch->renew_error = err < 0 ? err : 0;
}

static void loop(struct watch *watch)
{
	struct pollfd fds[CONTROL_FDS_MAX + 1];
	struct timespec wait;
	int count;

	while (!signal_stop) {
		fds[0] = (struct pollfd){ .fd = attachment_fd(watch->attachment),
					  .events = POLLIN };
		count = 1 + control_pollfds(watch->control, fds + 1);
		wait = timeout(watch, clock_ns(CLOCK_MONOTONIC_RAW));
		if (ppoll(fds, (nfds_t)count, &wait, &watch->waiting) < 0) {
			if (errno == EINTR)
				continue;
			pause_polling(watch);
			count = 1;
		}
		attachment_read(watch->attachment);
		log_lost(watch);
		if (clock_ns(CLOCK_BOOTTIME) - watch->checked_ns >= CHECK_NS)
			check_processes(watch);
		if (clock_ns(CLOCK_BOOTTIME) - watch->daemon_checked_ns >= CHECK_NS)
			check_daemon(watch);
		if (clock_ns(CLOCK_BOOTTIME) - watch->socket_ns >= CHECK_NS)
			keep_socket(watch);
		send_notices(watch);
		control_dispatch(watch->control, fds + 1, count - 1,
				 clock_ns(CLOCK_MONOTONIC_RAW));
	}
}

/* --- the beginning --- */

/* From then on the clock's rate is in each record. */
static void read_rate(struct change_rate *rate)
{
	struct timex tx = { .modes = 0 };

	if (clock_adjtime(CLOCK_REALTIME, &tx) >= 0)
		*rate = (struct change_rate){ true, tx.freq, tx.tick };
}

static int give_up_privileges(void)
{
	int err = sandbox_drop_capabilities();

	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	if (err)
		log_err("Privileges could not be given up: %s", strerror(-err));

	return err;
}

/* @why: for people. */
static void log_refusal(const char *why)
{
	log_err("Who changes the system clock cannot be watched: %s. That it was changed, truechimed notices all the same",
		why);
}

static int run(struct watch *watch)
{
	int err;

	if (refusal_by_numbers()) {
		log_refusal("process numbers are a container's own here: give it the machine's");
		return STATUS_UNSUPPORTED;
	}
	err = attachment_open(&watch->attachment, take_record, watch);
	if (err) {
		log_refusal(refusal_words(err));
		return refusal_may_pass(err) ? 1 : STATUS_UNSUPPORTED;
	}
	watch->since_ns = clock_ns(CLOCK_BOOTTIME);
	watch->checked_ns = watch->since_ns;
	watch->daemon_checked_ns = watch->since_ns;
	watch->socket_ns = watch->since_ns;
	read_rate(&watch->tally.rate);
	err = give_up_privileges();
	if (!err) {
		make_folder(watch->path);
		err = control_open(&watch->control, watch->path, answer, watch);
		if (err)
			log_err("The socket %s could not be opened: %s", watch->path,
				err == -EADDRINUSE ? "another truechime-watch answers there" :
				strerror(-err));
	}
	if (!err) {
		log_info("truechime-watch %s watches the system clock, by %s", TRUECHIME_VERSION,
			 attachment_is_by_probes(watch->attachment) ? "kprobes" : "fentry");
		loop(watch);
		control_close(watch->control);
	}
	attachment_close(watch->attachment);

	return err ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "socket", required_argument, NULL, 'S' },
		{ "daemon", required_argument, NULL, 'D' },
		{ "debug", no_argument, NULL, 'd' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	static struct watch watch = { .daemon_path = CONTROL_PATH, .path = CONTROL_WATCH_PATH };
	int debug = 0, option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":S:D:dvh", names, NULL)) != -1) {
		switch (option) {
		case 'S':
			watch.path = optarg;
			break;
		case 'D':
			watch.daemon_path = optarg;
			break;
		case 'd':
			debug++;
			break;
		default:
			return usual_option("truechime-watch", option, print_usage, names, argv);
		}
	}
	if (user_err_arguments(argc, argv))
		return 2;
	if (debug > 1)
		log_set_level(LOG_DEBUG);
	log_open(!debug);
	catch_signals(&watch.waiting);

	return run(&watch);
}
