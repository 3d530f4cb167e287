// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads and runs a cell. What its figures mean is bench.c's.
 */
#include "bench_cell.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "scenario.h"

#define SEEDS		30
#define SEEDS_MAX	64

/* Particles take their time: the limit is that of so many seeds, and ours is compared for these. */
#define LIMIT_SEEDS	4

/* What no bound can be without: so many of the limit's standard errors. */
#define IDEAL_SIGMAS	3

/* How long convergence is looked at. */
#define CONVERGE_S	120

static bool parse_three(const char *text, double *values)
{
	return sscanf(text, "%lf,%lf,%lf", &values[0], &values[1], &values[2]) == 3;
}

static bool set_seconds(double *seconds, const char *text)
{
	if (!scenario_number(text, seconds))
		return false;
	*seconds /= 1e9;
	return true;
}

static bool set_figure(struct bench_cell *cell, const char *key, const char *text)
{
	double number;

	if (!strcmp(key, "chrony"))
		return parse_three(text, cell->chrony_s);
	if (!strcmp(key, "target") && cell->kind == BENCH_CONVERGE)
		return parse_three(text, cell->target_s);
	if (!strcmp(key, "interval"))
		return set_seconds(&cell->chrony_interval_s, text);
	if (!scenario_number(text, &number))
		return false;
	if (!strcmp(key, "chrony-rms"))
		cell->chrony_rms_ns = number;
	else if (!strcmp(key, "chrony-max"))
		cell->chrony_max_ns = number;
	else if (!strcmp(key, "target"))
		cell->target_rms_ns = number;
	else if (!strcmp(key, "limit-target"))
		cell->target_limit = number;
	else if (!strcmp(key, "bank"))
		cell->target_bank = number;
	else if (!strcmp(key, "seeds"))
		cell->seeds = number < SEEDS_MAX ? (int)number : SEEDS_MAX;
	else
		return false;
	return true;
}

static bool set_world(struct bench_cell *cell, const char *key, const char *text)
{
	struct world_server *server = &cell->world.server[0];
	double number;

	if (!strcmp(key, "shape"))
		return path_shape_find(text, &server->path.shape);
	if (!scenario_number(text, &number))
		return false;
	if (!strcmp(key, "jitter"))
		server->path.jitter_ns = number;
	else if (!strcmp(key, "base"))
		server->path.up_ns = number;
	else if (!strcmp(key, "wander"))
		cell->world.oscillator.wander = number;
	else if (!strcmp(key, "readings"))
		server->path.readings = number;
	else if (!strcmp(key, "minpoll"))
		server->source.minpoll = (int)number;
	else if (!strcmp(key, "maxpoll"))
		server->source.maxpoll = (int)number;
	else if (!strcmp(key, "offset"))
		cell->world.offset_ns = number;
	else
		return false;
	server->path.down_ns = server->path.up_ns;
	return true;
}

/* Times as the peers' figures were measured. */
static void set_times(struct bench_cell *cell)
{
	struct world_options *world = &cell->world;

	if (cell->kind == BENCH_CONVERGE) {
		world->duration_s = CONVERGE_S;
		world->settle_s = 0;
	} else if (world->server[0].source.maxpoll > 4) {
		world->duration_s = 220000;
		world->settle_s = 20000;
	}
	if (world->server[0].path.shape == PATH_NORMAL)
		world->server[0].source.kind = SOURCE_REFCLOCK;
}

static void set_defaults(struct bench_cell *cell)
{
	struct world_server *server = &cell->world.server[0];

	memset(cell, 0, sizeof(*cell));
	world_options_init(&cell->world);
	cell->seeds = SEEDS;
	cell->world.servers = 1;
	server->stratum = 1;
	server->source.iburst = true;
	server->path.jitter_ns = 10e3;
	server->path.up_ns = 100e3;
	server->path.down_ns = 100e3;
}

bool bench_cell_parse(char *line, struct bench_cell *cell)
{
	char *save, *word, *text;

	set_defaults(cell);
	word = strtok_r(line, " \t", &save);
	if (!word)
		return false;
	if (!strcmp(word, "converge"))
		cell->kind = BENCH_CONVERGE;
	else if (strcmp(word, "steady"))
		return false;
	word = strtok_r(NULL, " \t", &save);
	if (!word)
		return false;
	snprintf(cell->name, sizeof(cell->name), "%s", word);
	while ((word = strtok_r(NULL, " \t", &save))) {
		text = strchr(word, '=');
		if (!text)
			return false;
		*text++ = '\0';
		if (!set_world(cell, word, text) && !set_figure(cell, word, text))
			return false;
	}
	set_times(cell);
	return true;
}

