/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other programs' configurations as one of truechimed's: text to text, without opening a file.
 */
#ifndef IMPORT_H
#define IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/array_size.h"

enum import_kind {
	IMPORT_UNKNOWN,
	IMPORT_CHRONY,		/* chrony.conf */
	IMPORT_NTP,		/* ntp.conf of ntpd and ntpsec */
	IMPORT_TIMESYNCD,	/* systemd's timesyncd.conf */
	IMPORT_OPENNTPD,	/* OpenNTPD's ntpd.conf */
	IMPORT_NTPD_RS,		/* ntpd-rs' ntp.toml, which is known, and not taken over */
	IMPORT_KINDS,
};

/* Longest line that is taken over; a comment of it is still a line of a configuration. */
#define IMPORT_LINE_MAX		2000

/* Where the hooks for DHCP clients name servers, packaging/dhcp. */
#define IMPORT_DHCP_FOLDER	"/run/truechime-dhcp"

/* Words of a line. */
#define IMPORT_WORDS_MAX	(IMPORT_LINE_MAX / 2)

/**
 * struct import_file - one file, in the order in which the other program reads them
 * @name: for people
 * @text: ends with a zero byte
 */
struct import_file {
	const char *name;
	const char *text;
};

/* What kind of configuration is it, by its words? */
enum import_kind import_detect(const struct import_file *files, size_t count);

/* "chrony", "ntp", "timesyncd" or "openntpd"; IMPORT_UNKNOWN: none of them. */
enum import_kind import_kind_of_name(const char *name);

/**
 * import_write() - write the equivalent configuration
 * @kind: of the files
 * @files: of the other program
 * @count: how many, at least one
 * @out: gets text that truechimed reads without an error: each line of @files as a comment, and
 *	below it what became of it, or why nothing did
 */
void import_write(enum import_kind kind, const struct import_file *files, size_t count, FILE *out);

/* import_line.c: what the kinds share */

/**
 * struct import_joining - lines that go on in the next one, as they end in a backslash
 * @between: what stands between the two instead of the backslash
 * @is_comment: such a line does not go on, and is left out where another one does; NULL: they are
 *	as any line
 */
struct import_joining {
	const char *between;
	bool (*is_comment)(const char *line);
};

/**
 * struct import_reader - who is shown the lines of all files, one after the other
 * @joining: how lines go on; NULL: they do not
 * @begin: called before the first line of each file; NULL: nobody needs it
 * @take: called for each line, which it may change: printable and without blanks at its end, below
 *	IMPORT_LINE_MAX bytes; @cut: a part of it is missing
 * @context: handed to both
 */
struct import_reader {
	const struct import_joining *joining;
	void (*begin)(void *context);
	void (*take)(void *context, char *line, bool cut);
	void *context;
};

/* Show @reader all lines of the @count files. */
void import_each_line(const struct import_file *files, size_t count,
		      const struct import_reader *reader);

/* Words of a line, separated by blanks, in place. How many. */
int import_split(char *line, char **words);

/* A line of the other file, as a comment. */
void import_say_line(FILE *out, const char *line);

/* Something about it. */
void import_say(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line for truechimed that grows word by word. */
struct import_words {
	char text[IMPORT_LINE_MAX];
	size_t used;
};

/* Add words to the line; what does not fit is cut. */
void import_add(struct import_words *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * A line for truechimed, or, if it would refuse it or do nothing about it, why. Whether it was
 * written.
 */
bool import_put(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The kinds: one file after the other. */
void import_chrony(const struct import_file *files, size_t count, FILE *out);
void import_ntp(const struct import_file *files, size_t count, FILE *out);
void import_timesyncd(const struct import_file *files, size_t count, FILE *out);
void import_openntpd(const struct import_file *files, size_t count, FILE *out);

#endif /* IMPORT_H */
