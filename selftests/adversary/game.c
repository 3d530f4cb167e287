// SPDX-License-Identifier: GPL-2.0-only
/*
 * The games: everything about one is drawn from its seed.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mind.h"
#include "user/ntp/packet.h"
#include "variation.h"
#include "world.h"

#define YEAR_S		(365.25 * 86400)

/* Of the random numbers of a seed: the first ones are the game's, and the adversary's. */
#define STATEMENT_STREAM	3
#define DRIFT_STREAM		12
#define MIDNIGHT_STREAM		13

/* 30 June 2027 and 31 December 2028, midnight at their ends, UTC. */
static const int64_t leap_days_s[] = { 1814400000, 1861920000 };

static double draw(double low, double high)
{
	return low + (high - low) * random_uniform(&world->random);
}

static double draw_log(double low, double high)
{
	return random_log(&world->random, low, high);
}

static bool chance(double probability)
{
	return random_uniform(&world->random) < probability;
}

static double sign(void)
{
	return chance(0.5) ? 1 : -1;
}

static void draw_path(struct server *server)
{
	double both_ns = draw_log(100e3, 160e6), share = draw(0.3, 0.7);

	server->up_ns = (int64_t)(both_ns * share);
	server->down_ns = (int64_t)(both_ns * (1 - share));
	server->jitter_ns = (int64_t)draw_log(10e3, 10e6);
	server->loss = chance(0.5) ? 0 : draw(0, 0.2);
}

/* Honest, and as wrong as it says that it may be at most. */
static void draw_server(struct server *server, uint32_t refid)
{
	double distance_ns;

	draw_path(server);
	server->root_delay_ns = (int64_t)draw_log(10e3, 60e6);
	server->root_dispersion_ns = (int64_t)draw_log(100e3, 30e6);
	distance_ns = 0.5 * (double)server->root_delay_ns + (double)server->root_dispersion_ns;
	server->error_ns = (int64_t)(0.9 * distance_ns * pow(draw(0, 1), 3));
	server->wander_s = draw_log(3600, 1e6);
	server->wander_phase = draw(0, 2 * M_PI);
	server->stratum = (int)draw(1, 5);
	server->refid = refid ? refid : (uint32_t)draw(1e6, 4e9);
}

static void draw_polls(void)
{
	int minpoll = (int)draw(4, 7), maxpoll = (int)draw(minpoll, 11);
	bool iburst = chance(0.7), each = chance(0.3);
	int i;

	for (i = 0; i < world->server_count; i++) {
		struct server *server = &world->servers[i];

		server->minpoll = each ? (int)draw(4, 7) : minpoll;
		server->maxpoll = each ? (int)draw(server->minpoll, 11) : maxpoll;
		server->iburst = each ? chance(0.7) : iburst;
	}
}

static void draw_servers(void)
{
	uint32_t refid = chance(0.5) ? NTP_REFID('G', 'P', 'S', 0) : 0;
	int i, liars;

	world->server_count = (int)draw(1, SERVERS_MAX + 1);
	world->liar_count = (world->server_count - 1) / 2;
	if (chance(0.2))
		world->liar_count = (int)draw(0, world->liar_count + 1);
	for (i = 0; i < world->server_count; i++)
		draw_server(&world->servers[i], refid);
	for (liars = 0; liars < world->liar_count;) {
		struct server *server = &world->servers[(int)draw(0, world->server_count)];

		if (server->liar)
			continue;
		server->liar = true;
		liars++;
	}
	draw_polls();
}

static void draw_client(void)
{
	static const double thresholds_s[] = { 1, 1, 1, 0.1, 0.1, 10 };
	static const int limits[] = { 3, 3, 3, 3, 1, -1 };

	world->crystal = draw(-100e-6, 100e-6);
	world->crystal_step = draw_log(1e-11, 1e-9);
	world->makestep_s = thresholds_s[(int)draw(0, 6)];
	world->makestep_limit = limits[(int)draw(0, 6)];
	if (chance(0.4))
		world->first_offset_ns = (int64_t)(sign() * draw_log(1e-6, 0.1) * 1e9);
	else
		world->first_offset_ns = (int64_t)(sign() * draw_log(0.1, 20 * YEAR_S) * 1e9);
	if (chance(0.1) && llabs(world->first_offset_ns) < NS_PER_S / 10)
		world->makestep_s = 0;
}

static void draw_host(void)
{
	struct host *host = &world->host;

	host->since_ns = world->begin_ns;
	world->has_genid = chance(0.5);
	world->sees_stops = chance(0.7);
	host->free = chance(0.4);
	host->offset_ns = (int64_t)(sign() * draw_log(1e3, host->free ? 20e6 : 1e6));
	host->rate = host->free ? draw(-20e-6, 20e-6) : 0;
}

