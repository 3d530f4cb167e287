// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon as a witness: what it does, and what it lets the discipline do, when the sources
 * contradict. The verdict, the timescale and whoever is told are stand-ins.
 */
#include "user/daemon/daemon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/lib/log.h"

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

static struct {
	struct consensus_result result;
	bool disrupted;			/* and not confirmed since, as steering has it ... */
	bool given_confirmed;		/* ... and the consensus */
	struct consensus_terms terms;
	int64_t given_maxerror_ns;	/* of the clock, as the consensus has it */
	int disrupted_error;
	int64_t maxchange_ns;
	bool permitted;
	int updates;
	int permitted_updates;
	uint32_t evidence;		/* of the event that the timescale leaves to be told */
	int jumps;
	int64_t jump_ns;
	uint32_t jump_epoch;
	int bursts;
	int burst_count;
	int events;
	int forgotten;
	int published;
	int voids;			/* steering was told that what it knew is void */
	bool confirmed;
	int64_t far_ns;			/* where most say that UTC is; 0: within the bound */
	int64_t widened_ns;		/* of the bound, since sources contradict the clock */
	bool contradicted;		/* steering was told that they do */
	int awaits;
	int failed;
	int steps;			/* that the operator has asked for */
	int step_error;
} world;

void consensus_update(struct consensus *consensus, struct source *const *sources, size_t count,
		      const struct timescale_now *now, const struct consensus_terms *terms,
		      struct consensus_result *result)
{
	world.given_confirmed = terms->confirmed;
	world.terms = *terms;
	world.given_maxerror_ns = now->maxerror_ns;
	*result = world.result;
}

static int disrupted(struct timescale *timescale, const struct module_jump *jump,
		     uint32_t epoch, struct module_event *event)
{
	world.jumps += !world.widened_ns;
	world.jump_ns = jump->offset_ns;
	world.jump_epoch = epoch;
	*event = (struct module_event){ .evidence = world.evidence };
	return world.disrupted_error;
}

static int clocks(struct timescale *timescale, struct timescale_now *now)
{
	*now = (struct timescale_now){ .epoch = 4 };
	return 0;
}

static const struct timescale_ops ops = { .now = clocks, .disrupted = disrupted };
static struct timescale timescale = { .ops = &ops };

void daemon_burst(struct daemon *daemon, int count)
{
	world.bursts++;
	world.burst_count = count;
}

int steering_step(struct steering *steering, const char *reason)
{
	world.steps++;
	return world.step_error;
}

void daemon_own_event(struct daemon *daemon, const struct module_event *event)
{
	world.events++;
}

void daemon_change_reference(struct daemon *daemon, const struct reference_change *change)
{
	world.forgotten += !reference_change_keeps_offset(change);
}

void daemon_check_epoch(struct daemon *daemon, const struct timescale_now *now)
{
}

void daemon_module_failed(struct daemon *daemon, int err)
{
	world.failed = err;
}

bool daemon_tries_again(struct daemon *daemon, const struct timescale_now *now, int err)
{
	daemon->sources_changed |= err == -ESTALE;
	world.awaits += err == -EAGAIN;
	return err == -ESTALE || err == -EAGAIN;
}

const char *module_link_words(const struct module_link *link, int err)
{
	return "";
}

bool discipline_forbids(const struct discipline *discipline, int64_t change_ns)
{
	return world.maxchange_ns && llabs(change_ns) > world.maxchange_ns;
}

void discipline_permit(struct discipline *discipline, bool permit)
{
	world.permitted = permit;
}

void daemon_update(struct daemon *daemon)
{
	world.updates++;
	world.permitted_updates += world.permitted;
}

void daemon_leave_unconfirmed(struct daemon *daemon, const struct timescale_now *now)
{
	world.confirmed = false;
}

void steering_get_status(const struct steering *steering, struct steering_status *status)
{
	*status = (struct steering_status){
		.trust = world.disrupted ? TRUST_DISRUPTED : TRUST_CONFIRMED,
	};
}

