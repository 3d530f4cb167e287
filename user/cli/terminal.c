// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asking the data base of terminals.
 */
#include "cli/terminal.h"

#include <curses.h>
#include <stdlib.h>
#include <term.h>
#include <unistd.h>

bool terminal_is_there(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

bool terminal_places_cursor(void)
{
	int result = 0;

	return setupterm(NULL, STDOUT_FILENO, &result) == OK && cursor_address;
}

bool terminal_may_be_coloured(void)
{
	const char *no_color = getenv("NO_COLOR");

	return !no_color || !*no_color;
}
