// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a process that speaks TLS may say: one that was taken over may say anything. And how it may
 * end: the processes are real ones, but for what they do.
 */
#include "user/sources/nts_establish.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/lib/spawn.h"
#include "user/lib/time_units.h"

/* What a process does with the socket that it is handed; NULL: the program is started. */
static void (*conduct)(int fd);

static struct nts_outcome good_outcome(void)
{
	return (struct nts_outcome){
		.failure = NTS_ESTABLISHED,
		.keys = { .algorithm = AEAD_AES_SIV_CMAC_256 },
		.answer = {
			.algorithm = AEAD_AES_SIV_CMAC_256,
			.cookies = { { .size = 100 } },
			.cookie_count = 1,
		},
	};
}

TEST(what_is_not_sane_is_refused)
{
	struct nts_outcome outcome = good_outcome();

	EXPECT_TRUE(nts_outcome_is_sane(&outcome));
	outcome.failure = NTS_FAILURES;
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome.failure = (enum nts_failure)-1;
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome = good_outcome();
	outcome.keys.algorithm = 16;
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome = good_outcome();
	outcome.other.algorithm = 16;
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome = good_outcome();
	outcome.answer.cookie_count = 0;
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome.answer.cookie_count = NTS_COOKIES + 1;
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome = good_outcome();
	outcome.answer.cookies[0].size = NTS_COOKIE_MAX + 4;
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome.answer.cookies[0].size = 0;
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome.answer.cookies[0].size = 5;
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome = good_outcome();
	outcome.answer.port = 65536;
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome.answer.port = -1;
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome = good_outcome();
	memset(outcome.answer.server, 'a', sizeof(outcome.answer.server));
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	outcome = good_outcome();
	strcpy(outcome.answer.server, "a\nb");
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
}

TEST(a_failure_has_a_reason)
{
	struct nts_outcome outcome = { .failure = NTS_FAILED_TLS };

	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	strcpy(outcome.problem, "a reason");
	EXPECT_TRUE(nts_outcome_is_sane(&outcome));
	strcpy(outcome.problem, "a\033[31m");
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
	memset(outcome.problem, 'a', sizeof(outcome.problem));
	EXPECT_FALSE(nts_outcome_is_sane(&outcome));
}

/* --- how a process may end --- */

pid_t __wrap_spawn_beside(const char *program, const char *argument, const int *fds, int count)
{
	pid_t pid;

	if (!conduct)
		return __real_spawn_beside(program, argument, fds, count);
	pid = fork();
	if (pid)
		return pid;
	/* Not for longer than the test, and of the socket it has its own end alone. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close_range(SPAWN_FD_FIRST, (unsigned int)fds[0] - 1, 0);
	close_range((unsigned int)fds[0] + 1, ~0U, 0);
	conduct(fds[0]);
	_exit(0);
}

static void take_task(int fd)
{
	struct nts_task task;

	if (recv(fd, &task, sizeof(task), 0) != (ssize_t)sizeof(task))
		_exit(1);
}

/* As a sandbox does, or a kernel without memory. */
static void is_killed(int fd)
{
	take_task(fd);
	raise(SIGKILL);
}

static void is_killed_before_it_reads(int fd)
{
	(void)fd;
	raise(SIGKILL);
}

static void ends_without_a_word(int fd)
{
	take_task(fd);
}

static void hangs_up_and_stays(int fd)
{
	take_task(fd);
	close(fd);
	for (;;)
		pause();
}

static void says_half(int fd)
{
	struct nts_outcome outcome = good_outcome();

	take_task(fd);
	send(fd, &outcome, sizeof(outcome) / 2, 0);
}

static void says_nothing(int fd)
{
	take_task(fd);
	for (;;)
		pause();
}

static void answers_and_is_killed(int fd)
{
	struct nts_outcome outcome = good_outcome();

	take_task(fd);
	send(fd, &outcome, sizeof(outcome), 0);
	raise(SIGKILL);
}

/* Its socket is readable when it has ended, or has said something. */
static int establish_by(void (*how)(int fd), struct nts_establish *establish, int64_t now_ns,
			struct nts_outcome *outcome)
{
	const struct nts_task task = { .port = 1 };
	struct pollfd fd = { .events = POLLIN };

	*establish = (struct nts_establish){ .fd = -1 };
	conduct = how;
	if (nts_establish_start(establish, &task, 0))
		return -ECHILD;
	fd.fd = establish->fd;
	poll(&fd, 1, how == says_nothing ? 0 : 60000);

	return nts_establish_finish(establish, now_ns, outcome);
}

/* Neither process nor descriptor. */
static bool is_over(const struct nts_establish *establish)
{
	return establish->fd == -1 && waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD;
}

/* Where nothing was heard of the server it is soon asked again. */
TEST(a_process_that_ends_is_noticed_and_told_apart)
{
	static const struct {
		void (*how)(int fd);
		enum nts_failure failure;
		const char *problem;
	} rows[] = {
		{ is_killed, NTS_FAILED_HERE, "has ended without an answer" },
		{ is_killed_before_it_reads, NTS_FAILED_HERE, "has ended without an answer" },
		{ ends_without_a_word, NTS_FAILED_HERE, "has ended without an answer" },
		{ hangs_up_and_stays, NTS_FAILED_HERE, "has ended without an answer" },
		{ says_half, NTS_FAILED_TLS, "no answer that makes sense" },
		{ answers_and_is_killed, NTS_ESTABLISHED, "" },
	};
	struct nts_establish establish;
	struct nts_outcome outcome;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ASSERT_EQ(0, establish_by(rows[i].how, &establish, 0, &outcome)) TH_LOG("%zu", i);
		EXPECT_EQ(rows[i].failure, outcome.failure) TH_LOG("%zu", i);
		EXPECT_NE(NULL, strstr(outcome.problem, rows[i].problem))
			TH_LOG("%zu: %s", i, outcome.problem);
		EXPECT_TRUE(is_over(&establish)) TH_LOG("%zu", i);
	}
}

TEST(a_process_that_does_not_end_is_ended)
{
	struct nts_establish establish;
	struct nts_outcome outcome;

	EXPECT_EQ(-EAGAIN, establish_by(says_nothing, &establish, 0, &outcome));
	EXPECT_LT(NTS_TASK_S * NS_PER_S, establish.deadline_ns);
	EXPECT_EQ(-EAGAIN, nts_establish_finish(&establish, establish.deadline_ns - 1, &outcome));
	ASSERT_EQ(0, nts_establish_finish(&establish, establish.deadline_ns, &outcome));
	EXPECT_EQ(NTS_FAILED_CONNECT, outcome.failure);
	EXPECT_STREQ("no answer in time", outcome.problem);
	EXPECT_TRUE(is_over(&establish));
}

/* The program does not stand beside this test. */
TEST(a_missing_program_is_known)
{
	struct nts_establish establish = { .fd = -1 };
	struct nts_task task = { .port = 1 };

	EXPECT_EQ(-ENOENT, nts_establish_start(&establish, &task, 0));
	EXPECT_EQ(-1, establish.fd);
	nts_establish_cancel(&establish);
}

TEST_HARNESS_MAIN
