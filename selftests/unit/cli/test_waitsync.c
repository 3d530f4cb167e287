// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime waitsync: what it waits for, how often it looks, and what it says. The daemon is a
 * stand-in that becomes better with each look, or does what it is told for each. So is the clock
 * by which it waits.
 */
#include "user/cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

/* What is found at a look: without @err the daemon's answer and the kernel's. */
struct look {
	int err;
	bool synchronised;
	int64_t maxerror_ns;	/* -1: none is known */
	bool kernel_unsynchronised;
	const char *unmeasured;	/* no rate is known of what is followed: its name, "": no source */
};

static struct {
	int looks;
	int synchronised_at;
	bool running;
	int err;	/* why it cannot be asked; 0: it does not run */
	int answer_s;	/* so long the daemon may be silent */
	const struct look *told;	/* NULL: it becomes better with each look */
	int told_count;		/* the last one stays */
	bool kernel_is_silent;
	int64_t now_ns;
} world;

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	/* One that nobody sets. */
	if (clock != CLOCK_MONOTONIC)
		abort();
	*now = (struct timespec){ .tv_sec = world.now_ns / NS_PER_S,
				  .tv_nsec = world.now_ns % NS_PER_S };
	return 0;
}

int __wrap_nanosleep(const struct timespec *pause, struct timespec *left)
{
	world.now_ns += pause->tv_sec * NS_PER_S + pause->tv_nsec;
	return 0;
}

static const struct look *told_now(void)
{
	int last = world.told_count - 1;

	return &world.told[world.looks - 1 < last ? world.looks - 1 : last];
}

int clock_adjtime(clockid_t clock, struct timex *tx)
{
	if (clock != CLOCK_REALTIME || tx->modes)
		abort();
	memset(tx, 0, sizeof(*tx));
	if (world.kernel_is_silent) {
		errno = EPERM;
		return -1;
	}
	if (world.told && told_now()->kernel_unsynchronised)
		tx->status = STA_UNSYNC;
	return 0;
}

static int answer_as_told(json_t **reply)
{
	const struct look *look = told_now();

	/* A daemon that is stuck. */
	if (look->err == -ETIMEDOUT)
		world.now_ns += world.answer_s * NS_PER_S;
	if (look->err)
		return look->err;
	*reply = json_pack("{s:b,s:b,s:I,s:s,s:I,s:o,s:o}", "ok", 1,
			   "synchronised", look->synchronised,
			   "refid", (json_int_t)0xc0000201,
			   "name", look->unmeasured ? look->unmeasured : "192.0.2.1",
			   "offset_ns", (json_int_t)-1000,
			   "skew_ppb", look->unmeasured ? json_null() : json_real(20.0),
			   "maxerror_ns", look->maxerror_ns < 0 ? json_null() :
			   json_integer((json_int_t)look->maxerror_ns));
	return 0;
}

/* 0.1 s off at the first look, 0.01 s at the second ...; the skew is 100, 10 ... ppm. */
int client_ask(const struct cli *cli, const char *command, json_t **reply)
{
	double share = 1;
	int i;

	world.looks++;
	world.answer_s = cli->answer_s;
	if (world.told)
		return answer_as_told(reply);
	if (!world.running)
		return world.err ? world.err : -ECONNREFUSED;
	for (i = 0; i < world.looks; i++)
		share /= 10;
	*reply = json_pack("{s:b,s:b,s:I,s:I,s:f}", "ok", 1, "synchronised",
			   world.looks >= world.synchronised_at, "refid", (json_int_t)0xc0000201,
			   "offset_ns", (json_int_t)(-1e9 * share), "skew_ppb", 1e6 * share);
	return 0;
}

/* The exit status of "waitsync TRIES CORRECTION SKEW 0", and what it said last. */
static int wait_for(const char *tries, const char *correction, const char *skew, char *line,
		    size_t size)
{
	char *arguments[4] = { (char *)tries, (char *)correction, (char *)skew, (char *)"0" };
	const struct cli cli = { .json = false };
	FILE *before = stdout;
	char *text = NULL, *last;
	size_t length = 0;
	int status;

	world.looks = 0;
	stdout = open_memstream(&text, &length);
	if (!stdout)
		exit(1);
	status = verb_waitsync(&cli, 4, arguments);
	fclose(stdout);
	stdout = before;
	text[strlen(text) - 1] = '\0';
	last = strrchr(text, '\n');
	snprintf(line, size, "%s", last ? last + 1 : text);
	free(text);
	return status;
}

