// SPDX-License-Identifier: GPL-2.0-only
/*
 * The estimator with samples of servers and refclocks that say anything, and with references that
 * change: an estimate is finite, nobody is told of an error below zero, and what is refused changes
 * nothing.
 */
#include "user/discipline/estimator.h"

#include <math.h>

#include "core/line.h"
#include "fuzz.h"
#include "user/lib/time_units.h"

#define START_NS	(1795160717LL * NS_PER_S)
/* Beyond what any sample's fields can hold once its source has judged them. */
#define OFFSET_MAX_NS	(INT64_MAX / 4)
#define OPS_MAX		256

/* Something of any size: as many powers of two apart as the second byte says. */
static int64_t take_scaled(struct fuzz_input *input, int bits_max)
{
	int64_t value = fuzz_take_s64(input);
	int bits = fuzz_take_u8(input) % (bits_max + 1);

	return value % (1LL << bits);
}

static int64_t magnitude(int64_t value)
{
	return value < 0 ? -value : value;
}

static struct estimator_sample take_sample(struct fuzz_input *input, int64_t *now_ns)
{
	struct estimator_sample sample;

	*now_ns += magnitude(take_scaled(input, 45));
	sample.at_ns = *now_ns - magnitude(take_scaled(input, 32));
	sample.offset_ns = take_scaled(input, 60) % OFFSET_MAX_NS;
	sample.delay_ns = (double)magnitude(take_scaled(input, 34));
	sample.sigma_ns = (double)magnitude(take_scaled(input, 34));
	return sample;
}

static struct reference_change take_change(struct fuzz_input *input, int64_t now_ns)
{
	uint8_t known = fuzz_take_u8(input);
	struct reference_change change = {
		.at_ns = now_ns,
		.shift_ns = take_scaled(input, 58),
		.shift_sigma_ns = (double)magnitude(take_scaled(input, 40)),
		.rate = (double)take_scaled(input, 30) * 1e-12,
		.rate_sigma = (double)magnitude(take_scaled(input, 30)) * 1e-12,
	};

	if (!(known & 1))
		change.shift_sigma_ns = INFINITY;
	if (!(known & 2))
		change.rate_sigma = INFINITY;
	return change;
}

static void check_estimate(const struct estimator *estimator, int64_t at_ns)
{
	struct estimate estimate;

	if (!estimator_get(estimator, at_ns, &estimate))
		return;
	FUZZ_CHECK(isfinite(estimate.rate) && isfinite(estimate.asymmetry_ns));
	FUZZ_CHECK(estimate.sigma_ns >= 0 && estimate.rate_sigma >= 0 && estimate.wander >= 0);
	FUZZ_CHECK(isfinite(estimate.sigma_ns) && isfinite(estimate.rate_sigma));
	FUZZ_CHECK(isfinite(estimate.sample_ns) && estimate.sample_ns >= 0);
	FUZZ_CHECK(estimator_floor(estimator) >= 0);
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	int paths = 1 + fuzz_take_u8(&input) % ESTIMATOR_PATHS;
	struct estimator *estimator = estimator_new(paths);
	struct estimate before, after;
	struct estimator_sample sample;
	struct reference_change change;
	int64_t now_ns = START_NS;
	bool had;
	int i;

	if (!estimator)
		return 0;
	for (i = 0; input.size && i < OPS_MAX; i++) {
		switch (fuzz_take_u8(&input) % 16) {
		case 0:
			estimator_reset(estimator, fuzz_take_u8(&input) & 1);
			break;
		case 1:
			estimator_prime_rate(estimator, (double)take_scaled(&input, 30) * 1e-12,
					     (double)magnitude(take_scaled(&input, 30)) * 1e-12);
			break;
		case 2:
			change = take_change(&input, now_ns);
			/* As its callers do: an offset that is not known cannot be converted. */
			if (reference_change_keeps_offset(&change))
				estimator_change_reference(estimator, &change);
			else
				estimator_reset(estimator, reference_change_keeps_rate(&change));
			break;
		case 3:
			estimator_drop_path(estimator, fuzz_take_u8(&input) % paths);
			break;
		case 4:
			estimator_expect_host(estimator);
			break;
		default:
			sample = take_sample(&input, &now_ns);
			had = estimator_get(estimator, now_ns, &before);
			if (!estimator_add(estimator, fuzz_take_u8(&input) % paths, &sample))
				break;
			FUZZ_CHECK(estimator_get(estimator, now_ns, &after) == had);
			FUZZ_CHECK(!had || (before.offset_ns == after.offset_ns &&
					    before.sigma_ns == after.sigma_ns &&
					    before.rate == after.rate &&
					    before.rate_sigma == after.rate_sigma));
			break;
		}
		check_estimate(estimator, now_ns);
		check_estimate(estimator, now_ns + magnitude(take_scaled(&input, 50)));
	}
	estimator_free(estimator);
	return 0;
}
