// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules are turned into ranges of addresses, in order and without overlap, so that a lookup is
 * a binary search however many rules there are. An address is a number: an IPv6 address, or an IPv4
 * address in the low bits.
 */
#include "server/access.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BITS_OF_BYTE	8

/* Of ::ffff:192.0.2.0/120, which is 192.0.2.0/24, so many bits are the other name. */
#define MAPPED_BITS	96

/**
 * struct access_range - addresses up to the next range's first
 * @first: of them
 * @allow: serve them
 */
struct access_range {
	unsigned __int128 first;
	bool allow;
};

/**
 * struct access_family - all addresses of a family
 * @ranges: in order; the first begins at 0
 * @count: how many
 */
struct access_family {
	struct access_range *ranges;
	size_t count;
};

struct access_table {
	struct access_family ipv4;
	struct access_family ipv6;
};

int access_bits(int family)
{
	return family == AF_INET6 ? 128 : 32;
}

/* --- rules from text --- */

/* "10.1": the dots say how long the prefix is. */
static bool complete_ipv4(const char *text, char *whole, size_t size, int *prefix)
{
	size_t length = strlen(text);
	static const char rest[] = ".0.0.0";
	int numbers = 1;

	if (!length || length + sizeof(rest) > size || text[length - 1] == '.' ||
	    text[0] == '.')
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '.')
			numbers++;
		else if (!isdigit((unsigned char)text[i]))
			return false;
	}
	if (numbers > 4)
		return false;
	*prefix = numbers * BITS_OF_BYTE;
	/* Two characters for each number that is missing. */
	snprintf(whole, size, "%s%s", text, rest + (size_t)2 * (size_t)(numbers - 1));

	return true;
}

/* Clear the bits beyond the prefix: "192.0.2.1/24" is the network of that address. */
static void clear_rest(struct net_address *network, int prefix)
{
	for (int bit = prefix; bit < access_bits(network->family); bit++)
		network->bytes[bit / BITS_OF_BYTE] &=
			(uint8_t)~(0x80 >> bit % BITS_OF_BYTE);
}

static int parse_prefix(const char *text, int *prefix)
{
	char *end;
	long value;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	value = strtol(text, &end, 10);
	if (*end != '\0')
		return -EINVAL;
	if (errno || value > access_bits(AF_INET6))
		return -ERANGE;
	*prefix = (int)value;

	return 0;
}

/*
 * The prefix of a network that was written as an IPv6 one and has become an IPv4 one. Where only a
 * part of the other name counts it is an IPv6 network still.
 */
static int unmap_prefix(struct net_address *network, int prefix)
{
	if (prefix >= MAPPED_BITS)
		return prefix - MAPPED_BITS;
	*network = (struct net_address){ .family = AF_INET6, .bytes = { [10] = 0xff, 0xff } };

	return prefix;
}

int access_rule_parse(const char *text, struct access_rule *rule)
{
	const char *slash = strchr(text, '/');
	char address[NET_ADDRESS_TEXT_MAX], whole[NET_ADDRESS_TEXT_MAX];
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	int prefix, longest = access_bits(AF_INET), err;

	rule->network = (struct net_address){ .family = AF_UNSPEC };
	rule->prefix = 0;
	if (!*text)
		return 0;
	if (length >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, length);
	address[length] = '\0';
	if (complete_ipv4(address, whole, sizeof(whole), &prefix)) {
		err = net_address_parse(whole, AF_INET, &rule->network);
	} else {
		err = net_address_parse(address, AF_INET6, &rule->network);
		longest = access_bits(AF_INET6);
		prefix = longest;
	}
	/* A network of an interface would need the interface at each look-up. */
	if (err || rule->network.scope)
		return -EINVAL;
	if (slash) {
		err = parse_prefix(slash + 1, &prefix);
		if (err)
			return err;
	}
	if (prefix > longest)
		return -ERANGE;
	if (longest != access_bits(rule->network.family))
		prefix = unmap_prefix(&rule->network, prefix);
	rule->prefix = prefix;
	clear_rest(&rule->network, prefix);

	return 0;
}

/* --- ranges from rules --- */

static unsigned __int128 number_of(const struct net_address *address)
{
	int bytes = access_bits(address->family) / BITS_OF_BYTE;
	unsigned __int128 number = 0;

	for (int i = 0; i < bytes; i++)
		number = number << BITS_OF_BYTE | address->bytes[i];

	return number;
}

static bool is_of_family(const struct access_rule *rule, int family)
{
	return rule->network.family == family || rule->network.family == AF_UNSPEC;
}

/* The first address of the rule's network, and the first beyond it; 0 where there is none. */
static unsigned __int128 rule_first(const struct access_rule *rule)
{
	return rule->network.family == AF_UNSPEC ? 0 : number_of(&rule->network);
}

static unsigned __int128 rule_end(const struct access_rule *rule, int family)
{
	int free_bits = access_bits(family) - rule->prefix;

	/* The whole IPv6 space: 2^128 does not fit, and is no boundary. */
	if (free_bits == access_bits(AF_INET6))
		return 0;

	return rule_first(rule) + ((unsigned __int128)1 << free_bits);
}

static bool rule_contains(const struct access_rule *rule, int family, unsigned __int128 number)
{
	int free_bits = access_bits(family) - rule->prefix;

	return free_bits == access_bits(AF_INET6) ||
	       number >> free_bits == rule_first(rule) >> free_bits;
}

/* Does @rule stand after a rule with "all" whose network contains its own? */
static bool is_forgotten(const struct access_rule *rules, size_t count, size_t index, int family)
{
	for (size_t i = index + 1; i < count; i++) {
		if (rules[i].all && is_of_family(&rules[i], family) &&
		    rules[i].prefix <= rules[index].prefix &&
		    rule_contains(&rules[i], family, rule_first(&rules[index])))
			return true;
	}

	return false;
}

