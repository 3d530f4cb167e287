/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether the clock is right and what that rests on, in words, for the verbs that say it.
 */
#ifndef CLI_STATUS_H
#define CLI_STATUS_H

#include <stdio.h>

struct view;

/* One sentence a line: first whether the clock is right, and by how much it can be wrong. */
void status_write_sentences(const struct view *view, FILE *to);

/* A line about the host's clock; nothing without the module. */
void status_write_host(const struct view *view, FILE *to);

#endif /* CLI_STATUS_H */
