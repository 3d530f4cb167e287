// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's state for chronyc.
 */
#include "chronyc/report.h"

#include <math.h>

#include "ipc/figures.h"
#include "lib/time_units.h"
#include "ntp/answer_tests.h"

#define PPM		1e6

/* Nothing stays at its score here: the best source is selected at each update. */
#define SCORE	1.0

/* What chronyd says of the rate of a source without a sample, in ppm, and of its scatter. */
#define SKEW_UNKNOWN	2000.0
#define SCATTER_UNKNOWN	4.0

static struct chronyc_address address_of(const struct association_info *info)
{
	struct chronyc_address address = { .ip = info->ip, .id = (uint32_t)info->serial };

	address.family = info->ip.family == AF_INET ? CHRONYC_FAMILY_IPV4 :
			 info->ip.family == AF_INET6 ? CHRONYC_FAMILY_IPV6 : CHRONYC_FAMILY_ID;

	return address;
}

static bool is_refclock(const struct state_source *source)
{
	return source->status.options->kind == SOURCE_REFCLOCK;
}

/* A refclock has none, and chronyc shows its reference id. */
static void put_source_address(struct chronyc_reply *reply, const struct state_source *source)
{
	struct chronyc_address address = { .family = CHRONYC_FAMILY_NONE };

	if (source && !is_refclock(source))
		address = address_of(&source->info);
	chronyc_put_address(reply, &address);
}

static void put_age(struct chronyc_reply *reply, int64_t age_ns)
{
	chronyc_put(reply, age_ns < 0 ? 0 : (uint32_t)(age_ns / NS_PER_S));
}

/* --- tracking --- */

void chronyc_report_tracking(const struct state *state, struct chronyc_reply *reply)
{
	struct tracking_figures figures;
	struct reference_figures reference;
	bool known;

	figures_of_tracking(state, &figures);
	figures_of_reference(state, &figures, &reference);
	known = reference.source && state->has_rate;
	chronyc_reply_set_contents(reply, CHRONYC_REPLY_TRACKING);
	chronyc_put(reply, reference.refid);
	put_source_address(reply, reference.source);
	chronyc_put16(reply, (uint16_t)reference.stratum);
	chronyc_put16(reply, (uint16_t)reference.leap);
	chronyc_put_time(reply, reference.utc_ns);
	chronyc_put_seconds(reply, figures.correction_ns);
	chronyc_put_seconds(reply, figures.last_offset_ns);
	chronyc_put_real(reply, figures.rms_offset_ns / NS_PER_S);
	chronyc_put_real(reply, figures.frequency * PPM);
	chronyc_put_real(reply, known ? figures.residual * PPM : 0);
	chronyc_put_real(reply, known ? figures.skew * PPM : 0);
	chronyc_put_seconds(reply, reference.root_delay_ns);
	chronyc_put_seconds(reply, reference.root_dispersion_ns);
	chronyc_put_seconds(reply, state->update.interval_ns);
}

/* --- lists of sources --- */

void chronyc_report_source_count(const struct state *state, struct chronyc_reply *reply)
{
	chronyc_reply_set_contents(reply, CHRONYC_REPLY_SOURCE_COUNT);
	chronyc_put(reply, (uint32_t)state->source_count);
}

void chronyc_report_activity(const struct state *state, struct chronyc_reply *reply)
{
	int counts[ASSOCIATION_ACTIVITIES];

	figures_of_activity(state, counts);
	chronyc_reply_set_contents(reply, CHRONYC_REPLY_ACTIVITY);
	for (int i = 0; i < ASSOCIATION_ACTIVITIES; i++)
		chronyc_put(reply, (uint32_t)counts[i]);
}

/* The source whose number is the next parameter; NULL: there is none, and @reply says so. */
static const struct state_source *take_source(const struct state *state,
					      struct chronyc_request *request,
					      struct chronyc_reply *reply)
{
	uint32_t index = chronyc_take(request);

	if (index < state->source_count)
		return &state->sources[index];
	chronyc_reply_set_status(reply, CHRONYC_NO_SUCH_SOURCE);

	return NULL;
}

static enum chronyc_state state_of(const struct state *state, const struct state_source *source)
{
	/* As chronyd's of a source that it only watches. */
	if (source->status.options->noselect)
		return CHRONYC_STATE_UNUSABLE;
	switch (figures_verdict(state, (size_t)(source - state->sources))) {
	case SOURCE_UNUSABLE:
		return CHRONYC_STATE_UNUSABLE;
	case SOURCE_FALSETICKER:
		return CHRONYC_STATE_FALSETICKER;
	case SOURCE_TOO_VARIABLE:
		return CHRONYC_STATE_TOO_VARIABLE;
	case SOURCE_NOT_COMBINED:
		return CHRONYC_STATE_NOT_COMBINED;
	case SOURCE_COMBINED:
		return CHRONYC_STATE_COMBINED;
	case SOURCE_SELECTED:
		return CHRONYC_STATE_SELECTED;
	}

