// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random histories of the whole module: its guest runs, is restored, paused, moved and suspended,
 * for seconds or years, at rest or while it reads its host, and goes on beside another clock; the
 * host's clock runs free, is set, falls silent or gives a wrong reading, is demoted and trusted
 * again, chosen and given up, stated to be right and not, by the operator or a vmclock page;
 * sources correct it, well or roughly, in time or too late, and find out what nothing else saw;
 * other programs and operators set the system clock, change the policy and reset it, and the kernel
 * refuses to. Whatever happens in whatever order:
 *
 * - the true time is within the published bound;
 * - the system clock is not stepped without an event that says so;
 * - one disruption is one event, and no event is of none;
 * - the system clock is right in the end, wherever nobody else has set it.
 *
 * HISTORIES=100000 plays more of them than the usual 3,000, SEED=N others.
 */
#include "selftests/unit/module_machine.h"
#include "selftests/unit/unit.h"

#include <stdlib.h>

#define EVENTS		12
#define DAY		(24 * HOUR)
#define US		NSEC_PER_USEC

/* The default policy leaves errors up to this to the daemon's slew. */
#define LEFT_NS		MS

/* Hypercalls take this long in one check, which the steps account for. */
#define CLOSE_NS	(20 * US)

/* Without a daemon nobody removes what is left by several events, or what the raw clock drifts. */
#define RUN_MOST_S	20
#define DRIFT_MOST_PPM	50
#define LEFT_BY_ALL_NS	(EVENTS * (LEFT_NS + RUN_MOST_S * DRIFT_MOST_PPM * US))

/* How far a host's clock is from where all were set: two differ by hostdifference at most. */
#define PLACE_MOST_NS	(5 * MS)

/**
 * struct history - one of them
 * @random: what happens
 * @may_differ: since the operator stepped the system clock, another program has set it, sources
 *	have corrected the timescale, this has got another reference, or the kernel refused a step
 * @stated_ns: the operator states how right the host's clock is, and that was true all the time
 * @misstated: it was stated, and was not true any more
 * @page_states: the vmclock page states it, and is right
 * @place_ns: the present host's clock is so far from where all were set ...
 * @went: ... as there were others before
 * @jumped: sources have found out what nothing else saw
 * @left: the operator's policy may leave the system clock wrong after a disruption
 * @moved: the generation id has changed at a move
 * @owed: disruptions that were not reported yet
 * @happened: in words, for whoever looks for a failure
 */
static struct history {
	struct unit_random random;
	bool may_differ;
	s64 stated_ns;
	bool misstated;
	bool page_states;
	s64 place_ns;
	bool went;
	bool jumped;
	bool left;
	bool moved;
	int owed;
	const char *happened[EVENTS];
} history;

static s64 between(s64 low, s64 high)
{
	return low + (s64)unit_random_below(&history.random, high - low + 1);
}

/* Any duration from a second to 400 days; short ones are as likely as long ones. */
static s64 any_gap(void)
{
	static const s64 most[] = { 2 * S, 10 * S, HOUR, DAY, 30 * DAY, 400 * DAY };

	return between(S, most[between(0, ARRAY_SIZE(most) - 1)]);
}

static s64 any_step(void)
{
	return between(0, 1) ? any_gap() : -any_gap();
}

/* --- what happens; each returns its words, or NULL if it cannot happen now --- */

static bool has_chosen(void)
{
	return machine.chime->host.ops;
}

/*
 * Neither a witness nor the host would show it, and a host that answers later may have been set.
 * kvm-clock is read along with the host.
 */
static bool would_be_hidden(bool notifies)
{
	return !notifies && (!has_chosen() || (machine.host_silent && !machine.sees_stops));
}

/* The host's readings come with kvm-clock's, and with what that shows of stops. */
static bool shows_in_counters(void)
{
	return machine.has_host && has_chosen() && !machine.host_silent && machine.sees_stops;
}

/*
 * At times the host falls silent just then, or answers again. What happened is seen in memory in
 * any case.
 */
static void host_may_turn(bool notifies)
{
	if (machine.has_host && (machine.sees_stops || notifies) && !between(0, 3))
		machine.host_silent = !machine.host_silent;
}

/* What was said of another host before, nobody takes back. */
static void outdate_statement(void)
{
	if (!history.stated_ns || llabs(machine.host_ahead_ns) <= history.stated_ns)
		return;
	history.misstated = true;
	history.stated_ns = 0;
}

