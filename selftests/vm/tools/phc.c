// SPDX-License-Identifier: GPL-2.0-only
/*
 * phc: what a guest's PTP hardware clocks cost and how they agree.
 *
 *	phc cost NAME N		ns a reading: cross timestamp, clock_gettime
 *	phc compare A B N	clock A minus clock B, over N pairs of readings
 *	phc hold NAME SECONDS	keep it open
 */
#include <errno.h>
#include <linux/ptp_clock.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clocks.h"

#define BATCHES	9
#define FD_TO_CLOCKID(fd)	((~(clockid_t)(fd) << 3) | 3)

static int compare_ns(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int read_precise(int fd)
{
	struct ptp_sys_offset_precise p = { 0 };

	return ioctl(fd, PTP_SYS_OFFSET_PRECISE, &p);
}

static int read_time(int fd)
{
	struct timespec t;

	return clock_gettime(FD_TO_CLOCKID(fd), &t);
}

/* Median over batches of the mean cost of a reading, in ns; -1: it cannot be read so. */
static int64_t cost_ns(int fd, int n, int (*reading)(int fd))
{
	int64_t batch[BATCHES];

	for (int i = 0; i < BATCHES; i++) {
		int64_t start = clocks_now(CLOCK_MONOTONIC_RAW);

		for (int j = 0; j < n; j++)
			if (reading(fd))
				return -1;
		batch[i] = (clocks_now(CLOCK_MONOTONIC_RAW) - start) / n;
	}
	qsort(batch, BATCHES, sizeof(batch[0]), compare_ns);
	return batch[BATCHES / 2];
}

static int print_cost(int fd, int n)
{
	printf("precise_ns=%lld gettime_ns=%lld\n", (long long)cost_ns(fd, n, read_precise),
	       (long long)cost_ns(fd, n, read_time));
	return 0;
}

/* Both against the system clock, in turn; pairs torn apart by more than 1 ms tell nothing. */
static int print_difference(int a, int b, int n)
{
	double sum = 0, squares = 0, most = 0;
	int taken = 0;

	for (int i = 0; i < n; i++) {
		struct clocks_reading x, y;
		double difference;
		int err = clocks_read(a, &x);

		if (!err)
			err = clocks_read(b, &y);
		if (err)
			return err;
		if (y.raw_ns - x.raw_ns > 1000000)
			continue;
		difference = x.offset_ns - y.offset_ns;
		sum += difference;
		squares += difference * difference;
		most = fmax(most, fabs(difference));
		taken++;
		usleep(1000);
	}
	if (!taken)
		return -EAGAIN;
	printf("pairs=%d mean_ns=%.0f rms_ns=%.0f max_ns=%.0f\n", taken, sum / taken,
	       sqrt(squares / taken), most);
	return 0;
}

static int open_or_die(const char *name)
{
	int fd = clocks_open_phc(name);

	if (fd < 0) {
		fprintf(stderr, "phc: %s: %s\n", name, strerror(-fd));
		exit(1);
	}
	return fd;
}

int main(int argc, char **argv)
{
	int err = -EINVAL;

	if (argc == 4 && !strcmp(argv[1], "cost"))
		err = print_cost(open_or_die(argv[2]), atoi(argv[3]));
	else if (argc == 5 && !strcmp(argv[1], "compare"))
		err = print_difference(open_or_die(argv[2]), open_or_die(argv[3]), atoi(argv[4]));
	else if (argc == 4 && !strcmp(argv[1], "hold"))
		err = open_or_die(argv[2]) < 0 || sleep(atoi(argv[3]));
	if (err < 0)
		fprintf(stderr, "phc: %s\n", strerror(-err));
	return err ? 1 : 0;
}
