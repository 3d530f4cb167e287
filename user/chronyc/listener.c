// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sockets of chronyc: who may send to them, and how often.
 */
#include "chronyc/listener.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "chronyc/local_socket.h"
#include "core/line.h"
#include "ipc/socket_file.h"
#include "lib/log.h"
#include "ntp/listen.h"
#include "ntp/way_back.h"

/*
 * Requests of a socket in one turn of the loop: an answer takes a computation of the whole state,
 * and the clock is steered between two turns only.
 */
#define REQUESTS_AT_ONCE	4

/*
 * How often an address is tried again that another program has: it may end, and this one be in its
 * place. An interface (bindcmddevice) is looked for as often.
 */
#define RETRY_NS	16000000000LL

/* Clients whose rate is known. */
#define CLIENTS	1024

enum place {
	PLACE_IPV4,
	PLACE_IPV6,
	PLACE_LOCAL,
	PLACES,
};

/**
 * struct chronyc_listener - the sockets
 * @answer: the owner's
 * @context: for it
 * @config: as configured, without its rules
 * @fds: open sockets, -1: none ...
 * @failed: ... why one could not be opened, -errno; 0: it could, or there is to be none
 * @retry_ns: when those are tried again; 0: it is to be determined
 * @local_file: of the local one
 * @access: who may ask over UDP; NULL: this machine
 * @clients: who has asked, if their rate is limited
 * @received: requests
 * @dropped: of these, for their rate
 */
struct chronyc_listener {
	void (*answer)(void *context, struct chronyc_request *request, struct chronyc_reply *reply);
	void *context;
	struct config_chronyc config;
	int fds[PLACES];
	int failed[PLACES];
	int64_t retry_ns;
	struct file_identity local_file;
	struct access_table *access;
	struct client_log clients;
	uint64_t received;
	uint64_t dropped;
};

/* The address that a packet came to, over UDP, or who has sent it. */
#define CONTROL_SIZE	(CMSG_SPACE(sizeof(struct in6_pktinfo)))

/* Descriptors that a program sends along have no room beside its name: the kernel closes them. */
static_assert(CMSG_SPACE(sizeof(struct ucred)) <= CONTROL_SIZE, "room for who has sent it");
static_assert(CMSG_SPACE(sizeof(struct ucred)) + CMSG_LEN(sizeof(int)) > CONTROL_SIZE,
	      "and for nothing else");

/* A packet, and all that the kernel says about it. */
struct datagram {
	struct sockaddr_storage sender;
	struct msghdr header;
	struct iovec iov;
	uint8_t bytes[CHRONYC_REQUEST_MAX];
	union {
		struct cmsghdr align;
		uint8_t bytes[CONTROL_SIZE];
	} control;
};

struct chronyc_listener *chronyc_listener_new(void (*answer)(void *context,
							     struct chronyc_request *request,
							     struct chronyc_reply *reply),
					      void *context)
{
	struct chronyc_listener *listener = calloc(1, sizeof(*listener));

	if (!listener)
		return NULL;
	listener->answer = answer;
	listener->context = context;
	for (int i = 0; i < PLACES; i++)
		listener->fds[i] = -1;

	return listener;
}

static void close_place(struct chronyc_listener *listener, enum place place)
{
	if (place == PLACE_LOCAL)
		local_socket_close(listener->fds[place], listener->config.path,
				   &listener->local_file);
	else if (listener->fds[place] >= 0)
		close(listener->fds[place]);
	listener->fds[place] = -1;
	listener->failed[place] = 0;
}

void chronyc_listener_free(struct chronyc_listener *listener)
{
	if (!listener)
		return;
	for (int i = 0; i < PLACES; i++)
		close_place(listener, (enum place)i);
	access_table_free(listener->access);
	free(listener->clients.records);
	free(listener);
}

/* --- configuration --- */

static int ask_for_local_address(int fd, int family)
{
	int on = 1, err;

	err = family == AF_INET6 ?
	      setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) :
	      setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));

	return err ? -errno : 0;
}

