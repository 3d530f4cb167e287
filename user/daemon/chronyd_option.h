/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options of chronyd that truechimed has not: what stands here for each of them.
 */
#ifndef DAEMON_CHRONYD_OPTION_H
#define DAEMON_CHRONYD_OPTION_H

/* What to do instead of chronyd's option @letter, as the end of a sentence; NULL: it has none. */
const char *chronyd_option_advice(int letter);

#endif /* DAEMON_CHRONYD_OPTION_H */
