/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The server's side of key establishment.
 */
#ifndef NTS_SERVE_H
#define NTS_SERVE_H

/* Serve with what the daemon has handed over until it ends. The exit status. */
int serve(void);

/* Could it, by what is handed over and by the files that this names? The exit status. */
int serve_check(void);

#endif /* NTS_SERVE_H */
