// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for a quorum. source_select.c selects among the sources that make it.
 */
#include "discipline/quorum.h"

#include "discipline/source_interval.h"

/*
 * So many unanswered requests show that a source is silent rather than late. The clock does not
 * wait for more. But its bound does: if a fifth of requests goes unanswered, three in a row do so
 * once in 125 times, and six once in 15,000.
 */
#define REQUESTS	2
#define REQUESTS_LOST	5

/*
 * Intervals that miss each other by less count as agreeing: their widths are the servers' own
 * estimates.
 */
#define AGREE_NS	1000000LL
#define SIGMAS		5

/* The sources that may be selected. */
struct attendance {
	size_t usable;		/* of them, not known to be silent */
	size_t voters;		/* are not lost, or may yet answer for the first time */
	size_t answered;		/* have given samples that are neither void nor too old */
	size_t awaited;		/* may yet answer for the first time, or again */
	size_t silent;		/* have answered once, but none of their latest requests ... */
	size_t missing;		/* ... or none since their samples became void */
	size_t unheard;		/* never answered, and were asked, or could not be */
	size_t mute;		/* likewise, lately perhaps, and are not lost ... */
	size_t tired;		/* ... and were asked so often that they are no voters */
	size_t reached;		/* have answered one of their latest requests */
	size_t resting;		/* have not answered, as they ask us to wait */
	size_t limiting;	/* have said nothing but that, and are no voters */
	size_t unasked;		/* silent or unheard, and not asked since somebody answers */
	bool said;		/* one has samples, and may be offline or have refused since */
	int64_t latest_raw_ns;	/* when the latest answer came */
	struct source_interval interval[SOURCE_SELECT_MAX];
};

int64_t quorum_distance_ns(const struct source_options *options)
{
	return options->maxdistance_ns ? options->maxdistance_ns : QUORUM_DISTANCE_NS;
}

bool quorum_is_near(const struct source_status *status)
{
	return status->root_distance_ns < quorum_distance_ns(status->options);
}

/* Whether or not it is ever asked again. */
static bool has_standing(const struct source_status *status)
{
	return !status->options->noselect && !status->options->numbered &&
	       !status->last.numbered && !status->worn_out && !status->orphan && !status->twin &&
	       status->smear != SOURCE_SMEARS && !status->refuted;
}

bool quorum_would_count(const struct source *source, const struct source_status *status)
{
	return has_standing(status) && !source_is_refused(source);
}

bool quorum_counts(const struct source *source, const struct source_status *status)
{
	return quorum_would_count(source, status) && !status->withdrawn;
}

static bool may_answer(const struct source *source, const struct source_status *status,
		       unsigned int requests)
{
	if (!quorum_counts(source, status))
		return false;
	/* One that answers is not silent because it takes longer than maxdelay. */
	if (status->overlong)
		return true;
	return status->received ? !status->lost : status->asked <= requests && !status->failed;
}

bool quorum_may_vote(const struct source *source, const struct source_status *status)
{
	return may_answer(source, status, REQUESTS);
}

/*
 * It has never said anything, and hardly anybody else has since it was asked: the network may be
 * away, and how often it was asked says nothing.
 */
static bool is_asked_in_vain(const struct source *source, const struct source_status *status)
{
	return quorum_counts(source, status) && status->asked && !status->received &&
	       !status->kisses && !status->lost;
}

bool quorum_may_be_right(const struct source *source, const struct source_status *status)
{
	return may_answer(source, status, REQUESTS_LOST) || is_asked_in_vain(source, status);
}

/* A server may say nothing else ever. */
#define KISSES_UNHEARD	2

/* One that rests is asked seldom, and one request may be lost. */
#define REACH_LATEST	3

bool quorum_rests(const struct source_status *status, int64_t since_raw_ns, int64_t raw_ns)
{
	if (!source_status_is_limited(status) || status->lost ||
	    (!status->received && status->kisses >= KISSES_UNHEARD))
		return false;
	return status->kisses || (status->reach & REACH_LATEST) ||
	       status->asked_raw_ns < since_raw_ns ||
	       chime_sub_sat(raw_ns, status->asked_raw_ns) < SOURCE_ANSWER_NS;
}

