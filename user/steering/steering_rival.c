// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another program sets the system clock: how that is noticed, whether the clock is set back, and
 * what is logged of it, each time at first, and once an hour when it goes on.
 */
#include "steering/steering_private.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#include "lib/names.h"
#include "steering/time_daemons.h"

/* A jump of the system clock that no rate explains: another program set it. */
#define SET_BY_OTHERS_NS	10000000LL

/* A slew that would take longer than this at the greatest rate is no remedy. */
#define SLEW_LONGEST_NS	(60 * NS_PER_S)

/*
 * Where no host's clock answers nothing may have shown that this machine was reverted, and the
 * other program, a guest agent perhaps, may have set the clock right. So the sources are asked, and
 * until most have answered the clock stays as it was set. An only source that finds out that it was
 * set right has to say so three times, 2 s apart.
 */
#define ASK_NS	(10 * NS_PER_S)

/* Where the network is away they are asked again, ever more seldom. */
#define ASK_AGAIN_NS		(60 * NS_PER_S)
#define ASK_AGAIN_MAX_NS	(960 * NS_PER_S)

/* What adjtime(3) adds to the rate at most: the kernel's MAX_TICKADJ, in each second. */
#define ADJTIME_RATE	500e-6

#define MAY_BE_IT	" may be it"
#define RIVALS_TEXT_MAX	(TIME_DAEMONS_TEXT_MAX + sizeof(MAY_BE_IT))

/* By how much the clock is not where its rate would have brought it since the latest reading. */
static int64_t steering_jump_ns(const struct steering *steering, const struct timescale_now *now)
{
	const struct timescale_now *last = &steering->status.now;
	int64_t expected_ns, jump_ns, raw_ns;
	double rate;

	if (!steering->status.valid || now->epoch != last->epoch ||
	    now->disruptions != last->disruptions || steering->options.observe)
		return 0;
	raw_ns = chime_sub_sat(now->raw_ns, last->raw_ns);
	rate = system_clock_rate(steering->clock);
	expected_ns = chime_add_sat(raw_ns, (int64_t)((double)raw_ns * rate));
	jump_ns = chime_sub_sat(chime_sub_sat(now->realtime_ns, last->realtime_ns), expected_ns);
	if (chime_abs_sat(jump_ns) <= chime_add_sat(SET_BY_OTHERS_NS, steering->unseen_ns))
		return 0;
	return jump_ns;
}

bool steering_is_asking(const struct steering *steering, const struct discipline_result *result,
			const struct timescale_now *now)
{
	return !steering_host_answers(now) &&
	       (steering_jump_ns(steering, now) ||
		(steering->set.state != SET_BY_NOBODY &&
		 result->agreed_raw_ns <= steering->set.raw_ns) ||
		(steering_sets_back(steering) && now->raw_ns < steering->set.back_ns));
}

/* It is waited for what the sources say, which a host that answers knows better. */
static bool steering_awaits_sources(const struct steering *steering,
				    const struct timescale_now *now)
{
	return (steering->set.state == SET_TO_ASK || steering->set.contradicted) &&
	       !steering_host_answers(now);
}

/* The consequence for the clock, as the end of a sentence. */
static const char *steering_answer(const struct steering *steering, const struct timescale_now *now)
{
	if (steering->status.trust == TRUST_EXTERNAL || !steering_can_follow(now))
		return "";
	if (steering->set.asks)
		return "; it is set back if most sources find it wrong (now: truechime makestep)";
	if (steering_sets_back(steering))
		return "; it is being set back, as policy allows";
	if (steering_awaits_sources(steering, now))
		return "; it stays so while sources contradict the time (now: truechime makestep)";
	return "; it is being slewed back. To step it back: truechime makestep";
}

/*
 * The clock is so far off that it is to be stepped back, and the timescale certain enough. After a
 * disruption that is what a host says now, or sources have to confirm it.
 */
static bool steering_may_set_back(const struct steering *steering, const struct timescale_now *now)
{
	const struct steering_options *options = &steering->options;
	int64_t error_ns = steering_error_ns(now);
	double slewed_ns = options->max_slew * SLEW_LONGEST_NS;

	return trust_allows(steering->status.trust) &&
	       (!trust_is_unconfirmed(steering->status.trust) || steering_host_answers(now)) &&
	       steering_can_follow(now) &&
	       now->maxerror_ns < error_ns / STEERING_STEP_EVIDENCE &&
	       (options->undo || (double)error_ns > slewed_ns);
}

