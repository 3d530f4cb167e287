/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Notifications to the service manager: ready, reloading, a status line, the watchdog. Without one
 * (no NOTIFY_SOCKET) these functions do nothing.
 */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

#include <stdint.h>

/* The daemon is up, or up again after a reload; it reads its configuration; it ends. */
void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);

/* One line for `systemctl status`. */
void notify_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* notify_watchdog() is to be called so often; 0: there is no watchdog. */
int64_t notify_watchdog_interval_ns(void);

/* The daemon is alive. */
void notify_watchdog(void);

#endif /* DAEMON_NOTIFY_H */
