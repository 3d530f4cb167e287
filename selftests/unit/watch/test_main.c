// SPDX-License-Identifier: GPL-2.0-only
/*
 * What truechime-watch tells the daemon, and when: one that is away, and one that was restarted.
 * The programs in the kernel are absent; daemon, clock and control socket are stand-ins.
 */
#define main watch_main
#include "user/watch/main.c"
#undef main

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"

#define S	NS_PER_S

static struct {
	int64_t now_ns;
	int daemon_pid;		/* 0: none runs */
	int asked;		/* for its number */
	int tries;
	int told;
	bool is_ended;		/* before the loop waits */
	bool is_starved;	/* the kernel has no memory for a wait for descriptors */
	int renewals;		/* attempts to make the socket anew */
	int renewed;		/* what becomes of them */
	uint64_t lost;		/* calls that were not recorded */
	ino_t numbering;	/* the namespace of process numbers; 0: the real one */
	int refusal;		/* why the kernel is not watched, -errno; 0: it is */
	int opened;		/* control sockets */
	int errors;		/* in the log */
	char error[512];
	uint32_t own;		/* the process whose changes wake nobody */
	struct rival_notice notice;
} world;

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	(void)clock;
	*now = (struct timespec){ world.now_ns / S, world.now_ns % S };

	return 0;
}

int __wrap_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *wait,
		 const sigset_t *mask)
{
	if (!world.is_starved)
		return __real_ppoll(fds, count, wait, mask);
	if (count) {
		errno = ENOMEM;
		return -1;
	}
	world.now_ns += wait->tv_sec * S + wait->tv_nsec;

	return 0;
}

int __wrap_stat(const char *path, struct stat *about)
{
	if (!world.numbering || strcmp(path, "/proc/self/ns/pid") != 0)
		return __real_stat(path, about);
	about->st_ino = world.numbering;

	return 0;
}

int __wrap_attachment_open(struct attachment **attachment,
			   void (*take)(void *context, const struct watch_record *record),
			   void *context)
{
	(void)take;
	(void)context;
	*attachment = NULL;

	return world.refusal;
}

void __wrap_log_err(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(world.error, sizeof(world.error), format, arguments);
	va_end(arguments);
	world.errors++;
}

uint64_t __wrap_attachment_lost(const struct attachment *attachment)
{
	(void)attachment;

	return world.lost;
}

void __wrap_attachment_set_own(struct attachment *attachment, uint32_t tgid)
{
	(void)attachment;
	world.own = tgid;
}

int daemon_link_pid(const char *path)
{
	(void)path;
	world.asked++;

	return world.daemon_pid;
}

int daemon_link_send(const char *path, const struct rival_notice *notice, char *why, size_t size)
{
	(void)path;
	(void)why;
	(void)size;
	world.tries++;
	if (!world.daemon_pid)
		return -ECONNREFUSED;
	world.told++;
	world.notice = *notice;

	return 0;
}

int control_open(struct control **control, const char *path,
		 json_t *(*asked)(void *context, const struct control_request *request,
				  const char **error),
		 void *context)
{
	(void)control;
	(void)path;
	(void)asked;
	(void)context;
	world.opened++;

	return -EADDRINUSE;
}

int control_renew(struct control *control)
{
	(void)control;
	world.renewals++;

	return world.renewed;
}

void control_close(struct control *control)
{
	(void)control;
}

int control_pollfds(const struct control *control, struct pollfd *fds)
{
	(void)control;
	(void)fds;

	return 0;
}

/* The loop goes once, and ends. */
int64_t control_next_ns(const struct control *control)
{
	(void)control;
	if (world.is_ended) {
		raise(SIGTERM);
		return INT64_MAX;
	}
	signal_stop = 1;

	return 0;
}

void control_dispatch(struct control *control, const struct pollfd *fds, int count,
		      int64_t now_raw_ns)
{
	(void)control;
	(void)fds;
	(void)count;
	(void)now_raw_ns;
}

int sandbox_drop_capabilities(void)
{
	return 0;
}

FIXTURE(watch) {
	struct watch *watch;
	struct watch_record record;
};

FIXTURE_SETUP(watch)
{
	memset(&world, 0, sizeof(world));
	world.now_ns = 1000 * S;
	world.numbering = 4026531836;
	world.daemon_pid = 10;
	self->watch = calloc(1, sizeof(*self->watch));
	ASSERT_NE(NULL, self->watch);
	self->watch->daemon_path = "/nowhere";
	/* Its folder cannot be made. */
	self->watch->path = "/nowhere/run/rivals.sock";
	self->watch->socket_ns = world.now_ns;
	self->watch->checked_ns = world.now_ns;
	self->watch->daemon_checked_ns = world.now_ns;
	/* This very process, which runs. */
	self->record = (struct watch_record){
		.call = WATCH_SETS, .step_ns = S, .tgid = (uint32_t)getpid(), .group_count = 1,
		.groups = { "odd.service" },
	};
	ASSERT_EQ(0, prctl(PR_GET_NAME, self->record.comm));
}

