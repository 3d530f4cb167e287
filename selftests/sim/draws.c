// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loop over what is drawn at random. See draws.h.
 */
#include "draws.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int draws_run(int argc, char **argv, const char *what, bool (*run)(uint64_t seed))
{
	int count = argc > 1 ? atoi(argv[1]) : 100;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
	int failed = 0;
	int i;

	printf("# %d %s drawn from seed %llu\n", count, what, (unsigned long long)seed);
	for (i = 0; i < count; i++)
		failed += !run(seed + (uint64_t)i);
	printf("%s sim/%s\n", failed ? "not ok" : "ok", what);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
