// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon and the module: which changes of the reference are known, so that nothing has to be
 * forgotten. Module, sources and steering are stand-ins that write down what they are told.
 */
#include "user/daemon/daemon.h"

#include <errno.h>
#include <string.h>
#include <syslog.h>

#include "user/daemon/module_load.h"
#include "user/lib/event_report.h"

#include "selftests/unit/fake_journal.h"
#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

#define RAW_NS		(5000 * NS_PER_S)
#define HOST_NS		(1800000000LL * NS_PER_S)

/* 50 ppm, and a hundredth of a ppm. */
#define RATE_Q32	214748
#define SIGMA_RATE_Q32	43

struct module_link {
	int unused;
};

static struct {
	bool module_is_there;
	int loads;			/* of the module, each another one ... */
	int link_load;			/* ... and which of them the link is to */
	struct module_link link;
	struct module_status status;
	int status_error;
	struct module_event event;
	bool has_event;
	int event_error;		/* of the notifications, once */
	int dump_error;
	uint32_t oldest;		/* event that the module remembers ... */
	uint32_t newest;		/* ... and the latest; 0: none */
	struct timescale_now user_now;
	struct timescale_now module_now;
	int user_closed;
	int known;			/* changes that left offsets measured ... */
	int unknown;			/* ... and that did not */
	uint32_t epoch;			/* that the sources were told */
	bool only_watch;		/* the sources that there are */
	bool corrected;			/* by sources, as steering has it */
	struct chime_line correction;	/* ... and by which one */
	double base_rate;		/* the clock's rate */
	bool valid;			/* steering has read the clocks: @module_now */
	struct chime_line carried;	/* the latest correction that was set */
	int64_t host_maxerror_ns;	/* that the module was told */
	int choices;			/* how often the module was told which host to use */
	int64_t parameter_ns;		/* that it was loaded with */
	int forgotten;			/* rates, too, by sources and discipline */
	int resets;			/* the module was told to forget the correction */
	int voids;			/* steering was told that what it knew is void ... */
	int hosts;			/* ... or that the host's time is followed as it is */
	int rechecks;
	int bursts;
	int typed_changes;		/* what the operator has set was converted, or voided */
	struct reference_change source_change;
	int64_t followed_ns;
	struct reference_change discipline_change;
	bool suspect;
	bool opinions;			/* what sources said of the timescale still counts */
	int told;			/* events, to those who listen */
} world;

static int user_now(struct timescale *timescale, struct timescale_now *now)
{
	(void)timescale;
	*now = world.user_now;
	return 0;
}

static int module_now(struct timescale *timescale, struct timescale_now *now)
{
	(void)timescale;
	*now = world.module_now;
	return world.link_load == world.loads ? 0 : -ENOENT;
}

static int correct(struct timescale *timescale, const struct chime_line *correction,
		   uint32_t epoch, bool jump, struct timescale_now *now)
{
	world.carried = *correction;
	(void)epoch;
	(void)jump;
	return timescale->ops->now(timescale, now);
}

static void close_nothing(struct timescale *timescale)
{
	(void)timescale;
}

static void user_close(struct timescale *timescale)
{
	(void)timescale;
	world.user_closed++;
}

static const struct timescale_ops user_ops = {
	.now = user_now, .correct = correct, .close = user_close,
};

static const struct timescale_ops module_ops = {
	.now = module_now, .correct = correct, .close = close_nothing,
};

static struct timescale user_timescale = { .ops = &user_ops };
static struct timescale module_timescale = { .ops = &module_ops };

int timescale_user_open(struct timescale **timescale, struct system_clock *clock)
{
	*timescale = &user_timescale;
	return 0;
}

int timescale_module_open(struct timescale **timescale, struct module_link *link)
{
	*timescale = &module_timescale;
	world.link_load = world.loads;
	return 0;
}

/* --- The module --- */

int module_link_open(struct module_link **link)
{
	*link = &world.link;
	return world.module_is_there ? 0 : -ENOENT;
}

void module_link_close(struct module_link *link)
{
}

int module_link_subscribe(struct module_link *link)
{
	return 0;
}

int module_link_status(struct module_link *link, struct module_status *status)
{
	*status = world.status;
	return world.status_error;
}

int module_link_events(struct module_link *link, struct module_event *events, int max, int *count)
{
	uint32_t sequence;

	*count = 0;
	for (sequence = world.oldest; world.newest && sequence <= world.newest; sequence++)
		events[(*count)++] = (struct module_event){
			.sequence = sequence,
			.cause = TRUECHIME_CAUSE_OPERATOR,
		};
	return world.dump_error;
}

int module_link_next_event(struct module_link *link, struct module_event *event)
{
	int err = world.event_error;

	world.event_error = 0;
	if (err)
		return err;
	if (!world.has_event)
		return -EAGAIN;
	world.has_event = false;
	*event = world.event;
	return 0;
}

/* The daemon's own loop waits. */
int module_link_events_fd(const struct module_link *link)
{
	return -1;
}

int module_watch_wait(struct module_watch *watch, int fd, int output_fd)
{
	return -ENODEV;
}

int module_link_reset(struct module_link *link)
{
	world.resets++;
	return 0;
}

