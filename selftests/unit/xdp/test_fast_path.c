// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program in the kernel, given frames one by one: its answers beside those of the process, what
 * it leaves to the sockets, and when it is silent. Nothing is attached to a network.
 */
#include <linux/bpf.h>
#include <stdlib.h>
#include <time.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/xdp/frame.h"
#include "user/lib/clock_ns.h"
#include "user/lib/time_units.h"
#include "user/ntp/bytes.h"
#include "user/server/access.h"
#include "user/server/respond.h"
#include "user/xdp/fast_path.c"
#include "user/xdp/time.h"

#define PRECISION	(-24)
#define TOS		0xb8

/* By which the two ways to read a clock may differ. */
#define SLACK_NS	1000

/* @told_ns: when the time was told last, CLOCK_MONOTONIC; @tried_ns: how long a frame took */
FIXTURE(program)
{
	struct fast_path *path;
	struct xdp_settings settings;
	struct time_content content;
	struct xdp_clocks clocks;
	int64_t told_ns, tried_ns;
};

static void tell(FIXTURE_DATA(program) *self)
{
	struct xdp_time time;

	self->told_ns = clock_ns(CLOCK_MONOTONIC);
	xdp_clocks_read(&self->clocks);
	xdp_time_fill(&time, &self->content, PRECISION, &self->clocks, NS_PER_S);
	fast_path_set_time(self->path, &time);
}

static void allow_all(FIXTURE_DATA(program) *self)
{
	const struct access_rule all = { .allow = true };

	if (fast_path_allow(self->path, &all, 1))
		abort();
}

FIXTURE_SETUP(program)
{
	int err = fast_path_open(&self->path, "", FAST_PATH_ANY, 0);

	if (err)
		SKIP(return, "machine: BPF is refused here: %s", strerror(-err));
	self->settings = (struct xdp_settings){
		.port = htons(123),
		.least_poll = 3,
		.tos = TOS,
		.ipv4_count = 2,
		.ipv6_count = 2,
	};
	memcpy(self->settings.mac, own_mac, 6);
	/* The second one of two: the others are looked at, too. */
	memcpy(&self->settings.ipv4[1], own_ipv4, 4);
	memcpy(self->settings.ipv6[1], own_ipv6, 16);
	fast_path_set(self->path, &self->settings);
	allow_all(self);
	self->content = (struct time_content){
		.raw_ns = 1,
		.time = { .origin_ns = clock_ns(CLOCK_REALTIME) - 5 * NS_PER_S,
			  .offset_ns = 123456789, .rate_q32 = 40000, .maxerror_ns = 3000000,
			  .maxerror_rate_q32 = 5 * CHIME_PPM_Q32 },
		.reference_ns = clock_ns(CLOCK_REALTIME) - 10 * NS_PER_S,
		.root_delay_ns = 1000000,
		.refid = 0xc0000202,
		.stratum = 3,
	};
	tell(self);
}

FIXTURE_TEARDOWN(program)
{
	fast_path_close(self->path);
}

/* What becomes of a frame, which is its answer then. */
static int try(FIXTURE_DATA(program) *self, struct frame *frame)
{
	struct frame before = *frame;
	struct bpf_test_run_opts options = {
		.sz = sizeof(options),
		.data_in = before.bytes,
		.data_size_in = (uint32_t)before.length,
		.data_out = frame->bytes,
		.data_size_out = FRAME_MAX,
		.repeat = 1,
	};
	int64_t start_ns = clock_ns(CLOCK_MONOTONIC);

	if (bpf_prog_test_run_opts(bpf_program__fd(self->path->program->progs.truechime_ntp),
				   &options))
		return -errno;
	self->tried_ns = clock_ns(CLOCK_MONOTONIC) - start_ns;
	frame->length = options.data_size_out;

	return (int)options.retval;
}

/*
 * Whether a frame met with what it should have. A machine that stands still meanwhile lets the time
 * that was told run out, or the answer take too long: the program is to leave such frames alone.
 */
static bool met(FIXTURE_DATA(program) *self, int wanted, int verdict)
{
	if (wanted == verdict)
		return true;

	return wanted == XDP_TX && verdict == XDP_PASS &&
	       (self->tried_ns > XDP_TOOK_MAX_NS ||
		clock_ns(CLOCK_MONOTONIC) - self->told_ns >= NS_PER_S);
}

/* --- the answer --- */

