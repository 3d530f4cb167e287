/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which sources an operator's command is about, in chronyc's words: all of them, an address, a
 * subnet as MASK/MASKED-ADDRESS or MASKED-ADDRESS/BITS, or a name as configured. Pure.
 */
#ifndef SOURCES_SOURCE_MATCH_H
#define SOURCES_SOURCE_MATCH_H

#include <stdbool.h>

#include "discipline/source.h"
#include "ntp/address.h"

enum source_match_kind {
	SOURCE_MATCH_ALL,
	SOURCE_MATCH_SUBNET,	/* an address is one, with all bits in the mask */
	SOURCE_MATCH_NAME,
};

/**
 * struct source_match - the sources
 * @kind: which of the others counts
 * @mask: bits that are compared, of the family of @address
 * @address: what they have to be; others are 0
 * @scope: the interface counts, too: @address is the address of one source
 * @name: as configured
 */
struct source_match {
	enum source_match_kind kind;
	struct net_address mask;
	struct net_address address;
	bool scope;
	char name[SOURCE_NAME_MAX];
};

/* From text, "": all. 0, -EINVAL: it is none of these, and @error says why. */
int source_match_parse(const char *text, struct source_match *match, const char **error);

/*
 * The same for an address or a name alone: whoever leaves it out, or types a subnet, has made a
 * slip.
 */
int source_match_parse_one(const char *text, struct source_match *match, const char **error);

/*
 * The sources whose address has the bits of @mask in common with @address. A mask of another family
 * is as good as none: all bits count. But an IPv4 address that was written as an IPv6 one may have
 * a mask that was, too.
 */
void source_match_subnet(const struct net_address *mask, const struct net_address *address,
			 struct source_match *match);

/* Is the source of that name and address (AF_UNSPEC: it has none yet) one of them? */
bool source_match_has(const struct source_match *match, const char *name,
		      const struct net_address *address);

#endif /* SOURCES_SOURCE_MATCH_H */
