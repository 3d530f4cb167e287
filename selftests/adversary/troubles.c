// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to the guest and to its host.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"
#include "mind.h"
#include "variation.h"
#include "world.h"

/* With this the process ends whose guest is reverted. */
#define STATUS_REVERTED	77

/* Snapshots that this guest can be reverted to: processes that wait. */
static int snapshots;

static const char * const trouble_names[TROUBLE_KINDS] = {
	"snapshot", "revert", "fork", "pause", "stall", "suspend", "raw ahead", "host step",
	"outage",
};

const char *trouble_name(enum trouble_kind kind)
{
	return trouble_names[kind];
}

/* The host's clock may not answer for a while after that, or an agent set the clock. */
static void vary(const struct trouble *trouble)
{
	double chance = random_uniform(&world->random);
	int64_t by_ns;

	if (trouble->kind == TROUBLE_HOST_STEP || trouble->kind == TROUBLE_STALL)
		return;
	if (is_varied(VARIATION_SILENT_HOST) && chance < 0.5)
		host_falls_silent(600);
	if (!is_varied(VARIATION_AGENT) || trouble->kind == TROUBLE_SUSPEND)
		return;
	/* A guest's agent, which is right to some ms or a second; or anything. */
	if (chance < 0.3)
		by_ns = (int64_t)(0.1e9 * (random_uniform(&world->random) - 0.5)) -
			guest_error_ns();
	else if (chance < 0.6)
		by_ns = (int64_t)(random_log(&world->random, 1e-3, 1e6) * 1e9) *
			(chance < 0.45 ? 1 : -1);
	else
		return;
	world_log("another program sets the clock by %+.6f s", (double)by_ns / 1e9);
	guest_set_by_other(by_ns);
}

/* By the generation id, if there is one. */
static bool is_notified(const struct trouble *trouble)
{
	return trouble->kind == TROUBLE_AHEAD ||
	       (trouble->kind == TROUBLE_REVERT && trouble->noticed);
}

/* By how much the guest's clocks went back. */
static int64_t lost_ns(const struct trouble *trouble)
{
	if (trouble->kind == TROUBLE_AHEAD)
		return -trouble->size_ns;
	return trouble->kind == TROUBLE_REVERT || trouble->kind == TROUBLE_FORK ||
	       trouble->kind == TROUBLE_PAUSE ? trouble->size_ns : 0;
}

static void tell(const struct trouble *trouble)
{
	world->lost_ns = lost_ns(trouble);
	if (is_varied(VARIATION_CONGESTION))
		network_congest();
	world_log("%s of %.3f s%s", trouble_name(trouble->kind), (double)trouble->size_ns / 1e9,
		  trouble->noticed ? ", noticed" : "");
	vary(trouble);
	judge_disrupted(trouble);
	if (trouble->kind != TROUBLE_HOST_STEP)
		module_disrupted(is_notified(trouble));
	mind_disrupted();
}

/* What was planned for later happens as much later. */
static void skip_time(int64_t ns)
{
	int i;

	network_drop();
	if (!host_is_right())
		world->host.until_ns += ns;
	if (world->liars_from_ns)
		world->liars_from_ns += ns;
	if (world->rested_ns > world->now_ns)
		world->rested_ns += ns;
	world->now_ns += ns;
	world->end_ns += ns;
	for (i = 0; i < world->trouble_count; i++)
		world->troubles[i].at_ns += ns;
}

/* Time goes on without the guest. */
static void lose_time(const struct trouble *trouble)
{
	skip_time(trouble->size_ns);
	world->settings++;
	if (trouble->kind == TROUBLE_FORK)
		world->genid++;
	if (is_varied(VARIATION_OTHER_HOST))
		host_changes();
	tell(trouble);
}

#define STORMS_MAX	12

static bool is_host_stepped(void)
{
	int i;

	for (i = 0; i < world->trouble_count; i++)
		if (world->troubles[i].kind == TROUBLE_HOST_STEP)
			return true;
	return false;
}

static enum trouble_kind draw_stop(void)
{
	double kind = random_uniform(&world->random);

	if (kind < 0.6)
		return TROUBLE_REVERT;
	return kind < 0.8 ? TROUBLE_FORK : TROUBLE_PAUSE;
}

/* The same snapshot again perhaps, while the answers of the first time are awaited. */
static void stop_again(int number)
{
	struct trouble trouble = world->troubles[number];
	int i;

	if (!is_varied(VARIATION_REVERT_STORM) || is_host_stepped() ||
	    world->storms >= STORMS_MAX || random_uniform(&world->random) < 0.2)
		return;
	world->storms++;
	trouble.done = false;
	trouble.kind = draw_stop();
	trouble.at_ns = world->now_ns + (int64_t)(random_log(&world->random, 0.005, 40) * 1e9);
	trouble.size_ns = (int64_t)(random_log(&world->random, 0.05, 900) * 1e9);
	trouble.noticed = random_uniform(&world->random) < 0.5;
	/* In order of time. */
	for (i = number; i + 1 < world->trouble_count &&
	     world->troubles[i + 1].at_ns < trouble.at_ns; i++)
		world->troubles[i] = world->troubles[i + 1];
	world->troubles[i] = trouble;
}

