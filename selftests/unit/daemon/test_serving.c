// SPDX-License-Identifier: GPL-2.0-only
/*
 * When the process that answers requests is started, and on which sockets. It is a stand-in, which
 * is as alive as its end of the lifeline is open; the sockets are stand-ins, too.
 */
#include "user/daemon/serving.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "selftests/unit/config_reports.h"
#include "selftests/unit/counted_log.h"
#include "selftests/unit/fake_listen.h"
#include "selftests/unit/serving_parts.h"
#include "selftests/unit/unit.h"
#include "user/daemon/server_process.h"

#define S	1000000000LL

static struct {
	int end;		/* of the lifeline, -1: no process runs */
	int starts;
	bool ipv4;		/* it has such a socket */
	bool ipv6;
	int page_fd;
	int start_error;
} world;

/* --- the process --- */

int server_process_start(struct server_process *process, const struct config_server *config,
			 const struct server_keys *keys, const struct server_sockets *sockets,
			 int page_fd, const struct server_uses *uses)
{
	int ends[2];

	if (world.start_error)
		return world.start_error;
	if (world.end >= 0 || pipe2(ends, O_CLOEXEC))
		exit(1);
	world.end = ends[0];
	world.starts++;
	world.ipv4 = sockets->ipv4_fd >= 0;
	world.ipv6 = sockets->ipv6_fd >= 0;
	world.page_fd = page_fd;
	process->pid = 1;
	process->lifeline_fd = ends[1];

	return 0;
}

static void end_process(void)
{
	if (world.end >= 0)
		close(world.end);
	world.end = -1;
}

void server_process_stop(struct server_process *process)
{
	if (!process->pid)
		return;
	end_process();
	close(process->lifeline_fd);
	process->pid = 0;
}

void server_process_clear(struct server_process *process)
{
	server_process_stop(process);
}

void server_process_ended(struct server_process *process, char *how, size_t size)
{
	snprintf(how, size, "test");
	server_process_stop(process);
}

void server_process_send_keys(const struct server_process *process,
			      const struct nts_server_keys *keys)
{
}

/* --- the tests --- */

FIXTURE(serving) {
	struct serving *serving;
	int64_t now_ns;
};

static void configure(FIXTURE_DATA(serving) *self, const char *text)
{
	struct reports reports;
	struct config *config;

	config = parse(text, &reports);
	if (!config)
		exit(1);
	serving_configure(self->serving, config, NULL, self->now_ns);
	config_free(config);
}

/* What the loop does until @seconds have passed. */
static void pass(FIXTURE_DATA(serving) *self, int64_t seconds)
{
	int64_t end_ns = self->now_ns + seconds * S, next_ns;

	serving_timer(self->serving, self->now_ns);
	for (;;) {
		next_ns = serving_next_ns(self->serving);
		if (next_ns > end_ns)
			break;
		if (next_ns > self->now_ns)
			self->now_ns = next_ns;
		serving_timer(self->serving, self->now_ns);
	}
	self->now_ns = end_ns;
}

FIXTURE_SETUP(serving)
{
	memset(&world, 0, sizeof(world));
	memset(&listening, 0, sizeof(listening));
	memset(&logged, 0, sizeof(logged));
	world.end = -1;
	self->now_ns = 1000 * S;
	self->serving = serving_new();
	ASSERT_NE(NULL, self->serving);
}

FIXTURE_TEARDOWN(serving)
{
	serving_free(self->serving);
	EXPECT_GT(0, world.end);
}

TEST_F(serving, both_families_are_served)
{
	configure(self, "allow\n");
	pass(self, 86400);
	EXPECT_EQ(1, world.starts);
	EXPECT_TRUE(world.ipv4);
	EXPECT_TRUE(world.ipv6);
	EXPECT_EQ(0, logged.warnings);
}

