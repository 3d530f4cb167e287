/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The client's side of key establishment, from the task to the outcome.
 */
#ifndef NTS_ESTABLISH_H
#define NTS_ESTABLISH_H

/* Do the one task that comes on socket @fd, and answer there. The exit status. */
int establish(int fd);

#endif /* NTS_ESTABLISH_H */
