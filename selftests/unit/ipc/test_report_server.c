// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the NTP server counts, as JSON.
 */
#include "user/ipc/report_server.h"

#include <string.h>
#include <sys/socket.h>

#include "selftests/unit/unit.h"
#include "user/ipc/socket.h"

#define CLIENTS	(2 * REPORT_CLIENTS_MAX)

/* A longer answer is none: the connection is closed. */
TEST(as_many_clients_as_an_answer_has_room_for)
{
	struct server_statistics *statistics = calloc(1, server_statistics_size(CLIENTS));
	json_t *reply;
	char *text;

	ASSERT_NE(NULL, statistics);
	for (size_t i = 0; i < CLIENTS; i++) {
		struct client_record *record = &statistics->clients[i];

		record->family = AF_INET6;
		memset(record->address, 0xab, sizeof(record->address));
		record->hits = UINT32_MAX;
		record->drops = UINT32_MAX;
		/* Numbers with many digits. */
		record->interval_ns = 1234567891234567;
		record->answer_interval_ns = 12345;
		record->last_ns = INT64_MIN;
	}
	reply = report_clients(statistics, CLIENTS, INT64_MAX);
	text = json_dumps(reply, JSON_COMPACT);
	ASSERT_NE(NULL, text);
	EXPECT_GT(CONTROL_ANSWER_MAX, strlen(text) + 1);
	EXPECT_EQ(REPORT_CLIENTS_MAX, json_array_size(json_object_get(reply, "clients")));
	EXPECT_EQ(CLIENTS - REPORT_CLIENTS_MAX,
		  json_integer_value(json_object_get(reply, "more")));
	EXPECT_TRUE(json_is_true(json_object_get(reply, "recording")));
	free(text);
	json_decref(reply);
	free(statistics);
}

TEST(timestamps_that_are_held)
{
	struct server_statistics *statistics = calloc(1, server_statistics_size(1));
	json_t *reply;

	ASSERT_NE(NULL, statistics);
	server_statistics_stamps(statistics, 1)[0].receive = 1000ULL << 32;
	server_statistics_stamps(statistics, 1)[1].receive = 1007ULL << 32;
	reply = report_serverstats(statistics, 1, NULL, NULL);
	EXPECT_EQ(2, json_integer_value(json_object_get(reply, "timestamps_held")));
	EXPECT_EQ(7, json_integer_value(json_object_get(reply, "timestamps_span")));
	json_decref(reply);
	free(statistics);
	reply = report_serverstats(NULL, 0, NULL, NULL);
	EXPECT_EQ(0, json_integer_value(json_object_get(reply, "timestamps_held")));
	json_decref(reply);
}

TEST_HARNESS_MAIN
