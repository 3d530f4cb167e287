// SPDX-License-Identifier: GPL-2.0-only
/*
 * The server over loopback: real sockets and kernel timestamps, a page that the test writes, and a
 * clock that it says was set.
 */
#include "user/server/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/errqueue.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "selftests/unit/kept_stamps.h"
#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/lib/clock_ns.h"
#include "user/lib/time_units.h"
#include "user/ntp/listen.h"
#include "user/ntp/mac.h"
#include "user/ntp/nts_cookie.h"
#include "user/ntp/nts_session.h"
#include "user/ntp/packet.h"
#include "user/server/batch.h"
#include "user/server/respond.h"
#include "user/server/seal.h"

#define CLIENTS		16
#define RULES		4
#define KEYS		3

/* So long is waited for what is to come, however busy the machine is. */
#define COMES_MS	10000

/*
 * A network card: its clock is CARD_BEHIND_NS behind the system clock, and it stamps what comes and
 * what leaves so much after the kernel.
 */
#define CARD_BEHIND_NS	(1000 * NS_PER_S)

static struct {
	bool stamps;
	int64_t comes_after_ns;
	int64_t leaves_after_ns;
} card;

/* Put what the kernel has stamped, and @after_ns, in the place of the timestamp @which. */
static void stamp(struct msghdr *message, int which, int64_t after_ns)
{
	struct scm_timestamping stamps;
	int64_t at_ns;

	for (struct cmsghdr *h = CMSG_FIRSTHDR(message); h; h = CMSG_NXTHDR(message, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_TIMESTAMPING)
			continue;
		memcpy(&stamps, CMSG_DATA(h), sizeof(stamps));
		at_ns = stamps.ts[0].tv_sec * NS_PER_S + stamps.ts[0].tv_nsec + after_ns;
		stamps.ts[which].tv_sec = at_ns / NS_PER_S;
		stamps.ts[which].tv_nsec = at_ns % NS_PER_S;
		memcpy(CMSG_DATA(h), &stamps, sizeof(stamps));
	}
}

static void stamp_by_card(struct msghdr *message, int64_t after_ns)
{
	stamp(message, 2, after_ns - CARD_BEHIND_NS);
}

/*
 * What happens to the system clock, shared with the server.
 * @waited_ns: by how much it was set while a packet waited, whose timestamp is that of the clock as
 *	it was
 * @answered_ns: by how much it is set once it was read for a batch
 * @readings: of it, since @answered_ns was
 * @once: for one reading, of which nobody is told: the server stood still between two readings
 * @watch_fd: who is told
 */
static struct {
	int64_t waited_ns;
	int64_t answered_ns;
	int readings;
	bool once;
	int watch_fd;
} *set_by;

int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
	int result = __real_clock_gettime(clock, time);
	uint64_t one = 1;

	if (!set_by || clock != CLOCK_REALTIME || !set_by->answered_ns || !set_by->readings++)
		return result;
	if (set_by->once && set_by->readings > 2)
		return result;
	time->tv_sec += set_by->answered_ns / NS_PER_S;
	if (set_by->readings == 2 && !set_by->once &&
	    write(set_by->watch_fd, &one, sizeof(one)) != sizeof(one))
		abort();
	return result;
}

/*
 * The way of a packet and its answer, shared with the server.
 * @sender: IPv4 address that each packet is said to be from, and no answer is sent to; 0: none
 * @interface: by which the latest answer was to leave; 0: that of the route
 * @changing: when it left the server said that it was changing its records
 * @statistics: where it says so
 */
static struct {
	uint32_t sender;
	unsigned int interface;
	bool changing;
	const struct server_statistics *statistics;
} *way;

static void change_sender(struct msghdr *message)
{
	struct sockaddr_in *sender = message->msg_name;

	if (way->sender)
		sender->sin_addr.s_addr = htonl(way->sender);
}

int __wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags,
		    struct timespec *timeout)
{
	int taken = __real_recvmmsg(fd, messages, count, flags, timeout);

	for (int i = 0; i < taken && card.stamps; i++)
		stamp_by_card(&messages[i].msg_hdr, card.comes_after_ns);
	for (int i = 0; i < taken && set_by->waited_ns; i++)
		stamp(&messages[i].msg_hdr, 0, -set_by->waited_ns);
	for (int i = 0; i < taken; i++)
		change_sender(&messages[i].msg_hdr);
	return taken;
}

int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
	struct msghdr *message = &messages[0].msg_hdr;
	struct in_pktinfo info;

	way->changing = way->statistics->changing;
	for (struct cmsghdr *h = CMSG_FIRSTHDR(message); h; h = CMSG_NXTHDR(message, h)) {
		if (h->cmsg_level != IPPROTO_IP || h->cmsg_type != IP_PKTINFO)
			continue;
		memcpy(&info, CMSG_DATA(h), sizeof(info));
		way->interface = (unsigned int)info.ipi_ifindex;
	}

	return way->sender ? (int)count : __real_sendmmsg(fd, messages, count, flags);
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
	ssize_t length = __real_recvmsg(fd, message, flags);

	if (length >= 0 && card.stamps && flags & MSG_ERRQUEUE)
		stamp_by_card(message, card.leaves_after_ns);
	return length;
}

/*
 * How often poll(2) is called before it would wait, or POLLS_MAX times: then the test's end of the
 * lifeline, @lifeline_fd, is closed. -1: nothing is counted.
 */
#define POLLS_MAX	100

static struct {
	int lifeline_fd;
	int count;
} polls = { .lifeline_fd = -1 };

int __wrap_poll(struct pollfd *fds, unsigned long count, int timeout_ms)
{
	int ready;

	if (polls.lifeline_fd < 0)
		return __real_poll(fds, count, timeout_ms);
	ready = __real_poll(fds, count, 0);
	if (++polls.count < POLLS_MAX && ready)
		return ready;
	close(polls.lifeline_fd);
	polls.lifeline_fd = -1;

	return __real_poll(fds, count, timeout_ms);
}

FIXTURE(world)
{
	struct server_settings *settings;
	struct server_world world;
	struct time_page *page;
	int page_fd;
	int lifeline[2];
	int cookie_keys[2];
	int port;
	int client;
	int stamps;
	pid_t pid;
};

static int port_of(int fd)
{
	struct sockaddr_in local;
	socklen_t length = sizeof(local);

	getsockname(fd, (struct sockaddr *)&local, &length);

	return ntohs(local.sin_port);
}

static void allow(FIXTURE_DATA(world) *self, const char *network)
{
	struct access_rule *rule = &self->settings->rules[self->settings->rule_count++];

	*rule = (struct access_rule){ .allow = true };
	if (access_rule_parse(network, rule))
		abort();
}

