/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's public state: one plain structure, which the daemon fills and all interfaces read.
 * Instants and signs are those of its parts.
 */
#ifndef IPC_STATE_H
#define IPC_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "discipline/discipline.h"
#include "discipline/source.h"
#include "ntp/packet.h"
#include "sources/association.h"
#include "steering/steering.h"

/*
 * The reference's name where no source has corrected the clock: a host is followed, or nothing; and
 * where that is not known to be right, but served as it is: 127.127.1.1, the local clock.
 */
#define STATE_REFID_HOST	NTP_REFID('H', 'O', 'S', 'T')
#define STATE_REFID_HOLD	NTP_REFID('H', 'O', 'L', 'D')
#define STATE_REFID_LOCAL	0x7f7f0101

/*
 * What a host follows is not known. Most follow servers of stratum 2, as those of the pool are; the
 * bound, which is told too, says what it is worth.
 */
#define STATE_STRATUM_HOST	4

/**
 * struct state_update - the latest change of the timescale by its sources' samples
 * @result: the discipline's latest verdict, whether it changed anything or not
 * @raw_ns: when the latest change was; 0: there was none yet
 * @utc_ns: same, by the timescale
 * @interval_ns: between the latest two
 * @refid: of the source that was selected last, which may have been deleted since
 * @serial: source_serial() of that one
 */
struct state_update {
	struct discipline_result result;
	int64_t raw_ns;
	int64_t utc_ns;
	int64_t interval_ns;
	uint32_t refid;
	uint64_t serial;
};

/* Its sources' correction is in force, and they have not been found to be of no use since. */
static inline bool state_follows_source(const struct state_update *update,
					const struct steering_status *steering)
{
	const struct discipline_result *result = &update->result;

	return update->raw_ns && steering->has_correction &&
	       (result->selection.selected >= 0 ||
		result->stratum < NTP_STRATUM_UNSYNCHRONISED);
}

/**
 * struct state_source - a time source
 * @info: who it is
 * @status: what it says, at the instant of struct steering_status's clocks
 */
struct state_source {
	struct association_info info;
	struct source_status status;
};

/**
 * struct state - the daemon at one instant
 * @raw_ns: the instant
 * @timescale: name of its backend
 * @configuration: the file that it reads; "": its command line has the directives
 * @observing: it changes nothing (-x)
 * @yielding: nor this, because another time daemon runs
 * @steering: the clocks, and what is published of them
 * @update: the latest update by the sources
 * @has_rate: the rate of the reference was learned ...
 * @rate: ... d(UTC)/d(reference) - 1 ...
 * @rate_sigma: ... and its standard error
 * @set_by_hand_ns: the operator has set the time, which is in force, and it was this; 0: no
 * @manual: he may
 * @local_stratum: the clock is served as it is, with this stratum; 0: it is not
 * @maxdistance_ns: root distance of a source beyond which it is not used
 * @minsources: sources that have to agree before any is used
 * @configured: directives that name sources
 * @source_count: sources of these
 * @sources: in the order of the configuration; selections are indices of these
 */
struct state {
	int64_t raw_ns;
	const char *timescale;
	const char *configuration;
	bool observing;
	bool yielding;
	struct steering_status steering;
	struct state_update update;
	bool has_rate;
	double rate;
	double rate_sigma;
	int64_t set_by_hand_ns;
	bool manual;
	int local_stratum;
	int64_t maxdistance_ns;
	int minsources;
	size_t configured;
	size_t source_count;
	struct state_source sources[CONFIG_SOURCES_MAX];
};

struct nts_statistics;
struct server_statistics;

/**
 * struct server_counts - what is counted of the server
 * @statistics: of its process; NULL: nothing is served
 * @clients: that these have room for
 * @xdp: of the kernel, which answers, too; NULL: it does not
 * @nts: of the processes for keys of NTS; NULL: none has run
 * @certificate_end_s: when their certificate expires, in s since 1970; 0: not known
 * @commands_received: packets of chronyc
 * @commands_dropped: of these, not answered for their rate
 */
struct server_counts {
	const struct server_statistics *statistics;
	size_t clients;
	const uint64_t *xdp;
	const struct nts_statistics *nts;
	int64_t certificate_end_s;
	uint64_t commands_received;
	uint64_t commands_dropped;
};

#endif /* IPC_STATE_H */
