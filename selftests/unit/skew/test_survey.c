// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hosts asked by NTP, of which this test is one on each of its loopback addresses, and by a program
 * that stands for ssh.
 */
#include "user/skew/survey.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/lib/clock_ns.h"
#include "user/ntp/packet.h"

#define MS	1000000LL
#define S	1000000000LL

/* Loopback is quick, and this machine may be busy. */
#define TOLERANCE_NS	(20 * MS)

/* How a host answers, by the last byte of its address. */
enum {
	RIGHT = 1,
	AHEAD = 2,		/* by AHEAD_NS */
	UNSYNCHRONISED = 3,
	SILENT = 4,
	REFUSING = 5,
	FORGING = 6,		/* with another cookie, then rightly */
	WITHOUT_TIME = 7,
	HOSTS,
};

#define AHEAD_NS	(7200 * S)

/* From the moment on at which this file is there, this machine's clock is set forward. */
static char set_by[80];

#define SET_NS	(5 * S)

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	int err = __real_clock_gettime(clock, now);

	if (clock == CLOCK_REALTIME && *set_by && !access(set_by, F_OK))
		now->tv_sec += SET_NS / S;

	return err;
}

FIXTURE(hosts) {
	pid_t server;
	int port;
	char directory[64];
	char ssh[96];
};

static void answer(int fd, int kind, const uint8_t *request, const struct sockaddr_in *to,
		   socklen_t length)
{
	int64_t now_ns = clock_ns(CLOCK_REALTIME) + (kind == AHEAD ? AHEAD_NS : 0);
	struct ntp_packet question, reply = {
		.version = 4,
		.mode = NTP_MODE_SERVER,
		.stratum = 2,
		.precision = -20,
		.receive = ntp_timestamp_from_ns(now_ns),
		.transmit = ntp_timestamp_from_ns(now_ns),
	};
	uint8_t bytes[NTP_HEADER_SIZE];

	if (kind == SILENT || ntp_packet_decode(request, NTP_HEADER_SIZE, &question) < 0)
		return;
	reply.origin = question.transmit;
	if (kind == UNSYNCHRONISED)
		reply.leap = NTP_LEAP_UNSYNCHRONISED;
	if (kind == REFUSING) {
		reply.stratum = 0;
		reply.refid = NTP_KISS_DENY;
	}
	if (kind == WITHOUT_TIME)
		reply.transmit = 0;
	if (kind == FORGING) {
		reply.origin++;
		reply.receive += 1ULL << 40;
		ntp_packet_encode(&reply, bytes);
		sendto(fd, bytes, sizeof(bytes), 0, (const struct sockaddr *)to, length);
		reply.origin--;
		reply.receive -= 1ULL << 40;
	}
	ntp_packet_encode(&reply, bytes);
	sendto(fd, bytes, sizeof(bytes), 0, (const struct sockaddr *)to, length);
}

static struct sockaddr_in address_of(int kind, int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f0a0000 + (uint32_t)kind),
		.sin_port = htons((uint16_t)port),
	};
}

static void __attribute__((noreturn)) serve(const int *fds)
{
	for (;;) {
		struct pollfd polls[HOSTS] = { 0 };
		int kind;

		for (kind = 1; kind < HOSTS; kind++)
			polls[kind] = (struct pollfd){ .fd = fds[kind], .events = POLLIN };
		polls[0].fd = -1;
		poll(polls, HOSTS, -1);
		for (kind = 1; kind < HOSTS; kind++) {
			struct sockaddr_in from;
			socklen_t length = sizeof(from);
			uint8_t bytes[NTP_HEADER_SIZE];

			if (polls[kind].revents &&
			    recvfrom(fds[kind], bytes, sizeof(bytes), 0, (struct sockaddr *)&from,
				     &length) == sizeof(bytes))
				answer(fds[kind], kind, bytes, &from, length);
		}
	}
}

static void write_program(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
}