/* Another program has the port of one: the other one is served, and that later, too. */
TEST_F(serving, one_family_is_served_where_the_other_cannot_be)
{
	listening.error4 = -EADDRINUSE;
	configure(self, "allow\n");
	EXPECT_TRUE(serving_is_open(self->serving));
	pass(self, 600);
	EXPECT_LE(0, world.end);
	EXPECT_EQ(1, world.starts);
	EXPECT_FALSE(world.ipv4);
	EXPECT_TRUE(world.ipv6);
	EXPECT_EQ(1, logged.warnings);
	EXPECT_NE(NULL, strstr(logged.warning, "port 123 by IPv4: another program serves there"));

	listening.error4 = 0;
	pass(self, 61);
	EXPECT_LE(0, world.end);
	EXPECT_EQ(2, world.starts);
	EXPECT_TRUE(world.ipv4);
	EXPECT_TRUE(world.ipv6);
	EXPECT_EQ(1, logged.warnings);
}

TEST_F(serving, without_a_socket_there_is_no_process)
{
	listening.error4 = -EADDRINUSE;
	listening.error6 = -EADDRINUSE;
	configure(self, "allow\n");
	EXPECT_FALSE(serving_is_open(self->serving));
	pass(self, 600);
	EXPECT_EQ(0, world.starts);
	EXPECT_EQ(1, logged.warnings);
	EXPECT_NE(NULL, strstr(logged.warning, "port 123: another program serves there"));

	listening.error6 = 0;
	pass(self, 61);
	EXPECT_EQ(1, world.starts);
	EXPECT_FALSE(world.ipv4);
	EXPECT_TRUE(world.ipv6);
	EXPECT_EQ(1, logged.warnings);
}

TEST_F(serving, a_machine_without_ipv6_is_not_tried_again)
{
	listening.error6 = -EAFNOSUPPORT;
	configure(self, "allow\n");
	pass(self, 1);
	EXPECT_EQ(1, world.starts);
	EXPECT_EQ(0, logged.warnings);
	EXPECT_EQ(INT64_MAX, serving_next_ns(self->serving));
}

/* One that ends at once is not started over and over again. */
TEST_F(serving, a_process_that_ends_again_and_again_waits_longer)
{
	configure(self, "allow\n");
	for (int64_t wait_s = 1; wait_s <= 64; wait_s *= 2) {
		pass(self, 0);
		end_process();
		pass(self, wait_s - 1);
		EXPECT_GT(0, world.end);
		pass(self, 1);
		EXPECT_LE(0, world.end);
	}
	end_process();
	pass(self, 63);
	EXPECT_GT(0, world.end);
}

/* Nobody is told that NTP is served as often as it is tried, nor that it is not. */
TEST_F(serving, what_ends_again_and_again_is_said_once)
{
	configure(self, "allow\n");
	pass(self, 0);
	EXPECT_EQ(1, logged.infos);
	EXPECT_STREQ("NTP is served on port 123 (IPv4, IPv6)", logged.info);
	for (int i = 0; i < 10; i++) {
		end_process();
		pass(self, 0);
		EXPECT_EQ(1, logged.warnings);
		pass(self, (serving_next_ns(self->serving) - self->now_ns) / S);
	}
	EXPECT_NE(NULL, strstr(logged.warning, "has ended: test. It is started again in 1 s, "));
	EXPECT_EQ(1, logged.infos);
	/* Now it stays. */
	pass(self, 9);
	EXPECT_EQ(1, logged.infos);
	pass(self, 1);
	EXPECT_EQ(2, logged.infos);
	EXPECT_STREQ("NTP is served again on port 123 (IPv4, IPv6)", logged.info);
	pass(self, 1000);
	EXPECT_EQ(2, logged.infos);
	end_process();
	pass(self, 0);
	EXPECT_EQ(2, logged.warnings);
}

TEST_F(serving, what_cannot_be_started_is_said_once)
{
	world.start_error = -EMFILE;
	configure(self, "allow\n");
	pass(self, 3600);
	EXPECT_EQ(0, logged.infos);
	EXPECT_EQ(1, logged.warnings);
	EXPECT_NE(NULL, strstr(logged.warning, "could not be started: Too many open files. It "))
		TH_LOG("%s", logged.warning);
	EXPECT_NE(NULL, strstr(logged.warning, "LimitNOFILE="));
	/* Somebody has changed something, and looks whether it was right. */
	configure(self, "allow\n");
	pass(self, 3600);
	EXPECT_EQ(2, logged.warnings);
	world.start_error = 0;
	pass(self, 64 + 10);
	EXPECT_STREQ("NTP is served again on port 123 (IPv4, IPv6)", logged.info);
	EXPECT_EQ(1, logged.infos);
}