FIXTURE_TEARDOWN(watch)
{
	free(self->watch);
}

static void change(FIXTURE_DATA(watch) *self)
{
	self->record.boot_ns = world.now_ns;
	take_record(self->watch, &self->record);
}

/* As the loop does when it is woken, @s later. */
static void turn(FIXTURE_DATA(watch) *self, int64_t s)
{
	world.now_ns += s * S;
	signal_stop = 0;
	loop(self->watch);
}

TEST_F(watch, each_change_is_told_once)
{
	change(self);
	turn(self, 0);
	EXPECT_EQ(1, world.told);
	EXPECT_TRUE(world.notice.runs);
	turn(self, 1);
	EXPECT_EQ(1, world.told);
	change(self);
	change(self);
	turn(self, 1);
	EXPECT_EQ(2, world.told);
	EXPECT_EQ(3, world.notice.times);
}

/* The daemon must be able to do something else. */
TEST_F(watch, who_is_called_as_the_daemon_does_not_make_it_be_asked_each_time)
{
	strcpy(self->record.comm, "truechimed");
	for (int i = 0; i < 1000; i++)
		change(self);
	EXPECT_EQ(1, world.asked);
	EXPECT_EQ(1000, self->watch->tally.others);
	/* It was started. */
	world.now_ns += S / 10;
	world.daemon_pid = getpid();
	change(self);
	change(self);
	EXPECT_EQ(2, world.asked);
	EXPECT_EQ(2, self->watch->tally.own);
}

/* It follows the clock once a second, and nobody has to be told. */
TEST_F(watch, the_daemons_changes_wake_nobody)
{
	change(self);
	EXPECT_EQ(0, world.own);
	self->watch->daemon_pid = getpid();
	change(self);
	EXPECT_EQ((uint32_t)getpid(), world.own);
	/* One that was started anew is known by its unit. */
	self->record.tgid = INT32_MAX;
	change(self);
	EXPECT_EQ((uint32_t)getpid(), world.own);
	self->record.group_count = 2;
	strcpy(self->record.groups[0], "truechimed.service");
	strcpy(self->record.groups[1], "system.slice");
	change(self);
	EXPECT_EQ(INT32_MAX, world.own);
	/* The module's worker has the kernel's number. */
	self->record.is_kernel = 1;
	self->record.tgid = 0;
	strcpy(self->record.queue, "truechime");
	change(self);
	EXPECT_EQ(INT32_MAX, world.own);
}

/* Nothing else would wake it. */
TEST_F(watch, a_signal_just_before_it_waits_ends_it)
{
	world.is_ended = true;
	catch_signals(&self->watch->waiting);
	signal_stop = 0;
	loop(self->watch);
	EXPECT_EQ(1, signal_stop);
}

/* It spent a processor, and told nobody of anything. */
TEST_F(watch, where_it_cannot_wait_it_goes_on_at_its_leisure)
{
	world.is_starved = true;
	change(self);
	turn(self, 0);
	EXPECT_EQ(1001 * S, world.now_ns);
	EXPECT_EQ(1, world.told);
}

/* As when it is upgraded, which takes seconds. */
TEST_F(watch, what_no_daemon_heard_the_next_one_is_told)
{
	world.daemon_pid = 0;
	change(self);
	turn(self, 0);
	EXPECT_EQ(1, world.tries);
	/* It is not tried all the time ... */
	turn(self, 5);
	EXPECT_EQ(1, world.tries);
	EXPECT_EQ(55 * S, wait_ns(self->watch));
	/* ... but when there is something new. */
	change(self);
	turn(self, 5);
	EXPECT_EQ(2, world.tries);
	world.daemon_pid = 11;
	turn(self, 59);
	EXPECT_EQ(0, world.told);
	turn(self, 1);
	EXPECT_EQ(1, world.told);
	EXPECT_EQ(2, world.notice.times);
}

/* date(1): a daemon that is started an hour later asks its sources anyway. */
TEST_F(watch, what_has_ended_long_ago_is_no_news)
{
	world.daemon_pid = 0;
	self->record.tgid = INT32_MAX;
	change(self);
	turn(self, 0);
	turn(self, 3601);
	EXPECT_EQ(2, world.tries);
	world.daemon_pid = 11;
	turn(self, 60);
	EXPECT_EQ(0, world.told);
}

