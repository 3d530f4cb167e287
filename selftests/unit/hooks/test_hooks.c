// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hooks: which programs of a directory they are, what they are told, and that none outlives its
 * time.
 */
#include "user/hooks/hook_list.h"
#include "user/hooks/hook_run.h"
#include "user/lib/event_fields.h"
#include "user/lib/names.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"

static int skipped_count;

/* How who waits for one descriptor fares; 0: as usual. */
static int poll_error;

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	if (!poll_error || !count)
		return __real_poll(fds, count, timeout_ms);
	errno = poll_error;
	return -1;
}

static void note_skipped(const char *path, const char *reason)
{
	(void)path;
	(void)reason;
	skipped_count++;
}

/* A script with that body in @directory; its path. */
static const char *script(const char *directory, const char *name, mode_t mode, const char *body)
{
	static char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	if (!file)
		exit(1);
	fprintf(file, "#!/bin/sh\n%s\n", body);
	fclose(file);
	chmod(path, mode);
	return path;
}

static void remove_all(const char *directory)
{
	char command[300];

	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	if (system(command))
		exit(1);
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

TEST(names_are_those_of_run_parts)
{
	static const char *const good[] = { "a", "Z", "10-restart_web", "0", "-", "_x" };
	static const char *const bad[] = { "", "a.sh", "a~", ".a", "a b", "a.dpkg-old", "#a#",
					   "\xc3\xa4", "a/b", "a\n" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++)
		EXPECT_TRUE(hook_name_valid(good[i])) TH_LOG("case %u", i);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_FALSE(hook_name_valid(bad[i])) TH_LOG("case %u", i);
}

TEST(a_directory_gives_its_programs_in_order)
{
	char directory[] = "/tmp/truechime-hooks.XXXXXX", path[300];
	struct hook_list list;

	ASSERT_NE(NULL, mkdtemp(directory));
	script(directory, "20-b", 0755, "");
	script(directory, "10-c", 0755, "");
	script(directory, "B", 0755, "");
	script(directory, "a", 0755, "");
	script(directory, "a.bak", 0755, "");
	script(directory, "plain", 0644, "");
	script(directory, "everybodys", 0757, "");
	snprintf(path, sizeof(path), "%s/folder", directory);
	mkdir(path, 0755);
	skipped_count = 0;
	ASSERT_EQ(0, hook_list_read(directory, &list, note_skipped));
	ASSERT_EQ(4, list.count);
	EXPECT_STREQ("10-c", strrchr(list.paths[0], '/') + 1);
	EXPECT_STREQ("20-b", strrchr(list.paths[1], '/') + 1);
	EXPECT_STREQ("B", strrchr(list.paths[2], '/') + 1);
	EXPECT_STREQ("a", strrchr(list.paths[3], '/') + 1);
	EXPECT_EQ(2, skipped_count);
	hook_list_free(&list);

	/* Where everybody may put programs, none is run. */
	chmod(directory, 01777);
	ASSERT_EQ(0, hook_list_read(directory, &list, note_skipped));
	EXPECT_EQ(0, list.count);
	EXPECT_EQ(3, skipped_count);
	remove_all(directory);

	ASSERT_EQ(0, hook_list_read(directory, &list, note_skipped));
	EXPECT_EQ(0, list.count);
}

/* How many of a program and its directory are left out. */
static int count_skipped(const char *directory)
{
	struct hook_list list;

	skipped_count = 0;
	if (hook_list_read(directory, &list, note_skipped))
		exit(1);
	hook_list_free(&list);
	return skipped_count;
}

TEST(what_a_group_may_write_to_is_run_if_it_is_roots)
{
	char directory[] = "/tmp/truechime-hooks.XXXXXX", path[300];

	ASSERT_NE(NULL, mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/hook", directory);
	script(directory, "hook", 0775, "");
	EXPECT_EQ(getegid() ? 1 : 0, count_skipped(directory));
	if (!geteuid()) {
		ASSERT_EQ(0, chown(path, 0, 1));
		ASSERT_EQ(0, chmod(path, 0775));
		EXPECT_EQ(1, count_skipped(directory));
	}
	chmod(path, 0755);
	EXPECT_EQ(0, count_skipped(directory));
	chmod(directory, 0770);
	EXPECT_EQ(getegid() ? 1 : 0, count_skipped(directory));
	remove_all(directory);
}

TEST(more_than_the_most_are_left_out)
{
	char directory[] = "/tmp/truechime-hooks.XXXXXX", name[16];
	struct hook_list list;
	int i;

	ASSERT_NE(NULL, mkdtemp(directory));
	for (i = 0; i < HOOKS_MAX + 3; i++) {
		snprintf(name, sizeof(name), "%03d", i);
		script(directory, name, 0755, "");
	}
	skipped_count = 0;
	ASSERT_EQ(0, hook_list_read(directory, &list, note_skipped));
	EXPECT_EQ(HOOKS_MAX, list.count);
	EXPECT_EQ(3, skipped_count);
	hook_list_free(&list);
	remove_all(directory);
}

TEST(a_hook_is_told_the_event_and_nothing_else)
{
	char directory[] = "/tmp/truechime-hooks.XXXXXX", body[400], line[512], path[300];
	struct module_event event = {
		.sequence = 7,
		.cause = TRUECHIME_CAUSE_REVERT,
		.evidence = 1U << TRUECHIME_EVIDENCE_HOST_TIME | 1U << TRUECHIME_EVIDENCE_MARKER,
		.action = TRUECHIME_ACTION_STEPPED,
		.gap_ns = -43200000000000,
		.time_ns = 1800000000000000000,
		.maxerror_before_ns = 60000,
		.maxerror_ns = CHIME_LINE_UNBOUNDED_NS,
		.reading_ns = 170,
		.epoch = 3,
	};
	struct event_fields environment;
	struct hook_result result;
	bool found = false;
	FILE *file;

	event_fields_fill(&environment, "PATH=/usr/bin:/bin", &event);
	EXPECT_EQ(NULL, environment.list[EVENT_FIELDS + 1]);
	ASSERT_NE(NULL, mkdtemp(directory));
	setenv("SECRET", "1", 1);
	snprintf(body, sizeof(body),
		 "echo \"$TRUECHIME_SEQUENCE $TRUECHIME_CAUSE $TRUECHIME_GAP_NS $TRUECHIME_EPOCH $TRUECHIME_ACTION $TRUECHIME_TIME_NS $TRUECHIME_MAXERROR_BEFORE_NS $TRUECHIME_MAXERROR_NS $TRUECHIME_READING_MAXERROR_NS ${SECRET-none} $(ls /proc/self/fd | wc -l)\" >%s/out",
		 directory);
	script(directory, "hook", 0755, body);
	snprintf(path, sizeof(path), "%s/hook", directory);
	ASSERT_EQ(0, hook_run(path, environment.list, 10000, &result));
	EXPECT_FALSE(result.timed_out);
	EXPECT_EQ(0, result.status);

	snprintf(path, sizeof(path), "%s/out", directory);
	file = fopen(path, "r");
	ASSERT_NE(NULL, file);
	found = fgets(line, sizeof(line), file);
	fclose(file);
	EXPECT_TRUE(found);
	/* Of descriptors: the three standard ones and what ls opens. */
	EXPECT_STREQ("7 revert -43200000000000 3 stepped 1800000000000000000 60000 -1 170 none 4\n",
		     line);
	remove_all(directory);
}

TEST(a_hook_that_fails_says_so)
{
	char directory[] = "/tmp/truechime-hooks.XXXXXX";
	char *const environment[] = { NULL };
	struct hook_result result;

	ASSERT_NE(NULL, mkdtemp(directory));
	ASSERT_EQ(0, hook_run(script(directory, "three", 0755, "exit 3"), environment, 10000,
			      &result));
	EXPECT_FALSE(result.timed_out);
	EXPECT_EQ(3, WEXITSTATUS(result.status));
	ASSERT_EQ(0, hook_run(script(directory, "suicide", 0755, "kill -9 $$"), environment, 10000,
			      &result));
	EXPECT_TRUE(WIFSIGNALED(result.status));
	ASSERT_EQ(0, hook_run("/nonexistent", environment, 10000, &result));
	EXPECT_EQ(126, WEXITSTATUS(result.status));
	remove_all(directory);
}

/* An exit status alone would be taken for the program's own. */
TEST(a_hook_that_cannot_be_started_says_why)
{
	char directory[] = "/tmp/truechime-hooks.XXXXXX", path[300], said[200] = "";
	char *const environment[] = { NULL };
	int before = dup(STDERR_FILENO), to[2];
	struct hook_result result;
	FILE *file;

	ASSERT_NE(NULL, mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/no-shell-named", directory);
	file = fopen(path, "w");
	ASSERT_NE(NULL, file);
	fputs("echo done\n", file);
	fclose(file);
	chmod(path, 0755);
	ASSERT_EQ(0, pipe(to));
	dup2(to[1], STDERR_FILENO);
	ASSERT_EQ(0, hook_run(path, environment, 10000, &result));
	dup2(before, STDERR_FILENO);
	close(to[1]);
	EXPECT_EQ(126, WEXITSTATUS(result.status));
	EXPECT_LT(0, read(to[0], said, sizeof(said) - 1));
	EXPECT_NE(NULL, strstr(said, "/no-shell-named cannot be started: Exec format error\n"))
		TH_LOG("%s", said);
	close(to[0]);
	close(before);
	remove_all(directory);
}

/* What a hook prints comes out at @from, for as long as anything that it started has it open. */
static int divert_output(int *from)
{
	int before = dup(STDOUT_FILENO), ends[2];

	if (before < 0 || pipe2(ends, O_CLOEXEC))
		exit(1);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[1]);
	*from = ends[0];
	return before;
}

static void restore_output(int before)
{
	dup2(before, STDOUT_FILENO);
	close(before);
}

/* Whether nobody has the other end open any more. */
static bool is_left(int from)
{
	struct pollfd fd = { .fd = from, .events = 0 };

	return poll(&fd, 1, 0) == 1 && fd.revents & POLLHUP;
}

/* Neither it nor what it started, even if it does not want to hear of it. */
TEST(a_hook_does_not_outlive_its_time)
{
	char directory[] = "/tmp/truechime-hooks.XXXXXX";
	char *const environment[] = { (char *)"PATH=/usr/bin:/bin", NULL };
	struct hook_result result;
	double began_s = now_s();
	int from, before;

	ASSERT_NE(NULL, mkdtemp(directory));
	before = divert_output(&from);
	ASSERT_EQ(0, hook_run(script(directory, "stubborn", 0755,
				     "trap '' TERM\nsleep 60 &\nwhile :; do sleep 1; done"),
			      environment, 200, &result));
	restore_output(before);
	EXPECT_TRUE(result.timed_out);
	EXPECT_LT(now_s() - began_s, 30);
	EXPECT_TRUE(is_left(from));
	close(from);
	remove_all(directory);
}

/* In sessions of their own, each the child of one that is there or has gone. */
#define FAR_BODY								\
	"setsid sh -c 'setsid sleep 60 & setsid sh -c \"sleep 60; :\" & wait' &"	\
	" (setsid sleep 60 &)"

TEST(nor_does_what_left_its_process_group)
{
	char directory[] = "/tmp/truechime-hooks.XXXXXX";
	char *const environment[] = { (char *)"PATH=/usr/bin:/bin", NULL };
	struct hook_result result;
	int from, before;

	ASSERT_NE(NULL, mkdtemp(directory));
	before = divert_output(&from);
	ASSERT_EQ(0, hook_run(script(directory, "far", 0755, FAR_BODY "; sleep 60"), environment,
			      1000, &result));
	restore_output(before);
	EXPECT_TRUE(result.timed_out);
	EXPECT_TRUE(is_left(from));
	close(from);
	remove_all(directory);
}

/* As a program that is started in the background for longer. */
TEST(what_left_it_goes_on_after_a_hook_that_ends_in_time)
{
	char directory[] = "/tmp/truechime-hooks.XXXXXX", body[300], pid[16] = "";
	char *const environment[] = { (char *)"PATH=/usr/bin:/bin", NULL };
	struct hook_result result;
	int from, before;

	ASSERT_NE(NULL, mkdtemp(directory));
	snprintf(body, sizeof(body),
		 "setsid sh -c 'echo $$; : >%1$s/left; exec sleep 60' &\nuntil [ -e %1$s/left ]; do sleep 0.01; done\nsleep 60 &",
		 directory);
	before = divert_output(&from);
	ASSERT_EQ(0, hook_run(script(directory, "near", 0755, body), environment, 20000,
			      &result));
	restore_output(before);
	EXPECT_FALSE(result.timed_out);
	ASSERT_LT(0, read(from, pid, sizeof(pid) - 1));
	EXPECT_FALSE(is_left(from));
	EXPECT_EQ(0, kill(atoi(pid), SIGKILL));
	close(from);
	remove_all(directory);
}

/* The hook stops whoever watches it and itself, as a hypervisor does with all at once. */
TEST(while_the_machine_stands_still_no_time_passes)
{
	char directory[] = "/tmp/truechime-hooks.XXXXXX", said[64] = "", *rest;
	char *const environment[] = { (char *)"PATH=/usr/bin:/bin", NULL };
	int from, before, watcher, hook, status;
	struct hook_result result;
	const char *path;
	pid_t pid;

	ASSERT_NE(NULL, mkdtemp(directory));
	path = script(directory, "still", 0755, "echo $PPID $$\nkill -STOP $PPID $$");
	before = divert_output(&from);
	pid = fork();
	if (!pid)
		_exit(hook_run(path, environment, 3000, &result) || result.timed_out);
	restore_output(before);
	ASSERT_LT(0, read(from, said, sizeof(said) - 1));
	watcher = (int)strtol(said, &rest, 10);
	hook = (int)strtol(rest, NULL, 10);
	ASSERT_LT(0, watcher);
	ASSERT_LT(0, hook);
	sleep(4);
	kill(watcher, SIGCONT);
	usleep(100000);
	kill(hook, SIGCONT);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	close(from);
	remove_all(directory);
}

/* It spent a processor, and for good. */
TEST(time_passes_where_it_cannot_be_waited_for)
{
	char directory[] = "/tmp/truechime-hooks.XXXXXX";
	char *const environment[] = { (char *)"PATH=/usr/bin:/bin", NULL };
	double began_s = now_s();
	struct hook_result result;
	const char *path;
	pid_t pid, ended = 0;
	int status = -1;

	ASSERT_NE(NULL, mkdtemp(directory));
	path = script(directory, "long", 0755, "exec sleep 60");
	poll_error = ENOMEM;
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		_exit(hook_run(path, environment, 1000, &result) || !result.timed_out);
	}
	poll_error = 0;
	while (!ended && now_s() - began_s < 20) {
		ended = waitpid(pid, &status, WNOHANG);
		usleep(10000);
	}
	EXPECT_EQ(pid, ended);
	EXPECT_EQ(0, status);
	EXPECT_LE(0.9, now_s() - began_s);
	/* With who watches the hook. */
	kill(-pid, SIGKILL);
	remove_all(directory);
}

/*
 * As one that waits in the kernel for a device that is gone: who has a tracer that does not look is
 * never seen to end.
 */
TEST(a_hook_that_cannot_be_killed_keeps_nobody_waiting)
{
	char directory[] = "/tmp/truechime-hooks.XXXXXX", said[64] = "";
	char *const environment[] = { (char *)"PATH=/usr/bin:/bin", NULL };
	struct hook_result result;
	int from, before, status = -1, last;
	pid_t pid, hook, ended = 0;
	double began_s = now_s();
	const char *path;

	ASSERT_NE(NULL, mkdtemp(directory));
	path = script(directory, "dead", 0755, "echo $$\nsleep 60");
	before = divert_output(&from);
	pid = fork();
	if (!pid)
		_exit(hook_run(path, environment, 500, &result) || !result.timed_out ||
		      !result.is_left);
	restore_output(before);
	ASSERT_LT(0, read(from, said, sizeof(said) - 1));
	hook = atoi(said);
	ASSERT_LT(0, hook);
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, hook, NULL, NULL));
	while (!ended && now_s() - began_s < 20) {
		ended = waitpid(pid, &status, WNOHANG);
		usleep(10000);
	}
	EXPECT_EQ(pid, ended);
	EXPECT_EQ(0, status);
	/* What the tracer was to be told. */
	while (waitpid(hook, &last, 0) == hook && !WIFSIGNALED(last))
		;
	if (!ended)
		waitpid(pid, &status, 0);
	close(from);
	remove_all(directory);
}

