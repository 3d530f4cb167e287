// SPDX-License-Identifier: GPL-2.0-only
/*
 * One request on the loopback interface, beside what strangers may send: ICMP errors do not end it.
 */
#include "user/ntp/client.h"
#include "user/ntp/mac.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/ptp_clock.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "selftests/unit/kept_stamps.h"
#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/lib/clock_ns.h"
#include "user/lib/time_units.h"

/* Longest wait for anything on the loopback interface. */
#define WAIT_MS	2000

/*
 * A network card: its clock is CARD_BEHIND_NS behind, and it stamps what leaves and what comes so
 * much after the kernel.
 */
#define CARD_BEHIND_NS	(1000 * NS_PER_S)

static struct {
	bool stamps;
	int64_t leaves_after_ns;
	int64_t comes_after_ns;
} card;

static void stamp_by_card(struct cmsghdr *header, int64_t after_ns)
{
	struct scm_timestamping stamps;
	int64_t at_ns;

	memcpy(&stamps, CMSG_DATA(header), sizeof(stamps));
	at_ns = stamps.ts[0].tv_sec * NS_PER_S + stamps.ts[0].tv_nsec + after_ns - CARD_BEHIND_NS;
	stamps.ts[2].tv_sec = at_ns / NS_PER_S;
	stamps.ts[2].tv_nsec = at_ns % NS_PER_S;
	memcpy(CMSG_DATA(header), &stamps, sizeof(stamps));
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
	ssize_t length = __real_recvmsg(fd, message, flags);

	if (length < 0 || !card.stamps)
		return length;
	for (struct cmsghdr *h = CMSG_FIRSTHDR(message); h; h = CMSG_NXTHDR(message, h)) {
		if (h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_TIMESTAMPING)
			stamp_by_card(h, flags & MSG_ERRQUEUE ? card.leaves_after_ns :
								card.comes_after_ns);
	}
	return length;
}

int __wrap_ioctl(int fd, unsigned long request, void *argument)
{
	struct ptp_sys_offset_precise *precise = argument;
	int64_t now_ns = clock_ns(CLOCK_REALTIME), device_ns = now_ns - CARD_BEHIND_NS;

	if (request != PTP_SYS_OFFSET_PRECISE)
		return -1;
	precise->sys_realtime.sec = now_ns / NS_PER_S;
	precise->sys_realtime.nsec = (uint32_t)(now_ns % NS_PER_S);
	precise->device.sec = device_ns / NS_PER_S;
	precise->device.nsec = (uint32_t)(device_ns % NS_PER_S);
	return 0;
}

static int readings;

static int read_clocks(struct timescale *timescale, struct timescale_now *now)
{
	readings++;
	memset(now, 0, sizeof(*now));
	now->raw_ns = clock_ns(CLOCK_MONOTONIC_RAW);
	now->reference_ns = now->raw_ns;
	now->realtime_ns = clock_ns(CLOCK_REALTIME);
	now->epoch = 1;
	return 0;
}

FIXTURE(request) {
	struct timescale_ops ops;
	struct timescale timescale;
	struct source *source;
	struct ntp_client client;
	struct sockaddr_in server;
	int64_t sent_ns;
};

static int bind_server(const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return -1;
	return fd;
}

/* A request that nobody was there to take, and that ICMP has refused. */
FIXTURE_SETUP(request)
{
	struct source_options options = { .name = "test", .minpoll = 6, .maxpoll = 10 };
	struct ntp_client_options client = {
		.version = 4,
		.limits = { .minstratum = 1, .maxstratum = 15, .maxdelay_ns = 100 * NS_PER_S },
	};
	socklen_t length = sizeof(self->server);
	struct net_address address;
	int fd;

	memset(self, 0, sizeof(*self));
	self->server.sin_family = AF_INET;
	self->server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = bind_server(&self->server);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, getsockname(fd, (struct sockaddr *)&self->server, &length));
	close(fd);
	client.port = ntohs(self->server.sin_port);

	self->ops.now = read_clocks;
	self->timescale.ops = &self->ops;
	self->sent_ns = clock_ns(CLOCK_MONOTONIC_RAW);
	self->source = source_new(&options, self->sent_ns);
	ASSERT_NE(NULL, self->source);
	ASSERT_EQ(0, net_address_parse("127.0.0.1", AF_INET, &address));
	ntp_client_init(&self->client, self->source, &client, &address);
	ASSERT_EQ(NTP_CLIENT_NOTHING,
		  ntp_client_timer(&self->client, &self->timescale, self->sent_ns));
}

