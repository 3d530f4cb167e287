// SPDX-License-Identifier: GPL-2.0-only
/*
 * ntpload's bulk traffic: whole frames, by a packet socket, so that a request costs the load's
 * processor less than the server's, and that any number of addresses can ask. Answers come by a
 * ring that the kernel fills; it drops them after that, as the addresses are not this machine's. A
 * request in flight has a slot, whose number is part of its cookie.
 */
#include "ntpload.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

/* Requests that one system call sends, and answers that are taken before the next one. */
#define BATCH		64

#define PORT		50123

#define LOST_NS		(NS_PER_S / 5)

/* How often lost requests are looked for. */
#define EXPIRE_NS	(NS_PER_S / 20)

/* The ring: an answer and the kernel's headers fit into a part of it. */
#define RING_FRAME	512
#define RING_BLOCK	65536
#define RING_BLOCKS	64
#define RING_FRAMES	(RING_BLOCK / RING_FRAME * RING_BLOCKS)

/* A request in flight; its cookie is not 0. */
struct slot {
	uint64_t cookie;
	int64_t sent_ns;
	uint32_t address;
};

/* Headers lie in it as on the wire, whatever their alignment. */
struct frame {
	struct ether_header ether;
	struct iphdr ip;
	struct udphdr udp;
	uint8_t ntp[REQUEST_MAX];
} __attribute__((packed));

#define HEADERS_LENGTH	offsetof(struct frame, ntp)

struct bulk {
	struct bulk_options options;
	struct bulk_counts counts;
	int fd;
	uint8_t *ring;
	unsigned int ring_next;
	uint64_t random;
	unsigned int next_address;
	int64_t start_ns;
	int64_t expire_ns;
	unsigned int free_count;
	unsigned int free_slots[WINDOW_MAX];
	struct slot slots[WINDOW_MAX];
	struct frame requests[BATCH];
	struct iovec data[BATCH];
	struct mmsghdr headers[BATCH];
};

static int open_ring(struct bulk *bulk)
{
	const struct tpacket_req request = {
		.tp_block_size = RING_BLOCK,
		.tp_block_nr = RING_BLOCKS,
		.tp_frame_size = RING_FRAME,
		.tp_frame_nr = RING_FRAMES,
	};
	const int version = TPACKET_V2;

	if (setsockopt(bulk->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) ||
	    setsockopt(bulk->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)))
		return -errno;
	bulk->ring = mmap(NULL, (size_t)RING_BLOCK * RING_BLOCKS, PROT_READ | PROT_WRITE,
			  MAP_SHARED, bulk->fd, 0);
	return bulk->ring == MAP_FAILED ? -errno : 0;
}

/* Ethernet's part of all requests: from the interface to the server. */
static int read_interface(struct bulk *bulk, struct ether_header *ether)
{
	struct ifreq request = { 0 };

	strncpy(request.ifr_name, bulk->options.interface, sizeof(request.ifr_name) - 1);
	if (ioctl(bulk->fd, SIOCGIFHWADDR, &request))
		return -errno;
	memcpy(ether->ether_shost, request.ifr_hwaddr.sa_data, ETH_ALEN);
	memcpy(ether->ether_dhost, &bulk->options.server_mac, ETH_ALEN);
	ether->ether_type = htons(ETHERTYPE_IP);
	return 0;
}

static int open_socket(struct bulk *bulk, struct ether_header *ether)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = (int)if_nametoindex(bulk->options.interface),
	};
	const int on = 1;
	int err;

	if (!at.sll_ifindex)
		return -ENODEV;
	bulk->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (bulk->fd < 0)
		return -errno;
	err = open_ring(bulk);
	if (!err)
		err = read_interface(bulk, ether);
	if (err)
		return err;
	/* Quicker where there is no queue anyway. */
	(void)setsockopt(bulk->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on));
	return bind(bulk->fd, (struct sockaddr *)&at, sizeof(at)) ? -errno : 0;
}

/* What is the same in all requests; UDP goes without a checksum, as IPv4 permits. */
static void prepare_requests(struct bulk *bulk, const struct ether_header *ether)
{
	size_t length = HEADERS_LENGTH + bulk->options.length;
	unsigned int i;

	for (i = 0; i < BATCH; i++) {
		struct frame *frame = &bulk->requests[i];

		frame->ether = *ether;
		frame->ip.version = 4;
		frame->ip.ihl = sizeof(frame->ip) / 4;
		frame->ip.tot_len = htons((uint16_t)(length - sizeof(*ether)));
		frame->ip.ttl = 64;
		frame->ip.protocol = IPPROTO_UDP;
		frame->ip.daddr = bulk->options.server.s_addr;
		frame->udp.source = htons(PORT);
		frame->udp.dest = htons(NTP_PORT);
		frame->udp.len = htons((uint16_t)(sizeof(frame->udp) + bulk->options.length));

		bulk->data[i] = (struct iovec){ frame, length };
		bulk->headers[i].msg_hdr.msg_iov = &bulk->data[i];
		bulk->headers[i].msg_hdr.msg_iovlen = 1;
	}
}