/* The page says that the time is @offset_ns ahead of the system clock, and the card behind it. */
static void tell(FIXTURE_DATA(world) *self, int stratum, int64_t offset_ns)
{
	int64_t now_ns = clock_ns(CLOCK_REALTIME);
	struct time_content content = {
		.raw_ns = clock_ns(CLOCK_MONOTONIC_RAW),
		.cards[0] = { .device_ns = now_ns - CARD_BEHIND_NS, .realtime_ns = now_ns,
			      .interface = if_nametoindex("lo") },
		.card_count = card.stamps,
		.time = { .origin_ns = now_ns, .offset_ns = offset_ns,
			  .maxerror_ns = 1000000 },
		.refid = 0x7f000001,
		.stratum = (uint16_t)stratum,
		.has_mono = true,
		.mono_epoch = 9,
	};

	time_page_write(self->page, &content);
}

FIXTURE_SETUP(world)
{
	size_t size = server_statistics_size(CLIENTS);

	self->settings = calloc(1, server_settings_size(RULES, KEYS));
	self->settings->client_count = CLIENTS;
	memset(&card, 0, sizeof(card));
	set_by = mmap(NULL, sizeof(*set_by), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	ASSERT_NE(MAP_FAILED, set_by);
	way = mmap(NULL, sizeof(*way), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, way);
	allow(self, "127.0.0.1");
	allow(self, "::1");
	ASSERT_EQ(0, time_page_create(&self->page, &self->page_fd));
	ASSERT_EQ(0, pipe(self->lifeline));
	ASSERT_EQ(0, pipe(self->cookie_keys));
	self->world = (struct server_world){
		.settings = self->settings,
		.page = self->page,
		.statistics = mmap(NULL, size, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0),
		.lifeline_fd = self->lifeline[0],
		.cookie_keys_fd = self->cookie_keys[0],
		.clock_watch_fd = eventfd(0, EFD_NONBLOCK),
		.ipv4_fd = ntp_listen(AF_INET, 0, "127.0.0.1", "", 0),
		.ipv6_fd = -1,
	};
	way->statistics = self->world.statistics;
	set_by->watch_fd = self->world.clock_watch_fd;
	ASSERT_LE(0, self->world.ipv4_fd);
	self->port = port_of(self->world.ipv4_fd);
	self->client = socket(AF_INET, SOCK_DGRAM, 0);
	self->stamps = kept_stamps();
	self->pid = 0;
}

/* The server ends with the daemon, whose end of the lifeline is closed then. */
FIXTURE_TEARDOWN(world)
{
	int status;

	close(self->lifeline[1]);
	if (self->pid) {
		ASSERT_EQ(self->pid, waitpid(self->pid, &status, 0));
		EXPECT_TRUE(WIFEXITED(status));
		EXPECT_EQ(0, WEXITSTATUS(status));
	}
	close(self->lifeline[0]);
	close(self->cookie_keys[0]);
	close(self->cookie_keys[1]);
	close(self->client);
	close(self->stamps);
	close(self->world.ipv4_fd);
	close(self->world.clock_watch_fd);
	close(self->page_fd);
	time_page_unmap(self->page);
	munmap(self->world.statistics, server_statistics_size(CLIENTS));
	munmap(way, sizeof(*way));
	munmap(set_by, sizeof(*set_by));
	set_by = NULL;
	free(self->settings);
}

static int serve(struct server_world *world)
{
	struct access_table *access = access_table_new(world->settings->rules,
						       world->settings->rule_count);
	struct server *server;
	int err;

	world->access = access;
	server = server_new(world);
	err = server ? server_run(server) : -ENOMEM;
	server_free(server);
	access_table_free(access);

	return err;
}

static void start(FIXTURE_DATA(world) *self)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)self->port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	if (batch_prepare_socket(self->world.ipv4_fd, AF_INET, self->settings->cards))
		abort();
	self->pid = fork();
	if (!self->pid) {
		close(self->lifeline[1]);
		close(self->cookie_keys[1]);
		_exit(serve(&self->world) ? 1 : 0);
	}
	if (connect(self->client, (struct sockaddr *)&to, sizeof(to)))
		abort();
}

static void stop(FIXTURE_DATA(world) *self)
{
	int status;

	close(self->lifeline[1]);
	if (waitpid(self->pid, &status, 0) != self->pid || status)
		abort();
	close(self->lifeline[0]);
	if (pipe(self->lifeline))
		abort();
	self->world.lifeline_fd = self->lifeline[0];
}

/* The server that runs ends, and another one goes on. */
static void restart(FIXTURE_DATA(world) *self)
{
	stop(self);
	start(self);
}

static void send_bytes(FIXTURE_DATA(world) *self, const void *bytes, size_t length)
{
	if (send(self->client, bytes, length, 0) != (ssize_t)length)
		abort();
}

/* The next answer within that time; its length, 0: none came. */
static ssize_t receive_most(FIXTURE_DATA(world) *self, uint8_t *bytes, size_t size, int timeout_ms)
{
	struct pollfd fd = { .fd = self->client, .events = POLLIN };

	return poll(&fd, 1, timeout_ms) == 1 ? recv(self->client, bytes, size, 0) : 0;
}

static ssize_t receive(FIXTURE_DATA(world) *self, uint8_t *bytes, int timeout_ms)
{
	return receive_most(self, bytes, 200, timeout_ms);
}

static bool ask(FIXTURE_DATA(world) *self, struct ntp_packet *answer, const char *nonce)
{
	uint8_t bytes[200] = { 4 << 3 | NTP_MODE_CLIENT };

	memcpy(bytes + 40, nonce, 8);
	send_bytes(self, bytes, NTP_HEADER_SIZE);

	return receive(self, bytes, COMES_MS) == NTP_HEADER_SIZE &&
	       !memcmp(bytes + 24, nonce, 8) && !ntp_packet_decode(bytes, NTP_HEADER_SIZE, answer);
}

/* What is counted once it is @count, which is after the answers. */
static uint64_t await_count(FIXTURE_DATA(world) *self, enum server_count which, uint64_t count)
{
	/* What was counted too often would be seen by then. */
	usleep(20000);
	for (int i = 0; i < COMES_MS && self->world.statistics->counts[which] < count; i++)
		usleep(1000);

	return self->world.statistics->counts[which];
}

