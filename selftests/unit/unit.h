/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every unit test starts from: the kernel's kselftest harness, made to fail on leaks, and a
 * random sequence that is the same in every run. End the file with TEST_HARNESS_MAIN.
 */
#ifndef UNIT_H
#define UNIT_H

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef UNIT_COVERAGE
#include <gcov.h>
#else
#include <sanitizer/lsan_interface.h>
#endif

/*
 * The harness runs each test in a child that ends with _exit(), where the sanitizer's own leak
 * check at exit never runs, and nobody writes down which lines were.
 */
static inline void unit_exit(int status)
{
#ifdef UNIT_COVERAGE
	__gcov_dump();
#else
	if (!status && __lsan_do_recoverable_leak_check())
		status = 1;
#endif
	_exit(status);
}

#define _exit(status) unit_exit(status)
#include <kselftest_harness.h>
#undef _exit

/*
 * For tests that hang. The harness gives them 30 s by the wall, which one of ten seconds may need
 * on a busy machine.
 */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 240

/* A random sequence; any seed will do. */
struct unit_random {
	uint64_t state;
};

/* The next 64 random bits (splitmix64). */
static inline uint64_t unit_random(struct unit_random *random)
{
	uint64_t bits = random->state += 0x9e3779b97f4a7c15;

	bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
	bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
	return bits ^ bits >> 31;
}

/* A random number in [0, bound). */
static inline uint64_t unit_random_below(struct unit_random *random, uint64_t bound)
{
	return unit_random(random) % bound;
}

/* A random signed number of any size: the number of its bits is as random as they are. */
static inline int64_t unit_random_s64(struct unit_random *random)
{
	unsigned int shift = unit_random_below(random, 64);

	return (int64_t)unit_random(random) >> shift;
}

/* What the environment asks for by that name, such as HISTORIES=100000 or SEED=0x5; else @usual. */
static inline uint64_t unit_wish(const char *name, uint64_t usual)
{
	const char *wish = getenv(name);

	return wish ? strtoull(wish, NULL, 0) : usual;
}

#endif /* UNIT_H */
