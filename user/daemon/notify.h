/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Notifications to the service manager: ready, reloading, a status line, the watchdog. Without one
 * (no NOTIFY_SOCKET) these functions do nothing.
 */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

#include <stdint.h>

void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);

/* One line for `systemctl status`. */
void notify_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How often notify_watchdog() has to be called; 0: there is no watchdog. */
int64_t notify_watchdog_interval_ns(void);
void notify_watchdog(void);

#endif /* DAEMON_NOTIFY_H */