TEST_F(world, the_time_of_the_page)
{
	int64_t before_ns, after_ns;
	struct ntp_packet answer;

	tell(self, 2, 7 * NS_PER_S);
	start(self);
	before_ns = clock_ns(CLOCK_REALTIME) + 7 * NS_PER_S;
	ASSERT_TRUE(ask(self, &answer, "nonce 01"));
	after_ns = clock_ns(CLOCK_REALTIME) + 7 * NS_PER_S;
	EXPECT_EQ(2, answer.stratum);
	EXPECT_EQ(NTP_LEAP_NONE, answer.leap);
	EXPECT_LE(before_ns - 1000, ntp_timestamp_to_ns(answer.receive));
	EXPECT_LE(ntp_timestamp_to_ns(answer.receive), ntp_timestamp_to_ns(answer.transmit) + 1000);
	/* The transmit timestamp is that of the moment at which the answer was to leave. */
	EXPECT_GE(after_ns + 1000000, ntp_timestamp_to_ns(answer.transmit));
	EXPECT_EQ(1, await_count(self, SERVER_RECEIVED, 1));
	EXPECT_EQ(1, await_count(self, SERVER_RX_KERNEL, 1));
}

TEST_F(world, a_clock_that_was_set_is_not_synchronised)
{
	uint64_t one = 1;
	struct ntp_packet answer;

	tell(self, 2, 0);
	start(self);
	ASSERT_TRUE(ask(self, &answer, "nonce 01"));
	EXPECT_EQ(NTP_LEAP_NONE, answer.leap);
	ASSERT_EQ(8, write(self->world.clock_watch_fd, &one, sizeof(one)));
	for (int i = 0; i < 3; i++) {
		ASSERT_TRUE(ask(self, &answer, "nonce 02"));
		EXPECT_EQ(NTP_LEAP_UNSYNCHRONISED, answer.leap);
		EXPECT_EQ(0, answer.stratum);
	}
	/* The daemon has read the clocks since. */
	tell(self, 2, 0);
	ASSERT_TRUE(ask(self, &answer, "nonce 03"));
	EXPECT_EQ(NTP_LEAP_NONE, answer.leap);
}

/* The server has read that the clock was set, and some time ago. */
static bool has_heard_of_step(FIXTURE_DATA(world) *self)
{
	struct pollfd watch = { .fd = self->world.clock_watch_fd, .events = POLLIN };
	int i;

	for (i = 0; i < COMES_MS && poll(&watch, 1, 0); i++)
		usleep(1000);
	usleep(100000);

	return i < COMES_MS;
}

/* Of a step long ago, after which the daemon has read the clocks, the next client has no harm. */
TEST_F(world, a_clock_that_was_set_while_nobody_asked)
{
	struct ntp_packet answer;
	uint64_t one = 1;

	tell(self, 2, 0);
	start(self);
	ASSERT_TRUE(ask(self, &answer, "nonce 01"));
	ASSERT_EQ(8, write(self->world.clock_watch_fd, &one, sizeof(one)));
	EXPECT_TRUE(has_heard_of_step(self));
	tell(self, 2, 0);
	ASSERT_TRUE(ask(self, &answer, "nonce 02"));
	EXPECT_EQ(NTP_LEAP_NONE, answer.leap);
	EXPECT_EQ(2, answer.stratum);
}

/* A request that waited while the clock was set and the daemon has read the clocks anew. */
TEST_F(world, no_timestamp_of_the_clock_as_it_was_is_told)
{
	static const int64_t steps_ns[] = { 3600 * NS_PER_S, NS_PER_S / 10, -NS_PER_S / 10,
					    -3600 * NS_PER_S };
	struct ntp_packet answer;
	uint64_t one = 1;
	int64_t early_ns;

	tell(self, 2, 0);
	start(self);
	ASSERT_TRUE(ask(self, &answer, "nonce 01"));
	for (size_t i = 0; i < ARRAY_SIZE(steps_ns); i++) {
		ASSERT_EQ(8, write(self->world.clock_watch_fd, &one, sizeof(one)));
		ASSERT_TRUE(ask(self, &answer, "nonce 02"));
		EXPECT_EQ(NTP_LEAP_UNSYNCHRONISED, answer.leap);
		tell(self, 2, 0);
		set_by->waited_ns = steps_ns[i];
		ASSERT_TRUE(ask(self, &answer, "nonce 03"));
		EXPECT_EQ(NTP_LEAP_NONE, answer.leap);
		early_ns = ntp_timestamp_to_ns(answer.transmit) -
			   ntp_timestamp_to_ns(answer.receive);
		EXPECT_GE(early_ns, -1000);
		EXPECT_LT(early_ns, NS_PER_S / 20);
		set_by->waited_ns = 0;
	}
	/* The clock is trusted again. */
	ASSERT_TRUE(ask(self, &answer, "nonce 04"));
	EXPECT_LE(ARRAY_SIZE(steps_ns), await_count(self, SERVER_RX_DAEMON, ARRAY_SIZE(steps_ns)));
	EXPECT_LE(1, await_count(self, SERVER_RX_KERNEL, 1));
}

/*
 * Ask while the clock is set by @step_s, after the page was read for the answer. Is this request,
 * the one of that number, answered?
 */
static bool ask_meanwhile(FIXTURE_DATA(world) *self, int step_s, uint64_t number)
{
	uint8_t bytes[200] = { 4 << 3 | NTP_MODE_CLIENT };
	bool answered;

	set_by->readings = 0;
	set_by->answered_ns = step_s * NS_PER_S;
	send_bytes(self, bytes, NTP_HEADER_SIZE);
	await_count(self, SERVER_RECEIVED, number);
	answered = receive(self, bytes, 0) > 0;
	set_by->answered_ns = 0;

	return answered;
}

TEST_F(world, no_answer_is_stamped_by_a_clock_that_was_set_since)
{
	static const int steps_s[] = { 3600, 1, -1, -3600 };
	struct ntp_packet answer;

	tell(self, 2, 0);
	start(self);
	ASSERT_TRUE(ask(self, &answer, "nonce 01"));
	for (size_t i = 0; i < ARRAY_SIZE(steps_s); i++) {
		EXPECT_FALSE(ask_meanwhile(self, steps_s[i], 2 + 3 * i));
		ASSERT_TRUE(ask(self, &answer, "nonce 02"));
		EXPECT_EQ(NTP_LEAP_UNSYNCHRONISED, answer.leap);
		tell(self, 2, 0);
		ASSERT_TRUE(ask(self, &answer, "nonce 03"));
		EXPECT_EQ(NTP_LEAP_NONE, answer.leap);
	}
	EXPECT_EQ(ARRAY_SIZE(steps_s), await_count(self, SERVER_UNSENT, ARRAY_SIZE(steps_s)));
}

TEST_F(world, a_server_that_stood_still_answers)
{
	struct ntp_packet answer;

	tell(self, 2, 0);
	start(self);
	ASSERT_TRUE(ask(self, &answer, "nonce 01"));
	set_by->once = true;
	EXPECT_TRUE(ask_meanwhile(self, 1, 2));
	ASSERT_TRUE(ask(self, &answer, "nonce 02"));
	EXPECT_EQ(NTP_LEAP_NONE, answer.leap);
}