/* The same, and what it wrote to standard error, which the caller frees. */
static int wait_saying(const char *tries, char **said)
{
	FILE *before = stderr;
	char line[128];
	size_t size;
	int status;

	stderr = open_memstream(said, &size);
	if (!stderr)
		exit(1);
	status = wait_for(tries, "0", "0", line, sizeof(line));
	fclose(stderr);
	stderr = before;
	return status;
}

TEST(it_waits_for_what_was_asked)
{
	char line[128];

	memset(&world, 0, sizeof(world));
	world.running = true;
	world.synchronised_at = 2;
	EXPECT_EQ(CLI_OK, wait_for("0", "0", "0", line, sizeof(line)));
	EXPECT_STREQ("try: 2, refid: C0000201, correction: 0.010000000, skew: 10.000", line);
	EXPECT_EQ(CLI_OK, wait_for("9", "0.0011", "0", line, sizeof(line)));
	EXPECT_EQ(3, world.looks);
	EXPECT_EQ(CLI_OK, wait_for("9", "0", "0.11", line, sizeof(line)));
	EXPECT_EQ(4, world.looks);
	EXPECT_EQ(CLI_NOT, wait_for("1", "0", "0", line, sizeof(line)));
	EXPECT_EQ(1, world.looks);
}

TEST(a_daemon_that_does_not_run_yet_is_waited_for)
{
	char line[128];

	memset(&world, 0, sizeof(world));
	EXPECT_EQ(CLI_NOT, wait_for("3", "0", "0", line, sizeof(line)));
	EXPECT_EQ(3, world.looks);
	EXPECT_STREQ("try: 3, refid: 00000000, correction: 0.000000000, skew: 0.000", line);
}

/* Who waited in vain has to look elsewhere each time. */
TEST(why_the_daemon_was_not_asked_is_said)
{
	static const struct {
		int err;
		const char *said;
	} rows[] = {
		{ -ECONNREFUSED, "truechime: the daemon truechimed is not running. See" },
		{ -EACCES, "truechime: the daemon truechimed may not be asked: permission denied" },
		{ -ETIMEDOUT, "truechime: the daemon truechimed does not answer. See" },
	};
	char *said;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		memset(&world, 0, sizeof(world));
		world.err = rows[i].err;
		EXPECT_EQ(CLI_NOT, wait_saying("1", &said));
		EXPECT_EQ(0, strncmp(said, rows[i].said, strlen(rows[i].said)))
			TH_LOG("%s", said);
		free(said);
	}
}

/* Who waits without an end sees nothing but zeros else. */
TEST(a_daemon_that_is_waited_for_is_named_once)
{
	char *said;

	memset(&world, 0, sizeof(world));
	EXPECT_EQ(CLI_NOT, wait_saying("3", &said));
	EXPECT_NE(NULL, strstr(said, "is not running; it is waited for. See: truechime doctor\n"));
	EXPECT_NE(NULL, strstr(said, "is not running. See: truechime status\n"));
	free(said);
}

/* "waitsync 60 0 0 1" takes a minute, also where the daemon is stuck. */
TEST(each_look_takes_no_longer_than_the_interval)
{
	static const struct {
		const char *interval;
		int answer_s;
	} rows[] = { { "0", 1 }, { "1", 1 }, { "2.5", 3 }, { "10", 10 }, { "1e9", 10 },
		    { "-1", 1 } };

	memset(&world, 0, sizeof(world));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *arguments[4] = { (char *)"1", (char *)"0", (char *)"0",
				       (char *)rows[i].interval };
		const struct cli cli = { .json = true };

		EXPECT_EQ(CLI_NOT, verb_waitsync(&cli, 4, arguments));
		EXPECT_EQ(rows[i].answer_s, world.answer_s) TH_LOG("%s", rows[i].interval);
	}
}

