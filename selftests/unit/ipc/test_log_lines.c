// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entries of files of measurements: chronyd's columns, units and signs.
 */
#include "user/ipc/log_lines.h"

#include <string.h>

#include "selftests/unit/unit.h"

#define S	1000000000LL

/* 2026-11-28 04:05:06 */
#define NOW_S	1795838706LL

/* UTC minus the reference. */
#define UTC_NS	(NOW_S * S + 123456789 - 100 * S)

static struct source_options options = { .asymmetry = 1 };
static struct ntp_client_answer answer;
static struct state state;
static char line[LOG_LINE_MAX];

/* The timescale is 1000 ns behind the server, the system clock 700 ns behind the timescale. */
FIXTURE(entry) { };

FIXTURE_SETUP(entry)
{
	struct state_source *source = &state.sources[0];

	memset(&state, 0, sizeof(state));
	state.source_count = 1;
	state.raw_ns = 50 * S;
	state.update = (struct state_update){
		.raw_ns = 49 * S,
		.result = { .stratum = 3, .root_delay_ns = 2000000,
			    .selection = { .count = 2 } },
	};
	state.steering.synchronised = true;
	state.steering.has_correction = true;
	state.steering.correction = (struct chime_line){ .offset_ns = UTC_NS, .sigma_ns = 1500 };
	state.steering.now = (struct timescale_now){
		.reference_ns = 100 * S, .time_ns = NOW_S * S + 123456789,
		.realtime_ns = NOW_S * S + 123456089,
	};
	answer = (struct ntp_client_answer){
		.packet = { .leap = 1, .mode = 4, .stratum = 2, .poll = 6, .refid = 0xcb00717b,
			    .root_delay_ns = 161500000, .root_dispersion_ns = 7446000 },
		.kernel_received = true,
		.sample = { .at_ns = 99 * S, .offset_ns = UTC_NS + 1000,
			    .delay_ns = 229600000, .noise_ns = 15770 },
	};
	strcpy(source->info.address, "203.0.113.15");
	source->info.latest = &answer;
	source->status = (struct source_status){
		.options = &options, .poll = 10, .has_estimate = true, .jitter_ns = 6261,
		.samples = 16, .runs = 8, .last = answer.sample, .root_distance_ns = 3000,
		.reach = 0377, .verdict = SOURCE_SELECTED, .last_raw_ns = 48 * S,
		.estimate = { .offset_ns = UTC_NS + 500, .sigma_ns = 2220,
			      .rate = 2e-6, .rate_sigma = 1e-6 },
	};
	options = (struct source_options){ .asymmetry = 1 };
}

FIXTURE_TEARDOWN(entry)
{
}

TEST_F(entry, measurements)
{
	log_line_measurements(&state, &state.sources[0], line);
	EXPECT_STREQ(line,
		     "2026-11-28 04:05:06 203.0.113.15    +  2 111 111 1111  10  6 1.00  1.000e-06  2.296e-01  1.577e-05  1.615e-01  7.446e-03 CB00717B 4B D K");
	answer.interleaved = true;
	answer.by_card = true;
	answer.packet.leap = 3;
	answer.verdict = NTP_DELAY_OUT_OF_RATIO;
	log_line_measurements(&state, &state.sources[0], line);
	EXPECT_NE(NULL, strstr(line, " ?  2 111 111 1011 "));
	EXPECT_NE(NULL, strstr(line, " 4I H H"));
}

