// SPDX-License-Identifier: GPL-2.0-only
/*
 * TLS 1.3 and nothing older, with the protocol "ntske/1" (section 3). Tickets are not needed, as a
 * session is seldom followed by another one.
 */
#include "nts/session.h"

#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ntp/bytes.h"

#define PRIORITIES	"NORMAL:-VERS-ALL:+VERS-TLS1.3"
#define PROTOCOL	"ntske/1"

/* Section 4.3; what follows it says for what the keys are. */
#define EXPORTER	"EXPORTER-network-time-security"
#define PROTOCOL_NTPV4	0

static bool fail(struct session *session, enum nts_failure failure, const char *what,
		 const char *why)
{
	int length = (int)strlen(why);

	/* GnuTLS ends its sentences. What is logged goes on. */
	while (length && strchr(". ", why[length - 1]))
		length--;
	session->failure = failure;
	snprintf(session->problem, sizeof(session->problem), "%s%s%.*s", what, length ? ": " : "",
		 length, why);

	return false;
}

static bool is_address(const char *name)
{
	struct in6_addr address6;
	struct in_addr address4;

	return inet_pton(AF_INET, name, &address4) == 1 ||
	       inet_pton(AF_INET6, name, &address6) == 1;
}

static int set_up_client(struct session *session, const char *server, bool no_time_checks)
{
	unsigned int flags = no_time_checks ? GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
					      GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS : 0;
	int err = 0;

	/* A server may have a certificate for each of its names. */
	if (!is_address(server))
		err = gnutls_server_name_set(session->tls, GNUTLS_NAME_DNS, server,
					     strlen(server));
	gnutls_session_set_verify_cert(session->tls, server, flags);

	return err;
}

bool session_open(struct session *session, int fd, gnutls_certificate_credentials_t credentials,
		  const char *server, bool no_time_checks)
{
	gnutls_datum_t protocol = {
		.data = (unsigned char *)PROTOCOL,
		.size = sizeof(PROTOCOL) - 1,
	};
	unsigned int flags = GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS |
			     (server ? GNUTLS_CLIENT : GNUTLS_SERVER);
	int err;

	memset(session, 0, sizeof(*session));
	session->is_server = !server;
	err = gnutls_init(&session->tls, flags);
	if (err < 0)
		session->tls = NULL;
	if (!err && server)
		err = set_up_client(session, server, no_time_checks);
	if (!err)
		err = gnutls_priority_set_direct(session->tls, PRIORITIES, NULL);
	if (!err)
		err = gnutls_credentials_set(session->tls, GNUTLS_CRD_CERTIFICATE, credentials);
	if (!err)
		err = gnutls_alpn_set_protocols(session->tls, &protocol, 1, 0);
	if (err)
		return fail(session, NTS_FAILED_HERE, "TLS cannot be set up",
			    gnutls_strerror(err));
	gnutls_transport_set_int(session->tls, fd);

	return true;
}

void session_close(struct session *session)
{
	if (session->tls)
		gnutls_deinit(session->tls);
	session->tls = NULL;
	explicit_bzero(session->bytes, session->length);
}

void session_send(struct session *session, size_t length)
{
	session->sending = true;
	session->length = length;
	session->sent = 0;
}

/* --- what went wrong --- */

static void print_day(time_t time, char *text, size_t size)
{
	struct tm day;

	if (!gmtime_r(&time, &day) || !strftime(text, size, "%Y-%m-%d %H:%M UTC", &day))
		snprintf(text, size, "?");
}

/* The certificate that the clock makes invalid: the server's, or one of who signed it. */
static bool find_untimely(struct session *session, time_t now, bool *expired, time_t *since)
{
	unsigned int count = 0;
	const gnutls_datum_t *list = gnutls_certificate_get_peers(session->tls, &count);
	gnutls_x509_crt_t certificate;
	bool found = false;

	for (unsigned int i = 0; list && i < count && !found; i++) {
		if (gnutls_x509_crt_init(&certificate))
			return false;
		if (!gnutls_x509_crt_import(certificate, &list[i], GNUTLS_X509_FMT_DER)) {
			*expired = gnutls_x509_crt_get_expiration_time(certificate) < now;
			*since = *expired ? gnutls_x509_crt_get_expiration_time(certificate) :
					    gnutls_x509_crt_get_activation_time(certificate);
			found = *expired || *since > now;
		}
		gnutls_x509_crt_deinit(certificate);
	}

	return found;
}

static bool fail_by_clock(struct session *session)
{
	char day[32], today[32];
	time_t now = time(NULL), since;
	bool expired;

	if (!find_untimely(session, now, &expired, &since))
		return fail(session, NTS_FAILED_CLOCK,
			    "a certificate is not valid at the time that the clock shows", "");
	print_day(since, day, sizeof(day));
	print_day(now, today, sizeof(today));
	session->failure = NTS_FAILED_CLOCK;
	snprintf(session->problem, sizeof(session->problem),
		 "its certificate %s %s, and the clock shows %s. If the clock is wrong, set it (truechime makestep, date), or let it be set with 'nocerttimecheck 1'%s",
		 expired ? "expired on" : "is not valid before", day, today,
		 expired ? "; else its operator has to renew the certificate" : "");

	return false;
}

static bool fail_to_verify(struct session *session)
{
	unsigned int status = gnutls_session_get_verify_cert_status(session->tls);
	gnutls_datum_t text = { .data = NULL };

	/* Nothing but the time is wrong. */
	if (!(status & ~(unsigned int)(GNUTLS_CERT_INVALID | GNUTLS_CERT_EXPIRED |
				       GNUTLS_CERT_NOT_ACTIVATED)) &&
	    status & (GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED))
		return fail_by_clock(session);
	gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0);
	fail(session, NTS_FAILED_TLS, "its certificate is refused",
	     text.data ? (const char *)text.data : "");
	gnutls_free(text.data);

	return false;
}

