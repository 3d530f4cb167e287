// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line program at the daemon's socket: why a connection ended. The daemon is a thread.
 */
#include "user/cli/cli.h"

#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/lib/clock_ns.h"

FIXTURE(client)
{
	char path[64];
	struct cli cli;
	int listener;
	bool stays;		/* the daemon, after it has broken off */
	bool refuses;
	bool hangs;		/* it takes the request, and does not answer */
	bool drips;		/* a byte of its answer every 0.2 s, for 6 s */
	bool closes;		/* instead of an answer */
	bool idles;		/* after its answer, until the client has left */
	pthread_t daemon;
};

static int told;

/* The bounding set, as in most containers. */
static bool lacks_sys_time;

int __wrap_prctl(int option, unsigned long capability)
{
	return !(option == PR_CAPBSET_READ && capability == CAP_SYS_TIME && lacks_sys_time);
}

/* systemd has started this machine. */
static bool by_systemd = true;

int __wrap_access(const char *path, int mode)
{
	return by_systemd && mode == F_OK && !strcmp(path, "/run/systemd/system") ? 0 : -1;
}

static void tell(const struct cli *cli, json_t *event)
{
	told++;
	json_decref(event);
}

/* One client is told of an event that was, and of one that comes. */
static void *serve(void *context)
{
	static const char events[] =
		"{\"ok\":true,\"events\":[{\"sequence\":1}]}\n{\"sequence\":2}\n";
	FIXTURE_DATA(client) *self = context;
	const char *answer = self->refuses ? "{\"ok\":false,\"error\":\"too many\"}\n" : events;
	int fd = accept(self->listener, NULL, NULL);
	char request[256];

	if (read(fd, request, sizeof(request)) <= 0)
		exit(1);
	/* Until the client has left. */
	if (self->hangs && read(fd, request, sizeof(request)) < 0)
		exit(1);
	for (int i = 0; self->drips && i < 30; i++) {
		if (send(fd, " ", 1, MSG_NOSIGNAL) != 1)
			break;
		usleep(200000);
	}
	if (!self->hangs && !self->closes && !self->drips &&
	    write(fd, answer, strlen(answer)) != (ssize_t)strlen(answer))
		exit(1);
	if (self->idles && read(fd, request, sizeof(request)) < 0)
		exit(1);
	if (!self->stays) {
		close(self->listener);
		unlink(self->path);
	}
	close(fd);
	return NULL;
}

FIXTURE_SETUP(client)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memset(self, 0, sizeof(*self));
	snprintf(self->path, sizeof(self->path), "/tmp/test_client.%d", (int)getpid());
	strcpy(address.sun_path, self->path);
	self->cli.verb = "events";
	self->cli.socket_path = self->path;
	self->cli.follow = true;
	self->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	ASSERT_EQ(0, bind(self->listener, (struct sockaddr *)&address, sizeof(address)));
	ASSERT_EQ(0, listen(self->listener, 2));
}

FIXTURE_TEARDOWN(client)
{
	if (self->stays)
		close(self->listener);
	unlink(self->path);
}

/* What is said on stderr when it is over; free() it. */
static char *follow(FIXTURE_DATA(client) *self)
{
	FILE *before = stderr;
	char *said = NULL;
	size_t size = 0;

	pthread_create(&self->daemon, NULL, serve, self);
	stderr = open_memstream(&said, &size);
	if (!stderr ||
	    client_follow(&self->cli, tell) != (self->refuses || self->idles ? CLI_NOT : CLI_ERROR))
		exit(1);
	fclose(stderr);
	stderr = before;
	pthread_join(self->daemon, NULL);
	return said;
}

TEST_F(client, daemon_that_ended_is_said_to_have)
{
	char *said = follow(self);

	EXPECT_EQ(2, told);
	EXPECT_STREQ("truechime: the daemon has ended\n", said);
	free(said);
}

TEST_F(client, daemon_that_broke_off_has_not_ended)
{
	char *said;

	self->stays = true;
	said = follow(self);
	EXPECT_EQ(2, told);
	EXPECT_NE(NULL, strstr(said, "not read in time"));
	EXPECT_EQ(NULL, strstr(said, "has ended"));
	free(said);
}

TEST_F(client, refusal_is_said_at_once)
{
	char *said;

	self->refuses = true;
	said = follow(self);
	EXPECT_EQ(0, told);
	EXPECT_STREQ("truechime: the daemon refused \"events\": too many\n", said);
	free(said);
}

