// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals: what becomes of them, and of the end of a child, whoever started the daemon. Of loop.c
 * only what is called here: the linker drops the rest, and what that needs.
 */
#include "user/daemon/loop.c"

#include <sys/wait.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"

static struct {
	int reloads;
	bool is_reloading;
	int hangups;		/* SIGHUPs that still come while the configuration is read */
	int wait_error;		/* descriptors cannot be waited for */
	int64_t now_ns;
	int errors;		/* in the log */
	char error[256];
} world;

int daemon_reload(struct daemon *daemon)
{
	world.reloads += world.is_reloading;
	if (world.hangups-- > 0)
		raise(SIGHUP);

	return 0;
}

void notify_reloading(void)
{
	world.is_reloading = true;
}

void notify_ready(void)
{
	world.is_reloading = false;
}

int64_t associations_next_ns(const struct associations *list)
{
	return INT64_MAX;
}

int64_t steering_next_ns(const struct steering *steering)
{
	return INT64_MAX;
}

int64_t serving_next_ns(const struct serving *serving)
{
	return INT64_MAX;
}

int64_t control_next_ns(const struct control *control)
{
	return INT64_MAX;
}

int64_t chronyc_listener_next_ns(const struct chronyc_listener *listener)
{
	return INT64_MAX;
}

int64_t source_watch_next_ns(const struct source_watch *watch)
{
	return INT64_MAX;
}

int64_t system_clock_raw_ns(void)
{
	return world.now_ns;
}

int __wrap_poll(struct pollfd *fds, unsigned long count, int timeout_ms)
{
	if (!world.wait_error)
		return __real_poll(fds, count, timeout_ms);
	errno = world.wait_error;

	return -1;
}

void __wrap_log_err(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(world.error, sizeof(world.error), format, arguments);
	va_end(arguments);
	world.errors++;
}

FIXTURE(signals) {
	struct daemon daemon;
	struct pollfd never;	/* a descriptor on which nothing happens */
	int ends[2];
	struct log_limit deaf;
};

FIXTURE_SETUP(signals)
{
	memset(&world, 0, sizeof(world));
	memset(self, 0, sizeof(*self));
	for (int due = 0; due < DUE_COUNT; due++)
		self->daemon.due_ns[due] = INT64_MAX;
	self->daemon.rivals.next_ns = INT64_MAX;
	self->daemon.run_folder.next_ns = INT64_MAX;
	ASSERT_EQ(0, pipe(self->ends));
	self->never = (struct pollfd){ .fd = self->ends[0], .events = POLLIN };
}

FIXTURE_TEARDOWN(signals)
{
	close(self->ends[0]);
	close(self->ends[1]);
}

/* As a script with `trap '' CHLD` starts it. */
TEST_F(signals, how_a_child_ended_is_known_where_the_starter_does_not_want_to_know)
{
	int status = 0;
	pid_t pid;

	signal(SIGCHLD, SIG_IGN);
	daemon_catch_signals();
	pid = fork();
	if (!pid)
		_exit(3);
	ASSERT_LT(0, pid);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(3, WEXITSTATUS(status));
}

/* A child's end wakes nobody and ends no call: each is noticed by its own descriptor. */
TEST_F(signals, a_child_that_ends_interrupts_nothing)
{
	pid_t pid;

	daemon_catch_signals();
	pid = fork();
	if (!pid)
		_exit(0);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, poll(&self->never, 1, 200));
	EXPECT_EQ(pid, waitpid(pid, NULL, 0));
}

TEST_F(signals, those_that_end_it_do_so_in_the_loop)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGQUIT };

	daemon_catch_signals();
	daemon_handle_signals(&self->daemon);
	EXPECT_FALSE(self->daemon.stop);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		signal_stop = 0;
		self->daemon.stop = false;
		raise(numbers[i]);
		daemon_handle_signals(&self->daemon);
		EXPECT_TRUE(self->daemon.stop);
	}
	EXPECT_EQ(0, world.reloads);
}

/* Who reads an answer may have gone. */
TEST_F(signals, a_closed_connection_ends_nothing)
{
	daemon_catch_signals();
	close(self->ends[0]);
	EXPECT_EQ(-1, write(self->ends[1], "x", 1));
	EXPECT_EQ(EPIPE, errno);
	self->ends[0] = dup(self->ends[1]);
}

/* The file may have been read before it was changed. */
TEST_F(signals, a_reload_that_is_asked_for_during_one_follows_it)
{
	daemon_catch_signals();
	world.hangups = 1;
	raise(SIGHUP);
	for (int i = 0; i < 3; i++)
		daemon_handle_signals(&self->daemon);
	EXPECT_EQ(2, world.reloads);
	EXPECT_FALSE(self->daemon.stop);
}

/* It came after the look at the flags, and nothing else would end the wait of an hour. */
TEST_F(signals, one_just_before_the_wait_ends_it)
{
	daemon_catch_signals();
	raise(SIGTERM);
	EXPECT_FALSE(daemon_wait(&self->daemon, &self->never, 1, &self->deaf));
	EXPECT_EQ(0, world.errors);
	daemon_handle_signals(&self->daemon);
	EXPECT_TRUE(self->daemon.stop);
}

/* With -x nothing else is done each second. */
TEST_F(signals, what_is_in_run_is_looked_for_though_nothing_else_happens)
{
	self->daemon.run_folder.next_ns = 5 * NS_PER_S;
	EXPECT_EQ(6000, daemon_timeout_ms(&self->daemon, 0));
}

/* As where the module refused a correction, because an epoch began meanwhile. */
TEST_F(signals, an_update_that_is_to_be_tried_again_is_not_waited_for)
{
	EXPECT_EQ(3600 * 1000, daemon_timeout_ms(&self->daemon, 0));
	self->daemon.sources_changed = true;
	EXPECT_EQ(0, daemon_timeout_ms(&self->daemon, 0));
}

/* Nothing that the kernel has left in the descriptors is to be read, and one message is enough. */
TEST_F(signals, what_cannot_be_waited_for_is_said_once_an_hour)
{
	world.wait_error = ENOMEM;
	for (int minute = 0; minute < 60; minute++) {
		world.now_ns = minute * 60 * NS_PER_S;
		EXPECT_FALSE(daemon_wait(&self->daemon, &self->never, 1, &self->deaf));
	}
	EXPECT_EQ(1, world.errors);
	EXPECT_NE(NULL, strstr(world.error, "Cannot allocate memory"));
	world.now_ns += 60 * NS_PER_S;
	EXPECT_FALSE(daemon_wait(&self->daemon, &self->never, 1, &self->deaf));
	EXPECT_EQ(2, world.errors);
	/* That a signal has come is no failure. */
	world.wait_error = EINTR;
	world.now_ns += 3600 * NS_PER_S;
	EXPECT_FALSE(daemon_wait(&self->daemon, &self->never, 1, &self->deaf));
	EXPECT_EQ(2, world.errors);
}

TEST_HARNESS_MAIN
