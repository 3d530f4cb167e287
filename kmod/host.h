/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Host clocks: a pairing on demand behind three functions, the choice between those that this
 * machine offers, and the line that the chosen one draws.
 *
 * What a jump means is disruption.c's business; what the timescale does with the line is
 * timescale.c's.
 */
#ifndef CHIME_HOST_H
#define CHIME_HOST_H

#include <linux/mutex.h>
#include <linux/truechime.h>

#include "core/host_line.h"

/**
 * struct chime_host_ops - one kind of host clock
 * @name: as in netlink and parameters
 * @open: find it; @device gets what the others need. -ENODEV: this machine has none
 * @close: undo @open
 * @pair: one pairing, the best of few readings. -errno: the host does not answer now, and only
 *	the pairing's evidence is set
 *
 * All run in process context under the module's lock.
 */
struct chime_host_ops {
	const char *name;
	int (*open)(void **device);
	void (*close)(void *device);
	int (*pair)(void *device, struct chime_pairing *pairing);
};

#ifdef CHIME_HAVE_HOST_KVM
extern const struct chime_host_ops chime_host_kvm_ops;
#endif

/* What a check of the host found. */
enum chime_check {
	CHIME_CHECK_NO_HOST,		/* none chosen */
	CHIME_CHECK_SILENT,		/* it does not answer; its last line is held */
	CHIME_CHECK_FINE,
	CHIME_CHECK_JUMPED,		/* they came apart; chime_host_accept() is next */
};

/**
 * struct chime_host - the chosen host clock
 * @lock: the module's: protects everything here
 * @ops: the kind; NULL: none
 * @device: its own
 * @demoted: set aside as untrustworthy; pairings go on
 * @silent: the latest attempt failed
 * @silent_raw_ns: since when
 * @lost: silent for so long that raw is the reference in its place
 * @stood_still: this guest was stopped or restored since the latest pairing on the line
 * @track: the line
 * @pairings: taken
 * @failures: attempts that gave none
 * @confirmation: the second pairing of a jump
 */
struct chime_host {
	struct mutex *lock;	/* the module's */
	const struct chime_host_ops *ops;
	void *device;
	bool demoted;
	bool silent;
	s64 silent_raw_ns;
	bool lost;
	bool stood_still;
	struct chime_host_line track;
	u64 pairings;
	u64 failures;
	struct chime_pairing confirmation;
};

/**
 * struct chime_host_info - one line of the list of host clocks
 * @name: of the kind
 * @state: absent, ready, chosen ...
 * @exact: pairings are exact conversions
 * @uncertainty_ns: of the latest pairing; 0 unless chosen
 */
struct chime_host_info {
	const char *name;
	enum truechime_host_state state;
	bool exact;
	s64 uncertainty_ns;
};

void chime_host_init(struct chime_host *host, struct mutex *lock);

/**
 * chime_host_choose() - take a host clock as the reference
 * @host: the one in force is closed when another takes its place
 * @name: "kvm" ..., "auto": the best that answers, "none"
 *
 * The first pairing is taken at once. Context: process, lock held.
 *
 * Return: 0; -ENOENT: no such kind; -ENODEV: this machine does not offer it (then the one in force
 * stays); with "auto" 0 even if there is none.
 */
int chime_host_choose(struct chime_host *host, const char *name);

/* Close the one in force, if any. Context: process, lock held (or nobody else is there). */
void chime_host_close(struct chime_host *host);

/**
 * chime_host_check() - take a pairing and compare it with the line
 * @host: the host
 * @gap_ns: for CHIME_CHECK_JUMPED: how far host time moved away from raw
 * @evidence: bits that the host showed are added
 *
 * A jump is only reported when a second pairing confirms it. Context: process, lock held.
 *
 * Return: what was found.
 */
enum chime_check chime_host_check(struct chime_host *host, s64 *gap_ns, u32 *evidence);

/* Believe the jump just reported: the line goes on from there. Lock held. */
void chime_host_accept(struct chime_host *host);

/* Forget the line and start anew from a pairing; without one the old line stays. Lock held. */
int chime_host_reset(struct chime_host *host);

/* There is a line. Lock held. */
static inline bool chime_host_has_line(const struct chime_host *host)
{
	return host->ops && host->track.count;
}

/* There is one to ask, which answers. Lock held. */
static inline bool chime_host_is_there(const struct chime_host *host)
{
	return host->ops && !host->lost;
}

enum truechime_host_state chime_host_state(const struct chime_host *host);

/* The kinds known to this module, by number; false: no such number. Lock held. */
bool chime_host_list(const struct chime_host *host, unsigned int index,
		     struct chime_host_info *info);

#endif /* CHIME_HOST_H */
