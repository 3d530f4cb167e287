// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the programs in the kernel record, and that a burst of changes is recorded whole. They run
 * by BPF_PROG_TEST_RUN, on what this test passes: no clock is changed. Where the kernel lets them
 * be attached, changes by nothing are caught as they happen.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/lib/clock_ns.h"
#include "user/watch/attachment.c"
#include "watch/records.skel.h"

/* Changes in a row, far more than time daemons make. */
#define BURST	1000

#define STEP_NOISE_NS	10000000LL

static struct {
	int count;
	struct watch_record latest;
} taken;

static void note(void *context, const struct watch_record *record)
{
	(void)context;
	taken.latest = *record;
	taken.count++;
}

/* Of a ring that others fill as fast as it is read; 0: of the real one. */
static int flood;

static struct attachment flooded;

int __wrap_ring_buffer__consume(struct ring_buffer *ring)
{
	struct watch_record record = { .call = WATCH_ADJUSTS };
	int err = 0;

	if (!flood)
		return __real_ring_buffer__consume(ring);
	for (int i = 0; i < flood && err >= 0; i++)
		err = take_record(&flooded, &record, sizeof(record));

	return err;
}

static int note_data(void *context, void *data, size_t size)
{
	if (size >= sizeof(taken.latest))
		note(context, data);

	return 0;
}

FIXTURE(records) {
	struct records *program;
	struct ring_buffer *ring;
	struct timex passed;
};

FIXTURE_SETUP(records)
{
	struct bpf_program *one;
	int err;

	memset(self, 0, sizeof(*self));
	memset(&taken, 0, sizeof(taken));
	libbpf_set_print(NULL);
	self->program = records__open();
	ASSERT_NE(NULL, self->program);
	bpf_object__for_each_program(one, self->program->obj)
		bpf_program__set_autoload(one, !strcmp(bpf_program__section_name(one), "raw_tp"));
	err = records__load(self->program);
	if (err)
		SKIP(return, "machine: BPF is refused here: %s", strerror(-err));
	self->ring = ring_buffer__new(bpf_map__fd(self->program->maps.records), note_data, NULL,
				      NULL);
	ASSERT_NE(NULL, self->ring);
}

FIXTURE_TEARDOWN(records)
{
	ring_buffer__free(self->ring);
	records__destroy(self->program);
}

static int run(const struct bpf_program *program, int64_t first, int64_t second)
{
	int64_t arguments[2] = { first, second };
	struct bpf_test_run_opts options = {
		.sz = sizeof(options),
		.ctx_in = arguments,
		.ctx_size_in = sizeof(arguments),
	};

	return bpf_prog_test_run_opts(bpf_program__fd(program), &options);
}

static int adjust(FIXTURE_DATA(records) *self, unsigned int modes, int result)
{
	self->passed.modes = modes;
	memcpy(self->program->bss->passed, &self->passed, sizeof(self->passed));
	run(self->program->progs.test_adjust, result, 0);
	ring_buffer__consume(self->ring);

	return taken.count;
}

TEST_F(records, an_adjustment_is_recorded_with_who_and_what)
{
	char comm[WATCH_COMM_MAX] = "";
	FILE *file = fopen("/proc/self/comm", "re");
	int64_t now_ns = clock_ns(CLOCK_BOOTTIME);

	ASSERT_NE(NULL, file);
	ASSERT_NE(NULL, fgets(comm, sizeof(comm), file));
	fclose(file);
	comm[strcspn(comm, "\n")] = '\0';
	self->passed.freq = -70000;
	self->passed.tick = 10001;
	self->passed.status = STA_PLL;
	self->passed.offset = 44;
	ASSERT_EQ(1, adjust(self, ADJ_FREQUENCY | ADJ_TICK, TIME_ERROR));
	EXPECT_EQ(WATCH_ADJUSTS, taken.latest.call);
	EXPECT_EQ(ADJ_FREQUENCY | ADJ_TICK, taken.latest.modes);
	EXPECT_EQ(-70000, taken.latest.frequency);
	EXPECT_EQ(10001, taken.latest.tick_us);
	EXPECT_EQ(STA_PLL, taken.latest.status);
	EXPECT_EQ(44, taken.latest.offset);
	EXPECT_EQ(0, taken.latest.step_ns);
	EXPECT_EQ((uint32_t)getpid(), taken.latest.tgid);
	EXPECT_EQ((uint32_t)syscall(SYS_gettid), taken.latest.pid);
	EXPECT_EQ(getuid(), taken.latest.uid);
	EXPECT_EQ(0, taken.latest.is_kernel);
	EXPECT_STREQ(comm, taken.latest.comm);
	EXPECT_LE(now_ns, taken.latest.boot_ns);
	EXPECT_LE(taken.latest.boot_ns, clock_ns(CLOCK_BOOTTIME));
	/* This program's command line, or its beginning. */
	ASSERT_LT(0, taken.latest.args_size);
	EXPECT_NE(NULL, memmem(taken.latest.args, taken.latest.args_size, "test_records", 12));
}

