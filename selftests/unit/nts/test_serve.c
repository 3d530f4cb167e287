// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections that cannot be taken. The loop is run for some turns, with a client at its door.
 */
#include "user/nts/serve.c"

#include <arpa/inet.h>
#include <gnutls/x509.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"

static struct {
	int accepts;
	int failures;	/* of these, the first ones fail ... */
	int error;	/* ... with that */
	int last;	/* with this one the daemon ends */
	int daemon;	/* its end of the socket */
	struct timespec stopped;	/* what every clock shows; 0: they go */
} world;

int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
	if (++world.accepts == world.last)
		close(world.daemon);
	if (world.accepts > world.failures)
		return __real_accept4(fd, address, length, flags);
	errno = world.error;

	return -1;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	if (!world.stopped.tv_sec)
		return __real_clock_gettime(clock, now);
	*now = world.stopped;

	return 0;
}

/* From now on no time goes by but what age() says. */
static void stop_clocks(void)
{
	__real_clock_gettime(CLOCK_MONOTONIC, &world.stopped);
}

FIXTURE(serve) {
	struct nts_settings *settings;
	struct nts_statistics statistics;
	struct work work;
	int client;
	int daemon;	/* its end of the socket */
};

static void listen_and_connect(FIXTURE_DATA(serve) *self)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	self->client = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&address, length) || listen(fd, 16) ||
	    getsockname(fd, (struct sockaddr *)&address, &length) ||
	    connect(self->client, (struct sockaddr *)&address, length))
		abort();
	self->work.fds[WAIT_IPV4].fd = fd;
	self->work.fds[WAIT_IPV6].fd = -1;
}

FIXTURE_SETUP(serve)
{
	size_t size = sizeof(*self->settings) + sizeof(self->settings->rules[0]);

	memset(self, 0, sizeof(*self));
	memset(&world, 0, sizeof(world));
	/* No other descriptor is to be in the place of that one. */
	while (open("/dev/null", O_RDONLY) < NTS_FD_DAEMON)
		;
	self->settings = calloc(1, size);
	self->settings->rule_count = 1;
	self->settings->rules[0].allow = true;
	self->work = (struct work){
		.settings = self->settings,
		.statistics = &self->statistics,
		.connections = 2,
		.access = access_table_new(self->settings->rules, 1),
		.clients = calloc(2, sizeof(struct client)),
		.places = calloc(2, sizeof(struct place)),
		.fds = calloc(WAIT_CLIENTS + 2, sizeof(struct pollfd)),
	};
	self->work.clients[0].fd = -1;
	self->work.clients[1].fd = -1;
	connection_limit_init(&self->work.limit, &self->statistics.clients, self->settings);
	ASSERT_EQ(0, gnutls_certificate_allocate_credentials(&self->work.credentials));
	listen_and_connect(self);
}

FIXTURE_TEARDOWN(serve)
{
	for (int i = 0; i < 2; i++) {
		if (self->work.clients[i].fd >= 0)
			drop(&self->work.clients[i]);
	}
	gnutls_certificate_free_credentials(self->work.credentials);
	access_table_free(self->work.access);
	free(self->work.clients);
	free(self->work.places);
	free(self->work.fds);
	free(self->settings);
}

static void open_daemon(FIXTURE_DATA(serve) *self)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) || dup2(ends[0], NTS_FD_DAEMON) < 0)
		abort();
	close(ends[0]);
	self->daemon = ends[1];
}

/* The loop ends with the daemon, which is there until so many connections were to be taken. */
static int run_until(FIXTURE_DATA(serve) *self, int accepts)
{
	open_daemon(self);
	world.daemon = self->daemon;
	world.last = accepts;

	return run(&self->work);
}

/* As if it had been read from a file: else its names are not known yet. */
static gnutls_x509_crt_t read_again(gnutls_x509_crt_t certificate)
{
	gnutls_x509_crt_t result;
	gnutls_datum_t file;

	if (gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, &file) ||
	    gnutls_x509_crt_init(&result) ||
	    gnutls_x509_crt_import(result, &file, GNUTLS_X509_FMT_DER))
		abort();
	gnutls_free(file.data);
	gnutls_x509_crt_deinit(certificate);

	return result;
}

