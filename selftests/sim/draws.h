/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that draw worlds at random, COUNT [SEED]: so many from the seed on, each by a seed of
 * its own.
 */
#ifndef SIM_DRAWS_H
#define SIM_DRAWS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Draw and run @what, as the arguments of main() say, each by @run, which says on stdout what it
 * missed. Prints a TAP result. The exit status.
 */
int draws_run(int argc, char **argv, const char *what, bool (*run)(uint64_t seed));

#endif /* SIM_DRAWS_H */
