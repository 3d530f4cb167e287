/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The server: packets from its sockets, answers from the page of time. It owns nothing that it is
 * given, and ends when the daemon does.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "lib/time_page.h"
#include "server/access.h"
#include "server/settings.h"
#include "server/statistics.h"

/**
 * struct server_world - what it works with
 * @settings: as configured
 * @access: made of the rules
 * @page: of time
 * @statistics: with room for the settings' records of clients
 * @lifeline_fd: hangs up when the daemon ends
 * @cookie_keys_fd: from where keys of NTS cookies come; -1: requests by NTS are not answered
 * @clock_watch_fd: readable when the system clock was set
 * @ipv4_fd: -1: not served
 * @ipv6_fd: -1: not served
 */
struct server_world {
	const struct server_settings *settings;
	const struct access_table *access;
	const struct time_page *page;
	struct server_statistics *statistics;
	int lifeline_fd;
	int cookie_keys_fd;
	int clock_watch_fd;
	int ipv4_fd;
	int ipv6_fd;
};

struct server;

/* NULL: no memory. */
struct server *server_new(const struct server_world *world);
void server_free(struct server *server);

/* Serve until the daemon ends: 0; or -errno of a socket that failed. */
int server_run(struct server *server);

#endif /* SERVER_SERVER_H */
