// SPDX-License-Identifier: GPL-2.0-only
/*
 * ntpleap ADDRESS: arms this machine's kernel to insert a leap second at the next midnight UTC, and
 * serves its system clock by NTP, announcing that second until it has come to pass. Says so on
 * standard output.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <unistd.h>

#include "clocks.h"

#define NTP_PORT	123
#define NTP_LENGTH	48
#define NTP_UNIX_S	2208988800LL

/* Version 4, mode server; and the leap indicator above it. */
#define NTP_SERVER	0x24
#define NTP_INSERT	0x40

static int tai_s(void)
{
	struct timex tx = { .modes = 0 };

	adjtimex(&tx);
	return tx.tai;
}

static void put_time(uint8_t *p, int64_t utc_ns)
{
	uint32_t seconds = htonl((uint32_t)(utc_ns / NS_PER_S + NTP_UNIX_S));
	uint32_t fraction = htonl((uint32_t)((utc_ns % NS_PER_S) * 4.294967296));

	memcpy(p, &seconds, 4);
	memcpy(p + 4, &fraction, 4);
}

static void answer(uint8_t *p, bool announce, int64_t received_ns)
{
	p[0] = NTP_SERVER | (announce ? NTP_INSERT : 0);
	p[1] = 1;
	p[3] = 0xec;
	memset(p + 4, 0, 8);
	memcpy(p + 12, "RIG", 4);
	put_time(p + 16, received_ns);
	memcpy(p + 24, p + 40, 8);
	put_time(p + 32, received_ns);
	put_time(p + 40, clocks_now(CLOCK_REALTIME));
}

int main(int argc, char **argv)
{
	struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons(NTP_PORT) }, from;
	/* A kernel that is not synchronised inserts it as well, but does not show that it will. */
	struct timex arm = { .modes = ADJ_STATUS | ADJ_MAXERROR, .status = STA_INS };
	struct timex off = { .modes = ADJ_STATUS };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), before_s = tai_s();
	bool told = false;

	if (argc != 2 || inet_pton(AF_INET, argv[1], &own.sin_addr) != 1) {
		fprintf(stderr, "usage: ntpleap ADDRESS\n");
		return 2;
	}
	/* The kernel forgets the leap second before within a second of being disarmed. */
	if (adjtimex(&off) < 0 || sleep(2) || adjtimex(&arm) < 0 ||
	    bind(fd, (struct sockaddr *)&own, sizeof(own))) {
		perror("ntpleap");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (;;) {
		socklen_t length = sizeof(from);
		uint8_t p[512];
		ssize_t got = recvfrom(fd, p, sizeof(p), 0, (struct sockaddr *)&from, &length);
		int64_t received_ns = clocks_now(CLOCK_REALTIME);
		bool past = tai_s() != before_s;

		if (past && !told)
			printf("leapt\n");
		told |= past;
		if (got < NTP_LENGTH)
			continue;
		answer(p, !past, received_ns);
		sendto(fd, p, NTP_LENGTH, 0, (struct sockaddr *)&from, length);
	}
}
