// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime host: the host's clocks that this machine offers, and which one is trusted.
 */
#include <string.h>

#include "cli/cli.h"
#include "lib/names.h"

#define HOSTS_MAX	16

static json_t *host_to_json(const struct module_host *host)
{
	return json_pack("{s:s,s:s,s:b,s:I}", "name", host->name,
			 "state", name_of_host_state(host->state),
			 "exact", host->exact,
			 "uncertainty_ns", (json_int_t)host->uncertainty_ns);
}

static const char *host_sentence(enum truechime_host_state state)
{
	switch (state) {
	case TRUECHIME_HOST_ABSENT:
		return "not offered to this machine";
	case TRUECHIME_HOST_READY:
		return "offered, not used";
	case TRUECHIME_HOST_CHOSEN:
		return "used as the reference";
	case TRUECHIME_HOST_FAILING:
		return "chosen, but it no longer answers: its last readings are extrapolated";
	case TRUECHIME_HOST_DEMOTED:
		return "chosen, but deselected, as it is not trusted";
	}
	return "in a state that this program does not know";
}

static void print_host(const struct module_host *host)
{
	printf("%s: %s", host->name, host_sentence(host->state));
	if (host->state >= TRUECHIME_HOST_CHOSEN)
		printf("; its readings are %s, good to %s", host->exact ? "exact" : "bracketed",
		       duration_text(host->uncertainty_ns).text);
	putchar('\n');
}

static int host_list(const struct cli *cli, struct module_link *link)
{
	struct module_host hosts[HOSTS_MAX];
	int count = 0, i, err;
	json_t *list;

	err = module_link_hosts(link, hosts, HOSTS_MAX, &count);
	if (err)
		return module_refused(link, "to list its host clocks", err);
	if (cli->json) {
		list = json_array();
		for (i = 0; i < count; i++)
			json_array_append_new(list, host_to_json(&hosts[i]));
		print_json(json_pack("{s:o}", "hosts", list));
		return CLI_OK;
	}
	for (i = 0; i < count; i++)
		print_host(&hosts[i]);
	return CLI_OK;
}

/* 0, -errno of the module. */
static int host_change(struct module_link *link, int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[0], "choose"))
		return module_link_choose_host(link, argv[1]);
	if (argc == 1 && !strcmp(argv[0], "demote"))
		return module_link_demote_host(link, true);
	if (argc == 1 && !strcmp(argv[0], "reinstate"))
		return module_link_demote_host(link, false);
	return 0;
}

static bool host_usage_is_right(int argc, char **argv)
{
	if (!argc)
		return true;
	if (!strcmp(argv[0], "choose"))
		return argc == 2;
	return argc == 1 && (!strcmp(argv[0], "list") || !strcmp(argv[0], "demote") ||
			     !strcmp(argv[0], "reinstate"));
}

int verb_host(const struct cli *cli, int argc, char **argv)
{
	struct module_link *link;
	int status, err;

	if (!host_usage_is_right(argc, argv)) {
		fputs("Usage: truechime host [list | choose NAME|auto|none | demote | reinstate]\n",
		      stderr);
		return CLI_ERROR;
	}
	status = module_open_loudly(&link);
	if (status)
		return status;
	err = host_change(link, argc, argv);
	status = err ? module_refused(link, "the change of the host clock", err) :
		       host_list(cli, link);
	module_link_close(link);
	return status;
}
