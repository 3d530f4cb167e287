// SPDX-License-Identifier: GPL-2.0-only
/*
 * The judge. It knows UTC, and looks at what a program in the guest could see at that instant: the
 * system clock, whether it is called synchronised, the bound that adjtimex() gives; and the
 * timescale with its own bound. The rules are README.md's:
 *
 * - lied: the clock is called synchronised, and is further from UTC than the bound that goes with
 *   it.
 * - bound_violations: the timescale has a bound, and UTC is outside of it.
 * - stepped_wrongly: a step took the system clock further from UTC, to where neither an honest
 *   server nor the host allows it to be; or a slew did, faster than a crystal drifts, when all was
 *   quiet for as long as for starving.
 * - starved: without synchronisation for longer than three of the longest polls and two minutes,
 *   while packets get through.
 *
 * What nobody in the guest can know yet is no lie: see judge_disrupted().
 */
#include "world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "user/clocks/timescale.h"

/* A bound in whole microseconds. */
#define ROUNDING_NS	NS_PER_US

/* From a notification to what is done about it. */
#define NOTICE_NS	(100 * NS_PER_MS)

/*
 * From a majority's answers to what is done about them: servers are waited for half a minute, and
 * those behind one clock have to go on saying so for a minute; then comes their next answer.
 */
#define AGREEMENT_NS	(50 * NS_PER_S)
#define ONE_CLOCK_NS	(120 * NS_PER_S)

/* The module takes a notification for a late one for so long at most. */
#define LATE_NS		(10 * NS_PER_S)

/* RATE leaves it at 1024 s. */
#define RATE_MAXPOLL	10

/* Readings of the clock, and what a step takes. */
#define STEP_SLACK_NS	NS_PER_MS

/* A slew is wrong so many times the honest reach away. */
#define SLEW_REACHES	3

/* How far from UTC an honest server's answer allows the clock to be. */
static int64_t honest_reach_ns(void)
{
	int64_t reach_ns = 0;
	int i;

	for (i = 0; i < world->server_count; i++) {
		const struct server *server = &world->servers[i];
		int64_t delay_ns = server->up_ns + server->down_ns + server->root_delay_ns;
		int64_t distance_ns = delay_ns / 2 + 5 * server->jitter_ns +
				      server->root_dispersion_ns + server->error_ns +
				      server->worst_extra_ns;

		if (!server->liar && distance_ns > reach_ns)
			reach_ns = distance_ns;
	}
	return reach_ns;
}

/* What the module says of its timescale; INT64_MAX: it has no bound; 0: there is no module. */
static int64_t module_bound_ns(void)
{
	int64_t time_ns, maxerror_ns;

	if (world->kind == GUEST_ALONE || !module_timescale(&time_ns, &maxerror_ns))
		return 0;
	return maxerror_ns;
}

/* The module says with each step how well it knows UTC: that may be worse than the system clock. */
static int64_t stated_bound_ns(void)
{
	int64_t bound_ns = module_bound_ns();

	return bound_ns == INT64_MAX ? 0 : bound_ns;
}

/* Of all servers that have a say, with honest answers to requests after the latest disruption. */
static bool has_majority_answered(void)
{
	int i, voters = 0, answers = 0;

	for (i = 0; i < world->server_count; i++) {
		const struct server *server = &world->servers[i];

		if (!has_vote(server))
			continue;
		voters++;
		answers += !server->liar && server->answered_ns > world->judge.disrupted_ns;
	}
	return 2 * answers > voters;
}

/*
 * Where nobody has confirmed the host its clock is all there is; nobody says how right it is, or it
 * is not what is stated. What answers have shown of it before may be taken off: then the time is
 * off by what the host went since, and what they allow. A guest that was restored may not have seen
 * the latest ones.
 */
static int64_t host_share_ns(void)
{
	int64_t off_ns = host_time_ns() - world->now_ns;
	int64_t went_ns = llabs(off_ns - world->judge.host_off_ns);

	off_ns = llabs(off_ns);
	if (host_is_as_stated())
		return 0;
	if (module_follows_host())
		return off_ns;
	/* Else it goes on by the host's clock and what was known of that: without a bound. */
	if (world->kind != GUEST_HOSTED || module_bound_ns() != INT64_MAX)
		return 0;
	return honest_reach_ns() + (off_ns > went_ns ? off_ns : went_ns);
}

