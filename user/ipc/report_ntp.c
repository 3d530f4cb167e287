// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets and selection of one source as JSON.
 */
#include "ipc/report.h"

#include "ipc/figures.h"
#include "ntp/answer_tests.h"

/* What became of the timestamps of the latest exchange. Offset and delay are 0 without one. */
static void add_measured(json_t *reply, const struct state *state,
			 const struct state_source *source)
{
	const struct source_sample *sample = figures_latest_sample(source);
	int64_t measured_ns = sample ? figures_measured_ns(state, sample) : 0;

	json_object_update_new(reply, json_pack("{s:I,s:I,s:I,s:I}",
						/* As in packets: positive where it is ahead. */
						"offset_ns", (json_int_t)-measured_ns,
						"delay_ns", sample ?
						(json_int_t)sample->delay_ns : 0,
						"dispersion_ns", sample ?
						(json_int_t)sample->noise_ns : 0,
						"response_ns",
						(json_int_t)source->info.record->response_ns));
}

/* As chrony has them; of no answer all are 0. */
static void add_tests(json_t *reply, const struct ntp_client_record *record)
{
	struct answer_tests tests = answer_tests_of(record->answer.verdict);

	if (!record->answer.packet.version)
		tests = (struct answer_tests){ "000", "000", "0000" };
	json_object_set_new(reply, "tests", json_sprintf("%s %s %s", tests.packet, tests.server,
							 tests.measured));
}

static void add_counts(json_t *reply, const struct state_source *source)
{
	const struct ntp_client_record *record = source->info.record;

	json_object_update_new(reply, json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
						"sent", (json_int_t)source->status.sent,
						"packets", (json_int_t)record->packets,
						"valid", (json_int_t)record->valid,
						"good", (json_int_t)record->good,
						"sent_by_kernel",
						(json_int_t)record->sent_by_kernel,
						"received_by_kernel",
						(json_int_t)record->received_by_kernel,
						"by_hardware", (json_int_t)record->by_card));
}

json_t *report_ntp(const struct state *state, const struct state_source *source)
{
	const struct ntp_client_record *record = source->info.record;
	const struct ntp_packet *answer;
	char local[NET_ADDRESS_TEXT_MAX];
	json_t *reply;

	if (!record || source->status.options->kind == SOURCE_REFCLOCK)
		return json_null();
	answer = &record->answer.packet;
	net_address_format(&record->local, local);
	reply = json_pack("{s:s,s:b,s:s,s:i,s:i,s:i,s:i,s:i,s:I,s:I,s:I,s:I,s:b,s:b,s:b}",
			  "local_address", local,
			  "answered", answer->version != 0,
			  "leap", report_leap((int)answer->leap),
			  "version", answer->version,
			  "mode", (int)answer->mode,
			  "stratum", answer->stratum,
			  "poll", answer->poll,
			  "precision", answer->precision,
			  "root_delay_ns", (json_int_t)answer->root_delay_ns,
			  "root_dispersion_ns", (json_int_t)answer->root_dispersion_ns,
			  "refid", (json_int_t)answer->refid,
			  "reference_time_ns", answer->reference ?
				(json_int_t)ntp_timestamp_to_ns(answer->reference) : 0,
			  "interleaved", record->answer.interleaved,
			  "kernel_sent", record->answer.kernel_sent,
			  "kernel_received", record->answer.kernel_received);
	add_tests(reply, record);
	add_measured(reply, state, source);
	add_counts(reply, source);

	return reply;
}

json_t *report_selection(const struct state *state, size_t index)
{
	const struct source_status *status = &state->sources[index].status;
	const struct config_said *said = &state->sources[index].info.said;
	const struct source_options *options = status->options;
	const char letter[] = { figures_letter(state, index), '\0' };
	struct source_figures figures;
	json_t *reply;

	reply = json_pack("{s:s,s:s,s:b,s:b,s:b,s:b,s:{s:b,s:b,s:b}}", "letter", letter,
			  "leap", report_leap(status->has_estimate ? status->last.leap :
							 FIGURES_LEAP_UNSYNCHRONISED),
			  "noselect", options->noselect, "prefer", options->prefer,
			  "trust", options->trust, "require", options->require,
			  "configured", "noselect", said->noselect, "trust", said->trust,
			  "require", said->require);
	/* One that is only watched takes no part in the selection. */
	if (!status->has_estimate || options->noselect)
		return reply;
	figures_of_source(state, status, &figures);
	json_object_update_new(reply, json_pack("{s:I,s:f,s:f}",
						"age_ns", (json_int_t)figures.age_ns,
						"low_ns", (double)figures.offset_ns -
							  status->root_distance_ns,
						"high_ns", (double)figures.offset_ns +
							   status->root_distance_ns));

	return reply;
}
