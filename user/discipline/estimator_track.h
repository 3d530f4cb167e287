/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The members' reaction to samples that do not fit: regaining a lost track, and following a path
 * whose route has changed.
 */
#ifndef DISCIPLINE_ESTIMATOR_TRACK_H
#define DISCIPLINE_ESTIMATOR_TRACK_H

#include "discipline/estimator_bank.h"

/* Take what was learned of paths that swing for worth less, @elapsed_s after the latest sample. */
void track_relax(struct estimator *estimator, double elapsed_s);

/*
 * Members that lost the track take over the state of the best one; if that has lost it too, their
 * states are widened. @offset is the sample's from the base.
 */
void track_recover(struct estimator *estimator, int path, double offset,
		   const struct estimator_sample *sample);

/*
 * No packet is under way for less than no time: a server that is right says within half its round
 * trip what the offset is, whatever was learned of the path. Have the latest samples of every path
 * denied the estimate like this, all in the same direction? Then it is worth nothing, however sure
 * of itself. Servers that contradict each other have it between them.
 */
bool track_is_denied(struct estimator *estimator, int path,
		     const struct estimator_sample *sample);

/*
 * The first answers of the path of @sample were late. Were those of all others, too, and does
 * @sample deny what they said of the clock?
 */
bool track_was_late(const struct estimator *estimator, const struct estimator_sample *sample);

/*
 * Before @sample is taken: keep by how much its offset is more than expected. And is a way
 * congested? Then samples like this one are no surprise, to whatever they are compared with.
 */
void track_compare(struct estimator *estimator, int path, double offset,
		   const struct estimator_sample *sample);

/* Has the path become longer, one way or both? Then that explains the latest samples. */
void track_notice_reroute(struct estimator *estimator, int path, double offset,
			  const struct estimator_sample *sample);

/*
 * Does a sample show that congestion only looked like a longer route? Then the path is what it was
 * before. With other paths these measure the clock, and nothing has to be decided.
 */
void track_check_reroute(struct estimator *estimator, int path, double offset,
			 const struct estimator_sample *sample);

/*
 * After a change of route its asymmetry is unknown, and the path says nothing of the clock at
 * first. Most routes are symmetric: if no asymmetry shows, the path measures the offset again. With
 * other paths these measure it, and nothing has to be decided.
 */
void track_judge_reroute(struct estimator *estimator, int path);

/*
 * What all asymmetries have in common shows in no sample. Where it is more than is to be expected,
 * and no route that became longer explains it, the clock had gone astray while they were learned:
 * it is the clock's.
 */
void track_return_common(struct estimator *estimator);

#endif /* DISCIPLINE_ESTIMATOR_TRACK_H */
