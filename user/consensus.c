// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time sources as a witness of disruptions: who contradicts, who of them counts, and what follows.
 */
#include "consensus.h"

#include <stdlib.h>
#include <string.h>

#include "source_select.h"

#define NS_PER_S	1000000000LL

/*
 * A contradiction: off by more than this, and by so many times what clock, server and path together
 * can be wrong by. Less is the discipline's daily work.
 */
#define FAR_NS		100000000LL
#define FAR_BOUNDS	3

/* A source that is the only one has to say so as often, without a word to the contrary. */
#define CONFIRMATIONS	3

/* Answers of a burst are in after so long, or lost. */
#define BURST_NS	(5 * NS_PER_S)

/* Who could not agree by then will not: the discipline makes of it what it can. */
#define DOUBT_NS	(30 * NS_PER_S)

/*
 * Where nothing is known, or nobody has confirmed it: so long after the first answer the others are
 * in, round the world, or were lost. The clock waits for it, and says that it is not right.
 */
#define QUORUM_NS	(NS_PER_S / 2)

/* A leap second that was announced is no disruption. */
#define LEAP_NS		(3 * NS_PER_S / 2)

/* Where the truth is, as a source has it. */
struct interval {
	int64_t low_ns;
	int64_t high_ns;
};

/* What one source said, by its latest samples. */
struct seat {
	const struct source *source;	/* NULL: free */
	uint64_t received;		/* answers heard */
	bool trusted;			/* it was of the timescale's opinion */
	bool leap;			/* and announced a leap second */
	bool spoke;			/* since the doubt began */
	bool votes;			/* it is reachable and may be used */
	int far;			/* contradictions in a row that agree with each other ... */
	struct interval off;		/* ... UTC minus timescale, by the latest */
	uint32_t group;			/* those of one group follow the same clock; 0: by itself */
};

struct consensus {
	struct seat seat[SOURCE_SELECT_MAX];
	size_t count;
	int64_t fine_raw_ns;
	int64_t doubt_raw_ns;		/* since then; meaningless without doubt */
	bool doubt;
	int64_t heard_raw_ns;		/* the first was heard since nothing is known; 0: none */
};

struct consensus *consensus_new(void)
{
	return calloc(1, sizeof(struct consensus));
}

void consensus_free(struct consensus *consensus)
{
	free(consensus);
}

void consensus_forget(struct consensus *consensus)
{
	memset(consensus, 0, sizeof(*consensus));
}

/* The source's seat; a source that left makes room. */
static struct seat *find_seat(struct consensus *consensus, size_t index,
			      const struct source *source, uint64_t received)
{
	struct seat *seat = &consensus->seat[index], kept;
	size_t i;

	for (i = index; i < SOURCE_SELECT_MAX; i++) {
		if (consensus->seat[i].source != source || consensus->seat[i].received > received)
			continue;
		kept = consensus->seat[i];
		consensus->seat[i] = *seat;
		*seat = kept;
		return seat;
	}
	*seat = (struct seat){ .source = source };
	return seat;
}

/* UTC minus timescale as the latest sample has it. */
static void read_sample(const struct source_sample *sample, const struct timescale_now *now,
			struct interval *off, int64_t *bound_ns)
{
	int64_t ago_ns = chime_sub_sat(now->reference_ns, sample->at_ns);
	double ran = now->has_host ? 0.0 : (double)ago_ns * now->rate;
	int64_t known_ns = chime_sub_sat(chime_sub_sat(now->time_ns, now->reference_ns),
					 (int64_t)ran);
	int64_t distance_ns = sample->delay_ns / 2 + sample->root_delay_ns / 2 +
			      sample->root_dispersion_ns;
	int64_t off_ns = chime_sub_sat(sample->offset_ns, known_ns);

	*bound_ns = chime_add_sat(chime_add_sat(now->maxerror_ns, distance_ns),
				  chime_abs_sat(now->slew_ns));
	off->low_ns = chime_sub_sat(off_ns, distance_ns);
	off->high_ns = chime_add_sat(off_ns, distance_ns);
}

