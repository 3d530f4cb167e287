/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two sockets of a server, one for IPv4 and one for IPv6: opened, tried again where that
 * fails, which is logged once, and kept for as long as they are at the right place.
 */
#ifndef DAEMON_SERVER_SOCKETS_H
#define DAEMON_SERVER_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

/**
 * struct server_sockets - they
 * @ipv4_fd: -1: not open
 * @ipv6_fd: same
 * @next_ns: raw instant of the next try of one that failed, or may lose its interface; INT64_MAX:
 *	there is none
 * @complained: that was logged
 */
struct server_sockets {
	int ipv4_fd;
	int ipv6_fd;
	int64_t next_ns;
	bool complained;
};

/**
 * struct server_place - where they are to be
 * @config: has the addresses and the interface
 * @port: UDP port; TCP, where @establishes_nts
 * @dscp: of answers, by UDP
 * @establishes_nts: keys of NTS are handed out there, by TCP; otherwise NTP is served
 * @waiting: connections that may wait to be accepted, by TCP
 */
struct server_place {
	const struct config_server *config;
	int port;
	int dscp;
	bool establishes_nts;
	int waiting;
};

/* None is open, and none has failed. */
void server_sockets_init(struct server_sockets *sockets);

/* One of them is. */
bool server_sockets_are_open(const struct server_sockets *sockets);

/*
 * Open those that are not open, or whose interface is gone. The family that has one is served,
 * whatever becomes of the other. true: they are other ones than the process knows, or none. Called
 * with the privilege to bind the port.
 */
bool server_sockets_try(struct server_sockets *sockets, const struct server_place *place,
			int64_t now_raw_ns);

/* Forget what has failed; open ones stay. */
void server_sockets_forgive(struct server_sockets *sockets);

/* Close all. */
void server_sockets_close(struct server_sockets *sockets);

#endif /* DAEMON_SERVER_SOCKETS_H */
