// SPDX-License-Identifier: GPL-2.0-only
/*
 * ssh as a process with a pipe.
 */
#include "skew/remote_date.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/line.h"
#include "lib/child.h"
#include "lib/clock_ns.h"
#include "lib/printable.h"

#define NS_PER_S	1000000000LL

/* No clock shows a later time that s64 ns can hold. */
#define SECONDS_LATEST	9000000000LL

/* Digits of a fraction in ns. */
#define FRACTION_DIGITS	9

static void __attribute__((noreturn)) run_child(int output, const char *program, const char *name)
{
	int null = open("/dev/null", O_RDONLY);

	dup2(null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	execlp(program, program, "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "--", name,
	       "date +%s.%N", (char *)NULL);
	/* For lack of anything else that the parent reads. */
	dprintf(STDERR_FILENO, "%s: %s", program, strerror(errno));
	_exit(127);
}

int remote_date_start(struct remote_date *remote, const char *program, const char *name)
{
	int ends[2], err;

	memset(remote, 0, sizeof(*remote));
	remote->fd = -1;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	remote->begun_ns = clock_ns(CLOCK_REALTIME);
	remote->pid = fork();
	if (remote->pid < 0) {
		err = -errno;
		close(ends[0]);
		close(ends[1]);
		return err;
	}
	if (remote->pid == 0)
		run_child(ends[1], program, name);
	close(ends[1]);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	remote->fd = ends[0];

	return 0;
}

void remote_date_cancel(struct remote_date *remote)
{
	if (remote->fd < 0)
		return;
	if (!*remote->text)
		strcpy(remote->text, "no answer in time");
	kill(remote->pid, SIGTERM);
	child_wait(remote->pid);
	close(remote->fd);
	remote->fd = -1;
}

bool remote_date_parse(const char *text, int64_t before_ns, int64_t after_ns,
		       struct skew_clock *clock)
{
	int64_t seconds, fraction_ns, at_ns;
	char *end, *digits;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	seconds = strtoll(text, &end, 10);
	if (errno || *end != '.' || seconds > SECONDS_LATEST)
		return false;
	digits = end + 1;
	if (strspn(digits, "0123456789") != FRACTION_DIGITS)
		return false;
	fraction_ns = strtoll(digits, &end, 10);
	if (*end && *end != '\n')
		return false;
	/* It was read at some time in between. */
	at_ns = before_ns + (after_ns - before_ns) / 2;
	*clock = (struct skew_clock){
		.known = true,
		.offset_ns = chime_sub_sat(seconds * NS_PER_S + fraction_ns, at_ns),
		.error_ns = chime_max((after_ns - before_ns + 1) / 2, 1),
	};

	return true;
}

/* Nothing that a host sends reaches the terminal but as text of one line. */
static void keep_first_line(char *text)
{
	text[strcspn(text, "\r\n")] = '\0';
	make_printable(text);
}

/* The output is complete. Of what ssh says, the first line is the reason. */
static void finish(struct remote_date *remote)
{
	int64_t ended_ns = clock_ns(CLOCK_REALTIME);

	keep_first_line(remote->text);
	if (!*remote->text)
		strcpy(remote->text, "it printed nothing");
	remote_date_cancel(remote);
	remote_date_parse(remote->text, remote->begun_ns, ended_ns, &remote->clock);
}

void remote_date_go_on(struct remote_date *remote)
{
	size_t left = sizeof(remote->text) - 1 - remote->used;
	char rest[64];
	ssize_t length;

	/* What there is no room for is of no interest, but has to be read. */
	length = left ? read(remote->fd, remote->text + remote->used, left) :
			read(remote->fd, rest, sizeof(rest));
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length > 0) {
		remote->used += left ? (size_t)length : 0;
		/* The time counts from when it is known, not from when the connection is closed. */
		if (memchr(remote->text, '\n', remote->used))
			finish(remote);
		return;
	}
	finish(remote);
}
