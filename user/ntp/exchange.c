// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tests that a packet has to pass, and the arithmetic of the four timestamps. When to ask, and
 * the effect of a refusal on the source, is decided elsewhere.
 */
#include "ntp/exchange.h"

#include <errno.h>
#include <math.h>

#include "clocks/clock_span.h"
#include "core/line.h"
#include "ntp/mac.h"

/* Sources with this root distance or more are not used (RFC 5905 MAXDISP). */
#define NTP_DISTANCE_MAX_NS	16000000000LL

/*
 * Standard error of one software timestamp: the instant between the packet's leaving or coming and
 * the reading of the clock varies by so much on an idle machine. Longer waits look like network
 * delay and are accounted for as such.
 */
#define NTP_STAMP_NOISE_NS	100.0

/* A request's precision of 2^32 s says nothing (draft-ietf-ntp-data-minimization). */
#define NTP_PRECISION_NONE	32

/* The kernel's timestamp may be earlier or later than our readings by this. */
#define NTP_STAMP_SLACK_NS	1000000LL

/* Change of the system clock's rate between timestamp and reading that may go unnoticed. */
#define NTP_RATE_CHANGE		100e-6

/* Slack of round trips shorter than the server's processing, which clock rates may explain. */
#define NTP_RATE_SHIFT		10

/*
 * A server's two readings of one clock may be out of order by its resolution, or by what is fuzzed
 * below that, and by the precision that it states.
 */
#define NTP_ORDER_SLACK_NS	1000LL

static void write_request(const struct ntp_exchange *exchange, uint64_t origin, uint8_t *bytes)
{
	struct ntp_packet request = {
		.version = exchange->version,
		.mode = NTP_MODE_CLIENT,
		.precision = NTP_PRECISION_NONE,
		.origin = origin,
		.receive = exchange->receive_nonce,
		.transmit = exchange->nonce,
	};

	ntp_packet_encode(&request, bytes);
}

void ntp_exchange_start(struct ntp_exchange *exchange, uint64_t nonce, uint8_t version,
			uint8_t *bytes)
{
	*exchange = (struct ntp_exchange) {
		/* Servers send zero for a timestamp that they do not know. */
		.nonce = nonce ? nonce : 1,
		.version = version,
	};
	write_request(exchange, 0, bytes);
}

void ntp_exchange_interleave(struct ntp_exchange *exchange, uint64_t nonce, uint64_t origin,
			     uint8_t *bytes)
{
	/* By which of the two comes back the modes are told apart; zero is neither. */
	while (nonce == 0 || nonce == exchange->nonce || nonce == origin)
		nonce++;
	exchange->receive_nonce = nonce;
	write_request(exchange, origin, bytes);
}

size_t ntp_exchange_ask_root(struct ntp_exchange *exchange, uint8_t *bytes)
{
	exchange->wants_root = true;
	mono_root_write(NULL, bytes + NTP_HEADER_SIZE);

	return NTP_HEADER_SIZE + MONO_ROOT_SIZE;
}

/* NTP_KISS_NTSN is for who has sent a cookie, and comes without authentication: not here. */
static bool is_kiss(const struct ntp_packet *answer)
{
	if (answer->stratum != 0)
		return false;

	return answer->refid == NTP_KISS_RATE || answer->refid == NTP_KISS_DENY ||
	       answer->refid == NTP_KISS_RSTR;
}

/* A server with an older version answers in that. */
static bool is_version_ok(const struct ntp_exchange *exchange, const struct ntp_packet *answer)
{
	return answer->version <= exchange->version;
}

bool ntp_exchange_is_reversed(const struct ntp_packet *answer)
{
	int64_t early_ns = chime_sub_sat(ntp_timestamp_to_ns(answer->receive),
					 ntp_timestamp_to_ns(answer->transmit));

	return early_ns > NTP_ORDER_SLACK_NS + ntp_power_to_ns(answer->precision);
}

static int stratum_of(const struct ntp_packet *answer, const struct ntp_limits *limits)
{
	return answer->stratum > limits->raised_stratum ? answer->stratum : limits->raised_stratum;
}