FIXTURE_TEARDOWN(request)
{
	ntp_client_close(&self->client);
	source_free(self->source);
}

/* What comes of all that is there to be read now. */
static enum ntp_client_result take_all(struct _test_data_request *self)
{
	enum ntp_client_result result = NTP_CLIENT_NOTHING;
	int turns = 0;

	while (result == NTP_CLIENT_NOTHING && self->client.socket.fd >= 0 && turns++ < 20) {
		struct pollfd fd = { .fd = self->client.socket.fd, .events = POLLIN | POLLPRI };

		if (poll(&fd, 1, turns == 1 ? WAIT_MS : 0) < 1)
			break;
		result = ntp_client_event(&self->client, &self->timescale, fd.revents,
					  clock_ns(CLOCK_MONOTONIC_RAW));
	}
	return result;
}

/*
 * As the server does, which somebody has forged a refusal of: @origin is the request's nonce.
 * @key: of the answer's MAC; NULL: it has none.
 */
static void send_signed(struct _test_data_request *self, uint64_t origin, uint8_t stratum,
			const struct ntp_key *key)
{
	uint64_t now = ntp_timestamp_from_ns(clock_ns(CLOCK_REALTIME));
	struct ntp_packet packet = {
		.version = 4,
		.mode = NTP_MODE_SERVER,
		.stratum = stratum,
		.precision = -25,
		.origin = origin,
		.receive = now,
		.transmit = now,
	};
	struct sockaddr_in to;
	socklen_t length = sizeof(to);
	uint8_t bytes[NTP_HEADER_SIZE + NTP_MAC_SIZE_MAX];
	size_t size = NTP_HEADER_SIZE;
	int fd = bind_server(&self->server);

	ntp_packet_encode(&packet, bytes);
	if (key)
		size = ntp_mac_append(key, bytes, size, sizeof(bytes));
	if (fd < 0 || getsockname(self->client.socket.fd, (struct sockaddr *)&to, &length) < 0 ||
	    sendto(fd, bytes, size, 0, (struct sockaddr *)&to, length) < 0)
		abort();
	close(fd);
}

static void send_packet(struct _test_data_request *self, uint64_t origin, uint8_t stratum)
{
	send_signed(self, origin, stratum, NULL);
}

static void send_answer(struct _test_data_request *self)
{
	send_packet(self, self->client.exchange.nonce, 1);
}

TEST_F(request, a_refusal_by_icmp_does_not_end_it)
{
	EXPECT_EQ(NTP_CLIENT_NOTHING, take_all(self));
	ASSERT_LE(0, self->client.socket.fd);
	send_answer(self);
	EXPECT_EQ(NTP_CLIENT_SAMPLE, take_all(self));
	EXPECT_EQ(0, self->client.last_error);
	EXPECT_EQ(0, self->client.failures);
}

TEST_F(request, a_refusal_by_icmp_is_the_reason_if_nothing_came)
{
	EXPECT_EQ(NTP_CLIENT_NOTHING, take_all(self));
	EXPECT_EQ(NTP_CLIENT_FAILED,
		  ntp_client_timer(&self->client, &self->timescale, self->sent_ns + 4 * NS_PER_S));
	EXPECT_EQ(-ECONNREFUSED, self->client.last_error);
	EXPECT_EQ(1, self->client.failures);
}

/* One refusal is not the next one's, which is only silent. */
TEST_F(request, the_next_request_has_its_own_reason)
{
	int64_t next_ns = self->sent_ns + 100 * NS_PER_S;
	int fd;

	EXPECT_EQ(NTP_CLIENT_NOTHING, take_all(self));
	fd = bind_server(&self->server);
	ASSERT_LE(0, fd);
	ntp_client_timer(&self->client, &self->timescale, next_ns);
	EXPECT_EQ(-ECONNREFUSED, self->client.last_error);
	ntp_client_timer(&self->client, &self->timescale, next_ns + NS_PER_S);
	ASSERT_EQ(NTP_CLIENT_FAILED,
		  ntp_client_timer(&self->client, &self->timescale, next_ns + 5 * NS_PER_S));
	EXPECT_EQ(-ETIMEDOUT, self->client.last_error);
	close(fd);
}

