// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink requests and notifications of the truechime family; the attributes are
 * module_message's.
 */
#include "lib/module_link.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "lib/module_group.h"
#include "lib/module_message.h"

#define MESSAGE_MAX	256

/* The kernel's errors end here. */
#define ERRNO_MAX	4095

/* How often a dump is requested that changes interrupt. */
#define DUMP_TRIES	4

/* Room for the events of one datagram, until they are read. */
#define EVENT_QUEUE	16

struct module_link {
	struct nl_sock *socket;
	struct module_group *events;
	int family;
	char message[MESSAGE_MAX];
	struct module_event queue[EVENT_QUEUE];
	int queue_head;
	int queue_count;
};

/* One request under way: what to do with each answer, and how it ended. */
struct module_request {
	struct module_link *link;
	uint32_t sequence;
	int (*take)(const struct nlattr *head, int length, void *into);
	void *into;
	bool taken;
	bool done;
	bool interrupted;
	int error;
};

static int request_valid(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	struct module_request *request = arg;
	struct genlmsghdr *genl;
	int err;

	if (!genlmsg_valid_hdr(header, 0))
		return NL_SKIP;
	genl = genlmsg_hdr(header);
	if (request->take && !request->error) {
		err = request->take(genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0),
				    request->into);
		request->error = err;
		request->taken = true;
	}
	return NL_OK;
}

static int request_done(struct nl_msg *msg, void *arg)
{
	struct module_request *request = arg;

	/* A dump may be empty. Otherwise a missing answer means another version of the module. */
	if (nlmsg_hdr(msg)->nlmsg_type == NLMSG_ERROR && request->take && !request->taken)
		request->error = -EPROTO;
	request->done = true;
	return NL_STOP;
}

static int request_interrupted(struct nl_msg *msg, void *arg)
{
	struct module_request *request = arg;

	(void)msg;
	request->interrupted = true;
	return NL_OK;
}

/* Ignore answers to an earlier request that failed. */
static int request_sequence(struct nl_msg *msg, void *arg)
{
	struct module_request *request = arg;

	return nlmsg_hdr(msg)->nlmsg_seq == request->sequence ? NL_OK : NL_SKIP;
}

/*
 * The kernel's text of a refusal follows the refused request, unless the kernel left that one out
 * but for its header.
 */
static void take_words(struct module_link *link, const struct nlmsghdr *header,
		       struct nlmsgerr *refusal)
{
	size_t length = header->nlmsg_len - NLMSG_HDRLEN, skip = NLMSG_ALIGN(sizeof(*refusal));

	if (!(header->nlmsg_flags & NLM_F_CAPPED) && refusal->msg.nlmsg_len > NLMSG_HDRLEN)
		skip += NLMSG_ALIGN((size_t)refusal->msg.nlmsg_len) - NLMSG_HDRLEN;
	if ((header->nlmsg_flags & NLM_F_ACK_TLVS) && skip < length)
		module_message_extack((struct nlattr *)((char *)refusal + skip),
				      (int)(length - skip), link->message, sizeof(link->message));
}

static int request_refused(struct sockaddr_nl *from, struct nlmsgerr *refusal, void *arg)
{
	const struct nlmsghdr *header = (struct nlmsghdr *)((char *)refusal - NLMSG_HDRLEN);
	struct module_request *request = arg;

	(void)from;
	if (header->nlmsg_seq != request->sequence)
		return NL_SKIP;
	request->error = refusal->error < 0 && refusal->error >= -ERRNO_MAX ? refusal->error :
									     -EPROTO;
	request->done = true;
	take_words(request->link, header, refusal);
	return NL_STOP;
}

static int module_link_receive(struct module_link *link, struct module_request *request)
{
	struct nl_cb *cb = module_socket_callbacks(link->socket);
	int err = 0;

	if (!cb)
		return -ENOMEM;
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, request_valid, request);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, request_done, request);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, request_done, request);
	nl_cb_set(cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, request_interrupted, request);
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, request_sequence, request);
	nl_cb_err(cb, NL_CB_CUSTOM, request_refused, request);
	while (!request->done && err >= 0)
		err = nl_recvmsgs(link->socket, cb);
	nl_cb_put(cb);
	if (request->error)
		return request->error;
	if (request->interrupted)
		return -EAGAIN;
	return err < 0 && !request->done ? module_errno(err) : 0;
}

/* Send @msg, which is freed, and hand the answers' attributes to @take. */
static int module_link_send(struct module_link *link, struct nl_msg *msg,
			    int (*take)(const struct nlattr *head, int length, void *into),
			    void *into)
{
	struct module_request request = { .link = link, .take = take, .into = into };
	int err;

	link->message[0] = '\0';
	err = nl_send_auto(link->socket, msg);
	request.sequence = nlmsg_hdr(msg)->nlmsg_seq;
	nlmsg_free(msg);
	if (err < 0)
		return module_errno(err);
	return module_link_receive(link, &request);
}

