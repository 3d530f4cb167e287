/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One line of peers.txt: a client simulated over seeds, beside what others reach.
 */
#ifndef SIM_BENCH_CELL_H
#define SIM_BENCH_CELL_H

#include <stdbool.h>

#include "world.h"

#define BENCH_NAME_MAX	32

enum bench_kind {
	BENCH_STEADY,
	BENCH_CONVERGE,
};

/**
 * struct bench_cell - as read; 0: not given
 * @kind: which of the two
 * @name: for the table
 * @world: one client and one server
 * @wander: of its oscillator
 * @seeds: how many runs
 * @chrony_rms_ns: the peer's RMS error
 * @chrony_max_ns: its worst error
 * @chrony_interval_s: its mean interval between requests
 * @target_rms_ns: ours at most
 * @target_limit: ours as a multiple of the limit, at most
 * @target_bank: ours as a multiple of the Kalman bank's, at most
 * @chrony_s: its seconds until within 1 ms, 100 us, 10 us
 * @target_s: ours at most
 */
struct bench_cell {
	enum bench_kind kind;
	char name[BENCH_NAME_MAX];
	struct world_options world;
	int seeds;
	double chrony_rms_ns;
	double chrony_max_ns;
	double chrony_interval_s;
	double target_rms_ns;
	double target_limit;
	double target_bank;
	double chrony_s[3];
	double target_s[3];
};

/**
 * struct bench_outcome - medians over the seeds but where it says worst or all
 * @rms_ns: of the system clock
 * @max_ns: worst
 * @limit_ratio: of the RMS error to that of whoever knows everything; 0: there is no such figure
 * @bank_rms_ns: of the Kalman bank
 * @coverage: share of seconds within one sigma
 * @bound_ratio: median bound as a multiple of the ideal one
 * @interval_s: mean between requests
 * @violations: seconds with the truth outside the bound, all
 * @converged_s: until within 1 ms, 100 us, 10 us
 */
struct bench_outcome {
	double rms_ns;
	double max_ns;
	double limit_ratio;
	double bank_rms_ns;
	double coverage;
	double bound_ratio;
	double interval_s;
	double violations;
	double converged_s[3];
};

/* From the words of a line; modifies it. false: not understood. */
bool bench_cell_parse(char *line, struct bench_cell *cell);

/* Runs the seeds from @first_seed on, as many as the cell has. 0 or -errno. */
int bench_cell_run(const struct bench_cell *cell, uint64_t first_seed,
		   struct bench_outcome *outcome);

#endif /* SIM_BENCH_CELL_H */
