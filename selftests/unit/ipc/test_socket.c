// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control socket: what is understood, who may change something, and that hostile clients are
 * cut off while others are served.
 */
#include "user/ipc/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "selftests/unit/unit.h"

#define S	1000000000LL

/* Who the kernel says is at the other end; the real one where 0. */
static uid_t peer_uid;

int getsockopt(int fd, int level, int option, void *value, socklen_t *size)
{
	int result = (int)syscall(SYS_getsockopt, fd, level, option, value, size);

	if (option == SO_PEERCRED && peer_uid)
		((struct ucred *)value)->uid = peer_uid;
	return result;
}

/* What somebody puts in place of a socket as soon as it is there; "": nobody does. */
static char substitute[128];

/* For so long a process that is about to listen does not run. */
static unsigned int after_bind_us;

int bind(int fd, const struct sockaddr *address, socklen_t size)
{
	int result = (int)syscall(SYS_bind, fd, address, size);

	usleep(after_bind_us);
	if (!result && *substitute)
		result = rename(substitute, ((const struct sockaddr_un *)address)->sun_path);
	return result;
}

FIXTURE(control)
{
	struct control *control;
	char dir[64];
	char path[96];
	int answers;
	int big;
	bool tells;	/* those who follow of something, with each answer */
	enum control_command last;
	int64_t now_ns;
};

static json_t *answer(void *context, const struct control_request *request, const char **error)
{
	FIXTURE_DATA(control) *self = context;

	self->answers++;
	self->last = request->command;
	if (self->tells)
		control_publish(self->control, json_pack("{s:s}", "cause", "unknown"));
	if (request->command == CONTROL_MAKESTEP) {
		*error = "not today";
		return NULL;
	}
	if (request->command == CONTROL_REKEY) {
		*error = "/etc/schl\xfcssel: the keys cannot be read";
		return NULL;
	}
	if (self->big) {
		char *text = malloc(50001);
		json_t *object;

		memset(text, 'x', 50000);
		text[50000] = '\0';
		object = json_pack("{s:s}", "big", text);
		free(text);
		return object;
	}
	return json_pack("{s:b}", "ok", 1);
}

FIXTURE_SETUP(control)
{
	peer_uid = 0;
	strcpy(self->dir, "/tmp/test_control.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->dir));
	snprintf(self->path, sizeof(self->path), "%s/sock", self->dir);
	ASSERT_EQ(0, control_open(&self->control, self->path, answer, self));
	self->now_ns = 1000 * S;
}

FIXTURE_TEARDOWN(control)
{
	control_close(self->control);
	EXPECT_EQ(-1, access(self->path, F_OK));
	rmdir(self->dir);
}

/* Everything that is there to be done. */
static void serve(FIXTURE_DATA(control) *self)
{
	struct pollfd fds[CONTROL_FDS_MAX];
	int count, rounds = 100;

	do {
		count = control_pollfds(self->control, fds);
		if (poll(fds, count, 0) <= 0 && control_next_ns(self->control))
			break;
		control_dispatch(self->control, fds, count, self->now_ns);
	} while (--rounds);
}

static int client(FIXTURE_DATA(control) *self)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, self->path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return -1;
	}
	serve(self);
	return fd;
}

/* What came, as text; "" and closed: "EOF". */
static const char *heard(int fd, char *text, size_t size)
{
	ssize_t length = recv(fd, text, size - 1, 0);

	if (!length || (length < 0 && errno == ECONNRESET))
		return "EOF";
	text[length > 0 ? length : 0] = '\0';
	return text;
}

static const char *ask(FIXTURE_DATA(control) *self, int fd, const char *line, char *text,
		       size_t size)
{
	send(fd, line, strlen(line), MSG_NOSIGNAL);
	serve(self);
	return heard(fd, text, size);
}

TEST(understands_requests)
{
	struct control_request request;
	const char *error = NULL, *text = "{\"command\":\"sources\"}";

	ASSERT_EQ(0, control_parse(text, strlen(text), &request, &error));
	EXPECT_EQ(CONTROL_SOURCES, request.command);
	EXPECT_FALSE(request.follow);
	text = " { \"follow\" : true , \"command\" : \"events\" } ";
	ASSERT_EQ(0, control_parse(text, strlen(text), &request, &error));
	EXPECT_EQ(CONTROL_EVENTS, request.command);
	EXPECT_TRUE(request.follow);
}

