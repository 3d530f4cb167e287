// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operator's commands about sources: what of them reaches the sources, and what is refused with
 * which words. The sources and the log are stand-ins.
 */
#include "user/daemon/requests.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "selftests/unit/schema.h"
#include "selftests/unit/unit.h"
#include "user/ntp/keys.h"
#include "user/sources/operate.h"

static struct {
	size_t matched;
	int calls;
	struct source_match match;
	enum operate_connection connection;
	int good;
	int most;
	struct config_source source;
	int add_result;
	uint32_t key;			/* the one that there is */
	int reloads;
	int reports_forgotten;
	int reload_result;
	const char *left_out;		/* the first such line */
	int rekey_result;
	size_t lacking;			/* sources without their key */
	int messages;
} world;

void log_warning(const char *format, ...)
{
	world.messages++;
}

void log_notice(const char *format, ...)
{
	world.messages++;
}

int64_t system_clock_raw_ns(void)
{
	return 1;
}

int daemon_reload(struct daemon *daemon)
{
	world.reloads++;
	snprintf(daemon->refusal, sizeof(daemon->refusal), "%s", world.left_out);
	return world.reload_result;
}

void daemon_forget_source_reports(struct daemon *daemon)
{
	world.reports_forgotten++;
}

int daemon_reload_sources(struct daemon *daemon)
{
	/* The operator wants to read again what is wrong. */
	if (!world.reports_forgotten)
		exit(1);
	world.reloads++;
	snprintf(daemon->refusal, sizeof(daemon->refusal), "%s", world.left_out);
	return world.reload_result;
}

size_t operate_connect(struct associations *list, const struct source_match *match,
		       enum operate_connection connection, int64_t now_raw_ns)
{
	world.calls++;
	world.match = *match;
	world.connection = connection;
	return world.matched;
}

size_t operate_burst(struct associations *list, const struct source_match *match, int good,
		     int most, int64_t now_raw_ns)
{
	world.calls++;
	world.match = *match;
	world.good = good;
	world.most = most;
	return world.matched;
}

size_t operate_delete(struct associations *list, const struct source_match *match)
{
	world.calls++;
	world.match = *match;
	return world.matched;
}

void operate_refresh(struct associations *list, int64_t now_raw_ns)
{
	world.calls++;
}

int operate_add(struct associations *list, const struct config_source *source, int64_t now_raw_ns)
{
	world.calls++;
	world.source = *source;
	return world.add_result;
}

int daemon_rekey(struct daemon *daemon)
{
	snprintf(daemon->refusal, sizeof(daemon->refusal), "%s", world.rekey_result ? "no" : "");
	return world.rekey_result;
}

size_t associations_lacking_keys(const struct associations *associations, char *names, size_t size)
{
	snprintf(names, size, "%s", world.lacking ? "a (key 7), b (key 8)" : "");
	return world.lacking;
}

const struct ntp_keys *associations_keys(const struct associations *associations)
{
	return NULL;
}

const struct ntp_key *ntp_keys_find(const struct ntp_keys *keys, uint32_t id)
{
	static const struct ntp_key key;

	return id == world.key ? &key : NULL;
}

bool chronyc_listener_allows(const struct chronyc_listener *listener,
			     const struct net_address *address)
{
	return address->family == AF_INET;
}

FIXTURE(operator) {
	struct config *config;
	struct daemon daemon;
	char error[512];
	char warning[512];
};

FIXTURE_SETUP(operator)
{
	memset(&world, 0, sizeof(world));
	world.left_out = "";
	memset(self, 0, sizeof(*self));
	world.matched = 1;
	self->config = config_new();
	ASSERT_NE(NULL, self->config);
	self->daemon.config = self->config;
}

FIXTURE_TEARDOWN(operator)
{
	config_free(self->config);
}

