// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asking the daemon over its control socket: a JSON object a line, one back.
 */
#include "cli/cli.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipc/connect.h"
#include "ipc/socket.h"
#include "ipc/socket_file.h"
#include "lib/clock_ns.h"
#include "lib/json_text.h"
#include "lib/output.h"
#include "lib/services.h"
#include "lib/split_words.h"
#include "lib/time_units.h"

/* A daemon that takes so long for an answer is stuck. */
#define ANSWER_S	10

/* More than the longest table of sources. */
#define ANSWER_MAX	(4 << 20)

/*
 * The daemon listens at a path that is there no more, as after rm -r /run/truechime: the kernel
 * goes on to list its socket.
 */
static bool socket_was_removed(const char *path)
{
	FILE *sockets;
	char *line = NULL, *name;
	bool removed = false;
	size_t size = 0;

	if (!socket_file_is_gone(path))
		return false;
	sockets = fopen("/proc/net/unix", "re");
	if (!sockets)
		return false;
	while (!removed && getline(&line, &size, sockets) > 0) {
		line[strcspn(line, "\n")] = '\0';
		name = strchr(line, '/');
		/* "@/run/..." is in no folder, and anybody may choose such a name. */
		removed = name && name > line && name[-1] == ' ' && !strcmp(name, path);
	}
	free(line);
	fclose(sockets);

	return removed;
}

static int client_limit_s(const struct cli *cli)
{
	return cli->answer_s ? cli->answer_s : ANSWER_S;
}

static int client_connect(const struct cli *cli)
{
	int fd = ipc_connect(cli->socket_path, client_limit_s(cli));

	return fd == -ECONNREFUSED && socket_was_removed(cli->socket_path) ? -EIDRM : fd;
}

static int client_send(int fd, const char *command, const char *arguments, bool follow)
{
	json_t *request = json_pack("{s:s,s:b}", "command", command, "follow", follow);
	size_t length;
	char *line;
	int err = 0;

	/* JSON takes UTF-8 only, and a request without them would be another one. */
	if (*arguments && json_object_set_new(request, "arguments", json_string(arguments))) {
		json_decref(request);
		return -EILSEQ;
	}
	line = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	if (!line)
		return -ENOMEM;
	/* The newline replaces the terminating NUL, which is not sent. */
	length = strlen(line);
	line[length] = '\n';
	if (send(fd, line, length + 1, MSG_NOSIGNAL) != (ssize_t)(length + 1))
		err = -EPIPE;
	free(line);
	return err;
}

/* Programs choose their own names, and tables show them on a terminal. */
static void make_texts_printable(json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	json_array_foreach(value, i, member)
		make_texts_printable(member);
	json_object_foreach(value, key, member)
		make_texts_printable(member);
	if (json_is_string(value))
		json_make_printable(value);
}

/*
 * One line, to free(), and its length; whoever sends one without end gets no memory for it. -errno.
 */
static ssize_t read_line(FILE *stream, char **line)
{
	size_t length = 0, room = 0;
	char *more;
	int byte = 0;

	*line = NULL;
	errno = 0;
	while (byte != '\n') {
		byte = getc_unlocked(stream);
		/* With a limit in time, no handler of a signal lets it go on by itself. */
		if (byte == EOF && errno == EINTR) {
			errno = 0;
			clearerr(stream);
			continue;
		}
		if (byte == EOF)
			return errno == EAGAIN ? -ETIMEDOUT : -EPIPE;
		if (length == ANSWER_MAX)
			return -EPROTO;
		if (length == room) {
			room = room ? 2 * room : 4096;
			more = realloc(*line, room);
			if (!more)
				return -ENOMEM;
			*line = more;
		}
		(*line)[length++] = (char)byte;
	}

	return (ssize_t)length;
}

/* One line, as JSON. */
int client_read(FILE *stream, json_t **reply)
{
	ssize_t length;
	char *line;

	length = read_line(stream, &line);
	*reply = length > 0 ? json_loadb(line, (size_t)length, 0, NULL) : NULL;
	free(line);
	if (length < 0)
		return (int)length;
	if (!json_is_object(*reply)) {
		json_decref(*reply);
		*reply = NULL;
		return -EPROTO;
	}
	make_texts_printable(*reply);
	return 0;
}