/* That of the process, but for its timestamps. */
static void expected_ntp(FIXTURE_DATA(program) *self, struct frame *request,
			 struct respond_answer *answer)
{
	struct stamp_table none = { .count = 0 };
	struct respond_request asked = {
		.bytes = frame_ntp(request), .length = NTP_SIZE, .port = 40000,
		.realtime_ns = clock_ns(CLOCK_REALTIME),
	};
	struct time_content told = self->content;
	struct respond_time time;

	told.time.maxerror_ns += self->clocks.error_ns;
	respond_prepare(&time, &told, PRECISION, self->clocks.realtime_ns + NS_PER_S);
	if (respond_judge(&asked) != RESPOND_ANSWER)
		abort();
	respond_answer(&time, &asked, &none, self->settings.least_poll, 0, answer);
}

static void check_headers(struct __test_metadata *_metadata, struct frame *answer,
			  struct frame *request)
{
	uint8_t *ip = frame_ip(answer), *udp = frame_udp(answer);
	size_t size = frame_address_size(answer);

	ASSERT_EQ(request->length, answer->length);
	EXPECT_EQ(0, memcmp(request->bytes + 6, answer->bytes, 6));
	EXPECT_EQ(0, memcmp(own_mac, answer->bytes + 6, 6));
	EXPECT_EQ(0, memcmp(request->bytes + 12, answer->bytes + 12, 2));
	EXPECT_EQ(0, memcmp(frame_source(request), frame_target(answer), size));
	EXPECT_EQ(0, memcmp(frame_target(request), frame_source(answer), size));
	if (answer->ipv6) {
		EXPECT_EQ(0x6 << 4 | TOS >> 4, ip[0]);
		EXPECT_EQ((TOS & 15) << 4, ip[1]);
		EXPECT_EQ(0, frame_get(ip + 2));
		EXPECT_EQ(17, ip[6]);
		EXPECT_EQ(64, ip[7]);
	} else {
		EXPECT_EQ(0x45, ip[0]);
		EXPECT_EQ(TOS, ip[1]);
		EXPECT_EQ(76, frame_get(ip + 2));
		EXPECT_EQ(0x4000, frame_get(ip + 6));
		EXPECT_EQ(64, ip[8]);
		EXPECT_EQ(17, ip[9]);
		EXPECT_EQ(0xffff, frame_sum(ip, 20, 0));
	}
	EXPECT_EQ(123, frame_get(udp));
	EXPECT_EQ(frame_get(frame_udp(request)), frame_get(udp + 2));
	EXPECT_EQ(56, frame_get(udp + 4));
	EXPECT_EQ(0xffff, frame_udp_sum(answer));
	EXPECT_NE(0, frame_get(udp + 6));
}

FIXTURE_VARIANT(program)
{
	bool ipv6;
	int version;
	bool summed;
};

FIXTURE_VARIANT_ADD(program, ipv4_version4)
{
	.ipv6 = false,
	.version = 4,
	.summed = true,
};

FIXTURE_VARIANT_ADD(program, ipv4_version3)
{
	.ipv6 = false,
	.version = 3,
	.summed = true,
};

FIXTURE_VARIANT_ADD(program, ipv4_version1_without_sum)
{
	.ipv6 = false,
	.version = 1,
	.summed = false,
};

FIXTURE_VARIANT_ADD(program, ipv6_version4)
{
	.ipv6 = true,
	.version = 4,
	.summed = true,
};

FIXTURE_VARIANT_ADD(program, ipv6_version2)
{
	.ipv6 = true,
	.version = 2,
	.summed = true,
};

TEST_F(program, answers_as_the_process)
{
	struct respond_answer expected;
	struct frame request, answer;
	uint8_t *ntp;

	frame_make(&request, variant->ipv6, variant->version);
	if (!variant->summed)
		frame_put(frame_udp(&request) + 6, 0);
	for (int poll = -5; poll < 20; poll++) {
		frame_ntp(&request)[2] = (uint8_t)poll;
		if (variant->summed)
			frame_seal(&request);
		answer = request;
		ntp = frame_ntp(&answer);
		tell(self);
		ASSERT_EQ(XDP_TX, try(self, &answer));
		expected_ntp(self, &request, &expected);
		check_headers(_metadata, &answer, &request);
		EXPECT_EQ(0, memcmp(expected.bytes, ntp, 32));
		EXPECT_EQ(1, get_be64(ntp + 32) & 1);
		EXPECT_EQ(0, get_be64(ntp + 40) & 1);
	}
}

