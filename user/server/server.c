// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loop: packets by batches, each answered with the time of the page as it is then
 * (server/batch_time.c). The transmit timestamp of an answer is taken for the instant at which this
 * answer leaves, not for that at which its batch does.
 */
#include "server/server.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "core/line.h"
#include "lib/clock_ns.h"
#include "server/batch.h"
#include "server/batch_time.h"
#include "server/card_stamp.h"
#include "server/clock_precision.h"
#include "server/duration.h"
#include "server/proof.h"
#include "server/respond.h"
#include "server/seal.h"
#include "server/sent.h"

/* Batches of one socket before the other one, and the daemon's end, are looked at. */
#define TURNS	16

/*
 * So many answers that are authenticated leave with one system call: one by one they cost a tenth
 * more. With more of them the last ones would be stamped long before they leave.
 */
#define SEND_MAX	8

/*
 * The time that an answer takes is learned from batches of at least so many: what the system call
 * itself takes is none of theirs.
 */
#define AVERAGE_ANSWERS	8

/* Descriptors to wait for. */
enum { WAIT_LIFELINE, WAIT_CLOCK, WAIT_COOKIE_KEYS, WAIT_IPV4, WAIT_IPV6, WAIT_COUNT };

/**
 * struct server - the server
 * @world: what it works with
 * @batch: packets of one turn
 * @batch_time: the clocks as they are for it ...
 * @time: ... and what its senders are told
 * @clients: who asked
 * @stamps: timestamps of answers, for the interleaved mode
 * @counts: what @world's statistics are to show
 * @precision: of the system clock, log2 seconds
 * @answer_ns: how long sending one of many sealed answers takes, on average
 * @seals: answers that wait to be sealed ...
 * @held: ... so many
 * @sealer: of those
 * @keys: by which requests are authentic
 * @random: state of the generator
 */
struct server {
	struct server_world world;
	struct batch *batch;
	struct batch_time batch_time;
	struct respond_time time;
	struct client_log clients;
	struct stamp_table stamps;
	uint64_t counts[SERVER_COUNTS];
	int precision;
	int64_t answer_ns;
	struct seal_answer seals[SEND_MAX];
	int held;
	struct sealer sealer;
	struct proof_keys keys;
	uint64_t random;
};

/*
 * 64 bits for the parts of timestamps below the clock's precision and for the rate limit. They need
 * not be secret: xorshift64*, seeded by the kernel.
 */
static uint64_t draw(struct server *server)
{
	server->random ^= server->random >> 12;
	server->random ^= server->random << 25;
	server->random ^= server->random >> 27;

	return server->random * 0x2545f4914f6cdd1dULL;
}

/* Timestamps that do not hold any more are told to nobody, nor random bytes of a snapshot used. */
static void forget_stamps(struct server *server)
{
	seal_forget(&server->sealer);
	memset(server->stamps.records, 0, server->stamps.count * sizeof(*server->stamps.records));
}

/*
 * What an earlier process has counted and kept. Its clients are found by the seed that it had. It
 * may have been killed half way through a record: one of a client is soon right again, while by one
 * of a timestamp somebody would be told a wrong time.
 */
static bool go_on(struct server *server)
{
	struct server_statistics *statistics = server->world.statistics;
	bool is_first = !statistics->seed[0] && !statistics->seed[1];

	for (int i = 0; i < SERVER_COUNTS; i++)
		server->counts[i] = atomic_load_explicit(&statistics->counts[i],
							 memory_order_relaxed);
	server->clients.replaced = server->counts[SERVER_REPLACED];
	if (is_first && getrandom(statistics->seed, sizeof(statistics->seed), 0) < 0)
		return false;
	if (statistics->changing ||
	    (!is_first && batch_time_is_step(&server->batch_time, statistics->ahead_ns)))
		forget_stamps(server);
	statistics->changing = 0;
	statistics->ahead_ns = server->batch_time.ahead_ns;
	memcpy(server->clients.seed, statistics->seed, sizeof(server->clients.seed));

	return true;
}

static void use_tables(struct server *server)
{
	const struct server_settings *settings = server->world.settings;
	struct server_statistics *statistics = server->world.statistics;
	size_t count = settings->client_count;

	server->clients = (struct client_log){
		.records = statistics->clients,
		.count = count,
		.limit = settings->limit,
	};
	server->stamps = (struct stamp_table){
		.records = server_statistics_stamps(statistics, count),
		.count = 2 * count,
	};
}

struct server *server_new(const struct server_world *world)
{
	struct server *server = calloc(1, sizeof(*server));