/* How many sources it was about, 0: they are not counted, -1: it was refused with @error. */
static int ask(FIXTURE_DATA(operator) *self, enum control_command command, const char *arguments)
{
	struct control_request request = { .command = command };
	const char *error = "", *warning;
	json_t *reply;
	int count;

	snprintf(request.arguments, sizeof(request.arguments), "%s", arguments);
	world.calls = 0;
	reply = daemon_operate(&self->daemon, &request, &error);
	snprintf(self->error, sizeof(self->error), "%s", error);
	if (!reply)
		return -1;
	if (!json_is_true(json_object_get(reply, "ok")))
		exit(1);
	warning = json_string_value(json_object_get(reply, "warning"));
	snprintf(self->warning, sizeof(self->warning), "%s", warning ? warning : "");
	count = (int)json_integer_value(json_object_get(reply, "sources"));
	json_decref(reply);
	return count;
}

TEST_F(operator, takes_sources_offline_and_online)
{
	EXPECT_EQ(1, ask(self, CONTROL_OFFLINE, "192.0.2.0/24"));
	EXPECT_EQ(OPERATE_OFFLINE, world.connection);
	EXPECT_EQ(SOURCE_MATCH_SUBNET, world.match.kind);
	EXPECT_EQ(1, ask(self, CONTROL_ONLINE, "ntp.example.net"));
	EXPECT_EQ(OPERATE_ONLINE, world.connection);
	EXPECT_STREQ("ntp.example.net", world.match.name);
	EXPECT_EQ(1, ask(self, CONTROL_ONOFFLINE, ""));
	EXPECT_EQ(OPERATE_BY_ROUTE, world.connection);
	EXPECT_EQ(SOURCE_MATCH_ALL, world.match.kind);

	world.matched = 0;
	EXPECT_EQ(-1, ask(self, CONTROL_OFFLINE, "192.0.2.1"));
	EXPECT_NE(NULL, strstr(self->error, "truechime sources"));
	/* None of none is no mistake. */
	EXPECT_EQ(0, ask(self, CONTROL_OFFLINE, ""));
	EXPECT_EQ(-1, ask(self, CONTROL_OFFLINE, "192.0.2.1/33"));
	EXPECT_EQ(0, world.calls);
	EXPECT_NE(NULL, strstr(self->error, "ADDRESS/BITS"));
}

TEST_F(operator, asks_in_bursts)
{
	static const char *const refused[] = {
		"4", "4/", "/8", "0/3", "3/2", "1/1001", "99999/99999", "-1/4", "1/4x", "1/4/2",
		"a/b", " 1/4", "1/4 1.2.3.4/99",
	};
	size_t i;

	EXPECT_EQ(1, ask(self, CONTROL_BURST, "2/10"));
	EXPECT_EQ(2, world.good);
	EXPECT_EQ(10, world.most);
	EXPECT_EQ(SOURCE_MATCH_ALL, world.match.kind);
	EXPECT_EQ(1, ask(self, CONTROL_BURST, "1000/1000 255.255.0.0/1.2.0.0"));
	EXPECT_EQ(1000, world.most);
	EXPECT_EQ(SOURCE_MATCH_SUBNET, world.match.kind);
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		EXPECT_EQ(-1, ask(self, CONTROL_BURST, refused[i]))
			TH_LOG("%s", refused[i]);
		EXPECT_EQ(0, world.calls);
		EXPECT_NE('\0', *self->error);
	}
}

