// SPDX-License-Identifier: GPL-2.0-only
/*
 * Abuse of the loaded module's netlink interface, for a guest that may be thrown away afterwards:
 * it steps the clock at random. Runs as root (and as others, in children). TAP on stdout; exit
 * code 1 if a test failed, 4 if the module is not there.
 *
 * abuse [--seconds N] [--seed N] [--module FILE]
 *	N seconds of random requests (10), from a seed (1); FILE: the module, to unload it and load
 *	it again
 */
#include "abuse.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EXIT_SKIP	4

bool abuse_fail(const char *format, ...)
{
	va_list arguments;

	printf("# ");
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
	return false;
}

/* How long an attribute is; 0: it is not there. */
struct lengths {
	uint8_t least;
	uint8_t most;
	bool always;
};

static const struct lengths status_lengths[TRUECHIME_A_MAX + 1] = {
	[TRUECHIME_A_PAD] = { 0, 0, false },
	[TRUECHIME_A_VERSION] = { 2, 32, true },
	[TRUECHIME_A_MODE] = { 4, 4, true },
	[TRUECHIME_A_STATE] = { 4, 4, true },
	[TRUECHIME_A_REFERENCE] = { 4, 4, true },
	[TRUECHIME_A_EPOCH] = { 4, 4, true },
	[TRUECHIME_A_PHC_INDEX] = { 4, 4, false },
	[TRUECHIME_A_RAW_NS] = { 8, 8, true },
	[TRUECHIME_A_REALTIME_NS] = { 8, 8, true },
	[TRUECHIME_A_HOST_NS] = { 8, 8, false },
	[TRUECHIME_A_TIME_NS] = { 8, 8, true },
	[TRUECHIME_A_RATE_Q32] = { 8, 8, true },
	[TRUECHIME_A_SLEW_NS] = { 8, 8, true },
	[TRUECHIME_A_SIGMA_NS] = { 8, 8, true },
	[TRUECHIME_A_MAXERROR_NS] = { 8, 8, true },
	[TRUECHIME_A_HOST_LINE] = { 7 * 12, 12 * 16, false },
	[TRUECHIME_A_CORRECTION] = { 7 * 12, 12 * 16, false },
	[TRUECHIME_A_HOST_NAME] = { 2, 16, true },
	[TRUECHIME_A_HOST_STATE] = { 4, 4, true },
	[TRUECHIME_A_HOST_EXACT] = { 4, 4, true },
	[TRUECHIME_A_UNCERTAINTY_NS] = { 8, 8, true },
	[TRUECHIME_A_CROSS_TIMESTAMPS] = { 8, 8, true },
	[TRUECHIME_A_CROSS_TIMESTAMPS_FAILED] = { 8, 8, true },
	[TRUECHIME_A_DISRUPTIONS] = { 4, 4, true },
	[TRUECHIME_A_STEPS] = { 4, 4, true },
	[TRUECHIME_A_OFFSET_NS] = { 8, 8, true },
	[TRUECHIME_A_CLOCKSOURCE_EPOCH] = { 4, 4, true },
	[TRUECHIME_A_REFERENCE_NS] = { 8, 8, true },
	[TRUECHIME_A_UNSLEWED_LINE] = { 7 * 12, 12 * 16, false },
	[TRUECHIME_A_REFERENCE_CHANGE] = { 7 * 12, 12 * 16, true },
	[TRUECHIME_A_READING_MAXERROR_NS] = { 8, 8, true },
	[TRUECHIME_A_HOST_MAXERROR_NS] = { 8, 8, false },
	[TRUECHIME_A_INSTANCE] = { 8, 8, true },
	[TRUECHIME_A_SCALE] = { 4, 4, true },
	[TRUECHIME_A_TAI_OFFSET_S] = { 4, 4, false },
	[TRUECHIME_A_NEXT_LEAP_NS] = { 8, 8, false },
	[TRUECHIME_A_FOLLOWED_NS] = { 8, 8, true },
};

static const struct lengths event_lengths[TRUECHIME_EVENT_A_MAX + 1] = {
	[TRUECHIME_EVENT_A_SEQUENCE] = { 4, 4, true },
	[TRUECHIME_EVENT_A_CAUSE] = { 4, 4, true },
	[TRUECHIME_EVENT_A_EVIDENCE] = { 4, 4, true },
	[TRUECHIME_EVENT_A_ACTION] = { 4, 4, true },
	[TRUECHIME_EVENT_A_GAP_NS] = { 8, 8, true },
	[TRUECHIME_EVENT_A_OFFSET_NS] = { 8, 8, true },
	[TRUECHIME_EVENT_A_RESIDUAL_NS] = { 8, 8, true },
	[TRUECHIME_EVENT_A_LATENCY_NS] = { 8, 8, true },
	[TRUECHIME_EVENT_A_RAW_NS] = { 8, 8, true },
	[TRUECHIME_EVENT_A_TIME_NS] = { 8, 8, true },
	[TRUECHIME_EVENT_A_EPOCH] = { 4, 4, true },
	[TRUECHIME_EVENT_A_MAXERROR_BEFORE_NS] = { 8, 8, true },
	[TRUECHIME_EVENT_A_MAXERROR_NS] = { 8, 8, true },
	[TRUECHIME_EVENT_A_INSTANCE] = { 8, 8, true },
	[TRUECHIME_EVENT_A_HOST_NAME] = { 2, 16, true },
	[TRUECHIME_EVENT_A_READING_MAXERROR_NS] = { 8, 8, true },
};

