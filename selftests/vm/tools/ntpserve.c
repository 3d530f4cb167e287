// SPDX-License-Identifier: GPL-2.0-only
/*
 * ntpserve [-b BASE_NS] [-r PPM] [-o OFFSET_S] [-d DELAY_MS] ADDRESS...: NTP servers on this
 * machine's addresses, all of one time: this machine's clock, which was right at BASE_NS and which
 * UTC leaves at PPM from then on (clocks_utc_ns()), plus OFFSET_S, which makes liars of them.
 * DELAY_MS is added to the round trip of each answer, half of it on either way. Standard output has
 * a line an answer, "HOST_S SERVER CLIENT", by this machine's clock.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clocks.h"

#define NTP_PORT	123
#define NTP_LENGTH	48
#define NTP_UNIX_S	2208988800LL

/* Version 4, mode server. */
#define NTP_SERVER	0x24

#define SERVERS_MAX	16

static struct clocks_utc utc;
static int64_t offset_ns;
static useconds_t one_way_us;

static int64_t served_ns(int64_t host_ns)
{
	return clocks_utc_ns(&utc, host_ns) + offset_ns;
}

static void put_time(uint8_t *p, int64_t utc_ns)
{
	uint32_t seconds = htonl((uint32_t)(utc_ns / NS_PER_S + NTP_UNIX_S));
	uint32_t fraction = htonl((uint32_t)((utc_ns % NS_PER_S) * 4.294967296));

	memcpy(p, &seconds, 4);
	memcpy(p + 4, &fraction, 4);
}

/* Stratum 1, a precision of 1 us, and a reference of its own for each address. */
static void write_answer(uint8_t *p, const struct in_addr *own, int64_t received_ns)
{
	p[0] = NTP_SERVER;
	p[1] = 1;
	p[3] = 0xec;
	memset(p + 4, 0, 8);
	memcpy(p + 12, own, 4);
	memcpy(p + 24, p + 40, 8);
	put_time(p + 16, served_ns(received_ns));
	put_time(p + 32, served_ns(received_ns));
	put_time(p + 40, served_ns(clocks_now(CLOCK_REALTIME)));
}

/* When the kernel received it: this program may have been asleep. */
static int64_t stamp_ns(struct msghdr *message)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(message);
	struct timespec t;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
		return clocks_now(CLOCK_REALTIME);
	memcpy(&t, CMSG_DATA(c), sizeof(t));
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static void serve(int fd, const struct in_addr *own)
{
	struct sockaddr_in from;
	uint8_t p[512], control[128];
	struct iovec data = { p, sizeof(p) };
	struct msghdr message = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &data, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	char server[INET_ADDRSTRLEN], client[INET_ADDRSTRLEN];
	int64_t received_ns;

	if (recvmsg(fd, &message, 0) < NTP_LENGTH)
		return;
	received_ns = stamp_ns(&message);
	if (one_way_us) {
		usleep(one_way_us);
		received_ns = clocks_now(CLOCK_REALTIME);
	}
	write_answer(p, own, received_ns);
	usleep(one_way_us);
	sendto(fd, p, NTP_LENGTH, 0, (struct sockaddr *)&from, sizeof(from));
	printf("%.6f %s %s\n", received_ns / 1e9, inet_ntop(AF_INET, own, server, sizeof(server)),
	       inet_ntop(AF_INET, &from.sin_addr, client, sizeof(client)));
}

static int open_server(const char *address, struct in_addr *own)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(NTP_PORT) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1;

	if (inet_pton(AF_INET, address, &a.sin_addr) != 1)
		return -EINVAL;
	*own = a.sin_addr;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)))
		return -errno;
	return fd;
}

static int print_usage(void)
{
	fprintf(stderr,
		"usage: ntpserve [-b BASE_NS] [-r PPM] [-o OFFSET_S] [-d DELAY_MS] ADDRESS...\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct pollfd servers[SERVERS_MAX];
	struct in_addr own[SERVERS_MAX];
	int option, count = 0;

	while ((option = getopt(argc, argv, "b:r:o:d:")) != -1) {
		if (option == 'b')
			utc.base_ns = atoll(optarg);
		else if (option == 'r')
			utc.ppm = atof(optarg);
		else if (option == 'o')
			offset_ns = (int64_t)(atof(optarg) * 1e9);
		else if (option == 'd')
			one_way_us = (useconds_t)(atof(optarg) * 1e3 / 2);
		else
			return print_usage();
	}
	if (optind == argc || argc - optind > SERVERS_MAX)
		return print_usage();
	for (; optind < argc; optind++, count++) {
		int fd = open_server(argv[optind], &own[count]);

		if (fd < 0) {
			fprintf(stderr, "ntpserve: %s: %s\n", argv[optind], strerror(-fd));
			return 1;
		}
		servers[count] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (;;) {
		poll(servers, count, -1);
		for (int i = 0; i < count; i++)
			if (servers[i].revents)
				serve(servers[i].fd, &own[i]);
	}
}