	if (!server)
		return NULL;
	server->world = *world;
	server->batch = batch_new(world->settings->cards);
	server->precision = clock_precision();
	batch_time_init(&server->batch_time, world->page, world->clock_watch_fd);
	server->keys = (struct proof_keys){
		.keys = server_settings_keys(world->settings),
		.key_count = world->settings->key_count,
	};
	use_tables(server);
	if (!server->batch || !go_on(server) ||
	    getrandom(&server->random, sizeof(server->random), 0) < 0) {
		server_free(server);
		return NULL;
	}
	server->random |= 1;

	return server;
}

void server_free(struct server *server)
{
	if (!server)
		return;
	batch_free(server->batch);
	explicit_bzero(&server->keys.cookie_keys, sizeof(server->keys.cookie_keys));
	free(server);
}

static void prepare_time(struct server *server)
{
	struct batch_time *time = &server->batch_time;
	struct time_content content;

	if (batch_time_read(time, &content))
		forget_stamps(server);
	server->world.statistics->ahead_ns = time->ahead_ns;
	respond_prepare(&server->time, &content, server->precision, time->realtime_ns);
}

/* --- one packet --- */

/* Is it what it claims to be? */
static enum client_verdict judge_proof(struct server *server,
				       const struct respond_request *request, struct proof *proof)
{
	switch (proof_judge(&server->keys, request, proof)) {
	case PROOF_NONE:
		break;
	case PROOF_AUTHENTIC:
		server->counts[SERVER_AUTHENTICATED]++;
		break;
	case PROOF_REFUSED:
		server->counts[SERVER_NTS_REFUSED]++;
		break;
	case PROOF_WRONG:
		server->counts[SERVER_UNAUTHENTIC]++;
		return CLIENT_DROP;
	}

	return CLIENT_ANSWER;
}

/* May it be answered, and how? */
static enum client_verdict judge(struct server *server, const struct batch_packet *packet,
				 struct respond_request *request, int64_t now_raw_ns,
				 struct proof *proof)
{
	enum client_verdict verdict;

	if (respond_judge(request) != RESPOND_ANSWER) {
		server->counts[SERVER_MALFORMED]++;
		return CLIENT_DROP;
	}
	/* What was sent to many would be answered by all of them, from addresses of their own. */
	if (packet->to_many || !access_table_allows(server->world.access, &packet->address)) {
		server->counts[SERVER_REFUSED]++;
		return CLIENT_DROP;
	}
	server->counts[SERVER_RECEIVED]++;
	verdict = client_log_note(&server->clients, &packet->address, now_raw_ns, draw(server));
	if (verdict == CLIENT_DROP) {
		server->counts[SERVER_DROPPED]++;
		return verdict;
	}

	return judge_proof(server, request, proof) == CLIENT_DROP ? CLIENT_DROP : verdict;
}

/*
 * When the packet came: by the kernel, by this program if the kernel has not seen it, or by the
 * card that has stamped it before either. Who says so.
 */
static enum stamp_taker place_request(struct server *server, const struct ntp_stamp *stamp,
				      struct respond_request *request)
{
	const struct time_content *content = &server->time.content;
	bool by_kernel = batch_time_covers(&server->batch_time, stamp);
	int64_t at_ns, error_ns, gain_ns;

	request->realtime_ns = by_kernel ? stamp->realtime_ns : clock_ns(CLOCK_REALTIME);
	if (content->stratum < TIME_STRATUM_NONE &&
	    card_stamp_convert(content, stamp, true, &at_ns, &error_ns)) {
		if (card_stamp_gain(chime_sub_sat(request->realtime_ns, at_ns), error_ns,
				    &gain_ns)) {
			request->realtime_ns -= gain_ns;
			request->doubt_ns = (uint32_t)gain_ns;
			return STAMP_BY_CARD;
		}
		server->counts[SERVER_CARD_REFUSED]++;
	}

	return by_kernel ? STAMP_BY_KERNEL : STAMP_BY_DAEMON;
}

static void count_answer(struct server *server, const struct respond_answer *answer,
			 enum stamp_taker received_by)
{
	static const enum server_count received[] = { SERVER_RX_DAEMON, SERVER_RX_KERNEL,
						      SERVER_RX_CARD };
	static const enum server_count sent[] = { SERVER_TX_DAEMON, SERVER_TX_KERNEL,
						  SERVER_TX_CARD };

	server->counts[received[received_by]]++;
	server->counts[sent[answer->taker]]++;
	server->counts[SERVER_INTERLEAVED] += answer->interleaved;
}

/* The answer to packet @index of the batch. false: there is none. */
static bool serve_packet(struct server *server, int index, int64_t now_raw_ns,
			 struct respond_answer *answer, struct proof *proof)
{
	struct batch_packet packet;
	struct respond_request request;
	enum client_verdict verdict;
	enum stamp_taker taker;

