/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Host clocks: three functions that give a cross-timestamp on demand, the choice between the clocks
 * that this machine offers, and the line fitted to the chosen one.
 *
 * disruption.c decides what a jump means, timescale.c what the line is used for.
 */
#ifndef CHIME_HOST_H
#define CHIME_HOST_H

#include <linux/rtmutex.h>
#include <linux/spinlock.h>
#include <linux/time64.h>
#include <linux/truechime.h>

#include "core/host_line.h"
#include "core/pace.h"
#include "log.h"

/**
 * struct chime_host_ops - one kind of host clock
 * @name: as in netlink and parameters
 * @open: find the clock; @device is set for the other two. -ENODEV: this machine has none
 * @close: undo @open
 * @pair: take one cross-timestamp, the best of few readings. -errno: the host does not answer now,
 *	and only the cross-timestamp's evidence is set
 * @peek: take one cross-timestamp, good or bad, and leave no trace in what @pair uses; what stops
 *	and counters show is not set. Softirq, one at a time. -errno: it is not usable. May be NULL
 * @read_marks: fill in the words in memory that show a stop of this guest. Needs no device. Any
 *	context but NMI, bound to its CPU
 *
 * All others run in process context under the module's lock.
 */
struct chime_host_ops {
	const char *name;
	int (*open)(void **device);
	void (*close)(void *device);
	int (*pair)(void *device, struct chime_pairing *pairing);
	int (*peek)(void *device, struct chime_pairing *pairing);
	void (*read_marks)(struct chime_marks *marks);
};

/* What an operator may state of a host's clock. */
#define CHIME_HOST_MAXERROR_MIN_NS	NSEC_PER_USEC
#define CHIME_HOST_MAXERROR_MAX_NS	(3600 * NSEC_PER_SEC)

#ifdef CHIME_HAVE_HOST_KVM
extern const struct chime_host_ops chime_host_kvm_ops;
#endif

#define CHIME_HOST_KINDS_MAX	4

/* What a check of the host found. */
enum chime_check {
	CHIME_CHECK_NO_HOST,		/* none chosen */
	CHIME_CHECK_SILENT,		/* it does not answer, or contradicts itself: its last line
					 * is extrapolated
					 */
	CHIME_CHECK_OK,
	CHIME_CHECK_LOST_LITTLE,	/* OK, after a stop that took too little to be a jump */
	CHIME_CHECK_HID_LITTLE,		/* OK, after a stop that took too little to be seen, or of
					 * which a little too much was given back
					 */
	CHIME_CHECK_JUMPED,		/* the clocks came apart; chime_host_accept() is next */
};

/**
 * struct chime_host_peek - what a CPU's timer may read of the host without the module's lock
 * @lock: protects everything here, and @device while it is in use
 * @ops: the kind; NULL: none
 * @device: the kind's own data
 * @track: the line as it was when the module's lock was released last
 */
struct chime_host_peek {
	spinlock_t lock;	/* the other fields */
	const struct chime_host_ops *ops;
	void *device;
	struct chime_host_line track;
};

/**
 * struct chime_host - the chosen host clock
 * @lock: the module's: protects everything here, but @ops is read without it, too
 * @log: the module's
 * @ops: the kind; NULL: none
 * @device: the kind's own data
 * @automatic: the choice is the module's: where there is none, one that appears is taken
 * @sought_raw_ns: when one was looked for last ...
 * @seek_pause_ns: ... and after how long it is again
 * @demoted: not trusted as the reference; cross-timestamps are still taken
 * @silent: the latest attempt failed
 * @no_result: the latest check had no result: it was silent, or readings contradicted each other
 * @no_result_raw_ns: since when, or since the first stop of this guest after that
 * @lost: without a result for so long that the raw clock is the reference in its place
 * @stood_still: this guest was stopped or restored since the latest cross-timestamp on the line
 * @ran_raw_ns: a check that had no result found at this raw time that it was not
 * @unseen_most_ns: this guest does not run for longer without a check
 * @set_ahead_ns: the hypervisor set the raw clock ahead by this while this guest stood still, and
 *	the line is stated as if it had not; chime_host_accept() is to be called
 * @stated_maxerror_ns: bound of its error against UTC, as the operator states it for the clocks of
 *	all hosts; 0: not stated
 * @apart_ns: the clocks of two hosts differ by at most this, unless more is stated of them
 * @track: the line
 * @pairings: number of cross-timestamps taken
 * @failures: number of failed attempts
 * @confirmation: the second cross-timestamp of a jump
 * @opened: each kind: it has been opened ...
 * @offered: ... and was found to be so
 * @peek: for the timers
 */