/* As with chronyc: nothing is below a negative limit, and 0, with or without a sign, is none. */
TEST(negative_numbers_are_those_of_chronyc)
{
	char line[128];

	memset(&world, 0, sizeof(world));
	world.running = true;
	world.synchronised_at = 2;
	EXPECT_EQ(CLI_NOT, wait_for("-1", "0", "0", line, sizeof(line)));
	EXPECT_EQ(1, world.looks);
	EXPECT_EQ(CLI_NOT, wait_for("3", "-1", "0", line, sizeof(line)));
	EXPECT_EQ(3, world.looks);
	EXPECT_EQ(CLI_NOT, wait_for("3", "0", "-1", line, sizeof(line)));
	EXPECT_EQ(3, world.looks);
	EXPECT_EQ(CLI_OK, wait_for("-0", "-0", "-0.0", line, sizeof(line)));
	EXPECT_EQ(2, world.looks);
}

TEST(what_is_no_number_is_refused)
{
	static const char *const words[] = { "x", "nan", "1e99", "-1e99", "-", "" };
	size_t i;

	memset(&world, 0, sizeof(world));
	stderr = fopen("/dev/null", "w");
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		char *arguments[1] = { (char *)words[i] };
		const struct cli cli = { .json = false };

		EXPECT_EQ(CLI_ERROR, verb_waitsync(&cli, 1, arguments));
	}
	EXPECT_EQ(0, world.looks);
}

/* --- Until the bound is small enough --- */

/* What is found at each look from the beginning. */
static void tell(const struct look *looks, int count)
{
	memset(&world, 0, sizeof(world));
	world.told = looks;
	world.told_count = count;
}

/* What was printed, and said on stderr. */
struct said {
	char printed[4096];
	char complained[512];
};

/* The exit status of "waitsync --within TIME --timeout TIME" and @words; 0: not given. */
static int wait_within(int64_t within_ns, int64_t timeout_ns, bool json, int words,
		       struct said *said)
{
	char *arguments[4] = { (char *)"0", (char *)"0", (char *)"0", (char *)"0" };
	const struct cli cli = { .json = json, .within_ns = within_ns, .timeout_ns = timeout_ns };
	FILE *out = stdout, *err = stderr;
	int status;

	memset(said, 0, sizeof(*said));
	stdout = fmemopen(said->printed, sizeof(said->printed), "w");
	stderr = fmemopen(said->complained, sizeof(said->complained), "w");
	if (!stdout || !stderr)
		abort();
	status = verb_waitsync(&cli, words, arguments);
	fclose(stdout);
	fclose(stderr);
	stdout = out;
	stderr = err;

	return status;
}

TEST(the_bound_is_waited_for)
{
	static const struct look looks[] = {
		{ .maxerror_ns = -1 },
		{ .synchronised = true, .maxerror_ns = -1 },
		{ .synchronised = true, .maxerror_ns = NS_PER_MS + 1 },
		{ .maxerror_ns = NS_PER_MS },
		{ .synchronised = true, .maxerror_ns = NS_PER_MS },
	};
	static const char *const lines[] = {
		"try: 1, refid: C0000201, correction: 0.000001000, skew: 0.020, maximum error: unknown\n",
		"\ntry: 5, refid: C0000201, correction: 0.000001000, skew: 0.020, maximum error: 0.001000000\n",
	};
	struct said said;

	tell(looks, ARRAY_SIZE(looks));
	EXPECT_EQ(CLI_OK, wait_within(NS_PER_MS, 0, false, 0, &said));
	EXPECT_EQ(5, world.looks);
	EXPECT_STREQ("", said.complained);
	EXPECT_NE(NULL, strstr(said.printed, lines[0])) TH_LOG("%s", said.printed);
	EXPECT_NE(NULL, strstr(said.printed, lines[1])) TH_LOG("%s", said.printed);
	/* Four times a second. */
	EXPECT_EQ(NS_PER_S, world.now_ns);
}

