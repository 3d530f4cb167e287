/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The server's side of key establishment.
 */
#ifndef NTS_SERVE_H
#define NTS_SERVE_H

/* Serve with what the daemon has handed over until it ends. The exit status. */
int serve(void);

#endif /* NTS_SERVE_H */
