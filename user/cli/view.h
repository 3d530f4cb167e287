/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What module, daemon and kernel say of the clock, put together, and what follows from that: with
 * the module alone, the daemon alone, both or neither.
 */
#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/cli.h"
#include "lib/module_link.h"
#include "steering/time_daemons.h"

/**
 * struct view - what could be found out
 * @daemon: its answer to "status"; NULL: it is not running, or cannot be asked
 * @has_module: the module has answered
 * @module_error: else why not, -ENOENT: it is not loaded
 * @module: this
 * @kernel_synchronised: what every program reads by adjtimex()
 * @kernel_maxerror_ns: likewise
 * @kernel_esterror_ns: likewise
 * @rivals: other programs that set the clock, after view_find_rivals()
 * @rival_count: of these
 */
struct view {
	json_t *daemon;
	bool has_module;
	int module_error;
	struct module_status module;
	bool kernel_synchronised;
	int64_t kernel_maxerror_ns;
	int64_t kernel_esterror_ns;
	struct time_daemon rivals[TIME_DAEMONS_MAX];
	size_t rival_count;
};

/* Why the clock is not called synchronised: the first of these that is so. */
enum view_obstacle {
	VIEW_NO_DAEMON,		/* so that nothing confirms the time */
	VIEW_OBSERVING,		/* the daemon was started with -x */
	VIEW_SET_BY_HAND,	/* which nothing confirms */
	VIEW_NOT_SET,		/* the operator is to set it, and has not */
	VIEW_NO_SOURCES,	/* none is configured */
	VIEW_OFFLINE,		/* none is asked, as the operator wants it */
	VIEW_SILENT,		/* none answers */
	VIEW_NOT_USABLE,	/* none can be used, yet */
	VIEW_TOO_FEW,		/* fewer agree than minsources */
	VIEW_REFUSED,		/* maxchange forbids the change */
	VIEW_TOO_EARLY,		/* the right time would be before the release */
	VIEW_NOT_STEERED,	/* the kernel refuses what the daemon sets */
	VIEW_CORRECTING,	/* it is on the way */
	VIEW_OTHER,		/* none of these */
};

/*
 * Ask all of them. 0, or -errno of the daemon, which is there and cannot be asked; then it may have
 * given @reply.
 */
int view_open(const struct cli *cli, struct view *view, json_t **reply);
void view_close(struct view *view);

/* Look for other programs that set the clock, among all processes. */
void view_find_rivals(struct view *view);

/* The module or the daemon runs, and the kernel calls the clock synchronised. */
bool view_is_synchronised(const struct view *view);

/* The daemon only observes, because another program steers the clock. */
bool view_is_aside(const struct view *view);

/* It leaves the clock to another one, as it is configured to do. */
bool view_is_yielding(const struct view *view);

/* Programs that steer by PTP mark the kernel's clock synchronised, but state no bound. */
bool view_is_steered_by_others(const struct view *view);

/* There is a host's clock. */
bool view_has_host(const struct view *view);

/* NTP's latest correction is in force: a disruption or a reset may have ended it. */
bool view_is_corrected(const struct view *view);

/* The operator has set the time, and that is in force. */
bool view_is_set_by_hand(const struct view *view);

/* The clock is the host's, whose own error is not known: the kernel's bound is a guess. */
bool view_is_unvouched(const struct view *view);

/* By how much the clock is behind. false: nothing is known of that, and the daemon says 0. */
bool view_offset(const struct view *view, int64_t *offset_ns);

/* The bound that is stated of the clock's error. false: none is. */
bool view_bound(const struct view *view, int64_t *bound_ns);

/* What keeps the clock from being right or known: the most important, if there are several. */
enum view_obstacle view_obstacle(const struct view *view);

/* Room for a sentence. */
#define VIEW_WORDS_MAX	512

/* "ahead of" or "behind" what @offset_ns = reference - local is about. */
const char *view_ahead_or_behind(int64_t offset_ns);

/* A sentence on it, and what to type. */
void view_obstacle_words(const struct view *view, enum view_obstacle obstacle,
			 char words[VIEW_WORDS_MAX]);

/* The same, or more than a sentence, with the figures that there are of it. */
void view_obstacle_figures(const struct view *view, enum view_obstacle obstacle,
			   char words[VIEW_WORDS_MAX]);

#endif /* CLI_VIEW_H */
