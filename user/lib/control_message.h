/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control messages that came with a packet, one after the other. CMSG_FIRSTHDR and CMSG_NXTHDR
 * promise room for a message's header; these promise that the whole message is there, by its own
 * length. The list ends before a message for which that is not so.
 */
#ifndef LIB_CONTROL_MESSAGE_H
#define LIB_CONTROL_MESSAGE_H

#include <stddef.h>
#include <sys/socket.h>

/* @message if it ends within what @header has, NULL otherwise. */
static inline struct cmsghdr *control_message_whole(const struct msghdr *header,
						    struct cmsghdr *message)
{
	const char *end = (const char *)header->msg_control + header->msg_controllen;

	if (!message || message->cmsg_len < sizeof(*message) ||
	    message->cmsg_len > (size_t)(end - (const char *)message))
		return NULL;

	return message;
}

/* The first control message, NULL if there is none. */
static inline struct cmsghdr *control_message_first(const struct msghdr *header)
{
	return control_message_whole(header, CMSG_FIRSTHDR(header));
}

/* The one after @message, NULL if there is none. */
static inline struct cmsghdr *control_message_next(const struct msghdr *header,
						   struct cmsghdr *message)
{
	return control_message_whole(header, CMSG_NXTHDR((struct msghdr *)header, message));
}

#endif /* LIB_CONTROL_MESSAGE_H */
