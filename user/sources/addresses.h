/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The addresses of a name: when it is resolved, who gets which of them, and when another one is
 * asked instead. For the files of sources/ alone.
 */
#ifndef SOURCES_ADDRESSES_H
#define SOURCES_ADDRESSES_H

#include "sources/target.h"

/* After so many exchanges without a sample an address is replaced. */
#define FAILURES_GONE		8

/* A new address that this machine has no route to is given up sooner. ICMP proves nothing. */
#define FAILURES_HOPELESS	3

/* It has one to be asked at. */
static inline bool association_has_address(const struct association *association)
{
	return association->client.address.family != AF_UNSPEC;
}

/* This machine has a route to it. A socket that can be connected sends nothing. */
bool address_has_route(const struct net_address *address, int port,
		       const struct ntp_socket_options *options);

/* The family of addresses that its line, or else -4 or -6, demands; AF_UNSPEC: any. */
int target_family(const struct target *target);

/* Its address can no longer be expected to answer. */
bool association_is_gone(const struct association *association);

/* If its address can no longer be expected to answer, and may be replaced by now, do so. */
void association_replace_gone(struct association *association, int64_t now_raw_ns);

/* No query is due, and the wait after one that fails is the first again. */
void target_look_up_later(struct target *target);

/* A query that is due at some time is due now, and one that goes on begins anew. */
void target_look_up_sooner(struct target *target, int64_t now_raw_ns);

/*
 * A server gives a right time: later queries have not failed before, unless it is for another one
 * that they are made.
 */
void target_found_right(struct target *target);

/* The resolver's descriptor is ready, or its time is up. */
void target_finish_look_up(struct target *target, int64_t now_raw_ns);

/* Begin a query that is due, and end one that takes too long. */
void target_look_up_timer(struct target *target, int64_t now_raw_ns);

#endif /* SOURCES_ADDRESSES_H */
