/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Another program sets the system clock: how often, so that not each time is logged. Pure.
 */
#ifndef STEERING_RIVAL_H
#define STEERING_RIVAL_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct rival - another program that sets the clock; zero it to start
 * @count: times in a row, each within an hour of the one before
 * @first_ns: the first of them, by the caller's clock
 * @latest_ns: the latest
 * @logged_ns: when it was logged
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
	RIVAL_SET,		/* log that the clock was set */
	RIVAL_AGAIN,		/* and that this happened @count times: a rival */
	RIVAL_STILL,		/* and that it goes on: @unlogged more times */
	RIVAL_NO_NEWS,		/* it goes on as logged */
};

/* The clock was set, but not in the hour before @now_ns. */
bool rival_has_left(const struct rival *rival, int64_t now_ns);

/* The clock was set at @now_ns: what is to be logged? */
enum rival_news rival_note(struct rival *rival, int64_t now_ns);

#endif /* STEERING_RIVAL_H */