TEST_F(program, stamps_as_the_process)
{
	for (int i = 0; i < 2000; i++) {
		struct frame frame;
		int64_t before_ns, after_ns, receive_ns, transmit_ns;

		frame_make(&frame, variant->ipv6, variant->version);
		if (!(i % 100))
			tell(self);
		before_ns = chime_line_eval(&self->content.time, clock_ns(CLOCK_REALTIME));
		ASSERT_EQ(XDP_TX, try(self, &frame));
		after_ns = chime_line_eval(&self->content.time, clock_ns(CLOCK_REALTIME));
		receive_ns = ntp_timestamp_to_ns(get_be64(frame_ntp(&frame) + 32));
		transmit_ns = ntp_timestamp_to_ns(get_be64(frame_ntp(&frame) + 40));
		ASSERT_LE(before_ns - SLACK_NS, receive_ns);
		ASSERT_LE(receive_ns, transmit_ns);
		ASSERT_LE(transmit_ns, after_ns + SLACK_NS);
	}
}

/* --- what is left to the sockets --- */

static void change_mac(struct frame *frame)
{
	frame->bytes[5]++;
}

static void to_many(struct frame *frame)
{
	memset(frame->bytes, 0xff, 6);
}

static void from_many(struct frame *frame)
{
	frame->bytes[6] |= 1;
}

static void tagged(struct frame *frame)
{
	memmove(frame->bytes + 16, frame->bytes + 12, frame->length - 12);
	frame_put(frame->bytes + 12, 0x8100);
	frame_put(frame->bytes + 14, 5);
	frame->length += 4;
}

static void to_another(struct frame *frame)
{
	frame_target(frame)[frame_address_size(frame) - 1]++;
	frame_seal(frame);
}

static void from_itself(struct frame *frame)
{
	memcpy(frame_source(frame), frame_target(frame), frame_address_size(frame));
	frame_seal(frame);
}

static void from_multicast(struct frame *frame)
{
	frame_source(frame)[0] = frame->ipv6 ? 0xff : 224;
	frame_seal(frame);
}

static void from_loop(struct frame *frame)
{
	memset(frame_source(frame), 0, frame_address_size(frame));
	if (!frame->ipv6)
		frame_source(frame)[0] = 127;
	frame_source(frame)[frame_address_size(frame) - 1] = 1;
	frame_seal(frame);
}

/* ::ffff:192.0.2.77, which no host has on the wire; 0.0.0.0. */
static void from_nobody(struct frame *frame)
{
	memset(frame_source(frame), 0, frame_address_size(frame));
	if (frame->ipv6) {
		memset(frame_source(frame) + 10, 0xff, 2);
		memcpy(frame_source(frame) + 12, client_ipv4, 4);
	}
	frame_seal(frame);
}

static void to_another_port(struct frame *frame)
{
	frame_put(frame_udp(frame) + 2, 124);
	frame_seal(frame);
}

static void from_no_port(struct frame *frame)
{
	frame_put(frame_udp(frame), 0);
	frame_seal(frame);
}

static void with_wrong_sum(struct frame *frame)
{
	frame_udp(frame)[7] ^= 1;
}

/* As it is where a device is to complete it. */
static void with_partial_sum(struct frame *frame)
{
	frame_put(frame_udp(frame) + 6, frame_pseudo_sum(frame, UDP_SIZE + NTP_SIZE));
}

static void with_longer_udp(struct frame *frame)
{
	frame_put(frame_udp(frame) + 4, UDP_SIZE + NTP_SIZE + 4);
	frame_seal(frame);
}

static void with_tail(struct frame *frame)
{
	frame->length++;
}

/* A MAC of 20 bytes follows; or an extension field. */
static void with_mac(struct frame *frame)
{
	uint8_t *ip = frame_ip(frame);

	frame->length += 20;
	frame_put(ip + (frame->ipv6 ? 4 : 2), (frame->ipv6 ? 0 : 20) + UDP_SIZE + NTP_SIZE + 20);
	frame_put(frame_udp(frame) + 4, UDP_SIZE + NTP_SIZE + 20);
	frame_ntp(frame)[NTP_SIZE + 3] = 1;
	frame_seal(frame);
}

static void cut_off(struct frame *frame)
{
	frame->length--;
}

