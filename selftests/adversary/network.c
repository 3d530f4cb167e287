// SPDX-License-Identifier: GPL-2.0-only
/*
 * Servers and the ways to them. A request is answered when it leaves: what the answer will be is
 * known then, and when it comes.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mind.h"
#include "user/lib/names.h"
#include "user/ntp/packet.h"
#include "world.h"

/* From a request's coming to its answer's leaving. */
#define WORK_NS		(20 * NS_PER_US)

int64_t server_error_ns(const struct server *server)
{
	double turns = (double)(world->now_ns - world->begin_ns) / 1e9 / server->wander_s;

	return (int64_t)((double)server->error_ns *
			 sin(2 * M_PI * turns + server->wander_phase));
}

static int64_t queue_ns(const struct server *server)
{
	return (int64_t)((double)server->jitter_ns * random_exponential(&world->random));
}

static void answer_honestly(const struct server *server, struct reply *reply)
{
	*reply = (struct reply){
		.silent = random_uniform(&world->random) < server->loss,
		.offset_ns = server_error_ns(server) - server->bias_ns,
		.up_ns = server->up_ns + queue_ns(server),
		.down_ns = server->down_ns + queue_ns(server),
		.work_ns = WORK_NS,
		.precision = -23,
		.root_delay_ns = server->root_delay_ns,
		.root_dispersion_ns = server->root_dispersion_ns,
		.stratum = server->stratum,
		.refid = server->refid,
	};
}

/* Queueing that goes up and down, as that of a full way does. */
static void queue_longer(const struct server *server, struct reply *reply)
{
	double share = random_uniform(&world->random);

	reply->up_ns += (int64_t)((double)server->extra_up_ns * share);
	reply->down_ns += (int64_t)((double)server->extra_down_ns * share);
}

/* First it is silent, then it answers and does not know the time yet. */
static void start_again(const struct server *server, struct reply *reply)
{
	double kind = random_uniform(&world->random);

	if (kind < 0.3)
		reply->silent = true;
	reply->leap = NTP_LEAP_UNSYNCHRONISED;
	reply->stratum = kind < 0.6 ? 0 : NTP_STRATUM_UNSYNCHRONISED;
	reply->refid = kind < 0.6 ? NTP_REFID('I', 'N', 'I', 'T') : 0;
	reply->root_dispersion_ns = NS_PER_S;
	reply->offset_ns += server->restarted_ns % (20 * NS_PER_S) - 10 * NS_PER_S;
}

static void refuse(struct server *server, struct reply *reply)
{
	server->rates++;
	reply->leap = NTP_LEAP_UNSYNCHRONISED;
	reply->stratum = 0;
	reply->refid = NTP_KISS_RATE;
}

/* What variations make of an honest server's answer; true: it says nothing of the time. */
static bool vary_answer(struct server *server, struct reply *reply)
{
	int64_t since_ns = world->now_ns - server->asked_ns;
	bool is_soon = server->asked_ns && since_ns < (int64_t)(server->least_s * 1e9);

	server->asked_ns = world->now_ns;
	if (world->now_ns < server->restarted_ns) {
		start_again(server, reply);
		return true;
	}
	if (is_soon && random_uniform(&world->random) < 0.5) {
		refuse(server, reply);
		return true;
	}
	if (world->now_ns >= server->congested_ns)
		return false;
	queue_longer(server, reply);
	return true;
}

void network_congest(void)
{
	int i;

	if (random_uniform(&world->random) < 0.5)
		return;
	for (i = 0; i < world->server_count; i++) {
		struct server *server = &world->servers[i];
		double extra_ns = random_log(&world->random, 5e6, 1.5e9);
		double most_s = random_log(&world->random, 5, 600);

		if (server->liar || random_uniform(&world->random) < 0.5)
			continue;
		server->congested_ns = world->now_ns + (int64_t)(most_s * 1e9);
		server->extra_up_ns = 0;
		server->extra_down_ns = 0;
		if (random_uniform(&world->random) < 0.5)
			server->extra_up_ns = (int64_t)extra_ns;
		else
			server->extra_down_ns = (int64_t)extra_ns;
		if ((int64_t)extra_ns > server->worst_extra_ns)
			server->worst_extra_ns = (int64_t)extra_ns;
		if (server->congested_ns > world->hindered_ns)
			world->hindered_ns = server->congested_ns;
		world_log("the way to server %d is full for %.0f s, by %.3f ms", i + 1, most_s,
			  extra_ns / 1e6);
	}
}

static bool is_restarting(void)
{
	int i;

	for (i = 0; i < world->server_count; i++)
		if (world->now_ns < world->servers[i].restarted_ns)
			return true;
	return false;
}