int module_link_state_host_maxerror(struct module_link *link, int64_t maxerror_ns)
{
	world.host_maxerror_ns = maxerror_ns;
	return 0;
}

int module_link_choose_host(struct module_link *link, const char *name)
{
	world.choices++;
	return 0;
}

void timescale_user_set_policy(struct timescale *timescale, const struct module_rule *rules,
			       size_t count)
{
}

int module_link_set_policy(struct module_link *link, const struct module_rule *rules, int count,
			   const enum truechime_rtc *rtc)
{
	return 0;
}

const char *module_link_words(const struct module_link *link, int err)
{
	return "";
}

int64_t module_host_maxerror_ns(void)
{
	return world.parameter_ns;
}

int module_load(char *message, size_t size)
{
	*message = '\0';
	return -ENOENT;
}

int module_watch_open(struct module_watch **watch)
{
	return -ENOENT;
}

void module_watch_close(struct module_watch *watch)
{
}

/* --- Who is told --- */

bool associations_can_correct(const struct associations *associations)
{
	return !world.only_watch;
}

void associations_set_timescale(struct associations *associations, struct timescale *timescale)
{
}

void associations_change_reference(struct associations *associations, uint32_t epoch,
				   const struct reference_change *change)
{
	if (reference_change_keeps_offset(change))
		world.known++;
	else
		world.unknown++;
	world.forgotten += !reference_change_keeps_rate(change);
	world.epoch = epoch;
	world.source_change = *change;
}

void associations_set_followed(struct associations *associations, int64_t followed_ns)
{
	world.followed_ns = followed_ns;
}

void consensus_forget(struct consensus *consensus)
{
	world.opinions = false;
}

void consensus_change_reference(struct consensus *consensus, const struct reference_change *change)
{
	world.opinions = world.opinions && reference_change_keeps_offset(change);
}

void discipline_change_reference(struct discipline *discipline,
				 const struct reference_change *change)
{
	world.forgotten += !reference_change_keeps_rate(change);
	world.discipline_change = *change;
}

bool discipline_is_suspect(const struct discipline *discipline, const struct timescale_now *now)
{
	return world.suspect;
}

int steering_read(struct steering *steering)
{
	return 0;
}

void steering_disrupted(struct steering *steering, bool keep)
{
	world.voids += !keep;
}

void steering_recheck(struct steering *steering)
{
	world.rechecks++;
}

void steering_get_status(const struct steering *steering, struct steering_status *status)
{
	*status = (struct steering_status){
		.has_correction = world.corrected,
		.correction = world.correction,
		.base_rate = world.base_rate,
		.valid = world.valid,
		.now = world.module_now,
	};
}

void steering_set_timescale(struct steering *steering, struct timescale *timescale)
{
}

void steering_end_correction(struct steering *steering)
{
	world.corrected = false;
}

void steering_follow_host(struct steering *steering)
{
	world.hosts++;
}

bool steering_set_external(struct steering *steering, bool external)
{
	return false;
}

void daemon_burst(struct daemon *daemon, int count)
{
	world.bursts++;
}

void daemon_change_settime(struct daemon *daemon, const struct reference_change *change)
{
	world.typed_changes++;
}

json_t *event_report(const struct module_event *event)
{
	world.told++;
	return NULL;
}

void control_publish(struct control *control, json_t *event)
{
}

/* --- The tests --- */

FIXTURE(daemon) {
	struct daemon_options options;
	struct config config;
	struct daemon daemon;
};

/* Both clocks, of which the host is the reference or raw. */
static struct timescale_now clocks(uint32_t epoch, bool has_host)
{
	return (struct timescale_now){
		.raw_ns = RAW_NS,
		.host_ns = HOST_NS,
		.reference_ns = has_host ? HOST_NS : RAW_NS,
		.epoch = epoch,
		.has_host = has_host,
		.host_known = true,
	};
}

/* The module's epoch, which @change began, and its host line now. */
static void module_changes(uint32_t epoch, bool has_host, const struct reference_change *change)
{
	world.module_now = clocks(epoch, has_host);
	world.module_now.change = *change;
	world.status.epoch = epoch;
	world.status.has_unslewed_line = true;
	world.status.unslewed_line = (struct chime_line){
		.origin_ns = RAW_NS,
		.offset_ns = HOST_NS - RAW_NS,
		.rate_q32 = RATE_Q32,
		.sigma_rate_q32 = SIGMA_RATE_Q32,
	};
}

static void module_says(uint32_t epoch, bool has_host)
{
	module_changes(epoch, has_host, &REFERENCE_JUMPED);
}

FIXTURE_SETUP(daemon)
{
	memset(&world, 0, sizeof(world));
	memset(self, 0, sizeof(*self));
	self->daemon.options = &self->options;
	self->daemon.config = &self->config;
	world.user_now = (struct timescale_now){ .raw_ns = RAW_NS, .reference_ns = RAW_NS };
	world.module_is_there = true;
	module_says(3, true);
	ASSERT_EQ(0, daemon_open_timescale(&self->daemon));
	ASSERT_EQ(&module_timescale, self->daemon.timescale);
}

FIXTURE_TEARDOWN(daemon)
{
	daemon_close_timescale(&self->daemon);
}

