/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Generic netlink sockets: one connected, one that listens to a multicast group; and notifications
 * of the module's loading and unloading, from the controller's group. Messages are parsed
 * elsewhere.
 */
#ifndef LIB_MODULE_GROUP_H
#define LIB_MODULE_GROUP_H

#include <stdbool.h>

struct nl_cb;
struct nl_msg;
struct nl_sock;
struct module_group;

/* Convert libnl's codes to -errno; one without an errno becomes -EPROTO. */
int module_errno(int nl_error);

/*
 * A socket connected to generic netlink, on which nobody but the kernel is heard; nl_socket_free()
 * it. 0, -errno.
 */
int module_socket_open(struct nl_sock **socket);

/* Callbacks that hear nobody else either, to add to; nl_cb_put() them. NULL: no memory. */
struct nl_cb *module_socket_callbacks(struct nl_sock *socket);

/* Listen to @group of @family; @valid is called for each message. 0, -ENOENT: no such, -errno. */
int module_group_open(const char *family, const char *group,
		      int (*valid)(struct nl_msg *msg, void *arg), void *arg,
		      struct module_group **result);
void module_group_close(struct module_group *group);
int module_group_fd(const struct module_group *group);

/* One datagram's messages to @valid. 0, -EAGAIN: nothing there, -ENOBUFS: some are lost, -errno. */
int module_group_receive(struct module_group *group);

/* Notifications of the module's loading and unloading. */
struct module_watch;

/* Listen to them. 0, -errno. */
int module_watch_open(struct module_watch **watch);
void module_watch_close(struct module_watch *watch);
int module_watch_fd(const struct module_watch *watch);

/* Reads what is there to read; true: the truechime family came or went since the last call. */
bool module_watch_changed(struct module_watch *watch);

/*
 * Wait until @fd, unless it is -1, can be read. 0; -ENODEV: the module was loaded or unloaded, and
 * a socket in its group receives nothing any more, without an error; -EPIPE: nobody reads
 * @output_fd, unless it is -1, any more; -errno.
 */
int module_watch_wait(struct module_watch *watch, int fd, int output_fd);

#endif /* LIB_MODULE_GROUP_H */
