// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests that tell nothing, answers that are believed or not and why, and the sample that four
 * timestamps make.
 */
#include "user/ntp/exchange.h"
#include "user/ntp/mac.h"

#include <errno.h>
#include <string.h>

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

/* An instant in 2026, as realtime and as the servers' time. */
#define UTC_NS		(1795160717LL * NS_PER_S)

/* The reference's time then: raw, some hours after boot. */
#define RAW_NS		(7200LL * NS_PER_S)

static const struct ntp_limits limits = {
	.minstratum = 0,
	.maxstratum = 15,
	.maxdelay_ns = 3 * NS_PER_S,
};

/* A good answer to @exchange. */
static struct ntp_packet good_answer(const struct ntp_exchange *exchange)
{
	return (struct ntp_packet) {
		.version = 4,
		.mode = NTP_MODE_SERVER,
		.stratum = 2,
		.precision = -25,
		.root_delay_ns = 15 * NS_PER_MS,
		.root_dispersion_ns = NS_PER_MS,
		.refid = 0xc0000201,
		.reference = ntp_timestamp_from_ns(UTC_NS - NS_PER_S),
		.origin = exchange->nonce,
		.receive = ntp_timestamp_from_ns(UTC_NS + 10 * NS_PER_MS),
		.transmit = ntp_timestamp_from_ns(UTC_NS + 11 * NS_PER_MS),
	};
}

static enum ntp_verdict judge(struct ntp_exchange *exchange, const struct ntp_packet *answer)
{
	uint8_t bytes[NTP_HEADER_SIZE];
	struct ntp_packet decoded;

	ntp_packet_encode(answer, bytes);
	return ntp_exchange_judge(exchange, bytes, sizeof(bytes), &limits, &decoded);
}

TEST(a_request_tells_nothing)
{
	uint8_t bytes[NTP_HEADER_SIZE];
	struct ntp_exchange exchange;
	struct ntp_packet request;

	ntp_exchange_start(&exchange, 0x1122334455667788, 4, bytes);
	ASSERT_EQ(0, ntp_packet_decode(bytes, sizeof(bytes), &request));
	EXPECT_EQ(NTP_MODE_CLIENT, request.mode);
	EXPECT_EQ(4, request.version);
	EXPECT_EQ(0x1122334455667788, request.transmit);
	/* All but the first byte, the precision and the nonce is zero. */
	for (size_t i = 1; i < sizeof(bytes) - 8; i++)
		EXPECT_EQ(i == 3 ? 32 : 0, bytes[i]);
}

TEST(a_nonce_is_never_zero)
{
	uint8_t bytes[NTP_HEADER_SIZE];
	struct ntp_exchange exchange;

	ntp_exchange_start(&exchange, 0, 3, bytes);
	EXPECT_NE(0, exchange.nonce);
}

/* What is wrong with an answer. */
enum fault {
	NO_FAULT,
	OLD_VERSION,
	MODE_CLIENT,
	MODE_BROADCAST,
	WRONG_NONCE,
	NO_NONCE,
	STRANGE_KISS,
	KISS_RATE,
	KISS_DENY,
	KISS_OF_NTS,
	KISS_UNKNOWN,
	UNSYNCHRONISED,
	STRATUM_16,
	STRATUM_255,
	DISTANCE_16_S,
	PRECISION_32_S,
	NO_RECEIVE,
	NO_TRANSMIT,
	LEFT_BEFORE_IT_CAME,
	LEFT_A_TICK_EARLY,
	FUZZED_BY_500_NS,
	CAME_IN_2036,
};

/* Make the packet a KISS with that code. */
static void kiss(struct ntp_packet *answer, uint32_t code)
{
	answer->leap = NTP_LEAP_UNSYNCHRONISED;
	answer->stratum = 0;
	answer->refid = code;
}

/* In units of a timestamp. */
static uint64_t ntp_fraction(int64_t ns)
{
	return ((uint64_t)ns << 32) / NS_PER_S;
}

