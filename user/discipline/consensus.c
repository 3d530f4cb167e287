// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time sources as a witness of disruptions: which sources contradict the timescale, which of them
 * have a vote, and the verdict.
 */
#include "discipline/consensus.h"

#include <stdlib.h>
#include <string.h>

#include "discipline/quorum.h"
#include "discipline/source_interval.h"

#define NS_PER_S	1000000000LL

/*
 * A source contradicts the timescale if it differs by more than this, and by so many times the
 * possible error of clock, server and path together. Smaller differences are up to the discipline.
 */
#define FAR_NS		100000000LL
#define FAR_BOUNDS	3

/* An only source has to contradict so many times in a row. */
#define CONFIRMATIONS	3

/* After so long the answers of a burst have arrived, or are lost. */
#define BURST_NS	(5 * NS_PER_S)

/* A burst may be lost. While there is no verdict another one follows, after twice the time each. */
#define ASK_LATEST_NS	(64 * NS_PER_S)

/* Sources that do not agree by then are left to the discipline. */
#define SUSPECT_NS	(30 * NS_PER_S)

/* An only clock that has not repeated by then what it said: nobody knows who is right. */
#define UNRESOLVED_NS	(64 * NS_PER_S)

/* An announced leap second is no disruption. */
#define LEAP_NS		(3 * NS_PER_S / 2)

/*
 * A source that was outvoted is not trusted again before so many agreeing samples in a row, twice
 * as many each time: it must not keep all others answering bursts.
 */
#define PROBATION	8
#define PROBATION_MOST	1024

/*
 * If only one source answers, and goes on contradicting, it is followed in the end, because nothing
 * else can ever decide. The wait is a hundred times its difference, in which the operator who set
 * it back, or restored it, can correct it; at least a minute, at most a day. For several sources
 * that follow one clock, and that no other contradicts as often, it is a minute.
 */
#define PATIENCE_FACTOR	100
#define PATIENCE_LEAST_NS	(64 * NS_PER_S)
#define PATIENCE_MOST_NS	(86400 * NS_PER_S)

/* A followed difference may grow by a tenth of the time; more is another contradiction. */
#define GROWTH		10

/* What the latest samples of one source say. */
struct slot {
	uint64_t serial;		/* of the source, 0: free */
	uint64_t received;		/* answers received */
	bool trusted;			/* it agreed with the timescale */
	int probation;			/* samples that have to agree before it is trusted ... */
	int probation_whole;		/* ... of so many; 0: it was never outvoted */
	bool followed;			/* its difference was accepted, and is no news */
	bool leap;			/* it announced a leap second */
	bool answered;			/* since the suspicion began */
	bool votes;			/* it is reachable and may be used, or may yet answer */
	int far;			/* contradictions in a row that agree with each other ... */
	struct source_interval off;	/* ... UTC minus timescale, by the latest */
	int contradictions;		/* in a row, whether they agree or not ... */
	int64_t since_raw_ns;		/* ... since then ... */
	int64_t first_ns;		/* ... of this size at first */
	uint32_t group;			/* sources of one group follow the same clock; 0: none */
};

struct consensus {
	struct slot slot[SOURCE_SELECT_MAX];
	size_t count;
	size_t usable;			/* sources that may be selected */
	bool trusts;			/* some of them are always right, says the operator */
	int64_t agreed_raw_ns;
	int64_t suspect_raw_ns;		/* suspicion began then; meaningless without ... */
	int64_t asked_raw_ns;		/* ... all sources were asked then ... */
	int64_t ask_again_ns;		/* ... and again after so long without a verdict */
	bool suspect;
	bool confirmed;			/* as stated in the latest terms */
	bool has_clock;			/* @raw_ns and @ahead_ns are of the latest update */
	int64_t raw_ns;
	int64_t ahead_ns;		/* the timescale minus the reference */
	uint64_t received;		/* answers of all sources */
	struct quorum quorum;
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
	*consensus = (struct consensus){ .received = consensus->received };
}

void consensus_change_reference(struct consensus *consensus, const struct reference_change *change)
{
	if (reference_change_keeps_offset(change) && !change->leap_ns)
		consensus->ahead_ns = chime_sub_sat(consensus->ahead_ns, change->shift_ns);
	else
		consensus_forget(consensus);
}