TEST(understands_arguments)
{
	static const char *const refused[] = {
		"{\"command\":\"status\",\"arguments\":\"x\"}",
		"{\"command\":\"refresh\",\"arguments\":\"all\"}",
		"{\"command\":\"add\",\"arguments\":\"server a\\nserver b\"}",
		"{\"command\":\"add\",\"arguments\":\"server a\\u0000b\"}",
		"{\"command\":\"add\",\"arguments\":\"server \u00e4\"}",
		"{\"command\":\"add\",\"arguments\":1}",
	};
	const char *error, *add = "{\"arguments\":\"server a iburst\",\"command\":\"add\"}";
	char text[CONTROL_ARGUMENTS_MAX + 64];
	struct control_request request;
	size_t i;

	ASSERT_EQ(0, control_parse(add, strlen(add), &request, &error));
	EXPECT_EQ(CONTROL_ADD, request.command);
	EXPECT_STREQ("server a iburst", request.arguments);
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		error = NULL;
		EXPECT_EQ(-EINVAL, control_parse(refused[i], strlen(refused[i]), &request, &error))
			TH_LOG("text %zu", i);
		EXPECT_NE(NULL, error);
	}
	EXPECT_EQ(-EINVAL, control_parse(refused[4], strlen(refused[4]), &request, &error));
	EXPECT_STREQ("an argument has a character that is not printable ASCII", error);
	snprintf(text, sizeof(text), "{\"command\":\"add\",\"arguments\":\"%0*d\"}",
		 CONTROL_ARGUMENTS_MAX, 0);
	EXPECT_EQ(-EINVAL, control_parse(text, strlen(text), &request, &error));
	EXPECT_STREQ("the arguments are too long", error);
	snprintf(text, sizeof(text), "{\"command\":\"add\",\"arguments\":\"%0*d\"}",
		 CONTROL_ARGUMENTS_MAX - 1, 0);
	EXPECT_EQ(0, control_parse(text, strlen(text), &request, &error));
}

TEST(refuses_what_is_none)
{
	static const char *const texts[] = {
		"", "x", "{", "[]", "\"status\"", "{}", "{\"command\":1}", "{\"command\":null}",
		"{\"command\":\"status\",\"command\":\"burst\"}", "{\"command\":\"status\"} x",
		"{\"command\":\"status\",\"other\":1}", "{\"command\":\"status\",\"follow\":1}",
		"{\"command\":\"sta\\u0000tus\"}", "{\"command\":\"\xff\"}",
	};
	struct control_request request;
	const char *error;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		error = NULL;
		EXPECT_EQ(-EINVAL, control_parse(texts[i], strlen(texts[i]), &request, &error))
			TH_LOG("text %u", i);
		EXPECT_NE(NULL, error);
	}
	EXPECT_EQ(-EOPNOTSUPP, control_parse("{\"command\":\"rm\"}", 16, &request, &error));
}

TEST(is_not_led_astray_by_depth)
{
	char text[CONTROL_REQUEST_MAX];
	struct control_request request;
	const char *error = NULL;

	memset(text, '[', sizeof(text));
	EXPECT_EQ(-EINVAL, control_parse(text, sizeof(text) - 1, &request, &error));
	EXPECT_EQ(-EINVAL, control_parse(text, sizeof(text), &request, &error));
}

TEST(knows_what_changes_something)
{
	EXPECT_FALSE(control_is_restricted(CONTROL_STATUS));
	EXPECT_FALSE(control_is_restricted(CONTROL_TRACKING));
	EXPECT_FALSE(control_is_restricted(CONTROL_SOURCES));
	EXPECT_FALSE(control_is_restricted(CONTROL_EVENTS));
	EXPECT_FALSE(control_is_restricted(CONTROL_SERVERSTATS));
	EXPECT_FALSE(control_is_restricted(CONTROL_ACTIVITY));
	EXPECT_FALSE(control_is_restricted(CONTROL_TIMESYNC));
	EXPECT_FALSE(control_is_restricted(CONTROL_HISTORY));
	EXPECT_TRUE(control_is_restricted(CONTROL_CLIENTS));
	EXPECT_TRUE(control_is_restricted(CONTROL_MAKESTEP));
	EXPECT_TRUE(control_is_restricted(CONTROL_BURST));
	EXPECT_TRUE(control_is_restricted(CONTROL_RELOAD));
	EXPECT_TRUE(control_is_restricted(CONTROL_RELOAD_SOURCES));
	EXPECT_TRUE(control_is_restricted(CONTROL_ONLINE));
	EXPECT_TRUE(control_is_restricted(CONTROL_OFFLINE));
	EXPECT_TRUE(control_is_restricted(CONTROL_ONOFFLINE));
	EXPECT_TRUE(control_is_restricted(CONTROL_REFRESH));
	EXPECT_TRUE(control_is_restricted(CONTROL_ADD));
	EXPECT_TRUE(control_is_restricted(CONTROL_DELETE));
	EXPECT_TRUE(control_is_restricted(CONTROL_DIRECTIVE));
	EXPECT_TRUE(control_is_restricted(CONTROL_CMDACCHECK));
	EXPECT_TRUE(control_is_restricted(CONTROL_REKEY));
	EXPECT_TRUE(control_is_restricted(CONTROL_RESELECT));
	EXPECT_TRUE(control_is_restricted(CONTROL_DUMP));
	EXPECT_TRUE(control_is_restricted(CONTROL_CYCLELOGS));
	EXPECT_TRUE(control_is_restricted(CONTROL_SHUTDOWN));
}

