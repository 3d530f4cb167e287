// SPDX-License-Identifier: GPL-2.0-only
/*
 * A request from sending to timestamp, answer or timeout. Clocks are read right before sending and
 * right after receiving the answer, and at no other time: packets of strangers cost no reading.
 */
#include "ntp/client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>

#include "core/line.h"
#include "lib/time_units.h"
#include "ntp/client_stamps.h"
#include "ntp/mac.h"
#include "ntp/nonce.h"

/* The timeout of an answer; the next request ends an earlier one anyway. */
#define ANSWER_TIMEOUT_NS	(4 * NS_PER_S)

/* A request that cannot leave burdens no server: tried again after 1 s, 2 s ... 16 s. */
#define RETRY_SHIFT_MAX	4

/* By how much an oscillator's rate may change in some minutes (chrony's maxclockerror). */
#define CRYSTAL_RATE	1e-6

#ifndef GRND_INSECURE
#define GRND_INSECURE	4
#endif

void ntp_client_init(struct ntp_client *client, struct source *source,
		     const struct ntp_client_options *options, const struct net_address *address)
{
	memset(client, 0, sizeof(*client));
	client->source = source;
	client->options = *options;
	client->address = *address;
	client->socket.fd = -1;
	client->verdict = NTP_ACCEPTED;
	ntp_interleave_reset(&client->interleave);
}

void ntp_client_close(struct ntp_client *client)
{
	ntp_socket_close(&client->socket);
	ntp_interleave_reset(&client->interleave);
}

void ntp_client_retry_now(struct ntp_client *client, int64_t now_raw_ns)
{
	client->retry_ns = now_raw_ns;
}

bool ntp_client_is_in_flight(const struct ntp_client *client)
{
	return client->socket.fd >= 0;
}

/* What is to be authenticated is never asked without. */
static bool lacks_key(const struct ntp_client *client)
{
	return client->options.key_id && !client->options.limits.key;
}

static bool lacks_cookies(const struct ntp_client *client)
{
	return client->options.limits.nts && !client->options.limits.nts->count;
}

int64_t ntp_client_due_ns(const struct ntp_client *client)
{
	const struct ntp_spacing *spacing = client->options.spacing;
	int64_t turn_ns = spacing ? spacing->next_ns : INT64_MIN;

	if (client->local_failures)
		turn_ns = chime_max(turn_ns, chime_max(client->retry_ns,
						       source_earliest_poll(client->source)));
	else
		turn_ns = chime_max(turn_ns, source_next_poll(client->source));
	return turn_ns;
}

/* A request has left: the next server's waits for the gap. */
static void keep_apart(struct ntp_client *client, int64_t now_raw_ns)
{
	struct ntp_spacing *spacing = client->options.spacing;

	if (spacing && now_raw_ns >= spacing->hasty_until_ns)
		spacing->next_ns = now_raw_ns + spacing->gap_ns;
}

bool ntp_client_needs_cookies(const struct ntp_client *client, int64_t now_raw_ns)
{
	return lacks_cookies(client) && !ntp_client_is_in_flight(client) &&
	       now_raw_ns >= ntp_client_due_ns(client);
}

int64_t ntp_client_next_ns(const struct ntp_client *client)
{
	int64_t next_ns = lacks_cookies(client) ? INT64_MAX : ntp_client_due_ns(client);

	if (ntp_client_is_in_flight(client) && client->deadline_ns < next_ns)
		next_ns = client->deadline_ns;

	return next_ns;
}

static enum ntp_client_result fail(struct ntp_client *client, int64_t now_raw_ns, int error)
{
	ntp_socket_close(&client->socket);
	client->failures++;
	client->last_error = error;
	client->verdict = NTP_ACCEPTED;
	source_failed(client->source, now_raw_ns, error);

	return NTP_CLIENT_FAILED;
}

/* The exchange failed because the answer was not good enough. */
static enum ntp_client_result reject(struct ntp_client *client, int64_t now_raw_ns,
				     enum ntp_verdict verdict)
{
	fail(client, now_raw_ns, ntp_verdict_errno(verdict));
	client->verdict = verdict;