/* Who does not answer while others do is silent by itself. */
static void note_answers(struct consensus *consensus, struct source *const *sources, size_t count,
			 int64_t now_raw_ns)
{
	uint64_t received = 0;
	bool answered;
	size_t i;

	for (i = 0; i < count; i++)
		received += source_received(sources[i]);
	answered = received > consensus->received;
	consensus->received = received;
	for (i = 0; answered && i < count; i++)
		source_others_answered(sources[i], now_raw_ns);
}

/* Where the slot of this serial is, from @index on. SOURCE_SELECT_MAX: there is none. */
static size_t place_of(const struct consensus *consensus, size_t index, uint64_t serial)
{
	size_t i;

	for (i = index; i < SOURCE_SELECT_MAX; i++)
		if (consensus->slot[i].serial == serial)
			break;
	return i;
}

/* The first slot from @index on that none of the sources after that one has. */
static size_t free_place(const struct consensus *consensus, size_t index,
			 struct source *const *sources)
{
	bool taken[SOURCE_SELECT_MAX + 1] = { false };
	size_t i;

	for (i = index + 1; i < consensus->count; i++)
		taken[place_of(consensus, index, source_serial(sources[i]))] = true;
	for (i = index; i < SOURCE_SELECT_MAX - 1; i++)
		if (!taken[i])
			break;
	return i;
}

/*
 * The source's slot, at @index. Who was there moves to where the source was, or, if it is new, to
 * the slot of one that left: a source that comes before others must not cost what is known of them.
 */
static struct slot *find_slot(struct consensus *consensus, size_t index,
			      struct source *const *sources)
{
	uint64_t serial = source_serial(sources[index]);
	struct slot *slot = &consensus->slot[index], kept = { .serial = serial };
	size_t place = place_of(consensus, index, serial);

	if (place < SOURCE_SELECT_MAX)
		kept = consensus->slot[place];
	else
		place = free_place(consensus, index, sources);
	consensus->slot[place] = *slot;
	*slot = kept;
	return slot;
}

/* The difference exceeds what clock, server and path (@distance_ns both) can be wrong by. */
static bool is_far(const struct source_interval *off, int64_t distance_ns,
		   const struct timescale_now *now)
{
	int64_t size_ns = chime_abs_sat(source_interval_middle(off));
	int64_t bound_ns = chime_add_sat(chime_add_sat(now->maxerror_ns, distance_ns),
					 chime_abs_sat(now->slew_ns));

	return size_ns > FAR_NS && size_ns / FAR_BOUNDS > bound_ns;
}

/* Count a sample that contradicts. */
static void note_contradiction(struct slot *slot, const struct source_interval *off,
			       int64_t raw_ns)
{
	int64_t size_ns = chime_abs_sat(source_interval_middle(off));
	int64_t grown_ns = chime_sub_sat(raw_ns, slot->since_raw_ns) / GROWTH;
	bool other = chime_sub_sat(size_ns, slot->first_ns) > chime_add_sat(grown_ns, FAR_NS);

	/* The same difference as before, but for the drift of two clocks in between? */
	slot->far = slot->far && source_interval_meets(&slot->off, off, FAR_NS / 2) ?
		    slot->far + 1 : 1;
	slot->off = *off;
	slot->probation = slot->probation ? slot->probation_whole : 0;
	if (!slot->contradictions++ || (slot->followed && other)) {
		slot->followed = false;
		slot->since_raw_ns = raw_ns;
		slot->first_ns = size_ns;
	}
}

static void end_contradiction(struct slot *slot)
{
	slot->far = 0;
	slot->contradictions = 0;
	slot->followed = false;
}

static void note_agreement(struct slot *slot, bool leap)
{
	end_contradiction(slot);
	if (slot->probation)
		slot->probation--;
	slot->trusted = !slot->probation;
	slot->leap = leap;
}

/* 127.127.1.1 and the like: the server follows no other, as the only one of an isolated network. */
static bool is_own_clock(uint32_t refid)
{
	return refid >> 24 == 127;
}

static uint32_t group_of(const struct source_sample *sample)
{
	return sample->stratum > 1 && !is_own_clock(sample->refid) ? sample->refid : 0;
}

