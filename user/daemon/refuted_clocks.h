/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reference clocks that the time sources have refuted, kept for a daemon that is started anew:
 * while no server answers it would follow them. The note is a file beside the drift file, with
 * ".refuted" appended to its name. It has a line for each: by how many ns the clock was off at
 * least, its offset in s and its delay in ns as configured, and its name. Where one of these is
 * another one now nothing is known of the clock.
 */
#ifndef DAEMON_REFUTED_CLOCKS_H
#define DAEMON_REFUTED_CLOCKS_H

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "discipline/source.h"

/*
 * Note which of @sources are refuted; there is no file where none is. @config: in force, which
 * names the drift file. 0, -errno: the file is as it was.
 */
int refuted_clocks_note(const struct config *config, struct source *const *sources, size_t count);

/*
 * Those of @sources that are noted are refuted from now on, but for trusted ones. @recalled: which,
 * a bit each. 0, also if there is no note; -EBADMSG: it is damaged, and the lines before that
 * count; -errno: it cannot be read.
 */
int refuted_clocks_recall(const struct config *config, struct source *const *sources, size_t count,
			  uint64_t *recalled);

#endif /* DAEMON_REFUTED_CLOCKS_H */