TEST_F(control, answers)
{
	char text[256];
	int fd = client(self);

	EXPECT_STREQ("{\"ok\":true}\n",
		     ask(self, fd, "{\"command\":\"status\"}\n", text, sizeof(text)));
	EXPECT_STREQ("{\"ok\":false,\"error\":\"not today\"}\n",
		     ask(self, fd, "{\"command\":\"makestep\"}\n", text, sizeof(text)));
	/* The name of a file need not be UTF-8, as JSON is. */
	EXPECT_STREQ("{\"ok\":false,\"error\":\"/etc/schl?ssel: the keys cannot be read\"}\n",
		     ask(self, fd, "{\"command\":\"rekey\"}\n", text, sizeof(text)));
	EXPECT_EQ(3, self->answers);
	close(fd);
}

TEST_F(control, answers_lines_in_pieces_and_together)
{
	char text[256];
	int fd = client(self);

	EXPECT_STREQ("", ask(self, fd, "{\"command\":", text, sizeof(text)));
	EXPECT_STREQ("{\"ok\":true}\n{\"ok\":true}\n",
		     ask(self, fd, "\"status\"}\n{\"command\":\"sources\"}\n{\"comm", text,
			 sizeof(text)));
	EXPECT_STREQ("{\"ok\":true}\n", ask(self, fd, "and\":\"tracking\"}\n", text, sizeof(text)));
	EXPECT_EQ(CONTROL_TRACKING, self->last);
	close(fd);
}

/* Steering happens between turns, and whoever asks much must not keep it waiting. */
TEST_F(control, answers_one_request_in_a_turn)
{
	struct pollfd fds[CONTROL_FDS_MAX];
	char lines[4096] = "", text[4096];
	int fd = client(self), count, i;
	size_t length = 0;
	ssize_t got;

	for (i = 0; i < 100; i++)
		strcat(lines, "{\"command\":\"status\"}\n");
	send(fd, lines, strlen(lines), MSG_NOSIGNAL);
	for (i = 0; i < 100; i++) {
		EXPECT_EQ(i, self->answers);
		/* Nothing new comes, so the loop must not wait for that. */
		EXPECT_EQ(i > 0, !control_next_ns(self->control));
		count = control_pollfds(self->control, fds);
		poll(fds, count, 0);
		control_dispatch(self->control, fds, count, self->now_ns);
	}
	EXPECT_EQ(100, self->answers);
	EXPECT_EQ(self->now_ns + 10 * S, control_next_ns(self->control));
	while ((got = recv(fd, text, sizeof(text), 0)) > 0)
		length += (size_t)got;
	EXPECT_EQ(100 * strlen("{\"ok\":true}\n"), length);
	close(fd);
}

