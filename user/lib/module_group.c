// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets of generic netlink and its groups, over libnl.
 */
#include "lib/module_group.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <poll.h>
#include <stdlib.h>

#include <linux/truechime.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

/* Bytes of notifications that may wait while the daemon is busy: some thousand events. */
#define GROUP_BUFFER	(1 << 20)

struct module_group {
	struct nl_sock *socket;
	struct nl_cb *cb;
};

struct module_watch {
	struct module_group *group;
	bool changed;
};

int module_errno(int nl_error)
{
	switch (nl_error < 0 ? -nl_error : nl_error) {
	case 0:
		return 0;
	case NLE_AGAIN:
		return -EAGAIN;
	case NLE_NOMEM:
		return -ENOBUFS;
	case NLE_OBJ_NOTFOUND:
		return -ENOENT;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_INTR:
		return -EINTR;
	case NLE_AF_NOSUPPORT:
	case NLE_OPNOTSUPP:
		return -EOPNOTSUPP;
	case NLE_INVAL:
		return -EINVAL;
	default:
		return -EPROTO;
	}
}

/*
 * Whoever administers the network may send to any netlink socket, of his container or not. For the
 * module only the kernel speaks.
 */
static int take_from_kernel(struct nl_msg *msg, void *arg)
{
	(void)arg;
	return nlmsg_get_src(msg)->nl_pid ? NL_SKIP : NL_OK;
}

int module_socket_open(struct nl_sock **result)
{
	struct nl_sock *socket = nl_socket_alloc();
	int err;

	if (!socket)
		return -ENOMEM;
	err = genl_connect(socket);
	if (err < 0) {
		nl_socket_free(socket);
		return module_errno(err);
	}
	nl_socket_modify_cb(socket, NL_CB_MSG_IN, NL_CB_CUSTOM, take_from_kernel, NULL);
	*result = socket;
	return 0;
}

struct nl_cb *module_socket_callbacks(struct nl_sock *socket)
{
	struct nl_cb *of_socket = nl_socket_get_cb(socket);
	struct nl_cb *cb = nl_cb_clone(of_socket);

	nl_cb_put(of_socket);
	return cb;
}

/* Notifications carry sequence numbers of their own. */
static int group_sequence(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

int module_group_open(const char *family, const char *name,
		      int (*valid)(struct nl_msg *msg, void *arg), void *arg,
		      struct module_group **result)
{
	struct module_group *group = calloc(1, sizeof(*group));
	int err, id;

	if (!group)
		return -ENOMEM;
	err = module_socket_open(&group->socket);
	if (err)
		goto err_free;
	id = genl_ctrl_resolve_grp(group->socket, family, name);
	if (id < 0) {
		err = module_errno(id);
		goto err_free_socket;
	}
	(void)nl_socket_set_buffer_size(group->socket, GROUP_BUFFER, 0);
	err = module_errno(nl_socket_add_memberships(group->socket, id, 0));
	if (!err)
		err = module_errno(nl_socket_set_nonblocking(group->socket));
	if (err)
		goto err_free_socket;
	group->cb = module_socket_callbacks(group->socket);
	if (!group->cb) {
		err = -ENOMEM;
		goto err_free_socket;
	}
	nl_cb_set(group->cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, group_sequence, NULL);
	nl_cb_set(group->cb, NL_CB_VALID, NL_CB_CUSTOM, valid, arg);
	*result = group;
	return 0;

err_free_socket:
	nl_socket_free(group->socket);
err_free:
	free(group);
	return err;
}

void module_group_close(struct module_group *group)
{
	if (!group)
		return;
	nl_cb_put(group->cb);
	nl_socket_free(group->socket);
	free(group);
}

int module_group_fd(const struct module_group *group)
{
	return nl_socket_get_fd(group->socket);
}

int module_group_receive(struct module_group *group)
{
	int err = nl_recvmsgs(group->socket, group->cb);

	return err < 0 ? module_errno(err) : 0;
}

static const struct nla_policy ctrl_policy[CTRL_ATTR_MAX + 1] = {
	[CTRL_ATTR_FAMILY_NAME] = { .type = NLA_STRING },
};

static int watch_valid(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	struct nlattr *attrs[CTRL_ATTR_MAX + 1];
	struct module_watch *watch = arg;

	if (header->nlmsg_type != GENL_ID_CTRL ||
	    genlmsg_parse(header, 0, attrs, CTRL_ATTR_MAX, ctrl_policy) < 0)
		return NL_SKIP;
	if (attrs[CTRL_ATTR_FAMILY_NAME] &&
	    !nla_strcmp(attrs[CTRL_ATTR_FAMILY_NAME], TRUECHIME_GENL_NAME))
		watch->changed = true;
	return NL_OK;
}

int module_watch_open(struct module_watch **result)
{
	struct module_watch *watch = calloc(1, sizeof(*watch));
	int err;

	if (!watch)
		return -ENOMEM;
	err = module_group_open("nlctrl", "notify", watch_valid, watch, &watch->group);
	if (err) {
		free(watch);
		return err;
	}
	*result = watch;
	return 0;
}

void module_watch_close(struct module_watch *watch)
{
	if (!watch)
		return;
	module_group_close(watch->group);
	free(watch);
}

int module_watch_fd(const struct module_watch *watch)
{
	return module_group_fd(watch->group);
}

bool module_watch_changed(struct module_watch *watch)
{
	int err;

	do {
		err = module_group_receive(watch->group);
		/* The lost notification may have been the one: let the caller check. */
		if (err == -ENOBUFS)
			watch->changed = true;
	} while (!err || err == -ENOBUFS);
	if (!watch->changed)
		return false;
	watch->changed = false;
	return true;
}

int module_watch_wait(struct module_watch *watch, int fd, int output_fd)
{
	struct pollfd fds[] = {
		{ .fd = module_watch_fd(watch), .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
		/* What is the matter with it poll(2) says without being asked. */
		{ .fd = output_fd },
	};
	int ready;

	do {
		ready = poll(fds, 3, -1);
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (module_watch_changed(watch))
			return -ENODEV;
		if (ready > 0 && fds[2].revents)
			return -EPIPE;
	} while (ready <= 0 || !fds[1].revents);
	return 0;
}
