// SPDX-License-Identifier: GPL-2.0-only
/*
 * What other programs in the guest do, and its operator.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "user/daemon/daemon.h"
#include "user/daemon/requests.h"
#include "user/sources/operate.h"
#include "variation.h"
#include "world.h"

static bool happens(enum variation variation, double per_second)
{
	return is_varied(variation) && random_uniform(&world->random) < per_second;
}

/* An operator does not go on for ever, as games do that have a guest sleep for months. */
#define DEEDS_MAX	40

bool is_deleted(const struct server *server)
{
	return guest.deleted & 1U << (server - world->servers);
}

static bool is_somebody_trusted(void)
{
	int i;

	for (i = 0; i < world->server_count; i++)
		if (world->servers[i].trusted)
			return true;
	return false;
}

bool has_vote(const struct server *server)
{
	return !server->unused && !is_deleted(server) &&
	       (server->trusted || !is_somebody_trusted());
}

/* So many servers may be missing at once. */
static int most_missing(void)
{
	return is_varied(VARIATION_RESTARTS) + is_varied(VARIATION_SOURCE_CHANGES);
}

bool is_dispensable(const struct server *one)
{
	int honest = 0, liars = 0, others, i;

	if (one->is_clock || one->trusted || strstr(one->options, "require"))
		return false;
	for (i = 0; i < world->server_count; i++) {
		const struct server *server = &world->servers[i];

		if (server == one || server->unused ||
		    (is_somebody_trusted() && !server->trusted))
			continue;
		honest += !server->liar;
		liars += server->liar;
	}
	others = honest + liars;
	/* It is one of those that may be missing. */
	honest -= most_missing() - 1;
	/* One clock that is left is not followed back. */
	if (game_would_be_one_clock(others) && !game_is_one_clock())
		return false;
	return honest > liars && honest >= world->minsources;
}

static void delete_source(void)
{
	int number = (int)(random_uniform(&world->random) * world->server_count);
	struct source_match match;
	char address[32];
	const char *error;

	if (!is_dispensable(&world->servers[number]))
		return;
	snprintf(address, sizeof(address), "192.0.2.%d", number + 1);
	if (source_match_parse(address, &match, &error))
		return;
	world->deeds++;
	world_log("delete server %d", number + 1);
	if (operate_delete(guest.associations, &match) != 1)
		abort();
	guest.is_told = true;
	guest.deleted |= 1U << number;
	guest.added_ns = world->now_ns + (int64_t)(random_log(&world->random, 0.5, 600) * 1e9);
	/* What it said is forgotten. */
	world->servers[number].answered_ns = 0;
}

static void add_sources(void)
{
	char line[256], text[sizeof(line) + 8];
	int i;

	for (i = 0; i < world->server_count; i++) {
		if (!is_deleted(&world->servers[i]))
			continue;
		game_server_line(&world->servers[i], line, sizeof(line));
		snprintf(text, sizeof(text), "server %s", line);
		world_log("add server %d", i + 1);
		if (daemon_add_source(guest.daemon, text))
			abort();
	}
	guest.deleted = 0;
	guest.is_told = true;
}

/* An operator sees that something is wrong, and changes what he can. */
static bool was_just_disrupted(void)
{
	return world->now_ns - world->judge.disrupted_ns < 60 * NS_PER_S;
}

static const struct source_match all = { .kind = SOURCE_MATCH_ALL };

/*
 * A reference clock cannot be taken offline. One that lies would be left to decide alone, which is
 * what that means: where there is one, the servers are offline as they have no route, and keep
 * their votes.
 */
static void take_offline(void)
{
	const struct server *clock = refclock_find();
	bool by_route = clock && clock->liar;

	guest.unrouted = by_route;
	operate_connect(guest.associations, &all, by_route ? OPERATE_BY_ROUTE : OPERATE_OFFLINE,
			guest.raw_ns);
	guest.unrouted = false;
}

/* What other programs and the operator do, in any second. */
void operator_acts(void)
{
	static int64_t offline_until_ns;
	bool may_change = !guest.deleted && !offline_until_ns;
	static int sets;
	double size_s;

	if (!guest.steering)
		return;
	neighbour_prime();
	if (happens(VARIATION_RESTARTS, 0.0007))
		network_restart();
	/* One that is added while the others are offline would have the say alone. */
	if (world->deeds < DEEDS_MAX && may_change &&
	    happens(VARIATION_SOURCE_CHANGES, was_just_disrupted() ? 0.05 : 0.002))
		delete_source();
	if (guest.deleted && world->now_ns >= guest.added_ns)
		add_sources();
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
		/* Which brings back what is configured. */
		guest.deleted = 0;
		raise(SIGHUP);
		guest.is_told = true;
	}
	if (world->deeds < DEEDS_MAX && happens(VARIATION_BURSTS, 0.003)) {
		world->deeds++;
		world_log("burst");
		operate_burst(guest.associations, &all,
			      1 + (int)(3 * random_uniform(&world->random)), 8, guest.raw_ns);
	}
	if (world->deeds < DEEDS_MAX && world->now_ns > world->outage_until_ns &&
	    !guest.deleted && happens(VARIATION_OFFLINE, 0.002)) {
		world->deeds++;
		world_log("offline");
		take_offline();
		offline_until_ns = world->now_ns +
			(int64_t)(5e9 * exp(random_uniform(&world->random) * log(400)));
		world->outage_until_ns = offline_until_ns;
		/* The liars were first in an earlier outage. */
		world->liars_from_ns = 0;
	}
	if (offline_until_ns && world->now_ns >= offline_until_ns) {
		world_log("online");
		offline_until_ns = 0;
		operate_connect(guest.associations, &all, OPERATE_ONLINE, guest.raw_ns);
	}
}
