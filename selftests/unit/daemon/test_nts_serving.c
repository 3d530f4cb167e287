// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processes that hand out NTS keys are stand-ins, which are as alive as their end of the socket
 * is open, and so are their sockets. The file of the cookies' keys is a real one.
 */
#include "user/daemon/nts_serving.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "selftests/unit/config_reports.h"
#include "selftests/unit/counted_log.h"
#include "selftests/unit/fake_listen.h"
#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/lib/spawn.h"
#include "user/ntp/nts_task.h"

#define S	1000000000LL

#define PROCESSES_MAX	256
#define FIRST_PID	1000000000

#define RULES_MAX	8

static struct {
	int ends[PROCESSES_MAX];	/* of the sockets, -1: that process has ended */
	int count;			/* of processes that were ever started */
	int killed;			/* of these */
	bool ipv4;			/* the latest one has such a socket */
	bool ipv6;
	int checks;			/* of what the files have */
	int check_status;		/* these end with it; -1: they do not end */
	int64_t end_s;			/* when the certificate expires that processes read */
	int64_t later_s;		/* so late is it, beside what it is */
	bool no_memory;			/* to be mapped */
} world;

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = __real_clock_gettime(clock, now);

	if (clock == CLOCK_REALTIME)
		now->tv_sec += world.later_s;

	return result;
}

/* What a process that serves writes when it has read the certificates. */
static void publish_validity(const int *fds)
{
	const struct nts_settings *settings = mmap(NULL, sizeof(*settings), PROT_READ, MAP_SHARED,
						   fds[0], 0);
	struct nts_statistics *statistics = mmap(NULL, sizeof(*statistics),
						 PROT_READ | PROT_WRITE, MAP_SHARED,
						 fds[NTS_FD_STATISTICS - NTS_FD_SETTINGS], 0);

	if (settings == MAP_FAILED || statistics == MAP_FAILED)
		exit(1);
	statistics->validity.end_s[0] = world.end_s;
	statistics->validity.settings = settings->number;
	munmap((void *)settings, sizeof(*settings));
	munmap(statistics, sizeof(*statistics));
}

pid_t spawn_beside(const char *program, const char *argument, const int *fds, int count)
{
	if (!strcmp(argument, NTS_CHECK)) {
		pid_t pid = fork();

		if (!pid && world.check_status < 0)
			pause();
		if (!pid)
			_exit(world.check_status);
		world.checks++;
		return pid;
	}
	if (world.count == PROCESSES_MAX)
		exit(1);
	world.ends[world.count] = fcntl(fds[NTS_FD_DAEMON - NTS_FD_SETTINGS],
					F_DUPFD_CLOEXEC, 0);
	publish_validity(fds);
	world.ipv4 = fds[NTS_FD_IPV4 - NTS_FD_SETTINGS] >= 0;
	world.ipv6 = fds[NTS_FD_IPV6 - NTS_FD_SETTINGS] >= 0;

	return FIRST_PID + world.count++;
}

static void end_process(int process)
{
	if (world.ends[process] >= 0)
		close(world.ends[process]);
	world.ends[process] = -1;
}

/* Instead of the C library's: nobody else is to be ended. */
int kill(pid_t pid, int number)
{
	if (pid < FIRST_PID)
		return (int)syscall(SYS_kill, pid, number);
	world.killed++;
	end_process(pid - FIRST_PID);

	return 0;
}

void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	if (!world.no_memory)
		return __real_mmap(address, length, protection, flags, fd, offset);
	errno = ENOMEM;

	return MAP_FAILED;
}

FIXTURE(nts) {
	char directory[64];
	char extra[256];	/* lines of the configuration */
	struct nts_serving *nts;
	int64_t now_ns;
};

static void write_file(const char *directory, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	if (!file || fputs(text, file) < 0 || fclose(file))
		exit(1);
}

