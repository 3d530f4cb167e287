// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines of networks as rules of access: what is accepted is a network, and all look-ups end.
 */
#include "user/server/access.h"

#include "fuzz.h"

#define RULES	16

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct access_rule rules[RULES];
	struct net_address address = { .family = AF_INET6 };
	struct access_table *table;
	char line[64];
	size_t count = 0, length = 0;

	for (size_t i = 0; i < size && count < RULES; i++) {
		if (data[i] != '\n' && length < sizeof(line) - 1) {
			line[length++] = (char)data[i];
			continue;
		}
		line[length] = '\0';
		rules[count] = (struct access_rule){ .allow = length & 1, .all = length & 2 };
		if (!access_rule_parse(line, &rules[count])) {
			FUZZ_CHECK(rules[count].prefix >= 0 && rules[count].prefix <= 128);
			count++;
		}
		length = 0;
	}
	table = access_table_new(rules, count);
	FUZZ_CHECK(table);
	for (size_t i = 0; i < count; i++) {
		address = rules[i].network;
		if (address.family != AF_UNSPEC)
			(void)access_table_allows(table, &address);
		for (int byte = 0; byte < 16; byte++)
			address.bytes[byte] = (uint8_t)~address.bytes[byte];
		if (address.family != AF_UNSPEC)
			(void)access_table_allows(table, &address);
	}
	access_table_free(table);

	return 0;
}
