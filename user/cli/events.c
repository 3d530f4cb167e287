// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime events: the disruptions and steps that are remembered, and with --follow those that
 * come. From the module where it is, else from the daemon, which sees less.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "lib/event_report.h"
#include "lib/event_stream.h"
#include "lib/names.h"
#include "lib/output.h"

/*
 * Where SIGPIPE is ignored, as it is in services, nothing else ends who follows when nobody reads
 * any more, and the daemon has room for a few followers only.
 */
static void end_if_unread(const struct cli *cli)
{
	if (!cli->follow || !ferror(stdout))
		return;
	(void)output_status("truechime");
	exit(CLI_NOT);
}

static void print_text(const json_t *event)
{
	printf("%s  #%lld %s\n  %s.\n", time_text(json_int_of(event, "time_ns", 0)).text,
	       (long long)json_int_of(event, "sequence", 0), json_text_of(event, "cause"),
	       json_text_of(event, "text"));
	fflush(stdout);
}

static void print_event(const struct cli *cli, json_t *event)
{
	if (cli->json) {
		print_json_line(event);
	} else {
		print_text(event);
		json_decref(event);
	}
	end_if_unread(cli);
}

static void handle_event(void *context, const struct module_event *event)
{
	print_event(context, event_report(event));
}

static void handle_loss(const char *why)
{
	user_err("%s", why);
}

static int events_of_module(const struct cli *cli, struct module_link *link,
			    struct module_watch *watch)
{
	struct event_stream stream = {
		.link = link,
		.handle = handle_event,
		.lost = handle_loss,
		.context = (void *)cli,
	};
	struct module_event events[MODULE_EVENTS_MAX];
	int count = 0, i, err = 0;

	if (cli->follow)
		err = module_link_subscribe(link);
	if (!err)
		err = module_link_events(link, events, MODULE_EVENTS_MAX, &count);
	if (err)
		return module_refused(link, "to report its events", err);
	for (i = 0; i < count; i++)
		print_event(cli, event_report(&events[i]));
	if (!count && !cli->json)
		puts("No disruption since the module was loaded.");
	if (!cli->follow)
		return CLI_OK;
	fflush(stdout);
	stream.last = count ? events[count - 1].sequence : 0;
	err = event_stream_follow(&stream, watch, STDOUT_FILENO);
	if (err == -EPIPE)
		return output_unread();
	return cli_error("the module's events can no longer be received: %s",
			 err == -ENODEV ? "it was unloaded" : strerror(-err));
}

static int events_of_daemon(const struct cli *cli)
{
	json_t *reply = NULL, *event;
	size_t i;
	int err;

	if (cli->follow)
		return client_follow(cli, print_event);
	err = client_ask(cli, "events", &reply);
	if (err == -ECONNREFUSED) {
		user_err("neither the kernel module truechime nor the daemon truechimed runs, so no events are kept. %s",
			 how_to_start());
		return CLI_ERROR;
	}
	if (err)
		return client_failed(cli, err, reply);
	json_array_foreach(json_object_get(reply, "events"), i, event)
		print_event(cli, json_incref(event));
	if (!i && !cli->json)
		printf("%s\n",
		       "No disruption since the daemon was started (without the kernel module it notices suspends, and that its time sources agree that time jumped).");
	json_decref(reply);
	return CLI_OK;
}

int verb_events(const struct cli *cli)
{
	struct module_watch *watch;
	struct module_link *link;
	int status;

	/* Without generic netlink there is no module. */
	if (module_watch_open(&watch))
		return events_of_daemon(cli);
	if (module_link_open(&link)) {
		module_watch_close(watch);
		return events_of_daemon(cli);
	}
	status = events_of_module(cli, link, watch);
	module_link_close(link);
	module_watch_close(watch);
	return status;
}
