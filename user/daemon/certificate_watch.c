// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon itself reads no certificate: that is left to the processes that show them.
 */
#include "daemon/certificate_watch.h"

#include <stdbool.h>

#include "core/line.h"
#include "lib/log.h"
#include "lib/names.h"
#include "lib/time_units.h"

static void warn(const char *certificate, int64_t end_s)
{
	/* It is past, but may be so by any number of years. */
	const struct time_text date = time_text(chime_max(end_s, INT64_MIN / NS_PER_S) * NS_PER_S);

	/* The day and the minute. */
	log_warning("The certificate of NTS %s, or one of those who signed it, expired at %.16s UTC: clients refuse it and get no keys. Renew it, and: truechime reload",
		    certificate, date.text);
}

/* Are these the ends of what @settings name? What a process writes beside is there then, too. */
static bool is_of(const struct nts_validity *validity, uint64_t settings)
{
	return atomic_load_explicit(&validity->settings, memory_order_acquire) == settings;
}

static int64_t end_of(const struct nts_validity *validity, size_t i)
{
	return atomic_load_explicit(&validity->end_s[i], memory_order_relaxed);
}

void certificate_watch_check(struct certificate_watch *watch, const struct config_nts *config,
			     const struct nts_validity *validity, uint64_t settings,
			     int64_t utc_s)
{
	if (!is_of(validity, settings))
		return;
	for (size_t i = 0; i < config->certificate_count; i++) {
		int64_t end_s = end_of(validity, i);

		/* Only for a clock that was set back: a process may say now this and now that. */
		if (utc_s <= end_s && utc_s < watch->said_s[i])
			watch->said_s[i] = 0;
		if (!end_s || utc_s <= end_s || watch->said_s[i])
			continue;
		watch->said_s[i] = utc_s;
		warn(config->certificates[i], end_s);
	}
}

int64_t certificate_watch_end_s(const struct nts_validity *validity, uint64_t settings)
{
	int64_t first_s = 0;

	for (size_t i = 0; i < NTS_PAIRS_MAX && is_of(validity, settings); i++) {
		int64_t end_s = end_of(validity, i);

		if (end_s && (!first_s || end_s < first_s))
			first_s = end_s;
	}

	return first_s;
}
