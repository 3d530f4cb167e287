// SPDX-License-Identifier: GPL-2.0-only
/*
 * Servers and the ways to them. A request is answered when it leaves: what the answer will be is
 * known then, and when it comes.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mind.h"
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
		.offset_ns = server_error_ns(server),
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

static void log_answer(const struct server *server, const struct reply *reply)
{
	char refid[5], rest[128];

	if (!world->log)
		return;
	if (reply->silent) {
		world_log("server %d%s: nothing", (int)(server - world->servers) + 1,
			  server->liar ? " (liar)" : "");
		return;
	}
	ntp_refid_text(reply->refid, refid);
	snprintf(rest, sizeof(rest), "stratum %d, refid %s, leap %d%s%s", reply->stratum, refid,
		 reply->leap, reply->zero ? ", no timestamps" : "",
		 reply->work_ns < 0 ? ", T3 before T2" : "");
	world_log("server %d%s: %+.6f s, %.3f ms there, %.3f ms back, root %.3f/%.3f ms, %s",
		  (int)(server - world->servers) + 1, server->liar ? " (liar)" : "",
		  (double)reply->offset_ns / 1e9, (double)reply->up_ns / 1e6,
		  (double)reply->down_ns / 1e6, (double)reply->root_delay_ns / 1e6,
		  (double)reply->root_dispersion_ns / 1e6, rest);
}

static struct packet *free_packet(void)
{
	int i;

	for (i = 0; i < PACKETS_MAX; i++)
		if (!world->packets[i].arrives_ns)
			return &world->packets[i];
	return NULL;
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
	struct packet *packet = free_packet();
	struct ntp_packet request;
	struct reply reply;
	int64_t work_ns;

	server->requests++;
	if (world->now_ns < world->outage_until_ns)
		return;
	if (!packet || ntp_packet_decode(bytes, length, &request))
		return;
	answer_honestly(server, &reply);
	if (server->liar)
		mind_answer(server, &reply);
	log_answer(server, &reply);
	if (reply.silent)
		return;
	work_ns = reply.work_ns > 0 && reply.work_ns < NS_PER_S ? reply.work_ns : WORK_NS;
	packet->sent_ns = world->now_ns;
	packet->arrives_ns = world->now_ns + reply.up_ns + work_ns + reply.down_ns;
	packet->socket = socket;
	packet->server = number;
	fill_packet(packet, &request, &reply);
}

void network_drop(void)
{
	memset(world->packets, 0, sizeof(world->packets));
}