	return NTP_CLIENT_FAILED;
}

enum ntp_client_result ntp_client_fail(struct ntp_client *client, int64_t now_raw_ns, int error)
{
	struct source_status status;

	source_get_record(client->source, &status);
	if (status.reach && source_next_poll(client->source) <= now_raw_ns)
		source_polled(client->source, now_raw_ns);

	return fail(client, now_raw_ns, error);
}

/*
 * The request did not leave. The source loses its reach as the polls go by, but a burst at the
 * start is not used up before the network is there.
 */
static enum ntp_client_result fail_locally(struct ntp_client *client, int64_t now_raw_ns,
					   int error)
{
	unsigned int shift = client->local_failures;

	if (shift > RETRY_SHIFT_MAX)
		shift = RETRY_SHIFT_MAX;
	client->local_failures++;
	client->retry_ns = now_raw_ns + (NS_PER_S << shift);

	return ntp_client_fail(client, now_raw_ns, error);
}

/* Random bytes; early at boot as good as the kernel has them, rather than wait for better. */
static int draw_random(void *bytes, size_t size)
{
	if (getrandom(bytes, size, GRND_NONBLOCK) == (ssize_t)size)
		return 0;
	if (getrandom(bytes, size, GRND_INSECURE) == (ssize_t)size)
		return 0;

	return -EIO;
}

/* The address that the route to the server has given the request. */
static void note_local_address(struct ntp_client *client)
{
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);

	client->local.family = AF_UNSPEC;
	if (!getsockname(client->socket.fd, (struct sockaddr *)&from, &length))
		(void)net_address_from_sockaddr((struct sockaddr *)&from, length, &client->local);
}

static int open_socket(struct ntp_client *client)
{
	struct ntp_socket_options options = client->options.socket;
	struct sockaddr_storage to;
	socklen_t length;
	int err;

	options.hardware = client_stamps_by_card(client);
	client->is_own_address = own_server_has_address(client->options.own, &client->address,
							client->options.port);
	length = net_address_to_sockaddr(&client->address, client->options.port, &to);
	if (!length)
		return -EDESTADDRREQ;

	err = ntp_socket_open(&client->socket, (struct sockaddr *)&to, length, &options);
	if (!err)
		note_local_address(client);

	return err;
}

/*
 * Errors of routers and hosts by ICMP. Anybody who guesses the port can send them, so they end
 * nothing: the answer may come all the same.
 */
static bool is_icmp(int err)
{
	switch (err) {
	case -ECONNREFUSED:
	case -EHOSTUNREACH:
	case -ENETUNREACH:
	case -EHOSTDOWN:
	case -ENONET:
	case -EACCES:
	case -EPERM:
	case -EMSGSIZE:
	case -EPROTO:
	case -ENOPROTOOPT:
	case -EOPNOTSUPP:
		return true;
	}

	return false;
}

/* The reason to report if no answer comes. */
static enum ntp_client_result note_error(struct ntp_client *client, int64_t now_raw_ns, int err)
{
	if (!is_icmp(err))
		return fail(client, now_raw_ns, err);
	client->noted_error = err;

	return NTP_CLIENT_NOTHING;
}

/* The mode exists in NTPv4 only. */
static uint64_t interleaved_origin(const struct ntp_client *client)
{
	if (!client->options.interleaved || client->options.version < NTP_VERSION_MAX)
		return 0;

	return ntp_interleave_origin(&client->interleave);
}

/*
 * Extension fields exist in NTPv4 only. Whoever is on the way can add one to what MD5 authenticates
 * (chrony.conf(5), keyfile).
 */
static bool asks_root(const struct ntp_client *client)
{
	const struct ntp_key *key = client->options.limits.key;

	return client->options.mono_root && client->options.version == NTP_VERSION_MAX &&
	       !(key && key->type == NTP_MAC_MD5);
}

