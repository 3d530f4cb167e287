// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: history, and the sentence in the kernel log.
 */
#include "events.h"

#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/random.h>
#include <linux/siphash.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <linux/timex.h>

#include "core/line.h"
#include "core/words.h"
#include "netlink.h"

#define CHIME_WORDS_MAX		200

/*
 * A restored guest has the random numbers of its snapshot until the kernel has heard of the
 * restore, and some kernels never do. No two restores of one snapshot end at the same time, or take
 * the same number of cycles.
 */
static u64 chime_events_draw(s64 time_ns)
{
	siphash_key_t key;

	get_random_bytes(&key, sizeof(key));
	return siphash_2u64((u64)time_ns, random_get_entropy(), &key);
}

void chime_events_init(struct chime_events *events, struct rt_mutex *lock, struct chime_log *log,
		       s64 time_ns)
{
	memset(events, 0, sizeof(*events));
	events->lock = lock;
	events->log = log;
	spin_lock_init(&events->kept_lock);
	events->instance = chime_events_draw(time_ns);
}

void chime_events_renew(struct chime_events *events, s64 time_ns)
{
	lockdep_assert_held(events->lock);
	events->instance = chime_events_draw(time_ns);
}

/* "3.250 s", "17.000 ms", "840 ns": easy to read at a glance. */
static void chime_duration_words(char words[CHIME_WORDS_MAX], s64 duration_ns)
{
	u64 ns = chime_abs_sat(duration_ns);
	u64 unit = ns < NSEC_PER_MSEC ? NSEC_PER_USEC :
		   ns < NSEC_PER_SEC ? NSEC_PER_MSEC : NSEC_PER_SEC;
	const char *name = unit == NSEC_PER_USEC ? "us" : unit == NSEC_PER_MSEC ? "ms" : "s";

	if (ns < NSEC_PER_USEC)
		snprintf(words, CHIME_WORDS_MAX, "%llu ns", ns);
	else
		snprintf(words, CHIME_WORDS_MAX, "%llu.%03llu %s", div64_u64(ns, unit),
			 div64_u64(ns - div64_u64(ns, unit) * unit, div_u64(unit, 1000)), name);
}

static void chime_evidence_words(char words[CHIME_WORDS_MAX], u32 evidence)
{
	static const char * const names[] = {
		[TRUECHIME_EVIDENCE_HOST_TIME] = "host time",
		[TRUECHIME_EVIDENCE_GUEST_STOPPED] = "guest stopped",
		[TRUECHIME_EVIDENCE_GENID_NOTIFY] = "generation id",
		[TRUECHIME_EVIDENCE_GENID_CHANGED] = "new generation id",
		[TRUECHIME_EVIDENCE_MARKER] = "disruption marker",
		[TRUECHIME_EVIDENCE_GENERATION] = "generation counter",
		[TRUECHIME_EVIDENCE_RTC] = "RTC",
		[TRUECHIME_EVIDENCE_RESUME] = "resume",
		[TRUECHIME_EVIDENCE_NTP] = "NTP",
		[TRUECHIME_EVIDENCE_CLOCK_SET] = "kvm-clock set anew",
		[TRUECHIME_EVIDENCE_RAW_LOST] = "raw clock lost time",
	};
	size_t used = 0;
	unsigned int i;

	words[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (evidence & BIT(i))
			used += scnprintf(words + used, CHIME_WORDS_MAX - used, "%s%s",
					  used ? ", " : "", names[i]);
}

/* How and how soon the event was detected; empty if no witness was involved. */
static void chime_noticed_words(char words[CHIME_WORDS_MAX], const struct chime_event *event)
{
	char latency[CHIME_WORDS_MAX], evidence[CHIME_WORDS_MAX];

	words[0] = '\0';
	if (!event->evidence)
		return;
	chime_duration_words(latency, event->latency_ns);
	chime_evidence_words(evidence, event->evidence);
	snprintf(words, CHIME_WORDS_MAX, ", %s after the last good check (seen: %s)", latency,
		 evidence);
}

/* How well the timescale, to which the system clock was set, matches UTC. */
static void chime_bound_words(char words[CHIME_WORDS_MAX], s64 maxerror_ns)
{
	char bound[CHIME_WORDS_MAX];

	if (maxerror_ns == CHIME_LINE_UNBOUNDED_NS) {
		strscpy(words, "whose error against UTC is not known", CHIME_WORDS_MAX);
		return;
	}
	chime_duration_words(bound, maxerror_ns);
	snprintf(words, CHIME_WORDS_MAX, "which is within %s of UTC", bound);
}

static void chime_event_log(struct chime_log *log, const struct chime_event *event)
{
	char offset[CHIME_WORDS_MAX], residual[CHIME_WORDS_MAX], noticed[CHIME_WORDS_MAX];
	char bound[CHIME_WORDS_MAX];

	chime_noticed_words(noticed, event);
	/* A host whose clock jumps again and again must not flood the log. */
	if (event->action == TRUECHIME_ACTION_DISTRUSTED) {
		chime_log_limited(log, CHIME_LOG_WARNING,
				  "%s: the system clock was marked unsynchronised; its error is not known until a time source answers%s\n",
				  chime_cause_words(event->cause), noticed);
		return;
	}
	chime_duration_words(offset, event->offset_ns);
	chime_duration_words(residual, event->residual_ns);
	chime_bound_words(bound, event->maxerror_ns);
	chime_log_limited(log, CHIME_LOG_NOTICE,
			  "%s: the system clock was %s %s and %s; now within %s of the timescale, %s%s\n",
			  chime_cause_words(event->cause), offset,
			  event->offset_ns < 0 ? "ahead" : "behind",
			  chime_action_words(event->action), residual, bound, noticed);
}

void chime_events_record(struct chime_events *events, struct chime_event *event)
{
	lockdep_assert_held(events->lock);
	event->instance = events->instance;
	spin_lock(&events->kept_lock);
	event->sequence = ++events->count;
	events->kept[event->sequence % CHIME_EVENTS_KEPT] = *event;
	spin_unlock(&events->kept_lock);
	chime_netlink_notify(event);
	chime_event_log(events->log, event);
}

/* The number of the oldest event that is kept. */
static u32 chime_events_oldest(const struct chime_events *events)
{
	return events->count > CHIME_EVENTS_KEPT ? events->count - CHIME_EVENTS_KEPT + 1 : 1;
}

u32 chime_events_count(struct chime_events *events)
{
	u32 count;

	spin_lock(&events->kept_lock);
	count = events->count;
	spin_unlock(&events->kept_lock);
	return count;
}

bool chime_events_next(struct chime_events *events, u32 sequence, struct chime_event *event)
{
	bool found;

	spin_lock(&events->kept_lock);
	sequence = max(sequence, chime_events_oldest(events));
	found = sequence <= events->count;
	if (found)
		*event = events->kept[sequence % CHIME_EVENTS_KEPT];
	spin_unlock(&events->kept_lock);
	return found;
}
