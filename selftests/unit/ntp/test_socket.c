// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets on the loopback interface: timestamps, errors by ICMP, and that nobody but the server is
 * heard.
 */
#include "user/ntp/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "selftests/unit/kept_stamps.h"
#include "selftests/unit/unit.h"
#include "user/lib/clock_ns.h"

/* Longest wait for a packet on the loopback interface. */
#define WAIT_MS	2000

/* A socket bound to a free port of @text; its address in @address. -1: no such address here. */
static int open_server(const char *text, struct sockaddr_storage *address, socklen_t *length)
{
	struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)address;
	struct sockaddr_in *ipv4 = (struct sockaddr_in *)address;
	int fd;

	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, text, &ipv4->sin_addr) == 1) {
		ipv4->sin_family = AF_INET;
		*length = sizeof(*ipv4);
	} else {
		inet_pton(AF_INET6, text, &ipv6->sin6_addr);
		ipv6->sin6_family = AF_INET6;
		*length = sizeof(*ipv6);
	}
	fd = socket(address->ss_family, SOCK_DGRAM, 0);
	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)address, *length) < 0 ||
	    getsockname(fd, (struct sockaddr *)address, length) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static short wait_for(int fd, short events)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };

	poll(&poll_fd, 1, WAIT_MS);
	return poll_fd.revents;
}

static uint16_t local_port(int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		return 0;
	if (address.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
	return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

FIXTURE(server) {
	struct sockaddr_storage address;
	socklen_t length;
	int fd;
	int keeper;
	struct ntp_socket client;
};

FIXTURE_VARIANT(server) {
	const char *address;
};

FIXTURE_VARIANT_ADD(server, ipv4) {
	.address = "127.0.0.1",
};

FIXTURE_VARIANT_ADD(server, ipv6) {
	.address = "::1",
};

FIXTURE_SETUP(server)
{
	self->client.fd = -1;
	self->keeper = ntp_socket_keep_stamps();
	self->fd = open_server(variant->address, &self->address, &self->length);
	if (self->fd < 0)
		SKIP(return, "no %s here", variant->address);
	ASSERT_EQ(0, ntp_socket_open(&self->client, (struct sockaddr *)&self->address,
				     self->length, NULL));
}

FIXTURE_TEARDOWN(server)
{
	ntp_socket_close(&self->client);
	if (self->fd >= 0)
		close(self->fd);
	if (self->keeper >= 0)
		close(self->keeper);
}

TEST_F(server, both_ways_are_timestamped)
{
	uint8_t request[48] = { 1 }, answer[48] = { 2 }, bytes[64];
	struct ntp_stamp sent = { .valid = false }, received;
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);
	int64_t before_ns, between_ns, after_ns;

	ASSERT_LE(0, self->keeper);
	/* That one wants timestamps from now on, and this one waits until there are some. */
	close(kept_stamps());
	before_ns = clock_ns(CLOCK_REALTIME);
	ASSERT_EQ(0, ntp_socket_send(&self->client, request, sizeof(request)));
	ASSERT_NE(0, wait_for(self->fd, POLLIN));
	ASSERT_EQ(sizeof(request), recvfrom(self->fd, bytes, sizeof(bytes), 0,
					    (struct sockaddr *)&from, &length));
	EXPECT_EQ(0, memcmp(request, bytes, sizeof(request)));
	between_ns = clock_ns(CLOCK_REALTIME);

	ASSERT_TRUE(self->client.stamps_requests);
	wait_for(self->client.fd, POLLPRI);
	ASSERT_EQ(0, ntp_socket_read_error(&self->client, &sent));
	ASSERT_TRUE(sent.valid);
	EXPECT_LE(before_ns, sent.realtime_ns);
	EXPECT_GE(between_ns, sent.realtime_ns);

	ASSERT_EQ(sizeof(answer), sendto(self->fd, answer, sizeof(answer), 0,
					 (struct sockaddr *)&from, length));
	ASSERT_EQ(POLLIN, wait_for(self->client.fd, POLLIN));
	ASSERT_EQ(sizeof(answer), ntp_socket_receive(&self->client, bytes, sizeof(bytes),
						     &received));
	after_ns = clock_ns(CLOCK_REALTIME);
	EXPECT_EQ(0, memcmp(answer, bytes, sizeof(answer)));
	ASSERT_TRUE(received.valid);
	EXPECT_LE(between_ns, received.realtime_ns);
	EXPECT_GE(after_ns, received.realtime_ns);
}

TEST_F(server, nothing_does_not_block)
{
	struct ntp_stamp stamp = { .valid = false };
	uint8_t bytes[48];

	EXPECT_EQ(-EAGAIN, ntp_socket_receive(&self->client, bytes, sizeof(bytes), &stamp));
	EXPECT_EQ(-EAGAIN, ntp_socket_read_error(&self->client, &stamp));
	EXPECT_FALSE(stamp.valid);
}

TEST_F(server, a_stranger_is_not_heard)
{
	struct sockaddr_storage stranger, to;
	struct ntp_stamp stamp;
	socklen_t length = sizeof(to);
	uint8_t bytes[48] = { 0 };
	int fd;

	ASSERT_EQ(0, getsockname(self->client.fd, (struct sockaddr *)&to, &length));
	fd = open_server(variant->address, &stranger, &length);
	ASSERT_LE(0, fd);
	EXPECT_EQ(sizeof(bytes), sendto(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&to,
					length));
	close(fd);
	usleep(20000);
	EXPECT_EQ(-EAGAIN, ntp_socket_receive(&self->client, bytes, sizeof(bytes), &stamp));
}

TEST_F(server, a_long_packet_is_told_from_a_short_one)
{
	struct sockaddr_storage to;
	struct ntp_stamp stamp;
	socklen_t length = sizeof(to);
	uint8_t bytes[100] = { 0 };

	ASSERT_EQ(0, getsockname(self->client.fd, (struct sockaddr *)&to, &length));
	ASSERT_EQ(sizeof(bytes), sendto(self->fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&to,
					length));
	ASSERT_EQ(0, sendto(self->fd, bytes, 0, 0, (struct sockaddr *)&to, length));
	ASSERT_EQ(POLLIN, wait_for(self->client.fd, POLLIN));
	EXPECT_EQ(-EMSGSIZE, ntp_socket_receive(&self->client, bytes, 99, &stamp));
	ASSERT_EQ(POLLIN, wait_for(self->client.fd, POLLIN));
	EXPECT_EQ(0, ntp_socket_receive(&self->client, bytes, 99, &stamp));
}

TEST_F(server, a_refusal_is_told)
{
	struct ntp_stamp stamp = { .valid = false };
	uint8_t bytes[48] = { 0 };
	int err = 0;

	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, ntp_socket_send(&self->client, bytes, sizeof(bytes)));
	ASSERT_NE(0, wait_for(self->client.fd, POLLIN) & POLLERR);
	/* The timestamp and the refusal, in any order. */
	for (int i = 0; i < 10 && err != -ECONNREFUSED; i++) {
		wait_for(self->client.fd, POLLIN);
		err = ntp_socket_read_error(&self->client, &stamp);
	}
	EXPECT_EQ(-ECONNREFUSED, err);
}

