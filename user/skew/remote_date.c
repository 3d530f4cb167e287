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
#include "lib/time_units.h"

/* No clock shows a later time that s64 ns can hold. */
#define SECONDS_LATEST	9000000000LL

/* For ssh to end what it has begun, as a program that it reaches the host by. */
#define GRACE_MS	200

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

/* As if nobody had set it since. */
static int64_t own_clock_ns(const struct remote_date *remote)
{
	return chime_add_sat(clock_ns(CLOCK_BOOTTIME), remote->ahead_ns);
}

int remote_date_start(struct remote_date *remote, const char *program, const char *name,
		      int64_t ahead_ns)
{
	int ends[2];

	memset(remote, 0, sizeof(*remote));
	remote->fd = -1;
	remote->ahead_ns = ahead_ns;
	remote->begun_ns = own_clock_ns(remote);
	remote->pid = child_with_pipe(ends, O_CLOEXEC);
	if (remote->pid < 0)
		return remote->pid;
	if (remote->pid == 0)
		run_child(ends[1], program, name);
	close(ends[1]);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	remote->fd = ends[0];

	return 0;
}

static void end(struct remote_date *remote)
{
	kill(remote->pid, SIGTERM);
	/* It keeps to ignoring that if we were started so, and a stopped one does not get it. */
	child_await_end(remote->pid, GRACE_MS);
	child_end(remote->pid);
	close(remote->fd);
	remote->fd = -1;
}

void remote_date_cancel(struct remote_date *remote)
{
	if (remote->fd < 0)
		return;
	strcpy(remote->text, "no answer in time");
	end(remote);
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

/*
 * Nothing that a host sends reaches the terminal but as text of one line. The last one is the
 * reason: a banner comes before it, or what the host's shell prints at its start.
 */
static void keep_line(struct remote_date *remote, size_t length)
{
	if (!length)
		return;
	memcpy(remote->text, remote->line, length);
	remote->text[length] = '\0';
	make_printable(remote->text);
}

/* The first @length bytes are a line. true: it is the date. */
static bool take_line(struct remote_date *remote, size_t length)
{
	/* The time counts from when it is known, not from when the connection is closed. */
	int64_t now_ns = own_clock_ns(remote);

	if (length && remote->line[length - 1] == '\r')
		length--;
	keep_line(remote, length);

	return length && remote_date_parse(remote->text, remote->begun_ns, now_ns,
					   &remote->clock);
}

/* All lines that are complete. true: one of them was the date. */
static bool take_lines(struct remote_date *remote)
{
	char *newline;
	size_t length;

	while ((newline = memchr(remote->line, '\n', remote->used))) {
		length = (size_t)(newline - remote->line);
		if (!remote->cut && take_line(remote, length))
			return true;
		remote->cut = false;
		remote->used -= length + 1;
		memmove(remote->line, newline + 1, remote->used);
	}

	return false;
}

/* The output is complete. */
static void finish(struct remote_date *remote)
{
	if (!remote->cut)
		take_line(remote, remote->used);
	if (!*remote->text)
		strcpy(remote->text, "it printed nothing");
	end(remote);
}

void remote_date_go_on(struct remote_date *remote)
{
	ssize_t length;

	/* A line that there is no room for is none of date's, which may come after it. */
	if (remote->used == sizeof(remote->line) - 1) {
		if (!remote->cut)
			keep_line(remote, remote->used);
		remote->cut = true;
		remote->used = 0;
	}
	length = read(remote->fd, remote->line + remote->used,
		      sizeof(remote->line) - 1 - remote->used);
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length <= 0) {
		finish(remote);
		return;
	}
	remote->used += (size_t)length;
	if (take_lines(remote))
		end(remote);
}