	return CHRONYC_STATE_UNUSABLE;
}

/* Here a refclock's reference id stands for its address. */
static struct chronyc_address shown_address(const struct state_source *source)
{
	struct chronyc_address address = { .family = CHRONYC_FAMILY_IPV4 };

	if (!is_refclock(source))
		return address_of(&source->info);
	for (int i = 0; i < 4; i++)
		address.ip.bytes[i] = (uint8_t)(source->info.refid >> (24 - 8 * i));

	return address;
}

void chronyc_report_source(const struct state *state, struct chronyc_request *request,
			   struct chronyc_reply *reply)
{
	const struct state_source *source = take_source(state, request, reply);
	struct source_figures figures;
	struct chronyc_address address;
	bool known;

	if (!source)
		return;
	known = source->status.has_estimate;
	figures_of_source(state, &source->status, &figures);
	address = shown_address(source);
	chronyc_reply_set_contents(reply, CHRONYC_REPLY_SOURCE_DATA);
	chronyc_put_address(reply, &address);
	chronyc_put16(reply, (uint16_t)source->status.poll);
	chronyc_put16(reply, known ? (uint16_t)source->status.stratum : 0);
	chronyc_put16(reply, (uint16_t)state_of(state, source));
	chronyc_put16(reply, is_refclock(source) ? CHRONYC_MODE_REFCLOCK : CHRONYC_MODE_CLIENT);
	chronyc_put16(reply, 0);
	chronyc_put16(reply, source->status.reach);
	if (!known) {
		chronyc_put(reply, CHRONYC_AGE_UNKNOWN);
		chronyc_put_zeros(reply, 3 * sizeof(uint32_t));
		return;
	}
	put_age(reply, figures.age_ns);
	chronyc_put_seconds(reply, figures.measured_ns);
	chronyc_put_seconds(reply, figures.adjusted_ns);
	chronyc_put_real(reply, source->status.root_distance_ns / NS_PER_S);
}

/* The source whose number is the next parameter, and the beginning of the reply about it. */
static const struct state_source *begin_source(const struct state *state,
					       struct chronyc_request *request,
					       enum chronyc_contents contents,
					       struct chronyc_reply *reply)
{
	const struct state_source *source = take_source(state, request, reply);

	if (!source)
		return NULL;
	chronyc_reply_set_contents(reply, contents);
	chronyc_put(reply, source->info.refid);
	put_source_address(reply, source);

	return source;
}

void chronyc_report_sourcestats(const struct state *state, struct chronyc_request *request,
				struct chronyc_reply *reply)
{
	const struct state_source *source;
	const struct source_status *status;
	struct source_figures figures;

	source = begin_source(state, request, CHRONYC_REPLY_SOURCESTATS, reply);
	if (!source)
		return;
	status = &source->status;
	figures_of_source(state, status, &figures);
	if (!status->has_estimate) {
		chronyc_put_zeros(reply, 3 * sizeof(uint32_t));
		chronyc_put_real(reply, SCATTER_UNKNOWN);
		chronyc_put_real(reply, 0);
		chronyc_put_real(reply, SKEW_UNKNOWN);
		chronyc_put_zeros(reply, 2 * sizeof(uint32_t));
		return;
	}
	chronyc_put(reply, status->samples);
	chronyc_put(reply, status->runs);
	chronyc_put(reply, (uint32_t)(status->span_ns / NS_PER_S));
	chronyc_put_real(reply, status->jitter_ns / NS_PER_S);
	chronyc_put_real(reply, figures.frequency * PPM);
	chronyc_put_real(reply, figures.skew * PPM);
	chronyc_put_seconds(reply, figures.offset_ns);
	chronyc_put_real(reply, status->estimate.sigma_ns / NS_PER_S);
}

/* --- selection --- */

static uint16_t options_of(bool noselect, bool prefer, bool trust, bool require)
{
	return (uint16_t)((noselect ? CHRONYC_SELECT_NOSELECT : 0) |
			  (prefer ? CHRONYC_SELECT_PREFER : 0) |
			  (trust ? CHRONYC_SELECT_TRUST : 0) |
			  (require ? CHRONYC_SELECT_REQUIRE : 0));
}

/* As configured, and as authselectmode has them. */
static void put_options(struct chronyc_reply *reply, const struct state_source *source)
{
	const struct source_options *options = source->status.options;
	const struct config_said *said = &source->info.said;

	chronyc_put16(reply, options_of(said->noselect, options->prefer, said->trust,
					said->require));
	chronyc_put16(reply, options_of(options->noselect, options->prefer, options->trust,
					options->require));
}

