// SPDX-License-Identifier: GPL-2.0-only
/*
 * A history of some sources, of which most are right to within their round trips, and the others
 * say anything, or all the same: the verdicts are consistent, and if most of those who may vote are
 * right, a jump that they agree on has happened, and is of that size.
 */
#include "user/discipline/consensus.h"

#include <errno.h>

#include "fuzz.h"
#include "kmod/core/line.h"
#include "user/discipline/quorum.h"
#include "user/lib/time_units.h"

#define SOURCES_MAX	7
#define ROUNDS_MAX	60

/* What the raw clock shows at first, which is the reference, and what the timescale shows. */
#define START_RAW_NS	(5000 * NS_PER_S)
#define START_NS	(1795160717LL * NS_PER_S)

/**
 * struct history - all there is
 * @now: the clocks as the daemon sees them
 * @off_ns: UTC minus the timescale, within its bound unless time was disrupted
 * @lie_ns: the same by those who have agreed on a lie
 * @sources: the liars first
 * @count: of them
 * @liars: of these
 * @silent: a bit for each that is right, and did not answer the latest request
 */
struct history {
	struct timescale_now now;
	int64_t off_ns;
	int64_t lie_ns;
	struct source *sources[SOURCES_MAX];
	size_t count;
	size_t liars;
	unsigned int silent;
};

static int64_t magnitude(int64_t value)
{
	return value < 0 ? -(value + 1) : value;
}

/* Any size is as likely as any other. */
static int64_t take_any(struct fuzz_input *input)
{
	int bits = fuzz_take_u8(input) % 61;

	return fuzz_take_s64(input) % (1LL << bits);
}

/* --- what the sources say --- */

/* UTC minus the reference. */
static int64_t truth_ns(const struct history *history)
{
	return history->now.time_ns - history->now.reference_ns + history->off_ns;
}

/* Its clock is the truth, the packet was under way unevenly. */
static void take_honest(struct fuzz_input *input, const struct history *history,
			struct source_sample *sample)
{
	sample->delay_ns = 1000 + magnitude(fuzz_take_s64(input)) % (NS_PER_S / 4);
	sample->offset_ns = truth_ns(history) +
			    sample->delay_ns / 2 * ((int)fuzz_take_u8(input) - 128) / 128;
	sample->root_dispersion_ns = fuzz_take_u8(input) * 1000;
	sample->refid = fuzz_take_u8(input) % 4;
}

static void take_liar(struct fuzz_input *input, const struct history *history,
		      struct source_sample *sample)
{
	uint8_t kind = fuzz_take_u8(input);

	/* Who is to be believed has told the truth before. */
	sample->offset_ns = kind & 64 ? truth_ns(history) :
			    kind & 1 ? truth_ns(history) + history->lie_ns : take_any(input);
	sample->delay_ns = kind & 2 ? 1000 : magnitude(take_any(input));
	sample->noise_ns = kind & 4 ? 0 : magnitude(take_any(input));
	sample->root_delay_ns = kind & 8 ? 0 : magnitude(take_any(input));
	sample->root_dispersion_ns = kind & 16 ? 0 : magnitude(take_any(input));
	sample->leap = (kind >> 5) % 3;
	sample->refid = fuzz_take_u8(input);
}

/* A liar may be silent for ever, and one that is right now and then. */
static bool take_silence(struct fuzz_input *input, struct history *history, size_t index)
{
	unsigned int bit = 1U << index;
	bool silent = fuzz_take_u8(input) % 4 == 0;

	if (index >= history->liars)
		silent &= !(history->silent & bit);
	history->silent = silent ? history->silent | bit : history->silent & ~bit;
	return silent;
}

static void take_answer(struct fuzz_input *input, struct history *history, size_t index)
{
	struct source *source = history->sources[index];
	struct source_sample sample = {
		.stratum = 2,
		.at_ns = history->now.reference_ns,
		.epoch = history->now.epoch,
	};

	source_polled(source, history->now.raw_ns);
	if (take_silence(input, history, index)) {
		source_failed(source, history->now.raw_ns, -ETIMEDOUT);
		return;
	}
	if (index < history->liars)
		take_liar(input, history, &sample);
	else
		take_honest(input, history, &sample);
	source_add(source, history->now.raw_ns, &sample);
}

/* --- what happens to the clock --- */

static void pass(struct history *history, int64_t duration_ns)
{
	history->now.raw_ns += duration_ns;
	history->now.reference_ns += duration_ns;
	history->now.time_ns += duration_ns;
}

/* It shows the truth to within its bound. */
static bool is_right(const struct history *history)
{
	return chime_abs_sat(history->off_ns) <= history->now.maxerror_ns;
}

/* Corrected, it shows the truth to within its bound. */
static void correct(struct fuzz_input *input, struct history *history)
{
	int64_t off_ns;

	if (history->now.maxerror_ns == CHIME_LINE_UNBOUNDED_NS)
		history->now.maxerror_ns = 1 + magnitude(take_any(input));
	off_ns = fuzz_take_s64(input) % history->now.maxerror_ns;
	history->now.time_ns += history->off_ns - off_ns;
	history->off_ns = off_ns;
}

/* The samples so far mean nothing any more, as after a disruption that others have noticed. */
static void begin_epoch(struct consensus *consensus, struct history *history)
{
	const struct reference_change change = REFERENCE_REPLACED;
	size_t i;

	history->now.epoch++;
	for (i = 0; i < history->count; i++)
		source_change_reference(history->sources[i], history->now.epoch, &change);
	consensus_forget(consensus);
}

