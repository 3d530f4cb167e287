// SPDX-License-Identifier: GPL-2.0-only
/*
 * Worker processes and the memory that they share.
 */
#include "pool.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS_MAX	64
#define WAIT_US		5000

/* State of a task: above 0, the number of the worker that runs it. */
#define TASK_WAITING	0
#define TASK_DONE	(-1)
#define TASK_FAILED	(-2)

/* Seen by all workers; the tasks' values come after the states. */
struct shared {
	atomic_size_t next;
	atomic_int state[];
};

struct pool {
	size_t tasks;
	size_t values;
	size_t bytes;
	struct shared *shared;
	double *results;
	int workers;
	pid_t worker[WORKERS_MAX];	/* 0: it has ended */
};

static int processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) || CPU_COUNT(&set) < 1)
		return 1;
	return CPU_COUNT(&set) < WORKERS_MAX ? CPU_COUNT(&set) : WORKERS_MAX;
}

static void work(struct pool *pool, int number, pool_task_fn run, const void *context)
{
	struct shared *shared = pool->shared;
	size_t task;

	while ((task = atomic_fetch_add(&shared->next, 1)) < pool->tasks) {
		atomic_store(&shared->state[task], number);
		atomic_store(&shared->state[task],
			     run(context, task, pool->results + task * pool->values) ? TASK_FAILED :
										       TASK_DONE);
	}
}

struct pool *pool_start(size_t tasks, size_t values, pool_task_fn run, const void *context)
{
	size_t states = sizeof(struct shared) + tasks * sizeof(atomic_int);
	size_t begin = (states + sizeof(double) - 1) / sizeof(double) * sizeof(double);
	struct pool *pool = calloc(1, sizeof(*pool));
	int i;

	if (!pool)
		return NULL;
	pool->tasks = tasks;
	pool->values = values;
	pool->bytes = begin + tasks * values * sizeof(double);
	pool->shared = mmap(NULL, pool->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			    -1, 0);
	if (pool->shared == MAP_FAILED) {
		free(pool);
		return NULL;
	}
	pool->results = (void *)((char *)pool->shared + begin);
	for (i = 0; i < processors(); i++) {
		pid_t pid = fork();

		if (pid < 0)
			break;
		if (!pid) {
			work(pool, i + 1, run, context);
			_exit(EXIT_SUCCESS);
		}
		pool->worker[pool->workers++] = pid;
	}
	if (pool->workers)
		return pool;
	pool_finish(pool);
	return NULL;
}

/* What an ended worker was at has failed. */
static void bury(struct pool *pool, int worker)
{
	size_t i;

	pool->worker[worker] = 0;
	for (i = 0; i < pool->tasks; i++)
		if (atomic_load(&pool->shared->state[i]) == worker + 1)
			atomic_store(&pool->shared->state[i], TASK_FAILED);
}

static int alive(struct pool *pool)
{
	int count = 0;
	int i;

	for (i = 0; i < pool->workers; i++) {
		if (!pool->worker[i])
			continue;
		if (waitpid(pool->worker[i], NULL, WNOHANG) == pool->worker[i])
			bury(pool, i);
		else
			count++;
	}
	return count;
}

const double *pool_wait(struct pool *pool, size_t task)
{
	atomic_int *state = &pool->shared->state[task];

	while (atomic_load(state) >= TASK_WAITING && alive(pool))
		usleep(WAIT_US);
	return atomic_load(state) == TASK_DONE ? pool->results + task * pool->values : NULL;
}

void pool_finish(struct pool *pool)
{
	int i;

	if (!pool)
		return;
	for (i = 0; i < pool->workers; i++) {
		if (!pool->worker[i])
			continue;
		kill(pool->worker[i], SIGKILL);
		waitpid(pool->worker[i], NULL, 0);
	}
	munmap(pool->shared, pool->bytes);
	free(pool);
}