/* As "nc -N" and the like do. */
TEST_F(control, answers_all_of_who_has_said_all)
{
	char text[256];
	int fd = client(self), i;

	for (i = 0; i < 3; i++)
		send(fd, "{\"command\":\"status\"}\n", 21, MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	serve(self);
	EXPECT_STREQ("{\"ok\":true}\n{\"ok\":true}\n{\"ok\":true}\n",
		     heard(fd, text, sizeof(text)));
	EXPECT_STREQ("EOF", heard(fd, text, sizeof(text)));
	close(fd);
}

TEST_F(control, lets_everyone_read_and_few_change)
{
	char text[256];
	int fd;

	peer_uid = 12345;
	fd = client(self);
	EXPECT_STREQ("{\"ok\":true}\n",
		     ask(self, fd, "{\"command\":\"status\"}\n", text, sizeof(text)));
	EXPECT_NE(NULL, strstr(ask(self, fd, "{\"command\":\"burst\"}\n", text, sizeof(text)),
			       "\"ok\":false"));
	EXPECT_EQ(1, self->answers);
	close(fd);
	peer_uid = 0;
	fd = client(self);
	EXPECT_STREQ("{\"ok\":true}\n",
		     ask(self, fd, "{\"command\":\"burst\"}\n", text, sizeof(text)));
	close(fd);
}

TEST_F(control, cuts_off_a_line_without_end)
{
	char text[CONTROL_REQUEST_MAX + 16];
	int fd = client(self), other = client(self);

	memset(text, 'x', sizeof(text));
	send(fd, text, sizeof(text), MSG_NOSIGNAL);
	serve(self);
	EXPECT_STREQ("EOF", heard(fd, text, sizeof(text)));
	EXPECT_STREQ("{\"ok\":true}\n",
		     ask(self, other, "{\"command\":\"status\"}\n", text, sizeof(text)));
	close(fd);
	close(other);
}

TEST_F(control, cuts_off_the_silent)
{
	char text[64];
	int fd = client(self);

	EXPECT_EQ(self->now_ns + 10 * S, control_next_ns(self->control));
	self->now_ns += 9 * S;
	control_dispatch(self->control, NULL, 0, self->now_ns);
	EXPECT_STREQ("", heard(fd, text, sizeof(text)));
	self->now_ns += S;
	control_dispatch(self->control, NULL, 0, self->now_ns);
	EXPECT_STREQ("EOF", heard(fd, text, sizeof(text)));
	EXPECT_EQ(INT64_MAX, control_next_ns(self->control));
	close(fd);
}

TEST_F(control, cuts_off_who_asks_and_does_not_read)
{
	char lines[2048] = "", text[64];
	int fd = client(self), i;

	self->big = 1;
	for (i = 0; i < 60; i++)
		strcat(lines, "{\"command\":\"status\"}\n");
	send(fd, lines, strlen(lines), MSG_NOSIGNAL);
	serve(self);
	EXPECT_LT(self->answers, 20);
	self->now_ns += 10 * S;
	control_dispatch(self->control, NULL, 0, self->now_ns);
	while (recv(fd, text, sizeof(text), 0) > 0)
		;
	EXPECT_STREQ("EOF", heard(fd, text, sizeof(text)));
	close(fd);
}

TEST_F(control, keeps_room_for_root)
{
	char text[64];
	int fds[64], count = 0, fd;

	peer_uid = 12345;
	for (count = 0; count < 64; count++)
		fds[count] = client(self);
	peer_uid = 0;
	fd = client(self);
	EXPECT_STREQ("{\"ok\":true}\n",
		     ask(self, fd, "{\"command\":\"burst\"}\n", text, sizeof(text)));
	close(fd);
	while (count--)
		close(fds[count]);
}

TEST_F(control, keeps_room_for_questions)
{
	int fds[12], fd, followers = 0, i;
	char text[64];

	/* Services, and some people. */
	for (i = 0; i < 12; i++) {
		peer_uid = i / 4 ? 12345 + i / 4 : 995;
		fds[i] = client(self);
		followers += !strcmp("{\"ok\":true}\n",
				     ask(self, fds[i], "{\"command\":\"events\",\"follow\":true}\n",
					 text, sizeof(text)));
	}
	/* Those who were refused are silent now. */
	self->now_ns += 10 * S;
	control_dispatch(self->control, NULL, 0, self->now_ns);
	EXPECT_EQ(8, followers);
	fd = client(self);
	EXPECT_STREQ("{\"ok\":true}\n",
		     ask(self, fd, "{\"command\":\"status\"}\n", text, sizeof(text)));
	close(fd);
	/* Root has no such limit. */
	peer_uid = 0;
	fd = client(self);
	EXPECT_STREQ("{\"ok\":true}\n",
		     ask(self, fd, "{\"command\":\"events\",\"follow\":true}\n", text,
			 sizeof(text)));
	close(fd);
	for (i = 0; i < 12; i++)
		close(fds[i]);
}

/* As truechime-timesync1 does, which may be started again at any time. */
TEST_F(control, keeps_places_to_follow_for_services)
{
	int fds[8], service, followers = 0, i;
	char text[64];

	for (i = 0; i < 8; i++) {
		peer_uid = 12345 + i / 4;
		fds[i] = client(self);
		followers += !strcmp("{\"ok\":true}\n",
				     ask(self, fds[i], "{\"command\":\"events\",\"follow\":true}\n",
					 text, sizeof(text)));
	}
	EXPECT_EQ(6, followers);
	peer_uid = 995;
	service = client(self);
	EXPECT_STREQ("{\"ok\":true}\n",
		     ask(self, service, "{\"command\":\"timesync\",\"follow\":true}\n", text,
			 sizeof(text)));
	close(service);
	for (i = 0; i < 8; i++)
		close(fds[i]);
}

/* Whoever keeps as many connections as he can, with requests that never end, or that follow. */
TEST_F(control, no_user_can_keep_another_out)
{
	static const char *const keeps[] = { "{", "{\"command\":\"events\",\"follow\":true}\n" };
	int fds[12], fd, i, k;
	char text[64];

	for (k = 0; k < 2; k++) {
		peer_uid = 12345;
		for (i = 0; i < 12; i++) {
			fds[i] = client(self);
			ask(self, fds[i], keeps[k], text, sizeof(text));
		}
		peer_uid = 54321;
		fd = client(self);
		EXPECT_STREQ("{\"ok\":true}\n",
			     ask(self, fd, "{\"command\":\"timesync\",\"follow\":true}\n", text,
				 sizeof(text)));
		close(fd);
		for (i = 0; i < 12; i++)
			close(fds[i]);
		serve(self);
	}
}

/* One person with many user ids, as newuidmap(1) gives them: all places but root's are taken. */
TEST_F(control, no_user_of_many_ids_can_keep_another_out)
{
	int fds[12], root[4], fd, i;
	char text[64];

	for (i = 0; i < 12; i++) {
		peer_uid = 100000 + i;
		fds[i] = client(self);
		self->now_ns += S / 2;
		ask(self, fds[i], "{", text, sizeof(text));
	}
	ask(self, fds[0], "\"", text, sizeof(text));
	peer_uid = 54321;
	fd = client(self);
	EXPECT_STREQ("{\"ok\":true}\n",
		     ask(self, fd, "{\"command\":\"status\"}\n", text, sizeof(text)));
	/* Only who was silent for the longest time has gone. */
	for (i = 0; i < 12; i++)
		EXPECT_STREQ(i == 1 ? "EOF" : "", heard(fds[i], text, sizeof(text)))
			TH_LOG("place %d", i);
	/* Root's places are not given away. */
	peer_uid = 0;
	for (i = 0; i < 4; i++) {
		root[i] = client(self);
		EXPECT_STREQ("{\"ok\":true}\n",
			     ask(self, root[i], "{\"command\":\"burst\"}\n", text,
				 sizeof(text)));
	}
	peer_uid = 54322;
	close(client(self));
	for (i = 0; i < 4; i++) {
		EXPECT_STREQ("{\"ok\":true}\n",
			     ask(self, root[i], "{\"command\":\"status\"}\n", text,
				 sizeof(text)));
		close(root[i]);
	}
	close(fd);
	for (i = 0; i < 12; i++)
		close(fds[i]);
}

TEST_F(control, tells_those_who_follow)
{
	char text[256];
	int fd = client(self), other = client(self), i;

	ask(self, fd, "{\"command\":\"events\",\"follow\":true}\n", text, sizeof(text));
	ask(self, other, "{\"command\":\"events\"}\n", text, sizeof(text));
	control_publish(self->control, json_pack("{s:s}", "cause", "revert"));
	serve(self);
	EXPECT_STREQ("{\"cause\":\"revert\"}\n", heard(fd, text, sizeof(text)));
	EXPECT_STREQ("", heard(other, text, sizeof(text)));

	/* Silence is what followers do; but read they must. */
	self->now_ns += 3600 * S;
	control_dispatch(self->control, NULL, 0, self->now_ns);
	EXPECT_STREQ("", heard(fd, text, sizeof(text)));
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (i = 0; i < 3000; i++)
		control_publish(self->control, json_pack("{s:s}", "cause", text));
	while (recv(fd, text, sizeof(text), 0) > 0)
		;
	EXPECT_STREQ("EOF", heard(fd, text, sizeof(text)));
	close(fd);
	close(other);
}

/* What it asks for is an event, which it is told as well: before it has its answer, and is gone. */
TEST_F(control, who_is_gone_before_the_answer_has_none)
{
	static const char *const lines[] = {
		"{\"command\":\"reselect\"}\n", "{\"command\":\"makestep\"}\n",
		"{\"command\":\"reselect\"}\n{\"command\":\"status\"}\n",
	};
	char text[256];
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		self->tells = false;
		fd = client(self);
		ask(self, fd, "{\"command\":\"events\",\"follow\":true}\n", text, sizeof(text));
		self->tells = true;
		self->answers = 0;
		send(fd, lines[i], strlen(lines[i]), MSG_NOSIGNAL);
		close(fd);
		serve(self);
		EXPECT_EQ(1, self->answers) TH_LOG("lines %zu", i);
	}

	/* The others are answered as before. */
	fd = client(self);
	ask(self, fd, "{\"command\":\"events\",\"follow\":true}\n", text, sizeof(text));
	EXPECT_STREQ("{\"cause\":\"unknown\"}\n{\"ok\":true}\n",
		     ask(self, fd, "{\"command\":\"status\"}\n", text, sizeof(text)));
	close(fd);
}