static void spoil(struct ntp_packet *answer, enum fault fault)
{
	switch (fault) {
	case NO_FAULT:
		break;
	case OLD_VERSION:
		answer->version = 3;
		break;
	case MODE_CLIENT:
		answer->mode = NTP_MODE_CLIENT;
		break;
	case MODE_BROADCAST:
		answer->mode = NTP_MODE_BROADCAST;
		break;
	case WRONG_NONCE:
		answer->origin++;
		break;
	case NO_NONCE:
		answer->origin = 0;
		break;
	case STRANGE_KISS:
		kiss(answer, NTP_KISS_DENY);
		answer->origin = 0;
		break;
	case KISS_RATE:
		kiss(answer, NTP_KISS_RATE);
		break;
	case KISS_DENY:
		kiss(answer, NTP_KISS_DENY);
		break;
	case KISS_OF_NTS:
		kiss(answer, NTP_KISS_NTSN);
		break;
	case KISS_UNKNOWN:
		kiss(answer, NTP_REFID('I', 'N', 'I', 'T'));
		answer->leap = NTP_LEAP_NONE;
		break;
	case UNSYNCHRONISED:
		answer->leap = NTP_LEAP_UNSYNCHRONISED;
		break;
	case STRATUM_16:
		answer->stratum = 16;
		break;
	case STRATUM_255:
		answer->stratum = 255;
		break;
	case DISTANCE_16_S:
		answer->root_delay_ns = 16 * NS_PER_S;
		answer->root_dispersion_ns = 8 * NS_PER_S;
		break;
	case PRECISION_32_S:
		answer->precision = 5;
		break;
	case NO_RECEIVE:
		answer->receive = 0;
		break;
	case NO_TRANSMIT:
		answer->transmit = 0;
		break;
	case LEFT_BEFORE_IT_CAME:
		answer->precision = -25;
		answer->transmit = answer->receive - ntp_fraction(1100);
		break;
	case LEFT_A_TICK_EARLY:
		answer->precision = -10;
		answer->transmit = answer->receive - ntp_fraction(970000);
		break;
	case FUZZED_BY_500_NS:
		answer->precision = -25;
		answer->transmit = answer->receive - ntp_fraction(500);
		break;
	case CAME_IN_2036:
		answer->receive = 1;
		break;
	}
}

static const struct {
	const char *name;
	enum fault fault;
	enum ntp_verdict verdict;
	bool ends;
} answers[] = {
	{ "good", NO_FAULT, NTP_ACCEPTED, true },
	{ "older version", OLD_VERSION, NTP_ACCEPTED, true },
	{ "another client's request", MODE_CLIENT, NTP_NO_ANSWER, false },
	{ "broadcast", MODE_BROADCAST, NTP_NO_ANSWER, false },
	{ "wrong nonce", WRONG_NONCE, NTP_BOGUS, false },
	{ "no nonce", NO_NONCE, NTP_BOGUS, false },
	{ "KISS from a stranger", STRANGE_KISS, NTP_BOGUS, false },
	{ "KISS RATE", KISS_RATE, NTP_KISS, true },
	{ "KISS DENY", KISS_DENY, NTP_KISS, true },
	{ "KISS that refuses a cookie", KISS_OF_NTS, NTP_UNSYNCHRONISED, true },
	{ "stratum 0 without a known code", KISS_UNKNOWN, NTP_UNSYNCHRONISED, true },
	{ "leap says unsynchronised", UNSYNCHRONISED, NTP_UNSYNCHRONISED, true },
	{ "stratum 16", STRATUM_16, NTP_UNSYNCHRONISED, true },
	{ "stratum 255", STRATUM_255, NTP_UNSYNCHRONISED, true },
	{ "root distance of 16 s", DISTANCE_16_S, NTP_DISTANCE_TOO_GREAT, true },
	{ "precision of 32 s", PRECISION_32_S, NTP_DISTANCE_TOO_GREAT, true },
	{ "no receive timestamp", NO_RECEIVE, NTP_ZERO_TIMESTAMP, true },
	{ "no transmit timestamp", NO_TRANSMIT, NTP_ZERO_TIMESTAMP, true },
	{ "left before it came, by less than a tick", LEFT_A_TICK_EARLY, NTP_ACCEPTED, true },
	{ "left before it came, by some ns", FUZZED_BY_500_NS, NTP_ACCEPTED, true },
	{ "left before it came", LEFT_BEFORE_IT_CAME, NTP_SERVER_REVERSED, true },
	{ "came in 2036", CAME_IN_2036, NTP_SERVER_REVERSED, true },
};

TEST(answers_are_judged)
{
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		uint8_t bytes[NTP_HEADER_SIZE];
		struct ntp_exchange exchange;
		struct ntp_packet answer;
		enum ntp_verdict verdict;

		ntp_exchange_start(&exchange, 42, 4, bytes);
		answer = good_answer(&exchange);
		spoil(&answer, answers[i].fault);
		verdict = judge(&exchange, &answer);
		EXPECT_EQ(answers[i].verdict, verdict)
			TH_LOG("%s", answers[i].name);
		EXPECT_EQ(answers[i].ends, ntp_verdict_ends(verdict))
			TH_LOG("%s", answers[i].name);
		/* What is not the answer does not stand in the answer's way. */
		if (answers[i].ends)
			continue;
		answer = good_answer(&exchange);
		EXPECT_EQ(NTP_ACCEPTED, judge(&exchange, &answer))
			TH_LOG("after: %s", answers[i].name);
	}
}

