// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was sent to many, and by which interface an answer leaves: the one of the request only where
 * the address says nothing elsewhere.
 */
#include "ntp/way_back.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "selftests/unit/unit.h"

#define ASKED_ON	7

union room {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/* The interface that an answer to @client leaves by; 0: any. */
static int interface_v4(const char *client)
{
	struct in_pktinfo info = { .ipi_ifindex = ASKED_ON };
	union room room = { .header = { .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO } };
	struct sockaddr_storage sender = { .ss_family = AF_INET };

	inet_pton(AF_INET, client, &((struct sockaddr_in *)&sender)->sin_addr);
	info.ipi_spec_dst.s_addr = htonl(0xc0000201);
	memcpy(CMSG_DATA(&room.header), &info, sizeof(info));
	way_back_choose(&room.header, &sender);
	memcpy(&info, CMSG_DATA(&room.header), sizeof(info));

	return info.ipi_spec_dst.s_addr == htonl(0xc0000201) ? info.ipi_ifindex : -1;
}

/* The same where @asked is the address of ours. */
static unsigned int interface_v6(const char *asked)
{
	struct in6_pktinfo info = { .ipi6_ifindex = ASKED_ON };
	union room room = { .header = { .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO } };
	const struct sockaddr_storage sender = { .ss_family = AF_INET6 };

	inet_pton(AF_INET6, asked, &info.ipi6_addr);
	memcpy(CMSG_DATA(&room.header), &info, sizeof(info));
	way_back_choose(&room.header, &sender);
	memcpy(&info, CMSG_DATA(&room.header), sizeof(info));

	return info.ipi6_ifindex;
}

static bool is_of_many_v4(in_addr_t asked, in_addr_t ours)
{
	struct in_pktinfo info = { .ipi_addr.s_addr = asked, .ipi_spec_dst.s_addr = ours };
	union room room = { .header = { .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO } };

	memcpy(CMSG_DATA(&room.header), &info, sizeof(info));

	return way_back_is_of_many(&room.header);
}

static bool is_of_many_v6(const char *asked)
{
	struct in6_pktinfo info = { .ipi6_ifindex = ASKED_ON };
	union room room = { .header = { .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO } };

	inet_pton(AF_INET6, asked, &info.ipi6_addr);
	memcpy(CMSG_DATA(&room.header), &info, sizeof(info));

	return way_back_is_of_many(&room.header);
}

/* After a timestamp, as a server's requests come with one. */
TEST(what_the_kernel_says_is_found)
{
	union {
		struct cmsghdr header;
		char bytes[2 * CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET } };
	struct msghdr request = { .msg_control = &control,
				  .msg_controllen = CMSG_SPACE(sizeof(int)) };
	struct cmsghdr *info = (struct cmsghdr *)(control.bytes + CMSG_SPACE(sizeof(int)));

	EXPECT_EQ(NULL, way_back_find(&request));
	request.msg_controllen = sizeof(control);
	*info = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo)),
				  .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO };
	EXPECT_EQ(info, way_back_find(&request));
	*info = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(struct in6_pktinfo)),
				  .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO };
	EXPECT_EQ(info, way_back_find(&request));
}

TEST(what_was_sent_to_many_is_known)
{
	EXPECT_FALSE(is_of_many_v4(htonl(0xc0000201), htonl(0xc0000201)));
	EXPECT_TRUE(is_of_many_v4(htonl(0xc00002ff), htonl(0xc0000201)));
	EXPECT_TRUE(is_of_many_v4(htonl(0xe0000101), htonl(0xc0000201)));
	EXPECT_FALSE(is_of_many_v6("2001:db8::1"));
	EXPECT_TRUE(is_of_many_v6("ff02::1"));
}

TEST(who_is_on_a_link_is_answered_on_it)
{
	EXPECT_EQ(ASKED_ON, interface_v4("169.254.0.1"));
	EXPECT_EQ(ASKED_ON, interface_v4("169.254.255.254"));
	EXPECT_EQ(ASKED_ON, interface_v6("fe80::1"));
}

TEST(others_are_answered_by_any_way)
{
	EXPECT_EQ(0, interface_v4("169.253.255.255"));
	EXPECT_EQ(0, interface_v4("169.255.0.0"));
	EXPECT_EQ(0, interface_v4("192.0.2.9"));
	EXPECT_EQ(0, interface_v6("2001:db8::1"));
}

TEST_HARNESS_MAIN