bool access_rule_counts(const struct access_rule *rules, size_t count, size_t index, int family)
{
	return is_of_family(&rules[index], family) && !is_forgotten(rules, count, index, family);
}

/* Does a rule that comes later leave nothing of @rule? */
static bool is_replaced(const struct access_rule *rule, const struct access_rule *later)
{
	int family = rule->network.family;

	if (later->all && (later->network.family == AF_UNSPEC ||
			   (later->network.family == family && later->prefix <= rule->prefix &&
			    rule_contains(later, family, rule_first(rule)))))
		return true;

	/* One with "all" has made others forgotten, which another one would not. */
	return !rule->all && later->prefix == rule->prefix &&
	       net_address_equal(&later->network, &rule->network);
}

struct access_rule *access_rules_with(const struct access_rule *rules, size_t *count,
				      const struct access_rule *rule)
{
	struct access_rule *with = calloc(*count + 1, sizeof(*with));
	size_t kept = 0;

	if (!with)
		return NULL;
	for (size_t i = 0; i < *count; i++) {
		if (!is_replaced(&rules[i], rule))
			with[kept++] = rules[i];
	}
	with[kept++] = *rule;
	*count = kept;

	return with;
}

/* In the order of their beginnings, and what contains others, or counts for less, before these. */
static int compare_rules(const void *one, const void *other)
{
	const struct access_rule *a = *(const struct access_rule *const *)one;
	const struct access_rule *b = *(const struct access_rule *const *)other;
	unsigned __int128 first_a = rule_first(a), first_b = rule_first(b);

	if (first_a != first_b)
		return first_a < first_b ? -1 : 1;
	if (a->prefix != b->prefix)
		return a->prefix - b->prefix;

	/* Of equal networks the last one counts. */
	return a < b ? -1 : a > b;
}

/* From @first on, in place of what was said of it before. Neighbours that are alike are one. */
static void begin_range(struct access_family *ranges, unsigned __int128 first, bool allow)
{
	if (ranges->count && ranges->ranges[ranges->count - 1].first == first)
		ranges->count--;
	if (!ranges->count || ranges->ranges[ranges->count - 1].allow != allow)
		ranges->ranges[ranges->count++] = (struct access_range){ first, allow };
}

/**
 * struct sweep - a walk through all addresses of a family
 * @family: that
 * @ranges: so far
 * @around: rules whose networks contain the address that is reached, each within those before ...
 * @depth: ... so many
 */
struct sweep {
	int family;
	struct access_family *ranges;
	const struct access_rule **around;
	size_t depth;
};

/* Walk to the end of the innermost network, if that is before @next. */
static bool leave(struct sweep *sweep, unsigned __int128 next)
{
	unsigned __int128 end;

	if (!sweep->depth)
		return false;
	end = rule_end(sweep->around[sweep->depth - 1], sweep->family);
	if (!end || end > next)
		return false;
	sweep->depth--;
	begin_range(sweep->ranges, end,
		    sweep->depth && sweep->around[sweep->depth - 1]->allow);

	return true;
}

/* Networks are apart from each other, or one within the other: the innermost one decides. */
static void walk(struct sweep *sweep, const struct access_rule **sorted, size_t count)
{
	begin_range(sweep->ranges, 0, false);
	for (size_t i = 0; i < count; i++) {
		while (leave(sweep, rule_first(sorted[i])))
			;
		sweep->around[sweep->depth++] = sorted[i];
		begin_range(sweep->ranges, rule_first(sorted[i]), sorted[i]->allow);
	}
	while (leave(sweep, ~(unsigned __int128)0))
		;
}

static bool build(struct access_family *ranges, const struct access_rule *rules, size_t count,
		  int family)
{
	const struct access_rule **sorted = calloc(count + 1, sizeof(*sorted));
	struct sweep sweep = {
		.family = family,
		.ranges = ranges,
		.around = calloc(count + 1, sizeof(*sweep.around)),
	};
	size_t sorted_count = 0;
	bool built;

	/* Only where a network begins or ends can an answer change. */
	ranges->ranges = calloc(2 * count + 1, sizeof(*ranges->ranges));
	built = sorted && sweep.around && ranges->ranges;
	for (size_t i = 0; built && i < count; i++) {
		if (access_rule_counts(rules, count, i, family))
			sorted[sorted_count++] = &rules[i];
	}
	if (built) {
		qsort(sorted, sorted_count, sizeof(*sorted), compare_rules);
		walk(&sweep, sorted, sorted_count);
	}
	free(sorted);
	free(sweep.around);

	return built;
}

struct access_table *access_table_new(const struct access_rule *rules, size_t count)
{
	struct access_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	if (!build(&table->ipv4, rules, count, AF_INET) ||
	    !build(&table->ipv6, rules, count, AF_INET6)) {
		access_table_free(table);
		return NULL;
	}

	return table;
}

void access_table_free(struct access_table *table)
{
	if (!table)
		return;
	free(table->ipv4.ranges);
	free(table->ipv6.ranges);
	free(table);
}

bool access_table_allows(const struct access_table *table, const struct net_address *address)
{
	const struct access_family *ranges = address->family == AF_INET6 ? &table->ipv6 :
									   &table->ipv4;
	unsigned __int128 number = number_of(address);
	size_t low = 0, high = ranges->count;

	/* ranges[low] begins at @number or before it, ranges[high] after it. */
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (ranges->ranges[middle].first <= number)
			low = middle;
		else
			high = middle;
	}

	return ranges->ranges[low].allow;
}
