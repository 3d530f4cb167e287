// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one turn of the loop asks of the module: an answer that was received is judged, becomes a
 * correction, and the system clock's rate and bound. Discipline, sources and module are stand-ins,
 * and each request to the module is counted; so are those that ntp/client.c makes, in
 * ntp/test_client.c.
 */
#include "user/daemon/daemon.h"

#include "selftests/unit/daemon_edges.h"
#include "selftests/unit/fake_clock.h"
#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/daemon/notify.h"
#include "user/lib/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define S	1000000000LL
#define MS	1000000LL
#define US	1000LL

struct module_link {
	int requests;
	uint32_t epoch;
	bool passed;			/* the epoch, once */
	bool tells;			/* which correction is in force */
	bool has_host;			/* whose time UTC is, but for the correction */
	struct chime_line correction;
	int64_t disputed_ns;		/* of its bound */
};

static struct {
	struct discipline_result found;
	enum discipline_step step;
	int selected;			/* source, -1: none */
	int selections;
	int returned;			/* steps that could not be made */
	int returned_samples;
	int64_t known_ns;		/* the bound that the discipline goes by */
	uint32_t epoch;			/* that the daemon was told */
	char error[256];		/* the latest one that was logged */
	char warning[512];		/* likewise */
	int warnings;
} world;

void __wrap_log_err(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(world.error, sizeof(world.error), format, arguments);
	va_end(arguments);
}

void __wrap_log_warning(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(world.warning, sizeof(world.warning), format, arguments);
	va_end(arguments);
	world.warnings++;
}

/* --- The module: UTC is raw and the correction --- */

static void fill_now(const struct module_link *link, struct module_now *now)
{
	*now = (struct module_now){
		.raw_ns = fake_clock.raw_ns,
		.realtime_ns = fake_clock.realtime_ns,
		.reference_ns = fake_clock.raw_ns,
		.time_ns = chime_line_eval(&link->correction, fake_clock.raw_ns),
		.sigma_ns = link->correction.sigma_ns,
		.maxerror_ns = link->correction.maxerror_ns + link->disputed_ns,
		.reading_ns = link->correction.maxerror_ns + link->disputed_ns,
		.reference = link->has_host ? TRUECHIME_REFERENCE_HOST : TRUECHIME_REFERENCE_RAW,
		.has_host = link->has_host,
		.epoch = link->epoch,
		.change = { .sigma_rate_q32 = CHIME_LINE_RATE_UNKNOWN_Q32 },
	};
}

int module_link_now(struct module_link *link, struct module_now *now)
{
	link->requests++;
	fill_now(link, now);
	return 0;
}

int module_link_correct(struct module_link *link, const struct chime_line *correction,
			enum truechime_reference reference, uint32_t epoch, bool jump,
			struct module_now *now)
{
	link->requests++;
	if (epoch != link->epoch || link->passed) {
		link->passed = false;
		return -ESTALE;
	}
	/* The same one is a dispute of its bound, or the end of that. */
	link->disputed_ns = correction->origin_ns == link->correction.origin_ns ?
			    correction->maxerror_ns - link->correction.maxerror_ns : 0;
	if (correction->origin_ns != link->correction.origin_ns)
		link->correction = *correction;
	fill_now(link, now);
	return 0;
}

int module_link_status(struct module_link *link, struct module_status *status)
{
	link->requests++;
	*status = (struct module_status){
		.epoch = link->epoch, .has_correction = true, .correction = link->correction,
	};
	return link->tells ? 0 : -ENOENT;
}

int module_link_step(struct module_link *link, enum truechime_occasion occasion)
{
	link->requests++;
	return 0;
}

int module_link_disrupted(struct module_link *link, const struct module_jump *jump, uint32_t epoch)
{
	link->requests++;
	return 0;
}

int module_link_demote_host(struct module_link *link, bool demoted)
{
	link->requests++;
	return 0;
}

