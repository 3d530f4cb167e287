// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses as reference ids: those that other NTP programs make of them.
 */
#include "user/ntp/refid.h"

#include "selftests/unit/unit.h"

TEST(reference_ids)
{
	static const struct {
		const char *address;
		uint32_t refid;
	} rows[] = {
		{ "192.0.2.1", 0xc0000201 },
		{ "::ffff:192.0.2.1", 0xc0000201 },
		/* The first bytes of what md5sum says of the 16. */
		{ "2001:db8::1", 0x39ab9b37 },
		{ "fd00::1", 0x3f697da5 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct net_address address;

		ASSERT_EQ(0, net_address_parse(rows[i].address, AF_UNSPEC, &address));
		EXPECT_EQ(rows[i].refid, net_address_refid(&address)) TH_LOG("%s", rows[i].address);
	}
}

TEST(none_of_no_address)
{
	const struct net_address none = { .family = AF_UNSPEC };

	EXPECT_EQ(0, net_address_refid(&none));
}

TEST_HARNESS_MAIN