/* Take a new sample. true: the source agreed with the timescale until now, and contradicts it. */
static bool take_sample(struct consensus *consensus, struct slot *slot,
			const struct source_sample *sample, const struct timescale_now *now)
{
	struct source_interval off;
	int64_t distance_ns = source_interval_of(sample, now, &off);

	slot->answered = true;
	if (is_far(&off, distance_ns, now) &&
	    !(slot->leap && chime_abs_sat(source_interval_middle(&off)) < LEAP_NS)) {
		note_contradiction(slot, &off, now->raw_ns);
		return slot->trusted && slot->far == 1;
	}
	note_agreement(slot, sample->leap);
	if (!consensus->suspect)
		consensus->agreed_raw_ns = now->raw_ns;
	return false;
}

/*
 * The timescale was corrected by @moved_ns meanwhile, so a source's difference is less by that. A
 * source that the correction has satisfied agrees now: it must not be followed a second time, and
 * it is news if it contradicts again.
 */
static void move_opinion(struct consensus *consensus, struct slot *slot,
			 const struct timescale_now *now, int64_t moved_ns)
{
	int64_t distance_ns = chime_sub_sat(slot->off.high_ns, slot->off.low_ns) / 2;

	slot->off.low_ns = chime_sub_sat(slot->off.low_ns, moved_ns);
	slot->off.high_ns = chime_sub_sat(slot->off.high_ns, moved_ns);
	if (is_far(&slot->off, distance_ns, now))
		return;
	end_contradiction(slot);
	slot->trusted = !slot->probation;
	/* The correction followed the latest update at once. */
	if (!consensus->suspect)
		consensus->agreed_raw_ns = consensus->raw_ns;
}

static void note_timescale(struct consensus *consensus, const struct timescale_now *now)
{
	consensus->has_clock = true;
	consensus->raw_ns = now->raw_ns;
	consensus->ahead_ns = chime_sub_sat(now->time_ns, now->reference_ns);
}

/* Differences to the timescale change when it is corrected. */
static void follow_timescale(struct consensus *consensus, const struct timescale_now *now)
{
	int64_t ahead_ns = chime_sub_sat(now->time_ns, now->reference_ns);
	int64_t elapsed_ns = chime_sub_sat(now->raw_ns, consensus->raw_ns);
	double ran = now->has_host || now->slew_ns ? 0.0 : (double)elapsed_ns * now->rate;
	int64_t moved_ns = chime_sub_sat(chime_sub_sat(ahead_ns, consensus->ahead_ns),
					 (int64_t)ran);
	size_t i;

	for (i = 0; consensus->has_clock && i < SOURCE_SELECT_MAX; i++)
		if (consensus->slot[i].far)
			move_opinion(consensus, &consensus->slot[i], now, moved_ns);
	note_timescale(consensus, now);
}

/* Find the slot of the source at @index, and whether it may vote. NULL: it has no new sample. */
static struct slot *attend(struct consensus *consensus, size_t index,
			   struct source *const *sources, const struct timescale_now *now,
			   struct source_sample *sample)
{
	const struct source *source = sources[index];
	struct source_status status;
	struct slot *slot;

	source_get_status(source, now->reference_ns, &status);
	slot = find_slot(consensus, index, sources);
	slot->votes = false;
	if (consensus->trusts && !status.options->trust)
		return NULL;
	consensus->usable += quorum_counts(source, &status);
	slot->votes = quorum_may_vote(source, &status);
	if (!slot->votes || status.received == slot->received || status.last.epoch != now->epoch)
		return NULL;
	slot->received = status.received;
	slot->group = group_of(&status.last);
	*sample = status.last;
	return slot;
}

/*
 * Selection lets nobody outvote the sources that the operator trusts, and neither may be done here:
 * others would step the clock away from it, and it back, again and again.
 */
static bool are_trusted(const struct consensus *consensus, struct source *const *sources)
{
	struct source_status status;
	size_t i;

	for (i = 0; i < consensus->count; i++) {
		if (!source_get_options(sources[i])->trust)
			continue;
		source_get_status(sources[i], 0, &status);
		if (quorum_may_vote(sources[i], &status))
			return true;
	}
	return false;
}

static void begin_roll(struct consensus *consensus, struct source *const *sources, size_t count)
{
	consensus->count = count < SOURCE_SELECT_MAX ? count : SOURCE_SELECT_MAX;
	consensus->usable = 0;
	consensus->trusts = are_trusted(consensus, sources);
}

