// SPDX-License-Identifier: GPL-2.0-only
/*
 * The steps of asking one host. Packet and arithmetic are the client's (ntp/exchange.c), with this
 * machine's system clock as the reference.
 */
#include "skew/ask.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "core/line.h"
#include "lib/clock_ns.h"
#include "lib/time_units.h"
#include "ntp/nonce.h"
#include "ntp/packet.h"

/* An answer that takes longer says little. Longer than a handshake of most VPNs. */
#define ANSWER_NS	(600 * NS_PER_MS)

/* How often a host is asked that answers. */
#define REQUESTS	4

/* Between an answer and the next request. */
#define REST_NS	(20 * NS_PER_MS)

/* No host is refused by what it says of itself. */
static const struct ntp_limits any_host = { .maxstratum = 255, .maxdelay_ns = NS_PER_S };

/* The system clock is the reference, as if nobody had set it since. */
static void read_clocks(const struct skew_ask *ask, struct timescale_now *now)
{
	*now = (struct timescale_now){
		.raw_ns = clock_ns(CLOCK_MONOTONIC_RAW),
		.realtime_ns = clock_ns(CLOCK_REALTIME),
		.reference_ns = chime_add_sat(clock_ns(CLOCK_BOOTTIME), ask->ahead_ns),
	};
	now->time_ns = now->reference_ns;
	now->reading_ns = chime_max(clock_ns(CLOCK_MONOTONIC_RAW) - now->raw_ns, 0);
}

static void end(struct skew_ask *ask, const char *problem)
{
	ntp_socket_close(&ask->socket);
	resolver_cancel(&ask->resolver);
	ask->state = SKEW_ASKED;
	if (!ask->clock.known)
		ask->problem = problem;
}

void skew_ask_end(struct skew_ask *ask)
{
	if (ask->state == SKEW_ASKED)
		return;
	end(ask, ask->state == SKEW_RESOLVING ? "its name is still being looked up" :
						"no answer to NTP requests");
}

static int send_request(struct skew_ask *ask)
{
	struct sockaddr_storage to;
	uint8_t bytes[NTP_HEADER_SIZE];
	struct ntp_stamp stamp = { .valid = false };
	uint64_t random[2];
	socklen_t length;
	int err;

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return -EIO;
	length = net_address_to_sockaddr(&ask->address, ask->port, &to);
	err = ntp_socket_open(&ask->socket, (const struct sockaddr *)&to, length, NULL);
	if (err < 0)
		return err;
	ask->sent.has_realtime = false;
	read_clocks(ask, &ask->sent.now);
	ntp_exchange_start(&ask->exchange, ntp_nonce(random, &ask->sent.now), NTP_VERSION_MAX,
			   bytes);
	err = ntp_socket_send(&ask->socket, bytes, sizeof(bytes));
	if (err < 0)
		return err;
	if (ask->socket.stamps_requests && !ntp_socket_read_error(&ask->socket, &stamp) &&
	    stamp.valid) {
		ask->sent.realtime_ns = stamp.realtime_ns;
		ask->sent.has_realtime = true;
	}

	return 0;
}

static void ask_now(struct skew_ask *ask, int64_t now_ns)
{
	int err = send_request(ask);

	ask->requests++;
	if (err < 0) {
		end(ask, strerror(-err));
		return;
	}
	ask->state = SKEW_WAITING;
	ask->due_ns = now_ns + ANSWER_NS;
}

void skew_ask_start(struct skew_ask *ask, const char *name, int port, int64_t ahead_ns,
		    int64_t now_ns)
{
	int err;

	memset(ask, 0, sizeof(*ask));
	ask->port = port;
	ask->ahead_ns = ahead_ns;
	ask->socket.fd = -1;
	ask->resolver.fd = -1;
	if (!net_address_parse(name, AF_UNSPEC, &ask->address)) {
		ask_now(ask, now_ns);
		return;
	}
	err = resolver_start(&ask->resolver, name, AF_UNSPEC, now_ns);
	if (err < 0) {
		end(ask, strerror(-err));
		return;
	}
	ask->state = SKEW_RESOLVING;
	ask->due_ns = ask->resolver.deadline_ns;
}

int skew_ask_fd(const struct skew_ask *ask)
{
	switch (ask->state) {
	case SKEW_RESOLVING:
		return ask->resolver.fd;
	case SKEW_WAITING:
		return ask->socket.fd;
	case SKEW_RESTING:
	case SKEW_ASKED:
		break;
	}

	return -1;
}

