// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entries of the files of measurements.
 */
#include "ipc/log_lines.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/line.h"
#include "ipc/figures.h"
#include "lib/names.h"
#include "lib/time_units.h"
#include "ntp/answer_tests.h"

#define PPM		1e6

/* What chronyd counts and there is not here: a source's score, and samples that were cut off. */
#define SCORE		1.0
#define CUT_OFF		0

static const char *const banners[CONFIG_LOGS] = {
	[CONFIG_LOG_MEASUREMENTS] =
		"   Date (UTC) Time     IP Address   L St 123 567 ABCD  LP RP Score    Offset  Peer del. Peer disp.  Root del. Root disp. Refid     MTxRx",
	[CONFIG_LOG_STATISTICS] =
		"   Date (UTC) Time     IP Address    Std dev'n Est offset  Offset sd  Diff freq   Est skew  Stress  Ns  Bs  Nr  Asym",
	[CONFIG_LOG_SELECTION] =
		"   Date (UTC) Time     IP Address   S EOpts Reach Score Last sample  Low end   High end",
	[CONFIG_LOG_TRACKING] =
		"   Date (UTC) Time     IP Address   St   Freq ppm   Skew ppm     Offset L Co  Offset sd Rem. corr. Root delay Root disp. Max. error",
	[CONFIG_LOG_REFCLOCKS] =
		"   Date (UTC) Time         Refid  DP L P  Raw offset   Cooked offset      Disp.",
};

const char *log_line_banner(enum config_log file)
{
	return banners[file];
}

static double seconds_of(int64_t ns)
{
	return (double)ns / NS_PER_S_REAL;
}

static char leap_letter(int leap)
{
	return "N+-?"[leap & 3];
}

/* UTC now, of which 19 characters show the seconds, and 26 the microseconds. */
static struct time_text now_text(const struct state *state)
{
	return time_text(state->steering.now.time_ns);
}

/* Same of the instant of a sample, as far as it was known then. */
static struct time_text sample_time_text(const struct state *state,
					 const struct source_sample *sample)
{
	int64_t time_ns = chime_add_sat(sample->at_ns, sample->offset_ns);

	return time_text(chime_add_sat(time_ns, figures_measured_ns(state, sample)));
}

bool log_line_is_valid(const struct ntp_client_answer *answer)
{
	struct answer_tests tests = answer_tests_of(answer->verdict);

	return !strchr(tests.packet, '0') && !strchr(tests.server, '0');
}

/* By how much the clock was behind, as a packet has it. */
static double offset_of(const struct state *state, const struct source_sample *sample)
{
	return 0.0 - seconds_of(figures_measured_ns(state, sample));
}

void log_line_measurements(const struct state *state, const struct state_source *source,
			   char line[LOG_LINE_MAX])
{
	const struct ntp_client_answer *answer = source->info.latest;
	const struct ntp_packet *packet = &answer->packet;
	struct answer_tests tests = answer_tests_of(answer->verdict);
	bool measured = answer->sample.delay_ns;

	snprintf(line, LOG_LINE_MAX,
		 "%.19s %-15s %1c %2d %s %s %s  %2d %2d %4.2f %10.3e %10.3e %10.3e %10.3e %10.3e %08X %1d%1c %1c %1c",
		 now_text(state).text, source->info.address, leap_letter((int)packet->leap),
		 packet->stratum, tests.packet, tests.server, tests.measured, source->status.poll,
		 packet->poll, SCORE, measured ? offset_of(state, &answer->sample) : 0.0,
		 seconds_of(answer->sample.delay_ns), seconds_of(answer->sample.noise_ns),
		 seconds_of(packet->root_delay_ns), seconds_of(packet->root_dispersion_ns),
		 packet->refid, (int)packet->mode, answer->interleaved ? 'I' : 'B',
		 answer->by_card ? 'H' : answer->kernel_sent ? 'K' : 'D',
		 answer->by_card ? 'H' : answer->kernel_received ? 'K' : 'D');
}