/* --- The discipline and its sources --- */

int discipline_update(struct discipline *discipline, struct source *const *sources, size_t count,
		      const struct timescale_now *now, struct discipline_result *result)
{
	world.known_ns = now->maxerror_ns;
	*result = world.found;
	return 0;
}

void discipline_select(const struct discipline *discipline, struct source *const *sources,
		       size_t count, const struct timescale_now *now, struct selection *selection)
{
	selection->selected = world.selected;
	world.selections++;
}

bool discipline_get_rate(const struct discipline *discipline, double *rate, double *rate_sigma)
{
	return false;
}

void discipline_recall_outvoted_host(struct discipline *discipline)
{
}

void discipline_return_step(struct discipline *discipline)
{
	world.returned++;
}

void discipline_return_sample(struct discipline *discipline)
{
	world.returned_samples++;
}

bool discipline_rate_is_open(const struct discipline *discipline)
{
	return false;
}

void discipline_prime_rate(struct discipline *discipline, double rate, double rate_sigma)
{
}

void discipline_change_reference(struct discipline *discipline,
				 const struct reference_change *change)
{
}

/* --- The rest of the daemon --- */

void daemon_burst(struct daemon *daemon, int count)
{
}

void daemon_check_epoch(struct daemon *daemon, const struct timescale_now *now)
{
	world.epoch = now->epoch;
}

/* --- The tests --- */

FIXTURE(turn)
{
	struct daemon_options options;
	struct config config;
	struct daemon daemon;
	struct module_link link;
};

FIXTURE_SETUP(turn)
{
	static const struct steering_options steering = { .max_slew = 0.1, .max_rate = 0.1 };

	log_set_level(-1);
	fake_clock_start();
	daemon_edges = (struct daemon_edges){ .received = 0 };
	memset(&world, 0, sizeof(world));
	world.selected = -1;
	memset(self, 0, sizeof(*self));
	self->link.correction = (struct chime_line){
		.offset_ns = fake_clock.realtime_ns - fake_clock.raw_ns,
		.maxerror_ns = CHIME_LINE_UNBOUNDED_NS,
	};
	self->config.discipline.maxdistance_ns = 3 * S;
	self->daemon = (struct daemon){
		.options = &self->options,
		.config = &self->config,
		.link = &self->link,
		.due_ns = {
			[DUE_LEAP_LIST] = INT64_MAX,
			[DUE_DRIFT] = INT64_MAX,
			[DUE_WATCHDOG] = INT64_MAX,
			[DUE_END] = INT64_MAX,
		},
	};
	ASSERT_EQ(0, system_clock_open(&self->daemon.clock, false));
	ASSERT_EQ(0, timescale_module_open(&self->daemon.timescale, &self->link));
	self->daemon.steering = steering_new(&steering, self->daemon.clock,
					     self->daemon.timescale);
	ASSERT_NE(NULL, self->daemon.steering);
}

FIXTURE_TEARDOWN(turn)
{
	steering_free(self->daemon.steering);
	self->daemon.timescale->ops->close(self->daemon.timescale);
	system_clock_close(self->daemon.clock);
}

/* One second later an answer is received, which has UTC @ahead_ns ahead of the system clock. */
static int receive(FIXTURE_DATA(turn) *self, int64_t ahead_ns)
{
	struct timescale_now received;

	fake_clock_run(S);
	self->link.requests = 0;
	timescale_expire(self->daemon.timescale);
	/* As ntp/client.c does. */
	timescale_read(self->daemon.timescale, &received);
	world.found = (struct discipline_result){
		.changed = true,
		.measured = true,
		.synchronised = true,
		.selection.selected = world.selected,
		.step = world.step,
		.step_ns = ahead_ns,
		.agreed_raw_ns = received.raw_ns,
		.correction = {
			.origin_ns = received.raw_ns,
			.offset_ns = received.realtime_ns + ahead_ns - received.raw_ns,
			.sigma_ns = 10 * US,
			.maxerror_ns = 100 * US,
			.horizon_ns = 128 * S,
		},
	};
	daemon_edges.received++;
	self->daemon.sources_changed = true;
	daemon_timers(&self->daemon, fake_clock.raw_ns);
	return self->link.requests;
}