static void configure(FIXTURE_DATA(nts) *self)
{
	struct reports reports;
	struct config *config;
	char text[1024];

	snprintf(text, sizeof(text),
		 "allow\nntsservercert %s/cert\nntsserverkey %s/key\nntsdumpdir %s/kept\n%s",
		 self->directory, self->directory, self->directory, self->extra);
	config = parse(text, &reports);
	if (!config)
		exit(1);
	nts_serving_configure(self->nts, config, self->now_ns);
	config_free(config);
}

/* What the loop does until @seconds have passed. */
static void pass(FIXTURE_DATA(nts) *self, int64_t seconds)
{
	int64_t end_ns = self->now_ns + seconds * S, next_ns;

	nts_serving_timer(self->nts, self->now_ns);
	for (;;) {
		next_ns = nts_serving_next_ns(self->nts);
		if (next_ns > end_ns)
			break;
		if (next_ns > self->now_ns)
			self->now_ns = next_ns;
		nts_serving_timer(self->nts, self->now_ns);
	}
	self->now_ns = end_ns;
}

static int running(void)
{
	int count = 0;

	for (int i = 0; i < world.count; i++)
		count += world.ends[i] >= 0;

	return count;
}

/* All processes end by themselves. */
static void end_processes(void)
{
	for (int i = 0; i < world.count; i++)
		end_process(i);
}

FIXTURE_SETUP(nts)
{
	memset(&world, 0, sizeof(world));
	memset(&listening, 0, sizeof(listening));
	memset(&logged, 0, sizeof(logged));
	memset(self, 0, sizeof(*self));
	self->now_ns = 1000 * S;
	strcpy(self->directory, "/tmp/test_nts.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->directory));
	write_file(self->directory, "cert", "certificate\n");
	write_file(self->directory, "key", "key\n");
	self->nts = nts_serving_new();
	ASSERT_NE(NULL, self->nts);
}

FIXTURE_TEARDOWN(nts)
{
	char command[128];

	nts_serving_free(self->nts);
	EXPECT_EQ(0, running());
	snprintf(command, sizeof(command), "rm -rf %s", self->directory);
	ASSERT_EQ(0, system(command));
}

/* --- memory --- */

static int open_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	while (directory && readdir(directory))
		count++;
	closedir(directory);

	return count;
}

/* Each reload tries again. */
TEST_F(nts, want_of_memory_leaves_nothing_open)
{
	int before = open_descriptors();

	world.no_memory = true;
	logged.errors_expected = true;
	for (int i = 0; i < 3; i++) {
		configure(self);
		pass(self, 1);
		EXPECT_EQ(0, running());
		EXPECT_EQ(before, open_descriptors());
	}
	world.no_memory = false;
	configure(self);
	pass(self, 1);
	EXPECT_EQ(1, running());
}

/* --- certificates --- */

/* The loop turns when the processes have read the certificates. */
static void serve_anew(FIXTURE_DATA(nts) *self)
{
	configure(self);
	pass(self, 1);
	pass(self, 1);
}

TEST_F(nts, certificate_that_has_expired_is_named_at_each_start_and_reload)
{
	world.end_s = 1767225600;
	serve_anew(self);
	EXPECT_EQ(1, logged.warnings);
	EXPECT_EQ(1767225600, nts_serving_certificate_end_s(self->nts));
	EXPECT_NE(NULL, strstr(logged.warning, "/cert, or one of those who signed it"));
	EXPECT_NE(NULL, strstr(logged.warning, "expired at 2026-01-01 00:00 UTC"));
	/* Nothing is new, and it was not renewed. */
	serve_anew(self);
	EXPECT_EQ(2, logged.warnings);
	/* Other processes read the new one. */
	write_file(self->directory, "cert", "another certificate\n");
	world.end_s = INT32_MAX;
	serve_anew(self);
	EXPECT_EQ(2, logged.warnings);
	write_file(self->directory, "cert", "and a third one\n");
	world.end_s = 1767225600;
	serve_anew(self);
	EXPECT_EQ(3, logged.warnings);
	/* However long ago that was. */
	write_file(self->directory, "cert", "one of the ancients\n");
	world.end_s = INT64_MIN;
	serve_anew(self);
	EXPECT_EQ(4, logged.warnings);
	EXPECT_NE(NULL, strstr(logged.warning, "expired at 1677-09-21 00:12 UTC"));
}

