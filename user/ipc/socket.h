/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control socket: one JSON object per line from the command line program, one back. Everyone
 * may read; only root and the daemon's own user may change something (SO_PEERCRED). Input is
 * hostile: lines are short, connections few, and silent ones are closed: in time, or when another
 * user needs the place.
 */
#ifndef IPC_SOCKET_H
#define IPC_SOCKET_H

#include <jansson.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTROL_PATH		"/run/truechime/control.sock"

/* Where truechime-watch answers, in the same way, the command "rivals". */
#define CONTROL_WATCH_PATH	"/run/truechime-watch/rivals.sock"

/* Connections at once; and the descriptors to poll for, the listening one included. */
#define CONTROL_CLIENTS_MAX	16
#define CONTROL_FDS_MAX		(CONTROL_CLIENTS_MAX + 1)

/* A request's length, its newline included. */
#define CONTROL_REQUEST_MAX	4096

/* Bytes that may wait for a client; one that follows events and does not read is disconnected. */
#define CONTROL_ANSWER_MAX	262144

/* The arguments of a command, its terminating NUL included. */
#define CONTROL_ARGUMENTS_MAX	1024

enum control_command {
	CONTROL_STATUS,
	CONTROL_TRACKING,
	CONTROL_SOURCES,
	CONTROL_EVENTS,
	CONTROL_SERVERSTATS,
	CONTROL_ACTIVITY,
	CONTROL_RIVALS,		/* truechime-watch lists those who change the clock */
	CONTROL_TIMESYNC,
	CONTROL_HISTORY,
	CONTROL_CLIENTS,
	CONTROL_MAKESTEP,
	CONTROL_SETTIME,
	CONTROL_ACCHECK,
	CONTROL_BURST,
	CONTROL_RELOAD,
	CONTROL_RELOAD_SOURCES,
	CONTROL_ONLINE,
	CONTROL_OFFLINE,
	CONTROL_ONOFFLINE,
	CONTROL_REFRESH,
	CONTROL_ADD,
	CONTROL_DELETE,
	CONTROL_CHANGE,
	CONTROL_DIRECTIVE,
	CONTROL_CMDACCHECK,
	CONTROL_REKEY,
	CONTROL_RESELECT,
	CONTROL_DUMP,
	CONTROL_CYCLELOGS,
	CONTROL_SHUTDOWN,
	CONTROL_RIVAL,		/* truechime-watch tells the daemon of one */
};

/**
 * struct control_request - one line, parsed
 * @command: the command
 * @follow: send future events, too; with CONTROL_TIMESYNC also its answer whenever that has changed
 * @arguments: of the commands that take some, in printable ASCII; ""
 */
struct control_request {
	enum control_command command;
	bool follow;
	char arguments[CONTROL_ARGUMENTS_MAX];
};

/**
 * control_parse() - parse a line
 * @text: the line without its newline
 * @length: of @text
 * @request: result
 * @error: what is wrong with it, for people
 *
 * Return: 0, -EINVAL: not a request (@error), -EOPNOTSUPP: of an unknown command (@error).
 */
int control_parse(const char *text, size_t length, struct control_request *request,
		  const char **error);

/* Whether @command changes something, or tells what others do, and is for trusted users only. */
bool control_is_restricted(enum control_command command);

struct control;

/**
 * control_open() - listen
 * @control: result
 * @path: of the socket, which is replaced if no process listens there
 * @answer: called for each permitted request; returns a new object, or NULL with a sentence for
 *	people in *@error
 * @context: handed to @answer
 *
 * Return: 0, -EADDRINUSE: another daemon listens there, -ENOTSOCK: there is a file that is no
 * socket, which is left alone, -errno.
 */
int control_open(struct control **control, const char *path,
		 json_t *(*answer)(void *context, const struct control_request *request,
				   const char **error),
		 void *context);
void control_close(struct control *control);

/*
 * Make the socket anew if its path is gone. Connections stay, but for those that nobody has
 * accepted yet. 1: it was made; 0: it need not be, or something else is at its path; -errno as of
 * control_open(), or -ENOENT: its folder is gone, too. May be called again and again.
 */
int control_renew(struct control *control);

/* Fill in what to poll(2) for; how many. @fds has room for CONTROL_FDS_MAX. */
int control_pollfds(const struct control *control, struct pollfd *fds);

/* When to call control_dispatch() at the latest, by the raw clock; INT64_MAX: never, 0: at once. */
int64_t control_next_ns(const struct control *control);

/*
 * Handle descriptors with revents (others in @fds are ignored), one request of each, and those that
 * are silent. Requests that have arrived together are left for the next calls.
 */
void control_dispatch(struct control *control, const struct pollfd *fds, int count,
		      int64_t now_raw_ns);

/* Send @event to all followers. Takes over the reference to it. */
void control_publish(struct control *control, json_t *event);

/* Does anybody follow the state (CONTROL_TIMESYNC)? */
bool control_state_is_followed(const struct control *control);

/* Send @state to those. Takes over the reference to it. */
void control_publish_state(struct control *control, json_t *state);

#endif /* IPC_SOCKET_H */