TEST_F(turn, an_answer_costs_two_requests)
{
	int i;

	/* The first has the clock called synchronised, with a look before that and one after it. */
	EXPECT_EQ(4, receive(self, 0));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	for (i = 0; i < 20; i++)
		EXPECT_EQ(2, receive(self, i % 2 ? 20 * US : -30 * US));
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	EXPECT_NE(0, fake_clock_rate());
}

/* The next time that the operator sets is judged by the rate that is known then. */
TEST_F(turn, what_was_known_before_a_time_was_set_is_old_once_sources_answer)
{
	struct daemon_by_hand *by_hand = &self->daemon.by_hand;

	by_hand->latest_ns = 1700000000 * S;
	by_hand->rate = (struct manual_rate){ .sigma = 50e-6, .bound = MANUAL_RATE_BOUND };
	receive(self, 0);
	EXPECT_EQ(0, by_hand->latest_ns);
	EXPECT_EQ(0, by_hand->rate.bound);
}

TEST_F(turn, an_answer_that_changes_nothing_costs_one)
{
	receive(self, 0);
	fake_clock_run(S);
	self->link.requests = 0;
	timescale_expire(self->daemon.timescale);
	world.found.changed = false;
	self->daemon.sources_changed = true;
	daemon_timers(&self->daemon, fake_clock.raw_ns);
	EXPECT_EQ(1, self->link.requests);
}

/* The discipline corrects the clock once more @after_ns later, by the samples that it has. */
static void correct_again(FIXTURE_DATA(turn) *self, int64_t after_ns)
{
	fake_clock_run(after_ns);
	timescale_expire(self->daemon.timescale);
	world.found.measured = false;
	world.found.step_ns = 0;
	self->daemon.sources_changed = true;
	daemon_timers(&self->daemon, fake_clock.raw_ns);
}

/* The only source is dead: when it answered last is not renewed, nor is the error found then. */
TEST_F(turn, what_is_done_without_a_sample_is_no_update)
{
	struct steering_status before, after;
	struct state_update updated;
	int i;

	receive(self, 20 * US);
	receive(self, 30 * US);
	updated = self->daemon.update;
	steering_get_status(self->daemon.steering, &before);
	for (i = 0; i < 4; i++)
		correct_again(self, 64 * S);
	EXPECT_EQ(updated.raw_ns, self->daemon.update.raw_ns);
	EXPECT_EQ(updated.utc_ns, self->daemon.update.utc_ns);
	EXPECT_EQ(updated.interval_ns, self->daemon.update.interval_ns);
	steering_get_status(self->daemon.steering, &after);
	EXPECT_EQ(before.last_offset_ns, after.last_offset_ns);
	EXPECT_EQ(before.rms_offset_ns, after.rms_offset_ns);
	receive(self, 10 * US);
	EXPECT_EQ(257 * S, self->daemon.update.interval_ns);
}

/* Else what is made of the sources' latest samples would keep it, and widen it again and again. */
TEST_F(turn, nothing_is_made_of_the_bound_by_which_sources_contradict)
{
	struct timescale_now now;

	receive(self, 0);
	self->link.tells = true;
	world.found.changed = false;
	world.found.synchronised = false;
	world.found.step = DISCIPLINE_REFUSED;
	world.found.reach_ns = 40 * S;
	correct_again(self, S);
	ASSERT_EQ(0, timescale_now(self->daemon.timescale, &now));
	EXPECT_LE(40 * S, now.maxerror_ns);
	world.found.step = DISCIPLINE_NO_STEP;
	correct_again(self, S);
	ASSERT_EQ(0, timescale_now(self->daemon.timescale, &now));
	EXPECT_LE(40 * S, now.maxerror_ns);
	EXPECT_GE(100 * US, world.known_ns);
}

