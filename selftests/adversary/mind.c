// SPDX-License-Identifier: GPL-2.0-only
/*
 * The adversary's plans. A plan says what its servers make of the time; habits, of which it may
 * have several at once, say what they make of everything else. Both are drawn for each game, and
 * drawn anew now and then while it lasts.
 */
#include "mind.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "user/ntp/packet.h"
#include "user/sources/association.h"
#include "user/steering/steering.h"
#include "variation.h"
#include "world.h"

#define YEAR_S		(365.25 * 86400)

static double draw(double low, double high)
{
	return low + (high - low) * random_uniform(&world->mind.random);
}

static double draw_log(double low, double high)
{
	return random_log(&world->mind.random, low, high);
}

static bool chance(double probability)
{
	return random_uniform(&world->mind.random) < probability;
}

static double sign(void)
{
	return chance(0.5) ? 1 : -1;
}

/* --- what it knows --- */

/* How far around UTC an honest server's own interval reaches at least. */
static int64_t honest_distance_ns(void)
{
	int64_t least_ns = INT64_MAX;
	int i;

	for (i = 0; i < world->server_count; i++) {
		const struct server *server = &world->servers[i];
		int64_t delay_ns = server->up_ns + server->down_ns + server->root_delay_ns;
		int64_t distance_ns = delay_ns / 2 + server->root_dispersion_ns;

		if (!server->liar && distance_ns < least_ns)
			least_ns = distance_ns;
	}
	return least_ns;
}

static uint32_t honest_refid(void)
{
	int i;

	for (i = 0; i < world->server_count; i++)
		if (!world->servers[i].liar)
			return world->servers[i].refid;
	return 0;
}

/* By the client's own opinion. */
static int64_t client_bound_ns(void)
{
	struct steering_status status;

	if (!guest.steering)
		return NS_PER_S;
	steering_get_status(guest.steering, &status);
	return status.maxerror_ns > NS_PER_S ? NS_PER_S : status.maxerror_ns;
}

/* The honest ones whose latest answer is older than the adversary's would be. */
static bool honest_are_late(void)
{
	int i, late = 0, honest = 0;

	for (i = 0; i < world->server_count; i++) {
		const struct server *server = &world->servers[i];

		if (server->liar)
			continue;
		honest++;
		late += server->answered_ns <= world->judge.disrupted_ns ||
			world->now_ns - server->answered_ns > (NS_PER_S << server->minpoll) * 3;
	}
	return late > honest / 2;
}

static double since_disruption_s(void)
{
	return (double)(world->now_ns - world->judge.disrupted_ns) / 1e9;
}

static void kiss(struct reply *reply, uint32_t code)
{
	reply->stratum = 0;
	reply->refid = code;
	reply->leap = 3;
}

static bool is_odd(const struct server *server)
{
	return (server - world->servers) % 2;
}

/* --- plans --- */

static void plan_step(struct server *server, struct reply *reply)
{
	(void)server;
	if (world->now_ns >= world->mind.from_ns)
		reply->offset_ns += world->mind.size_ns;
}

static void plan_drift(struct server *server, struct reply *reply)
{
	double since_s = (double)(world->now_ns - world->mind.from_ns) / 1e9;

	(void)server;
	if (since_s > 0)
		reply->offset_ns += (int64_t)(since_s * world->mind.rate * 1e9);
}

/* As far as an honest interval reaches, and a little more or less. */
static void plan_edge(struct server *server, struct reply *reply)
{
	(void)server;
	reply->offset_ns += (int64_t)(world->mind.rate * (double)honest_distance_ns());
	reply->root_delay_ns = 0;
	reply->root_dispersion_ns = 15 * NS_PER_US;
}

/* Always a bit further than where the client believes that it is. */
static void plan_pull(struct server *server, struct reply *reply)
{
	(void)server;
	reply->offset_ns = guest_error_ns() +
			   (int64_t)(world->mind.rate * (double)client_bound_ns());
}

/* A year off, quicker than anybody else, until the others have answered. */
static void plan_first(struct server *server, struct reply *reply)
{
	(void)server;
	if (!honest_are_late())
		return;
	reply->offset_ns += world->mind.size_ns;
	reply->up_ns = 20 * NS_PER_US;
	reply->down_ns = 20 * NS_PER_US;
}

