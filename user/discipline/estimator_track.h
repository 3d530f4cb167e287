/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the members do when samples do not fit: take up a track that they lost, and follow a path
 * whose route has changed.
 */
#ifndef DISCIPLINE_ESTIMATOR_TRACK_H
#define DISCIPLINE_ESTIMATOR_TRACK_H

#include "discipline/estimator_bank.h"

/*
 * Members off the track take it up again from the best one; when that is off too, they loosen.
 * @offset is the sample's from the base.
 */
void track_recover(struct estimator *estimator, int path, double offset,
		   const struct estimator_sample *sample);

/* Has the path become longer, one way or both? Then that explains the latest samples. */
void track_notice_reroute(struct estimator *estimator, int path, double offset,
			  const struct estimator_sample *sample);

/*
 * A change of route leaves open what of it is asymmetry, and holds the clock for the time being.
 * Most are symmetric: when no asymmetry shows, the path tells the offset again. Where there are
 * other paths they tell, and nothing has to be decided.
 */
void track_judge_reroute(struct estimator *estimator, int path);

#endif /* DISCIPLINE_ESTIMATOR_TRACK_H */
