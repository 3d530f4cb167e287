// SPDX-License-Identifier: GPL-2.0-only
/*
 * Other time daemons on this machine: what is logged of them, and whether the clock is left to
 * them. steering/steering_rival.c notices when one sets the clock, rivals_seen.c is told which one.
 */
#include "daemon/daemon.h"

#include <string.h>

#include "lib/time_units.h"
#include "steering/time_daemon_names.h"

/* A unit that is started, or stopped, is noticed within this. */
#define CHECK_NS	(60 * NS_PER_S)

#define PROC		"/proc"
#define CGROUP		"/sys/fs/cgroup"

static void log_rivals(const struct daemon *daemon, const struct time_daemon *rivals, size_t count)
{
	char text[TIME_DAEMONS_TEXT_MAX], command[TIME_DAEMON_COMMAND_MAX];

	if (daemon->config->rivals == CONFIG_RIVALS_IGNORE) {
		if (daemon->rivals.yielding)
			log_notice("The clock is steered again, whatever else runs (rivals ignore)");
		return;
	}
	if (!count) {
		log_notice("No other time daemon runs any more%s",
			   daemon->rivals.yielding ? "; the clock is steered again" : "");
		return;
	}
	time_daemons_text(rivals, count, text);
	if (daemon->config->rivals == CONFIG_RIVALS_YIELD) {
		log_notice("The clock is left to what runs beside this daemon: %s (rivals yield)",
			   text);
		return;
	}
	time_daemon_stop_command(&rivals[0], command);
	log_warning("Another time daemon runs: %s. Two programs that set one clock fight over it. Stop it with: %s; or see \"rivals\" in truechime.conf(5)",
		    text, command);
}

static bool is_known(const struct daemon *daemon, const struct time_daemon *rival)
{
	const struct time_daemon *running = daemon->rivals.running;
	size_t i;

	for (i = 0; i < daemon->rivals.running_count; i++)
		if (!strcmp(rival->program, running[i].program) &&
		    !strcmp(rival->unit, running[i].unit))
			return true;
	return false;
}

/* All of these were found before; in which order, and by which of their processes, is no news. */
static bool are_known(const struct daemon *daemon, const struct time_daemon *rivals, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!is_known(daemon, &rivals[i]))
			return false;
	return true;
}

static void take_rivals(struct daemon *daemon, const struct time_daemon *rivals, size_t count)
{
	bool yield = count && daemon->config->rivals == CONFIG_RIVALS_YIELD;

	if (count != daemon->rivals.running_count || !are_known(daemon, rivals, count) ||
	    yield != daemon->rivals.yielding)
		log_rivals(daemon, rivals, count);
	memcpy(daemon->rivals.running, rivals, count * sizeof(*rivals));
	daemon->rivals.running_count = count;
	if (yield == daemon->rivals.yielding)
		return;
	daemon->rivals.yielding = yield;
	daemon->sources_changed = true;
	steering_yield(daemon->steering, yield);
}

static bool is_known_agent(const struct daemon *daemon, const struct time_daemon *agent)
{
	for (size_t i = 0; i < daemon->rivals.agent_count; i++)
		if (!strcmp(daemon->rivals.agents[i].program, agent->program))
			return true;
	return false;
}

/*
 * Agents of hypervisors set the clock once in a while, and not against this daemon: they are named
 * once, and the clock is not left to them.
 */
static void take_agent(struct daemon *daemon, const struct time_daemon *agent)
{
	char text[TIME_DAEMONS_TEXT_MAX];

	if (daemon->config->rivals == CONFIG_RIVALS_IGNORE || is_known_agent(daemon, agent) ||
	    daemon->rivals.agent_count == TIME_DAEMONS_MAX)
		return;
	daemon->rivals.agents[daemon->rivals.agent_count++] = *agent;
	time_daemons_text(agent, 1, text);
	log_notice("An agent of the hypervisor runs that may set the clock: %s. If it does, and the time is wrong then, the clock is set back. What keeps it from that: %s",
		   text, time_daemon_advice(agent->program));
}

/* Take the agents out of what was found. How many are left. */
static size_t take_agents(struct daemon *daemon, struct time_daemon *found, size_t count)
{
	size_t i, left = 0;

	for (i = 0; i < count; i++)
		if (found[i].is_agent)
			take_agent(daemon, &found[i]);
		else
			found[left++] = found[i];
	return left;
}

/* Several processes of one program in one unit are one daemon. */
static bool is_same(const struct time_daemon *one, const struct time_daemon *other)
{
	return one->pid == other->pid || (*one->unit && !strcmp(one->unit, other->unit) &&
					  !strcmp(one->program, other->program));
}

/* Those that belong to no unit that is known were found when all processes were read. */
static size_t keep_running(const struct daemon *daemon, struct time_daemon *rivals, size_t count)
{
	size_t i, j;

	for (i = 0; i < daemon->rivals.running_count && count < TIME_DAEMONS_MAX; i++) {
		for (j = 0; j < count && !is_same(&rivals[j], &daemon->rivals.running[i]); j++)
			;
		if (j == count && time_daemon_runs(PROC, &daemon->rivals.running[i]))
			rivals[count++] = daemon->rivals.running[i];
	}
	return count;
}

static void look_for_rivals(struct daemon *daemon, bool by_process)
{
	struct time_daemon rivals[TIME_DAEMONS_MAX];
	size_t count = 0;

	daemon->rivals.next_ns = INT64_MAX;
	/* -x and -Q touch no clock, and -q is to set it now. */
	if (daemon->options->no_clock || daemon->options->task != DAEMON_RUN)
		return;
	if (daemon->config->rivals != CONFIG_RIVALS_IGNORE) {
		count = time_daemons_find(by_process ? PROC : NULL, CGROUP, rivals);
		count = take_agents(daemon, rivals, count);
		if (!by_process)
			count = keep_running(daemon, rivals, count);
		count = daemon_add_seen(daemon, rivals, count);
		daemon->rivals.next_ns = chime_add_sat(system_clock_raw_ns(), CHECK_NS);
	}
	take_rivals(daemon, rivals, count);
}

void daemon_find_rivals(struct daemon *daemon)
{
	look_for_rivals(daemon, true);
}

void daemon_watch_rivals(struct daemon *daemon, int64_t now_ns)
{
	if (now_ns >= daemon->rivals.next_ns)
		look_for_rivals(daemon, false);
}