/* An hour from now; the loop is there all the while. */
TEST_F(nts, certificate_that_expires_is_named_once)
{
	world.end_s = time(NULL) + 3600;
	configure(self);
	pass(self, 1);
	EXPECT_EQ(0, logged.warnings);
	world.later_s = 3601;
	pass(self, 1);
	pass(self, 1);
	EXPECT_EQ(1, logged.warnings);
}

/* --- the keys of cookies --- */

/* What a daemon has that starts now, whatever became of the one before. */
static struct nts_server_keys keys_of_next(FIXTURE_DATA(nts) *self)
{
	struct nts_serving *before = self->nts;
	struct nts_server_keys keys;
	uint64_t changes;

	self->nts = nts_serving_new();
	configure(self);
	keys = *nts_serving_keys(self->nts, &changes);
	nts_serving_free(self->nts);
	self->nts = before;

	return keys;
}

static bool are_kept(FIXTURE_DATA(nts) *self)
{
	struct nts_server_keys next = keys_of_next(self);
	uint64_t changes;

	return !memcmp(&next, nts_serving_keys(self->nts, &changes), sizeof(next));
}

static bool file_is_there(FIXTURE_DATA(nts) *self)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/kept/ntskeys", self->directory);

	return !access(path, F_OK);
}

/* Privileges are given up in between: the file is the daemon's user's. */
TEST_F(nts, keys_are_kept_by_the_loop_and_not_by_the_start)
{
	configure(self);
	EXPECT_FALSE(file_is_there(self));
	EXPECT_GE(self->now_ns, nts_serving_next_ns(self->nts));
	pass(self, 1);
	EXPECT_TRUE(file_is_there(self));
	EXPECT_TRUE(are_kept(self));
	EXPECT_EQ(0, logged.warnings);
}

TEST_F(nts, keys_that_cannot_be_kept_are_complained_of_once)
{
	write_file(self->directory, "kept", "no directory\n");
	configure(self);
	pass(self, 86400);
	EXPECT_EQ(1, logged.warnings);
	EXPECT_NE(NULL, strstr(logged.warning, "not kept for the next start"));
}

/* As on a disk that was full: the next rotation may be weeks away. */
TEST_F(nts, keys_that_could_not_be_kept_are_kept_when_they_can_be)
{
	char path[128];

	write_file(self->directory, "kept", "no directory\n");
	configure(self);
	pass(self, 600);
	EXPECT_EQ(1, logged.warnings);
	snprintf(path, sizeof(path), "%s/kept", self->directory);
	ASSERT_EQ(0, unlink(path));
	pass(self, 60);
	EXPECT_TRUE(file_is_there(self));
	EXPECT_TRUE(are_kept(self));
	EXPECT_LT(self->now_ns + 3600 * S, nts_serving_next_ns(self->nts));

	/* Another time is another trouble. */
	snprintf(path, sizeof(path), "rm -r %s/kept", self->directory);
	ASSERT_EQ(0, system(path));
	write_file(self->directory, "kept", "no directory\n");
	pass(self, 2 * 604800);
	EXPECT_EQ(2, logged.warnings);
}

TEST_F(nts, keys_that_others_take_care_of_are_not_written)
{
	strcpy(self->extra, "ntsrotate 0\n");
	configure(self);
	pass(self, 86400);
	EXPECT_FALSE(file_is_there(self));
}