/* Without --timeout as with chronyc's 0 tries, and without --within any bound will do. */
TEST(each_of_the_two_may_be_left_out)
{
	static const struct look looks[] = { { .synchronised = true, .maxerror_ns = NS_PER_S } };
	static const struct look never[] = { { .maxerror_ns = -1 } };
	struct look many[5000] = { 0 };
	struct said said;

	tell(looks, ARRAY_SIZE(looks));
	EXPECT_EQ(CLI_OK, wait_within(0, NS_PER_S, false, 0, &said));
	EXPECT_EQ(1, world.looks);
	EXPECT_EQ(0, world.now_ns);
	tell(never, ARRAY_SIZE(never));
	EXPECT_EQ(CLI_NOT, wait_within(0, NS_PER_S, false, 0, &said));
	EXPECT_EQ(NS_PER_S, world.now_ns);
	tell(many, ARRAY_SIZE(many));
	many[ARRAY_SIZE(many) - 1].synchronised = true;
	EXPECT_EQ(CLI_OK, wait_within(NS_PER_MS, 0, true, 0, &said));
	EXPECT_EQ((int)ARRAY_SIZE(many), world.looks);
}

/* What was good before a disruption, or a daemon's end, counts no more. */
TEST(a_state_that_is_over_is_no_success)
{
	static const struct look looks[] = {
		{ .synchronised = true, .maxerror_ns = 2 * NS_PER_MS },
		/* The module has marked the clock, and the daemon has not been told yet. */
		{ .synchronised = true, .maxerror_ns = 1000, .kernel_unsynchronised = true },
		{ .maxerror_ns = -1, .kernel_unsynchronised = true },
		{ .err = -ECONNREFUSED },
		{ .err = -EPIPE },
		{ .err = -ETIMEDOUT },
		{ .maxerror_ns = 1000 },
		{ .synchronised = true, .maxerror_ns = 1000 },
	};
	struct said said;

	tell(looks, ARRAY_SIZE(looks));
	EXPECT_EQ(CLI_OK, wait_within(NS_PER_MS, 60 * NS_PER_S, false, 0, &said));
	EXPECT_EQ((int)ARRAY_SIZE(looks), world.looks);
}

/* In a sandbox as that of truechime-wait-sync.service. */
TEST(the_daemon_alone_counts_where_the_kernel_cannot_be_asked)
{
	static const struct look looks[] = { { .synchronised = true, .maxerror_ns = 1000 } };
	struct said said;

	tell(looks, ARRAY_SIZE(looks));
	world.kernel_is_silent = true;
	EXPECT_EQ(CLI_OK, wait_within(NS_PER_MS, NS_PER_S, false, 0, &said));
	EXPECT_EQ(1, world.looks);
}

TEST(what_is_missing_at_the_end_is_said)
{
	static const struct {
		struct look look;
		const char *said;
	} rows[] = {
		{ { .err = -ECONNREFUSED },
		  "the daemon truechimed is not running; it is waited for. See: truechime doctor\n"
		  "truechime: the daemon truechimed is not running" },
		{ { .maxerror_ns = -1 }, "the clock is not synchronised" },
		{ { .maxerror_ns = 1000 }, "the clock is not synchronised" },
		{ { .synchronised = true, .maxerror_ns = 1000, .kernel_unsynchronised = true },
		  "the clock is not synchronised" },
		{ { .synchronised = true, .maxerror_ns = -1 },
		  "the clock is synchronised, but it is not known how wrong it may be" },
		{ { .synchronised = true, .maxerror_ns = 12300000 },
		  "the clock is synchronised, but only known to be right to within 12.3 ms, more than 1.00 ms"
		},
	};
	char expected[256];
	struct said said;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		tell(&rows[i].look, 1);
		EXPECT_EQ(CLI_NOT, wait_within(NS_PER_MS, 1100 * NS_PER_MS, true, 0, &said));
		snprintf(expected, sizeof(expected), "truechime: %s. See: truechime status\n",
			 rows[i].said);
		EXPECT_STREQ(expected, said.complained) TH_LOG("row %zu", i);
		EXPECT_STREQ("{\"ok\":false}\n", said.printed) TH_LOG("row %zu", i);
		/* The last look is when the time is over, and not a quarter of a second before. */
		EXPECT_EQ(1100 * NS_PER_MS, world.now_ns);
		EXPECT_EQ(6, world.looks);
	}
}