/**
 * struct connection - one to the daemon, below a stream, with which it is closed and released
 * @fd: the socket
 * @limit_ns: that the daemon may take for a line; 0: any time
 * @in_line: a part of a line was received, for which there is a deadline
 * @deadline_ns: that
 * @follows: lines come whenever something happens, and are printed: standard output is watched ...
 * @unread: ... and nobody reads that any more
 */
struct connection {
	int fd;
	int64_t limit_ns;
	bool in_line;
	int64_t deadline_ns;
	bool follows;
	bool unread;
};

/* Until a line comes. false: nobody reads any more what is printed of it. */
static bool connection_wait(const struct connection *connection)
{
	struct pollfd fds[] = {
		{ .fd = connection->fd, .events = POLLIN },
		/* What is the matter with it poll(2) says without being asked. */
		{ .fd = STDOUT_FILENO },
	};

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	return !fds[1].revents;
}

static ssize_t connection_read(void *context, char *bytes, size_t size)
{
	struct connection *connection = context;
	ssize_t received;

	connection->unread = connection->follows && !connection_wait(connection);
	if (connection->unread)
		return 0;
	if (!connection->in_line)
		connection->deadline_ns = connection->limit_ns ?
			clock_ns(CLOCK_MONOTONIC) + connection->limit_ns : INT64_MAX;
	received = ipc_receive(connection->fd, bytes, size, connection->deadline_ns);
	if (received < 0) {
		errno = received == -ETIMEDOUT ? EAGAIN : (int)-received;
		return -1;
	}
	connection->in_line = received && bytes[received - 1] != '\n';

	return received;
}

static int connection_close(void *context)
{
	struct connection *connection = context;

	close(connection->fd);
	free(connection);

	return 0;
}

/* A stream for the answer to @command. */
static int open_stream(const struct cli *cli, const char *command, const char *arguments,
		       bool follow, struct connection **result, FILE **stream)
{
	const cookie_io_functions_t functions = {
		.read = connection_read, .close = connection_close,
	};
	struct connection *connection;
	int fd, err;

	fd = client_connect(cli);
	if (fd < 0)
		return fd;
	err = client_send(fd, command, arguments, follow);
	if (err)
		goto err_close;
	err = -ENOMEM;
	connection = calloc(1, sizeof(*connection));
	if (!connection)
		goto err_close;
	connection->fd = fd;
	connection->limit_ns = client_limit_s(cli) * NS_PER_S;
	*stream = fopencookie(connection, "r", functions);
	if (!*stream)
		goto err_free;
	*result = connection;
	return 0;

err_free:
	free(connection);
err_close:
	close(fd);
	return err;
}

/* That stream, and its first line. -EACCES: the daemon refused, and @reply states why. */
static int client_open(const struct cli *cli, const char *command, const char *arguments,
		       bool follow, struct connection **result, FILE **stream, json_t **reply)
{
	int err = open_stream(cli, command, arguments, follow, result, stream);

	if (err)
		return err;
	err = client_read(*stream, reply);
	if (!err && !json_bool_of(*reply, "ok"))
		err = -EACCES;
	if (err)
		fclose(*stream);

	return err;
}

int client_ask_with(const struct cli *cli, const char *command, const char *arguments,
		    json_t **reply)
{
	struct connection *connection;
	FILE *stream;
	int err = client_open(cli, command, arguments, false, &connection, &stream, reply);

	if (!err)
		fclose(stream);

	return err;
}

int client_ask(const struct cli *cli, const char *command, json_t **reply)
{
	return client_ask_with(cli, command, "", reply);
}

static void say_that_it_is_gone(const struct cli *cli, const char *daemon)
{
	char restart[SERVICE_COMMAND_MAX];

	command_to_restart(daemon, has_systemd(), restart);
	user_err("the daemon %s is running, but its socket %s was removed. It makes another one within seconds, if it may; else, as root: %s",
		 daemon, cli->socket_path, restart);
}

