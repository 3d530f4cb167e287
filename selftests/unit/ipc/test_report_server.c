// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the NTP server counts, as JSON.
 */
#include "user/ipc/report_server.h"

#include <string.h>
#include <sys/socket.h>

#include "selftests/unit/schema.h"
#include "selftests/unit/unit.h"
#include "user/ipc/socket.h"

#define CLIENTS	(2 * REPORT_CLIENTS_MAX)

static const struct client_marks none;
static const struct client_table no_nts = { .marks = &none };

/* Of those of NTP. */
static json_t *report(const struct server_statistics *statistics, size_t count,
		      const struct client_marks *marks, const struct clients_query *query,
		      int64_t now_raw_ns)
{
	const struct client_table ntp = {
		.records = statistics->clients, .count = count, .marks = marks,
	};

	return report_clients(&ntp, &no_nts, true, query, now_raw_ns);
}

/* A longer answer is none: the connection is closed. */
TEST(as_many_clients_as_an_answer_has_room_for)
{
	struct server_statistics *statistics = calloc(1, server_statistics_size(CLIENTS));
	static const struct clients_query all;
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
	reply = report(statistics, CLIENTS, &none, &all, INT64_MAX);
	text = json_dumps(reply, JSON_COMPACT);
	ASSERT_NE(NULL, text);
	EXPECT_GT(CONTROL_ANSWER_MAX, strlen(text) + 1);
	EXPECT_EQ(REPORT_CLIENTS_MAX, json_array_size(json_object_get(reply, "clients")));
	EXPECT_EQ(CLIENTS - REPORT_CLIENTS_MAX,
		  json_integer_value(json_object_get(reply, "more")));
	EXPECT_TRUE(json_is_true(json_object_get(reply, "recording")));
	EXPECT_TRUE(schema_fits("clients", reply));
	free(text);
	json_decref(reply);
	free(statistics);
}

/* More than an answer has room for may have asked, and those meant may be the last of them. */
TEST(clients_that_asked_so_often)
{
	struct server_statistics *statistics = calloc(1, server_statistics_size(CLIENTS));
	struct clients_query query;
	json_t *reply, *clients;

	ASSERT_NE(NULL, statistics);
	for (size_t i = 0; i < CLIENTS; i++) {
		statistics->clients[i].family = AF_INET;
		statistics->clients[i].hits = (uint32_t)i;
	}
	ASSERT_TRUE(clients_query_parse("least 2046", &query));
	reply = report(statistics, CLIENTS, &none, &query, 0);
	clients = json_object_get(reply, "clients");
	ASSERT_EQ(2, json_array_size(clients));
	EXPECT_EQ(2046, json_integer_value(json_object_get(json_array_get(clients, 0), "hits")));
	EXPECT_EQ(0, json_integer_value(json_object_get(reply, "more")));
	json_decref(reply);
	free(statistics);
}

static json_int_t number_of(const json_t *reply, size_t client, const char *key)
{
	const json_t *clients = json_object_get(reply, "clients");

	return json_integer_value(json_object_get(json_array_get(clients, client), key));
}

TEST(counts_that_begin_anew)
{
	struct server_statistics *statistics = calloc(1, server_statistics_size(2));
	struct client_record *records = statistics->clients;
	static const struct clients_query all;
	struct client_marks marks = { .marks = NULL };
	json_t *reply;

	for (int i = 0; i < 2; i++)
		records[i] = (struct client_record){
			.family = AF_INET, .address = { 192, 0, 2, (uint8_t)i },
			.hits = 10, .drops = 4,
		};
	ASSERT_TRUE(client_marks_set(&marks, records, 2));
	records[0].hits = 13;
	records[0].drops = 5;
	/* Another client has its record. */
	records[1].address[3] = 9;
	records[1].hits = 11;
	reply = report(statistics, 2, &marks, &all, 0);
	EXPECT_EQ(3, number_of(reply, 0, "hits"));
	EXPECT_EQ(1, number_of(reply, 0, "drops"));
	EXPECT_EQ(11, number_of(reply, 1, "hits"));
	json_decref(reply);
	/* The first one is back after another had it, and so has begun anew. */
	records[0].hits = 2;
	records[0].drops = 0;
	reply = report(statistics, 2, &marks, &all, 0);
	EXPECT_EQ(2, number_of(reply, 0, "hits"));
	json_decref(reply);
	client_marks_clear(&marks);
	reply = report(statistics, 2, &marks, &all, 0);
	EXPECT_EQ(11, number_of(reply, 1, "hits"));
	json_decref(reply);
	free(statistics);
}