/* Append what shows the server that the request is ours. The new length, -errno. */
static int authenticate(struct ntp_client *client, uint8_t *bytes, size_t length, size_t size)
{
	const struct ntp_limits *limits = &client->options.limits;
	uint8_t random[NTS_SESSION_RANDOM];
	int err;

	if (limits->key)
		return (int)ntp_mac_append(limits->key, bytes, length, size);
	if (!limits->nts)
		return (int)length;
	err = draw_random(random, sizeof(random));
	if (err < 0)
		return err;
	length = nts_session_request(limits->nts, random, bytes, length, size);

	return length ? (int)length : -ENOKEY;
}

static int send_request(struct ntp_client *client, struct timescale *timescale)
{
	uint8_t bytes[NTP_PACKET_MAX];
	uint64_t origin = interleaved_origin(client);
	size_t length = NTP_HEADER_SIZE;
	uint64_t random[4];
	int err;

	if (lacks_key(client))
		return -ENOKEY;
	err = draw_random(random, sizeof(random));
	if (err < 0)
		return err;
	err = open_socket(client);
	if (err < 0)
		return err;

	client->sent.has_realtime = false;
	client->sent.error_ns = 0;
	client->left = (struct ntp_stamp){ .valid = false };
	err = timescale_read(timescale, &client->sent.now);
	if (err < 0)
		return err;
	ntp_exchange_start(&client->exchange, ntp_nonce(random, &client->sent.now),
			   (uint8_t)client->options.version, bytes);
	if (origin)
		ntp_exchange_interleave(&client->exchange,
					ntp_nonce(random + 2, &client->sent.now), origin, bytes);
	if (asks_root(client))
		length = ntp_exchange_ask_root(&client->exchange, bytes);
	err = authenticate(client, bytes, length, sizeof(bytes));
	if (err < 0)
		return err;
	err = ntp_socket_send(&client->socket, bytes, (size_t)err);
	if (err < 0)
		return err;
	ntp_interleave_asked(&client->interleave);
	if (client_stamps_by_card(client))
		hardware_read(client->options.hardware);
	client_stamps_sent(client);

	return 0;
}

/* No answer has come, or none that is believed. */
static enum ntp_client_result give_up(struct ntp_client *client, int64_t now_raw_ns)
{
	if (client->noted_verdict != NTP_ACCEPTED)
		return reject(client, now_raw_ns, client->noted_verdict);

	return fail(client, now_raw_ns, client->noted_error ? client->noted_error : -ETIMEDOUT);
}

/* Or it needs none. */
static bool has_cookies(const struct ntp_client *client)
{
	struct nts_session *nts = client->options.limits.nts;

	return !nts || nts_session_prepare(nts);
}

enum ntp_client_result ntp_client_timer(struct ntp_client *client, struct timescale *timescale,
					int64_t now_raw_ns)
{
	enum ntp_client_result result = NTP_CLIENT_NOTHING;
	int64_t next_ns;
	int err;

	if (ntp_client_is_in_flight(client) &&
	    (now_raw_ns >= client->deadline_ns || now_raw_ns >= ntp_client_due_ns(client)))
		result = give_up(client, now_raw_ns);
	if (ntp_client_is_in_flight(client) || now_raw_ns < ntp_client_due_ns(client) ||
	    !has_cookies(client))
		return result;

	err = send_request(client, timescale);
	if (err < 0)
		return fail_locally(client, now_raw_ns, err);

	keep_apart(client, now_raw_ns);
	client->local_failures = 0;
	client->noted_error = 0;
	client->noted_verdict = NTP_ACCEPTED;
	source_polled(client->source, now_raw_ns);
	client->deadline_ns = now_raw_ns + ANSWER_TIMEOUT_NS;
	next_ns = source_next_poll(client->source);
	if (next_ns < client->deadline_ns)
		client->deadline_ns = next_ns;

	return result;
}

static enum ntp_client_result take_kiss(struct ntp_client *client, int64_t now_raw_ns,
					uint32_t code)
{
	ntp_socket_close(&client->socket);
	client->failures++;
	client->last_error = ntp_verdict_errno(NTP_KISS);
	client->verdict = NTP_KISS;
	client->kiss = code;
	source_kissed(client->source, now_raw_ns, code);

	return NTP_CLIENT_KISSED;
}

