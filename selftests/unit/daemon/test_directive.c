// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines of the configuration that the operator adds: what is in force then, and what is refused
 * with which words. The server and chronyc's sockets are stand-ins.
 */
#include "user/daemon/requests.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "selftests/unit/schema.h"
#include "selftests/unit/unit.h"

static struct {
	bool open;
	int configured;
	int command_rules;
	int keys_read;
	int keys_result;
} world;

void log_notice(const char *format, ...)
{
}

int64_t system_clock_raw_ns(void)
{
	return 1;
}

void serving_configure(struct serving *serving, const struct config *config,
		       const struct ntp_keys *keys, int64_t now_ns)
{
	world.configured++;
}

bool serving_is_open(const struct serving *serving)
{
	return world.open;
}

const struct ntp_keys *associations_keys(const struct associations *list)
{
	return NULL;
}

int associations_read_keys(struct associations *list, const struct config *config)
{
	world.keys_read++;
	return world.keys_result;
}

int chronyc_listener_set_rules(struct chronyc_listener *listener, const struct access_rule *rules,
			       size_t count)
{
	world.command_rules = (int)count;
	return 0;
}

FIXTURE(directive) {
	struct daemon daemon;
	const char *error;
};

FIXTURE_SETUP(directive)
{
	memset(&world, 0, sizeof(world));
	memset(self, 0, sizeof(*self));
	world.open = true;
	self->error = "";
	self->daemon.config = config_new();
	ASSERT_NE(NULL, self->daemon.config);
}

FIXTURE_TEARDOWN(directive)
{
	config_free(self->daemon.config);
}

static bool is_obeyed(FIXTURE_DATA(directive) *self, const char *line)
{
	json_t *reply = daemon_obey_directive(&self->daemon, line, &self->error);
	bool ok = json_is_true(json_object_get(reply, "ok"));

	json_decref(reply);
	return ok;
}

TEST_F(directive, whom_the_server_answers)
{
	const struct config_server *server = &self->daemon.config->server;

	ASSERT_TRUE(is_obeyed(self, "allow 10.0.0.0/24"));
	ASSERT_TRUE(is_obeyed(self, "deny all 10.0.0.4"));
	ASSERT_EQ(2, server->rule_count);
	EXPECT_TRUE(server->rules[0].allow);
	EXPECT_EQ(24, server->rules[0].prefix);
	EXPECT_TRUE(server->rules[1].all);
	EXPECT_EQ(2, world.configured);
	EXPECT_EQ(0, world.command_rules);
	ASSERT_TRUE(is_obeyed(self, "cmdallow 10.0.0.1"));
	EXPECT_EQ(1, world.command_rules);
	EXPECT_EQ(2, server->rule_count);
}

TEST_F(directive, what_cannot_be_served_is_not_kept)
{
	world.open = false;
	EXPECT_FALSE(is_obeyed(self, "allow 10.0.0.0/24"));
	EXPECT_NE(NULL, strstr(self->error, "port"));
	/* A restart alone would forget it. */
	EXPECT_NE(NULL, strstr(self->error, "write this line into the configuration, and restart"));
	EXPECT_EQ(0, self->daemon.config->server.rule_count);
}

/* Nor is there a process that it could concern, unless that one hands out NTS keys. */
TEST_F(directive, nobody_is_let_in_without_a_port)
{
	struct config *config = self->daemon.config;

	config->server.port = 0;
	EXPECT_FALSE(is_obeyed(self, "allow 10.0.0.0/24"));
	EXPECT_NE(NULL, strstr(self->error, "'port 0'"));
	EXPECT_EQ(0, config->server.rule_count);
	EXPECT_TRUE(is_obeyed(self, "deny 10.0.0.0/24"));
	EXPECT_TRUE(is_obeyed(self, "cmdallow 10.0.0.1"));
	config->nts.certificate_count = 1;
	EXPECT_TRUE(is_obeyed(self, "allow 10.0.0.0/24"));
	config->nts.port = 0;
	EXPECT_FALSE(is_obeyed(self, "allow 10.0.0.0/16"));
}

/* It may be the one that the configuration refuses by a name. */
TEST_F(directive, nobody_is_let_in_beside_a_name_that_is_refused)
{
	struct config *config = self->daemon.config;

	config->server.closed = true;
	EXPECT_FALSE(is_obeyed(self, "allow 10.0.0.0/24"));
	EXPECT_NE(NULL, strstr(self->error, "has a name"));
	EXPECT_EQ(0, config->server.rule_count);
	EXPECT_TRUE(is_obeyed(self, "deny 10.0.0.0/24"));
	EXPECT_TRUE(is_obeyed(self, "cmdallow 10.0.0.1"));
	config->chronyc.closed = true;
	EXPECT_FALSE(is_obeyed(self, "cmdallow 10.0.0.2"));
	EXPECT_EQ(1, world.command_rules);
}

