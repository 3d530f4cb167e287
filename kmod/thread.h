/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads of the module's own, of a real-time class: no program of an ordinary class keeps them
 * waiting, and one of a real-time class that does not sleep only has its own processor.
 */
#ifndef CHIME_THREAD_H
#define CHIME_THREAD_H

struct kthread_worker;

/**
 * chime_thread_start() - start a thread that carries out work
 * @name: shown by ps and top, and to those who watch who sets the clock
 *
 * It is SCHED_FIFO, at the kernel's usual priority: whoever knows better may set another one, by
 * its name. On a machine with isolated processors (nohz_full=) it runs on the others, like all
 * threads of the kernel. kthread_destroy_worker() ends it, when nothing is queued any more.
 *
 * Context: process. Return: the thread, or an error pointer.
 */
struct kthread_worker *chime_thread_start(const char *name);

#endif /* CHIME_THREAD_H */