/* @interleaved: it left later, and its transmit timestamp is that of the answer before. */
static enum ntp_verdict judge_server(const struct ntp_packet *answer, bool interleaved,
				     const struct ntp_limits *limits)
{
	if (is_kiss(answer))
		return NTP_KISS;
	if (answer->leap == NTP_LEAP_UNSYNCHRONISED || answer->stratum == 0 ||
	    answer->stratum >= NTP_STRATUM_UNSYNCHRONISED)
		return NTP_UNSYNCHRONISED;
	if (answer->receive == 0 || answer->transmit == 0)
		return NTP_ZERO_TIMESTAMP;
	if (answer->root_delay_ns / 2 + answer->root_dispersion_ns >= NTP_DISTANCE_MAX_NS ||
	    ntp_power_to_ns(answer->precision) >= NTP_DISTANCE_MAX_NS)
		return NTP_DISTANCE_TOO_GREAT;
	if (!interleaved && ntp_exchange_is_reversed(answer))
		return NTP_SERVER_REVERSED;
	if (stratum_of(answer, limits) < limits->minstratum ||
	    stratum_of(answer, limits) > limits->maxstratum)
		return NTP_STRATUM_REFUSED;

	return NTP_ACCEPTED;
}

/*
 * Does the answer carry a MAC of @key? Extension fields are under the MAC. By MD5 whoever knows a
 * MAC can make that of a longer packet: with such a key none is asked for, and so none is read.
 */
static enum ntp_verdict judge_mac(const uint8_t *bytes, size_t length,
				  const struct ntp_packet *answer, const struct ntp_key *key)
{
	if (!key)
		return NTP_ACCEPTED;
	if (!answer->mac)
		return NTP_UNAUTHENTICATED;
	if (answer->mac == NTP_MAC_SIZE_NAK)
		return NTP_CRYPTO_NAK;
	if (ntp_mac_key_id(bytes, length, answer->mac) != key->id)
		return NTP_OTHER_KEY;

	return ntp_mac_check(key, bytes, length, answer->mac) ? NTP_ACCEPTED : NTP_WRONG_MAC;
}

static enum ntp_verdict judge_nts(const uint8_t *bytes, size_t length, struct nts_session *session)
{
	switch (nts_session_judge(session, bytes, length)) {
	case NTS_AUTHENTIC:
		break;
	case NTS_MISSING:
		return NTP_UNAUTHENTICATED;
	case NTS_FORGED:
		return NTP_WRONG_MAC;
	case NTS_REFUSED:
		return NTP_NTS_NAK;
	}

	return NTP_ACCEPTED;
}

/* What the extension field says, in place of the header. */
static void read_root(struct ntp_exchange *exchange, const uint8_t *bytes,
		      struct ntp_packet *answer)
{
	if (!exchange->wants_root || !mono_root_read(bytes, answer, &exchange->root))
		return;
	answer->root_delay_ns = exchange->root.root_delay_ns;
	answer->root_dispersion_ns = exchange->root.root_dispersion_ns;
}

enum ntp_verdict ntp_exchange_judge(struct ntp_exchange *exchange, const uint8_t *bytes,
				    size_t length, const struct ntp_limits *limits,
				    struct ntp_packet *answer)
{
	enum ntp_verdict verdict;
	bool interleaved;

	if (ntp_packet_decode(bytes, length, answer) < 0)
		return NTP_MALFORMED;
	if (answer->mode != NTP_MODE_SERVER || !is_version_ok(exchange, answer))
		return NTP_NO_ANSWER;
	interleaved = exchange->receive_nonce && answer->origin == exchange->receive_nonce;
	if (!interleaved && answer->origin != exchange->nonce)
		return NTP_BOGUS;
	verdict = limits->nts ? judge_nts(bytes, length, limits->nts) :
				judge_mac(bytes, length, answer, limits->key);
	if (verdict != NTP_ACCEPTED)
		return verdict;
	if (exchange->answered)
		return NTP_DUPLICATE;
	exchange->answered = true;
	exchange->interleaved = interleaved;
	read_root(exchange, bytes, answer);

	return judge_server(answer, interleaved, limits);
}

/* The packet's instant by the reference, and its standard error. */
static int64_t moment_reference(const struct ntp_moment *moment, const struct clock_span *span,
				double *noise_ns)
{
	int64_t distance_ns;

	*noise_ns = NTP_STAMP_NOISE_NS + (double)moment->now.reading_ns;
	if (!moment->has_realtime)
		return moment->now.reference_ns;

	/* The system clock's rate may have been changed since the nearest reading. */
	distance_ns = chime_sub_sat(moment->now.realtime_ns, moment->realtime_ns);
	*noise_ns += fabs((double)distance_ns) * NTP_RATE_CHANGE + (double)moment->error_ns;

	return clock_span_from_realtime(span, moment->realtime_ns);
}