/* Signed by @issuer, NULL: by itself; all have that key. */
static gnutls_x509_crt_t make_certificate(gnutls_x509_privkey_t key, const char *name,
					  gnutls_x509_crt_t issuer, time_t end_s)
{
	gnutls_x509_crt_t certificate;

	if (gnutls_x509_crt_init(&certificate) || gnutls_x509_crt_set_version(certificate, 3) ||
	    gnutls_x509_crt_set_serial(certificate, "\1", 1) ||
	    gnutls_x509_crt_set_activation_time(certificate, end_s - 1000) ||
	    gnutls_x509_crt_set_expiration_time(certificate, end_s) ||
	    gnutls_x509_crt_set_key(certificate, key) ||
	    gnutls_x509_crt_set_dn(certificate, name, NULL) ||
	    gnutls_x509_crt_sign2(certificate, issuer ? issuer : certificate, key,
				  GNUTLS_DIG_SHA256, 0))
		abort();

	return read_again(certificate);
}

/* Whoever signed it may have less time left. */
TEST_F(serve, daemon_is_told_when_certificates_expire)
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t chain[2];

	ASSERT_EQ(0, gnutls_x509_privkey_init(&key));
	ASSERT_EQ(0, gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
						  GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
						  0));
	chain[1] = make_certificate(key, "CN=signer", NULL, 1700000000);
	chain[0] = make_certificate(key, "CN=server", chain[1], 1800000000);
	ASSERT_LE(0, gnutls_certificate_set_x509_key(self->work.credentials, chain, 1, key));
	ASSERT_LE(0, gnutls_certificate_set_x509_key(self->work.credentials, chain, 2, key));
	self->settings->pair_count = 3;
	self->settings->number = 7;
	publish_validity(&self->work);
	EXPECT_EQ(7, self->statistics.validity.settings);
	EXPECT_EQ(1800000000, self->statistics.validity.end_s[0]);
	EXPECT_EQ(1700000000, self->statistics.validity.end_s[1]);
	EXPECT_EQ(0, self->statistics.validity.end_s[2]);
	gnutls_x509_crt_deinit(chain[0]);
	gnutls_x509_crt_deinit(chain[1]);
	gnutls_x509_privkey_deinit(key);
}

/* The client waits all the while: who asks for it over and over again has no time for others. */
TEST_F(serve, without_descriptors_it_does_not_spin)
{
	static const int errors[] = { EMFILE, ENFILE, ENOBUFS, ENOMEM };
	int64_t start_ms;

	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		world.accepts = 0;
		world.failures = INT32_MAX;
		world.error = errors[i];
		start_ms = clock_ms(CLOCK_MONOTONIC);
		EXPECT_EQ(EXIT_SUCCESS, run_until(self, 5));
		EXPECT_EQ(5, world.accepts);
		/* Four pauses between five. */
		EXPECT_LE(4 * PAUSE_MS, clock_ms(CLOCK_MONOTONIC) - start_ms);
	}
	EXPECT_EQ(0, self->statistics.accepted);
}

TEST_F(serve, a_client_is_taken_when_there_are_some_again)
{
	world.failures = 2;
	world.error = EMFILE;
	EXPECT_EQ(EXIT_SUCCESS, run_until(self, 3));
	EXPECT_EQ(3, world.accepts);
	EXPECT_EQ(1, self->statistics.accepted);
}

static rlim_t descriptors(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) ? 0 : limit.rlim_cur;
}