static void page_speaks(void)
{
	machine.page_status = history.page_states ? CHIME_VMCLOCK_SYNCHRONIZED :
						    CHIME_VMCLOCK_UNKNOWN;
	machine.page_maxerror_ns = history.page_states ? llabs(machine.host_ahead_ns) + US :
							 CHIME_LINE_UNBOUNDED_NS;
}

static void go_on_elsewhere(void)
{
	s64 place_ns = between(-PLACE_MOST_NS, PLACE_MOST_NS);

	machine.host_ahead_ns += place_ns - history.place_ns;
	history.place_ns = place_ns;
	history.went = true;
	outdate_statement();
	page_speaks();
}

static const char *is_restored(void)
{
	bool notifies = machine.has_genid || machine.has_page;

	if (would_be_hidden(notifies))
		return NULL;
	host_may_turn(notifies);
	stand_still(any_gap());
	if (machine.has_page)
		machine.page_evidence |= BIT(TRUECHIME_EVIDENCE_MARKER);
	if (machine.page_counts)
		machine.page_evidence |= BIT(TRUECHIME_EVIDENCE_GENERATION);
	if ((notifies || machine.sees_stops) && !between(0, 2))
		go_on_elsewhere();
	if (machine.has_genid) {
		/* A second notification so soon may belong to the first, but for another id. */
		machine.genid_changed = between(0, 1) || history.moved;
		notify_genid();
	}
	check();
	return "restore";
}

static const char *is_paused(void)
{
	if (would_be_hidden(false))
		return NULL;
	host_may_turn(false);
	stand_still(any_gap());
	/* A page would say that. */
	if (machine.sees_stops && !machine.has_page && !between(0, 2))
		go_on_elsewhere();
	check();
	return "pause";
}

static const char *is_paused_for_years(void)
{
	if (would_be_hidden(false))
		return NULL;
	stand_still(between(1, 5) * 365 * DAY);
	check();
	return "pause of years";
}

static const char *is_stopped_in_a_reading(void)
{
	if (!machine.has_host || !has_chosen() || machine.host_silent)
		return NULL;
	machine.stops_at = between(1, 4);
	machine.stops_ns = any_gap();
	while (machine.stops_at)
		check();
	return "stop in a reading";
}

/* No time is lost, and some hypervisors draw another generation id. */
static const char *is_moved(void)
{
	if (!machine.has_genid)
		return NULL;
	history.moved = true;
	machine.genid_changed = true;
	if (between(0, 1))
		notify_genid();
	check();
	return "move";
}

/* To another host, and the page says so; what it took is lost, or given back. */
static const char *is_migrated(void)
{
	if (!machine.has_page || !has_chosen())
		return NULL;
	host_may_turn(true);
	if (between(0, 1))
		stand_still(between(0, 400) * MS);
	else if (machine.sees_stops)
		stand_still_set_ahead(between(1, 400) * MS, between(0, 3) * US);
	machine.page_evidence |= BIT(TRUECHIME_EVIDENCE_MARKER);
	go_on_elsewhere();
	check();
	return "migration";
}

/* Each is too short to be reported, but for the sum of several, and none is lost. */
static const char *is_stopped_shortly(void)
{
	int stops;

	if (!shows_in_counters())
		return NULL;
	for (stops = between(1, 30); stops; stops--) {
		stand_still(between(1, 900) * US);
		machine_pass(between(1, 100) * MS);
		check();
		history.owed++;
	}
	return "short stops";
}

/* The hypervisor gives back all of it, nearly. */
static const char *is_set_ahead(void)
{
	if (!shows_in_counters())
		return NULL;
	stand_still_set_ahead(any_gap() + 2 * S, between(0, 3 * MS));
	check();
	return "stop that was given back";
}

/* As where its counter wraps unseen. */
static const char *loses_ticks(void)
{
	if (!shows_in_counters())
		return NULL;
	lose_ticks(between(20 * MS, 10 * S));
	check();
	return "loss of the raw clock";
}

static const char *clocksource_changes(void)
{
	machine.clocksource++;
	machine.raw_slow_ppm = between(-DRIFT_MOST_PPM, DRIFT_MOST_PPM);
	check();
	return "another clocksource";
}

static const char *sleeps(void)
{
	sleep_for(any_gap(), between(0, 500 * MS));
	check();
	return "suspend";
}

