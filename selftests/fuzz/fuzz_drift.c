// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drift files: any text is refused, or gives a rate that a clock can have.
 */
#include "user/discipline/drift.h"

#include <math.h>

#include "fuzz.h"

int fuzz_one_input(const uint8_t *data, size_t size)
{
	double rate, rate_sigma;

	if (drift_parse((const char *)data, size, &rate, &rate_sigma))
		return 0;
	FUZZ_CHECK(fabs(rate) <= 0.1);
	FUZZ_CHECK(rate_sigma >= 0 && rate_sigma <= 0.1);
	return 0;
}
