// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page of time with anything in it, as a writer leaves it that was taken over, or ended in the
 * middle: it is read as a whole or not at all, and whatever it says, the answers of the server, and
 * what the program in the kernel is told, are those of some time.
 */
#include "user/lib/time_page.h"

#include <unistd.h>

#include "user/server/card_stamp.h"
#include "user/server/respond.h"
#include "user/xdp/time.h"

#include "fuzz.h"

#define NOW_NS	(1767225600LL * 1000000000)
#define STAMPS	8
#define VALID_NS	2000000000LL

/* One word counts, and then comes the content. */
#define PAGE_MAX	(sizeof(uint64_t) + sizeof(struct time_content))

static struct time_page *page;
static const struct time_page *mapped;

static void make_page(void)
{
	int fd;

	if (page)
		return;
	if (time_page_create(&page, &fd) || time_page_map(&mapped, fd))
		abort();
	close(fd);
}

/* What the page had of it is what was read. */
static void check_reading(const uint8_t *bytes, bool is_read, const struct time_content *content)
{
	static const struct time_content nothing = { .stratum = TIME_STRATUM_NONE };
	uint64_t sequence;

	memcpy(&sequence, bytes, sizeof(sequence));
	FUZZ_CHECK(is_read == !(sequence & 1));
	FUZZ_CHECK(!memcmp(content, is_read ? bytes + sizeof(sequence) :
					      (const uint8_t *)&nothing, sizeof(*content)));
}

static void answer(const struct time_content *content, struct fuzz_input *input)
{
	static const uint8_t bytes[NTP_HEADER_SIZE] = { 4 << 3 | NTP_MODE_CLIENT };
	struct stamp_record records[STAMPS] = { { 0 } };
	struct stamp_table stamps = { .records = records, .count = STAMPS };
	struct respond_request request = {
		.bytes = bytes, .length = sizeof(bytes), .realtime_ns = NOW_NS, .port = 40000,
		.doubt_ns = fuzz_take_u8(input), .wants_root = true,
	};
	struct respond_answer answer;
	struct respond_time time;
	struct ntp_packet packet;

	respond_prepare(&time, content, -25, NOW_NS);
	respond_answer(&time, &request, &stamps, 6, (uint64_t)fuzz_take_s64(input), &answer);
	respond_stamp(&answer, respond_transmit(&time, NOW_NS, 0));
	FUZZ_CHECK(!ntp_packet_decode(answer.bytes, answer.length, &packet));
	FUZZ_CHECK(packet.stratum < NTP_STRATUM_UNSYNCHRONISED);
	FUZZ_CHECK((packet.leap == NTP_LEAP_UNSYNCHRONISED) ==
		   (content->stratum >= TIME_STRATUM_NONE));
}

static void convert(const struct time_content *content, struct fuzz_input *input)
{
	struct ntp_stamp stamp = {
		.has_device = true,
		.device_ns = fuzz_take_s64(input),
		.interface = fuzz_take_u8(input),
		.length = fuzz_take_u8(input),
	};
	int64_t realtime_ns, error_ns, gain_ns;

	/* A stamp that fits, as no byte does by chance. */
	if (stamp.length & 1)
		stamp.device_ns = chime_add_sat(content->cards[0].device_ns, stamp.length);
	for (int receipt = 0; receipt < 2; receipt++) {
		if (!card_stamp_convert(content, &stamp, receipt, &realtime_ns, &error_ns))
			continue;
		if (card_stamp_gain(chime_sub_sat(NOW_NS, realtime_ns), error_ns, &gain_ns))
			FUZZ_CHECK(gain_ns >= 0 && gain_ns <= CARD_STAMP_GAIN_MAX_NS);
	}
}

static void tell_kernel(const struct time_content *content, struct fuzz_input *input)
{
	struct xdp_clocks clocks = {
		.monotonic_ns = NOW_NS / 2, .realtime_ns = NOW_NS, .tai_ns = NOW_NS + 37,
		.error_ns = fuzz_take_u8(input),
	};
	struct xdp_time time;

	xdp_time_fill(&time, content, -25, &clocks, VALID_NS);
	FUZZ_CHECK(time.valid_ns <= VALID_NS);
	FUZZ_CHECK(!time.valid_ns || content->stratum < TIME_STRATUM_NONE);
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	struct time_content content;
	uint8_t bytes[PAGE_MAX];
	bool is_read;

	make_page();
	fuzz_take(&input, bytes, sizeof(bytes));
	memcpy(page, bytes, sizeof(bytes));
	is_read = time_page_read(mapped, &content);
	check_reading(bytes, is_read, &content);
	answer(&content, &input);
	convert(&content, &input);
	tell_kernel(&content, &input);

	return 0;
}
