// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rates that no oscillator can have.
 *
 * A rate that was known to SETTLED_SIGMA and then changes by more than ODD_RATE is not the
 * oscillator's: sources that jump cause that. Another machine's counter does too, and ODD_COUNT
 * updates confirm it.
 */
#include "discipline/settled_rate.h"

#include <math.h>

#define SETTLED_SIGMA	10e-6
#define ODD_RATE	100e-6
#define ODD_COUNT	16

double settled_rate_odd(struct settled_rate *settled, const struct estimate *estimate, bool fresh)
{
	double apart = fabs(estimate->rate - settled->rate);

	settled->odd = settled->known && apart > ODD_RATE ? settled->odd + fresh : 0;
	if (settled->odd && settled->odd < ODD_COUNT)
		return apart;
	if (estimate->rate_sigma < SETTLED_SIGMA) {
		settled->known = true;
		settled->rate = estimate->rate;
		settled->odd = 0;
	}
	return 0;
}

void settled_rate_change(struct settled_rate *settled, const struct reference_change *change)
{
	settled->rate = reference_change_rate(change, settled->rate);
}