/*
 * What the operator states of the host is true, or not, or true until the host has drifted off.
 * With random numbers of its own, so that a game's others are what they were.
 */
static void draw_statement(void)
{
	struct host *host = &world->host;
	struct random random;
	double share;

	random_seed(&random, world->seed, STATEMENT_STREAM);
	if (world->kind != GUEST_HOSTED || random_uniform(&random) > 0.5)
		return;
	share = exp((2 * random_uniform(&random) - 0.5) * log(10));
	host->stated_ns = (int64_t)(share * (double)llabs(host->offset_ns));
	if (host->stated_ns < NS_PER_US)
		host->stated_ns = NS_PER_US;
}

static int count_voters(void)
{
	int i, voters = 0;

	for (i = 0; i < world->server_count; i++)
		voters += has_vote(&world->servers[i]);
	return voters;
}

bool game_would_be_one_clock(int voters)
{
	bool has_witness = world->kind == GUEST_HOSTED && !is_varied(VARIATION_SILENT_HOST);
	const struct server *clock = refclock_find();

	if (has_witness || (voters > 1 && clock && has_vote(clock)))
		return false;
	return voters == 1 || world->servers[0].refid == world->servers[1].refid;
}

bool game_is_one_clock(void)
{
	return game_would_be_one_clock(count_voters());
}

static int64_t draw_long_gap_ns(void)
{
	return (int64_t)(draw_log(S_PER_DAY, 20 * YEAR_S) * 1e9);
}

static int64_t draw_gap_ns(enum trouble_kind kind)
{
	bool stops = kind == TROUBLE_REVERT || kind == TROUBLE_FORK || kind == TROUBLE_PAUSE ||
		     kind == TROUBLE_SUSPEND;

	if (is_varied(VARIATION_LONG_GAPS) && !game_is_one_clock() && stops)
		return draw_long_gap_ns();
	switch (kind) {
	case TROUBLE_STALL:
		return (int64_t)(draw_log(0.05, 30) * 1e9);
	case TROUBLE_SUSPEND:
		return (int64_t)(draw_log(5, 90 * S_PER_DAY) * 1e9);
	case TROUBLE_OUTAGE:
		return (int64_t)(draw_log(60, 4 * 3600) * 1e9);
	case TROUBLE_HOST_STEP:
		return (int64_t)(sign() * draw_log(0.05, S_PER_DAY) * 1e9);
	case TROUBLE_AHEAD:
		return (int64_t)(draw_log(0.05, S_PER_DAY) * 1e9);
	default:
		return (int64_t)(draw_log(0.05, game_is_one_clock() ? 3600 : 90 * S_PER_DAY) * 1e9);
	}
}

/*
 * A guest that does not see stops takes a step of its host for one of its own, and one clock that
 * went back is taken to have been reverted itself: neither is told apart by anybody.
 */
static bool is_possible(enum trouble_kind kind)
{
	if (kind == TROUBLE_OUTAGE)
		return true;
	if (world->metal)
		return kind == TROUBLE_SUSPEND;
	if (kind == TROUBLE_HOST_STEP && is_varied(VARIATION_SILENT_HOST))
		return false;
	if (kind == TROUBLE_HOST_STEP)
		return world->kind == GUEST_HOSTED && world->sees_stops;
	return kind != TROUBLE_AHEAD || !game_is_one_clock();
}

static int compare_troubles(const void *one, const void *other)
{
	int64_t one_ns = ((const struct trouble *)one)->at_ns;
	int64_t other_ns = ((const struct trouble *)other)->at_ns;

	return one_ns < other_ns ? -1 : one_ns > other_ns;
}

/* The daemon sends nothing while a guest goes to sleep. */
static enum trouble_moment draw_moment(enum trouble_kind kind)
{
	enum trouble_moment moment = chance(0.5) ? MOMENT_ANY :
				     (enum trouble_moment)draw(0, TROUBLE_MOMENTS);

	return kind == TROUBLE_SUSPEND ? MOMENT_ANY : moment;
}

static bool is_drawn(enum trouble_kind kind)
{
	int i;

	for (i = 0; i < world->trouble_count; i++)
		if (world->troubles[i].kind == kind)
			return true;
	return false;
}

/*
 * What a snapshot knows of a host that is stepped before the revert nobody can make out. And one
 * clock is not believed that a long suspend is missing, too.
 */
static void drop_snapshots(void)
{
	int i;

	for (i = 0; i < world->trouble_count; i++)
		if (world->troubles[i].kind == TROUBLE_SNAPSHOT)
			world->troubles[i].done = true;
}