int64_t discipline_reach(const struct discipline *discipline, struct source *const *sources,
			 size_t count, const struct timescale_now *now)
{
	return world.far_ns;
}

void steering_widen(struct steering *steering, int64_t reach_ns, const struct timescale_now *now)
{
	world.widened_ns = reach_ns - now->maxerror_ns;
}

void steering_narrow(struct steering *steering, const struct timescale_now *now)
{
	world.widened_ns = 0;
}

int64_t steering_known_ns(const struct steering *steering, const struct timescale_now *now)
{
	return now->maxerror_ns == CHIME_LINE_UNBOUNDED_NS ? now->maxerror_ns :
							     now->maxerror_ns - world.widened_ns;
}

void steering_set_contradicted(struct steering *steering, bool contradicted)
{
	world.contradicted = contradicted;
}

void steering_disrupted(struct steering *steering, bool keep)
{
	world.voids += !keep;
}

void steering_follow_now(struct steering *steering)
{
	world.published++;
}

FIXTURE(witness)
{
	struct daemon_options options;
	struct config config;
	struct daemon daemon;
	struct timescale_now now;
};

FIXTURE_SETUP(witness)
{
	log_set_level(-1);
	memset(&world, 0, sizeof(world));
	memset(self, 0, sizeof(*self));
	world.confirmed = true;
	self->daemon.options = &self->options;
	self->daemon.config = &self->config;
	self->daemon.timescale = &timescale;
	self->now.epoch = 3;
}

FIXTURE_TEARDOWN(witness)
{
}

/* Whether the discipline may learn when that is the verdict. */
static bool judge(FIXTURE_DATA(witness) *self, enum consensus_verdict verdict, int64_t offset_ns)
{
	world.result.verdict = verdict;
	world.result.offset_ns = offset_ns;
	world.result.agreeing = 2;
	return daemon_judge_sources(&self->daemon, NULL, 0, &self->now);
}

TEST_F(witness, suspicion_asks_and_holds_on)
{
	world.result.ask = true;
	EXPECT_FALSE(judge(self, CONSENSUS_SUSPECT, 0));
	EXPECT_TRUE(world.contradicted);
	EXPECT_EQ(1, world.bursts);
	EXPECT_EQ(CONSENSUS_BURST, world.burst_count);
	EXPECT_TRUE(world.given_confirmed);
	world.result.ask = false;
	world.disrupted = true;
	EXPECT_TRUE(judge(self, CONSENSUS_OK, 0));
	EXPECT_FALSE(world.contradicted);
	EXPECT_FALSE(world.given_confirmed);
	EXPECT_EQ(1, world.bursts);
	EXPECT_TRUE(world.confirmed);
}

/* For minutes nothing is learned from them, but what is published has to hold. */
TEST_F(witness, suspicion_that_lasts_widens_the_bound)
{
	self->now.maxerror_ns = 10;
	world.far_ns = 60;
	EXPECT_FALSE(judge(self, CONSENSUS_SUSPECT, 0));
	EXPECT_EQ(0, world.widened_ns);
	world.result.rests = true;
	world.disrupted = true;
	EXPECT_FALSE(judge(self, CONSENSUS_SUSPECT, 0));
	EXPECT_EQ(0, world.widened_ns);
	world.disrupted = false;
	EXPECT_FALSE(judge(self, CONSENSUS_SUSPECT, 0));
	EXPECT_EQ(50, world.widened_ns);
	EXPECT_EQ(10, world.given_maxerror_ns);
	/* Nobody could contradict that one. */
	self->now.maxerror_ns = 60;
	world.far_ns = 0;
	EXPECT_FALSE(judge(self, CONSENSUS_SUSPECT, 0));
	EXPECT_EQ(10, world.given_maxerror_ns);
	self->now.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	EXPECT_FALSE(judge(self, CONSENSUS_SUSPECT, 0));
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, world.given_maxerror_ns);
	/* A jump is as far as they say, and leaves no more open. */
	EXPECT_FALSE(judge(self, CONSENSUS_JUMP, 60 * NS_PER_S));
	EXPECT_EQ(1, world.jumps);
}