TEST(a_second_answer_is_a_duplicate)
{
	uint8_t bytes[NTP_HEADER_SIZE];
	struct ntp_exchange exchange;
	struct ntp_packet answer;

	ntp_exchange_start(&exchange, 42, 4, bytes);
	answer = good_answer(&exchange);
	EXPECT_EQ(NTP_ACCEPTED, judge(&exchange, &answer));
	EXPECT_EQ(NTP_DUPLICATE, judge(&exchange, &answer));
}

#define BEFORE	0xec00000140000001	/* when the server received the request before */

TEST(an_interleaved_request_tells_nothing_either)
{
	uint8_t bytes[NTP_HEADER_SIZE];
	struct ntp_exchange exchange;
	struct ntp_packet request;

	ntp_exchange_start(&exchange, 42, 4, bytes);
	EXPECT_EQ(0, exchange.receive_nonce);
	ntp_exchange_interleave(&exchange, 43, BEFORE, bytes);
	ASSERT_EQ(0, ntp_packet_decode(bytes, sizeof(bytes), &request));
	EXPECT_EQ(NTP_MODE_CLIENT, request.mode);
	EXPECT_EQ(4, request.version);
	EXPECT_EQ(BEFORE, request.origin);
	EXPECT_EQ(43, request.receive);
	EXPECT_EQ(42, request.transmit);
	for (size_t i = 1; i < 24; i++)
		EXPECT_EQ(i == 3 ? 32 : 0, bytes[i]);
}

/* Else nobody could tell which of them comes back. */
TEST(its_timestamps_differ)
{
	static const uint64_t nonces[] = { 0, 42, BEFORE, BEFORE - 1, UINT64_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(nonces); i++) {
		uint8_t bytes[NTP_HEADER_SIZE];
		struct ntp_exchange exchange;

		ntp_exchange_start(&exchange, i == 3 ? BEFORE - 1 : 42, 4, bytes);
		ntp_exchange_interleave(&exchange, nonces[i], BEFORE, bytes);
		EXPECT_NE(0, exchange.receive_nonce);
		EXPECT_NE(exchange.nonce, exchange.receive_nonce);
		EXPECT_NE(BEFORE, exchange.receive_nonce);
	}
}

TEST(an_interleaved_answer_returns_the_other_timestamp)
{
	uint8_t bytes[NTP_HEADER_SIZE];
	struct ntp_exchange exchange;
	struct ntp_packet answer;

	ntp_exchange_start(&exchange, 42, 4, bytes);
	answer = good_answer(&exchange);
	answer.origin = 43;
	EXPECT_EQ(NTP_BOGUS, judge(&exchange, &answer));
	ntp_exchange_interleave(&exchange, 43, BEFORE, bytes);
	answer.origin = BEFORE;
	EXPECT_EQ(NTP_BOGUS, judge(&exchange, &answer));
	EXPECT_FALSE(exchange.answered);

	/* It left before this request came: the answer before did. */
	answer.origin = 43;
	answer.transmit -= 64ULL << 32;
	EXPECT_EQ(NTP_ACCEPTED, judge(&exchange, &answer));
	EXPECT_TRUE(exchange.interleaved);
	EXPECT_EQ(NTP_DUPLICATE, judge(&exchange, &answer));

	/* The server need not do it. */
	ntp_exchange_start(&exchange, 42, 4, bytes);
	ntp_exchange_interleave(&exchange, 43, BEFORE, bytes);
	answer.origin = 42;
	EXPECT_EQ(NTP_SERVER_REVERSED, judge(&exchange, &answer));
	ntp_exchange_start(&exchange, 42, 4, bytes);
	ntp_exchange_interleave(&exchange, 43, BEFORE, bytes);
	answer = good_answer(&exchange);
	EXPECT_EQ(NTP_ACCEPTED, judge(&exchange, &answer));
	EXPECT_FALSE(exchange.interleaved);
}

static const struct ntp_key our_key = {
	.id = 7,
	.type = NTP_MAC_SHA256,
	.length = 6,
	.secret = "secret",
};

static const struct ntp_limits authentic = {
	.minstratum = 0,
	.maxstratum = 15,
	.maxdelay_ns = 3 * NS_PER_S,
	.key = &our_key,
};

enum proof {
	NO_MAC,
	OUR_MAC,
	NAK,
	NAK_WITH_OUR_NUMBER,
	OTHER_NUMBER,
	OTHER_SECRET,
	CHANGED_AFTERWARDS,
	MAC_OF_ANOTHER_NONCE,
};

