// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile -i INTERFACE -m MAC -v VICTIM -u FILE -n PACKETS [-c PORT] [-s SEED] [-p COUNT]
 * SERVER...: packets that a server, its clients and its operators should take nothing from.
 * INTERFACE is the other end of the victim's wire, so all that passes there is seen: it is sent
 * again, as it was and changed; requests and commands are made up, from many addresses; answers are
 * forged. Whoever sees a request that is not authenticated may answer it, so answers of the first
 * COUNT servers are forged by somebody off the path, who does not know what was asked; those of the
 * others, which are authenticated, by somebody on it, who does.
 *
 * FILE is the victim's /proc/net/snmp: no more packets are sent than the victim reads, and it ends
 * when PACKETS were read. Prints one line of KEY=VALUE.
 */
#include <assert.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define NTP_PORT	123
#define COMMAND_PORT	323
#define NTP_LENGTH	48
#define NTP_UNIX_S	2208988800LL
#define DAY_S		86400
#define HEADERS		(sizeof(struct ether_header) + sizeof(struct iphdr) + sizeof(struct udphdr))

/* Of UDP in one frame. */
#define PAYLOAD_MAX	1472

/* The victim's sockets have room for so many that are not read yet, of any length. */
#define BATCH		32
#define AHEAD_MAX	64

/* Meanwhile the victim has the processor. */
#define PAUSE_NS	50000

/* The victim reads nothing for so long: it is gone. */
#define SILENCE_S	10

/* What was seen, the latest ones; a power of two. */
#define SEEN_MAX	256
#define SERVERS_MAX	8

struct datagram {
	uint32_t from;		/* network byte order, as all of these */
	uint16_t from_port;
	uint16_t port;		/* the victim's */
	size_t length;
	uint8_t bytes[PAYLOAD_MAX];
};

/**
 * struct world - the attack
 * @random: state
 * @to: frames go there
 * @fd: of packets
 * @snmp_fd: what the victim counts
 * @victim: its address
 * @client_port: where it awaits answers; 0: it is not known
 * @servers: that the victim asks
 * @server_count: of these
 * @plain_count: of these, not authenticated; the first ones
 * @asked: the latest request to each, that is at least a header
 * @requests: to the victim, as seen
 * @request_count: so far
 * @answers: to the victim
 * @answer_count: so far
 * @sent: by kind
 */
struct world {
	uint64_t random;
	struct sockaddr_ll to;
	int fd;
	int snmp_fd;
	uint32_t victim;
	uint16_t client_port;
	uint32_t servers[SERVERS_MAX];
	size_t server_count;
	size_t plain_count;
	struct datagram asked[SERVERS_MAX];
	struct datagram requests[SEEN_MAX];
	size_t request_count;
	struct datagram answers[SEEN_MAX];
	size_t answer_count;
	unsigned long long sent[16];
};

static struct world world;

static struct {
	const char *interface;
	unsigned long long packets;
} options;

/* xorshift64* */
static uint64_t draw(void)
{
	uint64_t x = world.random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	world.random = x;
	return x * 0x2545f4914f6cdd1dULL;
}

/* 0 to @count - 1 */
static size_t pick(size_t count)
{
	return (size_t)(draw() >> 33) % count;
}

static void fill(uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(draw() >> 40);
}

