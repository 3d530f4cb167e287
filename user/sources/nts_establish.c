// SPDX-License-Identifier: GPL-2.0-only
/*
 * One process for each try, and one message each way over a socket pair.
 */
#include "sources/nts_establish.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/spawn.h"
#include "lib/time_units.h"

/* The process ends by itself before. */
#define PATIENCE_S	(NTS_TASK_S + 2)

/* The task waits in the socket for the process, which has none of our other descriptors. */
static int start(struct nts_establish *establish, const struct nts_task *task, const int ends[2])
{
	pid_t pid;

	if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ||
	    send(ends[0], task, sizeof(*task), MSG_NOSIGNAL) != (ssize_t)sizeof(*task))
		return -EIO;
	pid = spawn_beside(NTS_PROGRAM, NTS_ESTABLISH, &ends[1], 1);
	if (pid < 0)
		return pid;
	establish->fd = ends[0];
	establish->pid = pid;

	return 0;
}

int nts_establish_start(struct nts_establish *establish, const struct nts_task *task,
			int64_t now_ns)
{
	int ends[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	err = start(establish, task, ends);
	close(ends[1]);
	if (err)
		close(ends[0]);
	establish->deadline_ns = now_ns + PATIENCE_S * NS_PER_S;

	return err;
}

void nts_establish_cancel(struct nts_establish *establish)
{
	if (establish->fd < 0)
		return;

	child_end(establish->pid);
	close(establish->fd);
	establish->fd = -1;
}

static bool is_text(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	for (size_t i = 0; i < length; i++) {
		if (text[i] < ' ' || text[i] > '~')
			return false;
	}

	return length < size;
}

static bool are_cookies(const struct nts_ke_answer *answer)
{
	if (!answer->cookie_count || answer->cookie_count > NTS_COOKIES)
		return false;
	for (size_t i = 0; i < answer->cookie_count; i++) {
		const struct nts_cookie *cookie = &answer->cookies[i];

		if (!cookie->size || cookie->size > NTS_COOKIE_MAX || cookie->size % 4)
			return false;
	}

	return true;
}

bool nts_outcome_is_sane(const struct nts_outcome *outcome)
{
	const struct nts_ke_answer *answer = &outcome->answer;

	if ((unsigned int)outcome->failure >= NTS_FAILURES ||
	    !is_text(outcome->problem, sizeof(outcome->problem)))
		return false;
	if (outcome->failure != NTS_ESTABLISHED)
		return *outcome->problem;

	return aead_key_size(outcome->keys.algorithm) &&
	       (outcome->other.algorithm == AEAD_NONE ||
		aead_key_size(outcome->other.algorithm)) &&
	       answer->port >= 0 && answer->port <= UINT16_MAX &&
	       is_text(answer->server, sizeof(answer->server)) && are_cookies(answer);
}

static void fail(struct nts_outcome *outcome, enum nts_failure failure, const char *problem)
{
	explicit_bzero(outcome, sizeof(*outcome));
	outcome->failure = failure;
	snprintf(outcome->problem, sizeof(outcome->problem), "%s", problem);
}

int nts_establish_finish(struct nts_establish *establish, int64_t now_ns,
			 struct nts_outcome *outcome)
{
	ssize_t length = recv(establish->fd, outcome, sizeof(*outcome), MSG_DONTWAIT);

	if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
		if (now_ns < establish->deadline_ns)
			return -EAGAIN;
		nts_establish_cancel(establish);
		fail(outcome, NTS_FAILED_CONNECT, "no answer in time");
		return 0;
	}
	nts_establish_cancel(establish);

	/* The process was killed, by its sandbox perhaps, or has no memory. */
	if (length <= 0)
		fail(outcome, NTS_FAILED_HERE,
		     "the process that speaks TLS has ended without an answer");
	else if (length != (ssize_t)sizeof(*outcome) || !nts_outcome_is_sane(outcome))
		fail(outcome, NTS_FAILED_TLS,
		     "the process that speaks TLS has given no answer that makes sense");

	return 0;
}
