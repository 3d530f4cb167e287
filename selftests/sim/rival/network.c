// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded with preload.c: UDP sockets that a daemon connects to port 123 of 192.0.2.1 to
 * 192.0.2.9 reach simulated servers. Sockets have no timestamps, so both ends of an exchange are
 * the daemon's own readings of its clock, which here take nothing. The k-th exchange with a server
 * has the same delays whoever asks.
 *
 * RIVAL_SHAPE, RIVAL_JITTER_NS, RIVAL_SKEW, RIVAL_UP_NS, RIVAL_DOWN_NS and RIVAL_LOSS are those of
 * all paths (path.h). RIVAL_DRIFT is the rate of the last server, and RIVAL_LIE_NS by how much it
 * is ahead. RIVAL_ROUTE_NS is by how much the way there is longer for an hour, and RIVAL_QUEUE_NS
 * how much longer one takes in the mean, in the queue of a line that is full, for 1000 s twice. For
 * RIVAL_SILENT_S from the 5000th second on no server answers.
 */
#include "selftests/sim/rival/network.h"

#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "selftests/sim/path.h"
#include "selftests/sim/rival/tracking.h"
#include "user/ntp/packet.h"

#define SERVERS		9
#define SOCKETS		256
#define PACKETS		8
#define NETWORK		0xc0000200	/* 192.0.2.0 */

/* From a server's receive to its transmit timestamp. */
#define SERVER_NS	10000

/* When the route is longer, and when the line is full, in s. */
static const double route_s[] = { 1800, 5400 };
static const double full_s[] = { 1000, 2000, 5000, 6000 };

/* When servers fall silent, in s. */
#define SILENT_FROM_S	5000

struct packet {
	double arrives_ns;	/* 0: there is none */
	uint8_t bytes[NTP_HEADER_SIZE];
};

struct end {
	int server;		/* from 1 on; 0: not connected to any */
	struct packet packet[PACKETS];
};

static struct {
	struct path path[SERVERS];
	struct random queue;
	double route_ns;
	double queue_ns;
	double drift;
	double lie_ns;
	double silent_s[2];	/* from, to */
	int last;
	unsigned int requests;
	struct end end[SOCKETS];
} network;

static bool is_between(const double *from_to)
{
	double now_s = rival_true_ns() / NS_PER_S;

	return now_s >= from_to[0] && now_s < from_to[1];
}

void network_start(uint64_t seed)
{
	const char *shape = getenv("RIVAL_SHAPE");
	struct path_options options = {
		.jitter_ns = rival_parameter("RIVAL_JITTER_NS", 0),
		.up_ns = rival_parameter("RIVAL_UP_NS", 1e6),
		.down_ns = rival_parameter("RIVAL_DOWN_NS", 1e6),
		.skew = rival_parameter("RIVAL_SKEW", 0),
		.loss = rival_parameter("RIVAL_LOSS", 0),
	};
	int i;

	if (shape && !path_shape_find(shape, &options.shape))
		abort();
	for (i = 0; i < SERVERS; i++)
		path_start(&network.path[i], &options, seed, 16 + (uint64_t)i);
	random_seed(&network.queue, seed, 15);
	network.route_ns = rival_parameter("RIVAL_ROUTE_NS", 0);
	network.queue_ns = rival_parameter("RIVAL_QUEUE_NS", 0);
	network.drift = rival_parameter("RIVAL_DRIFT", 0);
	network.lie_ns = rival_parameter("RIVAL_LIE_NS", 0);
	network.silent_s[0] = SILENT_FROM_S;
	network.silent_s[1] = SILENT_FROM_S + rival_parameter("RIVAL_SILENT_S", 0);
	network.last = (int)rival_parameter("RIVAL_SERVERS", 1);
}

unsigned int network_requests(void)
{
	return network.requests;
}

/* --- a server --- */

static uint64_t time_of(int server, double true_ns)
{
	double ns = true_ns;

	if (server == network.last)
		ns += true_ns * network.drift + network.lie_ns;
	return ntp_timestamp_from_ns(START_S * NS_PER_S + (int64_t)floor(ns));
}

/* Stratum 1, right to 15 us, to a request of version 3 or 4. */
static void answer(int server, const uint8_t *request, double arrived_ns, uint8_t *bytes)
{
	struct ntp_packet asked, packet;

	if (ntp_packet_decode(request, NTP_HEADER_SIZE, &asked))
		abort();
	packet = (struct ntp_packet){
		.version = asked.version,
		.mode = NTP_MODE_SERVER,
		.stratum = 1,
		.poll = asked.poll,
		.precision = -25,
		.root_dispersion_ns = 15000,
		.refid = NTP_REFID('S', 'I', 'M', 0),
		.reference = time_of(server, fmax(arrived_ns - 1e9, 0)),
		.origin = asked.transmit,
		.receive = time_of(server, arrived_ns),
		.transmit = time_of(server, arrived_ns + SERVER_NS),
	};
	ntp_packet_encode(&packet, bytes);
}