/* An answer of @version with that MAC; its length. */
static size_t make_authentic(const struct ntp_exchange *exchange, uint8_t version,
			     enum proof proof, uint8_t *bytes, size_t size)
{
	struct ntp_packet answer = good_answer(exchange);
	struct ntp_key key = our_key;
	size_t length;

	answer.version = version;
	if (proof == MAC_OF_ANOTHER_NONCE)
		answer.origin++;
	ntp_packet_encode(&answer, bytes);
	memset(bytes + NTP_HEADER_SIZE, 0, 4);
	if (proof == NO_MAC)
		return NTP_HEADER_SIZE;
	if (proof == NAK || proof == NAK_WITH_OUR_NUMBER) {
		bytes[NTP_HEADER_SIZE + 3] = proof == NAK ? 0 : 7;
		return NTP_HEADER_SIZE + 4;
	}
	key.id += proof == OTHER_NUMBER;
	key.secret[0] += proof == OTHER_SECRET;
	length = ntp_mac_append(&key, bytes, NTP_HEADER_SIZE, size);
	bytes[1] += proof == CHANGED_AFTERWARDS;
	return length;
}

static const struct {
	enum proof proof;
	enum ntp_verdict verdict;
} proofs[] = {
	{ NO_MAC, NTP_UNAUTHENTICATED },
	{ NAK, NTP_CRYPTO_NAK },
	{ NAK_WITH_OUR_NUMBER, NTP_CRYPTO_NAK },
	{ OTHER_NUMBER, NTP_OTHER_KEY },
	{ OTHER_SECRET, NTP_WRONG_MAC },
	{ CHANGED_AFTERWARDS, NTP_WRONG_MAC },
	{ MAC_OF_ANOTHER_NONCE, NTP_BOGUS },
};

TEST(with_a_key_only_answers_with_its_mac_are_accepted)
{
	for (uint8_t version = 3; version <= 4; version++) {
		for (size_t i = 0; i < ARRAY_SIZE(proofs); i++) {
			uint8_t bytes[NTP_HEADER_SIZE + NTP_MAC_SIZE_MAX];
			struct ntp_exchange exchange;
			struct ntp_packet answer;
			enum ntp_verdict verdict;
			size_t length;

			ntp_exchange_start(&exchange, 42, 4, bytes);
			length = make_authentic(&exchange, version, proofs[i].proof, bytes,
						sizeof(bytes));
			verdict = ntp_exchange_judge(&exchange, bytes, length, &authentic, &answer);
			EXPECT_EQ(proofs[i].verdict, verdict)
				TH_LOG("%zu in version %d", i, version);
			/* Anybody on the way could have sent it: the answer may still come. */
			EXPECT_FALSE(ntp_verdict_ends(verdict));
			EXPECT_EQ(verdict != NTP_BOGUS, ntp_verdict_may_be_forged(verdict));
			EXPECT_EQ(verdict == NTP_BOGUS ? -EBADMSG : -ETIMEDOUT,
				  ntp_verdict_errno(verdict));
			EXPECT_STRNE("", ntp_verdict_text(verdict));
			length = make_authentic(&exchange, version, OUR_MAC, bytes, sizeof(bytes));
			EXPECT_EQ(NTP_ACCEPTED, ntp_exchange_judge(&exchange, bytes, length,
								   &authentic, &answer));
			EXPECT_EQ(NTP_DUPLICATE, ntp_exchange_judge(&exchange, bytes, length,
								    &authentic, &answer));
		}
	}
}

/* Else anybody on the way could silence a server for a day. */
TEST(with_a_key_a_kiss_needs_its_mac)
{
	uint8_t bytes[NTP_HEADER_SIZE + NTP_MAC_SIZE_MAX];
	struct ntp_exchange exchange;
	struct ntp_packet answer;
	size_t length;

	ntp_exchange_start(&exchange, 42, 4, bytes);
	answer = good_answer(&exchange);
	kiss(&answer, NTP_KISS_DENY);
	ntp_packet_encode(&answer, bytes);
	EXPECT_EQ(NTP_UNAUTHENTICATED, ntp_exchange_judge(&exchange, bytes, NTP_HEADER_SIZE,
							  &authentic, &answer));
	length = ntp_mac_append(&our_key, bytes, NTP_HEADER_SIZE, sizeof(bytes));
	EXPECT_EQ(NTP_KISS, ntp_exchange_judge(&exchange, bytes, length, &authentic, &answer));
}

