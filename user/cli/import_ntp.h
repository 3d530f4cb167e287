/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines that are made of ntp.conf's, and the options in them.
 */
#ifndef IMPORT_NTP_H
#define IMPORT_NTP_H

#include "cli/import.h"

/* A line for truechimed that grows word by word. */
struct import_words {
	char text[IMPORT_LINE_MAX];
	size_t used;
};

/* Add words to the line; what does not fit is cut. */
void import_add(struct import_words *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Add options of a server, and say of each that cannot be taken over why. */
void import_server_options(FILE *out, struct import_words *line, int count, char **words);

/* The same of a reference clock, in a line of its own or in that of its fudge. */
void import_clock_options(FILE *out, struct import_words *line, int count, char **words);

#endif /* IMPORT_NTP_H */
