// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a session says why it has failed: words of GnuTLS within a sentence of ours.
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

TEST_HARNESS_MAIN
