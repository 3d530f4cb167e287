// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two kinds of delays by expectation maximisation (Dempster, Laird, Rubin 1977): each delay is
 * of either kind with some probability, and each kind's mean is that of its delays.
 */
#include "discipline/queueing.h"

#include <math.h>
#include <string.h>

/* The fit runs after so many samples, by so many steps from the result of the last one. */
#define FIT_EVERY	16
#define FIT_STEPS	4

/* Fewer delays are not fitted. */
#define FIT_LEAST	32

/* The start of the fit: half of each kind, the one four times as long as the other. */
#define FIRST_SHARE	0.5
#define FIRST_SHORT	0.4
#define FIRST_LONG	1.6

/* Longer delays count as this. */
#define DELAY_MOST	1e15

/* The least mean of a kind and share of either. */
#define MEAN_LEAST	1e-6
#define SHARE_LEAST	0.02

/*
 * Two kinds have to increase the log likelihood by so much over one: two more parameters gain 1 by
 * chance, and 8 once in thousands.
 */
#define GAIN_LEAST	8.0

void queueing_start(struct queueing *queueing)
{
	memset(queueing, 0, sizeof(*queueing));
	queueing->fitted = (struct queueing_kinds){ FIRST_SHARE, FIRST_SHORT, FIRST_LONG };
	queueing->kinds = (struct queueing_kinds){ 1, 1, 1 };
}

static double mean_delay(const struct queueing *queueing)
{
	double sum = 0;
	unsigned int i;

	for (i = 0; i < queueing->count; i++)
		sum += (double)queueing->delay[i];
	return sum / queueing->count;
}

/* That a delay is a long one, not a short one: for a delay of 0, and how they grow with it. */
struct odds {
	double at_zero;
	double growth;
};

static struct odds odds_of(const struct queueing_kinds *kinds)
{
	return (struct odds){
		(1 - kinds->share) / kinds->share * kinds->short_mean / kinds->long_mean,
		1 / kinds->short_mean - 1 / kinds->long_mean,
	};
}

static double share_of_short(struct odds odds, double delay)
{
	return 1 / (1 + odds.at_zero * exp(fmin(delay * odds.growth, 600)));
}

/* By how much two kinds explain the delays, in units of their @mean, better than one does. */
static double gain_of(const struct queueing *queueing, double mean,
		      const struct queueing_kinds *kinds)
{
	struct odds odds = odds_of(kinds);
	double gain = 0;
	unsigned int i;

	for (i = 0; i < queueing->count; i++) {
		double delay = (double)queueing->delay[i] / mean;

		gain += delay - delay / kinds->short_mean - log(share_of_short(odds, delay));
	}
	return gain + queueing->count * log(kinds->share / kinds->short_mean);
}

/* One step, with delays in units of their @mean. */
static void fit_step(const struct queueing *queueing, double mean, struct queueing_kinds *kinds)
{
	struct odds odds = odds_of(kinds);
	double shorts = 0, short_sum = 0, sum = 0;
	double total = queueing->count;
	unsigned int i;

	for (i = 0; i < queueing->count; i++) {
		double delay = (double)queueing->delay[i] / mean;
		double is_short = share_of_short(odds, delay);

		shorts += is_short;
		short_sum += is_short * delay;
		sum += delay;
	}
	shorts = fmin(fmax(shorts, SHARE_LEAST * total), (1 - SHARE_LEAST) * total);
	kinds->share = shorts / total;
	kinds->short_mean = fmax(short_sum / shorts, MEAN_LEAST);
	kinds->long_mean = fmax((sum - short_sum) / (total - shorts), kinds->short_mean);
}

static void fit(struct queueing *queueing)
{
	struct queueing_kinds *fitted = &queueing->fitted;
	double mean = mean_delay(queueing);
	double gain;
	int i;

	queueing->kinds = (struct queueing_kinds){ 1, 1, 1 };
	if (!(mean > 0))
		return;
	for (i = 1; i < FIT_STEPS; i++)
		fit_step(queueing, mean, fitted);
	gain = gain_of(queueing, mean, fitted);
	fit_step(queueing, mean, fitted);
	if (gain > GAIN_LEAST)
		queueing->kinds = *fitted;
	/* Two kinds that became one do not separate again: restart. */
	if (!(fitted->long_mean > 1.1 * fitted->short_mean))
		*fitted = (struct queueing_kinds){ FIRST_SHARE, FIRST_SHORT, FIRST_LONG };
}

static void remember(struct queueing *queueing, double delay)
{
	queueing->delay[queueing->next] = (float)fmin(fmax(delay, 0), DELAY_MOST);
	queueing->next = (queueing->next + 1) % QUEUEING_DELAYS;
	if (queueing->count < QUEUEING_DELAYS)
		queueing->count++;
}

void queueing_add(struct queueing *queueing, double up, double down)
{
	remember(queueing, up);
	remember(queueing, down);
	if (queueing->count >= FIT_LEAST && queueing->next % (2 * FIT_EVERY) == 0)
		fit(queueing);
}
