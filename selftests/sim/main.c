// SPDX-License-Identifier: GPL-2.0-only
/*
 * sim SCENARIO...: runs scenarios and says of each whether it stayed within its limits. README.md
 * has the options.
 */
#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "plot.h"
#include "pool.h"
#include "scenario.h"

/**
 * struct session - what the command line asks for
 * @first: of the seeds that statistics are judged over
 * @seeds: how many; 0: invariants only
 * @trial: first of the seeds with which only invariants are judged
 * @trials: how many
 * @limits: print where limits belong instead
 * @plot: draw the first seed of the only scenario instead, into this file
 * @scenarios: so many of ...
 * @path: ... these files, ...
 * @scenario: ... as read, ...
 * @good: ... if they were, ...
 * @begin: ... with the first of their tasks
 */
struct session {
	uint64_t first;
	size_t seeds;
	uint64_t trial;
	size_t trials;
	bool limits;
	const char *plot;
	size_t scenarios;
	char **path;
	struct scenario *scenario;
	bool *good;
	size_t *begin;
};

/* Seeds that statistics of @scenario are judged over. */
static size_t seeds_of(const struct session *session, size_t scenario)
{
	size_t least = (size_t)session->scenario[scenario].seeds;

	if (!session->seeds)
		return 0;
	return session->seeds > least ? session->seeds : least;
}

static size_t tasks_of(const struct session *session, size_t scenario)
{
	return session->good[scenario] ? seeds_of(session, scenario) + session->trials : 0;
}

static uint64_t seed_of(const struct session *session, size_t scenario, size_t number)
{
	size_t seeds = seeds_of(session, scenario);

	return number < seeds ? session->first + number : session->trial + number - seeds;
}

static int run_task(const void *context, size_t task, double *values)
{
	const struct session *session = context;
	size_t scenario = 0;

	while (task - session->begin[scenario] >= tasks_of(session, scenario))
		scenario++;
	return scenario_run_seed(&session->scenario[scenario],
				 seed_of(session, scenario, task - session->begin[scenario]),
				 values);
}

static void report_missed(const struct session *session, size_t scenario, size_t number)
{
	size_t tasks = tasks_of(session, scenario);

	if (number < tasks)
		printf("  MISSED by seed %llu\n",
		       (unsigned long long)seed_of(session, scenario, number));
	else
		printf("  MISSED\n");
}

/* Statistics are of the first @seeds only; an invariant is of all. */
static bool judge(const struct session *session, size_t scenario, const char *name,
		  const struct scenario_limit *limit, double *values)
{
	size_t count = scenario_is_invariant(limit->quantity) ? tasks_of(session, scenario) :
								seeds_of(session, scenario);
	ssize_t missed;
	double worst;

	if (!count)
		return true;
	missed = scenario_judge(limit, values, count, &worst);
	printf("# %s %-18s %12.6g  (%g to %g)", name, scenario_quantity_name(limit->quantity),
	       worst, limit->least, limit->most);
	if (missed < 0)
		printf("\n");
	else
		report_missed(session, scenario,
			      scenario_is_invariant(limit->quantity) ? (size_t)missed : SIZE_MAX);
	return missed < 0;
}

static void say_how_to_repeat(const struct session *session, size_t scenario)
{
	printf("# to see it again: make -C selftests/sim run SCENARIOS=%s",
	       session->path[scenario]);
	if (session->seeds)
		printf(" SEEDS=%llu-%llu", (unsigned long long)session->first,
		       (unsigned long long)(session->first + session->seeds - 1));
	printf(" SEED=%llu\n", (unsigned long long)session->trial);
}

/* The scenario's values, by quantity and seed, into @values. false: a seed did not run. */
static bool collect(const struct session *session, struct pool *pool, size_t scenario,
		    double **values)
{
	size_t tasks = tasks_of(session, scenario);
	size_t number, i;

	for (number = 0; number < tasks; number++) {
		const double *value = pool_wait(pool, session->begin[scenario] + number);

		if (!value) {
			printf("# %s seed %llu did not come to its end\n", session->path[scenario],
			       (unsigned long long)seed_of(session, scenario, number));
			return false;
		}
		for (i = 0; i < SCENARIO_QUANTITIES; i++)
			values[i][number] = value[i];
	}
	return true;
}

static bool report_limits(const struct session *session, size_t scenario, const char *name,
			  double **values)
{
	const struct scenario *read = &session->scenario[scenario];
	bool good = true;
	size_t i;

	if (session->limits) {
		limits_print(name, read, values, seeds_of(session, scenario));
		return true;
	}
	for (i = 0; i < read->limits; i++)
		good &= judge(session, scenario, name, &read->limit[i],
			      values[read->limit[i].quantity]);
	return good;
}

