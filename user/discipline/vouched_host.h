/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A host of which somebody has stated how right its clock is (hostmaxerror, or a vmclock page), and
 * time sources beside it: which of the two the clock follows. Pure; nothing here can fail.
 */
#ifndef DISCIPLINE_VOUCHED_HOST_H
#define DISCIPLINE_VOUCHED_HOST_H

#include <stdint.h>

#include "clocks/timescale.h"
#include "discipline/source_select.h"

/**
 * enum vouched_host - what becomes of the host's own time, which is followed at present
 * @VOUCHED_HOST_NONE: nobody has stated how right it is, or there is a correction already
 * @VOUCHED_HOST_STANDS: it is known better than by the sources, and they agree with it
 * @VOUCHED_HOST_SUSPECT: it contradicts the sources, which are too few to decide: it stands
 * @VOUCHED_HOST_WORSE: the sources agree with it, and know UTC better, also until they next answer
 * @VOUCHED_HOST_WRONG: enough sources agree that what was stated of it is wrong
 */
enum vouched_host {
	VOUCHED_HOST_NONE,
	VOUCHED_HOST_STANDS,
	VOUCHED_HOST_SUSPECT,
	VOUCHED_HOST_WORSE,
	VOUCHED_HOST_WRONG,
};

/*
 * Judge the host beside the sources of @selection, of which one at least is selected. @maxerror_ns:
 * the bound of the clock if it followed them, and @until_ns: when their next answer is due;
 * INT64_MAX: they have not answered since the latest judgement.
 */
enum vouched_host vouched_host_judge(const struct timescale_now *now,
				     const struct selection *selection, int64_t maxerror_ns,
				     int64_t until_ns);

/* "stands" ... for machines. */
const char *vouched_host_name(enum vouched_host verdict);

/* The sources' correction is not set. */
static inline bool vouched_host_stays(enum vouched_host verdict)
{
	return verdict == VOUCHED_HOST_STANDS || verdict == VOUCHED_HOST_SUSPECT;
}

#endif /* DISCIPLINE_VOUCHED_HOST_H */