static int64_t middle_of(const struct interval *interval)
{
	return interval->low_ns / 2 + interval->high_ns / 2;
}

static bool is_far(const struct interval *off, int64_t bound_ns)
{
	int64_t size_ns = chime_abs_sat(middle_of(off));

	return size_ns > FAR_NS && size_ns / FAR_BOUNDS > bound_ns;
}

/* The same again, as far as two clocks that nobody corrects drift apart between two samples. */
static bool is_same(const struct interval *one, const struct interval *other)
{
	return chime_sub_sat(one->low_ns, FAR_NS / 2) <= other->high_ns &&
	       chime_sub_sat(other->low_ns, FAR_NS / 2) <= one->high_ns;
}

/* It contradicts again, or for the first time. */
static void hear_contradiction(struct seat *seat, const struct interval *off)
{
	seat->far = seat->far && is_same(&seat->off, off) ? seat->far + 1 : 1;
	seat->off = *off;
}

/* 127.127.1.1 and the like: a server that follows no other, as an isolated network's own. */
static bool is_own_clock(uint32_t refid)
{
	return refid >> 24 == 127;
}

/* A new sample. true: the source was of the timescale's opinion until now, and is no longer. */
static bool hear(struct consensus *consensus, struct seat *seat, const struct source_sample *sample,
		 const struct timescale_now *now)
{
	struct interval off;
	int64_t bound_ns;

	read_sample(sample, now, &off, &bound_ns);
	seat->spoke = true;
	seat->group = sample->stratum > 1 && !is_own_clock(sample->refid) ? sample->refid : 0;
	if (is_far(&off, bound_ns) &&
	    !(seat->leap && chime_abs_sat(middle_of(&off)) < LEAP_NS)) {
		hear_contradiction(seat, &off);
		return seat->trusted && seat->far == 1;
	}
	seat->far = 0;
	seat->trusted = true;
	seat->leap = sample->leap;
	if (!consensus->doubt)
		consensus->fine_raw_ns = now->raw_ns;
	return false;
}

/* All new samples. true: one of them raises a doubt. */
static bool hear_all(struct consensus *consensus, struct source *const *sources, size_t count,
		     const struct timescale_now *now)
{
	struct source_status status;
	bool doubtful = false;
	size_t i;

	consensus->count = count < SOURCE_SELECT_MAX ? count : SOURCE_SELECT_MAX;
	for (i = 0; i < consensus->count; i++) {
		struct seat *seat;

		source_get_status(sources[i], now->reference_ns, &status);
		seat = find_seat(consensus, i, sources[i], status.received);
		seat->votes = status.reach && status.received && !status.options->noselect;
		if (!seat->votes || status.received == seat->received ||
		    status.last.epoch != now->epoch)
			continue;
		seat->received = status.received;
		doubtful |= hear(consensus, seat, &status.last, now);
	}
	return doubtful;
}

/* Does an earlier seat of those counted follow the same clock? */
static bool is_echo(const struct consensus *consensus, size_t index,
		    bool (*counts)(const struct seat *seat, int64_t at_ns), int64_t at_ns)
{
	const struct seat *seat = &consensus->seat[index];
	size_t i;

	for (i = 0; seat->group && i < index; i++)
		if (consensus->seat[i].group == seat->group && counts(&consensus->seat[i], at_ns))
			return true;
	return false;
}

/* How many independent sources of a kind there are. */
static size_t count_of(const struct consensus *consensus,
		       bool (*counts)(const struct seat *seat, int64_t at_ns), int64_t at_ns)
{
	size_t i, number = 0;

	for (i = 0; i < consensus->count; i++)
		if (counts(&consensus->seat[i], at_ns) && !is_echo(consensus, i, counts, at_ns))
			number++;
	return number;
}

static bool may_vote(const struct seat *seat, int64_t at_ns)
{
	(void)at_ns;
	return seat->votes;
}

static bool has_voted(const struct seat *seat, int64_t at_ns)
{
	(void)at_ns;
	return seat->votes && seat->spoke;
}