/* Servers that are to share them would not, and nobody would know. */
TEST_F(nts, keys_of_others_that_are_not_there_are_missed)
{
	configure(self);
	EXPECT_EQ(0, logged.warnings);
	nts_serving_free(self->nts);
	self->nts = nts_serving_new();
	snprintf(self->extra, sizeof(self->extra), "ntsdumpdir %s/none\nntsrotate 0\n",
		 self->directory);
	configure(self);
	EXPECT_EQ(1, logged.warnings);
	EXPECT_NE(NULL, strstr(logged.warning, "none/ntskeys cannot be read: No such file"));
	EXPECT_NE(NULL, strstr(logged.warning, "no other server has"));
	configure(self);
	EXPECT_EQ(2, logged.warnings);
	EXPECT_NE(NULL, strstr(logged.warning, "stay as they are"));
}

TEST_F(nts, keys_follow_to_another_directory)
{
	char path[128];

	configure(self);
	pass(self, 1);
	snprintf(self->extra, sizeof(self->extra), "ntsdumpdir %s/other\n", self->directory);
	configure(self);
	pass(self, 1);
	snprintf(path, sizeof(path), "%s/other/ntskeys", self->directory);
	EXPECT_EQ(0, access(path, F_OK));
	EXPECT_TRUE(are_kept(self));
}

/* --- sockets --- */

TEST_F(nts, both_families_are_served)
{
	configure(self);
	pass(self, 1);
	EXPECT_EQ(1, running());
	EXPECT_TRUE(world.ipv4);
	EXPECT_TRUE(world.ipv6);
	pass(self, 86400);
	EXPECT_EQ(1, world.count);
	EXPECT_EQ(0, logged.warnings);
}

/* Another program has the port of one: the other one is served, and that later, too. */
TEST_F(nts, one_family_is_served_where_the_other_cannot_be)
{
	listening.error6 = -EADDRINUSE;
	configure(self);
	pass(self, 600);
	EXPECT_EQ(1, running());
	EXPECT_EQ(1, world.count);
	EXPECT_TRUE(world.ipv4);
	EXPECT_FALSE(world.ipv6);
	EXPECT_EQ(1, logged.warnings);
	EXPECT_NE(NULL, strstr(logged.warning, "TCP port 4460 by IPv6: another program"));

	listening.error6 = 0;
	pass(self, 61);
	EXPECT_EQ(1, running());
	EXPECT_TRUE(world.ipv4);
	EXPECT_TRUE(world.ipv6);
	EXPECT_EQ(1, logged.warnings);
}

TEST_F(nts, without_a_socket_there_is_no_process)
{
	listening.error4 = -EADDRINUSE;
	listening.error6 = -EADDRINUSE;
	configure(self);
	pass(self, 600);
	EXPECT_EQ(0, world.count);
	EXPECT_EQ(1, logged.warnings);
	EXPECT_NE(NULL, strstr(logged.warning, "port 4460: another program serves there"));
	EXPECT_NE(NULL, strstr(logged.warning, "or set 'ntsport'"));

	listening.error4 = 0;
	pass(self, 61);
	EXPECT_EQ(1, running());
	EXPECT_TRUE(world.ipv4);
	EXPECT_FALSE(world.ipv6);
	EXPECT_EQ(1, logged.warnings);
}

/* What is wrong is said as for the port of NTP: in words of the configuration. */
TEST_F(nts, an_interface_that_is_not_there_is_said_so)
{
	listening.error4 = -ENODEV;
	listening.error6 = -ENODEV;
	configure(self);
	EXPECT_NE(NULL, strstr(logged.warning, "no such interface (binddevice)"));
}

TEST_F(nts, a_machine_without_ipv6_is_not_tried_again)
{
	listening.error6 = -EAFNOSUPPORT;
	configure(self);
	pass(self, 1);
	EXPECT_EQ(1, running());
	EXPECT_EQ(0, logged.warnings);
	EXPECT_LT(self->now_ns + 86400 * S, nts_serving_next_ns(self->nts));
}

/* --- processes --- */