TEST_F(daemon, same_epoch_is_no_change)
{
	daemon_check_epoch(&self->daemon, &world.module_now);
	EXPECT_EQ(0, world.known + world.unknown);
}

/* In any epoch. */
TEST_F(daemon, sources_learn_what_the_reference_has_followed)
{
	world.module_now.followed_ns = 1234;
	daemon_check_epoch(&self->daemon, &world.module_now);
	EXPECT_EQ(1234, world.followed_ns);
	world.module_now.epoch++;
	world.module_now.followed_ns = 0;
	daemon_check_epoch(&self->daemon, &world.module_now);
	EXPECT_EQ(0, world.followed_ns);
}

TEST_F(daemon, change_is_handed_on_as_the_module_states_it)
{
	const struct reference_change aside = {
		.at_ns = HOST_NS, .shift_ns = RAW_NS - HOST_NS, .rate = -50e-6, .rate_sigma = 1e-8,
	};

	module_changes(4, false, &aside);
	/* Even if time was disrupted as well. */
	world.module_now.disruptions = 1;
	daemon_check_epoch(&self->daemon, &world.module_now);
	ASSERT_EQ(1, world.known);
	EXPECT_EQ(1, world.typed_changes);
	EXPECT_EQ(4, world.epoch);
	EXPECT_EQ(0, memcmp(&aside, &world.source_change, sizeof(aside)));
	EXPECT_EQ(0, memcmp(&aside, &world.discipline_change, sizeof(aside)));
	EXPECT_EQ(1, world.rechecks);
	EXPECT_EQ(0, world.voids);
	EXPECT_EQ(0, world.bursts);
	/* Once. */
	daemon_check_epoch(&self->daemon, &world.module_now);
	EXPECT_EQ(1, world.known);
}

TEST_F(daemon, only_a_disruption_ends_what_sources_said_of_the_timescale)
{
	const struct reference_change lost = { .at_ns = HOST_NS, .shift_ns = RAW_NS - HOST_NS };

	world.opinions = true;
	module_changes(4, false, &lost);
	daemon_check_epoch(&self->daemon, &world.module_now);
	EXPECT_TRUE(world.opinions);
	module_changes(5, true, &lost);
	world.module_now.disruptions = 1;
	daemon_check_epoch(&self->daemon, &world.module_now);
	EXPECT_FALSE(world.opinions);
}

TEST_F(daemon, jump_of_unknown_size_leaves_the_rate)
{
	module_changes(4, true, &REFERENCE_JUMPED);
	daemon_check_epoch(&self->daemon, &world.module_now);
	EXPECT_EQ(1, world.unknown);
	EXPECT_EQ(0, world.forgotten);
	EXPECT_EQ(1, world.bursts);
}

TEST_F(daemon, of_an_epoch_that_was_missed_nothing_is_known)
{
	const struct reference_change none = { 0 };

	module_changes(5, true, &none);
	daemon_check_epoch(&self->daemon, &world.module_now);
	EXPECT_EQ(0, world.known);
	EXPECT_EQ(1, world.unknown);
	EXPECT_EQ(2, world.forgotten);
	/* A module that was reverted has fewer. */
	module_changes(4, true, &none);
	daemon_check_epoch(&self->daemon, &world.module_now);
	EXPECT_EQ(0, world.known);
	EXPECT_EQ(2, world.unknown);
}

TEST_F(daemon, revert_costs_nothing_unless_the_host_may_have_been_slewed)
{
	int i;

	for (i = 0; i < 2; i++) {
		world.event = (struct module_event){
			.sequence = i + 1,
			.cause = TRUECHIME_CAUSE_REVERT,
			.action = TRUECHIME_ACTION_STEPPED,
			.gap_ns = 3600 * NS_PER_S,
			.epoch = 3,
		};
		world.has_event = true;
		world.suspect = i;
		world.module_now.disruptions = i + 1;
		daemon_module_events(&self->daemon);
		EXPECT_EQ(0, world.known);
		EXPECT_EQ(i, world.unknown);
		/* Where UTC is not known any more as it was, nobody is to believe the clock. */
		EXPECT_EQ(i, world.voids);
	}
	/* What others do to the system clock is no disruption. */
	world.event.sequence++;
	world.event.cause = TRUECHIME_CAUSE_OPERATOR;
	world.has_event = true;
	daemon_module_events(&self->daemon);
	EXPECT_EQ(1, world.rechecks);
	EXPECT_EQ(1, world.unknown);
}

/* A reading is sooner than the event. */
TEST_F(daemon, gap_beyond_reach_is_noticed_by_the_first_reading)
{
	struct timescale_now now = { .has_host = true, .epoch = 3, .disruptions = 1 };

	self->daemon.known.epoch = 3;
	self->daemon.known.has_host = true;
	world.suspect = true;
	daemon_check_epoch(&self->daemon, &now);
	EXPECT_EQ(1, world.unknown);
	EXPECT_EQ(1, world.voids);
	daemon_check_epoch(&self->daemon, &now);
	EXPECT_EQ(1, world.unknown);
}