/* Nor does a daemon that is stuck take much more than that, or have no time for an answer. */
TEST(a_stuck_daemon_prolongs_nothing)
{
	static const struct look looks[] = { { .err = -ETIMEDOUT } };
	static const struct look late[] = { { .err = -ETIMEDOUT }, { .synchronised = true } };
	struct said said;

	tell(looks, ARRAY_SIZE(looks));
	EXPECT_EQ(CLI_NOT, wait_within(NS_PER_MS, 12 * NS_PER_S, false, 0, &said));
	EXPECT_LE(world.now_ns, 13 * NS_PER_S);
	EXPECT_NE(NULL, strstr(said.complained, "does not answer"));
	tell(looks, ARRAY_SIZE(looks));
	EXPECT_EQ(CLI_NOT, wait_within(NS_PER_MS, NS_PER_S / 2, false, 0, &said));
	EXPECT_EQ(NS_PER_S, world.now_ns);
	tell(late, ARRAY_SIZE(late));
	EXPECT_EQ(CLI_OK, wait_within(NS_PER_MS, 0, false, 0, &said));
	EXPECT_EQ(5, world.answer_s);
}

TEST(numbers_and_options_do_not_mix)
{
	static const struct look looks[] = { { .synchronised = true } };
	struct said said;

	for (int words = 1; words <= 4; words++) {
		tell(looks, ARRAY_SIZE(looks));
		EXPECT_EQ(CLI_ERROR, wait_within(NS_PER_MS, 0, false, words, &said));
		EXPECT_NE(NULL, strstr(said.complained, "either")) TH_LOG("%s", said.complained);
		EXPECT_EQ(CLI_ERROR, wait_within(0, NS_PER_S, false, words, &said));
		EXPECT_EQ(0, world.looks);
	}
}

/*
 * Nothing measures a host that is followed as it is: chronyc shows a skew of 0 there, and does not
 * wait. That of a source is known soon.
 */
TEST(only_of_a_source_is_a_skew_waited_for)
{
	static const struct look host[] = {
		{ .unmeasured = "" }, { .synchronised = true, .unmeasured = "" },
	};
	static const struct look source[] = {
		{ .synchronised = true, .unmeasured = "192.0.2.1" }, { .synchronised = true },
	};
	char line[128];

	tell(host, ARRAY_SIZE(host));
	EXPECT_EQ(CLI_OK, wait_for("5", "0", "0.1", line, sizeof(line)));
	EXPECT_EQ(2, world.looks);
	EXPECT_STREQ("try: 2, refid: C0000201, correction: 0.000001000, skew: 0.000", line);
	EXPECT_EQ(CLI_NOT, wait_for("5", "0", "-1", line, sizeof(line)));
	tell(source, ARRAY_SIZE(source));
	EXPECT_EQ(CLI_OK, wait_for("5", "0", "0.1", line, sizeof(line)));
	EXPECT_EQ(2, world.looks);
}

TEST(machines_get_no_sentences)
{
	static const struct look looks[] = {
		{ .maxerror_ns = -1 }, { .synchronised = true, .maxerror_ns = 340000 },
	};
	const struct cli cli = { .csv = true, .within_ns = NS_PER_MS };
	char printed[256] = "";
	FILE *before = stdout;
	struct said said;

	tell(looks, ARRAY_SIZE(looks));
	EXPECT_EQ(CLI_OK, wait_within(NS_PER_MS, 0, true, 0, &said));
	EXPECT_STREQ("{\"ok\":true}\n", said.printed);
	tell(looks, ARRAY_SIZE(looks));
	stdout = fmemopen(printed, sizeof(printed), "w");
	if (!stdout)
		abort();
	EXPECT_EQ(CLI_OK, verb_waitsync(&cli, 0, NULL));
	fclose(stdout);
	stdout = before;
	EXPECT_STREQ("1,C0000201,0.000001000,0.020,unknown\n"
		     "2,C0000201,0.000001000,0.020,0.000340000\n", printed);
}

TEST_HARNESS_MAIN