/* What waits for its moment may come close to such a step. */
static void drop_moments(void)
{
	int i;

	for (i = 0; i < world->trouble_count; i++)
		world->troubles[i].moment = MOMENT_ANY;
}

/* Nor what part of a gap a step of the host is, where the module did not look in between. */
static void drop_hidden_steps(void)
{
	int i;

	for (i = 0; i < world->trouble_count; i++) {
		struct trouble *trouble = &world->troubles[i];
		bool hidden = (i && trouble->at_ns - trouble[-1].at_ns < CHECK_NS) ||
			      (i + 1 < world->trouble_count &&
			       trouble[1].at_ns - trouble->at_ns < CHECK_NS);

		if (trouble->kind == TROUBLE_HOST_STEP && hidden)
			trouble->done = true;
	}
}

static void vary_host_and_network(void)
{
	struct random random;

	random_seed(&random, world->seed, 7);
	/* A statement that is false can only be refuted by a host that answers. */
	if (is_varied(VARIATION_SILENT_HOST))
		world->host.stated_ns = 0;
	if (is_varied(VARIATION_LATE_NETWORK))
		world->outage_until_ns = world->begin_ns +
			(int64_t)(3e9 * exp(random_uniform(&random) * log(200)));
}

static void bring_together(void)
{
	struct random random;
	int i;

	random_seed(&random, world->seed, 8);
	for (i = 1; is_varied(VARIATION_CLOSE_TROUBLES) && i < world->trouble_count; i++) {
		struct trouble *trouble = &world->troubles[i];

		if (random_uniform(&random) < 0.7)
			trouble->at_ns = trouble[-1].at_ns +
				(int64_t)(1e6 * exp(random_uniform(&random) * log(2e4)));
	}
}

/* The game begins some minutes before such a midnight, and what happens first seconds before it. */
static void move_to_midnight(void)
{
	int64_t later_ns, midnight_ns;
	struct random random;
	int i;

	if (!is_varied(VARIATION_MIDNIGHT))
		return;
	random_seed(&random, world->seed, MIDNIGHT_STREAM);
	midnight_ns = leap_days_s[random_uniform(&random) < 0.5] * NS_PER_S;
	later_ns = midnight_ns - (int64_t)(random_log(&random, 60, 1800) * 1e9) - world->begin_ns;
	world->now_ns += later_ns;
	world->begin_ns += later_ns;
	world->end_ns += later_ns;
	world->host.since_ns += later_ns;
	for (i = 0; i < world->trouble_count; i++)
		world->troubles[i].at_ns += later_ns;
	if (world->trouble_count)
		world->troubles[0].at_ns = midnight_ns -
					   (int64_t)(random_log(&random, 0.2, 20) * 1e9);
}

static void draw_troubles(void)
{
	int count = chance(0.3) ? 0 : (int)draw(1, TROUBLES_MAX), i;

	for (i = 0; i < count; i++) {
		struct trouble *trouble = &world->troubles[world->trouble_count];

		trouble->kind = (enum trouble_kind)draw(0, TROUBLE_KINDS);
		trouble->at_ns = world->begin_ns +
				 (int64_t)draw(5e9, (double)(world->end_ns - world->begin_ns));
		trouble->noticed = chance(0.5);
		trouble->size_ns = draw_gap_ns(trouble->kind);
		trouble->moment = draw_moment(trouble->kind);
		if (is_possible(trouble->kind))
			world->trouble_count++;
	}
	if (is_drawn(TROUBLE_HOST_STEP)) {
		drop_snapshots();
		drop_moments();
	}
	if (is_drawn(TROUBLE_SUSPEND) && game_is_one_clock())
		drop_snapshots();
	move_to_midnight();
	qsort(world->troubles, (size_t)world->trouble_count, sizeof(*world->troubles),
	      compare_troubles);
	bring_together();
	drop_hidden_steps();
}

void game_draw(void)
{
	random_seed(&world->random, world->seed, 1);
	variation_draw();
	world->reverting = -1;
	world->now_ns = (int64_t)(draw(1798761600, 1893456000) * 1e9);
	if (chance(0.4))
		world->now_ns = (leap_days_s[chance(0.5)] - (int64_t)draw(60, 7200)) * NS_PER_S;
	world->begin_ns = world->now_ns;
	world->end_ns = world->now_ns + (int64_t)(draw_log(900, 14400) * 1e9);
	world->kind = (enum guest_kind)draw(0, GUEST_KINDS);
	world->metal = world->kind == GUEST_ALONE && chance(0.3);
	draw_servers();
	draw_client();
	draw_host();
	draw_statement();
	options_draw();
	refclock_draw();
	draw_troubles();
	neighbour_draw();
	vary_host_and_network();
	mind_begin();
	world->judge.unsynchronised_ns = world->now_ns;
	world->judge.disrupted_ns = world->now_ns;
	world->judge.looked_ns = world->now_ns;
}

