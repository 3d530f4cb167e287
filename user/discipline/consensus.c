// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time sources as a witness of disruptions: the suspicion and the verdict. What one source says is
 * in opinion.c, who votes in roll.c, what most of them say in majority.c.
 */
#include "discipline/consensus.h"

#include <stdlib.h>

#include "discipline/majority.h"
#include "discipline/opinion.h"
#include "discipline/quorum.h"
#include "discipline/roll.h"
#include "lib/time_units.h"

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

struct consensus {
	struct roll roll;
	int64_t agreed_raw_ns;
	int64_t suspect_raw_ns;		/* suspicion began then; meaningless without ... */
	int64_t asked_raw_ns;		/* ... all sources were asked then ... */
	int64_t ask_again_ns;		/* ... and again after so long without a verdict */
	int64_t disputed_raw_ns;	/* the latest dispute amid it began then */
	bool suspect;
	bool disputed;			/* a new sample has begun one */
	bool confirmed;			/* as stated in the latest terms */
	bool has_clock;			/* @raw_ns and @ahead_ns are of the latest update */
	int64_t raw_ns;
	int64_t ahead_ns;		/* the timescale minus the reference */
	uint64_t received;		/* answers of all servers ... */
	uint64_t readings;		/* ... and readings of all reference clocks */
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
	/* Who waits for a majority goes on waiting, if what was said so far is still used. */
	*consensus = (struct consensus){
		.received = consensus->received,
		.readings = consensus->readings,
		.quorum.pending = consensus->quorum.pending,
	};
}

void consensus_change_reference(struct consensus *consensus, const struct reference_change *change)
{
	if (reference_change_keeps_offset(change) && !change->leap_ns)
		consensus->ahead_ns = chime_sub_sat(consensus->ahead_ns, change->shift_ns);
	else
		consensus_forget(consensus);
}

static bool is_server(const struct source *source)
{
	return source_get_options(source)->kind == SOURCE_SERVER;
}

/*
 * Only reference clocks of this machine show the time. As long as some server may be heard yet, the
 * network being away does not tell one that is silent from another: what was said last holds of
 * all. When all of them are silent, the clocks are left.
 */
static void note_clocks_alone(struct source *const *sources, size_t count, int64_t now_raw_ns)
{
	bool silent = true;
	size_t i;

	for (i = 0; i < count; i++) {
		if (!is_server(sources[i]))
			continue;
		source_clock_answered(sources[i], now_raw_ns);
		silent = silent && source_is_silent(sources[i]);
	}
	for (i = 0; silent && i < count; i++)
		if (is_server(sources[i]))
			source_cut_off(sources[i]);
}

/* Who does not answer while other servers do is silent by itself. */
static void note_answers(struct consensus *consensus, struct source *const *sources, size_t count,
			 int64_t now_raw_ns)
{
	uint64_t received = 0, readings = 0;
	bool answered, read;
	size_t i;

	for (i = 0; i < count; i++)
		*(is_server(sources[i]) ? &received : &readings) += source_received(sources[i]);
	answered = received > consensus->received;
	read = readings > consensus->readings;
	consensus->received = received;
	consensus->readings = readings;
	if (!answered && read)
		note_clocks_alone(sources, count, now_raw_ns);
	for (i = 0; answered && i < count; i++)
		source_others_answered(sources[i], now_raw_ns);
}

/*
 * The source contradicts, and either it or another one has contradicted by another amount since the
 * suspicion began. The clock may have jumped once more between the two answers: then those of
 * before and of after it together show no majority, and all have to answer anew before it is said
 * that there is none. Each source can bring that about once.
 */
static void note_dispute(struct consensus *consensus, struct opinion *opinion,
			 const struct source_interval *off, int64_t raw_ns)
{
	size_t i;

	for (i = 0; i < consensus->roll.count; i++)
		if (opinion_excludes(&consensus->roll.opinion[i], off))
			break;
	if (i == consensus->roll.count || opinion->disputed)
		return;
	for (i = 0; i < consensus->roll.count; i++)
		consensus->roll.opinion[i].due = true;
	opinion->disputed = true;
	consensus->disputed = true;
	consensus->disputed_raw_ns = raw_ns;
}

/* Take a new sample. true: the source agreed with the timescale until now, and contradicts it. */
static bool take_sample(struct consensus *consensus, struct opinion *opinion,
			const struct source_sample *sample, const struct timescale_now *now)
{
	struct source_interval off;
	int64_t distance_ns = source_interval_of(sample, now, &off);
	bool leap = opinion->leap && chime_abs_sat(source_interval_middle(&off)) < LEAP_NS;
	bool far = opinion_is_far(&off, distance_ns, now) && !leap;

	if (far && consensus->suspect)
		note_dispute(consensus, opinion, &off, now->raw_ns);
	opinion->answered = true;
	opinion->due = false;
	if (far) {
		opinion_contradict(opinion, &off, now->raw_ns);
		return opinion->trusted && opinion->far == 1;
	}
	if (opinion_leaves_open(opinion, &off, now))
		return false;
	opinion_agree(opinion, sample->leap);
	opinion_join(opinion, &off, consensus->suspect && !leap, now);
	if (!consensus->suspect)
		consensus->agreed_raw_ns = now->raw_ns;
	return false;
}