static void happen(FIXTURE_DATA(daemon) *self, enum truechime_cause cause)
{
	world.event = (struct module_event){
		.sequence = world.event.sequence + 1,
		.cause = cause,
		.action = TRUECHIME_ACTION_STEPPED,
		.gap_ns = 3600 * NS_PER_S,
		.epoch = world.module_now.epoch,
	};
	world.has_event = true;
	world.module_now.disruptions++;
	daemon_module_events(&self->daemon);
}

/* A disruption that begins an epoch, as the module has it with what may be another host. */
static void move(FIXTURE_DATA(daemon) *self, enum truechime_cause cause)
{
	uint32_t disruptions = world.module_now.disruptions;

	module_changes(world.module_now.epoch + 1, true, &REFERENCE_REPLACED);
	world.module_now.disruptions = disruptions;
	happen(self, cause);
}

TEST_F(daemon, what_may_be_another_host_is_learned_anew)
{
	world.corrected = true;
	move(self, TRUECHIME_CAUSE_FORK);
	EXPECT_EQ(2, world.forgotten);
	EXPECT_EQ(4, world.epoch);
	EXPECT_LE(1, world.voids);
	EXPECT_EQ(1, world.unknown);
	move(self, TRUECHIME_CAUSE_MIGRATION);
	EXPECT_EQ(4, world.forgotten);
	EXPECT_EQ(5, world.epoch);

	/* A daemon that was just started has corrected nothing yet. */
	world.corrected = false;
	world.status.has_correction = true;
	move(self, TRUECHIME_CAUSE_FORK);
	EXPECT_EQ(6, world.forgotten);

	world.voids = 0;
	happen(self, TRUECHIME_CAUSE_REVERT);
	happen(self, TRUECHIME_CAUSE_PAUSE);
	EXPECT_EQ(6, world.forgotten);
	EXPECT_EQ(0, world.voids);
}

/* The module follows the other host, and it is stated how right that is. */
TEST_F(daemon, another_host_that_is_vouched_for_is_believed_before_it_is_confirmed)
{
	const int64_t host_ns[] = { 10000000, 0, CHIME_LINE_UNBOUNDED_NS };
	int i;

	for (i = 0; i < 3; i++) {
		world.corrected = true;
		module_changes(4 + (uint32_t)i, true, &REFERENCE_REPLACED);
		world.module_now.host_maxerror_ns = host_ns[i];
		world.module_now.disruptions = (uint32_t)i + 1;
		daemon_check_epoch(&self->daemon, &world.module_now);
		/* All of them are asked, in any case. */
		EXPECT_EQ(i, world.voids);
		EXPECT_EQ(i > 0, world.corrected);
		EXPECT_EQ(2 * (i + 1), world.forgotten);
	}
	/* Whoever is first, event or reading. */
	world.voids = 0;
	world.corrected = true;
	module_changes(7, true, &REFERENCE_REPLACED);
	world.module_now.disruptions = 3;
	world.module_now.host_maxerror_ns = 10000000;
	happen(self, TRUECHIME_CAUSE_FORK);
	EXPECT_EQ(0, world.voids);
}

/* The module follows the host again, because that is known better than an old correction. */
TEST_F(daemon, host_that_is_followed_again_is_measured_against_as_before)
{
	const struct reference_change change = { .shift_ns = -300, .rate = 1e-6 };

	world.corrected = true;
	module_changes(4, true, &change);
	world.module_now.host_maxerror_ns = 10000000;
	daemon_check_epoch(&self->daemon, &world.module_now);
	EXPECT_FALSE(world.corrected);
	EXPECT_EQ(1, world.known);
	EXPECT_EQ(0, world.unknown);
	EXPECT_EQ(0, world.voids);
	EXPECT_EQ(0, world.bursts);
	EXPECT_EQ(-300, world.source_change.shift_ns);
	/* After a gap, which the measured rate does not reach across: the host's bound holds. */
	world.corrected = true;
	world.suspect = true;
	module_changes(5, true, &change);
	world.module_now.host_maxerror_ns = 10000000;
	world.module_now.disruptions++;
	daemon_check_epoch(&self->daemon, &world.module_now);
	EXPECT_FALSE(world.corrected);
	EXPECT_EQ(2, world.known);
	EXPECT_EQ(1, world.unknown);
	EXPECT_EQ(0, world.voids);
	EXPECT_EQ(0, world.forgotten);
	/* With a correction the same gap leaves the clock unsynchronised. */
	world.module_now.host_maxerror_ns = 0;
	world.module_now.disruptions++;
	daemon_check_epoch(&self->daemon, &world.module_now);
	EXPECT_EQ(2, world.unknown);
	EXPECT_EQ(1, world.voids);
}

TEST_F(daemon, another_host_that_nobody_will_confirm_is_as_good)
{
	/* Sources that have never answered, then those that only watch, then others who steer. */
	happen(self, TRUECHIME_CAUSE_FORK);
	world.corrected = true;
	world.only_watch = true;
	happen(self, TRUECHIME_CAUSE_FORK);
	world.only_watch = false;
	world.module_now.external = true;
	self->daemon.known.external = true;
	happen(self, TRUECHIME_CAUSE_FORK);
	EXPECT_EQ(0, world.voids);
	EXPECT_EQ(0, world.resets);
}