static void *adjust_in_thread(void *argument)
{
	prctl(PR_SET_NAME, "runtime-worker");
	adjust(argument, ADJ_FREQUENCY, TIME_OK);
	return NULL;
}

/* By that name /proc has it, and people know it. */
TEST_F(records, a_thread_has_the_name_of_its_process)
{
	char comm[WATCH_COMM_MAX] = "";
	pthread_t thread;

	ASSERT_EQ(0, prctl(PR_GET_NAME, comm));
	ASSERT_EQ(0, pthread_create(&thread, NULL, adjust_in_thread, self));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	ASSERT_EQ(1, taken.count);
	EXPECT_EQ((uint32_t)getpid(), taken.latest.tgid);
	EXPECT_NE(taken.latest.tgid, taken.latest.pid);
	EXPECT_STREQ(comm, taken.latest.comm);
}

TEST_F(records, an_offset_that_is_added_is_a_step)
{
	self->passed.time.tv_sec = -3;
	self->passed.time.tv_usec = 250000;
	ASSERT_EQ(1, adjust(self, ADJ_SETOFFSET, TIME_OK));
	EXPECT_EQ(-2750000000LL, taken.latest.step_ns);
	ASSERT_EQ(2, adjust(self, ADJ_SETOFFSET | ADJ_NANO, TIME_OK));
	EXPECT_EQ(-2999750000LL, taken.latest.step_ns);
}

TEST_F(records, what_changes_nothing_is_not_recorded)
{
	EXPECT_EQ(0, adjust(self, 0, TIME_OK));
	EXPECT_EQ(0, adjust(self, ADJ_OFFSET_SS_READ, TIME_OK));
	EXPECT_EQ(0, adjust(self, ADJ_FREQUENCY, -EPERM));
	/* Nor is it kept for the thread's next call. */
	EXPECT_EQ(1, adjust(self, ADJ_FREQUENCY, TIME_OK));
	EXPECT_EQ(2, adjust(self, ADJ_OFFSET_SINGLESHOT, TIME_OK));
	EXPECT_EQ(0, self->program->bss->lost);
}

TEST_F(records, a_system_call_that_sets_the_clock_is_recorded_once)
{
	run(self->program->progs.test_set, 0, 0);
	run(self->program->progs.test_set, -EINVAL, 0);
	/* Only the time zone: the clock has not moved. */
	run(self->program->progs.test_set, 0, 1);
	ring_buffer__consume(self->ring);
	ASSERT_EQ(1, taken.count);
	EXPECT_EQ(WATCH_SETS, taken.latest.call);
	EXPECT_GT(STEP_NOISE_NS, taken.latest.step_ns);
	EXPECT_LT(-STEP_NOISE_NS, taken.latest.step_ns);
}

TEST_F(records, so_is_a_driver)
{
	run(self->program->progs.test_set_in_kernel, 0, 0);
	run(self->program->progs.test_set_in_kernel, -EINVAL, 0);
	ring_buffer__consume(self->ring);
	ASSERT_EQ(1, taken.count);
	EXPECT_EQ(WATCH_KERNEL_SETS, taken.latest.call);
}

/* The kernel has not run the program at the end of it, as another task was preempted in that. */
static void begin_adjusting(FIXTURE_DATA(records) *self, unsigned int modes)
{
	self->passed.modes = modes;
	memcpy(self->program->bss->passed, &self->passed, sizeof(self->passed));
	run(self->program->progs.test_begin_adjusting, 0, 0);
}

/* Anybody may try to change the clock, and is refused; and anybody may read it. */
TEST_F(records, a_reading_is_no_end_of_a_call_whose_end_was_missed)
{
	begin_adjusting(self, ADJ_FREQUENCY);
	EXPECT_EQ(0, adjust(self, 0, TIME_OK));
	run(self->program->progs.test_begin_setting, 0, 0);
	EXPECT_EQ(0, adjust(self, 0, TIME_OK));
	/* Nor where the beginning of the reading was missed as well. */
	begin_adjusting(self, ADJ_FREQUENCY);
	memset(self->program->bss->passed, 0, sizeof(self->passed));
	run(self->program->progs.test_end_adjusting, TIME_OK, 0);
	ring_buffer__consume(self->ring);
	EXPECT_EQ(0, taken.count);
	/* What changes the clock is recorded as ever. */
	EXPECT_EQ(1, adjust(self, ADJ_TICK, TIME_OK));
	EXPECT_EQ(ADJ_TICK, taken.latest.modes);
	begin_adjusting(self, ADJ_FREQUENCY);
	run(self->program->progs.test_set_in_kernel, 0, 0);
	ring_buffer__consume(self->ring);
	EXPECT_EQ(2, taken.count);
	EXPECT_EQ(WATCH_KERNEL_SETS, taken.latest.call);
}

static void *begin_in_thread(void *argument)
{
	begin_adjusting(argument, ADJ_FREQUENCY);
	return NULL;
}