/* Somebody who does so may be busy, or be started again, or have no NTS. */
static bool fail_by_end(struct session *session)
{
	return fail(session, NTS_FAILED_CONNECT, "the other side has closed the connection", "");
}

static bool fail_by_tls(struct session *session, int err)
{
	/* An alert is worth its own words. */
	if (err == GNUTLS_E_FATAL_ALERT_RECEIVED)
		return fail(session, NTS_FAILED_TLS, "TLS has failed: the other side says",
			    gnutls_alert_get_name(gnutls_alert_get(session->tls)));
	if (err == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR)
		return fail_to_verify(session);
	if (err == GNUTLS_E_PREMATURE_TERMINATION || err == GNUTLS_E_PULL_ERROR ||
	    err == GNUTLS_E_PUSH_ERROR)
		return fail_by_end(session);
	return fail(session, NTS_FAILED_TLS, "TLS has failed", gnutls_strerror(err));
}

/* --- steps: true, or false with what the session wants --- */

static bool is_over(struct session *session, int result, enum session_want *want)
{
	if (result >= 0)
		return true;
	if (gnutls_error_is_fatal(result)) {
		fail_by_tls(session, result);
		*want = SESSION_FAILED;
	} else {
		*want = gnutls_record_get_direction(session->tls) ? SESSION_WRITE : SESSION_READ;
	}

	return false;
}

static bool has_protocol(const struct session *session)
{
	gnutls_datum_t protocol;

	return !gnutls_alpn_get_selected_protocol(session->tls, &protocol) &&
	       protocol.size == sizeof(PROTOCOL) - 1 &&
	       !memcmp(protocol.data, PROTOCOL, sizeof(PROTOCOL) - 1);
}

static bool shake(struct session *session, enum session_want *want)
{
	if (session->shaken)
		return true;
	/*
	 * GnuTLS has a generator in its own memory, which it seeds from the kernel's only once.
	 * Guests that were restored from one snapshot would sign with the same nonce (ECDSA), and
	 * who has two such signatures can compute the certificate's key.
	 */
	gnutls_rnd_refresh();
	if (!is_over(session, gnutls_handshake(session->tls), want))
		return false;
	if (!has_protocol(session)) {
		fail(session, NTS_FAILED_TLS, "the other side does not speak NTS key establishment",
		     "");
		*want = SESSION_FAILED;
		return false;
	}
	session->shaken = true;

	return true;
}

static bool transmit(struct session *session, enum session_want *want)
{
	ssize_t count;

	while (session->sent < session->length) {
		count = gnutls_record_send(session->tls, session->bytes + session->sent,
					   session->length - session->sent);
		if (!is_over(session, (int)count, want))
			return false;
		session->sent += (size_t)count;
	}
	session->sending = false;
	session->length = 0;

	return true;
}

/* true: the message is complete. */
static bool receive(struct session *session, enum session_want *want)
{
	ssize_t count;
	int size = 0;

	while (!size) {
		count = gnutls_record_recv(session->tls, session->bytes + session->length,
					   sizeof(session->bytes) - session->length);
		if (!is_over(session, (int)count, want))
			return false;
		if (!count) {
			fail_by_end(session);
			*want = SESSION_FAILED;
			return false;
		}
		session->length += (size_t)count;
		size = nts_message_size(session->bytes, session->length);
	}
	if (size > 0)
		return true;
	fail(session, NTS_FAILED_TLS, "what the other side sent is no NTS message", "");
	*want = SESSION_FAILED;

	return false;
}

enum session_want session_step(struct session *session)
{
	enum session_want want;

	if (!shake(session, &want))
		return want;
	if (session->is_server && !session->sending && !session->ending)
		return receive(session, &want) ? SESSION_ANSWER : want;
	if (session->sending && !transmit(session, &want))
		return want;
	if (!session->is_server)
		return receive(session, &want) ? SESSION_DONE : want;
	/* The client knows from the message that this is all. */
	session->ending = true;

	return is_over(session, gnutls_bye(session->tls, GNUTLS_SHUT_WR), &want) ? SESSION_DONE :
										    want;
}

void session_leave(struct session *session)
{
	uint8_t byte;

	(void)gnutls_bye(session->tls, GNUTLS_SHUT_WR);
	/* With something unread, the kernel would reset the connection. */
	(void)gnutls_record_recv(session->tls, &byte, sizeof(byte));
}

int session_progress(const struct session *session)
{
	if (!session->shaken)
		return gnutls_handshake_get_last_in(session->tls) ==
		       GNUTLS_HANDSHAKE_CLIENT_HELLO;

	return session->sending || session->ending ? 3 : 2;
}

static bool export_key(struct session *session, int algorithm, uint8_t direction, size_t size,
		       uint8_t *key)
{
	uint8_t context[5];

	put_be16(context, PROTOCOL_NTPV4);
	put_be16(context + 2, (uint16_t)algorithm);
	context[4] = direction;

	return !gnutls_prf_rfc5705(session->tls, sizeof(EXPORTER) - 1, EXPORTER, sizeof(context),
				   (const char *)context, size, (char *)key);
}

bool session_keys(struct session *session, int algorithm, bool compliant, struct nts_keys *keys)
{
	/* chrony before 4.6.1 had the number of the other algorithm there. */
	int number = compliant ? algorithm : AEAD_AES_SIV_CMAC_256;
	size_t size = aead_key_size(algorithm);

	memset(keys, 0, sizeof(*keys));
	keys->algorithm = algorithm;

	return size && export_key(session, number, 0, size, keys->c2s) &&
	       export_key(session, number, 1, size, keys->s2c);
}
