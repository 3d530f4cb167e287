// SPDX-License-Identifier: GPL-2.0-only
/*
 * The recent past: what is kept, what is thinned, and what is told of it.
 */
#include "user/ipc/history.h"
#include "user/ipc/report.h"

#include <math.h>

#include "kmod/core/line.h"
#include "selftests/unit/unit.h"

#define S	1000000000LL

FIXTURE(history) {
	struct history *history;
	struct history_point points[HISTORY_POINTS];
};

FIXTURE_SETUP(history)
{
	self->history = history_new();
	ASSERT_NE(NULL, self->history);
}

FIXTURE_TEARDOWN(history)
{
	history_free(self->history);
}

static void add(struct history *history, int64_t at_s, int64_t offset_ns)
{
	history_add(history, &(struct history_point){
		.time_ns = at_s * S, .offset_ns = offset_ns, .maxerror_ns = 1000,
		.frequency = 1e-6,
	}, at_s * S);
}

TEST_F(history, one_a_second)
{
	add(self->history, 1, 10);
	history_add(self->history, &self->points[0], S + S / 2);
	add(self->history, 2, 20);
	EXPECT_EQ(2, history_since(self->history, 0, self->points, 10));
	EXPECT_EQ(10, self->points[0].offset_ns);
	EXPECT_EQ(20, self->points[1].offset_ns);
	EXPECT_EQ(1, history_since(self->history, 2 * S, self->points, 10));
	EXPECT_EQ(0, history_since(self->history, 3 * S, self->points, 10));
	EXPECT_EQ(0, history_since(NULL, 0, self->points, 10));
	history_add(NULL, &self->points[0], 0);
}

/* What is recent is whole, what is older thinner but with its peaks; a day later it is gone. */
TEST_F(history, the_past_gets_thinner)
{
	const int64_t most = 5 * HISTORY_POINTS;
	size_t count, i;
	bool has_peak = false;

	for (int64_t at_s = 0; at_s < most; at_s++)
		add(self->history, at_s, at_s == 100 ? -5000 : 1);
	count = history_since(self->history, INT64_MIN, self->points, HISTORY_POINTS);
	ASSERT_LE(count, HISTORY_POINTS);
	ASSERT_GE(count, HISTORY_POINTS / 2);
	for (i = 0; i < count; i++)
		has_peak |= self->points[i].offset_ns == -5000;
	EXPECT_TRUE(has_peak);
	for (i = 1; i < count; i++)
		ASSERT_LT(self->points[i - 1].time_ns, self->points[i].time_ns);
	for (i = count - HISTORY_POINTS / 2 + 1; i < count; i++)
		ASSERT_EQ(S, self->points[i].time_ns - self->points[i - 1].time_ns);
	EXPECT_EQ((most - 1) * S, self->points[count - 1].time_ns);
	for (int64_t at_s = 2 * 86400; at_s < 2 * 86400 + 2 * HISTORY_POINTS; at_s++)
		add(self->history, at_s, 1);
	history_since(self->history, INT64_MIN, self->points, 1);
	EXPECT_LE(86400 * S, self->points[0].time_ns);
}

TEST_F(history, fewer_points_keep_the_peaks)
{
	for (int64_t at_s = 0; at_s < 1000; at_s++)
		add(self->history, at_s, at_s == 501 ? 77 : 1);
	EXPECT_EQ(10, history_since(self->history, 0, self->points, 10));
	EXPECT_EQ(77, self->points[5].offset_ns);
}

/* To seven digits, and what has no bound has none. */
TEST_F(history, what_is_kept_is_what_was_read)
{
	static const struct history_point read[] = {
		{ 1767225600123456789, 123456, 16777216, 12.345678e-6 },
		{ 1767225601123456789, -3600 * S - 123456789, INT64_MAX, -500e-6 },
		{ 1767225602123456789, -INT64_MAX, INT64_MAX, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(read); i++)
		history_add(self->history, &read[i], read[i].time_ns);
	ASSERT_EQ(3, history_since(self->history, INT64_MIN, self->points, 10));
	for (size_t i = 0; i < ARRAY_SIZE(read); i++) {
		double off_ns = (double)read[i].offset_ns - (double)self->points[i].offset_ns;

		EXPECT_EQ(read[i].time_ns, self->points[i].time_ns);
		EXPECT_LE(fabs(off_ns), 1e-7 * fabs((double)read[i].offset_ns));
		EXPECT_EQ(read[i].maxerror_ns, self->points[i].maxerror_ns);
		EXPECT_LE(fabs(read[i].frequency - self->points[i].frequency), 1e-7 * 500e-6);
	}
	EXPECT_EQ(123456, self->points[0].offset_ns);
}

TEST_F(history, as_json)
{
	json_t *reply;

	add(self->history, 10, 10);
	add(self->history, 20, 20);
	reply = report_history(self->history, 21 * S, "5");
	ASSERT_NE(NULL, reply);
	EXPECT_EQ(1, json_array_size(json_object_get(reply, "time_ns")));
	EXPECT_EQ(20, json_integer_value(json_array_get(json_object_get(reply, "offset_ns"), 0)));
	EXPECT_EQ(-1000, json_real_value(json_array_get(json_object_get(reply, "frequency_ppb"),
							0)));
	json_decref(reply);
	reply = report_history(self->history, 21 * S, "");
	EXPECT_EQ(2, json_array_size(json_object_get(reply, "maxerror_ns")));
	json_decref(reply);
	reply = report_history(NULL, 0, "");
	EXPECT_EQ(0, json_array_size(json_object_get(reply, "time_ns")));
	json_decref(reply);
	EXPECT_EQ(NULL, report_history(self->history, 0, "1h"));
	EXPECT_EQ(NULL, report_history(self->history, 0, "-1"));
	/* truechime plot --since 100000d */
	reply = report_history(self->history, 21 * S, "8640000000");
	ASSERT_NE(NULL, reply);
	EXPECT_EQ(2, json_array_size(json_object_get(reply, "time_ns")));
	json_decref(reply);
}

TEST_HARNESS_MAIN
