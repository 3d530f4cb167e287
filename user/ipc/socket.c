// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control socket: connections, the credentials of their peers, lines in and out. request.c
 * parses the lines, the handler answers them, socket_file.c makes the socket.
 */
#include "ipc/socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/line.h"
#include "ipc/socket_file.h"
#include "lib/json_text.h"
#include "lib/time_units.h"

/*
 * A connection without request or progress is closed after so long; one that follows events is not.
 */
#define SILENCE_NS	(10 * NS_PER_S)

/* Where there is no descriptor left for a connection, those that wait do so for so long. */
#define ACCEPT_PAUSE_NS	NS_PER_S

/* Connections that are reserved for trusted users, however many others come. */
#define RESERVED	4

/*
 * Of others, so many at a time may follow events for ever. The rest is left for questions. People,
 * who may have many user ids, get no more of them than leave some for the system's services.
 */
#define FOLLOWERS_MAX	8
#define FOLLOWING_PEOPLE_MAX	6

/* User ids of services are not above that, as Debian and systemd give them. */
#define SYSTEM_USER_MAX	999

/* And so many may be one user's, of either: none of them can keep the others out. */
#define USER_CLIENTS_MAX	8
#define USER_FOLLOWERS_MAX	4

struct control_client {
	int fd;			/* -1: free */
	uid_t user;
	bool trusted;		/* may change things */
	bool follows;
	bool follows_state;
	int64_t deadline_ns;
	char *request;		/* CONTROL_REQUEST_MAX bytes, while there is a connection */
	size_t request_length;
	char *answer;
	size_t answer_length;
	size_t answer_sent;
};

struct control {
	int fd;
	int64_t accept_ns;	/* connections wait until this raw instant; 0: they do not */
	char *path;
	json_t *(*answer)(void *context, const struct control_request *request,
			  const char **error);
	void *context;
	struct control_client clients[CONTROL_CLIENTS_MAX];
};

static void client_close(struct control_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	free(client->answer);
	free(client->request);
	memset(client, 0, sizeof(*client));
	client->fd = -1;
}

/* Queue @object as a line. It is released. 0, -ENOMEM, -ENOBUFS: the client does not read. */
static int client_queue(struct control_client *client, json_t *object)
{
	char *line = json_dumps(object, JSON_COMPACT), *answer;
	size_t length;

	json_decref(object);
	if (!line)
		return -ENOMEM;
	length = strlen(line);
	if (client->answer_length + length + 1 > CONTROL_ANSWER_MAX) {
		free(line);
		return -ENOBUFS;
	}
	answer = realloc(client->answer, client->answer_length + length + 1);
	if (!answer) {
		free(line);
		return -ENOMEM;
	}
	memcpy(answer + client->answer_length, line, length);
	answer[client->answer_length + length] = '\n';
	client->answer = answer;
	client->answer_length += length + 1;
	free(line);
	return 0;
}

static int client_refuse(struct control_client *client, const char *why)
{
	return client_queue(client, json_pack("{s:b, s:o}", "ok", 0, "error", json_of_text(why)));
}

static bool client_may_follow(const struct control *control, const struct control_client *client)
{
	bool person = client->user > SYSTEM_USER_MAX;
	int others = 0, people = 0, same = 0, i;

	for (i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		const struct control_client *other = &control->clients[i];

		if (other == client || !other->follows || other->trusted)
			continue;
		others++;
		people += other->user > SYSTEM_USER_MAX;
		same += other->user == client->user;
	}
	return client->trusted ||
	       (others < FOLLOWERS_MAX && same < USER_FOLLOWERS_MAX &&
		(!person || people < FOLLOWING_PEOPLE_MAX));
}

/* One request line. 0, -errno: the connection is beyond use. */
static int client_request(struct control *control, struct control_client *client,
			  const char *text, size_t length)
{
	const char *error = "failed";
	struct control_request request;
	json_t *answer;

	if (control_parse(text, length, &request, &error))
		return client_refuse(client, error);
	if (control_is_restricted(request.command) && !client->trusted)
		return client_refuse(client, "only root and the daemon's own user may do that");
	if (request.follow && !client_may_follow(control, client))
		return client_refuse(client,
				     "too many others follow events: try again later, or as root");
	answer = control->answer(control->context, &request, &error);
	/* What it asked for was an event, too, which it follows and could not be told. */
	if (client->fd < 0) {
		json_decref(answer);
		return -EPIPE;
	}
	if (!answer)
		return client_refuse(client, error);
	client->follows = request.follow;
	client->follows_state = request.follow && request.command == CONTROL_TIMESYNC;
	return client_queue(client, answer);
}

