// SPDX-License-Identifier: GPL-2.0-only
/*
 * When a clock without a source is served as a reference, and when it is not.
 */
#include "user/daemon/local_reference.h"

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

FIXTURE(local)
{
	struct local_reference local;
	struct config_local config;
	struct steering_status steering;
	int64_t updated_ns;
};

FIXTURE_SETUP(local)
{
	self->local = (struct local_reference){ 0 };
	self->config = (struct config_local){ .enabled = true, .stratum = 10,
					      .distance_ns = NS_PER_S };
	self->steering = (struct steering_status){ .trust = TRUST_UNKNOWN };
	self->updated_ns = 0;
}

FIXTURE_TEARDOWN(local)
{
}

/* The stratum that is told @s seconds after the start, with that bound of the clock. */
static int stratum_at(FIXTURE_DATA(local) *self, int s, int64_t bound_ns)
{
	struct time_content content = {
		.raw_ns = s * NS_PER_S,
		.time = { .origin_ns = 1767225600LL * NS_PER_S, .offset_ns = 55,
			  .maxerror_ns = bound_ns },
		.stratum = self->steering.synchronised ? 3 : TIME_STRATUM_NONE,
	};

	if (s == 0)
		local_reference_configure(&self->local, &self->config, 0);
	local_reference_apply(&self->local, &self->steering, self->updated_ns, &content);
	if (content.stratum == 10) {
		/* The clock as it is, with an update that is no older than a client accepts. */
		if (content.time.offset_ns || content.time.maxerror_ns ||
		    content.refid != 0x7f7f0101 ||
		    content.time.origin_ns - content.reference_ns > 64 * NS_PER_S)
			return -1;
	}

	return content.stratum;
}

TEST_F(local, at_once)
{
	EXPECT_EQ(10, stratum_at(self, 0, CHIME_LINE_UNBOUNDED_NS));
	self->steering.synchronised = true;
	EXPECT_EQ(3, stratum_at(self, 1, NS_PER_S / 2));
	EXPECT_EQ(10, stratum_at(self, 2, 2 * NS_PER_S));
}

TEST_F(local, by_a_reading_from_before_the_start)
{
	local_reference_configure(&self->local, &self->config, 5 * NS_PER_S);
	EXPECT_EQ(10, stratum_at(self, 4, 0));
}

TEST_F(local, not_asked_for)
{
	self->config.enabled = false;
	EXPECT_EQ(TIME_STRATUM_NONE, stratum_at(self, 0, 0));
}

TEST_F(local, after_it_was_not_synchronised_for_long)
{
	self->config.wait_unsynced_ns = 300 * NS_PER_S;
	EXPECT_EQ(TIME_STRATUM_NONE, stratum_at(self, 0, 0));
	EXPECT_EQ(TIME_STRATUM_NONE, stratum_at(self, 299, 0));
	EXPECT_EQ(10, stratum_at(self, 300, 0));
	self->steering.synchronised = true;
	EXPECT_EQ(3, stratum_at(self, 1000, 0));
	self->steering.synchronised = false;
	EXPECT_EQ(TIME_STRATUM_NONE, stratum_at(self, 1299, 0));
	EXPECT_EQ(10, stratum_at(self, 1300, 0));
}

TEST_F(local, after_the_sources_were_silent_for_long)
{
	self->config.wait_synced_ns = 7200 * NS_PER_S;
	self->config.distance_ns = 0;
	self->steering.synchronised = true;
	self->updated_ns = 100 * NS_PER_S;
	EXPECT_EQ(3, stratum_at(self, 0, 1000));
	EXPECT_EQ(3, stratum_at(self, 7299, 1000));
	EXPECT_EQ(10, stratum_at(self, 7300, 1000));
}

TEST_F(local, only_what_was_once_right)
{
	self->config.activate_ns = NS_PER_S / 10;
	EXPECT_EQ(TIME_STRATUM_NONE, stratum_at(self, 0, 0));
	self->steering.synchronised = true;
	EXPECT_EQ(3, stratum_at(self, 1, NS_PER_S / 2));
	self->steering.synchronised = false;
	EXPECT_EQ(TIME_STRATUM_NONE, stratum_at(self, 2, 0));
	self->steering.synchronised = true;
	EXPECT_EQ(3, stratum_at(self, 3, NS_PER_S / 20));
	self->steering.synchronised = false;
	EXPECT_EQ(10, stratum_at(self, 4, 0));
}

/* After a restore that nobody could measure the clock is known to be wrong. */
TEST_F(local, not_a_clock_that_is_wrong)
{
	EXPECT_EQ(10, stratum_at(self, 0, 0));
	self->steering.trust = TRUST_DISRUPTED;
	EXPECT_EQ(TIME_STRATUM_NONE, stratum_at(self, 1, 0));
	self->steering.trust = TRUST_CONFIRMED;
	EXPECT_EQ(10, stratum_at(self, 2, 0));
}

TEST_F(local, a_reload_does_not_begin_anew)
{
	self->config.wait_unsynced_ns = 300 * NS_PER_S;
	EXPECT_EQ(TIME_STRATUM_NONE, stratum_at(self, 0, 0));
	local_reference_configure(&self->local, &self->config, 200 * NS_PER_S);
	EXPECT_EQ(10, stratum_at(self, 300, 0));
}

TEST_HARNESS_MAIN
