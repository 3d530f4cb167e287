// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random histories of a host that slews its clock, again and again, by any rate and for any time up
 * to the longest, before and after its guest is corrected for the first time. Guest and truth
 * differ by a constant rate, so that the host's clock is all that changes, and sources measure it
 * while it is not slewed: whatever it does before and after, the true time is within the published
 * bound. Every other host is read coarsely, by readings whose slope never shows a slew.
 *
 * HISTORIES=100000 plays more of them than the usual 300, SEED=N others.
 */
#include "selftests/unit/module_machine.h"
#include "selftests/unit/unit.h"

#include <stdlib.h>

#define PPB_PER_PPM	1000
#define PS_PER_NS	1000

/* As many slews before the first correction, and after it. */
#define SLEWS_BEFORE	3
#define SLEWS_AFTER	3

/* A rate change between two checks is in a slope until the next two. */
#define CHECKS_TO_SEE	3

/* Slopes of readings show a slew, after a while, if these are at most so wrong. */
#define FINEST_NS	100
#define FINE_NS		(3 * NSEC_PER_USEC)

/* Readings of a host that is read coarsely are at least, and at most, so wrong. */
#define COARSE_NS	(4 * NSEC_PER_USEC)
#define COARSEST_NS	(100 * NSEC_PER_USEC)

/* What is written down of a history, for whoever looks for a failure. */
#define WORDS		1024

/**
 * struct history - one of them
 * @random: what happens
 * @interval_ns: from check to check
 * @check_in_ns: until the next one
 * @slew_ppb: the host's clock is slewed by this; 0: it is not
 * @gained_ps: the fraction of a ns that it has gained
 * @measured: the clocks at the latest correction, with the true time
 * @wrong_ns: the farthest that the truth was outside of the bound
 * @words: what happened
 */
static struct history {
	struct unit_random random;
	s64 interval_ns;
	s64 check_in_ns;
	s64 slew_ppb;
	s64 gained_ps;
	struct chime_now measured;
	s64 wrong_ns;
	char words[WORDS];
} history;

static s64 between(s64 low, s64 high)
{
	return low + (s64)unit_random_below(&history.random, high - low + 1);
}

/* Each order of magnitude, in powers of two, is as likely as the others. */
static s64 any_size(s64 low, s64 high)
{
	int orders = 0;

	while (low << (orders + 1) <= high)
		orders++;
	low <<= between(0, orders);
	return min_t(s64, between(low, 2 * low), high);
}

static void write_down(const char *format, ...)
{
	size_t used = strlen(history.words);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(history.words + used, sizeof(history.words) - used, format, arguments);
	va_end(arguments);
}

/* Only sources know how right a host is, so without a correction there is nothing to hold. */
static void judge(void)
{
	struct chime_status now = status();
	s64 off_ns = llabs(now.now.time_ns - machine.utc_ns);

	if (!now.corrected || off_ns - now.now.maxerror_ns <= history.wrong_ns)
		return;
	if (!history.wrong_ns)
		write_down(" (wrong)");
	history.wrong_ns = off_ns - now.now.maxerror_ns;
}

/* The clocks go on, and the host's is slewed meanwhile. */
static void pass(s64 ns)
{
	machine_pass(ns);
	history.gained_ps += ns / 1000 * history.slew_ppb / 1000;
	machine.host_ahead_ns += history.gained_ps / PS_PER_NS;
	history.gained_ps %= PS_PER_NS;
}

/* The bound is widest just after a check and has to hold until the next one. */
static void run_checked(s64 ns)
{
	while (ns > 0) {
		s64 step_ns = min_t(s64, ns, history.check_in_ns);

		pass(step_ns);
		judge();
		ns -= step_ns;
		history.check_in_ns -= step_ns;
		if (history.check_in_ns)
			continue;
		check();
		judge();
		history.check_in_ns = history.interval_ns;
	}
}

/* It stands still, while the host's clock goes on as it did. */
static void pause_for(s64 ns)
{
	write_down(" (pause of %lld ms)", (long long)(ns / MS));
	stand_still(ns);
	history.gained_ps += ns / 1000 * history.slew_ppb / 1000;
	machine.host_ahead_ns += history.gained_ps / PS_PER_NS;
	history.gained_ps %= PS_PER_NS;
	check();
	history.check_in_ns = history.interval_ns;
	judge();
}

