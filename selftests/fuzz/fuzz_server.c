// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any packets at an NTP server, several in a row: no answer is longer than its request, none is
 * itself a request, each has what the request asked to be returned, with the extension field F323
 * if it had that, and a transmit timestamp is told once.
 */
#include "user/server/respond.h"

#include "fuzz.h"

#define NOW_NS	(1767225600LL * 1000000000)
#define STAMPS	16

/* The monotonic clock: a quarter of a second ahead. */
#define EPOCH		7
#define MONO_OFFSET_NS	250000000
#define MONO_UNITS	(1ULL << 30)

static void check_root(const struct respond_request *request, const struct respond_answer *answer,
		       const struct ntp_packet *packet)
{
	struct mono_root root;

	FUZZ_CHECK(mono_root_read(answer->bytes, packet, &root) == request->wants_root);
	if (request->wants_root)
		FUZZ_CHECK(root.epoch == EPOCH && root.receive - packet->receive == MONO_UNITS);
}

static void check_answer(const uint8_t *request, const struct respond_answer *answer)
{
	struct ntp_packet packet;

	FUZZ_CHECK(!ntp_packet_decode(answer->bytes, answer->length, &packet));
	FUZZ_CHECK(packet.mode == NTP_MODE_SERVER || packet.mode == NTP_MODE_PASSIVE);
	FUZZ_CHECK(packet.version == (request[0] >> 3 & 7));
	FUZZ_CHECK(packet.receive & 1);
	FUZZ_CHECK(answer->keep || !answer->interleaved);
	/* Origin: the transmit timestamp, or for an interleaved answer the receive timestamp. */
	FUZZ_CHECK(!memcmp(answer->bytes + 24, request + (answer->interleaved ? 32 : 40), 8));
	if (!answer->interleaved)
		FUZZ_CHECK(!(packet.transmit & 1));
}

static uint64_t serve(const struct respond_time *time, struct stamp_table *stamps,
		      const uint8_t *bytes, size_t size)
{
	struct respond_request request = { .bytes = bytes, .length = size, .realtime_ns = NOW_NS,
					   .port = 40000 };
	struct respond_answer answer;
	struct ntp_packet packet;
	uint64_t transmit;

	if (respond_judge(&request) != RESPOND_ANSWER)
		return 0;
	FUZZ_CHECK(size >= NTP_HEADER_SIZE);
	respond_answer(time, &request, stamps, -6, 0x123456789abcdef, &answer);
	transmit = respond_transmit(time, NOW_NS + 20000, 0xfedcba987654321);
	respond_stamp(&answer, transmit);
	FUZZ_CHECK(answer.length <= size);
	check_answer(bytes, &answer);
	FUZZ_CHECK(!ntp_packet_decode(answer.bytes, answer.length, &packet));
	check_root(&request, &answer, &packet);
	if (answer.keep)
		stamp_table_save(stamps, &(struct stamp_record){
			.receive = answer.receive, .transmit = transmit,
			.doubt_ns = answer.doubt_ns,
		});
	if (size % 7 == 0)
		respond_kiss(&answer, NTP_KISS_RATE);

	return answer.receive;
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct time_content content = { .raw_ns = 1, .stratum = 2, .has_mono = true,
					.mono_epoch = EPOCH, .mono_offset_ns = MONO_OFFSET_NS,
					.time = { .origin_ns = NOW_NS, .maxerror_ns = 1000 } };
	struct stamp_record records[STAMPS] = { { 0 } };
	struct stamp_table stamps = { .records = records, .count = STAMPS };
	struct respond_time time;
	uint8_t again[NTP_PACKET_MAX];
	uint64_t receive;

	respond_prepare(&time, &content, -25, NOW_NS);
	receive = serve(&time, &stamps, data, size);
	if (!receive || size > sizeof(again))
		return 0;
	/* The same request, now with the answer's timestamp as its origin, twice. */
	memcpy(again, data, size);
	for (int i = 0; i < 8; i++)
		again[24 + i] = (uint8_t)(receive >> (56 - 8 * i));
	serve(&time, &stamps, again, size);
	serve(&time, &stamps, again, size);

	return 0;
}
