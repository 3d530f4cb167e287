// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random requests: mostly of the right form with any values, some of any form, some broken after
 * they were built. The kernel has to end each of them, to say why it refuses one, and to go on.
 * While it does, somebody listens to the events and never reads them.
 */
#include "abuse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH	200

static uint64_t state;

/* splitmix64 */
static uint64_t draw(void)
{
	uint64_t bits = state += 0x9e3779b97f4a7c15;

	bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
	bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
	return bits ^ bits >> 31;
}

static unsigned int below(unsigned int bound)
{
	return (unsigned int)(draw() % bound);
}

/* Small numbers, ends of ranges, and anything. */
static uint64_t draw_value(void)
{
	static const uint64_t edges[] = {
		0, 1, 2, 3, (uint64_t)-1, (uint64_t)-2, INT64_MAX, (uint64_t)INT64_MIN,
		(uint64_t)1 << 31, ((uint64_t)1 << 31) + 1, UINT32_MAX, 1000000000,
	};

	switch (below(3)) {
	case 0:
		return edges[below(ARRAY_SIZE(edges))];
	case 1:
		return below(16);
	default:
		return draw() >> below(64);
	}
}

static void put_bytes(struct genl_message *message, uint16_t type, unsigned int length)
{
	uint8_t bytes[64];
	unsigned int i;

	for (i = 0; i < length; i++)
		bytes[i] = (uint8_t)draw();
	genl_put(message, type, bytes, length);
}

static void put_scalar(struct genl_message *message, uint16_t type)
{
	static const uint8_t lengths[] = { 0, 1, 2, 4, 8 };
	uint64_t value = draw_value();

	genl_put(message, type, &value, lengths[below(sizeof(lengths))]);
}

/* A nest with a member of each type, of 64 bits or of 32, as they are in lines, rules and jumps. */
static void put_likely_nest(struct genl_message *message, uint16_t type)
{
	size_t nest = genl_nest_begin(message, type);
	int member, last = TRUECHIME_LINE_A_MAX;

	if (type == TRUECHIME_A_POLICY)
		last = TRUECHIME_POLICY_A_MAX;
	if (type == TRUECHIME_A_SOURCES_JUMP)
		last = TRUECHIME_JUMP_A_MAX;
	for (member = 2; member <= last; member++) {
		if (!below(16))
			continue;
		if (type == TRUECHIME_A_POLICY && member <= TRUECHIME_POLICY_A_RULE)
			genl_put_u32(message, (uint16_t)member, below(5));
		else
			genl_put_s64(message, (uint16_t)member, (int64_t)draw_value());
	}
	genl_nest_end(message, nest);
}

static void put_random_nest(struct genl_message *message, uint16_t type, int depth)
{
	size_t nest = genl_nest_begin(message, type);
	unsigned int members = below(6);

	while (members--) {
		if (depth < 4 && !below(4))
			put_random_nest(message, (uint16_t)below(32), depth + 1);
		else
			put_scalar(message, (uint16_t)below(16));
	}
	genl_nest_end(message, nest);
}

static void put_likely(struct genl_message *message, uint16_t type)
{
	static const char *const names[] = { "auto", "none", "kvm", "vmclock", "", "x" };

	switch (type) {
	case TRUECHIME_A_CORRECTION:
	case TRUECHIME_A_POLICY:
	case TRUECHIME_A_SOURCES_JUMP:
		put_likely_nest(message, type);
		break;
	case TRUECHIME_A_EPOCH:
		genl_put_u32(message, type, (uint32_t)below(8));
		break;
	case TRUECHIME_A_HOST_NAME:
		genl_put_string(message, type, names[below(ARRAY_SIZE(names))]);
		break;
	case TRUECHIME_A_JUMP:
		genl_put(message, type, NULL, 0);
		break;
	case TRUECHIME_A_ADJUST_NS:
		genl_put_s64(message, type, (int64_t)draw_value());
		break;
	default:
		genl_put_u32(message, type, below(8));
	}
}

static void put_any(struct genl_message *message)
{
	uint16_t type = (uint16_t)below(TRUECHIME_A_MAX + 3);

	switch (below(4)) {
	case 0:
		put_scalar(message, type);
		break;
	case 1:
		put_bytes(message, type, below(64));
		break;
	case 2:
		put_random_nest(message, type, 0);
		break;
	default:
		put_likely(message, type);
	}
}

/* What a command takes. */
static void put_fitting(struct genl_message *message, uint8_t command)
{
	switch (command) {
	case TRUECHIME_CMD_CORRECTION:
		put_likely(message, TRUECHIME_A_CORRECTION);
		put_likely(message, TRUECHIME_A_EPOCH);
		if (below(2))
			put_likely(message, TRUECHIME_A_REFERENCE);
		if (below(2))
			put_likely(message, TRUECHIME_A_JUMP);
		break;
	case TRUECHIME_CMD_STEP:
		if (below(4))
			put_likely(message, TRUECHIME_A_OCCASION);
		break;
	case TRUECHIME_CMD_ADJUST:
		put_likely(message, TRUECHIME_A_ADJUST_NS);
		break;
	case TRUECHIME_CMD_DISRUPTED:
		put_likely(message, TRUECHIME_A_EPOCH);
		put_likely(message, TRUECHIME_A_SOURCES_JUMP);
		break;
	case TRUECHIME_CMD_POLICY_SET:
		put_likely(message, TRUECHIME_A_POLICY);
		put_likely(message, TRUECHIME_A_POLICY);
		break;
	case TRUECHIME_CMD_MODE:
		put_likely(message, TRUECHIME_A_MODE);
		break;
	case TRUECHIME_CMD_HOST_SET:
		put_likely(message, below(2) ? TRUECHIME_A_HOST_NAME : TRUECHIME_A_HOST_STATE);
		break;
	}
}