TEST_F(operator, adds_sources)
{
	EXPECT_EQ(0, ask(self, CONTROL_ADD, "pool ntp.example.net iburst offset -0.1"));
	EXPECT_EQ(CONFIG_POOL, world.source.kind);
	EXPECT_STREQ("ntp.example.net", world.source.options.name);
	EXPECT_EQ(-0.1, world.source.options.offset_s);
	EXPECT_EQ(1, world.messages);

	world.add_result = -EEXIST;
	EXPECT_EQ(-1, ask(self, CONTROL_ADD, "server a"));
	EXPECT_NE(NULL, strstr(self->error, "already"));
	world.add_result = -ENOSPC;
	EXPECT_EQ(-1, ask(self, CONTROL_ADD, "server a"));
	EXPECT_NE(NULL, strstr(self->error, "too many"));
	EXPECT_EQ(-1, ask(self, CONTROL_ADD, "server a minpol 3"));
	EXPECT_EQ(0, world.calls);
	EXPECT_NE(NULL, strstr(self->error, "minpoll"));
	EXPECT_EQ(-1, ask(self, CONTROL_ADD, "makestep 1 3"));
	EXPECT_NE(NULL, strstr(self->error, "only 'server', 'pool' and 'peer' can be added"));
	EXPECT_EQ(-1, ask(self, CONTROL_ADD, ""));
	EXPECT_NE(NULL, strstr(self->error, "server NAME"));
	/* What has no effect is a warning for the log, and for who is there. */
	world.add_result = 0;
	world.messages = 0;
	EXPECT_EQ(0, ask(self, CONTROL_ADD, "server a minsamples 8"));
	EXPECT_EQ(2, world.messages);
	EXPECT_NE(NULL, strstr(self->warning, "minsamples")) TH_LOG("%s", self->warning);
	EXPECT_EQ(0, ask(self, CONTROL_ADD, "server b"));
	EXPECT_STREQ("", self->warning);
	/* An error says more. */
	EXPECT_EQ(-1, ask(self, CONTROL_ADD, "server a minpoll 99 minpol 3"));
	EXPECT_NE(NULL, strstr(self->error, "'minpol'")) TH_LOG("%s", self->error);
}

/* chronyd takes it, too, and says it to the log alone: it is not asked before it has its key. */
TEST_F(operator, says_that_a_key_is_missing)
{
	strcpy(self->config->keyfile, "/etc/truechime/truechime.keys");
	world.key = 7;
	EXPECT_EQ(0, ask(self, CONTROL_ADD, "server a key 7"));
	EXPECT_STREQ("", self->warning);
	world.messages = 0;
	EXPECT_EQ(0, ask(self, CONTROL_ADD, "server a key 8 minsamples 8"));
	EXPECT_EQ(1, world.calls);
	EXPECT_EQ(3, world.messages);
	EXPECT_NE(NULL, strstr(self->warning, "key 8 is not in /etc/truechime/truechime.keys."));
	EXPECT_NE(NULL, strstr(self->warning, "truechime rekey"));
	*self->config->keyfile = '\0';
	EXPECT_EQ(0, ask(self, CONTROL_ADD, "server a key 8"));
	EXPECT_STREQ("a is not asked, as its key 8 is in no file: 'keyfile' is not configured",
		     self->warning);
	/* Nothing is said of one that is not there. */
	world.add_result = -EEXIST;
	EXPECT_EQ(-1, ask(self, CONTROL_ADD, "server a key 8"));
	EXPECT_NE(NULL, strstr(self->error, "already"));
}

/* Else it would look as if all were well. */
TEST_F(operator, names_sources_that_lack_their_key_once_keys_were_read)
{
	static const enum control_command commands[] = { CONTROL_REKEY, CONTROL_RELOAD };

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		world.lacking = 0;
		EXPECT_EQ(0, ask(self, commands[i], ""));
		EXPECT_STREQ("", self->warning);
		world.lacking = 2;
		EXPECT_EQ(0, ask(self, commands[i], ""));
		EXPECT_NE(NULL, strstr(self->warning, "2 sources are not asked"));
		EXPECT_NE(NULL, strstr(self->warning, ": a (key 7), b (key 8). Add "));
		EXPECT_NE(NULL, strstr(self->warning, "then: truechime rekey"));
	}
	world.rekey_result = -EACCES;
	EXPECT_EQ(-1, ask(self, CONTROL_REKEY, ""));
	EXPECT_STREQ("no", self->error);
}