/* The timescale was corrected by @moved_ns meanwhile. */
static void move_opinions(struct consensus *consensus, int64_t moved_ns,
			  const struct timescale_now *now)
{
	size_t i;

	for (i = 0; i < SOURCE_SELECT_MAX; i++) {
		struct opinion *opinion = &consensus->roll.opinion[i];

		if (!opinion_move(opinion, moved_ns, consensus->suspect, now))
			continue;
		/* The correction followed the latest update at once. */
		if (!consensus->suspect)
			consensus->agreed_raw_ns = consensus->raw_ns;
	}
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

	if (consensus->has_clock)
		move_opinions(consensus, moved_ns, now);
	note_timescale(consensus, now);
}

/*
 * Take all new samples. true: a trusted source contradicts. What others have said before, even if
 * they contradicted by then, is no answer since the suspicion began.
 */
static bool take_samples(struct consensus *consensus, struct source *const *sources, size_t count,
			 const struct timescale_now *now)
{
	struct source_sample sample;
	bool contradicted = false;
	struct opinion *opinion;
	size_t i;

	roll_begin(&consensus->roll, sources, count);
	for (i = 0; i < consensus->roll.count; i++) {
		opinion = roll_call(&consensus->roll, i, sources, now, &sample);
		consensus->roll.opinion[i].answered &= consensus->suspect;
		if (opinion)
			contradicted |= take_sample(consensus, opinion, &sample, now);
	}
	return contradicted;
}

static void describe(const struct consensus *consensus, int64_t at_ns,
		     const struct timescale_now *now, struct consensus_result *result)
{
	majority_bound(&consensus->roll, at_ns, &result->offset_ns, &result->maxerror_ns);
	result->maxerror_ns = chime_add_sat(result->maxerror_ns, now->maxerror_ns);
	result->agreed_raw_ns = consensus->agreed_raw_ns;
}

/* Accept the claim: those who make it do not contradict by it any more. */
static enum consensus_verdict let_through(struct consensus *consensus, int64_t at_ns,
					  const struct timescale_now *now,
					  enum consensus_verdict verdict)
{
	size_t i;

	for (i = 0; i < consensus->roll.count; i++)
		if (opinion_says(&consensus->roll.opinion[i], at_ns))
			opinion_accept(&consensus->roll.opinion[i], now->raw_ns);
	return verdict;
}