/* The host does not answer meanwhile. */
static void be_silent_for(s64 ns)
{
	write_down(" (silent for %lld ms)", (long long)(ns / MS));
	machine.host_silent = true;
	run_checked(ns);
	machine.host_silent = false;
}

/* For a while, in which it may be paused once, or the host silent. */
static void run_or_pause(s64 ns)
{
	s64 before_ns = between(0, ns);

	switch (between(0, 8)) {
	case 0:
		run_checked(before_ns);
		pause_for(any_size(1, history.slew_ppb ? 1000 : 1000000) * MS);
		run_checked(ns - before_ns);
		break;
	case 1:
		run_checked(before_ns);
		be_silent_for(any_size(1, history.slew_ppb ? 1000 : 1000000) * MS);
		run_checked(ns - before_ns);
		break;
	default:
		run_checked(ns);
		break;
	}
}

static void rest(s64 ns)
{
	write_down(" no slew for %lld ms;", (long long)(ns / MS));
	run_or_pause(ns);
}

static void slew_by(s64 ppb, s64 for_ns)
{
	write_down(" slew %lld ppb for %lld ms;", (long long)ppb, (long long)(for_ns / MS));
	history.slew_ppb = ppb;
	run_or_pause(for_ns);
	history.slew_ppb = 0;
}

static void slew(void)
{
	s64 for_ns = any_size(100, 100000) * MS;

	slew_by(any_size(100, 1000 * PPB_PER_PPM) * (between(0, 1) ? 1 : -1), for_ns);
}

/*
 * Sources that have measured for longer than slews last know the rate of their reference, if it had
 * one rate all the time.
 */
static s64 measured_rate_q32(void)
{
	struct chime_now now = status().now;
	s64 ran_ns = now.reference_ns - history.measured.reference_ns;
	s64 gained_ns = machine.utc_ns - history.measured.time_ns - ran_ns;
	s64 mean_q32 = chime_ratio_q32(gained_ns, ran_ns);
	s64 rate_q32 = machine.raw_slow_ppm * CHIME_PPM_Q32 -
		       machine.chime->timescale.steady.line.rate_q32;
	bool known = history.measured.epoch == now.epoch && ran_ns >= CHIME_SLEW_LONGEST_NS &&
		     llabs(rate_q32 - mean_q32) <= CHIME_PPM_Q32;

	history.measured = now;
	history.measured.time_ns = machine.utc_ns;
	return known ? rate_q32 : 0;
}

static void be_corrected(void)
{
	write_down(" correction;");
	correct_at_rate(measured_rate_q32());
	judge();
}

static s64 any_rest(void)
{
	return any_size(20, 30000) * MS;
}

/* Sources need some time, and the module some checks, to see at which rate the host rests. */
static s64 measured_rest(void)
{
	return S + CHECKS_TO_SEE * history.interval_ns + any_rest();
}

static void begin(s64 interval_ns, s64 late_ns)
{
	machine_begin();
	machine.host_late_ns = late_ns;
	machine.raw_slow_ppm = between(-50, 50);
	history.interval_ns = interval_ns;
	history.check_in_ns = history.interval_ns;
	history.slew_ppb = 0;
	history.gained_ps = 0;
	history.measured = (struct chime_now){ };
	history.wrong_ns = 0;
	history.words[0] = '\0';
	write_down("readings good to %lld ns, check each %lld ms;", (long long)late_ns,
		   (long long)(history.interval_ns / MS));
	played_module_init();
}

static s64 any_lateness(void)
{
	switch (between(0, 2)) {
	case 0:
		return any_size(FINEST_NS, FINE_NS);
	case 1:
		return any_size(COARSE_NS, COARSEST_NS);
	default:
		return 0;
	}
}