static void of_tcp(struct frame *frame)
{
	frame_ip(frame)[frame->ipv6 ? 6 : 9] = 6;
	frame_seal(frame);
}

static void of_another_protocol(struct frame *frame)
{
	frame_put(frame->bytes + 12, 0x88cc);
}

static void with_no_hops(struct frame *frame)
{
	frame_ip(frame)[frame->ipv6 ? 7 : 8] = 0;
	frame_seal(frame);
}

/* A first fragment, and the header of one. */
static void fragment(struct frame *frame)
{
	frame_ip(frame)[6] |= frame->ipv6 ? 44 : 0x20;
	if (frame->ipv6)
		frame_ip(frame)[6] = 44;
	frame_seal(frame);
}

static void with_another_ip_version(struct frame *frame)
{
	frame_ip(frame)[0] = frame->ipv6 ? 0x50 : 0x55;
	frame_seal(frame);
}

/* Options, or a payload of another length than the frame's. */
static void with_longer_ip(struct frame *frame)
{
	if (frame->ipv6)
		frame_put(frame_ip(frame) + 4, UDP_SIZE + NTP_SIZE + 8);
	else
		frame_ip(frame)[0] = 0x46;
	frame_seal(frame);
}

static void of_version_0(struct frame *frame)
{
	frame_ntp(frame)[0] = 3;
	frame_seal(frame);
}

static void of_version_5(struct frame *frame)
{
	frame_ntp(frame)[0] = 5 << 3 | 3;
	frame_seal(frame);
}

static void of_mode(struct frame *frame, int mode)
{
	frame_ntp(frame)[0] = (uint8_t)((frame_ntp(frame)[0] & ~7) | mode);
	frame_seal(frame);
}

static void reserved(struct frame *frame)
{
	of_mode(frame, 0);
}

static void of_peer(struct frame *frame)
{
	of_mode(frame, 1);
}

static void of_server(struct frame *frame)
{
	of_mode(frame, 4);
}

static void of_broadcast(struct frame *frame)
{
	of_mode(frame, 5);
}

static void of_control(struct frame *frame)
{
	of_mode(frame, 6);
}

static void of_private(struct frame *frame)
{
	of_mode(frame, 7);
}

/* Its origin is a receive timestamp, and its two timestamps differ. */
static void interleaved(struct frame *frame)
{
	frame_ntp(frame)[0] = 4 << 3 | 3;
	put_be64(frame_ntp(frame) + 24, 0x123456789abcdef1);
	put_be64(frame_ntp(frame) + 32, 77);
	frame_seal(frame);
}

static void (*const changes[])(struct frame *) = {
	change_mac, to_many, from_many, tagged, to_another, from_itself, from_multicast, from_loop,
	from_nobody, to_another_port, from_no_port, with_wrong_sum, with_partial_sum,
	with_longer_udp, with_tail, with_mac, cut_off, of_tcp, of_another_protocol, with_no_hops,
	fragment, with_another_ip_version, with_longer_ip, of_version_0, of_version_5, reserved,
	of_peer, of_server, of_broadcast, of_control, of_private, interleaved,
};

TEST_F(program, leaves_the_rest_alone)
{
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		struct frame frame, before;

		frame_make(&frame, variant->ipv6, variant->version);
		changes[i](&frame);
		before = frame;
		EXPECT_EQ(XDP_PASS, try(self, &frame)) TH_LOG("change %zu", i);
		EXPECT_EQ(before.length, frame.length);
		EXPECT_EQ(0, memcmp(before.bytes, frame.bytes, before.length))
			TH_LOG("change %zu", i);
	}
}

/* A sum of the IPv4 header; UDP without a sum over IPv6. */
TEST_F(program, wants_sums_of_headers)
{
	struct frame frame;

	frame_make(&frame, variant->ipv6, variant->version);
	if (variant->ipv6)
		frame_put(frame_udp(&frame) + 6, 0);
	else
		frame_ip(&frame)[11] ^= 1;
	EXPECT_EQ(XDP_PASS, try(self, &frame));
}

/* A client that returns a transmit timestamp, as those do that are not interleaved. */
TEST_F(program, answers_a_client_that_returns_timestamps)
{
	struct frame frame;

	frame_make(&frame, variant->ipv6, variant->version);
	put_be64(frame_ntp(&frame) + 24, 0x123456789abcdef0);
	put_be64(frame_ntp(&frame) + 32, 77);
	frame_seal(&frame);
	EXPECT_EQ(XDP_TX, try(self, &frame));
	EXPECT_EQ(0x0123456789abcdef, get_be64(frame_ntp(&frame) + 24));
}

