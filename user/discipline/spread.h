/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long round trips are, and how much they vary. Pure arithmetic; times are in ns.
 */
#ifndef DISCIPLINE_SPREAD_H
#define DISCIPLINE_SPREAD_H

/* Round trips at most. */
#define SPREAD_DELAYS	256

/**
 * struct spread - of some round trips
 * @mean_ns: their mean
 * @variance: their variance, ns^2
 */
struct spread {
	double mean_ns;
	double variance;
};

/* The least of @count round trips; INFINITY: there is none. */
double spread_least(const double *delay_ns, unsigned int count);

/* Of the @count round trips that take @most_ns at most; one does. */
void spread_of(const double *delay_ns, unsigned int count, double most_ns, struct spread *spread);

/*
 * Of those of @count round trips, SPREAD_DELAYS at most, that no stall has held up: a machine that
 * stands still delays a packet by far more than a queue, and the mean of both kinds would describe
 * neither.
 */
void spread_of_usual(const double *delay_ns, unsigned int count, struct spread *spread);

#endif /* DISCIPLINE_SPREAD_H */