/* Take all new samples. true: a trusted source contradicts. */
static bool take_samples(struct consensus *consensus, struct source *const *sources, size_t count,
			 const struct timescale_now *now)
{
	struct source_sample sample;
	bool contradicted = false;
	struct slot *slot;
	size_t i;

	begin_roll(consensus, sources, count);
	for (i = 0; i < consensus->count; i++) {
		slot = attend(consensus, i, sources, now, &sample);
		if (slot)
			contradicted |= take_sample(consensus, slot, &sample, now);
	}
	return contradicted;
}

static size_t count_voters(const struct consensus *consensus, bool only_answered)
{
	size_t i, number = 0;

	for (i = 0; i < consensus->count; i++)
		number += consensus->slot[i].votes &&
			  (consensus->slot[i].answered || !only_answered);
	return number;
}

static bool says(const struct slot *slot, int64_t at_ns)
{
	return slot->votes && slot->far && slot->off.low_ns <= at_ns &&
	       at_ns <= slot->off.high_ns;
}

static size_t count_agreeing(const struct consensus *consensus, int64_t at_ns)
{
	size_t i, number = 0;

	for (i = 0; i < consensus->count; i++)
		number += says(&consensus->slot[i], at_ns);
	return number;
}

/* Does an earlier source with the same claim follow the same clock? */
static bool is_echo(const struct consensus *consensus, size_t index, int64_t at_ns)
{
	uint32_t group = consensus->slot[index].group;
	size_t i;

	for (i = 0; group && i < index; i++)
		if (consensus->slot[i].group == group && says(&consensus->slot[i], at_ns))
			return true;
	return false;
}

/* How many different clocks the agreeing sources follow. */
static size_t count_clocks(const struct consensus *consensus, int64_t at_ns)
{
	size_t i, number = 0;

	for (i = 0; i < consensus->count; i++)
		number += says(&consensus->slot[i], at_ns) && !is_echo(consensus, i, at_ns);
	return number;
}

/* The point that most contradicting sources agree on. An interval begins there. */
static size_t find_majority(const struct consensus *consensus, int64_t *at_ns)
{
	size_t i, number, most = 0;

	for (i = 0; i < consensus->count; i++) {
		const struct slot *slot = &consensus->slot[i];

		if (!says(slot, slot->off.low_ns))
			continue;
		number = count_agreeing(consensus, slot->off.low_ns);
		if (number <= most)
			continue;
		most = number;
		*at_ns = slot->off.low_ns;
	}
	return most;
}

/*
 * How many of the sources that answered are right at least, if a majority of all is right: the
 * wrong ones, a minority, may all have answered.
 */
static size_t count_right(const struct consensus *consensus)
{
	size_t wrong = (count_voters(consensus, false) - 1) / 2;
	size_t answered = count_voters(consensus, true);

	return answered > wrong ? answered - wrong : 1;
}

/* From the first to the last point that @enough sources agree on. */
static void find_hull(const struct consensus *consensus, size_t enough,
		      struct source_interval *hull)
{
	size_t i;

	for (i = 0; i < consensus->count; i++) {
		const struct slot *slot = &consensus->slot[i];

		if (!slot->votes || !slot->far)
			continue;
		if (slot->off.low_ns < hull->low_ns &&
		    count_agreeing(consensus, slot->off.low_ns) >= enough)
			hull->low_ns = slot->off.low_ns;
		if (slot->off.high_ns > hull->high_ns &&
		    count_agreeing(consensus, slot->off.high_ns) >= enough)
			hull->high_ns = slot->off.high_ns;
	}
}

/*
 * The middle of the intersection of those that agree at @at_ns. A liar among them may have made
 * that narrow, so the bound reaches as far as so many agree that one of them has to be right.
 */
static void describe(const struct consensus *consensus, int64_t at_ns,
		     const struct timescale_now *now, struct consensus_result *result)
{
	struct source_interval common = { .low_ns = INT64_MIN, .high_ns = INT64_MAX }, hull;
	int64_t reach_ns;
	size_t i;

	for (i = 0; i < consensus->count; i++) {
		const struct slot *slot = &consensus->slot[i];

		if (!says(slot, at_ns))
			continue;
		if (slot->off.low_ns > common.low_ns)
			common.low_ns = slot->off.low_ns;
		if (slot->off.high_ns < common.high_ns)
			common.high_ns = slot->off.high_ns;
	}
	hull = common;
	find_hull(consensus, count_right(consensus), &hull);
	result->offset_ns = source_interval_middle(&common);
	reach_ns = chime_max(chime_sub_sat(hull.high_ns, result->offset_ns),
			     chime_sub_sat(result->offset_ns, hull.low_ns));
	result->maxerror_ns = chime_add_sat(reach_ns, now->maxerror_ns);
	result->agreed_raw_ns = consensus->agreed_raw_ns;
}

