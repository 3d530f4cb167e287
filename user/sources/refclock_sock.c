// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SOCK driver: a datagram socket in the file system, and the samples that arrive there. Whoever
 * may write to the socket sets the clock, so that is this daemon's user, and root.
 */
#include "sources/refclock_sock.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/time_units.h"
#include "sources/refclock.h"

#define US_PER_S	1000000LL

/* "SOCK" */
#define MAGIC	0x534f434b

/* Of another time no clock can be converted without overflow. */
#define SECONDS_MAX	(INT64_MAX / NS_PER_S - 1)

/* What a sample has after the time of the measurement, as the sender's compiler lays it out. */
struct tail {
	double offset;
	int32_t pulse;
	int32_t leap;
	int32_t padding;
	int32_t magic;
};

/* With a time_t of 64 or of 32 bits; the sender need not have the same as this program. */
struct sample64 {
	int64_t seconds;
	int64_t microseconds;
	struct tail tail;
};

struct sample32 {
	int32_t seconds;
	int32_t microseconds;
	struct tail tail;
};

static int take_offset(const struct tail *tail, struct refclock_reading *reading,
		       const char **problem)
{
	double offset_ns = tail->offset * NS_PER_S;

	/* Not a number is no less than anything. */
	if (!(fabs(offset_ns) < (double)RELEASE_CENTURY_NS))
		return refclock_refuse(problem, "its offset is no number, or absurdly large");
	reading->offset_ns = llrint(offset_ns);
	reading->pulse = tail->pulse;
	if (reading->pulse) {
		/* chrony takes a pulse's offset as what our clock is ahead, and senders comply. */
		reading->offset_ns = -reading->offset_ns;
		return 0;
	}
	if (tail->leap < 0 || tail->leap > 2)
		return refclock_refuse(problem,
				       "its leap status is none: its clock is not synchronised");
	reading->leap = (uint8_t)tail->leap;

	return 0;
}

int refclock_sock_parse(const uint8_t *bytes, size_t length, struct refclock_reading *reading,
			const char **problem)
{
	struct sample64 sample;
	struct sample32 narrow;

	if (length == sizeof(sample)) {
		memcpy(&sample, bytes, sizeof(sample));
	} else if (length == sizeof(narrow)) {
		memcpy(&narrow, bytes, sizeof(narrow));
		sample.seconds = narrow.seconds;
		sample.microseconds = narrow.microseconds;
		sample.tail = narrow.tail;
	} else {
		return refclock_refuse(problem, "it has neither 40 nor 32 bytes, as samples have");
	}
	if (sample.tail.magic != MAGIC)
		return refclock_refuse(problem,
				       "it does not end with the number that marks a sample");
	if (sample.microseconds < 0 || sample.microseconds >= US_PER_S || sample.seconds < 0 ||
	    sample.seconds > SECONDS_MAX)
		return refclock_refuse(problem, "the time of its measurement is none");

	*reading = (struct refclock_reading) {
		.realtime_ns = sample.seconds * NS_PER_S + sample.microseconds * NS_PER_US,
	};

	return take_offset(&sample.tail, reading, problem);
}

/* For a call that has just failed. */
static int fail(const char **problem)
{
	return refclock_fail(problem, -errno, strerror(errno));
}

/* Only a socket that nobody receives at any more is removed. 0, -errno. */
static int remove_stale(int fd, const struct sockaddr_un *address, const char **problem)
{
	struct stat found;

	if (lstat(address->sun_path, &found) < 0)
		return errno == ENOENT ? 0 : fail(problem);
	if (!S_ISSOCK(found.st_mode))
		return refclock_fail(problem, -ENOTSOCK,
				     "There is a file of that name that is no socket; it is left alone");
	/* EPROTOTYPE: it is one for connections. */
	if (!connect(fd, (const struct sockaddr *)address, sizeof(*address)) ||
	    errno == EPROTOTYPE)
		return refclock_fail(problem, -EADDRINUSE, "Another program receives there");
	if (errno != ECONNREFUSED || unlink(address->sun_path) < 0)
		return fail(problem);

	return 0;
}

static const char *why_not_made(int err)
{
	switch (err) {
	case -ENOENT:
		return "Its folder does not exist";
	case -EACCES:
	case -EROFS:
		return "It may not be made there; the service may make it below /run/truechime";
	default:
		return strerror(-err);
	}
}

static int make_socket(struct refclock_sock *sock, const char **problem)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat made;
	int err;

	strncpy(address.sun_path, sock->path, sizeof(address.sun_path) - 1);
	err = remove_stale(sock->fd, &address, problem);
	if (err < 0)
		return err;
	/* The file is made with the permissions of the socket: nobody else gets in first. */
	if (fchmod(sock->fd, 0600) < 0 ||
	    bind(sock->fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    lstat(sock->path, &made) < 0) {
		err = -errno;
		*problem = why_not_made(err);
		/* What is not found is looked for less often. */
		return err == -ENOENT ? -ENOTDIR : err;
	}
	sock->file = file_identity_of(&made);

	return 0;
}

static int sock_open(union refclock_device *device, const struct config_source *config,
		     const char **problem)
{
	struct refclock_sock *sock = &device->sock;
	int err;

	sock->path = config->options.name;
	sock->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sock->fd < 0)
		return fail(problem);
	err = make_socket(sock, problem);
	if (err < 0)
		close(sock->fd);

	return err;
}

static bool sock_is_gone(const union refclock_device *device)
{
	return !file_identity_is_at(&device->sock.file, device->sock.path);
}

static void sock_close(union refclock_device *device)
{
	if (!sock_is_gone(device))
		(void)unlink(device->sock.path);
	close(device->sock.fd);
}

static int sock_read(union refclock_device *device, struct refclock_reading *reading,
		     const char **problem)
{
	/* One more, so that a sample that is too long does not look like one. */
	uint8_t bytes[sizeof(struct sample64) + 1];
	ssize_t length = recv(device->sock.fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (length < 0)
		return errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN : -errno;

	return refclock_sock_parse(bytes, (size_t)length, reading, problem);
}

static int sock_fd(const union refclock_device *device)
{
	return device->sock.fd;
}

const struct refclock_driver refclock_sock_driver = {
	.open = sock_open,
	.close = sock_close,
	.read = sock_read,
	.fd = sock_fd,
	.is_gone = sock_is_gone,
};
