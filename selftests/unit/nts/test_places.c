// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose connection makes room where all places are taken.
 */
#include "user/nts/places.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "selftests/unit/unit.h"

#define PLACES	5
#define NOW_MS	500

static struct net_address address_of(const char *text)
{
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;
	struct net_address address = { .family = family };

	if (inet_pton(family, text, address.bytes) != 1)
		abort();

	return address;
}

/* Of @owners; the last one is given up first. All get on. */
static void fill(struct place places[PLACES], const char *const owners[PLACES])
{
	for (int i = 0; i < PLACES; i++)
		places[i] = (struct place){
			.address = address_of(owners[i]),
			.deadline_ms = 1000 - i,
			.yields_ms = NOW_MS + 1 + i,
		};
}

static int give_up(const char *const owners[PLACES], const char *newcomer)
{
	struct net_address address = address_of(newcomer);
	struct place places[PLACES];

	fill(places, owners);

	return places_give_up(places, PLACES, &address, NOW_MS);
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

/* With the address of another one, or of many: who is silent is in the way of all of them. */
TEST(who_does_not_get_on_yields_to_anybody)
{
	static const char *const owners[PLACES] = {
		"10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4",
	};
	struct net_address stranger = address_of("10.0.0.5"), neighbour = address_of("10.0.0.1");
	struct place places[PLACES];

	fill(places, owners);
	places[3].yields_ms = NOW_MS;
	EXPECT_EQ(3, places_give_up(places, PLACES, &stranger, NOW_MS));
	EXPECT_EQ(3, places_give_up(places, PLACES, &neighbour, NOW_MS));
	places[4].yields_ms = NOW_MS - 1;
	EXPECT_EQ(4, places_give_up(places, PLACES, &stranger, NOW_MS));
	EXPECT_EQ(1, places_give_up(places, PLACES, &stranger, NOW_MS - 2));
}

TEST(nobody_is_asked_in_before_there_is_a_place)
{
	static const char *const others[PLACES] = {
		"10.0.0.1", "10.0.0.2", "10.0.0.3", "fd00::1", "fd00:0:0:1::1",
	};
	static const char *const twice[PLACES] = {
		"10.0.0.1", "10.0.0.2", "10.0.0.3", "fd00::1", "fd00::2",
	};
	struct place places[PLACES];

	fill(places, others);
	places[2].yields_ms = NOW_MS - 7;
	EXPECT_EQ(NOW_MS - 7, places_open_ms(places, PLACES, NOW_MS));
	EXPECT_EQ(NOW_MS - 7, places_open_ms(places, PLACES, NOW_MS - 9));
	fill(places, twice);
	EXPECT_EQ(NOW_MS, places_open_ms(places, PLACES, NOW_MS));
}

TEST_HARNESS_MAIN