/* Accept the claim: those who make it do not contradict by it any more. */
static enum consensus_verdict let_through(struct consensus *consensus, int64_t at_ns,
					  const struct timescale_now *now,
					  enum consensus_verdict verdict)
{
	size_t i;

	for (i = 0; i < consensus->count; i++) {
		struct slot *slot = &consensus->slot[i];

		if (!says(slot, at_ns))
			continue;
		slot->followed = true;
		slot->since_raw_ns = now->raw_ns;
		slot->first_ns = chime_abs_sat(source_interval_middle(&slot->off));
	}
	return verdict;
}

static int64_t patience_ns(const struct slot *slot, bool only)
{
	int64_t most_ns = PATIENCE_MOST_NS / PATIENCE_FACTOR;
	int64_t size_ns = slot->first_ns < most_ns ? slot->first_ns : most_ns;

	if (!only || size_ns < PATIENCE_LEAST_NS / PATIENCE_FACTOR)
		return PATIENCE_LEAST_NS;
	return PATIENCE_FACTOR * size_ns;
}

/* How often the claim was repeated; @persists: for so long that it is followed. */
static int count_confirmations(const struct consensus *consensus, int64_t at_ns,
			       const struct timescale_now *now, bool only, bool *persists)
{
	size_t i;
	int most = 0;

	*persists = false;
	for (i = 0; i < consensus->count; i++) {
		const struct slot *slot = &consensus->slot[i];

		if (!says(slot, at_ns))
			continue;
		if (slot->far > most)
			most = slot->far;
		*persists |= slot->contradictions >= CONFIRMATIONS &&
			     chime_sub_sat(now->raw_ns, slot->since_raw_ns) >=
			     patience_ns(slot, only);
	}
	return most;
}

/* A disruption may have gone unnoticed, and the jump is within what one clock alone may report. */
static bool may_jump(const struct consensus_terms *terms, int64_t offset_ns)
{
	return terms->jumps && (!terms->max_jump_ns ||
				chime_abs_sat(offset_ns) <= terms->max_jump_ns);
}

/*
 * One clock contradicts ours. A machine that stood still or was reverted lost time, so a source
 * that is ahead may be right: without a host nothing else can tell. But the source may have been
 * disrupted itself, so it is not followed into the past, nor away from a host that went on.
 */
static bool is_falseticker(const struct timescale_now *now, const struct consensus_terms *terms,
			   int64_t offset_ns)
{
	int64_t known_ns = chime_sub_sat(now->time_ns, now->reference_ns);

	if (!now->has_host)
		return offset_ns < 0 || !may_jump(terms, offset_ns);
	return chime_abs_sat(chime_add_sat(known_ns, offset_ns)) > chime_abs_sat(known_ns);
}

static enum consensus_verdict leave_open(int64_t elapsed_ns)
{
	return elapsed_ns < UNRESOLVED_NS ? CONSENSUS_SUSPECT : CONSENSUS_UNRESOLVED;
}

/* The verdict on a claim whose sources all follow one clock. */
static enum consensus_verdict judge_one(struct consensus *consensus, int64_t at_ns,
					const struct timescale_now *now,
					const struct consensus_terms *terms,
					const struct consensus_result *result)
{
	int64_t elapsed_ns = chime_sub_sat(now->raw_ns, consensus->suspect_raw_ns);
	bool persists;
	int confirmations = count_confirmations(consensus, at_ns, now, result->agreeing == 1,
						&persists);

	if (persists && result->agreeing > 1 && !now->has_host && terms->jumps)
		return let_through(consensus, at_ns, now, CONSENSUS_JUMP);
	if (persists)
		return let_through(consensus, at_ns, now, CONSENSUS_OK);
	if (confirmations < CONFIRMATIONS)
		return leave_open(elapsed_ns);
	/* The other configured sources have been asked, too. */
	if (result->voters < consensus->usable && elapsed_ns < BURST_NS)
		return CONSENSUS_SUSPECT;
	if (is_falseticker(now, terms, result->offset_ns))
		return CONSENSUS_FALSETICKER;
	return let_through(consensus, at_ns, now,
			   now->has_host ? CONSENSUS_OK : CONSENSUS_JUMP);
}

