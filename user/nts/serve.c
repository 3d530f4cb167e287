// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections of clients, many at a time, each for a short time. Certificates and their keys are
 * read first; then the process locks itself in, and listens to what comes.
 */
#include "nts/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock_ns.h"
#include "lib/memory_file.h"
#include "lib/user_err.h"
#include "ntp/nts_cookie.h"
#include "nts/connection_limit.h"
#include "nts/locked.h"
#include "nts/places.h"
#include "nts/session.h"
#include "nts/validity.h"
#include "server/nts_settings.h"
#include "server/sandbox.h"

#define MS_PER_S	1000

/* A client has so long for all of it. */
#define CLIENT_MS	(4LL * MS_PER_S)

/*
 * Where all places are taken, who sends no whole hello in that time makes room, and who has sent
 * one and does not get on for so long. The hello comes right behind what opens a connection, so
 * that time is for a lost packet. What follows has to go to the client and back, 600 ms if that is
 * behind a satellite.
 */
#define HELLO_MS	500
#define PROGRESS_MS	1000

/* Descriptors that are no client's: those inherited, and what is open for a moment. */
#define OTHER_FDS	(NTS_FD_END + 4)

/* The pause after a connection could not be taken, for want of descriptors or memory. */
#define PAUSE_MS	100

/* Descriptors to wait for, before those of clients. */
enum { WAIT_DAEMON, WAIT_IPV4, WAIT_IPV6, WAIT_CLIENTS };

/**
 * struct client - a connection
 * @fd: -1: none
 * @want: what its session waits for
 * @progress: how far that has got
 * @session: TLS
 */
struct client {
	int fd;
	enum session_want want;
	int progress;
	struct session session;
};

/**
 * struct work - the server
 * @settings: as handed over
 * @statistics: shared
 * @access: made of the rules; owned
 * @limit: of connections
 * @credentials: certificates and keys
 * @cookie_keys: of cookies ...
 * @has_keys: ... which have come
 * @pause_until_ms: nobody is taken before
 * @polled_ms: when poll(2) last returned: what came later was not seen, and is no silence
 * @connections: that are served at a time
 * @clients: those connections ...
 * @places: ... and whose they are
 * @fds: for poll(2)
 */
struct work {
	const struct nts_settings *settings;
	struct nts_statistics *statistics;
	struct access_table *access;
	struct connection_limit limit;
	gnutls_certificate_credentials_t credentials;
	struct nts_cookie_keys cookie_keys;
	bool has_keys;
	int64_t pause_until_ms;
	int64_t polled_ms;
	int connections;
	struct client *clients;
	struct place *places;
	struct pollfd *fds;
};

/* --- what takes system calls that are not allowed later --- */

/*
 * As many connections of @wanted as there are descriptors for. With more places than that poll(2)
 * would fail, and silent clients would have all descriptors while there are places still.
 */
static int affordable(int wanted)
{
	struct rlimit limit;
	rlim_t needed = (rlim_t)wanted + OTHER_FDS;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= needed)
		return wanted;
	limit.rlim_cur = limit.rlim_max < needed ? limit.rlim_max : needed;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= needed)
		return wanted;
	wanted = limit.rlim_cur > OTHER_FDS ? (int)(limit.rlim_cur - OTHER_FDS) : 1;
	user_err("only %d connections are served at a time, fewer than 'maxntsconnections': LimitNOFILE= is too small for more",
		 wanted);

	return wanted;
}

static bool open_work(struct work *work)
{
	size_t count;

	if (!own_version_is_of(NTS_FD_SETTINGS)) {
		user_err("it was started by no truechimed, or one of another version: restart that");
		return false;
	}
	work->settings = memory_file_map(NTS_FD_SETTINGS, sizeof(*work->settings), PROT_READ);
	work->statistics = memory_file_map(NTS_FD_STATISTICS, sizeof(*work->statistics),
					   PROT_READ | PROT_WRITE);
	if (!work->settings || !work->statistics)
		return false;
	connection_limit_init(&work->limit, &work->statistics->clients, work->settings);
	work->connections = affordable(work->settings->connections);
	count = (size_t)work->connections;
	work->access = access_table_new(work->settings->rules, work->settings->rule_count);
	work->clients = calloc(count, sizeof(*work->clients));
	work->places = calloc(count, sizeof(*work->places));
	work->fds = calloc(WAIT_CLIENTS + count, sizeof(*work->fds));
	if (!work->access || !work->clients || !work->places || !work->fds)
		return false;
	for (size_t i = 0; i < count; i++)
		work->clients[i].fd = -1;

	return true;
}