/* A reading costs a request to the kernel, which strangers do not get for a packet. */
TEST_F(request, clocks_are_read_for_answers_alone)
{
	EXPECT_EQ(NTP_CLIENT_NOTHING, take_all(self));
	readings = 0;
	send_packet(self, self->client.exchange.nonce + 1, 1);
	EXPECT_EQ(NTP_CLIENT_NOTHING, take_all(self));
	EXPECT_EQ(1, self->client.record.packets);
	EXPECT_EQ(0, self->client.latest.count);
	EXPECT_EQ(0, readings);
	send_answer(self);
	EXPECT_EQ(NTP_CLIENT_SAMPLE, take_all(self));
	EXPECT_EQ(1, readings);
}

/* Whoever follows itself is always right, and no other source could contradict it. */
TEST_F(request, an_answer_of_our_own_server_gives_no_time)
{
	const struct ntp_own own = { .port4 = self->client.options.port };

	EXPECT_EQ(NTP_CLIENT_NOTHING, take_all(self));
	self->client.options.own = &own;
	send_answer(self);
	EXPECT_EQ(NTP_CLIENT_FAILED, take_all(self));
	EXPECT_EQ(NTP_OWN_SERVER, self->client.verdict);
	EXPECT_EQ(0, source_received(self->source));
}

/* In a network of its own, this machine has these two addresses. */
#define ONE_ADDRESS	"192.0.2.1"
#define OTHER_ADDRESS	"192.0.2.2"

static int set_address(int fd, const char *label, const char *text)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct ifreq request = { .ifr_flags = IFF_UP };

	strcpy(request.ifr_name, label);
	inet_pton(AF_INET, text, &address.sin_addr);
	memcpy(&request.ifr_addr, &address, sizeof(address));
	if (__real_ioctl(fd, SIOCSIFADDR, &request) < 0)
		return -1;
	request.ifr_flags = IFF_UP;
	return __real_ioctl(fd, SIOCSIFFLAGS, &request);
}

static bool enter_network(void)
{
	bool entered;
	int fd;

	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return false;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	entered = set_address(fd, "lo", "127.0.0.1") == 0 &&
		  set_address(fd, "lo:1", ONE_ADDRESS) == 0 &&
		  set_address(fd, "lo:2", OTHER_ADDRESS) == 0;
	close(fd);
	return entered;
}

/* Ask @server from @from; it answers. */
static void ask_from(struct _test_data_request *self, const char *from, const char *server,
		     const struct ntp_own *own)
{
	struct ntp_client_options options = self->client.options;
	struct net_address address;

	options.socket.bind_address4 = from;
	options.own = own;
	if (net_address_parse(server, AF_INET, &address) ||
	    inet_pton(AF_INET, server, &self->server.sin_addr) != 1)
		abort();
	ntp_client_close(&self->client);
	ntp_client_init(&self->client, self->source, &options, &address);
	self->sent_ns += 100 * NS_PER_S;
	ntp_client_timer(&self->client, &self->timescale, self->sent_ns);
	(void)take_all(self);
	send_answer(self);
}

/* The request has another address by bindacqaddress, or as a secondary address is asked. */
TEST_F(request, our_own_server_is_known_from_each_of_our_addresses)
{
	static const char *const ends[][2] = {
		{ ONE_ADDRESS, OTHER_ADDRESS }, { ONE_ADDRESS, "127.0.0.1" }, { "", OTHER_ADDRESS },
	};
	const struct ntp_own own = { .port4 = self->client.options.port };

	if (!enter_network())
		SKIP(return, "no network namespaces here");
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		ask_from(self, ends[i][0], ends[i][1], &own);
		EXPECT_EQ(NTP_CLIENT_FAILED, take_all(self));
		EXPECT_EQ(NTP_OWN_SERVER, self->client.verdict);
	}
	EXPECT_EQ(0, source_received(self->source));
}

