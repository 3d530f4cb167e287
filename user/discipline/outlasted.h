/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The correction that outlasted a gap, beside the first answers after it. Pure: time is an
 * argument; nothing here can fail.
 *
 * After a revert the estimates begin anew, but the correction is still in force. Its errors are
 * stated for a host that may run free, and after a long gap they are seconds. If the host is
 * disciplined instead, the correction is as good as it was, and an answer that agrees with it to
 * some ms, where it might have been seconds off, says that it is. Then it stays until the answers
 * are better. The bound is what the answers prove, whichever the host is.
 */
#ifndef DISCIPLINE_OUTLASTED_H
#define DISCIPLINE_OUTLASTED_H

#include <stdbool.h>
#include <stdint.h>

#include "clocks/timescale.h"
#include "core/line.h"
#include "discipline/correction.h"
#include "discipline/source_select.h"

/**
 * struct outlasted - what was known before the estimates began anew
 * @relearning: they did, and no answer has been better since
 * @disciplined: the host may be disciplined, and @line was the correction then, ...
 * @epoch: ... against the reference of this epoch
 * @line: the correction
 * @confirmed: answers have agreed with the timescale, ...
 * @confirmed_ns: ... since then, by the reference
 * @narrowed: its bound became less by that, ...
 * @maxerror_ns: ... and was this ...
 * @maxerror_at_ns: ... at this instant
 */
struct outlasted {
	bool relearning;
	bool disciplined;
	uint32_t epoch;
	struct chime_line line;
	bool confirmed;
	int64_t confirmed_ns;
	bool narrowed;
	int64_t maxerror_ns;
	int64_t maxerror_at_ns;
};

/* One standard error of @line after a gap, if it corrects a host that is disciplined. */
double outlasted_sigma_ns(const struct chime_line *line);

/* The estimates begin anew. @line: the latest correction, NULL: none, or not of this reference. */
void outlasted_begin(struct outlasted *outlasted, const struct chime_line *line, uint32_t epoch);

/*
 * Does the timescale, as it is, stand against what the answers of @selection say, which @combined
 * has? Then @combined becomes the timescale, with the bound that follows. @late_ns: by how much
 * those answers may be off because all of them were late.
 */
void outlasted_keep(struct outlasted *outlasted, const struct timescale_now *now,
		    const struct selection *selection, double late_ns, struct combined *combined);

#endif /* DISCIPLINE_OUTLASTED_H */
