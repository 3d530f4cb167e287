// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reference clock of the guest: a PTP device, as clocks/ptp_clock.h has it read. Its driver and
 * what becomes of a reading are the shipped ones. /dev/null is there to be opened.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "guest.h"
#include "guest_calls.h"
#include "user/clocks/ptp_clock.h"
#include "variation.h"
#include "world.h"

/* Of the random numbers of a seed, see game.c. */
#define REFCLOCK_STREAM	14

/* Between the reading of our clock before that of the device, and after it. */
#define LEAST_WIDTH_NS	500
#define MEAN_WIDTH_NS	5000.0

/* Nobody but who opens the device asks for its capabilities. */
int __wrap_ioctl(int fd, unsigned long request, ...)
{
	(void)fd;
	(void)request;
	return 0;
}

/*
 * It may be any of the servers, honest or not. An honest one is as wrong as its delay allows. What
 * the operator trusts, or only watches, he does still.
 */
void refclock_draw(void)
{
	struct random random;
	struct server *clock;

	if (!is_varied(VARIATION_REFCLOCK))
		return;
	random_seed(&random, world->seed, REFCLOCK_STREAM);
	clock = &world->servers[(int)(random_uniform(&random) * world->server_count)];
	clock->is_clock = true;
	clock->exact = random_uniform(&random) < 0.5;
	clock->error_ns = (int64_t)(random_log(&random, 1e-7, 5e-3) * 1e9);
	clock->root_delay_ns = clock->error_ns * 2 + NS_PER_US;
	clock->root_dispersion_ns = 0;
	clock->jitter_ns = (int64_t)(random_log(&random, 1e-8, 3e-7) * 1e9);
	clock->up_ns = 0;
	clock->down_ns = 0;
	clock->loss = 0;
	clock->bias_ns = 0;
	clock->minpoll = (int)(random_uniform(&random) * 7);
	clock->maxpoll = clock->minpoll;
	snprintf(clock->options, sizeof(clock->options), "%s%s", clock->trusted ? " trust" : "",
		 clock->unused ? " noselect" : "");
}

void refclock_line(const struct server *clock, char *text, size_t size)
{
	snprintf(text, size, "PHC /dev/null%s poll %d delay %.9f%s",
		 clock->exact ? "" : ":nocrossts", clock->minpoll,
		 (double)clock->root_delay_ns / 1e9, clock->options);
}

struct server *refclock_find(void)
{
	int i;

	for (i = 0; i < world->server_count; i++)
		if (world->servers[i].is_clock)
			return &world->servers[i];
	return NULL;
}

static void pass(int64_t ns)
{
	guest_advance(ns);
	world->now_ns += ns;
}

static void read_once(const struct server *clock, int64_t offset_ns,
		      struct ptp_clock_reading *reading)
{
	double noise_ns = (double)clock->jitter_ns * random_normal(&world->random);
	double width_ns = LEAST_WIDTH_NS + MEAN_WIDTH_NS * random_exponential(&world->random);
	int64_t first_ns = (int64_t)(width_ns * random_uniform(&world->random));
	int64_t before_ns = guest_realtime_ns();

	*reading = (struct ptp_clock_reading){ 0 };
	pass(first_ns);
	reading->device_ns = world->now_ns + offset_ns + (int64_t)noise_ns;
	reading->raw_ns = guest.raw_ns;
	reading->realtime_ns = guest_realtime_ns();
	pass((int64_t)width_ns - first_ns);
	if (clock->exact)
		return;
	reading->width_ns = guest_realtime_ns() - before_ns;
	reading->realtime_ns = before_ns + reading->width_ns / 2;
}

int ptp_clock_read(struct ptp_clock *device, size_t exact_count, size_t count,
		   struct ptp_clock_reading *readings)
{
	struct server *clock = refclock_find();
	int64_t offset_ns;
	size_t i;

	(void)exact_count;
	troubles_happen(MOMENT_BEFORE_REQUEST);
	if (!network_read_clock(clock, &offset_ns))
		return -EIO;
	for (i = 0; i < count; i++) {
		if (i == count / 2)
			troubles_happen(MOMENT_REQUEST);
		read_once(clock, offset_ns, &readings[i]);
	}
	if (clock->jitter_ns * 5 < clock->root_delay_ns / 2)
		judge_answer((int)(clock - world->servers), world->now_ns);
	troubles_happen(MOMENT_ANSWER);
	return (int)device->method;
}

const char *ptp_clock_words(int err)
{
	return strerror(-err);
}