bool quorum_only_limits(const struct source *source, const struct source_status *status)
{
	return quorum_counts(source, status) && status->kisses && !status->received &&
	       !status->lost && !quorum_may_vote(source, status);
}

/* The source never answered, and was not asked often or long enough to be called silent. */
static bool is_awaited(const struct source *source, const struct source_status *status,
		       int64_t raw_ns)
{
	return quorum_may_vote(source, status) && !status->received &&
	       (status->asked < REQUESTS ||
		chime_sub_sat(raw_ns, status->asked_raw_ns) < SOURCE_ANSWER_NS);
}

/* It has answered once, but none of its latest requests. */
static bool is_silent(const struct source_status *status)
{
	return status->received && !status->reach && !status->lost;
}

/* It has answered once, but not since its samples became void. */
static bool is_missing(const struct source_status *status)
{
	return status->received && !status->samples && !status->lost;
}

/*
 * Sources were silent, and one has answered again: so may this one, which was not asked since, or
 * only just.
 */
static bool may_return(const struct quorum *quorum, const struct source_status *status,
		       int64_t raw_ns)
{
	return quorum->silence && (is_silent(status) || is_missing(status)) &&
	       (status->asked_raw_ns < quorum->since_raw_ns ||
		chime_sub_sat(raw_ns, status->asked_raw_ns) < SOURCE_ANSWER_NS);
}

static bool is_unheard(const struct source_status *status, int64_t raw_ns)
{
	if (status->received)
		return false;
	return status->sent ? chime_sub_sat(raw_ns, status->asked_raw_ns) >= SOURCE_ANSWER_NS :
			      status->last_error;
}

/* It never answered what it was asked: the network may be away. */
static bool is_mute(const struct source_status *status)
{
	return !status->received && (status->sent || status->last_error) && !status->lost;
}

/* It has not answered, or not lately, and what it was asked left before anybody answered. */
static bool is_unasked(const struct quorum *quorum, const struct source_status *status,
		       int64_t raw_ns)
{
	return (is_silent(status) || is_missing(status) || is_unheard(status, raw_ns)) &&
	       status->asked_raw_ns < quorum->since_raw_ns;
}

static void take_attendance(const struct quorum *quorum, struct source *const *sources,
			    size_t count, const struct timescale_now *now,
			    struct attendance *attendance)
{
	size_t i;

	for (i = 0; i < count && i < SOURCE_SELECT_MAX; i++) {
		struct source_interval *interval = &attendance->interval[attendance->answered];
		struct source_status status;
		int64_t margin_ns;

		source_get_status(sources[i], now->reference_ns, &status);
		attendance->said |= status.samples && has_standing(&status);
		if (!quorum_counts(sources[i], &status))
			continue;
		attendance->usable += status.received || status.asked <= REQUESTS;
		attendance->voters += quorum_may_vote(sources[i], &status);
		attendance->awaited += is_awaited(sources[i], &status, now->raw_ns) ||
				       may_return(quorum, &status, now->raw_ns);
		attendance->silent += is_silent(&status);
		attendance->missing += is_missing(&status);
		attendance->unheard += is_unheard(&status, now->raw_ns);
		attendance->mute += is_mute(&status);
		attendance->tired += is_mute(&status) && status.asked > REQUESTS;
		attendance->limiting += quorum_only_limits(sources[i], &status);
		attendance->reached += !!status.reach;
		attendance->unasked += is_unasked(quorum, &status, now->raw_ns);
		if (!status.received || !status.reach || !status.samples ||
		    !quorum_is_near(&status)) {
			attendance->resting += quorum_rests(&status, quorum->since_raw_ns,
							    now->raw_ns);
			continue;
		}
		attendance->latest_raw_ns = chime_max(attendance->latest_raw_ns,
						      status.last_raw_ns);
		source_interval_of(&status.last, now, interval);
		margin_ns = chime_add_sat(AGREE_NS, SIGMAS * status.last.noise_ns) / 2;
		interval->low_ns = chime_sub_sat(interval->low_ns, margin_ns);
		interval->high_ns = chime_add_sat(interval->high_ns, margin_ns);
		attendance->answered++;
	}
}

