/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why the kernel does not let itself be watched, and whether that may pass.
 */
#ifndef WATCH_REFUSAL_H
#define WATCH_REFUSAL_H

#include <stdbool.h>

/* The reason for people, of an error of attachment_open(). */
const char *refusal_words(int err);

/* It may be otherwise after a restart. */
bool refusal_may_pass(int err);

/*
 * Processes have other numbers here than those by which the kernel says who it was, which are the
 * machine's. By those of a container another process would be named, and the daemon would be taken
 * for its own rival.
 */
bool refusal_by_numbers(void);

#endif /* WATCH_REFUSAL_H */
