/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * truechimed --settle: what is done when a daemon has ended, however it did.
 */
#ifndef DAEMON_SETTLE_H
#define DAEMON_SETTLE_H

/**
 * settle_clock() - end the slew of the system clock that a daemon left which was killed
 * @path: of its configuration
 * @text: NULL, or the configuration, a line a directive, instead of the file
 *
 * Nothing is done where another truechimed keeps the clock, or where the configuration has "rivals
 * yield" and another time daemon runs: that has the clock, and a slew is its own. What is done, or
 * why not, is printed.
 *
 * Return: 0, -errno.
 */
int settle_clock(const char *path, const char *text);

#endif /* DAEMON_SETTLE_H */