TEST_F(operator, deletes_what_is_named)
{
	EXPECT_EQ(1, ask(self, CONTROL_DELETE, "192.0.2.1"));
	EXPECT_TRUE(world.match.scope);
	EXPECT_EQ(1, ask(self, CONTROL_DELETE, "ntp.example.net"));
	/* All of them at once would be a slip. */
	EXPECT_EQ(-1, ask(self, CONTROL_DELETE, ""));
	EXPECT_EQ(0, world.calls);
	EXPECT_EQ(-1, ask(self, CONTROL_DELETE, "0.0.0.0/0"));
	EXPECT_EQ(0, world.calls);
	world.matched = 0;
	EXPECT_EQ(-1, ask(self, CONTROL_DELETE, "192.0.2.1"));
}

/* Of the whole configuration, and of the files of source directories alone. */
static void reads_again(struct __test_metadata *_metadata, FIXTURE_DATA(operator) *self,
			enum control_command command)
{
	world.reloads = 0;
	world.reload_result = 0;
	EXPECT_EQ(0, ask(self, command, ""));
	EXPECT_EQ(1, world.reloads);
	world.left_out = "a.sources:2: nonsense";
	EXPECT_EQ(-1, ask(self, command, ""));
	EXPECT_EQ(0, strncmp(world.left_out, self->error, strlen(world.left_out)));
	world.left_out = "";
	world.reload_result = -ENOMEM;
	EXPECT_EQ(-1, ask(self, command, ""));
	EXPECT_NE('\0', *self->error);
}

TEST_F(operator, refreshes_and_reads_again)
{
	EXPECT_EQ(0, ask(self, CONTROL_REFRESH, ""));
	EXPECT_EQ(1, world.calls);
	reads_again(_metadata, self, CONTROL_RELOAD_SOURCES);
	reads_again(_metadata, self, CONTROL_RELOAD);
}

/* By the lines of the configuration, as the server does it. */
TEST_F(operator, check_of_access)
{
	struct access_rule rules[] = { { .allow = true }, { .allow = false } };
	struct control_request request = { .command = CONTROL_ACCHECK };
	static const struct {
		const char *address;
		bool allowed;
	} rows[] = {
		{ "10.1.2.3", true }, { "10.9.2.3", false }, { "192.0.2.1", false },
		{ "::1", false },
	};
	const char *error;
	json_t *reply;

	ASSERT_EQ(0, access_rule_parse("10", &rules[0]));
	ASSERT_EQ(0, access_rule_parse("10.9/16", &rules[1]));
	self->config->server.rules = rules;
	self->config->server.rule_count = 2;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(request.arguments, sizeof(request.arguments), "%s", rows[i].address);
		reply = daemon_operate(&self->daemon, &request, &error);
		ASSERT_NE(NULL, reply);
		EXPECT_EQ(rows[i].allowed, json_is_true(json_object_get(reply, "allowed")))
			TH_LOG("%s", rows[i].address);
		EXPECT_TRUE(json_is_true(json_object_get(reply, "served")));
		EXPECT_TRUE(schema_fits("accheck", reply));
		json_decref(reply);
	}
	snprintf(request.arguments, sizeof(request.arguments), "client.example.net");
	EXPECT_EQ(NULL, daemon_operate(&self->daemon, &request, &error));
	EXPECT_NE(NULL, strstr(error, "numeric"));
	self->config->server.rules = NULL;
	self->config->server.rule_count = 0;
}

TEST_F(operator, check_of_chronycs_access)
{
	struct control_request request = { .command = CONTROL_CMDACCHECK, .arguments = "::1" };
	const char *error = "";
	json_t *reply = daemon_operate(&self->daemon, &request, &error);

	ASSERT_NE(NULL, reply);
	EXPECT_TRUE(json_is_false(json_object_get(reply, "allowed")));
	EXPECT_TRUE(schema_fits("cmdaccheck", reply));
	json_decref(reply);
	snprintf(request.arguments, sizeof(request.arguments), "client.example.net");
	EXPECT_EQ(NULL, daemon_operate(&self->daemon, &request, &error));
	EXPECT_NE(NULL, strstr(error, "numeric"));
}

TEST_HARNESS_MAIN