const char *game_server_line(const struct server *server, char *text, size_t size)
{
	if (server->is_clock) {
		refclock_line(server, text, size);
		return "refclock";
	}
	snprintf(text, size, "192.0.2.%d minpoll %d maxpoll %d%s%s",
		 (int)(server - world->servers) + 1, server->minpoll, server->maxpoll,
		 server->iburst ? " iburst" : "", server->options);
	return "server";
}

/*
 * The file is this machine's, or a copy of another one's, whatever it says of its error. It is in
 * memory, and cannot be replaced.
 */
static void add_drift_file(char *text, size_t size)
{
	char drift[64];
	struct random random;
	double ppm, error_ppm;
	int fd;

	if (!is_varied(VARIATION_DRIFT_FILE))
		return;
	random_seed(&random, world->seed, DRIFT_STREAM);
	ppm = world->crystal * 1e6;
	error_ppm = random_log(&random, 1e-3, 1);
	if (random_uniform(&random) < 0.3)
		ppm += error_ppm * random_normal(&random);
	else if (random_uniform(&random) < 0.5)
		ppm += 2 * random_normal(&random);
	else
		ppm = 200 * (random_uniform(&random) - 0.5);
	fd = memfd_create("drift", 0);
	if (fd < 0)
		return;
	snprintf(drift, sizeof(drift), "%.6f %.6f\n", ppm, error_ppm);
	if (write(fd, drift, strlen(drift)) < 0)
		return;
	snprintf(text, size, "driftfile /proc/self/fd/%d\n", fd);
	world_log("the drift file: %s", drift);
}

void game_config(char *text, size_t size)
{
	const char *directive;
	char line[256];
	size_t used;
	int i;

	/* Nothing of this machine: another game may have the port now, and plays on without. */
	used = (size_t)snprintf(text, size, "cmdport 0\nbindcmdaddress /\n");
	for (i = 0; i < world->server_count; i++) {
		directive = game_server_line(&world->servers[i], line, sizeof(line));
		used += (size_t)snprintf(text + used, size - used, "%s %s\n", directive, line);
	}
	used += (size_t)snprintf(text + used, size - used, "%s", world->directives);
	if (world->makestep_s > 0)
		used += (size_t)snprintf(text + used, size - used, "makestep %g %d\n",
					 world->makestep_s, world->makestep_limit);
	if (world->host.stated_ns)
		used += (size_t)snprintf(text + used, size - used, "hostmaxerror %.9f\n",
					 (double)world->host.stated_ns / 1e9);
	add_drift_file(text + used, size - used);
}

static void describe_server(int number)
{
	const struct server *server = &world->servers[number];
	char line[256];

	game_server_line(server, line, sizeof(line));
	world_log("server %d%s: %s, %.3f ms there, %.3f back, jitter %.3f ms", number + 1,
		  server->liar ? " (liar)" : "", line, (double)server->up_ns / 1e6,
		  (double)server->down_ns / 1e6, (double)server->jitter_ns / 1e6);
	world_log("server %d: loss %.0f %%, root %.3f/%.3f ms, wrong by up to %.3f ms", number + 1,
		  server->loss * 100, (double)server->root_delay_ns / 1e6,
		  (double)server->root_dispersion_ns / 1e6, (double)server->error_ns / 1e6);
}

void game_describe(void)
{
	static const char * const kinds[GUEST_KINDS] = {
		"without the module", "with the module and no host's clock",
		"with the module and a host's clock",
	};
	char text[256];
	int i;

	world_log("game %llu: a %s %s, crystal %+.3f ppm, makestep %g %d, at first %+.6f s",
		  (unsigned long long)world->seed, world->metal ? "machine" : "guest",
		  kinds[world->kind], world->crystal * 1e6,
		  world->makestep_s, world->makestep_limit, (double)world->first_offset_ns / 1e9);
	if (world->kind == GUEST_HOSTED)
		world_log("the host is off by %.6f ms and gains %.3f ppm",
			  (double)world->host.offset_ns / 1e6, world->host.rate * 1e6);
	if (world->host.stated_ns)
		world_log("the host is stated to be right to within %.6f ms",
			  (double)world->host.stated_ns / 1e6);
	for (i = 0; i < world->server_count; i++)
		describe_server(i);
	if (*world->directives)
		world_log("the client's directives:\n%s", world->directives);
	mind_describe(text, sizeof(text));
	world_log("the adversary: %s", text);
	variation_describe();
}