/* As with a certificate that cannot be read: all of them wait as long as one would. */
TEST_F(nts, processes_that_end_again_and_again_wait_longer)
{
	strcpy(self->extra, "ntsprocesses 4\n");
	configure(self);
	for (int64_t wait_s = 1; wait_s <= 64; wait_s *= 2) {
		pass(self, 0);
		end_processes();
		pass(self, wait_s - 1);
		EXPECT_EQ(0, running());
		pass(self, 1);
		EXPECT_EQ(4, running());
	}
	end_processes();
	pass(self, 63);
	EXPECT_EQ(0, running());
}

TEST_F(nts, a_process_that_ran_for_long_is_started_again_soon)
{
	configure(self);
	for (int i = 0; i < 10; i++) {
		pass(self, 3600);
		end_processes();
		pass(self, 0);
		EXPECT_NE(NULL, strstr(logged.warning, "started again in 1 s"));
		pass(self, 1);
		EXPECT_EQ(1, running());
	}
}

/* It may have closed its end and go on: the daemon would wait for it. */
TEST_F(nts, a_process_that_says_it_has_ended_is_ended)
{
	configure(self);
	pass(self, 1);
	EXPECT_EQ(0, world.killed);
	end_processes();
	pass(self, 0);
	EXPECT_EQ(1, world.killed);
}

/* --- a reload --- */

/* The rules that a process was told last, of how many; 0: it was told none. */
static uint32_t told_rules(int process, struct access_rule rules[RULES_MAX])
{
	struct nts_rules_message message;
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr header;
	} control;
	struct iovec part = { .iov_base = &message, .iov_len = sizeof(message) };
	uint32_t count = 0;
	ssize_t size;
	int fd;

	for (;;) {
		struct msghdr header = {
			.msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = control.bytes,
			.msg_controllen = sizeof(control.bytes),
		};

		if (recvmsg(world.ends[process], &header, 0) < 0)
			return count;
		if (!CMSG_FIRSTHDR(&header))
			continue;
		memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
		count = message.rule_count;
		size = count * sizeof(rules[0]);
		if (count > RULES_MAX || pread(fd, rules, size, 0) != size)
			exit(1);
		close(fd);
	}
}

TEST_F(nts, a_reload_that_changes_nothing_disturbs_nobody)
{
	strcpy(self->extra, "ntsprocesses 2\n");
	configure(self);
	pass(self, 3600);
	configure(self);
	EXPECT_EQ(2, running());
	pass(self, 3600);
	EXPECT_EQ(2, world.count);
}

/* The certificate was renewed, in place or by another file; another program writes it. */
TEST_F(nts, a_reload_reads_a_new_certificate)
{
	char path[128];

	configure(self);
	pass(self, 1);
	/* The kernel's clock for files is coarse. */
	usleep(20000);
	write_file(self->directory, "cert", "CERTIFICATE\n");
	configure(self);
	pass(self, 1);
	EXPECT_EQ(1, running());
	EXPECT_EQ(2, world.count);
	snprintf(path, sizeof(path), "%s/key", self->directory);
	ASSERT_EQ(0, unlink(path));
	write_file(self->directory, "key", "key\n");
	configure(self);
	pass(self, 1);
	EXPECT_EQ(1, running());
	EXPECT_EQ(3, world.count);
}

/* As one that is being written: who serves with the one from before goes on. */
TEST_F(nts, a_reload_keeps_the_certificate_where_the_new_one_is_no_good)
{
	configure(self);
	pass(self, 1);
	usleep(20000);
	write_file(self->directory, "cert", "HALF");
	world.check_status = NTS_STATUS_CERTIFICATE;
	configure(self);
	pass(self, 1);
	EXPECT_EQ(1, world.checks);
	EXPECT_EQ(1, running());
	EXPECT_EQ(1, world.count);
	EXPECT_EQ(1, logged.warnings);
	/* Nobody has mended it. */
	configure(self);
	EXPECT_EQ(2, world.checks);
	EXPECT_EQ(1, running());
	world.check_status = 0;
	configure(self);
	pass(self, 1);
	EXPECT_EQ(1, running());
	EXPECT_EQ(2, world.count);
	configure(self);
	EXPECT_EQ(3, world.checks);
}

