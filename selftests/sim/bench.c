// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench [--first-seed NUMBER] PEERS: every cell of peers.txt simulated, as a table with ratios to
 * the peers, the limit and the targets. The last line sums up; exit 0 only if every target holds.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_cell.h"
#include "pool.h"

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
	double worst_refclock_vs_limit;
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
	double *worst_limit = &totals->worst_vs_limit;
	bool worse = !within(outcome->rms_ns, cell->chrony_rms_ns) ||
		     !within(outcome->max_ns, cell->chrony_max_ns);
	bool good = !worse && within(outcome->rms_ns, cell->target_rms_ns) &&
		    within(outcome->limit_ratio, cell->target_limit) &&
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
	print_ratio(outcome->limit_ratio, outcome->limit_ratio > 0);
	print_ratio(outcome->rms_ns, outcome->bank_rms_ns);
	printf(" %7.1f %7.0f %5.2f %5.2f %4.0f  %s\n", outcome->interval_s,
	       cell->chrony_interval_s, outcome->coverage, outcome->bound_ratio,
	       outcome->violations, good ? "ok" : "MISSED");
	totals->cells++;
	totals->missed += !good;
	totals->worse_than_chrony += worse;
	totals->violations += outcome->violations;
	if (cell->world.server[0].source.kind == SOURCE_REFCLOCK)
		worst_limit = &totals->worst_refclock_vs_limit;
	*worst_limit = fmax(*worst_limit, outcome->limit_ratio);
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

/* The cells of a file, and the first of the seeds that each is run with. */
struct table {
	struct bench_cell *cell;
	size_t cells;
	uint64_t first_seed;
};

static bool add_cell(struct table *table, char *line)
{
	struct bench_cell *more = realloc(table->cell, (table->cells + 1) * sizeof(*more));

	if (!more)
		return false;
	table->cell = more;
	return bench_cell_parse(line, &table->cell[table->cells++]);
}

static bool read_file(FILE *file, struct table *table)
{
	char line[LINE_MAX_CHARS];
	int number = 0;

	while (fgets(line, sizeof(line), file)) {
		number++;
		line[strcspn(line, "#\n")] = '\0';
		if (!line[strspn(line, " \t")])
			continue;
		if (!add_cell(table, line)) {
			fprintf(stderr, "line %d is not understood\n", number);
			return false;
		}
	}
	return true;
}

static int run_task(const void *context, size_t task, double *values)
{
	const struct table *table = context;
	struct bench_outcome outcome;
	int error = bench_cell_run(&table->cell[task], table->first_seed, &outcome);

	memcpy(values, &outcome, sizeof(outcome));
	return error;
}

static bool run_cell(struct pool *pool, const struct table *table, size_t number,
		     struct totals *totals)
{
	const struct bench_cell *cell = &table->cell[number];
	const double *values = pool_wait(pool, number);
	struct bench_outcome outcome;

	if (!values) {
		fprintf(stderr, "%s does not run\n", cell->name);
		return false;
	}
	memcpy(&outcome, values, sizeof(outcome));
	if (cell->kind == BENCH_CONVERGE)
		judge_converge(cell, &outcome, totals);
	else
		judge_steady(cell, &outcome, totals);
	fflush(stdout);
	return true;
}

static bool run_table(const struct table *table, struct totals *totals)
{
	struct pool *pool;
	bool good = true;
	size_t i;

	printf("%-20s %9s %9s %6s %6s %9s %6s %6s %6s %7s %7s %5s %5s %4s\n", "", "RMS", "chrony",
	       "ratio", "target", "max", "chrony", "limit", "Kalman", "poll s", "chrony", "1sig",
	       "bound", "out");
	fflush(stdout);
	pool = pool_start(table->cells, sizeof(struct bench_outcome) / sizeof(double), run_task,
			  table);
	for (i = 0; pool && good && i < table->cells; i++)
		good = run_cell(pool, table, i, totals);
	pool_finish(pool);
	return pool && good;
}

int main(int argc, char **argv)
{
	struct table table = { .first_seed = 1 };
	struct totals totals = { 0 };
	FILE *file;
	bool done;

	if (argc == 4 && !strcmp(argv[1], "--first-seed")) {
		table.first_seed = strtoull(argv[2], NULL, 10);
	} else if (argc != 2) {
		fprintf(stderr, "usage: bench [--first-seed NUMBER] PEERS\n");
		return 2;
	}
	file = fopen(argv[argc - 1], "r");
	if (!file) {
		perror(argv[argc - 1]);
		return 2;
	}
	printf("# each cell begins with seed %llu\n", (unsigned long long)table.first_seed);
	done = read_file(file, &table) && run_table(&table, &totals);
	fclose(file);
	free(table.cell);
	printf("bench-sim: cells=%d worse_than_chrony=%d ", totals.cells,
	       totals.worse_than_chrony);
	printf("worst_vs_chrony=%.3f worst_vs_limit=%.3f worst_refclock_vs_limit=%.3f ",
	       totals.worst_vs_chrony, totals.worst_vs_limit, totals.worst_refclock_vs_limit);
	printf("bound_violations=%.0f\n", totals.violations);
	return done && !totals.missed ? EXIT_SUCCESS : EXIT_FAILURE;
}
