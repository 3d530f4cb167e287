// SPDX-License-Identifier: GPL-2.0-only
/*
 * One connection to one server. Files are read and the connection is made first; then the process
 * locks itself in, and listens to what comes.
 */
#include "nts/establish.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock_ns.h"
#include "lib/printable.h"
#include "nts/locked.h"
#include "nts/session.h"
#include "server/sandbox.h"

#define MS_PER_S	1000

/**
 * struct work - the task at hand
 * @task: as received
 * @outcome: what will be answered
 * @credentials: certificates that are trusted
 * @unread: the latest path of them that could not be read, "": all could
 * @fd: the connection
 * @deadline_ms: for all of it
 * @session: the session
 */
struct work {
	struct nts_task task;
	struct nts_outcome outcome;
	gnutls_certificate_credentials_t credentials;
	const char *unread;
	int fd;
	int64_t deadline_ms;
	struct session session;
};

__attribute__((format(printf, 3, 4)))
static bool fail(struct work *work, enum nts_failure failure, const char *format, ...)
{
	va_list arguments;

	work->outcome.failure = failure;
	va_start(arguments, format);
	vsnprintf(work->outcome.problem, sizeof(work->outcome.problem), format, arguments);
	va_end(arguments);

	return false;
}

/* How many certificates; -1: it could not be read. */
static int trust(gnutls_certificate_credentials_t credentials, const char *path)
{
	struct stat about;

	if (stat(path, &about))
		return -1;
	if (S_ISDIR(about.st_mode))
		return gnutls_certificate_set_x509_trust_dir(credentials, path,
							     GNUTLS_X509_FMT_PEM);

	return gnutls_certificate_set_x509_trust_file(credentials, path, GNUTLS_X509_FMT_PEM);
}

static bool read_certificates(struct work *work)
{
	const struct nts_task *task = &work->task;
	int count = 0, read;

	if (gnutls_certificate_allocate_credentials(&work->credentials))
		return fail(work, NTS_FAILED_HERE, "there is no memory");
	if (!task->no_system)
		count = gnutls_certificate_set_x509_system_trust(work->credentials);
	if (count < 0)
		count = 0;
	for (size_t i = 0; i < task->path_count; i++) {
		read = trust(work->credentials, task->paths[i]);
		if (read <= 0)
			work->unread = task->paths[i];
		else
			count += read;
	}
	if (count)
		return true;
	if (work->unread)
		return fail(work, NTS_FAILED_HERE,
			    "no certificate can be read from %s (ntstrustedcerts)", work->unread);

	return fail(work, NTS_FAILED_HERE, "no certificates are trusted: %s",
		    task->no_system ? "the server's 'certset' has no 'ntstrustedcerts'" :
				      "install ca-certificates, or name some with 'ntstrustedcerts'");
}

/* Wait for the connection's socket. false: there is no time left. */
static bool wait_for(const struct work *work, short events)
{
	struct pollfd fd = { .fd = work->fd, .events = events };
	int64_t left_ms;
	int count;

	do {
		left_ms = work->deadline_ms - clock_ms(CLOCK_MONOTONIC);
		count = left_ms > 0 ? poll(&fd, 1, (int)left_ms) : 0;
	} while (count < 0 && errno == EINTR);

	return count > 0;
}

static int bind_locally(const struct work *work)
{
	const struct nts_task *task = &work->task;
	struct sockaddr_storage address;
	struct net_address local;
	socklen_t length;

	if (*task->bind_device &&
	    setsockopt(work->fd, SOL_SOCKET, SO_BINDTODEVICE, task->bind_device,
		       (socklen_t)strlen(task->bind_device)))
		return -errno;
	if (!*task->bind_address)
		return 0;
	if (net_address_parse(task->bind_address, task->address.family, &local))
		return -EADDRNOTAVAIL;
	length = net_address_to_sockaddr(&local, 0, &address);

	return bind(work->fd, (struct sockaddr *)&address, length) ? -errno : 0;
}

