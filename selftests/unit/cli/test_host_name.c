// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of hosts as arguments: which words are resolved, and what the daemon is asked for then. The
 * name server is a table.
 */
#include "user/cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "selftests/unit/unit.h"
#include "user/sources/resolver.h"

static struct {
	char asked[128];	/* of the daemon: the command and its arguments */
	char name[64];		/* that is looked up; "": none was */
	int family;
} world;

int client_ask(const struct cli *cli, const char *command, json_t **reply)
{
	if (strcmp(command, "sources"))
		return -ECONNREFUSED;
	*reply = json_pack("{s:b,s:[{s:s,s:s},{s:s,s:s},{s:s,s:s}]}", "ok", 1, "sources",
			   "name", "ntp.example.net", "address", "192.0.2.1",
			   "name", "/dev/ptp0", "address", "PHC0",
			   "name", "2001:db8::7", "address", "2001:db8::7");

	return 0;
}

int client_report_with(const struct cli *cli, const char *command, int argc, char **argv,
		       void (*print)(const struct cli *cli, const json_t *reply))
{
	strcpy(world.asked, command);
	for (int i = 0; i < argc; i++) {
		strcat(world.asked, " ");
		strcat(world.asked, argv[i]);
	}

	return CLI_OK;
}

int client_report(const struct cli *cli, const char *command,
		  void (*print)(const struct cli *cli, const json_t *reply))
{
	return client_report_with(cli, command, 0, NULL, print);
}

int resolver_start(struct resolver *resolver, const char *name, int family, int64_t now_ns)
{
	resolver->fd = -1;
	strcpy(world.name, name);
	world.family = family;

	return 0;
}

int resolver_finish(struct resolver *resolver, int64_t now_ns, struct net_address *addresses,
		    const char **problem)
{
	static const struct {
		const char *name;
		const char *addresses[2];
	} rows[] = {
		{ "host.example.net", { "192.0.2.55", "192.0.2.1" } },
		{ "client.example.net", { "198.51.100.3", "198.51.100.4" } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strcmp(world.name, rows[i].name))
			continue;
		for (size_t j = 0; j < ARRAY_SIZE(rows[i].addresses); j++)
			(void)net_address_parse(rows[i].addresses[j], AF_UNSPEC, &addresses[j]);
		return ARRAY_SIZE(rows[i].addresses);
	}
	*problem = "Name or service not known";

	return -ENOENT;
}

FIXTURE(names) {
	int status;
	char said[256];
};

FIXTURE_SETUP(names)
{
	memset(self, 0, sizeof(*self));
}

FIXTURE_TEARDOWN(names)
{
}

static void type(FIXTURE_DATA(names) *self, const char *name,
		 int (*verb)(const struct cli *cli, int argc, char **argv), char **words)
{
	const struct cli cli = { .verb = name, .family = AF_INET };
	FILE *before = stderr;
	int argc = 0;

	while (words[argc])
		argc++;
	memset(&world, 0, sizeof(world));
	memset(self->said, 0, sizeof(self->said));
	stderr = fmemopen(self->said, sizeof(self->said), "w");
	if (!stderr)
		abort();
	self->status = verb(&cli, argc, words);
	fclose(stderr);
	stderr = before;
}

#define TYPE(verb, ...)	type(self, #verb, verb_##verb, (char *[]){ __VA_ARGS__, NULL })
#define CONNECT(verb, ...)	type(self, #verb, verb_connect, (char *[]){ __VA_ARGS__, NULL })
#define ALLOW(...)	type(self, "allow", verb_directive, (char *[]){ __VA_ARGS__, NULL })

TEST_F(names, access_of_a_name_is_that_of_its_first_address)
{
	TYPE(accheck, "client.example.net");
	EXPECT_STREQ("accheck 198.51.100.3", world.asked);
	EXPECT_EQ(AF_INET, world.family);
	type(self, "cmdaccheck", verb_accheck, (char *[]){ "host.example.net", NULL });
	EXPECT_STREQ("cmdaccheck 192.0.2.55", world.asked);
	TYPE(accheck, "192.0.2.9");
	EXPECT_STREQ("accheck 192.0.2.9", world.asked);
	EXPECT_STREQ("", world.name);
	TYPE(accheck, "nowhere");
	EXPECT_EQ(CLI_NOT, self->status);
	EXPECT_STREQ("", world.asked);
	EXPECT_NE(NULL, strstr(self->said, "\"nowhere\" is no address, and no name that has one"))
		TH_LOG("%s", self->said);
}

