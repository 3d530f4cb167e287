/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Certificates that have expired while they are shown to clients of NTS: each is named in the log
 * once, or again if only a clock that was ahead said so. The processes that read them say when that
 * is.
 */
#ifndef DAEMON_CERTIFICATE_WATCH_H
#define DAEMON_CERTIFICATE_WATCH_H

#include <stdint.h>

#include "config/config.h"
#include "server/nts_settings.h"

/**
 * struct certificate_watch - zero it at each start and reload
 * @said_s: when it was said of each, as the system clock had it, in the order of the configuration;
 *	0: it was not
 */
struct certificate_watch {
	int64_t said_s[CONFIG_NTS_PAIRS_MAX];
};

/**
 * certificate_watch_check() - warn of those that have expired
 * @watch: what was said
 * @config: their files
 * @validity: when they expire
 * @settings: the number of the settings by which these files are read; other ones are not judged
 * @utc_s: s of UTC since 1970, as the system clock has it
 */
void certificate_watch_check(struct certificate_watch *watch, const struct config_nts *config,
			     const struct nts_validity *validity, uint64_t settings,
			     int64_t utc_s);

/*
 * When the first of them expires, in s of UTC since 1970; 0: it is not known. @settings as of
 * certificate_watch_check().
 */
int64_t certificate_watch_end_s(const struct nts_validity *validity, uint64_t settings);

#endif /* DAEMON_CERTIFICATE_WATCH_H */