TEST(without_a_key_a_mac_is_not_looked_at)
{
	uint8_t bytes[NTP_HEADER_SIZE + NTP_MAC_SIZE_MAX];
	struct ntp_exchange exchange;
	struct ntp_packet answer;
	size_t length;

	ntp_exchange_start(&exchange, 42, 4, bytes);
	length = make_authentic(&exchange, 4, OTHER_SECRET, bytes, sizeof(bytes));
	EXPECT_EQ(NTP_ACCEPTED, ntp_exchange_judge(&exchange, bytes, length, &limits, &answer));
}

TEST(a_newer_version_than_asked_for_is_no_answer)
{
	uint8_t bytes[NTP_HEADER_SIZE];
	struct ntp_exchange exchange;
	struct ntp_packet answer;

	ntp_exchange_start(&exchange, 42, 3, bytes);
	answer = good_answer(&exchange);
	EXPECT_EQ(NTP_NO_ANSWER, judge(&exchange, &answer));
}

TEST(short_packets_are_malformed)
{
	uint8_t bytes[NTP_HEADER_SIZE];
	struct ntp_exchange exchange;
	struct ntp_packet answer;

	ntp_exchange_start(&exchange, 42, 4, bytes);
	answer = good_answer(&exchange);
	ntp_packet_encode(&answer, bytes);
	EXPECT_EQ(NTP_MALFORMED, ntp_exchange_judge(&exchange, bytes, sizeof(bytes) - 1, &limits,
						    &answer));
}

TEST(strata_have_limits)
{
	static const struct ntp_limits narrow = { .minstratum = 3, .maxstratum = 4 };
	static const enum ntp_verdict expected[] = {
		[2] = NTP_STRATUM_REFUSED, [3] = NTP_ACCEPTED, [4] = NTP_ACCEPTED,
		[5] = NTP_STRATUM_REFUSED,
	};

	for (uint8_t stratum = 2; stratum <= 5; stratum++) {
		uint8_t bytes[NTP_HEADER_SIZE];
		struct ntp_exchange exchange;
		struct ntp_packet answer;

		ntp_exchange_start(&exchange, 42, 4, bytes);
		answer = good_answer(&exchange);
		answer.stratum = stratum;
		ntp_packet_encode(&answer, bytes);
		EXPECT_EQ(expected[stratum],
			  ntp_exchange_judge(&exchange, bytes, sizeof(bytes), &narrow, &answer));
	}
}

/* An option of a server: what it says is less counts as this. */
TEST(a_stratum_is_raised)
{
	static const struct ntp_limits raised = { .maxstratum = 4, .raised_stratum = 4 };
	static const struct ntp_limits beyond = { .maxstratum = 4, .raised_stratum = 5 };
	uint8_t bytes[NTP_HEADER_SIZE];
	struct ntp_exchange exchange;
	struct ntp_packet answer;

	ntp_exchange_start(&exchange, 42, 4, bytes);
	answer = good_answer(&exchange);
	ntp_packet_encode(&answer, bytes);
	EXPECT_EQ(NTP_ACCEPTED,
		  ntp_exchange_judge(&exchange, bytes, sizeof(bytes), &raised, &answer));
	ntp_exchange_start(&exchange, 43, 4, bytes);
	answer = good_answer(&exchange);
	ntp_packet_encode(&answer, bytes);
	EXPECT_EQ(NTP_STRATUM_REFUSED,
		  ntp_exchange_judge(&exchange, bytes, sizeof(bytes), &beyond, &answer));
}

/* Clocks read at @at_ns after the start, realtime and raw running alike. */
static struct ntp_moment moment(int64_t at_ns)
{
	return (struct ntp_moment) {
		.now = {
			.raw_ns = RAW_NS + at_ns,
			.reference_ns = RAW_NS + at_ns,
			.realtime_ns = UTC_NS + at_ns,
			.time_ns = UTC_NS + at_ns,
		},
	};
}

/* An accepted answer of a server whose clock says @t2_ns and @t3_ns after UTC_NS. */
static struct ntp_packet answer_at(int64_t t2_ns, int64_t t3_ns)
{
	struct ntp_exchange exchange = { .nonce = 1 };
	struct ntp_packet answer = good_answer(&exchange);

	answer.receive = ntp_timestamp_from_ns(UTC_NS + t2_ns);
	answer.transmit = ntp_timestamp_from_ns(UTC_NS + t3_ns);
	return answer;
}

/* The order of two readings that are the same but for the clock's resolution says nothing. */
TEST(a_server_that_took_no_time_did_not_take_less)
{
	struct ntp_packet answer = answer_at(10 * NS_PER_MS, 10 * NS_PER_MS - 800000);
	struct ntp_moment sent = moment(0);
	struct ntp_moment received = moment(20 * NS_PER_MS);
	struct source_sample sample;

	answer.precision = -10;
	ASSERT_EQ(NTP_ACCEPTED, ntp_exchange_sample(&answer, &sent, &received, &limits, &sample));
	EXPECT_EQ(20 * NS_PER_MS, sample.delay_ns);
	EXPECT_EQ(UTC_NS - RAW_NS - 400000, sample.offset_ns);
	EXPECT_GE(sample.noise_ns, 300000);
}