/* Nothing has happened: it is as late as you say. */
static void plan_agree(struct server *server, struct reply *reply)
{
	(void)server;
	reply->offset_ns = guest_error_ns();
}

/* In and out of the interval. */
static void plan_oscillate(struct server *server, struct reply *reply)
{
	double turns = (double)(world->now_ns - world->begin_ns) / 1e9 / world->mind.period_s;

	if (fmod(turns + server->state, 1.0) < 0.5)
		reply->offset_ns += world->mind.size_ns;
}

static void plan_random(struct server *server, struct reply *reply)
{
	(void)server;
	if (chance(0.5))
		reply->offset_ns += (int64_t)(sign() * draw_log(1e-4, YEAR_S) * 1e9);
}

/* Right, but for one way that takes long. */
static void plan_delay(struct server *server, struct reply *reply)
{
	if (server->state < 0.5)
		reply->up_ns += llabs(world->mind.size_ns) % (3 * NS_PER_S);
	else
		reply->down_ns += llabs(world->mind.size_ns) % (3 * NS_PER_S);
}

/* Silent until few honest servers can be heard, and then all of a sudden with an opinion. */
static void plan_ambush(struct server *server, struct reply *reply)
{
	(void)server;
	if (honest_are_late())
		reply->offset_ns += world->mind.size_ns;
	else if (chance(0.7))
		reply->silent = true;
}

/* What a dead battery, or the end of an era, makes of a clock. */
static void plan_era(struct server *server, struct reply *reply)
{
	static const int64_t starts_s[] = { 0, 946684800, 2085978496, 4294967296 };

	reply->offset_ns = starts_s[(int)(server->state * 4)] * NS_PER_S - world->begin_ns;
}

/* Nothing but its habits. */
static void plan_honest(struct server *server, struct reply *reply)
{
	(void)server;
	(void)reply;
}

/* Time goes on as if the guest had lost none. */
static void plan_old_time(struct server *server, struct reply *reply)
{
	double since_s = (double)(world->now_ns - world->judge.disrupted_ns) / 1e9;

	(void)server;
	if (since_s < world->mind.period_s)
		reply->offset_ns -= world->lost_ns;
}

/* Right for hours, but in the first seconds after a disruption. */
static void plan_sleep(struct server *server, struct reply *reply)
{
	double since_s = (double)(world->now_ns - world->judge.disrupted_ns) / 1e9;

	(void)server;
	if (world->judge.disrupted_ns > world->begin_ns && since_s < world->mind.period_s / 40)
		reply->offset_ns += world->mind.size_ns;
}

/* They contradict each other, and change sides. */
static void plan_turns(struct server *server, struct reply *reply)
{
	double turns = (double)(world->now_ns - world->begin_ns) / 1e9 / world->mind.period_s;
	int number = (int)(server - world->servers);

	reply->offset_ns += (number + (int)turns) % 2 ? world->mind.size_ns : -world->mind.size_ns;
}

/* The client is further off than it is, and on the same side. */
static void plan_mirror(struct server *server, struct reply *reply)
{
	(void)server;
	reply->offset_ns = -guest_error_ns();
}

/* Out of an honest interval little by little, and back. */
static void plan_creep(struct server *server, struct reply *reply)
{
	double turns = (double)(world->now_ns - world->begin_ns) / 1e9 / world->mind.period_s;
	double share = 3 * fabs(2 * fmod(turns, 1.0) - 1);

	(void)server;
	reply->offset_ns += (int64_t)(copysign(share, world->mind.rate) *
				      (double)honest_distance_ns());
	reply->root_delay_ns = 0;
	reply->root_dispersion_ns = 100 * NS_PER_US;
}

/* After all others, and as wrong as its own long round trip allows. */
static void plan_last(struct server *server, struct reply *reply)
{
	int64_t late_ns = llabs(world->mind.size_ns) % (2 * NS_PER_S);

	(void)server;
	reply->down_ns += late_ns;
	reply->offset_ns += (int64_t)(copysign(0.48, world->mind.rate) * (double)late_ns);
}

/* Whoever rests is waited for: until it lets itself be asked, and says that nothing happened. */
static void plan_hold(struct server *server, struct reply *reply)
{
	(void)server;
	if (since_disruption_s() < world->mind.period_s / 4)
		kiss(reply, NTP_KISS_RATE);
	else
		reply->offset_ns = guest_error_ns();
}

