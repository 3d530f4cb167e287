/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vote of the time sources on the host's clock: a host that most of them contradict is demoted,
 * and one that was set right is reinstated. Pure; nothing here can fail.
 */
#ifndef DISCIPLINE_HOST_VOTE_H
#define DISCIPLINE_HOST_VOTE_H

#include <stdint.h>

#include "clocks/timescale.h"
#include "discipline/refutation.h"
#include "discipline/source_select.h"

/**
 * enum host_verdict - what becomes of the host
 * @HOST_STAYS: as it is
 * @HOST_DEMOTED: it is no longer followed
 * @HOST_REINSTATED: it is followed again
 */
enum host_verdict {
	HOST_STAYS,
	HOST_DEMOTED,
	HOST_REINSTATED,
};

/**
 * host_vote_count() - an update with a new sample
 * @vote: until now, and then; a host that the operator deselected was not refuted by it
 * @selection: of the sources
 * @offset_ns: UTC minus reference by them
 * @now: the clocks
 *
 * Return: what becomes of the host
 */
enum host_verdict host_vote_count(struct refutation *vote, const struct selection *selection,
				  int64_t offset_ns, const struct timescale_now *now);

#endif /* DISCIPLINE_HOST_VOTE_H */