void chronyc_report_selectdata(const struct state *state, struct chronyc_request *request,
			       struct chronyc_reply *reply)
{
	const struct state_source *source;
	const struct source_status *status;
	struct source_figures figures;

	source = begin_source(state, request, CHRONYC_REPLY_SELECTDATA, reply);
	if (!source)
		return;
	status = &source->status;
	figures_of_source(state, status, &figures);
	chronyc_put8(reply, (uint8_t)figures_letter(state, (size_t)(source - state->sources)));
	chronyc_put8(reply, source->info.authenticated);
	chronyc_put8(reply, status->has_estimate ? status->last.leap : FIGURES_LEAP_UNSYNCHRONISED);
	chronyc_put8(reply, 0);
	put_options(reply, source);
	/* One that is only watched takes no part in the selection. */
	if (!status->has_estimate || status->options->noselect) {
		chronyc_put(reply, 0);
		chronyc_put_real(reply, SCORE);
		chronyc_put_zeros(reply, 2 * sizeof(uint32_t));
		return;
	}
	put_age(reply, figures.age_ns);
	chronyc_put_real(reply, SCORE);
	chronyc_put_real(reply, ((double)figures.offset_ns - status->root_distance_ns) / NS_PER_S);
	chronyc_put_real(reply, ((double)figures.offset_ns + status->root_distance_ns) / NS_PER_S);
}

/* --- one source --- */

static bool is_at(const struct state_source *source, const struct chronyc_address *address)
{
	struct chronyc_address own = address_of(&source->info);

	if (is_refclock(source) || own.family != address->family)
		return false;
	if (own.family == CHRONYC_FAMILY_ID)
		return own.id == address->id;
	/* The interface of a link-local address is not in the protocol. */
	own.ip.scope = address->ip.scope;

	return net_address_equal(&own.ip, &address->ip);
}

const struct state_source *chronyc_find_source(const struct state *state,
					       const struct chronyc_address *address)
{
	for (size_t i = 0; i < state->source_count; i++) {
		if (is_at(&state->sources[i], address))
			return &state->sources[i];
	}

	return NULL;
}

const struct state_source *chronyc_find_refclock(const struct state *state, uint32_t refid)
{
	for (size_t i = 0; i < state->source_count; i++) {
		if (is_refclock(&state->sources[i]) && state->sources[i].info.refid == refid)
			return &state->sources[i];
	}

	return NULL;
}

static const struct state_source *take_addressed(const struct state *state,
						 struct chronyc_request *request,
						 struct chronyc_reply *reply)
{
	const struct state_source *source;
	struct chronyc_address address;

	chronyc_take_host(request, &address);
	source = chronyc_find_source(state, &address);
	if (!source)
		chronyc_reply_set_status(reply, CHRONYC_NO_SUCH_SOURCE);

	return source;
}

void chronyc_report_sourcename(const struct state *state, struct chronyc_request *request,
			       struct chronyc_reply *reply)
{
	const struct state_source *source = take_addressed(state, request, reply);

	if (!source)
		return;
	chronyc_reply_set_contents(reply, CHRONYC_REPLY_SOURCENAME);
	chronyc_put_name(reply, source->info.name);
}

/* A bit for each test that was passed, the last one lowest. */
static unsigned int passed(const struct ntp_client_record *record)
{
	struct answer_tests tests = answer_tests_of(record->answer.verdict);
	const char * const groups[] = { tests.packet, tests.server, tests.measured };
	unsigned int bits = 0;

	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		for (const char *test = groups[i]; *test; test++)
			bits = bits << 1 | (*test == '1');
	}

	return record->answer.packet.version ? bits : 0;
}

static uint16_t flags_of(const struct association_info *info)
{
	const struct ntp_client_record *record = info->record;
	/* No other answer is taken of such a source. */
	bool authenticated = info->authenticated && record->answer.packet.version;

	return (uint16_t)(passed(record) |
			  (record->answer.interleaved ? CHRONYC_NTP_INTERLEAVED : 0) |
			  (authenticated ? CHRONYC_NTP_AUTHENTICATED : 0));
}

/* Daemon, kernel or network card; nothing before the first answer. */
static uint8_t stamp_letter(const struct association_info *info, bool kernel)
{
	if (!info->record->answer.packet.version)
		return 0;
	if (info->hardware_timestamps)
		return 'H';

	return kernel ? 'K' : 'D';
}

/* The header of the answer, and what was made of its timestamps. */
static void put_answer(const struct state *state, const struct state_source *source,
		       struct chronyc_reply *reply)
{
	const struct ntp_packet *answer = &source->info.record->answer.packet;
	const struct source_sample *sample = figures_latest_sample(source);