void network_restart(void)
{
	int number = (int)(random_uniform(&world->random) * world->server_count);
	double takes_s = random_log(&world->random, 10, 600);
	struct server *server = &world->servers[number];

	if (server->liar || is_restarting() || !is_dispensable(server))
		return;
	server->restarted_ns = world->now_ns + (int64_t)(takes_s * 1e9);
	if (server->restarted_ns > world->hindered_ns)
		world->hindered_ns = server->restarted_ns;
	world_log("server %d starts again, for %.0f s", number + 1, takes_s);
}

static void log_answer(const struct server *server, const struct reply *reply)
{
	char rest[128];

	if (!world->log)
		return;
	if (reply->silent) {
		world_log("server %d%s: nothing", (int)(server - world->servers) + 1,
			  server->liar ? " (liar)" : "");
		return;
	}
	snprintf(rest, sizeof(rest), "stratum %d, refid %s, leap %d%s%s", reply->stratum,
		 refid_text(reply->refid).text, reply->leap, reply->zero ? ", no timestamps" : "",
		 reply->work_ns < 0 ? ", T3 before T2" : "");
	world_log("server %d%s: %+.6f s, %.3f ms there, %.3f ms back, root %.3f/%.3f ms, %s",
		  (int)(server - world->servers) + 1, server->liar ? " (liar)" : "",
		  (double)reply->offset_ns / 1e9, (double)reply->up_ns / 1e6,
		  (double)reply->down_ns / 1e6, (double)reply->root_delay_ns / 1e6,
		  (double)reply->root_dispersion_ns / 1e6, rest);
}

struct packet *network_free_packet(void)
{
	int i;

	for (i = 0; i < PACKETS_MAX; i++)
		if (!world->packets[i].arrives_ns)
			return &world->packets[i];
	return NULL;
}

bool network_read_clock(struct server *clock, int64_t *offset_ns)
{
	struct reply reply;

	/* A liar does not use that all others are silent. */
	if (clock->liar && world->now_ns < world->outage_until_ns)
		return false;
	clock->requests++;
	answer_honestly(clock, &reply);
	if (clock->liar)
		mind_answer(clock, &reply);
	log_answer(clock, &reply);
	*offset_ns = reply.offset_ns;
	return !reply.silent && reply.stratum;
}

static void fill_packet(struct packet *packet, const struct ntp_packet *request,
			const struct reply *reply)
{
	int64_t came_ns = world->now_ns + reply->up_ns + reply->offset_ns;
	struct ntp_packet answer = {
		.leap = (enum ntp_leap)reply->leap,
		.version = request->version,
		.mode = NTP_MODE_SERVER,
		.stratum = (uint8_t)reply->stratum,
		.poll = 6,
		.precision = (int8_t)reply->precision,
		.root_delay_ns = reply->root_delay_ns,
		.root_dispersion_ns = reply->root_dispersion_ns,
		.refid = reply->refid,
		.reference = ntp_timestamp_from_ns(came_ns - 8 * NS_PER_S),
		.origin = request->transmit,
	};

	if (!reply->zero) {
		answer.receive = ntp_timestamp_from_ns(came_ns);
		answer.transmit = ntp_timestamp_from_ns(came_ns + reply->work_ns +
							reply->idle_ns);
	}
	ntp_packet_encode(&answer, packet->bytes);
	packet->length = NTP_HEADER_SIZE;
}

void network_send(int number, uint32_t socket, const uint8_t *bytes, size_t length)
{
	struct server *server = &world->servers[number];
	struct packet *packet;
	struct ntp_packet request;
	struct reply reply;
	int64_t work_ns;

	server->requests++;
	if (world->now_ns < world->outage_until_ns &&
	    !(server->liar && world->liars_from_ns && world->now_ns >= world->liars_from_ns))
		return;
	neighbour_forge(server, socket);
	packet = network_free_packet();
	if (!packet || ntp_packet_decode(bytes, length, &request))
		return;
	answer_honestly(server, &reply);
	packet->useless = false;
	if (server->liar)
		mind_answer(server, &reply);
	else
		packet->useless = neighbour_primed(server, &reply) ||
				  vary_answer(server, &reply);
	neighbour_delay(server, &reply);
	log_answer(server, &reply);
	if (reply.silent)
		return;
	work_ns = reply.work_ns > 0 && reply.work_ns < NS_PER_S ? reply.work_ns : WORK_NS;
	packet->sent_ns = world->now_ns;
	packet->arrives_ns = world->now_ns + reply.up_ns + work_ns + reply.down_ns;
	packet->socket = socket;
	packet->server = number;
	fill_packet(packet, &request, &reply);
	memcpy(server->seen, packet->bytes, packet->length);
	server->seen_length = packet->length;
}

void network_drop(void)
{
	memset(world->packets, 0, sizeof(world->packets));
}