static int open_udp(int family, const struct config_chronyc *config)
{
	const char *address = family == AF_INET6 ? config->bind_address6 : config->bind_address4;
	int fd = ntp_listen(family, config->port, address, config->bind_device, 0);
	int err;

	if (fd < 0)
		return fd;
	err = ask_for_local_address(fd, family);
	if (err) {
		close(fd);
		return err;
	}

	return fd;
}

static const char *words_of(int err)
{
	if (err >= 0)
		return "";
	switch (err) {
	case -EADDRINUSE:
		return "another program, as chronyd, has it";
	case -EACCES:
		return "a privilege is missing, or was given up: restart truechimed";
	case -ENOENT:
		return "its folder does not exist";
	case -ENODEV:
		return "there is no such interface (bindcmddevice)";
	case -ENOTSOCK:
		return "there is a file that is no socket";
	}

	return strerror(-err);
}

/* It has failed for another reason than before, or works after all. */
static bool is_news(const struct chronyc_listener *listener, enum place place, int fd)
{
	return chime_min(fd, 0) != listener->failed[place];
}

static void keep_place(struct chronyc_listener *listener, enum place place, int fd)
{
	listener->failed[place] = chime_min(fd, 0);
	if (fd >= 0)
		listener->fds[place] = fd;
}

static void open_port(struct chronyc_listener *listener, enum place place)
{
	int family = place == PLACE_IPV6 ? AF_INET6 : AF_INET;
	int fd;

	if (listener->config.family != AF_UNSPEC && listener->config.family != family)
		return;
	fd = open_udp(family, &listener->config);
	/* A machine without this family. */
	if (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL)
		return;
	if (is_news(listener, place, fd))
		log_info("chronyc is %sanswered on UDP port %d (%s)%s%s",
			 fd < 0 ? "not " : "", listener->config.port,
			 family == AF_INET6 ? "IPv6" : "IPv4", fd < 0 ? ": " : "", words_of(fd));
	keep_place(listener, place, fd);
}

static void open_local(struct chronyc_listener *listener)
{
	int fd = local_socket_open(listener->config.path, &listener->local_file);

	if (is_news(listener, PLACE_LOCAL, fd))
		log_info("chronyc is %sanswered at %s%s%s", fd < 0 ? "not " : "",
			 listener->config.path, fd < 0 ? ": " : "", words_of(fd));
	keep_place(listener, PLACE_LOCAL, fd);
}

void chronyc_listener_renew(struct chronyc_listener *listener)
{
	int *fd = &listener->fds[PLACE_LOCAL];

	if (!*listener->config.path || !socket_file_is_gone(listener->config.path))
		return;
	if (*fd >= 0) {
		log_info("The socket %s was removed", listener->config.path);
		close(*fd);
		*fd = -1;
		/* So that it is told that it is there again. */
		listener->failed[PLACE_LOCAL] = -ENOENT;
	}
	open_local(listener);
}

static bool is_same_port(const struct config_chronyc *one, const struct config_chronyc *other)
{
	return one->port == other->port && !strcmp(one->bind_device, other->bind_device) &&
	       !strcmp(one->bind_address4, other->bind_address4) &&
	       !strcmp(one->bind_address6, other->bind_address6);
}

int chronyc_listener_set_rules(struct chronyc_listener *listener, const struct access_rule *rules,
			       size_t count)
{
	struct access_table *access = access_table_new(rules, count);

	if (!access)
		return -ENOMEM;
	access_table_free(listener->access);
	listener->access = access;

	return 0;
}

/* What was known of clients is forgotten. Without memory, or random numbers, there is no limit. */
static void limit_clients(struct chronyc_listener *listener, const struct client_limit *limit)
{
	struct client_log *clients = &listener->clients;

	free(clients->records);
	*clients = (struct client_log){ .limit = *limit };
	if (!limit->enabled ||
	    getrandom(clients->seed, sizeof(clients->seed), 0) != sizeof(clients->seed))
		return;
	clients->records = calloc(CLIENTS, sizeof(*clients->records));
	clients->count = clients->records ? CLIENTS : 0;
}

