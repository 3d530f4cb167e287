// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sockets of chronyc: who is answered, with how much, and that what is another program's is
 * left alone.
 */
#include "user/chronyc/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/chronyc/local_socket.h"

/* Who the kernel says has sent a datagram to the local socket; the real one where 0. */
static uid_t sender_uid;

/* And from where one came over UDP; the real address where 0. */
static in_addr_t sender_address;

ssize_t recvmsg(int fd, struct msghdr *header, int flags)
{
	ssize_t length = syscall(SYS_recvmsg, fd, header, flags);
	struct sockaddr_in *from = header->msg_name;

	if (length < 0)
		return length;
	if (sender_address && from->sin_family == AF_INET)
		from->sin_addr.s_addr = sender_address;
	for (struct cmsghdr *h = CMSG_FIRSTHDR(header); h; h = CMSG_NXTHDR(header, h)) {
		if (sender_uid && h->cmsg_type == SCM_CREDENTIALS)
			((struct ucred *)CMSG_DATA(h))->uid = sender_uid;
	}

	return length;
}

/* Who was root has no right to the socket that it made. */
static bool not_root;

int connect(int fd, const struct sockaddr *address, socklen_t length)
{
	if (not_root && address->sa_family == AF_UNIX) {
		errno = EACCES;
		return -1;
	}

	return (int)syscall(SYS_connect, fd, address, length);
}

/* There is no interface; the sockets that have one have lost it. */
static bool no_device, lost_device;

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	if (no_device && level == SOL_SOCKET && name == SO_BINDTODEVICE) {
		errno = ENODEV;
		return -1;
	}
	return __real_setsockopt(fd, level, name, value, length);
}

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
	if (lost_device && level == SOL_SOCKET && name == SO_BINDTODEVICE) {
		errno = ENODEV;
		return -1;
	}
	return __real_getsockopt(fd, level, name, value, length);
}

FIXTURE(listener)
{
	struct chronyc_listener *listener;
	struct config_chronyc config;
	char dir[64];
	char client_path[96];
	int local_fd;
	int udp_fd;
	int answers;
	uint16_t command;
	bool long_answer;
};

static void answer(void *context, struct chronyc_request *request, struct chronyc_reply *reply)
{
	FIXTURE_DATA(listener) *self = context;

	self->answers++;
	self->command = request->command;
	if (!self->long_answer)
		return;
	chronyc_reply_set_contents(reply, CHRONYC_REPLY_CLIENTS);
	chronyc_put_zeros(reply, CHRONYC_REPLY_MAX);
}

static struct sockaddr_un path_address(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);

	return address;
}

static struct sockaddr_in port_address(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* A port that was free a moment ago. */
static int free_port(void)
{
	struct sockaddr_in address = port_address(0);
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    getsockname(fd, (struct sockaddr *)&address, &length))
		abort();
	close(fd);

	return ntohs(address.sin_port);
}