/* The greatest number of intervals with a common point. One of them begins there. */
static size_t count_agreeing(const struct attendance *attendance)
{
	size_t i, j, agreeing, most = 0;

	for (i = 0; i < attendance->answered; i++) {
		int64_t at_ns = attendance->interval[i].low_ns;

		agreeing = 0;
		for (j = 0; j < attendance->answered; j++)
			agreeing += attendance->interval[j].low_ns <= at_ns &&
				    at_ns <= attendance->interval[j].high_ns;
		if (agreeing > most)
			most = agreeing;
	}
	return most;
}

/* Of whom most have to agree: those who only ask us to wait as well, while voters rest. */
static size_t count_all(const struct attendance *attendance)
{
	return attendance->voters + (attendance->resting ? attendance->limiting : 0);
}

/* How long to wait after the first answer. */
static int64_t patience_ns(const struct attendance *attendance)
{
	size_t agreeing = count_agreeing(attendance), all = count_all(attendance);

	if (agreeing < 2 && attendance->usable > 1)
		return QUORUM_SILENT_NS;
	if (2 * agreeing > all)
		return 0;
	return 2 * agreeing == all ? QUORUM_LATE_NS : QUORUM_SILENT_NS;
}

/*
 * No majority agrees in time. With many sources the last ones are asked late, and one request alone
 * may be lost.
 */
static int64_t wait_for_awaited_ns(const struct quorum *quorum,
				   const struct attendance *attendance, int64_t raw_ns)
{
	int64_t left_ns = chime_sub_sat(chime_add_sat(quorum->since_raw_ns, QUORUM_LATEST_NS),
					raw_ns);

	return attendance->awaited ? chime_min(left_ns, SOURCE_ANSWER_NS) : 0;
}

/* Those who agree are a minority, while others rest. */
static int64_t wait_for_resting_ns(const struct quorum *quorum,
				   const struct attendance *attendance, int64_t raw_ns)
{
	int64_t left_ns = chime_sub_sat(chime_add_sat(quorum->since_raw_ns, QUORUM_REST_NS),
					raw_ns);

	if (!attendance->resting || 2 * count_agreeing(attendance) >= count_all(attendance))
		return 0;
	return chime_min(left_ns, QUORUM_LATEST_NS);
}

/*
 * Sources are silent, and nobody has answered a request that was sent since the first answer came:
 * then it is the network that went away again, and those who answered are only the quickest.
 */
static bool is_cut_off(const struct quorum *quorum, const struct attendance *attendance)
{
	return (attendance->silent || attendance->missing || attendance->mute) &&
	       attendance->latest_raw_ns < chime_add_sat(quorum->since_raw_ns, SOURCE_ANSWER_NS);
}

/* All were asked again, and nobody answers: who was asked how often says nothing. */
static void count_the_tired(struct attendance *attendance)
{
	attendance->usable += attendance->tired;
	attendance->voters += attendance->tired;
	attendance->limiting = 0;
}

/*
 * The network is there again: as after a silence of all the others are asked, and they have as long
 * as after the first answer. What they were asked meanwhile was lost.
 */
static void begin_again(struct quorum *quorum, int64_t raw_ns)
{
	quorum->silence = true;
	quorum->asked = false;
	quorum->anew = true;
	quorum->since_raw_ns = raw_ns;
}

/*
 * All were asked once more at a start, and somebody answers for the first time since, but so late
 * that both requests to the others may have been lost before the network was there again.
 */
static bool was_away(struct quorum *quorum, int64_t raw_ns)
{
	bool first = quorum->asked && !quorum->silence && !quorum->again;

	quorum->again |= first;
	return first && chime_sub_sat(raw_ns, quorum->since_raw_ns) >
			QUORUM_SILENT_NS - SOURCE_ANSWER_NS;
}

/*
 * Somebody answers again. Once more is enough: a server may answer seldom, and never when all are
 * asked just after its answer; the others were asked after each of them.
 */
