/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changes of the network: addresses and routes that come or go, by routing netlink. They show that
 * a retry is worthwhile, not what changed.
 */
#ifndef SOURCES_NETWORK_WATCH_H
#define SOURCES_NETWORK_WATCH_H

#include <stdbool.h>

/* A descriptor to poll(2) for POLLIN, or -errno: then changes go unnoticed. */
int network_watch_open(void);

/* Read all notifications. false: nothing of interest. */
bool network_watch_read(int fd);

#endif /* SOURCES_NETWORK_WATCH_H */
