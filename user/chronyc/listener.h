/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where chronyc asks: UDP sockets of both families, for those who only look, and a local socket for
 * root and the daemon's own user, who may do all. Input is hostile, and each request costs its
 * sender as many bytes as the answer has.
 */
#ifndef CHRONYC_LISTENER_H
#define CHRONYC_LISTENER_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "chronyc/packet.h"
#include "config/config.h"

/* Descriptors to poll for, at most. */
#define CHRONYC_FDS_MAX	3

struct chronyc_listener;

/**
 * chronyc_listener_new() - nothing is open before it is configured
 * @answer: called for each request that its sender may make. @reply is an answer without contents
 *	and with CHRONYC_SUCCESS, and is sent afterwards
 * @context: handed to @answer
 *
 * Return: NULL: no memory.
 */
struct chronyc_listener *chronyc_listener_new(void (*answer)(void *context,
							     struct chronyc_request *request,
							     struct chronyc_reply *reply),
					      void *context);
void chronyc_listener_free(struct chronyc_listener *listener);

/*
 * Listen as @config says from now on. Sockets whose address is the same stay open; what cannot be
 * opened is logged. Called with the privilege to bind the port.
 */
void chronyc_listener_configure(struct chronyc_listener *listener,
				const struct config_chronyc *config);

/* Make the local socket anew if its path is gone, or if there is none for a folder that was not. */
void chronyc_listener_renew(struct chronyc_listener *listener);

/* Other rules from now on. 0, -ENOMEM: the old ones stay. */
int chronyc_listener_set_rules(struct chronyc_listener *listener, const struct access_rule *rules,
			       size_t count);

/* May that address ask? This machine's own always may, whatever the rules are. */
bool chronyc_listener_allows(const struct chronyc_listener *listener,
			     const struct net_address *address);

/* Requests that came, and of these not answered for their rate. */
void chronyc_listener_get_counts(const struct chronyc_listener *listener, uint64_t *received,
				 uint64_t *dropped);

/* Fill in what to poll(2) for; how many. @fds has room for CHRONYC_FDS_MAX. */
int chronyc_listener_pollfds(const struct chronyc_listener *listener, struct pollfd *fds);

/* When chronyc_listener_dispatch() is to be called next, whatever comes; INT64_MAX: never. */
int64_t chronyc_listener_next_ns(const struct chronyc_listener *listener);

/*
 * Answer some of what has come; others in @fds are ignored. What another program had, and an
 * interface that there was not, is tried again when it is time.
 */
void chronyc_listener_dispatch(struct chronyc_listener *listener, const struct pollfd *fds,
			       int count, int64_t now_raw_ns);

#endif /* CHRONYC_LISTENER_H */
