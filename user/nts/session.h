/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One TLS session of key establishment (RFC 8915 sections 3 and 4), of either side, over GnuTLS. It
 * never waits: whoever calls knows poll(2).
 */
#ifndef NTS_SESSION_H
#define NTS_SESSION_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp/nts_task.h"

/* What a session needs next. */
enum session_want {
	SESSION_READ,		/* its socket is to be readable */
	SESSION_WRITE,		/* or writable */
	SESSION_ANSWER,		/* of a server: there is a request, see session_send() */
	SESSION_DONE,		/* of a client: the answer is there; of a server: it was sent */
	SESSION_FAILED,		/* .failure and .problem say why */
};

/**
 * struct session - a session
 * @tls: GnuTLS's; NULL: there is none
 * @is_server: who begins to speak
 * @shaken: hands were shaken
 * @sending: else it receives
 * @ending: all was sent
 * @bytes: the message that is being sent or received ...
 * @length: ... its length so far ...
 * @sent: ... and how much of it was sent
 * @failure: why it failed
 * @problem: the same for people
 */
struct session {
	gnutls_session_t tls;
	bool is_server;
	bool shaken;
	bool sending;
	bool ending;
	uint8_t bytes[NTS_MESSAGE_MAX];
	size_t length;
	size_t sent;
	enum nts_failure failure;
	char problem[NTS_PROBLEM_MAX];
};

/**
 * session_open() - begin
 * @session: to be closed, whatever comes of it
 * @fd: a connected socket that does not block; not owned
 * @credentials: certificates; not owned
 * @server: name or address of the server, which its certificate has to have; NULL: this is one
 * @no_time_checks: whatever the clock says, certificates are valid
 *
 * Return: false: .failure and .problem say why.
 */
bool session_open(struct session *session, int fd, gnutls_certificate_credentials_t credentials,
		  const char *server, bool no_time_checks);
void session_close(struct session *session);

/* Have the message in .bytes, of .length, sent: of a client, before session_step(). */
void session_send(struct session *session, size_t length);

/* Go on as far as it goes. */
enum session_want session_step(struct session *session);

/*
 * Of a client that is done: say goodbye, and take what is there of the server's (RFC 8446, section
 * 6.1). Nothing is waited for.
 */
void session_leave(struct session *session);

/*
 * How far the client of a server has got; it grows by what the client does as a whole, whether that
 * takes one byte or many.
 */
int session_progress(const struct session *session);

/*
 * The keys of @algorithm; @compliant: as the standard has it, which matters for AES-128-GCM-SIV.
 * false: there are none.
 */
bool session_keys(struct session *session, int algorithm, bool compliant, struct nts_keys *keys);

#endif /* NTS_SESSION_H */