void chronyc_listener_configure(struct chronyc_listener *listener,
				const struct config_chronyc *config)
{
	struct config_chronyc before = listener->config;

	if (!is_same_port(&before, config)) {
		close_place(listener, PLACE_IPV4);
		close_place(listener, PLACE_IPV6);
	}
	if (strcmp(before.path, config->path))
		close_place(listener, PLACE_LOCAL);
	/* What is missing is told of at each configuration. */
	memset(listener->failed, 0, sizeof(listener->failed));
	listener->retry_ns = 0;
	listener->config = *config;
	listener->config.rules = NULL;
	listener->config.rule_count = 0;
	for (enum place place = PLACE_IPV4; place <= PLACE_IPV6; place++) {
		if (listener->fds[place] < 0 && config->port)
			open_port(listener, place);
	}
	if (listener->fds[PLACE_LOCAL] < 0 && *config->path)
		open_local(listener);
	limit_clients(listener, &config->limit);
	if (chronyc_listener_set_rules(listener, config->rules, config->rule_count))
		log_err("There is no memory left for 'cmdallow' and 'cmddeny'");
}

/* --- requests --- */

static bool is_this_machine(const struct net_address *address)
{
	static const struct net_address ipv4 = { .family = AF_INET, .bytes = { 127, 0, 0, 1 } };
	static const struct net_address ipv6 = { .family = AF_INET6, .bytes = { [15] = 1 } };

	return net_address_equal(address, &ipv4) || net_address_equal(address, &ipv6);
}

bool chronyc_listener_allows(const struct chronyc_listener *listener,
			     const struct net_address *address)
{
	return is_this_machine(address) ||
	       (listener->access && access_table_allows(listener->access, address));
}

void chronyc_listener_get_counts(const struct chronyc_listener *listener, uint64_t *received,
				 uint64_t *dropped)
{
	*received = listener->received;
	*dropped = listener->dropped;
}

/* Its length, -1: nothing is left, or it is too long. */
static ssize_t receive(int fd, struct datagram *datagram)
{
	ssize_t length;

	datagram->iov = (struct iovec){ .iov_base = datagram->bytes,
					.iov_len = sizeof(datagram->bytes) };
	datagram->header = (struct msghdr){
		.msg_name = &datagram->sender,
		.msg_namelen = sizeof(datagram->sender),
		.msg_iov = &datagram->iov,
		.msg_iovlen = 1,
		.msg_control = datagram->control.bytes,
		.msg_controllen = sizeof(datagram->control.bytes),
	};
	length = recvmsg(fd, &datagram->header, MSG_DONTWAIT);

	return datagram->header.msg_flags & MSG_TRUNC ? -1 : length;
}

/* Nothing else that came with the request is sent with the answer. */
static void keep_local_address(struct msghdr *header)
{
	struct cmsghdr *info = way_back_find(header);

	if (info) {
		way_back_choose(info, header->msg_name);
	} else {
		header->msg_control = NULL;
		header->msg_controllen = 0;
	}
}