static void take_address(struct skew_ask *ask, int64_t now_ns)
{
	struct net_address addresses[RESOLVER_ADDRESSES_MAX];
	const char *problem;
	int count;

	count = resolver_finish(&ask->resolver, now_ns, addresses, &problem);
	if (count == -EAGAIN)
		return;
	if (count < 0) {
		end(ask, problem);
		return;
	}
	ask->address = addresses[0];
	ask_now(ask, now_ns);
}

/* The exchange is over: the next one, or the end. */
static void finish_exchange(struct skew_ask *ask, const char *problem, int64_t now_ns)
{
	ntp_socket_close(&ask->socket);
	if (ask->requests >= REQUESTS) {
		end(ask, problem);
		return;
	}
	ask->state = SKEW_RESTING;
	ask->due_ns = now_ns + REST_NS;
}

/* Does an answer with this verdict tell what the host's clock shows? */
static bool has_clock(enum ntp_verdict verdict, const struct ntp_packet *answer)
{
	return (verdict == NTP_ACCEPTED || verdict == NTP_UNSYNCHRONISED ||
		verdict == NTP_DISTANCE_TOO_GREAT || verdict == NTP_STRATUM_REFUSED) &&
	       answer->receive && answer->transmit && !ntp_exchange_is_reversed(answer);
}

static void take_sample(struct skew_ask *ask, const struct source_sample *sample)
{
	struct skew_clock *clock = &ask->clock;
	int64_t error_ns = sample->delay_ns / 2 + sample->noise_ns;

	if (clock->known && clock->error_ns <= error_ns)
		return;
	*clock = (struct skew_clock){
		.known = true,
		.offset_ns = sample->offset_ns,
		.error_ns = error_ns,
	};
}

static void take_packet(struct skew_ask *ask, const uint8_t *bytes, size_t length,
			const struct ntp_stamp *stamp, int64_t now_ns)
{
	struct ntp_moment received = {
		.realtime_ns = stamp->realtime_ns,
		.has_realtime = stamp->valid,
	};
	struct source_sample sample;
	struct ntp_packet answer;
	enum ntp_verdict verdict;

	read_clocks(ask, &received.now);
	verdict = ntp_exchange_judge(&ask->exchange, bytes, length, &any_host, &answer);
	if (!ntp_verdict_ends(verdict))
		return;
	if (has_clock(verdict, &answer)) {
		ask->unsynchronised = verdict == NTP_UNSYNCHRONISED;
		verdict = ntp_exchange_sample(&answer, &ask->sent, &received, &any_host, &sample);
		if (verdict == NTP_ACCEPTED)
			take_sample(ask, &sample);
	}
	finish_exchange(ask, verdict == NTP_KISS ? "it refuses NTP requests" :
						   ntp_verdict_text(verdict), now_ns);
}

static void take_answer(struct skew_ask *ask, int64_t now_ns)
{
	uint8_t bytes[NTP_PACKET_MAX];
	struct ntp_stamp stamp;
	int length;

	if (!ask->sent.has_realtime && ask->socket.stamps_requests) {
		stamp.valid = false;
		ntp_socket_read_error(&ask->socket, &stamp);
		ask->sent.has_realtime = stamp.valid;
		ask->sent.realtime_ns = stamp.valid ? stamp.realtime_ns : 0;
	}
	length = ntp_socket_receive(&ask->socket, bytes, sizeof(bytes), &stamp);
	if (length >= 0)
		take_packet(ask, bytes, (size_t)length, &stamp, now_ns);
	else if (length != -EAGAIN && length != -EINTR && length != -EMSGSIZE)
		end(ask, strerror(-length));
}

void skew_ask_go_on(struct skew_ask *ask, bool ready, int64_t now_ns)
{
	switch (ask->state) {
	case SKEW_RESOLVING:
		take_address(ask, now_ns);
		break;
	case SKEW_WAITING:
		if (ready)
			take_answer(ask, now_ns);
		if (ask->state == SKEW_WAITING && now_ns >= ask->due_ns)
			finish_exchange(ask, "no answer to NTP requests", now_ns);
		break;
	case SKEW_RESTING:
		if (now_ns >= ask->due_ns)
			ask_now(ask, now_ns);
		break;
	case SKEW_ASKED:
		break;
	}
}