FIXTURE_SETUP(listener)
{
	struct sockaddr_un own, address;
	struct sockaddr_in udp;

	sender_uid = 0;
	sender_address = 0;
	no_device = false;
	lost_device = false;
	memset(self, 0, sizeof(*self));
	strcpy(self->dir, "/tmp/test_listener.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->dir));
	self->config = (struct config_chronyc){
		.port = free_port(), .bind_address4 = "127.0.0.1", .bind_address6 = "::1",
		.open = 1U << CONFIG_OPEN_TRACKING,
	};
	snprintf(self->config.path, sizeof(self->config.path), "%s/chronyd.sock", self->dir);
	self->listener = chronyc_listener_new(answer, self);
	ASSERT_NE(NULL, self->listener);
	chronyc_listener_configure(self->listener, &self->config);

	snprintf(self->client_path, sizeof(self->client_path), "%s/chronyc.sock", self->dir);
	own = path_address(self->client_path);
	address = path_address(self->config.path);
	self->local_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ASSERT_EQ(0, bind(self->local_fd, (struct sockaddr *)&own, sizeof(own)));
	ASSERT_EQ(0, connect(self->local_fd, (struct sockaddr *)&address, sizeof(address)));
	self->udp_fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	udp = port_address(self->config.port);
	ASSERT_EQ(0, connect(self->udp_fd, (struct sockaddr *)&udp, sizeof(udp)));
}

FIXTURE_TEARDOWN(listener)
{
	chronyc_listener_free(self->listener);
	close(self->local_fd);
	close(self->udp_fd);
	unlink(self->client_path);
	EXPECT_EQ(0, rmdir(self->dir));
}

/* Send a request of that length, have it handled; what came back, 0: nothing did. */
static size_t ask(FIXTURE_DATA(listener) *self, int fd, uint16_t command, size_t length,
		  uint8_t *reply)
{
	uint8_t bytes[1000] = { 6, 1, 0, 0, (uint8_t)(command >> 8), (uint8_t)command };
	struct pollfd fds[CHRONYC_FDS_MAX];
	ssize_t got;
	int count;

	if (send(fd, bytes, length, 0) != (ssize_t)length)
		abort();
	count = chronyc_listener_pollfds(self->listener, fds);
	poll(fds, (nfds_t)count, 100);
	chronyc_listener_dispatch(self->listener, fds, count, 1000000000);
	got = recv(fd, reply, CHRONYC_REPLY_MAX, 0);

	return got < 0 ? 0 : (size_t)got;
}

TEST_F(listener, the_local_socket_may_do_all)
{
	uint8_t reply[CHRONYC_REPLY_MAX];
	struct stat st;

	EXPECT_EQ(28, ask(self, self->local_fd, CHRONYC_SHUTDOWN, 28, reply));
	EXPECT_EQ(CHRONYC_SUCCESS, reply[9]);
	EXPECT_EQ(1, self->answers);
	EXPECT_EQ(CHRONYC_SHUTDOWN, self->command);
	ASSERT_EQ(0, stat(self->config.path, &st));
	EXPECT_EQ(0600, st.st_mode & 0777);
}

TEST_F(listener, others_get_no_answer_there)
{
	uint8_t reply[CHRONYC_REPLY_MAX];

	sender_uid = 12345;
	EXPECT_EQ(0, ask(self, self->local_fd, CHRONYC_TRACKING, 104, reply));
	EXPECT_EQ(0, self->answers);
}

/* The lowest descriptor that is free. */
static int next_descriptor(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);

	return fd;
}

/* Or they would be used up. */
TEST_F(listener, descriptors_that_are_sent_along_are_not_kept)
{
	uint8_t bytes[28] = { 6, 1 }, reply[CHRONYC_REPLY_MAX];
	union {
		struct cmsghdr header;
		uint8_t bytes[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS } };
	struct iovec iov = { .iov_base = bytes, .iov_len = sizeof(bytes) };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	int before = next_descriptor();

	memcpy(CMSG_DATA(&control.header), &self->udp_fd, sizeof(int));
	ASSERT_EQ(sizeof(bytes), sendmsg(self->local_fd, &message, 0));
	EXPECT_EQ(28, ask(self, self->local_fd, CHRONYC_NULL, 28, reply));
	EXPECT_EQ(2, self->answers);
	EXPECT_EQ(before, next_descriptor());
}

TEST_F(listener, udp_may_only_look)
{
	uint8_t reply[CHRONYC_REPLY_MAX];

	EXPECT_EQ(28, ask(self, self->udp_fd, CHRONYC_TRACKING, 104, reply));
	EXPECT_EQ(CHRONYC_SUCCESS, reply[9]);
	EXPECT_EQ(1, self->answers);
	EXPECT_EQ(28, ask(self, self->udp_fd, CHRONYC_MAKESTEP, 28, reply));
	EXPECT_EQ(CHRONYC_UNAUTHORISED, reply[9]);
	EXPECT_EQ(28, ask(self, self->udp_fd, CHRONYC_ACTIVITY, 48, reply));
	EXPECT_EQ(CHRONYC_UNAUTHORISED, reply[9]);
	EXPECT_EQ(1, self->answers);
}