/* Troubles of last month are no reason to leave clients without an answer for a minute. */
TEST_F(serving, a_process_that_ran_for_long_is_started_again_soon)
{
	configure(self, "allow\n");
	for (int i = 0; i < 10; i++) {
		pass(self, 3600);
		end_process();
		pass(self, 0);
		EXPECT_NE(NULL, strstr(logged.warning, "started again in 1 s"));
		pass(self, 1);
		EXPECT_LE(0, world.end);
	}
}

/* Somebody has mended what was wrong, and wants to see whether it works now. */
TEST_F(serving, a_reload_tries_at_once_what_has_failed)
{
	listening.error4 = -EADDRINUSE;
	listening.error6 = -EADDRINUSE;
	configure(self, "allow\n");
	pass(self, 1);
	EXPECT_FALSE(serving_is_open(self->serving));
	listening.error4 = 0;
	configure(self, "allow\n");
	pass(self, 0);
	EXPECT_LE(0, world.end);

	for (int i = 0; i < 8; i++) {
		end_process();
		pass(self, 64);
	}
	end_process();
	pass(self, 1);
	EXPECT_GT(0, world.end);
	configure(self, "allow\n");
	pass(self, 0);
	EXPECT_LE(0, world.end);
}

TEST_F(serving, a_reload_that_changes_nothing_disturbs_nobody)
{
	configure(self, "allow\n");
	pass(self, 1);
	configure(self, "allow\n");
	pass(self, 3600);
	EXPECT_EQ(1, world.starts);
	configure(self, "allow\nratelimit\n");
	pass(self, 1);
	EXPECT_EQ(2, world.starts);
	configure(self, "deny\n");
	pass(self, 1);
	EXPECT_GT(0, world.end);
	configure(self, "deny\n");
	pass(self, 3600);
	EXPECT_EQ(2, world.starts);
}

/* It is the reference of this machine, too: tracking says so, as chronyc's does. */
TEST_F(serving, the_local_clock_is_the_reference_where_nobody_is_served)
{
	struct steering_status steering = { .valid = true, .now.raw_ns = 1001 * S };
	struct state_update update = { .raw_ns = 0 };

	configure(self, "local stratum 5\n");
	serving_publish(self->serving, &steering, &update);
	EXPECT_EQ(5, serving_local_stratum(self->serving));
	configure(self, "");
	steering.now.raw_ns += S;
	serving_publish(self->serving, &steering, &update);
	EXPECT_EQ(0, serving_local_stratum(self->serving));
	EXPECT_EQ(0, world.starts);
}

/*
 * Sources have corrected the clock. None of them is of use any more: then it is the host that is
 * followed, and the clock is as synchronised as it is called. Or the one that was followed has been
 * deleted: what it said holds.
 */
TEST_F(serving, who_is_followed_when_no_source_is_selected)
{
	static const struct {
		int selected;
		uint8_t stratum;
		uint16_t told_stratum;
		uint32_t told_refid;
	} cases[] = {
		{ 0, 3, 3, 0xc0000201 }, { -1, 3, 3, 0xc0000201 },
		{ -1, 16, STATE_STRATUM_HOST, STATE_REFID_HOST },
		/* It is a server of stratum 15. */
		{ 0, 16, 16, 0xc0000201 },
	};
	struct steering_status steering = {
		.valid = true, .synchronised = true, .has_correction = true,
		.now = { .has_host = true },
	};
	struct state_update update = { .raw_ns = 900 * S, .refid = 0xc0000201 };
	const struct time_page *page;
	struct time_content content;

	configure(self, "allow\n");
	pass(self, 1);
	ASSERT_EQ(0, time_page_map(&page, world.page_fd));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		update.result.selection.selected = cases[i].selected;
		update.result.stratum = cases[i].stratum;
		steering.now.raw_ns = (1000 + (int64_t)i) * S;
		serving_publish(self->serving, &steering, &update);
		ASSERT_TRUE(time_page_read(page, &content));
		EXPECT_EQ(cases[i].told_stratum, content.stratum)
			TH_LOG("case %zu", i);
		EXPECT_EQ(cases[i].told_refid, content.refid)
			TH_LOG("case %zu", i);
	}
	time_page_unmap(page);
}

TEST_HARNESS_MAIN