/* It was not told of any event, so that none was read too late. */
TEST_F(client, daemon_that_hangs_from_the_start_is_said_to)
{
	char *said;

	self->stays = true;
	self->hangs = true;
	self->cli.answer_s = 1;
	said = follow(self);
	EXPECT_EQ(0, told);
	EXPECT_NE(NULL, strstr(said, "truechimed does not answer at /tmp/test_client."))
		TH_LOG("%s", said);
	free(said);
}

/* The limit in time is one of the whole answer, not of each of its bytes. */
TEST_F(client, daemon_that_answers_byte_by_byte_does_not_answer)
{
	int64_t begun_ns = clock_ns(CLOCK_MONOTONIC);
	char *said;

	self->stays = true;
	self->drips = true;
	self->cli.answer_s = 1;
	said = follow(self);
	EXPECT_EQ(0, told);
	EXPECT_NE(NULL, strstr(said, "truechimed does not answer at /tmp/test_client."))
		TH_LOG("%s", said);
	EXPECT_GE(clock_ns(CLOCK_MONOTONIC) - begun_ns, 1000000000);
	EXPECT_LT(clock_ns(CLOCK_MONOTONIC) - begun_ns, 4000000000);
	free(said);
}

TEST_F(client, daemon_that_takes_no_more_clients_is_said_to)
{
	char *said;

	self->stays = true;
	self->closes = true;
	said = follow(self);
	EXPECT_EQ(0, told);
	EXPECT_NE(NULL, strstr(said, "too many others ask it")) TH_LOG("%s", said);
	free(said);
}

/* As in "truechime events --follow | head -1": there may be no event for days. */
TEST_F(client, who_follows_ends_when_nobody_reads_any_more)
{
	int ends[2], before = dup(STDOUT_FILENO);
	char *said;

	ASSERT_EQ(0, pipe(ends));
	close(ends[0]);
	ASSERT_NE(-1, dup2(ends[1], STDOUT_FILENO));
	signal(SIGPIPE, SIG_IGN);
	self->stays = true;
	self->idles = true;
	said = follow(self);
	ASSERT_NE(-1, dup2(before, STDOUT_FILENO));
	EXPECT_STREQ("", said);
	free(said);
}

/* Whoever asks lets go of the answer, whether there was one or not. */
TEST(answer_that_is_none_is_not_handed_over)
{
	char list[] = "[1]\n";
	FILE *stream = fmemopen(list, strlen(list), "r");
	json_t *reply = NULL;

	EXPECT_EQ(-EPROTO, client_read(stream, &reply));
	EXPECT_EQ(NULL, reply);
	fclose(stream);
}

static ssize_t send_without_end(void *context, char *bytes, size_t size)
{
	size_t *sent = context;

	/* As a machine without more memory for it. */
	if (*sent > 64 << 20)
		return 0;
	*sent += size;
	memset(bytes, 'x', size);

	return (ssize_t)size;
}

/* The daemon talks to the network, and root asks it. */
TEST(answer_without_end_is_not_kept)
{
	const cookie_io_functions_t functions = { .read = send_without_end };
	json_t *reply = NULL;
	size_t sent = 0;
	FILE *stream = fopencookie(&sent, "r", functions);

	ASSERT_NE(NULL, stream);
	EXPECT_EQ(-EPROTO, client_read(stream, &reply));
	EXPECT_EQ(NULL, reply);
	EXPECT_GT(8 << 20, sent);
	fclose(stream);
}

/* An answer in two parts, with a signal before each. */
static ssize_t send_between_signals(void *context, char *bytes, size_t size)
{
	static const char *const parts[] = { NULL, "{\"ok\":", NULL, "true}\n" };
	const char *part = parts[(*(int *)context)++ % 4];

	(void)size;
	if (!part) {
		errno = EINTR;
		return -1;
	}
	memcpy(bytes, part, strlen(part));

	return (ssize_t)strlen(part);
}

/* The size of the terminal of "truechime top" changes while it asks. */
TEST(signal_does_not_end_an_answer)
{
	const cookie_io_functions_t functions = { .read = send_between_signals };
	json_t *reply = NULL;
	int step = 0;
	FILE *stream = fopencookie(&step, "r", functions);

	ASSERT_NE(NULL, stream);
	EXPECT_EQ(0, client_read(stream, &reply));
	EXPECT_TRUE(json_bool_of(reply, "ok"));
	json_decref(reply);
	fclose(stream);
}

/* Any program may call itself so. */
TEST(answer_has_no_control_characters)
{
	char answer[] = "{\"ok\":true,\"rivals\":[{\"program\":\"\\u001b[2Jntp\\u009bd\"}]}\n";
	FILE *stream = fmemopen(answer, strlen(answer), "r");
	json_t *reply = NULL, *rival;

	EXPECT_EQ(0, client_read(stream, &reply));
	rival = json_array_get(json_object_get(reply, "rivals"), 0);
	EXPECT_STREQ("?[2Jntp??d", json_text_of(rival, "program"));
	json_decref(reply);
	fclose(stream);
}