/* As many rules as there may be: of networks that no other line of this test names. */
static struct access_rule *fill_rules(size_t count)
{
	struct access_rule *rules = calloc(count, sizeof(*rules));

	for (size_t i = 0; rules && i < count; i++) {
		rules[i] = (struct access_rule){ .allow = true, .prefix = 32 };
		rules[i].network.family = AF_INET;
		rules[i].network.bytes[0] = 192;
		rules[i].network.bytes[2] = (uint8_t)(i >> 8);
		rules[i].network.bytes[3] = (uint8_t)i;
	}

	return rules;
}

/*
 * As of a program that does so all the time: where there is room for one rule more, the second time
 * is as the ten thousandth.
 */
TEST_F(directive, a_host_is_let_in_and_out_again_and_again)
{
	struct config *config = self->daemon.config;
	const size_t last = CONFIG_ACCESS_RULES_MAX - 1;

	config->server.rules = fill_rules(last);
	config->chronyc.rules = fill_rules(last);
	ASSERT_NE(NULL, config->server.rules);
	ASSERT_NE(NULL, config->chronyc.rules);
	config->server.rule_count = last;
	config->chronyc.rule_count = last;
	for (int i = 0; i < 3; i++) {
		ASSERT_TRUE(is_obeyed(self, "allow 10.0.0.4"));
		ASSERT_TRUE(is_obeyed(self, "deny 10.0.0.4"));
		ASSERT_TRUE(is_obeyed(self, "cmdallow 10.0.0.4"));
	}
	EXPECT_EQ(last + 1, config->server.rule_count);
	EXPECT_FALSE(config->server.rules[last].allow);
	EXPECT_EQ(last + 1, config->chronyc.rule_count);
	EXPECT_EQ(last + 1, world.command_rules);
	/* Another one has no room. */
	EXPECT_FALSE(is_obeyed(self, "allow 10.0.0.5"));
	EXPECT_NE(NULL, strstr(self->error, "name larger networks"));
	EXPECT_FALSE(is_obeyed(self, "cmdallow 10.0.0.5"));
	EXPECT_EQ(last + 1, config->server.rule_count);
	/* What it takes the place of is back where it cannot be served. */
	world.open = false;
	EXPECT_FALSE(is_obeyed(self, "allow 10.0.0.4"));
	ASSERT_EQ(last + 1, config->server.rule_count);
	EXPECT_FALSE(config->server.rules[last].allow);
}

TEST_F(directive, the_clock_as_it_is)
{
	json_t *reply;

	ASSERT_TRUE(is_obeyed(self, "local stratum 5"));
	EXPECT_TRUE(self->daemon.config->server.local.enabled);
	EXPECT_EQ(5, self->daemon.config->server.local.stratum);
	ASSERT_TRUE(is_obeyed(self, "local off"));
	EXPECT_FALSE(self->daemon.config->server.local.enabled);
	ASSERT_TRUE(is_obeyed(self, "manual on"));
	EXPECT_TRUE(self->daemon.config->manual);
	ASSERT_TRUE(is_obeyed(self, "manual off"));
	EXPECT_FALSE(self->daemon.config->manual);
	reply = daemon_obey_directive(&self->daemon, "manual on", &self->error);
	EXPECT_TRUE(schema_fits("manual", reply));
	json_decref(reply);
}

TEST_F(directive, nothing_else)
{
	static const char *const refused[] = {
		"", "server a", "user root", "allow fd00::/129", "allow a.example.net",
		"local stratum x", "manual", "allowed", "include /etc/passwd", "cmdallow 10/99",
	};

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		self->error = "";
		EXPECT_FALSE(is_obeyed(self, refused[i]))
			TH_LOG("%s", refused[i]);
		EXPECT_STRNE("", self->error);
	}
	EXPECT_EQ(0, world.configured);
}

TEST_F(directive, keys_are_read_again)
{
	EXPECT_EQ(0, daemon_rekey(&self->daemon));
	EXPECT_EQ(1, world.keys_read);
	EXPECT_EQ(1, world.configured);
	/* Whoever has replaced a key wants to know that it is not used. */
	strcpy(self->daemon.config->keyfile, "/etc/keys");
	world.keys_result = -EACCES;
	EXPECT_EQ(-EACCES, daemon_rekey(&self->daemon));
	EXPECT_NE(NULL, strstr(self->daemon.refusal, "/etc/keys: the keys cannot be read: Perm"));
}

TEST_HARNESS_MAIN