/* Both queues are asked at each exchange, so that a lost one changes nothing for the next. */
static bool take_delays(int server, double *up_ns, double *down_ns)
{
	bool comes = path_exchange(&network.path[server - 1], up_ns, down_ns);
	double full_ns = network.queue_ns * random_exponential(&network.queue);

	if (is_between(route_s))
		*up_ns += network.route_ns;
	if (is_between(full_s) || is_between(full_s + 2))
		*up_ns += full_ns;
	return comes && !is_between(network.silent_s);
}

static void ask(struct end *end, const uint8_t *request)
{
	double up_ns, down_ns, arrived_ns;
	int i;

	network.requests++;
	if (!take_delays(end->server, &up_ns, &down_ns))
		return;
	arrived_ns = rival_true_ns() + up_ns;
	for (i = 0; i < PACKETS; i++) {
		struct packet *packet = &end->packet[i];

		if (packet->arrives_ns)
			continue;
		answer(end->server, request, arrived_ns, packet->bytes);
		packet->arrives_ns = arrived_ns + SERVER_NS + down_ns;
		return;
	}
}

/* --- sockets --- */

static struct end *end_of(int fd)
{
	if (fd < 0 || fd >= SOCKETS || !network.end[fd].server)
		return NULL;
	return &network.end[fd];
}

static struct packet *first_packet(struct end *end)
{
	struct packet *first = NULL;
	int i;

	for (i = 0; end && i < PACKETS; i++) {
		struct packet *packet = &end->packet[i];

		if (packet->arrives_ns && (!first || packet->arrives_ns < first->arrives_ns))
			first = packet;
	}
	return first;
}

double network_arrival_ns(int fd)
{
	struct packet *packet = first_packet(end_of(fd));

	return packet ? packet->arrives_ns : tracking_arrival_ns(fd);
}

int connect(int fd, const struct sockaddr *address, socklen_t length)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)address;
	uint32_t server;

	if (address->sa_family != AF_INET || in->sin_port != htons(NTP_PORT) || fd >= SOCKETS)
		return (int)syscall(SYS_connect, fd, address, length);
	server = ntohl(in->sin_addr.s_addr) - NETWORK;
	if (!server || server > SERVERS) {
		errno = ENETUNREACH;
		return -1;
	}
	network.end[fd] = (struct end){ .server = (int)server };
	return 0;
}

int close(int fd)
{
	if (end_of(fd))
		network.end[fd].server = 0;
	return (int)syscall(SYS_close, fd);
}

/* Timestamps by the kernel would be of this machine's time. */
int setsockopt(int fd, int level, int option, const void *value, socklen_t length)
{
	if (level == SOL_SOCKET && (option == SO_TIMESTAMPING || option == SO_TIMESTAMPNS ||
				    option == SO_TIMESTAMP)) {
		errno = ENOPROTOOPT;
		return -1;
	}
	return (int)syscall(SYS_setsockopt, fd, level, option, value, length);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct end *end = end_of(fd);
	ssize_t length;

	if (tracking_send(fd, message, &length))
		return length;
	if (!end)
		return syscall(SYS_sendmsg, fd, message, flags);
	if (message->msg_iovlen != 1 || message->msg_iov->iov_len < NTP_HEADER_SIZE) {
		errno = EINVAL;
		return -1;
	}
	ask(end, message->msg_iov->iov_base);
	return (ssize_t)message->msg_iov->iov_len;
}

static ssize_t receive(struct end *end, struct msghdr *message, int flags)
{
	struct sockaddr_in from = {
		.sin_family = AF_INET,
		.sin_port = htons(NTP_PORT),
		.sin_addr.s_addr = htonl(NETWORK + (uint32_t)end->server),
	};
	struct packet *packet = first_packet(end);

	if (flags & MSG_ERRQUEUE || !packet || packet->arrives_ns > rival_true_ns() ||
	    message->msg_iov->iov_len < NTP_HEADER_SIZE) {
		errno = EAGAIN;
		return -1;
	}
	memcpy(message->msg_iov->iov_base, packet->bytes, NTP_HEADER_SIZE);
	packet->arrives_ns = 0;
	if (message->msg_name && message->msg_namelen >= sizeof(from)) {
		memcpy(message->msg_name, &from, sizeof(from));
		message->msg_namelen = sizeof(from);
	}
	message->msg_controllen = 0;
	message->msg_flags = 0;
	return NTP_HEADER_SIZE;
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	struct end *end = end_of(fd);
	ssize_t length;

	if (tracking_receive(fd, message, &length))
		return length;
	if (!end)
		return syscall(SYS_recvmsg, fd, message, flags);
	return receive(end, message, flags);
}

int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags,
	     struct timespec *timeout)
{
	struct end *end = end_of(fd);
	ssize_t length;

	if (!tracking_receive(fd, &messages[0].msg_hdr, &length)) {
		if (!end)
			return (int)syscall(SYS_recvmmsg, fd, messages, count, flags, timeout);
		length = receive(end, &messages[0].msg_hdr, flags);
	}
	if (length < 0)
		return -1;
	messages[0].msg_len = (unsigned int)length;
	return 1;
}