/* The state is for those who asked for it, events are for all who follow. */
TEST_F(control, tells_the_state_to_those_who_follow_that)
{
	int fd = client(self), other = client(self);
	char text[256];

	EXPECT_FALSE(control_state_is_followed(self->control));
	ask(self, other, "{\"command\":\"events\",\"follow\":true}\n", text, sizeof(text));
	ask(self, fd, "{\"command\":\"timesync\"}\n", text, sizeof(text));
	EXPECT_FALSE(control_state_is_followed(self->control));
	ask(self, fd, "{\"command\":\"timesync\",\"follow\":true}\n", text, sizeof(text));
	EXPECT_TRUE(control_state_is_followed(self->control));
	control_publish_state(self->control, json_pack("{s:b}", "ok", 1));
	control_publish(self->control, json_pack("{s:s}", "cause", "revert"));
	serve(self);
	EXPECT_STREQ("{\"ok\":true}\n{\"cause\":\"revert\"}\n", heard(fd, text, sizeof(text)));
	EXPECT_STREQ("{\"cause\":\"revert\"}\n", heard(other, text, sizeof(text)));
	close(fd);
	serve(self);
	EXPECT_FALSE(control_state_is_followed(self->control));
	close(other);
}

/* No descriptor is left for those who connect: they wait, and the loop does not turn for them. */
TEST_F(control, who_cannot_be_accepted_waits)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct pollfd fds[CONTROL_FDS_MAX];
	struct rlimit before, none;
	char text[256];
	int count;

	strcpy(address.sun_path, self->path);
	ASSERT_EQ(0, connect(fd, (struct sockaddr *)&address, sizeof(address)));
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &before));
	none = (struct rlimit){ .rlim_cur = fd + 1, .rlim_max = before.rlim_max };
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	count = control_pollfds(self->control, fds);
	ASSERT_EQ(1, poll(fds, count, 0));
	control_dispatch(self->control, fds, count, self->now_ns);
	count = control_pollfds(self->control, fds);
	EXPECT_EQ(0, poll(fds, count, 0));
	EXPECT_EQ(self->now_ns + S, control_next_ns(self->control));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &before));

	self->now_ns += S;
	control_dispatch(self->control, fds, count, self->now_ns);
	EXPECT_EQ(INT64_MAX, control_next_ns(self->control));
	serve(self);
	EXPECT_STREQ("{\"ok\":true}\n",
		     ask(self, fd, "{\"command\":\"status\"}\n", text, sizeof(text)));
	close(fd);
}