TEST(a_hook_may_kill_who_watches_it)
{
	char directory[] = "/tmp/truechime-hooks.XXXXXX";
	char *const environment[] = { (char *)"PATH=/usr/bin:/bin", NULL };
	struct hook_result result = { .timed_out = true };

	ASSERT_NE(NULL, mkdtemp(directory));
	ASSERT_EQ(0, hook_run(script(directory, "rude", 0755, "kill -KILL $PPID"), environment,
			      10000, &result));
	EXPECT_FALSE(result.timed_out);
	EXPECT_TRUE(WIFSIGNALED(result.status));
	remove_all(directory);
}

/* Nor would any program after it have been run, ever. */
TEST(a_hook_that_stops_who_watches_it_ends_all_the_same)
{
	char directory[] = "/tmp/truechime-hooks.XXXXXX";
	char *const environment[] = { (char *)"PATH=/usr/bin:/bin", NULL };
	double began_s = now_s();
	struct hook_result result;
	int from, before, status = -1;
	const char *path;
	pid_t pid, ended = 0;

	ASSERT_NE(NULL, mkdtemp(directory));
	path = script(directory, "rude", 0755, "kill -STOP $PPID\n" FAR_BODY "; sleep 60");
	before = divert_output(&from);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		_exit(hook_run(path, environment, 200, &result) || !result.timed_out ||
		      result.is_left);
	}
	restore_output(before);
	while (!ended && now_s() - began_s < 20) {
		ended = waitpid(pid, &status, WNOHANG);
		usleep(10000);
	}
	EXPECT_EQ(pid, ended);
	EXPECT_EQ(0, status);
	EXPECT_TRUE(is_left(from));
	close(from);
	/* Where it does not end, with who watches the hook. */
	kill(-pid, SIGKILL);
	if (!ended)
		waitpid(pid, &status, 0);
	remove_all(directory);
}

/* systemd starts services with SIGPIPE ignored: "while true; do echo x; done | head" has no end. */
TEST(a_hook_has_the_signals_of_any_program)
{
	char directory[] = "/tmp/truechime-hooks.XXXXXX";
	char *const environment[] = { NULL };
	struct hook_result result;

	ASSERT_NE(NULL, mkdtemp(directory));
	signal(SIGPIPE, SIG_IGN);
	ASSERT_EQ(0, hook_run(script(directory, "pipe", 0755, "kill -PIPE $$"), environment,
			      10000, &result));
	signal(SIGPIPE, SIG_DFL);
	EXPECT_TRUE(WIFSIGNALED(result.status));
	EXPECT_EQ(SIGPIPE, WTERMSIG(result.status));
	remove_all(directory);
}

TEST_HARNESS_MAIN
