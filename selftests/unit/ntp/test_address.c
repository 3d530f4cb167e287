// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses from text and back, and a name looked up in a process of its own.
 */
#include "user/ntp/address.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/sources/resolver.h"

/* The kernel lets interfaces have any name without blanks, colons and slashes. */
#define HOSTILE_INTERFACE	7777

char *__wrap_if_indextoname(unsigned int number, char *name)
{
	if (number == HOSTILE_INTERFACE)
		return strcpy(name, "\xe4\033[2J\"");
	return __real_if_indextoname(number, name);
}

static const struct {
	const char *text;
	int family;
	int expected;
	const char *back;
} texts[] = {
	{ "192.0.2.1", AF_UNSPEC, 0, "192.0.2.1" },
	{ "192.0.2.1", AF_INET, 0, "192.0.2.1" },
	{ "192.0.2.1", AF_INET6, -EINVAL, "" },
	{ "2001:db8::1", AF_UNSPEC, 0, "2001:db8::1" },
	{ "2001:db8::1", AF_INET6, 0, "2001:db8::1" },
	{ "2001:db8::1", AF_INET, -EINVAL, "" },
	{ "2001:DB8:0:0::1", AF_UNSPEC, 0, "2001:db8::1" },
	{ "::ffff:192.0.2.1", AF_UNSPEC, 0, "192.0.2.1" },
	{ "::ffff:c000:201", AF_INET6, 0, "192.0.2.1" },
	{ "::ffff:192.0.2.1%lo", AF_UNSPEC, 0, "192.0.2.1" },
	{ "::192.0.2.1", AF_UNSPEC, 0, "::192.0.2.1" },
	{ "fe80::1%lo", AF_UNSPEC, 0, "fe80::1%lo" },
	{ "fe80::1%1", AF_UNSPEC, 0, "fe80::1%lo" },
	{ "fe80::1%no-such-device", AF_UNSPEC, -ENODEV, "" },
	{ "fe80::1%", AF_UNSPEC, -ENODEV, "" },
	{ "ntp.example.net", AF_UNSPEC, -EINVAL, "" },
	{ "", AF_UNSPEC, -EINVAL, "" },
	{ "192.0.2", AF_UNSPEC, -EINVAL, "" },
	{ "192.0.2.1.5", AF_UNSPEC, -EINVAL, "" },
	{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb", AF_UNSPEC, -EINVAL, "" },
};

TEST(text_and_back)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char text[NET_ADDRESS_TEXT_MAX];
		struct net_address address;

		ASSERT_EQ(texts[i].expected,
			  net_address_parse(texts[i].text, texts[i].family, &address))
			TH_LOG("%s", texts[i].text);
		if (texts[i].expected)
			continue;
		net_address_format(&address, text);
		EXPECT_STREQ(texts[i].back, text);
	}
}

TEST(socket_addresses_and_back)
{
	static const char *const addresses[] = { "192.0.2.1", "2001:db8::1", "fe80::1%lo" };

	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		struct net_address address, back;
		struct sockaddr_storage to;
		socklen_t length;

		ASSERT_EQ(0, net_address_parse(addresses[i], AF_UNSPEC, &address));
		length = net_address_to_sockaddr(&address, 123, &to);
		ASSERT_NE(0, length);
		ASSERT_EQ(0, net_address_from_sockaddr((struct sockaddr *)&to, length, &back));
		EXPECT_TRUE(net_address_equal(&address, &back));
		EXPECT_EQ(-EAFNOSUPPORT,
			  net_address_from_sockaddr((struct sockaddr *)&to, length - 1, &back));
	}
}

/* As a name server may give it beside the plain one. */
TEST(an_ipv4_address_has_one_form)
{
	struct sockaddr_in6 mapped = { .sin6_family = AF_INET6, .sin6_scope_id = 1 };
	struct net_address plain, address;

	ASSERT_EQ(0, net_address_parse("192.0.2.1", AF_UNSPEC, &plain));
	mapped.sin6_addr.s6_addr[10] = 0xff;
	mapped.sin6_addr.s6_addr[11] = 0xff;
	memcpy(&mapped.sin6_addr.s6_addr[12], plain.bytes, 4);
	ASSERT_EQ(0, net_address_from_sockaddr((struct sockaddr *)&mapped, sizeof(mapped),
					       &address));
	EXPECT_TRUE(net_address_equal(&plain, &address));
}