static const char *sleep_is_given_up(void)
{
	machine.suspend->notifier_call(machine.suspend, PM_SUSPEND_PREPARE, NULL);
	if (between(0, 1))
		run(between(0, 3) * S);
	machine.suspend->notifier_call(machine.suspend, PM_POST_SUSPEND, NULL);
	check();
	return "suspend that was given up";
}

static const char *is_restored_asleep(void)
{
	bool notifies = machine.has_genid && between(0, 1);

	if (would_be_hidden(notifies || machine.has_page))
		return NULL;
	machine.suspend->notifier_call(machine.suspend, PM_SUSPEND_PREPARE, NULL);
	if (between(0, 1))
		check();
	stand_still(any_gap());
	if (machine.has_page)
		machine.page_evidence |= BIT(TRUECHIME_EVIDENCE_MARKER);
	if (notifies)
		notify_genid();
	if (between(0, 1))
		check();
	machine.suspend->notifier_call(machine.suspend, PM_POST_SUSPEND, NULL);
	check();
	return "restore while it goes to sleep";
}

/* At most a reading in a row is wrong, and it falls silent for less than it takes to be lost. */
static const char *host_stutters(void)
{
	int times;

	if (!machine.has_host || !has_chosen() || machine.host_silent)
		return NULL;
	for (times = between(1, 6); times; times--) {
		machine.answers = between(1, 4);
		run(between(1, 3) * S);
		machine.host_silent = between(0, 1);
	}
	machine.answers = 0;
	machine.host_silent = false;
	machine.wild_at = between(0, 5);
	check();
	return "host that stutters";
}

static const char *is_busy(void)
{
	int checks;

	for (checks = between(1, 400); checks; checks--) {
		machine_pass(between(1, 100) * MS);
		check();
	}
	return "busy times";
}

static const char *host_is_set(void)
{
	s64 step_ns = any_step();

	/* Nothing is stepped to a date before the release. */
	if (machine.host_ahead_ns + step_ns < -300 * DAY)
		step_ns = -step_ns;
	machine.host_ahead_ns += step_ns;
	outdate_statement();
	page_speaks();
	check();
	return "host step";
}

/* By which UTC gains on the reference. */
static s64 reference_rate_q32(void)
{
	return (status().now.reference == TRUECHIME_REFERENCE_HOST ? -machine.host_rate_ppm :
								    machine.raw_slow_ppm) *
	       CHIME_PPM_Q32;
}

static const char *is_corrected(void)
{
	/* To step to it is up to whoever measured it. */
	correct_at_rate(reference_rate_q32());
	history.may_differ = true;
	return "correction";
}

/* It is wrong by nearly as much as it says, and says at times how far its rate is known. */
static const char *is_corrected_roughly(void)
{
	struct chime_status now = status();
	s64 maxerror_ns = between(10, 1000) * US;
	struct chime_line correction = {
		.origin_ns = now.now.reference_ns,
		.offset_ns = machine.utc_ns - now.now.reference_ns +
			     between(-maxerror_ns, maxerror_ns) * 9 / 10,
		.rate_q32 = reference_rate_q32(),
		.sigma_ns = maxerror_ns,
		.maxerror_ns = maxerror_ns,
		.maxerror_rate_q32 = CHIME_PPM_Q32,
	};

	if (between(0, 1)) {
		correction.rate_horizon_ns = any_gap();
		correction.horizon_ns = correction.rate_horizon_ns;
		correction.beyond_sigma_rate_q32 = (DRIFT_MOST_PPM + 10) * CHIME_PPM_Q32;
		correction.beyond_maxerror_rate_q32 = (DRIFT_MOST_PPM + 10) * CHIME_PPM_Q32;
	}
	chime_control_correct(machine.chime, &correction, now.now.epoch, -1, true);
	history.may_differ = true;
	return "rough correction";
}

/* It was right when it was measured, but this guest was stopped since. */
static const char *is_corrected_late(void)
{
	struct chime_status before = status();
	const struct chime_line correction = {
		.origin_ns = before.now.reference_ns,
		.offset_ns = machine.utc_ns - before.now.reference_ns,
		.rate_q32 = reference_rate_q32(),
		.sigma_ns = US,
		.maxerror_ns = 10 * US,
		.maxerror_rate_q32 = CHIME_PPM_Q32,
	};

	if (would_be_hidden(false))
		return NULL;
	stand_still(any_gap());
	chime_control_correct(machine.chime, &correction, before.now.epoch, -1, true);
	history.may_differ = true;
	return "late correction";
}