FIXTURE_SETUP(hosts)
{
	struct sockaddr_in address = address_of(RIGHT, 0);
	socklen_t length = sizeof(address);
	int fds[HOSTS] = { 0 }, kind;

	strcpy(self->directory, "/tmp/test-survey-XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->directory));
	snprintf(self->ssh, sizeof(self->ssh), "%s/ssh", self->directory);
	for (kind = 1; kind < HOSTS; kind++) {
		address.sin_addr = address_of(kind, 0).sin_addr;
		fds[kind] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		ASSERT_EQ(0, bind(fds[kind], (struct sockaddr *)&address, sizeof(address)));
		if (kind == 1)
			ASSERT_EQ(0, getsockname(fds[kind], (struct sockaddr *)&address, &length));
	}
	self->port = ntohs(address.sin_port);
	self->server = fork();
	ASSERT_GE(self->server, 0);
	if (!self->server)
		serve(fds);
	for (kind = 1; kind < HOSTS; kind++)
		close(fds[kind]);
}

FIXTURE_TEARDOWN(hosts)
{
	kill(self->server, SIGKILL);
	waitpid(self->server, NULL, 0);
	unlink(self->ssh);
	rmdir(self->directory);
}

static int survey(const FIXTURE_DATA(hosts) *self, struct skew_host *hosts, size_t count,
		  bool ssh)
{
	const struct skew_survey_options options = {
		.port = self->port,
		.ntp_ns = S,
		.ssh = ssh ? self->ssh : NULL,
		.ssh_ns = 2 * S,
	};

	return skew_survey(hosts, count, &options);
}

static bool is_near(const struct skew_clock *clock, int64_t offset_ns)
{
	return clock->known && llabs(clock->offset_ns - offset_ns) <= clock->error_ns &&
	       clock->error_ns < TOLERANCE_NS;
}

TEST_F(hosts, clocks_are_compared_by_ntp)
{
	struct skew_host hosts[] = { { .name = "127.10.0.1" }, { .name = "127.10.0.2" },
				     { .name = "127.10.0.3" }, { .name = "127.10.0.6" } };

	ASSERT_EQ(0, survey(self, hosts, 4, false));
	EXPECT_TRUE(is_near(skew_clock_of(&hosts[0]), 0));
	EXPECT_FALSE(hosts[0].ask.unsynchronised);
	EXPECT_TRUE(is_near(skew_clock_of(&hosts[1]), AHEAD_NS));
	/* It has a clock, whatever it thinks of that. */
	EXPECT_TRUE(is_near(skew_clock_of(&hosts[2]), 0));
	EXPECT_TRUE(hosts[2].ask.unsynchronised);
	EXPECT_TRUE(is_near(skew_clock_of(&hosts[3]), 0));
}

TEST_F(hosts, what_is_not_known_has_a_reason)
{
	struct skew_host hosts[] = { { .name = "127.10.0.4" }, { .name = "127.10.0.5" },
				     { .name = "127.10.0.7" }, { .name = "127.10.0.99" },
				     { .name = "no such name" } };
	static const char *const reasons[] = { "no answer", "refuses", "no time", "refused",
					       "not known" };
	size_t i;

	ASSERT_EQ(0, survey(self, hosts, 5, false));
	for (i = 0; i < 5; i++) {
		EXPECT_FALSE(skew_clock_of(&hosts[i])->known);
		EXPECT_NE(NULL, strstr(hosts[i].ask.problem, reasons[i]))
			TH_LOG("%s: %s", hosts[i].name, hosts[i].ask.problem);
		EXPECT_FALSE(hosts[i].by_ssh);
	}
}

TEST_F(hosts, ssh_is_asked_where_ntp_is_not_answered)
{
	struct skew_host hosts[] = { { .name = "127.10.0.1" }, { .name = "127.10.0.99" } };

	write_program(self->ssh, "#!/bin/sh\n"
		      "[ \"$5 $6 $7\" = '-- 127.10.0.99 date +%s.%N' ] &&\n"
		      "date -d '5 seconds' +%s.%N\n");
	ASSERT_EQ(0, survey(self, hosts, 2, true));
	EXPECT_FALSE(hosts[0].by_ssh);
	EXPECT_TRUE(hosts[1].by_ssh);
	ASSERT_TRUE(skew_clock_of(&hosts[1])->known) TH_LOG("%s", hosts[1].remote.text);
	EXPECT_LE(llabs(skew_clock_of(&hosts[1])->offset_ns - 5 * S),
		  skew_clock_of(&hosts[1])->error_ns);
}

/* A banner of the server's, on standard error, and what its .bashrc prints. */
TEST_F(hosts, ssh_says_other_things_before_the_date)
{
	struct skew_host host = { .name = "127.10.0.99" };

	write_program(self->ssh, "#!/bin/sh\n"
		      "printf '*****\\nFor members only.\\n\\n' >&2; echo 'Hello, you!'\n"
		      "date -d '5 seconds' +%s.%N\n");
	ASSERT_EQ(0, survey(self, &host, 1, true));
	ASSERT_TRUE(skew_clock_of(&host)->known) TH_LOG("%s", host.remote.text);
	EXPECT_LE(llabs(skew_clock_of(&host)->offset_ns - 5 * S), skew_clock_of(&host)->error_ns);
}

/* One that there is no room for. */
TEST_F(hosts, ssh_says_a_long_line_before_the_date)
{
	struct skew_host host = { .name = "127.10.0.99" };

	write_program(self->ssh, "#!/bin/sh\nprintf '%01000d\\n' 0\ndate -d '5 seconds' +%s.%N\n");
	ASSERT_EQ(0, survey(self, &host, 1, true));
	ASSERT_TRUE(skew_clock_of(&host)->known) TH_LOG("%s", host.remote.text);
	EXPECT_LE(llabs(skew_clock_of(&host)->offset_ns - 5 * S), skew_clock_of(&host)->error_ns);
}

TEST_F(hosts, what_ssh_says_is_one_line_of_text)
{
	struct skew_host host = { .name = "127.10.0.99" };

	write_program(self->ssh, "#!/bin/sh\n"
		      "printf 'Welcome\\n\\033[31mno\\007entry\\r\\n\\n' >&2; exit 255\n");
	ASSERT_EQ(0, survey(self, &host, 1, true));
	EXPECT_FALSE(skew_clock_of(&host)->known);
	EXPECT_STREQ("?[31mno?entry", host.remote.text);
}

TEST_F(hosts, ssh_that_does_not_end_is_ended)
{
	struct skew_host host = { .name = "127.10.0.99" };
	int64_t begun_ns = clock_ns(CLOCK_REALTIME);

	write_program(self->ssh, "#!/bin/sh\nexec sleep 60\n");
	ASSERT_EQ(0, survey(self, &host, 1, true));
	EXPECT_FALSE(skew_clock_of(&host)->known);
	EXPECT_STREQ("no answer in time", host.remote.text);
	EXPECT_LT(clock_ns(CLOCK_REALTIME) - begun_ns, 10 * S);
}

/* As where SIGTERM was ignored from the start. */
TEST_F(hosts, ssh_that_does_not_let_itself_be_ended_is_killed)
{
	struct skew_host host = { .name = "127.10.0.99" };
	int64_t begun_ns = clock_ns(CLOCK_REALTIME);

	write_program(self->ssh, "#!/bin/sh\ntrap '' TERM\nexec sleep 20\n");
	ASSERT_EQ(0, survey(self, &host, 1, true));
	EXPECT_STREQ("no answer in time", host.remote.text);
	EXPECT_LT(clock_ns(CLOCK_REALTIME) - begun_ns, 10 * S);
}

/* A thousand of them would keep this machine from anything else, and from being right about it. */
TEST_F(hosts, only_some_ssh_run_side_by_side)
{
	static struct skew_host hosts[SKEW_SSH_MOST + 16];
	char program[512], running[80];
	int at_once = 0;
	FILE *file;

	snprintf(running, sizeof(running), "%s/running", self->directory);
	snprintf(program, sizeof(program),
		 "#!/bin/sh\nmkdir -p %s; : > %s/$$; ls %s | wc -l >> %s.counts\n"
		 "sleep 0.5; rm %s/$$\ndate +%%s.%%N\n", running, running, running, running,
		 running);
	write_program(self->ssh, program);
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		hosts[i].name = "127.10.0.99";
	ASSERT_EQ(0, survey(self, hosts, ARRAY_SIZE(hosts), true));
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		EXPECT_TRUE(hosts[i].by_ssh);
	strcat(running, ".counts");
	file = fopen(running, "r");
	ASSERT_NE(NULL, file);
	while (fgets(program, sizeof(program), file)) {
		if (atoi(program) > at_once)
			at_once = atoi(program);
	}
	fclose(file);
	EXPECT_LE(at_once, SKEW_SSH_MOST);
	EXPECT_GT(at_once, 1);
	unlink(running);
	running[strlen(running) - strlen(".counts")] = '\0';
	rmdir(running);
}

/*
 * By another program, or by truechimed: hosts that were asked before and after show one time, which
 * is compared with the clock as it is now.
 */
TEST_F(hosts, this_machines_clock_is_set_while_others_are_asked)
{
	struct skew_host hosts[] = { { .name = "127.10.0.1" }, { .name = "127.10.0.99" },
				     { .name = "127.10.0.98" } };
	char program[256];

	snprintf(set_by, sizeof(set_by), "%s/set", self->directory);
	snprintf(program, sizeof(program), "#!/bin/sh\n"
		 "[ \"$6\" = 127.10.0.98 ] && : > %s\ndate +%%s.%%N\n", set_by);
	write_program(self->ssh, program);
	ASSERT_EQ(0, survey(self, hosts, 3, true));
	EXPECT_FALSE(hosts[0].by_ssh);
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		const struct skew_clock *clock = skew_clock_of(&hosts[i]);

		ASSERT_TRUE(clock->known) TH_LOG("%zu: %s", i, hosts[i].remote.text);
		EXPECT_LE(llabs(clock->offset_ns + SET_NS), clock->error_ns)
			TH_LOG("%zu: %lld", i, (long long)clock->offset_ns);
	}
	unlink(set_by);
	*set_by = '\0';
}

