// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time sources that smear a leap second: they are named once.
 */
#include "daemon/daemon.h"

#include "lib/names.h"

static void report(const struct daemon *daemon, size_t index, int64_t away_ns)
{
	struct association_info info;

	if (!associations_get_info(daemon->associations, index, &info))
		return;
	log_warning("%s (%s) smears the leap second: it has not announced it, and is off by %s. It is not used before it is right again. Servers that smear do not go together with others",
		    info.name, info.address, duration_text(chime_abs_sat(away_ns)).text);
}

void daemon_judge_smearing(struct daemon *daemon, struct source *const *sources, size_t count,
			   const struct timescale_now *now)
{
	struct steering_status steering;
	struct source_status status;
	uint64_t found, news;

	steering_get_status(daemon->steering, &steering);
	found = smear_judge(&daemon->smearing.leap, sources, count, now, steering.leap,
			    steering.leap_raw_ns);
	news = found & ~daemon->smearing.sources;
	daemon->smearing.sources = found;
	for (size_t i = 0; news && i < count; i++) {
		if (!(news >> i & 1))
			continue;
		source_get_record(sources[i], &status);
		report(daemon, i, chime_sub_sat(status.last.offset_ns,
						chime_sub_sat(now->time_ns, now->reference_ns)));
	}
}
