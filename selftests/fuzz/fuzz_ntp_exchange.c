// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any packet as an answer, and any clocks around it: what is accepted is in range and carried our
 * nonce, and what is not leaves the sample alone, but for one that took too long.
 */
#include "user/ntp/exchange.h"
#include "user/ntp/interleave.h"

#include "fuzz.h"
#include "user/lib/time_units.h"

#define NONCE		0x0102030405060708ULL
#define RECEIVE_NONCE	0x1112131415161718ULL
#define UTC_NS		(1795160717LL * NS_PER_S)

static const struct ntp_limits limits = {
	.minstratum = 1,
	.maxstratum = 15,
	.maxdelay_ns = 3 * NS_PER_S,
};

/* Clocks within what a machine may have, or anything at all. */
static void take_moment(struct fuzz_input *input, struct ntp_moment *moment)
{
	bool wild = fuzz_take_u8(input) & 1;
	int64_t at_ns = fuzz_take_s64(input);

	memset(moment, 0, sizeof(*moment));
	if (!wild)
		at_ns %= 10 * NS_PER_S;
	moment->now.raw_ns = at_ns;
	moment->now.reference_ns = wild ? fuzz_take_s64(input) : at_ns;
	moment->now.realtime_ns = wild ? fuzz_take_s64(input) : UTC_NS + at_ns;
	moment->now.reading_ns = fuzz_take_u8(input);
	moment->now.epoch = fuzz_take_u8(input) & 1;
	moment->has_realtime = fuzz_take_u8(input) & 1;
	moment->realtime_ns = moment->now.realtime_ns;
	if (moment->has_realtime)
		moment->realtime_ns = wild ? fuzz_take_s64(input) :
					     UTC_NS + fuzz_take_s64(input) % NS_PER_S;
}

#define UNTOUCHED	(-77)

static void check_range(const struct source_sample *sample)
{
	FUZZ_CHECK(sample->delay_ns >= 0 && sample->delay_ns <= limits.maxdelay_ns);
	FUZZ_CHECK(sample->noise_ns >= 0);
	FUZZ_CHECK(sample->stratum >= 1 && sample->stratum <= 15);
	FUZZ_CHECK(sample->leap <= 2);
	FUZZ_CHECK(sample->root_delay_ns >= 0 && sample->root_dispersion_ns >= 0);
	FUZZ_CHECK(sample->root_delay_ns / 2 + sample->root_dispersion_ns < 16 * NS_PER_S);
}

/* Whose sample was not accepted. */
static void check_refused(enum ntp_verdict verdict, const struct source_sample *sample)
{
	FUZZ_CHECK(sample->delay_ns == UNTOUCHED ||
		   (verdict == NTP_DELAY_TOO_LONG && sample->delay_ns > limits.maxdelay_ns));
}

static void check_sample(const struct ntp_packet *answer, struct fuzz_input *input)
{
	struct source_sample sample = { .delay_ns = UNTOUCHED };
	struct ntp_moment sent, received;
	enum ntp_verdict verdict;

	take_moment(input, &sent);
	take_moment(input, &received);
	verdict = ntp_exchange_sample(answer, &sent, &received, &limits, &sample);
	if (verdict != NTP_ACCEPTED) {
		check_refused(verdict, &sample);
		return;
	}
	check_range(&sample);
	FUZZ_CHECK(sent.now.epoch == received.now.epoch);
}

/* Whatever the monotonic clock says, a server cannot explain more than a tenth of a second. */
static void check_moved(struct ntp_trip *trip, struct fuzz_input *input)
{
	struct mono_root before = { .receive = (uint64_t)fuzz_take_s64(input),
				    .epoch = fuzz_take_u8(input) };
	uint64_t receive = (uint64_t)fuzz_take_s64(input);
	int64_t moved_ns = mono_root_moved_ns(receive, &before, trip->answer.receive, &trip->root);

	FUZZ_CHECK(moved_ns <= NS_PER_S / 10 && moved_ns >= -NS_PER_S / 10);
	if (before.epoch != trip->root.epoch || !before.receive || !trip->root.receive)
		FUZZ_CHECK(!moved_ns);
}

/* The packet as an answer in interleaved mode, and as that before. */
static void check_interleaved(const uint8_t *bytes, size_t length, struct fuzz_input *input)
{
	struct ntp_interleave interleave = { 0 };
	uint8_t request[NTP_HEADER_SIZE + MONO_ROOT_SIZE];
	struct ntp_exchange exchange;
	struct ntp_trip trip;

	ntp_exchange_start(&exchange, NONCE, 4, request);
	ntp_exchange_interleave(&exchange, RECEIVE_NONCE, 1, request);
	ntp_exchange_ask_root(&exchange, request);
	if (ntp_exchange_judge(&exchange, bytes, length, &limits, &trip.answer) != NTP_ACCEPTED)
		return;
	FUZZ_CHECK(trip.answer.origin == (exchange.interleaved ? RECEIVE_NONCE : NONCE));
	trip.root = exchange.root;
	for (int i = 0; i < 3; i++) {
		struct source_sample sample = { .delay_ns = UNTOUCHED };
		enum ntp_verdict verdict;

		take_moment(input, &trip.sent);
		take_moment(input, &trip.received);
		check_moved(&trip, input);
		verdict = ntp_interleave_sample(&interleave, &trip, exchange.interleaved, &limits,
						&sample);
		if (verdict == NTP_ACCEPTED)
			check_range(&sample);
		else
			check_refused(verdict, &sample);
		/* What a server guessed wrongly in basic mode is completed, too. */
		FUZZ_CHECK(verdict == NTP_DELAY_NEGATIVE || interleave.known ==
			   (verdict == NTP_ACCEPTED || verdict == NTP_POSTPONED));
	}
}

/* Nobody who does not know the key gets an answer accepted, or ends the exchange. */
static void check_key(const uint8_t *bytes, size_t length)
{
	static const struct ntp_key key = {
		.id = 7,
		.type = NTP_MAC_SHA256,
		.length = 8,
		.secret = "a secret",
	};
	struct ntp_limits authentic = limits;
	uint8_t request[NTP_HEADER_SIZE];
	struct ntp_exchange exchange;
	struct ntp_packet answer;
	enum ntp_verdict verdict;

	authentic.key = &key;
	ntp_exchange_start(&exchange, NONCE, 4, request);
	verdict = ntp_exchange_judge(&exchange, bytes, length, &authentic, &answer);
	FUZZ_CHECK(!ntp_verdict_ends(verdict) && !exchange.answered);
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { .data = data, .size = size };
	uint8_t request[NTP_HEADER_SIZE];
	uint8_t bytes[256];
	struct ntp_exchange exchange;
	struct ntp_packet answer;
	enum ntp_verdict verdict;
	size_t length;

	length = fuzz_take_u8(&input);
	fuzz_take(&input, bytes, length);
	ntp_exchange_start(&exchange, NONCE, 4, request);
	verdict = ntp_exchange_judge(&exchange, bytes, length, &limits, &answer);
	FUZZ_CHECK(exchange.answered == ntp_verdict_ends(verdict));
	FUZZ_CHECK(!exchange.answered || answer.origin == NONCE);
	check_key(bytes, length);
	if (verdict == NTP_ACCEPTED)
		check_sample(&answer, &input);
	check_interleaved(bytes, length, &input);

	return 0;
}