/* Another source is asked instead of the only one, and has not answered yet. */
static void replace_source(FIXTURE_DATA(turn) *self, int64_t after_ns)
{
	daemon_edges.received = 0;
	world.found = (struct discipline_result){ .selection.selected = -1, .stratum = 16 };
	fake_clock_run(after_ns);
	timescale_expire(self->daemon.timescale);
	self->daemon.sources_changed = true;
	daemon_timers(&self->daemon, fake_clock.raw_ns);
}

/* What a source has said that was deleted, or has another address now, is as right as before. */
TEST_F(turn, new_sources_do_not_end_what_others_have_confirmed)
{
	struct steering_status status;

	world.selected = 0;
	receive(self, 0);
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	replace_source(self, S);
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	EXPECT_EQ(-1, self->daemon.update.result.selection.selected);
	/* Nor does one that is only watched, and answers. */
	daemon_edges.noselect = true;
	replace_source(self, S);
	daemon_edges.received = 1;
	self->daemon.sources_changed = true;
	daemon_timers(&self->daemon, fake_clock.raw_ns);
	steering_get_status(self->daemon.steering, &status);
	EXPECT_EQ(TRUST_CONFIRMED, status.trust);
	/* Nor a reference clock that those whose words hold have refuted. */
	daemon_edges.noselect = false;
	daemon_edges.refuted = true;
	self->daemon.sources_changed = true;
	daemon_timers(&self->daemon, fake_clock.raw_ns);
	steering_get_status(self->daemon.steering, &status);
	EXPECT_EQ(TRUST_CONFIRMED, status.trust);
	/* Until nobody would use a source that is as uncertain as the clock is by then. */
	self->link.correction.maxerror_ns = 4 * S;
	replace_source(self, S);
	steering_get_status(self->daemon.steering, &status);
	EXPECT_EQ(TRUST_HELD, status.trust);
}

/* All are deleted: what they have said holds for as long, and no longer, as if they were silent. */
TEST_F(turn, without_sources_the_clock_is_confirmed_for_a_while)
{
	struct steering_status status;

	world.selected = 0;
	receive(self, 0);
	daemon_edges.deleted = 1;
	replace_source(self, S);
	steering_get_status(self->daemon.steering, &status);
	EXPECT_EQ(TRUST_CONFIRMED, status.trust);
	EXPECT_FALSE(fake_clock.status & STA_UNSYNC);
	self->link.correction.maxerror_ns = 4 * S;
	replace_source(self, S);
	steering_get_status(self->daemon.steering, &status);
	EXPECT_EQ(TRUST_HELD, status.trust);
	EXPECT_TRUE(fake_clock.status & STA_UNSYNC);
}

/* With a source that is deleted goes what it contradicted: makestep is about no source then. */
TEST_F(turn, nobody_contradicts_who_is_deleted)
{
	receive(self, 0);
	self->daemon.verdict = CONSENSUS_FALSETICKER;
	daemon_edges.deleted = 1;
	replace_source(self, S);
	EXPECT_EQ(CONSENSUS_OK, self->daemon.verdict);
}

