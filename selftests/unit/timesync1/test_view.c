// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is shown on the bus, made of what the daemon tells.
 */
#include "user/timesync1/view.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "selftests/unit/unit.h"

#define MESSAGE "{\"leap\":1,\"version\":4,\"mode\":4,\"stratum\":2,\"precision\":-24," \
		"\"root_delay_ns\":15000999,\"root_dispersion_ns\":2000000,\"refid\":3221226113," \
		"\"transmit_us\":1800000000000000,\"response_ns\":50000,\"measured_ns\":-2000000," \
		"\"delay_ns\":9000000}"

#define SOURCE "{\"name\":\"a.example\",\"address\":\"192.0.2.1\",\"minpoll\":-1,\"maxpoll\":10," \
	       "\"poll\":6,\"jitter_ns\":1500.5,\"packets\":7,\"message\":" MESSAGE "}"

#define SERVERS	"{\"system\":[\"a.example\",\"b.example\"],\"link\":[\"c.example\"]," \
		"\"runtime\":[]}"

#define REFCLOCK "{\"name\":\"/dev/ptp0\",\"address\":\"\",\"minpoll\":4,\"maxpoll\":4," \
		 "\"poll\":4,\"jitter_ns\":5.0,\"packets\":9,\"message\":null}"

#define OTHER_SERVERS	"{\"system\":[\"a.example\",\"b.example\"],\"link\":[],\"runtime\":[\"d\"]}"

static json_t *state_of(const char *trust, bool synchronised, const char *servers,
			const char *source)
{
	return json_pack("{s:b,s:b,s:s,s:b,s:f,s:I,s:o,s:o}", "ok", 1,
			 "synchronised", synchronised, "trust", trust, "host", 1,
			 "base_rate_ppb", -1500.0, "maxdistance_ns", (json_int_t)3000000000,
			 "servers", json_loads(servers, 0, NULL),
			 "source", json_loads(source, JSON_DECODE_ANY, NULL));
}

/* 0 and a view, or -errno. */
static int view_of(json_t *state, struct view *view)
{
	int err = view_read(state, view);

	json_decref(state);
	return err;
}

TEST(shows_the_server)
{
	struct in_addr address = { .s_addr = htonl(0xc0000201) };
	struct view view;

	ASSERT_EQ(0, view_of(state_of("confirmed", true, SERVERS, SOURCE), &view));
	EXPECT_STREQ("a.example", view.server_name);
	EXPECT_EQ(AF_INET, view.server_address.family);
	EXPECT_EQ(0, memcmp(&address, view.server_address.bytes, 4));
	EXPECT_EQ(3000000, view.root_distance_max_us);
	EXPECT_EQ(500000, view.poll_min_us);
	EXPECT_EQ(1024000000, view.poll_max_us);
	EXPECT_EQ(64000000, view.poll_us);
	/* The clock is fast: its rate is corrected downwards. 2^-16 ppm. */
	EXPECT_EQ(-98304, view.frequency);
	EXPECT_TRUE(view.synchronised);
	EXPECT_STREQ("confirmed", view.trust);
	EXPECT_EQ(2, json_array_size(view.servers[VIEW_SYSTEM]));
	EXPECT_EQ(1, json_array_size(view.servers[VIEW_LINK]));
	EXPECT_EQ(0, json_array_size(view.servers[VIEW_RUNTIME]));
	view_clear(&view);
}

TEST(shows_the_message)
{
	static const uint8_t refid[4] = { 192, 0, 2, 129 };
	const struct view_message *message;
	int64_t there_us, back_us;
	struct view view;

	ASSERT_EQ(0, view_of(state_of("confirmed", true, SERVERS, SOURCE), &view));
	message = &view.message;
	EXPECT_EQ(1, message->leap);
	EXPECT_EQ(4, message->version);
	EXPECT_EQ(4, message->mode);
	EXPECT_EQ(2, message->stratum);
	EXPECT_EQ(-24, message->precision);
	EXPECT_EQ(15000, message->root_delay_us);
	EXPECT_EQ(2000, message->root_dispersion_us);
	EXPECT_EQ(0, memcmp(refid, message->refid, 4));
	EXPECT_EQ(1800000000000000, message->transmit_us);
	EXPECT_EQ(50, message->transmit_us - message->receive_us);
	/* Our clock was 2 ms behind: "+2ms", the offset of the server. */
	there_us = (int64_t)message->receive_us - (int64_t)message->origin_us;
	back_us = (int64_t)message->transmit_us - (int64_t)message->destination_us;
	EXPECT_EQ(2000, (there_us + back_us) / 2);
	EXPECT_EQ(9000, message->destination_us - message->origin_us - 50);
	EXPECT_FALSE(message->ignored);
	EXPECT_EQ(7, message->packets);
	EXPECT_EQ(1, message->jitter_us);
	view_clear(&view);
}