/* The kernel stamps the refusal, too: when that came is not when the request left. */
TEST_F(server, a_refusal_is_no_timestamp)
{
	struct ntp_stamp stamp = { .valid = false };
	uint8_t bytes[48] = { 0 };
	int64_t left_ns = 0;
	int err = 0;

	ASSERT_LE(0, self->keeper);
	/* That one wants timestamps from now on, and this one waits until there are some. */
	close(kept_stamps());
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, ntp_socket_send(&self->client, bytes, sizeof(bytes)));
	for (int i = 0; i < 10; i++) {
		int64_t before_ns = stamp.realtime_ns;

		wait_for(self->client.fd, POLLIN);
		err = ntp_socket_read_error(&self->client, &stamp);
		if (err == -ECONNREFUSED) {
			EXPECT_EQ(before_ns, stamp.realtime_ns);
			break;
		}
		left_ns = stamp.realtime_ns;
	}
	EXPECT_EQ(-ECONNREFUSED, err);
	EXPECT_NE(0, left_ns);
}

TEST_F(server, each_socket_has_a_port_of_its_own)
{
	uint16_t ports[16];
	int same = 0;

	for (int i = 0; i < 16; i++) {
		struct ntp_socket sock;

		ASSERT_EQ(0, ntp_socket_open(&sock, (struct sockaddr *)&self->address,
					     self->length, NULL));
		ports[i] = local_port(sock.fd);
		ASSERT_NE(0, ports[i]);
		ntp_socket_close(&sock);
		EXPECT_EQ(-1, sock.fd);
		for (int j = 0; j < i; j++)
			same += ports[i] == ports[j];
	}
	/* They are random, so that two may be equal. */
	EXPECT_GE(3, same);
}

