/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The drift file: the rate learned last time, in chrony's format, "ppm skew\n": by how many ppm the
 * clock without correction gains (so the negative of our rate), and how well that is known.
 *
 * Two files: the raw clock's rate, under the configured name; and the host clock's, with ".host"
 * appended, in the same format. They are different clocks.
 */
#ifndef DISCIPLINE_DRIFT_H
#define DISCIPLINE_DRIFT_H

#include <stddef.h>

/* What is appended to the drift file's name is shorter. */
#define DRIFT_SUFFIX_MAX	16

/*
 * Read @path. 0 and @rate (true time's rate against the clock, minus 1) with its standard error;
 * -ENOENT: none yet; -EINVAL: not a drift file or an impossible rate; -errno.
 */
int drift_read(const char *path, double *rate, double *rate_sigma);

/* Replace @path as a whole: a crash leaves the old or the new one. 0, -errno. */
int drift_write(const char *path, double rate, double rate_sigma);

/* Parse @length bytes of a drift file's text. 0, -EINVAL. */
int drift_parse(const char *text, size_t length, double *rate, double *rate_sigma);

/**
 * drift_path() - the name of a file that is kept beside the drift file, or of that itself
 * @driftfile: as configured
 * @suffix: what is appended to that; "": nothing
 * @path: the name
 * @size: of @path, with the byte that ends it
 *
 * Return: 0; -ENAMETOOLONG: @path is its beginning only.
 */
int drift_path(const char *driftfile, const char *suffix, char *path, size_t size);

#endif /* DISCIPLINE_DRIFT_H */