int client_failed(const struct cli *cli, int err, json_t *reply)
{
	const char *daemon = cli->daemon ? cli->daemon : "truechimed";
	char restart[SERVICE_COMMAND_MAX];

	switch (err) {
	case -ECONNREFUSED:
		return cli_error("the daemon truechimed is not running (nobody answers at %s). %s",
				 cli->socket_path, how_to_start());
	case -EIDRM:
		say_that_it_is_gone(cli, daemon);
		return CLI_ERROR;
	case -EACCES:
		/* Without an answer it is the socket that is not for everybody. */
		if (!reply)
			break;
		fprintf(stderr, "truechime: the daemon refused \"%s\": %s\n", cli->verb,
			json_text_of(reply, "error"));
		json_decref(reply);
		return CLI_NOT;
	case -ETIMEDOUT:
		command_to_restart(daemon, has_systemd(), restart);
		user_err("the daemon %s does not answer at %s, so it is stuck, or very busy. To end that, as root: %s",
			 daemon, cli->socket_path, restart);
		return CLI_ERROR;
	case -EPIPE:
		user_err("the daemon %s closed the connection at %s: it is ending, or too many others ask it. Try again in some seconds",
			 daemon, cli->socket_path);
		return CLI_ERROR;
	case -EILSEQ:
		fprintf(stderr, "truechime: the arguments of %s are not text\n", cli->verb);
		return CLI_ERROR;
	}
	return cli_error("the daemon cannot be asked at %s: %s", cli->socket_path, strerror(-err));
}

/* A shell's variable that is not set, where without an argument all would be meant. */
static bool has_empty(char **words, int count)
{
	int i;

	for (i = 0; i < count; i++)
		if (!words[i][strspn(words[i], " ")])
			return true;
	return false;
}

int client_report_with(const struct cli *cli, const char *command, int argc, char **argv,
		       void (*print)(const struct cli *cli, const json_t *reply))
{
	char arguments[CONTROL_ARGUMENTS_MAX];
	json_t *reply = NULL;
	int err;

	if (has_empty(argv, argc)) {
		fprintf(stderr, "truechime: an argument of %s is empty\n", cli->verb);
		return CLI_ERROR;
	}
	if (!join_words(argv, argc, arguments, sizeof(arguments))) {
		fprintf(stderr, "truechime: the arguments of %s are too long\n", cli->verb);
		return CLI_ERROR;
	}
	err = client_ask_with(cli, command, arguments, &reply);

	return err ? client_failed(cli, err, reply) : print_reply(cli, reply, print);
}

int client_report(const struct cli *cli, const char *command,
		  void (*print)(const struct cli *cli, const json_t *reply))
{
	return client_report_with(cli, command, 0, NULL, print);
}

/* Say why no more events come. The daemon also disconnects a client that does not read. */
static void report_end(const struct cli *cli)
{
	int fd = client_connect(cli);

	if (fd < 0) {
		fprintf(stderr, "truechime: the daemon has ended\n");
		return;
	}
	close(fd);
	fprintf(stderr,
		"truechime: the daemon closed the connection: its events were not read in time, or it was restarted; see truechime events\n");
}

int client_follow_events(const struct cli *cli, FILE **stream)
{
	struct connection *connection;
	json_t *reply = NULL;
	int err = client_open(cli, "events", "", true, &connection, stream, &reply);

	json_decref(reply);

	return err ? err : connection->fd;
}

int client_follow(const struct cli *cli, void (*print)(const struct cli *cli, json_t *event))
{
	json_t *reply = NULL, *event;
	struct connection *connection;
	FILE *stream;
	bool unread;
	size_t i;
	int err;

	err = client_open(cli, "events", "", true, &connection, &stream, &reply);
	if (err)
		return client_failed(cli, err, reply);
	json_array_foreach(json_object_get(reply, "events"), i, event)
		print(cli, json_incref(event));
	json_decref(reply);
	connection->limit_ns = 0;
	connection->follows = true;
	while (!err) {
		err = client_read(stream, &event);
		if (!err)
			print(cli, event);
	}
	unread = connection->unread;
	fclose(stream);
	if (unread)
		return output_unread();
	report_end(cli);
	return CLI_ERROR;
}
