// SPDX-License-Identifier: GPL-2.0-only
/*
 * Masks and names of sources.
 */
#include "sources/source_match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static size_t address_size(const struct net_address *address)
{
	return address->family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

static void make_mask(const struct net_address *address, unsigned int bits,
		      struct net_address *mask)
{
	*mask = (struct net_address){ .family = address->family };
	for (size_t i = 0; i < address_size(address) && bits; i++) {
		unsigned int here = bits < 8 ? bits : 8;

		mask->bytes[i] = (uint8_t)(0xff << (8 - here));
		bits -= here;
	}
}

/* The number of bits of a mask. -EINVAL: it is no number, or too great for the family. */
static int parse_bits(const char *text, const struct net_address *address)
{
	unsigned long bits;

	if (!*text || strlen(text) > 3 || strspn(text, "0123456789") != strlen(text))
		return -EINVAL;
	bits = strtoul(text, NULL, 10);

	return bits <= 8 * address_size(address) ? (int)bits : -EINVAL;
}

/*
 * An IPv4 address that was written as an IPv6 one has become an IPv4 one, and so has its prefix. A
 * shorter prefix is of other addresses, which no source has.
 */
static int parse_mapped_bits(const char *text, const struct net_address *address)
{
	static const struct net_address ipv6 = { .family = AF_INET6 };
	int more = (int)(address_size(&ipv6) - address_size(address)) * 8;
	int bits = parse_bits(text, &ipv6);

	return bits < more ? -EINVAL : bits - more;
}

/* The same of a mask of all 128 bits, in its place. Another one stays. */
static void unmap_mask(struct net_address *mask)
{
	const size_t more = sizeof(struct in6_addr) - sizeof(struct in_addr);
	struct net_address ipv4 = { .family = AF_INET };

	for (size_t i = 0; i < more; i++) {
		if (mask->bytes[i] != 0xff)
			return;
	}
	memcpy(ipv4.bytes, mask->bytes + more, sizeof(struct in_addr));
	*mask = ipv4;
}

void source_match_subnet(const struct net_address *mask, const struct net_address *address,
			 struct source_match *match)
{
	*match = (struct source_match){
		.kind = SOURCE_MATCH_SUBNET,
		.mask = *mask,
		.address = *address,
	};
	if (address->family == AF_INET && mask->family == AF_INET6)
		unmap_mask(&match->mask);
	if (match->mask.family != address->family)
		make_mask(address, (unsigned int)(8 * address_size(address)), &match->mask);
	for (size_t i = 0; i < sizeof(match->mask.bytes); i++)
		match->address.bytes[i] &= match->mask.bytes[i];
}

/* @before and @after are what stands before and after the slash. */
static int parse_subnet(const char *before, const char *after, struct source_match *match)
{
	struct net_address *address = &match->address, *mask = &match->mask;
	int bits;

	if (net_address_parse(before, AF_UNSPEC, mask) < 0)
		return -EINVAL;
	if (!net_address_parse(after, mask->family, address)) {
		if (mask->family != address->family || mask->scope || address->scope)
			return -EINVAL;
	} else {
		*address = *mask;
		bits = mask->family == AF_INET && strchr(before, ':') ?
		       parse_mapped_bits(after, address) : parse_bits(after, address);
		if (bits < 0 || address->scope)
			return -EINVAL;
		make_mask(address, (unsigned int)bits, mask);
	}
	for (size_t i = 0; i < sizeof(mask->bytes); i++)
		address->bytes[i] &= mask->bytes[i];

	return 0;
}

/* @slash: in @text. */
static int match_subnet(const char *text, const char *slash, struct source_match *match)
{
	char before[NET_ADDRESS_TEXT_MAX];
	size_t length = (size_t)(slash - text);

	if (length >= sizeof(before))
		return -EINVAL;
	memcpy(before, text, length);
	before[length] = '\0';
	match->kind = SOURCE_MATCH_SUBNET;

	return parse_subnet(before, slash + 1, match);
}

/* An address that has been parsed: the network of one. */
static void match_address(struct source_match *match)
{
	match->kind = SOURCE_MATCH_SUBNET;
	match->scope = true;
	make_mask(&match->address, (unsigned int)(8 * address_size(&match->address)),
		  &match->mask);
}

static int match_name(const char *text, struct source_match *match)
{
	size_t length = strlen(text);

	if (length >= sizeof(match->name))
		return -EINVAL;
	match->kind = SOURCE_MATCH_NAME;
	memcpy(match->name, text, length + 1);

	return 0;
}

int source_match_parse(const char *text, struct source_match *match, const char **error)
{
	const char *slash = strchr(text, '/');

	memset(match, 0, sizeof(*match));
	if (!*text)
		return 0;
	if (slash) {
		*error = "MASK/ADDRESS or ADDRESS/BITS was expected, as 2001:db8::/32";
		return match_subnet(text, slash, match);
	}

	if (!net_address_parse(text, AF_UNSPEC, &match->address)) {
		match_address(match);
		return 0;
	}

	/* One whose interface does not exist, too: it may be how a source was named. */
	*error = "the name is too long";
	return match_name(text, match);
}

int source_match_parse_one(const char *text, struct source_match *match, const char **error)
{
	if (source_match_parse(text, match, error))
		return -EINVAL;
	*error = "the address or the name of a time source was expected";

	return match->kind == SOURCE_MATCH_ALL ||
	       (match->kind == SOURCE_MATCH_SUBNET && !match->scope) ? -EINVAL : 0;
}

static bool is_in_subnet(const struct source_match *match, const struct net_address *address)
{
	if (address->family != match->address.family ||
	    (match->scope && address->scope != match->address.scope))
		return false;
	for (size_t i = 0; i < sizeof(address->bytes); i++) {
		if ((address->bytes[i] & match->mask.bytes[i]) != match->address.bytes[i])
			return false;
	}

	return true;
}

bool source_match_has(const struct source_match *match, const char *name,
		      const struct net_address *address)
{
	switch (match->kind) {
	case SOURCE_MATCH_ALL:
		return true;
	case SOURCE_MATCH_SUBNET:
		return is_in_subnet(match, address);
	case SOURCE_MATCH_NAME:
		return !strcasecmp(match->name, name);
	}

	return false;
}