struct chime_host {
	struct rt_mutex *lock;	/* the module's */
	struct chime_log *log;
	const struct chime_host_ops *ops;
	void *device;
	bool automatic;
	s64 sought_raw_ns;
	s64 seek_pause_ns;
	bool demoted;
	bool silent;
	bool no_result;
	s64 no_result_raw_ns;
	bool lost;
	bool stood_still;
	s64 ran_raw_ns;
	s64 unseen_most_ns;
	s64 set_ahead_ns;
	s64 stated_maxerror_ns;
	s64 apart_ns;
	struct chime_host_line track;
	u64 pairings;
	u64 failures;
	struct chime_pairing confirmation;
	bool opened[CHIME_HOST_KINDS_MAX];
	enum truechime_host_state offered[CHIME_HOST_KINDS_MAX];
	struct chime_host_peek peek;
};

/**
 * struct chime_host_info - one entry of the list of host clocks
 * @name: of the kind
 * @state: absent, ready, chosen ...
 * @exact: cross-timestamps are exact conversions
 * @uncertainty_ns: of the latest cross-timestamp; 0 unless chosen
 */
struct chime_host_info {
	const char *name;
	enum truechime_host_state state;
	bool exact;
	s64 uncertainty_ns;
};

/* No host clock, and none is looked for. @lock, @log: the module's. Nothing else runs yet. */
void chime_host_init(struct chime_host *host, struct rt_mutex *lock, struct chime_log *log);

/**
 * chime_host_choose() - take a host clock as the reference
 * @host: its present clock is closed when another one takes its place
 * @name: "kvm" ..., "auto": the best that answers, "none"
 *
 * The first cross-timestamp is taken at once, and a second one confirms it. If it is the present
 * clock already, what was learned of its rate is forgotten; the caller has just checked it. Only
 * after "auto" chime_host_seek() takes one that is not there yet. Context: process, lock held.
 *
 * Return: 0; -ENOENT: no such kind; -ENODEV: this machine does not offer it (then the present clock
 * stays); with "auto" 0 even if there is none.
 */
int chime_host_choose(struct chime_host *host, const char *name);

/*
 * If the choice is the module's, there is none, and it is time to look for one again: take the best
 * that answers, as chime_host_choose() does. true: there is one now. Context: process, lock held.
 */
bool chime_host_seek(struct chime_host *host);

/* This may be another host now, which may offer a clock: look for it at once. Lock held. */
void chime_host_seek_soon(struct chime_host *host);

/* Close the present clock, if any. Context: process, lock held (or nothing else runs yet). */
void chime_host_close(struct chime_host *host);

/* Let the timers know what the line is now. Context: process, lock held. */
void chime_host_publish(struct chime_host *host);

/*
 * Take one cross-timestamp from a CPU's timer: what would it mean? Nothing changes by it.
 * CHIME_VERDICT_USELESS: there is no host, it does not answer, or somebody else is at it. Context:
 * softirq, lock not needed.
 */
enum chime_verdict chime_host_peek(struct chime_host *host);

/**
 * chime_host_check() - take a cross-timestamp and compare it with the line
 * @host: the host
 * @gap_ns: for CHIME_CHECK_JUMPED and CHIME_CHECK_LOST_LITTLE: how far host time moved against the
 *	raw clock; for CHIME_CHECK_HID_LITTLE: how far at most, either way
 * @evidence: bits that the host showed are added
 *
 * A jump is only reported when a second cross-timestamp confirms it. A stop that the hypervisor
 * made up for, by setting this guest's clocks ahead, is a jump, too: then @gap_ns includes that.
 * Context: process, lock held.
 *
 * Return: what was found.
 */
enum chime_check chime_host_check(struct chime_host *host, s64 *gap_ns, u32 *evidence);

/*
 * Fill in the words in memory in which the chosen kind of host shows a stop of this guest. Any
 * context but NMI, bound to its CPU.
 */
void chime_host_read_marks(const struct chime_host *host, struct chime_marks *marks);

/*
 * Accept the jump that chime_host_check() has just reported: move the line after it. Lock held.
 */
void chime_host_accept(struct chime_host *host);

/*
 * Forget what was learned of the host's rate. The latest cross-timestamp stays, so that what
 * happens before the next one shows. Lock held.
 */
void chime_host_forget(struct chime_host *host);

/*
 * Restart the line from a new cross-timestamp, whatever happened since the latest one: the caller
 * repairs that. -errno: it stays as it is, as no second one confirms the first. What they show of
 * stops is added to @evidence. Lock held.
 */
int chime_host_reset(struct chime_host *host, u32 *evidence);

/* There is a line. Lock held. */
static inline bool chime_host_has_line(const struct chime_host *host)
{
	return host->ops && host->track.count;
}

/* There is a host clock, and it is not lost. Lock held. */
static inline bool chime_host_is_there(const struct chime_host *host)
{
	return host->ops && !host->lost;
}

/* The state of the chosen clock, TRUECHIME_HOST_ABSENT if there is none. Lock held. */
enum truechime_host_state chime_host_state(const struct chime_host *host);

/*
 * Describe the kind of host clock number @index; false: no such number. A kind is opened for it
 * once at most: that allocates, and changes how a page of a confidential guest is mapped. Context:
 * process, lock held.
 */
bool chime_host_list(struct chime_host *host, unsigned int index, struct chime_host_info *info);

#endif /* CHIME_HOST_H */