/*
 * Right by what was known before the clocks moved unseen. They may have moved several times: who
 * answered in between has shown what was before, and not what came after.
 */
static bool is_right_but_unseen(int64_t off_ns, int64_t reach_ns)
{
	const struct judge *judge = &world->judge;
	int i;

	for (i = 0; judge->waiting && i < judge->unseen; i++)
		if (llabs(off_ns - judge->unseen_ns[i]) <= reach_ns)
			return true;
	return false;
}

/* How far from UTC the clock may be taken by whoever believes an honest server, or the host. */
static int64_t allowed_reach_ns(void)
{
	int64_t reach_ns = honest_reach_ns();

	if (world->kind == GUEST_HOSTED && host_is_right() &&
	    llabs(host_time_ns() - world->now_ns) > reach_ns)
		reach_ns = llabs(host_time_ns() - world->now_ns);
	/* While no server has answered, as in an outage, the host's clock is all there is. */
	if (!has_majority_answered() && host_share_ns() > reach_ns)
		reach_ns = host_share_ns();
	return reach_ns;
}

void judge_step(int64_t before_ns, int64_t after_ns, const char *who)
{
	int64_t reach_ns = allowed_reach_ns();

	if (llabs(after_ns - before_ns) < NS_PER_US)
		return;
	world_log("%s steps the system clock from %+.9f to %+.9f s", who, (double)before_ns / 1e9,
		  (double)after_ns / 1e9);
	if (stated_bound_ns() > reach_ns)
		reach_ns = stated_bound_ns();
	if (llabs(after_ns) <= reach_ns + STEP_SLACK_NS || llabs(after_ns) < llabs(before_ns))
		return;
	if (is_right_but_unseen(after_ns, reach_ns + STEP_SLACK_NS))
		return;
	/* A small correction of a clock that nobody knows to be wrong by much more. */
	if (world->judge.waiting && llabs(after_ns - before_ns) < llabs(before_ns) / 10)
		return;
	world->judge.verdicts.stepped_wrongly++;
	world_log("JUDGE: a wrong step, the honest reach is %.9f s", (double)reach_ns / 1e9);
}

void judge_set_by_other(void)
{
	world->set_by_other = true;
	world->judge.error_ns = llabs(guest_error_ns());
}

/* A notification so soon after a report is taken for one that belongs to it, and was late. */
static bool is_late(void)
{
	return guest.told_raw_ns && guest.raw_ns - guest.told_raw_ns < LATE_NS;
}

static bool is_witnessed(const struct trouble *trouble)
{
	bool silent = world->now_ns < world->host.silent_until_ns;

	if ((world->kind == GUEST_HOSTED && (!silent || world->sees_stops)) ||
	    trouble->kind == TROUBLE_SUSPEND)
		return true;
	return world->kind != GUEST_ALONE && world->has_genid &&
	       ((trouble->kind == TROUBLE_REVERT && trouble->noticed && !is_late()) ||
		trouble->kind == TROUBLE_FORK ||
		(trouble->kind == TROUBLE_AHEAD && !is_late()));
}

/* Whoever goes back to a snapshot loses all the time since then, besides the gap. */
static int64_t moved_ns(const struct trouble *trouble)
{
	switch (trouble->kind) {
	case TROUBLE_AHEAD:
		return trouble->size_ns;
	case TROUBLE_REVERT:
	case TROUBLE_FORK:
		if (guest.snapshot_ns)
			return guest.snapshot_ns - world->now_ns;
		return -trouble->size_ns;
	case TROUBLE_PAUSE:
		return -trouble->size_ns;
	default:
		return 0;
	}
}

/* The clocks have moved, and nobody may have seen that, nor what they did before. */
static void note_unseen(int64_t moved_ns)
{
	struct judge *judge = &world->judge;
	int i;

	if (!judge->waiting)
		judge->unseen = 0;
	if (judge->unseen == JUDGE_UNSEEN) {
		judge->unseen--;
		memmove(judge->unseen_ns, judge->unseen_ns + 1,
			(size_t)judge->unseen * sizeof(*judge->unseen_ns));
	}
	judge->unseen_ns[judge->unseen++] = 0;
	for (i = 0; i < judge->unseen; i++)
		judge->unseen_ns[i] += moved_ns;
}

