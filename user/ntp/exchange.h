/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One request and its answer: the request, whether a packet answers it and passes the tests of RFC
 * 5905 section 8 and appendix A.5, and the sample from the four timestamps. Pure: clocks and
 * packets are arguments.
 */
#ifndef NTP_EXCHANGE_H
#define NTP_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "clocks/timescale.h"
#include "discipline/source.h"
#include "ntp/keys.h"
#include "ntp/mono_root.h"
#include "ntp/nts_session.h"
#include "ntp/packet.h"

/* The verdict on a packet or on the exchange. */
enum ntp_verdict {
	NTP_ACCEPTED,

	/* Not the answer, whoever sent it: go on waiting. */
	NTP_MALFORMED,
	NTP_NO_ANSWER,		/* another mode or version */
	NTP_BOGUS,		/* does not carry our nonce */
	NTP_DUPLICATE,

	/*
	 * It carries our nonce, but not the MAC, or the NTS, that it has to have. Somebody on the
	 * way may have forged it, so the answer may still come; if it does not, this is the reason.
	 */
	NTP_UNAUTHENTICATED,	/* no MAC */
	NTP_CRYPTO_NAK,		/* the server did not accept ours */
	NTP_OTHER_KEY,		/* a MAC of another key */
	NTP_WRONG_MAC,
	NTP_NTS_NAK,		/* the server does not accept our cookie */

	/* The answer, and its sample comes with the next one (interleaved mode). */
	NTP_POSTPONED,

	/* The answer, but no sample. */
	NTP_KISS,		/* refid says which: NTP_KISS_* */
	NTP_OWN_SERVER,		/* of this machine's own server */
	NTP_UNSYNCHRONISED,
	NTP_STRATUM_REFUSED,
	NTP_DISTANCE_TOO_GREAT,
	NTP_ZERO_TIMESTAMP,
	NTP_SERVER_REVERSED,	/* left before it came */
	NTP_DELAY_NEGATIVE,
	NTP_DELAY_TOO_LONG,
	NTP_DELAY_OUT_OF_RATIO,	/* too many times the shortest one */

	/* The answer is valid, but our own clocks cannot be trusted to have measured it. */
	NTP_DISRUPTED,		/* the reference changed its meaning meanwhile */
	NTP_STEPPED,		/* the system clock was set meanwhile */
};

/**
 * struct ntp_exchange - a request in flight
 * @nonce: its transmit timestamp: random, the server has to return it
 * @receive_nonce: its receive timestamp, likewise: returned instead by an interleaved answer; 0:
 *	none was asked for
 * @version: as sent
 * @answered: the answer has come
 * @interleaved: its transmit timestamp is that of the answer before
 * @wants_root: the extension field F323 was asked for
 * @root: what the answer says by that; .receive 0: nothing
 */
struct ntp_exchange {
	uint64_t nonce;
	uint64_t receive_nonce;
	uint8_t version;
	bool answered;
	bool interleaved;
	bool wants_root;
	struct mono_root root;
};

/**
 * struct ntp_moment - when a packet left or came, by our clocks
 * @now: clocks read right before sending, or right after receiving
 * @realtime_ns: the kernel's timestamp (CLOCK_REALTIME) of the packet, or the network card's
 * @has_realtime: there is one; else @now stands for it
 * @error_ns: of the card's clock by which that may be wrong; 0: it is the kernel's
 */
struct ntp_moment {
	struct timescale_now now;
	int64_t realtime_ns;
	bool has_realtime;
	int64_t error_ns;
};

/**
 * struct ntp_limits - what is accepted of a server
 * @minstratum: 1 to 15
 * @maxstratum: 1 to 15
 * @raised_stratum: a lower one counts as this one, before it is compared with those; 0: none
 * @maxdelay_ns: round trip
 * @maxdelayratio: round trip, in multiples of the shortest one; below 1: no limit. For client.c
 * @key: answers have to carry a MAC of it; not owned. NULL: they need none
 * @nts: answers have to be authenticated by it, and bring it cookies; not owned. NULL: they need
 *	not
 */
struct ntp_limits {
	int minstratum;
	int maxstratum;
	int raised_stratum;
	int64_t maxdelay_ns;
	double maxdelayratio;
	const struct ntp_key *key;
	struct nts_session *nts;
};

/**
 * ntp_exchange_start() - make a request
 * @exchange: filled in
 * @nonce: fresh and unpredictable, ntp_nonce()'s
 * @version: of the request
 * @bytes: the request, NTP_HEADER_SIZE bytes, without information about this machine
 */
void ntp_exchange_start(struct ntp_exchange *exchange, uint64_t nonce, uint8_t version,
			uint8_t *bytes);

/**
 * ntp_exchange_interleave() - ask for an interleaved answer (RFC 9769)
 * @exchange: just started; the server may answer in basic mode all the same
 * @nonce: another one
 * @origin: the receive timestamp of the server's answer before
 * @bytes: the request, changed
 */
void ntp_exchange_interleave(struct ntp_exchange *exchange, uint64_t nonce, uint64_t origin,
			     uint8_t *bytes);

/* Append the extension field F323 to the header @bytes. The request's new length. */
size_t ntp_exchange_ask_root(struct ntp_exchange *exchange, uint8_t *bytes);

/**
 * ntp_exchange_judge() - is this the answer, and is it of use?
 * @exchange: the request; @answered, @interleaved and @root are set by any answer
 * @bytes: as received
 * @length: as received
 * @limits: what is accepted
 * @answer: the packet as numbers, unless it is NTP_MALFORMED; its root delay and dispersion are
 *	those of the extension field, if there is one that was asked for
 */
enum ntp_verdict ntp_exchange_judge(struct ntp_exchange *exchange, const uint8_t *bytes,
				    size_t length, const struct ntp_limits *limits,
				    struct ntp_packet *answer);

/**
 * ntp_exchange_sample() - an accepted answer to a sample
 * @answer: accepted by ntp_exchange_judge()
 * @sent: departure of the request
 * @received: arrival of the answer
 * @limits: what is accepted
 * @sample: result, with NTP_ACCEPTED and NTP_DELAY_TOO_LONG; else untouched
 */
enum ntp_verdict ntp_exchange_sample(const struct ntp_packet *answer,
				     const struct ntp_moment *sent,
				     const struct ntp_moment *received,
				     const struct ntp_limits *limits,
				     struct source_sample *sample);

/* The answer left before the request arrived, by more than the resolution of clocks explains. */
bool ntp_exchange_is_reversed(const struct ntp_packet *answer);

/* Is the exchange over with this verdict, or may the answer still come? */
bool ntp_verdict_ends(enum ntp_verdict verdict);

/* The packet carries our nonce, but not what it has to be authenticated by. */
bool ntp_verdict_may_be_forged(enum ntp_verdict verdict);

/* As -errno for source_failed(). */
int ntp_verdict_errno(enum ntp_verdict verdict);

/* For people, as the end of "not used: ...". */
const char *ntp_verdict_text(enum ntp_verdict verdict);

#endif /* NTP_EXCHANGE_H */
