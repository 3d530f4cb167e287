// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a session says why it has failed: words of GnuTLS within a sentence of ours. Nonces. How it
 * ends.
 */
#include "user/nts/session.c"

#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftests/unit/unit.h"

TEST(sentences_of_gnutls_become_a_part_of_ours)
{
	struct session session = { .failure = NTS_FAILED_CONNECT };

	EXPECT_FALSE(fail(&session, NTS_FAILED_TLS, "its certificate is refused",
			  "It is NOT trusted. The name does not match. "));
	EXPECT_EQ(NTS_FAILED_TLS, session.failure);
	EXPECT_STREQ("its certificate is refused: It is NOT trusted. The name does not match",
		     session.problem);
	EXPECT_FALSE(fail(&session, NTS_FAILED_TLS, "TLS has failed", "Decryption has failed."));
	EXPECT_STREQ("TLS has failed: Decryption has failed", session.problem);
	EXPECT_FALSE(fail(&session, NTS_FAILED_TLS, "TLS has failed", ""));
	EXPECT_STREQ("TLS has failed", session.problem);
}

/* In a copy of this process that knows nothing of being one: a guest that was restored. */
static void draw_in_copy(gnutls_certificate_credentials_t credentials, uint8_t drawn[16])
{
	struct session session;
	int ends[2], out[2];
	long pid;

	if (pipe(out))
		return;
	/* fork(3) would tell GnuTLS. */
	pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (!pid) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) ||
		    !session_open(&session, ends[0], credentials, NULL, false) ||
		    session_step(&session) != SESSION_READ ||
		    gnutls_rnd(GNUTLS_RND_NONCE, drawn, 16) || write(out[1], drawn, 16) != 16)
			_exit(1);
		_exit(0);
	}
	close(out[1]);
	if (read(out[0], drawn, 16) != 16)
		memset(drawn, 0, 16);
	close(out[0]);
	waitpid((pid_t)pid, NULL, 0);
}

TEST(guests_of_one_snapshot_draw_different_nonces)
{
	gnutls_certificate_credentials_t credentials;
	uint8_t one[16] = { 0 }, other[16] = { 0 }, nothing[16] = { 0 };

	ASSERT_EQ(0, gnutls_certificate_allocate_credentials(&credentials));
	ASSERT_EQ(0, gnutls_rnd(GNUTLS_RND_NONCE, one, sizeof(one)));
	draw_in_copy(credentials, one);
	draw_in_copy(credentials, other);
	EXPECT_NE(0, memcmp(one, nothing, sizeof(one)));
	EXPECT_NE(0, memcmp(other, nothing, sizeof(other)));
	EXPECT_NE(0, memcmp(one, other, sizeof(one)));
	gnutls_certificate_free_credentials(credentials);
}

/* One that signs for itself, and is trusted. */
static gnutls_certificate_credentials_t make_credentials(void)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_x509_crt_t certificate;
	gnutls_x509_privkey_t key;
	gnutls_datum_t file;

	if (gnutls_x509_privkey_init(&key) || gnutls_x509_crt_init(&certificate) ||
	    gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
					 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0) ||
	    gnutls_x509_crt_set_version(certificate, 3) ||
	    gnutls_x509_crt_set_serial(certificate, "\1", 1) ||
	    gnutls_x509_crt_set_activation_time(certificate, time(NULL) - 1000) ||
	    gnutls_x509_crt_set_expiration_time(certificate, time(NULL) + 1000) ||
	    gnutls_x509_crt_set_key(certificate, key) ||
	    gnutls_x509_crt_set_dn(certificate, "CN=server", NULL) ||
	    gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, "server", 6,
						 GNUTLS_FSAN_SET) ||
	    gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0) ||
	    gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &file) ||
	    gnutls_certificate_allocate_credentials(&credentials) ||
	    gnutls_certificate_set_x509_trust_mem(credentials, &file, GNUTLS_X509_FMT_PEM) != 1 ||
	    gnutls_certificate_set_x509_key(credentials, &certificate, 1, key) < 0)
		abort();
	gnutls_free(file.data);
	gnutls_x509_crt_deinit(certificate);
	gnutls_x509_privkey_deinit(key);

	return credentials;
}

/* The record that ends a message, which is all that it has. */
static void send_shortest(struct session *session)
{
	static const uint8_t end[] = { 0x80, 0, 0, 0 };

	memcpy(session->bytes, end, sizeof(end));
	session_send(session, sizeof(end));
}