/* What happens before the next round; while there is a suspicion nobody corrects the clock. */
static void take_event(struct fuzz_input *input, struct consensus *consensus,
		       struct history *history, enum consensus_verdict verdict)
{
	switch (fuzz_take_u8(input) % 16) {
	case 0:
		/* Of two at once the sources would have seen one. */
		if (is_right(history))
			history->off_ns += take_any(input) / 4;
		break;
	case 1:
		begin_epoch(consensus, history);
		break;
	case 2:
		history->now.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
		break;
	case 3:
	case 4:
	case 5:
		if (verdict == CONSENSUS_OK)
			correct(input, history);
		break;
	case 6:
		history->now.has_host = !history->now.has_host;
		history->now.host_known = history->now.has_host;
		begin_epoch(consensus, history);
		break;
	default:
		break;
	}
	pass(history, (1 + fuzz_take_u8(input) % 64) * NS_PER_S);
}

/* --- what the verdict may be --- */

/* Are most of those who may vote right? */
static bool most_are_right(const struct history *history)
{
	size_t right = 0, wrong = 0, i;

	for (i = 0; i < history->count; i++) {
		struct source_status status;

		source_get_record(history->sources[i], &status);
		if (quorum_may_vote(history->sources[i], &status)) {
			right += i >= history->liars;
			wrong += i < history->liars;
		}
	}
	return right > wrong;
}

static bool holds(const struct consensus_result *result, int64_t off_ns)
{
	return chime_abs_sat(chime_sub_sat(off_ns, result->offset_ns)) <= result->maxerror_ns;
}

static void check_jump(const struct history *history, const struct consensus_terms *terms,
		       const struct consensus_result *result)
{
	FUZZ_CHECK(terms->jumps && !history->now.has_host);
	FUZZ_CHECK(2 * result->agreeing > result->voters);
	/* One clock alone may report that time was lost, and not too much of it. */
	FUZZ_CHECK(result->agreeing > 1 || result->offset_ns >= 0);
	FUZZ_CHECK(result->agreeing > 1 || !terms->max_jump_ns ||
		   result->offset_ns <= terms->max_jump_ns);
	if (!most_are_right(history))
		return;
	FUZZ_CHECK(!is_right(history));
	FUZZ_CHECK(holds(result, history->off_ns));
}

static void check_result(const struct history *history, const struct consensus_terms *terms,
			 const struct consensus_result *result)
{
	FUZZ_CHECK(result->agreeing <= history->count && result->voters <= history->count);
	FUZZ_CHECK(result->maxerror_ns >= 0 && result->wait_ns >= 0);
	FUZZ_CHECK(result->agreed_raw_ns <= history->now.raw_ns);
	switch (result->verdict) {
	case CONSENSUS_SUSPECT:
	case CONSENSUS_UNRESOLVED:
		/* Else nobody would ever come back to it. */
		FUZZ_CHECK(result->wait_ns > 0);
		break;
	case CONSENSUS_JUMP:
		check_jump(history, terms, result);
		break;
	case CONSENSUS_OK:
	case CONSENSUS_FALSETICKER:
		break;
	}
}

/* --- the history --- */

static void take_sources(struct fuzz_input *input, struct history *history)
{
	size_t i;

	history->count = 1 + fuzz_take_u8(input) % SOURCES_MAX;
	history->liars = fuzz_take_u8(input) % ((history->count + 1) / 2);
	for (i = 0; i < history->count; i++) {
		struct source_options options = { .minpoll = 4, .maxpoll = 10 };

		options.noselect = fuzz_take_u8(input) % 8 == 7;
		history->sources[i] = source_new(&options, START_RAW_NS);
	}
}

static void take_round(struct fuzz_input *input, struct consensus *consensus,
		       struct history *history, struct consensus_result *result)
{
	uint8_t bits = fuzz_take_u8(input), later = fuzz_take_u8(input);
	const struct consensus_terms terms = {
		.confirmed = bits % 8 != 0,
		.jumps = bits & 8,
		.max_jump_ns = bits & 16 ? 1 + magnitude(take_any(input)) : 0,
	};
	size_t i;

	for (i = 0; i < history->count; i++)
		if (!(later & 1U << i))
			take_answer(input, history, i);
	consensus_update(consensus, history->sources, history->count, &history->now, &terms,
			 result);
	check_result(history, &terms, result);
	if (result->verdict != CONSENSUS_JUMP)
		return;
	/* It is followed. */
	history->now.time_ns = chime_add_sat(history->now.time_ns, result->offset_ns);
	history->off_ns = chime_sub_sat(history->off_ns, result->offset_ns);
	history->now.maxerror_ns = chime_max(result->maxerror_ns, 1);
	begin_epoch(consensus, history);
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct history history = {
		.now = {
			.raw_ns = START_RAW_NS,
			.reference_ns = START_RAW_NS,
			.time_ns = START_NS,
			.maxerror_ns = 5 * NS_PER_MS,
			.epoch = 1,
		},
	};
	struct consensus_result result = { .verdict = CONSENSUS_OK };
	struct consensus *consensus = consensus_new();
	struct fuzz_input input = { data, size };
	size_t i;

	take_sources(&input, &history);
	history.lie_ns = take_any(&input);
	for (i = 0; consensus && i < ROUNDS_MAX && input.size; i++) {
		take_round(&input, consensus, &history, &result);
		/* What follows from a jump of centuries is up to nobody. */
		if (chime_abs_sat(history.off_ns) > 1LL << 61 ||
		    chime_abs_sat(history.now.time_ns - START_NS) > 1LL << 61)
			break;
		take_event(&input, consensus, &history, result.verdict);
	}
	for (i = 0; i < history.count; i++)
		source_free(history.sources[i]);
	consensus_free(consensus);
	return 0;
}