TEST_F(world, others_are_not_answered)
{
	uint8_t bytes[200] = { 4 << 3 | NTP_MODE_CLIENT };

	tell(self, 2, 0);
	allow(self, "127.0.0.1");
	self->settings->rules[2].allow = false;
	start(self);
	send_bytes(self, bytes, NTP_HEADER_SIZE);
	EXPECT_EQ(0, receive(self, bytes, 200));
	EXPECT_EQ(1, await_count(self, SERVER_REFUSED, 1));
	EXPECT_EQ(0, await_count(self, SERVER_RECEIVED, 0));
}

/* All servers of a network would answer one packet, from addresses that nobody has asked. */
TEST_F(world, what_is_sent_to_many_is_not_answered)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	uint8_t bytes[200] = { 4 << 3 | NTP_MODE_CLIENT };
	int one = 1;

	close(self->world.ipv4_fd);
	self->world.ipv4_fd = ntp_listen(AF_INET, 0, "", "", 0);
	ASSERT_LE(0, self->world.ipv4_fd);
	self->port = port_of(self->world.ipv4_fd);
	to.sin_port = htons((uint16_t)self->port);
	tell(self, 2, 0);
	start(self);
	close(self->client);
	self->client = socket(AF_INET, SOCK_DGRAM, 0);
	ASSERT_EQ(0, setsockopt(self->client, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one)));
	ASSERT_EQ(NTP_HEADER_SIZE, sendto(self->client, bytes, NTP_HEADER_SIZE, 0,
					  (struct sockaddr *)&to, sizeof(to)));
	EXPECT_EQ(NTP_HEADER_SIZE, receive(self, bytes, COMES_MS));
	memset(bytes, 0, sizeof(bytes));
	bytes[0] = 4 << 3 | NTP_MODE_CLIENT;
	/* The broadcast address of the loopback interface. */
	to.sin_addr.s_addr = htonl(0x7fffffff);
	ASSERT_EQ(NTP_HEADER_SIZE, sendto(self->client, bytes, NTP_HEADER_SIZE, 0,
					  (struct sockaddr *)&to, sizeof(to)));
	EXPECT_EQ(0, receive(self, bytes, 200));
	EXPECT_EQ(1, await_count(self, SERVER_RECEIVED, 1));
}

/*
 * Each link has its own 169.254.0.0/16: the route to such a client may be one of another link. To
 * others an answer need not leave by the interface that the request came by.
 */
TEST_F(world, who_is_on_a_link_is_answered_on_that_link)
{
	uint8_t bytes[200] = { 4 << 3 | NTP_MODE_CLIENT };
	struct ntp_packet answer;

	allow(self, "169.254.0.0/15");
	tell(self, 2, 0);
	start(self);
	way->interface = UINT_MAX;
	ASSERT_TRUE(ask(self, &answer, "nonce 01"));
	EXPECT_EQ(0, way->interface);
	way->sender = 0xa9fe0909;
	send_bytes(self, bytes, NTP_HEADER_SIZE);
	EXPECT_EQ(2, await_count(self, SERVER_RECEIVED, 2));
	EXPECT_EQ(if_nametoindex("lo"), way->interface);
	way->sender = 0xa9ff0909;
	send_bytes(self, bytes, NTP_HEADER_SIZE);
	EXPECT_EQ(3, await_count(self, SERVER_RECEIVED, 3));
	EXPECT_EQ(0, way->interface);
}

TEST_F(world, nonsense_is_not_answered)
{
	static const size_t lengths[] = { 0, 1, 47, 49, 53, 71, 1473, 9000 };
	static uint8_t bytes[9000] = { 4 << 3 | NTP_MODE_CLIENT };
	struct ntp_packet answer;

	tell(self, 2, 0);
	start(self);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++)
		send_bytes(self, bytes, lengths[i]);
	bytes[0] = 4 << 3 | NTP_MODE_SERVER;
	send_bytes(self, bytes, NTP_HEADER_SIZE);
	EXPECT_EQ(0, receive(self, bytes, 100));
	ASSERT_TRUE(ask(self, &answer, "nonce 01"));
	/* And that of another mode. */
	EXPECT_EQ(ARRAY_SIZE(lengths) + 1,
		  await_count(self, SERVER_MALFORMED, ARRAY_SIZE(lengths) + 1));
}

TEST_F(world, too_many_requests)
{
	uint8_t bytes[200] = { 4 << 3 | NTP_MODE_CLIENT };
	int answers = 0;

	self->settings->limit = (struct client_limit){
		.enabled = true, .interval_ns = 8 * NS_PER_S, .burst = 8, .leak = 4,
	};
	tell(self, 2, 0);
	start(self);
	for (int i = 0; i < 1000; i++) {
		bytes[0] = 4 << 3 | NTP_MODE_CLIENT;
		send_bytes(self, bytes, NTP_HEADER_SIZE);
		/* There is room for so many that it has not read. */
		if (!(i % 50))
			EXPECT_EQ(i + 1, await_count(self, SERVER_RECEIVED, i + 1));
		while (receive(self, bytes, 0) > 0)
			answers++;
	}
	EXPECT_EQ(1000, await_count(self, SERVER_RECEIVED, 1000));
	while (receive(self, bytes, 100) > 0)
		answers++;
	EXPECT_LE(8, answers);
	EXPECT_GE(8 + 200, answers);
	EXPECT_EQ(1000 - answers, await_count(self, SERVER_DROPPED, 1000 - answers));
	/* One record, the first of either bucket. */
	EXPECT_EQ(1000, self->world.statistics->clients[0].hits +
			self->world.statistics->clients[8].hits);
}

/* It is given other rules by being replaced. A client keeps its record, wherever that is. */
TEST_F(world, the_next_process_goes_on_counting)
{
	struct ntp_packet answer;
	unsigned int records = 0;

	tell(self, 2, 0);
	for (unsigned int i = 1; i <= 4; i++) {
		start(self);
		ASSERT_TRUE(ask(self, &answer, "nonce 01"));
		EXPECT_EQ(i, await_count(self, SERVER_RECEIVED, i));
		ASSERT_EQ(0, kill(self->pid, SIGKILL));
		ASSERT_EQ(self->pid, waitpid(self->pid, NULL, 0));
		self->pid = 0;
	}
	for (int i = 0; i < CLIENTS; i++) {
		if (!self->world.statistics->clients[i].family)
			continue;
		records++;
		EXPECT_EQ(4, self->world.statistics->clients[i].hits);
	}
	EXPECT_EQ(1, records);
}

