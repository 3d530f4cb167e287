// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel is asked again and again, as nothing tells when it marks its clock unsynchronised.
 */
#include "hooks/readiness.h"
#include "lib/log.h"
#include "lib/names.h"

#include <poll.h>
#include <stddef.h>
#include <systemd/sd-daemon.h>

/* The interval between checks of the clock, and before what was found is believed. */
#define CHECK_MS	500
#define CONFIRM_MS	100

/* Wait until the clock was found to be @right, or not to be, twice in a row. */
static void await(bool right, int64_t within_ns, bool (*is_right)(int64_t within_ns))
{
	bool before = false, found;

	for (;;) {
		found = is_right(within_ns) == right;
		if (found && before)
			return;
		before = found;
		poll(NULL, 0, found ? CONFIRM_MS : CHECK_MS);
	}
}

void readiness_run(int64_t within_ns, bool (*is_right)(int64_t within_ns))
{
	const struct duration_text within = duration_text(within_ns);

	(void)sd_notifyf(0, "STATUS=Waiting until the clock is right to within %s", within.text);
	await(true, within_ns, is_right);
	log_notice("The clock is right to within %s", within.text);
	(void)sd_notifyf(0, "READY=1\nSTATUS=The clock is right to within %s", within.text);
	await(false, within_ns, is_right);
	log_warning("The clock is not known to be right to within %s any more", within.text);
}
