// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of control groups, as systemd and runtimes of containers give them.
 */
#include "watch/identity.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/array_size.h"

/* An id of a container, in hexadecimal digits; as many are enough for a command. */
#define ID_LENGTH	64
#define ID_SHORT	12

/* The longest name of a file. */
#define NAME_MAX_LENGTH	255

/* Those of units and containers. */
#define NAME_LETTERS	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_.@-"

/* Scopes in which runtimes put a container: PREFIX-ID.scope. */
static const struct {
	const char *prefix;
	enum container_kind kind;
} scopes[] = {
	{ "docker-", CONTAINER_DOCKER }, { "libpod-", CONTAINER_PODMAN },
	{ "cri-containerd-", CONTAINER_KUBERNETES }, { "crio-", CONTAINER_KUBERNETES },
};

/* Groups around a container that is named by its id alone. */
static const struct {
	const char *group;
	enum container_kind kind;
} parents[] = {
	{ "docker", CONTAINER_DOCKER }, { "libpod_parent", CONTAINER_PODMAN },
	{ "kubepods", CONTAINER_KUBERNETES },
};

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length > tail && !strcmp(text + length - tail, end);
}

/* Of a unit or a container, and of nothing else. */
static bool is_name(const char *text)
{
	return *text && *text != '-' &&
	       strspn(text, NAME_LETTERS) == strlen(text);
}

static bool is_id(const char *text, size_t length)
{
	return length == ID_LENGTH && strspn(text, "0123456789abcdef") >= ID_LENGTH;
}

static void set_container(struct identity *identity, enum container_kind kind, const char *name,
			  size_t length)
{
	char copy[IDENTITY_CONTAINER_MAX];

	if (identity->kind != CONTAINER_NONE || length >= sizeof(copy))
		return;
	memcpy(copy, name, length);
	copy[length] = '\0';
	if (!is_name(copy))
		return;
	identity->kind = kind;
	memcpy(identity->container, copy, length + 1);
}

/* Of machined's scopes: a "-" of a machine's name is escaped in that of its scope. */
static void set_machine(struct identity *identity, const char *name, size_t length)
{
	static const char dash[] = "\\x2d";
	const size_t size = strlen(dash);
	char plain[NAME_MAX_LENGTH + 1];
	size_t used = 0, step;

	for (size_t at = 0; at < length && used < sizeof(plain); at += step) {
		step = length - at >= size && !strncmp(name + at, dash, size) ? size : 1;
		plain[used++] = step == size ? '-' : name[at];
	}
	set_container(identity, CONTAINER_MACHINE, plain, used);
}

static bool is_scope_of_container(const char *name, struct identity *identity)
{
	size_t length, prefix;

	if (!ends_with(name, ".scope"))
		return false;
	length = strlen(name) - strlen(".scope");
	for (size_t i = 0; i < ARRAY_SIZE(scopes); i++) {
		prefix = strlen(scopes[i].prefix);
		if (!strncmp(name, scopes[i].prefix, prefix) &&
		    is_id(name + prefix, length - prefix)) {
			set_container(identity, scopes[i].kind, name + prefix, ID_LENGTH);
			return true;
		}
	}
	if (strncmp(name, "machine-", strlen("machine-")) != 0)
		return false;
	prefix = strlen("machine-");
	set_machine(identity, name + prefix, length - prefix);

	return true;
}

/* @around is the name of the group around it, @kind what groups further out have shown. */
static void look_for_container(const char *name, const char *around, enum container_kind kind,
			       struct identity *identity)
{
	if (is_scope_of_container(name, identity))
		return;
	if (!strncmp(name, "systemd-nspawn@", strlen("systemd-nspawn@")) &&
	    ends_with(name, ".service")) {
		name += strlen("systemd-nspawn@");
		set_container(identity, CONTAINER_MACHINE, name,
			      strlen(name) - strlen(".service"));
	} else if (!strncmp(name, "lxc.payload.", strlen("lxc.payload."))) {
		name += strlen("lxc.payload.");
		set_container(identity, CONTAINER_LXC, name, strlen(name));
	} else if (!strcmp(around, "lxc") || !strcmp(around, "lxc.payload")) {
		set_container(identity, CONTAINER_LXC, name, strlen(name));
	} else if (is_id(name, strlen(name))) {
		set_container(identity, kind, name, ID_LENGTH);
	}
}

