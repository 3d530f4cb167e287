/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of the files of measurements, from the daemon's state: chronyd's columns, widths, units
 * and signs, so that what reads its files reads these. Pure.
 */
#ifndef IPC_LOG_LINES_H
#define IPC_LOG_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "ipc/state.h"
#include "ipc/log_files.h"

/* Room for any entry. */
#define LOG_LINE_MAX	256

/* The names of the columns. */
const char *log_line_banner(enum config_log file);

/* The answer passed the tests of RFC 5905: it is a measurement, whether it was used or not. */
bool log_line_is_valid(const struct ntp_client_answer *answer);

/* The latest answer of a server; @state: before the update that it leads to. */
void log_line_measurements(const struct state *state, const struct state_source *source,
			   char line[LOG_LINE_MAX]);

/**
 * log_line_statistics() - what the samples of a source show
 * @state: before the update that the latest of them leads to
 * @source: that has an estimate
 * @rate: as it was before that sample
 * @rate_sigma: of it, its standard error; 0: there was none
 * @line: result
 */
void log_line_statistics(const struct state *state, const struct state_source *source, double rate,
			 double rate_sigma, char line[LOG_LINE_MAX]);

/* The latest sample of a reference clock; @state: before the update that it leads to. */
void log_line_refclocks(const struct state *state, const struct state_source *source,
			char line[LOG_LINE_MAX]);

/* For the same file: a reading that samples are made of, by the same reference as @state. */
void log_line_reading(const struct state *state, const struct state_source *source,
		      const struct refclock_taken *taken, char line[LOG_LINE_MAX]);

/* What became of the source @index. */
void log_line_selection(const struct state *state, size_t index, char line[LOG_LINE_MAX]);

/**
 * log_line_tracking() - an update of the clock
 * @state: after it
 * @remaining_ns: of earlier corrections; positive where the system clock was behind
 * @bound_ns: of the system clock's error right before it
 * @line: result
 */
void log_line_tracking(const struct state *state, int64_t remaining_ns, int64_t bound_ns,
		       char line[LOG_LINE_MAX]);

#endif /* IPC_LOG_LINES_H */
