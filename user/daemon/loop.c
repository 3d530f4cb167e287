// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's loop: one thread, poll(2), signals as flags.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "core/line.h"
#include "daemon/notify.h"
#include "daemon/requests.h"
#include "lib/clock_watch.h"
#include "lib/descriptor_wait.h"
#include "lib/time_units.h"

/*
 * Descriptors: events of the module, its loading and unloading, the watch for a system clock that
 * is set, and the one for files of sources.
 */
#define OWN_FDS_MAX	4
#define FDS_MAX		(ASSOCIATIONS_FDS_MAX + CONTROL_FDS_MAX + CHRONYC_FDS_MAX + \
			 SERVING_FDS_MAX + OWN_FDS_MAX)

/* It is said once in an hour that nothing can be waited for. */
#define DEAF_LOG_NS	(3600 * NS_PER_S)

/* Flags that the signal handlers set for the loop. */
static atomic_int signal_stop;
static atomic_int signal_reload;

/*
 * A signal between the check of the flags and poll(2) does not end poll(2); the alarm a second
 * later does. A pipe or signalfd would do as well, but not under a simulator of clock and network.
 */
static void on_signal(int number)
{
	if (number == SIGHUP)
		signal_reload = 1;
	else if (number != SIGALRM)
		signal_stop = 1;
	if (number != SIGALRM)
		alarm(1);
}