TEST_F(server, options_are_applied)
{
	struct ntp_socket_options options = { .dscp = 46, .bind_device = "lo" };
	bool ipv6 = self->address.ss_family == AF_INET6;
	int value = 0;
	socklen_t length = sizeof(value);

	ntp_socket_close(&self->client);
	ASSERT_EQ(0, ntp_socket_open(&self->client, (struct sockaddr *)&self->address,
				     self->length, &options));
	ASSERT_EQ(0, getsockopt(self->client.fd, ipv6 ? IPPROTO_IPV6 : IPPROTO_IP,
				ipv6 ? IPV6_TCLASS : IP_TOS, &value, &length));
	EXPECT_EQ(46 << 2, value);
}

TEST_F(server, what_cannot_be_bound_to_fails)
{
	struct ntp_socket_options no_device = { .bind_device = "no-such-device" };
	struct ntp_socket_options no_address = {
		.bind_address4 = "192.0.2.1",
		.bind_address6 = "2001:db8::1",
	};
	struct ntp_socket sock;

	EXPECT_EQ(-ENODEV, ntp_socket_open(&sock, (struct sockaddr *)&self->address, self->length,
					   &no_device));
	EXPECT_EQ(-1, sock.fd);
	EXPECT_EQ(-EADDRNOTAVAIL, ntp_socket_open(&sock, (struct sockaddr *)&self->address,
						  self->length, &no_address));
	EXPECT_EQ(-1, sock.fd);
}

TEST(the_local_address_is_bound)
{
	struct ntp_socket_options options = { .bind_address4 = "127.0.0.2" };
	struct sockaddr_storage address, from;
	socklen_t length, from_length = sizeof(from);
	struct ntp_socket sock;
	uint8_t bytes[48] = { 0 };
	char text[64];
	int fd;

	fd = open_server("127.0.0.1", &address, &length);
	if (fd < 0)
		SKIP(return, "no 127.0.0.1 here");
	ASSERT_EQ(0, ntp_socket_open(&sock, (struct sockaddr *)&address, length, &options));
	ASSERT_EQ(0, ntp_socket_send(&sock, bytes, sizeof(bytes)));
	ASSERT_NE(0, wait_for(fd, POLLIN));
	ASSERT_EQ(sizeof(bytes), recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from,
					  &from_length));
	EXPECT_STREQ("127.0.0.2", inet_ntop(AF_INET, &((struct sockaddr_in *)&from)->sin_addr, text,
					    sizeof(text)));
	ntp_socket_close(&sock);
	close(fd);
}

/* Requests to two servers leave from one port, and each answer finds its own. */
TEST(one_port_for_all)
{
	struct sockaddr_storage address[2];
	struct ntp_socket_options options = { .bind_port = 0 };
	struct ntp_socket sock[2];
	struct ntp_stamp stamp;
	socklen_t length[2];
	uint8_t bytes[8];
	int server[2];

	for (int i = 0; i < 2; i++) {
		server[i] = open_server(i ? "127.0.0.2" : "127.0.0.1", &address[i], &length[i]);
		ASSERT_LE(0, server[i]);
	}
	/* A port that is free. */
	ASSERT_EQ(0, ntp_socket_open(&sock[0], (struct sockaddr *)&address[0], length[0], NULL));
	options.bind_port = local_port(sock[0].fd);
	ntp_socket_close(&sock[0]);
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, ntp_socket_open(&sock[i], (struct sockaddr *)&address[i], length[i],
					     &options));
		EXPECT_EQ(options.bind_port, local_port(sock[i].fd));
	}
	for (int i = 0; i < 2; i++) {
		struct sockaddr_in to = { .sin_family = AF_INET };

		to.sin_port = htons((uint16_t)options.bind_port);
		to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		ASSERT_EQ(1, sendto(server[i], i ? "b" : "a", 1, 0, (struct sockaddr *)&to,
				    sizeof(to)));
		ASSERT_TRUE(wait_for(sock[i].fd, POLLIN) & POLLIN);
		ASSERT_EQ(1, ntp_socket_receive(&sock[i], bytes, sizeof(bytes), &stamp));
		EXPECT_EQ(i ? 'b' : 'a', bytes[0]);
		EXPECT_EQ(-EAGAIN, ntp_socket_receive(&sock[!i], bytes, sizeof(bytes), &stamp));
	}
	for (int i = 0; i < 2; i++) {
		ntp_socket_close(&sock[i]);
		close(server[i]);
	}
}

TEST_HARNESS_MAIN