/* Some bytes behind the headers are changed; the headers stay, so that an answer has to come. */
static void break_some(struct genl_message *message)
{
	const size_t headers = NLMSG_HDRLEN + GENL_HDRLEN;
	unsigned int breaks = 1 + below(4);

	while (breaks-- && message->length > headers)
		message->data[headers + below((unsigned int)(message->length - headers))] =
			(uint8_t)draw();
}

static void build(struct genl_message *message, const struct genl *genl)
{
	uint8_t command = (uint8_t)(below(16) ? 1 + below(TRUECHIME_CMD_MAX) : below(256));
	bool dumped = command == TRUECHIME_CMD_EVENT || command == TRUECHIME_CMD_HOST_LIST;
	unsigned int more = below(4) ? 0 : below(6);

	genl_begin(message, genl, command, dumped ^ !below(16) ? NLM_F_DUMP : 0);
	if (below(8))
		put_fitting(message, command);
	while (more--)
		put_any(message);
	if (!below(8))
		break_some(message);
}

static bool one_request(struct genl *genl)
{
	struct genl_message message;
	struct genl_answer answer;

	build(&message, genl);
	genl_talk(genl, &message, &answer);
	if (answer.error > 0 || answer.error < -4095)
		return abuse_fail("%d is no error number", answer.error);
	if (answer.error == -ETIMEDOUT)
		return abuse_fail("a request has no end");
	if (answer.error && answer.error != -EOPNOTSUPP && !answer.text[0])
		return abuse_fail("command %u: refused (%s) without a word",
				  ((struct genlmsghdr *)(message.data + NLMSG_HDRLEN))->cmd,
				  strerror(-answer.error));
	return true;
}

/* Reads nothing, so that it overflows: its own loss, and nobody else's. */
static int listen_without_reading(struct genl *listener)
{
	const int small = 2048;
	int err = genl_open(listener);

	if (err)
		return err;
	if (setsockopt(listener->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) ||
	    setsockopt(listener->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &listener->group,
		       sizeof(listener->group)))
		return -errno;
	return 0;
}

/* Back to what a module does that was just loaded; the policy was saved by the caller. */
static bool settle(struct genl *genl, const struct genl_answer *policy)
{
	struct genl_message message;
	struct genl_answer answer;

	genl_begin(&message, genl, TRUECHIME_CMD_MODE, 0);
	genl_put_u32(&message, TRUECHIME_A_MODE, TRUECHIME_MODE_AUTO);
	genl_talk(genl, &message, &answer);
	if (answer.error)
		return abuse_fail("mode auto: %s", answer.text);

	genl_begin(&message, genl, TRUECHIME_CMD_POLICY_SET, 0);
	memcpy(message.data + message.length, policy->first, policy->first_length);
	message.length += policy->first_length;
	((struct nlmsghdr *)message.data)->nlmsg_len = (uint32_t)message.length;
	genl_talk(genl, &message, &answer);
	if (answer.error)
		return abuse_fail("policy: %s", answer.text);

	/* There may be no host to choose. */
	genl_begin(&message, genl, TRUECHIME_CMD_HOST_SET, 0);
	genl_put_string(&message, TRUECHIME_A_HOST_NAME, "auto");
	genl_talk(genl, &message, &answer);
	genl_begin(&message, genl, TRUECHIME_CMD_HOST_SET, 0);
	genl_put_u32(&message, TRUECHIME_A_HOST_STATE, TRUECHIME_HOST_CHOSEN);
	genl_talk(genl, &message, &answer);

	genl_ask(genl, TRUECHIME_CMD_RESET, 0, &answer);
	return !answer.error || abuse_fail("reset: %s", answer.text);
}

/* The clock that a random step cannot move. */
static time_t seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

bool abuse_random(struct abuse *abuse)
{
	const time_t until = seconds_now() + abuse->seconds;
	struct genl_answer policy;
	unsigned long requests = 0;
	struct genl listener;
	bool good = true;
	int i, err;

	state = abuse->seed;
	genl_ask(&abuse->genl, TRUECHIME_CMD_POLICY_GET, 0, &policy);
	if (policy.error)
		return abuse_fail("no policy: %s", strerror(-policy.error));
	err = listen_without_reading(&listener);
	if (err)
		return abuse_fail("nobody can listen: %s", strerror(-err));

	do {
		for (i = 0; i < BATCH && good; i++, requests++)
			good = one_request(&abuse->genl);
		good = good && abuse_status_is_whole(abuse);
	} while (good && seconds_now() < until);

	genl_close(&listener);
	printf("# %lu requests, seed %llu\n", requests, (unsigned long long)abuse->seed);
	return settle(&abuse->genl, &policy) && good;
}