void daemon_catch_signals(void)
{
	static const int caught[] = { SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGALRM };
	struct sigaction action = { .sa_handler = on_signal };
	size_t i;

	sigemptyset(&action.sa_mask);
	for (i = 0; i < sizeof(caught) / sizeof(*caught); i++)
		sigaction(caught[i], &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	/*
	 * Where whoever started us ignores the ends of his children, so would we: nobody could say
	 * how a child has ended, and its number could be another's.
	 */
	action.sa_handler = SIG_DFL;
	sigaction(SIGCHLD, &action, NULL);
}

static void daemon_clock_was_set(struct daemon *daemon)
{
	if (clock_watch_was_set(daemon->clock_watch_fd))
		steering_follow_now(daemon->steering);
}

/* Fill in the descriptors to wait for. Returns how many. */
static int daemon_pollfds(const struct daemon *daemon, struct pollfd *fds)
{
	int count = associations_pollfds(daemon->associations, fds, ASSOCIATIONS_FDS_MAX);

	if (daemon->control)
		count += control_pollfds(daemon->control, fds + count);
	if (daemon->chronyc)
		count += chronyc_listener_pollfds(daemon->chronyc, fds + count);
	if (daemon->link && module_link_events_fd(daemon->link) >= 0)
		fds[count++] = (struct pollfd){ .fd = module_link_events_fd(daemon->link),
						.events = POLLIN };
	if (daemon->watch)
		fds[count++] = (struct pollfd){ .fd = module_watch_fd(daemon->watch),
						.events = POLLIN };
	if (daemon->clock_watch_fd >= 0)
		fds[count++] = (struct pollfd){ .fd = daemon->clock_watch_fd, .events = POLLIN };
	if (daemon->source_watch && source_watch_fd(daemon->source_watch) >= 0)
		fds[count++] = (struct pollfd){ .fd = source_watch_fd(daemon->source_watch),
						.events = POLLIN };
	return count + serving_pollfds(daemon->serving, fds + count);
}

/* How long poll(2) may wait, in whole ms, rounded up so that it does not wake for nothing. */
static int daemon_timeout_ms(const struct daemon *daemon, int64_t now_ns)
{
	int64_t next_ns = associations_next_ns(daemon->associations), wait_ns;
	int i;

	/* The latest update was in vain, or what it was made of has changed since. */
	if (daemon->sources_changed)
		return 0;
	next_ns = chime_min(next_ns, steering_next_ns(daemon->steering));
	next_ns = chime_min(next_ns, serving_next_ns(daemon->serving));
	for (i = 0; i < DUE_COUNT; i++)
		next_ns = chime_min(next_ns, daemon->due_ns[i]);
	if (daemon->control)
		next_ns = chime_min(next_ns, control_next_ns(daemon->control));
	if (daemon->chronyc)
		next_ns = chime_min(next_ns, chronyc_listener_next_ns(daemon->chronyc));
	if (daemon->source_watch)
		next_ns = chime_min(next_ns, source_watch_next_ns(daemon->source_watch));
	next_ns = chime_min(next_ns, daemon->rivals.next_ns);
	/* Where each second has a turn of the loop, that is never what it waits for. */
	next_ns = chime_min(next_ns, chime_add_sat(daemon->run_folder.next_ns, NS_PER_S));
	wait_ns = chime_sub_sat(next_ns, now_ns);
	if (wait_ns <= 0)
		return 0;
	if (wait_ns > 3600 * NS_PER_S)
		wait_ns = 3600 * NS_PER_S;
	return (int)((wait_ns + NS_PER_MS - 1) / NS_PER_MS);
}

static bool is_ready(const struct pollfd *fds, int count, int fd)
{
	while (count-- > 0)
		if (fds[count].fd == fd)
			return fds[count].revents;
	return false;
}

/* Handle descriptors first, each before those whose meaning it may change. */
static void daemon_dispatch(struct daemon *daemon, const struct pollfd *fds, int count)
{
	if (daemon->watch && is_ready(fds, count, module_watch_fd(daemon->watch)) &&
	    module_watch_changed(daemon->watch))
		daemon_module_changed(daemon);
	if (daemon->link && is_ready(fds, count, module_link_events_fd(daemon->link)))
		daemon_module_events(daemon);
	if (daemon->clock_watch_fd >= 0 && is_ready(fds, count, daemon->clock_watch_fd))
		daemon_clock_was_set(daemon);
	if (daemon->source_watch &&
	    (is_ready(fds, count, source_watch_fd(daemon->source_watch)) ||
	     system_clock_raw_ns() >= source_watch_next_ns(daemon->source_watch)))
		daemon_check_sources(daemon);
	daemon_watch_rivals(daemon, system_clock_raw_ns());
	daemon_keep_run_folder(daemon, system_clock_raw_ns());
	associations_dispatch(daemon->associations, fds, count, system_clock_raw_ns());
	if (daemon->control)
		control_dispatch(daemon->control, fds, count, system_clock_raw_ns());
	if (daemon->chronyc)
		chronyc_listener_dispatch(daemon->chronyc, fds, count, system_clock_raw_ns());
}

static void daemon_handle_signals(struct daemon *daemon)
{
	if (signal_stop)
		daemon->stop = true;
	if (!signal_reload)
		return;
	signal_reload = 0;
	notify_reloading();
	(void)daemon_reload(daemon);
	notify_ready();
}

/* What others are told of the clocks, and by whom. */
static void daemon_serve_time(struct daemon *daemon)
{
	struct steering_status status;

	steering_get_status(daemon->steering, &status);
	serving_publish(daemon->serving, &status, &daemon->update);
	serving_timer(daemon->serving, system_clock_raw_ns());
}

/* false: nothing is known of @fds. @deaf: the rate of messages that nothing can be waited for. */
static bool daemon_wait(const struct daemon *daemon, struct pollfd *fds, int count,
			struct log_limit *deaf)
{
	int timeout_ms = daemon_timeout_ms(daemon, system_clock_raw_ns());
	int ready = descriptor_wait(fds, (nfds_t)count, timeout_ms);

	if (ready < 0 && ready != -EINTR &&
	    log_limit_pass(deaf, system_clock_raw_ns(), DEAF_LOG_NS))
		log_err("Nothing can be waited for: %s. Until that ends no answer of a server is read, and nobody is answered. Is memory short, or LimitNOFILE= too small?",
			strerror(-ready));

	return ready >= 0;
}

void daemon_loop(struct daemon *daemon)
{
	struct log_limit deaf = { 0 };
	struct pollfd fds[FDS_MAX];
	int count;

	while (!daemon->stop) {
		daemon_log_answers(daemon);
		daemon_timers(daemon, system_clock_raw_ns());
		daemon_log_update(daemon);
		daemon_remember(daemon);
		daemon_serve_time(daemon);
		daemon_publish_state(daemon);
		daemon_handle_signals(daemon);
		if (daemon->stop)
			break;
		count = daemon_pollfds(daemon, fds);
		if (!daemon_wait(daemon, fds, count, &deaf))
			count = 0;
		timescale_expire(daemon->timescale);
		daemon_dispatch(daemon, fds, count);
	}
}