/* More places would never be served: poll(2) takes no more than that. */
TEST(there_are_as_many_places_as_descriptors_allow)
{
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 100, 300 }));
	EXPECT_EQ(100 - OTHER_FDS, affordable(100 - OTHER_FDS));
	EXPECT_EQ(100, descriptors());
	EXPECT_EQ(200, affordable(200));
	EXPECT_EQ(200 + OTHER_FDS, descriptors());
	EXPECT_EQ(300 - OTHER_FDS, affordable(500));
	EXPECT_EQ(300, descriptors());
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 10, 10 }));
	EXPECT_EQ(1, affordable(500));
}

/* Another process was faster, or the client has gone: the next one is not to wait for that. */
TEST_F(serve, nobody_waits_for_a_client_that_has_gone)
{
	static const int errors[] = { EAGAIN, ECONNABORTED };
	int timeout_ms;

	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		world.accepts = 0;
		world.failures = 1;
		world.error = errors[i];
		take_client(&self->work, self->work.fds[WAIT_IPV4].fd);
		fill_fds(&self->work, &timeout_ms);
		EXPECT_EQ(POLLIN, self->work.fds[WAIT_IPV4].events);
		EXPECT_EQ(-1, timeout_ms);
	}
}

/* From @source; its descriptor. */
static int connect_from(const FIXTURE_DATA(serve) *self, const char *source)
{
	struct sockaddr_in address, local = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (inet_pton(AF_INET, source, &local.sin_addr) != 1 ||
	    bind(fd, (struct sockaddr *)&local, sizeof(local)) ||
	    getsockname(self->work.fds[WAIT_IPV4].fd, (struct sockaddr *)&address, &length) ||
	    connect(fd, (struct sockaddr *)&address, length))
		abort();

	return fd;
}

static bool is_open(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* One address has all places, and is silent. */
TEST_F(serve, who_has_all_places_makes_room)
{
	int second = connect_from(self, "127.0.0.1"), third, other;

	take_client(&self->work, self->work.fds[WAIT_IPV4].fd);
	take_client(&self->work, self->work.fds[WAIT_IPV4].fd);
	/* Whose was later has the later deadline, in ms. */
	self->work.places[1].deadline_ms++;
	third = connect_from(self, "127.0.0.1");
	take_client(&self->work, self->work.fds[WAIT_IPV4].fd);
	EXPECT_FALSE(is_open(third));
	EXPECT_EQ(1, self->statistics.dropped);
	other = connect_from(self, "127.0.0.2");
	take_client(&self->work, self->work.fds[WAIT_IPV4].fd);
	EXPECT_TRUE(is_open(other));
	EXPECT_FALSE(is_open(self->client));
	EXPECT_TRUE(is_open(second));
	EXPECT_EQ(3, self->statistics.accepted);
	EXPECT_EQ(1, self->statistics.dropped);
	close(second);
	close(third);
	close(other);
}

/* --- places --- */

/* A key and its certificate, of whoever serves. */
static void show_certificate(FIXTURE_DATA(serve) *self)
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t certificate;

	if (gnutls_x509_privkey_init(&key) ||
	    gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
					 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0))
		abort();
	certificate = make_certificate(key, "CN=server", NULL, 1800000000);
	if (gnutls_certificate_set_x509_key(self->work.credentials, &certificate, 1, key) < 0)
		abort();
	gnutls_x509_crt_deinit(certificate);
	gnutls_x509_privkey_deinit(key);
}

/* A client by TLS that believes every certificate. Its steps are its caller's. */
struct tls_client {
	int fd;
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t tls;
};

static void open_client(struct tls_client *client, int fd)
{
	gnutls_datum_t protocol = { .data = (unsigned char *)"ntske/1",
				    .size = 7 };

	client->fd = fd;
	if (gnutls_certificate_allocate_credentials(&client->credentials) ||
	    gnutls_init(&client->tls, GNUTLS_CLIENT | GNUTLS_NONBLOCK) ||
	    gnutls_set_default_priority(client->tls) ||
	    gnutls_credentials_set(client->tls, GNUTLS_CRD_CERTIFICATE, client->credentials) ||
	    gnutls_alpn_set_protocols(client->tls, &protocol, 1, 0) ||
	    fcntl(fd, F_SETFL, O_NONBLOCK))
		abort();
	gnutls_transport_set_int(client->tls, fd);
}

