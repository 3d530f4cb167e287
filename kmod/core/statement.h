/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Statements: somebody (an operator, or a hypervisor) states how right a host's clock is. What a
 * correction shows of that, and which of the two is known better.
 *
 * Pure decisions: module, tests and simulator compile this very file. timescale_correction.c acts
 * on them.
 */
#ifndef CHIME_STATEMENT_H
#define CHIME_STATEMENT_H

#include "core/line.h"

/**
 * struct chime_stated - UTC by a host's clock, and UTC by a correction, at one instant
 * @host_ns: bound of the host's time as it is read, against UTC, if the statement is right;
 *	CHIME_LINE_UNBOUNDED_NS: nobody has stated anything
 * @correction_ns: bound of the correction's error; CHIME_LINE_UNBOUNDED_NS: none known
 * @passing_ns: the part of that which says nothing of the correction itself: it allows for another
 *	host, or only counts until the host's slope has been seen
 * @apart_ns: how far the two are apart, either way
 */
struct chime_stated {
	s64 host_ns;
	s64 correction_ns;
	s64 passing_ns;
	s64 apart_ns;
};

/**
 * enum chime_statement - what a correction shows of a statement
 * @CHIME_STATEMENT_OPEN: nothing: the two do not contradict each other
 * @CHIME_STATEMENT_CONFIRMED: it is right: all that the correction allows is within it
 * @CHIME_STATEMENT_APART: a contradiction by a second, which a leap second may be
 * @CHIME_STATEMENT_REFUTED: it is wrong: UTC cannot be within both bounds
 */
enum chime_statement {
	CHIME_STATEMENT_OPEN,
	CHIME_STATEMENT_CONFIRMED,
	CHIME_STATEMENT_APART,
	CHIME_STATEMENT_REFUTED,
};

/* What the correction shows of the statement. Without a statement: CHIME_STATEMENT_OPEN. */
enum chime_statement chime_statement_judge(const struct chime_stated *stated);

/* The statement and the correction contradict each other. */
static inline bool chime_statement_is_contradicted(enum chime_statement statement)
{
	return statement == CHIME_STATEMENT_APART || statement == CHIME_STATEMENT_REFUTED;
}

/*
 * A correction whose bound is larger than this has outgrown a host with the bound @host_ns. Half as
 * much again keeps the clock from going to and fro between two that are about as good. The daemon
 * follows sources instead of the host only if that is not reached before their next answer.
 */
static inline s64 chime_statement_outgrown_ns(s64 host_ns)
{
	return chime_add_sat(host_ns, host_ns / 2);
}

/* The correction's bound has outgrown the host's, and the two do not contradict each other. */
bool chime_statement_is_better(const struct chime_stated *stated);

#endif /* CHIME_STATEMENT_H */