/* Nor is the clock held against what it has said, and may be synchronised with its host again. */
TEST_F(turn, a_deleted_source_leaves_nothing_that_contradicts)
{
	static const struct {
		enum discipline_step step;
		enum vouched_host vouched_host;
		bool has_host;
		enum trust trust;
	} cases[] = {
		{ DISCIPLINE_REFUSED, VOUCHED_HOST_NONE, true, TRUST_FOLLOWING },
		{ DISCIPLINE_REFUSED, VOUCHED_HOST_NONE, false, TRUST_HELD },
		{ DISCIPLINE_NO_STEP, VOUCHED_HOST_SUSPECT, true, TRUST_FOLLOWING },
	};
	const struct discipline_result *result = &self->daemon.update.result;
	struct steering_status status;
	struct timescale_now now;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		daemon_edges.deleted = 0;
		self->link.has_host = cases[i].has_host;
		self->link.tells = true;
		world.selected = 0;
		receive(self, 0);
		world.found = (struct discipline_result){
			.selection.selected = -1,
			.stratum = 16,
			.step = cases[i].step,
			.reach_ns = 40 * S,
			.vouched_host = cases[i].vouched_host,
		};
		correct_again(self, S);
		ASSERT_EQ(cases[i].step, result->step);
		ASSERT_EQ(cases[i].vouched_host, result->vouched_host);
		daemon_edges.deleted = 1;
		correct_again(self, S);
		EXPECT_EQ(DISCIPLINE_NO_STEP, result->step) TH_LOG("case %zu", i);
		EXPECT_EQ(VOUCHED_HOST_NONE, result->vouched_host) TH_LOG("case %zu", i);
		ASSERT_EQ(0, timescale_now(self->daemon.timescale, &now));
		EXPECT_GE(MS, now.maxerror_ns) TH_LOG("case %zu", i);
		steering_get_status(self->daemon.steering, &status);
		EXPECT_EQ(cases[i].trust, status.trust) TH_LOG("case %zu", i);
		EXPECT_EQ(cases[i].has_host, !(fake_clock.status & STA_UNSYNC))
			TH_LOG("case %zu", i);
	}
}

/* One that was deleted before it leaves it another place; and it may be deleted itself. */
TEST_F(turn, the_selected_source_stays_the_same_when_others_are_deleted)
{
	struct selection *selection = &self->daemon.update.result.selection;

	daemon_edges.more = 2;
	world.selected = 1;
	receive(self, 0);
	EXPECT_EQ(1, selection->selected);
	daemon_edges.suspected = true;
	daemon_edges.deleted = 1;
	self->daemon.sources_changed = true;
	daemon_timers(&self->daemon, fake_clock.raw_ns);
	EXPECT_EQ(0, selection->selected);
	daemon_edges.deleted = 2;
	self->daemon.sources_changed = true;
	daemon_timers(&self->daemon, fake_clock.raw_ns);
	EXPECT_EQ(-1, selection->selected);
}

/* Time was disrupted: only an answer can confirm it. */
TEST_F(turn, new_sources_confirm_nothing)
{
	struct steering_status status;

	receive(self, 0);
	steering_disrupted(self->daemon.steering, true);
	replace_source(self, S);
	steering_get_status(self->daemon.steering, &status);
	EXPECT_EQ(TRUST_DISRUPTED, status.trust);
}

/* A client takes a server whose latest update is in the future for one without time. */
TEST_F(turn, no_update_is_in_the_future_after_the_time_was_set_back)
{
	receive(self, 0);
	self->link.correction.offset_ns -= 3600 * S;
	fake_clock.realtime_ns -= 3600 * S;
	fake_clock_run(2 * S);
	timescale_expire(self->daemon.timescale);
	daemon_timers(&self->daemon, fake_clock.raw_ns);
	EXPECT_LE(self->daemon.update.utc_ns, fake_clock.realtime_ns);
	EXPECT_GE(self->daemon.update.utc_ns, fake_clock.realtime_ns - 2 * S);
}

/* An epoch that began meanwhile kept the sample from correcting the clock at once. */
TEST_F(turn, the_first_correction_is_an_update_when_it_is_made_again)
{
	self->link.passed = true;
	receive(self, 0);
	EXPECT_EQ(0, self->daemon.update.raw_ns);
	correct_again(self, 0);
	EXPECT_EQ(fake_clock.raw_ns, self->daemon.update.raw_ns);
}