TEST_F(listener, no_answer_is_longer_than_its_request)
{
	uint8_t reply[CHRONYC_REPLY_MAX];

	self->long_answer = true;
	EXPECT_EQ(0, ask(self, self->udp_fd, CHRONYC_TRACKING, 519, reply));
	EXPECT_EQ(520, ask(self, self->udp_fd, CHRONYC_TRACKING, 520, reply));
	EXPECT_EQ(28, ask(self, self->udp_fd, CHRONYC_TRACKING, 103, reply));
	EXPECT_EQ(CHRONYC_BAD_LENGTH, reply[9]);
	EXPECT_EQ(0, ask(self, self->udp_fd, CHRONYC_TRACKING, 27, reply));
	EXPECT_EQ(0, ask(self, self->udp_fd, CHRONYC_TRACKING, 861, reply));
}

/* All daemons of a network would answer one packet. */
TEST_F(listener, what_is_sent_to_many_is_not_answered)
{
	struct sockaddr_in to = port_address(self->config.port);
	uint8_t reply[CHRONYC_REPLY_MAX];
	int one = 1;

	strcpy(self->config.bind_address4, "0.0.0.0");
	chronyc_listener_configure(self->listener, &self->config);
	EXPECT_EQ(28, ask(self, self->udp_fd, CHRONYC_NULL, 28, reply));
	EXPECT_EQ(1, self->answers);
	/* The broadcast address of the loopback interface. */
	to.sin_addr.s_addr = htonl(0x7fffffff);
	ASSERT_EQ(0, setsockopt(self->udp_fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one)));
	ASSERT_EQ(0, connect(self->udp_fd, (struct sockaddr *)&to, sizeof(to)));
	ask(self, self->udp_fd, CHRONYC_NULL, 28, reply);
	EXPECT_EQ(1, self->answers);
}

TEST_F(listener, other_hosts_need_a_rule)
{
	struct access_rule rule = { .network = { .family = AF_INET, .bytes = { 10 } },
				    .prefix = 8, .allow = true };
	struct net_address host = { .family = AF_INET, .bytes = { 10, 1, 2, 3 } };
	uint8_t reply[CHRONYC_REPLY_MAX];

	sender_address = htonl(0x0a010203);
	ask(self, self->udp_fd, CHRONYC_TRACKING, 104, reply);
	EXPECT_EQ(0, self->answers);
	EXPECT_FALSE(chronyc_listener_allows(self->listener, &host));
	ASSERT_EQ(0, chronyc_listener_set_rules(self->listener, &rule, 1));
	ask(self, self->udp_fd, CHRONYC_TRACKING, 104, reply);
	EXPECT_EQ(1, self->answers);
	EXPECT_TRUE(chronyc_listener_allows(self->listener, &host));
}

/* As chronyc on this machine is answered, it is said so. */
TEST_F(listener, this_machine_needs_no_rule)
{
	struct access_rule nobody = { .network = { .family = AF_UNSPEC }, .allow = false };
	struct net_address ipv4 = { .family = AF_INET, .bytes = { 127, 0, 0, 1 } };
	struct net_address ipv6 = { .family = AF_INET6, .bytes = { [15] = 1 } };
	uint8_t reply[CHRONYC_REPLY_MAX];

	ASSERT_EQ(0, chronyc_listener_set_rules(self->listener, &nobody, 1));
	ask(self, self->udp_fd, CHRONYC_TRACKING, 104, reply);
	EXPECT_EQ(1, self->answers);
	EXPECT_TRUE(chronyc_listener_allows(self->listener, &ipv4));
	EXPECT_TRUE(chronyc_listener_allows(self->listener, &ipv6));
}

TEST_F(listener, other_hosts_are_limited)
{
	struct access_rule all = { .network = { .family = AF_UNSPEC }, .allow = true };
	uint8_t reply[CHRONYC_REPLY_MAX];
	uint64_t received, dropped;

	self->config.limit = (struct client_limit){ .enabled = true, .interval_ns = 1000000000,
						    .burst = 2, .leak = 4 };
	self->config.rules = &all;
	self->config.rule_count = 1;
	chronyc_listener_configure(self->listener, &self->config);
	for (int i = 0; i < 20; i++)
		ask(self, self->udp_fd, CHRONYC_TRACKING, 104, reply);
	EXPECT_EQ(20, self->answers);
	sender_address = htonl(0x0a010203);
	for (int i = 0; i < 100; i++)
		ask(self, self->udp_fd, CHRONYC_TRACKING, 104, reply);
	EXPECT_LT(self->answers, 20 + 40);
	EXPECT_GE(self->answers, 20 + 2);
	chronyc_listener_get_counts(self->listener, &received, &dropped);
	EXPECT_EQ(120, received);
	EXPECT_EQ(120 - self->answers, dropped);
}

