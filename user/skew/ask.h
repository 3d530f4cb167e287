/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One host's clock by NTP: its name is resolved, it is asked some times, and the shortest round
 * trip counts. A host that is not synchronised has a clock all the same. Nothing blocks: the caller
 * polls.
 */
#ifndef SKEW_ASK_H
#define SKEW_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "ntp/address.h"
#include "ntp/exchange.h"
#include "ntp/socket.h"
#include "skew/compare.h"
#include "sources/resolver.h"

enum skew_ask_state {
	SKEW_RESOLVING,
	SKEW_WAITING,		/* for an answer */
	SKEW_RESTING,		/* until the next request */
	SKEW_ASKED,		/* done: @clock.known, or @problem says why not */
};

/**
 * struct skew_ask - what is known of a host
 * @port: UDP port
 * @ahead_ns: this machine's clock less CLOCK_BOOTTIME, which nobody sets
 * @state: what is awaited
 * @resolver: of its name
 * @address: of the host
 * @socket: of the request in flight
 * @exchange: in flight
 * @sent: when it left
 * @requests: sent so far
 * @due_ns: raw instant at which what is awaited is given up, or the next request is sent
 * @clock: by the shortest round trip
 * @unsynchronised: the host said that its clock is not synchronised
 * @problem: why there is no clock; static
 */
struct skew_ask {
	int port;
	int64_t ahead_ns;
	enum skew_ask_state state;
	struct resolver resolver;
	struct net_address address;
	struct ntp_socket socket;
	struct ntp_exchange exchange;
	struct ntp_moment sent;
	int requests;
	int64_t due_ns;
	struct skew_clock clock;
	bool unsynchronised;
	const char *problem;
};

/*
 * Begin. @name: of the host, or its address. It is compared with the clock that is @ahead_ns of
 * CLOCK_BOOTTIME. What is wrong with it is said by @problem.
 */
void skew_ask_start(struct skew_ask *ask, const char *name, int port, int64_t ahead_ns,
		    int64_t now_ns);

/* To poll(2) for POLLIN, -1: nothing. */
int skew_ask_fd(const struct skew_ask *ask);

/* Its descriptor is ready (@ready), or time has passed. */
void skew_ask_go_on(struct skew_ask *ask, bool ready, int64_t now_ns);

/* Whatever was found counts; nothing is awaited any longer. */
void skew_ask_end(struct skew_ask *ask);

#endif /* SKEW_ASK_H */