/* What was read when it was received is of an epoch that has passed: it is read anew. */
TEST_F(turn, an_epoch_that_begins_meanwhile_is_noticed_in_the_same_turn)
{
	struct timescale_now received;

	receive(self, 0);
	fake_clock_run(S);
	timescale_expire(self->daemon.timescale);
	timescale_read(self->daemon.timescale, &received);
	self->link.epoch++;
	self->daemon.sources_changed = true;
	daemon_timers(&self->daemon, fake_clock.raw_ns);
	EXPECT_TRUE(self->daemon.sources_changed);
	steering_recheck(self->daemon.steering);
	daemon_timers(&self->daemon, fake_clock.raw_ns);
	EXPECT_EQ(1, world.epoch);
}

/* Of the few updates that may step the clock none is spent in vain. */
TEST_F(turn, a_step_that_is_withheld_is_not_spent)
{
	receive(self, 0);
	world.step = DISCIPLINE_STEP;
	/* Another program has set the clock, and what answers knows nothing of that yet. */
	fake_clock.realtime_ns += 2 * S;
	receive(self, -2 * S);
	EXPECT_EQ(1, world.returned);
	receive(self, -2 * S);
	EXPECT_EQ(1, world.returned);

	/* An epoch begins with the reading by which the clock was to be stepped. */
	self->link.passed = true;
	receive(self, -2 * S);
	EXPECT_EQ(2, world.returned);
	world.step = DISCIPLINE_NO_STEP;
	receive(self, -2 * S);
	EXPECT_EQ(2, world.returned);
}

/* What was measured is still to renew trust and reference time. */
TEST_F(turn, a_sample_that_could_not_correct_the_clock_is_not_spent)
{
	receive(self, 0);
	self->link.passed = true;
	receive(self, 20 * US);
	EXPECT_EQ(1, world.returned_samples);
	/* Nothing was measured that could be lost. */
	self->link.passed = true;
	correct_again(self, S);
	EXPECT_EQ(1, world.returned_samples);
}

/* A source whose name has another address now keeps its place until the next verdict. */
TEST_F(turn, the_reference_is_who_was_selected_by_the_latest_verdict)
{
	world.selected = 0;
	daemon_edges.refid = 0x0a000001;
	receive(self, 0);
	EXPECT_EQ(0x0a000001, self->daemon.update.refid);
	daemon_edges.refid = 0x0a000002;
	daemon_edges.suspected = true;
	self->daemon.sources_changed = true;
	daemon_timers(&self->daemon, fake_clock.raw_ns);
	EXPECT_EQ(0x0a000001, self->daemon.update.refid);
	daemon_edges.suspected = false;
	receive(self, 0);
	EXPECT_EQ(0x0a000002, self->daemon.update.refid);
}

/*
 * Without iburst the second request would go out after a minute, in which a rate that is not known
 * yet leaves the clock as wrong as 31 ms.
 */
TEST_F(turn, setting_the_clock_once_asks_quickly)
{
	self->config.source_count = 2;
	daemon_ask_quickly(&self->daemon, &self->config);
	EXPECT_FALSE(self->config.sources[0].options.iburst);
	self->options.task = DAEMON_SET;
	daemon_ask_quickly(&self->daemon, &self->config);
	EXPECT_TRUE(self->config.sources[0].options.iburst);
	EXPECT_TRUE(self->config.sources[1].options.iburst);
}

/* If the other answers are lost nothing but the time wakes the program that is to end. */
TEST_F(turn, setting_the_clock_once_waits_for_no_answer_that_was_lost)
{
	receive(self, 0);
	EXPECT_GT(self->daemon.due_ns[DUE_UPDATE], fake_clock.raw_ns + 10 * S);
	self->options.task = DAEMON_SET;
	receive(self, 0);
	EXPECT_LE(self->daemon.due_ns[DUE_UPDATE], fake_clock.raw_ns + S);
}