static bool read_pair(struct work *work, uint32_t i)
{
	const char *certificate = work->settings->certificates[i], *key = work->settings->keys[i];
	const char *path = access(certificate, R_OK) ? certificate : access(key, R_OK) ? key : NULL;
	int err;

	if (path) {
		user_err("%s: %s: the daemon's user has to be able to read it", path,
			 strerror(errno));
		return false;
	}
	err = gnutls_certificate_set_x509_key_file(work->credentials, certificate, key,
						   GNUTLS_X509_FMT_PEM);
	if (err < 0)
		user_err("%s and %s are no certificate with its key in the PEM format: %s",
			 certificate, key, gnutls_strerror(err));

	return err >= 0;
}

static bool read_pairs(struct work *work)
{
	if (gnutls_certificate_allocate_credentials(&work->credentials))
		return false;
	for (uint32_t i = 0; i < work->settings->pair_count; i++) {
		if (!read_pair(work, i))
			return false;
	}

	return true;
}

/* The daemon warns of those that expire. */
static void publish_validity(const struct work *work)
{
	struct nts_validity *validity = &work->statistics->validity;

	/* Of pairs that there are not nothing is known. */
	for (uint32_t i = 0; i < NTS_PAIRS_MAX; i++)
		atomic_store_explicit(&validity->end_s[i], validity_end_s(work->credentials, i),
				      memory_order_relaxed);
	/* Pairs with the daemon's reading of it: what was written before is there. */
	atomic_store_explicit(&validity->settings, work->settings->number, memory_order_release);
}

/* --- answers --- */

static bool make_answer(const struct work *work, struct session *session,
			const struct nts_ke_request *request, struct nts_ke_answer *answer)
{
	bool compliant = request->algorithm != AEAD_AES_128_GCM_SIV || request->compliant;
	uint8_t random[NTS_COOKIES][AEAD_NONCE_MAX];
	struct nts_keys keys;

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random) ||
	    !session_keys(session, request->algorithm, compliant, &keys))
		return false;
	answer->algorithm = request->algorithm;
	answer->compliant = request->algorithm == AEAD_AES_128_GCM_SIV && compliant;
	answer->port = work->settings->ntp_port;
	memcpy(answer->server, work->settings->ntp_server, sizeof(answer->server));
	for (int i = 0; i < NTS_COOKIES; i++)
		nts_cookie_make(&work->cookie_keys, &keys, random[i], &answer->cookies[i]);
	answer->cookie_count = NTS_COOKIES;
	explicit_bzero(&keys, sizeof(keys));

	return true;
}

static void answer_client(const struct work *work, struct session *session)
{
	struct nts_ke_answer answer = { .cookie_count = 0 };
	struct nts_ke_request request;

	nts_request_read(session->bytes, session->length, &work->settings->algorithms, &request);
	if (request.error == NTS_KE_NO_ERROR && request.ntp && request.algorithm != AEAD_NONE &&
	    (!work->has_keys || !make_answer(work, session, &request, &answer)))
		request.error = NTS_KE_INTERNAL_ERROR;
	session_send(session, nts_answer_write(&request, &answer, session->bytes,
					       sizeof(session->bytes)));
}

static void drop(struct client *client)
{
	session_close(&client->session);
	close(client->fd);
	client->fd = -1;
}

/* Who gets on keeps its place. */
static void note_progress(const struct work *work, struct client *client)
{
	int progress = session_progress(&client->session);

	if (progress <= client->progress)
		return;
	client->progress = progress;
	work->places[client - work->clients].yields_ms = clock_ms(CLOCK_MONOTONIC) + PROGRESS_MS;
}

static void go_on(const struct work *work, struct client *client)
{
	do {
		client->want = session_step(&client->session);
		if (client->want == SESSION_ANSWER)
			answer_client(work, &client->session);
	} while (client->want == SESSION_ANSWER);
	if (client->want == SESSION_DONE || client->want == SESSION_FAILED)
		drop(client);
	else
		note_progress(work, client);
}

/* --- connections --- */

