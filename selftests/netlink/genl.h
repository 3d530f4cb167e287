/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A generic netlink client for tests, over the bare socket: it has to send what no library would,
 * and to run, linked statically, in a guest that has no libraries.
 */
#ifndef GENL_H
#define GENL_H

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/truechime.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#endif

/**
 * struct genl - a socket, and the truechime family as the kernel numbers it
 * @fd: the socket
 * @family: message type
 * @group: multicast group of events
 * @sequence: of the latest request
 */
struct genl {
	int fd;
	uint16_t family;
	uint32_t group;
	uint32_t sequence;
};

/**
 * struct genl_message - a message being built
 * @length: bytes in use, netlink header included
 * @data: the message; aligned for headers
 */
struct genl_message {
	size_t length;
	uint8_t data[16384] __attribute__((aligned(8)));
};

/**
 * struct genl_answer - how a request ended
 * @error: 0 or -errno; -ETIMEDOUT: no end came
 * @replies: data messages before the end
 * @text: the extended acknowledgement's message, "" if there was none
 * @offset: of the attribute that it blames, from the start of the request; 0: none
 * @first: the first reply's attributes
 * @first_length: bytes of them; 0: no reply
 */
struct genl_answer {
	int error;
	int replies;
	char text[256];
	uint32_t offset;
	uint8_t first[8192] __attribute__((aligned(8)));
	size_t first_length;
};

/* Open a socket with extended acknowledgements. 0 or -errno; -ENOENT: the module is not there. */
int genl_open(struct genl *genl);
void genl_close(struct genl *genl);

/* An empty request of @command; NLM_F_REQUEST and NLM_F_ACK are set besides @flags. */
void genl_begin(struct genl_message *message, const struct genl *genl, uint8_t command,
		uint16_t flags);

void genl_put(struct genl_message *message, uint16_t type, const void *data, size_t length);
void genl_put_u32(struct genl_message *message, uint16_t type, uint32_t value);
void genl_put_s64(struct genl_message *message, uint16_t type, int64_t value);
void genl_put_string(struct genl_message *message, uint16_t type, const char *text);

/* Attributes put between the two are inside attribute @type. */
size_t genl_nest_begin(struct genl_message *message, uint16_t type);
void genl_nest_end(struct genl_message *message, size_t nest);

/* Send the message as it is, whatever its headers say, to no address: the kernel. 0 or -errno. */
int genl_send(struct genl *genl, struct genl_message *message);

/* Send it, and wait until the kernel says how it ended. */
void genl_talk(struct genl *genl, struct genl_message *message, struct genl_answer *answer);

/* Wait for the end of a request that was sent. */
void genl_wait(struct genl *genl, struct genl_answer *answer);

/* A request without attributes. */
void genl_ask(struct genl *genl, uint8_t command, uint16_t flags, struct genl_answer *answer);

/* The attribute of a type among @length bytes of attributes, NULL if it is not there. */
const struct nlattr *genl_find(const void *attributes, size_t length, uint16_t type);

/* The number in it. */
uint32_t genl_u32(const struct nlattr *attribute);

/* The text in it; @text stays as it is without an attribute. */
void genl_text(const struct nlattr *attribute, char *text, size_t size);

#endif /* GENL_H */