/* How often the claim was repeated; @persists: for so long that it is followed. */
static int count_confirmations(const struct consensus *consensus, int64_t at_ns,
			       const struct timescale_now *now, bool only, bool *persists)
{
	size_t i;
	int most = 0;

	*persists = false;
	for (i = 0; i < consensus->roll.count; i++) {
		const struct opinion *opinion = &consensus->roll.opinion[i];

		if (!opinion_says(opinion, at_ns))
			continue;
		if (opinion->far > most)
			most = opinion->far;
		*persists |= opinion_persists(opinion, only, now->raw_ns);
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

/* One source alone says so, and said it when there were others, who denied it: no time is lost. */
static bool is_old_claim(const struct consensus *consensus, int64_t at_ns,
			 const struct timescale_now *now, const struct consensus_result *result)
{
	return !now->has_host && result->agreeing == 1 &&
	       majority_is_denied(&consensus->roll, at_ns);
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
	if (confirmations < OPINION_CONFIRMATIONS)
		return leave_open(elapsed_ns);
	/* The other configured sources have been asked, too. */
	if (result->voters < consensus->roll.usable && elapsed_ns < BURST_NS)
		return CONSENSUS_SUSPECT;
	if (is_old_claim(consensus, at_ns, now, result) ||
	    is_falseticker(now, terms, result->offset_ns))
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
	if (majority_clocks(&consensus->roll, at_ns) < 2)
		return judge_one(consensus, at_ns, now, terms, result);
	return let_through(consensus, at_ns, now,
			   terms->jumps ? CONSENSUS_JUMP : CONSENSUS_OK);
}

/* Those who contradict may say no more: the operator has taken them offline. */
static bool is_contradicted(const struct consensus *consensus)
{
	size_t i;

	for (i = 0; i < consensus->roll.count; i++)
		if (consensus->roll.opinion[i].far)
			return true;
	return false;
}

/* Since the latest dispute not all have answered, and they may yet. */
static bool is_awaited(const struct consensus *consensus, const struct timescale_now *now)
{
	return chime_sub_sat(now->raw_ns, consensus->disputed_raw_ns) < BURST_NS &&
	       majority_due(&consensus->roll);
}

/* The verdict on what the sources that can vote have said so far. */
static enum consensus_verdict judge(struct consensus *consensus, const struct timescale_now *now,
				    const struct consensus_terms *terms,
				    struct consensus_result *result)
{
	int64_t elapsed_ns = chime_sub_sat(now->raw_ns, consensus->suspect_raw_ns);
	size_t voters = majority_voters(&consensus->roll, false), voted, affirming;
	size_t all = majority_all(&consensus->roll);
	int64_t at_ns = 0;
	bool open;

	result->agreeing = majority_find(&consensus->roll, &at_ns);
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
	if (2 * result->agreeing > all)
		return judge_most(consensus, at_ns, now, terms, result);

	voted = majority_voters(&consensus->roll, true);
	if ((voted < voters && elapsed_ns < BURST_NS) || is_awaited(consensus, now))
		return CONSENSUS_SUSPECT;
	affirming = majority_affirming(&consensus->roll, at_ns);
	/*
	 * Silent sources have no vote, not even by what they contradicted before, but those that
	 * agree must not be a minority of all.
	 */
	if (affirming > 1 && 2 * affirming > voted && 2 * result->agreeing >= all) {
		result->voters = voted;
		return judge_most(consensus, at_ns, now, terms, result);
	}
	/* Open while one answers alone, or while the silent ones could make this a majority ... */
	open = voted < 2 || 2 * (result->agreeing + voters - voted) > voters;
	if (open && elapsed_ns < SUSPECT_NS)
		return CONSENSUS_SUSPECT;
	/* ... for longer while they only rest, and are needed for one. */
	open = 2 * (result->agreeing + majority_resting(&consensus->roll)) > all &&
	       2 * majority_allowing(&consensus->roll, at_ns) <= all;
	result->rests = open && elapsed_ns < QUORUM_REST_NS;
	return result->rests ? CONSENSUS_SUSPECT : CONSENSUS_OK;
}

/*
 * Whether or not they were trusted, most of the sources that answer contradict a clock that others
 * have confirmed. (A host's clock that none has confirmed is one opinion only.)
 */
static bool is_outvoted(const struct consensus *consensus, const struct timescale_now *now)
{
	size_t voters = majority_voters(&consensus->roll, false), agreeing;
	int64_t at_ns = 0;
	size_t i;

	if (!consensus->agreed_raw_ns || (now->has_host && voters > 1))
		return false;
	agreeing = majority_find(&consensus->roll, &at_ns);
	if (2 * agreeing <= voters)
		return false;
	for (i = 0; i < consensus->roll.count; i++) {
		const struct opinion *opinion = &consensus->roll.opinion[i];

		if (opinion_says(opinion, at_ns) && !opinion->followed)
			return true;
	}
	return false;
}

static void ask_all(struct consensus *consensus, const struct timescale_now *now,
		    struct consensus_result *result)
{
	consensus->asked_raw_ns = now->raw_ns;
	consensus->ask_again_ns = BURST_NS;
	result->ask = true;
}

static void begin_suspicion(struct consensus *consensus, const struct timescale_now *now)
{
	consensus->suspect = true;
	consensus->suspect_raw_ns = now->raw_ns;
	consensus->roll.since_raw_ns = now->raw_ns;
}

/*
 * A source that still contradicts was outvoted: it raises no suspicion until it has agreed for a
 * while.
 */
static void end_suspicion(struct consensus *consensus)
{
	bool denied = majority_keeping(&consensus->roll);
	size_t i;

	consensus->suspect = false;
	for (i = 0; i < consensus->roll.count; i++) {
		struct opinion *opinion = &consensus->roll.opinion[i];

		opinion->joins = false;
		opinion->disputed = false;
		opinion->due = false;
		if (!opinion->far)
			continue;
		opinion->denied |= denied && !opinion->followed;
		opinion_outvote(opinion);
	}
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
	struct opinion *opinion;
	size_t i;

	consensus_forget(consensus);
	consensus->quorum = quorum;
	consensus->confirmed = confirmed;
	roll_begin(&consensus->roll, sources, count);
	for (i = 0; i < consensus->roll.count; i++) {
		opinion = roll_call(&consensus->roll, i, sources, now, &sample);
		if (!opinion)
			continue;
		(void)source_interval_of(&sample, now, &off);
		opinion_contradict(opinion, &off, now->raw_ns);
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
		ask_all(consensus, now, result);
	}
	if (consensus->disputed)
		ask_all(consensus, now, result);
	consensus->disputed = false;
	if (consensus->suspect)
		judge_suspicion(consensus, now, terms, result);
	wait_for_quorum(consensus, sources, count, now, result);
}
