/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A refclock's readings between two polls, to one sample: those near the median are averaged, and
 * how they scatter says how noisy they are. Pure.
 */
#ifndef SOURCES_REFCLOCK_FILTER_H
#define SOURCES_REFCLOCK_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Readings that can be kept, whatever the option "filter" says: chrony has the same upper limit,
 * and fewer than the lower one do not show how noisy they are.
 */
#define REFCLOCK_FILTER_MAX	256
#define REFCLOCK_FILTER_MIN	4

/**
 * struct refclock_point - a reading, or the mean of some
 * @at_ns: when, by the reference
 * @offset_ns: the refclock minus the reference
 */
struct refclock_point {
	int64_t at_ns;
	int64_t offset_ns;
};

/**
 * struct refclock_filter - readings of one refclock; refclock_filter_init() it
 * @size: how many are kept
 * @points: a ring; the oldest gives way
 * @count: how many
 * @next: where the next one goes
 * @last: the latest one, also after it was used ...
 * @has_last: ... if there is one
 * @rate: by which the offset grew lately
 * @noise_ns: one standard error of a reading, as it was in the mean ...
 * @noises: ... of so many windows; 0: it is not known
 * @wrong: windows in a row that were left out, as they scatter too much
 */
struct refclock_filter {
	size_t size;
	struct refclock_point points[REFCLOCK_FILTER_MAX];
	size_t count;
	size_t next;
	struct refclock_point last;
	bool has_last;
	double rate;
	double noise_ns;
	unsigned int noises;
	unsigned int wrong;
};

/* @size: of the option "filter". */
void refclock_filter_init(struct refclock_filter *filter, int size);

/* Forget all readings, but not how noisy they are: the reference changed, or they are wrong. */
void refclock_filter_drop(struct refclock_filter *filter);

/*
 * The clock shows the same time as at the latest reading, though time has passed since: it stands
 * still, or somebody repeats what it showed last.
 */
bool refclock_filter_is_still(const struct refclock_filter *filter,
			      const struct refclock_point *point);

/* Take a reading. -EALREADY: it is not later than the latest one, which may be the same. */
int refclock_filter_add(struct refclock_filter *filter, const struct refclock_point *point);

/*
 * The readings since the last time to @mean and one standard error of that, @noise_ns; they are
 * used up. -ENODATA: there is none. -EAGAIN: the first few are kept until they show their noise.
 * -EDOM: they scatter far more than usual, so that those in the middle may be wrong, too.
 */
int refclock_filter_take(struct refclock_filter *filter, struct refclock_point *mean,
			 double *noise_ns);

#endif /* SOURCES_REFCLOCK_FILTER_H */