/* The same, and then a lie, while the others are waited for perhaps. */
static void plan_hold_and_lie(struct server *server, struct reply *reply)
{
	(void)server;
	if (since_disruption_s() < world->mind.period_s / 40)
		kiss(reply, NTP_KISS_RATE);
	else if (since_disruption_s() < world->mind.period_s)
		reply->offset_ns += world->mind.size_ns;
}

/* Some allow for what the others say, by a wide interval around the truth. */
static void plan_wedge(struct server *server, struct reply *reply)
{
	int64_t width_ns = NS_PER_S / 20 + llabs(world->mind.size_ns) % (3 * NS_PER_S);

	if (is_odd(server)) {
		reply->root_dispersion_ns = width_ns;
	} else {
		reply->offset_ns += (int64_t)(copysign(0.95, world->mind.rate) * (double)width_ns);
		reply->root_delay_ns = 0;
		reply->root_dispersion_ns = 15 * NS_PER_US;
	}
}

/* Narrow and wide by turns, and always as wrong as an honest one of that width may be. */
static void plan_breathe(struct server *server, struct reply *reply)
{
	double turns = (double)(world->now_ns - world->begin_ns) / 1e9 / world->mind.period_s;
	int64_t width_ns = honest_distance_ns();

	if (fmod(turns + server->state, 1.0) < 0.5)
		width_ns = llabs(world->mind.size_ns) % (3 * NS_PER_S);
	reply->offset_ns += (int64_t)(copysign(0.95, world->mind.rate) * (double)width_ns);
	reply->root_delay_ns = 0;
	reply->root_dispersion_ns = width_ns;
}

/* As far from the client as is no contradiction by itself, or just one. */
static void plan_brink(struct server *server, struct reply *reply)
{
	double apart_ns = (2.5 + server->state) * (double)client_bound_ns();

	reply->offset_ns = guest_error_ns() +
			   (int64_t)copysign(fmax(apart_ns, 101e6), world->mind.rate);
	reply->root_delay_ns = 0;
	reply->root_dispersion_ns = 15 * NS_PER_US;
}

/* Towards both ends of the honest interval. */
static void plan_sides(struct server *server, struct reply *reply)
{
	double share = 0.8 + server->state;

	reply->offset_ns += (int64_t)((is_odd(server) ? share : -share) *
				      (double)honest_distance_ns());
	reply->root_delay_ns = 0;
	reply->root_dispersion_ns = 15 * NS_PER_US;
}

/* A leap second that nobody else knows of, at the midnight after the game's beginning. */
static void plan_leap(struct server *server, struct reply *reply)
{
	int64_t day_ns = S_PER_DAY * NS_PER_S;
	int64_t midnight_ns = world->begin_ns - world->begin_ns % day_ns + day_ns;
	bool insert = world->mind.rate > 0;

	(void)server;
	if (world->now_ns < midnight_ns)
		reply->leap = insert ? 1 : 2;
	else
		reply->offset_ns += insert ? -NS_PER_S : NS_PER_S;
}

/* Its time is smeared: a second in the time of the game's period, and back. */
static void plan_smear(struct server *server, struct reply *reply)
{
	double turns = (double)(world->now_ns - world->begin_ns) / 1e9 / world->mind.period_s;
	double share = 1 - fabs(2 * fmod(turns / 10, 1.0) - 1);

	(void)server;
	reply->offset_ns += (int64_t)(copysign(share, world->mind.rate) * 1e9);
}

static const struct plan {
	const char *name;
	void (*answer)(struct server *server, struct reply *reply);
} plans[] = {
	{ "step", plan_step },
	{ "drift", plan_drift },
	{ "edge of the honest interval", plan_edge },
	{ "pull", plan_pull },
	{ "first to answer", plan_first },
	{ "agree with the client", plan_agree },
	{ "in and out", plan_oscillate },
	{ "random", plan_random },
	{ "one way slow", plan_delay },
	{ "ambush", plan_ambush },
	{ "another era", plan_era },
	{ "honest but for habits", plan_honest },
	/* From here on: VARIATION_PLOTS only. */
	{ "the time of before", plan_old_time },
	{ "sleeper", plan_sleep },
	{ "by turns", plan_turns },
	{ "mirror", plan_mirror },
	{ "creep", plan_creep },
	{ "last to answer", plan_last },
	/* From here on: VARIATION_SCHEMES only. */
	{ "hold up", plan_hold },
	{ "hold up and lie", plan_hold_and_lie },
	{ "wedge", plan_wedge },
	{ "breathe", plan_breathe },
	{ "on the brink", plan_brink },
	{ "on both sides", plan_sides },
	{ "a leap second", plan_leap },
	{ "a smear", plan_smear },
};