/* --- hostile frames --- */

/* What a frame has to be to be answered, in the order of its bytes. */
static bool is_plain(FIXTURE_DATA(program) *self, struct frame *frame)
{
	uint8_t *ip = frame_ip(frame), *udp, *ntp;
	static const uint8_t none[8];
	bool ipv6;

	if (frame->length < ETHER_SIZE || memcmp(frame->bytes, own_mac, 6) || frame->bytes[6] & 1)
		return false;
	ipv6 = frame_get(frame->bytes + 12) == 0x86dd;
	if (!ipv6 && frame_get(frame->bytes + 12) != 0x800)
		return false;
	frame->ipv6 = ipv6;
	if (frame->length != ETHER_SIZE + frame_ip_size(frame) + UDP_SIZE + NTP_SIZE)
		return false;
	if (ipv6 && (ip[0] >> 4 != 6 || frame_get(ip + 4) != 56 || ip[6] != 17 || !ip[7] ||
		     memcmp(ip + 24, own_ipv6, 16) || !memcmp(ip + 8, own_ipv6, 16) ||
		     ip[8] == 0xff || !memcmp(ip + 8, none, 8)))
		return false;
	if (!ipv6 && (ip[0] != 0x45 || frame_get(ip + 2) != 76 || frame_get(ip + 6) & 0xbfff ||
		      !ip[8] || ip[9] != 17 || frame_sum(ip, 20, 0) != 0xffff ||
		      memcmp(ip + 16, own_ipv4, 4) || !memcmp(ip + 12, own_ipv4, 4) ||
		      !ip[12] || ip[12] == 127 || ip[12] >= 224 || !memcmp(ip + 12, none, 4)))
		return false;
	udp = frame_udp(frame);
	ntp = frame_ntp(frame);
	if (!frame_get(udp) || udp[2] != 0 || udp[3] != 123 || frame_get(udp + 4) != 56 ||
	    (frame_get(udp + 6) ? frame_udp_sum(frame) != 0xffff : ipv6) ||
	    (frame_get(udp + 6) && frame_get(udp + 6) == frame_pseudo_sum(frame, 56)))
		return false;
	if ((ntp[0] & 7) != 3 || (ntp[0] >> 3 & 7) < 1 || (ntp[0] >> 3 & 7) > 4)
		return false;
	(void)self;

	return (ntp[0] >> 3 & 7) < 4 || !(ntp[31] & 1) || !memcmp(ntp + 32, ntp + 40, 8);
}

/* Bits that change, ends that are cut off or stay; half of them with sums that fit. */
static void spoil(struct frame *frame, struct unit_random *random)
{
	uint64_t changes_left = unit_random_below(random, 4);
	bool sealed = unit_random_below(random, 2);

	while (changes_left--) {
		size_t at = unit_random_below(random, frame->length);

		if (unit_random_below(random, 3))
			frame->bytes[at] ^= (uint8_t)(1 << unit_random_below(random, 8));
		else
			frame->bytes[at] = (uint8_t)unit_random(random);
	}
	if (!unit_random_below(random, 16))
		frame->length = ETHER_SIZE + unit_random_below(random, FRAME_MAX - ETHER_SIZE);
	if (sealed && frame->length >= ETHER_SIZE + 40 + UDP_SIZE)
		frame_seal(frame);
}

TEST_F(program, survives_a_hundred_thousand_frames)
{
	struct unit_random random = { (uint64_t)variant->version };
	struct frame frame, before;
	int answered = 0, verdict;

	for (int i = 0; i < 100000; i++) {
		bool plain;

		if (!(i % 1000))
			tell(self);
		frame_make(&frame, variant->ipv6, variant->version);
		spoil(&frame, &random);
		before = frame;
		plain = is_plain(self, &before);
		verdict = try(self, &frame);
		frame.ipv6 = before.ipv6;
		ASSERT_TRUE(met(self, plain ? XDP_TX : XDP_PASS, verdict)) TH_LOG("frame %d", i);
		if (verdict == XDP_TX) {
			check_headers(_metadata, &frame, &before);
			answered++;
		} else {
			ASSERT_EQ(before.length, frame.length);
			ASSERT_EQ(0, memcmp(before.bytes, frame.bytes, before.length));
		}
	}
	EXPECT_LT(10000, answered);
	EXPECT_GT(90000, answered);
}

