/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other programs that set the system clock: how often they do, so that the log need not say each
 * time, and which of them is running.
 */
#ifndef STEERING_RIVAL_H
#define STEERING_RIVAL_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct rival - what somebody else does to the clock; zero it to start
 * @count: times in a row, each within an hour of the one before
 * @first_ns: the first of them, by the caller's clock
 * @latest_ns: the latest
 * @logged_ns: the log was told
 * @unlogged: times since then
 */
struct rival {
	unsigned int count;
	int64_t first_ns;
	int64_t latest_ns;
	int64_t logged_ns;
	unsigned int unlogged;
};

enum rival_news {
	RIVAL_SET,		/* tell that the clock was set */
	RIVAL_AGAIN,		/* and that this comes again and again: a rival, @count times */
	RIVAL_STILL,		/* and that it goes on: @unlogged more times */
	RIVAL_NO_NEWS,		/* it goes on as was told */
};

/* The clock was set at @now_ns: what is there to be told of it? */
enum rival_news rival_note(struct rival *rival, int64_t now_ns);

/*
 * Programs known to set clocks that run now, by @proc, "/proc": "chronyd (process 77), phc2sys
 * (process 80)". "": none can be seen from here.
 */
void rival_find(const char *proc, char *text, size_t size);

#endif /* STEERING_RIVAL_H */
