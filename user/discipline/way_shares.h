/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much of a path's queueing is on the way to the server: from round trips alone, whatever the
 * clock is and however it wanders. Times are in ns.
 */
#ifndef DISCIPLINE_WAY_SHARES_H
#define DISCIPLINE_WAY_SHARES_H

/**
 * struct way_shares - what the bends of a path's ways have shown so far
 * @count: bends, as far as they are remembered
 * @mean_bend_ns: how long the round trips' are in the mean
 * @shares: sum of the way up's shares in them, each from 0 to 1 and of the same weight ...
 * @squares: ... and of their squares
 * @weight_ns: sum of the bends' weights ...
 * @weighted_ns: ... and of the shares by these
 * @squares_ns2: sum of the weights' squares, and of the shares and their squares by these
 */
struct way_shares {
	double count;
	double mean_bend_ns;
	double shares;
	double squares;
	double weight_ns;
	double weighted_ns;
	double squares_ns2[3];
};

/*
 * Take how far one of three successive samples is off the line through the others: by its time on
 * the way to the server, and by its round trip.
 */
void way_shares_add(struct way_shares *shares, double up_bend_ns, double bend_ns);

/* The share of the way to the server, 0 to 1; one half until the ways are seen to differ. */
double way_shares_up(const struct way_shares *shares);

#endif /* DISCIPLINE_WAY_SHARES_H */