TEST_F(control, a_living_daemon_is_not_replaced_and_a_dead_one_is)
{
	struct control *second;
	char path[128];
	int fd;
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	EXPECT_EQ(-EADDRINUSE, control_open(&second, self->path, answer, self));
	snprintf(path, sizeof(path), "%s/dead", self->dir);
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ASSERT_EQ(0, bind(fd, (struct sockaddr *)&address, sizeof(address)));
	close(fd);
	ASSERT_EQ(0, control_open(&second, path, answer, self));
	control_close(second);
	EXPECT_EQ(-ENOENT, control_open(&second, "/nonexistent/sock", answer, self));
	EXPECT_EQ(-ENOENT, control_open(&second, "", answer, self));
}

/*
 * In a process of its own. It says by a byte that it has tried, and holds the socket until @hold,
 * whose other end the test has, is closed.
 */
static pid_t start_another(const FIXTURE_DATA(control) *self, const char *path, int tried,
			   const int hold[2])
{
	pid_t pid = fork();
	struct control *control;
	char byte = 0;
	int err;

	if (pid)
		return pid;
	close(hold[1]);
	err = control_open(&control, path, answer, (void *)self);
	if (write(tried, &byte, 1) != 1 || read(hold[0], &byte, 1))
		abort();
	_exit(err == -EADDRINUSE ? 2 : !!err);
}