/* Nobody answers there, or may be asked. */
static char *fail_by(FIXTURE_DATA(client) *self, int err)
{
	FILE *before = stderr;
	char *said = NULL;
	size_t size = 0;

	stderr = open_memstream(&said, &size);
	if (!stderr || client_failed(&self->cli, err, NULL) != CLI_ERROR)
		exit(1);
	fclose(stderr);
	stderr = before;
	self->stays = true;
	return said;
}

static char *fail(FIXTURE_DATA(client) *self)
{
	return fail_by(self, -ECONNREFUSED);
}

TEST_F(client, socket_that_is_not_for_everybody_is_no_refusal)
{
	char *said = fail_by(self, -EACCES);

	EXPECT_NE(NULL, strstr(said, "cannot be asked at /tmp/test_client."));
	EXPECT_NE(NULL, strstr(said, ": Permission denied\n"));
	free(said);
}

/* What is wrong, and what to do about it, and not only that time is over. */
TEST_F(client, daemon_that_is_stuck_can_be_restarted)
{
	char *said = fail_by(self, -ETIMEDOUT);

	EXPECT_NE(NULL, strstr(said, "truechimed does not answer at /tmp/test_client."));
	EXPECT_NE(NULL, strstr(said, "To end that, as root: systemctl restart truechimed\n"));
	free(said);
}

/* Who answers truechime rivals is another program, with a unit of its own. */
TEST_F(client, who_is_asked_instead_of_the_daemon_is_named)
{
	char *said;

	self->cli.daemon = "truechime-watch";
	said = fail_by(self, -ETIMEDOUT);
	EXPECT_NE(NULL, strstr(said, "truechime-watch does not answer at /tmp/test_client."));
	EXPECT_NE(NULL, strstr(said, "systemctl restart truechime-watch\n"));
	EXPECT_EQ(NULL, strstr(said, "truechimed"));
	free(said);
	said = fail_by(self, -EPIPE);
	EXPECT_NE(NULL, strstr(said, "truechime-watch closed the connection at"));
	free(said);
}

/* It has only so many connections, and closes others without a word. */
TEST_F(client, daemon_that_is_asked_by_too_many_can_be_asked_later)
{
	char *said = fail_by(self, -EPIPE);

	EXPECT_NE(NULL, strstr(said, "closed the connection at /tmp/test_client."));
	EXPECT_NE(NULL, strstr(said, "Try again in some seconds\n"));
	free(said);
}

TEST_F(client, daemon_that_is_not_running_can_be_started)
{
	char *said = fail(self);

	EXPECT_NE(NULL, strstr(said, "is not running (nobody answers at /tmp/test_client."));
	EXPECT_NE(NULL, strstr(said, "To start it: systemctl start truechimed\n"));
	free(said);
}

/* As after rm -r /run/truechime: nobody answers, but to start it would fail. */
TEST_F(client, daemon_whose_socket_was_removed_is_running)
{
	json_t *reply = NULL;
	char *said;

	ASSERT_EQ(0, unlink(self->path));
	/* Who goes on without a daemon has to know that one runs: the same for all commands. */
	EXPECT_EQ(-EIDRM, client_ask(&self->cli, "status", &reply));
	said = fail_by(self, -EIDRM);
	EXPECT_EQ(NULL, strstr(said, "is not running"));
	EXPECT_NE(NULL, strstr(said, "truechimed is running, but its socket /tmp/test_client."));
	EXPECT_NE(NULL, strstr(said, "was removed"));
	EXPECT_NE(NULL, strstr(said, ": systemctl restart truechimed\n"));
	free(said);
	by_systemd = false;
	said = fail_by(self, -EIDRM);
	EXPECT_NE(NULL, strstr(said, "was removed"));
	EXPECT_EQ(NULL, strstr(said, "systemctl"));
	EXPECT_NE(NULL, strstr(said, "as root: pkill -x truechimed; sleep 1; pkill -KILL"));
	EXPECT_NE(NULL, strstr(said, "; truechimed &\n"));
	free(said);
	by_systemd = true;
}

/* Another one's, whose name begins or ends alike, says nothing of it. */
TEST_F(client, socket_of_another_one_is_no_daemon)
{
	json_t *reply = NULL;

	ASSERT_EQ(0, unlink(self->path));
	self->path[strlen(self->path) - 1] = '\0';
	EXPECT_EQ(-ECONNREFUSED, client_ask(&self->cli, "status", &reply));
	self->stays = true;
	self->cli.socket_path = strchr(self->path + 1, '/');
	EXPECT_EQ(-ECONNREFUSED, client_ask(&self->cli, "status", &reply));
}

