/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The time of a batch of packets, and whether the system clock was set: before the batch, so that
 * the page of time does not hold, while a packet waited, or before an answer leaves. Nothing that
 * is answered shows a timestamp of the clock as it was. Times are ns.
 */
#ifndef SERVER_BATCH_TIME_H
#define SERVER_BATCH_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/time_page.h"
#include "ntp/stamp.h"

/**
 * struct batch_time - the clocks as they are for a batch
 * @page: of time
 * @clock_watch_fd: readable when the system clock was set
 * @set_raw_ns: raw instant at which it was last seen to have been set ...
 * @set_realtime_ns: ... by itself, after that
 * @realtime_ns: likewise, when the batch had come ...
 * @ahead_ns: ... and how far it was ahead of the monotonic clock; INT64_MAX: not known
 */
struct batch_time {
	const struct time_page *page;
	int clock_watch_fd;
	int64_t set_raw_ns;
	int64_t set_realtime_ns;
	int64_t realtime_ns;
	int64_t ahead_ns;
};

/**
 * batch_time_init() - read the clocks for the first time
 * @time: to be filled
 * @page: of time; has to outlive @time
 * @clock_watch_fd: readable when the system clock was set
 */
void batch_time_init(struct batch_time *time, const struct time_page *page, int clock_watch_fd);

/**
 * batch_time_is_step() - was the system clock set between two readings?
 * @time: the later one
 * @before_ns: how far it was ahead of the monotonic clock, in the earlier one
 */
bool batch_time_is_step(const struct batch_time *time, int64_t before_ns);

/**
 * batch_time_read() - read clocks and page for a batch that has come
 * @time: the clocks
 * @content: of the page; not synchronised if the clock was set after the reading that it was made
 *	of, or that was long ago
 *
 * Return: the clock was set since the last call: no timestamp from before it holds.
 */
bool batch_time_read(struct batch_time *time, struct time_content *content);

/**
 * batch_time_take() - the system clock, by which an answer is stamped
 * @time: of its batch
 * @realtime_ns: the clock
 *
 * Return: false: it was set since the batch was read, so the answer must not leave.
 */
bool batch_time_take(const struct batch_time *time, int64_t *realtime_ns);

/**
 * batch_time_covers() - was a packet of the batch stamped by the clock as it is now?
 * @time: of the batch
 * @stamp: the kernel's timestamp
 */
bool batch_time_covers(const struct batch_time *time, const struct ntp_stamp *stamp);

#endif /* SERVER_BATCH_TIME_H */
