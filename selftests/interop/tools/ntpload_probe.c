// SPDX-License-Identifier: GPL-2.0-only
/*
 * ntpload's probes: one request at a time, which the kernel stamps when it leaves and when its
 * answer comes. Server and client have one clock, so each half of the way is known: what the
 * server's receive timestamp is late, and what its transmit timestamp is early, network included.
 */
#include "ntpload.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define SAMPLES_MAX	(1 << 20)

#define LOST_NS		(NS_PER_S / 5)

/* Of each, so many ns; @receive and @transmit are the halves of @trip. */
struct samples {
	int64_t trip[SAMPLES_MAX];
	int64_t receive[SAMPLES_MAX];
	int64_t transmit[SAMPLES_MAX];
	int64_t error[SAMPLES_MAX];
};

struct probe {
	int fd;
	int64_t interval_ns;
	int64_t next_ns;
	int64_t deadline_ns;	/* of the answer; 0: nothing is in flight */
	int64_t departure_ns;	/* the kernel's stamp; 0: not known yet */
	uint64_t cookie;
	size_t count;
	size_t lost;
	size_t unordered;	/* a stamp of the server's from before or after the way */
	struct samples samples;
};

static int open_socket(const struct in_addr *server)
{
	const int flags = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
			  SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY;
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(NTP_PORT),
		.sin_addr = *server,
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

struct probe *probe_open(const struct in_addr *server, double rate)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	if (!probe) {
		fprintf(stderr, "ntpload: no memory\n");
		return NULL;
	}
	probe->interval_ns = (int64_t)((double)NS_PER_S / rate);
	probe->fd = open_socket(server);
	if (probe->fd < 0) {
		fprintf(stderr, "ntpload: no socket with timestamps: %s\n", strerror(-probe->fd));
		free(probe);
		return NULL;
	}
	return probe;
}

int probe_fd(const struct probe *probe)
{
	return probe->fd;
}

/* The kernel's stamp in a message; 0: there is none. */
static int64_t stamp_of(struct msghdr *message)
{
	struct scm_timestamping stamps;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPING)
			continue;
		memcpy(&stamps, CMSG_DATA(c), sizeof(stamps));
		return stamps.ts[0].tv_sec * NS_PER_S + stamps.ts[0].tv_nsec;
	}
	return 0;
}

/* Its length, -errno; @stamp_ns: 0 if the kernel gave none. */
static ssize_t receive(int fd, int flags, uint8_t *bytes, size_t size, int64_t *stamp_ns)
{
	union {
		struct cmsghdr header;
		char bytes[512];
	} control;
	struct iovec data = { bytes, size };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t length = recvmsg(fd, &message, flags);

	if (length < 0)
		return -errno;
	*stamp_ns = stamp_of(&message);
	return length;
}

/* Of all that wait the last one: earlier ones are those of lost probes. */
static void read_departure(struct probe *probe)
{
	uint8_t bytes[NTP_LENGTH];
	int64_t stamp_ns = 0;

	while (receive(probe->fd, MSG_ERRQUEUE, bytes, sizeof(bytes), &stamp_ns) >= 0)
		if (stamp_ns)
			probe->departure_ns = stamp_ns;
}

static void send_probe(struct probe *probe, int64_t now_ns)
{
	uint8_t bytes[NTP_LENGTH];

	probe->next_ns = now_ns + probe->interval_ns;
	if (getrandom(&probe->cookie, sizeof(probe->cookie), 0) != sizeof(probe->cookie))
		return;
	read_departure(probe);
	probe->departure_ns = 0;
	request_write(bytes, probe->cookie);
	if (send(probe->fd, bytes, sizeof(bytes), 0) != sizeof(bytes))
		return;
	probe->deadline_ns = now_ns + LOST_NS;
	read_departure(probe);
}

static void keep_sample(struct probe *probe, const uint8_t *answer, int64_t arrival_ns)
{
	int64_t receive_ns = answer_receive_ns(answer) - probe->departure_ns;
	int64_t transmit_ns = arrival_ns - answer_transmit_ns(answer);
	size_t i = probe->count;

	if (i == SAMPLES_MAX)
		return;
	/* NTP's fractions are rounded down: one nanosecond. */
	if (receive_ns < -1 || transmit_ns < 0)
		probe->unordered++;
	probe->samples.trip[i] = arrival_ns - probe->departure_ns;
	probe->samples.receive[i] = receive_ns;
	probe->samples.transmit[i] = transmit_ns;
	probe->samples.error[i] = llabs(receive_ns - transmit_ns) / 2;
	probe->count++;
}

/* Whether there was a packet. */
static bool take_answer(struct probe *probe)
{
	uint8_t bytes[512];
	int64_t arrival_ns = 0;
	ssize_t length = receive(probe->fd, 0, bytes, sizeof(bytes), &arrival_ns);

	if (length < 0)
		return false;
	if (!probe->deadline_ns || length < NTP_LENGTH || answer_cookie(bytes) != probe->cookie)
		return true;
	probe->deadline_ns = 0;
	if (!probe->departure_ns)
		read_departure(probe);
	if (arrival_ns && probe->departure_ns &&
	    answer_is_valid(bytes, (size_t)length, clock_ns(CLOCK_REALTIME)))
		keep_sample(probe, bytes, arrival_ns);
	else
		probe->lost++;
	return true;
}

void probe_turn(struct probe *probe, int64_t now_ns)
{
	while (probe->deadline_ns && take_answer(probe))
		;
	if (probe->deadline_ns && now_ns >= probe->deadline_ns) {
		probe->deadline_ns = 0;
		probe->lost++;
	}
	if (!probe->deadline_ns && now_ns >= probe->next_ns)
		send_probe(probe, now_ns);
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

int64_t quantile(int64_t *values, size_t count, double q)
{
	if (!count)
		return 0;
	qsort(values, count, sizeof(*values), compare);
	return values[(size_t)((double)(count - 1) * q)];
}

size_t probe_count(const struct probe *probe)
{
	return probe->count;
}

static void print_quantiles(const char *name, int64_t *values, size_t count)
{
	printf(" %s_p50_us=%.1f", name, (double)quantile(values, count, 0.5) / 1e3);
	printf(" %s_p99_us=%.1f", name, (double)quantile(values, count, 0.99) / 1e3);
}

void probe_print(struct probe *probe)
{
	struct samples *samples = &probe->samples;

	printf("probes=%zu probes_lost=%zu unordered=%zu", probe->count, probe->lost,
	       probe->unordered);
	print_quantiles("trip", samples->trip, probe->count);
	print_quantiles("receive", samples->receive, probe->count);
	print_quantiles("transmit", samples->transmit, probe->count);
	print_quantiles("error", samples->error, probe->count);
}
