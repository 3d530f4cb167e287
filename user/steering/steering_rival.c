// SPDX-License-Identifier: GPL-2.0-only
/*
 * Logging that another program sets the system clock: each time at first, once an hour when it goes
 * on, and which program it may be.
 */
#include "steering/steering_private.h"

#include "lib/names.h"
#include "lib/plural.h"
#include "lib/time_units.h"

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

/* The consequence for the clock, as the end of a sentence. */
static const char *steering_answer(const struct steering *steering, const struct timescale_now *now)
{
	if (steering->status.trust == TRUST_EXTERNAL || !steering_can_follow(now))
		return "";
	if (steering->asks)
		return "; it is set back if most sources find it wrong (now: truechime makestep)";
	if (steering_sets_back(steering))
		return "; it is being set back, as policy allows";
	return "; it is being slewed back. To step it back: truechime makestep";
}

bool steering_may_set_back(const struct steering *steering, const struct timescale_now *now)
{
	const struct steering_options *options = &steering->options;
	int64_t error_ns = steering_error_ns(now);
	double least_ns = options->undo ? 0.0 : options->max_slew * SLEW_LONGEST_NS;

	return trust_allows(steering->status.trust) &&
	       !trust_is_unconfirmed(steering->status.trust) && steering_can_follow(now) &&
	       now->maxerror_ns < error_ns / STEERING_STEP_EVIDENCE && (double)error_ns > least_ns;
}

/*
 * Do not step against a program that sets the clock again and again, unless that is wanted: then
 * all that it does is undone, as far as the time is certain.
 */
static void steering_take_back(struct steering *steering, const struct timescale_now *now,
			       enum rival_news news)
{
	bool undo = steering->options.undo;

	if ((news != RIVAL_SET && !undo) || !steering_may_set_back(steering, now))
		steering->set = SET_AND_LEFT;
	else
		steering->set = steering_host_answers(now) || undo ? SET_TO_UNDO : SET_TO_ASK;
	steering->asks = steering->set == SET_TO_ASK;
	steering->set_raw_ns = now->raw_ns;
	steering->set_back_ns = chime_add_sat(now->raw_ns, steering->asks ? ASK_NS : 0);
	steering->ask_again_ns = ASK_AGAIN_NS;
	steering->ask_ns = chime_add_sat(now->raw_ns, ASK_AGAIN_NS);
}

void steering_ask_again(struct steering *steering, int64_t raw_ns)
{
	if (steering->set != SET_TO_ASK || raw_ns < steering->ask_ns)
		return;
	steering->asks = true;
	steering->ask_again_ns = chime_min(2 * steering->ask_again_ns, ASK_AGAIN_MAX_NS);
	steering->ask_ns = chime_add_sat(raw_ns, steering->ask_again_ns);
}

static void steering_report_rival(const struct steering *steering, const struct rival *rival)
{
	const char *unseen =
		"it cannot be seen from here: check for chronyd, timesyncd, phc2sys, guest agents";
	const char *advice =
		"Stop the other one, or let it have the clock with: truechime mode external";
	char names[256], span[32];

	if (!steering->timescale->ops->in_kernel)
		advice = "Stop the other one, or see \"rivals\" in truechime.conf(5)";
	if (steering->status.trust == TRUST_EXTERNAL)
		advice = "Mode external leaves it to other programs, but only to one";
	text_of_duration(rival->latest_ns - rival->first_ns, span, sizeof(span));
	rival_find("/proc", names, sizeof(names));
	log_warning("Somebody else sets the system clock again and again, %u times within %s: %s%s. %s",
		    rival->count, span, *names ? names : unseen, *names ? " may be it" : "",
		    advice);
}

void steering_report_set(struct steering *steering, const struct timescale_now *now,
			 int64_t jump_ns)
{
	struct rival *rival = &steering->rival;
	enum rival_news news = rival_note(rival, now->raw_ns);
	char size[32];

	steering_take_back(steering, now, news);
	text_of_duration(jump_ns, size, sizeof(size));
	switch (news) {
	case RIVAL_SET:
		log_notice("Somebody else set the system clock by %s%s", size,
			   steering_answer(steering, now));
		break;
	case RIVAL_AGAIN:
		steering_report_rival(steering, rival);
		break;
	case RIVAL_STILL:
		log_warning("Somebody else goes on setting the system clock, %u time%s since this was last logged",
			    rival->unlogged + 1, plural(rival->unlogged + 1));
		rival->unlogged = 0;
		break;
	case RIVAL_NO_NEWS:
		log_debug("Somebody else set the system clock by %s", size);
		break;
	}
}