/*
 * More than half of all sources agree on a difference: that counts more if they follow several
 * clocks.
 */
static enum consensus_verdict judge_most(struct consensus *consensus, int64_t at_ns,
					 const struct timescale_now *now,
					 const struct consensus_terms *terms,
					 const struct consensus_result *result)
{
	if (count_clocks(consensus, at_ns) < 2)
		return judge_one(consensus, at_ns, now, terms, result);
	return let_through(consensus, at_ns, now,
			   terms->jumps ? CONSENSUS_JUMP : CONSENSUS_OK);
}

/* Those who contradict may say no more: the operator has taken them offline. */
static bool is_contradicted(const struct consensus *consensus)
{
	size_t i;

	for (i = 0; i < consensus->count; i++)
		if (consensus->slot[i].far)
			return true;
	return false;
}

/* The verdict on what the sources that can vote have said so far. */
static enum consensus_verdict judge(struct consensus *consensus, const struct timescale_now *now,
				    const struct consensus_terms *terms,
				    struct consensus_result *result)
{
	int64_t elapsed_ns = chime_sub_sat(now->raw_ns, consensus->suspect_raw_ns);
	size_t voters = count_voters(consensus, false), voted;
	int64_t at_ns = 0;
	bool open;

	result->agreeing = find_majority(consensus, &at_ns);
	result->voters = voters;
	if (!voters && is_contradicted(consensus))
		return leave_open(elapsed_ns);
	if (!result->agreeing)
		return CONSENSUS_OK;
	describe(consensus, at_ns, now, result);
	if (voters == 1)
		return judge_one(consensus, at_ns, now, terms, result);
	/* With a host, the discipline has several sources vote on it. */
	if (now->has_host)
		return CONSENSUS_OK;
	if (2 * result->agreeing > voters)
		return judge_most(consensus, at_ns, now, terms, result);

	voted = count_voters(consensus, true);
	if (voted < voters && elapsed_ns < BURST_NS)
		return CONSENSUS_SUSPECT;
	/* Silent sources have no vote, but those that agree must not be a minority of all. */
	if (result->agreeing > 1 && 2 * result->agreeing > voted &&
	    2 * result->agreeing >= voters) {
		result->voters = voted;
		return judge_most(consensus, at_ns, now, terms, result);
	}
	/* Open while one answers alone, or while the silent ones could make this a majority. */
	open = voted < 2 || 2 * (result->agreeing + voters - voted) > voters;
	return open && elapsed_ns < SUSPECT_NS ? CONSENSUS_SUSPECT : CONSENSUS_OK;
}

/*
 * Whether or not they were trusted, most of the sources that answer contradict a clock that others
 * have confirmed. (A host's clock that none has confirmed is one opinion only.)
 */
static bool is_outvoted(const struct consensus *consensus, const struct timescale_now *now)
{
	size_t voters = count_voters(consensus, false), agreeing;
	int64_t at_ns = 0;
	size_t i;

	if (!consensus->agreed_raw_ns || (now->has_host && voters > 1))
		return false;
	agreeing = find_majority(consensus, &at_ns);
	if (2 * agreeing <= voters)
		return false;
	for (i = 0; i < consensus->count; i++)
		if (says(&consensus->slot[i], at_ns) && !consensus->slot[i].followed)
			return true;
	return false;
}

static void begin_suspicion(struct consensus *consensus, const struct timescale_now *now)
{
	size_t i;

	consensus->suspect = true;
	consensus->suspect_raw_ns = now->raw_ns;
	consensus->asked_raw_ns = now->raw_ns;
	consensus->ask_again_ns = BURST_NS;
	for (i = 0; i < consensus->count; i++)
		consensus->slot[i].answered = consensus->slot[i].far;
}

static void put_on_probation(struct slot *slot)
{
	slot->trusted = false;
	slot->probation_whole = slot->probation_whole ? 2 * slot->probation_whole : PROBATION;
	if (slot->probation_whole > PROBATION_MOST)
		slot->probation_whole = PROBATION_MOST;
	slot->probation = slot->probation_whole;
}

/*
 * A source that still contradicts was outvoted: it raises no suspicion until it has agreed for a
 * while.
 */