static bool connect_to_server(struct work *work)
{
	const struct nts_task *task = &work->task;
	struct sockaddr_storage address;
	socklen_t length = net_address_to_sockaddr(&task->address, task->port, &address);
	socklen_t size = sizeof(int);
	int err;

	work->fd = socket(task->address.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (work->fd < 0)
		return fail(work, NTS_FAILED_HERE, "no socket: %s", strerror(errno));
	err = bind_locally(work);
	if (err)
		return fail(work, NTS_FAILED_HERE,
			    "the local address or interface cannot be used: %s", strerror(-err));
	err = connect(work->fd, (struct sockaddr *)&address, length) ? errno : 0;
	if (err == EINPROGRESS && !wait_for(work, POLLOUT))
		return fail(work, NTS_FAILED_CONNECT, "nobody answers on TCP port %d", task->port);
	if (err == EINPROGRESS && getsockopt(work->fd, SOL_SOCKET, SO_ERROR, &err, &size))
		err = errno;
	if (err)
		return fail(work, NTS_FAILED_CONNECT, "TCP port %d cannot be reached: %s",
			    task->port, strerror(err));

	return true;
}

static bool talk(struct work *work)
{
	struct session *session = &work->session;
	enum session_want want;
	size_t length;

	if (!session_open(session, work->fd, work->credentials, work->task.name,
			  work->task.no_time_checks))
		return fail(work, session->failure, "%s", session->problem);
	length = nts_request_write(&work->task.algorithms, session->bytes,
				   sizeof(session->bytes));
	session_send(session, length);
	for (;;) {
		want = session_step(session);
		if (want == SESSION_DONE)
			return true;
		if (want == SESSION_FAILED)
			return fail(work, session->failure, "%s%s%s%s", session->problem,
				    work->unread ? "; no certificate can be read from " : "",
				    work->unread ? work->unread : "",
				    work->unread ? " (ntstrustedcerts)" : "");
		if (!wait_for(work, want == SESSION_WRITE ? POLLOUT : POLLIN))
			return fail(work, NTS_FAILED_CONNECT, "it has not answered in time");
	}
}

static bool read_answer(struct work *work)
{
	struct nts_ke_answer *answer = &work->outcome.answer;
	struct session *session = &work->session;
	const char *problem;
	bool compliant, good;

	problem = nts_answer_read(session->bytes, session->length, &work->task.algorithms, answer);
	if (problem)
		return fail(work, NTS_FAILED_TLS, "%s", problem);
	/* A server that does not say which way it exports may do it in either. */
	compliant = answer->algorithm != AEAD_AES_128_GCM_SIV || answer->compliant;
	good = session_keys(session, answer->algorithm, compliant, &work->outcome.keys);
	if (!compliant)
		good &= session_keys(session, answer->algorithm, true, &work->outcome.other);
	if (!good)
		return fail(work, NTS_FAILED_TLS, "no keys can be made of the TLS session");

	return true;
}

static bool lock_in(struct work *work)
{
	int err = locked_enter();

	return err ? fail(work, NTS_FAILED_HERE, "the process could not be locked in: %s",
			  strerror(-err)) : true;
}

int establish(int fd)
{
	struct work *work = calloc(1, sizeof(*work));
	bool good;

	if (!work || recv(fd, &work->task, sizeof(work->task), 0) != (ssize_t)sizeof(work->task) ||
	    sandbox_drop_capabilities())
		return EXIT_FAILURE;
	/* Somebody who stops the daemon, or the clock, must not leave this running. */
	alarm(NTS_TASK_S + 1);
	work->deadline_ms = clock_ms(CLOCK_MONOTONIC) + (int64_t)NTS_TASK_S * MS_PER_S;
	good = read_certificates(work) && connect_to_server(work) && lock_in(work) && talk(work) &&
	       read_answer(work);
	if (work->session.shaken)
		session_leave(&work->session);
	/* What libraries say of others is shown in a log. */
	if (!good)
		make_printable(work->outcome.problem);

	return send(fd, &work->outcome, sizeof(work->outcome), MSG_NOSIGNAL) ==
	       (ssize_t)sizeof(work->outcome) ? EXIT_SUCCESS : EXIT_FAILURE;
}
