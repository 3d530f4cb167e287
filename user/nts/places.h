/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections are served so many at a time (`maxntsconnections`). Whose makes room for somebody
 * else, where all places are taken: a client that connects over and over again and is silent has to
 * take no places but its own. Pure.
 */
#ifndef NTS_PLACES_H
#define NTS_PLACES_H

#include <stdint.h>

#include "ntp/address.h"

/**
 * struct place - who has it
 * @address: the client's
 * @deadline_ms: when its connection is given up
 */
struct place {
	struct net_address address;
	int64_t deadline_ms;
};

/**
 * places_give_up() - find the place that a client gets, where all are taken
 * @places: all of them
 * @count: of them
 * @newcomer: the client
 *
 * A client that has no place yet gets one of the client who has most, if that has two: the one that
 * would be given up first. Addresses of one /64 of IPv6 count as one client.
 *
 * Return: an index, or -1: there is no place for it.
 */
int places_give_up(const struct place *places, int count, const struct net_address *newcomer);

#endif /* NTS_PLACES_H */