	if (!batch_packet(server->batch, index, &packet)) {
		server->counts[SERVER_MALFORMED]++;
		return false;
	}
	request = (struct respond_request){
		.bytes = packet.bytes,
		.length = packet.length,
		.port = packet.port,
	};
	taker = place_request(server, &packet.stamp, &request);
	verdict = judge(server, &packet, &request, now_raw_ns, proof);
	if (verdict == CLIENT_DROP)
		return false;
	respond_answer(&server->time, &request, &server->stamps, server->world.settings->least_poll,
		       draw(server), answer);
	if (proof->nts == NTS_REQUEST_REFUSED) {
		respond_kiss(answer, NTP_KISS_NTSN);
	} else if (verdict == CLIENT_KISS) {
		respond_kiss(answer, NTP_KISS_RATE);
		server->counts[SERVER_KISSED]++;
	}
	count_answer(server, answer, taker);

	return true;
}

/* --- a batch --- */

/* Complete an answer by the instant at which it will leave. */
static void stamp_answer(struct server *server, struct respond_answer *answer, int64_t leaves_ns,
			 uint8_t *bytes)
{
	uint64_t transmit = respond_transmit(&server->time, leaves_ns, draw(server));

	respond_stamp(answer, transmit);
	memcpy(bytes, answer->bytes, answer->length);
	if (answer->keep)
		stamp_table_save(&server->stamps, &(struct stamp_record){
			.receive = answer->receive,
			.transmit = transmit,
			.doubt_ns = answer->doubt_ns,
		});
}

/*
 * By a system call of its own, right after the clock was read: of several that leave with one, all
 * but the first would have to guess when they do.
 */
static void send_plain(struct server *server, int fd, int index, struct respond_answer *answer)
{
	int64_t leaves_ns;
	uint8_t *bytes;

	if (!batch_time_take(&server->batch_time, &leaves_ns)) {
		server->counts[SERVER_UNSENT]++;
		return;
	}
	bytes = batch_answer(server->batch, index, answer->keep);
	batch_answer_length(server->batch, 0, answer->length);
	stamp_answer(server, answer, leaves_ns, bytes);
	if (!batch_send(server->batch, fd))
		server->counts[SERVER_UNSENT]++;
}

/* The clock by which they would be stamped was set: whoever asked will ask again. */
static void drop_sealed(struct server *server)
{
	server->counts[SERVER_UNSENT] += (uint64_t)server->held;
	batch_drop(server->batch);
	explicit_bzero(server->seals, sizeof(server->seals));
	server->held = 0;
}

/*
 * All are sealed, and then leave one after the other: each is stamped with the instant at which it
 * will, by how long both took on average.
 */
static void send_sealed(struct server *server, int fd)
{
	int64_t start_ns, leave_ns, sealed_ns;
	int count = server->held, sent;
	uint8_t *bytes;

	if (!count)
		return;
	if (!batch_time_take(&server->batch_time, &start_ns)) {
		drop_sealed(server);
		return;
	}
	leave_ns = seal_expected_ns(&server->sealer, server->seals, count);
	for (int i = 0; i < count; i++) {
		bytes = batch_answer_bytes(server->batch, i);
		stamp_answer(server, &server->seals[i].answer, start_ns +
			     duration_early(leave_ns + i * server->answer_ns), bytes);
		batch_answer_length(server->batch, i,
				    seal_append(&server->seals[i], bytes, BATCH_ANSWER_MAX));
	}
	server->held = 0;
	sealed_ns = clock_ns(CLOCK_REALTIME);
	seal_learn(&server->sealer, server->seals, count, sealed_ns - start_ns);
	sent = batch_send(server->batch, fd);
	server->counts[SERVER_UNSENT] += (uint64_t)(count - sent);
	if (sent >= AVERAGE_ANSWERS)
		duration_learn(&server->answer_ns,
			       (clock_ns(CLOCK_REALTIME) - sealed_ns) / sent);
}

/* An answer that is to be sealed waits for others. */
static void hold_sealed(struct server *server, int fd, int index,
			const struct respond_answer *answer, const struct proof *proof)
{
	struct seal_answer *seal = &server->seals[server->held];
	enum seal_kind kind = proof->nts == NTS_REQUEST_REFUSED ? SEAL_REFUSAL : SEAL_NTS;

	if (proof->key)
		seal_prepare_key(seal, answer, proof->key);
	else if (!seal_prepare_nts(&server->sealer, seal, answer, kind, &proof->request,
				   &server->keys.cookie_keys))
		return;
	/* In a packet by NTS, of any length, the kernel's own timestamp would not be found. */
	(void)batch_answer(server->batch, index, proof->key && answer->keep);
	if (++server->held == SEND_MAX)
		send_sealed(server, fd);
}

