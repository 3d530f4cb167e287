// SPDX-License-Identifier: GPL-2.0-only
/*
 * A neighbour on the network. One beside the way sees no request, and sends what he makes up, or
 * has kept of earlier answers. One on the way has packets wait: an answer's round trip shows it.
 */
#include <math.h>
#include <string.h>

#include "mind.h"
#include "user/ntp/packet.h"
#include "variation.h"
#include "world.h"

/* Of the random numbers of a seed, see game.c. */
#define NEIGHBOUR_STREAM	11

/* With all other ways and distances that is less than the least maxdistance of a game. */
#define LONGEST_S	0.3

/* So long servers that rest are waited for. */
#define LONGEST_REST_NS	(1024 * NS_PER_S)

static double draw(double low, double high)
{
	return low + (high - low) * random_uniform(&world->neighbour.random);
}

static double draw_log(double low, double high)
{
	return random_log(&world->neighbour.random, low, high);
}

static bool chance(double probability)
{
	return random_uniform(&world->neighbour.random) < probability;
}

void neighbour_draw(void)
{
	struct neighbour *neighbour = &world->neighbour;
	bool all;
	int i;

	random_seed(&neighbour->random, world->seed, NEIGHBOUR_STREAM);
	neighbour->plan = (enum neighbour_plan)draw(0, NEIGHBOUR_PLANS);
	neighbour->size_ns = (int64_t)(draw_log(1e-3, LONGEST_S) * 1e9);
	neighbour->period_s = draw_log(10, 4000);
	neighbour->from_ns = world->begin_ns;
	if (chance(0.7))
		neighbour->from_ns += (int64_t)(draw_log(10, 3600) * 1e9);
	neighbour->up = chance(0.5);
	all = chance(0.5);
	for (i = 0; i < world->server_count; i++) {
		struct server *server = &world->servers[i];

		server->delayed = is_varied(VARIATION_DELAYS) && !server->liar &&
				  (all || chance(0.5));
		if (server->delayed)
			server->worst_extra_ns = neighbour->size_ns;
	}
	/* What waits may be more than the configuration lets pass. */
	world->slow |= is_varied(VARIATION_DELAYS) && is_varied(VARIATION_SERVER_OPTIONS);
}

/* How much of the greatest time a packet waits now; less than 0: the other way. */
static double share_now(void)
{
	struct neighbour *neighbour = &world->neighbour;
	double turns = (double)(world->now_ns - neighbour->from_ns) / 1e9 / neighbour->period_s;
	double since_s = (double)(world->now_ns - world->judge.disrupted_ns) / 1e9;

	switch (neighbour->plan) {
	case NEIGHBOUR_STEP:
		return 1;
	case NEIGHBOUR_RAMP:
		return fmod(turns, 1.0);
	case NEIGHBOUR_WAVE:
		return fmod(turns, 1.0) < 0.5 ? 1 : -1;
	case NEIGHBOUR_ANY:
		return draw(-1, 1);
	case NEIGHBOUR_AMBUSH:
		return since_s < neighbour->period_s ? 1 : 0;
	case NEIGHBOUR_PLANS:
		break;
	}
	return 0;
}

void neighbour_delay(const struct server *server, struct reply *reply)
{
	double share;
	bool up;

	if (!server->delayed || world->now_ns < world->neighbour.from_ns)
		return;
	share = share_now();
	up = share > 0;
	if (world->neighbour.up == up)
		reply->up_ns += (int64_t)(fabs(share) * (double)world->neighbour.size_ns);
	else
		reply->down_ns += (int64_t)(fabs(share) * (double)world->neighbour.size_ns);
}

void neighbour_prime(void)
{
	bool disrupted = world->now_ns - world->judge.disrupted_ns < 2 * NS_PER_S &&
			 world->judge.disrupted_ns > world->begin_ns;
	int64_t until_ns;
	int i;

	if (!is_varied(VARIATION_PRIMING) || !chance(disrupted ? 0.2 : 0.0007))
		return;
	until_ns = world->now_ns + (int64_t)(draw_log(10, 900) * 1e9);
	for (i = 0; i < world->server_count; i++)
		if (!world->servers[i].liar && chance(0.8))
			world->servers[i].primed_ns = until_ns;
	if (until_ns > world->hindered_ns)
		world->hindered_ns = until_ns;
	world_log("somebody asks honest servers in this client's name, for %.0f s",
		  (double)(until_ns - world->now_ns) / 1e9);
}

/*
 * As of chronyd and ntpd, a quarter of the requests is answered all the same. Half of the others
 * are answered by RATE: who is silent eight times in a row has no vote any more.
 */
bool neighbour_primed(struct server *server, struct reply *reply)
{
	if (world->now_ns >= server->primed_ns || chance(0.25))
		return false;
	if (chance(0.5)) {
		/* Each RATE in a row has it wait for twice as long: others wait for its vote. */
		world->rested_ns = world->now_ns + LONGEST_REST_NS;
		server->rates++;
		reply->leap = NTP_LEAP_UNSYNCHRONISED;
		reply->stratum = 0;
		reply->refid = NTP_KISS_RATE;
	} else {
		reply->silent = true;
	}
	return true;
}

/* He does not know the number that the request was sent with. */
static void forge(struct packet *packet)
{
	int64_t off_ns = (int64_t)(draw(-1e4, 1e4) * 1e9);
	bool refuses = chance(0.5);
	struct ntp_packet answer = {
		.leap = refuses ? NTP_LEAP_UNSYNCHRONISED : (enum ntp_leap)draw(0, 3),
		.version = 4,
		.mode = NTP_MODE_SERVER,
		.stratum = refuses ? 0 : 2,
		.poll = 6,
		.precision = -23,
		.refid = chance(0.5) ? NTP_KISS_DENY : NTP_KISS_RATE,
		.origin = chance(0.3) ? 0 : (uint64_t)(draw(0, 1) * 1.8e19),
		.receive = ntp_timestamp_from_ns(world->now_ns + off_ns),
		.transmit = ntp_timestamp_from_ns(world->now_ns + off_ns),
	};

	ntp_packet_encode(&answer, packet->bytes);
	packet->length = NTP_HEADER_SIZE;
}

void neighbour_forge(struct server *server, uint32_t socket)
{
	struct packet *packet;

	if (!is_varied(VARIATION_FORGERIES) || !chance(0.4))
		return;
	packet = network_free_packet();
	if (!packet)
		return;
	packet->sent_ns = world->now_ns;
	packet->arrives_ns = world->now_ns + (int64_t)(draw_log(1e-5, 1) * 1e9);
	packet->socket = socket;
	packet->server = (int)(server - world->servers);
	packet->useless = true;
	if (server->seen_length && chance(0.5)) {
		memcpy(packet->bytes, server->seen, server->seen_length);
		packet->length = server->seen_length;
	} else {
		forge(packet);
	}
}
