/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What truechime-watch tells truechimed of a program that changes the system clock: the arguments
 * of the command "rival" of the control socket, one JSON object. Pure.
 */
#ifndef IPC_RIVAL_NOTICE_H
#define IPC_RIVAL_NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Together they are shorter than the arguments of a command. */
#define RIVAL_NOTICE_PROGRAM_MAX	24
#define RIVAL_NOTICE_WHERE_MAX		96
#define RIVAL_NOTICE_TEXT_MAX		192

/**
 * struct rival_notice - one program, and its latest change
 * @program: its name
 * @where: its unit, else "container ID"; "": it is in none
 * @what: what it did at last, "stepped it by +3.20 s"
 * @advice: the command that ends it; "": it has ended
 * @pid: of the process that did it; 0: the kernel
 * @runs: it still runs
 * @times: changes so far
 */
struct rival_notice {
	char program[RIVAL_NOTICE_PROGRAM_MAX];
	char where[RIVAL_NOTICE_WHERE_MAX];
	char what[RIVAL_NOTICE_TEXT_MAX];
	char advice[RIVAL_NOTICE_TEXT_MAX];
	int pid;
	bool runs;
	int64_t times;
};

/* As the arguments of the command, to free(); NULL: no memory. */
char *rival_notice_make(const struct rival_notice *notice);

/* Parse them. 0, -EINVAL: they are wrong, or a text is too long, not printable ASCII or missing. */
int rival_notice_parse(const char *arguments, struct rival_notice *notice);

#endif /* IPC_RIVAL_NOTICE_H */