/* All sources are judged for that. */
TEST_F(turn, setting_the_clock_once_selects_as_often_as_it_updates)
{
	self->options.task = DAEMON_SET;
	world.selected = 0;
	receive(self, 2 * S);
	EXPECT_EQ(1, world.selections);
	receive(self, 2 * S);
	EXPECT_EQ(2, world.selections);
}

/* As chronyd's -t. */
TEST_F(turn, a_daemon_whose_time_is_over_says_whether_the_clock_is_synchronised)
{
	self->daemon.due_ns[DUE_END] = fake_clock.raw_ns;
	daemon_timers(&self->daemon, fake_clock.raw_ns);
	EXPECT_TRUE(self->daemon.stop);
	EXPECT_EQ(1, self->daemon.status);

	self->daemon.stop = false;
	self->daemon.due_ns[DUE_END] = INT64_MAX;
	receive(self, 0);
	EXPECT_FALSE(self->daemon.stop);
	self->daemon.due_ns[DUE_END] = fake_clock.raw_ns;
	daemon_timers(&self->daemon, fake_clock.raw_ns);
	EXPECT_TRUE(self->daemon.stop);
	EXPECT_EQ(0, self->daemon.status);
}

/* With -q and -Q that is in vain in any case. */
TEST_F(turn, a_task_whose_time_is_over_has_failed)
{
	receive(self, 0);
	self->options.task = DAEMON_MEASURE;
	self->daemon.due_ns[DUE_END] = fake_clock.raw_ns;
	daemon_timers(&self->daemon, fake_clock.raw_ns);
	EXPECT_TRUE(self->daemon.stop);
	EXPECT_EQ(1, self->daemon.status);
}

/* Then neither the servers nor the network are to be blamed. */
TEST_F(turn, a_task_whose_time_was_too_short_says_so)
{
	self->options.task = DAEMON_MEASURE;
	self->daemon.task.begun_ns = fake_clock.raw_ns;
	self->daemon.due_ns[DUE_END] = fake_clock.raw_ns;
	daemon_timers(&self->daemon, fake_clock.raw_ns);
	EXPECT_NE(NULL, strstr(world.error, "No usable time source answered"))
		TH_LOG("%s", world.error);

	self->daemon.due_ns[DUE_END] = INT64_MAX;
	self->daemon.stop = false;
	receive(self, 0);
	EXPECT_FALSE(self->daemon.stop);
	self->daemon.due_ns[DUE_END] = fake_clock.raw_ns;
	daemon_timers(&self->daemon, fake_clock.raw_ns);
	EXPECT_TRUE(self->daemon.stop);
	EXPECT_EQ(1, self->daemon.status);
	EXPECT_NE(NULL, strstr(world.error, "not enough yet"))
		TH_LOG("%s", world.error);
}

/* The clock is not set without the very correction that it was asked for. */
TEST_F(turn, a_task_whose_correction_was_refused_goes_on)
{
	self->options.task = DAEMON_SET;
	world.selected = 0;
	receive(self, 2 * S);
	EXPECT_FALSE(self->daemon.stop);
	fake_clock_run(10 * S);
	self->link.passed = true;
	receive(self, 2 * S);
	EXPECT_FALSE(self->daemon.stop);
	receive(self, 2 * S);
	EXPECT_TRUE(self->daemon.stop);
	EXPECT_EQ(0, self->daemon.status);
}

/* Whoever configured it has to learn that it is wrong. */
TEST_F(turn, refuted_refclock_is_warned_of_once)
{
	receive(self, 0);
	world.found.refclock_vote.refuted = 2;
	world.found.selection.candidates = 3;
	world.found.selection.falsetickers = 1;
	correct_again(self, S);
	EXPECT_EQ(1, world.warnings);
	EXPECT_NE(NULL, strstr(world.warning, "is wrong by what 2 time sources agree on"));
	world.found.refclock_vote = (struct refclock_vote){ .cleared = 2 };
	correct_again(self, S);
	EXPECT_EQ(1, world.warnings);
}

TEST_HARNESS_MAIN
