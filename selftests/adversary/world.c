// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual time: from one thing that happens to the next.
 */
#include "world.h"

#include <stdio.h>

#include "guest.h"

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

static void judge_delivered(const struct packet *packet)
{
	if (!packet->useless)
		judge_answer(packet->server, packet->sent_ns);
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
		operator_acts();
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
			judge_delivered(packet);
		packet->arrives_ns = 0;
	}
	judge_look();
}