TEST_F(names, a_rule_may_have_a_name)
{
	ALLOW("client.example.net");
	EXPECT_STREQ("directive allow 198.51.100.3", world.asked);
	ALLOW("all", "client.example.net");
	EXPECT_STREQ("directive allow all 198.51.100.3", world.asked);
	ALLOW("nowhere");
	EXPECT_EQ(CLI_NOT, self->status);
	EXPECT_STREQ("", world.asked);
}

/* What is wrong with others is said by the reader of such lines. */
TEST_F(names, networks_are_not_looked_up)
{
	static const char *const networks[] = {
		"all", "10", "192.0.2", "192.0.2.0/24", "2001:db8::/32", "client.example.net/24",
		"192.0.2.0/99",
	};
	char line[64];

	for (size_t i = 0; i < ARRAY_SIZE(networks); i++) {
		ALLOW((char *)networks[i]);
		snprintf(line, sizeof(line), "directive allow %s", networks[i]);
		EXPECT_STREQ(line, world.asked);
		EXPECT_STREQ("", world.name);
	}
	ALLOW("all", "client.example.net", "nowhere");
	EXPECT_STREQ("directive allow all client.example.net nowhere", world.asked);
	type(self, "local", verb_directive, (char *[]){ "orphan", NULL });
	EXPECT_STREQ("directive local orphan", world.asked);
	EXPECT_STREQ("", world.name);
}

/* A name as configured is of all its servers, and its addresses may have changed. */
TEST_F(names, sources_are_named_as_configured_or_by_another_name)
{
	CONNECT(offline, "NTP.example.net");
	EXPECT_STREQ("offline NTP.example.net", world.asked);
	EXPECT_STREQ("", world.name);
	CONNECT(online, "host.example.net");
	EXPECT_STREQ("online 192.0.2.1", world.asked);
	TYPE(delete, "host.example.net");
	EXPECT_STREQ("delete 192.0.2.1", world.asked);
	TYPE(burst, "2/4", "host.example.net");
	EXPECT_STREQ("burst 2/4 192.0.2.1", world.asked);
	/* The daemon says that there is no such source. */
	CONNECT(offline, "nowhere");
	EXPECT_STREQ("offline nowhere", world.asked);
	CONNECT(offline, "client.example.net");
	EXPECT_STREQ("offline client.example.net", world.asked);
	CONNECT(offline, "192.0.2.0/24");
	EXPECT_STREQ("offline 192.0.2.0/24", world.asked);
	type(self, "offline", verb_connect, (char *[]){ NULL });
	EXPECT_STREQ("offline", world.asked);
	EXPECT_STREQ("", world.name);
}

#define CHANGE(verb, ...)	type(self, verb, verb_change, (char *[]){ __VA_ARGS__, NULL })

TEST_F(names, options_of_sources_are_changed_in_the_words_of_chronyc)
{
	CHANGE("minpoll", "host.example.net", "-2");
	EXPECT_STREQ("change minpoll 192.0.2.1 -2", world.asked);
	CHANGE("maxdelay", "ntp.example.net", "0.1");
	EXPECT_STREQ("change maxdelay ntp.example.net 0.1", world.asked);
	CHANGE("selectopts", "192.0.2.1", "+prefer", "-trust", "-noselect", "+require");
	EXPECT_STREQ("change selectopts 192.0.2.1 +prefer -trust -noselect +require", world.asked);
	/* Its reference id is no host's name. */
	CHANGE("offset", "PHC0", "-1");
	EXPECT_STREQ("change offset PHC0 -1", world.asked);
	EXPECT_STREQ("", world.name);
}

TEST_F(names, a_change_needs_a_source_and_a_value)
{
	CHANGE("minpoll", "192.0.2.1");
	EXPECT_EQ(CLI_ERROR, self->status);
	EXPECT_STREQ("", world.asked);
	EXPECT_NE(NULL, strstr(self->said, "minpoll takes the ADDRESS")) TH_LOG("%s", self->said);
	CHANGE("offset", "192.0.2.1", "1", "2");
	EXPECT_EQ(CLI_ERROR, self->status);
	EXPECT_STREQ("", world.asked);
	CHANGE("selectopts", "192.0.2.1", "+a", "+b", "+c", "+d", "+e", "+f", "+g");
	EXPECT_EQ(CLI_ERROR, self->status);
	EXPECT_STREQ("", world.asked);
	EXPECT_NE(NULL, strstr(self->said, "+prefer")) TH_LOG("%s", self->said);
}

TEST_HARNESS_MAIN
