// SPDX-License-Identifier: GPL-2.0-only
/*
 * When the program in the kernel is told the time. It is a stand-in, which keeps what it was told
 * last; the interface has no addresses.
 */
#include "user/daemon/serving_fast.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "selftests/unit/counted_log.h"
#include "selftests/unit/unit.h"
#include "user/lib/clock_ns.h"
#include "user/lib/time_units.h"
#include "user/xdp/addresses.h"

static struct {
	int paths;		/* that are open */
	bool absent;		/* the interface */
	int attached;		/* so often */
	bool takes_tags_off;	/* the interface */
	bool tells;		/* a time that is valid */
} world;

int fast_path_open(struct fast_path **path, const char *device, enum fast_path_mode mode,
		   size_t clients)
{
	*path = (struct fast_path *)&world;
	world.paths++;

	return 0;
}

int fast_path_attach(struct fast_path *path, const char *device, enum fast_path_mode mode)
{
	world.attached++;

	return 0;
}

void fast_path_close(struct fast_path *path)
{
	world.paths -= !!path;
}

bool fast_path_is_native(const struct fast_path *path)
{
	return true;
}

bool fast_path_sees_tags(const char *device)
{
	return !world.takes_tags_off;
}

bool fast_path_is_built(void)
{
	return true;
}

int fast_path_allow(struct fast_path *path, const struct access_rule *rules, size_t count)
{
	return 0;
}

void fast_path_set_time(struct fast_path *path, const struct xdp_time *time)
{
	world.tells = time && time->valid_ns;
}

void fast_path_set(struct fast_path *path, const struct xdp_settings *settings)
{
}

int xdp_addresses_read(const struct xdp_local *local, struct xdp_settings *settings)
{
	return world.absent ? -ENODEV : 0;
}

size_t server_process_clients(int64_t bytes)
{
	return 0;
}

FIXTURE(fast) {
	struct serving_fast fast;
	struct time_content content;
};

/* By that interface, and with a time that is valid now. */
static void begin(FIXTURE_DATA(fast) *self, const char *device)
{
	struct config_server config = { .port = 123 };

	snprintf(config.xdp_device, sizeof(config.xdp_device), "%s", device);
	serving_fast_init(&self->fast);
	serving_fast_configure(&self->fast, &config, 0);
	self->content = (struct time_content){
		.raw_ns = clock_ns(CLOCK_MONOTONIC_RAW),
		.time = { .origin_ns = clock_ns(CLOCK_REALTIME), .maxerror_ns = 1000000 },
		.stratum = 2,
	};
}

FIXTURE_SETUP(fast)
{
	memset(&world, 0, sizeof(world));
	begin(self, "lo");
	ASSERT_EQ(1, world.paths);
}

FIXTURE_TEARDOWN(fast)
{
	serving_fast_configure(&self->fast, NULL, 0);
	EXPECT_EQ(0, world.paths);
}

/* A turn of the loop, so long after the reading that is told of. Is a time told? */
static bool tells_after(FIXTURE_DATA(fast) *self, int64_t seconds)
{
	struct serving_sockets sockets = { .ipv4 = true };

	serving_fast_turn(&self->fast, &self->content, &sockets,
			  self->content.raw_ns + seconds * NS_PER_S);

	return world.tells;
}

TEST_F(fast, a_clock_that_is_synchronised_is_told)
{
	EXPECT_TRUE(tells_after(self, 0));
	EXPECT_TRUE(tells_after(self, 16));
	self->content.stratum = TIME_STRATUM_NONE;
	EXPECT_FALSE(tells_after(self, 16));
}

/* The loop turns, but the clocks cannot be read: as the process does. */
TEST_F(fast, what_was_read_long_ago_is_not_told)
{
	EXPECT_TRUE(tells_after(self, 64));
	EXPECT_FALSE(tells_after(self, 65));
	EXPECT_FALSE(tells_after(self, 3600));
	self->content.raw_ns += 3600 * NS_PER_S;
	EXPECT_TRUE(tells_after(self, 1));
}

/* As at the start of a machine, whose interfaces have their names later, and with a bridge. */
TEST(an_interface_that_is_not_there_yet_is_waited_for)
{
	FIXTURE_DATA(fast) own, *self = &own;

	memset(&world, 0, sizeof(world));
	world.absent = true;
	begin(self, "br0");
	ASSERT_EQ(1, world.paths);
	EXPECT_FALSE(tells_after(self, 0));
	EXPECT_EQ(0, world.attached);
	world.absent = false;
	EXPECT_TRUE(tells_after(self, 5));
	EXPECT_EQ(1, world.attached);
	serving_fast_configure(&self->fast, NULL, 0);
	EXPECT_EQ(0, world.paths);
}

TEST(it_is_said_that_a_card_hides_tags)
{
	struct config_server config = { .port = 123, .xdp_device = "eth0" };
	struct serving_fast fast;

	memset(&world, 0, sizeof(world));
	for (int hides = 0; hides < 2; hides++) {
		world.takes_tags_off = hides;
		logged.warnings = 0;
		serving_fast_init(&fast);
		serving_fast_configure(&fast, &config, 0);
		EXPECT_EQ(hides, logged.warnings);
		serving_fast_configure(&fast, NULL, 0);
	}
}

/* One of that name is another one, where the program is not. */
TEST_F(fast, an_interface_that_comes_back_has_the_program_again)
{
	EXPECT_EQ(1, world.attached);
	EXPECT_TRUE(tells_after(self, 0));
	world.absent = true;
	EXPECT_FALSE(tells_after(self, 5));
	EXPECT_FALSE(tells_after(self, 10));
	EXPECT_EQ(1, world.attached);
	world.absent = false;
	EXPECT_TRUE(tells_after(self, 15));
	EXPECT_EQ(2, world.attached);
}

TEST_HARNESS_MAIN