static bool was_cut_off(const struct quorum *quorum)
{
	return quorum->cut_off && !quorum->anew;
}

/*
 * The network may not be there: what was sent meanwhile does not show who is silent. Else the first
 * one to be asked when it comes would have the clock to itself.
 */
static void excuse_silence(struct source *const *sources, size_t count)
{
	size_t i;

	for (i = 0; i < count && i < SOURCE_SELECT_MAX; i++)
		source_excuse_silence(sources[i]);
}

/*
 * After a silence of all, ask those who were asked before the first answer. All may have been asked
 * just before the network came: what was on its way then is known to be lost when its time is over.
 *
 * Where nobody was silent before, and others are when their time is over, ask those who answered as
 * well: they show whether the network is still there. What the others were asked before was lost
 * if it is not.
 */
static void ask_again(struct quorum *quorum, const struct attendance *attendance,
		      struct source *const *sources, size_t count, int64_t raw_ns)
{
	if (quorum->asked)
		return;
	if (quorum->silence)
		quorum->ask = attendance->unasked;
	else if (raw_ns >= chime_add_sat(quorum->since_raw_ns, SOURCE_ANSWER_NS))
		quorum->ask = attendance->mute && is_cut_off(quorum, attendance);
	quorum->asked = quorum->ask;
	if (quorum->ask && !quorum->silence)
		excuse_silence(sources, count);
}

/* Nobody has answered: begin with the first answer, and keep what shows a silence of all. */
static int64_t await_first_answer(struct quorum *quorum, const struct attendance *attendance,
				  struct source *const *sources, size_t count)
{
	bool pending = quorum->pending && attendance->said;
	/* What they are asked meanwhile does not end it. */
	bool silence = quorum->silence && !quorum->reached;

	quorum_forget(quorum);
	quorum->pending = pending;
	/* One that is asked seldom still has a reach after a silence of all of them. */
	quorum->silence = silence || attendance->silent || attendance->unheard;
	if (!attendance->reached)
		excuse_silence(sources, count);
	return pending ? QUORUM_LATEST_NS : 0;
}

int64_t quorum_wait_ns(struct quorum *quorum, struct source *const *sources, size_t count,
		       const struct timescale_now *now)
{
	struct attendance attendance = { 0 };
	int64_t silence_ns, wait_ns;
	bool cut_off;

	if (!quorum->since_raw_ns)
		quorum->since_raw_ns = now->raw_ns;
	if (quorum->cut_off)
		excuse_silence(sources, count);
	take_attendance(quorum, sources, count, now, &attendance);
	if (!attendance.answered)
		return await_first_answer(quorum, &attendance, sources, count);
	if (quorum->reached)
		return 0;
	ask_again(quorum, &attendance, sources, count, now->raw_ns);
	cut_off = is_cut_off(quorum, &attendance);
	if (cut_off && quorum->asked)
		count_the_tired(&attendance);
	if (!cut_off && (was_away(quorum, now->raw_ns) || was_cut_off(quorum)))
		begin_again(quorum, now->raw_ns);
	silence_ns = patience_ns(&attendance);
	wait_ns = chime_sub_sat(chime_add_sat(quorum->since_raw_ns, silence_ns), now->raw_ns);
	quorum->cut_off = cut_off && wait_ns <= 0 && silence_ns == QUORUM_SILENT_NS;
	if (quorum->cut_off)
		wait_ns = QUORUM_LATEST_NS;
	else if (wait_ns <= 0 && silence_ns == QUORUM_SILENT_NS)
		wait_ns = chime_max(wait_for_awaited_ns(quorum, &attendance, now->raw_ns),
				    wait_for_resting_ns(quorum, &attendance, now->raw_ns));
	if ((quorum->silence || attendance.awaited) && !quorum->asked)
		wait_ns = chime_min(wait_ns, SOURCE_ANSWER_NS);
	quorum->reached = wait_ns <= 0;
	quorum->pending = !quorum->reached;
	return quorum->reached ? 0 : wait_ns;
}

void quorum_forget(struct quorum *quorum)
{
	*quorum = (struct quorum){ 0 };
}