void log_line_statistics(const struct state *state, const struct state_source *source, double rate,
			 double rate_sigma, char line[LOG_LINE_MAX])
{
	const struct source_status *status = &source->status;
	double stress = rate_sigma > 0 ? fabs(status->estimate.rate - rate) / rate_sigma : 0.0;
	double asymmetry = status->options->asymmetry;
	struct source_figures figures;

	figures_of_source(state, status, &figures);
	snprintf(line, LOG_LINE_MAX,
		 "%.19s %-15s %10.3e %10.3e %10.3e %10.3e %10.3e %7.1e %3u %3d %3u %5.2f",
		 now_text(state).text, source->info.address, status->jitter_ns / NS_PER_S_REAL,
		 seconds_of(figures.offset_ns), status->estimate.sigma_ns / NS_PER_S_REAL,
		 figures.frequency, figures.skew, stress, status->samples, CUT_OFF, status->runs,
		 fabs(asymmetry) <= SOURCE_ASYMMETRY_MAX ? asymmetry : 0.0);
}

void log_line_refclocks(const struct state *state, const struct state_source *source,
			char line[LOG_LINE_MAX])
{
	const struct source_sample *sample = &source->status.last;

	snprintf(line, LOG_LINE_MAX, "%.26s %-5s   - %1c -       -       %13.6e %10.3e",
		 sample_time_text(state, sample).text, source->info.address,
		 leap_letter(sample->leap), offset_of(state, sample),
		 seconds_of(sample->noise_ns));
}

void log_line_reading(const struct state *state, const struct state_source *source,
		      const struct refclock_taken *taken, char line[LOG_LINE_MAX])
{
	const struct source_sample *sample = &taken->sample;

	snprintf(line, LOG_LINE_MAX, "%.26s %-5s %3u %1c %1d %13.6e %13.6e %10.3e",
		 sample_time_text(state, sample).text, source->info.address, taken->number,
		 leap_letter(sample->leap), taken->pulse, seconds_of(taken->ahead_ns),
		 offset_of(state, sample), seconds_of(sample->noise_ns));
}

void log_line_selection(const struct state *state, size_t index, char line[LOG_LINE_MAX])
{
	const struct state_source *source = &state->sources[index];
	const struct source_status *status = &source->status;
	const struct source_options *options = status->options;
	struct source_figures figures = { .age_ns = 0 };
	double distance_ns = 0.0;

	/* One that is only watched takes no part in the selection. */
	if (status->has_estimate && !options->noselect) {
		figures_of_source(state, status, &figures);
		distance_ns = status->root_distance_ns;
	}
	snprintf(line, LOG_LINE_MAX,
		 "%.19s %-15s %c -%c%c%c%c %4o %5.2f %10.3e %10.3e %10.3e",
		 now_text(state).text, source->info.address, figures_letter(state, index),
		 options->noselect ? 'N' : '-', options->prefer ? 'P' : '-',
		 options->trust ? 'T' : '-', options->require ? 'R' : '-', status->reach, SCORE,
		 seconds_of(figures.age_ns),
		 ((double)figures.offset_ns - distance_ns) / NS_PER_S_REAL,
		 ((double)figures.offset_ns + distance_ns) / NS_PER_S_REAL);
}

void log_line_tracking(const struct state *state, int64_t remaining_ns, int64_t bound_ns,
		       char line[LOG_LINE_MAX])
{
	const struct steering_status *steering = &state->steering;
	struct reference_figures reference;
	struct tracking_figures figures;

	figures_of_tracking(state, &figures);
	figures_of_reference(state, &figures, &reference);
	snprintf(line, LOG_LINE_MAX,
		 "%.19s %-15s %2d %10.3f %10.3f %10.3e %1c %2zu %10.3e %10.3e %10.3e %10.3e %10.3e",
		 now_text(state).text, reference.source ? reference.source->info.address :
							  refid_text(reference.refid).text,
		 reference.stratum, figures.frequency * PPM, figures.skew * PPM,
		 seconds_of(figures.last_offset_ns), leap_letter(reference.leap),
		 state->update.result.selection.count,
		 seconds_of(chime_line_sigma(&steering->correction, steering->now.reference_ns)),
		 seconds_of(remaining_ns), seconds_of(reference.root_delay_ns),
		 seconds_of(reference.root_dispersion_ns), seconds_of(bound_ns));
}
