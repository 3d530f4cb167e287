// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sockets of the NTP server: when they are opened, and when they stay. The process, the page of
 * time and all that is told on it are stand-ins.
 */
#include "user/daemon/serving.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "selftests/unit/config_reports.h"
#include "selftests/unit/counted_log.h"
#include "selftests/unit/serving_parts.h"
#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/daemon/local_reference.h"
#include "user/daemon/mono_scale.h"
#include "user/daemon/server_process.h"
#include "user/lib/time_page.h"
#include "user/lib/time_units.h"

static struct {
	int started;
	int stopped;
	struct server_sockets sockets;
	size_t rules;
	bool no_device;
	int lost;
} world;

/* --- An interface: there is none, or that of the socket which is asked next has gone --- */

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	if (world.no_device && level == SOL_SOCKET && name == SO_BINDTODEVICE) {
		errno = ENODEV;
		return -1;
	}
	return __real_setsockopt(fd, level, name, value, length);
}

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
	if (world.lost && level == SOL_SOCKET && name == SO_BINDTODEVICE) {
		world.lost--;
		errno = ENODEV;
		return -1;
	}
	return __real_getsockopt(fd, level, name, value, length);
}

/* --- The process --- */

int server_process_start(struct server_process *process, const struct config_server *config,
			 const struct server_keys *keys, const struct server_sockets *sockets,
			 int page_fd, const struct server_uses *uses)
{
	world.started++;
	world.sockets = *sockets;
	world.rules = config->rule_count;
	process->pid = 1;
	return 0;
}

void server_process_stop(struct server_process *process)
{
	world.stopped += process->pid != 0;
	process->pid = 0;
}

void server_process_clear(struct server_process *process)
{
	server_process_stop(process);
}

void server_process_ended(struct server_process *process, char *how, size_t size)
{
}

void server_process_send_keys(const struct server_process *process,
			      const struct nts_server_keys *keys)
{
}

/* --- What it is told --- */

int time_page_create(struct time_page **page, int *fd)
{
	static char place;

	*page = (struct time_page *)&place;
	*fd = -1;
	return 0;
}

void time_page_unmap(const struct time_page *page)
{
}

void time_page_write(struct time_page *page, const struct time_content *content)
{
}

void local_reference_configure(struct local_reference *local, const struct config_local *config,
			       int64_t now_raw_ns)
{
}

void local_reference_apply(struct local_reference *local, const struct steering_status *steering,
			   int64_t updated_raw_ns, struct time_content *content)
{
}

void mono_scale_update(struct mono_scale *scale, const struct mono_reading *reading)
{
}

void mono_scale_stop(struct mono_scale *scale)
{
}

/* --- Keys --- */

size_t ntp_keys_count(const struct ntp_keys *keys)
{
	return 0;
}

const struct ntp_key *ntp_keys_at(const struct ntp_keys *keys, size_t index)
{
	return NULL;
}

/* --- The tests --- */

FIXTURE(serving)
{
	struct serving *serving;
	int port;
};

/* A port that was free a moment ago. */
static int free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    getsockname(fd, (struct sockaddr *)&address, &length))
		abort();
	close(fd);

	return ntohs(address.sin_port);
}

FIXTURE_SETUP(serving)
{
	memset(&world, 0, sizeof(world));
	memset(&logged, 0, sizeof(logged));
	self->port = free_port();
	self->serving = serving_new();
	ASSERT_NE(NULL, self->serving);
}

FIXTURE_TEARDOWN(serving)
{
	serving_free(self->serving);
}

/* Serve by that configuration at 127.0.0.1 from now on. */
static void serve(FIXTURE_DATA(serving) *self, int port, const char *lines)
{
	struct reports reports;
	struct config *config;
	char text[256];

	snprintf(text, sizeof(text), "port %d\nbindaddress 127.0.0.1\n%s", port, lines);
	config = parse(text, &reports);
	serving_configure(self->serving, config, NULL, 1);
	serving_timer(self->serving, 1);
	config_free(config);
}

TEST_F(serving, others_rules_have_another_process_and_the_same_sockets)
{
	int fd, stays;

	serve(self, self->port, "allow 10.0.0.0/8");
	ASSERT_TRUE(serving_is_open(self->serving));
	EXPECT_EQ(1, world.started);
	/* A child that looks up a name has all descriptors until it has closed them. */
	fd = world.sockets.ipv4_fd;
	stays = dup(fd);
	serve(self, self->port, "allow 10.0.0.0/8\nallow 192.0.2.1");
	EXPECT_TRUE(serving_is_open(self->serving));
	EXPECT_EQ(0, logged.warnings);
	EXPECT_EQ(1, world.stopped);
	EXPECT_EQ(2, world.started);
	EXPECT_EQ(2, world.rules);
	EXPECT_EQ(fd, world.sockets.ipv4_fd);
	close(stays);
}

TEST_F(serving, another_place_has_other_sockets)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	int port = free_port();

	serve(self, self->port, "allow");
	serve(self, port, "allow");
	EXPECT_TRUE(serving_is_open(self->serving));
	EXPECT_EQ(2, world.started);
	ASSERT_EQ(0, getsockname(world.sockets.ipv4_fd, (struct sockaddr *)&address, &length));
	EXPECT_EQ(port, ntohs(address.sin_port));
	serve(self, port, "");
	EXPECT_FALSE(serving_is_open(self->serving));
	EXPECT_EQ(2, world.started);
	EXPECT_EQ(2, world.stopped);
}

/* A socket hears nothing any more when its interface is gone, and another one has its name. */
TEST_F(serving, an_interface_that_went_is_looked_for)
{
	serve(self, self->port, "allow\nbinddevice lo");
	ASSERT_TRUE(serving_is_open(self->serving));
	serving_timer(self->serving, 61 * NS_PER_S);
	EXPECT_EQ(1, world.started);

	/* It is back at once. */
	world.lost = 1;
	serving_timer(self->serving, 122 * NS_PER_S);
	EXPECT_TRUE(serving_is_open(self->serving));
	EXPECT_EQ(1, world.stopped);
	EXPECT_EQ(2, world.started);
	EXPECT_EQ(0, logged.warnings);

	/* It is not, for two minutes. */
	world.lost = 1;
	world.no_device = true;
	serving_timer(self->serving, 183 * NS_PER_S);
	serving_timer(self->serving, 244 * NS_PER_S);
	EXPECT_FALSE(serving_is_open(self->serving));
	EXPECT_EQ(2, world.stopped);
	EXPECT_EQ(2, world.started);
	EXPECT_EQ(1, logged.warnings);
	EXPECT_NE(NULL, strstr(logged.warning, "there is no such interface (binddevice)"));
	world.no_device = false;
	serving_timer(self->serving, 305 * NS_PER_S);
	EXPECT_TRUE(serving_is_open(self->serving));
	EXPECT_EQ(3, world.started);
}

static bool needs_port(const char *lines)
{
	struct reports reports;
	struct config *config = parse(lines, &reports);
	bool needs = serving_needs_port(config);

	config_free(config);

	return needs;
}

/* An interface at which chronyc is answered may come later, as one of the server may. */
TEST(ports_that_are_opened_later_take_the_privilege)
{
	EXPECT_FALSE(needs_port("port 0"));
	EXPECT_TRUE(needs_port("allow"));
	EXPECT_FALSE(needs_port("allow\nport 11123"));
	EXPECT_TRUE(needs_port("bindcmddevice lo"));
	EXPECT_FALSE(needs_port("bindcmddevice lo\ncmdport 11323"));
}

TEST_HARNESS_MAIN