/* A daemon before this one had sources, and the module goes on with what they said. */
TEST_F(daemon, correction_that_nobody_will_confirm_does_not_move_to_another_host)
{
	world.only_watch = true;
	world.status.has_correction = true;
	happen(self, TRUECHIME_CAUSE_REVERT);
	EXPECT_EQ(0, world.resets);
	world.module_now.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	happen(self, TRUECHIME_CAUSE_FORK);
	EXPECT_EQ(1, world.resets);
	EXPECT_EQ(0, world.voids);

	/* It may have stopped while the host's clock was set, or before this daemon was there. */
	happen(self, TRUECHIME_CAUSE_PAUSE);
	EXPECT_EQ(2, world.resets);
	daemon_check_epoch(&self->daemon, &world.module_now);
	EXPECT_EQ(3, world.resets);
	EXPECT_EQ(0, world.voids);

	/* Raw alone says nothing, nor does a host that others have set aside. */
	world.module_now.has_host = false;
	happen(self, TRUECHIME_CAUSE_FORK);
	EXPECT_EQ(3, world.resets);
}

/* A guest is forked, and finds no servers where it is now: those of the lease before are gone. */
TEST_F(daemon, host_is_followed_as_it_is_once_nobody_is_left_to_confirm_the_time)
{
	world.corrected = true;
	world.status.has_correction = true;
	world.module_now.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	happen(self, TRUECHIME_CAUSE_FORK);
	EXPECT_EQ(1, world.voids);
	EXPECT_EQ(0, world.hosts);
	world.only_watch = true;
	daemon_check_epoch(&self->daemon, &world.module_now);
	EXPECT_EQ(1, world.resets);
	EXPECT_EQ(1, world.hosts);
	/* The module has forgotten it. */
	world.status.has_correction = false;
	daemon_check_epoch(&self->daemon, &world.module_now);
	EXPECT_EQ(1, world.hosts);
}

TEST_F(daemon, what_left_no_bound_is_to_be_confirmed_whatever_it_was)
{
	world.corrected = true;
	happen(self, TRUECHIME_CAUSE_PAUSE);
	EXPECT_EQ(0, world.voids);
	world.module_now.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	happen(self, TRUECHIME_CAUSE_PAUSE);
	EXPECT_EQ(1, world.voids);
	EXPECT_EQ(0, world.resets);
}

/* The timescale may be read before the event is: the new epoch has ended the correction then. */
TEST_F(daemon, rates_of_another_host_are_forgotten_whoever_is_first)
{
	world.corrected = true;
	module_changes(4, true, &REFERENCE_REPLACED);
	world.module_now.disruptions++;
	daemon_check_epoch(&self->daemon, &world.module_now);
	EXPECT_EQ(1, world.voids);
	EXPECT_EQ(2, world.forgotten);
	world.corrected = false;
	world.module_now.disruptions--;
	happen(self, TRUECHIME_CAUSE_MIGRATION);
	EXPECT_EQ(2, world.forgotten);
	EXPECT_EQ(1, world.voids);
}

TEST_F(daemon, journal_has_all_of_an_event)
{
	static const char *const fields[] = {
		"PRIORITY=5",
		"MESSAGE_ID=7d0c2f6e5b1a4c0f9a3e86d1b2c4f507",
		"TRUECHIME_INSTANCE=0123456789abcdef",
		"TRUECHIME_SEQUENCE=7",
		"TRUECHIME_CAUSE=revert",
		"TRUECHIME_EVIDENCE=host-time, guest-stopped, genid-notify, genid-changed, marker, generation, rtc, resume, ntp, clock-set, raw-lost",
		"TRUECHIME_ACTION=stepped",
		"TRUECHIME_GAP_NS=9223372036854775807",
		"TRUECHIME_OFFSET_NS=-9223372036854775807",
		"TRUECHIME_RESIDUAL_NS=-3",
		"TRUECHIME_MAXERROR_BEFORE_NS=-1",
		"TRUECHIME_MAXERROR_NS=5000000",
		"TRUECHIME_READING_MAXERROR_NS=170",
		"TRUECHIME_LATENCY_NS=42",
		"TRUECHIME_TIME_NS=1795163104771326123",
		"TRUECHIME_EPOCH=3",
		"TRUECHIME_HOST=kvm",
	};
	size_t i;

	world.event = (struct module_event){
		.instance = 0x0123456789abcdef,
		.host_name = "kvm",
		.sequence = 7,
		.cause = TRUECHIME_CAUSE_REVERT,
		.evidence = UINT32_MAX,
		.action = TRUECHIME_ACTION_STEPPED,
		.gap_ns = INT64_MAX,
		.offset_ns = -INT64_MAX,
		.residual_ns = -3,
		.maxerror_before_ns = CHIME_LINE_UNBOUNDED_NS,
		.maxerror_ns = 5000000,
		.reading_ns = 170,
		.latency_ns = 42,
		.time_ns = 1795163104771326123,
		.epoch = 3,
	};
	world.has_event = true;
	journal_listen(LOG_NOTICE);
	daemon_module_events(&self->daemon);
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		EXPECT_TRUE(journal_has(fields[i]))
			TH_LOG("field %zu", i);
	/* Those, and the message. */
	EXPECT_EQ(ARRAY_SIZE(fields) + 1, journal.count);
}

