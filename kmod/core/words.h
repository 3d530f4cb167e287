/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words for people, the same from the module, from the daemon and from the command line
 * program: parts of the sentence that is made of an event.
 */
#ifndef CHIME_WORDS_H
#define CHIME_WORDS_H

#include <linux/truechime.h>

/* What happened: "this guest was paused" */
const char *chime_cause_words(enum truechime_cause cause);

/* What became of the system clock: "was stepped" */
const char *chime_action_words(enum truechime_action action);

#endif /* CHIME_WORDS_H */