/* While the guest does not run it notices nothing. */
static void judge_stalled(int64_t size_ns)
{
	struct judge *judge = &world->judge;

	if (judge->grace_ns > world->now_ns - size_ns)
		judge->grace_ns += size_ns;
}

/* Whoever sees a disruption sees it at once; else the servers are the witness, when next asked. */
void judge_disrupted(const struct trouble *trouble)
{
	struct judge *judge = &world->judge;

	if (trouble->kind == TROUBLE_STALL) {
		judge_stalled(trouble->size_ns);
		return;
	}
	/* The clocks were read before a request that is just leaving: its answer says little. */
	judge->disrupted_ns = world->now_ns + (trouble->moment == MOMENT_REQUEST);
	note_unseen(moved_ns(trouble));
	judge->waiting = !is_witnessed(trouble);
	judge->grace_ns = world->now_ns +
			  (world->kind == GUEST_HOSTED ? CHECK_NS : NOTICE_NS);
	/* Silence is waited out for two seconds. */
	if (world->now_ns < world->host.silent_until_ns)
		judge->grace_ns += 3 * NS_PER_S;
}

void judge_told(void)
{
	guest.told_raw_ns = guest.raw_ns;
	/* What was measured before is void, and with it what moved unseen. */
	world->judge.unseen = 0;
	if (!world->judge.waiting)
		world->judge.grace_ns = world->now_ns;
}

void judge_answer(int number, int64_t sent_ns)
{
	struct server *server = &world->servers[number];
	struct judge *judge = &world->judge;

	if (sent_ns < judge->disrupted_ns)
		return;
	server->answered_ns = world->now_ns;
	judge->host_off_ns = host_time_ns() - world->now_ns;
	if (!judge->waiting || !has_majority_answered())
		return;
	judge->waiting = false;
	judge->grace_ns = world->now_ns + (game_is_one_clock() ? ONE_CLOCK_NS : AGREEMENT_NS);
}

/* A step of the host's clock ended: the module's next check sees that. */
static bool was_host_set_right(void)
{
	int64_t until_ns = world->host.until_ns;

	return world->now_ns >= until_ns && world->now_ns < until_ns + CHECK_NS;
}

static bool is_excused(void)
{
	return world->judge.waiting || world->now_ns < world->judge.grace_ns ||
	       was_host_set_right();
}

static void judge_system_clock(void)
{
	struct judge *judge = &world->judge;
	int64_t error_ns = llabs(guest_error_ns());
	int64_t bound_ns = guest_maxerror_ns() + host_share_ns() + ROUNDING_NS;
	bool lies = guest_synchronised() && error_ns > bound_ns && !is_excused();

	if (lies && !judge->lying) {
		judge->verdicts.lied++;
		world_log("JUDGE: a lie");
	}
	judge->lying = lies;
	if (guest_synchronised() && !is_excused() && error_ns > judge->worst_ns)
		judge->worst_ns = error_ns;
}

static bool read_timescale(int64_t *time_ns, int64_t *maxerror_ns)
{
	struct timescale_now now;

	if (world->kind != GUEST_ALONE)
		return module_timescale(time_ns, maxerror_ns);
	if (!guest.timescale || guest.timescale->ops->now(guest.timescale, &now))
		return false;
	*time_ns = now.time_ns;
	*maxerror_ns = now.maxerror_ns;
	return true;
}

static void judge_timescale(void)
{
	struct judge *judge = &world->judge;
	int64_t time_ns, maxerror_ns;
	bool outside;

	/* Where no host tells the time, only the daemon knows that its servers contradict it. */
	if (!read_timescale(&time_ns, &maxerror_ns) ||
	    (world->kind != GUEST_HOSTED && !guest_synchronised()))
		return;
	outside = maxerror_ns != INT64_MAX && !is_excused() &&
		  llabs(time_ns - world->now_ns) > maxerror_ns + host_share_ns();
	if (outside && !judge->outside) {
		judge->verdicts.bound_violations++;
		world_log("JUDGE: the timescale is off by %+.9f s, its bound is %.9f s",
			  (double)(time_ns - world->now_ns) / 1e9, (double)maxerror_ns / 1e9);
	}
	judge->outside = outside;
}