/* The kernel counts the suspend by a clock whose error is unknown, and there is no host to read. */
TEST_F(daemon, journal_has_no_bound_of_a_suspend_without_the_module)
{
	self->daemon.link = NULL;
	world.module_now.disruptions++;
	world.module_now.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	journal_listen(LOG_NOTICE);
	daemon_check_epoch(&self->daemon, &world.module_now);
	EXPECT_TRUE(journal_has("TRUECHIME_CAUSE=suspend"));
	EXPECT_TRUE(journal_has("TRUECHIME_MAXERROR_NS=-1"));
	EXPECT_TRUE(journal_has("TRUECHIME_READING_MAXERROR_NS=-1"));
}

TEST_F(daemon, journal_says_how_long_a_suspend_without_the_module_took)
{
	self->daemon.link = NULL;
	world.module_now.disruptions++;
	world.module_now.gap_ns = 3600 * NS_PER_S;
	journal_listen(LOG_NOTICE);
	daemon_check_epoch(&self->daemon, &world.module_now);
	EXPECT_TRUE(journal_has("TRUECHIME_GAP_NS=3600000000000"));
}

static void notify(FIXTURE_DATA(daemon) *self, uint32_t sequence)
{
	world.event = (struct module_event){
		.sequence = sequence,
		.cause = TRUECHIME_CAUSE_OPERATOR,
	};
	world.has_event = true;
	daemon_module_events(&self->daemon);
}

TEST_F(daemon, events_that_were_not_notified_are_asked_for)
{
	self->daemon.control = (struct control *)&world;
	log_set_level(-1);
	world.oldest = 1;
	world.newest = 1;
	notify(self, 1);
	EXPECT_EQ(1, world.told);
	world.newest = 4;
	notify(self, 4);
	EXPECT_EQ(4, world.told);
	notify(self, 3);
	EXPECT_EQ(4, world.told);
	world.newest = 6;
	world.event_error = -ENOBUFS;
	daemon_module_events(&self->daemon);
	EXPECT_EQ(6, world.told);

	/* The module may refuse: what is known is told all the same. */
	world.newest = 8;
	world.dump_error = -EAGAIN;
	notify(self, 8);
	EXPECT_EQ(7, world.told);
	EXPECT_EQ(8, self->daemon.events.stream.last);
}

TEST_F(daemon, lost_events_are_counted)
{
	world.oldest = 1;
	world.newest = 1;
	notify(self, 1);
	/* Warnings only, so that it is the latest entry. */
	journal_listen(LOG_WARNING);
	world.oldest = 10;
	world.newest = 10;
	world.event_error = -ENOBUFS;
	daemon_module_events(&self->daemon);
	EXPECT_TRUE(journal_has("MESSAGE=8 events are lost: the module has forgotten them"));
	EXPECT_EQ(10, self->daemon.events.stream.last);
}

/* One of UTC's is none of the host's. */
TEST_F(daemon, leap_second_moves_no_reference)
{
	daemon_leap(&self->daemon, -NS_PER_S);
	ASSERT_EQ(1, world.known);
	EXPECT_EQ(0, world.source_change.shift_ns);
	EXPECT_EQ(-NS_PER_S, world.discipline_change.leap_ns);
	EXPECT_EQ(3, world.epoch);
}

TEST_F(daemon, step_that_the_correction_did_not_outlive_is_not_known)
{
	world.corrected = true;
	world.event = (struct module_event){
		.sequence = 1,
		.cause = TRUECHIME_CAUSE_HOST_STEP,
		.action = TRUECHIME_ACTION_STEPPED,
		.gap_ns = NS_PER_S / 100,
		.epoch = 4,
	};
	world.has_event = true;
	module_says(4, true);
	world.module_now.disruptions = 1;
	daemon_module_events(&self->daemon);
	EXPECT_EQ(0, world.known);
	EXPECT_EQ(1, world.unknown);
	EXPECT_EQ(4, world.epoch);
	EXPECT_EQ(1, world.voids);
}

/* Nobody will confirm it, now or ever: it is as good as it was. */
TEST_F(daemon, host_that_was_followed_alone_still_is)
{
	int i;

	for (i = 0; i < 2; i++) {
		/* Sources that do not answer, or none that count. */
		world.only_watch = i;
		world.corrected = i;
		world.event = (struct module_event){
			.sequence = i + 1,
			.cause = i ? TRUECHIME_CAUSE_HOST_STEP : TRUECHIME_CAUSE_MIGRATION,
			.action = TRUECHIME_ACTION_STEPPED,
			.gap_ns = 60 * NS_PER_S,
			.epoch = 4 + i,
		};
		world.has_event = true;
		module_says(4 + i, true);
		world.module_now.disruptions = i + 1;
		daemon_module_events(&self->daemon);
		EXPECT_EQ(i + 1, world.unknown);
		EXPECT_EQ(0, world.voids);
	}
}

TEST_F(daemon, host_goes_with_the_module)
{
	world.module_is_there = false;
	daemon_module_changed(&self->daemon);
	ASSERT_EQ(&user_timescale, self->daemon.timescale);
	EXPECT_EQ(0, world.known);
	EXPECT_EQ(1, world.unknown);
}

