/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the terminal can do. Apart, as curses names so much in its headers.
 */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>

/* Standard input and output are one. */
bool terminal_is_there(void);

/* The cursor can be placed anywhere on it, as far as TERM says what it is. */
bool terminal_places_cursor(void);

/* Nobody has set NO_COLOR, which is for all programs (no-color.org). */
bool terminal_may_be_coloured(void);

#endif /* CLI_TERMINAL_H */