TEST_F(request, another_program_on_this_machine_is_no_own_server)
{
	struct ntp_own own = { .port4 = self->client.options.port };

	EXPECT_EQ(NTP_CLIENT_NOTHING, take_all(self));
	ASSERT_EQ(0, net_address_parse("192.0.2.1", AF_INET, &own.address4));
	self->client.options.own = &own;
	send_answer(self);
	EXPECT_EQ(NTP_CLIENT_SAMPLE, take_all(self));
}

/* An earlier answer took a microsecond: this one, which waited for us, takes many times as long. */
static void remember_quick_answer(struct _test_data_request *self)
{
	struct source_sample sample = {
		.at_ns = clock_ns(CLOCK_MONOTONIC_RAW),
		.delay_ns = 1000,
		.epoch = 1,
		.stratum = 1,
	};

	sample.offset_ns = clock_ns(CLOCK_REALTIME) - sample.at_ns;
	if (source_add(self->source, sample.at_ns, &sample))
		abort();
}

/* The truth is within its round trip, whether or not that is to be learned from. */
static void expect_vote(struct __test_metadata *_metadata, const struct _test_data_request *self)
{
	struct source_status status;

	source_get_record(self->source, &status);
	ASSERT_NE(NULL, status.overlong);
	EXPECT_EQ(self->client.latest.sample.offset_ns, status.overlong->offset_ns);
}

TEST_F(request, an_answer_that_takes_many_times_as_long_may_be_refused)
{
	EXPECT_EQ(NTP_CLIENT_NOTHING, take_all(self));
	self->client.options.limits.maxdelayratio = 3;
	remember_quick_answer(self);
	usleep(10000);
	send_answer(self);
	EXPECT_EQ(NTP_CLIENT_FAILED, take_all(self));
	EXPECT_EQ(NTP_DELAY_OUT_OF_RATIO, self->client.verdict);
	EXPECT_EQ(1, source_received(self->source));
	EXPECT_EQ(NTP_DELAY_OUT_OF_RATIO, self->client.latest.verdict);
	EXPECT_LE(10000000, self->client.latest.sample.delay_ns);
	/* For those who ask why. */
	EXPECT_EQ(4, self->client.record.answer.packet.version);
	EXPECT_EQ(NTP_DELAY_OUT_OF_RATIO, self->client.record.answer.verdict);
	EXPECT_LE(10000000, self->client.record.answer.sample.delay_ns);
	EXPECT_EQ(1, self->client.record.valid);
	EXPECT_EQ(0, self->client.record.good);
	expect_vote(_metadata, self);
}

/* The same by maxdelay. */
TEST_F(request, an_answer_that_takes_too_long_is_refused_and_has_a_vote)
{
	EXPECT_EQ(NTP_CLIENT_NOTHING, take_all(self));
	self->client.options.limits.maxdelay_ns = 5000000;
	usleep(10000);
	send_answer(self);
	EXPECT_EQ(NTP_CLIENT_FAILED, take_all(self));
	EXPECT_EQ(NTP_DELAY_TOO_LONG, self->client.verdict);
	EXPECT_EQ(0, source_received(self->source));
	expect_vote(_metadata, self);
}

TEST_F(request, the_latest_answer_is_kept_with_what_was_made_of_it)
{
	const struct ntp_client_answer *latest = &self->client.latest;

	EXPECT_EQ(NTP_CLIENT_NOTHING, take_all(self));
	EXPECT_EQ(0, latest->count);
	send_answer(self);
	EXPECT_EQ(NTP_CLIENT_SAMPLE, take_all(self));
	EXPECT_EQ(1, latest->count);
	EXPECT_EQ(NTP_ACCEPTED, latest->verdict);
	EXPECT_EQ(self->client.record.answer.packet.transmit, latest->packet.transmit);
	EXPECT_LT(0, latest->sample.delay_ns);
	EXPECT_EQ(self->client.record.answer.kernel_received, latest->kernel_received);
	EXPECT_FALSE(latest->interleaved);
}

