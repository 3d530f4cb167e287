// SPDX-License-Identifier: GPL-2.0-only
/*
 * inversion DEVICE ROUNDS: how long a program of a real-time class waits for one of an ordinary
 * class that adjusts the same PTP clock (in mode external), while a third one, whose priority is
 * between theirs, has the processor. All three are threads on the first CPU: the low one adjusts
 * without a pause, so that it is found within an adjustment most of the time; the other two wake
 * together, and then the high one adjusts once, and the middle one spins. Prints how often the high
 * one waited for half of that spin or longer, which it does at a lock whose holder does not inherit
 * the priority of who waits: the PTP core has one as well, but for an instant only.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

#define NS_PER_MS	1000000LL
#define NS_PER_S	1000000000LL

#define PERIOD_NS	(500 * NS_PER_MS)
#define SPIN_NS		(200 * NS_PER_MS)
#define MIDDLE		10
#define HIGH		20

/* The clock of an open descriptor. */
#define CLOCK_OF(fd)	((~(clockid_t)(fd) << 3) | 3)

static clockid_t phc;
static int64_t begin_ns;
static int rounds;
static atomic_bool done;
static atomic_int failed;

static int64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * NS_PER_S + time.tv_nsec;
}

static void sleep_until(int64_t at_ns)
{
	struct timespec time = { .tv_sec = at_ns / NS_PER_S, .tv_nsec = at_ns % NS_PER_S };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
		;
}

/* By nothing: that takes the lock, too. */
static void adjust(void)
{
	struct timex tx = { .modes = ADJ_SETOFFSET | ADJ_NANO };

	if (clock_adjtime(phc, &tx) < 0)
		failed = errno;
}

static void *low(void *unused)
{
	(void)unused;
	while (!done)
		adjust();
	return NULL;
}

static void *middle(void *unused)
{
	int64_t woken_ns;

	(void)unused;
	for (int i = 0; i < rounds; i++) {
		sleep_until(begin_ns + i * PERIOD_NS);
		woken_ns = now_ns();
		while (now_ns() - woken_ns < SPIN_NS)
			;
	}
	return NULL;
}

static void *high(void *unused)
{
	int64_t most_ns = 0, woken_ns, took_ns;
	int waits = 0;

	(void)unused;
	for (int i = 0; i < rounds; i++) {
		sleep_until(begin_ns + i * PERIOD_NS);
		woken_ns = now_ns();
		adjust();
		took_ns = now_ns() - woken_ns;
		waits += took_ns >= SPIN_NS / 2;
		if (took_ns > most_ns)
			most_ns = took_ns;
	}
	printf("rounds=%d waits=%d most_ms=%.3f spin_ms=%lld\n", rounds, waits,
	       (double)most_ns / NS_PER_MS, SPIN_NS / NS_PER_MS);
	return NULL;
}

static int start(pthread_t *thread, void *(*run)(void *unused), int priority)
{
	struct sched_param param = { .sched_priority = priority };
	pthread_attr_t attr;
	cpu_set_t first;
	int err;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(first), &first);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, priority ? SCHED_FIFO : SCHED_OTHER);
	pthread_attr_setschedparam(&attr, &param);
	err = pthread_create(thread, &attr, run, NULL);
	pthread_attr_destroy(&attr);
	return err;
}

int main(int argc, char **argv)
{
	pthread_t threads[3];
	int fd, err;

	if (argc != 3)
		return 2;
	fd = open(argv[1], O_RDWR);
	rounds = atoi(argv[2]);
	if (fd < 0 || rounds < 1)
		return 2;
	phc = CLOCK_OF(fd);
	begin_ns = now_ns() + PERIOD_NS;
	err = start(&threads[0], low, 0);
	if (!err)
		err = start(&threads[1], middle, MIDDLE);
	if (!err)
		err = start(&threads[2], high, HIGH);
	if (err) {
		fprintf(stderr, "inversion: no thread: %s\n", strerror(err));
		return 1;
	}
	pthread_join(threads[2], NULL);
	pthread_join(threads[1], NULL);
	done = true;
	pthread_join(threads[0], NULL);
	if (failed)
		fprintf(stderr, "inversion: the clock cannot be adjusted: %s\n", strerror(failed));
	return failed ? 1 : 0;
}
