/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who somebody is, by his control group and his command line, which are strings that others have
 * made. Pure. What comes out is printable ASCII, and names of units and containers have no
 * character that means something to a shell, because they become part of a command.
 */
#ifndef WATCH_IDENTITY_H
#define WATCH_IDENTITY_H

#include <stddef.h>

#define IDENTITY_UNIT_MAX	96
#define IDENTITY_CONTAINER_MAX	80
#define IDENTITY_COMMAND_MAX	128

enum container_kind {
	CONTAINER_NONE,
	CONTAINER_DOCKER,
	CONTAINER_PODMAN,
	CONTAINER_KUBERNETES,
	CONTAINER_LXC,
	CONTAINER_MACHINE,	/* of systemd-machined, as systemd-nspawn's */
	CONTAINER_OTHER,
};

/**
 * struct identity - by a control group
 * @unit: of this machine's systemd, "chrony.service", "session-3.scope"; ""
 * @kind: of the container
 * @container: its id or name; ""
 */
struct identity {
	char unit[IDENTITY_UNIT_MAX];
	enum container_kind kind;
	char container[IDENTITY_CONTAINER_MAX];
};

/* By @path, "/system.slice/chrony.service". */
void identity_of_path(const char *path, struct identity *identity);

/* The path in a text of /proc/PID/cgroup: version 2, else systemd's hierarchy. "": none. */
void identity_path_of_text(const char *text, char *path, size_t size);

/* A command line with a NUL after each argument, or a name, as one line, cut if too long. */
void identity_command(const char *bytes, size_t length, char *text, size_t size);

/* "docker", "" for none. */
const char *identity_kind_name(enum container_kind kind);

/* The command that ends it. @pid: its process; 0: that has ended. "": nothing has to be done. */
void identity_advice(const struct identity *identity, int pid, char *text, size_t size);

#endif /* WATCH_IDENTITY_H */