/* Is the kernel's timestamp between the two readings of realtime, as it has to be? */
static bool is_stamp_ok(const struct ntp_moment *moment, const struct clock_span *span)
{
	if (!moment->has_realtime)
		return true;

	return moment->realtime_ns >= chime_sub_sat(span->before.realtime_ns, NTP_STAMP_SLACK_NS) &&
	       moment->realtime_ns <= chime_add_sat(span->after.realtime_ns, NTP_STAMP_SLACK_NS);
}

static enum ntp_verdict judge_clocks(const struct ntp_moment *sent,
				     const struct ntp_moment *received,
				     const struct clock_span *span)
{
	switch (clock_span_judge(span)) {
	case CLOCK_SPAN_GOOD:
		break;
	case CLOCK_SPAN_DISRUPTED:
		return NTP_DISRUPTED;
	case CLOCK_SPAN_STEPPED:
		return NTP_STEPPED;
	}
	if (!is_stamp_ok(sent, span) || !is_stamp_ok(received, span))
		return NTP_STEPPED;

	return NTP_ACCEPTED;
}

/* (a + b) / 2 without overflow. */
static int64_t mean(int64_t a, int64_t b)
{
	return a / 2 + b / 2 + (a % 2 + b % 2) / 2;
}

enum ntp_verdict ntp_exchange_sample(const struct ntp_packet *answer,
				     const struct ntp_moment *sent,
				     const struct ntp_moment *received,
				     const struct ntp_limits *limits,
				     struct source_sample *sample)
{
	int64_t t2 = ntp_timestamp_to_ns(answer->receive);
	int64_t t3 = ntp_timestamp_to_ns(answer->transmit);
	struct clock_span span = { .before = sent->now, .after = received->now };
	int64_t t1, t4, worked_ns, delay_ns, slack_ns;
	double noise1_ns, noise4_ns, precision_ns, noise_ns;
	enum ntp_verdict verdict;

	verdict = judge_clocks(sent, received, &span);
	if (verdict != NTP_ACCEPTED)
		return verdict;

	t1 = moment_reference(sent, &span, &noise1_ns);
	t4 = moment_reference(received, &span, &noise4_ns);
	/* The error of the server's two readings is about half its clock's resolution. */
	precision_ns = (double)ntp_power_to_ns(answer->precision) / 2;
	noise_ns = sqrt(noise1_ns * noise1_ns + noise4_ns * noise4_ns +
			2 * precision_ns * precision_ns) / 2;

	/* Out of order within the clock's resolution: the processing took no time. */
	worked_ns = t3 > t2 ? chime_sub_sat(t3, t2) : 0;
	delay_ns = chime_sub_sat(chime_sub_sat(t4, t1), worked_ns);
	slack_ns = (int64_t)(4 * noise_ns) + (worked_ns >> NTP_RATE_SHIFT);
	if (t4 < t1 || delay_ns < -slack_ns)
		return NTP_DELAY_NEGATIVE;
	/* No packet takes no time. What comes out as less than its noise is known to that only. */
	delay_ns = chime_max(delay_ns, chime_max((int64_t)ceil(2 * noise_ns), 1));
	*sample = (struct source_sample) {
		.at_ns = mean(t1, t4),
		.offset_ns = mean(chime_sub_sat(t2, t1), chime_sub_sat(t3, t4)),
		.delay_ns = delay_ns,
		.noise_ns = (int64_t)ceil(noise_ns),
		.root_delay_ns = answer->root_delay_ns,
		.root_dispersion_ns = answer->root_dispersion_ns,
		.refid = answer->refid,
		.epoch = received->now.epoch,
		.followed_ns = received->now.followed_ns,
		.stratum = answer->stratum,
		.leap = (uint8_t)answer->leap,
	};

	return delay_ns > limits->maxdelay_ns ? NTP_DELAY_TOO_LONG : NTP_ACCEPTED;
}