TEST_F(witness, jump_is_followed_by_who_keeps_the_time)
{
	EXPECT_FALSE(judge(self, CONSENSUS_JUMP, 60 * NS_PER_S));
	EXPECT_EQ(1, world.jumps);
	EXPECT_EQ(60 * NS_PER_S, world.jump_ns);
	EXPECT_EQ(3, world.jump_epoch);
	EXPECT_EQ(1, world.voids);
	EXPECT_EQ(1, world.bursts);
	/* The module tells it. */
	EXPECT_EQ(0, world.events);
	EXPECT_EQ(0, self->daemon.known.disruptions);

	world.evidence = 1U << TRUECHIME_EVIDENCE_NTP;
	EXPECT_FALSE(judge(self, CONSENSUS_JUMP, 60 * NS_PER_S));
	EXPECT_EQ(1, world.events);
	EXPECT_EQ(1, self->daemon.known.disruptions);
}

TEST_F(witness, jump_that_others_saw_is_not_learned_from)
{
	world.disrupted_error = -ESTALE;
	EXPECT_FALSE(judge(self, CONSENSUS_JUMP, 60 * NS_PER_S));
	EXPECT_EQ(0, world.voids);
	EXPECT_TRUE(self->daemon.sources_changed);
}

/* The host will say it. */
TEST_F(witness, jump_beside_a_host_that_is_waited_for_is_not_learned_from)
{
	world.disrupted_error = -EAGAIN;
	EXPECT_FALSE(judge(self, CONSENSUS_JUMP, 60 * NS_PER_S));
	EXPECT_EQ(1, world.awaits);
	EXPECT_EQ(0, world.voids);
	EXPECT_EQ(0, world.failed);
}

TEST_F(witness, jump_that_is_refused_is_corrected_as_usual)
{
	world.disrupted_error = -ENOENT;
	EXPECT_TRUE(judge(self, CONSENSUS_JUMP, 60 * NS_PER_S));
	EXPECT_EQ(-ENOENT, world.failed);
	EXPECT_EQ(0, world.voids);
}

TEST_F(witness, who_only_looks_does_not_jump)
{
	self->options.no_clock = true;
	EXPECT_TRUE(judge(self, CONSENSUS_JUMP, 60 * NS_PER_S));
	self->options.no_clock = false;
	self->options.task = DAEMON_SET;
	EXPECT_TRUE(judge(self, CONSENSUS_JUMP, 60 * NS_PER_S));
	self->options.task = DAEMON_RUN;
	self->config.discipline.minsources = 3;
	EXPECT_TRUE(judge(self, CONSENSUS_JUMP, 60 * NS_PER_S));
	EXPECT_EQ(0, world.jumps);
}

TEST_F(witness, jump_that_maxchange_forbids_is_left_to_the_discipline)
{
	world.maxchange_ns = 1000 * NS_PER_S;
	EXPECT_TRUE(judge(self, CONSENSUS_JUMP, 1001 * NS_PER_S));
	EXPECT_TRUE(judge(self, CONSENSUS_JUMP, -1001 * NS_PER_S));
	EXPECT_EQ(0, world.jumps);
	EXPECT_EQ(0, world.voids);
	EXPECT_FALSE(judge(self, CONSENSUS_JUMP, 1000 * NS_PER_S));
	EXPECT_EQ(1, world.jumps);
}

TEST_F(witness, falseticker_leaves_the_clock_unconfirmed)
{
	EXPECT_FALSE(judge(self, CONSENSUS_FALSETICKER, -60 * NS_PER_S));
	EXPECT_FALSE(world.confirmed);
	EXPECT_EQ(1, world.published);
	EXPECT_EQ(0, world.jumps);
	/* Said once. */
	EXPECT_FALSE(judge(self, CONSENSUS_FALSETICKER, -60 * NS_PER_S));
	EXPECT_EQ(1, world.published);
	EXPECT_TRUE(judge(self, CONSENSUS_OK, 0));
}