static void end_suspicion(struct consensus *consensus)
{
	size_t i;

	consensus->suspect = false;
	for (i = 0; i < consensus->count; i++)
		if (consensus->slot[i].far)
			put_on_probation(&consensus->slot[i]);
}

/* The answers of the burst give no verdict: some were lost, or there were too few. */
static void ask_again(struct consensus *consensus, const struct timescale_now *now,
		      struct consensus_result *result)
{
	int64_t asked_ns = chime_sub_sat(now->raw_ns, consensus->asked_raw_ns);
	int64_t unresolved_ns = UNRESOLVED_NS -
				chime_sub_sat(now->raw_ns, consensus->suspect_raw_ns);

	if (asked_ns >= consensus->ask_again_ns) {
		result->ask = true;
		consensus->asked_raw_ns = now->raw_ns;
		if (consensus->ask_again_ns < ASK_LATEST_NS)
			consensus->ask_again_ns *= 2;
		asked_ns = 0;
	}
	result->wait_ns = consensus->ask_again_ns - asked_ns;
	if (unresolved_ns > 0)
		result->wait_ns = chime_min(result->wait_ns, unresolved_ns);
}

static void judge_suspicion(struct consensus *consensus, const struct timescale_now *now,
			    const struct consensus_terms *terms, struct consensus_result *result)
{
	result->verdict = judge(consensus, now, terms, result);
	/* After CONSENSUS_FALSETICKER the source may come back, or others may answer. */
	if (result->verdict == CONSENSUS_OK || result->verdict == CONSENSUS_JUMP)
		end_suspicion(consensus);
	else if (result->verdict != CONSENSUS_FALSETICKER)
		ask_again(consensus, now, result);
}

/* No source contradicts, but after all samples became void a quorum has to answer first. */
static void wait_for_quorum(struct consensus *consensus, struct source *const *sources,
			    size_t count, const struct timescale_now *now,
			    struct consensus_result *result)
{
	int64_t wait_ns = quorum_wait_ns(&consensus->quorum, sources, count, now);

	result->ask |= consensus->quorum.ask;
	consensus->quorum.ask = false;
	if (result->verdict != CONSENSUS_OK || !wait_ns)
		return;
	result->verdict = CONSENSUS_SUSPECT;
	result->wait_ns = wait_ns;
}

/*
 * Without a bound there is nothing that a source could contradict. What each says is kept: the
 * first correction will show who agrees with it.
 */
static void renew_opinions(struct consensus *consensus, struct source *const *sources,
			   size_t count, const struct timescale_now *now)
{
	const struct quorum quorum = consensus->quorum;
	bool confirmed = consensus->confirmed;
	struct source_interval off;
	struct source_sample sample;
	struct slot *slot;
	size_t i;

	consensus_forget(consensus);
	consensus->quorum = quorum;
	consensus->confirmed = confirmed;
	begin_roll(consensus, sources, count);
	for (i = 0; i < consensus->count; i++) {
		slot = attend(consensus, i, sources, now, &sample);
		if (!slot)
			continue;
		(void)source_interval_of(&sample, now, &off);
		note_contradiction(slot, &off, now->raw_ns);
	}
	note_timescale(consensus, now);
}

void consensus_update(struct consensus *consensus, struct source *const *sources, size_t count,
		      const struct timescale_now *now, const struct consensus_terms *terms,
		      struct consensus_result *result)
{
	bool contradicted;

	*result = (struct consensus_result){ .verdict = CONSENSUS_OK };
	note_answers(consensus, sources, count, now->raw_ns);
	/* The clock is steered by another program. */
	if (now->external) {
		consensus_forget(consensus);
		return;
	}
	if (consensus->confirmed && !terms->confirmed)
		quorum_forget(&consensus->quorum);
	consensus->confirmed = terms->confirmed;
	if (now->maxerror_ns == CHIME_LINE_UNBOUNDED_NS) {
		renew_opinions(consensus, sources, count, now);
		wait_for_quorum(consensus, sources, count, now, result);
		return;
	}
	follow_timescale(consensus, now);
	contradicted = take_samples(consensus, sources, count, now);
	if (!consensus->suspect && (contradicted || is_outvoted(consensus, now))) {
		begin_suspicion(consensus, now);
		result->ask = true;
	}
	if (consensus->suspect)
		judge_suspicion(consensus, now, terms, result);
	wait_for_quorum(consensus, sources, count, now, result);
}
