/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vote of the time sources on the host's clock: a host that most of them contradict is demoted,
 * and one that was set right is reinstated. Pure; nothing here can fail.
 */
#ifndef DISCIPLINE_HOST_VOTE_H
#define DISCIPLINE_HOST_VOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "clocks/timescale.h"
#include "discipline/source_select.h"

/**
 * struct host_vote - all 0 to start
 * @wrong: updates in a row in which the sources contradicted the host that is followed
 * @right: updates in a row in which the host that was demoted was right
 * @demoted: by this vote: a host that the operator deselected is not
 */
struct host_vote {
	int wrong;
	int right;
	bool demoted;
};

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
 * @vote: until now, and then
 * @selection: of the sources
 * @offset_ns: UTC minus reference by them
 * @now: the clocks
 *
 * Return: what becomes of the host
 */
enum host_verdict host_vote_count(struct host_vote *vote, const struct selection *selection,
				  int64_t offset_ns, const struct timescale_now *now);

/* The sources say nothing against the host that is followed: only updates in a row count. */
void host_vote_break(struct host_vote *vote);

#endif /* DISCIPLINE_HOST_VOTE_H */