TEST_F(request, without_a_ratio_it_is_not)
{
	EXPECT_EQ(NTP_CLIENT_NOTHING, take_all(self));
	remember_quick_answer(self);
	usleep(10000);
	send_answer(self);
	EXPECT_EQ(NTP_CLIENT_SAMPLE, take_all(self));
}

TEST_F(request, clocks_are_not_read_for_an_answer_that_gives_no_time)
{
	EXPECT_EQ(NTP_CLIENT_NOTHING, take_all(self));
	readings = 0;
	send_packet(self, self->client.exchange.nonce, 16);
	EXPECT_EQ(NTP_CLIENT_FAILED, take_all(self));
	EXPECT_EQ(0, readings);
}

static const struct ntp_key our_key = {
	.id = 7,
	.type = NTP_MAC_SHA1,
	.length = 6,
	.secret = "secret",
};

/* Drop the request, and have the next with @key, NULL: it is missing. Its instant, by raw. */
static int64_t ask_with_key(struct _test_data_request *self, const struct ntp_key *key)
{
	int64_t next_ns = self->sent_ns + 100 * NS_PER_S;

	ntp_client_close(&self->client);
	self->client.options.key_id = our_key.id;
	self->client.options.limits.key = key;
	ntp_client_timer(&self->client, &self->timescale, next_ns);
	return next_ns;
}

TEST_F(request, with_a_key_it_carries_a_mac)
{
	uint8_t bytes[NTP_HEADER_SIZE + NTP_MAC_SIZE_MAX];
	int fd = bind_server(&self->server);

	ASSERT_LE(0, fd);
	ask_with_key(self, &our_key);
	ASSERT_EQ(NTP_HEADER_SIZE + 24, recv(fd, bytes, sizeof(bytes), 0));
	EXPECT_TRUE(ntp_mac_check(&our_key, bytes, NTP_HEADER_SIZE + 24, 24));
	close(fd);
	send_signed(self, self->client.exchange.nonce, 1, &our_key);
	EXPECT_EQ(NTP_CLIENT_SAMPLE, take_all(self));
}

/* A forger on the way is as quick as he likes. */
TEST_F(request, a_forged_answer_does_not_keep_the_right_one_out)
{
	struct ntp_key other = our_key;

	ask_with_key(self, &our_key);
	other.secret[0]++;
	send_signed(self, self->client.exchange.nonce, 1, NULL);
	EXPECT_EQ(NTP_CLIENT_NOTHING, take_all(self));
	send_signed(self, self->client.exchange.nonce, 1, &other);
	EXPECT_EQ(NTP_CLIENT_NOTHING, take_all(self));
	EXPECT_EQ(2, self->client.record.packets);
	EXPECT_EQ(2, self->client.latest.count);
	EXPECT_EQ(NTP_WRONG_MAC, self->client.latest.verdict);
	EXPECT_EQ(0, self->client.latest.sample.delay_ns);
	send_signed(self, self->client.exchange.nonce, 1, &our_key);
	EXPECT_EQ(NTP_CLIENT_SAMPLE, take_all(self));
	EXPECT_EQ(0, self->client.last_error);
	EXPECT_EQ(NTP_ACCEPTED, self->client.verdict);
}

TEST_F(request, it_is_the_reason_if_the_right_one_does_not_come)
{
	struct ntp_key other = our_key;
	int64_t next_ns = ask_with_key(self, &our_key);

	other.secret[0]++;
	send_signed(self, self->client.exchange.nonce, 1, &other);
	EXPECT_EQ(NTP_CLIENT_NOTHING, take_all(self));
	ASSERT_EQ(NTP_CLIENT_FAILED,
		  ntp_client_timer(&self->client, &self->timescale, next_ns + 5 * NS_PER_S));
	EXPECT_EQ(NTP_WRONG_MAC, self->client.verdict);
	EXPECT_EQ(-ETIMEDOUT, self->client.last_error);
}

