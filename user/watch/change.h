/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a change of the system clock was, from the record of it. Pure.
 */
#ifndef WATCH_CHANGE_H
#define WATCH_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "watch/shared.h"

#define CHANGE_TEXT_MAX	192

/* What a change consists of, a bit each. */
#define CHANGE_STEP		(1U << 0)
#define CHANGE_SLEW		(1U << 1)
#define CHANGE_FREQUENCY	(1U << 2)	/* or the tick */
#define CHANGE_STATUS		(1U << 3)	/* flags, bounds of the error and the like */

/**
 * struct change_rate - how fast the clock runs, as adjtimex(2) has it
 * @known: ...
 * @frequency: 2^-16 ppm
 * @tick_us: length of a tick
 */
struct change_rate {
	bool known;
	int64_t frequency;
	int64_t tick_us;
};

/**
 * struct change - one, in units
 * @parts: CHANGE_*
 * @step_ns: by how much the clock was set forward
 * @slew_ns: by how much it is set forward gradually from then on
 * @rate_ppb: by how much it runs faster than before; 0 if that is not known
 * @frequency_ppb: at which it runs, compared with the nominal rate
 */
struct change {
	unsigned int parts;
	int64_t step_ns;
	int64_t slew_ns;
	int64_t rate_ppb;
	int64_t frequency_ppb;
};

/* What @record says. @rate is that before, and becomes that after. */
void change_of_record(const struct watch_record *record, struct change_rate *rate,
		      struct change *change);

/* "stepped it by +3.20 s", "set its frequency to -12.3 ppm (by +0.1 ppm); set status PLL, NANO" */
void change_text(const struct watch_record *record, const struct change *change,
		 char text[CHANGE_TEXT_MAX]);

#endif /* WATCH_CHANGE_H */
