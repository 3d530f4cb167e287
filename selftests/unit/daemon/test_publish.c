// SPDX-License-Identifier: GPL-2.0-only
/*
 * When the followers of the daemon's state are told: if something is new, and if there are any.
 */
#include "user/daemon/requests.h"
#include "user/ipc/report.h"

#include <string.h>

#include "selftests/unit/unit.h"

static struct {
	bool followed;
	int told;
	int readings;
	struct steering_status steering;
	uint64_t serials[3];
	size_t count;
	uint64_t received;
	struct ntp_client_record record;
} world;

bool control_state_is_followed(const struct control *control)
{
	return world.followed;
}

void control_publish_state(struct control *control, json_t *state)
{
	world.told++;
	json_decref(state);
}

json_t *report_timesync(const struct state *state)
{
	return json_object();
}

void daemon_get_state(struct daemon *daemon, struct state *state)
{
	world.readings++;
}

void steering_get_status(const struct steering *steering, struct steering_status *status)
{
	*status = world.steering;
}

size_t associations_sources(const struct associations *associations,
			    struct source *const **sources)
{
	static struct source *list[3];
	size_t i;

	for (i = 0; i < 3; i++)
		list[i] = (struct source *)&world.serials[i];
	*sources = list;
	return world.count;
}

bool associations_get_info(const struct associations *associations, size_t index,
			   struct association_info *info)
{
	info->record = &world.record;
	return true;
}

uint64_t source_serial(const struct source *source)
{
	return *(const uint64_t *)source;
}

uint64_t source_received(const struct source *source)
{
	return world.received;
}

FIXTURE(publish) {
	struct daemon daemon;
	struct config config;
	char control;
};

FIXTURE_SETUP(publish)
{
	memset(&world, 0, sizeof(world));
	memset(&self->daemon, 0, sizeof(self->daemon));
	memset(&self->config, 0, sizeof(self->config));
	self->daemon.config = &self->config;
	self->daemon.control = (struct control *)&self->control;
	self->daemon.update.raw_ns = 1;
	world.followed = true;
	world.serials[0] = 1;
	world.serials[1] = 2;
	world.count = 2;
	daemon_publish_state(&self->daemon);
	world.told = 0;
	world.readings = 0;
}

FIXTURE_TEARDOWN(publish)
{
}

/* How often they were told in two turns of the loop. */
static int told(FIXTURE_DATA(publish) *self)
{
	int before = world.told;

	daemon_publish_state(&self->daemon);
	daemon_publish_state(&self->daemon);
	return world.told - before;
}

TEST_F(publish, only_what_is_new)
{
	EXPECT_EQ(0, told(self));
	EXPECT_EQ(0, world.readings);
	world.steering.now.raw_ns = 5;
	world.steering.maxerror_ns = 5;
	EXPECT_EQ(0, told(self));
	world.steering.synchronised = true;
	EXPECT_EQ(1, told(self));
	world.steering.trust = TRUST_DISRUPTED;
	EXPECT_EQ(1, told(self));
	world.steering.trust = TRUST_CONFIRMED;
	EXPECT_EQ(1, told(self));
	world.steering.now.has_host = true;
	EXPECT_EQ(1, told(self));
	self->config.discipline.maxdistance_ns = 1;
	EXPECT_EQ(1, told(self));
}

TEST_F(publish, sources)
{
	world.received++;
	EXPECT_EQ(1, told(self));
	world.record.good++;
	EXPECT_EQ(1, told(self));
	self->daemon.update.result.selection.selected = 1;
	EXPECT_EQ(1, told(self));
	world.count = 3;
	EXPECT_EQ(1, told(self));
	world.serials[0] = 9;
	EXPECT_EQ(1, told(self));
	self->daemon.update.result.selection.selected = -1;
	EXPECT_EQ(1, told(self));
	world.received++;
	EXPECT_EQ(0, told(self));
}

TEST_F(publish, nobody_listens)
{
	world.followed = false;
	world.steering.synchronised = true;
	EXPECT_EQ(0, told(self));
	EXPECT_EQ(0, world.readings);
	/* A follower that comes has had the answer; what is new after that is told. */
	world.followed = true;
	EXPECT_EQ(1, told(self));
	self->daemon.control = NULL;
	world.steering.synchronised = false;
	EXPECT_EQ(0, told(self));
}

TEST_HARNESS_MAIN
