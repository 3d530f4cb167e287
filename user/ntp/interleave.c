// SPDX-License-Identifier: GPL-2.0-only
/*
 * From answers in interleaved mode to samples. All four timestamps of a sample are of one exchange:
 * those of two, half of each, would measure the rate of our clock as delay.
 */
#include "ntp/interleave.h"

#include <string.h>

#include "clocks/clock_span.h"
#include "core/line.h"

/* As many as a burst asks for. */
#define BASIC_FIRST	4

/* With more requests without an answer since, a server would answer with the distant past. */
#define UNANSWERED_MAX	4

/* By so much of the time between two exchanges their samples may differ: the clocks' rates. */
#define RATE_SHIFT	10

/* Standard errors within which two samples agree. */
#define SIGMAS		5

void ntp_interleave_reset(struct ntp_interleave *interleave)
{
	memset(interleave, 0, sizeof(*interleave));
	interleave->basic = BASIC_FIRST;
}

void ntp_interleave_forget(struct ntp_interleave *interleave)
{
	interleave->known = false;
}

uint64_t ntp_interleave_origin(const struct ntp_interleave *interleave)
{
	if (!interleave->known || interleave->basic || interleave->unanswered >= UNANSWERED_MAX)
		return 0;

	return interleave->trip.answer.receive;
}

void ntp_interleave_asked(struct ntp_interleave *interleave)
{
	if (interleave->unanswered < UNANSWERED_MAX)
		interleave->unanswered++;
}

/*
 * The sample of the exchange before, with the real departure of its answer. What the server says of
 * itself is as of now, but for its distance to the reference. If it has put its time right since,
 * and says so, the sample is as it would be by that time.
 */
static enum ntp_verdict sample_before(const struct ntp_trip *before, const struct ntp_trip *trip,
				      const struct ntp_limits *limits,
				      struct source_sample *sample)
{
	struct clock_span between = { .before = before->received.now, .after = trip->sent.now };
	struct ntp_packet answer = before->answer;
	enum ntp_verdict verdict;

	/* A step of the system clock in between is no matter: the reference was not set. */
	if (clock_span_judge(&between) == CLOCK_SPAN_DISRUPTED)
		return NTP_DISRUPTED;

	answer.transmit = trip->answer.transmit;
	answer.leap = trip->answer.leap;
	answer.stratum = trip->answer.stratum;
	answer.refid = trip->answer.refid;
	if (ntp_exchange_is_reversed(&answer))
		return NTP_SERVER_REVERSED;

	verdict = ntp_exchange_sample(&answer, &before->sent, &before->received, limits, sample);
	if (verdict == NTP_ACCEPTED)
		sample->offset_ns = chime_add_sat(sample->offset_ns,
						  mono_root_moved_ns(answer.receive, &before->root,
								     trip->answer.receive,
								     &trip->root));

	return verdict;
}

/*
 * The sample of this exchange, whose answer's departure is not known yet: as if the server had
 * taken no time. What it took is in the delay, and so within the sample's bound.
 */
static enum ntp_verdict sample_now(const struct ntp_trip *trip, const struct ntp_limits *limits,
				   struct source_sample *sample)
{
	struct ntp_packet answer = trip->answer;

	answer.transmit = answer.receive;

	return ntp_exchange_sample(&answer, &trip->sent, &trip->received, limits, sample);
}

/* Do the two differ by more than their paths, noise and the rates of clocks explain? */
static bool is_moved(const struct source_sample *before, const struct source_sample *now)
{
	int64_t moved_ns = chime_abs_sat(chime_sub_sat(now->offset_ns, before->offset_ns));
	int64_t apart_ns = chime_sub_sat(now->at_ns, before->at_ns);
	int64_t known_ns = before->delay_ns / 2 + now->delay_ns / 2 +
			   SIGMAS * (before->noise_ns + now->noise_ns);

	return moved_ns > chime_add_sat(known_ns, chime_abs_sat(apart_ns) >> RATE_SHIFT);
}

/* The answer completes the exchange before. @sampled: its own has given a sample instead. */
static enum ntp_verdict complete(const struct ntp_interleave *interleave,
				 const struct ntp_trip *trip, const struct ntp_limits *limits,
				 struct source_sample *sample, bool *sampled)
{
	struct source_sample before, now;
	enum ntp_verdict verdict_before, verdict;

	*sampled = false;
	verdict = sample_now(trip, limits, &now);
	if (verdict != NTP_ACCEPTED && verdict != NTP_DELAY_TOO_LONG)
		return verdict;

	verdict_before = interleave->known ?
			 sample_before(&interleave->trip, trip, limits, &before) : NTP_DISRUPTED;
	*sampled = verdict == NTP_ACCEPTED &&
		   (verdict_before == NTP_DISRUPTED ||
		    (verdict_before == NTP_ACCEPTED && is_moved(&before, &now)));
	if (*sampled) {
		*sample = now;
		return NTP_ACCEPTED;
	}
	if (verdict_before != NTP_ACCEPTED)
		return verdict_before;
	/* When the mode begins, basic mode has used that exchange: no sample counts twice. */
	if (interleave->sampled)
		return NTP_POSTPONED;
	*sample = before;

	return NTP_ACCEPTED;
}

enum ntp_verdict ntp_interleave_sample(struct ntp_interleave *interleave,
				       const struct ntp_trip *trip, bool interleaved,
				       const struct ntp_limits *limits,
				       struct source_sample *sample)
{
	enum ntp_verdict verdict;
	bool sampled, misjudged;

	if (interleaved) {
		verdict = complete(interleave, trip, limits, sample, &sampled);
	} else {
		verdict = ntp_exchange_sample(&trip->answer, &trip->sent, &trip->received, limits,
					      sample);
		sampled = verdict == NTP_ACCEPTED;
	}

	/* In basic mode a server guesses when its answer will leave; the next one knows better. */
	misjudged = !interleaved && verdict == NTP_DELAY_NEGATIVE;
	/* Whatever else is wrong, the next exchange starts anew. */
	interleave->known = verdict == NTP_ACCEPTED || verdict == NTP_POSTPONED || misjudged;
	interleave->sampled = sampled;
	interleave->unanswered = 0;
	interleave->trip = *trip;
	if (interleave->basic)
		interleave->basic--;

	return verdict;
}
