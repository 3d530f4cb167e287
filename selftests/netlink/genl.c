// SPDX-License-Identifier: GPL-2.0-only
/*
 * A generic netlink client for tests. Checks what it receives, since a broken answer is a finding.
 */
#include "genl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ANSWER_LIMIT_S	10

static struct nlmsghdr *header_of(struct genl_message *message)
{
	return (struct nlmsghdr *)message->data;
}

static void *append(struct genl_message *message, size_t length)
{
	void *room = message->data + message->length;
	size_t padded = NLA_ALIGN(length);

	if (message->length + padded > sizeof(message->data)) {
		fprintf(stderr, "a test builds a message that is too long\n");
		abort();
	}
	memset(room, 0, padded);
	message->length += padded;
	header_of(message)->nlmsg_len = (uint32_t)message->length;
	return room;
}

static void begin(struct genl_message *message, uint16_t type, uint8_t command, uint16_t flags)
{
	struct genlmsghdr *genl;

	message->length = 0;
	*(struct nlmsghdr *)append(message, NLMSG_HDRLEN) = (struct nlmsghdr) {
		.nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags,
	};
	genl = append(message, GENL_HDRLEN);
	genl->cmd = command;
	genl->version = TRUECHIME_GENL_VERSION;
	header_of(message)->nlmsg_len = (uint32_t)message->length;
}

void genl_begin(struct genl_message *message, const struct genl *genl, uint8_t command,
		uint16_t flags)
{
	begin(message, genl->family, command, flags);
}

void genl_put(struct genl_message *message, uint16_t type, const void *data, size_t length)
{
	struct nlattr *attribute = append(message, NLA_HDRLEN);

	attribute->nla_type = type;
	attribute->nla_len = (uint16_t)(NLA_HDRLEN + length);
	if (length)
		memcpy(append(message, length), data, length);
}

void genl_put_u32(struct genl_message *message, uint16_t type, uint32_t value)
{
	genl_put(message, type, &value, sizeof(value));
}

void genl_put_s64(struct genl_message *message, uint16_t type, int64_t value)
{
	genl_put(message, type, &value, sizeof(value));
}

void genl_put_string(struct genl_message *message, uint16_t type, const char *text)
{
	genl_put(message, type, text, strlen(text) + 1);
}

size_t genl_nest_begin(struct genl_message *message, uint16_t type)
{
	size_t nest = message->length;

	genl_put(message, type | NLA_F_NESTED, NULL, 0);
	return nest;
}

void genl_nest_end(struct genl_message *message, size_t nest)
{
	struct nlattr *attribute = (struct nlattr *)(message->data + nest);

	attribute->nla_len = (uint16_t)(message->length - nest);
}

int genl_send(struct genl *genl, struct genl_message *message)
{
	header_of(message)->nlmsg_seq = ++genl->sequence;
	return send(genl->fd, message->data, message->length, 0) < 0 ? -errno : 0;
}

const struct nlattr *genl_find(const void *attributes, size_t length, uint16_t type)
{
	const uint8_t *at = attributes;

	while (length >= NLA_HDRLEN) {
		const struct nlattr *attribute = (const struct nlattr *)at;
		size_t padded = NLA_ALIGN(attribute->nla_len);

		if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > length)
			return NULL;
		if ((attribute->nla_type & NLA_TYPE_MASK) == type)
			return attribute;
		if (padded >= length)
			return NULL;
		at += padded;
		length -= padded;
	}
	return NULL;
}

uint32_t genl_u32(const struct nlattr *attribute)
{
	uint32_t value = 0;

	if (attribute && attribute->nla_len >= NLA_HDRLEN + sizeof(value))
		memcpy(&value, (const uint8_t *)attribute + NLA_HDRLEN, sizeof(value));
	return value;
}

void genl_text(const struct nlattr *attribute, char *text, size_t size)
{
	if (attribute)
		snprintf(text, size, "%.*s", (int)(attribute->nla_len - NLA_HDRLEN),
			 (const char *)attribute + NLA_HDRLEN);
}