/* --- when it is silent --- */

TEST_F(program, is_silent_when_told_so)
{
	struct frame frame;

	frame_make(&frame, variant->ipv6, variant->version);
	fast_path_set_time(self->path, NULL);
	EXPECT_EQ(XDP_PASS, try(self, &frame));
	tell(self);
	EXPECT_EQ(XDP_TX, try(self, &frame));
	self->content.stratum = TIME_STRATUM_NONE;
	tell(self);
	frame_make(&frame, variant->ipv6, variant->version);
	EXPECT_EQ(XDP_PASS, try(self, &frame));
}

/* A daemon that is kept from running tells nothing. */
TEST_F(program, is_silent_after_a_while)
{
	struct timespec wait = { .tv_nsec = 20000000 };
	struct xdp_time time;
	struct frame frame;

	xdp_clocks_read(&self->clocks);
	xdp_time_fill(&time, &self->content, PRECISION, &self->clocks, 10000000);
	fast_path_set_time(self->path, &time);
	nanosleep(&wait, NULL);
	frame_make(&frame, variant->ipv6, variant->version);
	EXPECT_EQ(XDP_PASS, try(self, &frame));
}

/* The system clock was set, either way, which nobody has told the program. */
TEST_F(program, is_silent_at_once_when_the_clock_is_set)
{
	static const int64_t steps_ns[] = { 2000000, -2000000, NS_PER_S, -NS_PER_S,
					    86400 * NS_PER_S, -86400 * NS_PER_S };
	struct xdp_time time;
	struct frame frame;

	for (size_t i = 0; i < ARRAY_SIZE(steps_ns); i++) {
		xdp_clocks_read(&self->clocks);
		xdp_time_fill(&time, &self->content, PRECISION, &self->clocks, NS_PER_S);
		time.tai_offset_ns -= (uint64_t)steps_ns[i];
		fast_path_set_time(self->path, &time);
		frame_make(&frame, variant->ipv6, variant->version);
		EXPECT_EQ(XDP_PASS, try(self, &frame)) TH_LOG("step %zu", i);
	}
}

/* --- who is served --- */

static void random_rule(struct access_rule *rule, bool ipv6, struct unit_random *random)
{
	const uint8_t *near = ipv6 ? client_ipv6 : client_ipv4;
	int bits = ipv6 ? 128 : 32;
	char text[80], address[INET6_ADDRSTRLEN];
	uint8_t bytes[16];

	*rule = (struct access_rule){ .allow = unit_random_below(random, 2),
				      .all = !unit_random_below(random, 4) };
	if (!unit_random_below(random, 8))
		return;
	memcpy(bytes, near, ipv6 ? 16 : 4);
	bytes[unit_random_below(random, ipv6 ? 16 : 4)] ^= (uint8_t)unit_random(random);
	inet_ntop(ipv6 ? AF_INET6 : AF_INET, bytes, address, sizeof(address));
	snprintf(text, sizeof(text), "%s/%d", address,
		 (int)unit_random_below(random, (uint64_t)bits + 1));
	if (access_rule_parse(text, rule))
		abort();
}

static struct net_address source_of(struct frame *frame)
{
	struct net_address address = { .family = frame->ipv6 ? AF_INET6 : AF_INET };

	memcpy(address.bytes, frame_source(frame), frame_address_size(frame));

	return address;
}

TEST_F(program, serves_whom_the_process_serves)
{
	struct unit_random random = { 1 };
	struct access_rule rules[12];
	int served = 0;

	for (int round = 0; round < 300; round++) {
		size_t count = unit_random_below(&random, ARRAY_SIZE(rules) + 1);
		struct access_table *table;

		for (size_t i = 0; i < count; i++)
			random_rule(&rules[i], unit_random_below(&random, 2), &random);
		table = access_table_new(rules, count);
		fast_path_set_time(self->path, NULL);
		ASSERT_EQ(0, fast_path_allow(self->path, rules, count));
		tell(self);
		for (int i = 0; i < 50; i++) {
			struct net_address source;
			struct frame frame;
			uint8_t *byte;
			int wanted;

			frame_make(&frame, variant->ipv6, variant->version);
			byte = frame_source(&frame) +
			       unit_random_below(&random, frame_address_size(&frame) - 1) + 1;
			*byte ^= (uint8_t)unit_random(&random);
			frame_seal(&frame);
			if (!memcmp(frame_source(&frame), frame_target(&frame),
				    frame_address_size(&frame)))
				continue;
			source = source_of(&frame);
			served += access_table_allows(table, &source);
			wanted = access_table_allows(table, &source) ? XDP_TX : XDP_DROP;
			ASSERT_TRUE(met(self, wanted, try(self, &frame))) TH_LOG("round %d", round);
		}
		access_table_free(table);
	}
	EXPECT_LT(1000, served);
	EXPECT_GT(14000, served);
}

