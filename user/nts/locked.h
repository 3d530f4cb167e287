/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a process that speaks TLS may do, once it listens to the network.
 */
#ifndef NTS_LOCKED_H
#define NTS_LOCKED_H

/* Lock this process in. 0, -errno. */
int locked_enter(void);

#endif /* NTS_LOCKED_H */
