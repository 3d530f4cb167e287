// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any datagrams on the sockets to the module, whole or cut short, late answers, refusals and
 * notifications among them, and other senders: each request ends, with what the kernel answered or
 * an error, nobody else is heard, and counts and texts are within their bounds.
 */
#include "user/lib/module_link.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/handlers.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include "fuzz.h"

#define FAMILY		0x25
#define DATAGRAM_MAX	512
#define EVENTS		3
#define RULES		2
#define HOSTS		2

/* What is received next, the latest request's number, and whether the kernel has said anything. */
static struct fuzz_input world;
static uint32_t sequence;
static bool was_heard;

/* A message of a length that need not be true; what there is of it. */
static size_t put_message(uint8_t *bytes)
{
	static const uint16_t types[] = {
		FAMILY, FAMILY, FAMILY, NLMSG_ERROR, NLMSG_ERROR, NLMSG_DONE, NLMSG_NOOP,
		NLMSG_OVERRUN,
	};
	uint8_t kind = fuzz_take_u8(&world), length = fuzz_take_u8(&world);
	struct nlmsghdr header = {
		.nlmsg_len = NLMSG_HDRLEN + length,
		.nlmsg_type = types[kind % 8],
		.nlmsg_flags = (uint16_t)(fuzz_take_u8(&world) << (kind & 8 ? 4 : 0)),
		.nlmsg_seq = sequence - (kind & 16 ? 1 : 0),
	};

	if (kind & 32)
		header.nlmsg_len += fuzz_take_u8(&world) - 128;
	memcpy(bytes, &header, sizeof(header));
	fuzz_take(&world, bytes + sizeof(header), length);

	return sizeof(header) + (size_t)NLMSG_ALIGN(length);
}

/* One or two messages a datagram. */
static int receive(struct nl_sock *socket, struct sockaddr_nl *from, unsigned char **buffer,
		   struct ucred **credentials)
{
	uint8_t kind = fuzz_take_u8(&world);
	size_t length;

	(void)socket;
	(void)credentials;
	if (!world.size)
		return -NLE_AGAIN;
	if (kind % 16 == 15)
		return -NLE_NOMEM;
	*from = (struct sockaddr_nl){ .nl_family = AF_NETLINK, .nl_pid = kind % 16 == 14 };
	was_heard |= !from->nl_pid;
	*buffer = calloc(1, DATAGRAM_MAX * 2);
	if (!*buffer)
		abort();
	length = put_message(*buffer);
	if (kind & 16)
		length += put_message(*buffer + length);

	return (int)length;
}

static int send_nothing(struct nl_sock *socket, struct nl_msg *msg)
{
	(void)socket;
	sequence = nlmsg_hdr(msg)->nlmsg_seq;

	return (int)nlmsg_hdr(msg)->nlmsg_len;
}

/* What libnl does with the kernel, as the linker finds these first. */
int genl_connect(struct nl_sock *socket)
{
	struct nl_cb *callbacks = nl_socket_get_cb(socket);

	nl_cb_overwrite_recv(callbacks, receive);
	nl_cb_overwrite_send(callbacks, send_nothing);
	nl_cb_put(callbacks);

	return 0;
}

int genl_ctrl_resolve(struct nl_sock *socket, const char *name)
{
	(void)socket;
	(void)name;

	return FAMILY;
}

int genl_ctrl_resolve_grp(struct nl_sock *socket, const char *family, const char *group)
{
	(void)socket;
	(void)family;
	(void)group;

	return 1;
}

int nl_socket_add_memberships(struct nl_sock *socket, int group, ...)
{
	(void)socket;
	(void)group;

	return 0;
}

int nl_socket_set_nonblocking(const struct nl_sock *socket)
{
	(void)socket;

	return 0;
}

int nl_socket_set_buffer_size(struct nl_sock *socket, int receive, int send)
{
	(void)socket;
	(void)receive;
	(void)send;

	return 0;
}

static void check_event(const struct module_event *event)
{
	FUZZ_CHECK(memchr(event->host_name, '\0', sizeof(event->host_name)));
}

/* Requests that are answered by what is read into structures. */
static int ask(struct module_link *link, uint8_t command)
{
	struct module_event events[EVENTS];
	struct module_rule rules[RULES];
	struct module_host hosts[HOSTS];
	struct module_status status;
	enum truechime_rtc rtc;
	struct module_now now;
	int count = 0, err;

	switch (command % 5) {
	case 0:
		return module_link_now(link, &now);
	case 1:
		err = module_link_status(link, &status);
		if (!err)
			FUZZ_CHECK(memchr(status.version, '\0', sizeof(status.version)) &&
				   memchr(status.host_name, '\0', sizeof(status.host_name)));
		return err;
	case 2:
		err = module_link_events(link, events, EVENTS, &count);
		for (int i = 0; i < count; i++)
			check_event(&events[i]);
		FUZZ_CHECK(count >= 0 && count <= EVENTS);
		return err;
	case 3:
		err = module_link_get_policy(link, rules, RULES, &count, &rtc);
		FUZZ_CHECK(count >= 0 && count <= RULES);
		return err;
	}
	err = module_link_hosts(link, hosts, HOSTS, &count);
	FUZZ_CHECK(count >= 0 && count <= HOSTS);

	return err;
}

static int change(struct module_link *link, uint8_t command)
{
	static const struct chime_line correction = { .maxerror_ns = 1000 };
	static const enum truechime_rtc rtc;
	static const struct module_rule rule;
	struct module_now now;

	switch (command % 4) {
	case 0:
		return module_link_correct(link, &correction, TRUECHIME_REFERENCE_HOST, 1, false,
					   &now);
	case 1:
		return module_link_set_policy(link, &rule, 1, &rtc);
	case 2:
		return module_link_choose_host(link, "kvm");
	}

	return module_link_reset(link);
}

static void hear(struct module_link *link)
{
	struct module_event event;
	int err = module_link_next_event(link, &event);

	FUZZ_CHECK(err <= 0);
	if (!err)
		check_event(&event);
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct module_link *link;
	uint8_t command;
	int err;

	world = (struct fuzz_input){ data, size };
	was_heard = false;
	if (module_link_open(&link) || module_link_subscribe(link))
		abort();
	while (world.size) {
		command = fuzz_take_u8(&world);
		if (command & 64) {
			hear(link);
			continue;
		}
		was_heard = false;
		err = command & 128 ? change(link, command) : ask(link, command);
		FUZZ_CHECK(err <= 0);
		FUZZ_CHECK(err || was_heard);
		FUZZ_CHECK(strlen(module_link_words(link, err)) < 256);
	}
	module_link_close(link);

	return 0;
}
