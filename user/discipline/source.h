/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One time source, server or refclock: when to ask it next, whether it answers, and its estimate.
 * Pure: time is an argument; the sockets are in ntp/client.c.
 *
 * Instants are ns; "timer" instants (when to poll) are CLOCK_MONOTONIC_RAW, sample instants are the
 * reference's time. offset = server - reference.
 */
#ifndef DISCIPLINE_SOURCE_H
#define DISCIPLINE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "discipline/estimator.h"
#include "discipline/refutation.h"
#include "discipline/sample_log.h"

#define SOURCE_NAME_MAX	256

/* Sources that can be judged together: a bit of struct selection for each. */
#define SOURCE_SELECT_MAX	64

/* log2 seconds from one request to the next: the limits of minpoll and maxpoll. */
#define SOURCE_POLL_MIN		(-6)
#define SOURCE_POLL_MAX		24

/* As many samples as chrony's regression has by default. */
#define SOURCE_POLLTARGET	8

/* Greatest share in struct source_options, either way; a greater one is unknown. */
#define SOURCE_ASYMMETRY_MAX	0.5

/* A request that left so long ago may still be answered; then it counts as unanswered. */
#define SOURCE_ANSWER_NS	1000000000LL

/* KISS codes (RFC 5905, section 7.4), the letters as in packets. */
#define SOURCE_KISS(a, b, c, d)	((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define SOURCE_KISS_RATE	SOURCE_KISS('R', 'A', 'T', 'E')	/* we ask too often */
#define SOURCE_KISS_DENY	SOURCE_KISS('D', 'E', 'N', 'Y')	/* it refuses to serve us ... */
#define SOURCE_KISS_RSTR	SOURCE_KISS('R', 'S', 'T', 'R')	/* ... by its configuration */

/* A source whose samples scatter by more than this is not used (chrony's maxjitter). */
#define SOURCE_JITTER_LIMIT_NS	1e9

enum source_kind {
	SOURCE_SERVER,
	SOURCE_REFCLOCK,
};

/* A leap second that others announce. */
enum source_smear {
	SOURCE_LEAPS,		/* as far as is known */
	SOURCE_MAY_SMEAR,	/* it does not announce it: it votes, and others are preferred */
	SOURCE_SMEARS,		/* it is where a smear brings it: neither */
};

/* Selection's verdict on a source; the letters are chronyc's. */
enum source_verdict {
	SOURCE_UNUSABLE,	/* '?' no usable sample yet, or unreachable */
	SOURCE_FALSETICKER,	/* 'x' disagrees with the majority */
	SOURCE_TOO_VARIABLE,	/* '~' */
	SOURCE_NOT_COMBINED,	/* '-' good, but not worth combining */
	SOURCE_COMBINED,	/* '+' */
	SOURCE_SELECTED,	/* '*' the one whose identity is reported */
};

/**
 * struct source_options - as configured
 * @name: host name, address or device, for people
 * @kind: server or refclock
 * @minpoll: log2 seconds, SOURCE_POLL_MIN to SOURCE_POLL_MAX
 * @maxpoll: log2 seconds, >= @minpoll
 * @polltarget: the interval is SOURCE_POLLTARGET / @polltarget times as long as by itself; 0: as
 *	long
 * @iburst: requests 2 s apart at the start, until the rate is known well enough for minpoll
 * @prefer: combine with nothing else while it is selectable
 * @trust: always right where sources disagree
 * @noselect: measure, never use
 * @require: nothing is used as long as this one, or another of this kind, cannot be
 * @numbered: pulses whose seconds the timescale numbers: they show no error of whole seconds
 * @unsmeared: pulses, or TAI: no leap second is smeared in these
 * @copy: when it is selected, we have its stratum and reference id, instead of one more and itself
 * @maxsamples: so many are enough for -q and -Q; 0: as many as usual
 * @minstratum: a lower stratum counts as this one
 * @maxdistance_ns: not used at a greater root distance; 0: QUORUM_DISTANCE_NS
 * @maxclockerror: by so much the rate of the reference may change at once
 * @unreach_limit: not used after so many requests while it is unreachable; 0: no limit
 * @burst: a request that gives no sample is repeated 2 s later, as long as the requests are no more
 *	than at minpoll
 * @presend_s: at intervals from this on each request is repeated 2 s later; 0: never
 * @offset_s: correction of the source's offset, from configuration
 * @asymmetry: so much of a round trip's queueing, more than @mindelay_ns, moves the offset to the
 *	negative: 0.5 if all of it is on the way back, -0.5 if it is on the way there; 0 or beyond
 *	SOURCE_ASYMMETRY_MAX: unknown
 * @mindelay_ns: round trip without queueing; 0: the least one that was measured
 */
