// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime-timesync1: shows on the system bus what truechimed knows, as systemd-timesyncd would,
 * so that timedatectl is right. Separate from the daemon, which sets the clock and must not speak
 * with everybody; it has no rights, and asks for nothing that any user may not see.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "ipc/socket.h"
#include "lib/log.h"
#include "lib/user_err.h"
#include "lib/usual_options.h"
#include "timesync1/face.h"
#include "timesync1/follower.h"
#include "timesync1/view.h"

/**
 * struct timesync1 - all that runs
 * @event: the loop
 * @face: on the bus
 * @follower: of the daemon
 * @view: shown
 * @is_shown: it has its names
 * @is_lost: the daemon does not answer, which was logged
 * @is_strange: nor is what it says understood, which was
 */
struct timesync1 {
	sd_event *event;
	struct face *face;
	struct follower *follower;
	struct view view;
	bool is_shown;
	bool is_lost;
	bool is_strange;
};

static void print_usage(void)
{
	fputs("Usage: truechime-timesync1 [OPTION]...\n"
	      "Show the state of truechimed on the system bus, for timedatectl.\n\n"
	      "  -S, --socket PATH  of truechimed (" CONTROL_PATH ")\n"
	      "  -v, --version      the version\n"
	      "  -h, --help         this\n", stdout);
}

/* @view is taken over. */
static void show(struct timesync1 *timesync, const struct view *view)
{
	unsigned int changes = view_compare(&timesync->view, view);

	view_clear(&timesync->view);
	timesync->view = *view;
	face_changed(timesync->face, changes);
}

static void log_no_name(int err)
{
	switch (err) {
	case -EEXIST:
		log_err("Another program has the name org.freedesktop.timesync1 on the system bus. It is systemd-timesyncd as a rule: systemctl disable --now systemd-timesyncd");
		break;
	case -EACCES:
		log_err("The system bus does not allow this user to be org.freedesktop.timesync1. Is its policy installed (truechime-timesync1.conf in dbus-1/system.d), and does the user _truechime-bus run this?");
		break;
	default:
		log_err("The name org.freedesktop.timesync1 could not be had on the system bus: %s",
			strerror(-err));
	}
}

/* The names come last: who sees them finds what is known. */
static void appear(struct timesync1 *timesync)
{
	int err;

	if (timesync->is_shown)
		return;
	err = face_show(timesync->face);
	if (err) {
		log_no_name(err);
		(void)sd_event_exit(timesync->event, 1);
		return;
	}
	timesync->is_shown = true;
	(void)sd_notify(0, "READY=1");
}

static void receive_event(struct timesync1 *timesync, const json_t *object)
{
	struct view_disruption disruption;

	if (!view_read_disruption(object, &disruption))
		face_disrupted(timesync->face, &disruption);
}

static void receive(void *context, const json_t *object)
{
	struct timesync1 *timesync = context;
	struct view view;

	if (json_object_get(object, "cause")) {
		receive_event(timesync, object);
		return;
	}
	if (view_read(object, &view)) {
		const char *why = json_string_value(json_object_get(object, "error"));

		if (!timesync->is_strange)
			log_warning("truechimed says nothing of the clock: %s",
				    why ? why : "it is another version; restart both");
		timesync->is_strange = true;
		return;
	}
	timesync->is_strange = false;
	timesync->is_lost = false;
	show(timesync, &view);
	appear(timesync);
}

static void lose(void *context, int err)
{
	struct timesync1 *timesync = context;
	struct view nothing;

	if (timesync->is_lost)
		return;
	timesync->is_lost = true;
	log_notice("truechimed does not answer: %s", strerror(-err));
	view_init(&nothing);
	show(timesync, &nothing);
}

static int run(struct timesync1 *timesync, const char *path)
{
	static const struct follower_callbacks callbacks = { .receive = receive, .lost = lose };
	int err;

	err = face_open(&timesync->face, timesync->event, &timesync->view);
	if (err) {
		log_err("The system bus cannot be reached: %s", strerror(-err));
		return 1;
	}
	err = follower_open(&timesync->follower, timesync->event, path, &callbacks, timesync);
	if (err) {
		log_err("truechimed cannot be asked at %s: %s", path, strerror(-err));
		return 1;
	}
	err = sd_event_loop(timesync->event);
	return err ? 1 : 0;
}

/* A signal ends the loop in order, so that its names are given back at once. */
static int make_loop(sd_event **event)
{
	sigset_t ends;
	int err;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	err = sd_event_new(event);
	if (err >= 0)
		err = sd_event_add_signal(*event, NULL, SIGTERM, NULL, NULL);
	if (err >= 0)
		err = sd_event_add_signal(*event, NULL, SIGINT, NULL, NULL);
	return err;
}

static int serve(const char *path)
{
	struct timesync1 timesync = { .event = NULL };
	int err, status = 1;

	view_init(&timesync.view);
	err = make_loop(&timesync.event);
	if (err < 0)
		log_err("There is no event loop: %s", strerror(-err));
	else
		status = run(&timesync, path);
	follower_close(timesync.follower);
	face_close(timesync.face);
	view_clear(&timesync.view);
	sd_event_unref(timesync.event);
	return status;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "socket", required_argument, NULL, 'S' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = CONTROL_PATH;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":S:vh", names, NULL)) != -1) {
		if (option != 'S')
			return usual_option("truechime-timesync1", option, print_usage, names,
					    argv);
		path = optarg;
	}
	if (user_err_arguments(argc, argv))
		return 2;
	log_open(true);
	return serve(path);
}