/* The end of the first line that has arrived; NULL: it is not complete. */
static char *client_line_end(const struct control_client *client)
{
	if (!client->request_length)
		return NULL;
	return memchr(client->request, '\n', client->request_length);
}

/*
 * A line waits to be answered: none is while an answer waits, and only one of a client in a turn of
 * the loop. An answer takes a computation of the whole state, and the clock is steered between two
 * turns only.
 */
static bool client_waits(const struct control_client *client)
{
	return client->fd >= 0 && !client->answer_length && client_line_end(client);
}

/* Handle the first line. */
static int client_next_request(struct control *control, struct control_client *client)
{
	char *newline = client_line_end(client);
	size_t length;
	int err;

	if (!newline)
		return client->request_length == CONTROL_REQUEST_MAX ? -EMSGSIZE : 0;
	length = (size_t)(newline - client->request);
	err = client_request(control, client, client->request, length);
	/* The connection may be closed, and its lines be gone. */
	if (err)
		return err;
	client->request_length -= length + 1;
	memmove(client->request, newline + 1, client->request_length);
	return 0;
}

static int client_send(struct control_client *client)
{
	ssize_t sent;

	while (client->answer_sent < client->answer_length) {
		sent = send(client->fd, client->answer + client->answer_sent,
			    client->answer_length - client->answer_sent, MSG_NOSIGNAL);
		if (sent < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		client->answer_sent += (size_t)sent;
	}
	free(client->answer);
	client->answer = NULL;
	client->answer_length = 0;
	client->answer_sent = 0;
	return 0;
}

static int client_receive(struct control_client *client)
{
	ssize_t received = recv(client->fd, client->request + client->request_length,
				CONTROL_REQUEST_MAX - client->request_length, 0);

	if (received < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (!received)
		return -EPIPE;
	client->request_length += (size_t)received;
	return 0;
}

static void client_handle(struct control *control, struct control_client *client, short revents,
			  int64_t now_ns)
{
	int err = 0;

	if (!client->answer_length) {
		if (!client_line_end(client) && revents & (POLLIN | POLLHUP | POLLERR))
			err = client_receive(client);
		if (!err)
			err = client_next_request(control, client);
		client->deadline_ns = now_ns + SILENCE_NS;
	}
	if (!err)
		err = client_send(client);
	if (err)
		client_close(client);
}

/* The peer, as the kernel noted it on connect(2). */
static bool peer_of(int fd, uid_t *user)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) || size != sizeof(peer))
		return false;
	*user = peer.uid;
	return true;
}

/*
 * A place for one more of @user's connections; NULL: there is none. One person may have many user
 * ids (subuid(5)) and fill all places again and again: so whoever comes then has the place of the
 * one who was silent for the longest time, and is answered before he can lose it in turn.
 */
static struct control_client *find_place(struct control *control, uid_t user, bool trusted)
{
	struct control_client *place = NULL, *silent = NULL;
	int available = 0, same = 0, i;

	for (i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct control_client *client = &control->clients[i];

		if (client->fd >= 0) {
			same += client->user == user;
			if (!client->trusted && !client->follows &&
			    (!silent || client->deadline_ns < silent->deadline_ns))
				silent = client;
			continue;
		}
		place = client;
		available++;
	}
	if (trusted)
		return place;
	if (same >= USER_CLIENTS_MAX)
		return NULL;
	if (available > RESERVED)
		return place;
	if (silent)
		client_close(silent);
	return silent;
}

static void control_accept(struct control *control, int64_t now_ns)
{
	struct control_client *client = NULL;
	bool trusted = false;
	uid_t user;
	int fd;

	fd = accept4(control->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		/* It stays, and poll(2) would return at once again and again. */
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			control->accept_ns = chime_add_sat(now_ns, ACCEPT_PAUSE_NS);
		return;
	}
	if (peer_of(fd, &user)) {
		trusted = !user || user == geteuid();
		client = find_place(control, user, trusted);
	}
	if (client)
		client->request = malloc(CONTROL_REQUEST_MAX);
	if (!client || !client->request) {
		close(fd);
		return;
	}
	client->fd = fd;
	client->user = user;
	client->trusted = trusted;
	client->deadline_ns = now_ns + SILENCE_NS;
}

