/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The program in the kernel that answers plain NTP requests at a network interface, and the memory
 * by which it does. It is there for as long as whoever has opened it: the kernel takes it away when
 * that process ends, however it does.
 *
 * Opening takes CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON: without the last one the kernel lets no
 * program reckon where in a list to look. What follows takes no privilege.
 */
#ifndef XDP_FAST_PATH_H
#define XDP_FAST_PATH_H

#include <stddef.h>
#include <stdint.h>

#include "server/access.h"
#include "xdp/shared.h"

enum fast_path_mode {
	FAST_PATH_ANY,		/* native if the driver can, else generic */
	FAST_PATH_NATIVE,	/* in the driver */
	FAST_PATH_GENERIC,	/* after it, for any driver */
};

struct fast_path;

/**
 * fast_path_open() - load the program, which answers nothing yet, and attach it
 * @path: result; NULL on an error
 * @device: the interface; "": attach it nowhere
 * @mode: where
 * @clients: of so many it is known how often they ask
 *
 * Return: 0; -EOPNOTSUPP: the driver cannot, or this program was built without; -EPERM: the
 * privileges are missing; -EACCES: some are, or the kernel is too old for the program; -EBUSY:
 * there is another XDP program; -ENODEV: there is no such interface; -EXDEV: this process has a
 * clock of its own, which is not the kernel's; -ELIBACC: libbpf is missing; -errno.
 */
int fast_path_open(struct fast_path **path, const char *device, enum fast_path_mode mode,
		   size_t clients);

/*
 * Attach an open one, which takes no privilege, at the interface of that name and nowhere else any
 * more. 0, or -errno as fast_path_open(): then it is attached nowhere.
 */
int fast_path_attach(struct fast_path *path, const char *device, enum fast_path_mode mode);

/* Detach it. */
void fast_path_close(struct fast_path *path);

/* In the driver? Of an attached one. */
bool fast_path_is_native(const struct fast_path *path);

/*
 * Does a program see there whether a frame is of a tagged network? Most cards take tags off, and to
 * addresses of the interface itself the program would answer frames of any network. true: as far as
 * is known.
 */
bool fast_path_sees_tags(const char *device);

/* Was this program built with what it takes? */
bool fast_path_is_built(void);

/*
 * Have @rules, in the order of the configuration, say who is served. 0, -errno: then nobody is. Not
 * while it answers.
 */
int fast_path_allow(struct fast_path *path, const struct access_rule *rules, size_t count);

/* Answer by @time from now on. NULL: leave all to the sockets. */
void fast_path_set_time(struct fast_path *path, const struct xdp_time *time);

/* How requests are answered. Not while they are. */
void fast_path_set(struct fast_path *path, const struct xdp_settings *settings);

/* What was counted since it was opened. */
void fast_path_counts(const struct fast_path *path, uint64_t counts[XDP_COUNTS]);

#endif /* XDP_FAST_PATH_H */
