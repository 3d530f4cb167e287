/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fast path of the server: when the program in the kernel is there, by what it answers, and
 * when it has to be silent, so that requests go up to the sockets.
 */
#ifndef DAEMON_SERVING_FAST_H
#define DAEMON_SERVING_FAST_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "lib/time_page.h"
#include "xdp/fast_path.h"

/**
 * struct serving_sockets - on which families requests come up to the sockets, if they do
 * @ipv4: IPv4
 * @ipv6: IPv6
 */
struct serving_sockets {
	bool ipv4;
	bool ipv6;
};

/**
 * struct serving_fast - the fast path
 * @path: NULL: there is none
 * @device: at which it is, as configured
 * @interface: the number of that, which stays where it is renamed
 * @mode: as asked for
 * @bind_address4: "", or the only IPv4 address that is served
 * @bind_address6: same for IPv6
 * @settings: as it has them
 * @precision: of the system clock, log2 seconds
 * @clock_watch_fd: readable when the system clock was set; -1: without a path
 * @set_raw_ns: raw instant at which that was last seen
 * @next_ns: raw instant at which it is given the time next; INT64_MAX: without a path
 * @addresses_ns: raw instant at which addresses are looked at again
 * @lost: the interface was gone when they were
 */
struct serving_fast {
	struct fast_path *path;
	char device[CONFIG_WORD_MAX];
	unsigned int interface;
	enum fast_path_mode mode;
	char bind_address4[CONFIG_WORD_MAX];
	char bind_address6[CONFIG_WORD_MAX];
	struct xdp_settings settings;
	int precision;
	int clock_watch_fd;
	int64_t set_raw_ns;
	int64_t next_ns;
	int64_t addresses_ns;
	bool lost;
};

/* Nothing is served, and nothing is open. */
void serving_fast_init(struct serving_fast *fast);

/*
 * Serve as @config says from now on; NULL: nothing. @dscp: of answers. What cannot be done is
 * logged, and left to the sockets. Called with the privileges that it takes, or it is too late for
 * another interface.
 */
void serving_fast_configure(struct serving_fast *fast, const struct config_server *config,
			    int dscp);

/*
 * Give it the time again, or say that there is none: without @sockets, or if the system clock was
 * set after the reading that @content is made of, or that was long ago. Called in each turn of the
 * loop.
 */
void serving_fast_turn(struct serving_fast *fast, const struct time_content *content,
		       const struct serving_sockets *sockets, int64_t now_raw_ns);

#endif /* DAEMON_SERVING_FAST_H */
