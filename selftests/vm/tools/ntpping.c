// SPDX-License-Identifier: GPL-2.0-only
/*
 * ntpping ADDRESS N: asks an NTP server N times, five times a second; prints the round trips and
 * the offset of the system clock, by the quickest of them, so that a rig's network is known by
 * something other than the programs under test.
 *
 * ntpping ADDRESS N LIMIT_MS: the same 50 times a second, and what it said: how many of the
 * answers were not synchronised; how many of the others were wrong, further off than that, for how
 * long (from the first wrong one to the next answer that was not), and for how long by the number
 * of such answers in a row, which does not grow while this program waits for a processor; for how
 * long they lied, further off than that and the root distance that they stated together; and in
 * how many the server differed from itself: its stratum, or whether it was synchronised.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "clocks.h"

#define NTP_PORT	123
#define NTP_LENGTH	48
#define NTP_UNIX_S	2208988800LL

/* Leap 0, version 4, mode client. */
#define NTP_CLIENT	0x23

/* From an answer to the next request where answers are judged. */
#define JUDGED_US	20000

static int64_t stamp_ns(const uint8_t *p)
{
	uint32_t seconds, fraction;

	memcpy(&seconds, p, 4);
	memcpy(&fraction, p + 4, 4);
	return (ntohl(seconds) - NTP_UNIX_S) * NS_PER_S + (int64_t)(ntohl(fraction) / 4.294967296);
}

/* Answers in a row of one kind, and the longest time that there were such. */
struct stretch {
	int64_t since_ns;
	int64_t longest_ns;
	int row;
	int longest_row;
};

/* What the answers said. */
static struct {
	int64_t limit_ns;
	int unsynchronised;
	int wrong;
	struct stretch wrongs;
	struct stretch lies;
	int changes;
	int said_before;
} judged;

static void count(struct stretch *stretch, int is_one, int64_t now_ns)
{
	if (stretch->since_ns && now_ns - stretch->since_ns > stretch->longest_ns)
		stretch->longest_ns = now_ns - stretch->since_ns;
	stretch->row = is_one ? stretch->row + 1 : 0;
	if (stretch->row > stretch->longest_row)
		stretch->longest_row = stretch->row;
	if (!is_one)
		stretch->since_ns = 0;
	else if (!stretch->since_ns)
		stretch->since_ns = now_ns;
}

/* Of 16 bits before and 16 behind the point. */
static int64_t short_ns(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, 4);
	return (int64_t)(ntohl(value) / 65536.0 * NS_PER_S);
}

static void judge(const uint8_t *p, int64_t offset_ns, int64_t delay_ns)
{
	int64_t now_ns = clocks_now(CLOCK_MONOTONIC_RAW);
	int64_t distance_ns = short_ns(p + 4) / 2 + short_ns(p + 8);
	int64_t off_ns = llabs(offset_ns) - delay_ns / 2 - judged.limit_ns;
	int said = (p[0] >> 6) << 8 | p[1], wrong = p[0] >> 6 != 3 && off_ns > 0;

	judged.unsynchronised += p[0] >> 6 == 3;
	judged.changes += judged.said_before && judged.said_before != said;
	if (judged.limit_ns && (wrong != !!judged.wrongs.row || judged.said_before != said)) {
		fprintf(stderr, "told at_s=%.3f leap=%d stratum=%d ", now_ns / 1e9, p[0] >> 6,
			p[1]);
		fprintf(stderr, "offset_ms=%.3f delay_ms=%.3f distance_ms=%.3f\n",
			offset_ns / 1e6, delay_ns / 1e6, distance_ns / 1e6);
	}
	judged.said_before = said;
	judged.wrong += wrong;
	count(&judged.wrongs, wrong, now_ns);
	count(&judged.lies, wrong && off_ns > distance_ns, now_ns);
}

/* One exchange. 0 and *offset_ns, *delay_ns; -1: no answer within a second. */
static int ask(int fd, int64_t *offset_ns, int64_t *delay_ns)
{
	uint8_t p[NTP_LENGTH] = { NTP_CLIENT };
	int64_t t1 = clocks_now(CLOCK_REALTIME), t2, t3, t4;

	/* Its own time tells a late answer to an earlier request from the one to this. */
	memcpy(p + 40, &t1, sizeof(t1));
	if (send(fd, p, sizeof(p), 0) != sizeof(p))
		return -1;
	do {
		if (recv(fd, p, sizeof(p), 0) != sizeof(p))
			return -1;
	} while (memcmp(p + 24, &t1, sizeof(t1)));
	t4 = clocks_now(CLOCK_REALTIME);
	t2 = stamp_ns(p + 32);
	t3 = stamp_ns(p + 40);
	*offset_ns = ((t2 - t1) + (t3 - t4)) / 2;
	*delay_ns = (t4 - t1) - (t3 - t2);
	judge(p, *offset_ns, *delay_ns);
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(NTP_PORT) };
	struct timeval wait = { 1, 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), n = argc >= 3 ? atoi(argv[2]) : 0, answers = 0;
	int64_t least = INT64_MAX, most = 0, sum = 0, best_ns = 0, offset_ns, delay_ns;

	if (argc == 4)
		judged.limit_ns = atoll(argv[3]) * 1000000;
	if (n <= 0 || argc > 4 || inet_pton(AF_INET, argv[1], &a.sin_addr) != 1) {
		fprintf(stderr, "usage: ntpping ADDRESS N [LIMIT_MS]\n");
		return 2;
	}
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)))
		perror("ntpping");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	for (int i = 0; i < n; i++) {
		if (ask(fd, &offset_ns, &delay_ns) == 0) {
			answers++;
			sum += delay_ns;
			if (delay_ns < least) {
				least = delay_ns;
				best_ns = offset_ns;
			}
			most = delay_ns > most ? delay_ns : most;
		}
		usleep(judged.limit_ns ? JUDGED_US : 200000);
	}
	if (!answers) {
		printf("answers=0\n");
		return 1;
	}
	printf("answers=%d delay_min_us=%.0f delay_mean_us=%.0f delay_max_us=%.0f offset_us=%.0f\n",
	       answers, least / 1e3, sum / 1e3 / answers, most / 1e3, best_ns / 1e3);
	if (judged.limit_ns) {
		printf("unsynchronised=%d wrong=%d wrong_ms=%.3f ", judged.unsynchronised,
		       judged.wrong, judged.wrongs.longest_ns / 1e6);
		printf("wrong_asked_ms=%.3f lied_ms=%.3f changes=%d\n",
		       judged.wrongs.longest_row * JUDGED_US / 1e3, judged.lies.longest_ns / 1e6,
		       judged.changes);
	}
	return 0;
}
