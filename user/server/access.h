/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is served: chrony's `allow` and `deny`. Of the rules whose network contains an address the
 * one with the longest prefix decides, and without one nobody is served. Pure.
 */
#ifndef SERVER_ACCESS_H
#define SERVER_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp/address.h"

/**
 * struct access_rule - one directive
 * @network: AF_UNSPEC: all addresses of both families
 * @prefix: leading bits of @network that count; the others are 0
 * @allow: serve, or refuse
 * @all: forget earlier rules for parts of this network
 */
struct access_rule {
	struct net_address network;
	int prefix;
	bool allow;
	bool all;
};

/* The number of bits of an address of @family. */
int access_bits(int family);

/**
 * access_rule_parse() - a network as chrony.conf has it
 * @text: "192.0.2.1", "192.0.2.0/24", "192.0.2" (a prefix of 24 bits), "2001:db8::/32",
 *	"::ffff:192.0.2.0/120" (which is "192.0.2.0/24"); an empty one is everybody
 * @rule: its network and prefix are set
 *
 * Return: 0, -EINVAL: not such a text (it may be a name), -ERANGE: a prefix that is too long.
 */
int access_rule_parse(const char *text, struct access_rule *rule);

/*
 * Does @rules[@index] count for addresses of @family, or does it concern others, or did a later one
 * with "all" make it forgotten? Of those that count with one network and prefix the last decides.
 */
bool access_rule_counts(const struct access_rule *rules, size_t count, size_t index, int family);

/*
 * A copy of @count rules with one more, and without those that count for nothing then: *@count is
 * how many are left. To be freed. NULL: no memory.
 */
struct access_rule *access_rules_with(const struct access_rule *rules, size_t *count,
				      const struct access_rule *rule);

struct access_table;

/* Of rules in the order of the configuration. NULL: no memory. */
struct access_table *access_table_new(const struct access_rule *rules, size_t count);
void access_table_free(struct access_table *table);

/* Is that address served? */
bool access_table_allows(const struct access_table *table, const struct net_address *address);

#endif /* SERVER_ACCESS_H */