#define PLANS		((int)(sizeof(plans) / sizeof(*plans)))
#define PLAIN_PLANS	12
#define PLOT_PLANS	18

const char *mind_plan_name(int plan)
{
	return plans[plan].name;
}

/* --- habits --- */

enum habit {
	HABIT_REFID,		/* the honest ones' reference id */
	HABIT_PERFECT,		/* root distance 0, stratum 1 */
	HABIT_NEAR,		/* the shortest of all paths */
	HABIT_LEAP,		/* announces a leap second */
	HABIT_RATE,		/* asks to be asked less often */
	HABIT_DENY,
	HABIT_SILENT,		/* for a while */
	HABIT_REVERSED,		/* T3 before T2 */
	HABIT_ZERO,		/* no timestamps */
	HABIT_STRATUM,
	HABIT_FAR,		/* the largest root distance that is accepted */
	HABIT_WORK,		/* says that most of the round trip was its own work */
	HABIT_IDLE,		/* says that all of it was, by a clock that hardly resolves it */
	/* From here on: VARIATION_SCHEMES only. */
	HABIT_PRECISION,	/* any */
	HABIT_OWN_CLOCK,	/* follows nobody */
	HABIT_REFIDS,		/* another reference id each time */
	HABIT_LIMIT,		/* RATE to bursts */
	HABIT_LEAVE,		/* DENY after a disruption */
	HABIT_LEAPS,		/* any announcement */
	HABITS,
};

#define PLAIN_HABITS	13

static const char * const habit_names[HABITS] = {
	"forged refid", "perfect", "near", "leap", "RATE", "DENY", "silent", "T3 before T2",
	"no timestamps", "stratum", "far", "long work",
	"idle work", "any precision", "own clock", "any refid", "RATE to bursts",
	"DENY after disruptions", "any leap",
};

static bool has(enum habit habit)
{
	return world->mind.habits & 1U << habit;
}

static void be_perfect(struct reply *reply)
{
	reply->root_delay_ns = 0;
	reply->root_dispersion_ns = 0;
	reply->stratum = 1;
}

static void be_rude(struct server *server, struct reply *reply)
{
	if (has(HABIT_RATE) && chance(0.3))
		kiss(reply, NTP_KISS_RATE);
	if (has(HABIT_DENY) && chance(0.05))
		kiss(reply, NTP_KISS_DENY);
	if (has(HABIT_SILENT) &&
	    fmod((double)(world->now_ns - world->begin_ns) / 1e9 / world->mind.period_s +
		 server->state, 1.0) < 0.4)
		reply->silent = true;
	if (has(HABIT_REVERSED) && chance(0.5))
		reply->work_ns = -(int64_t)draw_log(1, 1e10);
	if (has(HABIT_ZERO) && chance(0.5))
		reply->zero = true;
}

/* The client asks again soon only where it doubts something. */
static void refuse(struct server *server, struct reply *reply)
{
	int64_t since_ns = world->now_ns - server->asked_ns;

	if (has(HABIT_LIMIT) && server->asked_ns && since_ns < 10 * NS_PER_S)
		kiss(reply, NTP_KISS_RATE);
	if (has(HABIT_LEAVE) && since_disruption_s() < 60 && chance(0.3))
		kiss(reply, NTP_KISS_DENY);
	server->asked_ns = world->now_ns;
}

/* What else a header says. */
static void be_strange(struct reply *reply)
{
	if (has(HABIT_PRECISION))
		reply->precision = (int)draw(-32, 4);
	if (has(HABIT_OWN_CLOCK)) {
		reply->refid = NTP_REFID(127, 127, 1, 1);
		reply->stratum = (int)draw(5, 16);
	}
	if (has(HABIT_REFIDS))
		reply->refid = (uint32_t)draw(1, 4e9);
	if (has(HABIT_LEAPS))
		reply->leap = (int)draw(0, 3);
}

