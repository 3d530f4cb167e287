/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The connection to the daemon's control socket, on which it tells what changes; made again for as
 * long as it takes.
 */
#ifndef TIMESYNC1_FOLLOWER_H
#define TIMESYNC1_FOLLOWER_H

#include <jansson.h>
#include <systemd/sd-event.h>

/**
 * struct follower_callbacks - what comes; called from the event loop
 * @receive: an object that the daemon has sent; borrowed
 * @lost: the daemon is gone, or says nothing that can be understood; err is -errno
 */
struct follower_callbacks {
	void (*receive)(void *context, const json_t *object);
	void (*lost)(void *context, int err);
};

struct follower;

/*
 * Follow the daemon at @path from now on. @path, @callbacks and @context must not be freed before
 * it. 0, -errno.
 */
int follower_open(struct follower **follower, sd_event *event, const char *path,
		  const struct follower_callbacks *callbacks, void *context);
void follower_close(struct follower *follower);

#endif /* TIMESYNC1_FOLLOWER_H */