/* Each would find a socket at which nobody listens yet, or the same one of a dead daemon. */
TEST_F(control, of_daemons_that_start_together_one_has_the_socket)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int won = 0, lost = 0, tried[2], hold[2], status, fd;
	pid_t others[4];
	char path[128], byte;

	ASSERT_EQ(0, pipe(tried));
	ASSERT_EQ(0, pipe(hold));
	snprintf(path, sizeof(path), "%s/together", self->dir);
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ASSERT_EQ(0, bind(fd, (struct sockaddr *)&address, sizeof(address)));
	close(fd);
	after_bind_us = 100000;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		others[i] = start_another(self, path, tried[1], hold);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		ASSERT_EQ(1, read(tried[0], &byte, 1));
	close(hold[1]);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		ASSERT_EQ(others[i], waitpid(others[i], &status, 0));
		won += status == 0;
		lost += WIFEXITED(status) && WEXITSTATUS(status) == 2;
	}
	after_bind_us = 0;
	EXPECT_EQ(1, won);
	EXPECT_EQ(3, lost);
	close(hold[0]);
	close(tried[0]);
	close(tried[1]);
	unlink(path);
}

/* Anybody may lock a folder that he may read. */
TEST_F(control, a_lock_of_the_folder_keeps_nobody_from_starting)
{
	struct control *second;
	char path[128];
	int fd = open(self->dir, O_RDONLY | O_DIRECTORY);

	ASSERT_EQ(0, flock(fd, LOCK_EX));
	snprintf(path, sizeof(path), "%s/locked", self->dir);
	ASSERT_EQ(0, control_open(&second, path, answer, self));
	control_close(second);
	close(fd);
}

/* Without a descriptor nobody can ask whether it lives. */
TEST_F(control, who_has_no_descriptor_replaces_no_daemon)
{
	int least = dup(0);
	struct rlimit before, none;
	struct control *second;
	struct stat st;

	ASSERT_LE(0, least);
	close(least);
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &before));
	none = (struct rlimit){ .rlim_cur = least, .rlim_max = before.rlim_max };
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	EXPECT_EQ(-EMFILE, control_open(&second, self->path, answer, self));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &before));
	EXPECT_EQ(0, lstat(self->path, &st));
}

/* One that is stopped accepts nobody: whoever starts beside it must not wait for it. */
TEST_F(control, a_stopped_daemon_is_not_replaced_either)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), fd, waiting[64], count = 0;
	struct control *second;
	char path[128];

	snprintf(path, sizeof(path), "%s/stopped", self->dir);
	strcpy(address.sun_path, path);
	ASSERT_EQ(0, bind(listener, (struct sockaddr *)&address, sizeof(address)));
	ASSERT_EQ(0, listen(listener, 4));
	do {
		ASSERT_GT(64, count);
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		waiting[count++] = fd;
	} while (!connect(fd, (struct sockaddr *)&address, sizeof(address)));
	ASSERT_EQ(EAGAIN, errno);
	EXPECT_EQ(-EADDRINUSE, control_open(&second, path, answer, self));
	while (count--)
		close(waiting[count]);
	close(listener);
	EXPECT_EQ(0, unlink(path));
}

/* -S /run/systemd/notify by mistake, as root. */
TEST_F(control, who_listens_in_another_way_is_not_replaced)
{
	static const int types[] = { SOCK_DGRAM, SOCK_SEQPACKET };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct control *second;
	struct stat st;
	int fd;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/other", self->dir);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		fd = socket(AF_UNIX, types[i], 0);
		ASSERT_EQ(0, bind(fd, (struct sockaddr *)&address, sizeof(address)));
		if (types[i] == SOCK_SEQPACKET)
			ASSERT_EQ(0, listen(fd, 1));
		EXPECT_EQ(-EPROTOTYPE, control_open(&second, address.sun_path, answer, self));
		EXPECT_EQ(0, lstat(address.sun_path, &st));
		close(fd);
		EXPECT_EQ(0, unlink(address.sun_path));
	}
}

/* Nobody knows whether anybody listens there, and the folder is everybody's. */
TEST_F(control, who_may_not_be_asked_is_not_replaced)
{
	struct control *second;
	struct stat st;
	int status;
	pid_t pid;

	ASSERT_EQ(0, chmod(self->path, 0));
	ASSERT_EQ(0, chmod(self->dir, 0777));
	pid = fork();
	if (!pid) {
		if (!geteuid() && setuid(65534))
			_exit(1);
		_exit(control_open(&second, self->path, answer, self) == -EACCES ? 0 : 2);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, lstat(self->path, &st));
}