TEST_F(program, serves_nobody_without_rules)
{
	uint64_t counts[XDP_COUNTS];
	struct frame frame;

	ASSERT_EQ(0, fast_path_allow(self->path, NULL, 0));
	frame_make(&frame, variant->ipv6, variant->version);
	EXPECT_EQ(XDP_DROP, try(self, &frame));
	fast_path_counts(self->path, counts);
	EXPECT_EQ(1, counts[XDP_REFUSED]);
}

/* --- how often --- */

/* A burst, and then one in two by chance; or the advice to ask less often. */
TEST_F(program, limits_a_client)
{
	uint64_t counts[XDP_COUNTS];
	struct frame frame;
	int answers = 0, kisses = 0;

	self->settings.limit = (struct client_limit){
		.enabled = true, .interval_ns = 100 * NS_PER_S, .burst = 5, .leak = 1, .kod = 1,
	};
	fast_path_set_time(self->path, NULL);
	fast_path_set(self->path, &self->settings);
	for (int i = 0; i < 1000; i++) {
		int verdict;

		if (!(i % 100))
			tell(self);
		frame_make(&frame, variant->ipv6, variant->version);
		verdict = try(self, &frame);
		ASSERT_TRUE(verdict == XDP_TX || verdict == XDP_DROP);
		if (i < 5)
			ASSERT_EQ(XDP_TX, verdict);
		if (verdict == XDP_TX && frame_ntp(&frame)[1]) {
			answers++;
		} else if (verdict == XDP_TX) {
			kisses++;
			ASSERT_EQ(3, frame_ntp(&frame)[0] >> 6);
			ASSERT_EQ(0, memcmp("RATE", frame_ntp(&frame) + 12, 4));
			ASSERT_EQ(0xffff, frame_udp_sum(&frame));
		}
	}
	/* 500 of them, and 250: five standard deviations to either side. */
	EXPECT_LT(420, answers);
	EXPECT_GT(580, answers);
	EXPECT_LT(180, kisses);
	EXPECT_GT(320, kisses);
	fast_path_counts(self->path, counts);
	EXPECT_EQ(answers + kisses, counts[XDP_ANSWERED]);
	EXPECT_EQ(kisses, counts[XDP_KISSED]);
	EXPECT_EQ(1000 - answers - kisses, counts[XDP_DROPPED]);
	/* Another client has debts of its own. */
	frame_make(&frame, variant->ipv6, variant->version);
	frame_source(&frame)[frame_address_size(&frame) - 1]++;
	frame_seal(&frame);
	EXPECT_EQ(XDP_TX, try(self, &frame));
	EXPECT_EQ(3, frame_ntp(&frame)[1]);
}

/* 100,000 clients have no more room than was given, and each is answered the first time. */
TEST_F(program, remembers_so_many_clients)
{
	struct frame frame;

	self->settings.limit = (struct client_limit){
		.enabled = true, .interval_ns = 100 * NS_PER_S, .burst = 1, .leak = 4,
	};
	fast_path_set_time(self->path, NULL);
	fast_path_set(self->path, &self->settings);
	for (uint32_t i = 0; i < 100000; i++) {
		if (!(i % 1000))
			tell(self);
		frame_make(&frame, variant->ipv6, variant->version);
		put_be32(frame_source(&frame) + frame_address_size(&frame) - 4, 0x0a000000 + i);
		frame_seal(&frame);
		/* One in 65536 looks as if its sum was to be completed. */
		if (frame_get(frame_udp(&frame) + 6) != frame_pseudo_sum(&frame, 56))
			ASSERT_TRUE(met(self, XDP_TX, try(self, &frame))) TH_LOG("client %u", i);
	}
}

TEST_HARNESS_MAIN