/* The third answer to such a client has the kernel's transmit timestamp of the second one. */
TEST_F(world, interleaved)
{
	uint8_t request[NTP_HEADER_SIZE] = { 4 << 3 | NTP_MODE_CLIENT }, bytes[200];
	int64_t sent_ns = 0, came_ns = 0;
	struct ntp_packet answer;

	tell(self, 2, 0);
	start(self);
	ASSERT_TRUE(ask(self, &answer, "nonce 01"));
	for (int i = 0; i < 2; i++) {
		uint64_t receive_be = htobe64(answer.receive);

		memcpy(request + 24, &receive_be, 8);
		memcpy(request + 32, i ? "receive2" : "receive1", 8);
		memcpy(request + 40, i ? "nonce 03" : "nonce 02", 8);
		if (!i)
			sent_ns = clock_ns(CLOCK_REALTIME);
		send_bytes(self, request, sizeof(request));
		ASSERT_EQ(NTP_HEADER_SIZE, receive(self, bytes, COMES_MS));
		if (!i)
			came_ns = clock_ns(CLOCK_REALTIME);
		ASSERT_EQ(0, ntp_packet_decode(bytes, NTP_HEADER_SIZE, &answer));
		EXPECT_EQ(0, memcmp(bytes + 24, i ? "receive2" : "nonce 02", 8));
		usleep(20000);
	}
	EXPECT_LE(sent_ns, ntp_timestamp_to_ns(answer.transmit));
	EXPECT_GE(came_ns, ntp_timestamp_to_ns(answer.transmit));
	EXPECT_EQ(1, await_count(self, SERVER_INTERLEAVED, 1));
	EXPECT_EQ(1, await_count(self, SERVER_TX_KERNEL, 1));
}

/* Ask in the interleaved mode, after @answer. Has the next answer that mode, too? */
static bool ask_interleaved(FIXTURE_DATA(world) *self, struct ntp_packet *answer)
{
	uint8_t bytes[200] = { 4 << 3 | NTP_MODE_CLIENT };
	uint64_t receive_be = htobe64(answer->receive);

	memcpy(bytes + 24, &receive_be, 8);
	memcpy(bytes + 32, "receive1", 8);
	memcpy(bytes + 40, "nonce 02", 8);
	send_bytes(self, bytes, NTP_HEADER_SIZE);
	if (receive(self, bytes, COMES_MS) != NTP_HEADER_SIZE ||
	    ntp_packet_decode(bytes, NTP_HEADER_SIZE, answer))
		abort();

	return !memcmp(bytes + 24, "receive1", 8);
}

/* An operator who lets one more client in takes nothing away from those that are served. */
TEST_F(world, the_next_server_goes_on_interleaved)
{
	int64_t sent_ns, came_ns;
	struct ntp_packet answer;

	tell(self, 2, 0);
	start(self);
	ASSERT_TRUE(ask(self, &answer, "nonce 01"));
	sent_ns = clock_ns(CLOCK_REALTIME);
	EXPECT_FALSE(ask_interleaved(self, &answer));
	came_ns = clock_ns(CLOCK_REALTIME);
	restart(self);
	EXPECT_TRUE(ask_interleaved(self, &answer));
	EXPECT_LE(sent_ns, ntp_timestamp_to_ns(answer.transmit));
	EXPECT_GE(came_ns, ntp_timestamp_to_ns(answer.transmit));
	EXPECT_EQ(1, await_count(self, SERVER_INTERLEAVED, 1));
}

/* The clock was set while no server ran. */
TEST_F(world, the_next_server_tells_no_timestamp_of_the_clock_as_it_was)
{
	struct ntp_packet answer;

	tell(self, 2, 0);
	start(self);
	ASSERT_TRUE(ask(self, &answer, "nonce 01"));
	EXPECT_FALSE(ask_interleaved(self, &answer));
	stop(self);
	self->world.statistics->ahead_ns += NS_PER_S;
	start(self);
	EXPECT_FALSE(ask_interleaved(self, &answer));
	EXPECT_EQ(NTP_LEAP_NONE, answer.leap);
}

/*
 * One that had to be killed may have written half of a record. Of a client, it is one that is wrong
 * once; of a timestamp, somebody would be told a wrong time.
 */
TEST_F(world, the_next_server_tells_no_timestamp_that_may_be_half_written)
{
	struct server_statistics *statistics = self->world.statistics;
	unsigned int hits = 0;
	struct ntp_packet answer;

	tell(self, 2, 0);
	start(self);
	ASSERT_TRUE(ask(self, &answer, "nonce 01"));
	EXPECT_FALSE(ask_interleaved(self, &answer));
	EXPECT_TRUE(way->changing);
	EXPECT_EQ(2, await_count(self, SERVER_RECEIVED, 2));
	stop(self);
	EXPECT_EQ(0, statistics->changing);
	statistics->changing = 1;
	start(self);
	EXPECT_FALSE(ask_interleaved(self, &answer));
	EXPECT_EQ(3, await_count(self, SERVER_RECEIVED, 3));
	for (int i = 0; i < CLIENTS; i++)
		hits += statistics->clients[i].hits;
	EXPECT_EQ(3, hits);
	/* That was once. */
	EXPECT_TRUE(ask_interleaved(self, &answer));
}

/* --- network cards --- */

/* Two requests of a client of the interleaved mode, and the answer to the second. */
static bool ask_twice(FIXTURE_DATA(world) *self, struct ntp_packet *answer)
{
	uint8_t bytes[200] = { 4 << 3 | NTP_MODE_CLIENT };
	uint64_t receive_be;

	if (!ask(self, answer, "nonce 01"))
		return false;
	for (int i = 0; i < 2; i++) {
		memset(bytes, 0, NTP_HEADER_SIZE);
		bytes[0] = 4 << 3 | NTP_MODE_CLIENT;
		receive_be = htobe64(answer->receive);
		memcpy(bytes + 24, &receive_be, 8);
		memcpy(bytes + 32, i ? "receive2" : "receive1", 8);
		memcpy(bytes + 40, i ? "nonce 03" : "nonce 02", 8);
		send_bytes(self, bytes, NTP_HEADER_SIZE);
		if (receive(self, bytes, COMES_MS) != NTP_HEADER_SIZE ||
		    ntp_packet_decode(bytes, NTP_HEADER_SIZE, answer))
			return false;
		usleep(20000);
	}

	return true;
}

/* What the second answer says of its error, with a card that stamps like that; -1: no answer. */
static int64_t dispersion_by_card(FIXTURE_DATA(world) *self, int64_t comes_after_ns,
				  int64_t leaves_after_ns)
{
	struct ntp_packet answer;

	card.stamps = true;
	card.comes_after_ns = comes_after_ns;
	card.leaves_after_ns = leaves_after_ns;
	self->settings->cards = 1;
	tell(self, 2, 7 * NS_PER_S);
	start(self);

	return ask_twice(self, &answer) ? answer.root_dispersion_ns : -1;
}

