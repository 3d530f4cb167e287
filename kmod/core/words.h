/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Texts for people, the same in the module, in the daemon and in the command line program: parts
 * of the sentence that reports an event.
 */
#ifndef CHIME_WORDS_H
#define CHIME_WORDS_H

#include <linux/truechime.h>

/* What happened: "this guest was paused" */
const char *chime_cause_words(enum truechime_cause cause);

/* What became of the system clock: "was stepped" */
const char *chime_action_words(enum truechime_action action);

#endif /* CHIME_WORDS_H */
