// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packet information of both families (ip(7), ipv6(7)).
 */
#include "ntp/way_back.h"

#include <netinet/in.h>
#include <string.h>

#include "lib/control_message.h"

struct cmsghdr *way_back_find(const struct msghdr *request)
{
	for (struct cmsghdr *h = control_message_first(request); h;
	     h = control_message_next(request, h)) {
		if ((h->cmsg_level == IPPROTO_IP && h->cmsg_type == IP_PKTINFO) ||
		    (h->cmsg_level == IPPROTO_IPV6 && h->cmsg_type == IPV6_PKTINFO))
			return h;
	}

	return NULL;
}

/*
 * Of a packet to a broadcast or multicast address the kernel says from which address of ours an
 * answer would leave, and that is another one (ip(7), IP_PKTINFO).
 */
bool way_back_is_of_many(const struct cmsghdr *info)
{
	struct in6_pktinfo info6;
	struct in_pktinfo info4;

	if (info->cmsg_level == IPPROTO_IPV6) {
		memcpy(&info6, CMSG_DATA(info), sizeof(info6));
		return IN6_IS_ADDR_MULTICAST(&info6.ipi6_addr);
	}
	memcpy(&info4, CMSG_DATA(info), sizeof(info4));

	return info4.ipi_spec_dst.s_addr != info4.ipi_addr.s_addr;
}

/* Of RFC 3927: 169.254.0.0/16, of which each link has its own. The scope of IPv6 says which. */
static bool is_on_link(const struct sockaddr_storage *client)
{
	const struct sockaddr_in *address = (const struct sockaddr_in *)client;

	return ntohl(address->sin_addr.s_addr) >> 16 == 0xa9fe;
}

void way_back_choose(struct cmsghdr *info, const struct sockaddr_storage *client)
{
	struct in6_pktinfo info6;
	struct in_pktinfo info4;

	if (info->cmsg_level == IPPROTO_IPV6) {
		memcpy(&info6, CMSG_DATA(info), sizeof(info6));
		if (!IN6_IS_ADDR_LINKLOCAL(&info6.ipi6_addr))
			info6.ipi6_ifindex = 0;
		memcpy(CMSG_DATA(info), &info6, sizeof(info6));
		return;
	}
	memcpy(&info4, CMSG_DATA(info), sizeof(info4));
	if (!is_on_link(client))
		info4.ipi_ifindex = 0;
	memcpy(CMSG_DATA(info), &info4, sizeof(info4));
}