static void close_client(struct tls_client *client)
{
	gnutls_deinit(client->tls);
	gnutls_certificate_free_credentials(client->credentials);
	close(client->fd);
}

/* The end of a message and nothing before it: the answer says that this was no good request. */
static bool is_answered(struct tls_client *client)
{
	static const uint8_t end[] = { 0x80, 0, 0, 0 };
	uint8_t answer[64];
	ssize_t got;

	while (gnutls_handshake(client->tls) == GNUTLS_E_AGAIN)
		poll(&(struct pollfd){ .fd = client->fd, .events = POLLIN }, 1, -1);
	if (gnutls_record_send(client->tls, end, sizeof(end)) != (ssize_t)sizeof(end))
		return false;
	do {
		poll(&(struct pollfd){ .fd = client->fd, .events = POLLIN }, 1, -1);
		got = gnutls_record_recv(client->tls, answer, sizeof(answer));
	} while (got == GNUTLS_E_AGAIN);

	return got > 0;
}

/* Silent clients and then others, each of an address of its own. How many were answered. */
static int crowd(const FIXTURE_DATA(serve) *self, int silent, int others)
{
	struct tls_client client;
	char source[32];
	int answered = 0;

	for (int i = 0; i < silent + others; i++) {
		snprintf(source, sizeof(source), "127.0.1.%d", i + 1);
		if (i < silent) {
			connect_from(self, source);
			continue;
		}
		open_client(&client, connect_from(self, source));
		answered += is_answered(&client);
	}

	return answered;
}

/*
 * As in a botnet, or of machines that start at a time some of which stall. The first one waits
 * until those before it make room, and who follows finds that place free.
 */
TEST_F(serve, silent_ones_with_an_address_each_keep_nobody_out)
{
	int64_t start_ms = clock_ms(CLOCK_MONOTONIC);
	pid_t pid;
	int status;

	show_certificate(self);
	open_daemon(self);
	pid = fork();
	if (!pid) {
		status = crowd(self, 5, 6);
		kill(getpid(), status == 6 ? SIGKILL : SIGABRT);
	}
	close(self->daemon);
	EXPECT_EQ(EXIT_SUCCESS, run(&self->work));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(SIGKILL, WTERMSIG(status));
	EXPECT_EQ(0, self->statistics.dropped);
	/*
	 * Six silent ones take the two places three times, which would be for all of their time. On
	 * a busy machine the others, who come after them, need seconds.
	 */
	EXPECT_GT(3 * CLIENT_MS, clock_ms(CLOCK_MONOTONIC) - start_ms);
}

/* As if so much time had gone by until poll(2) returned. */
static void age(FIXTURE_DATA(serve) *self, int64_t ms)
{
	self->work.polled_ms = clock_ms(CLOCK_MONOTONIC);
	for (int i = 0; i < self->work.connections; i++) {
		self->work.places[i].deadline_ms -= ms;
		self->work.places[i].yields_ms -= ms;
	}
}

