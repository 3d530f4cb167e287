// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench PEERS: every cell of peers.txt simulated, as a table with ratios to the peers, the limit
 * and the targets. The last line sums up; exit 0 only if every target holds.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_cell.h"
#include "scenario.h"

#define LINE_MAX_CHARS	512

/* The published standard error holds for a normal share of the time, and bounds are tight. */
#define COVERAGE_LEAST	0.60
#define COVERAGE_MOST	0.80
#define BOUND_MOST	3.0

struct totals {
	int cells;
	int worse_than_chrony;
	int missed;
	double worst_vs_chrony;
	double worst_vs_limit;
	double violations;
};

/* Below a limit that is only given where it is above 0. */
static bool within(double value, double most)
{
	return !(most > 0) || value <= most;
}

static void print_time(double ns)
{
	if (!(ns > 0))
		printf(" %9s", "-");
	else if (ns < 1e3)
		printf(" %6.1f ns", ns);
	else if (ns < 1e6)
		printf(" %6.2f us", ns / 1e3);
	else
		printf(" %6.2f ms", ns / 1e6);
}

static void print_ratio(double value, double to)
{
	if (to > 0)
		printf(" %6.3f", value / to);
	else
		printf(" %6s", "-");
}

static void judge_steady(const struct bench_cell *cell, const struct bench_outcome *outcome,
			 struct totals *totals)
{
	double limit_ratio = outcome->limit_rms_ns > 0 ?
			     outcome->rms_ns / outcome->limit_rms_ns : 0;
	bool worse = !within(outcome->rms_ns, cell->chrony_rms_ns) ||
		     !within(outcome->max_ns, cell->chrony_max_ns);
	bool good = !worse && within(outcome->rms_ns, cell->target_rms_ns) &&
		    within(limit_ratio, cell->target_limit) &&
		    within(outcome->rms_ns / outcome->bank_rms_ns, cell->target_bank) &&
		    outcome->interval_s >= cell->chrony_interval_s && outcome->violations == 0 &&
		    outcome->coverage >= COVERAGE_LEAST && outcome->coverage <= COVERAGE_MOST &&
		    within(outcome->bound_ratio, BOUND_MOST);

	printf("%-20s", cell->name);
	print_time(outcome->rms_ns);
	print_time(cell->chrony_rms_ns);
	print_ratio(outcome->rms_ns, cell->chrony_rms_ns);
	print_ratio(outcome->rms_ns, cell->target_rms_ns);
	print_time(outcome->max_ns);
	print_ratio(outcome->max_ns, cell->chrony_max_ns);
	print_ratio(outcome->rms_ns, outcome->limit_rms_ns);
	print_ratio(outcome->rms_ns, outcome->bank_rms_ns);
	printf(" %7.1f %7.0f %5.2f %5.2f %4.0f  %s\n", outcome->interval_s,
	       cell->chrony_interval_s, outcome->coverage, outcome->bound_ratio,
	       outcome->violations, good ? "ok" : "MISSED");
	totals->cells++;
	totals->missed += !good;
	totals->worse_than_chrony += worse;
	totals->violations += outcome->violations;
	totals->worst_vs_limit = fmax(totals->worst_vs_limit, limit_ratio);
	if (cell->chrony_rms_ns > 0)
		totals->worst_vs_chrony = fmax(totals->worst_vs_chrony,
					       outcome->rms_ns / cell->chrony_rms_ns);
}

static void judge_converge(const struct bench_cell *cell, const struct bench_outcome *outcome,
			   struct totals *totals)
{
	bool worse = false, good = outcome->violations == 0;
	int i;

	printf("%-20s", cell->name);
	for (i = 0; i < 3; i++) {
		worse = worse || outcome->converged_s[i] > cell->chrony_s[i];
		good = good && outcome->converged_s[i] <= cell->target_s[i];
		printf("  %5.1f s (chrony %2.0f, target %2.0f)", outcome->converged_s[i],
		       cell->chrony_s[i], cell->target_s[i]);
	}
	good = good && !worse;
	printf("  %s\n", good ? "ok" : "MISSED");
	totals->cells++;
	totals->missed += !good;
	totals->worse_than_chrony += worse;
	totals->violations += outcome->violations;
}

static bool run_scenario(const char *path, struct totals *totals)
{
	double value[SCENARIO_QUANTITIES];
	struct scenario scenario;
	bool good = true;
	size_t i;

	if (scenario_read(path, &scenario) || scenario_run(&scenario, value))
		return false;
	for (i = 0; i < scenario.limits; i++) {
		const struct scenario_limit *limit = &scenario.limit[i];
		double found = value[limit->quantity];

		good = good && found >= limit->least && found <= limit->most;
	}
	printf("%-40s rms", scenario.title);
	print_time(value[SCENARIO_RMS]);
	printf("  of the Kalman bank's %5.3f  coverage %4.2f  bound", value[SCENARIO_VERSUS_BANK],
	       value[SCENARIO_COVERAGE]);
	print_time(value[SCENARIO_BOUND]);
	printf("  %s\n", good ? "ok" : "MISSED");
	totals->cells++;
	totals->missed += !good;
	totals->violations += value[SCENARIO_VIOLATIONS];
	return true;
}

static bool run_line(char *line, struct totals *totals)
{
	struct bench_outcome outcome;
	struct bench_cell cell;

	if (!strncmp(line, "scenario ", 9))
		return run_scenario(line + 9, totals);
	if (!bench_cell_parse(line, &cell) || bench_cell_run(&cell, &outcome))
		return false;
	if (cell.kind == BENCH_CONVERGE)
		judge_converge(&cell, &outcome, totals);
	else
		judge_steady(&cell, &outcome, totals);
	fflush(stdout);
	return true;
}

static bool run_file(FILE *file, struct totals *totals)
{
	char line[LINE_MAX_CHARS];
	int number = 0;

	printf("%-20s %9s %9s %6s %6s %9s %6s %6s %6s %7s %7s %5s %5s %4s\n", "", "RMS", "chrony",
	       "ratio", "target", "max", "chrony", "limit", "Kalman", "poll s", "chrony", "1sig",
	       "bound", "out");
	while (fgets(line, sizeof(line), file)) {
		number++;
		line[strcspn(line, "#\n")] = '\0';
		if (!line[strspn(line, " \t")])
			continue;
		if (!run_line(line, totals)) {
			fprintf(stderr, "line %d is not understood or does not run\n", number);
			return false;
		}
	}
	return true;
}

int main(int argc, char **argv)
{
	struct totals totals = { 0 };
	FILE *file;
	bool done;

	if (argc != 2) {
		fprintf(stderr, "usage: bench PEERS\n");
		return 2;
	}
	file = fopen(argv[1], "r");
	if (!file) {
		perror(argv[1]);
		return 2;
	}
	done = run_file(file, &totals);
	fclose(file);
	printf("bench-sim: cells=%d worse_than_chrony=%d ", totals.cells,
	       totals.worse_than_chrony);
	printf("worst_vs_chrony=%.3f worst_vs_limit=%.3f ", totals.worst_vs_chrony,
	       totals.worst_vs_limit);
	printf("bound_violations=%.0f\n", totals.violations);
	return done && !totals.missed ? EXIT_SUCCESS : EXIT_FAILURE;
}