struct source_options {
	char name[SOURCE_NAME_MAX];
	enum source_kind kind;
	int minpoll;
	int maxpoll;
	int polltarget;
	bool iburst;
	bool prefer;
	bool trust;
	bool noselect;
	bool require;
	bool numbered;
	bool unsmeared;
	bool copy;
	int maxsamples;
	int minstratum;
	int64_t maxdistance_ns;
	double maxclockerror;
	unsigned int unreach_limit;
	bool burst;
	double presend_s;
	double offset_s;
	double asymmetry;
	int64_t mindelay_ns;
};

/**
 * struct source_sample - one completed exchange (or refclock reading)
 * @at_ns: reference time midway between request and answer
 * @offset_ns: server minus reference
 * @delay_ns: round trip less the server's processing; 0 for a refclock
 * @noise_ns: one standard error of the delay by the timestamps at both ends; of a refclock's offset
 * @root_delay_ns: the server's, to the primary reference
 * @root_dispersion_ns: the server's
 * @refid: the server's reference id, host byte order
 * @epoch: struct timescale_now epoch in which it was taken
 * @followed_ns: and its followed_ns then
 * @stratum: the server's, 1 to 15; a refclock's may be 0
 * @leap: 0 none, 1 insert, 2 delete
 * @numbered: a pulse whose second the timescale numbered, as in struct source_options
 */
struct source_sample {
	int64_t at_ns;
	int64_t offset_ns;
	int64_t delay_ns;
	int64_t noise_ns;
	int64_t root_delay_ns;
	int64_t root_dispersion_ns;
	int64_t followed_ns;
	uint32_t refid;
	uint32_t epoch;
	uint8_t stratum;
	uint8_t leap;
	bool numbered;
};

struct source;

/*
 * One with these options, which are copied, whose polls begin at @now_raw_ns of the raw clock. It
 * is the caller's, to be freed; NULL, which may be freed, too: there is no memory.
 */
struct source *source_new(const struct source_options *options, int64_t now_raw_ns);
void source_free(struct source *source);

/*
 * Of a new one: the next change of the reference is the one after @epoch, and a sample of another
 * epoch is refused as at any time. Without this the first sample has any epoch.
 */
void source_begin_epoch(struct source *source, uint32_t epoch);

/*
 * The source's number in this process, never 0: a source that is made later may have the address of
 * one that was freed, but never its number.
 */
uint64_t source_serial(const struct source *source);

/* When the next request is due, by the raw clock. Never before source_earliest_poll(). */
int64_t source_next_poll(const struct source *source);

/* Raw instant before which no request may leave, because of a KISS packet. */
int64_t source_earliest_poll(const struct source *source);

/* The server refuses to serve us ("DENY", "RSTR"), and has not answered since. */
bool source_is_refused(const struct source *source);

/* The operator wants a server that refuses to serve us asked again. "RATE" stays in force. */
void source_forgive(struct source *source, int64_t now_raw_ns);

/* The server at this source's address sent KISS @code to another source: wait until @until_ns. */
void source_hold_back(struct source *source, uint32_t code, int64_t until_ns);

/* A request went out at @now_raw_ns: shifts the reach register and sets the next poll. */
void source_polled(struct source *source, int64_t now_raw_ns);

/*
 * The request could not be sent, or there was no answer: -errno says why (-ETIMEDOUT,
 * -ENETUNREACH).
 */
void source_failed(struct source *source, int64_t now_raw_ns, int error);

/*
 * A KISS packet. "RATE" raises the poll and ends all bursts: the next request waits for that long,
 * and twice as long for each further one in a row, up to a day. After "DENY" or "RSTR" it waits for
 * a day.
 */
void source_kissed(struct source *source, int64_t now_raw_ns, uint32_t code);

/*
 * Time was disrupted, or sources contradict the clock: a server that sent "RATE" is waited for as
 * long as minpoll says by now, and no longer.
 */
void source_cut_rest(struct source *source);

/* A valid answer, whose sample comes with the next one: the server is reached. */
void source_answered(struct source *source);

/*
 * A valid answer, but its round trip took too long for @sample to be learned from. The truth is
 * within that round trip all the same: while nothing else is heard of the server it has a vote by
 * that. What comes of the request is source_failed()'s.
 */
void source_note_overlong(struct source *source, const struct source_sample *sample);