/* What it says better than the kernel is used, and told as a doubt, in units of 15 us. */
TEST_F(world, timestamps_of_a_network_card)
{
	int64_t dispersion_ns = dispersion_by_card(self, -30000, 70000);

	EXPECT_EQ(3, await_count(self, SERVER_RX_CARD, 3));
	EXPECT_EQ(1, await_count(self, SERVER_INTERLEAVED, 1));
	EXPECT_EQ(1, await_count(self, SERVER_TX_CARD, 1));
	EXPECT_EQ(0, await_count(self, SERVER_CARD_REFUSED, 0));
	EXPECT_LE(1000000 + 70000, dispersion_ns);
	EXPECT_GE(1000000 + 70000 + 2 * 15260, dispersion_ns);
}

/* It has stamped what came 2 ms before the kernel did, or after it; and so with what left. */
TEST_F(world, a_card_that_lies)
{
	int64_t dispersion_ns = dispersion_by_card(self, -2000000, -20000);

	EXPECT_EQ(0, await_count(self, SERVER_RX_CARD, 0));
	EXPECT_EQ(0, await_count(self, SERVER_TX_CARD, 0));
	EXPECT_EQ(3, await_count(self, SERVER_RX_KERNEL, 3));
	EXPECT_EQ(1, await_count(self, SERVER_TX_KERNEL, 1));
	EXPECT_LE(4, await_count(self, SERVER_CARD_REFUSED, 4));
	EXPECT_GE(1000000 + 15260, dispersion_ns);
}

TEST_F(world, another_card_that_lies)
{
	int64_t dispersion_ns = dispersion_by_card(self, 20000, 2000000);

	EXPECT_EQ(0, await_count(self, SERVER_RX_CARD, 0));
	EXPECT_EQ(0, await_count(self, SERVER_TX_CARD, 0));
	EXPECT_LE(4, await_count(self, SERVER_CARD_REFUSED, 4));
	EXPECT_GE(1000000 + 15260, dispersion_ns);
}

/* The keys come after the rules, so these are all there by then. */
static void add_keys(FIXTURE_DATA(world) *self)
{
	static const enum ntp_mac_type types[KEYS] = {
		NTP_MAC_SHA1, NTP_MAC_SHA512, NTP_MAC_AES128,
	};
	struct ntp_key *keys = (struct ntp_key *)server_settings_keys(self->settings);

	for (int i = 0; i < KEYS; i++) {
		keys[i] = (struct ntp_key){ .id = 10U * (uint32_t)(i + 1), .type = types[i],
					    .length = 16 };
		memset(keys[i].secret, 'a' + i, 16);
	}
	self->settings->key_count = KEYS;
}

/*
 * Ask with a MAC of @key. The length of the answer, whose MAC is right; 0: none came within that
 * time; -1: wrong.
 */
static ssize_t ask_keyed(FIXTURE_DATA(world) *self, const struct ntp_key *key, int version,
			 int timeout_ms)
{
	uint8_t bytes[200] = { (uint8_t)(version << 3 | NTP_MODE_CLIENT) };
	struct ntp_packet answer;
	ssize_t length;

	memcpy(bytes + 40, "nonce 01", 8);
	send_bytes(self, bytes, ntp_mac_append(key, bytes, NTP_HEADER_SIZE, sizeof(bytes)));
	length = receive(self, bytes, timeout_ms);
	if (length <= 0)
		return 0;
	if (ntp_packet_decode(bytes, (size_t)length, &answer) || memcmp(bytes + 24, "nonce 01", 8))
		return -1;

	return ntp_mac_check(key, bytes, (size_t)length, answer.mac) ? length : -1;
}

TEST_F(world, keys)
{
	const struct ntp_key *keys = server_settings_keys(self->settings);
	struct ntp_packet answer;
	struct ntp_key other;

	tell(self, 2, 0);
	add_keys(self);
	start(self);
	EXPECT_EQ(NTP_HEADER_SIZE + 24, ask_keyed(self, &keys[0], 4, COMES_MS));
	/* Cut off in NTPv4, and whole before. */
	EXPECT_EQ(NTP_HEADER_SIZE + 24, ask_keyed(self, &keys[1], 4, COMES_MS));
	EXPECT_EQ(NTP_HEADER_SIZE + 68, ask_keyed(self, &keys[1], 3, COMES_MS));
	EXPECT_EQ(NTP_HEADER_SIZE + 20, ask_keyed(self, &keys[2], 4, COMES_MS));
	EXPECT_EQ(4, await_count(self, SERVER_AUTHENTICATED, 4));
	/* A key of another number, or another secret. */
	other = keys[0];
	other.id = 11;
	EXPECT_EQ(0, ask_keyed(self, &other, 4, 200));
	other = keys[0];
	other.secret[0]++;
	EXPECT_EQ(0, ask_keyed(self, &other, 4, 200));
	EXPECT_EQ(2, await_count(self, SERVER_UNAUTHENTIC, 2));
	ASSERT_TRUE(ask(self, &answer, "nonce 02"));
}

TEST_F(world, no_answer_by_a_key_is_stamped_by_a_clock_that_was_set_since)
{
	const struct ntp_key *keys = server_settings_keys(self->settings);

	tell(self, 2, 0);
	add_keys(self);
	start(self);
	ASSERT_LT(0, ask_keyed(self, &keys[0], 4, COMES_MS));
	/* It reads the clock once more when the answer has left. */
	EXPECT_EQ(1, await_count(self, SERVER_AUTHENTICATED, 1));
	set_by->answered_ns = 3600 * NS_PER_S;
	EXPECT_EQ(0, ask_keyed(self, &keys[0], 4, 200));
	EXPECT_EQ(1, await_count(self, SERVER_UNSENT, 1));
	set_by->answered_ns = 0;
	EXPECT_LT(0, ask_keyed(self, &keys[0], 4, COMES_MS));
}

/* Packets that wait together: each is answered, by its own key or none. */
TEST_F(world, keyed_and_plain_together)
{
	const struct ntp_key *keys = server_settings_keys(self->settings);
	uint8_t bytes[200];
	int plain = 0, keyed = 0;
	ssize_t length;

	tell(self, 2, 0);
	add_keys(self);
	start(self);
	kill(self->pid, SIGSTOP);
	for (int i = 0; i < 30; i++) {
		memset(bytes, 0, sizeof(bytes));
		bytes[0] = 4 << 3 | NTP_MODE_CLIENT;
		bytes[40] = (uint8_t)(i + 1);
		send_bytes(self, bytes, i % 3 ? NTP_HEADER_SIZE :
			   ntp_mac_append(&keys[0], bytes, NTP_HEADER_SIZE, sizeof(bytes)));
	}
	kill(self->pid, SIGCONT);
	for (int i = 0; i < 30; i++) {
		length = receive(self, bytes, COMES_MS);
		/* In the order in which they came. */
		ASSERT_EQ(i + 1, bytes[24]);
		keyed += length == NTP_HEADER_SIZE + 24 &&
			 ntp_mac_check(&keys[0], bytes, (size_t)length, 24);
		plain += length == NTP_HEADER_SIZE;
	}
	EXPECT_EQ(10, keyed);
	EXPECT_EQ(20, plain);
}