static void be_false(struct reply *reply)
{
	if (has(HABIT_PERFECT))
		be_perfect(reply);
	if (has(HABIT_NEAR)) {
		reply->up_ns = 15 * NS_PER_US;
		reply->down_ns = 15 * NS_PER_US;
	}
	if (has(HABIT_REFID))
		reply->refid = honest_refid();
	if (has(HABIT_LEAP))
		reply->leap = 1 + (int)(world->mind.rate * 1e9) % 2;
	if (has(HABIT_STRATUM))
		reply->stratum = (int)draw(0, 17);
	if (has(HABIT_FAR))
		reply->root_dispersion_ns = (int64_t)draw(0.5e9, 15e9);
	if (has(HABIT_WORK))
		reply->work_ns = reply->up_ns + reply->down_ns;
	if (has(HABIT_IDLE)) {
		reply->precision = -10;
		reply->idle_ns = reply->up_ns + reply->down_ns + (int64_t)draw(0, 700e3);
	}
}

/* --- the mind --- */

static int64_t draw_size(void)
{
	return (int64_t)(sign() * draw_log(1e-3, chance(0.5) ? 10 : 10 * YEAR_S) * 1e9);
}

static void mind_log(void)
{
	char text[256];

	mind_describe(text, sizeof(text));
	world_log("the adversary: %s", text);
}

static int draw_plan(void)
{
	if (is_varied(VARIATION_SCHEMES) && chance(0.5))
		return (int)draw(PLOT_PLANS, PLANS);
	return (int)draw(0, is_varied(VARIATION_PLOTS) ? PLOT_PLANS : PLAIN_PLANS);
}

static void mind_plan(void)
{
	struct mind *mind = &world->mind;
	int i;

	mind->plan = draw_plan();
	mind->habits = 0;
	for (i = 0; i < MIND_HABITS; i++)
		if (chance(0.5))
			mind->habits |= 1U << (int)draw(0, is_varied(VARIATION_SCHEMES) ?
							   HABITS : PLAIN_HABITS);
	mind->alike = chance(0.7);
	mind->size_ns = draw_size();
	mind->rate = sign() * draw_log(1e-6, 1e-3);
	mind->period_s = draw_log(4, 4000);
	mind->from_ns = world->now_ns;
	if (chance(0.5))
		mind->from_ns += (int64_t)(draw_log(1, 3600) * 1e9);
	if (mind->plan == 2)
		mind->rate = sign() * draw(0.5, 1.3);
	if (mind->plan == 3)
		mind->rate = sign() * draw(0.05, 2.0);
	mind->change_ns = world->now_ns + (int64_t)(draw_log(60, 4 * 3600) * 1e9);
	for (i = 0; i < world->server_count; i++)
		world->servers[i].state = mind->alike ? 0.25 : draw(0, 1);
}

void mind_begin(void)
{
	random_seed(&world->mind.random, world->seed, 2);
	mind_plan();
}

void mind_disrupted(void)
{
	if (chance(0.5))
		world->mind.change_ns = world->now_ns;
}

void mind_answer(struct server *server, struct reply *reply)
{
	struct mind *mind = &world->mind;
	int64_t size_ns = mind->size_ns;

	if (world->now_ns >= mind->change_ns) {
		mind_plan();
		mind_log();
		size_ns = mind->size_ns;
	}
	/* Each its own lie, or all the same. */
	if (!mind->alike)
		mind->size_ns = (int64_t)((double)size_ns * (server->state * 4 - 2));
	plans[mind->plan].answer(server, reply);
	mind->size_ns = size_ns;
	be_false(reply);
	be_strange(reply);
	be_rude(server, reply);
	refuse(server, reply);
}

void mind_describe(char *text, int size)
{
	const struct mind *mind = &world->mind;
	int used, i;

	used = snprintf(text, (size_t)size,
			"%s%s, size %+.6g s, rate %+.3g, period %.0f s, from %+.0f s",
			mind_plan_name(mind->plan), mind->alike ? "" : " (each its own)",
			(double)mind->size_ns / 1e9, mind->rate, mind->period_s,
			(double)(mind->from_ns - world->begin_ns) / 1e9);
	for (i = 0; i < HABITS && used < size; i++)
		if (has((enum habit)i))
			used += snprintf(text + used, (size_t)(size - used), "; %s",
					 habit_names[i]);
}
