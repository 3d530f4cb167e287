// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames as the program in the kernel takes them apart: nothing beyond their end is read, and an
 * answer is none that would be answered again.
 */
#include "user/xdp/answer.h"

#include <stdlib.h>

#include "selftests/fuzz/fuzz.h"

/* Before a frame, so that IP headers are where a network device puts them. */
#define GAP	2

static const struct xdp_settings settings = {
	.port = XDP_SWAP16(123),
	.mac = { 2, 0, 0, 0, 0, 1 },
	.least_poll = -6,
	.tos = 0xb8,
	.ipv4_count = 1,
	.ipv6_count = 1,
	.ipv4 = { XDP_SWAP32(0xc0000201) },
	.ipv6 = { { XDP_SWAP32(0x20010db8), 0, 0, XDP_SWAP32(1) } },
};

static const struct xdp_time time = { .valid_ns = 1000000000, .base = 1ULL << 63,
				      .precision_mask = 127 };

static void answer(struct xdp_frame *frame, uint8_t *bytes, size_t size)
{
	const struct xdp_stamps stamps = { .receive_ns = 5, .transmit_ns = 300, .random = size };
	uint64_t before_sum = xdp_sum_pseudo(frame);
	struct xdp_frame again;

	xdp_frame_answer(frame, &time, &settings, &stamps, size % 7 == 0);
	FUZZ_CHECK((frame->ntp[0] & 7) == XDP_MODE_SERVER);
	FUZZ_CHECK(xdp_fold(xdp_sum_pseudo(frame) + xdp_sum_udp(frame)) == 0xffff);
	FUZZ_CHECK(xdp_fold(before_sum) == xdp_fold(xdp_sum_pseudo(frame)));
	FUZZ_CHECK(!frame->is_ipv4 || xdp_fold(xdp_sum_ipv4(frame->ipv4)) == 0xffff);
	/* Neither by us, nor by whom it is sent to. */
	FUZZ_CHECK(!xdp_ntp_is_plain(frame->ntp));
	FUZZ_CHECK(!xdp_frame_find(bytes, bytes + size, &settings, &again) ||
		   !xdp_frame_is_plain(&again, bytes + size, &settings));
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	uint8_t *memory = malloc(GAP + size), *bytes;
	struct xdp_frame frame;

	if (!memory)
		return 0;
	bytes = memory + GAP;
	memcpy(bytes, data, size);
	if (xdp_frame_find(bytes, bytes + size, &settings, &frame)) {
		/* Whatever the sum is, the rest is looked at as well. */
		if ((uint8_t *)(frame.ntp + XDP_NTP_WORDS) <= bytes + size && frame.is_ipv4)
			frame.udp->check = 0;
		if (xdp_frame_is_plain(&frame, bytes + size, &settings))
			answer(&frame, bytes, size);
	}
	free(memory);

	return 0;
}