TEST_F(hosts, ssh_may_be_missing_or_say_anything)
{
	struct skew_host host = { .name = "127.10.0.99" };

	ASSERT_EQ(0, survey(self, &host, 1, true));
	EXPECT_NE(NULL, strstr(host.remote.text, "No such file"));
	write_program(self->ssh, "#!/bin/sh\nexit 0\n");
	ASSERT_EQ(0, survey(self, &host, 1, true));
	EXPECT_STREQ("it printed nothing", host.remote.text);
	write_program(self->ssh, "#!/bin/sh\nhead -c 100000 /dev/zero | tr '\\0' x\n");
	ASSERT_EQ(0, survey(self, &host, 1, true));
	EXPECT_EQ(REMOTE_DATE_TEXT_MAX - 1, strlen(host.remote.text));
	EXPECT_FALSE(skew_clock_of(&host)->known);
}

TEST(dates_are_read_whole_or_not_at_all)
{
	static const char *const bad[] = { "", "1", "1.", "1.5", "-1.000000000", "1.0000000000",
					   "1.-00000001", "x1.000000000", "1.000000000 UTC",
					   "9000000001.000000000",
					   "99999999999999999999.000000000", "1.+00000001" };
	struct skew_clock clock = { 0 };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		EXPECT_FALSE(remote_date_parse(bad[i], 0, 0, &clock)) TH_LOG("\"%s\"", bad[i]);
		EXPECT_FALSE(clock.known);
	}
	ASSERT_TRUE(remote_date_parse("1795451405.250000000\n", 1795451400 * S, 1795451402 * S,
				      &clock));
	EXPECT_EQ(4 * S + 250 * MS, clock.offset_ns);
	EXPECT_EQ(S, clock.error_ns);
}

TEST_HARNESS_MAIN