static bool report(const struct session *session, struct pool *pool, size_t scenario)
{
	size_t tasks = tasks_of(session, scenario);
	double *all = calloc(SCENARIO_QUANTITIES * (tasks + 1), sizeof(*all));
	double *values[SCENARIO_QUANTITIES];
	bool good = false;
	char *name;
	size_t i;

	for (i = 0; i < SCENARIO_QUANTITIES; i++)
		values[i] = all + i * tasks;
	name = basename(session->path[scenario]);
	if (all && session->good[scenario] && collect(session, pool, scenario, values))
		good = report_limits(session, scenario, name, values);
	free(all);
	if (!good && session->good[scenario])
		say_how_to_repeat(session, scenario);
	if (!session->limits)
		printf("%s sim/%.*s\n", good ? "ok" : "not ok", (int)strcspn(name, "."), name);
	fflush(stdout);
	return good;
}

static void announce(const struct session *session)
{
	if (session->seeds)
		printf("# statistics over the seeds %llu to %llu\n",
		       (unsigned long long)session->first,
		       (unsigned long long)(session->first + session->seeds - 1));
	if (session->trials)
		printf("# what must never happen is tried with the seeds %llu to %llu, too\n",
		       (unsigned long long)session->trial,
		       (unsigned long long)(session->trial + session->trials - 1));
	if (!session->limits)
		printf("TAP version 13\n1..%zu\n", session->scenarios);
	fflush(stdout);
}

static int run(struct session *session)
{
	size_t tasks = 0;
	int failed = 0;
	struct pool *pool;
	size_t i;

	for (i = 0; i < session->scenarios; i++) {
		session->good[i] = !scenario_read(session->path[i], &session->scenario[i]);
		session->begin[i] = tasks;
		tasks += tasks_of(session, i);
	}
	announce(session);
	pool = pool_start(tasks, SCENARIO_QUANTITIES, run_task, session);
	if (!pool) {
		fprintf(stderr, "sim: cannot start processes: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	for (i = 0; i < session->scenarios; i++)
		failed += !report(session, pool, i);
	pool_finish(pool);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int plot(const struct session *session)
{
	struct scenario *scenario = &session->scenario[0];

	return scenario_read(session->path[0], scenario) ||
	       plot_scenario(scenario, session->first, session->plot) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static bool parse_count(const char *text, size_t *count)
{
	char *end;

	*count = strtoull(text, &end, 10);
	return end != text && !*end;
}

/* FIRST-LAST, or "none" */
static bool parse_seeds(const char *text, struct session *session)
{
	unsigned long long first, last;
	char rest;

	if (!strcmp(text, "none")) {
		session->seeds = 0;
		return true;
	}
	if (sscanf(text, "%llu-%llu%c", &first, &last, &rest) != 2 || last < first)
		return false;
	session->first = first;
	session->seeds = last - first + 1;
	return true;
}

static bool parse_options(int argc, char **argv, struct session *session)
{
	static const struct option options[] = {
		{ "seeds", required_argument, NULL, 's' },
		{ "trial", required_argument, NULL, 't' },
		{ "trials", required_argument, NULL, 'n' },
		{ "plot", required_argument, NULL, 'p' },
		{ "limits", no_argument, NULL, 'l' },
		{ }
	};
	bool good = true;
	size_t number;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (option == 's') {
			good &= parse_seeds(optarg, session);
		} else if (option == 't') {
			good &= parse_count(optarg, &number);
			session->trial = number;
		} else if (option == 'n') {
			good &= parse_count(optarg, &session->trials);
		} else if (option == 'p') {
			session->plot = optarg;
		} else if (option == 'l') {
			session->limits = true;
		} else {
			good = false;
		}
	}
	session->path = argv + optind;
	session->scenarios = (size_t)(argc - optind);
	return good && session->scenarios && (!session->plot || session->scenarios == 1);
}

int main(int argc, char **argv)
{
	struct session session = { .first = 1, .seeds = SCENARIO_SEEDS, .trial = 1 };
	int code = EXIT_FAILURE;

	if (!parse_options(argc, argv, &session)) {
		fprintf(stderr,
			"usage: sim [--seeds FIRST-LAST|none] [--trial FIRST --trials N] SCENARIO...\n"
			"       sim --limits [--seeds FIRST-LAST] SCENARIO...\n"
			"       sim --plot FILE.svg [--seeds FIRST-LAST] SCENARIO\n");
		return 2;
	}
	session.scenario = calloc(session.scenarios, sizeof(*session.scenario));
	session.good = calloc(session.scenarios, sizeof(*session.good));
	session.begin = calloc(session.scenarios, sizeof(*session.begin));
	if (session.scenario && session.good && session.begin)
		code = session.plot ? plot(&session) : run(&session);
	free(session.scenario);
	free(session.good);
	free(session.begin);
	return code;
}