/* An operator who lets somebody in, or keeps somebody out, ends nobody's connection. */
TEST_F(nts, those_who_serve_are_told_other_rules)
{
	struct access_rule rules[RULES_MAX];

	strcpy(self->extra, "ntsprocesses 2\n");
	configure(self);
	pass(self, 1);
	strcat(self->extra, "deny 192.0.2.0/24\n");
	configure(self);
	pass(self, 1);
	EXPECT_EQ(2, running());
	EXPECT_EQ(2, world.count);
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(2, told_rules(i, rules));
		EXPECT_TRUE(rules[0].allow);
		EXPECT_FALSE(rules[1].allow);
		EXPECT_EQ(24, rules[1].prefix);
	}
	/* One that is started later begins with them. */
	end_processes();
	pass(self, 1);
	EXPECT_EQ(0, told_rules(2, rules));
	configure(self);
	EXPECT_EQ(0, told_rules(2, rules));
}

/* It would serve who is refused now. */
TEST_F(nts, one_that_takes_no_rules_is_replaced)
{
	configure(self);
	pass(self, 1);
	for (int i = 0; world.count == 1 && i < 10000; i++) {
		strcpy(self->extra, i % 2 ? "" : "deny 192.0.2.0/24\n");
		configure(self);
		pass(self, 0);
	}
	EXPECT_EQ(2, world.count);
	EXPECT_EQ(1, running());
	EXPECT_EQ(-1, world.ends[0]);
}

/* No process can serve with what the file has now, so that those that can have to go on. */
TEST_F(nts, other_rules_take_nothing_from_the_certificate_that_is_served_with)
{
	struct access_rule rules[RULES_MAX];

	configure(self);
	pass(self, 1);
	usleep(20000);
	write_file(self->directory, "cert", "HALF");
	world.check_status = NTS_STATUS_CERTIFICATE;
	strcpy(self->extra, "deny 192.0.2.0/24\n");
	configure(self);
	pass(self, 1);
	EXPECT_EQ(1, running());
	EXPECT_EQ(1, world.count);
	EXPECT_EQ(2, told_rules(0, rules));
}

/* Another one is named that cannot be read, and nobody would be served. */
TEST_F(nts, a_reload_keeps_the_certificate_where_another_name_is_no_good)
{
	struct access_rule rules[RULES_MAX];

	configure(self);
	pass(self, 1);
	world.check_status = NTS_STATUS_CERTIFICATE;
	strcpy(self->extra, "ntsservercert /none\nntsserverkey /none\ndeny 192.0.2.0/24\n");
	configure(self);
	pass(self, 1);
	EXPECT_EQ(1, running());
	EXPECT_EQ(1, world.count);
	EXPECT_EQ(2, told_rules(0, rules));
	/* It is there now. */
	world.check_status = 0;
	configure(self);
	pass(self, 1);
	EXPECT_EQ(1, running());
	EXPECT_EQ(2, world.count);
	/* Where nobody is to come any more, nobody may. */
	world.check_status = NTS_STATUS_CERTIFICATE;
	strcat(self->extra, "bindaddress 127.0.0.1\n");
	configure(self);
	EXPECT_EQ(0, running());
}

/* As in the middle of an upgrade, where programs are of another version than the daemon. */
TEST_F(nts, a_reload_keeps_those_who_serve_where_others_could_not)
{
	configure(self);
	pass(self, 1);
	usleep(20000);
	write_file(self->directory, "cert", "another certificate\n");
	world.check_status = NTS_STATUS_SETTINGS;
	configure(self);
	pass(self, 1);
	EXPECT_EQ(1, running());
	EXPECT_EQ(1, world.count);
	EXPECT_EQ(1, logged.warnings);
	EXPECT_NE(NULL, strstr(logged.warning, "it could not use what it was given"));
}

