// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages by a socket, which is also how a process learns that the daemon has ended.
 */
#include "daemon/nts_process.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/log.h"
#include "lib/memory_file.h"
#include "lib/spawn.h"
#include "server/nts_settings.h"

void nts_process_send_keys(const struct nts_process *process, const struct nts_server_keys *keys)
{
	if (process->pid && send(process->fd, keys, sizeof(*keys), MSG_NOSIGNAL) < 0)
		log_debug("A process of NTS does not take keys: %s", strerror(errno));
}

/* 0, -errno. */
static int send_rules(int to_fd, int rules_fd, const struct nts_rules_message *message)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr header;
	} control;
	struct iovec part = { .iov_base = (void *)message, .iov_len = sizeof(*message) };
	struct msghdr header = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};

	memset(&control, 0, sizeof(control));
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &rules_fd, sizeof(int));

	return sendmsg(to_fd, &header, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int nts_process_send_rules(const struct nts_process *process, const struct config_server *server)
{
	struct nts_rules_message message = { .rule_count = (uint32_t)server->rule_count };
	size_t size = server->rule_count * sizeof(*server->rules);
	int fd, err;

	if (!process->pid)
		return 0;
	fd = memory_file("truechime-nts-rules", size);
	if (fd < 0)
		return fd;
	err = memory_file_write(fd, server->rules, size, 0) ?
	      send_rules(process->fd, fd, &message) : -ENOMEM;
	close(fd);

	return err;
}

bool nts_process_has_ended(const struct nts_process *process)
{
	struct pollfd fd = { .fd = process->fd };

	return process->pid && poll(&fd, 1, 0) > 0;
}

static int stop(struct nts_process *process)
{
	int status = child_end(process->pid);

	close(process->fd);
	process->pid = 0;

	return status;
}

const char *nts_process_words(int status)
{
	switch (status) {
	case NTS_STATUS_SETTINGS:
		return "it could not use what it was given";
	case NTS_STATUS_CERTIFICATE:
		return "a certificate or its key cannot be read, see its own message";
	case NTS_STATUS_SANDBOX:
		return "it could not be locked in";
	case NTS_STATUS_MESSAGE:
		return "it could not take what it was told";
	case SPAWN_STATUS_DESCRIPTORS:
		return SPAWN_WORDS_DESCRIPTORS;
	}

	return "it could not be started";
}

void nts_process_ended(struct nts_process *process, char *how, size_t size)
{
	child_describe_end(stop(process), nts_process_words, how, size);
}

void nts_process_stop(struct nts_process *process)
{
	if (process->pid)
		stop(process);
}