/* On its way to a terminal, to the journal and into JSON. */
TEST(an_interface_that_cannot_be_printed_is_a_number)
{
	struct net_address address, back;
	char text[NET_ADDRESS_TEXT_MAX];

	ASSERT_EQ(0, net_address_parse("fe80::1%7777", AF_UNSPEC, &address));
	net_address_format(&address, text);
	EXPECT_STREQ("fe80::1%7777", text);
	ASSERT_EQ(0, net_address_parse(text, AF_UNSPEC, &back));
	EXPECT_TRUE(net_address_equal(&address, &back));
}

TEST(no_address)
{
	struct net_address none = { .family = AF_UNSPEC };
	char text[NET_ADDRESS_TEXT_MAX];
	struct sockaddr_storage to;

	net_address_format(&none, text);
	EXPECT_STREQ("", text);
	EXPECT_EQ(0, net_address_to_sockaddr(&none, 123, &to));
}

/* The result of looking @name up, within so many ms. */
static int look_up(const char *name, int family, struct net_address *addresses,
		   const char **problem)
{
	struct resolver resolver = { .fd = -1 };
	struct pollfd poll_fd;
	int result;

	result = resolver_start(&resolver, name, family, 0);
	if (result < 0)
		return result;
	poll_fd = (struct pollfd) { .fd = resolver.fd, .events = POLLIN };
	poll(&poll_fd, 1, 30000);
	result = resolver_finish(&resolver, 0, addresses, problem);
	if (result == -EAGAIN)
		resolver_cancel(&resolver);
	return resolver.fd == -1 ? result : -EBUSY;
}

TEST(a_name_is_looked_up)
{
	struct net_address addresses[RESOLVER_ADDRESSES_MAX];
	const char *problem;
	char text[NET_ADDRESS_TEXT_MAX];
	int count;

	count = look_up("localhost", AF_INET, addresses, &problem);
	if (count < 0)
		SKIP(return, "localhost has no address here: %s", problem);
	ASSERT_LE(1, count);
	net_address_format(&addresses[0], text);
	EXPECT_STREQ("127.0.0.1", text);
	EXPECT_STREQ("", problem);
	/* Nothing is left behind. */
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
	EXPECT_EQ(ECHILD, errno);
}

TEST(a_name_that_does_not_exist)
{
	struct net_address addresses[RESOLVER_ADDRESSES_MAX];
	const char *problem = "";

	EXPECT_GT(0, look_up("no-such-host.invalid", AF_UNSPEC, addresses, &problem));
	EXPECT_NE(0, strlen(problem));
}

TEST(a_look_up_ends)
{
	struct net_address addresses[RESOLVER_ADDRESSES_MAX];
	struct resolver resolver = { .fd = -1 };
	const char *problem = "";
	int ends[2];

	/* One that never answers: a pipe that nobody writes to, and a process that sleeps. */
	ASSERT_EQ(0, pipe2(ends, O_NONBLOCK));
	resolver.fd = ends[0];
	resolver.deadline_ns = 1000;
	resolver.pid = fork();
	if (resolver.pid == 0) {
		pause();
		abort();
	}
	EXPECT_EQ(-EAGAIN, resolver_finish(&resolver, 999, addresses, &problem));
	EXPECT_EQ(-ETIMEDOUT, resolver_finish(&resolver, 1000, addresses, &problem));
	EXPECT_EQ(-1, resolver.fd);
	EXPECT_NE(0, strlen(problem));
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
	close(ends[1]);
}

TEST(a_process_that_dies_is_noticed)
{
	struct net_address addresses[RESOLVER_ADDRESSES_MAX];
	struct resolver resolver = { .fd = -1 };
	const char *problem = "";
	struct pollfd poll_fd;

	ASSERT_EQ(0, resolver_start(&resolver, "no-such-host.invalid", AF_UNSPEC, 0));
	kill(resolver.pid, SIGKILL);
	poll_fd = (struct pollfd) { .fd = resolver.fd, .events = POLLIN };
	ASSERT_EQ(1, poll(&poll_fd, 1, 10000));
	/* It may have been quicker. */
	EXPECT_GT(0, resolver_finish(&resolver, 0, addresses, &problem));
	EXPECT_EQ(-1, resolver.fd);
}

TEST(link_local_addresses_have_an_interface)
{
	static const struct {
		const char *text;
		bool lacks;
	} cases[] = {
		{ "fe80::1", true }, { "febf::1", true }, { "fe80::1%lo", false },
		{ "fec0::1", false }, { "2001:db8::1", false }, { "::1", false },
		{ "169.254.0.1", false },
	};
	struct net_address address;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_EQ(0, net_address_parse(cases[i].text, AF_UNSPEC, &address));
		EXPECT_EQ(cases[i].lacks, net_address_lacks_scope(&address))
			TH_LOG("%s", cases[i].text);
	}
}

TEST_HARNESS_MAIN
