/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * chrony's `local`: a server that is not synchronised serves its clock all the same, so that an
 * isolated network agrees on a time. Pure.
 */
#ifndef DAEMON_LOCAL_REFERENCE_H
#define DAEMON_LOCAL_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "lib/time_page.h"
#include "steering/steering.h"

/**
 * struct local_reference - whether that is so now
 * @config: as configured
 * @activated: the root distance was below the one that activates it
 * @synchronised_ns: raw instant at which the clock was last synchronised, or of the start
 */
struct local_reference {
	struct config_local config;
	bool activated;
	int64_t synchronised_ns;
};

/* A new configuration, from @now_raw_ns on. */
void local_reference_configure(struct local_reference *local, const struct config_local *config,
			       int64_t now_raw_ns);

/*
 * Make @content, which says what is known of @steering's clocks, claim the local stratum if it is
 * time to. @updated_raw_ns: when the sources corrected the clock last, by the raw clock.
 */
void local_reference_apply(struct local_reference *local, const struct steering_status *steering,
			   int64_t updated_raw_ns, struct time_content *content);

#endif /* DAEMON_LOCAL_REFERENCE_H */
