/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of the only time source that daemon_edges.c has.
 */
#ifndef UNIT_DAEMON_EDGES_H
#define UNIT_DAEMON_EDGES_H

#include <stdbool.h>
#include <stdint.h>

struct daemon_edges {
	uint64_t received;
	bool noselect;
};

extern struct daemon_edges daemon_edges;

#endif /* UNIT_DAEMON_EDGES_H */
