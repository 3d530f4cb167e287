/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mean rates of the time before the sources were lost, for a clock whose rate changes by the hour
 * or with the day. Pure: time is an argument.
 */
#ifndef FALLBACK_DRIFT_H
#define FALLBACK_DRIFT_H

#include <stdbool.h>
#include <stdint.h>

/* Powers of two of seconds over which rates are averaged: from 1 on, and below this. */
#define FALLBACK_DRIFT_POWERS	25

/* A mean is taken over its interval, or over more by one part of this many. */
#define FALLBACK_DRIFT_PARTS	16

/**
 * struct fallback_span - the offset at instants of about the latest 2^power seconds
 * @at_ns: these instants, in order
 * @offset_ns: and what the offset was
 * @count: noted in all, of which the latest FALLBACK_DRIFT_PARTS + 1 are kept
 */
struct fallback_span {
	int64_t at_ns[FALLBACK_DRIFT_PARTS + 1];
	int64_t offset_ns[FALLBACK_DRIFT_PARTS + 1];
	uint64_t count;
};

/**
 * struct fallback_drift - 0 to start, and to forget
 * @span: of each power
 * @latest_at_ns: the latest instant noted
 * @latest_offset_ns: and its offset
 * @known: they are
 */
struct fallback_drift {
	struct fallback_span span[FALLBACK_DRIFT_POWERS];
	int64_t latest_at_ns;
	int64_t latest_offset_ns;
	bool known;
};

/* The offset of UTC from the reference was measured. */
void fallback_drift_note(struct fallback_drift *drift, int64_t at_ns, int64_t offset_ns);

/*
 * The greatest power from @least to @most of which so much time has passed since the latest note,
 * and the mean @rate over as much time before it. -1: none, or nothing is known over that long.
 */
int fallback_drift_get(const struct fallback_drift *drift, int least, int most, int64_t now_ns,
		       double *rate);

#endif /* FALLBACK_DRIFT_H */