/* What was followed without a word on how right it is does not become right by being kept. */
TEST_F(daemon, host_that_is_lost_is_kept_with_its_own_error)
{
	const int64_t host_ns[] = { 0, 50000000, CHIME_LINE_UNBOUNDED_NS };
	const int64_t carried_ns[] = { 170, 50000170, 1000000170 };
	unsigned int i;

	world.valid = true;
	for (i = 0; i < 3; i++) {
		world.module_is_there = true;
		daemon_module_changed(&self->daemon);
		world.module_now.maxerror_ns = 170;
		world.module_now.host_maxerror_ns = host_ns[i];
		world.module_is_there = false;
		daemon_module_changed(&self->daemon);
		EXPECT_EQ(carried_ns[i], world.carried.maxerror_ns);
	}
}

/* What the module goes with, and what comes back with it: the clock that was carried over. */
static double carried_growth(FIXTURE_DATA(daemon) *self, bool comes)
{
	world.module_is_there = comes;
	daemon_module_changed(&self->daemon);
	return (double)world.carried.maxerror_rate_q32 / 4294967296.0;
}

TEST_F(daemon, rate_of_a_host_that_is_lost_may_be_that_of_a_slew)
{
	world.valid = true;
	EXPECT_LE(500e-6, carried_growth(self, false));
	carried_growth(self, true);
	/* Its daemon slews it by a hundredth, and that is no rate of a clock. */
	world.base_rate = 0.01;
	EXPECT_LE(0.01, carried_growth(self, false));
	EXPECT_LE(0.01, carried_growth(self, true));
}

TEST_F(daemon, bound_of_a_correction_that_is_carried_over_grows_as_before)
{
	world.valid = true;
	world.corrected = true;
	self->config.discipline.maxclockerror = 1e-6;
	/* Of a daemon that was just started, whose rates are hardly known. */
	world.correction.maxerror_rate_q32 = 40 * CHIME_PPM_Q32;
	world.correction.beyond_maxerror_rate_q32 = 100 * CHIME_PPM_Q32;
	EXPECT_LE(100 * CHIME_PPM_Q32 / 4294967296.0, carried_growth(self, false));
	EXPECT_LE(100 * CHIME_PPM_Q32 / 4294967296.0, carried_growth(self, true));
	/* That of a good one is no less than what the oscillator may change by. */
	world.correction.maxerror_rate_q32 = 0;
	world.correction.beyond_maxerror_rate_q32 = 0;
	EXPECT_LE(1e-6, carried_growth(self, false));
	EXPECT_GT(2e-6, carried_growth(self, true));
}

TEST_F(daemon, module_is_told_how_right_hosts_are)
{
	self->config.host_maxerror_ns = 10000000;
	daemon_configure_module(&self->daemon);
	EXPECT_EQ(10000000, world.host_maxerror_ns);
}

/* Now, or before this daemon was started. */
TEST_F(daemon, how_right_hosts_are_is_taken_back_with_its_line)
{
	const int64_t parameters_ns[] = { -1, 2000000 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parameters_ns); i++) {
		world.parameter_ns = parameters_ns[i];
		self->config.host_maxerror_ns = 10000000;
		daemon_configure_module(&self->daemon);
		self->config.host_maxerror_ns = 0;
		daemon_configure_module(&self->daemon);
		EXPECT_EQ(parameters_ns[i], world.host_maxerror_ns);
	}
}

/*
 * The module takes a host that is chosen again for another one: it trusts one that the sources have
 * outvoted, or an operator has demoted, and learns its rate anew.
 */
