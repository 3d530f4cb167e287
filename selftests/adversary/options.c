// SPDX-License-Identifier: GPL-2.0-only
/*
 * What users write into their configuration beside servers and makestep. What only an operator can
 * get wrong is right here: who is trusted is honest, and an honest majority has the say.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "variation.h"
#include "world.h"

/* Of the random numbers of a seed, see game.c. */
#define OPTIONS_STREAM	10

static struct random random_numbers;

static double draw(double low, double high)
{
	return low + (high - low) * random_uniform(&random_numbers);
}

static double draw_log(double low, double high)
{
	return random_log(&random_numbers, low, high);
}

static bool chance(double probability)
{
	return random_uniform(&random_numbers) < probability;
}

static void __attribute__((format(printf, 3, 4)))
add(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + used, size - used, format, arguments);
	va_end(arguments);
}

#define OPTION(server, ...)	add((server)->options, sizeof((server)->options), __VA_ARGS__)
#define DIRECTIVE(...)		add(world->directives, sizeof(world->directives), __VA_ARGS__)

/* Those that choose among sources. */
static void draw_selection(struct server *server)
{
	int honest = 0, liars = 0, i;

	if (chance(0.2))
		OPTION(server, " prefer");
	for (i = 0; i < world->server_count; i++) {
		honest += !world->servers[i].liar && !world->servers[i].unused;
		liars += world->servers[i].liar && !world->servers[i].unused;
	}
	server->unused = chance(0.1) && (server->liar || honest - 1 > liars);
	if (server->unused)
		OPTION(server, " noselect");
	/* What a liar is required for is the operator's own doing. */
	else if (!server->liar && chance(0.1))
		OPTION(server, " require");
}

/* Those that say when to ask. */
static void draw_asking(struct server *server)
{
	if (chance(0.1))
		server->minpoll = (int)draw(0, 4);
	if (chance(0.1))
		server->maxpoll = (int)draw(server->minpoll, 13);
	if (chance(0.15))
		OPTION(server, " burst");
	if (chance(0.15))
		OPTION(server, " polltarget %.0f", draw_log(1, 100));
	if (chance(0.1))
		OPTION(server, " presend %.0f", draw(4, 9));
	if (chance(0.1))
		OPTION(server, " xleave");
}

/* Those that say what an answer is worth. */
static void draw_weighing(struct server *server)
{
	double path_s = (double)(server->up_ns + server->down_ns) / 1e9;

	if (chance(0.15))
		OPTION(server, " maxdelay %.6f",
		       path_s + 20 * (double)server->jitter_ns / 1e9 + draw_log(0.01, 1));
	if (chance(0.15) && (double)server->jitter_ns / 1e9 < path_s / 8)
		OPTION(server, " maxdelayratio %.3f", draw(2, 4));
	if (chance(0.1))
		OPTION(server, " asymmetry %.3f", draw(-0.5, 0.5));
	if (chance(0.1))
		OPTION(server, " mindelay %.9f", path_s);
	if (chance(0.15)) {
		server->bias_ns = server->liar ? 0 : (int64_t)draw(-1e9, 1e9);
		OPTION(server, " offset %.9f", (double)server->bias_ns / 1e9);
	}
}

/* Nobody but trusted ones has a say then. */
static void draw_trust(void)
{
	int i;

	for (i = 0; i < world->server_count; i++) {
		struct server *server = &world->servers[i];

		if (server->liar || server->unused || chance(0.5))
			continue;
		server->trusted = true;
		OPTION(server, " trust");
	}
}

static void draw_minsources(void)
{
	int i, honest = 0;

	for (i = 0; i < world->server_count; i++)
		honest += !world->servers[i].liar && has_vote(&world->servers[i]);
	world->minsources = (int)draw(2, 4);
	if (world->minsources > honest)
		world->minsources = honest;
	DIRECTIVE("minsources %d\n", world->minsources);
}

static void draw_server_options(void)
{
	int i;

	for (i = 0; i < world->server_count; i++) {
		draw_selection(&world->servers[i]);
		draw_asking(&world->servers[i]);
		draw_weighing(&world->servers[i]);
	}
	if (chance(0.25))
		draw_trust();
	if (chance(0.3))
		draw_minsources();
}

/* The judge takes a clock for slewed back that gains a twentieth of the time. */
static void draw_rate(const char *name, double least_ppm)
{
	double ppm = draw_log(least_ppm, 1e5);

	world->slow |= ppm < 6e4;
	DIRECTIVE("%s %.0f\n", name, ppm);
}

static void draw_directives(void)
{
	static const char *const leaps[] = { "system", "step", "slew", "ignore" };

	if (chance(0.3)) {
		world->makestep_s = draw_log(1e-4, 0.05);
		world->makestep_limit = -1;
	}
	if (chance(0.3))
		draw_rate("maxslewrate", 1000);
	if (chance(0.2))
		DIRECTIVE("maxclockerror %.3f\n", draw_log(1, 50));
	if (chance(0.3))
		DIRECTIVE("maxdistance %.3f\n", draw_log(0.5, 16));
	if (chance(0.3))
		DIRECTIVE("leapsecmode %s\n", leaps[(int)draw(0, 4)]);
	if (chance(0.2))
		DIRECTIVE("stratumweight %.6f\n", draw_log(1e-4, 1));
	if (chance(0.2))
		DIRECTIVE("fallbackdrift %d %d\n", (int)draw(4, 9), (int)draw(9, 17));
	if (chance(0.2))
		draw_rate("maxdrift", 500);
	if (chance(0.2))
		DIRECTIVE("ntpjump\n");
}

static void draw_slow_policy(void)
{
	static const char *const directions[] = { "forward", "backward", "both" };
	static const char *const rules[] = { "slew", "ignore", "step" };

	world->slow = true;
	if (chance(0.4))
		DIRECTIVE("maxchange %.6f %d -1\n", draw_log(1e-3, 1000), (int)draw(0, 4));
	if (chance(0.6))
		DIRECTIVE("steppolicy disruption %s %s %.6f\n", directions[(int)draw(0, 3)],
			  rules[(int)draw(0, 3)], chance(0.5) ? 0 : draw_log(1e-3, 10));
	if (chance(0.4))
		DIRECTIVE("maxslewrate %.0f\n", draw_log(1, 1000));
	if (chance(0.3))
		world->makestep_s = 0;
}

static void draw_rate_limits(void)
{
	int i;

	for (i = 0; i < world->server_count; i++) {
		struct server *server = &world->servers[i];

		if (!server->liar && chance(0.5))
			server->least_s = draw_log(1, 20);
	}
}

void options_draw(void)
{
	random_seed(&random_numbers, world->seed, OPTIONS_STREAM);
	if (is_varied(VARIATION_SERVER_OPTIONS))
		draw_server_options();
	if (is_varied(VARIATION_CLIENT_OPTIONS))
		draw_directives();
	if (is_varied(VARIATION_SLOW_POLICY))
		draw_slow_policy();
	if (is_varied(VARIATION_RATE_LIMITS))
		draw_rate_limits();
}
