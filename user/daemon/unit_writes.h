/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the systemd unit lets the daemon write.
 */
#ifndef UNIT_WRITES_H
#define UNIT_WRITES_H

/* Whoever replaces the unit or adds to it does so in these files, a pattern of glob(3). */
#define UNIT_FILES	"/{etc,run}/systemd/system/truechimed.service{,.d/*.conf}"

/**
 * unit_objection() - what the unit has against a line of the configuration
 * @files: UNIT_FILES
 * @line: a right one
 *
 * Return: how to write it instead, as a line; NULL: it does what it says.
 */
const char *unit_objection(const char *files, const char *line);

#endif /* UNIT_WRITES_H */