/* --- NTS --- */

/* Have the server use keys of cookies, and a client have some of these. */
static void use_cookie_keys(FIXTURE_DATA(world) *self, uint8_t seed, struct nts_session *client)
{
	struct nts_keys keys = { .algorithm = AEAD_AES_SIV_CMAC_256, .c2s = { 1 }, .s2c = { 2 } };
	uint8_t random[NTS_SERVER_KEYS][NTS_SERVER_KEY_RANDOM], nonce[AEAD_NONCE_MAX] = { 0 };
	struct nts_cookie cookies[NTS_COOKIES];
	struct nts_cookie_keys cookie_keys;
	struct nts_server_keys server_keys;

	memset(random, seed, sizeof(random));
	nts_server_keys_make(&server_keys, (const uint8_t (*)[NTS_SERVER_KEY_RANDOM])random);
	if (write(self->cookie_keys[1], &server_keys, sizeof(server_keys)) !=
	    (ssize_t)sizeof(server_keys))
		abort();
	if (!client)
		return;
	nts_cookie_keys_set(&cookie_keys, &server_keys);
	for (size_t i = 0; i < NTS_COOKIES; i++)
		nts_cookie_make(&cookie_keys, &keys, nonce, &cookies[i]);
	nts_session_begin(client, &keys, NULL, cookies, NTS_COOKIES);
}

/* @extended: with the extension field F323. */
static ssize_t ask_by_nts(FIXTURE_DATA(world) *self, struct nts_session *client, uint8_t *answer,
			  bool extended)
{
	uint8_t bytes[NTP_PACKET_MAX] = { 4 << 3 | NTP_MODE_CLIENT }, random[NTS_SESSION_RANDOM];
	size_t length;

	memset(random, (int)client->count, sizeof(random));
	memcpy(bytes + 40, "nonce 01", 8);
	if (extended)
		mono_root_write(NULL, bytes + NTP_HEADER_SIZE);
	length = nts_session_request(client, random, bytes, extended ? RESPOND_ANSWER_MAX :
				     NTP_HEADER_SIZE, sizeof(bytes));
	send_bytes(self, bytes, length);
	return receive_most(self, answer, NTP_PACKET_MAX, COMES_MS);
}

TEST_F(world, requests_by_nts)
{
	struct nts_session client;
	struct ntp_packet packet;
	uint8_t answer[NTP_PACKET_MAX];
	ssize_t length;

	tell(self, 2, 0);
	use_cookie_keys(self, 7, &client);
	start(self);
	for (int i = 0; i < 20; i++) {
		length = ask_by_nts(self, &client, answer, false);
		ASSERT_EQ(NTP_HEADER_SIZE + 36 + 40 + 104, length);
		ASSERT_EQ(NTS_AUTHENTIC, nts_session_judge(&client, answer, (size_t)length));
		ASSERT_EQ(0, ntp_packet_decode(answer, (size_t)length, &packet));
		EXPECT_EQ(2, packet.stratum);
		EXPECT_EQ(8, client.count);
	}
	EXPECT_EQ(20, await_count(self, SERVER_AUTHENTICATED, 20));
	EXPECT_EQ(0, await_count(self, SERVER_UNSENT, 0));
	/* Others are answered as before. */
	ASSERT_TRUE(ask(self, &packet, "nonce 02"));
}

static void draw_nonce(struct sealer *sealer, uint8_t nonce[AEAD_NONCE_MAX])
{
	static const struct nts_request request = { .cookies = 0 };
	static const struct respond_answer answer = { .length = NTP_HEADER_SIZE };
	static const struct nts_cookie_keys cookie_keys;
	static struct seal_answer seal;

	if (seal_prepare_nts(sealer, &seal, &answer, SEAL_NTS, &request, &cookie_keys))
		memcpy(nonce, seal.nonce, AEAD_NONCE_MAX);
}

/* Where each of them was told that its clock was set. */
TEST(guests_of_one_snapshot_have_nonces_of_their_own)
{
	static struct sealer one, other;
	uint8_t nonce[AEAD_NONCE_MAX] = { 0 }, of_other[AEAD_NONCE_MAX] = { 1 };

	draw_nonce(&one, nonce);
	other = one;
	seal_forget(&one);
	seal_forget(&other);
	draw_nonce(&one, nonce);
	draw_nonce(&other, of_other);
	EXPECT_NE(0, memcmp(nonce, of_other, sizeof(nonce)));
}

TEST_F(world, cookies_of_keys_that_are_gone)
{
	struct nts_session client;
	struct ntp_packet packet;
	uint8_t answer[NTP_PACKET_MAX];
	ssize_t length;

	tell(self, 2, 0);
	use_cookie_keys(self, 7, &client);
	use_cookie_keys(self, 8, NULL);
	start(self);
	/* Both sets are read before the first request, or the second after it. */
	for (int i = 0; i < 2; i++)
		length = ask_by_nts(self, &client, answer, false);
	ASSERT_EQ(NTP_HEADER_SIZE + 36, length);
	EXPECT_EQ(NTS_REFUSED, nts_session_judge(&client, answer, (size_t)length));
	ASSERT_EQ(0, ntp_packet_decode(answer, (size_t)length, &packet));
	EXPECT_EQ(0, packet.stratum);
	EXPECT_EQ(NTP_LEAP_UNSYNCHRONISED, packet.leap);
	EXPECT_EQ(NTP_KISS_NTSN, packet.refid);
	EXPECT_LE(1, await_count(self, SERVER_NTS_REFUSED, 1));
}

/* What is wrong about a request is not answered at all; what is no NTS is, without. */
TEST_F(world, requests_that_are_no_nts)
{
	uint8_t bytes[NTP_PACKET_MAX] = { 4 << 3 | NTP_MODE_CLIENT }, answer[200];
	struct nts_session client;

	tell(self, 2, 0);
	use_cookie_keys(self, 7, &client);
	start(self);
	/* A cookie without an authenticator. */
	bytes[NTP_HEADER_SIZE] = 0x02;
	bytes[NTP_HEADER_SIZE + 1] = 0x04;
	bytes[NTP_HEADER_SIZE + 3] = 104;
	send_bytes(self, bytes, NTP_HEADER_SIZE + 104);
	EXPECT_EQ(0, receive(self, answer, 200));
	EXPECT_EQ(1, await_count(self, SERVER_UNAUTHENTIC, 1));
	/* An unknown field. */
	bytes[NTP_HEADER_SIZE + 1] = 0x99;
	send_bytes(self, bytes, NTP_HEADER_SIZE + 104);
	EXPECT_EQ(NTP_HEADER_SIZE, receive(self, answer, COMES_MS));
}