static bool has_limit(const struct bench_cell *cell)
{
	enum path_shape shape = cell->world.server[0].path.shape;

	return shape == PATH_EXPONENTIAL || shape == PATH_NORMAL;
}

/* How many seeds the limit is known of. */
static int limit_seeds(const struct bench_cell *cell)
{
	int most = cell->world.server[0].path.shape == PATH_NORMAL ? SEEDS_MAX : LIMIT_SEEDS;

	if (!has_limit(cell))
		return 0;
	return cell->seeds < most ? cell->seeds : most;
}

static void start_run(const struct bench_cell *cell, struct run *run, int seed)
{
	const struct path_options *path = &cell->world.server[0].path;
	const struct limit_truth truth = {
		.wander = cell->world.oscillator.wander,
		.least_ns = 0.5 * (path->up_ns + path->down_ns),
		.jitter_ns = path->jitter_ns / sqrt(fmax(path->readings, 1)),
		.refclock = path->shape == PATH_NORMAL,
	};

	measure_start(&run->measure, cell->world.settle_s, 0);
	reference_start(&run->reference, seed < limit_seeds(cell) ? &truth : NULL,
			(uint64_t)seed + 1, cell->world.settle_s);
}

/* The tightest bound that can hold: what symmetry hides, and the limit's statistics. */
static double ideal_bound(const struct bench_cell *cell, const struct run *run)
{
	const struct path_options *path = &cell->world.server[0].path;
	double hidden_ns = path->shape == PATH_NORMAL ? 0 : 0.5 * (path->up_ns + path->down_ns);

	return hidden_ns + IDEAL_SIGMAS * reference_limit_sigma_ns(&run->reference);
}

struct figures {
	double rms[SEEDS_MAX];
	double limit[SEEDS_MAX];
	double bank[SEEDS_MAX];
	double bound[SEEDS_MAX];
	double converged[3][SEEDS_MAX];
	double requests;
};

static void collect(const struct bench_cell *cell, const struct run *run, int seed,
		    struct figures *figures, struct bench_outcome *outcome)
{
	const struct measure *measure = &run->measure;
	int i;

	figures->rms[seed] = measure_rms_ns(measure);
	figures->limit[seed] = reference_limit_rms_ns(&run->reference);
	figures->bank[seed] = reference_bank_rms_ns(&run->reference);
	figures->bound[seed] = measure_median_bound_ns(measure) / ideal_bound(cell, run);
	for (i = 0; i < 3; i++)
		figures->converged[i][seed] = measure->last_over_s[i];
	figures->requests += (double)run->summary.requests;
	outcome->coverage += measure_coverage(measure) / cell->seeds;
	outcome->violations += (double)measure->violations;
	if (measure->worst_ns > outcome->max_ns)
		outcome->max_ns = measure->worst_ns;
}

/* Of the seeds whose ideal is known: all, where no limit is. */
static double median_bound(const struct bench_cell *cell, struct figures *figures)
{
	return measure_median(figures->bound,
			      has_limit(cell) ? limit_seeds(cell) : cell->seeds);
}

/* Ours over the limit, RMS of the seeds that it is known of. */
static double versus_limit(const struct figures *figures, int seeds)
{
	double square = 0, limit_square = 0;
	int i;

	for (i = 0; i < seeds; i++) {
		square += figures->rms[i] * figures->rms[i];
		limit_square += figures->limit[i] * figures->limit[i];
	}
	return seeds ? sqrt(square / limit_square) : 0;
}

int bench_cell_run(const struct bench_cell *cell, uint64_t first_seed,
		   struct bench_outcome *outcome)
{
	struct figures *figures = calloc(1, sizeof(*figures));
	struct run *run = calloc(1, sizeof(*run));
	int error = figures && run ? 0 : -ENOMEM;
	int seed, i;

	memset(outcome, 0, sizeof(*outcome));
	for (seed = 0; !error && seed < cell->seeds; seed++) {
		start_run(cell, run, seed);
		error = run_world(run, &cell->world, first_seed + (uint64_t)seed);
		collect(cell, run, seed, figures, outcome);
	}
	if (!error) {
		/* First of all: medians sort. */
		outcome->limit_ratio = versus_limit(figures, limit_seeds(cell));
		outcome->rms_ns = measure_median(figures->rms, cell->seeds);
		outcome->bank_rms_ns = measure_median(figures->bank, cell->seeds);
		outcome->bound_ratio = median_bound(cell, figures);
		outcome->interval_s = cell->seeds / figures->requests *
				      (cell->world.duration_s - cell->world.settle_s);
		for (i = 0; i < 3; i++)
			outcome->converged_s[i] = measure_median(figures->converged[i],
								 cell->seeds);
	}
	free(figures);
	free(run);
	return error;
}