bool ntp_verdict_ends(enum ntp_verdict verdict)
{
	switch (verdict) {
	case NTP_MALFORMED:
	case NTP_NO_ANSWER:
	case NTP_BOGUS:
	case NTP_DUPLICATE:
	case NTP_UNAUTHENTICATED:
	case NTP_CRYPTO_NAK:
	case NTP_OTHER_KEY:
	case NTP_WRONG_MAC:
	case NTP_NTS_NAK:
		return false;
	case NTP_ACCEPTED:
	case NTP_POSTPONED:
	case NTP_KISS:
	case NTP_OWN_SERVER:
	case NTP_UNSYNCHRONISED:
	case NTP_STRATUM_REFUSED:
	case NTP_DISTANCE_TOO_GREAT:
	case NTP_ZERO_TIMESTAMP:
	case NTP_SERVER_REVERSED:
	case NTP_DELAY_NEGATIVE:
	case NTP_DELAY_TOO_LONG:
	case NTP_DELAY_OUT_OF_RATIO:
	case NTP_DISRUPTED:
	case NTP_STEPPED:
		break;
	}

	return true;
}

bool ntp_verdict_may_be_forged(enum ntp_verdict verdict)
{
	return verdict == NTP_UNAUTHENTICATED || verdict == NTP_CRYPTO_NAK ||
	       verdict == NTP_OTHER_KEY || verdict == NTP_WRONG_MAC || verdict == NTP_NTS_NAK;
}

int ntp_verdict_errno(enum ntp_verdict verdict)
{
	switch (verdict) {
	case NTP_ACCEPTED:
	case NTP_POSTPONED:
		return 0;
	/* What forgers send must not change when the server is asked next: it has not answered. */
	case NTP_UNAUTHENTICATED:
	case NTP_CRYPTO_NAK:
	case NTP_OTHER_KEY:
	case NTP_WRONG_MAC:
	case NTP_NTS_NAK:
		return -ETIMEDOUT;
	case NTP_MALFORMED:
	case NTP_NO_ANSWER:
	case NTP_BOGUS:
	case NTP_DUPLICATE:
	case NTP_ZERO_TIMESTAMP:
	case NTP_SERVER_REVERSED:
	case NTP_DELAY_NEGATIVE:
		return -EBADMSG;
	case NTP_KISS:
		return -EACCES;
	case NTP_OWN_SERVER:
	case NTP_UNSYNCHRONISED:
	case NTP_STRATUM_REFUSED:
	case NTP_DISTANCE_TOO_GREAT:
		return -EPROTO;
	case NTP_DELAY_TOO_LONG:
	case NTP_DELAY_OUT_OF_RATIO:
		return -ETIME;
	case NTP_DISRUPTED:
	case NTP_STEPPED:
		return -ESTALE;
	}

	return -EPROTO;
}

const char *ntp_verdict_text(enum ntp_verdict verdict)
{
	switch (verdict) {
	case NTP_ACCEPTED:
	case NTP_POSTPONED:
		return "";
	case NTP_MALFORMED:
		return "not an NTP packet";
	case NTP_NO_ANSWER:
		return "not a server's answer";
	case NTP_BOGUS:
		return "not an answer to our request";
	case NTP_DUPLICATE:
		return "a second answer to one request";
	case NTP_UNAUTHENTICATED:
		return "the answer is not authenticated, though our request was";
	case NTP_CRYPTO_NAK:
		return "the server says that it has another key of our key's number, or none";
	case NTP_OTHER_KEY:
		return "the answer is authenticated with another key than our request";
	case NTP_WRONG_MAC:
		return "the answer was not made with our key: it is another one there, or forged";
	case NTP_NTS_NAK:
		return "the server does not accept our NTS cookie any more: new ones are fetched";
	case NTP_KISS:
		return "the server refuses to serve us";
	case NTP_OWN_SERVER:
		return "it is this machine's own NTP server, which is not followed";
	case NTP_UNSYNCHRONISED:
		return "the server says that it is not synchronised";
	case NTP_STRATUM_REFUSED:
		return "the server's stratum is outside minstratum and maxstratum";
	case NTP_DISTANCE_TOO_GREAT:
		return "the server says that its time may be wrong by over 16 s";
	case NTP_ZERO_TIMESTAMP:
		return "the answer carries no time";
	case NTP_SERVER_REVERSED:
		return "the answer left, by the server's clock, before the request came";
	case NTP_DELAY_NEGATIVE:
		return "the server claims to have worked longer than the round trip took";
	case NTP_DELAY_TOO_LONG:
		return "the round trip took longer than maxdelay";
	case NTP_DELAY_OUT_OF_RATIO:
		return "the round trip took more than maxdelayratio times the shortest one";
	case NTP_DISRUPTED:
		return "the reference clock changed during the exchange";
	case NTP_STEPPED:
		return "the system clock was set during the exchange";
	}

	return "";
}
