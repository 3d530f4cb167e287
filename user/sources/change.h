/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options of a source that an operator changes while the daemon runs, as with chronyc. They hold
 * for that source alone, whatever address its name has later, until the configuration is read
 * again; of a source that the operator added, until it is deleted.
 */
#ifndef SOURCES_CHANGE_H
#define SOURCES_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "sources/association.h"

/* Those of the configuration of that name, and selectopts. */
enum change_option {
	CHANGE_MINPOLL,
	CHANGE_MAXPOLL,
	CHANGE_POLLTARGET,
	CHANGE_MINSTRATUM,
	CHANGE_MAXDELAY,
	CHANGE_MAXDELAYRATIO,
	CHANGE_OFFSET,
	CHANGE_SELECTION,
};

/* Words about the selection. */
struct change_selection {
	bool noselect;
	bool prefer;
	bool trust;
	bool require;
};

/**
 * struct source_change - an option and what it is to be
 * @option: which
 * @value: of any but CHANGE_SELECTION, times in seconds. One that is out of the configuration's
 *	range counts as the nearest that is in it
 * @given: of CHANGE_SELECTION, the words that are changed ...
 * @selection: ... and to what
 */
struct source_change {
	enum change_option option;
	double value;
	struct change_selection given;
	struct change_selection selection;
};

/* 0; -EINVAL: no option has that name. */
int change_option_named(const char *name, enum change_option *option);

/* What @value of an option, but of CHANGE_SELECTION, counts as. */
double change_nearest(enum change_option option, double value);

/*
 * Change an option of the source of that number, source_serial()'s; it is logged. 0; -ENOENT: there
 * is no such source.
 */
int change_source(struct associations *list, uint64_t serial, const struct source_change *change);

#endif /* SOURCES_CHANGE_H */