/*
 * Do not step against a program that sets the clock again and again, unless that is wanted: then
 * all that it does is undone, as far as the time is certain.
 */
static void steering_take_back(struct steering *steering, const struct timescale_now *now,
			       enum rival_news news)
{
	struct steering_set *set = &steering->set;
	bool undo = steering->options.undo;

	if ((news != RIVAL_SET && !undo) || !steering_may_set_back(steering, now))
		set->state = SET_AND_LEFT;
	else
		set->state = steering_host_answers(now) || undo ? SET_TO_UNDO : SET_TO_ASK;
	set->asks = set->state == SET_TO_ASK;
	set->raw_ns = now->raw_ns;
	set->back_ns = chime_add_sat(now->raw_ns, set->asks ? ASK_NS : 0);
	set->ask_again_ns = ASK_AGAIN_NS;
	set->ask_ns = chime_add_sat(now->raw_ns, ASK_AGAIN_NS);
}

/* Have the sources been asked for long whether another program has set the clock right? Again. */
static void steering_ask_again(struct steering_set *set, int64_t raw_ns)
{
	if (set->state != SET_TO_ASK || raw_ns < set->ask_ns)
		return;
	set->asks = true;
	set->ask_again_ns = chime_min(2 * set->ask_again_ns, ASK_AGAIN_MAX_NS);
	set->ask_ns = chime_add_sat(raw_ns, set->ask_again_ns);
}

/*
 * What another program did is left where it does so again and again, or where the time is too
 * uncertain. When it has left the clock alone since, and the time is known, that is taken back,
 * once, if no slew has done so: one of an hour takes ten hours, one of a year ten years.
 */
static void steering_take_back_late(struct steering *steering, const struct timescale_now *now)
{
	struct steering_set *set = &steering->set;

	if (set->state != SET_AND_LEFT || !rival_has_left(&set->rival, now->raw_ns) ||
	    !steering_may_set_back(steering, now))
		return;
	set->rival = (struct rival){ 0 };
	steering_take_back(steering, now, RIVAL_SET);
}

/* Who it may be, as the beginning of a sentence. */
static void steering_name_rivals(char text[RIVALS_TEXT_MAX])
{
	struct time_daemon daemons[TIME_DAEMONS_MAX];
	size_t count = time_daemons_find("/proc", "/sys/fs/cgroup", daemons);
	char names[TIME_DAEMONS_TEXT_MAX];

	time_daemons_text(daemons, count, names);
	if (count)
		snprintf(text, RIVALS_TEXT_MAX, "%s" MAY_BE_IT, names);
	else
		snprintf(text, RIVALS_TEXT_MAX, "%s",
			 "it cannot be seen from here: check for chronyd, timesyncd, phc2sys, guest agents");
}

static const char *steering_advise_on_rivals(const struct steering *steering)
{
	if (steering->status.trust == TRUST_EXTERNAL)
		return "Mode external leaves it to other programs, but only to one";
	if (!steering->timescale->ops->in_kernel)
		return "Stop the other one, or see \"rivals\" in truechime.conf(5)";
	return "Stop the other one, or let it have the clock with: truechime mode external";
}

static void steering_report_rival(const struct steering *steering, const struct rival *rival)
{
	char names[RIVALS_TEXT_MAX];

	steering_name_rivals(names);
	log_warning("Somebody else sets the system clock again and again, %u times within %s: %s. %s",
		    rival->count, duration_text(rival->latest_ns - rival->first_ns).text, names,
		    steering_advise_on_rivals(steering));
}

/* It was set by @jump_ns. */
static void steering_report_set(struct steering *steering, const struct timescale_now *now,
				int64_t jump_ns)
{
	struct rival *rival = &steering->set.rival;
	enum rival_news news = rival_note(rival, now->raw_ns);

	steering_take_back(steering, now, news);
	switch (news) {
	case RIVAL_SET:
		log_notice("Somebody else set the system clock by %s%s",
			   duration_text(jump_ns).text, steering_answer(steering, now));
		break;
	case RIVAL_AGAIN:
		steering_report_rival(steering, rival);
		break;
	case RIVAL_STILL:
		log_warning("Somebody else goes on setting the system clock, %u times since this was last logged",
			    rival->unlogged + 1);
		rival->unlogged = 0;
		break;
	case RIVAL_NO_NEWS:
		log_debug("Somebody else set the system clock by %s", duration_text(jump_ns).text);
		break;
	}
}