/* What an estimator takes of @sample. */
void source_measured(const struct source_sample *sample, struct estimator_sample *measured);

/* A valid answer. 0, -ESTALE (another epoch), -EINVAL. Rejected samples change no estimate. */
int source_add(struct source *source, int64_t now_raw_ns, const struct source_sample *sample);

/*
 * Ask now, and @count - 1 times more in quick succession. A server that has just answered is asked
 * 2 s after that request, as many drop earlier ones. @pressing: that answer does not count any
 * more, because of a disruption of unknown length since.
 */
void source_burst(struct source *source, int64_t now_raw_ns, int count, bool pressing);

/* The same with @pressing, until @good answers have come, @most requests at most. */
void source_burst_until(struct source *source, int64_t now_raw_ns, int good, int most);

/* Requests of a burst are left. */
bool source_is_in_burst(const struct source *source);

/* It has answered, and that answer still holds. */
bool source_has_samples(const struct source *source);

/* It has answered, and the requests of iburst are over. */
bool source_is_started(const struct source *source);

/*
 * The source is not asked any more, or again: its owner sees to that. It is unreachable then. If it
 * is @withdrawn, which only the operator may decide, it has no vote; else it has one by what it
 * said last, as a source that is silent.
 */
void source_set_offline(struct source *source, bool withdrawn);
void source_set_online(struct source *source);

/* What the whole configuration makes of a source: it stays the same when that changes. */
static inline void source_options_take_selection(struct source_options *options,
						 const struct source_options *other)
{
	options->maxdistance_ns = other->maxdistance_ns;
	options->maxclockerror = other->maxclockerror;
	options->trust = other->trust;
	options->require = other->require;
	options->noselect = other->noselect;
}

/* Those of @options instead of what it was made with. */
void source_set_selection(struct source *source, const struct source_options *options);

/*
 * polltarget, minstratum, prefer and offset_s are those of @options from now on: the operator has
 * changed some. What was measured is as if that offset had always been corrected.
 */
void source_change_options(struct source *source, const struct source_options *options);

/* The same for these, which KISS packets may raise again. No request is later than @maxpoll. */
void source_set_polls(struct source *source, int minpoll, int maxpoll);

/* Whether it smears a leap second (smear.c). */
void source_set_smearing(struct source *source, enum source_smear smear);

/*
 * All that its name leads to is asked as other sources already: it is no witness beside them, and
 * nobody waits for it.
 */
void source_set_twin(struct source *source, bool twin);

/* It is an orphan that is not to be used (orphan.c): it has no time but its own, or another's. */
void source_set_orphan(struct source *source, bool orphan);

/*
 * It follows this machine, whose own time it shows: it is not selected. It may still contradict the
 * clock, as it does after a revert that only others have seen.
 */
void source_set_loop(struct source *source, bool loop);
bool source_is_loop(const struct source *source);

/* The reference changed with @epoch: convert all measurements as far as @change states how. */
void source_change_reference(struct source *source, uint32_t epoch,
			     const struct reference_change *change);

/*
 * followed_ns of struct timescale_now is this by now. By what it has grown since a sample the
 * reference may have run off UTC, besides its rate's wander: that round trip says less by it.
 */
void source_set_followed(struct source *source, int64_t followed_ns);

/*
 * The server says that it has set its time forward by @moved_ns since the latest sample: what was
 * measured before is converted.
 */
void source_server_moved(struct source *source, int64_t moved_ns);

/* By how much it has done so in all. */
int64_t source_moved_ns(const struct source *source);

