// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual time: from one thing that happens to the next.
 */
#include "world.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "user/sources/operate.h"
#include "variation.h"

/* The oscillator wanders, and the judge looks, so often. */
#define TICK_NS		NS_PER_S

struct world *world;

void world_log_list(const char *who, const char *format, va_list arguments)
{
	if (!world->log)
		return;
	printf("%12.6f %+14.9f %c%9.6f %-9s ",
	       (double)(world->now_ns - world->begin_ns) / 1e9,
	       (double)guest_error_ns() / 1e9, guest_synchronised() ? '=' : '?',
	       (double)guest_maxerror_ns() / 1e9, who);
	vprintf(format, arguments);
	putchar('\n');
	fflush(stdout);
}

void world_log(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	world_log_list("world", format, arguments);
	va_end(arguments);
}

static int64_t next_tick_ns(void)
{
	return world->now_ns - world->now_ns % TICK_NS + TICK_NS;
}

static struct packet *next_packet(void)
{
	struct packet *next = NULL;
	int i;

	for (i = 0; i < PACKETS_MAX; i++) {
		struct packet *packet = &world->packets[i];

		if (packet->arrives_ns && (!next || packet->arrives_ns < next->arrives_ns))
			next = packet;
	}
	return next;
}

static int64_t earlier(int64_t one_ns, int64_t other_ns)
{
	return one_ns < other_ns ? one_ns : other_ns;
}

static int64_t next_trouble_ns(void)
{
	int i;

	for (i = 0; i < world->trouble_count; i++)
		if (!world->troubles[i].done && world->troubles[i].moment == MOMENT_ANY)
			return world->troubles[i].at_ns;
	return INT64_MAX;
}

static void go_to(int64_t until_ns)
{
	if (until_ns <= world->now_ns)
		return;
	guest_advance(until_ns - world->now_ns);
	world->now_ns = until_ns;
}

static bool happens(enum variation variation, double per_second)
{
	return is_varied(variation) && random_uniform(&world->random) < per_second;
}

/* An operator does not go on for ever, as games do that have a guest sleep for months. */
#define DEEDS_MAX	40

/* What other programs and the operator do, in any second. */
static void vary(void)
{
	static const struct source_match all = { .kind = SOURCE_MATCH_ALL };
	static int64_t offline_until_ns;
	static int sets;
	double size_s;

	if (!guest.steering)
		return;
	if (sets < 2 && happens(VARIATION_OTHER_PROGRAM, 0.002)) {
		sets++;
		size_s = exp(log(1e-3) + random_uniform(&world->random) *
			     (log(random_uniform(&world->random) < 0.5 ? 10 : 3e7) - log(1e-3)));
		if (random_uniform(&world->random) < 0.5)
			size_s = -size_s;
		world_log("another program sets the clock by %+.6f s", size_s);
		guest_set_by_other((int64_t)(size_s * 1e9));
	}
	if (happens(VARIATION_SILENT_HOST, 0.001))
		host_falls_silent(1200);
	if (world->deeds < DEEDS_MAX && happens(VARIATION_RELOADS, 0.003)) {
		world->deeds++;
		world_log("reload");
		raise(SIGHUP);
	}
	if (world->deeds < DEEDS_MAX && happens(VARIATION_BURSTS, 0.003)) {
		world->deeds++;
		world_log("burst");
		operate_burst(guest.associations, &all,
			      1 + (int)(3 * random_uniform(&world->random)), 8, guest.raw_ns);
	}
	if (world->deeds < DEEDS_MAX && world->now_ns > world->outage_until_ns &&
	    happens(VARIATION_OFFLINE, 0.002)) {
		world->deeds++;
		world_log("offline");
		operate_connect(guest.associations, &all, OPERATE_OFFLINE, guest.raw_ns);
		offline_until_ns = world->now_ns +
			(int64_t)(5e9 * exp(random_uniform(&world->random) * log(400)));
		world->outage_until_ns = offline_until_ns;
	}
	if (offline_until_ns && world->now_ns >= offline_until_ns) {
		world_log("online");
		offline_until_ns = 0;
		operate_connect(guest.associations, &all, OPERATE_ONLINE, guest.raw_ns);
	}
}

void world_step(int64_t until_ns)
{
	struct packet *packet = next_packet();
	int64_t tick_ns = next_tick_ns();
	int64_t look_ns = guest_utc_of_raw(module_next_ns());

	until_ns = earlier(until_ns, tick_ns);
	until_ns = earlier(until_ns, next_trouble_ns());
	until_ns = earlier(until_ns, look_ns);
	if (guest.thawed_ns)
		until_ns = earlier(until_ns, guest.thawed_ns);
	if (packet)
		until_ns = earlier(until_ns, packet->arrives_ns);
	go_to(until_ns);

	if (world->now_ns >= tick_ns)
		world->crystal += world->crystal_step * random_normal(&world->random);
	if (world->now_ns >= tick_ns)
		vary();
	if (world->now_ns >= next_trouble_ns())
		troubles_happen(MOMENT_ANY);
	if (guest.thawed_ns && world->now_ns >= guest.thawed_ns) {
		guest.thawed_ns = 0;
		module_resumed();
	}
	if (guest.raw_ns >= module_next_ns())
		module_check();
	if (packet && packet->arrives_ns && packet->arrives_ns <= world->now_ns) {
		if (guest_deliver(packet->socket, packet->bytes, packet->length))
			judge_answer(packet->server, packet->sent_ns);
		packet->arrives_ns = 0;
	}
	judge_look();
}