/* The answer is good, whenever its sample comes. */
static void succeed(struct ntp_client *client)
{
	ntp_socket_close(&client->socket);
	client->failures = 0;
	client->last_error = 0;
	client->verdict = NTP_ACCEPTED;
	client->kiss = 0;
	client->interleaved = client->exchange.interleaved;
}

/*
 * The round trip took too many times as long as the shortest one, or as mindelay says. As in chrony
 * the limit grows by what the clock may have drifted since the latest sample: a path that has
 * become longer for good must not silence the source for ever.
 */
static bool is_delay_out_of_ratio(const struct ntp_client *client,
				  const struct source_sample *sample)
{
	double ratio = client->options.limits.maxdelayratio, drift_ns;
	struct source_status status;
	int64_t least_ns;

	if (ratio < 1)
		return false;
	source_get_status(client->source, sample->at_ns, &status);
	if (!status.has_estimate)
		return false;
	drift_ns = (double)chime_sub_sat(sample->at_ns, status.last.at_ns) *
		   (status.estimate.rate_sigma + CRYSTAL_RATE);
	least_ns = status.options->mindelay_ns;
	if (!least_ns)
		least_ns = status.minimum_delay_ns;
	return (double)sample->delay_ns > ratio * (double)least_ns + drift_ns;
}

/*
 * The socket that it came by is still open. In interleaved mode its transmit timestamp is that of
 * the answer before, to the request which came at @before.
 */
static void record_answer(struct ntp_client *client, uint64_t before)
{
	struct ntp_client_record *record = &client->record;
	const struct ntp_packet *answer = &client->latest.packet;
	uint64_t asked = client->latest.interleaved ? before : answer->receive;

	record->answer = client->latest;
	record->response_ns = chime_sub_sat(ntp_timestamp_to_ns(answer->transmit),
					    ntp_timestamp_to_ns(asked));
	record->local = client->local;
}

/* It gave a sample. */
static void count_good(struct ntp_client *client)
{
	struct ntp_client_record *record = &client->record;

	record->good++;
	record->by_card += client->hardware_timestamps;
	if (client->hardware_timestamps)
		return;
	record->sent_by_kernel += record->answer.kernel_sent;
	record->received_by_kernel += record->answer.kernel_received;
}

/*
 * Note by how much the server has set its time forward since the answer before, whose receive
 * timestamp is @before. An answer without the field ends what is known.
 */
static void note_root(struct ntp_client *client, const struct ntp_packet *answer, uint64_t before)
{
	const struct mono_root *root = &client->exchange.root;

	client->moved_ns += mono_root_moved_ns(before, &client->root, answer->receive, root);
	if (!root->receive)
		client->moved_ns = 0;
	client->root = *root;
}

/* An answer came; what is measured by it follows. */
static void note_answer(struct ntp_client *client, const struct ntp_packet *packet,
			enum ntp_verdict verdict, const struct ntp_stamp *stamp)
{
	client->latest = (struct ntp_client_answer){
		.count = client->latest.count + 1,
		.packet = *packet,
		.verdict = verdict,
		.interleaved = client->exchange.interleaved,
		.kernel_sent = client->sent.has_realtime,
		.kernel_received = stamp->valid,
	};
}