static enum container_kind kind_of_group(const char *name, enum container_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(parents); i++) {
		if (!strncmp(name, parents[i].group, strlen(parents[i].group)))
			return parents[i].kind;
	}

	return kind;
}

/* The outermost one: those within it are its own, as of a container's systemd. */
static void look_for_unit(const char *name, struct identity *identity)
{
	/* systemd's escape of a name that the kernel would take for a file of its own. */
	if (*name == '_')
		name++;
	if (*identity->unit || (!ends_with(name, ".service") && !ends_with(name, ".scope")) ||
	    !is_name(name) || strlen(name) >= sizeof(identity->unit))
		return;
	memcpy(identity->unit, name, strlen(name) + 1);
}

void identity_of_path(const char *path, struct identity *identity)
{
	char name[NAME_MAX_LENGTH + 1], around[NAME_MAX_LENGTH + 1] = "";
	enum container_kind kind = CONTAINER_OTHER;
	size_t length;

	memset(identity, 0, sizeof(*identity));
	while (*path) {
		path += strspn(path, "/");
		length = strcspn(path, "/");
		if (!length || length > NAME_MAX_LENGTH)
			return;
		memcpy(name, path, length);
		name[length] = '\0';
		path += length;
		look_for_unit(name, identity);
		look_for_container(name, around, kind, identity);
		kind = kind_of_group(name, kind);
		memcpy(around, name, length + 1);
	}
}

/* The path in the first line of that hierarchy, "1:name=systemd:/path"; NULL: there is none. */
static const char *path_in(const char *text, const char *hierarchy)
{
	size_t length = strlen(hierarchy);

	while (*text) {
		const char *name = text + strspn(text, "0123456789");

		if (!strncmp(name, hierarchy, length))
			return name + length;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}

	return NULL;
}

void identity_path_of_text(const char *text, char *path, size_t size)
{
	const char *found = path_in(text, "::"), *of_systemd = path_in(text, ":name=systemd:");
	size_t length;

	*path = '\0';
	if (of_systemd && (!found || !strncmp(found, "/\n", 2) || !strcmp(found, "/")))
		found = of_systemd;
	if (!found || *found != '/')
		return;
	length = strcspn(found, "\n");
	if (length >= size)
		return;
	memcpy(path, found, length);
	path[length] = '\0';
}

void identity_command(const char *bytes, size_t length, char *text, size_t size)
{
	size_t used = 0;

	while (length && !bytes[length - 1])
		length--;
	for (size_t i = 0; i < length && used + 1 < size; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		text[used++] = byte ? byte < 0x7f && isprint(byte) ? (char)byte : '?' : ' ';
	}
	text[used] = '\0';
}

const char *identity_kind_name(enum container_kind kind)
{
	switch (kind) {
	case CONTAINER_NONE:
		return "";
	case CONTAINER_DOCKER:
		return "docker";
	case CONTAINER_PODMAN:
		return "podman";
	case CONTAINER_KUBERNETES:
		return "kubernetes";
	case CONTAINER_LXC:
		return "lxc";
	case CONTAINER_MACHINE:
		return "machine";
	case CONTAINER_OTHER:
		return "container";
	}

	return "";
}

/* A service that is one program's; a user's manager has all that he runs, a desktop as well. */
static bool is_service(const char *unit)
{
	return ends_with(unit, ".service") && strncmp(unit, "user@", strlen("user@")) != 0;
}

/* NULL: there is none that is known. */
static const char *command_for(enum container_kind kind)
{
	switch (kind) {
	case CONTAINER_DOCKER:
		return "docker stop";
	case CONTAINER_PODMAN:
		return "podman stop";
	case CONTAINER_KUBERNETES:
		return "crictl stop";
	case CONTAINER_LXC:
		return "lxc-stop -n";
	case CONTAINER_MACHINE:
		return "machinectl stop";
	case CONTAINER_NONE:
	case CONTAINER_OTHER:
		break;
	}

	return NULL;
}

void identity_advice(const struct identity *identity, int pid, char *text, size_t size)
{
	const char *command = command_for(identity->kind);
	int shown = is_id(identity->container, strlen(identity->container)) ?
		ID_SHORT : IDENTITY_CONTAINER_MAX;

	*text = '\0';
	if (command)
		snprintf(text, size, "%s %.*s", command, shown, identity->container);
	else if (is_service(identity->unit))
		snprintf(text, size, "systemctl disable --now %s", identity->unit);
	else if (pid > 0)
		snprintf(text, size, "kill %d", pid);
}
