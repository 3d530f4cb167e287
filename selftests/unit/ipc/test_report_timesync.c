// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the daemon tells of itself for org.freedesktop.timesync1, and that it is understood there.
 */
#include "user/ipc/report.h"

#include <math.h>
#include <string.h>

#include "user/timesync1/view.h"

#include "selftests/unit/unit.h"

#define S	1000000000LL

static const struct source_options server = { .minpoll = 6, .maxpoll = 10 };
static const struct source_options refclock = { .kind = SOURCE_REFCLOCK, .minpoll = 4,
						.maxpoll = 4 };
static struct state state;
static struct ntp_client_record record;

static void name(size_t index, const char *text, const struct source_options *options)
{
	state.sources[index].info = (struct association_info){ .name = text, .file = "",
							       .record = &record };
	state.sources[index].status = (struct source_status){ .options = options };
}

FIXTURE(report) {
	struct view view;
};

FIXTURE_SETUP(report)
{
	memset(&state, 0, sizeof(state));
	state.raw_ns = 50 * S;
	state.maxdistance_ns = 3 * S;
	state.source_count = 4;
	name(0, "pool.example", &server);
	name(1, "pool.example", &server);
	name(2, "dhcp.example", &server);
	name(3, "PHC0", &refclock);
	state.sources[2].info.file = "/run/chrony-dhcp/eth0.sources";
	state.update = (struct state_update){ .raw_ns = 49 * S };
	state.update.result.selection.selected = 1;
	state.steering.trust = TRUST_CONFIRMED;
	state.steering.synchronised = true;
	state.steering.base_rate = 2e-6;
	record = (struct ntp_client_record){
		.answer.packet = {
			.version = 4, .mode = NTP_MODE_SERVER, .stratum = 1, .precision = -20,
			.refid = NTP_REFID('G', 'P', 'S', 0),
			.transmit = ntp_timestamp_from_ns(1800000000LL * S + 123456789),
		},
		.response_ns = 40000, .good = 9,
	};
	state.sources[1].info.ip.family = AF_INET6;
	strcpy(state.sources[1].info.address, "2001:db8::1");
	state.sources[1].status.has_estimate = true;
	state.sources[1].status.poll = 7;
	state.sources[1].status.jitter_ns = 3000;
	/* No correction: the sample shows the clock 700 us ahead. */
	state.sources[1].status.last = (struct source_sample){ .offset_ns = -700000,
							       .delay_ns = 200000 };
	view_init(&self->view);
}

FIXTURE_TEARDOWN(report)
{
	view_clear(&self->view);
}

static int show(FIXTURE_DATA(report) *self)
{
	json_t *report = report_timesync(&state);
	int err = report ? view_read(report, &self->view) : -1;

	json_decref(report);
	return err;
}

TEST_F(report, is_understood)
{
	const struct view_message *message = &self->view.message;

	ASSERT_EQ(0, show(self));
	EXPECT_STREQ("pool.example", self->view.server_name);
	EXPECT_EQ(AF_INET6, self->view.server_address.family);
	EXPECT_EQ(3000000, self->view.root_distance_max_us);
	EXPECT_EQ(64000000, self->view.poll_min_us);
	EXPECT_EQ(128000000, self->view.poll_us);
	EXPECT_EQ(131072, self->view.frequency);
	EXPECT_EQ(0, message->leap);
	EXPECT_EQ(1, message->stratum);
	EXPECT_EQ(0, memcmp("GPS", message->refid, 4));
	EXPECT_EQ(1800000000123456, message->transmit_us);
	EXPECT_EQ(40, message->transmit_us - message->receive_us);
	EXPECT_EQ(240, message->destination_us - message->origin_us);
	EXPECT_EQ(-600, (int64_t)(message->receive_us - message->origin_us));
	EXPECT_EQ(9, message->packets);
	EXPECT_EQ(3, message->jitter_us);
}

/* A path need not be text, and what it names is followed all the same. */
TEST_F(report, a_path_that_is_no_text)
{
	name(1, "/run/\xe9.sock", &refclock);
	state.sources[1].info.address[0] = '\0';
	state.sources[1].info.ip.family = AF_UNSPEC;
	state.sources[1].status.has_estimate = false;
	ASSERT_EQ(0, show(self));
	EXPECT_STREQ("/run/?.sock", self->view.server_name);
}

/* A pool is one name, a reference clock is none. */
TEST_F(report, names_each_server_once)
{
	state.sources[3].status.options = &server;
	state.sources[3].info.added = true;
	state.sources[3].info.name = "added.example";
	ASSERT_EQ(0, show(self));
	ASSERT_EQ(1, json_array_size(self->view.servers[VIEW_SYSTEM]));
	ASSERT_EQ(1, json_array_size(self->view.servers[VIEW_LINK]));
	ASSERT_EQ(1, json_array_size(self->view.servers[VIEW_RUNTIME]));
	EXPECT_STREQ("pool.example",
		     json_string_value(json_array_get(self->view.servers[VIEW_SYSTEM], 0)));
	EXPECT_STREQ("dhcp.example",
		     json_string_value(json_array_get(self->view.servers[VIEW_LINK], 0)));
	EXPECT_STREQ("added.example",
		     json_string_value(json_array_get(self->view.servers[VIEW_RUNTIME], 0)));
	view_clear(&self->view);
	state.sources[3].status.options = &refclock;
	ASSERT_EQ(0, show(self));
	EXPECT_EQ(0, json_array_size(self->view.servers[VIEW_RUNTIME]));
}

/* What is left of the timestamps below a microsecond is nobody's business. */
TEST_F(report, cuts_timestamps)
{
	json_t *report = report_timesync(&state);
	json_t *message = json_object_get(json_object_get(report, "source"), "message");

	EXPECT_EQ(1800000000123456,
		  json_integer_value(json_object_get(message, "transmit_us")));
	EXPECT_EQ(NULL, json_object_get(message, "origin"));
	json_decref(report);
}

TEST_F(report, a_message_that_counts_no_more)
{
	state.sources[1].status.has_estimate = false;
	state.sources[1].status.jitter_ns = NAN;
	ASSERT_EQ(0, show(self));
	EXPECT_STREQ("pool.example", self->view.server_name);
	EXPECT_EQ(0, self->view.message.packets);
	view_clear(&self->view);
	state.sources[1].status.has_estimate = true;
	record.answer.packet.version = 0;
	ASSERT_EQ(0, show(self));
	EXPECT_EQ(0, self->view.message.packets);
}

TEST_F(report, nobody_is_selected)
{
	state.update.result.selection.selected = -1;
	state.steering.now.has_host = true;
	ASSERT_EQ(0, show(self));
	EXPECT_STREQ("host clock", self->view.server_name);
	view_clear(&self->view);
	state.steering.synchronised = false;
	state.steering.trust = TRUST_DISRUPTED;
	ASSERT_EQ(0, show(self));
	EXPECT_STREQ("", self->view.server_name);
	EXPECT_STREQ("disrupted", self->view.trust);
}

TEST_F(report, a_reference_clock)
{
	state.update.result.selection.selected = 3;
	state.sources[3].info.record = NULL;
	strcpy(state.sources[3].info.address, "PHC0");
	state.sources[3].status.has_estimate = true;
	ASSERT_EQ(0, show(self));
	EXPECT_STREQ("PHC0", self->view.server_name);
	EXPECT_EQ(AF_UNSPEC, self->view.server_address.family);
	EXPECT_EQ(0, self->view.message.packets);
}

TEST_HARNESS_MAIN