TEST_F(request, without_its_key_none_is_sent)
{
	uint8_t bytes[NTP_HEADER_SIZE];
	int fd = bind_server(&self->server);
	int64_t now_ns;

	ASSERT_LE(0, fd);
	now_ns = ask_with_key(self, NULL);
	for (int i = 0; i < 100; i++) {
		now_ns = ntp_client_next_ns(&self->client);
		ntp_client_timer(&self->client, &self->timescale, now_ns);
		EXPECT_GT(0, self->client.socket.fd);
	}
	EXPECT_EQ(-1, recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT));
	EXPECT_EQ(-ENOKEY, self->client.last_error);

	/* It comes with a reload. */
	self->client.options.limits.key = &our_key;
	ntp_client_retry_now(&self->client, now_ns);
	ntp_client_timer(&self->client, &self->timescale, now_ns);
	EXPECT_EQ(NTP_HEADER_SIZE, recv(fd, bytes, sizeof(bytes), 0));
	close(fd);
}

TEST_F(request, an_answer_after_the_key_has_gone_is_not_taken)
{
	ask_with_key(self, &our_key);
	send_signed(self, self->client.exchange.nonce, 1, &our_key);
	self->client.options.limits.key = NULL;
	EXPECT_EQ(NTP_CLIENT_NOTHING, take_all(self));
	EXPECT_GT(0, self->client.socket.fd);
	EXPECT_EQ(0, source_received(self->source));
}

/* A server that answers in interleaved mode whenever it is asked to. */
struct interleaving {
	int fd;
	uint64_t receive;	/* the latest request's, and when its answer left */
	uint64_t left;
	int interleaved;
	struct ntp_packet request;
};

/* Take a request and answer it. */
static void serve(struct interleaving *server)
{
	uint64_t now = ntp_timestamp_from_ns(clock_ns(CLOCK_REALTIME));
	struct ntp_packet answer = {
		.mode = NTP_MODE_SERVER,
		.stratum = 1,
		.precision = -25,
		.receive = now,
		.transmit = now,
	};
	uint8_t bytes[NTP_HEADER_SIZE];
	struct sockaddr_in from;
	socklen_t length = sizeof(from);

	if (recvfrom(server->fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &length) !=
	    sizeof(bytes) || ntp_packet_decode(bytes, sizeof(bytes), &server->request) < 0)
		abort();
	answer.version = server->request.version;
	answer.origin = server->request.transmit;
	if (server->request.origin && server->request.origin == server->receive) {
		answer.origin = server->request.receive;
		answer.transmit = server->left;
		server->interleaved++;
	}
	server->receive = now;
	ntp_packet_encode(&answer, bytes);
	/* On the loopback interface it has arrived before it is known to have left. */
	server->left = ntp_timestamp_from_ns(clock_ns(CLOCK_REALTIME));
	sendto(server->fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, length);
}

/* One request and what comes of it. */
static enum ntp_client_result ask_once(struct _test_data_request *self, struct interleaving *server)
{
	self->sent_ns += 200 * NS_PER_S;
	ntp_client_timer(&self->client, &self->timescale, self->sent_ns);
	serve(server);
	return take_all(self);
}

TEST_F(request, interleaved_mode_begins_after_a_burst)
{
	struct interleaving server = { .fd = bind_server(&self->server) };

	ASSERT_LE(0, server.fd);
	ntp_client_close(&self->client);
	self->client.options.interleaved = true;
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(NTP_CLIENT_SAMPLE, ask_once(self, &server));
		EXPECT_EQ(0, server.request.origin);
		EXPECT_EQ(0, server.request.receive);
	}
	/* The server is reached, and the sample comes with the next answer. */
	ASSERT_EQ(NTP_CLIENT_NOTHING, ask_once(self, &server));
	EXPECT_EQ(1, server.interleaved);
	EXPECT_GT(0, self->client.socket.fd);
	EXPECT_EQ(0, self->client.last_error);
	EXPECT_TRUE(self->client.interleaved);
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(NTP_CLIENT_SAMPLE, ask_once(self, &server));
	EXPECT_EQ(4, server.interleaved);
	EXPECT_EQ(7, source_received(self->source));

	/* For those who look. */
	EXPECT_EQ(8, self->client.record.packets);
	EXPECT_EQ(8, self->client.record.valid);
	EXPECT_EQ(7, self->client.record.good);
	EXPECT_EQ(4, self->client.record.answer.packet.version);
	EXPECT_TRUE(self->client.record.answer.interleaved);
	EXPECT_EQ(AF_INET, self->client.record.local.family);
	EXPECT_EQ(127, self->client.record.local.bytes[0]);
	/* The transmit timestamp is of the answer before, and so is the request's. */
	EXPECT_LE(0, self->client.record.response_ns);
	EXPECT_GT(NS_PER_S, self->client.record.response_ns);

	/* A disruption, a burst: samples are wanted at once. */
	ntp_client_close(&self->client);
	ASSERT_EQ(NTP_CLIENT_SAMPLE, ask_once(self, &server));
	EXPECT_EQ(0, server.request.origin);
	close(server.fd);
}