/**
 * struct source_status - for selection, tables and JSON
 * @options: as configured
 * @verdict: selection's latest verdict
 * @has_estimate: @estimate and @root_distance_ns are valid
 * @estimate: at the instant asked for
 * @root_distance_ns: bound of the error: half the root delay and path delay, plus dispersion aged
 * @unseen_ns: of that, in case that a refclock's rate has changed since its readings
 * @minimum_delay_ns: least round trip of the path
 * @late_ns: what it was less by before the samples became void: the answers since were late, or the
 *	path has become longer
 * @last: the latest sample taken
 * @overlong: one since then, of the latest eight requests, that took too long to be taken; NULL:
 *	there is none
 * @overlongs: how many such ones there were in all
 * @stratum: its stratum, or the least that is configured
 * @last_raw_ns: when, by raw
 * @jitter_ns: RMS of the samples about the line (chronyc's "Std Dev")
 * @samples: samples in memory (chronyc's NP)
 * @runs: of these on one side of the line, one after the other (chronyc's NR)
 * @span_ns: from the oldest to the newest of them
 * @poll: log2 seconds in force, rounded; each sample chooses it anew
 * @reach: the last eight requests, newest in bit 0
 * @lost: none of these was answered, though the network works: others have answered meanwhile
 * @withdrawn: the operator has taken it offline: it is used only if all are lost or withdrawn
 * @smear: whether it smears a leap second that others do not
 * @orphan: it has no time of a source, and is not used
 * @twin: other sources are all that its name leads to
 * @loop: it has no time but this machine's, and is not selected
 * @worn_out: it has been unreachable for longer than is configured, and is not used
 * @sent: requests
 * @asked: of those to a source that never answered, but for the ones that were excused
 * @failed: no request could be sent, which is not excused
 * @asked_raw_ns: when the latest of them left, by raw
 * @received: valid answers
 * @last_error: -errno of the latest failure, 0 after a success
 * @kiss: the KISS code that stopped or slowed the polling, 0 if none
 * @kisses: such packets in a row, since its latest answer
 * @distrusted: it was wrong, and has not been right for long enough since
 * @refuted: a reference clock that most sources have shown to be wrong: it is not used, and has no
 *	vote, until they show that it is right
 */
struct source_status {
	const struct source_options *options;
	enum source_verdict verdict;
	bool has_estimate;
	struct estimate estimate;
	double root_distance_ns;
	double unseen_ns;
	int64_t minimum_delay_ns;
	int64_t late_ns;
	struct source_sample last;
	const struct source_sample *overlong;
	uint64_t overlongs;
	int stratum;
	int64_t last_raw_ns;
	double jitter_ns;
	unsigned int samples;
	unsigned int runs;
	int64_t span_ns;
	int poll;
	uint8_t reach;
	bool lost;
	bool withdrawn;
	enum source_smear smear;
	bool orphan;
	bool twin;
	bool loop;
	bool worn_out;
	uint64_t sent;
	uint64_t asked;
	bool failed;
	int64_t asked_raw_ns;
	uint64_t received;
	int last_error;
	uint32_t kiss;
	unsigned int kisses;
	bool distrusted;
	bool refuted;
};

/* The server has found that we ask too often. */
static inline bool source_status_is_limited(const struct source_status *status)
{
	return status->kiss == SOURCE_KISS_RATE;
}

/* As configured; the options last as long as the source. */
const struct source_options *source_get_options(const struct source *source);

/*
 * The status but for what depends on the instant and takes most of the time: there is no estimate
 * and no root distance.
 */
void source_get_record(const struct source *source, struct source_status *status);

/* All of it, with estimate and root distance at the reference's @at_ns. */
void source_get_status(const struct source *source, int64_t at_ns, struct source_status *status);

/* What the latest selection has made of it. */
void source_set_verdict(struct source *source, enum source_verdict verdict);

/*
 * The source was wrong: its samples so far must not be replayed. If it has @misled the combined
 * clock, it is not used either before it has answered for some while; longer each time, unless it
 * was right for long.
 */
void source_distrust(struct source *source, bool misled);

/*
 * Most sources show that a reference clock is off by @least_ns at least, or, where that is 0, that
 * it may be right; and by @most_ns at most.
 */
enum refutation_change source_judge_refclock(struct source *source, int64_t least_ns,
					     int64_t most_ns);

/* They have shown that it is wrong: by @shown_ns at least. */
bool source_is_refuted(const struct source *source, int64_t *shown_ns);

/* It was, by as much, for an earlier daemon. */
void source_recall_refuted(struct source *source, int64_t shown_ns);

/* The samples that its estimate was learned from, for a replay. Valid until the next call. */
const struct sample_log *source_get_log(const struct source *source);
const struct estimator *source_get_estimator(const struct source *source);

/* Answers taken so far. */
uint64_t source_received(const struct source *source);

/*
 * Another source has answered: a request to this one that has been without an answer for a while
 * was missed, and not by the network.
 */
void source_others_answered(struct source *source, int64_t now_raw_ns);

/* The same of a reference clock, which shows nothing of the network. */
void source_clock_answered(struct source *source, int64_t now_raw_ns);

/* A server's latest requests were missed, by itself or with the network; or it never answered. */
bool source_is_silent(const struct source *source);

/* All servers are silent, so this one is lost until it answers, or another one does. */
void source_cut_off(struct source *source);

/*
 * Nobody is reached, so it may be the network that is away: if the source never answered, it is as
 * if it had not been asked yet.
 */
void source_excuse_silence(struct source *source);

#endif /* DISCIPLINE_SOURCE_H */