struct bulk *bulk_open(const struct bulk_options *options)
{
	struct bulk *bulk = calloc(1, sizeof(*bulk));
	struct ether_header ether;
	unsigned int i;
	int err;

	if (!bulk) {
		fprintf(stderr, "ntpload: no memory\n");
		return NULL;
	}
	bulk->options = *options;
	err = open_socket(bulk, &ether);
	if (!err && getrandom(&bulk->random, sizeof(bulk->random), 0) < 0)
		err = -errno;
	if (err) {
		fprintf(stderr, "ntpload: no packets on %s: %s\n", options->interface,
			strerror(-err));
		free(bulk);
		return NULL;
	}
	bulk->random |= 1;
	prepare_requests(bulk, &ether);
	for (i = 0; i < bulk->options.window; i++)
		bulk->free_slots[bulk->free_count++] = i;
	bulk->start_ns = clock_ns(CLOCK_MONOTONIC);
	return bulk;
}

int bulk_fd(const struct bulk *bulk)
{
	return bulk->fd;
}

/* Marsaglia's xorshift: enough that no answer is right by chance. */
static uint64_t draw(struct bulk *bulk)
{
	bulk->random ^= bulk->random << 13;
	bulk->random ^= bulk->random >> 7;
	bulk->random ^= bulk->random << 17;
	return bulk->random;
}

static bool is_sending(const struct bulk *bulk, int64_t now_ns)
{
	return bulk->counts.sent < bulk->options.requests &&
	       now_ns - bulk->start_ns < bulk->options.duration_ns;
}

/*
 * How many requests may be sent now. Those that have no rate leave in bursts of half a window, as a
 * network card hands over what has come since its last interrupt.
 */
static unsigned int permitted(const struct bulk *bulk, int64_t now_ns)
{
	unsigned long long count = bulk->free_count < BATCH ? bulk->free_count : BATCH;
	unsigned long long due = bulk->options.requests;

	if (!is_sending(bulk, now_ns) ||
	    (!bulk->options.rate && bulk->free_count < bulk->options.window / 2))
		return 0;
	if (bulk->options.rate > 0) {
		double so_far = (double)(now_ns - bulk->start_ns) / NS_PER_S * bulk->options.rate;

		if (so_far < (double)due)
			due = (unsigned long long)so_far;
	}
	if (due <= bulk->counts.sent)
		return 0;
	due -= bulk->counts.sent;
	return (unsigned int)(count < due ? count : due);
}

/* RFC 1071, of a header that has 0 for it. */
static uint16_t checksum(const struct iphdr *header)
{
	uint16_t words[sizeof(*header) / sizeof(uint16_t)];
	uint32_t sum = 0;
	size_t i;

	memcpy(words, header, sizeof(words));
	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	return (uint16_t)~sum;
}

/* The request in a slot's turn: prepared, or a plain one. Returns its cookie. */
static uint64_t write_ntp(struct bulk *bulk, uint8_t *ntp, unsigned int number)
{
	const struct bulk_options *options = &bulk->options;
	uint64_t cookie;

	if (options->prepared) {
		memcpy(ntp, options->prepared + number * options->length, options->length);
		return request_cookie(ntp);
	}
	cookie = (draw(bulk) | WINDOW_MAX) & ~(uint64_t)(WINDOW_MAX - 1);
	cookie |= number;
	request_write(ntp, cookie);
	return cookie;
}

static void write_request(struct bulk *bulk, struct frame *frame, unsigned int number,
			  int64_t now_ns)
{
	struct slot *slot = &bulk->slots[number];
	struct iphdr ip = frame->ip;

	slot->cookie = write_ntp(bulk, frame->ntp, number);
	slot->sent_ns = now_ns;
	slot->address = bulk->options.first_address + bulk->next_address;
	bulk->next_address = (bulk->next_address + 1) % bulk->options.addresses;

	ip.saddr = htonl(slot->address);
	ip.check = 0;
	ip.check = checksum(&ip);
	frame->ip = ip;
}