/* Each RATE has the server asked half as often as minpoll says. */
static int longest_poll(const struct server *server)
{
	int limited = server->minpoll + server->rates;

	if (limited > RATE_MAXPOLL)
		limited = RATE_MAXPOLL;
	return limited > server->maxpoll ? limited : server->maxpoll;
}

static int64_t patience_ns(void)
{
	int i, poll = 0;

	for (i = 0; i < world->server_count; i++)
		if (!world->servers[i].liar && longest_poll(&world->servers[i]) > poll)
			poll = longest_poll(&world->servers[i]);
	return 3 * (NS_PER_S << poll) + 120 * NS_PER_S;
}

/*
 * By the policy a clock is slewed, however long, that another program has set far off, and without
 * makestep one that had gone astray before anybody said the time.
 */
static bool is_slewed_back(void)
{
	struct judge *judge = &world->judge;
	bool never_known = !judge->synchronised_ns && !world->makestep_s;
	int64_t error_ns = llabs(guest_error_ns());
	int64_t gained_ns = judge->error_ns - error_ns;

	judge->error_ns = error_ns;
	return (world->set_by_other || never_known) &&
	       gained_ns > (world->now_ns - judge->looked_ns) / 20;
}

static void judge_synchronisation(void)
{
	struct judge *judge = &world->judge;
	int64_t since_ns;

	if (is_slewed_back())
		judge->slewed_ns = world->now_ns;
	if (guest_synchronised()) {
		judge->unsynchronised_ns = 0;
		judge->starving = false;
		judge->synchronised_ns += world->now_ns - judge->looked_ns;
		return;
	}
	if (!judge->unsynchronised_ns)
		judge->unsynchronised_ns = world->now_ns;
	since_ns = judge->unsynchronised_ns;
	if (judge->disrupted_ns > since_ns)
		since_ns = judge->disrupted_ns;
	if (judge->slewed_ns > since_ns)
		since_ns = judge->slewed_ns;
	if (world->outage_until_ns > since_ns)
		since_ns = world->outage_until_ns;
	if (world->hindered_ns > since_ns)
		since_ns = world->hindered_ns;
	if (world->rested_ns > since_ns)
		since_ns = world->rested_ns;
	if (world->slow || judge->starving || world->now_ns - since_ns < patience_ns())
		return;
	judge->starving = true;
	judge->verdicts.starved++;
	world_log("JUDGE: starved for %.0f s", (double)(world->now_ns - since_ns) / 1e9);
}

/* Since when nothing has happened that leaves the clock's error open, or made the host wrong. */
static int64_t quiet_since_ns(void)
{
	int64_t since_ns = world->judge.disrupted_ns;

	if (world->outage_until_ns > since_ns)
		since_ns = world->outage_until_ns;
	if (world->hindered_ns > since_ns)
		since_ns = world->hindered_ns;
	if (world->host.until_ns > since_ns)
		since_ns = world->host.until_ns;
	return since_ns;
}

/* Faster than any crystal, and no step: those are judged by themselves. */
static bool is_slew(int64_t gained_ns, int64_t elapsed_ns)
{
	return gained_ns > elapsed_ns / 1000 && gained_ns < elapsed_ns / 5;
}

/*
 * The system clock is slewed away from UTC, to far outside of where anybody honest, or the host,
 * has it. By less it may be astray: what was learned from answers reaches further than an answer
 * does, and liars may lead the clock within that, if its bound says so.
 */
static void judge_slew(void)
{
	struct judge *judge = &world->judge;
	int64_t error_ns = llabs(guest_error_ns());
	int64_t gained_ns = error_ns - judge->error_ns;
	bool outside = error_ns / SLEW_REACHES > allowed_reach_ns() + STEP_SLACK_NS;

	judge->astray = judge->astray && outside;
	if (judge->astray || !outside || is_excused() ||
	    !is_slew(gained_ns, world->now_ns - judge->looked_ns) ||
	    world->now_ns - quiet_since_ns() < patience_ns())
		return;
	judge->astray = true;
	judge->verdicts.stepped_wrongly++;
	world_log("JUDGE: a wrong slew, the honest reach is %.9f s",
		  (double)allowed_reach_ns() / 1e9);
}

void judge_look(void)
{
	judge_slew();
	judge_system_clock();
	judge_timescale();
	judge_synchronisation();
	world->judge.looked_ns = world->now_ns;
}
