/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of the time sources that daemon_edges.c has.
 */
#ifndef UNIT_DAEMON_EDGES_H
#define UNIT_DAEMON_EDGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct daemon_edges - time sources, all alike
 * @deleted: so many of the first ones are deleted
 * @more: so many there are besides one
 * @received: samples of each
 * @noselect: their option
 * @refuted: they are
 * @refid: of the first one
 * @suspected: there is no verdict on them yet
 * @noted: how often it was kept which reference clocks are refuted
 */
struct daemon_edges {
	size_t deleted;
	size_t more;
	uint64_t received;
	bool noselect;
	bool refuted;
	uint32_t refid;
	bool suspected;
	int noted;
};

extern struct daemon_edges daemon_edges;

#endif /* UNIT_DAEMON_EDGES_H */
