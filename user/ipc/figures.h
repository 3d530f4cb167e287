/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tables show of the daemon's state, as numbers with chronyd's signs: offsets of our clock and
 * its frequency are positive where it is ahead and fast. Pure; the interfaces give them their form.
 */
#ifndef IPC_FIGURES_H
#define IPC_FIGURES_H

#include "ipc/state.h"

/**
 * struct tracking_figures - how the clock follows its sources
 * @source: that is selected; NULL: none
 * @stratum: ours; 0: no source is selected
 * @correction_ns: what the system clock needs: positive where it is behind, as in chronyc's CSV
 * @last_offset_ns: of the clock before the latest update
 * @rms_offset_ns: its long-term average
 * @frequency: of the system clock, without what corrects its phase; a fraction, as the next two
 * @residual: by which the sources show another frequency, if state.has_rate
 * @skew: one standard error of that, if state.has_rate
 */
struct tracking_figures {
	const struct state_source *source;
	int stratum;
	int64_t correction_ns;
	int64_t last_offset_ns;
	double rms_offset_ns;
	double frequency;
	double residual;
	double skew;
};

/* Of the clock, and of the selected source, if there is one. */
void figures_of_tracking(const struct state *state, struct tracking_figures *figures);

/* The leap indicator of a clock that is not synchronised, as in packets. */
#define FIGURES_LEAP_UNSYNCHRONISED	3

/**
 * struct reference_figures - what the clock follows, as chronyd calls it
 * @source: that is selected; NULL: none
 * @refid: of what is followed, 0: nothing
 * @stratum: ours, 0: none
 * @leap: as in packets
 * @utc_ns: of the latest update
 * @root_delay_ns: to the primary reference
 * @root_dispersion_ns: same; with half of the delay, and the offset, the bound of the clock
 */
struct reference_figures {
	const struct state_source *source;
	uint32_t refid;
	int stratum;
	int leap;
	int64_t utc_ns;
	int64_t root_delay_ns;
	int64_t root_dispersion_ns;
};

/* @tracking: the figures of the same state. */
void figures_of_reference(const struct state *state, const struct tracking_figures *tracking,
			  struct reference_figures *figures);

/**
 * struct source_figures - what a source says, if it has an estimate
 * @age_ns: since its latest sample
 * @measured_ns: offset of the clock by that sample, when it was taken
 * @adjusted_ns: same of the clock as it is now
 * @offset_ns: estimated offset of the timescale now
 * @frequency: by which our clock gains on the source; a fraction, as the next one
 * @skew: one standard error of that
 */
struct source_figures {
	int64_t age_ns;
	int64_t measured_ns;
	int64_t adjusted_ns;
	int64_t offset_ns;
	double frequency;
	double skew;
};

/* @status: of the source, which has an estimate. */
void figures_of_source(const struct state *state, const struct source_status *status,
		       struct source_figures *figures);

/*
 * What was measured by the latest answer of a server, whether it was used or not, or by the latest
 * reading of a reference clock. NULL: nothing.
 */
const struct source_sample *figures_latest_sample(const struct state_source *source);

/* How far our clock was ahead of a source by @sample of it, when that was taken. */
int64_t figures_measured_ns(const struct state *state, const struct source_sample *sample);

/*
 * What became of the source @index in the selection. While none can be reached, as when all are
 * offline, what they said last holds, but none of them is in use.
 */
enum source_verdict figures_verdict(const struct state *state, size_t index);

/* The letter of chronyc's selectdata for the source @index, likewise. */
char figures_letter(const struct state *state, size_t index);

/* How many sources are in which state of activity, without reference clocks, as chronyc counts. */
void figures_of_activity(const struct state *state, int counts[ASSOCIATION_ACTIVITIES]);

#endif /* IPC_FIGURES_H */