/* Nothing waits: a client that is gone, or does not read, has lost its answer. */
static void send_answer(int fd, const struct datagram *datagram, struct chronyc_reply *reply)
{
	struct iovec iov = { .iov_base = reply->bytes, .iov_len = reply->length };
	struct msghdr header = datagram->header;

	header.msg_iov = &iov;
	(void)sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* A client over UDP: may it ask, and now? */
static bool is_welcome(struct chronyc_listener *listener, const struct datagram *datagram,
		       int64_t now_raw_ns)
{
	const struct cmsghdr *info = way_back_find(&datagram->header);
	struct net_address client;
	uint64_t random;

	if (info && way_back_is_of_many(info))
		return false;
	if (net_address_from_sockaddr((const struct sockaddr *)&datagram->sender,
				      datagram->header.msg_namelen, &client))
		return false;
	if (!chronyc_listener_allows(listener, &client))
		return false;
	if (is_this_machine(&client) || !listener->clients.count ||
	    getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0 ||
	    client_log_note(&listener->clients, &client, now_raw_ns, random) == CLIENT_ANSWER)
		return true;
	listener->received++;
	listener->dropped++;

	return false;
}

static void take_request(struct chronyc_listener *listener, enum place place,
			 const struct datagram *datagram, size_t length)
{
	struct chronyc_request request;
	enum chronyc_status status;
	struct chronyc_reply reply;

	if (!chronyc_request_read(datagram->bytes, length, &request, &status))
		return;
	listener->received++;
	request.by_operator = place == PLACE_LOCAL;
	if (status == CHRONYC_SUCCESS && !request.by_operator &&
	    !chronyc_is_open((enum chronyc_command)request.command, listener->config.open))
		status = CHRONYC_UNAUTHORISED;
	chronyc_reply_start(&reply, &request, status);
	if (status == CHRONYC_SUCCESS)
		listener->answer(listener->context, &request, &reply);
	/* Never more than was sent. */
	if (reply.length <= length)
		send_answer(listener->fds[place], datagram, &reply);
}

static void read_place(struct chronyc_listener *listener, enum place place, int64_t now_raw_ns)
{
	struct datagram datagram;
	bool welcome;

	for (int i = 0; i < REQUESTS_AT_ONCE; i++) {
		ssize_t length = receive(listener->fds[place], &datagram);

		if (length < 0)
			return;
		if (place == PLACE_LOCAL)
			welcome = local_socket_is_trusted(&datagram.header);
		else
			welcome = is_welcome(listener, &datagram, now_raw_ns);
		keep_local_address(&datagram.header);
		if (welcome)
			take_request(listener, place, &datagram, (size_t)length);
	}
}

int chronyc_listener_pollfds(const struct chronyc_listener *listener, struct pollfd *fds)
{
	int count = 0;

	for (int i = 0; i < PLACES; i++) {
		if (listener->fds[i] >= 0)
			fds[count++] = (struct pollfd){ .fd = listener->fds[i], .events = POLLIN };
	}

	return count;
}

/* Another try may succeed. */
static bool is_tried_again(const struct chronyc_listener *listener, enum place place)
{
	return listener->failed[place] == -EADDRINUSE || listener->failed[place] == -ENODEV;
}

/* One is to be tried again, or may have lost its interface. */
static bool is_any_looked_at(const struct chronyc_listener *listener)
{
	for (int place = 0; place < PLACES; place++) {
		if (is_tried_again(listener, (enum place)place) ||
		    (place != PLACE_LOCAL && listener->fds[place] >= 0 &&
		     *listener->config.bind_device))
			return true;
	}

	return false;
}

int64_t chronyc_listener_next_ns(const struct chronyc_listener *listener)
{
	return is_any_looked_at(listener) ? listener->retry_ns : INT64_MAX;
}

static void retry_port(struct chronyc_listener *listener, enum place place)
{
	bool lost = ntp_listen_lost_device(listener->fds[place]);

	if (lost)
		close_place(listener, place);
	if (lost || is_tried_again(listener, place))
		open_port(listener, place);
}

static void retry(struct chronyc_listener *listener, int64_t now_raw_ns)
{
	if (!is_any_looked_at(listener) || now_raw_ns < listener->retry_ns)
		return;
	if (listener->retry_ns) {
		for (enum place place = PLACE_IPV4; place <= PLACE_IPV6; place++)
			retry_port(listener, place);
		if (is_tried_again(listener, PLACE_LOCAL))
			open_local(listener);
	}
	listener->retry_ns = chime_add_sat(now_raw_ns, RETRY_NS);
}

void chronyc_listener_dispatch(struct chronyc_listener *listener, const struct pollfd *fds,
			       int count, int64_t now_raw_ns)
{
	retry(listener, now_raw_ns);
	for (int i = 0; i < count; i++) {
		for (int place = 0; place < PLACES; place++) {
			if (fds[i].revents && fds[i].fd >= 0 && fds[i].fd == listener->fds[place])
				read_place(listener, (enum place)place, now_raw_ns);
		}
	}
}
