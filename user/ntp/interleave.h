/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interleaved mode (RFC 9769): an answer carries the instant at which the server's answer before it
 * really left, which the server did not know when it wrote that one. So a sample is that of the
 * exchange before, and one poll old. Pure: clocks and packets are arguments.
 */
#ifndef NTP_INTERLEAVE_H
#define NTP_INTERLEAVE_H

#include <stdbool.h>
#include <stdint.h>

#include "discipline/source.h"
#include "ntp/exchange.h"
#include "ntp/packet.h"

/**
 * struct ntp_trip - a request and its answer, by all clocks
 * @answer: accepted by ntp_exchange_judge()
 * @sent: departure of the request
 * @received: arrival of the answer
 * @root: what its extension field F323 says; .receive 0: nothing
 */
struct ntp_trip {
	struct ntp_packet answer;
	struct ntp_moment sent;
	struct ntp_moment received;
	struct mono_root root;
};

/**
 * struct ntp_interleave - what the next answer may complete
 * @basic: so many answers have to be in basic mode first
 * @known: there is an exchange to complete
 * @sampled: it has given a sample already
 * @unanswered: requests since
 * @trip: the exchange
 */
struct ntp_interleave {
	int basic;
	bool known;
	bool sampled;
	int unanswered;
	struct ntp_trip trip;
};

/*
 * Start, at first and after a disruption: in basic mode, whose samples are not a poll old, until a
 * burst has been answered.
 */
void ntp_interleave_reset(struct ntp_interleave *interleave);

/* Do not complete the exchange before: the next request is in basic mode. */
void ntp_interleave_forget(struct ntp_interleave *interleave);

/* The origin timestamp of an interleaved request; 0: it has to be in basic mode. */
uint64_t ntp_interleave_origin(const struct ntp_interleave *interleave);

/* A request was sent. */
void ntp_interleave_asked(struct ntp_interleave *interleave);

/**
 * ntp_interleave_sample() - an accepted answer to a sample
 * @interleave: the exchange before; this one afterwards
 * @trip: this exchange
 * @interleaved: its answer completes the one before, as struct ntp_exchange says
 * @limits: what is accepted
 * @sample: result, with NTP_ACCEPTED, and in basic mode with NTP_DELAY_TOO_LONG; else untouched
 *
 * An answer that shows that clocks were set since the exchange before gives its own sample, which
 * is not as exact, and not a poll old.
 *
 * Return: the verdict; NTP_POSTPONED: the sample comes with the next answer.
 */
enum ntp_verdict ntp_interleave_sample(struct ntp_interleave *interleave,
				       const struct ntp_trip *trip, bool interleaved,
				       const struct ntp_limits *limits,
				       struct source_sample *sample);

#endif /* NTP_INTERLEAVE_H */
