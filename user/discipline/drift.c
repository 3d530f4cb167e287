// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading and writing of drift files.
 */
#include "discipline/drift.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/state_file.h"

#define PPM		1e-6
#define TEXT_MAX	128

/*
 * No oscillator has such a rate; chrony's default maxdrift is 500000 ppm, the tick allows a tenth.
 */
#define RATE_MAX	0.1

int drift_path(const char *driftfile, const char *suffix, char *path, size_t size)
{
	int length = snprintf(path, size, "%s%s", driftfile, suffix);

	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

/* A finite number at *@text, which moves on behind it. */
static int drift_number(char **text, double *value)
{
	char *end;

	errno = 0;
	*value = strtod(*text, &end);
	if (end == *text || errno == ERANGE || !isfinite(*value))
		return -EINVAL;
	*text = end;
	return 0;
}

int drift_parse(const char *text, size_t length, double *rate, double *rate_sigma)
{
	double ppm, skew_ppm;
	char copy[TEXT_MAX];
	char *at = copy;

	if (length >= sizeof(copy) || memchr(text, '\0', length))
		return -EINVAL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (drift_number(&at, &ppm) || drift_number(&at, &skew_ppm))
		return -EINVAL;
	if (at[strspn(at, " \t\r\n")] || fabs(ppm) * PPM > RATE_MAX || skew_ppm < 0.0)
		return -EINVAL;
	*rate = -ppm * PPM;
	*rate_sigma = fmin(skew_ppm * PPM, RATE_MAX);
	return 0;
}

int drift_read(const char *path, double *rate, double *rate_sigma)
{
	char text[TEXT_MAX];
	ssize_t length;
	int fd, err;

	/* A pipe of that name would keep us waiting. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	length = read(fd, text, sizeof(text));
	err = length < 0 ? -errno : 0;
	close(fd);
	return err ? err : drift_parse(text, (size_t)length, rate, rate_sigma);
}

int drift_write(const char *path, double rate, double rate_sigma)
{
	char temporary[PATH_MAX], text[TEXT_MAX];
	int fd, length;

	length = snprintf(temporary, sizeof(temporary), "%s.tmp", path);
	if (length < 0 || (size_t)length >= sizeof(temporary))
		return -ENAMETOOLONG;
	length = snprintf(text, sizeof(text), "%20.6f %20.6f\n", -rate / PPM, rate_sigma / PPM);
	if (length < 0 || (size_t)length >= sizeof(text))
		return -ERANGE;
	(void)unlink(temporary);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -errno;
	return state_file_replace(path, temporary, fd, text, (size_t)length);
}