static bool says(const struct seat *seat, int64_t at_ns)
{
	return seat->votes && seat->spoke && seat->far && seat->off.low_ns <= at_ns &&
	       at_ns <= seat->off.high_ns;
}

/* Where most of those who contradict agree: an interval begins there. */
static size_t find_majority(const struct consensus *consensus, int64_t *at_ns)
{
	size_t i, number, most = 0;

	for (i = 0; i < consensus->count; i++) {
		const struct seat *seat = &consensus->seat[i];

		if (!says(seat, seat->off.low_ns))
			continue;
		number = count_of(consensus, says, seat->off.low_ns);
		if (number <= most)
			continue;
		most = number;
		*at_ns = seat->off.low_ns;
	}
	return most;
}

/* What those who agree at @at_ns have in common. */
static void describe(const struct consensus *consensus, int64_t at_ns,
		     const struct timescale_now *now, struct consensus_result *result)
{
	struct interval common = { .low_ns = INT64_MIN, .high_ns = INT64_MAX };
	size_t i;

	for (i = 0; i < consensus->count; i++) {
		const struct seat *seat = &consensus->seat[i];

		if (!says(seat, at_ns))
			continue;
		if (seat->off.low_ns > common.low_ns)
			common.low_ns = seat->off.low_ns;
		if (seat->off.high_ns < common.high_ns)
			common.high_ns = seat->off.high_ns;
	}
	result->offset_ns = middle_of(&common);
	result->maxerror_ns = chime_add_sat(chime_sub_sat(common.high_ns, common.low_ns) / 2,
					    now->maxerror_ns);
	result->fine_raw_ns = consensus->fine_raw_ns;
}

/* How often the one that says so has said it. */
static int confirmations(const struct consensus *consensus, int64_t at_ns)
{
	size_t i;
	int most = 0;

	for (i = 0; i < consensus->count; i++)
		if (says(&consensus->seat[i], at_ns) && consensus->seat[i].far > most)
			most = consensus->seat[i].far;
	return most;
}

/*
 * One source against the clock. A machine that stood still or was reverted lost time, so a source
 * that is ahead may be right; without a host nobody else can tell. But it may have been disrupted
 * itself: into the past nobody follows it, and nowhere away from a host that went on as ever.
 */
static bool is_astray(const struct timescale_now *now, int64_t offset_ns)
{
	int64_t known_ns = chime_sub_sat(now->time_ns, now->reference_ns);

	if (!now->has_host)
		return offset_ns < 0;
	return chime_abs_sat(chime_add_sat(known_ns, offset_ns)) > chime_abs_sat(known_ns);
}

static enum consensus_verdict judge_one(const struct consensus *consensus, int64_t at_ns,
					const struct timescale_now *now,
					const struct consensus_result *result)
{
	if (confirmations(consensus, at_ns) < CONFIRMATIONS)
		return CONSENSUS_DOUBT;
	if (is_astray(now, result->offset_ns))
		return CONSENSUS_ASTRAY;
	return now->has_host ? CONSENSUS_FINE : CONSENSUS_JUMP;
}

/* All who can vote did, or will not any more. */
static enum consensus_verdict judge(struct consensus *consensus, const struct timescale_now *now,
				    struct consensus_result *result)
{
	int64_t doubted_ns = chime_sub_sat(now->raw_ns, consensus->doubt_raw_ns);
	size_t voters = count_of(consensus, may_vote, 0), voted;
	int64_t at_ns = 0;

	result->agreeing = find_majority(consensus, &at_ns);
	result->voters = voters;
	if (!result->agreeing)
		return CONSENSUS_FINE;
	describe(consensus, at_ns, now, result);
	if (voters == 1)
		return judge_one(consensus, at_ns, now, result);
	/* A host stays one when sources change: the discipline has them vote on it. */
	if (now->has_host)
		return CONSENSUS_FINE;
	if (result->agreeing > 1 && 2 * result->agreeing > voters)
		return CONSENSUS_JUMP;

