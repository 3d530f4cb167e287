/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections are served so many at a time (`maxntsconnections`). Whose makes room for somebody
 * else, where all places are taken: silent ones, of however many addresses, are to keep nobody out
 * for long, and a client that connects over and over again is to take no places but its own. Pure.
 */
#ifndef NTS_PLACES_H
#define NTS_PLACES_H

#include <stdint.h>

#include "ntp/address.h"

/**
 * struct place - who has it
 * @address: the client's
 * @deadline_ms: when its connection is given up
 * @yields_ms: from then on it makes room for whoever comes, as it has not got on
 */
struct place {
	struct net_address address;
	int64_t deadline_ms;
	int64_t yields_ms;
};

/**
 * places_give_up() - find the place that a client gets, where all are taken
 * @places: all of them
 * @count: of them
 * @newcomer: the client
 * @now_ms: by the clock of the places
 *
 * It is the one that yields, and of several the first that did. If none does, a client that has no
 * place yet gets one of the client who has most, if that has two: the one that would be given up
 * first. Addresses of one /64 of IPv6 count as one client.
 *
 * Return: an index, or -1: there is no place for it.
 */
int places_give_up(const struct place *places, int count, const struct net_address *newcomer,
		   int64_t now_ms);

/**
 * places_open_ms() - find out how long even a client that has no place would get none
 * @places: all of them, taken
 * @count: of them
 * @now_ms: by the clock of the places
 *
 * Return: until then by that clock; @now_ms or what is earlier: it gets one at once.
 */
int64_t places_open_ms(const struct place *places, int count, int64_t now_ms);

#endif /* NTS_PLACES_H */
