/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic netlink family "truechime": parses requests, calls the part that handles them, and
 * builds answers; no logic of its own. The interface is include/uapi/linux/truechime.h.
 */
#ifndef CHIME_NETLINK_H
#define CHIME_NETLINK_H

struct chime;
struct chime_event;

/* Register the family. 0 or -errno. Context: process, lock not held. */
int chime_netlink_register(struct chime *chime);

/* Unregister it; waits for requests that are running. Context: process, lock not held. */
void chime_netlink_unregister(void);

/* Send to the events group, if the family is registered. Context: process, lock held. */
void chime_netlink_notify(const struct chime_event *event);

#endif /* CHIME_NETLINK_H */