/* -S /etc/passwd by mistake, as root. */
TEST_F(control, what_is_no_socket_is_not_replaced)
{
	char path[128], link[128];
	struct control *second;
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/file", self->dir);
	snprintf(link, sizeof(link), "%s/link", self->dir);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	ASSERT_LE(0, fd);
	close(fd);
	EXPECT_EQ(-ENOTSOCK, control_open(&second, path, answer, self));
	ASSERT_EQ(0, symlink(path, link));
	EXPECT_EQ(-ENOTSOCK, control_open(&second, link, answer, self));
	EXPECT_EQ(0, lstat(link, &st));
	EXPECT_EQ(0, unlink(link));
	EXPECT_EQ(0, unlink(path));

	/* Nor at the end, when somebody put a file there. */
	ASSERT_EQ(0, control_open(&second, path, answer, self));
	ASSERT_EQ(0, unlink(path));
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	ASSERT_LE(0, fd);
	close(fd);
	control_close(second);
	EXPECT_EQ(0, unlink(path));
}

TEST_F(control, everyone_may_connect)
{
	struct stat st;

	ASSERT_EQ(0, stat(self->path, &st));
	EXPECT_EQ(0666, st.st_mode & 0777);
}

TEST_F(control, the_umask_is_nobody_elses_business)
{
	struct control *second;
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/second", self->dir);
	umask(0077);
	ASSERT_EQ(0, control_open(&second, path, answer, self));
	EXPECT_EQ(0077, umask(0022));
	ASSERT_EQ(0, stat(path, &st));
	EXPECT_EQ(0666, st.st_mode & 0777);
	control_close(second);
}

/* The socket's directory is the daemon's user's, and the daemon is started as root. */
TEST_F(control, no_other_file_is_opened_to_everyone)
{
	struct control *second;
	char path[128], file[128];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/second", self->dir);
	snprintf(file, sizeof(file), "%s/secret", self->dir);
	snprintf(substitute, sizeof(substitute), "%s/link", self->dir);
	fd = open(file, O_CREAT | O_WRONLY, 0600);
	ASSERT_LE(0, fd);
	close(fd);
	ASSERT_EQ(0, symlink(file, substitute));
	ASSERT_EQ(0, control_open(&second, path, answer, self));
	*substitute = '\0';
	ASSERT_EQ(0, stat(file, &st));
	EXPECT_EQ(0600, st.st_mode & 0777);
	control_close(second);
	EXPECT_EQ(0, unlink(path));
	EXPECT_EQ(0, unlink(file));
}

/* rm -r /run/truechime, and the folder is made anew: by the user that the daemon is by then. */
TEST_F(control, a_socket_that_was_removed_is_made_again)
{
	char text[256];
	struct stat st;
	int before, fd;

	before = client(self);
	EXPECT_EQ(0, control_renew(self->control));
	ASSERT_EQ(0, unlink(self->path));
	ASSERT_EQ(0, rmdir(self->dir));
	EXPECT_EQ(-ENOENT, control_renew(self->control));
	ASSERT_EQ(0, mkdir(self->dir, 0700));
	EXPECT_EQ(1, control_renew(self->control));
	EXPECT_EQ(0, control_renew(self->control));
	ASSERT_EQ(0, stat(self->path, &st));
	EXPECT_EQ(0666, st.st_mode & 0777);
	fd = client(self);
	ASSERT_LE(0, fd);
	EXPECT_NE(NULL, strstr(ask(self, fd, "{\"command\":\"status\"}\n", text, sizeof(text)),
			       "\"ok\":true"));
	/* Who was connected stays so. */
	EXPECT_NE(NULL, strstr(ask(self, before, "{\"command\":\"status\"}\n", text,
				   sizeof(text)), "\"ok\":true"));
	close(before);
	close(fd);
}

/* What another one has put there, be it a link to a file of root's, is not ours to replace. */
TEST_F(control, what_took_the_place_of_a_socket_stays)
{
	char target[128];
	struct stat st;

	snprintf(target, sizeof(target), "%s/target", self->dir);
	ASSERT_EQ(0, unlink(self->path));
	ASSERT_EQ(0, symlink(target, self->path));
	EXPECT_EQ(0, control_renew(self->control));
	ASSERT_EQ(0, lstat(self->path, &st));
	EXPECT_TRUE(S_ISLNK(st.st_mode));
	EXPECT_EQ(-1, stat(target, &st));
	ASSERT_EQ(0, unlink(self->path));
}

TEST_HARNESS_MAIN
