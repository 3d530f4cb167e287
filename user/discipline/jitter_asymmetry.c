// SPDX-License-Identifier: GPL-2.0-only
/*
 * The correction of samples by a known asymmetry of their jitter, as chrony's options `asymmetry`
 * and `mindelay` have it.
 */
#include "discipline/jitter_asymmetry.h"

#include <math.h>

#include "core/line.h"

/* The least round trip is that of the latest 64 to 128 samples: a route may become longer. */
#define BLOCK	64

static int64_t least_delay_ns(struct jitter_asymmetry *jitter, int64_t delay_ns)
{
	if (!jitter->count || delay_ns < jitter->block_ns)
		jitter->block_ns = delay_ns;
	if (!jitter->least_ns || delay_ns < jitter->least_ns)
		jitter->least_ns = delay_ns;
	if (++jitter->count >= BLOCK) {
		jitter->least_ns = jitter->block_ns;
		jitter->count = 0;
	}
	return jitter->least_ns;
}

/*
 * Let the ways queue u and d, exponential with means in the ratio (1/2 - a) to (1/2 + a). Of the
 * round trip u + d more than the least, a (u + d) is what the offset was moved by in the mean. What
 * is left, (d - u)/2 - a (u + d), has 1 - 4 a^2 times the deviation that it has for a = 0: so much
 * of the queueing still counts as noise.
 *
 * The offset was right to within half of the round trip. The corrected one is to within what is
 * left of that, and the rest of it, and the correction.
 */
void jitter_asymmetry_correct(struct jitter_asymmetry *jitter, const struct source_options *options,
			      struct source_sample *sample)
{
	double share = options->asymmetry, queued_ns, left_ns;

	if (!share || fabs(share) > SOURCE_ASYMMETRY_MAX)
		return;
	queued_ns = (double)chime_sub_sat(sample->delay_ns, options->mindelay_ns > 0 ?
					  options->mindelay_ns :
					  least_delay_ns(jitter, sample->delay_ns));
	if (queued_ns <= 0)
		return;
	left_ns = queued_ns * (1 - 4 * share * share);
	sample->offset_ns += llrint(share * queued_ns);
	sample->delay_ns -= llrint(queued_ns - left_ns);
	sample->root_dispersion_ns += llrint(fabs(share) * queued_ns + (queued_ns - left_ns) / 2);
}