TEST_F(entry, of_a_refused_answer_says_by_which_test)
{
	static const struct {
		enum ntp_verdict verdict;
		const char *tests;
		bool valid;
	} rows[] = {
		{ NTP_ACCEPTED, " 111 111 1111 ", true },
		{ NTP_ZERO_TIMESTAMP, " 110 111 1111 ", false },
		{ NTP_WRONG_MAC, " 111 011 1111 ", false },
		{ NTP_NTS_NAK, " 111 011 1111 ", false },
		{ NTP_KISS, " 111 101 1111 ", false },
		{ NTP_UNSYNCHRONISED, " 111 101 1111 ", false },
		{ NTP_DISTANCE_TOO_GREAT, " 111 110 1111 ", false },
		{ NTP_DELAY_TOO_LONG, " 111 111 0111 ", true },
		{ NTP_STRATUM_REFUSED, " 111 111 0111 ", true },
		{ NTP_POSTPONED, " 111 111 0111 ", true },
		{ NTP_DELAY_OUT_OF_RATIO, " 111 111 1011 ", true },
		{ NTP_OWN_SERVER, " 111 111 1110 ", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		answer.verdict = rows[i].verdict;
		log_line_measurements(&state, &state.sources[0], line);
		EXPECT_NE(NULL, strstr(line, rows[i].tests)) TH_LOG("%s", line);
		EXPECT_EQ(rows[i].valid, log_line_is_valid(&answer)) TH_LOG("%s", line);
	}
}

/* Where nothing was measured there is no offset, whatever the clocks show. */
TEST_F(entry, of_an_answer_without_time)
{
	answer.verdict = NTP_UNSYNCHRONISED;
	answer.sample = (struct source_sample){ .delay_ns = 0 };
	log_line_measurements(&state, &state.sources[0], line);
	EXPECT_NE(NULL, strstr(line, "1.00  0.000e+00  0.000e+00  0.000e+00  1.615e-01"));
}

/* Positive where our clock is ahead, and gains. */
TEST_F(entry, statistics)
{
	log_line_statistics(&state, &state.sources[0], 1e-6, 2e-6, line);
	EXPECT_STREQ(line,
		     "2026-11-28 04:05:06 203.0.113.15     6.261e-06 -5.000e-07  2.220e-06 -2.000e-06  1.000e-06 5.0e-01  16   0   8  0.00");
	options.asymmetry = -0.25;
	log_line_statistics(&state, &state.sources[0], 0, 0, line);
	EXPECT_NE(NULL, strstr(line, " 0.0e+00  16   0   8 -0.25"));
}

TEST_F(entry, selection)
{
	log_line_selection(&state, 0, line);
	EXPECT_STREQ(line,
		     "2026-11-28 04:05:06 203.0.113.15    * -----  377  1.00  2.000e+00 -3.500e-06  2.500e-06");
	options.noselect = true;
	options.trust = true;
	log_line_selection(&state, 0, line);
	EXPECT_STREQ(line,
		     "2026-11-28 04:05:06 203.0.113.15    N -N-T-  377  1.00  0.000e+00  0.000e+00  0.000e+00");
}

TEST_F(entry, tracking)
{
	state.steering.last_offset_ns = 8621;
	state.steering.base_rate = 3.541e-6;
	state.steering.maxerror_ns = 1050000;
	state.rate_sigma = 7.5e-8;
	log_line_tracking(&state, -208400, 8304000, line);
	EXPECT_STREQ(line,
		     "2026-11-28 04:05:06 203.0.113.15     3     -3.541      0.075 -8.621e-06 N  2  1.500e-06 -2.084e-04  2.000e-03  4.930e-05  8.304e-03");
}

/* The clock goes on by what a source has said that is there no more. */
TEST_F(entry, tracking_without_a_source)
{
	state.update.result.selection.selected = -1;
	state.steering.has_correction = false;
	state.steering.now.has_host = true;
	log_line_tracking(&state, 0, 0, line);
	EXPECT_NE(NULL, strstr(line, "05:06 HOST             4 ")) TH_LOG("%s", line);
}

TEST_F(entry, refclocks)
{
	strcpy(state.sources[0].info.address, "PPS2");
	log_line_refclocks(&state, &state.sources[0], line);
	EXPECT_STREQ(line,
		     "2026-11-28 04:05:05.123456 PPS2    - N -       -        1.000000e-06  1.577e-05");
}

/* What it was ahead of the system clock, and of the timescale. */
TEST_F(entry, readings_of_refclocks)
{
	struct refclock_taken taken = {
		.sample = { .at_ns = 98 * S, .offset_ns = UTC_NS + 300, .noise_ns = 1000,
			    .leap = 2 },
		.ahead_ns = 490, .number = 7, .pulse = true,
	};

	strcpy(state.sources[0].info.address, "PPS2");
	log_line_reading(&state, &state.sources[0], &taken, line);
	EXPECT_STREQ(line,
		     "2026-11-28 04:05:04.123456 PPS2    7 - 1  4.900000e-07  3.000000e-07  1.000e-06");
	taken.number = 123;
	taken.pulse = false;
	taken.ahead_ns = 37 * S;
	log_line_reading(&state, &state.sources[0], &taken, line);
	EXPECT_NE(NULL, strstr(line, " PPS2  123 - 0  3.700000e+01  3.000000e-07 "));
}

/* Under the names that stand in the banner. */
TEST_F(entry, entries_are_about_as_wide_as_their_banners)
{
	log_line_measurements(&state, &state.sources[0], line);
	EXPECT_LE(strlen(line), strlen(log_line_banner(CONFIG_LOG_MEASUREMENTS)));
	EXPECT_LE(strlen(log_line_banner(CONFIG_LOG_MEASUREMENTS)), strlen(line) + 3);
	log_line_tracking(&state, 0, 0, line);
	EXPECT_EQ(strlen(line), strlen(log_line_banner(CONFIG_LOG_TRACKING)));
}

TEST_HARNESS_MAIN
