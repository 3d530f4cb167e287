// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose connection makes room where all places are taken.
 */
#include "user/nts/places.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "selftests/unit/unit.h"

#define PLACES	5

static struct net_address address_of(const char *text)
{
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;
	struct net_address address = { .family = family };

	if (inet_pton(family, text, address.bytes) != 1)
		abort();

	return address;
}

/* @owners of the places; the last one's is given up first. */
static int give_up(const char *const owners[PLACES], const char *newcomer)
{
	struct net_address address = address_of(newcomer);
	struct place places[PLACES];

	for (int i = 0; i < PLACES; i++)
		places[i] = (struct place){ address_of(owners[i]), 1000 - i };

	return places_give_up(places, PLACES, &address);
}

TEST(who_has_most_gives_up_the_oldest)
{
	static const char *const owners[PLACES] = {
		"10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.1", "10.0.0.2",
	};

	EXPECT_EQ(3, give_up(owners, "10.0.0.3"));
	EXPECT_EQ(3, give_up(owners, "a00:3::"));
}

TEST(who_has_a_place_gets_no_other_ones)
{
	static const char *const owners[PLACES] = {
		"10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.2",
	};

	EXPECT_EQ(-1, give_up(owners, "10.0.0.1"));
	EXPECT_EQ(-1, give_up(owners, "10.0.0.2"));
}

TEST(nobodys_only_place_is_given_away)
{
	static const char *const owners[PLACES] = {
		"10.0.0.1", "10.0.0.2", "10.0.0.3", "fd00::1", "fd00:0:0:1::1",
	};

	EXPECT_EQ(-1, give_up(owners, "10.0.0.4"));
}

TEST(addresses_of_one_network_are_one_client)
{
	static const char *const owners[PLACES] = {
		"fd00::1", "fd00::2", "10.0.0.1", "fd00::3", "10.0.0.2",
	};

	EXPECT_EQ(3, give_up(owners, "fd00:0:0:1::1"));
	EXPECT_EQ(-1, give_up(owners, "fd00::4"));
}

TEST_HARNESS_MAIN