/* Each in the order in which it came, and by its own keys, though many leave at a time. */
TEST_F(world, nts_and_others_together)
{
	const struct ntp_key *keys = server_settings_keys(self->settings);
	uint8_t bytes[NTP_PACKET_MAX], random[NTS_SESSION_RANDOM];
	struct nts_session sessions[40];
	size_t length;
	ssize_t came;

	tell(self, 2, 0);
	add_keys(self);
	start(self);
	for (int i = 0; i < 40; i++)
		use_cookie_keys(self, 7, &sessions[i]);
	/* A cookie that is none. */
	sessions[35].cookies[0].bytes[50]++;
	usleep(20000);
	kill(self->pid, SIGSTOP);
	for (int i = 0; i < 40; i++) {
		memset(bytes, 0, sizeof(bytes));
		memset(random, i + 1, sizeof(random));
		bytes[0] = 4 << 3 | NTP_MODE_CLIENT;
		bytes[40] = (uint8_t)(i + 1);
		length = NTP_HEADER_SIZE;
		/* The first twenty are by NTS alone. */
		if (i < 20 || i % 3)
			length = nts_session_request(&sessions[i], random, bytes, length,
						     sizeof(bytes));
		else if (i % 2)
			length = ntp_mac_append(&keys[0], bytes, length, sizeof(bytes));
		send_bytes(self, bytes, length);
	}
	kill(self->pid, SIGCONT);
	for (int i = 0; i < 40; i++) {
		came = receive_most(self, bytes, sizeof(bytes), COMES_MS);
		ASSERT_EQ(i + 1, bytes[24]);
		if (i < 20 || i % 3) {
			EXPECT_EQ(i == 35 ? NTS_REFUSED : NTS_AUTHENTIC,
				  nts_session_judge(&sessions[i], bytes, (size_t)came));
		} else {
			EXPECT_EQ(NTP_HEADER_SIZE + i % 2 * 24, came);
		}
	}
	EXPECT_EQ(0, await_count(self, SERVER_UNSENT, 0));
	EXPECT_EQ(1, await_count(self, SERVER_NTS_REFUSED, 1));
}

/* --- the extension field F323 --- */

static bool has_root(const uint8_t *bytes, ssize_t length)
{
	struct ntp_packet packet;
	struct mono_root root;

	return length > 0 && !ntp_packet_decode(bytes, (size_t)length, &packet) &&
	       mono_root_read(bytes, &packet, &root) && root.epoch == 9 &&
	       root.receive == packet.receive;
}

/* By one system call with others that have none, and by each way of authentication. */
TEST_F(world, the_extension_field_is_answered)
{
	const struct ntp_key *keys = server_settings_keys(self->settings);
	uint8_t bytes[NTP_PACKET_MAX], answer[NTP_PACKET_MAX];
	struct nts_session client;
	ssize_t length;

	tell(self, 2, 0);
	add_keys(self);
	use_cookie_keys(self, 7, &client);
	start(self);
	kill(self->pid, SIGSTOP);
	for (int i = 0; i < 30; i++) {
		memset(bytes, 0, NTP_HEADER_SIZE);
		bytes[0] = 4 << 3 | NTP_MODE_CLIENT;
		bytes[40] = (uint8_t)(i + 1);
		mono_root_write(NULL, bytes + NTP_HEADER_SIZE);
		length = i % 3 ? RESPOND_ANSWER_MAX : NTP_HEADER_SIZE;
		if (i % 3 == 2)
			length = (ssize_t)ntp_mac_append(&keys[0], bytes, (size_t)length,
							 sizeof(bytes));
		send_bytes(self, bytes, (size_t)length);
	}
	kill(self->pid, SIGCONT);
	for (int i = 0; i < 30; i++) {
		length = receive(self, answer, COMES_MS);
		ASSERT_EQ(i + 1, answer[24]);
		EXPECT_EQ(!!(i % 3), has_root(answer, length));
		ASSERT_EQ(i % 3 == 2 ? RESPOND_ANSWER_MAX + 24 : i % 3 ? RESPOND_ANSWER_MAX :
			  NTP_HEADER_SIZE, length);
		if (i % 3 == 2)
			EXPECT_TRUE(ntp_mac_check(&keys[0], answer, (size_t)length, 24));
	}
	for (int i = 0; i < 3; i++) {
		length = ask_by_nts(self, &client, answer, true);
		ASSERT_EQ(RESPOND_ANSWER_MAX + 36 + 40 + 104, length);
		ASSERT_EQ(NTS_AUTHENTIC, nts_session_judge(&client, answer, (size_t)length));
		EXPECT_TRUE(has_root(answer, length));
	}
}

/* The kernel's timestamp of an answer is found in what it reports of a longer packet, too. */
TEST_F(world, interleaved_with_the_extension_field)
{
	uint8_t bytes[200] = { 4 << 3 | NTP_MODE_CLIENT };

	tell(self, 2, 0);
	start(self);
	for (int i = 0; i < 3; i++) {
		memset(bytes + 1, 0, NTP_HEADER_SIZE - 1);
		/* From the second on, with the receive timestamp of the one before. */
		if (i) {
			memcpy(bytes + 24, bytes + 100, 8);
			bytes[32] = 1;
		}
		bytes[0] = 4 << 3 | NTP_MODE_CLIENT;
		bytes[40] = (uint8_t)(i + 1);
		mono_root_write(NULL, bytes + NTP_HEADER_SIZE);
		send_bytes(self, bytes, RESPOND_ANSWER_MAX);
		ASSERT_EQ(RESPOND_ANSWER_MAX, receive(self, bytes, COMES_MS));
		memcpy(bytes + 100, bytes + 32, 8);
		usleep(20000);
	}
	EXPECT_EQ(1, await_count(self, SERVER_INTERLEAVED, 1));
	EXPECT_EQ(1, await_count(self, SERVER_TX_KERNEL, 1));
}

/* The daemon's end of the keys' pipe alone is closed, and something is left in it. */
TEST_F(world, does_not_spin_when_no_more_keys_can_come)
{
	struct nts_server_keys keys;

	memset(&keys, 0, sizeof(keys));
	ASSERT_EQ(sizeof(keys), write(self->cookie_keys[1], &keys, sizeof(keys)));
	close(self->cookie_keys[1]);
	tell(self, 2, 0);
	polls.count = 0;
	polls.lifeline_fd = self->lifeline[1];
	EXPECT_EQ(0, serve(&self->world));
	EXPECT_GE(5, polls.count);
	self->cookie_keys[1] = -1;
	self->lifeline[1] = -1;
}

TEST_HARNESS_MAIN