/* timedatectl calls it invalid when an answer came back sooner than it was sent. */
TEST(an_answer_takes_no_less_than_the_server)
{
	static const json_int_t delays_ns[] = { 0, 999, -5000000, 1001, 9007199254740993 };
	const struct view_message *shown;
	json_t *source, *message;
	struct view view;
	char *text;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(delays_ns); i++) {
		source = json_loads(SOURCE, 0, NULL);
		message = json_object_get(source, "message");
		json_object_set_new(message, "response_ns", json_integer(1999));
		json_object_set_new(message, "measured_ns", json_integer(1));
		json_object_set_new(message, "delay_ns", json_integer(delays_ns[i]));
		text = json_dumps(source, 0);
		json_decref(source);
		ASSERT_EQ(0, view_of(state_of("confirmed", true, SERVERS, text), &view));
		free(text);
		shown = &view.message;
		EXPECT_LE(shown->origin_us, shown->destination_us);
		EXPECT_LE(shown->receive_us, shown->transmit_us);
		EXPECT_LE(shown->transmit_us - shown->receive_us,
			  shown->destination_us - shown->origin_us) TH_LOG("delay %zu", i);
		view_clear(&view);
	}
}

/* A server's word for its own clock is none for ours. */
TEST(says_when_the_clock_is_not_synchronised)
{
	struct view view;

	ASSERT_EQ(0, view_of(state_of("held", false, SERVERS, SOURCE), &view));
	EXPECT_EQ(3, view.message.leap);
	EXPECT_FALSE(view.message.ignored);
	view_clear(&view);
	ASSERT_EQ(0, view_of(state_of("disrupted", false, SERVERS, SOURCE), &view));
	EXPECT_EQ(3, view.message.leap);
	EXPECT_TRUE(view.message.ignored);
	EXPECT_EQ(7, view.message.packets);
	view_clear(&view);
}

TEST(without_a_server)
{
	struct view view;

	ASSERT_EQ(0, view_of(state_of("following", true, SERVERS, "null"), &view));
	EXPECT_STREQ("host clock", view.server_name);
	EXPECT_EQ(AF_UNSPEC, view.server_address.family);
	EXPECT_EQ(0, view.poll_us);
	EXPECT_EQ(0, view.message.packets);
	view_clear(&view);
	ASSERT_EQ(0, view_of(state_of("unknown", false, SERVERS, "null"), &view));
	EXPECT_STREQ("", view.server_name);
	view_clear(&view);
}

/* A reference clock, or a server whose samples count no more. */
TEST(without_a_message)
{
	struct view view;

	ASSERT_EQ(0, view_of(state_of("confirmed", true, SERVERS, REFCLOCK), &view));
	EXPECT_STREQ("/dev/ptp0", view.server_name);
	EXPECT_EQ(AF_UNSPEC, view.server_address.family);
	EXPECT_EQ(16000000, view.poll_us);
	EXPECT_EQ(0, view.message.packets);
	view_clear(&view);
}

/* The service has no network, and so not the interface of a link-local address. */
TEST(shows_an_address_whose_interface_is_not_there)
{
#define LINK_LOCAL	"\"fe80::1%nosuchthing\""
#define POLLS		"\"minpoll\":6,\"maxpoll\":10,\"poll\":6"
	static const char source[] = "{\"name\":" LINK_LOCAL ",\"address\":" LINK_LOCAL "," POLLS
				     ",\"jitter_ns\":0,\"packets\":7,\"message\":" MESSAGE "}";
	struct in6_addr address;
	struct view view;

	ASSERT_EQ(0, view_of(state_of("confirmed", true, SERVERS, source), &view));
	EXPECT_TRUE(view.synchronised);
	EXPECT_STREQ("fe80::1%nosuchthing", view.server_name);
	EXPECT_EQ(AF_INET6, view.server_address.family);
	ASSERT_EQ(1, inet_pton(AF_INET6, "fe80::1", &address));
	EXPECT_EQ(0, memcmp(&address, view.server_address.bytes, sizeof(address)));
	EXPECT_EQ(7, view.message.packets);
	view_clear(&view);
}

