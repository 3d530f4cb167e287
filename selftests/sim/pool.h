/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks that do not depend on each other, run in one process for each processor. Results are taken
 * in the tasks' order, whatever the order in which they finish.
 */
#ifndef SIM_POOL_H
#define SIM_POOL_H

#include <stddef.h>

struct pool;

/* Runs a task and fills in its values. 0 or -errno. */
typedef int (*pool_task_fn)(const void *context, size_t task, double *values);

/**
 * pool_start() - begin to run @tasks
 * @tasks: how many
 * @values: results of each
 * @run: called in another process, which has a copy of all memory as it is now
 * @context: handed to @run
 *
 * Return: the pool, which pool_finish() ends; NULL if there is no memory or no process
 */
struct pool *pool_start(size_t tasks, size_t values, pool_task_fn run, const void *context);

/* Waits for @task. Its values, or NULL if it failed or its process ended. */
const double *pool_wait(struct pool *pool, size_t task);

/* Stops what still runs. */
void pool_finish(struct pool *pool);

#endif /* SIM_POOL_H */
