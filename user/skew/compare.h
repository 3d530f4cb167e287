/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far apart clocks are that were each compared with this machine's: a difference between two of
 * them is known to within the errors of both. Pure.
 */
#ifndef SKEW_COMPARE_H
#define SKEW_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct skew_clock - a clock compared with this machine's
 * @known: it was
 * @offset_ns: how far it is ahead
 * @error_ns: by which that may be wrong, either way
 */
struct skew_clock {
	bool known;
	int64_t offset_ns;
	int64_t error_ns;
};

/**
 * struct skew_pair - two clocks
 * @ahead: index of the one that shows the later time
 * @behind: of the other
 * @apart_ns: how far they are apart ...
 * @least_ns: ... at least; 0: they may be equal
 * @most_ns: ... and at most
 */
struct skew_pair {
	size_t ahead;
	size_t behind;
	int64_t apart_ns;
	int64_t least_ns;
	int64_t most_ns;
};

/* No index. */
#define SKEW_NONE	((size_t)-1)

/**
 * skew_furthest() - the pair that may be furthest apart
 * @clocks: those that are not known do not count
 * @count: of them
 * @without: index of one more that does not count, or SKEW_NONE
 * @pair: result
 *
 * Return: false: fewer than two are known.
 */
bool skew_furthest(const struct skew_clock *clocks, size_t count, size_t without,
		   struct skew_pair *pair);

/*
 * The one clock by which the others differ so much: without it the greatest distance is at most a
 * quarter. Index, or SKEW_NONE: no single one, or fewer than three are known.
 */
size_t skew_outlier(const struct skew_clock *clocks, size_t count);

/*
 * Does a clock seem to show local time as UTC, as after a boot with an RTC in local time? The time
 * zone that it then is in, as seconds by which it is ahead; 0: it does not.
 */
int64_t skew_zone_s(const struct skew_clock *clock);

/* Are two clocks within a limit of each other? */
enum skew_verdict {
	SKEW_WITHIN,
	SKEW_BEYOND,
	SKEW_UNSURE,		/* it is not known that well */
};

enum skew_verdict skew_judge(const struct skew_pair *pair, int64_t limit_ns);

/**
 * struct skew_limit - what programs bear
 * @name: of the program
 * @limit_ns: clocks further apart than this stop it
 */
struct skew_limit {
	const char *name;
	int64_t limit_ns;
};

/* Known ones, the least first, and how many they are. */
extern const struct skew_limit skew_limits[];
extern const size_t skew_limits_count;

#endif /* SKEW_COMPARE_H */