static struct nl_msg *module_link_message_new(struct module_link *link, uint8_t command, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (msg && !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, link->family, 0, flags, command,
				TRUECHIME_GENL_VERSION)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}

/* A request without attributes. */
static int module_link_ask(struct module_link *link, uint8_t command,
			   int (*take)(const struct nlattr *head, int length, void *into),
			   void *into)
{
	struct nl_msg *msg = module_link_message_new(link, command, NLM_F_ACK);

	return msg ? module_link_send(link, msg, take, into) : -ENOMEM;
}

int module_link_open(struct module_link **result)
{
	struct module_link *link = calloc(1, sizeof(*link));
	int one = 1, err, fd;

	if (!link)
		return -ENOMEM;
	err = module_socket_open(&link->socket);
	if (err)
		goto err_free;
	link->family = genl_ctrl_resolve(link->socket, TRUECHIME_GENL_NAME);
	if (link->family < 0) {
		err = module_errno(link->family);
		goto err_free_socket;
	}

	/* Old kernels support neither; then refusals have no text, and echo the request. */
	fd = nl_socket_get_fd(link->socket);
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	*result = link;
	return 0;

err_free_socket:
	nl_socket_free(link->socket);
err_free:
	free(link);
	return err;
}

void module_link_close(struct module_link *link)
{
	if (!link)
		return;
	module_group_close(link->events);
	nl_socket_free(link->socket);
	free(link);
}

const char *module_link_words(const struct module_link *link, int err)
{
	return link && *link->message ? link->message : strerror(-err);
}

static int take_now(const struct nlattr *head, int length, void *into)
{
	return module_message_now(head, length, into);
}

int module_link_now(struct module_link *link, struct module_now *now)
{
	return module_link_ask(link, TRUECHIME_CMD_NOW, take_now, now);
}

static int take_status(const struct nlattr *head, int length, void *into)
{
	return module_message_status(head, length, into);
}

int module_link_status(struct module_link *link, struct module_status *status)
{
	return module_link_ask(link, TRUECHIME_CMD_STATUS, take_status, status);
}

/* Send @msg, a change that was written with @err, and free it. */
static int module_link_change(struct module_link *link, struct nl_msg *msg, int err)
{
	if (!err)
		return module_link_send(link, msg, NULL, NULL);
	nlmsg_free(msg);
	return err;
}

/* A change of one number. */
static int module_link_set_u32(struct module_link *link, uint8_t command, int attribute,
			       uint32_t value)
{
	struct nl_msg *msg = module_link_message_new(link, command, NLM_F_ACK);

	if (!msg)
		return -ENOMEM;
	return module_link_change(link, msg, nla_put_u32(msg, attribute, value) ? -EMSGSIZE : 0);
}

int module_link_correct(struct module_link *link, const struct chime_line *correction,
			enum truechime_reference reference, uint32_t epoch, bool jump,
			struct module_now *now)
{
	struct nl_msg *msg = module_link_message_new(link, TRUECHIME_CMD_CORRECTION, NLM_F_ACK);
	int err;

	if (!msg)
		return -ENOMEM;
	err = module_message_put_correction(msg, correction, reference, epoch, jump);
	if (!err)
		return module_link_send(link, msg, take_now, now);
	nlmsg_free(msg);
	return err;
}

int module_link_step(struct module_link *link, enum truechime_occasion occasion)
{
	return module_link_set_u32(link, TRUECHIME_CMD_STEP, TRUECHIME_A_OCCASION, occasion);
}

int module_link_disrupted(struct module_link *link, const struct module_jump *jump,
			  uint32_t epoch)
{
	struct nl_msg *msg = module_link_message_new(link, TRUECHIME_CMD_DISRUPTED, NLM_F_ACK);

	if (!msg)
		return -ENOMEM;
	return module_link_change(link, msg, module_message_put_jump(msg, jump, epoch));
}

int module_link_set_mode(struct module_link *link, enum truechime_mode mode)
{
	return module_link_set_u32(link, TRUECHIME_CMD_MODE, TRUECHIME_A_MODE, mode);
}

struct take_rules {
	struct module_rule *rules;
	int max;
	int *count;
	enum truechime_rtc *rtc;
};

static int take_policy(const struct nlattr *head, int length, void *into)
{
	struct take_rules *to = into;
	int err;

	err = module_message_policy(head, length, to->rules, to->max, to->count);
	return err ? err : module_message_rtc(head, length, to->rtc);
}

int module_link_get_policy(struct module_link *link, struct module_rule *rules, int max, int *count,
			   enum truechime_rtc *rtc)
{
	struct take_rules into = { .rules = rules, .max = max, .count = count, .rtc = rtc };

	*count = 0;
	return module_link_ask(link, TRUECHIME_CMD_POLICY_GET, take_policy, &into);
}

