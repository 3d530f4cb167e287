/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long a part of an answer takes, on average: by that a transmit timestamp is that of an
 * instant to come. Pure.
 */
#ifndef SERVER_DURATION_H
#define SERVER_DURATION_H

#include <stdint.h>

#include "core/line.h"

/* A clock that was set, or a process that was kept from running for so long, teaches nothing. */
#define DURATION_MAX_NS	1000000LL

/*
 * The average is over so many. One that took longer counts as a fourth longer at most: something
 * else ran meanwhile.
 */
#define DURATION_AVERAGE	16
#define DURATION_LONGER		4

/*
 * A transmit timestamp that lies after the packet has left makes round trips negative, one before
 * it only adds to them: so it is taken a little early.
 */
#define DURATION_EARLY	8

static inline void duration_learn(int64_t *average_ns, int64_t took_ns)
{
	if (took_ns <= 0 || took_ns >= DURATION_MAX_NS)
		return;
	if (!*average_ns)
		*average_ns = took_ns;
	took_ns = chime_min(took_ns, *average_ns + *average_ns / DURATION_LONGER +
				     DURATION_AVERAGE);
	*average_ns += (took_ns - *average_ns) / DURATION_AVERAGE;
}

static inline int64_t duration_early(int64_t ns)
{
	return ns - ns / DURATION_EARLY;
}

#endif /* SERVER_DURATION_H */
