// SPDX-License-Identifier: GPL-2.0-only
/*
 * The service manager's notifications, over libsystemd. Its return values say whether there is a
 * service manager, which makes no difference here.
 */
#include "daemon/notify.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <systemd/sd-daemon.h>

void notify_ready(void)
{
	(void)sd_notify(0, "READY=1");
}

/* The manager compares it with CLOCK_MONOTONIC, from which the raw clock drifts away. */
void notify_reloading(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
			 (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void notify_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1");
}

void notify_status(const char *format, ...)
{
	char status[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(status, sizeof(status), format, arguments);
	va_end(arguments);
	(void)sd_notifyf(0, "STATUS=%s", status);
}

int64_t notify_watchdog_interval_ns(void)
{
	uint64_t timeout_us = 0;

	if (sd_watchdog_enabled(0, &timeout_us) <= 0)
		return 0;
	/* Half of the interval, as sd_watchdog_enabled(3) recommends, and a day at most. */
	if (timeout_us > 86400000000ULL)
		timeout_us = 86400000000ULL;
	return (int64_t)timeout_us * 1000 / 2;
}

void notify_watchdog(void)
{
	(void)sd_notify(0, "WATCHDOG=1");
}
