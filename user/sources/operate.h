/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an operator does to the sources while the daemon runs, as with chronyc: to ask them or not,
 * to resolve their names again, to add and to remove some.
 *
 * A source that the operator takes offline has no vote: that is his decision, and he can see in the
 * tables what is left. One that merely cannot be reached keeps its vote as any that is silent does,
 * so that nobody gains one by keeping others from us.
 */
#ifndef SOURCES_OPERATE_H
#define SOURCES_OPERATE_H

#include <stdint.h>

#include "sources/association.h"
#include "sources/source_match.h"

enum operate_connection {
	OPERATE_OFFLINE,
	OPERATE_ONLINE,
	OPERATE_BY_ROUTE,	/* online if this machine has a route to its address */
};

/* Each of these returns how many sources @match has. Refclocks are none of them. */

/* Ask them no more, or again. */
size_t operate_connect(struct associations *list, const struct source_match *match,
		       enum operate_connection connection, int64_t now_raw_ns);

/* Ask until @good answers have come, @most times at most; offline sources, too. */
size_t operate_burst(struct associations *list, const struct source_match *match, int good,
		     int most, int64_t now_raw_ns);

/*
 * Remove it: all sources of a name, or the one of an address. A configured one comes back with the
 * next associations_configure().
 */
size_t operate_delete(struct associations *list, const struct source_match *match);

/* Resolve all names now, and replace addresses that they no longer have. */
void operate_refresh(struct associations *list, int64_t now_raw_ns);

/*
 * A source beside those that are configured, until it is deleted. 0, -EEXIST: there is such a one,
 * -ENOSPC: there are too many sources, -ENOMEM.
 */
int operate_add(struct associations *list, const struct config_source *source, int64_t now_raw_ns);

#endif /* SOURCES_OPERATE_H */