TEST_F(watch, a_daemon_that_was_restarted_is_told_of_those_that_run)
{
	change(self);
	turn(self, 60);
	ASSERT_LT(0, world.told);
	world.told = 0;
	turn(self, 60);
	turn(self, 60);
	EXPECT_EQ(0, world.told);
	world.daemon_pid = 11;
	turn(self, 60);
	EXPECT_EQ(1, world.told);
	EXPECT_TRUE(world.notice.runs);
	turn(self, 60);
	EXPECT_EQ(1, world.told);
}

/* With its folder, where we are still root. Nothing happens that would wake it. */
TEST_F(watch, a_socket_that_was_removed_is_made_again)
{
	char top[] = "/tmp/test_watch.XXXXXX", folder[64], path[96];

	ASSERT_NE(NULL, mkdtemp(top));
	snprintf(folder, sizeof(folder), "%s/run", top);
	snprintf(path, sizeof(path), "%s/rivals.sock", folder);
	self->watch->path = path;
	world.renewed = 1;
	EXPECT_EQ(60 * S, wait_ns(self->watch));
	turn(self, 59);
	EXPECT_EQ(0, world.renewals);
	turn(self, 1);
	EXPECT_EQ(1, world.renewals);
	EXPECT_EQ(0, rmdir(folder));
	EXPECT_EQ(0, rmdir(top));
	/* What cannot be done is said once. */
	world.renewed = -EACCES;
	turn(self, 60);
	EXPECT_EQ(-EACCES, self->watch->renew_error);
	turn(self, 60);
	EXPECT_EQ(3, world.renewals);
}

/* A program that changes the clock all the time does not fill the journal. */
TEST_F(watch, losses_are_logged_once_a_minute)
{
	world.lost = 5;
	turn(self, 0);
	EXPECT_EQ(5, self->watch->lost);
	for (int s = 1; s < 60; s++) {
		world.lost++;
		turn(self, 1);
		ASSERT_EQ(5, self->watch->lost);
	}
	turn(self, 1);
	EXPECT_EQ(64, self->watch->lost);
}

/* --- the beginning --- */

/* Each of them is for as long as this kernel runs, with these rights: a restart is of no use. */
TEST_F(watch, a_kernel_that_does_not_let_itself_be_watched_is_said_to_be_so)
{
	static const struct {
		int err;
		const char *words;
	} rows[] = {
		{ -EPERM, "CAP_BPF and CAP_PERFMON, and a kernel that is not locked down" },
		{ -EACCES, "CAP_BPF and CAP_PERFMON, and a kernel that is not locked down" },
		{ -ENOENT, "the kernel does not describe itself (no /sys/kernel/btf/vmlinux)" },
		{ -EOPNOTSUPP, "this program was built without clang, bpftool or libbpf" },
		{ -EINVAL, "Invalid argument" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		world.refusal = rows[i].err;
		EXPECT_EQ(STATUS_UNSUPPORTED, run(self->watch)) TH_LOG("%d", rows[i].err);
		EXPECT_NE(NULL, strstr(world.error, rows[i].words)) TH_LOG("%s", world.error);
		EXPECT_NE(NULL, strstr(world.error, "truechimed notices all the same"));
		EXPECT_EQ((int)i + 1, world.errors);
	}
	/* Nobody is to ask it. */
	EXPECT_EQ(0, world.opened);
}

/* It would name others' numbers, and take what truechimed does for a rival's doing. */
TEST_F(watch, where_processes_have_other_numbers_it_does_not_run)
{
	world.numbering = 4026532000;
	EXPECT_EQ(STATUS_UNSUPPORTED, run(self->watch));
	EXPECT_NE(NULL, strstr(world.error, "process numbers are a container's own"))
		TH_LOG("%s", world.error);
	EXPECT_EQ(0, world.opened);
	world.numbering = 4026531836;
	EXPECT_EQ(1, run(self->watch));
	EXPECT_EQ(1, world.opened);
}

/* The service manager starts it again after a failure, but not where it is unsupported. */
TEST_F(watch, what_may_pass_is_a_failure)
{
	static const int errors[] = { -ENOMEM, -EMFILE, -ENFILE, -EAGAIN, -EBUSY, -EINTR };

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		world.refusal = errors[i];
		EXPECT_EQ(1, run(self->watch)) TH_LOG("%d", errors[i]);
		EXPECT_NE(NULL, strstr(world.error, strerror(-errors[i])))
			TH_LOG("%s", world.error);
	}
	world.refusal = 0;
	EXPECT_EQ(1, run(self->watch));
	EXPECT_EQ(1, world.opened);
	EXPECT_NE(NULL, strstr(world.error, "another truechime-watch answers there"));
}

TEST_HARNESS_MAIN
