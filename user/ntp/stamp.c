// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control messages with which the kernel hands over timestamps (its documentation,
 * networking/timestamping.rst).
 */
#include "ntp/stamp.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "lib/time_units.h"

/* The kernel returns zero if it has no such timestamp. */
static bool to_ns(const struct timespec *time, int64_t *ns)
{
	if (time->tv_sec < 0 || time->tv_sec >= INT64_MAX / NS_PER_S ||
	    time->tv_nsec < 0 || time->tv_nsec >= NS_PER_S || (!time->tv_sec && !time->tv_nsec))
		return false;
	*ns = (int64_t)time->tv_sec * NS_PER_S + time->tv_nsec;

	return true;
}

static void read_timespec(const struct timespec *time, struct ntp_stamp *stamp)
{
	if (time->tv_sec > 0 && to_ns(time, &stamp->realtime_ns))
		stamp->valid = true;
}

/* Which interface the card's timestamp is of, and how long the packet was. */
static void read_interface(const struct cmsghdr *header, struct ntp_stamp *stamp)
{
	struct scm_ts_pktinfo card;
	struct in6_pktinfo ipv6;
	struct in_pktinfo ipv4;

	if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_TIMESTAMPING_PKTINFO &&
	    header->cmsg_len >= CMSG_LEN(sizeof(card))) {
		memcpy(&card, CMSG_DATA(header), sizeof(card));
		/* The packet may have come by a bridge: its address's interface is another one. */
		if (card.if_index)
			stamp->interface = card.if_index;
		stamp->length = card.pkt_length;
	} else if (header->cmsg_level == SOL_IP && header->cmsg_type == IP_PKTINFO &&
		   header->cmsg_len >= CMSG_LEN(sizeof(ipv4)) && !stamp->interface) {
		memcpy(&ipv4, CMSG_DATA(header), sizeof(ipv4));
		stamp->interface = (uint32_t)ipv4.ipi_ifindex;
	} else if (header->cmsg_level == SOL_IPV6 && header->cmsg_type == IPV6_PKTINFO &&
		   header->cmsg_len >= CMSG_LEN(sizeof(ipv6)) && !stamp->interface) {
		memcpy(&ipv6, CMSG_DATA(header), sizeof(ipv6));
		stamp->interface = ipv6.ipi6_ifindex;
	}
}

/* Alignment is not promised. */
void ntp_stamp_read(const struct cmsghdr *header, struct ntp_stamp *stamp)
{
	struct scm_timestamping stamps;
	struct timespec time;
	struct timeval coarse;

	read_interface(header, stamp);
	if (header->cmsg_level != SOL_SOCKET)
		return;

	if (header->cmsg_type == SCM_TIMESTAMPING &&
	    header->cmsg_len >= CMSG_LEN(sizeof(stamps))) {
		memcpy(&stamps, CMSG_DATA(header), sizeof(stamps));
		/* The first of three is the kernel's, the last the card's. */
		read_timespec(&stamps.ts[0], stamp);
		if (to_ns(&stamps.ts[2], &stamp->device_ns))
			stamp->has_device = true;
	} else if (header->cmsg_type == SCM_TIMESTAMPNS &&
		   header->cmsg_len >= CMSG_LEN(sizeof(time))) {
		memcpy(&time, CMSG_DATA(header), sizeof(time));
		read_timespec(&time, stamp);
	} else if (header->cmsg_type == SCM_TIMESTAMP &&
		   header->cmsg_len >= CMSG_LEN(sizeof(coarse))) {
		memcpy(&coarse, CMSG_DATA(header), sizeof(coarse));
		time.tv_sec = coarse.tv_sec;
		/* What is no fraction of a second must not become one. */
		time.tv_nsec = coarse.tv_usec < 0 || coarse.tv_usec >= 1000000 ?
				       -1 : coarse.tv_usec * 1000;
		read_timespec(&time, stamp);
	}
}