static void go_on_from_snapshot(void)
{
	int number = world->reverting;

	world->reverting = -1;
	lose_time(&world->troubles[number]);
	stop_again(number);
}

/* Wait for a copy's end. The daemon's own timer, set at a reload, may ring here meanwhile. */
static bool wait_for(pid_t pid, int *status)
{
	pid_t ended;

	do
		ended = waitpid(pid, status, 0);
	while (ended < 0 && errno == EINTR);

	return ended == pid;
}

/* This process becomes the snapshot, and each copy of it the guest that goes on. */
static void take_snapshot(void)
{
	bool reverted = false;
	int status;
	pid_t pid;

	guest.snapshot_ns = world->now_ns;
	for (;;) {
		pid = fork();
		if (!pid) {
			snapshots++;
			if (reverted)
				go_on_from_snapshot();
			return;
		}
		if (pid < 0 || !wait_for(pid, &status))
			_exit(1);
		if (!WIFEXITED(status))
			_exit(2);
		if (WEXITSTATUS(status) != STATUS_REVERTED)
			_exit(WEXITSTATUS(status));
		reverted = true;
	}
}

static void revert(struct trouble *trouble)
{
	if (!snapshots) {
		lose_time(trouble);
		stop_again((int)(trouble - world->troubles));
		return;
	}
	world->reverting = (int)(trouble - world->troubles);
	_exit(STATUS_REVERTED);
}

static void stall(const struct trouble *trouble)
{
	guest_advance(trouble->size_ns);
	world->now_ns += trouble->size_ns;
	tell(trouble);
}

/* Raw stands still, and the kernel puts its own clock forward by an RTC that counts in seconds. */
static void suspend(const struct trouble *trouble)
{
	int64_t slept_ns = trouble->size_ns;

	module_suspending();
	skip_time(trouble->size_ns);
	slept_ns += (int64_t)((random_uniform(&world->random) - 0.5) * 1e9);
	guest_resume(slept_ns > 0 ? slept_ns : 0);
	tell(trouble);
	/* Processes are thawed before the module is told, as by the kernel's suspend_finish() */
	if (is_varied(VARIATION_EARLY_THAW))
		guest.thawed_ns = world->now_ns +
			(int64_t)(random_log(&world->random, 1e-4, 0.05) * 1e9);
	else
		module_resumed();
}

static void go_ahead(const struct trouble *trouble)
{
	guest.raw_ns += trouble->size_ns;
	guest.mono_ns += trouble->size_ns;
	world->settings++;
	tell(trouble);
}

/* The host is not set right again just before something else happens, see drop_hidden_steps(). */
static int64_t end_of_step(int64_t until_ns)
{
	int i;

	for (i = 0; i < world->trouble_count; i++) {
		const struct trouble *trouble = &world->troubles[i];

		if (!trouble->done && llabs(trouble->at_ns - until_ns) < CHECK_NS)
			until_ns = trouble->at_ns + CHECK_NS;
	}
	return until_ns;
}

static void step_host(const struct trouble *trouble)
{
	world->host.step_ns = trouble->size_ns;
	world->host.until_ns = end_of_step(world->now_ns +
			       (int64_t)(600e9 * (0.2 + random_uniform(&world->random))));
	tell(trouble);
}

static void begin_outage(const struct trouble *trouble)
{
	int64_t until_ns = world->now_ns + trouble->size_ns;

	network_drop();
	/* The operator may have taken all sources offline for longer. */
	if (until_ns > world->outage_until_ns)
		world->outage_until_ns = until_ns;
	if (is_varied(VARIATION_LIARS_FIRST))
		world->liars_from_ns = world->outage_until_ns -
				       (int64_t)(random_log(&world->random, 0.1, 10) * 1e9);
	world_log("%s of %.0f s", trouble_name(trouble->kind), (double)trouble->size_ns / 1e9);
}

static void happen(struct trouble *trouble)
{
	trouble->done = true;
	switch (trouble->kind) {
	case TROUBLE_SNAPSHOT:
		world_log("snapshot");
		take_snapshot();
		break;
	case TROUBLE_REVERT:
	case TROUBLE_FORK:
		revert(trouble);
		break;
	case TROUBLE_PAUSE:
		lose_time(trouble);
		stop_again((int)(trouble - world->troubles));
		break;
	case TROUBLE_STALL:
		stall(trouble);
		break;
	case TROUBLE_SUSPEND:
		suspend(trouble);
		break;
	case TROUBLE_AHEAD:
		go_ahead(trouble);
		break;
	case TROUBLE_HOST_STEP:
		step_host(trouble);
		break;
	case TROUBLE_OUTAGE:
		begin_outage(trouble);
		break;
	case TROUBLE_KINDS:
		break;
	}
}

void troubles_happen(enum trouble_moment moment)
{
	int i;

	for (i = 0; i < world->trouble_count; i++) {
		struct trouble *trouble = &world->troubles[i];

		if (trouble->done || trouble->moment != moment || trouble->at_ns > world->now_ns)
			continue;
		happen(trouble);
		return;
	}
}