TEST_F(records, calls_whose_ends_were_missed_leave_room_for_others)
{
	uint32_t room = bpf_map__max_entries(self->program->maps.calls);
	pthread_t thread;

	for (uint32_t i = 0; i <= room; i++) {
		ASSERT_EQ(0, pthread_create(&thread, NULL, begin_in_thread, self));
		ASSERT_EQ(0, pthread_join(thread, NULL));
	}
	EXPECT_EQ(1, adjust(self, ADJ_TICK, TIME_OK));
	EXPECT_EQ(0, self->program->bss->lost);
}

/* Nobody reads meanwhile. */
TEST_F(records, a_burst_is_recorded_whole_and_what_is_lost_is_counted)
{
	int most = WATCH_RING_SIZE / (int)sizeof(struct watch_record);

	adjust(self, ADJ_TICK, -EPERM);
	for (int i = 0; i < BURST; i++)
		run(self->program->progs.test_adjust, TIME_OK, 0);
	EXPECT_EQ(0, self->program->bss->lost);
	for (int i = BURST; i < 2 * most; i++)
		run(self->program->progs.test_adjust, TIME_OK, 0);
	ring_buffer__consume(self->ring);
	EXPECT_LT(BURST, taken.count);
	EXPECT_LT(0, self->program->bss->lost);
	EXPECT_EQ(2 * most, taken.count + (int)self->program->bss->lost);
}

/* What the loop waits for. */
static bool wakes_reader(FIXTURE_DATA(records) *self)
{
	struct pollfd fd = { .fd = ring_buffer__epoll_fd(self->ring), .events = POLLIN };

	return poll(&fd, 1, 100) > 0;
}

/* The daemon's, once a second. */
TEST_F(records, a_change_of_our_own_wakes_nobody_and_is_recorded)
{
	self->program->bss->own_tgid = (uint32_t)getpid();
	memcpy(self->program->bss->passed, &(struct timex){ .modes = ADJ_TICK },
	       sizeof(struct timex));
	ASSERT_FALSE(wakes_reader(self));
	for (int i = 0; i < 10; i++)
		run(self->program->progs.test_adjust, TIME_OK, 0);
	EXPECT_FALSE(wakes_reader(self));
	/* A rival's does, though it is not the first that is to be read. */
	self->program->bss->own_tgid = INT32_MAX;
	run(self->program->progs.test_adjust, TIME_OK, 0);
	EXPECT_TRUE(wakes_reader(self));
	ring_buffer__consume(self->ring);
	EXPECT_EQ(11, taken.count);
	EXPECT_FALSE(wakes_reader(self));
}

/* They would take the room of a rival's. */
TEST_F(records, many_changes_of_our_own_are_read)
{
	int most = WATCH_RING_SIZE / (int)sizeof(struct watch_record);

	self->program->bss->own_tgid = (uint32_t)getpid();
	memcpy(self->program->bss->passed, &(struct timex){ .modes = ADJ_TICK },
	       sizeof(struct timex));
	for (int i = 0; i < most / 3; i++)
		run(self->program->progs.test_adjust, TIME_OK, 0);
	EXPECT_FALSE(wakes_reader(self));
	for (int i = 0; i < most / 3; i++)
		run(self->program->progs.test_adjust, TIME_OK, 0);
	EXPECT_TRUE(wakes_reader(self));
	EXPECT_EQ(0, self->program->bss->lost);
}

/* The tick that it has: a change that changes nothing, and is one all the same. */
TEST(attached_programs_catch_every_change)
{
	struct timex tx = { .modes = 0 };
	struct attachment *attachment;
	int err, own = 0;

	memset(&taken, 0, sizeof(taken));
	err = attachment_open(&attachment, note, NULL);
	if (err)
		SKIP(return, "machine: the kernel lets nobody watch it here: %s", strerror(-err));
	ASSERT_LE(0, clock_adjtime(CLOCK_REALTIME, &tx));
	tx.modes = ADJ_TICK;
	for (int i = 0; i < BURST; i++)
		own += clock_adjtime(CLOCK_REALTIME, &tx) >= 0;
	attachment_read(attachment);
	EXPECT_EQ(BURST, own);
	/* Time daemons of this machine may have been at work, too. */
	EXPECT_LE(BURST, taken.count);
	EXPECT_EQ(0, attachment_lost(attachment));
	attachment_close(attachment);
}

/* Who asks, and who ends it, waits for the end of a reading. */
TEST(changes_without_end_end_a_reading_all_the_same)
{
	int most = WATCH_RING_SIZE / (int)sizeof(struct watch_record);

	memset(&taken, 0, sizeof(taken));
	flooded = (struct attachment){ .take = note };
	flood = 10 * most;
	attachment_read(&flooded);
	EXPECT_EQ(most, taken.count);
	attachment_read(&flooded);
	EXPECT_EQ(2 * most, taken.count);
	flood = 0;
}

TEST_HARNESS_MAIN
