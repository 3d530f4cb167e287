/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Times that the operator has set by hand, and what they show together: where UTC is, at which rate
 * the reference runs, and how wrong both may be. Pure: time is an argument.
 *
 * Who types a time is a witness like a server, but for a bound of a second or more. Two entries
 * bound the rate by both their bounds over the time between them, so that it takes days to learn
 * what a server shows in minutes. offset = UTC - reference.
 */
#ifndef DISCIPLINE_MANUAL_H
#define DISCIPLINE_MANUAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clocks/reference_change.h"
#include "core/line.h"

/* chrony remembers as many. */
#define MANUAL_ENTRIES_MAX	16

/* Entries have to be apart by this (chrony's). */
#define MANUAL_APART_NS		1000000000LL

/* By so much the rate may be wrong as long as nothing is known of it: what the kernel assumes. */
#define MANUAL_RATE_BOUND	500e-6

/**
 * struct manual_entry - a time that was set
 * @at_ns: when, by the reference
 * @offset_ns: UTC by the operator, minus the reference
 * @bound_ns: by which that may be wrong
 * @found_ns: the system clock's error then: that UTC minus it
 */
struct manual_entry {
	int64_t at_ns;
	int64_t offset_ns;
	int64_t bound_ns;
	int64_t found_ns;
};

/**
 * struct manual - the latest of them, in order
 * @entries: of which there are ...
 * @count: ... so many
 */
struct manual {
	struct manual_entry entries[MANUAL_ENTRIES_MAX];
	size_t count;
};

/**
 * struct manual_rate - a rate and its error
 * @rate: UTC against the reference
 * @sigma: standard error
 * @bound: of the error
 */
struct manual_rate {
	double rate;
	double sigma;
	double bound;
};

/**
 * struct manual_estimate - what the entries show
 * @rate: by them, and by what was known before
 * @learned: they have made the rate better known
 * @contradictory: no rate fits all of them: one is wrong by more than its bound, and none of them
 *	says anything of the rate
 */
struct manual_estimate {
	struct manual_rate rate;
	bool learned;
	bool contradictory;
};

/* 0; -EAGAIN: less than MANUAL_APART_NS after the one before. The oldest goes if there are many. */
int manual_add(struct manual *manual, const struct manual_entry *entry);

/* Remove one. 0, -ENOENT. */
int manual_delete(struct manual *manual, size_t index);

/* No time is known to have been set. */
void manual_reset(struct manual *manual);

/* The reference changed; the entries are void if it is not known how. true: some were lost. */
bool manual_change_reference(struct manual *manual, const struct reference_change *change);

/* The rate by all entries. @known: what is known of it without them. */
void manual_estimate(const struct manual *manual, const struct manual_rate *known,
		     struct manual_estimate *estimate);

/*
 * UTC by the newest entry, whose word is what the operator wants, and by the rate of @estimate.
 * @wander: by how much the rate may change by itself. There is an entry.
 */
void manual_line(const struct manual *manual, const struct manual_estimate *estimate,
		 double wander, struct chime_line *line);

/* How far an entry is from that line: it minus the line. */
int64_t manual_residual(const struct manual *manual, size_t index, const struct chime_line *line);

#endif /* DISCIPLINE_MANUAL_H */