static void play(void)
{
	int slews;

	begin(any_size(10, 1000) * MS, any_lateness());
	for (slews = between(0, SLEWS_BEFORE); slews; slews--) {
		rest(any_rest());
		slew();
	}
	rest(measured_rest());
	be_corrected();
	for (slews = between(1, SLEWS_AFTER); slews; slews--) {
		rest(any_rest());
		slew();
		if (between(0, 3))
			continue;
		rest(measured_rest());
		be_corrected();
	}
	rest(any_rest());
	machine_unload();
}

static s64 histories(void)
{
	return (s64)unit_wish("HISTORIES", 300);
}

FIXTURE(slews) {
	int unused;
};

FIXTURE_SETUP(slews)
{
	history.random.state = unit_wish("SEED", 11);
}

FIXTURE_TEARDOWN(slews)
{
	EXPECT_EQ(NULL, machine.chime);
}

TEST_F(slews, bound_holds_if_the_first_correction_comes_between_two)
{
	static const s64 intervals_ns[] = { 20 * MS, 200 * MS, S };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(intervals_ns); i++) {
		begin(intervals_ns[i], 0);
		rest(20 * S);
		slew_by(-742 * PPB_PER_PPM, 50 * S);
		rest(5 * S);
		be_corrected();
		rest(S);
		slew_by(93 * PPB_PER_PPM, 50 * S);
		rest(20 * S);
		machine_unload();
		EXPECT_EQ(0, history.wrong_ns)
			TH_LOG("%s", history.words);
	}
}

/* At no time between these did the module see at which rate the host rests. */
TEST_F(slews, bound_holds_if_the_host_is_slewed_every_ten_seconds_from_the_first_reading_on)
{
	begin(141 * MS, 0);
	rest(25 * MS);
	slew_by(-789 * PPB_PER_PPM, 773 * MS);
	rest(1506 * MS);
	be_corrected();
	rest(8030 * MS);
	slew_by(243 * PPB_PER_PPM, 379 * MS);
	rest(1502 * MS);
	be_corrected();
	slew_by(1000 * PPB_PER_PPM, 97770 * MS);
	machine_unload();
	EXPECT_EQ(0, history.wrong_ns)
		TH_LOG("%s", history.words);
}

/*
 * A line through the readings before and after a silence in which a slew ends has a rate that the
 * host never had.
 */
TEST_F(slews, bound_holds_if_the_host_is_silent_while_a_slew_ends)
{
	static const s64 silences_ns[] = { 30 * S, 150 * S };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(silences_ns); i++) {
		begin(433 * MS, 0);
		run_checked(20 * S);
		be_corrected();
		history.slew_ppb = 500 * PPB_PER_PPM;
		run_checked(10 * S);
		be_silent_for(S);
		history.slew_ppb = 0;
		be_silent_for(silences_ns[i]);
		run_checked(100 * S);
		be_corrected();
		history.slew_ppb = 8686;
		run_checked(10 * S);
		machine_unload();
		EXPECT_EQ(0, history.wrong_ns)
			TH_LOG("%s", history.words);
	}
}

/* When it is corrected, the readings fit a line that is off the host's rate by 2.7 ppm. */
TEST_F(slews, bound_holds_if_readings_hide_a_slew_that_ended_before_the_correction)
{
	begin(22 * MS, 2004);
	run_checked(815 * MS);
	history.slew_ppb = 17808;
	run_checked(18600 * MS);
	history.slew_ppb = 0;
	run_checked(2680 * MS);
	history.slew_ppb = 3083;
	run_checked(9440 * MS);
	history.slew_ppb = 0;
	run_checked(1145 * MS);
	be_corrected();
	run_checked(200 * S);
	machine_unload();
	EXPECT_EQ(0, history.wrong_ns)
		TH_LOG("%s", history.words);
}

TEST_F_TIMEOUT(slews, bound_holds_whenever_the_host_is_slewed, 600)
{
	s64 i, wrong = 0;

	for (i = 0; i < histories(); i++) {
		u64 seed = history.random.state;

		play();
		if (!history.wrong_ns)
			continue;
		wrong++;
		TH_LOG("history %lld, SEED=%#llx: %lld ns out:%s", (long long)i,
		       (unsigned long long)seed, (long long)history.wrong_ns, history.words);
	}
	EXPECT_EQ(0, wrong);
}

TEST_HARNESS_MAIN