TEST_F(witness, what_nobody_resolves_leaves_the_clock_unconfirmed)
{
	EXPECT_FALSE(judge(self, CONSENSUS_SUSPECT, 60 * NS_PER_S));
	EXPECT_TRUE(world.confirmed);
	EXPECT_FALSE(judge(self, CONSENSUS_UNRESOLVED, 60 * NS_PER_S));
	EXPECT_TRUE(world.contradicted);
	EXPECT_FALSE(world.confirmed);
	EXPECT_EQ(1, world.published);
	EXPECT_EQ(0, world.jumps);
	/* Said once. */
	EXPECT_FALSE(judge(self, CONSENSUS_UNRESOLVED, 60 * NS_PER_S));
	EXPECT_EQ(1, world.published);
	/* The operator knows. */
	EXPECT_EQ(1, daemon_make_step(&self->daemon));
	EXPECT_EQ(1, world.forgotten);
	EXPECT_TRUE(judge(self, CONSENSUS_OK, 0));
}

TEST_F(witness, only_a_virtual_machine_loses_time_unseen)
{
	EXPECT_TRUE(judge(self, CONSENSUS_OK, 0));
	EXPECT_FALSE(world.terms.jumps);
	self->config.ntp_jump = true;
	self->config.max_ntp_jump_s = 3600;
	EXPECT_TRUE(judge(self, CONSENSUS_OK, 0));
	EXPECT_TRUE(world.terms.jumps);
	EXPECT_EQ(3600 * NS_PER_S, world.terms.max_jump_ns);
	self->config.ntp_jump = false;
	self->daemon.virtual_machine = true;
	EXPECT_TRUE(judge(self, CONSENSUS_OK, 0));
	EXPECT_TRUE(world.terms.jumps);
	/* Whoever knows a host is one, on whatever processor. */
	self->daemon.virtual_machine = false;
	self->now.host_known = true;
	EXPECT_TRUE(judge(self, CONSENSUS_OK, 0));
	EXPECT_TRUE(world.terms.jumps);
}

/* Nobody contradicts what is not known; but one answer is too few at a start all the same. */
TEST_F(witness, sources_are_none_when_told_so)
{
	EXPECT_TRUE(judge(self, CONSENSUS_OK, 0));
	EXPECT_EQ(0, world.given_maxerror_ns);
	self->config.no_ntp_jump = true;
	EXPECT_FALSE(judge(self, CONSENSUS_SUSPECT, 0));
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, world.given_maxerror_ns);
	EXPECT_TRUE(judge(self, CONSENSUS_OK, 0));
	EXPECT_EQ(CONSENSUS_OK, self->daemon.verdict);
}

TEST_F(witness, operator_has_the_falseticker_followed)
{
	EXPECT_EQ(0, daemon_make_step(&self->daemon));
	EXPECT_EQ(0, world.forgotten);
	judge(self, CONSENSUS_FALSETICKER, -60 * NS_PER_S);
	EXPECT_EQ(1, world.steps);
	EXPECT_EQ(1, daemon_make_step(&self->daemon));
	EXPECT_EQ(1, world.forgotten);
	EXPECT_EQ(1, world.voids);
	EXPECT_EQ(1, world.bursts);
	/* Not to the time that is contradicted. */
	EXPECT_EQ(1, world.steps);
	EXPECT_EQ(0, daemon_make_step(&self->daemon));
	EXPECT_EQ(1, world.forgotten);
}

TEST_F(witness, operator_has_a_refused_change_made)
{
	EXPECT_EQ(0, daemon_make_step(&self->daemon));
	EXPECT_EQ(0, world.updates);
	self->daemon.update.result.step = DISCIPLINE_REFUSED;
	EXPECT_EQ(0, daemon_make_step(&self->daemon));
	EXPECT_EQ(1, world.updates);
	EXPECT_EQ(1, world.permitted_updates);
	/* That one. */
	EXPECT_FALSE(world.permitted);
	EXPECT_EQ(2, world.steps);
	world.step_error = -EPERM;
	EXPECT_EQ(-EPERM, daemon_make_step(&self->daemon));
}

TEST_HARNESS_MAIN
