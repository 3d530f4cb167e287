/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tally as JSON, for the command "rivals" of the socket, and as a notice to the daemon. Pure.
 */
#ifndef WATCH_REPORT_H
#define WATCH_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "ipc/rival_notice.h"
#include "watch/tally.h"

/**
 * struct report_view - what the tally does not know
 * @ahead_ns: CLOCK_REALTIME - CLOCK_BOOTTIME now, by which instants are dated: by the clock as it
 *	is now, whoever has set it in between
 * @since_ns: CLOCK_BOOTTIME when the watch began
 * @lost: calls that may have changed the clock and were not recorded
 * @by_probes: the kernel is watched by kprobes
 */
struct report_view {
	int64_t ahead_ns;
	int64_t since_ns;
	uint64_t lost;
	bool by_probes;
};

/* A new object, NULL: no memory. */
json_t *report_rivals(const struct tally *tally, const struct report_view *view);

/* The notice of @rival for the daemon. */
void report_notice(const struct tally_rival *rival, struct rival_notice *notice);

#endif /* WATCH_REPORT_H */