/* -1: all are taken. */
static int free_place(const struct work *work)
{
	for (int i = 0; i < work->connections; i++) {
		if (work->clients[i].fd < 0)
			return i;
	}

	return -1;
}

/* The place that @address gets, -1: none. Somebody may have it, and is to be dropped. */
static int place_for(const struct work *work, const struct net_address *address)
{
	int place = free_place(work);

	return place >= 0 ? place : places_give_up(work->places, work->connections, address,
						   work->polled_ms);
}

/* The place of a client, -1: it gets none. Who has no place now may come again at once. */
static int admit(struct work *work, const struct net_address *address)
{
	int place = access_table_allows(work->access, address) ? place_for(work, address) : -1;
	uint64_t random;

	if (place < 0 || getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random) ||
	    !connection_limit_allows(&work->limit, address, clock_ns(CLOCK_MONOTONIC_RAW), random))
		return -1;

	return place;
}

static void begin(struct work *work, int place, int fd, const struct net_address *address)
{
	struct client *client = &work->clients[place];
	int64_t now = clock_ms(CLOCK_MONOTONIC);

	if (client->fd >= 0)
		drop(client);
	client->fd = fd;
	client->progress = 0;
	work->places[place] = (struct place){
		.address = *address,
		.deadline_ms = now + CLIENT_MS,
		.yields_ms = now + HELLO_MS,
	};
	if (session_open(&client->session, fd, work->credentials, NULL, false))
		go_on(work, client);
	else
		drop(client);
}

static void take_client(struct work *work, int listening_fd)
{
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);
	struct net_address address;
	int place = -1;
	int fd = accept4(listening_fd, (struct sockaddr *)&from, &length,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		/* It waits on, and poll(2) would say so at once. Of these none does. */
		if (errno != EAGAIN && errno != ECONNABORTED)
			work->pause_until_ms = clock_ms(CLOCK_MONOTONIC) + PAUSE_MS;
		return;
	}
	if (!net_address_from_sockaddr((const struct sockaddr *)&from, length, &address))
		place = admit(work, &address);
	if (place < 0) {
		atomic_fetch_add(&work->statistics->dropped, 1);
		close(fd);
		return;
	}
	atomic_fetch_add(&work->statistics->accepted, 1);
	begin(work, place, fd, &address);
}

/* --- what the daemon says --- */

static bool take_keys(struct work *work, const struct nts_server_keys *keys)
{
	if (!nts_server_keys_are_sane(keys))
		return false;
	nts_cookie_keys_set(&work->cookie_keys, keys);
	work->has_keys = true;

	return true;
}

/* Who is being served goes on: these rules are about connections that come. */
static bool take_rules(struct work *work, int fd, uint32_t count)
{
	size_t size = count * sizeof(struct access_rule);
	struct access_table *access;
	void *rules = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);

	if (rules == MAP_FAILED)
		return false;
	access = access_table_new(rules, count);
	munmap(rules, size);
	if (!access)
		return false;
	access_table_free(work->access);
	work->access = access;

	return true;
}

/* What a message brings beside; -1: nothing. */
static int descriptor_of(struct msghdr *header)
{
	const struct cmsghdr *part = CMSG_FIRSTHDR(header);
	int fd = -1;

	if (part && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS &&
	    part->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(part), sizeof(fd));

	return fd;
}

/*
 * 1; 0: the daemon has ended; -EIO: it was not understood. Who does not know the present rules, for
 * want of memory or descriptors, is not to serve by those before.
 */
static int take_message(struct work *work)
{
	union {
		struct nts_server_keys keys;
		struct nts_rules_message rules;
	} message;
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr header;
	} control;
	struct iovec part = { .iov_base = &message, .iov_len = sizeof(message) };
	struct msghdr header = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t length = recvmsg(NTS_FD_DAEMON, &header, MSG_CMSG_CLOEXEC);
	bool taken = false;
	int fd;

	if (length < 0)
		return errno == EAGAIN || errno == EINTR ? 1 : -EIO;
	if (!length)
		return 0;
	fd = descriptor_of(&header);
	if (length == (ssize_t)sizeof(message.keys))
		taken = take_keys(work, &message.keys);
	else if (length == (ssize_t)sizeof(message.rules) && fd >= 0)
		taken = take_rules(work, fd, message.rules.rule_count);
	if (fd >= 0)
		close(fd);
	explicit_bzero(&message, sizeof(message));

	return taken ? 1 : -EIO;
}