TEST_F(listener, sockets_are_closed_and_opened)
{
	struct pollfd fds[CHRONYC_FDS_MAX];
	struct stat st;
	int before = chronyc_listener_pollfds(self->listener, fds);

	EXPECT_LE(2, before);
	self->config.port = 0;
	chronyc_listener_configure(self->listener, &self->config);
	EXPECT_EQ(1, chronyc_listener_pollfds(self->listener, fds));
	strcpy(self->config.path, "");
	chronyc_listener_configure(self->listener, &self->config);
	EXPECT_EQ(0, chronyc_listener_pollfds(self->listener, fds));
	snprintf(self->config.path, sizeof(self->config.path), "%s/chronyd.sock", self->dir);
	EXPECT_EQ(-1, stat(self->config.path, &st));
}

TEST_F(listener, its_socket_goes_although_it_is_root_no_more)
{
	struct stat st;

	not_root = true;
	chronyc_listener_free(self->listener);
	self->listener = NULL;
	not_root = false;
	EXPECT_EQ(-1, lstat(self->config.path, &st));
}

TEST_F(listener, and_another_programs_stays_then)
{
	struct sockaddr_un address = path_address(self->config.path);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char aside[96];
	struct stat st;

	not_root = true;
	/* While the first one is there the second one cannot have its inode. */
	snprintf(aside, sizeof(aside), "%s/aside", self->dir);
	ASSERT_EQ(0, rename(self->config.path, aside));
	ASSERT_EQ(0, bind(fd, (struct sockaddr *)&address, sizeof(address)));
	chronyc_listener_free(self->listener);
	self->listener = NULL;
	not_root = false;
	EXPECT_EQ(0, lstat(self->config.path, &st));
	close(fd);
	unlink(self->config.path);
	unlink(aside);
}