static void put16(uint8_t *bytes, size_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

/* --- what is wrong --- */

/* Some bits, and the length perhaps. */
static void damage(struct datagram *d)
{
	size_t flips = 1 + pick(8);

	while (d->length && flips--)
		d->bytes[pick(d->length)] ^= (uint8_t)(1U << pick(8));
	if (!pick(4))
		d->length = pick(d->length + 1);
	if (!pick(8) && d->length < PAYLOAD_MAX) {
		size_t more = pick(PAYLOAD_MAX - d->length);

		fill(d->bytes + d->length, more);
		d->length += more;
	}
}

/* A header of version 3 or 4, now and then of any. */
static void write_header(struct datagram *d, uint8_t mode)
{
	uint8_t version = pick(8) ? (uint8_t)(3 + pick(2)) : (uint8_t)pick(8);

	fill(d->bytes, NTP_LENGTH);
	d->bytes[0] = (uint8_t)(pick(4) << 6 | (size_t)version << 3 | mode);
	d->length = NTP_LENGTH;
}

/* Extension fields, most of types that mean something, and with lengths that are right. */
static void add_fields(struct datagram *d)
{
	static const uint16_t types[] = {
		0x0104, 0x0204, 0x0304, 0x0404, 0xf323, 0xf324, 0x2005,
	};
	size_t count = 1 + pick(6);

	while (count--) {
		size_t length = 4 + 4 * pick(40), states = length;

		if (d->length + length > PAYLOAD_MAX)
			return;
		if (!pick(6))
			states = pick(65536);
		fill(d->bytes + d->length, length);
		put16(d->bytes + d->length, pick(4) ? types[pick(ARRAY_SIZE(types))] : pick(65536));
		put16(d->bytes + d->length + 2, states);
		/* The lengths of a nonce and what is sealed. */
		if (length >= 8 && pick(2)) {
			put16(d->bytes + d->length + 4, pick(2) ? 16 : pick(65536));
			put16(d->bytes + d->length + 6, pick(2) ? length - 24 : pick(65536));
		}
		d->length += length;
	}
}

/* A key that exists, and a MAC of some length that is not right. */
static void add_mac(struct datagram *d)
{
	static const size_t lengths[] = { 0, 16, 20, 32, 48, 64 };
	size_t length = 4 + lengths[pick(ARRAY_SIZE(lengths))];

	if (d->length + length > PAYLOAD_MAX)
		return;
	fill(d->bytes + d->length, length);
	memcpy(d->bytes + d->length, "\0\0\0\1", 4);
	d->length += length;
}

/* --- to the server --- */

static void anything(struct datagram *d)
{
	d->length = pick(PAYLOAD_MAX + 1);
	fill(d->bytes, d->length);
}

static void any_request(struct datagram *d)
{
	write_header(d, pick(8) ? 3 : (uint8_t)pick(8));
	if (!pick(3))
		add_fields(d);
	if (!pick(3))
		add_mac(d);
}

/* As it was, or changed; the sender is the same, or another one. */
static void seen_again(struct datagram *d, const struct datagram *seen, size_t count)
{
	const struct datagram *old = &seen[pick(count < SEEN_MAX ? count : SEEN_MAX)];

	memcpy(d->bytes, old->bytes, old->length);
	d->length = old->length;
	d->from = old->from;
	d->from_port = old->from_port;
}

static void replayed_request(struct datagram *d)
{
	uint32_t from = d->from;

	if (!world.request_count) {
		any_request(d);
		return;
	}
	seen_again(d, world.requests, world.request_count);
	if (pick(2))
		d->from = from;
}

static void damaged_request(struct datagram *d)
{
	replayed_request(d);
	damage(d);
}

/* --- to the client --- */

/* A good server's answer but for its time, which is wrong by up to a day, and what was asked. */
static void write_lie(struct datagram *d)
{
	long long wrong_s = (long long)pick(2UL * DAY_S) - DAY_S;
	struct timespec now;
	uint32_t s;

	clock_gettime(CLOCK_REALTIME, &now);
	write_header(d, 4);
	d->bytes[0] = 0x24;
	d->bytes[1] = (uint8_t)(1 + pick(3));
	d->bytes[2] = 0;
	d->bytes[3] = 0xec;
	memset(d->bytes + 4, 0, 8);
	s = htonl((uint32_t)(now.tv_sec + NTP_UNIX_S + wrong_s));
	for (size_t at = 16; at <= 40; at += 8)
		if (at != 24)
			memcpy(d->bytes + at, &s, 4);
	/* It took no time, and its clock was right a while ago. */
	s = htonl((uint32_t)(now.tv_sec + NTP_UNIX_S + wrong_s - 60));
	memcpy(d->bytes + 16, &s, 4);
	memcpy(d->bytes + 40, d->bytes + 32, 8);
}

/* From a server that it asks; @known: that request, where whoever sees it may not answer. */
static void forged_answer(struct datagram *d, bool known)
{
	size_t first = known ? world.plain_count : 0;
	size_t server = first + pick(world.server_count - first);

	if (pick(2))
		write_lie(d);
	else
		write_header(d, 4);
	d->from = world.servers[server];
	d->from_port = htons(NTP_PORT);
	d->port = world.client_port;
	if (known && world.asked[server].length) {
		memcpy(d->bytes + 24, world.asked[server].bytes + 40, 8);
		d->port = world.asked[server].from_port;
	}
	if (!pick(8)) {
		static const char codes[][5] = { "RATE", "DENY", "RSTR", "NTSN", "STEP", "INIT" };

		d->bytes[1] = 0;
		memcpy(d->bytes + 12, codes[pick(ARRAY_SIZE(codes))], 4);
	}
	if (!pick(3))
		add_fields(d);
	if (!pick(3))
		add_mac(d);
}

static void off_path_answer(struct datagram *d)
{
	forged_answer(d, false);
}

static void on_path_answer(struct datagram *d)
{
	forged_answer(d, world.server_count > world.plain_count);
}

static void replayed_answer(struct datagram *d)
{
	if (!world.answer_count) {
		off_path_answer(d);
		return;
	}
	seen_again(d, world.answers, world.answer_count);
	d->port = world.client_port;
}

static void damaged_answer(struct datagram *d)
{
	replayed_answer(d);
	damage(d);
}

static void nonsense_answer(struct datagram *d)
{
	anything(d);
	d->from = world.servers[pick(world.server_count)];
	d->from_port = htons(NTP_PORT);
	d->port = world.client_port;
}

/* --- to chronyc's port --- */

/* Version 6, a request, and a command that may exist. */
static void any_command(struct datagram *d)
{
	anything(d);
	d->port = htons(COMMAND_PORT);
	if (d->length < 8 || !pick(4))
		return;
	d->bytes[0] = 6;
	d->bytes[1] = 1;
	d->bytes[2] = 0;
	d->bytes[3] = 0;
	put16(d->bytes + 4, pick(80));
	if (pick(2))
		d->length = d->length < 400 ? 400 : d->length;
}

static const struct {
	const char *name;
	bool to_client;
	void (*make)(struct datagram *d);
} kinds[] = {
	{ "nonsense", false, anything },
	{ "request", false, any_request },
	{ "replayed_request", false, replayed_request },
	{ "damaged_request", false, damaged_request },
	{ "command", false, any_command },
	{ "nonsense_answer", true, nonsense_answer },
	{ "off_path_answer", true, off_path_answer },
	{ "on_path_answer", true, on_path_answer },
	{ "replayed_answer", true, replayed_answer },
	{ "damaged_answer", true, damaged_answer },
};

static_assert(ARRAY_SIZE(kinds) <= ARRAY_SIZE(world.sent), "each kind is counted");

/* --- the wire --- */

static uint16_t checksum(const struct iphdr *ip)
{
	uint16_t words[sizeof(*ip) / sizeof(uint16_t)];
	uint32_t sum = 0;

	memcpy(words, ip, sizeof(words));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		sum += ntohs(words[i]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* UDP without a checksum. */
static size_t write_frame(uint8_t *frame, const struct datagram *d)
{
	struct ether_header ether = { .ether_type = htons(ETHERTYPE_IP) };
	struct iphdr ip = {
		.version = 4,
		.ihl = sizeof(ip) / 4,
		.tot_len = htons((uint16_t)(HEADERS - sizeof(ether) + d->length)),
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.saddr = d->from,
		.daddr = world.victim,
	};
	struct udphdr udp = {
		.source = d->from_port,
		.dest = d->port,
		.len = htons((uint16_t)(sizeof(udp) + d->length)),
	};

	memcpy(ether.ether_dhost, world.to.sll_addr, ETH_ALEN);
	memcpy(ether.ether_shost, "\2\0\0\0\0\3", ETH_ALEN);
	ip.check = checksum(&ip);
	memcpy(frame, &ether, sizeof(ether));
	memcpy(frame + sizeof(ether), &ip, sizeof(ip));
	memcpy(frame + sizeof(ether) + sizeof(ip), &udp, sizeof(udp));
	memcpy(frame + HEADERS, d->bytes, d->length);
	return HEADERS + d->length;
}

static void keep(struct datagram *seen, size_t *count, const struct datagram *d)
{
	seen[(*count)++ % SEEN_MAX] = *d;
}

static void note(const struct iphdr *ip, const struct udphdr *udp, const uint8_t *bytes,
		 size_t length)
{
	struct datagram d = {
		.from = ip->saddr,
		.from_port = udp->source,
		.length = length,
	};

	memcpy(d.bytes, bytes, length);
	if (ip->daddr == world.victim && udp->dest == htons(NTP_PORT))
		keep(world.requests, &world.request_count, &d);
	else if (ip->daddr == world.victim && udp->source == htons(NTP_PORT))
		keep(world.answers, &world.answer_count, &d);
	if (ip->saddr != world.victim || udp->dest != htons(NTP_PORT) || length < NTP_LENGTH)
		return;
	for (size_t i = 0; i < world.server_count; i++) {
		if (ip->daddr == world.servers[i])
			world.asked[i] = d;
	}
}

/* What passed meanwhile; what this program sends does not come back. */
static void look(void)
{
	uint8_t frame[HEADERS + PAYLOAD_MAX];
	struct iphdr ip;
	struct udphdr udp;
	ssize_t length;

	while ((length = recv(world.fd, frame, sizeof(frame), MSG_DONTWAIT)) > 0) {
		if ((size_t)length < HEADERS)
			continue;
		memcpy(&ip, frame + sizeof(struct ether_header), sizeof(ip));
		memcpy(&udp, frame + sizeof(struct ether_header) + sizeof(ip), sizeof(udp));
		if (ip.ihl != 5 || ip.protocol != IPPROTO_UDP ||
		    ntohs(udp.len) < sizeof(udp) ||
		    HEADERS - sizeof(udp) + ntohs(udp.len) > (size_t)length)
			continue;
		note(&ip, &udp, frame + HEADERS, ntohs(udp.len) - sizeof(udp));
	}
}

/* From anywhere: half of the senders are the victim's neighbours. */
static uint32_t any_address(void)
{
	size_t host = pick(2) ? 0x0a000005 + pick(200) : 0x0a400000 + pick(100000);

	return htonl((uint32_t)host);
}

static void send_batch(size_t count)
{
	static uint8_t frames[BATCH][HEADERS + PAYLOAD_MAX];
	struct mmsghdr messages[BATCH] = { 0 };
	struct iovec parts[BATCH];

	for (size_t i = 0; i < count; i++) {
		size_t kind = pick(ARRAY_SIZE(kinds));
		struct datagram d;

		while (kinds[kind].to_client && !world.client_port)
			kind = pick(ARRAY_SIZE(kinds));
		d.from = any_address();
		d.from_port = htons((uint16_t)(pick(2) ? NTP_PORT : 1024 + pick(60000)));
		d.port = htons(NTP_PORT);
		kinds[kind].make(&d);
		world.sent[kind]++;
		parts[i] = (struct iovec){ frames[i], write_frame(frames[i], &d) };
		messages[i].msg_hdr = (struct msghdr){
			.msg_name = &world.to, .msg_namelen = sizeof(world.to),
			.msg_iov = &parts[i], .msg_iovlen = 1,
		};
	}
	(void)sendmmsg(world.fd, messages, (unsigned int)count, 0);
}

/* The victim's InDatagrams, and in @done those that will never be read, too. */
static bool count_read(unsigned long long *taken, unsigned long long *done)
{
	unsigned long long ports, errors;
	char text[8192], *line;
	ssize_t length = pread(world.snmp_fd, text, sizeof(text) - 1, 0);

	if (length <= 0)
		return false;
	text[length] = '\0';
	line = strstr(text, "\nUdp: ");
	line = line ? strstr(line + 1, "\nUdp: ") : NULL;
	if (!line || sscanf(line, " Udp: %llu %llu %llu", taken, &ports, &errors) != 3)
		return false;
	*done = *taken + ports + errors;
	return true;
}

/* Until so many were read: what passes on the wire beside this counts as well, and is little. */
static bool attack(unsigned long long packets, unsigned long long *taken)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	unsigned long long before, done_before, done, last = 0, sent = 0;
	time_t since = time(NULL);

	if (!count_read(&before, &done_before))
		return false;
	for (*taken = 0; *taken < packets; *taken -= before) {
		look();
		if (!count_read(taken, &done))
			return false;
		done -= done_before;
		if (done != last)
			since = time(NULL);
		last = done;
		if (time(NULL) - since > SILENCE_S)
			return false;
		/* A frame may be lost on the way. */
		if (time(NULL) - since > 1)
			sent = done;
		if (sent > done + AHEAD_MAX - BATCH) {
			nanosleep(&pause, NULL);
			continue;
		}
		send_batch(BATCH);
		sent += BATCH;
	}
	return true;
}

static bool open_wire(void)
{
	const int one = 1;

	world.to.sll_family = AF_PACKET;
	world.to.sll_protocol = htons(ETH_P_ALL);
	world.to.sll_halen = ETH_ALEN;
	world.to.sll_ifindex = (int)if_nametoindex(options.interface);
	world.fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	return world.fd >= 0 &&
	       !bind(world.fd, (struct sockaddr *)&world.to, sizeof(world.to)) &&
	       !setsockopt(world.fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
}

static void report(unsigned long long taken)
{
	printf("read=%llu seen=%zu", taken, world.request_count + world.answer_count);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		printf(" %s=%llu", kinds[i].name, world.sent[i]);
	printf("\n");
}

static bool read_option(int option, char *text)
{
	struct in_addr address;

	switch (option) {
	case 'i':
		options.interface = text;
		return true;
	case 'm':
		return ether_aton_r(text, (struct ether_addr *)world.to.sll_addr);
	case 'v':
		if (inet_pton(AF_INET, text, &address) != 1)
			return false;
		world.victim = address.s_addr;
		return true;
	case 'u':
		world.snmp_fd = open(text, O_RDONLY | O_CLOEXEC);
		return world.snmp_fd >= 0;
	case 'n':
		options.packets = strtoull(text, NULL, 10);
		return true;
	case 'c':
		world.client_port = htons((uint16_t)atoi(text));
		return true;
	case 'p':
		world.plain_count = strtoul(text, NULL, 10);
		return true;
	case 's':
		world.random = strtoull(text, NULL, 10);
		return true;
	}
	return false;
}

static bool read_options(int argc, char **argv)
{
	struct in_addr address;
	int option;

	while ((option = getopt(argc, argv, "i:m:v:u:n:c:s:p:")) != -1)
		if (!read_option(option, optarg))
			return false;
	for (; optind < argc && world.server_count < SERVERS_MAX; optind++) {
		if (inet_pton(AF_INET, argv[optind], &address) != 1)
			return false;
		world.servers[world.server_count++] = address.s_addr;
	}
	return options.interface && world.victim && world.snmp_fd && options.packets &&
	       world.server_count;
}

int main(int argc, char **argv)
{
	unsigned long long taken = 0;
	bool survived;

	if (getrandom(&world.random, sizeof(world.random), 0) != sizeof(world.random) ||
	    !read_options(argc, argv)) {
		fprintf(stderr,
			"usage: hostile -i INTERFACE -m MAC -v VICTIM -u FILE -n PACKETS\n"
			"               [-c PORT] [-s SEED] [-p COUNT] SERVER...\n");
		return 2;
	}
	/* The generator's one state that it does not leave. */
	world.random = world.random * 2 + 1;
	if (!open_wire()) {
		fprintf(stderr, "hostile: %s: %s\n", options.interface, strerror(errno));
		return 1;
	}
	survived = attack(options.packets, &taken);
	report(taken);
	return survived ? 0 : 1;
}