static enum ntp_client_result take_sample(struct ntp_client *client, int64_t now_raw_ns,
					  const struct ntp_packet *answer,
					  const struct ntp_moment *received)
{
	struct ntp_trip trip = { .answer = *answer, .sent = client->sent, .received = *received,
				 .root = client->exchange.root };
	uint64_t before = client->record.receive;
	struct source_sample sample = { .delay_ns = 0 };
	enum ntp_verdict verdict;
	int err;

	client->record.receive = answer->receive;
	note_root(client, answer, before);
	verdict = ntp_interleave_sample(&client->interleave, &trip, client->exchange.interleaved,
					&client->options.limits, &sample);
	if (verdict == NTP_ACCEPTED && is_delay_out_of_ratio(client, &sample))
		verdict = NTP_DELAY_OUT_OF_RATIO;
	client->latest.verdict = verdict;
	client->latest.sample = sample;
	client->latest.by_card = client->hardware_timestamps;
	if (verdict == NTP_POSTPONED) {
		succeed(client);
		source_answered(client->source);
		return NTP_CLIENT_NOTHING;
	}
	record_answer(client, before);
	if (verdict == NTP_DELAY_TOO_LONG || verdict == NTP_DELAY_OUT_OF_RATIO)
		source_note_overlong(client->source, &sample);
	if (verdict != NTP_ACCEPTED)
		return reject(client, now_raw_ns, verdict);

	source_server_moved(client->source, client->moved_ns);
	client->moved_ns = 0;
	err = source_add(client->source, received->now.raw_ns, &sample);
	if (err < 0) {
		client->latest.verdict = NTP_DISRUPTED;
		client->record.answer.verdict = NTP_DISRUPTED;
		return fail(client, now_raw_ns, err);
	}

	count_good(client);
	succeed(client);
	client->refid = sample.refid;
	client->kernel_timestamps = client->sent.has_realtime && received->has_realtime;

	return NTP_CLIENT_SAMPLE;
}

static bool is_own(const struct ntp_client *client)
{
	return own_server_is_asked(client->options.own, &client->address, client->options.port,
				   &client->local, client->is_own_address);
}

/* A packet came. NTP_CLIENT_NOTHING: it was not the answer. */
static enum ntp_client_result take_packet(struct ntp_client *client, struct timescale *timescale,
					  int64_t now_raw_ns, const uint8_t *bytes, size_t length,
					  const struct ntp_stamp *stamp)
{
	struct ntp_moment received = {
		.realtime_ns = stamp->realtime_ns,
		.has_realtime = stamp->valid,
	};
	enum ntp_verdict verdict;
	struct ntp_packet answer;
	int err;

	client->record.packets++;
	verdict = ntp_exchange_judge(&client->exchange, bytes, length, &client->options.limits,
				     &answer);
	if (!ntp_verdict_ends(verdict)) {
		if (ntp_verdict_may_be_forged(verdict)) {
			client->noted_verdict = verdict;
			note_answer(client, &answer, verdict, stamp);
		}
		return NTP_CLIENT_NOTHING;
	}

	if (is_own(client))
		verdict = NTP_OWN_SERVER;
	note_answer(client, &answer, verdict, stamp);
	if (verdict != NTP_ACCEPTED)
		ntp_interleave_forget(&client->interleave);
	if (verdict == NTP_KISS)
		return take_kiss(client, now_raw_ns, answer.refid);
	if (verdict != NTP_ACCEPTED)
		return reject(client, now_raw_ns, verdict);
	client->record.valid++;
	err = timescale_read(timescale, &received.now);
	if (err < 0)
		return fail(client, now_raw_ns, err);
	client_stamps_take_card(client, stamp, &received);

	return take_sample(client, now_raw_ns, &answer, &received);
}

enum ntp_client_result ntp_client_event(struct ntp_client *client, struct timescale *timescale,
					short revents, int64_t now_raw_ns)
{
	uint8_t bytes[NTP_PACKET_MAX];
	enum ntp_client_result result = NTP_CLIENT_NOTHING;
	struct ntp_stamp stamp;
	int length;

	if (!ntp_client_is_in_flight(client))
		return result;
	/* A reload has taken the key away meanwhile: no answer could be authenticated. */
	if (lacks_key(client)) {
		ntp_client_close(client);
		return result;
	}
	if (revents & (POLLERR | POLLPRI)) {
		int err = client_stamps_event(client);

		if (err < 0)
			result = note_error(client, now_raw_ns, err);
	}
	if (!ntp_client_is_in_flight(client) || !(revents & ~POLLPRI))
		return result;

	/* Read one packet, so that a flood does not delay others; poll(2) reports more. */
	length = ntp_socket_receive(&client->socket, bytes, sizeof(bytes), &stamp);
	if (length == -EAGAIN || length == -EINTR || length == -EMSGSIZE)
		return result;
	if (length < 0)
		return note_error(client, now_raw_ns, length);

	return take_packet(client, timescale, now_raw_ns, bytes, (size_t)length, &stamp);
}