/* A byte at a time is silence; a whole hello, and the end of a handshake, are not. */
TEST_F(serve, who_gets_on_keeps_its_place)
{
	struct tls_client client;
	int dripping = connect_from(self, "127.0.0.3"), fd = self->work.fds[WAIT_IPV4].fd, other;
	int timeout_ms;

	stop_clocks();
	show_certificate(self);
	open_client(&client, self->client);
	take_client(&self->work, fd);
	take_client(&self->work, fd);
	age(self, HELLO_MS - 100);
	ASSERT_EQ(GNUTLS_E_AGAIN, gnutls_handshake(client.tls));
	ASSERT_EQ(1, send(dripping, "\x16", 1, 0));
	go_on(&self->work, &self->work.clients[0]);
	go_on(&self->work, &self->work.clients[1]);
	/* Neither makes room: who comes waits. */
	other = connect_from(self, "127.0.0.4");
	fill_fds(&self->work, &timeout_ms);
	EXPECT_EQ(0, self->work.fds[WAIT_IPV4].events);
	EXPECT_LE(timeout_ms, 100);
	age(self, 100);
	fill_fds(&self->work, &timeout_ms);
	EXPECT_EQ(POLLIN, self->work.fds[WAIT_IPV4].events);
	take_client(&self->work, fd);
	EXPECT_FALSE(is_open(dripping));
	EXPECT_TRUE(is_open(other));
	/* The client takes its time, and ends the handshake. */
	age(self, PROGRESS_MS - 150);
	EXPECT_EQ(0, gnutls_handshake(client.tls));
	/* It may come in parts. */
	while (self->work.clients[0].progress < 2 &&
	       poll(&(struct pollfd){ .fd = self->work.clients[0].fd, .events = POLLIN }, 1, 10000))
		go_on(&self->work, &self->work.clients[0]);
	age(self, PROGRESS_MS - 100);
	EXPECT_LT(clock_ms(CLOCK_MONOTONIC), self->work.places[0].yields_ms);
	EXPECT_EQ(2, self->work.clients[0].progress);
	age(self, 100);
	EXPECT_GE(clock_ms(CLOCK_MONOTONIC), self->work.places[0].yields_ms);
	close_client(&client);
	self->client = -1;
	close(dripping);
	close(other);
}

/* What they sent while others were served is still to be read. */
TEST_F(serve, nobody_is_silent_while_nobody_looks)
{
	int second = connect_from(self, "127.0.0.2"), fd = self->work.fds[WAIT_IPV4].fd, other;

	stop_clocks();
	take_client(&self->work, fd);
	take_client(&self->work, fd);
	age(self, HELLO_MS);
	self->work.polled_ms -= 100;
	EXPECT_FALSE(accepts(&self->work));
	other = connect_from(self, "127.0.0.3");
	take_client(&self->work, fd);
	EXPECT_FALSE(is_open(other));
	EXPECT_TRUE(is_open(self->client));
	EXPECT_TRUE(is_open(second));
	self->work.polled_ms += 100;
	EXPECT_TRUE(accepts(&self->work));
	close(second);
	close(other);
}

/* --- what the daemon says --- */

/* Beside the descriptor of these rules. */
static void tell(FIXTURE_DATA(serve) *self, const void *bytes, size_t size,
		 const struct access_rule *rules, size_t count)
{
	int fd = memory_file("rules", count * sizeof(*rules));
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr header;
	} control = { .header = { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
				  .cmsg_len = CMSG_LEN(sizeof(int)) } };
	struct iovec part = { .iov_base = (void *)bytes, .iov_len = size };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1,
				 .msg_control = rules ? control.bytes : NULL,
				 .msg_controllen = rules ? sizeof(control.bytes) : 0 };

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (!memory_file_write(fd, rules, count * sizeof(*rules), 0) ||
	    sendmsg(self->daemon, &header, 0) != (ssize_t)size)
		abort();
	close(fd);
}

/* Who has connected goes on; who comes then is judged by them. */
TEST_F(serve, other_rules_are_for_connections_that_come)
{
	static const struct access_rule rules[] = {
		{ .allow = true },
		{ .network = { .family = AF_INET, .bytes = { 127 } }, .prefix = 8 },
	};
	const struct nts_rules_message message = { .rule_count = ARRAY_SIZE(rules) };
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	int other = socket(AF_INET, SOCK_STREAM, 0);

	open_daemon(self);
	take_client(&self->work, self->work.fds[WAIT_IPV4].fd);
	tell(self, &message, sizeof(message), rules, ARRAY_SIZE(rules));
	ASSERT_EQ(1, take_message(&self->work));
	ASSERT_EQ(0, getpeername(self->client, (struct sockaddr *)&address, &length));
	ASSERT_EQ(0, connect(other, (struct sockaddr *)&address, length));
	take_client(&self->work, self->work.fds[WAIT_IPV4].fd);
	EXPECT_EQ(1, self->statistics.accepted);
	EXPECT_EQ(1, self->statistics.dropped);
	EXPECT_TRUE(is_open(self->client));
	EXPECT_FALSE(is_open(other));
	close(other);
}

