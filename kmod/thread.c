// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads of a real-time class. See thread.h.
 */
#include "thread.h"

#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/sched.h>

#include "compat.h"

struct kthread_worker *chime_thread_start(const char *name)
{
	struct kthread_worker *thread = CHIME_KTHREAD_RUN_WORKER(0, "%s", name);

	if (!IS_ERR(thread))
		sched_set_fifo(thread->task);
	return thread;
}