int control_pollfds(const struct control *control, struct pollfd *fds)
{
	int count = 0, i;

	fds[count++] = (struct pollfd){
		.fd = control->fd,
		.events = control->accept_ns ? 0 : POLLIN,
	};
	for (i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		const struct control_client *client = &control->clients[i];

		if (client->fd < 0)
			continue;
		/* Read no request while an answer, or an earlier request, waits. */
		fds[count++] = (struct pollfd){
			.fd = client->fd,
			.events = client->answer_length ? POLLOUT :
				  client_waits(client) ? 0 : POLLIN,
		};
	}
	return count;
}

int64_t control_next_ns(const struct control *control)
{
	int64_t next_ns = control->accept_ns ? control->accept_ns : INT64_MAX;
	int i;

	for (i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		const struct control_client *client = &control->clients[i];

		if (client_waits(client))
			return 0;
		if (client->fd >= 0 && !client->follows && client->deadline_ns < next_ns)
			next_ns = client->deadline_ns;
	}
	return next_ns;
}

static short revents_of(const struct pollfd *fds, int count, int fd)
{
	while (count-- > 0)
		if (fds[count].fd == fd)
			return fds[count].revents;
	return 0;
}

void control_dispatch(struct control *control, const struct pollfd *fds, int count,
		      int64_t now_raw_ns)
{
	short revents;
	int i;

	for (i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct control_client *client = &control->clients[i];

		if (client->fd < 0)
			continue;
		revents = revents_of(fds, count, client->fd);
		if (revents || client_waits(client))
			client_handle(control, client, revents, now_raw_ns);
		else if (!client->follows && now_raw_ns >= client->deadline_ns)
			client_close(client);
	}
	if (control->accept_ns && now_raw_ns >= control->accept_ns)
		control->accept_ns = 0;
	if (revents_of(fds, count, control->fd) & POLLIN)
		control_accept(control, now_raw_ns);
}

/* To all that follow, or to those of them that follow the state, too. */
static void publish(struct control *control, json_t *object, bool state)
{
	int i;

	for (i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct control_client *client = &control->clients[i];

		if (client->fd < 0 || !client->follows || (state && !client->follows_state))
			continue;
		if (client_queue(client, json_incref(object)) || client_send(client))
			client_close(client);
	}
	json_decref(object);
}

void control_publish(struct control *control, json_t *event)
{
	publish(control, event, false);
}

bool control_state_is_followed(const struct control *control)
{
	int i;

	for (i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (control->clients[i].fd >= 0 && control->clients[i].follows_state)
			return true;
	return false;
}

void control_publish_state(struct control *control, json_t *state)
{
	publish(control, state, true);
}

int control_renew(struct control *control)
{
	int fd;

	if (!socket_file_is_gone(control->path))
		return 0;
	fd = socket_file_listen(control->path, CONTROL_CLIENTS_MAX);
	if (fd < 0)
		return fd;
	close(control->fd);
	control->fd = fd;

	return 1;
}

int control_open(struct control **result, const char *path,
		 json_t *(*answer)(void *context, const struct control_request *request,
				   const char **error),
		 void *context)
{
	struct control *control = calloc(1, sizeof(*control));
	int err, i;

	if (!control)
		return -ENOMEM;
	control->answer = answer;
	control->context = context;
	for (i = 0; i < CONTROL_CLIENTS_MAX; i++)
		control->clients[i].fd = -1;
	control->path = strdup(path);
	if (!control->path) {
		err = -ENOMEM;
		goto err_free;
	}
	control->fd = socket_file_listen(path, CONTROL_CLIENTS_MAX);
	if (control->fd < 0) {
		err = control->fd;
		goto err_free_path;
	}
	*result = control;
	return 0;

err_free_path:
	free(control->path);
err_free:
	free(control);
	return err;
}

void control_close(struct control *control)
{
	int i;

	if (!control)
		return;
	for (i = 0; i < CONTROL_CLIENTS_MAX; i++)
		client_close(&control->clients[i]);
	close(control->fd);
	(void)socket_file_remove(control->path);
	free(control->path);
	free(control);
}