/* Anybody may call a socket so that is in no folder. */
TEST_F(client, socket_in_no_folder_is_no_daemon)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	json_t *reply = NULL;

	ASSERT_EQ(0, unlink(self->path));
	snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s2", self->path);
	ASSERT_EQ(0, bind(fd, (struct sockaddr *)&address,
			  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				      strlen(address.sun_path + 1))));
	ASSERT_EQ(0, listen(fd, 1));
	self->cli.socket_path = address.sun_path + 1;
	EXPECT_EQ(-ECONNREFUSED, client_ask(&self->cli, "status", &reply));
	close(fd);
}

/* As in most containers, and with other programs that start services. */
TEST_F(client, is_told_no_command_of_a_systemd_that_is_not_there)
{
	char *said;

	by_systemd = false;
	said = fail(self);
	EXPECT_NE(NULL, strstr(said, "is not running (nobody answers at /tmp/test_client."));
	EXPECT_NE(NULL, strstr(said, "To start it: truechimed"));
	EXPECT_EQ(NULL, strstr(said, "systemctl"));
	free(said);
	said = fail_by(self, -ETIMEDOUT);
	EXPECT_NE(NULL, strstr(said, "is stuck, or very busy"));
	EXPECT_EQ(NULL, strstr(said, "systemctl"));
	free(said);
	by_systemd = true;
}

/* The unit's ConditionCapability: systemctl start would start nothing, and say nothing. */
TEST_F(client, daemon_that_may_not_set_the_clock_cannot)
{
	char *said;

	lacks_sys_time = true;
	said = fail(self);
	lacks_sys_time = false;
	EXPECT_NE(NULL, strstr(said, "is not running"));
	EXPECT_NE(NULL, strstr(said, "CAP_SYS_TIME is missing"));
	EXPECT_EQ(NULL, strstr(said, "systemctl start"));
	free(said);
}

static void print_nothing(const struct cli *cli, const json_t *reply)
{
	(void)cli;
	(void)reply;
}

/* Some cannot wait for as long as a person. */
TEST_F(client, daemon_that_is_stuck)
{
	int64_t began_ns = clock_ns(CLOCK_MONOTONIC);
	json_t *reply = NULL;

	self->stays = true;
	self->cli.answer_s = 1;
	EXPECT_EQ(-ETIMEDOUT, client_ask(&self->cli, "status", &reply));
	EXPECT_GT(8000000000LL, clock_ns(CLOCK_MONOTONIC) - began_ns);
}

/* Those who gave up wait for it still: a plugin that is run every minute soon finds no room. */
TEST_F(client, daemon_that_has_been_stuck_for_long)
{
	int64_t began_ns = clock_ns(CLOCK_MONOTONIC);
	json_t *reply = NULL;
	int i;

	self->stays = true;
	self->cli.answer_s = 1;
	for (i = 0; i < 4; i++)
		EXPECT_EQ(-ETIMEDOUT, client_ask(&self->cli, "status", &reply));
	EXPECT_GT(8000000000LL, clock_ns(CLOCK_MONOTONIC) - began_ns);
}

/* What is said on stderr of "offline NAME"; free() it. */
static char *offline(FIXTURE_DATA(client) *self, char *name)
{
	FILE *before = stderr;
	char *said = NULL;
	size_t size = 0;

	self->cli.verb = "offline";
	self->cli.answer_s = 1;
	self->stays = true;
	stderr = open_memstream(&said, &size);
	if (!stderr ||
	    client_report_with(&self->cli, "offline", 1, &name, print_nothing) != CLI_ERROR)
		exit(1);
	fclose(stderr);
	stderr = before;
	return said;
}

/* "offline" without the name is about all time sources. */
TEST_F(client, arguments_that_are_no_text_are_not_left_out)
{
	char name[] = "b\xfcnther.example", request[256];
	char *said = offline(self, name);
	int fd;

	EXPECT_NE(NULL, strstr(said, "the arguments of offline are not text"));
	free(said);
	fd = accept(self->listener, NULL, NULL);
	EXPECT_EQ(0, read(fd, request, sizeof(request)));
	close(fd);
}

/* As of offline "$SERVER", in a script that has not set it. */
TEST_F(client, empty_arguments_are_not_left_out)
{
	char empty[] = "", blank[] = " ", *said;

	said = offline(self, empty);
	EXPECT_STREQ("truechime: an argument of offline is empty\n", said);
	free(said);
	said = offline(self, blank);
	EXPECT_STREQ("truechime: an argument of offline is empty\n", said);
	free(said);
}

TEST_HARNESS_MAIN