/* More than the C library sorts without asking how much memory there is. */
TEST_F(serve, many_rules_are_taken_by_a_process_that_is_locked_in)
{
	struct access_rule rules[400] = { { .allow = true } };
	const struct nts_rules_message message = { .rule_count = ARRAY_SIZE(rules) };
	int status;
	pid_t pid;

	for (size_t i = 1; i < ARRAY_SIZE(rules); i++)
		rules[i] = (struct access_rule){
			.network = { .family = AF_INET,
				     .bytes = { 10, 1, (uint8_t)(i >> 8), (uint8_t)i } },
			.prefix = 32,
		};
	open_daemon(self);
	tell(self, &message, sizeof(message), rules, ARRAY_SIZE(rules));
	pid = fork();
	if (!pid) {
		status = locked_enter() || take_message(&self->work) != 1;
		/* Sanitizers would do before _exit(2) what is not allowed. */
		syscall(SYS_exit_group, status);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_FALSE(WIFSIGNALED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
	close(self->daemon);
}

/* Of a daemon that was not restarted after an upgrade: what it tells may lie elsewhere. */
TEST(it_does_not_serve_by_what_another_version_says)
{
	int settings_fd = memory_file("settings", sizeof(struct nts_settings));
	int statistics_fd = memory_file("statistics", sizeof(struct nts_statistics));
	struct nts_settings settings = { .connections = 1 };
	struct work work = { .connections = 0 };

	own_version_write(settings.version);
	ASSERT_TRUE(memory_file_write(settings_fd, &settings, sizeof(settings), 0));
	ASSERT_EQ(NTS_FD_STATISTICS, dup2(statistics_fd, NTS_FD_STATISTICS));
	ASSERT_EQ(NTS_FD_SETTINGS, dup2(settings_fd, NTS_FD_SETTINGS));
	EXPECT_TRUE(open_work(&work));
	settings.version[0]++;
	ASSERT_TRUE(memory_file_write(NTS_FD_SETTINGS, &settings, sizeof(settings), 0));
	EXPECT_FALSE(open_work(&work));
	close(NTS_FD_STATISTICS);
	close(NTS_FD_SETTINGS);
	access_table_free(work.access);
	free(work.clients);
	free(work.places);
	free(work.fds);
}

/* arm64 and others have no poll(2): there the C library calls ppoll(2). */
TEST(one_that_is_locked_in_may_wait_on_any_processor)
{
	struct timespec moment = { .tv_nsec = 1 };
	pid_t pid = fork();
	int status;

	if (!pid) {
		status = locked_enter() || syscall(SYS_ppoll, NULL, 0, &moment, NULL, 0);
		syscall(SYS_exit_group, status);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_FALSE(WIFSIGNALED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
}

/* It would go on by rules that hold no longer, and says so by its end. */
TEST_F(serve, who_does_not_understand_the_daemon_ends)
{
	static const struct access_rule rules[1];
	const struct nts_rules_message message = { .rule_count = 1 };
	const struct nts_server_keys keys = { .current = NTS_SERVER_KEYS };

	open_daemon(self);
	tell(self, &message, sizeof(message), NULL, 0);
	EXPECT_EQ(NTS_STATUS_MESSAGE, run(&self->work));
	tell(self, &message, 1, rules, 1);
	EXPECT_EQ(NTS_STATUS_MESSAGE, run(&self->work));
	tell(self, &keys, sizeof(keys), NULL, 0);
	EXPECT_EQ(NTS_STATUS_MESSAGE, run(&self->work));
	close(self->daemon);
	EXPECT_EQ(EXIT_SUCCESS, run(&self->work));
}

TEST_HARNESS_MAIN
