/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether it was the time sources that demoted the host's clock, kept for a daemon that is started
 * anew: the module goes on without the host, but does not know who demoted it, and a host that the
 * operator deselected is never reinstated. The note is an empty file beside the drift file, with
 * ".outvoted" appended to its name.
 */
#ifndef DAEMON_OUTVOTED_HOST_H
#define DAEMON_OUTVOTED_HOST_H

#include <stdbool.h>

/* @driftfile: as configured, "": nothing is kept. 0, -errno. */
int outvoted_host_note(const char *driftfile, bool outvoted);

/* They have, and it is not taken back. */
bool outvoted_host_is_noted(const char *driftfile);

#endif /* DAEMON_OUTVOTED_HOST_H */
