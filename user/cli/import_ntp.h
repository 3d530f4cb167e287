/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ntp.conf's options.
 */
#ifndef IMPORT_NTP_H
#define IMPORT_NTP_H

#include "cli/import.h"

/* Add options of a server, and say of each that cannot be taken over why. */
void import_server_options(FILE *out, struct import_words *line, int count, char **words);

/* The same of a reference clock, in a line of its own or in that of its fudge. */
void import_clock_options(FILE *out, struct import_words *line, int count, char **words);

#endif /* IMPORT_NTP_H */