/* The end of a request: an error number, 0 for success, and what the kernel says about it. */
static void take_end(const struct nlmsghdr *header, struct genl_answer *answer)
{
	const struct nlmsgerr *end = NLMSG_DATA(header);
	const uint8_t *attributes = (const uint8_t *)(end + 1);
	size_t length;

	if (header->nlmsg_len < NLMSG_HDRLEN + sizeof(end->error))
		return;
	answer->error = end->error;
	if (header->nlmsg_type != NLMSG_ERROR || !(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		attributes += NLMSG_ALIGN(end->msg.nlmsg_len) - sizeof(end->msg);
	if (attributes > (const uint8_t *)header + header->nlmsg_len)
		return;

	length = (size_t)((const uint8_t *)header + header->nlmsg_len - attributes);
	genl_text(genl_find(attributes, length, NLMSGERR_ATTR_MSG), answer->text,
		  sizeof(answer->text));
	answer->offset = genl_u32(genl_find(attributes, length, NLMSGERR_ATTR_OFFS));
}

static void take_reply(const struct nlmsghdr *header, struct genl_answer *answer)
{
	size_t length = header->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN;

	if (!answer->replies++ && length <= sizeof(answer->first)) {
		memcpy(answer->first, (const uint8_t *)NLMSG_DATA(header) + GENL_HDRLEN, length);
		answer->first_length = length;
	}
}

/* Return: the request that was sent last has ended. */
static bool take_datagram(struct genl *genl, const uint8_t *data, size_t size,
			  struct genl_answer *answer)
{
	size_t at, padded;

	for (at = 0; at + NLMSG_HDRLEN <= size; at += padded) {
		const struct nlmsghdr *header = (const struct nlmsghdr *)(data + at);

		padded = NLMSG_ALIGN((size_t)header->nlmsg_len);
		if (header->nlmsg_len < NLMSG_HDRLEN || header->nlmsg_len > size - at)
			return false;
		if (header->nlmsg_seq != genl->sequence)
			continue;
		if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
			take_end(header, answer);
			return true;
		}
		if (header->nlmsg_len >= NLMSG_HDRLEN + GENL_HDRLEN)
			take_reply(header, answer);
	}
	return false;
}

void genl_wait(struct genl *genl, struct genl_answer *answer)
{
	static uint8_t data[65536] __attribute__((aligned(8)));
	ssize_t size;

	memset(answer, 0, sizeof(*answer));
	do {
		size = recv(genl->fd, data, sizeof(data), 0);
		if (size < 0) {
			answer->error = errno == EAGAIN ? -ETIMEDOUT : -errno;
			return;
		}
	} while (!take_datagram(genl, data, (size_t)size, answer));
}

void genl_talk(struct genl *genl, struct genl_message *message, struct genl_answer *answer)
{
	int err = genl_send(genl, message);

	if (!err) {
		genl_wait(genl, answer);
		return;
	}
	memset(answer, 0, sizeof(*answer));
	answer->error = err;
}

void genl_ask(struct genl *genl, uint8_t command, uint16_t flags, struct genl_answer *answer)
{
	struct genl_message message;

	genl_begin(&message, genl, command, flags);
	genl_talk(genl, &message, answer);
}

/* The events group's number, in a nest of nests of the family's description. */
static uint32_t find_group(const struct nlattr *groups)
{
	const struct nlattr *group;

	if (!groups)
		return 0;
	/* There is one group, number 1 of the list. */
	group = genl_find((const uint8_t *)groups + NLA_HDRLEN, groups->nla_len - NLA_HDRLEN, 1);
	if (!group)
		return 0;
	return genl_u32(genl_find((const uint8_t *)group + NLA_HDRLEN,
				  group->nla_len - NLA_HDRLEN, CTRL_ATTR_MCAST_GRP_ID));
}

static int resolve(struct genl *genl)
{
	struct genl_message message;
	struct genl_answer answer;
	const struct nlattr *id;

	begin(&message, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	genl_put_string(&message, CTRL_ATTR_FAMILY_NAME, TRUECHIME_GENL_NAME);
	genl_talk(genl, &message, &answer);
	if (answer.error)
		return answer.error;

	id = genl_find(answer.first, answer.first_length, CTRL_ATTR_FAMILY_ID);
	if (!id || id->nla_len < NLA_HDRLEN + sizeof(genl->family))
		return -EPROTO;
	memcpy(&genl->family, (const uint8_t *)id + NLA_HDRLEN, sizeof(genl->family));
	genl->group = find_group(genl_find(answer.first, answer.first_length,
					   CTRL_ATTR_MCAST_GROUPS));
	return genl->group ? 0 : -EPROTO;
}

int genl_open(struct genl *genl)
{
	const struct timeval limit = { .tv_sec = ANSWER_LIMIT_S };
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	const int on = 1;
	int err;

	memset(genl, 0, sizeof(*genl));
	genl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (genl->fd < 0)
		return -errno;
	if (bind(genl->fd, (struct sockaddr *)&any, sizeof(any)) ||
	    setsockopt(genl->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
	    setsockopt(genl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) ||
	    setsockopt(genl->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)))
		err = -errno;
	else
		err = resolve(genl);
	if (err)
		genl_close(genl);
	return err;
}

void genl_close(struct genl *genl)
{
	close(genl->fd);
	genl->fd = -1;
}