/* Have an answer sent: in the order in which they came. */
static void give_answer(struct server *server, int fd, int index, struct respond_answer *answer,
			const struct proof *proof)
{
	if (proof->key || proof->nts != NTS_REQUEST_OTHER) {
		hold_sealed(server, fd, index, answer, proof);
	} else {
		send_sealed(server, fd);
		send_plain(server, fd, index, answer);
	}
}

/* How many packets there were, -errno. */
static int serve_batch(struct server *server, int fd)
{
	struct proof proof = { .nts = NTS_REQUEST_OTHER };
	struct respond_answer answer;
	int count = batch_receive(server->batch, fd);
	int64_t now_raw_ns;

	if (count <= 0)
		return count;
	prepare_time(server);
	now_raw_ns = clock_ns(CLOCK_MONOTONIC_RAW);
	for (int i = 0; i < count; i++) {
		if (serve_packet(server, i, now_raw_ns, &answer, &proof))
			give_answer(server, fd, i, &answer, &proof);
		if (proof.nts != NTS_REQUEST_OTHER)
			explicit_bzero(&proof.request.keys, sizeof(proof.request.keys));
	}
	send_sealed(server, fd);

	return count;
}

static void serve_errors(struct server *server, int fd)
{
	struct ntp_stamp stamp;
	const uint8_t *bytes;
	int length;

	prepare_time(server);
	for (;;) {
		length = batch_sent(server->batch, fd, &bytes, &stamp);
		if (length <= 0)
			return;
		if (sent_note(&server->stamps, &server->time, bytes, (size_t)length, &stamp,
			      draw(server)) == SENT_CARD_REFUSED)
			server->counts[SERVER_CARD_REFUSED]++;
	}
}

static void publish(struct server *server)
{
	server->counts[SERVER_REPLACED] = server->clients.replaced;
	for (int i = 0; i < SERVER_COUNTS; i++)
		atomic_store_explicit(&server->world.statistics->counts[i], server->counts[i],
				      memory_order_relaxed);
	server->world.statistics->changing = 0;
}

/*
 * ICMP errors and lost interfaces are reported by sockets, and concern one packet. A socket that
 * can serve nobody any more reports one of the others.
 */
static bool is_fatal(int err)
{
	return err == -EBADF || err == -ENOTSOCK || err == -EINVAL || err == -EFAULT;
}

static int serve_socket(struct server *server, const struct pollfd *fd)
{
	int count = BATCH_MAX;

	if (fd->revents & POLLNVAL)
		return -EBADF;
	if (fd->revents & POLLERR)
		serve_errors(server, fd->fd);
	for (int turn = 0; turn < TURNS && count == BATCH_MAX; turn++) {
		count = serve_batch(server, fd->fd);
		if (is_fatal(count))
			return count;
	}

	return 0;
}

int server_run(struct server *server)
{
	struct pollfd fds[WAIT_COUNT] = {
		[WAIT_LIFELINE] = { .fd = server->world.lifeline_fd },
		[WAIT_CLOCK] = { .fd = server->world.clock_watch_fd, .events = POLLIN },
		[WAIT_COOKIE_KEYS] = { .fd = server->world.cookie_keys_fd, .events = POLLIN },
		[WAIT_IPV4] = { .fd = server->world.ipv4_fd, .events = POLLIN },
		[WAIT_IPV6] = { .fd = server->world.ipv6_fd, .events = POLLIN },
	};
	int err = 0;

	while (!err) {
		if (poll(fds, WAIT_COUNT, -1) < 0) {
			err = errno == EINTR ? 0 : -errno;
			continue;
		}
		if (fds[WAIT_LIFELINE].revents)
			return 0;
		server->world.statistics->changing = 1;
		/*
		 * At once: if only the next packet showed that the clock was set, however long ago,
		 * it would be answered as if the page had been made before.
		 */
		if (fds[WAIT_CLOCK].revents)
			prepare_time(server);
		/* Before requests with cookies of those keys are read. */
		if (fds[WAIT_COOKIE_KEYS].revents & POLLIN)
			proof_keys_take(&server->keys, server->world.cookie_keys_fd);
		/* Nobody sends any more: its keys stay, and poll(2) would return at once. */
		else if (fds[WAIT_COOKIE_KEYS].revents)
			fds[WAIT_COOKIE_KEYS].fd = -1;
		for (int i = WAIT_IPV4; i < WAIT_COUNT && !err; i++) {
			if (fds[i].revents)
				err = serve_socket(server, &fds[i]);
		}
		publish(server);
	}

	return err;
}
