/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ntp.conf: its options, its reference clocks, and what is known while it is read.
 */
#ifndef IMPORT_NTP_H
#define IMPORT_NTP_H

#include "cli/import.h"

/* Reference clocks that have a fudge line. */
#define FUDGES_MAX	32

/* What a fudge line says of a reference clock: words of the file, "" if nothing. */
struct fudge {
	char address[64];
	bool has_clock;
	char offset[64];
	char refid[8];
	char stratum[8];
	char flag2[8];
};

/**
 * struct ntp_import - one import
 * @out: for the result
 * @fudges: of all files
 * @fudge_count: how many
 * @has_orphan: a line of any file says "tos orphan"
 * @has_local: there was a line of the local clock
 * @has_driftfile: there was one
 * @has_step: a line says when to step
 * @certificate: of NTS, whose key was not named yet; "": none
 * @key: the other way round
 */
struct ntp_import {
	FILE *out;
	struct fudge fudges[FUDGES_MAX];
	size_t fudge_count;
	bool has_orphan;
	bool has_local;
	bool has_driftfile;
	bool has_step;
	char certificate[IMPORT_LINE_MAX];
	char key[IMPORT_LINE_MAX];
};

/* Add options of a server, and say of each that cannot be taken over why. */
void import_server_options(FILE *out, struct import_words *line, int count, char **words);

/* The same of a reference clock, in a line of its own or in that of its fudge. */
void import_clock_options(FILE *out, struct import_words *line, int count, char **words);

/* import_ntp_clock.c: reference clocks, whose fudge lines were noted before */

/* "fudge 127.127.28.0 time1 0.5 refid GPS": keep it for the line of the clock itself. */
void import_note_fudge(struct ntp_import *import, int count, char **words);

/* "server 127.127.28.0": its fudge line has a clock. */
void import_note_clock(struct ntp_import *import, int count, char **words);

/* "server 127.127.TYPE.UNIT ...": a reference clock. @words begin with its address. */
void import_refclock(struct ntp_import *import, int count, char **words);

/* "fudge 127.127.28.0 time1 0.5 flag1 1": what of it is in the line of the clock itself? */
void import_fudge(struct ntp_import *import, int count, char **words);

/* ntpsec's "refclock shm unit 0 refid GPS time1 0.5". */
void import_driver(struct ntp_import *import, int count, char **words);

#endif /* IMPORT_NTP_H */
