/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets of chronyc: which of them are requests, and what their parameters and the contents of
 * replies are made of. Pure.
 *
 * A request is as long as its reply at least, by padding: so nobody can have others flooded by
 * requests in their name.
 */
#ifndef CHRONYC_PACKET_H
#define CHRONYC_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chronyc/protocol.h"
#include "ntp/address.h"

/**
 * struct chronyc_request - a packet that is a request
 * @command: what it asks for; it may be one that does not exist
 * @sequence: to be returned
 * @at: the next of its parameters
 * @left: bytes of them
 * @length: of the packet
 * @by_operator: it came by the local socket, of one who may do all
 */
struct chronyc_request {
	uint16_t command;
	uint32_t sequence;
	const uint8_t *at;
	size_t left;
	size_t length;
	bool by_operator;
};

/**
 * struct chronyc_reply - its answer, being written
 * @bytes: the packet
 * @length: of it
 */
struct chronyc_reply {
	uint8_t bytes[CHRONYC_REPLY_MAX];
	size_t length;
};

/**
 * chronyc_request_read() - is that a request?
 * @bytes: as received
 * @length: as received
 * @request: result, if it is one
 * @status: CHRONYC_SUCCESS: it can be carried out; else what to answer
 *
 * Return: false: it is none, and gets no answer.
 */
bool chronyc_request_read(const uint8_t *bytes, size_t length, struct chronyc_request *request,
			  enum chronyc_status *status);

/* The commands that a word of the directive `opencommands` stands for, by their number. */
bool chronyc_is_open(enum chronyc_command command, uint32_t open);

/* Parameters, one after the other; 0 or nothing where none is left. */
uint32_t chronyc_take(struct chronyc_request *request);
double chronyc_take_real(struct chronyc_request *request);

/**
 * struct chronyc_address - an address, or what is there instead
 * @family: of it; anything that is no family is CHRONYC_FAMILY_NONE
 * @ip: with CHRONYC_FAMILY_IPV4 and CHRONYC_FAMILY_IPV6
 * @id: with CHRONYC_FAMILY_ID
 */
struct chronyc_address {
	enum chronyc_family family;
	struct net_address ip;
	uint32_t id;
};

/* The same for an address. */
void chronyc_take_address(struct chronyc_request *request, struct chronyc_address *address);

/* Of a host: chronyc sends ::ffff:192.0.2.1 as it was typed, and it is 192.0.2.1. */
void chronyc_take_host(struct chronyc_request *request, struct chronyc_address *address);

/* A text that fills CHRONYC_NAME_MAX bytes; false: it does not end, is empty, or not printable. */
bool chronyc_take_name(struct chronyc_request *request, char name[CHRONYC_NAME_MAX]);

/*
 * Newer versions of chronyc expect longer contents of some reports, and their requests have that
 * length: is this one of them? Programs that pad all requests to some length know the older ones.
 */
bool chronyc_expects(const struct chronyc_request *request, enum chronyc_contents contents);

/* An answer without contents. */
void chronyc_reply_start(struct chronyc_reply *reply, const struct chronyc_request *request,
			 enum chronyc_status status);
void chronyc_reply_set_status(struct chronyc_reply *reply, enum chronyc_status status);

/* @contents follow, and then their values, one after the other. */
void chronyc_reply_set_contents(struct chronyc_reply *reply, enum chronyc_contents contents);
void chronyc_put8(struct chronyc_reply *reply, uint8_t value);
void chronyc_put16(struct chronyc_reply *reply, uint16_t value);
void chronyc_put(struct chronyc_reply *reply, uint32_t value);
void chronyc_put64(struct chronyc_reply *reply, uint64_t value);
void chronyc_put_real(struct chronyc_reply *reply, double value);
void chronyc_put_seconds(struct chronyc_reply *reply, int64_t ns);
void chronyc_put_time(struct chronyc_reply *reply, int64_t utc_ns);
void chronyc_put_address(struct chronyc_reply *reply, const struct chronyc_address *address);
void chronyc_put_zeros(struct chronyc_reply *reply, size_t count);
void chronyc_put_name(struct chronyc_reply *reply, const char *name);

/* How long @contents are, 0: there are none of that number. */
size_t chronyc_contents_length(enum chronyc_contents contents);

#endif /* CHRONYC_PACKET_H */