TEST(four_timestamps_make_a_sample)
{
	/* 10 ms there, 1 ms at the server, 30 ms back; the server is 7 s ahead. */
	struct ntp_packet answer = answer_at(7 * NS_PER_S + 10 * NS_PER_MS,
					     7 * NS_PER_S + 11 * NS_PER_MS);
	struct ntp_moment sent = moment(0);
	struct ntp_moment received = moment(41 * NS_PER_MS);
	struct source_sample sample;

	received.now.epoch = 3;
	sent.now.epoch = 3;
	sent.now.followed_ns = 100;
	received.now.followed_ns = 200;
	ASSERT_EQ(NTP_ACCEPTED, ntp_exchange_sample(&answer, &sent, &received, &limits, &sample));
	EXPECT_EQ(40 * NS_PER_MS, sample.delay_ns);
	EXPECT_EQ(RAW_NS + 20 * NS_PER_MS + 500000, sample.at_ns);
	/* By half the asymmetry wrong, 10 ms. */
	EXPECT_EQ(UTC_NS - RAW_NS + 7 * NS_PER_S - 10 * NS_PER_MS, sample.offset_ns);
	EXPECT_EQ(15 * NS_PER_MS / 1000000, sample.root_delay_ns / 1000000);
	EXPECT_EQ(2, sample.stratum);
	EXPECT_EQ(3, sample.epoch);
	EXPECT_EQ(200, sample.followed_ns);
	EXPECT_EQ(0xc0000201, sample.refid);
	EXPECT_GE(200, sample.noise_ns);
	EXPECT_LE(1, sample.noise_ns);
}

TEST(kernel_timestamps_take_precedence)
{
	struct ntp_packet answer = answer_at(5 * NS_PER_MS, 5 * NS_PER_MS);
	struct ntp_moment sent = moment(0);
	struct ntp_moment received = moment(12 * NS_PER_MS);
	struct source_sample sample;

	/* It left 1 ms after the reading and came 1 ms before it. */
	sent.has_realtime = true;
	sent.realtime_ns = UTC_NS + NS_PER_MS;
	received.has_realtime = true;
	received.realtime_ns = UTC_NS + 11 * NS_PER_MS;
	ASSERT_EQ(NTP_ACCEPTED, ntp_exchange_sample(&answer, &sent, &received, &limits, &sample));
	EXPECT_EQ(10 * NS_PER_MS, sample.delay_ns);
	EXPECT_EQ(UTC_NS - RAW_NS - NS_PER_MS, sample.offset_ns);
}

TEST(a_slew_of_the_system_clock_does_not_bend_timestamps)
{
	struct ntp_packet answer = answer_at(5 * NS_PER_MS, 5 * NS_PER_MS);
	struct ntp_moment sent = moment(0);
	struct ntp_moment received = moment(12 * NS_PER_MS);
	struct source_sample sample;

	/* Realtime runs 10 % fast: 13.2 ms passed by it; the stamps say 1.1 ms and 12.1 ms. */
	received.now.realtime_ns = UTC_NS + 13200000;
	sent.has_realtime = true;
	sent.realtime_ns = UTC_NS + 1100000;
	received.has_realtime = true;
	received.realtime_ns = UTC_NS + 12100000;
	ASSERT_EQ(NTP_ACCEPTED, ntp_exchange_sample(&answer, &sent, &received, &limits, &sample));
	EXPECT_EQ(10 * NS_PER_MS, sample.delay_ns);
	EXPECT_EQ(UTC_NS - RAW_NS - NS_PER_MS, sample.offset_ns);
}

TEST(noise_comes_of_all_clocks)
{
	struct ntp_packet answer = answer_at(5 * NS_PER_MS, 5 * NS_PER_MS);
	struct ntp_moment sent = moment(0);
	struct ntp_moment received = moment(10 * NS_PER_MS);
	struct source_sample exact, coarse_server, coarse_readings;

	ASSERT_EQ(NTP_ACCEPTED, ntp_exchange_sample(&answer, &sent, &received, &limits, &exact));
	/* A server that counts in 2^-10 s is right to half of that, twice, averaged. */
	answer.precision = -10;
	ASSERT_EQ(NTP_ACCEPTED,
		  ntp_exchange_sample(&answer, &sent, &received, &limits, &coarse_server));
	EXPECT_LT(340000, coarse_server.noise_ns);
	EXPECT_GT(360000, coarse_server.noise_ns);
	answer.precision = -25;
	sent.now.reading_ns = 50000;
	ASSERT_EQ(NTP_ACCEPTED,
		  ntp_exchange_sample(&answer, &sent, &received, &limits, &coarse_readings));
	EXPECT_LT(exact.noise_ns + 24000, coarse_readings.noise_ns);
}

