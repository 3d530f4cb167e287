/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one time source says of the timescale: whether it contradicts, how often, and whether it is
 * trusted. Pure: time is an argument; nothing here can fail.
 */
#ifndef DISCIPLINE_OPINION_H
#define DISCIPLINE_OPINION_H

#include <stdbool.h>
#include <stdint.h>

#include "clocks/timescale.h"
#include "discipline/source_interval.h"

/* An only source has to contradict so many times in a row. */
#define OPINION_CONFIRMATIONS	3

/**
 * struct opinion - by a source's latest samples; all 0 to start
 * @serial: of the source, 0: nobody's
 * @received: answers received, and those that took too long to be learned from
 * @trusted: it agreed with the timescale
 * @probation: samples that have to agree before it is trusted ...
 * @probation_whole: ... of so many; 0: it was never outvoted
 * @followed: its difference was accepted, and is no news
 * @leap: it announced a leap second
 * @answered: since the suspicion began
 * @rests: it asks us to wait, and has not been asked since the suspicion began
 * @votes: it is reachable and may be used, or may yet answer
 * @far: contradictions in a row that agree with each other
 * @denied: others were asked after the first of them, and agreed with the timescale
 * @joins: while others contradict, it excludes the timescale, by less than a contradiction
 * @disputed: while others contradicted, it did so by what excludes what was said before
 * @due: another one did, and it has not answered since
 * @off: UTC minus timescale, by its latest sample that did not leave it open
 * @contradictions: in a row, whether they agree or not ...
 * @since_raw_ns: ... since then ...
 * @first_ns: ... of this size at first
 * @group: sources of one group follow the same clock; 0: none
 */
struct opinion {
	uint64_t serial;
	uint64_t received;
	bool trusted;
	int probation;
	int probation_whole;
	bool followed;
	bool leap;
	bool answered;
	bool rests;
	bool votes;
	int far;
	bool denied;
	bool joins;
	bool disputed;
	bool due;
	struct source_interval off;
	int contradictions;
	int64_t since_raw_ns;
	int64_t first_ns;
	uint32_t group;
};

/**
 * opinion_is_far() - is it more than clock, server and path can be wrong by?
 * @off: UTC minus timescale
 * @distance_ns: of server and path
 * @now: the clocks
 *
 * Return: it is.
 */
bool opinion_is_far(const struct source_interval *off, int64_t distance_ns,
		    const struct timescale_now *now);

/*
 * The sample does not contradict, but neither does it exclude what the source contradicts by, as
 * one that was under way for seconds: the source has not changed its mind.
 */
bool opinion_leaves_open(const struct opinion *opinion, const struct source_interval *off,
			 const struct timescale_now *now);

/* Count a sample that contradicts. @off: UTC minus timescale by it. @raw_ns: now. */
void opinion_contradict(struct opinion *opinion, const struct source_interval *off, int64_t raw_ns);

/* Count a sample that agrees. @leap: it announces a leap second. */
void opinion_agree(struct opinion *opinion, bool leap);

/*
 * After opinion_agree(): what the sample says, which is no contradiction. While others contradict,
 * @suspect, it joins them if it cannot be right together with the timescale.
 */
void opinion_join(struct opinion *opinion, const struct source_interval *off, bool suspect,
		  const struct timescale_now *now);

/*
 * The timescale was corrected by @moved_ns, so the source's difference is less by that. A source
 * that the correction has satisfied agrees now: it must not be followed a second time, and it is
 * news if it contradicts again. true: it has. Where it is only the timescale's bound that has grown
 * it joins those who contradict, while there are any, @suspect.
 */
bool opinion_move(struct opinion *opinion, int64_t moved_ns, bool suspect,
		  const struct timescale_now *now);

/* Its difference is accepted: it does not contradict by that any more. */
void opinion_accept(struct opinion *opinion, int64_t raw_ns);

/*
 * It was outvoted: it is not trusted again before some agreeing samples in a row, twice as many
 * each time.
 */
void opinion_outvote(struct opinion *opinion);

/* Has it a vote, and may UTC minus timescale be @at_ns by it? */
bool opinion_allows(const struct opinion *opinion, int64_t at_ns);

/* The same, and does it contradict, or join those who do? */
bool opinion_says(const struct opinion *opinion, int64_t at_ns);

/* Has it contradicted since the suspicion, or the latest dispute, by what @off excludes? */
bool opinion_excludes(const struct opinion *opinion, const struct source_interval *off);

/**
 * opinion_persists() - has it contradicted for so long that it is followed?
 * @opinion: of the source
 * @only: no other source contradicts as this one does
 * @raw_ns: now
 *
 * If only one source answers, and goes on contradicting, it is followed in the end, because nothing
 * else can ever decide. The wait is a hundred times its difference, in which the operator who set
 * it back, or restored it, can correct it; at least a minute, at most a day. For several sources
 * that follow one clock, and that no other contradicts as often, it is a minute.
 *
 * Return: it has.
 */
bool opinion_persists(const struct opinion *opinion, bool only, int64_t raw_ns);

#endif /* DISCIPLINE_OPINION_H */
