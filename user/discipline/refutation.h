/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether time sources have refuted a clock that says nothing of its own error: the host's, or a
 * reference clock's. It stays refuted when they fall silent, as their silence says nothing for it.
 * Pure; nothing here can fail.
 */
#ifndef DISCIPLINE_REFUTATION_H
#define DISCIPLINE_REFUTATION_H

#include <stdbool.h>

/* So many sources have to agree with each other: one alone refutes nothing. */
#define REFUTATION_WITNESSES	2

/**
 * struct refutation - all 0 to start
 * @refuted: the clock is
 * @count: votes in a row by which it is to be the other way
 */
struct refutation {
	bool refuted;
	int count;
};

/**
 * enum refutation_vote - what most sources say of the clock
 * @REFUTATION_EXCLUDES: it is wrong
 * @REFUTATION_AGREES: it may be right
 * @REFUTATION_CLEARS: it is not as wrong any more as it was shown to be
 */
enum refutation_vote {
	REFUTATION_EXCLUDES,
	REFUTATION_AGREES,
	REFUTATION_CLEARS,
};

/* What a vote has changed. */
enum refutation_change {
	REFUTATION_STAYS,
	REFUTATION_BEGINS,
	REFUTATION_ENDS,
};

/*
 * Count the vote of an update with a new sample. Four in a row that exclude a clock refute it; it
 * takes as many that clear it to end that, or 64 that only agree with it.
 */
enum refutation_change refutation_count(struct refutation *refutation, enum refutation_vote vote);

/* The sources say nothing against a clock that is not refuted: only votes in a row count. */
void refutation_break(struct refutation *refutation);

#endif /* DISCIPLINE_REFUTATION_H */
