// SPDX-License-Identifier: GPL-2.0-only
/*
 * adjuster COUNT: so many changes of the system clock in a row, as fast as it goes. Each sets the
 * tick to what it is, so that no clock is the worse for it. Prints how many succeeded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/timex.h>

int main(int argc, char **argv)
{
	long count = argc > 1 ? strtol(argv[1], NULL, 10) : 0, done = 0;
	struct timex tx = { .modes = 0 };

	if (adjtimex(&tx) < 0)
		return 1;
	tx.modes = ADJ_TICK;
	for (long i = 0; i < count; i++)
		done += adjtimex(&tx) >= 0;
	printf("changes=%ld\n", done);

	return done != count;
}