/* What no witness sees, while the raw clock is the reference. */
static const char *sources_find_a_jump(void)
{
	struct chime_status before = status();
	struct chime_jump jump = { .ok_raw_ns = machine.raw_ns };

	if (before.now.reference != TRUECHIME_REFERENCE_RAW || !before.corrected ||
	    before.now.mode == TRUECHIME_MODE_EXTERNAL)
		return NULL;
	machine_pass(between(0, 2) * S);
	stand_still(any_gap());
	jump.offset_ns = machine.utc_ns - status().now.time_ns;
	jump.maxerror_ns = chime_add_sat(status().now.maxerror_ns, US);
	chime_control_disrupted(machine.chime, before.now.epoch, &jump);
	history.jumped = true;
	return "jump that sources find";
}

static const char *is_reset(void)
{
	chime_control_reset(machine.chime);
	history.may_differ = true;
	return "reset";
}

static const char *host_is_demoted(void)
{
	demote_host(between(0, 1));
	history.may_differ = true;
	return "demotion or reinstatement";
}

static const char *host_is_chosen(void)
{
	static const char *const names[] = { "auto", "kvm", "none" };
	int name = between(0, ARRAY_SIZE(names) - 1);

	choose_host(names[name]);
	history.may_differ = true;
	/* One that is found later may contradict the sources, which is reported. */
	history.owed += !has_chosen();
	return names[name];
}

static const char *host_is_stated(void)
{
	s64 off_us = llabs(machine.host_ahead_ns) / US;
	bool states = !history.misstated && !machine.host_rate_ppm && off_us < 10000 &&
		      between(0, 1);

	history.stated_ns = states ? between(off_us + 1, 10000) * US : 0;
	state_host_maxerror(history.stated_ns);
	return states ? "statement" : "no statement";
}

static const char *page_turns(void)
{
	history.page_states = machine.has_page && between(0, 1);
	page_speaks();
	check();
	return history.page_states ? "statement of the page" : "no statement of the page";
}

static const char *policy_changes(void)
{
	enum truechime_direction direction = between(0, CHIME_DIRECTIONS - 1);
	struct chime_policy *policy = &machine.chime->policy;

	rt_mutex_lock(&machine.chime->lock);
	policy->rules[TRUECHIME_OCCASION_DISRUPTION][direction].rule =
		between(0, TRUECHIME_RULE_IGNORE);
	rt_mutex_unlock(&machine.chime->lock);
	history.left = true;
	return "another policy";
}

/* Another program steers the timescale for a while: what that is worth is not the module's. */
static const char *mode_changes(void)
{
	bool external = between(0, 1);

	chime_control_set_mode(machine.chime, external ? TRUECHIME_MODE_EXTERNAL :
							  TRUECHIME_MODE_AUTO);
	history.may_differ = true;
	return external ? "mode external" : "mode auto";
}

static const char *others_set_the_clock(void)
{
	machine.behind_ns += any_step();
	history.may_differ = true;
	check();
	return "set by another program";
}

static const char *operator_steps(void)
{
	if (!chime_control_step(machine.chime, TRUECHIME_OCCASION_OPERATOR))
		history.may_differ = false;
	return "step by the operator";
}

/* For at least a happening, in which all others may come to pass. */
static const char *host_falls_silent(void)
{
	machine.host_silent = true;
	return "silence of the host";
}

static const char *host_answers_again(void)
{
	machine.host_silent = false;
	check();
	return "answer of the host";
}

static const char *kernel_refuses(void)
{
	machine.set_error = between(0, 1) ? -EINVAL : 0;
	return machine.set_error ? "kernel refuses" : "kernel permits";
}

/**
 * struct happening - what may happen
 * @happen: do it
 * @disruption: it is one ...
 * @shows: ... that cannot be missed where the host answers
 */