TEST(refuses_what_it_does_not_understand)
{
	static const char *const sources[] = {
		"1", "{}", "\"a\"",
		"{\"name\":\"a\",\"address\":\"x y\",\"minpoll\":6,\"maxpoll\":10,\"poll\":6,\"jitter_ns\":0,\"packets\":1,\"message\":null}",
		"{\"name\":\"a\",\"address\":\"\",\"minpoll\":6,\"maxpoll\":99,\"poll\":6,\"jitter_ns\":0,\"packets\":1,\"message\":null}",
		"{\"name\":\"a\",\"address\":\"\",\"minpoll\":6,\"maxpoll\":10,\"poll\":6,\"jitter_ns\":0,\"packets\":-1,\"message\":null}",
		"{\"name\":\"a\",\"address\":\"\",\"minpoll\":6,\"maxpoll\":10,\"poll\":6,\"jitter_ns\":0,\"packets\":1,\"message\":{}}",
	};
	static const char *const servers[] = {
		"{}", "{\"system\":[1],\"link\":[],\"runtime\":[]}",
		"{\"system\":[],\"link\":\"a\",\"runtime\":[]}",
	};
	struct view view;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sources); i++)
		EXPECT_EQ(-EPROTO, view_of(state_of("confirmed", true, SERVERS, sources[i]), &view))
			TH_LOG("%s", sources[i]);
	for (i = 0; i < ARRAY_SIZE(servers); i++)
		EXPECT_EQ(-EPROTO, view_of(state_of("confirmed", true, servers[i], "null"), &view))
			TH_LOG("%s", servers[i]);
	EXPECT_EQ(-EPROTO, view_of(state_of("a-word-that-is-too-long", true, SERVERS, "null"),
				   &view));
	EXPECT_EQ(-EPROTO, view_of(json_pack("{s:b,s:s}", "ok", 0, "error", "no"), &view));
}

TEST(finds_what_has_changed)
{
	struct view before, now;

	ASSERT_EQ(0, view_of(state_of("confirmed", true, SERVERS, SOURCE), &before));
	ASSERT_EQ(0, view_of(state_of("confirmed", true, SERVERS, SOURCE), &now));
	EXPECT_EQ(0, view_compare(&before, &now));
	now.message.packets++;
	EXPECT_EQ(VIEW_CHANGE_MESSAGE, view_compare(&before, &now));
	view_clear(&now);

	ASSERT_EQ(0, view_of(state_of("disrupted", false, SERVERS, SOURCE), &now));
	EXPECT_EQ(VIEW_CHANGE_MESSAGE | VIEW_CHANGE_SYNCHRONISED | VIEW_CHANGE_TRUST,
		  view_compare(&before, &now));
	view_clear(&now);

	ASSERT_EQ(0, view_of(state_of("confirmed", true, OTHER_SERVERS, SOURCE), &now));
	EXPECT_EQ(VIEW_CHANGE_LINK_SERVERS | VIEW_CHANGE_RUNTIME_SERVERS,
		  view_compare(&before, &now));
	view_clear(&now);

	/* Of a daemon that is gone nothing is known. */
	view_init(&now);
	EXPECT_EQ((VIEW_CHANGE_TRUST << 1) - 1 - VIEW_CHANGE_RUNTIME_SERVERS,
		  view_compare(&before, &now));
	EXPECT_EQ(0, view_compare(&now, &now));
	view_clear(&before);
}

static int event_of(const char *cause, struct view_disruption *disruption)
{
	json_t *event = json_pack("{s:I,s:s,s:s,s:I,s:I,s:I,s:s}", "sequence", (json_int_t)1,
				  "cause", cause, "action", "stepped",
				  "gap_ns", (json_int_t)3600000000999,
				  "offset_ns", (json_int_t)-1999,
				  "time_ns", (json_int_t)1800000000123456789,
				  "text", "so it was");
	int err = view_read_disruption(event, disruption);

	json_decref(event);
	return err;
}

TEST(reads_disruptions)
{
	struct view_disruption disruption;

	ASSERT_EQ(0, event_of("revert", &disruption));
	EXPECT_EQ(3600000000, disruption.gap_us);
	EXPECT_EQ(-1, disruption.offset_us);
	EXPECT_EQ(1800000000123456, disruption.at_us);
	EXPECT_EQ(0, event_of("time-sources", &disruption));
	EXPECT_EQ(0, event_of("of-a-newer-daemon", &disruption));
	EXPECT_EQ(-ENOMSG, event_of("operator", &disruption));
	EXPECT_EQ(-ENOMSG, event_of("boot", &disruption));
}

TEST_HARNESS_MAIN
