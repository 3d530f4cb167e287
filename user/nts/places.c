// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who yields or has most places. It is looked for when all are taken only; who has most, for nobody
 * who has one: to ask for it often takes many addresses.
 */
#include "nts/places.h"

#include <stdbool.h>
#include <string.h>

/* One customer has as much of IPv6 at least. */
#define NETWORK_BYTES	8

static bool is_same_client(const struct net_address *one, const struct net_address *other)
{
	size_t size = one->family == AF_INET6 ? NETWORK_BYTES : sizeof(one->bytes);

	return one->family == other->family && !memcmp(one->bytes, other->bytes, size);
}

/* How many places @client has; @first: the one of them that is given up first, -1: none. */
static int count_places(const struct place *places, int count, const struct net_address *client,
			int *first)
{
	int found = 0;

	*first = -1;
	for (int i = 0; i < count; i++) {
		if (!is_same_client(&places[i].address, client))
			continue;
		if (!found || places[i].deadline_ms < places[*first].deadline_ms)
			*first = i;
		found++;
	}

	return found;
}

/* The one that yields first. */
static int first_to_yield(const struct place *places, int count)
{
	int first = 0;

	for (int i = 1; i < count; i++) {
		if (places[i].yields_ms < places[first].yields_ms)
			first = i;
	}

	return first;
}

int places_give_up(const struct place *places, int count, const struct net_address *newcomer,
		   int64_t now_ms)
{
	int most = 1, chosen = -1, found, first = first_to_yield(places, count);

	if (places[first].yields_ms <= now_ms)
		return first;
	if (count_places(places, count, newcomer, &first))
		return -1;
	for (int i = 0; i < count; i++) {
		found = count_places(places, count, &places[i].address, &first);
		if (found > most) {
			most = found;
			chosen = first;
		}
	}

	return chosen;
}

int64_t places_open_ms(const struct place *places, int count, int64_t now_ms)
{
	int64_t yields_ms = places[first_to_yield(places, count)].yields_ms;

	/* Nobody need be compared, where many come and go. */
	if (yields_ms <= now_ms)
		return yields_ms;
	for (int i = 0; i < count; i++) {
		for (int j = 0; j < i; j++) {
			if (is_same_client(&places[i].address, &places[j].address))
				return now_ms;
		}
	}

	return yields_ms;
}