static const struct happening {
	const char *(*happen)(void);
	bool disruption;
	bool shows;
} happenings[] = {
	{ is_restored, true, true }, { is_paused, true, true }, { sleeps, true, false },
	{ host_is_set, true, true }, { is_corrected, false, false }, { is_corrected, false, false },
	{ host_is_demoted, false, false }, { mode_changes, false, false },
	{ others_set_the_clock, false, false }, { operator_steps, false, false },
	{ host_falls_silent, false, false }, { host_answers_again, false, false },
	{ kernel_refuses, false, false },
	{ is_stopped_shortly, false, false }, { is_set_ahead, true, true },
	{ loses_ticks, true, true }, { clocksource_changes, false, false },
	{ is_paused_for_years, true, true }, { is_stopped_in_a_reading, true, true },
	{ is_moved, true, false }, { is_corrected_late, true, true }, { is_reset, false, false },
	{ host_is_chosen, false, false }, { host_is_stated, false, false },
	{ policy_changes, false, false }, { is_migrated, true, false },
	{ page_turns, false, false }, { sources_find_a_jump, true, false },
	{ is_corrected_roughly, false, false }, { sleep_is_given_up, false, false },
	{ is_restored_asleep, true, true }, { host_stutters, false, false },
	{ is_busy, false, false },
};

static const struct happening no_happening;

/* --- what must hold --- */

static int count_of(enum truechime_action action)
{
	int i, count = 0;

	for (i = 0; i < machine.count; i++)
		count += machine.events[i].action == action;
	return count;
}

static int count_disruptions(void)
{
	int i, count = 0;

	for (i = 0; i < machine.count; i++)
		count += chime_reaction_counts(machine.events[i].cause);
	return count;
}

static bool host_answers(const struct chime_status *now)
{
	return machine.has_host && !machine.host_silent && now->host_state == TRUECHIME_HOST_CHOSEN;
}

/*
 * Only sources and who states it know how right a host is, so without either there is nothing to
 * hold.
 */
static bool holds(const struct chime_status *now)
{
	bool known = now->corrected || history.stated_ns || history.page_states;

	if (now->now.maxerror_ns < 0)
		return false;
	if (history.misstated || !known || now->now.mode == TRUECHIME_MODE_EXTERNAL)
		return true;
	return now->now.maxerror_ns == CHIME_LINE_UNBOUNDED_NS ||
	       llabs(now->now.time_ns - machine.utc_ns) <= now->now.maxerror_ns + CLOSE_NS;
}

/* At the first check, be it one at which the host is silent. Why not, or NULL. */
static const char *judge_at_once(void)
{
	struct chime_status now = status();

	return holds(&now) ? NULL : "the truth is outside of the bound at once";
}

/*
 * The clock of mode external goes on as it was, whatever happens to guest and host, but for what
 * its rate, set by another clocksource perhaps, makes of the time that ran since, and for what two
 * hosts' clocks differ by. A guest that does not see its stops takes a step of the host's clock for
 * one. A host that runs free measures a gap by its own rate.
 */
static bool external_goes_on(const struct chime_status *before, s64 before_off_ns)
{
	struct chime_status now = status();
	s64 off_ns = now.now.time_ns - machine.utc_ns;
	s64 most_ns = 5 * MS + (history.went ? 2 * PLACE_MOST_NS : 0);

	return !machine.sees_stops || machine.host_rate_ppm ||
	       before->now.mode != TRUECHIME_MODE_EXTERNAL ||
	       now.now.mode != TRUECHIME_MODE_EXTERNAL || !host_answers(before) ||
	       !host_answers(&now) || llabs(off_ns - before_off_ns) <= most_ns;
}

/* Why not, or NULL. */
static const char *judge(const struct happening *happening,
			 const struct chime_status *before, s64 before_off_ns)
{
	struct chime_status now = status();
	int disruptions = count_disruptions();
	/*
	 * What marks the clock unsynchronised sets it to what it shows, so less than a call takes
	 * may be either.
	 */
	bool stepped = machine.set_by_ns > CALL_NS;

	if (!holds(&now))
		return "the truth is outside of the bound";
	if (!external_goes_on(before, before_off_ns))
		return "the clock of mode external does not go on";
	if (stepped && !count_of(TRUECHIME_ACTION_STEPPED))
		return "a step without an event";
	if (!machine.set_by_ns && count_of(TRUECHIME_ACTION_STEPPED))
		return "an event of a step that was none";
	if ((int)(now.disruptions - before->disruptions) != disruptions)
		return "disruptions counted are not those reported";
	/*
	 * One that could not be repaired is, when the host answers, and that is said, too. So it is
	 * if others have set the clock since sources said that time was lost.
	 */
	history.owed += happening->disruption - disruptions +
			count_of(TRUECHIME_ACTION_DISTRUSTED) + history.jumped;
	if (history.owed < 0)
		return "a disruption reported twice";
	if (happening->shows && !disruptions && host_answers(before))
		return "a disruption not reported";
	/* What the host did not show when it answered is nothing to report later. */
	if (host_answers(&now))
		history.owed = 0;
	return NULL;
}