int module_link_set_policy(struct module_link *link, const struct module_rule *rules, int count,
			   const enum truechime_rtc *rtc)
{
	struct nl_msg *msg = module_link_message_new(link, TRUECHIME_CMD_POLICY_SET, NLM_F_ACK);
	int err = 0;

	if (!msg)
		return -ENOMEM;
	while (count-- > 0 && !err)
		err = module_message_put_rule(msg, rules++);
	if (!err && rtc && nla_put_u32(msg, TRUECHIME_A_RTC, *rtc))
		err = -EMSGSIZE;
	return module_link_change(link, msg, err);
}

/* A dump into an array: how much of it is filled. */
struct take_array {
	void *array;
	int max;
	int *count;
};

/* Dump @command into @into, from the start again when the kernel's list moved meanwhile. */
static int module_link_dump(struct module_link *link, uint8_t command,
			    int (*take)(const struct nlattr *head, int length, void *into),
			    struct take_array *into)
{
	struct nl_msg *msg;
	int tries, err = -EAGAIN;

	for (tries = 0; tries < DUMP_TRIES && err == -EAGAIN; tries++) {
		*into->count = 0;
		msg = module_link_message_new(link, command, NLM_F_DUMP);
		if (!msg)
			return -ENOMEM;
		err = module_link_send(link, msg, take, into);
	}
	return err;
}

static int take_host(const struct nlattr *head, int length, void *into)
{
	struct take_array *to = into;
	int err;

	if (*to->count == to->max)
		return 0;
	err = module_message_host(head, length, (struct module_host *)to->array + *to->count);
	if (!err)
		(*to->count)++;
	return err;
}

int module_link_hosts(struct module_link *link, struct module_host *hosts, int max, int *count)
{
	struct take_array into = { .array = hosts, .max = max, .count = count };

	return module_link_dump(link, TRUECHIME_CMD_HOST_LIST, take_host, &into);
}

int module_link_choose_host(struct module_link *link, const char *name)
{
	struct nl_msg *msg = module_link_message_new(link, TRUECHIME_CMD_HOST_SET, NLM_F_ACK);

	if (!msg)
		return -ENOMEM;
	return module_link_change(link, msg, nla_put_string(msg, TRUECHIME_A_HOST_NAME, name) ?
					     -EMSGSIZE : 0);
}

int module_link_demote_host(struct module_link *link, bool demoted)
{
	return module_link_set_u32(link, TRUECHIME_CMD_HOST_SET, TRUECHIME_A_HOST_STATE,
				  demoted ? TRUECHIME_HOST_DEMOTED : TRUECHIME_HOST_CHOSEN);
}

int module_link_state_host_maxerror(struct module_link *link, int64_t maxerror_ns)
{
	struct nl_msg *msg = module_link_message_new(link, TRUECHIME_CMD_HOST_SET, NLM_F_ACK);

	if (!msg)
		return -ENOMEM;
	return module_link_change(link, msg, nla_put_u64(msg, TRUECHIME_A_HOST_MAXERROR_NS,
							 (uint64_t)maxerror_ns) ? -EMSGSIZE : 0);
}

/* The newest are kept when there are more than asked for. */
static int take_event(const struct nlattr *head, int length, void *into)
{
	struct take_array *to = into;
	struct module_event *events = to->array, event;
	int err;

	err = module_message_event(head, length, &event);
	if (err || to->max < 1)
		return err;
	if (*to->count == to->max) {
		memmove(events, events + 1, sizeof(*events) * (to->max - 1));
		(*to->count)--;
	}
	events[(*to->count)++] = event;
	return 0;
}

int module_link_events(struct module_link *link, struct module_event *events, int max, int *count)
{
	struct take_array into = { .array = events, .max = max, .count = count };

	return module_link_dump(link, TRUECHIME_CMD_EVENT, take_event, &into);
}

int module_link_reset(struct module_link *link)
{
	return module_link_ask(link, TRUECHIME_CMD_RESET, NULL, NULL);
}

static int event_valid(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	struct module_link *link = arg;
	struct genlmsghdr *genl;
	int tail;

	if (header->nlmsg_type != link->family || !genlmsg_valid_hdr(header, 0))
		return NL_SKIP;
	genl = genlmsg_hdr(header);
	if (link->queue_count == EVENT_QUEUE)
		return NL_SKIP;
	tail = (link->queue_head + link->queue_count) % EVENT_QUEUE;
	if (!module_message_event(genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0),
				  &link->queue[tail]))
		link->queue_count++;
	return NL_OK;
}

int module_link_subscribe(struct module_link *link)
{
	if (link->events)
		return 0;
	return module_group_open(TRUECHIME_GENL_NAME, TRUECHIME_MCGRP_EVENTS, event_valid, link,
				 &link->events);
}

int module_link_events_fd(const struct module_link *link)
{
	return link->events ? module_group_fd(link->events) : -1;
}

int module_link_next_event(struct module_link *link, struct module_event *event)
{
	int err;

	if (!link->events)
		return -EAGAIN;
	while (!link->queue_count) {
		err = module_group_receive(link->events);
		if (err)
			return err;
	}
	*event = link->queue[link->queue_head];
	link->queue_head = (link->queue_head + 1) % EVENT_QUEUE;
	link->queue_count--;
	return 0;
}