/* With NTS there is more to say of each, and whoever connected often asked often. */
TEST(clients_of_nts)
{
	struct client_record *records = calloc(CLIENTS, sizeof(*records));
	struct clients_query query = { .nts = true };
	struct client_table ntp, nts;
	json_t *reply;
	char *text;

	ASSERT_NE(NULL, records);
	for (size_t i = 0; i < CLIENTS; i++) {
		records[i] = (struct client_record){
			.family = AF_INET6, .hits = UINT32_MAX, .drops = UINT32_MAX,
			.interval_ns = 1234567891234567, .answer_interval_ns = 12345,
			.last_ns = INT64_MIN,
		};
		memset(records[i].address, 0xab, sizeof(records[i].address));
		records[i].address[0] = (uint8_t)i;
		records[i].address[1] = (uint8_t)(i >> 8);
	}
	ntp = (struct client_table){ .records = records, .count = CLIENTS, .marks = &none };
	nts = (struct client_table){ .records = records, .count = CLIENTS, .marks = &none };
	reply = report_clients(&ntp, &nts, true, &query, INT64_MAX);
	text = json_dumps(reply, JSON_COMPACT);
	ASSERT_NE(NULL, text);
	EXPECT_GT(CONTROL_ANSWER_MAX, strlen(text) + 1);
	EXPECT_EQ(REPORT_NTS_CLIENTS_MAX, json_array_size(json_object_get(reply, "clients")));
	EXPECT_TRUE(schema_fits("clients", reply));
	/* Each is one client. */
	EXPECT_EQ(CLIENTS - REPORT_NTS_CLIENTS_MAX,
		  json_integer_value(json_object_get(reply, "more")));
	free(text);
	json_decref(reply);
	for (size_t i = 0; i < CLIENTS; i++)
		records[i].hits = 1;
	records[0].hits = 10;
	ntp.records = &records[1];
	ntp.count = 1;
	ASSERT_TRUE(clients_query_parse("nts least 5", &query));
	reply = report_clients(&ntp, &nts, true, &query, INT64_MAX);
	ASSERT_EQ(1, json_array_size(json_object_get(reply, "clients")));
	EXPECT_EQ(0, number_of(reply, 0, "hits"));
	EXPECT_EQ(10, number_of(reply, 0, "nts_hits"));
	EXPECT_TRUE(schema_fits("clients", reply));
	json_decref(reply);
	free(records);
}

TEST(words_that_say_which_clients)
{
	static const char *const wrong[] = {
		"least", "least ", "least x", "least -1", "least 4294967296", "least 1x", "5",
		"least 99999999999999999999999", "lest 5", "resets", "reset 5", "least reset",
	};
	struct clients_query query;

	EXPECT_TRUE(clients_query_parse("", &query));
	EXPECT_EQ(0, query.least_hits);
	EXPECT_TRUE(clients_query_parse(" least 4294967295 ", &query));
	EXPECT_EQ(UINT32_MAX, query.least_hits);
	EXPECT_FALSE(query.reset);
	EXPECT_TRUE(clients_query_parse("least 5 reset", &query));
	EXPECT_EQ(5, query.least_hits);
	EXPECT_TRUE(query.reset);
	EXPECT_TRUE(clients_query_parse("reset", &query));
	EXPECT_TRUE(query.reset);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		EXPECT_FALSE(clients_query_parse(wrong[i], &query)) {
			TH_LOG("%s", wrong[i]);
		}
	}
}

TEST(timestamps_that_are_held)
{
	struct server_statistics *statistics = calloc(1, server_statistics_size(1));
	struct server_counts counts = { .statistics = statistics, .clients = 1 };
	json_t *reply;

	ASSERT_NE(NULL, statistics);
	server_statistics_stamps(statistics, 1)[0].receive = 1000ULL << 32;
	server_statistics_stamps(statistics, 1)[1].receive = 1007ULL << 32;
	reply = report_serverstats(&counts);
	EXPECT_EQ(2, json_integer_value(json_object_get(reply, "timestamps_held")));
	EXPECT_EQ(7, json_integer_value(json_object_get(reply, "timestamps_span")));
	json_decref(reply);
	free(statistics);
	counts = (struct server_counts){ .statistics = NULL };
	reply = report_serverstats(&counts);
	EXPECT_EQ(0, json_integer_value(json_object_get(reply, "timestamps_held")));
	json_decref(reply);
}

/* With all that there can be, and with nothing. */
TEST(counters_are_what_the_schema_says)
{
	struct server_statistics *statistics = calloc(1, server_statistics_size(1));
	static struct nts_statistics nts;
	uint64_t xdp[XDP_COUNTS];
	struct server_counts counts = {
		.statistics = statistics, .clients = 1, .xdp = xdp, .nts = &nts,
		.certificate_end_s = 1800000000, .commands_received = 7, .commands_dropped = 2,
	};
	json_t *reply;

	ASSERT_NE(NULL, statistics);
	for (int i = 0; i < SERVER_COUNTS; i++)
		atomic_store(&statistics->counts[i], 10 + (unsigned int)i);
	for (int i = 0; i < XDP_COUNTS; i++)
		xdp[i] = 100 + (unsigned int)i;
	reply = report_serverstats(&counts);
	EXPECT_TRUE(schema_fits("serverstats", reply));
	EXPECT_EQ(10, json_integer_value(json_object_get(reply, "received")));
	EXPECT_EQ(100, json_integer_value(json_object_get(reply, "xdp_answered")));
	EXPECT_EQ(1800000000, json_integer_value(json_object_get(reply, "nts_certificate_end_s")));
	EXPECT_EQ(7, json_integer_value(json_object_get(reply, "commands_received")));
	EXPECT_EQ(2, json_integer_value(json_object_get(reply, "commands_dropped")));
	json_decref(reply);
	free(statistics);
	counts = (struct server_counts){ .statistics = NULL };
	reply = report_serverstats(&counts);
	EXPECT_TRUE(schema_fits("serverstats", reply));
	EXPECT_TRUE(json_is_false(json_object_get(reply, "serving")));
	json_decref(reply);
}

TEST_HARNESS_MAIN
