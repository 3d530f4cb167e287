/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a request was sent to this machine only, and by which interface its answer leaves, beside
 * the address that it leaves from.
 */
#ifndef NTP_WAY_BACK_H
#define NTP_WAY_BACK_H

#include <stdbool.h>
#include <sys/socket.h>

/* What the kernel says of the address that was asked, in either family. NULL: nothing. */
struct cmsghdr *way_back_find(const struct msghdr *request);

/*
 * Did the request go to a broadcast or multicast address? All who have it would answer, from
 * addresses that nobody has asked. @info: as found.
 */
bool way_back_is_of_many(const struct cmsghdr *info);

/**
 * way_back_choose() - let an answer leave from the address that was asked
 * @info: as found in a request, or a copy of it, with which its answer is sent
 * @client: who asked
 *
 * The kernel knows by which interface, but for addresses that are valid on one interface only.
 */
void way_back_choose(struct cmsghdr *info, const struct sockaddr_storage *client);

#endif /* NTP_WAY_BACK_H */
