// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that truechime-watch has seen changing the clock. Whatever they are called, those that
 * go on to do so are time daemons.
 */
#include "daemon/requests.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "lib/time_units.h"
#include "steering/time_daemon_names.h"

/* An operator runs date(1) once or twice. */
#define STEERS_TIMES	3

/* No time daemon leaves the clock alone for longer. */
#define QUIET_NS	(3600 * NS_PER_S)

static struct rival_seen *find(struct daemon *daemon, const struct rival_notice *notice)
{
	for (size_t i = 0; i < daemon->rivals.seen_count; i++) {
		struct rival_seen *seen = &daemon->rivals.seen[i];

		if (!strcmp(seen->daemon.program, notice->program) &&
		    !strcmp(seen->where, notice->where))
			return seen;
	}

	return NULL;
}

/* A new one, in the place of the one that was quiet longest if there is no other. */
static struct rival_seen *add(struct daemon *daemon, const struct rival_notice *notice)
{
	struct rival_seen *seen = &daemon->rivals.seen[0];

	if (daemon->rivals.seen_count < TIME_DAEMONS_MAX)
		seen = &daemon->rivals.seen[daemon->rivals.seen_count++];
	for (size_t i = 0; i < daemon->rivals.seen_count; i++) {
		if (daemon->rivals.seen[i].latest_ns < seen->latest_ns)
			seen = &daemon->rivals.seen[i];
	}
	memset(seen, 0, sizeof(*seen));
	snprintf(seen->daemon.program, sizeof(seen->daemon.program), "%s", notice->program);
	seen->daemon.is_agent = time_daemon_is_agent(notice->program);
	snprintf(seen->where, sizeof(seen->where), "%s", notice->where);
	/* What is in a container has none, and no unit that is known has a longer name. */
	if (!strchr(notice->where, ' ') && strlen(notice->where) < sizeof(seen->daemon.unit))
		memcpy(seen->daemon.unit, notice->where, strlen(notice->where) + 1);

	return seen;
}

static void log_seen(const struct daemon *daemon, struct rival_seen *seen,
		     const struct rival_notice *notice)
{
	const char *remedy = seen->daemon.is_agent ? ". What keeps it from that: " :
						     ". To end it: ";

	if (daemon->config->rivals == CONFIG_RIVALS_IGNORE ||
	    !log_limit_pass(&seen->log, seen->latest_ns, QUIET_NS))
		return;
	log_warning("%s (process %d%s%s) changes the system clock: at last it %s (changes so far: %lld)%s%s. See: truechime rivals",
		    notice->program, notice->pid, *notice->where ? ", " : "", notice->where,
		    notice->what, (long long)notice->times,
		    *notice->advice ? remedy : "", notice->advice);
}

/* Does it go on to change the clock? Agents do not, though they may set it after each restore. */
static bool steers(const struct rival_seen *seen, const struct rival_notice *notice)
{
	return notice->runs && notice->pid && notice->times >= STEERS_TIMES &&
	       !seen->daemon.is_agent;
}

/* Where it is to have the clock, or has ended, that is not left for a minute. */
static void judge(struct daemon *daemon, struct rival_seen *seen,
		  const struct rival_notice *notice)
{
	bool before = seen->steers;

	seen->steers = steers(seen, notice);
	if (seen->steers != before && daemon->config->rivals == CONFIG_RIVALS_YIELD)
		daemon->rivals.next_ns = 0;
}

json_t *daemon_note_rival(struct daemon *daemon, const char *arguments, const char **error)
{
	struct rival_notice notice;
	struct rival_seen *seen;

	if (rival_notice_parse(arguments, &notice)) {
		*error = "not a notice of truechime-watch";
		return NULL;
	}
	seen = find(daemon, &notice);
	if (!seen)
		seen = add(daemon, &notice);
	seen->daemon.pid = notice.pid;
	seen->latest_ns = system_clock_raw_ns();
	log_seen(daemon, seen, &notice);
	judge(daemon, seen, &notice);
	/* What it did to the rate is found, and undone, now and not at the next check. */
	steering_follow_now(daemon->steering);

	return json_pack("{s:b}", "ok", 1);
}

static bool is_among(const struct time_daemon *rivals, size_t count, const struct rival_seen *seen)
{
	for (size_t i = 0; i < count; i++) {
		if (rivals[i].pid == seen->daemon.pid ||
		    (*seen->daemon.unit && !strcmp(rivals[i].unit, seen->daemon.unit)))
			return true;
	}

	return false;
}

size_t daemon_add_seen(struct daemon *daemon, struct time_daemon *rivals, size_t count)
{
	int64_t now_ns = system_clock_raw_ns();

	if (daemon->config->rivals != CONFIG_RIVALS_YIELD)
		return count;
	for (size_t i = 0; i < daemon->rivals.seen_count && count < TIME_DAEMONS_MAX; i++) {
		struct rival_seen *seen = &daemon->rivals.seen[i];

		/* That it has ended may have been told by nobody: the watch ends, too. */
		if (seen->steers && kill(seen->daemon.pid, 0) && errno == ESRCH)
			seen->steers = false;
		if (seen->steers && !is_among(rivals, count, seen) &&
		    chime_sub_sat(now_ns, seen->latest_ns) < QUIET_NS)
			rivals[count++] = seen->daemon;
	}

	return count;
}