/* Both, until each has what it wants. */
static bool both_are_done(struct session *client, struct session *server)
{
	enum session_want at_client = SESSION_WRITE, at_server = SESSION_READ;

	send_shortest(client);
	for (int turn = 0; turn < 100; turn++) {
		if (at_client != SESSION_DONE)
			at_client = session_step(client);
		if (at_server != SESSION_DONE)
			at_server = session_step(server);
		if (at_server == SESSION_ANSWER)
			send_shortest(server);
		if (at_client == SESSION_DONE && at_server == SESSION_DONE)
			return true;
	}

	return false;
}

/* To a server the connection has broken otherwise, which some log. */
TEST(server_is_told_that_its_client_leaves)
{
	gnutls_certificate_credentials_t credentials = make_credentials();
	struct session client, server;
	struct nts_keys ours, theirs;
	uint8_t byte;
	int ends[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends));
	ASSERT_TRUE(session_open(&client, ends[0], credentials, "server", false));
	ASSERT_TRUE(session_open(&server, ends[1], credentials, NULL, false));
	ASSERT_TRUE(both_are_done(&client, &server));
	session_leave(&client);
	EXPECT_TRUE(session_keys(&client, AEAD_AES_SIV_CMAC_256, true, &ours));
	EXPECT_TRUE(session_keys(&server, AEAD_AES_SIV_CMAC_256, true, &theirs));
	EXPECT_EQ(0, memcmp(&ours, &theirs, sizeof(ours)));
	session_close(&client);
	close(ends[0]);
	EXPECT_EQ(0, gnutls_record_recv(server.tls, &byte, 1));
	/* Had the client left something unread, this would be an error. */
	EXPECT_EQ(0, recv(ends[1], &byte, 1, 0));
	session_close(&server);
	close(ends[1]);
	gnutls_certificate_free_credentials(credentials);
}

/* Both ends, and the client's latest step. */
struct pair {
	gnutls_certificate_credentials_t credentials;
	struct session client, server;
	int ends[2];
};

static bool open_pair(struct pair *pair)
{
	pair->credentials = make_credentials();
	return !socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair->ends) &&
	       session_open(&pair->client, pair->ends[0], pair->credentials, "server", false) &&
	       session_open(&pair->server, pair->ends[1], pair->credentials, NULL, false);
}

static void close_pair(struct pair *pair)
{
	session_close(&pair->client);
	session_close(&pair->server);
	close(pair->ends[0]);
	close(pair->ends[1]);
	gnutls_certificate_free_credentials(pair->credentials);
}

/* As of a relay that speaks TLS, and whose server is away: it may be back soon. */
TEST(who_leaves_without_an_answer_has_closed_the_connection)
{
	enum session_want at_client = SESSION_WRITE, at_server = SESSION_READ;
	struct pair pair;

	ASSERT_TRUE(open_pair(&pair));
	send_shortest(&pair.client);
	for (int turn = 0; turn < 100 && at_server != SESSION_ANSWER; turn++) {
		at_client = session_step(&pair.client);
		at_server = session_step(&pair.server);
	}
	ASSERT_EQ(SESSION_ANSWER, at_server);
	ASSERT_EQ(SESSION_READ, at_client);
	ASSERT_EQ(0, gnutls_bye(pair.server.tls, GNUTLS_SHUT_WR));
	EXPECT_EQ(SESSION_FAILED, session_step(&pair.client));
	EXPECT_EQ(NTS_FAILED_CONNECT, pair.client.failure);
	EXPECT_STREQ("the other side has closed the connection", pair.client.problem);
	close_pair(&pair);
}

/* "Error in the pull function" is GnuTLS's own affair. */
TEST(who_is_gone_amid_the_handshake_has_closed_the_connection)
{
	struct pair pair;

	ASSERT_TRUE(open_pair(&pair));
	ASSERT_EQ(SESSION_READ, session_step(&pair.client));
	/* What was sent is unread, so that the other end is reset. */
	shutdown(pair.ends[1], SHUT_RDWR);
	close(pair.ends[1]);
	EXPECT_EQ(SESSION_FAILED, session_step(&pair.client));
	EXPECT_EQ(NTS_FAILED_CONNECT, pair.client.failure);
	EXPECT_STREQ("the other side has closed the connection", pair.client.problem);
	pair.ends[1] = -1;
	close_pair(&pair);
}

TEST_HARNESS_MAIN