TEST_F(request, before_ntpv4_there_is_no_interleaved_mode)
{
	struct interleaving server = { .fd = bind_server(&self->server) };

	ASSERT_LE(0, server.fd);
	self->client.options.interleaved = true;
	self->client.options.version = 3;
	ntp_client_close(&self->client);
	for (int i = 0; i < 6; i++) {
		ASSERT_EQ(NTP_CLIENT_SAMPLE, ask_once(self, &server));
		EXPECT_EQ(0, server.request.origin);
	}
	close(server.fd);
}

/* The round trip of an exchange whose packets the card stamps like that. */
static int64_t delay_by_card(struct _test_data_request *self, struct hardware *hardware,
			     int64_t leaves_after_ns, int64_t comes_after_ns)
{
	struct interleaving server = { .fd = bind_server(&self->server) };
	struct source_status status;

	memset(&card, 0, sizeof(card));
	card.stamps = true;
	card.leaves_after_ns = leaves_after_ns;
	card.comes_after_ns = comes_after_ns;
	self->client.options.hardware = hardware;
	ntp_client_close(&self->client);
	if (server.fd < 0 || ask_once(self, &server) != NTP_CLIENT_SAMPLE)
		abort();
	close(server.fd);
	card.stamps = false;
	source_get_status(self->source, clock_ns(CLOCK_MONOTONIC_RAW), &status);
	return status.last.delay_ns;
}

/*
 * The card's timestamps are used if they are possible: what leaves does so after the kernel has
 * stamped it, and what comes does so before. An impossible one is no reason to lose the sample.
 */
TEST_F(request, timestamps_of_a_network_card)
{
	struct hardware hardware = { .count = 1 };
	int stamping_fd = kept_stamps();
	int64_t kernels_ns;

	hardware.cards[0] = (struct hardware_card){
		.index = if_nametoindex("lo"),
		.device = { .fd = -1 },
	};
	/* Both packets are on their way for longer by the kernel than by the card. */
	kernels_ns = delay_by_card(self, NULL, 0, 0);
	EXPECT_TRUE(self->client.kernel_timestamps);
	EXPECT_FALSE(self->client.hardware_timestamps);
	EXPECT_LT(1000, kernels_ns);
	delay_by_card(self, &hardware, 500, -500);
	EXPECT_TRUE(self->client.hardware_timestamps);
	EXPECT_TRUE(self->client.sent.error_ns);
	EXPECT_EQ(500 + self->client.left.realtime_ns, self->client.sent.realtime_ns);
	/* It left a second before the kernel had it, or a second after its answer came. */
	delay_by_card(self, &hardware, -NS_PER_S, -500);
	EXPECT_FALSE(self->client.hardware_timestamps);
	EXPECT_EQ(self->client.left.realtime_ns, self->client.sent.realtime_ns);
	delay_by_card(self, &hardware, NS_PER_S, -500);
	EXPECT_FALSE(self->client.hardware_timestamps);
	/* The answer came a second after the kernel had it, or before the request left. */
	delay_by_card(self, &hardware, 500, NS_PER_S);
	EXPECT_FALSE(self->client.hardware_timestamps);
	delay_by_card(self, &hardware, 500, -NS_PER_S);
	EXPECT_FALSE(self->client.hardware_timestamps);
	EXPECT_TRUE(self->client.kernel_timestamps);
	EXPECT_EQ(6, source_received(self->source));
	EXPECT_EQ(1, self->client.record.by_card);
	EXPECT_EQ(5, self->client.record.sent_by_kernel);
	EXPECT_EQ(5, self->client.record.received_by_kernel);
	close(stamping_fd);
}