	voted = count_of(consensus, has_voted, 0);
	if (voted < voters && doubted_ns < BURST_NS)
		return CONSENSUS_DOUBT;
	result->voters = voted;
	if (result->agreeing > 1 && 2 * result->agreeing > voted)
		return CONSENSUS_JUMP;
	return voted < 2 && doubted_ns < DOUBT_NS ? CONSENSUS_DOUBT : CONSENSUS_FINE;
}

static void begin_doubt(struct consensus *consensus, const struct timescale_now *now)
{
	size_t i;

	consensus->doubt = true;
	consensus->doubt_raw_ns = now->raw_ns;
	for (i = 0; i < consensus->count; i++)
		consensus->seat[i].spoke = consensus->seat[i].far;
}

/* Who still contradicts was outvoted: what it says is no news until it has agreed again. */
static void end_doubt(struct consensus *consensus)
{
	size_t i;

	consensus->doubt = false;
	for (i = 0; i < consensus->count; i++)
		if (consensus->seat[i].far)
			consensus->seat[i].trusted = false;
}

/*
 * Some have answered since what they said was forgotten, but not yet most of those who did before:
 * how long to wait for them.
 */
static int64_t wait_for_quorum(struct consensus *consensus, struct source *const *sources,
			       size_t count, const struct timescale_now *now)
{
	size_t voters = 0, heard = 0, i;
	struct source_status status;

	for (i = 0; i < count; i++) {
		source_get_status(sources[i], now->reference_ns, &status);
		if (!status.reach || !status.received || status.options->noselect)
			continue;
		voters++;
		heard += status.samples > 0;
	}
	if (!heard || 2 * heard > voters)
		return 0;
	if (!consensus->heard_raw_ns)
		consensus->heard_raw_ns = now->raw_ns;
	return chime_sub_sat(chime_add_sat(consensus->heard_raw_ns, QUORUM_NS), now->raw_ns);
}

/* Nobody contradicts; but where nobody has confirmed it either, one answer is too few to. */
static void keep_waiting(int64_t wait_ns, struct consensus_result *result)
{
	if (result->verdict != CONSENSUS_FINE || wait_ns <= 0)
		return;
	result->verdict = CONSENSUS_DOUBT;
	result->wait_ns = wait_ns;
}

/* Nothing is known that could be contradicted. */
static void hear_anew(struct consensus *consensus, struct source *const *sources, size_t count,
		      const struct timescale_now *now, struct consensus_result *result)
{
	int64_t heard_raw_ns = consensus->heard_raw_ns;

	consensus_forget(consensus);
	consensus->heard_raw_ns = heard_raw_ns;
	keep_waiting(wait_for_quorum(consensus, sources, count, now), result);
}

static void weigh_doubt(struct consensus *consensus, const struct timescale_now *now,
			struct consensus_result *result)
{
	result->verdict = judge(consensus, now, result);
	/* A source astray may come back, and others may come. */
	if (result->verdict == CONSENSUS_FINE || result->verdict == CONSENSUS_JUMP)
		end_doubt(consensus);
}

void consensus_update(struct consensus *consensus, struct source *const *sources, size_t count,
		      const struct timescale_now *now, bool confirmed,
		      struct consensus_result *result)
{
	int64_t wait_ns = 0;

	*result = (struct consensus_result){ .verdict = CONSENSUS_FINE };
	/* It is not ours. */
	if (now->external) {
		consensus_forget(consensus);
		return;
	}
	if (now->maxerror_ns == CHIME_LINE_UNBOUNDED_NS) {
		hear_anew(consensus, sources, count, now, result);
		return;
	}
	if (confirmed)
		consensus->heard_raw_ns = 0;
	else
		wait_ns = wait_for_quorum(consensus, sources, count, now);
	if (hear_all(consensus, sources, count, now) && !consensus->doubt) {
		begin_doubt(consensus, now);
		result->ask = true;
	}
	if (consensus->doubt)
		weigh_doubt(consensus, now, result);
	keep_waiting(wait_ns, result);
}