static bool send_requests(struct bulk *bulk, int64_t now_ns)
{
	unsigned int count = permitted(bulk, now_ns), i;
	int sent;

	if (!count)
		return false;
	for (i = 0; i < count; i++)
		write_request(bulk, &bulk->requests[i], bulk->free_slots[bulk->free_count - 1 - i],
			      now_ns);
	sent = sendmmsg(bulk->fd, bulk->headers, count, 0);
	if (sent < 0 && errno != EAGAIN && errno != ENOBUFS) {
		perror("ntpload: sendmmsg");
		exit(1);
	}
	if (sent < 0)
		sent = 0;
	for (i = (unsigned int)sent; i < count; i++)
		bulk->slots[bulk->free_slots[bulk->free_count - 1 - i]].cookie = 0;
	bulk->free_count -= (unsigned int)sent;
	bulk->counts.sent += (unsigned int)sent;
	return sent > 0;
}

static void release(struct bulk *bulk, struct slot *slot)
{
	slot->cookie = 0;
	bulk->free_slots[bulk->free_count++] = (unsigned int)(slot - bulk->slots);
}

/* The request in flight that a frame of the server answers; NULL: none. */
static struct slot *find_slot(struct bulk *bulk, const struct frame *frame)
{
	uint64_t cookie = answer_cookie(frame->ntp);
	struct slot *slot = &bulk->slots[cookie % WINDOW_MAX];

	if (!cookie || slot->cookie != cookie || slot->address != ntohl(frame->ip.daddr))
		return NULL;
	return slot;
}

/*
 * Other frames than the server's to these addresses are none of ours. An answer without the MAC, or
 * the new cookie, that its request has is not valid: it is shorter.
 */
static void take_frame(struct bulk *bulk, const struct frame *frame, size_t length,
		       int64_t realtime_ns)
{
	struct slot *slot;

	if (length < HEADERS_LENGTH + NTP_LENGTH || frame->ip.ihl != sizeof(frame->ip) / 4 ||
	    frame->ip.protocol != IPPROTO_UDP || frame->udp.dest != htons(PORT))
		return;
	slot = find_slot(bulk, frame);
	if (!slot)
		bulk->counts.strange++;
	else if (frame->udp.source == htons(NTP_PORT) &&
		 frame->ip.saddr == bulk->options.server.s_addr &&
		 length >= HEADERS_LENGTH + bulk->options.length &&
		 answer_is_valid(frame->ntp, length - HEADERS_LENGTH, realtime_ns))
		bulk->counts.answered++;
	else
		bulk->counts.bad++;
	if (slot)
		release(bulk, slot);
}

static bool receive_answers(struct bulk *bulk, int64_t now_ns)
{
	int64_t realtime_ns = clock_ns(CLOCK_REALTIME);
	int count;

	for (count = 0; count < BATCH; count++) {
		uint8_t *place = bulk->ring + (size_t)bulk->ring_next * RING_FRAME;
		struct tpacket2_hdr *header = (struct tpacket2_hdr *)place;

		/* Pairs with the kernel's barrier after it has filled the frame. */
		if (!(__atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
			break;
		take_frame(bulk, (const struct frame *)(place + header->tp_mac), header->tp_snaplen,
			   realtime_ns);
		/* Pairs with the kernel's reading of it before it fills the frame again. */
		__atomic_store_n(&header->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		bulk->ring_next = (bulk->ring_next + 1) % RING_FRAMES;
	}
	if (count > 0)
		bulk->counts.elapsed_ns = now_ns - bulk->start_ns;
	return count > 0;
}

static void expire(struct bulk *bulk, int64_t now_ns)
{
	unsigned int i;

	if (now_ns < bulk->expire_ns)
		return;
	bulk->expire_ns = now_ns + EXPIRE_NS;
	for (i = 0; i < bulk->options.window; i++) {
		struct slot *slot = &bulk->slots[i];

		if (!slot->cookie || now_ns - slot->sent_ns < LOST_NS)
			continue;
		bulk->counts.lost++;
		release(bulk, slot);
	}
}

bool bulk_turn(struct bulk *bulk, int64_t now_ns)
{
	bool sent = send_requests(bulk, now_ns);

	expire(bulk, now_ns);
	return receive_answers(bulk, now_ns) || sent;
}

bool bulk_is_done(const struct bulk *bulk, int64_t now_ns)
{
	return !is_sending(bulk, now_ns) && bulk->free_count == bulk->options.window;
}

void bulk_counts(const struct bulk *bulk, struct bulk_counts *counts)
{
	*counts = bulk->counts;
}