TEST_F(request, the_extension_field_is_asked_for_but_not_by_md5)
{
	static const struct ntp_key weak = {
		.id = 8, .type = NTP_MAC_MD5, .length = 6, .secret = "secret",
	};
	uint8_t bytes[NTP_HEADER_SIZE + MONO_ROOT_SIZE + NTP_MAC_SIZE_MAX];
	int fd = bind_server(&self->server);

	ASSERT_LE(0, fd);
	self->client.options.mono_root = true;
	ask_with_key(self, &our_key);
	ASSERT_EQ(NTP_HEADER_SIZE + MONO_ROOT_SIZE + 24, recv(fd, bytes, sizeof(bytes), 0));
	EXPECT_TRUE(ntp_mac_check(&our_key, bytes, NTP_HEADER_SIZE + MONO_ROOT_SIZE + 24, 24));

	ntp_client_close(&self->client);
	self->client.options.limits.key = &weak;
	ntp_client_timer(&self->client, &self->timescale, self->sent_ns + 300 * NS_PER_S);
	EXPECT_EQ(NTP_HEADER_SIZE + 20, recv(fd, bytes, sizeof(bytes), 0));

	/* Nor before NTPv4. */
	ntp_client_close(&self->client);
	self->client.options.limits.key = &our_key;
	self->client.options.version = 3;
	ntp_client_timer(&self->client, &self->timescale, self->sent_ns + 600 * NS_PER_S);
	EXPECT_EQ(NTP_HEADER_SIZE + 24, recv(fd, bytes, sizeof(bytes), 0));
	close(fd);
}

/*
 * An answer to the request in flight: the server's time is @moved_ns ahead of its
 * monotonic clock.
 */
static enum ntp_client_result answer_root(struct _test_data_request *self, int64_t moved_ns,
					  uint32_t epoch)
{
	int64_t now_ns = clock_ns(CLOCK_REALTIME);
	struct ntp_packet packet = {
		.version = 4,
		.mode = NTP_MODE_SERVER,
		.stratum = 1,
		.precision = -25,
		.origin = self->client.exchange.nonce,
		.receive = ntp_timestamp_from_ns(now_ns + moved_ns),
		.transmit = ntp_timestamp_from_ns(now_ns + moved_ns),
	};
	struct mono_root root = { .receive = ntp_timestamp_from_ns(now_ns), .epoch = epoch };
	uint8_t bytes[NTP_HEADER_SIZE + MONO_ROOT_SIZE];
	struct sockaddr_in to;
	socklen_t length = sizeof(to);
	int fd = bind_server(&self->server);

	ntp_packet_encode(&packet, bytes);
	mono_root_write(&root, bytes + NTP_HEADER_SIZE);
	if (fd < 0 || getsockname(self->client.socket.fd, (struct sockaddr *)&to, &length) < 0 ||
	    sendto(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&to, length) < 0)
		abort();
	close(fd);
	return take_all(self);
}

TEST_F(request, a_server_that_has_put_its_time_right_is_believed)
{
	static const struct {
		int64_t moved_ns;
		uint32_t epoch;
		int64_t believed_ns;
	} answers[] = {
		{ 0, 1, 0 },
		{ 5000000, 1, 5000000 },
		/* Its monotonic clock has begun anew. */
		{ 7000000, 2, 5000000 },
		{ 6000000, 2, 4000000 },
		/* So much is no correction of a clock that is followed. */
		{ 900000000, 2, 4000000 },
	};

	EXPECT_EQ(NTP_CLIENT_NOTHING, take_all(self));
	ntp_client_close(&self->client);
	self->client.options.mono_root = true;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		ntp_client_timer(&self->client, &self->timescale,
				 self->sent_ns + (int64_t)(i + 1) * 100 * NS_PER_S);
		ASSERT_EQ(NTP_CLIENT_SAMPLE,
			  answer_root(self, answers[i].moved_ns, answers[i].epoch));
		EXPECT_GT(2, llabs(source_moved_ns(self->source) - answers[i].believed_ns))
			TH_LOG("answer %zu", i);
	}
}

TEST_HARNESS_MAIN