TEST_F(daemon, host_that_is_there_already_is_not_chosen_again)
{
	static const struct {
		const char *wanted;
		enum truechime_host_state state;
		int choices;
	} rows[] = {
		{ "kvm", TRUECHIME_HOST_DEMOTED, 0 }, { "auto", TRUECHIME_HOST_DEMOTED, 0 },
		{ "kvm", TRUECHIME_HOST_CHOSEN, 0 }, { "auto", TRUECHIME_HOST_CHOSEN, 0 },
		{ "none", TRUECHIME_HOST_CHOSEN, 1 }, { "other", TRUECHIME_HOST_CHOSEN, 1 },
		{ "auto", TRUECHIME_HOST_FAILING, 1 }, { "auto", TRUECHIME_HOST_ABSENT, 1 },
		{ "kvm", TRUECHIME_HOST_ABSENT, 1 }, { "none", TRUECHIME_HOST_ABSENT, 1 },
		{ "", TRUECHIME_HOST_CHOSEN, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool absent = rows[i].state == TRUECHIME_HOST_ABSENT;

		world.choices = 0;
		world.status.host_state = rows[i].state;
		strcpy(world.status.host_name, absent ? "" : "kvm");
		strcpy(self->config.hostclock, rows[i].wanted);
		daemon_configure_module(&self->daemon);
		EXPECT_EQ(rows[i].choices, world.choices) TH_LOG("row %zu", i);
	}
	/* Who cannot be asked is told. */
	world.choices = 0;
	world.status_error = -EIO;
	strcpy(self->config.hostclock, "kvm");
	daemon_configure_module(&self->daemon);
	EXPECT_EQ(1, world.choices);
}

/* What else was said stays in the module, and so is to be named. */
TEST_F(daemon, what_stays_in_the_module_without_its_line_is_named)
{
	struct config before = {
		.rules = { { TRUECHIME_OCCASION_OPERATOR, TRUECHIME_DIRECTION_BACKWARD },
			   { TRUECHIME_OCCASION_DISRUPTION, TRUECHIME_DIRECTION_FORWARD } },
		.rule_count = 2,
		.has_rtc = true,
		.hostclock = "none",
	};

	self->config.rules[0] = before.rules[1];
	self->config.rule_count = 1;
	self->config.has_rtc = true;
	strcpy(self->config.hostclock, "auto");
	journal_listen(LOG_WARNING);
	daemon_name_withdrawn(&self->daemon, &before);
	EXPECT_EQ(1, journal.messages);
	EXPECT_NE(NULL, strstr(journal.fields[0], "\"steppolicy operator backward\""));
	self->config.has_rtc = false;
	*self->config.hostclock = '\0';
	daemon_name_withdrawn(&self->daemon, &before);
	EXPECT_EQ(4, journal.messages);
	EXPECT_NE(NULL, strstr(journal.fields[0], "\"hostclock none\""));
	/* Without the module the next policy is a whole one. */
	self->daemon.link = NULL;
	daemon_name_withdrawn(&self->daemon, &before);
	EXPECT_EQ(4, journal.messages);
}

TEST_F(daemon, raw_stays_when_the_module_comes_and_goes)
{
	const struct reference_change none = { 0 };

	module_changes(4, false, &none);
	daemon_check_epoch(&self->daemon, &world.module_now);
	ASSERT_EQ(1, world.known);
	world.module_is_there = false;
	daemon_module_changed(&self->daemon);
	ASSERT_EQ(2, world.known);
	EXPECT_EQ(0, memcmp(&none, &world.source_change, sizeof(none)));
	world.source_change.shift_ns = 1;
	world.module_is_there = true;
	daemon_module_changed(&self->daemon);
	ASSERT_EQ(&module_timescale, self->daemon.timescale);
	ASSERT_EQ(3, world.known);
	EXPECT_EQ(0, memcmp(&none, &world.source_change, sizeof(none)));
	EXPECT_EQ(4, world.epoch);
	EXPECT_EQ(0, world.unknown);
}

TEST_F(daemon, module_that_comes_brings_a_host)
{
	world.module_is_there = false;
	daemon_module_changed(&self->daemon);
	module_says(1, true);
	world.module_is_there = true;
	daemon_module_changed(&self->daemon);
	ASSERT_EQ(1, world.known);
	EXPECT_EQ(1, world.epoch);
	EXPECT_EQ(RAW_NS, world.source_change.at_ns);
	EXPECT_EQ(HOST_NS - RAW_NS, world.source_change.shift_ns);
}

TEST_F(daemon, module_that_does_not_answer_as_it_should_changes_nothing)
{
	static const int errors[] = { -EPROTO, -ENOENT };
	size_t i;

	log_set_level(-1);
	world.module_is_there = false;
	daemon_module_changed(&self->daemon);
	world.module_is_there = true;
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		world.status_error = errors[i];
		daemon_module_changed(&self->daemon);
		EXPECT_EQ(&user_timescale, self->daemon.timescale);
		EXPECT_EQ(NULL, self->daemon.link);
		EXPECT_EQ(0, world.user_closed);
	}
	world.status_error = 0;
	daemon_module_changed(&self->daemon);
	EXPECT_EQ(&module_timescale, self->daemon.timescale);
	EXPECT_EQ(1, world.user_closed);
}

TEST_F(daemon, module_that_was_loaded_again_is_another_one)
{
	log_set_level(-1);
	world.loads++;
	module_says(1, true);
	daemon_module_changed(&self->daemon);
	EXPECT_EQ(&module_timescale, self->daemon.timescale);
	EXPECT_EQ(&world.link, self->daemon.link);
	EXPECT_EQ(1, world.user_closed);
	EXPECT_EQ(1, world.epoch);

	/* Who notices by a request looks for it, too. */
	world.loads++;
	daemon_module_failed(&self->daemon, -ENOENT);
	EXPECT_EQ(&module_timescale, self->daemon.timescale);
	EXPECT_EQ(2, world.user_closed);

	/* There was word of it, and it is the one that we have. */
	daemon_module_changed(&self->daemon);
	EXPECT_EQ(2, world.user_closed);
	EXPECT_EQ(&module_timescale, self->daemon.timescale);
}

TEST_F(daemon, sleep_before_the_module_came_is_not_overlooked)
{
	const struct reference_change none = { 0 };

	world.user_now.change = REFERENCE_JUMPED;
	module_changes(4, false, &none);
	daemon_check_epoch(&self->daemon, &world.module_now);
	world.module_is_there = false;
	daemon_module_changed(&self->daemon);
	ASSERT_EQ(0, world.unknown);
	world.user_now.epoch++;
	world.user_now.disruptions++;
	world.module_is_there = true;
	daemon_module_changed(&self->daemon);
	EXPECT_EQ(1, world.unknown);
}

TEST_HARNESS_MAIN