TEST(disrupted_exchanges_give_nothing)
{
	struct ntp_packet answer = answer_at(5 * NS_PER_MS, 5 * NS_PER_MS);
	struct ntp_moment sent = moment(0);
	struct source_sample sample = { .delay_ns = 77 };
	struct ntp_moment received;

	received = moment(10 * NS_PER_MS);
	received.now.epoch++;
	EXPECT_EQ(NTP_DISRUPTED, ntp_exchange_sample(&answer, &sent, &received, &limits, &sample));
	received = moment(10 * NS_PER_MS);
	received.now.disruptions++;
	EXPECT_EQ(NTP_DISRUPTED, ntp_exchange_sample(&answer, &sent, &received, &limits, &sample));
	/* A revert took raw back. */
	received = moment(10 * NS_PER_MS);
	received.now.raw_ns = RAW_NS - 1;
	EXPECT_EQ(NTP_DISRUPTED, ntp_exchange_sample(&answer, &sent, &received, &limits, &sample));
	EXPECT_EQ(77, sample.delay_ns);
}

TEST(steps_of_the_system_clock_are_noticed)
{
	static const int64_t steps[] = { NS_PER_S, -NS_PER_S, 5 * NS_PER_MS, -5 * NS_PER_MS };
	struct ntp_packet answer = answer_at(5 * NS_PER_MS, 5 * NS_PER_MS);
	struct source_sample sample;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct ntp_moment sent = moment(0);
		struct ntp_moment received = moment(10 * NS_PER_MS);

		received.now.realtime_ns += steps[i];
		EXPECT_EQ(NTP_STEPPED,
			  ntp_exchange_sample(&answer, &sent, &received, &limits, &sample));
	}
}

TEST(timestamps_from_elsewhere_are_noticed)
{
	static const int64_t stamps[] = {
		-2 * NS_PER_MS, 12 * NS_PER_MS, -UTC_NS, INT64_MAX - UTC_NS,
	};
	struct ntp_packet answer = answer_at(5 * NS_PER_MS, 5 * NS_PER_MS);
	struct source_sample sample;

	for (size_t i = 0; i < ARRAY_SIZE(stamps); i++) {
		struct ntp_moment sent = moment(0);
		struct ntp_moment received = moment(10 * NS_PER_MS);

		sent.has_realtime = true;
		sent.realtime_ns = UTC_NS + stamps[i];
		EXPECT_EQ(NTP_STEPPED,
			  ntp_exchange_sample(&answer, &sent, &received, &limits, &sample));
		sent.has_realtime = false;
		received.has_realtime = true;
		received.realtime_ns = UTC_NS + stamps[i];
		EXPECT_EQ(NTP_STEPPED,
			  ntp_exchange_sample(&answer, &sent, &received, &limits, &sample));
	}
}

TEST(delays_have_limits)
{
	struct ntp_moment sent = moment(0);
	struct ntp_moment received = moment(10 * NS_PER_MS);
	struct ntp_packet answer = answer_at(0, 11 * NS_PER_MS);
	struct source_sample sample;

	EXPECT_EQ(NTP_DELAY_NEGATIVE,
		  ntp_exchange_sample(&answer, &sent, &received, &limits, &sample));
	/* A little less than nothing is the clocks' noise, and so is a little more. */
	for (int64_t over_ns = -100; over_ns <= 100; over_ns += 100) {
		answer = answer_at(0, 10 * NS_PER_MS + over_ns);
		ASSERT_EQ(NTP_ACCEPTED,
			  ntp_exchange_sample(&answer, &sent, &received, &limits, &sample));
		EXPECT_GT(sample.delay_ns, 0);
		EXPECT_GE(sample.delay_ns, 2 * sample.noise_ns - 2);
		EXPECT_LE(sample.delay_ns, 2 * sample.noise_ns + 2);
	}

	received = moment(3 * NS_PER_S);
	answer = answer_at(0, 0);
	EXPECT_EQ(NTP_ACCEPTED, ntp_exchange_sample(&answer, &sent, &received, &limits, &sample));
	received = moment(3 * NS_PER_S + 1);
	EXPECT_EQ(NTP_DELAY_TOO_LONG,
		  ntp_exchange_sample(&answer, &sent, &received, &limits, &sample));
	/* What was measured is told all the same. */
	EXPECT_EQ(3 * NS_PER_S + 1, sample.delay_ns);
}