/*
 * A machine that wakes sets its clock ahead itself. Programs run again before the module is told
 * that a suspend has ended, and before a host answers that is silent then: until they have found
 * the disruption, the timescale is behind by what was slept, and must not be gone back to.
 */
static bool steering_has_slept(struct steering *steering)
{
	int64_t before_ns = steering->set.slept_ns;
	struct timespec boot, monotonic;

	if (clock_gettime(CLOCK_MONOTONIC, &monotonic) || clock_gettime(CLOCK_BOOTTIME, &boot))
		return false;
	steering->set.slept_ns = (boot.tv_sec - monotonic.tv_sec) * NS_PER_S + boot.tv_nsec -
				 monotonic.tv_nsec;
	return steering->set.slept_ns - before_ns > SET_BY_OTHERS_NS;
}

static void steering_report_rate(struct steering *steering, const struct timescale_now *now,
				 const struct system_clock_change *change)
{
	char names[RIVALS_TEXT_MAX];

	if (change->rate != 0.0 &&
	    steering_may_complain(steering, STEERING_RATE_CHANGED, now->raw_ns)) {
		steering_name_rivals(names);
		log_warning("Somebody else has changed the rate of the system clock by %.3f ppm: %s. %s",
			    change->rate * 1e6, names, steering_advise_on_rivals(steering));
	}
	if (change->slew_ns && steering_may_complain(steering, STEERING_SLEWED, now->raw_ns)) {
		steering_name_rivals(names);
		log_warning("Somebody else slews the system clock with adjtime(3); the %s that remain are cancelled: %s. %s",
			    duration_text(change->slew_ns).text, names,
			    steering_advise_on_rivals(steering));
	}
}

/*
 * Who slews the clock sets it little by little, and what it does is undone with each check. By how
 * much the clock moved since the latest reading is known by the present rate, or by the former one.
 */
bool steering_watch_rate(struct steering *steering, const struct timescale_now *now,
			 const struct system_clock_change *change)
{
	int64_t since_ns = chime_sub_sat(now->raw_ns, steering->status.now.raw_ns);
	double turned = fabs(change->rate) + (change->slew_ns ? ADJTIME_RATE : 0.0);

	if (turned == 0.0 || steering->options.observe || !steering->steered ||
	    steering->status.trust == TRUST_EXTERNAL)
		return false;
	steering->unseen_ns = chime_add_sat(steering->unseen_ns,
					    (int64_t)(turned * (double)since_ns));
	follower_restart(&steering->follower);
	steering_report_rate(steering, now, change);
	return true;
}

bool steering_watch(struct steering *steering, const struct timescale_now *now)
{
	bool slept = steering_has_slept(steering);
	int64_t jump_ns = steering_jump_ns(steering, now);

	if (slept || !jump_ns)
		return false;
	steering_report_set(steering, now, jump_ns);
	follower_restart(&steering->follower);
	steering->disarm = true;
	return true;
}

void steering_undo_unseen(struct steering *steering)
{
	steering->set.state = SET_TO_UNDO;
	/* No answer is older than that. */
	steering->set.raw_ns = INT64_MIN;
	steering->set.back_ns = 0;
}

void steering_set_contradicted(struct steering *steering, bool contradicted)
{
	steering->set.contradicted = contradicted;
}

bool steering_leaves_clock(const struct steering *steering, const struct timescale_now *now)
{
	if (steering_sets_back(steering))
		return true;
	return steering->set.state == SET_AND_LEFT &&
	       steering_error_ns(now) > SET_BY_OTHERS_NS && steering_awaits_sources(steering, now);
}

bool steering_set_back(struct steering *steering)
{
	const struct timescale_now *now = &steering->status.now;

	steering_take_back_late(steering, now);
	steering_ask_again(&steering->set, now->raw_ns);
	if (!steering_sets_back(steering) || now->raw_ns < steering->set.back_ns ||
	    steering_awaits_sources(steering, now))
		return false;
	steering->set.state = SET_AND_LEFT;
	return steering_may_set_back(steering, now) &&
	       !steering_step_by(steering, TRUECHIME_OCCASION_DISRUPTION,
				 "somebody else had set it");
}

bool steering_asks_sources(struct steering *steering)
{
	bool asks = steering->set.asks;

	steering->set.asks = false;
	return asks;
}
