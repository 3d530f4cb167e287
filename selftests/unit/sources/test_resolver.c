// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is kept of a name that has more addresses than there is room for. The system's resolver is
 * this file's.
 */
#include "user/sources/resolver.h"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"

#define LISTED_MAX	64

/* How many addresses of each family the name has, those of IPv6 first, and how often each. */
static int listed_v6, listed_v4, listed_times = 1;

int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
		       struct addrinfo **list)
{
	static struct sockaddr_in6 v6[LISTED_MAX];
	static struct sockaddr_in v4[LISTED_MAX];
	static struct addrinfo infos[2 * LISTED_MAX];
	int count = 0, i;

	for (i = 0; i < listed_v6; i++, count++) {
		v6[i] = (struct sockaddr_in6){ .sin6_family = AF_INET6 };
		v6[i].sin6_addr.s6_addr[15] = (uint8_t)(i / listed_times + 1);
		infos[count] = (struct addrinfo){ .ai_family = AF_INET6,
						  .ai_addr = (struct sockaddr *)&v6[i],
						  .ai_addrlen = sizeof(v6[i]) };
	}
	for (i = 0; i < listed_v4; i++, count++) {
		v4[i] = (struct sockaddr_in){ .sin_family = AF_INET };
		v4[i].sin_addr.s_addr = htonl(0xc0000200u + (uint32_t)(i / listed_times));
		infos[count] = (struct addrinfo){ .ai_family = AF_INET,
						  .ai_addr = (struct sockaddr *)&v4[i],
						  .ai_addrlen = sizeof(v4[i]) };
	}
	for (i = 1; i < count; i++)
		infos[i - 1].ai_next = &infos[i];
	*list = count ? infos : NULL;
	return count ? 0 : EAI_NONAME;
}

void __wrap_freeaddrinfo(struct addrinfo *list)
{
	(void)list;
}

/* How many addresses are kept, and how many of them are of IPv6, which come first. */
static int look_up(int *kept_v6)
{
	struct net_address addresses[RESOLVER_ADDRESSES_MAX];
	struct resolver resolver = { .fd = -1 };
	const char *problem;
	struct pollfd fd;
	int count, i;

	if (resolver_start(&resolver, "pool.example", AF_UNSPEC, 0))
		return -1;
	fd = (struct pollfd){ .fd = resolver.fd, .events = POLLIN };
	poll(&fd, 1, 10000);
	count = resolver_finish(&resolver, 0, addresses, &problem);
	*kept_v6 = 0;
	for (i = 0; i < count; i++) {
		if (addresses[i].family != AF_INET6)
			continue;
		/* In their order. */
		if (*kept_v6 != i)
			return -1;
		++*kept_v6;
	}
	return count;
}

/* The kernel may have no route to a whole family, and only trying shows that nobody answers. */
TEST(neither_family_displaces_the_other)
{
	static const struct {
		int v6, v4, kept_v6, kept_v4;
	} cases[] = {
		{ 1, 0, 1, 0 }, { 20, 0, 16, 0 }, { 0, 20, 0, 16 }, { 4, 4, 4, 4 },
		{ 20, 1, 15, 1 }, { 20, 8, 8, 8 }, { 20, 20, 8, 8 }, { 3, 30, 3, 13 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int kept_v6 = 0, count;

		listed_v6 = cases[i].v6;
		listed_v4 = cases[i].v4;
		count = look_up(&kept_v6);
		EXPECT_EQ(cases[i].kept_v6 + cases[i].kept_v4, count) TH_LOG("case %zu", i);
		EXPECT_EQ(cases[i].kept_v6, kept_v6) TH_LOG("case %zu", i);
	}
}

/* As from a file of hosts with several lines for it. */
TEST(address_that_is_listed_twice_is_kept_once)
{
	int kept_v6 = 0;

	listed_v6 = 40;
	listed_v4 = 3;
	listed_times = 4;
	EXPECT_EQ(11, look_up(&kept_v6));
	EXPECT_EQ(10, kept_v6);
	listed_times = 1;
}

TEST(name_without_an_address_is_told)
{
	int kept_v6;

	listed_v6 = 0;
	listed_v4 = 0;
	EXPECT_EQ(-ENOENT, look_up(&kept_v6));
}

TEST_HARNESS_MAIN
