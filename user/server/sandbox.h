/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the server process may do: receive and send on the sockets that it has, read clocks, and
 * end.
 */
#ifndef SERVER_SANDBOX_H
#define SERVER_SANDBOX_H

/*
 * Give up all privileges, and all system calls but those: for good. 0, -errno; the process must not
 * go on then.
 */
int sandbox_enter(void);

#endif /* SERVER_SANDBOX_H */