/* As of what is no file, or of a disk that does not answer. */
TEST_F(nts, a_certificate_that_is_read_for_ever_does_not_keep_the_daemon)
{
	alarm(60);
	configure(self);
	pass(self, 1);
	usleep(20000);
	write_file(self->directory, "cert", "ENDLESS");
	world.check_status = -1;
	configure(self);
	pass(self, 1);
	EXPECT_EQ(1, running());
	EXPECT_EQ(1, world.count);
	EXPECT_EQ(1, logged.warnings);
	EXPECT_NE(NULL, strstr(logged.warning, "no end"));
}

/* Nobody is served: then it is tried. */
TEST_F(nts, a_reload_takes_any_certificate_where_none_is_served_with)
{
	configure(self);
	pass(self, 1);
	end_processes();
	usleep(20000);
	write_file(self->directory, "cert", "HALF");
	world.check_status = NTS_STATUS_CERTIFICATE;
	configure(self);
	EXPECT_EQ(0, world.checks);
	pass(self, 1);
	EXPECT_EQ(1, running());
}

TEST_F(nts, a_reload_that_changes_something_takes_effect)
{
	static const char *const lines[] = {
		"noclientlog\n", "bindaddress 127.0.0.1\n", "ntsprocesses 2\n",
		"ntsratelimit\n", "ntsport 4461\n",
		"port 124\n", "ntsntpserver other\n", "maxntsconnections 2\n",
		"ntsrotate 3600\n",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		*self->extra = '\0';
		configure(self);
		pass(self, 1);
		EXPECT_EQ(1, running());
		strcpy(self->extra, lines[i]);
		configure(self);
		EXPECT_EQ(0, running());
		pass(self, 1);
		EXPECT_LT(0, running());
	}
}

/* Somebody has mended what was wrong, and wants to see whether it works now. */
TEST_F(nts, a_reload_tries_at_once_what_has_failed)
{
	listening.error6 = -EADDRINUSE;
	configure(self);
	for (int i = 0; i < 8; i++) {
		pass(self, 64);
		end_processes();
	}
	pass(self, 1);
	EXPECT_EQ(0, running());
	listening.error6 = 0;
	configure(self);
	pass(self, 1);
	EXPECT_EQ(1, running());
	EXPECT_TRUE(world.ipv6);
}

/* Whoever takes care of the keys replaces them. */
static struct nts_server_keys replace_file(FIXTURE_DATA(nts) *self, uint8_t filler)
{
	uint8_t random[NTS_SERVER_KEYS][NTS_SERVER_KEY_RANDOM];
	char text[NTS_SERVER_KEYS_TEXT];
	struct nts_server_keys keys;

	memset(random, filler, sizeof(random));
	memset(&keys, 0, sizeof(keys));
	nts_server_keys_make(&keys, (const uint8_t (*)[NTS_SERVER_KEY_RANDOM])random);
	nts_server_keys_write(&keys, 0, text, sizeof(text));
	write_file(self->directory, "kept/ntskeys", text);

	return keys;
}

/* The latest keys that the process was told. */
static struct nts_server_keys told_keys(int process)
{
	struct nts_server_keys keys;

	memset(&keys, 0, sizeof(keys));
	while (read(world.ends[process], &keys, sizeof(keys)) == (ssize_t)sizeof(keys))
		;

	return keys;
}

TEST_F(nts, a_reload_reads_keys_of_others)
{
	struct nts_server_keys keys, told;
	char path[128];

	snprintf(path, sizeof(path), "%s/kept", self->directory);
	ASSERT_EQ(0, mkdir(path, 0700));
	strcpy(self->extra, "ntsrotate 0\n");
	for (uint8_t i = 1; i <= 3; i++) {
		keys = replace_file(self, i);
		configure(self);
		pass(self, 1);
		told = told_keys(0);
		EXPECT_EQ(0, memcmp(&keys, &told, sizeof(keys)));
	}
	EXPECT_EQ(1, world.count);
	EXPECT_EQ(0, logged.warnings);
}

TEST_HARNESS_MAIN