/* Where nobody else has set it, the system clock is the timescale's, but for what policy leaves. */
static const char *judge_end(void)
{
	struct chime_status now = status();

	if (now.host_state == TRUECHIME_HOST_CHOSEN && now.now.state == TRUECHIME_STATE_FREE)
		return "it knows no time in the end";
	if (!history.may_differ && !history.left &&
	    llabs(now.realtime_ns - now.now.time_ns) > LEFT_BY_ALL_NS)
		return "the system clock is not the timescale's in the end";
	return NULL;
}

/* --- a history --- */

static void begin(void)
{
	machine_begin();
	machine.sees_stops = between(0, 3);
	machine.has_genid = between(0, 1);
	machine.has_page = between(0, 1);
	machine.page_counts = machine.has_page && between(0, 1);
	history.may_differ = false;
	history.stated_ns = machine.has_host && between(0, 1) ? between(1, 10000) * US : 0;
	history.misstated = false;
	history.page_states = machine.has_page && between(0, 1);
	/* Of a host that runs free nobody states how right it is. */
	if (!history.stated_ns && !machine.has_page && between(0, 1))
		machine.host_rate_ppm = between(-DRIFT_MOST_PPM, DRIFT_MOST_PPM);
	history.place_ns = 0;
	history.went = false;
	history.jumped = false;
	history.left = false;
	history.moved = false;
	history.owed = 0;
	page_speaks();
}

/* Why it went wrong, or NULL; @at: at which event. */
static const char *play(int *at)
{
	const char *wrong = NULL;

	begin();
	if (played_module_init())
		return "it does not load";
	if (history.stated_ns)
		state_host_maxerror(history.stated_ns);
	run(10 * S);
	for (*at = 0; *at < EVENTS && !wrong; ++*at) {
		const struct happening *happening =
			&happenings[between(0, ARRAY_SIZE(happenings) - 1)];
		struct chime_status before = status();
		s64 before_off_ns = before.now.time_ns - machine.utc_ns;

		machine.count = 0;
		machine.set_by_ns = 0;
		history.happened[*at] = happening->happen();
		if (!history.happened[*at]) {
			history.happened[*at] = "nothing";
			happening = &no_happening;
		}
		/* The host may be followed again, as it is known better than the correction. */
		history.may_differ |= machine.set_error || history.page_states;
		wrong = judge_at_once();
		/* A host may be silent for 2 s before its guest goes on without it. */
		run(between(machine.host_silent ? 3 : 1, RUN_MOST_S) * S);
		if (!wrong)
			wrong = judge(happening, &before, before_off_ns);
	}
	if (!wrong) {
		run(10 * S);
		wrong = judge_end();
	}
	machine_unload();
	return wrong;
}

static s64 histories(void)
{
	return (s64)unit_wish("HISTORIES", 3000);
}

FIXTURE(histories) {
	int unused;
};

FIXTURE_SETUP(histories)
{
	history.random.state = unit_wish("SEED", 11);
}

FIXTURE_TEARDOWN(histories)
{
	EXPECT_EQ(NULL, machine.chime);
}

TEST_F_TIMEOUT(histories, every_step_has_its_event_and_every_disruption_is_one, 600)
{
	s64 i;

	for (i = 0; i < histories(); i++) {
		u64 seed = history.random.state;
		int at, event;
		const char *wrong = play(&at);

		if (!wrong)
			continue;
		for (event = 0; event < at; event++)
			TH_LOG("%s", history.happened[event]);
		for (event = 0; event < machine.count; event++)
			TH_LOG("event: cause %d, action %d, gap %lld, offset %lld, left %lld",
			       machine.events[event].cause, machine.events[event].action,
			       (long long)machine.events[event].gap_ns,
			       (long long)machine.events[event].offset_ns,
			       (long long)machine.events[event].residual_ns);
		TH_LOG("history %lld, SEED=%#llx: %s", (long long)i, (unsigned long long)seed,
		       wrong);
		ASSERT_TRUE(false);
	}
}

TEST_HARNESS_MAIN