/* --- the loop --- */

/*
 * Nobody is accepted before. Who comes while no place would be given up waits in the kernel, for a
 * short time: one who is sent away comes back after many seconds. Another process may be free.
 */
static int64_t accepts_ms(const struct work *work, int64_t now)
{
	int64_t opens = free_place(work) >= 0 ? now :
			places_open_ms(work->places, work->connections, now);

	return opens > work->pause_until_ms ? opens : work->pause_until_ms;
}

static bool accepts(const struct work *work)
{
	return accepts_ms(work, work->polled_ms) <= work->polled_ms;
}

/* What to wait for; @timeout_ms: at most so long. */
static nfds_t fill_fds(struct work *work, int *timeout_ms)
{
	int64_t now = clock_ms(CLOCK_MONOTONIC), opens = accepts_ms(work, now), next = INT64_MAX;
	bool pauses = now < opens;
	nfds_t count = WAIT_CLIENTS;

	work->fds[WAIT_DAEMON] = (struct pollfd){ .fd = NTS_FD_DAEMON, .events = POLLIN };
	work->fds[WAIT_IPV4].events = pauses ? 0 : POLLIN;
	work->fds[WAIT_IPV6].events = pauses ? 0 : POLLIN;
	if (pauses)
		next = opens;
	for (int i = 0; i < work->connections; i++) {
		const struct client *client = &work->clients[i];

		work->fds[count++] = (struct pollfd){
			.fd = client->fd,
			.events = client->want == SESSION_WRITE ? POLLOUT : POLLIN,
		};
		if (client->fd >= 0 && work->places[i].deadline_ms < next)
			next = work->places[i].deadline_ms;
	}
	*timeout_ms = next == INT64_MAX ? -1 : next > now ? (int)(next - now) : 0;

	return count;
}

static void serve_clients(struct work *work)
{
	int64_t now = clock_ms(CLOCK_MONOTONIC);

	for (int i = 0; i < work->connections; i++) {
		struct client *client = &work->clients[i];

		if (client->fd < 0)
			continue;
		/* Who goes on sending has no more time than who is silent. */
		if (now >= work->places[i].deadline_ms)
			drop(client);
		else if (work->fds[WAIT_CLIENTS + i].revents)
			go_on(work, client);
	}
}

static int run(struct work *work)
{
	int timeout_ms, taken;
	nfds_t count;

	for (;;) {
		count = fill_fds(work, &timeout_ms);
		if (poll(work->fds, count, timeout_ms) < 0) {
			if (errno != EINTR)
				return EXIT_FAILURE;
			continue;
		}
		work->polled_ms = clock_ms(CLOCK_MONOTONIC);
		taken = work->fds[WAIT_DAEMON].revents ? take_message(work) : 1;
		if (taken <= 0)
			return taken ? NTS_STATUS_MESSAGE : EXIT_SUCCESS;
		serve_clients(work);
		for (int i = WAIT_IPV4; i <= WAIT_IPV6; i++) {
			/* Who came by the other family may have the last place. */
			if (work->fds[i].revents && accepts(work))
				take_client(work, work->fds[i].fd);
		}
	}
}

static int inherited(int fd)
{
	return fcntl(fd, F_GETFD) < 0 ? -1 : fd;
}

/* 0, or the status with which the process ends. */
static int prepare(struct work *work)
{
	if (sandbox_drop_capabilities())
		return NTS_STATUS_SANDBOX;
	if (!open_work(work))
		return NTS_STATUS_SETTINGS;

	return read_pairs(work) ? 0 : NTS_STATUS_CERTIFICATE;
}

int serve_check(void)
{
	static struct work work;

	return prepare(&work);
}

int serve(void)
{
	static struct work work;
	int err;

	err = prepare(&work);
	if (err)
		return err;
	publish_validity(&work);
	work.fds[WAIT_IPV4].fd = inherited(NTS_FD_IPV4);
	work.fds[WAIT_IPV6].fd = inherited(NTS_FD_IPV6);
	err = locked_enter();
	if (err) {
		fprintf(stderr, "truechime-nts: it could not be locked in: %s\n", strerror(-err));
		return NTS_STATUS_SANDBOX;
	}

	return run(&work);
}
