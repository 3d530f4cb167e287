// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon itself reads no certificate: that is left to the processes that show them.
 */
#include "daemon/certificate_watch.h"

#include <time.h>

#include "lib/log.h"

/* As text, a day and a minute. */
#define DATE_MAX	32

static void warn(const char *certificate, int64_t end_s)
{
	time_t end = (time_t)end_s;
	char date[DATE_MAX] = "?";
	struct tm tm;

	if (gmtime_r(&end, &tm))
		(void)strftime(date, sizeof(date), "%Y-%m-%d %H:%M UTC", &tm);
	log_warning("The certificate of NTS %s, or one of those who signed it, expired at %s: clients refuse it and get no keys. Renew it, and: truechime reload",
		    certificate, date);
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

		if (!end_s || utc_s <= end_s || watch->said[i])
			continue;
		watch->said[i] = true;
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
