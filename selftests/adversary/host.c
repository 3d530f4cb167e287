// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's clock: disciplined, or a crystal that nobody disciplines; and stepped for a while.
 */
#include <stdlib.h>

#include "world.h"

int64_t host_time_ns(void)
{
	const struct host *host = &world->host;
	int64_t since_ns = world->now_ns - host->since_ns;
	int64_t gained_ns = (int64_t)((double)since_ns * host->rate);
	int64_t step_ns = host_is_right() ? 0 : host->step_ns;

	return world->now_ns + host->offset_ns + gained_ns + step_ns;
}

void host_falls_silent(double most_s)
{
	double silent_s = random_log(&world->random, 0.1, most_s);

	world->host.silent_until_ns = world->now_ns + (int64_t)(silent_s * 1e9);
	world_log("the host's clock is silent for %.3f s", silent_s);
}

/* A guest keeps what it knows of the first one: the module allows for 10 ms (hostdifference_us). */
void host_changes(void)
{
	struct host *host = &world->host;
	double share = 2 * random_uniform(&world->random) - 1;
	double size_ns = random_log(&world->random, 1e3, 9e6);

	host->offset_ns = host_time_ns() - world->now_ns - (host_is_right() ? 0 : host->step_ns) +
			  (int64_t)(share < 0 ? -size_ns : size_ns);
	host->since_ns = world->now_ns;
	if (host->free)
		host->rate = 20e-6 * share;
	world_log("another host, off by %.6f ms, gains %.3f ppm", (double)host->offset_ns / 1e6,
		  host->rate * 1e6);
}

bool host_is_right(void)
{
	return world->now_ns >= world->host.until_ns;
}

bool host_is_as_stated(void)
{
	return llabs(host_time_ns() - world->now_ns) <= world->host.stated_ns;
}