	chronyc_put8(reply, (uint8_t)answer->leap);
	chronyc_put8(reply, answer->version);
	chronyc_put8(reply, (uint8_t)answer->mode);
	chronyc_put8(reply, answer->stratum);
	chronyc_put8(reply, (uint8_t)answer->poll);
	chronyc_put8(reply, (uint8_t)answer->precision);
	chronyc_put_seconds(reply, answer->root_delay_ns);
	chronyc_put_seconds(reply, answer->root_dispersion_ns);
	chronyc_put(reply, answer->refid);
	chronyc_put_time(reply, answer->reference ? ntp_timestamp_to_ns(answer->reference) : 0);
	/* As in packets: positive where the server is ahead. */
	chronyc_put_seconds(reply, sample ? -figures_measured_ns(state, sample) : 0);
	chronyc_put_seconds(reply, sample ? sample->delay_ns : 0);
	chronyc_put_seconds(reply, sample ? sample->noise_ns : 0);
	chronyc_put_seconds(reply, source->info.record->response_ns);
	chronyc_put_real(reply, 0);
}

/* How many there were, and how many with which timestamps; the rest is for later versions. */
static void put_counts(const struct state_source *source, bool with_stamps,
		       struct chronyc_reply *reply)
{
	const struct ntp_client_record *record = source->info.record;

	chronyc_put(reply, (uint32_t)source->status.sent);
	chronyc_put(reply, (uint32_t)record->packets);
	chronyc_put(reply, (uint32_t)record->valid);
	chronyc_put(reply, (uint32_t)record->good);
	if (with_stamps) {
		chronyc_put(reply, (uint32_t)record->sent_by_kernel);
		chronyc_put(reply, (uint32_t)record->received_by_kernel);
		chronyc_put(reply, (uint32_t)record->by_card);
		chronyc_put(reply, (uint32_t)record->by_card);
	}
	for (int i = 0; i < (with_stamps ? 4 : 3); i++)
		chronyc_put(reply, UINT32_MAX);
}

void chronyc_report_ntpdata(const struct state *state, struct chronyc_request *request,
			    struct chronyc_reply *reply)
{
	bool with_stamps = chronyc_expects(request, CHRONYC_REPLY_NTPDATA_COUNTS);
	const struct state_source *source = take_addressed(state, request, reply);
	const struct ntp_client_record *record;
	struct chronyc_address local = { .family = CHRONYC_FAMILY_NONE };

	if (!source)
		return;
	record = source->info.record;
	local.ip = record->local;
	if (record->local.family != AF_UNSPEC)
		local.family = record->local.family == AF_INET6 ? CHRONYC_FAMILY_IPV6 :
								  CHRONYC_FAMILY_IPV4;
	chronyc_reply_set_contents(reply, with_stamps ? CHRONYC_REPLY_NTPDATA_COUNTS :
							CHRONYC_REPLY_NTPDATA);
	put_source_address(reply, source);
	chronyc_put_address(reply, &local);
	chronyc_put16(reply, (uint16_t)source->info.port);
	put_answer(state, source, reply);
	chronyc_put16(reply, flags_of(&source->info));
	chronyc_put8(reply, stamp_letter(&source->info, record->answer.kernel_sent));
	chronyc_put8(reply, stamp_letter(&source->info, record->answer.kernel_received));
	put_counts(source, with_stamps, reply);
}

static enum chronyc_authentication authentication_of(enum association_auth_mode mode)
{
	switch (mode) {
	case ASSOCIATION_AUTH_KEY:
		return CHRONYC_AUTH_KEY;
	case ASSOCIATION_AUTH_NTS:
		return CHRONYC_AUTH_NTS;
	case ASSOCIATION_AUTH_NONE:
		break;
	}

	return CHRONYC_AUTH_NONE;
}

void chronyc_report_authdata(const struct state *state, struct chronyc_request *request,
			     struct chronyc_reply *reply)
{
	const struct state_source *source = take_addressed(state, request, reply);
	const struct association_auth *auth;

	if (!source)
		return;
	auth = &source->info.auth;
	chronyc_reply_set_contents(reply, CHRONYC_REPLY_AUTHDATA);
	chronyc_put16(reply, authentication_of(auth->mode));
	chronyc_put16(reply, (uint16_t)auth->type);
	chronyc_put(reply, auth->key);
	chronyc_put16(reply, (uint16_t)auth->bits);
	chronyc_put16(reply, (uint16_t)auth->attempts);
	chronyc_put(reply, auth->established_ns == INT64_MIN ? CHRONYC_AGE_UNKNOWN :
		    (uint32_t)(chime_sub_sat(state->raw_ns, auth->established_ns) / NS_PER_S));
	chronyc_put16(reply, (uint16_t)auth->cookies);
	chronyc_put16(reply, (uint16_t)auth->cookie_size);
	chronyc_put16(reply, auth->refused);
	chronyc_put16(reply, 0);
}
