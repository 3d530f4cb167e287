// SPDX-License-Identifier: GPL-2.0-only
/*
 * Readings of all clocks, and the two around an instant.
 */
#include "clocks/clock_history.h"

#include <errno.h>

#include "clocks/clock_span.h"
#include "core/line.h"

static struct timescale_now as_now(const struct clock_reading *reading)
{
	return (struct timescale_now) {
		.raw_ns = reading->raw_ns,
		.realtime_ns = reading->realtime_ns,
		.reference_ns = reading->reference_ns,
		.reading_ns = reading->reading_ns,
		.epoch = reading->epoch,
		.disruptions = reading->disruptions,
	};
}

/* Of the ones kept, 0 is the newest. */
static const struct clock_reading *kept(const struct clock_history *history, unsigned int age)
{
	return &history->kept[(history->next + CLOCK_HISTORY_READINGS - 1 - age) %
			      CLOCK_HISTORY_READINGS];
}

static void keep(struct clock_history *history)
{
	history->kept[history->next] = history->latest;
	history->next = (history->next + 1) % CLOCK_HISTORY_READINGS;
	if (history->count < CLOCK_HISTORY_READINGS)
		history->count++;
}

void clock_history_add(struct clock_history *history, const struct timescale_now *now)
{
	struct clock_span span = { .before = as_now(&history->latest), .after = *now };

	if (history->count && clock_span_judge(&span) != CLOCK_SPAN_GOOD)
		history->count = 0;
	history->latest = (struct clock_reading) {
		.raw_ns = now->raw_ns,
		.realtime_ns = now->realtime_ns,
		.reference_ns = now->reference_ns,
		.reading_ns = now->reading_ns,
		.epoch = now->epoch,
		.disruptions = now->disruptions,
	};
	if (!history->count || chime_sub_sat(now->raw_ns, kept(history, 0)->raw_ns) >=
			       CLOCK_HISTORY_SPACING_NS)
		keep(history);
}

int clock_history_find(const struct clock_history *history, int64_t realtime_ns,
		       struct clock_span *span)
{
	const struct clock_reading *after = &history->latest;

	if (!history->count)
		return -ESTALE;
	if (realtime_ns > after->realtime_ns)
		return -EAGAIN;
	for (unsigned int age = 0; age < history->count; age++) {
		const struct clock_reading *before = kept(history, age);

		if (before->realtime_ns <= realtime_ns) {
			span->before = as_now(before);
			span->after = as_now(after);
			return clock_span_judge(span) == CLOCK_SPAN_GOOD ? 0 : -ESTALE;
		}
		after = before;
	}

	return -ESTALE;
}