TEST(samples_stay_in_range_whatever_the_clocks_say)
{
	struct unit_random random = { .state = 7 };
	struct source_sample sample;

	for (int i = 0; i < 100000; i++) {
		struct ntp_packet answer = answer_at(0, 0);
		struct ntp_moment sent = moment(0);
		struct ntp_moment received = moment(0);
		int64_t wait_ns = (int64_t)unit_random_below(&random, 8 * NS_PER_S);

		answer.receive = unit_random(&random);
		answer.transmit = unit_random(&random);
		sent.now.raw_ns = unit_random_s64(&random) / 2;
		sent.now.reference_ns = unit_random_s64(&random) / 2;
		sent.now.realtime_ns = unit_random_s64(&random) / 2;
		received.now.raw_ns = sent.now.raw_ns + wait_ns;
		received.now.reference_ns = sent.now.reference_ns + wait_ns;
		received.now.realtime_ns = sent.now.realtime_ns + wait_ns;
		if (ntp_exchange_sample(&answer, &sent, &received, &limits, &sample))
			continue;
		ASSERT_LE(0, sample.delay_ns);
		ASSERT_GE(limits.maxdelay_ns, sample.delay_ns);
		ASSERT_LE(0, sample.noise_ns);
	}
}

TEST(every_verdict_has_words)
{
	for (int verdict = NTP_ACCEPTED; verdict <= NTP_STEPPED; verdict++) {
		bool good = verdict == NTP_ACCEPTED || verdict == NTP_POSTPONED;

		EXPECT_EQ(good, ntp_verdict_errno(verdict) == 0);
		EXPECT_EQ(good, strlen(ntp_verdict_text(verdict)) == 0);
	}
}

/* An answer of 76 bytes to @exchange, whose field F323 says @root. */
static enum ntp_verdict judge_root(struct ntp_exchange *exchange, const struct mono_root *root,
				   struct ntp_packet *decoded)
{
	uint8_t bytes[NTP_HEADER_SIZE + MONO_ROOT_SIZE];
	struct ntp_packet answer = good_answer(exchange);

	ntp_packet_encode(&answer, bytes);
	mono_root_write(root, bytes + NTP_HEADER_SIZE);
	return ntp_exchange_judge(exchange, bytes, sizeof(bytes), &limits, decoded);
}

TEST(an_extension_field_that_was_asked_for_counts)
{
	struct mono_root root = { .root_delay_ns = 12345, .root_dispersion_ns = 678,
				  .receive = 0x0102030405060708, .epoch = 9 };
	uint8_t bytes[NTP_HEADER_SIZE + MONO_ROOT_SIZE];
	struct ntp_exchange exchange;
	struct ntp_packet answer;
	struct mono_root asked;

	ntp_exchange_start(&exchange, 7, 4, bytes);
	ASSERT_EQ(sizeof(bytes), ntp_exchange_ask_root(&exchange, bytes));
	ASSERT_EQ(0, ntp_packet_decode(bytes, sizeof(bytes), &answer));
	ASSERT_TRUE(mono_root_read(bytes, &answer, &asked));
	EXPECT_EQ(0, asked.receive);

	ASSERT_EQ(NTP_ACCEPTED, judge_root(&exchange, &root, &answer));
	EXPECT_LE(12345, answer.root_delay_ns);
	EXPECT_GE(12345 + 4, answer.root_delay_ns);
	EXPECT_LE(678, answer.root_dispersion_ns);
	EXPECT_GE(678 + 4, answer.root_dispersion_ns);
	EXPECT_EQ(root.receive, exchange.root.receive);
	EXPECT_EQ(9, exchange.root.epoch);

	/* The distances are limited, whoever tells them. */
	ntp_exchange_start(&exchange, 7, 4, bytes);
	ntp_exchange_ask_root(&exchange, bytes);
	root.root_dispersion_ns = INT64_MAX;
	EXPECT_EQ(NTP_DISTANCE_TOO_GREAT, judge_root(&exchange, &root, &answer));
}

TEST(an_extension_field_that_was_not_asked_for_does_not)
{
	struct mono_root root = { .root_delay_ns = 12345, .receive = 1 };
	uint8_t bytes[NTP_HEADER_SIZE];
	struct ntp_exchange exchange;
	struct ntp_packet answer;

	ntp_exchange_start(&exchange, 7, 4, bytes);
	ASSERT_EQ(NTP_ACCEPTED, judge_root(&exchange, &root, &answer));
	EXPECT_LE(14 * NS_PER_MS, answer.root_delay_ns);
	EXPECT_EQ(0, exchange.root.receive);
}

TEST_HARNESS_MAIN