TEST_F(listener, the_socket_of_another_program_stays)
{
	struct sockaddr_un address = path_address(self->config.path);
	struct file_identity file;
	int fd;

	EXPECT_EQ(-EADDRINUSE, local_socket_open(self->config.path, &file));
	/* One of another kind is another program's, too. */
	unlink(self->config.path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ASSERT_EQ(0, bind(fd, (struct sockaddr *)&address, sizeof(address)));
	ASSERT_EQ(0, listen(fd, 1));
	EXPECT_EQ(-EADDRINUSE, local_socket_open(self->config.path, &file));
	close(fd);
	unlink(self->config.path);
}

/* A chronyd that was there first, and ends. */
TEST_F(listener, what_another_program_had_is_opened_when_it_ends)
{
	struct sockaddr_in port = port_address(self->config.port);
	struct sockaddr_un address = path_address(self->config.path);
	int64_t now_ns = 1000000000, next_ns;
	struct pollfd fds[CHRONYC_FDS_MAX];
	int other, other_port;

	EXPECT_EQ(INT64_MAX, chronyc_listener_next_ns(self->listener));
	chronyc_listener_free(self->listener);
	other = socket(AF_UNIX, SOCK_DGRAM, 0);
	ASSERT_EQ(0, bind(other, (struct sockaddr *)&address, sizeof(address)));
	other_port = socket(AF_INET, SOCK_DGRAM, 0);
	ASSERT_EQ(0, bind(other_port, (struct sockaddr *)&port, sizeof(port)));
	self->listener = chronyc_listener_new(answer, self);
	ASSERT_NE(NULL, self->listener);
	strcpy(self->config.bind_address6, "");
	self->config.family = AF_INET;
	chronyc_listener_configure(self->listener, &self->config);
	ASSERT_EQ(0, chronyc_listener_pollfds(self->listener, fds));
	/* Not at once again and again. */
	chronyc_listener_dispatch(self->listener, fds, 0, now_ns);
	next_ns = chronyc_listener_next_ns(self->listener);
	EXPECT_LT(now_ns, next_ns);
	chronyc_listener_dispatch(self->listener, fds, 0, next_ns);
	EXPECT_EQ(0, chronyc_listener_pollfds(self->listener, fds));
	EXPECT_LT(next_ns, chronyc_listener_next_ns(self->listener));
	close(other);
	close(other_port);
	unlink(self->config.path);
	chronyc_listener_dispatch(self->listener, fds, 0,
				  chronyc_listener_next_ns(self->listener));
	EXPECT_EQ(2, chronyc_listener_pollfds(self->listener, fds));
	EXPECT_EQ(INT64_MAX, chronyc_listener_next_ns(self->listener));
}

/* Its sockets hear nothing any more when another interface has the name. */
TEST_F(listener, an_interface_that_went_is_looked_for)
{
	struct pollfd fds[CHRONYC_FDS_MAX];
	uint8_t reply[CHRONYC_REPLY_MAX];
	int64_t next_ns;
	int all;

	strcpy(self->config.bind_device, "lo");
	chronyc_listener_configure(self->listener, &self->config);
	all = chronyc_listener_pollfds(self->listener, fds);
	ASSERT_LE(2, all);
	chronyc_listener_dispatch(self->listener, fds, 0, 1000000000);
	next_ns = chronyc_listener_next_ns(self->listener);
	ASSERT_GT(INT64_MAX, next_ns);
	EXPECT_LT(1000000000, next_ns);

	lost_device = true;
	no_device = true;
	chronyc_listener_dispatch(self->listener, fds, 0, next_ns);
	EXPECT_EQ(1, chronyc_listener_pollfds(self->listener, fds));
	EXPECT_LT(next_ns, chronyc_listener_next_ns(self->listener));
	next_ns = chronyc_listener_next_ns(self->listener);
	ASSERT_GT(INT64_MAX, next_ns);

	lost_device = false;
	no_device = false;
	chronyc_listener_dispatch(self->listener, fds, 0, next_ns);
	EXPECT_EQ(all, chronyc_listener_pollfds(self->listener, fds));
	EXPECT_EQ(28, ask(self, self->udp_fd, CHRONYC_NULL, 28, reply));
	EXPECT_GT(INT64_MAX, chronyc_listener_next_ns(self->listener));
}

TEST_F(listener, a_file_stays_and_a_dead_socket_goes)
{
	struct file_identity file;
	struct sockaddr_un address;
	struct stat st;
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "%s/other", self->dir);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	EXPECT_EQ(-ENOTSOCK, local_socket_open(path, &file));
	EXPECT_EQ(0, stat(path, &st));
	unlink(path);
	address = path_address(path);
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	ASSERT_EQ(0, bind(fd, (struct sockaddr *)&address, sizeof(address)));
	close(fd);
	fd = local_socket_open(path, &file);
	EXPECT_LE(0, fd);
	local_socket_close(fd, path, &file);
	EXPECT_EQ(-1, stat(path, &st));
	EXPECT_EQ(-ENOENT, local_socket_open("/nowhere/at/all", &file));
}

TEST_F(listener, a_socket_that_was_removed_is_made_again)
{
	struct pollfd fds[CHRONYC_FDS_MAX];
	struct stat st;
	int all = chronyc_listener_pollfds(self->listener, fds);

	ASSERT_EQ(0, unlink(self->config.path));
	chronyc_listener_renew(self->listener);
	EXPECT_EQ(0, stat(self->config.path, &st));
	EXPECT_EQ(0600, st.st_mode & 0777);
	EXPECT_EQ(all, chronyc_listener_pollfds(self->listener, fds));

	/* What another one has put there stays. */
	ASSERT_EQ(0, unlink(self->config.path));
	ASSERT_EQ(0, symlink("/nowhere", self->config.path));
	chronyc_listener_renew(self->listener);
	ASSERT_EQ(0, lstat(self->config.path, &st));
	EXPECT_TRUE(S_ISLNK(st.st_mode));
	ASSERT_EQ(0, unlink(self->config.path));
}

TEST_HARNESS_MAIN
