// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime rivals: who has changed the system clock beside truechime, as truechime-watch saw it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "ipc/socket.h"
#include "lib/names.h"
#include "lib/plural.h"
#include "lib/services.h"
#include "steering/time_daemon_names.h"

static const char *where_of(const json_t *rival)
{
	const char *container = json_text_of(rival, "container");
	const char *unit = json_text_of(rival, "unit");

	if (json_bool_of(rival, "kernel"))
		return "the kernel";
	if (*container)
		return container;

	return *unit ? unit : json_text_of(rival, "cgroup");
}

/* The one that changed the clock last. */
static const json_t *latest_of(const json_t *rivals)
{
	const json_t *rival, *latest = NULL;
	size_t i;

	json_array_foreach(rivals, i, rival) {
		if (!latest || json_int_of(rival, "latest_ns", 0) >
			       json_int_of(latest, "latest_ns", 0))
			latest = rival;
	}

	return latest;
}

static void print_times(int64_t changes)
{
	if (changes == 1)
		printf("once");
	else
		printf("%lld times", (long long)changes);
}

static void print_summary(const json_t *reply, const json_t *rivals)
{
	const json_t *latest = latest_of(rivals);
	const struct time_text since = time_text(json_int_of(reply, "since_ns", 0));

	if (!latest) {
		printf("Nobody but truechime has changed the clock since %.19s.\n", since.text);
		return;
	}
	if (json_array_size(rivals) == 1)
		printf("%s (%s) has changed the clock ", json_text_of(latest, "program"),
		       where_of(latest));
	else
		printf("%zu programs beside truechime have changed the clock, %s (%s) at last, ",
		       json_array_size(rivals), json_text_of(latest, "program"),
		       where_of(latest));
	print_times(json_int_of(reply, "changes", 0));
	printf(" since %.19s.\n", since.text);
}

static void print_table(const json_t *rivals)
{
	const json_t *rival;
	size_t i;

	printf("\n%-19s  %-15s  %7s  %-28s  %7s  %10s  %s\n", "Latest, UTC", "Program", "Process",
	       "Unit or container", "Changes", "Stepped by", "At last it");
	json_array_foreach(rivals, i, rival) {
		printf("%.19s  %-15s  %7d  %-28.28s  %7lld  %10s  %s\n",
		       time_text(json_int_of(rival, "latest_ns", 0)).text,
		       json_text_of(rival, "program"), (int)json_int_of(rival, "pid", 0),
		       where_of(rival), (long long)json_int_of(rival, "changes", 0),
		       duration_text(json_int_of(rival, "stepped_ns", 0)).text,
		       json_text_of(rival, "what"));
	}
}

/* What was advised; an agent is to be kept from the clock, and not to end. */
static void print_remedy(const char *program, const char *advice)
{
	if (time_daemon_is_agent(program))
		printf("What keeps %s from it: %s\n", program, advice);
	else
		printf("To end %s: %s\n", program, advice);
}

static void print_advice(const json_t *rivals)
{
	const json_t *rival;
	size_t i;

	putchar('\n');
	json_array_foreach(rivals, i, rival) {
		if (*json_text_of(rival, "advice"))
			print_remedy(json_text_of(rival, "program"), json_text_of(rival, "advice"));
		else if (!json_bool_of(rival, "kernel"))
			printf("%s has ended (%s).\n", json_text_of(rival, "program"),
			       json_text_of(rival, "command"));
	}
}

static void print_changes(const json_t *events)
{
	const json_t *event;
	size_t i;

	puts("\nEach change, as far as it is remembered:");
	json_array_foreach(events, i, event) {
		printf("%.26s  %s (process %d, %s) %s\n",
		       time_text(json_int_of(event, "time_ns", 0)).text,
		       json_text_of(event, "program"), (int)json_int_of(event, "pid", 0),
		       json_text_of(event, "where"), json_text_of(event, "what"));
	}
}

static void print_rivals(const struct cli *cli, const json_t *reply)
{
	const json_t *rivals = json_object_get(reply, "rivals");
	int64_t lost = json_int_of(reply, "lost", 0);

	print_summary(reply, rivals);
	if (lost)
		printf("%lld more call%s that may have changed it could not be recorded.\n",
		       (long long)lost, plural((uint64_t)lost));
	if (!json_array_size(rivals))
		return;
	print_table(rivals);
	print_advice(rivals);
	if (cli->verbose)
		print_changes(json_object_get(reply, "events"));
}

int verb_rivals(const struct cli *cli)
{
	struct cli watch = *cli;
	json_t *reply = NULL;
	int err;

	watch.daemon = "truechime-watch";
	if (!strcmp(watch.socket_path, CONTROL_PATH))
		watch.socket_path = CONTROL_WATCH_PATH;
	err = client_ask(&watch, "rivals", &reply);
	if (err == -ECONNREFUSED) {
		user_err("truechime-watch does not run (nobody answers at %s), so who changes the clock is not recorded. To start it: %s. Time daemons that run are in: truechime status",
			 watch.socket_path, has_systemd() ?
			 "systemctl enable --now truechime-watch" :
			 "truechime-watch &, as root");
		return CLI_ERROR;
	}

	return err ? client_failed(&watch, err, reply) : print_reply(&watch, reply, print_rivals);
}