/*
 * Each attribute of the set, whose numbers end with @last, is as long as it should be. Number 1 of
 * each set is the padding.
 */
static bool is_whole(const void *attributes, size_t length, const struct lengths *lengths, int last)
{
	const struct nlattr *attribute;
	size_t size;
	int type;

	for (type = TRUECHIME_A_PAD + 1; type <= last; type++) {
		attribute = genl_find(attributes, length, (uint16_t)type);
		if (!attribute && !lengths[type].always)
			continue;
		if (!attribute)
			return abuse_fail("attribute %d is missing", type);
		size = attribute->nla_len - NLA_HDRLEN;
		if (size < lengths[type].least || size > lengths[type].most)
			return abuse_fail("attribute %d has %zu bytes", type, size);
	}
	return true;
}

bool abuse_status_is_whole(struct abuse *abuse)
{
	struct genl_answer answer;

	genl_ask(&abuse->genl, TRUECHIME_CMD_STATUS, 0, &answer);
	if (answer.error)
		return abuse_fail("no status: %s", strerror(-answer.error));
	if (answer.replies != 1)
		return abuse_fail("%d answers to one question", answer.replies);
	return is_whole(answer.first, answer.first_length, status_lengths, TRUECHIME_A_MAX);
}

/* The clock is set wrong, and the module puts it right, so that there is an event. */
static bool abuse_event_is_whole(struct abuse *abuse)
{
	const struct nlattr *event;
	struct genl_answer answer;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec++;
	clock_settime(CLOCK_REALTIME, &now);
	genl_ask(&abuse->genl, TRUECHIME_CMD_STEP, 0, &answer);
	if (answer.error)
		return abuse_fail("no step: %s", strerror(-answer.error));

	genl_ask(&abuse->genl, TRUECHIME_CMD_EVENT, NLM_F_DUMP, &answer);
	event = genl_find(answer.first, answer.first_length, TRUECHIME_A_EVENT);
	if (answer.error || !event)
		return abuse_fail("no event: %s", strerror(-answer.error));
	return is_whole((const uint8_t *)event + NLA_HDRLEN, event->nla_len - NLA_HDRLEN,
			event_lengths, TRUECHIME_EVENT_A_MAX);
}

static const struct {
	const char *name;
	bool (*run)(struct abuse *abuse);
} tests[] = {
	{ "status_is_whole", abuse_status_is_whole },
	{ "event_is_whole", abuse_event_is_whole },
	{ "refusals_have_error_words_and_blame", abuse_refusals },
	{ "refusals_change_nothing", abuse_refusals_change_nothing },
	{ "broken_framing", abuse_broken_framing },
	{ "reserved_header", abuse_reserved_header },
	{ "many_rules_at_once", abuse_many_rules },
	{ "nobody_looks_only", abuse_as_nobody },
	{ "nobody_with_roots_socket_looks_only", abuse_borrowed_socket },
	{ "root_with_nobodys_socket_looks_only", abuse_lent_socket },
	{ "cap_net_admin_looks_only", abuse_other_capability },
	{ "cap_sys_time_changes", abuse_right_capability },
	{ "root_of_a_user_namespace_looks_only", abuse_user_namespace },
	{ "random_requests", abuse_random },
	{ "unload_under_load", abuse_unload },
};

static int run_tests(struct abuse *abuse)
{
	int failed = 0;
	size_t i;

	printf("TAP version 13\n1..%zu\n", ARRAY_SIZE(tests));
	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		bool good;

		if (tests[i].run == abuse_unload && !abuse->module) {
			printf("ok %zu abuse.%s # SKIP no --module to load again\n", i + 1,
			       tests[i].name);
			continue;
		}
		good = tests[i].run(abuse);
		failed += !good;
		printf("%s %zu abuse.%s\n", good ? "ok" : "not ok", i + 1, tests[i].name);
		fflush(stdout);
	}
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static bool parse_options(struct abuse *abuse, int argc, char **argv)
{
	static const struct option options[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, 'r' },
		{ "module", required_argument, NULL, 'm' },
		{ }
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's':
			abuse->seconds = atoi(optarg);
			break;
		case 'r':
			abuse->seed = strtoull(optarg, NULL, 0);
			break;
		case 'm':
			abuse->module = optarg;
			break;
		default:
			return false;
		}
	}
	return optind == argc;
}

int main(int argc, char **argv)
{
	struct abuse abuse = { .seed = 1, .seconds = 10 };
	int err;

	if (!parse_options(&abuse, argc, argv)) {
		fprintf(stderr, "usage: %s [--seconds N] [--seed N] [--module FILE]\n", argv[0]);
		return EXIT_FAILURE;
	}
	if (geteuid()) {
		printf("1..0 # SKIP only root can show what root may do\n");
		return EXIT_SKIP;
	}
	err = genl_open(&abuse.genl);
	if (err) {
		printf("1..0 # SKIP no truechime module: %s\n", strerror(-err));
		return EXIT_SKIP;
	}
	return run_tests(&abuse);
}
