// SPDX-License-Identifier: GPL-2.0-only
/*
 * chronyc's reports: each value is at its place in the protocol of chrony 4.3, with its sign.
 */
#include "user/chronyc/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "selftests/unit/unit.h"
#include "user/ntp/bytes.h"

#define S	1000000000LL
#define CONTENTS	28

static const struct source_options server_options = { .name = "ntp.example.net",
						      .prefer = true, .trust = true };
static const struct source_options refclock_options = { .name = "/dev/ptp0",
							.kind = SOURCE_REFCLOCK };

FIXTURE(report)
{
	struct state state;
	struct ntp_client_record record;
	struct ntp_client_record nothing;
	struct chronyc_reply reply;
	uint8_t parameters[24];
	struct chronyc_request request;
};

/* A server that is selected, a refclock, and a server without an address. */
FIXTURE_SETUP(report)
{
	struct state *state = &self->state;
	struct state_source *source = state->sources;

	memset(state, 0, sizeof(*state));
	state->raw_ns = 1000 * S;
	state->source_count = 3;
	state->maxdistance_ns = 3 * S;
	state->steering = (struct steering_status){
		.valid = true, .synchronised = true, .leap = 1, .base_rate = -2e-6,
		.last_offset_ns = 3000, .rms_offset_ns = 4000, .maxerror_ns = 5000 + S / 8 + S / 8,
		.now = { .time_ns = 1700000000 * S + 5000, .realtime_ns = 1700000000 * S,
			 .reference_ns = 900 * S },
	};
	state->has_rate = true;
	state->rate = -2.5e-6;
	state->rate_sigma = 1e-7;
	state->update = (struct state_update){
		.raw_ns = 990 * S, .utc_ns = 1699999990 * S, .interval_ns = 16 * S,
		.result = { .stratum = 3, .root_delay_ns = S / 4 },
	};
	self->record = (struct ntp_client_record){
		.answer = {
			.packet = {
				.leap = NTP_LEAP_INSERT, .version = 4, .mode = NTP_MODE_SERVER,
				.stratum = 2, .poll = 6, .precision = -20,
				.root_delay_ns = S / 2, .root_dispersion_ns = S / 16,
				.refid = 0x0a000009,
				.reference = ntp_timestamp_from_ns(1699999000 * S),
			},
			.interleaved = true, .kernel_received = true,
		},
		.response_ns = S / 1024,
		.local = { .family = AF_INET, .bytes = { 10, 0, 0, 2 } },
		.packets = 9, .valid = 8, .good = 7,
	};
	source[0].info = (struct association_info){
		.name = "ntp.example.net", .serial = 5, .port = 123, .refid = 0x0a000001,
		.ip = { .family = AF_INET, .bytes = { 10, 0, 0, 1 } }, .record = &self->record,
		.activity = ASSOCIATION_ONLINE, .authenticated = true,
		.auth = { .mode = ASSOCIATION_AUTH_KEY, .key = 30, .type = 13, .bits = 128,
			  .established_ns = INT64_MIN },
	};
	source[0].status = (struct source_status){
		.options = &server_options, .verdict = SOURCE_SELECTED, .has_estimate = true,
		.estimate = { .offset_ns = 1700000000 * S - 900 * S + 1000, .rate = 1e-6,
			      .rate_sigma = 2e-6, .sigma_ns = 300 },
		.root_distance_ns = 40000, .stratum = 2, .last_raw_ns = 995 * S,
		.last = { .at_ns = 895 * S, .offset_ns = 1700000000 * S - 900 * S + 2000,
			  .delay_ns = 6000, .noise_ns = 70, .leap = 1 },
		.jitter_ns = 500, .samples = 8, .runs = 4, .span_ns = 100 * S, .poll = 6,
		.reach = 0377, .sent = 11,
	};
	source[1].info = (struct association_info){
		.name = "/dev/ptp0", .serial = 6, .refid = 0x50484330, .record = &self->nothing,
	};
	source[1].status = (struct source_status){ .options = &refclock_options };
	source[2].info = (struct association_info){
		.name = "nowhere.example.net", .serial = 0x107, .record = &self->nothing,
		.activity = ASSOCIATION_UNRESOLVED,
	};
	source[2].status = (struct source_status){ .options = &server_options, .poll = 6 };
	self->request = (struct chronyc_request){ .command = 33 };
	chronyc_reply_start(&self->reply, &self->request, CHRONYC_SUCCESS);
}

FIXTURE_TEARDOWN(report)
{
}

static uint16_t at16(const struct chronyc_reply *reply, size_t at)
{
	return get_be16(reply->bytes + CONTENTS + at);
}

static uint32_t at32(const struct chronyc_reply *reply, size_t at)
{
	return get_be32(reply->bytes + CONTENTS + at);
}

static double real_at(const struct chronyc_reply *reply, size_t at)
{
	struct chronyc_request request = { .at = reply->bytes + CONTENTS + at, .left = 4 };

	return chronyc_take_real(&request);
}

#define EXPECT_REAL(value, at) \
	do { \
		double expected_ = (value); \
		double found_ = real_at(&self->reply, at); \
		EXPECT_LE(fabs(found_ - expected_), fabs(expected_) * 1e-6) \
			TH_LOG("%g, not %g", found_, expected_); \
	} while (0)

static struct chronyc_request *parameter(FIXTURE_DATA(report) *self, uint32_t value)
{
	put_be32(self->parameters, value);
	self->request.at = self->parameters;
	self->request.left = 4;

	return &self->request;
}

static struct chronyc_request *address(FIXTURE_DATA(report) *self, const uint8_t *bytes,
				       uint8_t family)
{
	memset(self->parameters, 0, sizeof(self->parameters));
	memcpy(self->parameters, bytes, 4);
	self->parameters[17] = family;
	self->request.at = self->parameters;
	self->request.left = 20;

	return &self->request;
}

static const uint8_t server_bytes[] = { 10, 0, 0, 1 };
static const uint8_t unresolved_bytes[] = { 0, 0, 1, 7 };

/* The reply is of that kind, and as long as the protocol has it. */
#define EXPECT_CONTENTS(contents) \
	do { \
		enum chronyc_contents contents_ = (contents); \
		EXPECT_EQ(contents_, self->reply.bytes[7]); \
		EXPECT_EQ(CONTENTS + chronyc_contents_length(contents_), self->reply.length); \
	} while (0)

TEST_F(report, tracking)
{
	chronyc_report_tracking(&self->state, &self->reply);
	EXPECT_CONTENTS(CHRONYC_REPLY_TRACKING);
	EXPECT_EQ(0x0a000001, at32(&self->reply, 0));
	EXPECT_EQ(0x0a000001, at32(&self->reply, 4));
	EXPECT_EQ(CHRONYC_FAMILY_IPV4, at16(&self->reply, 20));
	EXPECT_EQ(3, at16(&self->reply, 24));
	EXPECT_EQ(1, at16(&self->reply, 26));
	EXPECT_EQ(0, at32(&self->reply, 28));
	EXPECT_EQ(1699999990, at32(&self->reply, 32));
	EXPECT_EQ(0, at32(&self->reply, 36));
	/* Positive: the clock is behind; before the update it was, too. */
	EXPECT_REAL(5e-6, 40);
	EXPECT_REAL(-3e-6, 44);
	EXPECT_REAL(4e-6, 48);
	/* Positive: it is fast. */
	EXPECT_REAL(2, 52);
	EXPECT_REAL(0.5, 56);
	EXPECT_REAL(0.1, 60);
	EXPECT_REAL(0.25, 64);
	EXPECT_REAL(0.125, 68);
	EXPECT_REAL(16, 72);
}

TEST_F(report, a_clock_that_is_not_synchronised_follows_nobody)
{
	self->state.steering.synchronised = false;
	chronyc_report_tracking(&self->state, &self->reply);
	EXPECT_EQ(0, at32(&self->reply, 0));
	EXPECT_EQ(CHRONYC_FAMILY_NONE, at16(&self->reply, 20));
	EXPECT_EQ(0, at16(&self->reply, 24));
	EXPECT_EQ(3, at16(&self->reply, 26));
	EXPECT_EQ(0, at32(&self->reply, 32));
	EXPECT_REAL(1, 64);
}

TEST_F(report, an_observer_follows_what_is_confirmed)
{
	self->state.steering.synchronised = false;
	self->state.observing = true;
	self->state.steering.has_correction = true;
	self->state.steering.trust = TRUST_DISRUPTED;
	chronyc_report_tracking(&self->state, &self->reply);
	EXPECT_EQ(3, at16(&self->reply, 26));
	self->state.steering.trust = TRUST_CONFIRMED;
	chronyc_report_tracking(&self->state, &self->reply);
	EXPECT_EQ(0x0a000001, at32(&self->reply, 0));
	EXPECT_EQ(1, at16(&self->reply, 26));
}

TEST_F(report, a_host_is_followed_by_its_name)
{
	self->state.update.result.selection.selected = -1;
	self->state.steering.now.has_host = true;
	chronyc_report_tracking(&self->state, &self->reply);
	EXPECT_EQ(0x484f5354, at32(&self->reply, 0));
	EXPECT_EQ(CHRONYC_FAMILY_NONE, at16(&self->reply, 20));
	EXPECT_EQ(4, at16(&self->reply, 24));
	EXPECT_EQ(1700000000, at32(&self->reply, 32));
	EXPECT_REAL(0.25 + 5e-6, 68);
}

TEST_F(report, the_local_clock_as_in_chronyd)
{
	self->state.steering.synchronised = false;
	self->state.local_stratum = 10;
	chronyc_report_tracking(&self->state, &self->reply);
	EXPECT_EQ(0x7f7f0101, at32(&self->reply, 0));
	EXPECT_EQ(10, at16(&self->reply, 24));
	EXPECT_EQ(0, at16(&self->reply, 26));
	EXPECT_EQ(1699999999, at32(&self->reply, 32));
}

TEST_F(report, sources)
{
	chronyc_report_source_count(&self->state, &self->reply);
	EXPECT_CONTENTS(CHRONYC_REPLY_SOURCE_COUNT);
	EXPECT_EQ(3, at32(&self->reply, 0));

	chronyc_report_source(&self->state, parameter(self, 0), &self->reply);
	EXPECT_CONTENTS(CHRONYC_REPLY_SOURCE_DATA);
	EXPECT_EQ(0x0a000001, at32(&self->reply, 0));
	EXPECT_EQ(6, at16(&self->reply, 20));
	EXPECT_EQ(2, at16(&self->reply, 22));
	EXPECT_EQ(CHRONYC_STATE_SELECTED, at16(&self->reply, 24));
	EXPECT_EQ(CHRONYC_MODE_CLIENT, at16(&self->reply, 26));
	EXPECT_EQ(0, at16(&self->reply, 28));
	EXPECT_EQ(0377, at16(&self->reply, 30));
	EXPECT_EQ(5, at32(&self->reply, 32));
	/* The server is 2 us ahead of the system clock by then. */
	EXPECT_REAL(-2e-6, 36);
	EXPECT_REAL(-2e-6, 40);
	EXPECT_REAL(40e-6, 44);
}

TEST_F(report, a_refclock_goes_by_its_reference_id)
{
	EXPECT_EQ(6, chronyc_find_refclock(&self->state, 0x50484330)->info.serial);
	/* A server has one, too. */
	EXPECT_EQ(NULL, chronyc_find_refclock(&self->state, 0x0a000001));
}

TEST_F(report, a_refclock_has_its_reference_id)
{
	chronyc_report_source(&self->state, parameter(self, 1), &self->reply);
	EXPECT_EQ(0x50484330, at32(&self->reply, 0));
	EXPECT_EQ(CHRONYC_FAMILY_IPV4, at16(&self->reply, 16));
	EXPECT_EQ(CHRONYC_MODE_REFCLOCK, at16(&self->reply, 26));
	EXPECT_EQ(CHRONYC_STATE_UNUSABLE, at16(&self->reply, 24));
	EXPECT_EQ(UINT32_MAX, at32(&self->reply, 32));

	chronyc_report_sourcestats(&self->state, parameter(self, 1), &self->reply);
	EXPECT_EQ(0x50484330, at32(&self->reply, 0));
	EXPECT_EQ(CHRONYC_FAMILY_NONE, at16(&self->reply, 20));
}

TEST_F(report, a_source_without_an_address_has_a_number)
{
	chronyc_report_source(&self->state, parameter(self, 2), &self->reply);
	EXPECT_EQ(0x107, at32(&self->reply, 0));
	EXPECT_EQ(CHRONYC_FAMILY_ID, at16(&self->reply, 16));
	chronyc_report_sourcename(&self->state,
				  address(self, unresolved_bytes, CHRONYC_FAMILY_ID), &self->reply);
	EXPECT_CONTENTS(CHRONYC_REPLY_SOURCENAME);
	EXPECT_STREQ("nowhere.example.net", (char *)self->reply.bytes + CONTENTS);
}

TEST_F(report, nobody_has_a_source_beyond_the_last)
{
	chronyc_report_source(&self->state, parameter(self, 3), &self->reply);
	EXPECT_EQ(CHRONYC_NO_SUCH_SOURCE, self->reply.bytes[9]);
	EXPECT_EQ(CONTENTS, self->reply.length);
	chronyc_reply_set_status(&self->reply, CHRONYC_SUCCESS);
	chronyc_report_ntpdata(&self->state, address(self, unresolved_bytes, CHRONYC_FAMILY_IPV4),
			       &self->reply);
	EXPECT_EQ(CHRONYC_NO_SUCH_SOURCE, self->reply.bytes[9]);
	chronyc_reply_set_status(&self->reply, CHRONYC_SUCCESS);
	chronyc_report_authdata(&self->state, address(self, server_bytes, CHRONYC_FAMILY_NONE),
				&self->reply);
	EXPECT_EQ(CHRONYC_NO_SUCH_SOURCE, self->reply.bytes[9]);
}

TEST_F(report, sourcestats)
{
	chronyc_report_sourcestats(&self->state, parameter(self, 0), &self->reply);
	EXPECT_CONTENTS(CHRONYC_REPLY_SOURCESTATS);
	EXPECT_EQ(0x0a000001, at32(&self->reply, 0));
	EXPECT_EQ(CHRONYC_FAMILY_IPV4, at16(&self->reply, 20));
	EXPECT_EQ(8, at32(&self->reply, 24));
	EXPECT_EQ(4, at32(&self->reply, 28));
	EXPECT_EQ(100, at32(&self->reply, 32));
	EXPECT_REAL(500e-9, 36);
	EXPECT_REAL(-1, 40);
	EXPECT_REAL(2, 44);
	EXPECT_REAL(4e-6, 48);
	EXPECT_REAL(300e-9, 52);

	chronyc_report_sourcestats(&self->state, parameter(self, 2), &self->reply);
	EXPECT_CONTENTS(CHRONYC_REPLY_SOURCESTATS);
	EXPECT_REAL(4, 36);
	EXPECT_REAL(2000, 44);
}

TEST_F(report, selectdata)
{
	chronyc_report_selectdata(&self->state, parameter(self, 0), &self->reply);
	EXPECT_CONTENTS(CHRONYC_REPLY_SELECTDATA);
	EXPECT_EQ('*', self->reply.bytes[CONTENTS + 24]);
	EXPECT_EQ(1, self->reply.bytes[CONTENTS + 25]);
	EXPECT_EQ(1, self->reply.bytes[CONTENTS + 26]);
	/* As configured, and as authselectmode has it. */
	EXPECT_EQ(CHRONYC_SELECT_PREFER, at16(&self->reply, 28));
	EXPECT_EQ(CHRONYC_SELECT_PREFER | CHRONYC_SELECT_TRUST, at16(&self->reply, 30));
	EXPECT_EQ(5, at32(&self->reply, 32));
	EXPECT_REAL(1, 36);
	EXPECT_REAL(-36e-6, 40);
	EXPECT_REAL(44e-6, 44);
	chronyc_report_selectdata(&self->state, parameter(self, 2), &self->reply);
	EXPECT_CONTENTS(CHRONYC_REPLY_SELECTDATA);
	EXPECT_EQ('M', self->reply.bytes[CONTENTS + 24]);
	EXPECT_EQ(3, self->reply.bytes[CONTENTS + 26]);
}

TEST_F(report, letters_of_selection)
{
	struct source_status *status = &self->state.sources[0].status;
	struct source_options options = server_options;
	static const char letters[] = {
		[SOURCE_UNUSABLE] = 'd', [SOURCE_FALSETICKER] = 'x', [SOURCE_TOO_VARIABLE] = '~',
		[SOURCE_NOT_COMBINED] = 'D', [SOURCE_COMBINED] = '+', [SOURCE_SELECTED] = '*',
	};

	for (int verdict = SOURCE_UNUSABLE; verdict <= SOURCE_SELECTED; verdict++) {
		status->verdict = (enum source_verdict)verdict;
		chronyc_report_selectdata(&self->state, parameter(self, 0), &self->reply);
		EXPECT_EQ(letters[verdict], self->reply.bytes[CONTENTS + 24]);
	}
	status->verdict = SOURCE_NOT_COMBINED;
	self->state.update.result.selection.unwanted = 1;
	chronyc_report_selectdata(&self->state, parameter(self, 0), &self->reply);
	EXPECT_EQ('P', self->reply.bytes[CONTENTS + 24]);
	status->verdict = SOURCE_UNUSABLE;
	self->state.update.result.selection.selected = -1;
	chronyc_report_selectdata(&self->state, parameter(self, 0), &self->reply);
	EXPECT_EQ('W', self->reply.bytes[CONTENTS + 24]);
	status->reach = 0;
	chronyc_report_selectdata(&self->state, parameter(self, 0), &self->reply);
	EXPECT_EQ('S', self->reply.bytes[CONTENTS + 24]);
	options.noselect = true;
	status->options = &options;
	chronyc_report_selectdata(&self->state, parameter(self, 0), &self->reply);
	EXPECT_EQ('N', self->reply.bytes[CONTENTS + 24]);
	EXPECT_REAL(0, 40);
	status->verdict = SOURCE_NOT_COMBINED;
	chronyc_report_source(&self->state, parameter(self, 0), &self->reply);
	EXPECT_EQ(CHRONYC_STATE_UNUSABLE, at16(&self->reply, 24));
}

TEST_F(report, ntpdata)
{
	chronyc_report_ntpdata(&self->state, address(self, server_bytes, CHRONYC_FAMILY_IPV4),
			       &self->reply);
	EXPECT_CONTENTS(CHRONYC_REPLY_NTPDATA);
	EXPECT_EQ(0x0a000001, at32(&self->reply, 0));
	EXPECT_EQ(0x0a000002, at32(&self->reply, 20));
	EXPECT_EQ(CHRONYC_FAMILY_IPV4, at16(&self->reply, 36));
	EXPECT_EQ(123, at16(&self->reply, 40));
	EXPECT_EQ(0, memcmp("\x01\x04\x04\x02\x06\xec", self->reply.bytes + CONTENTS + 42, 6));
	EXPECT_REAL(0.5, 48);
	EXPECT_REAL(0.0625, 52);
	EXPECT_EQ(0x0a000009, at32(&self->reply, 56));
	EXPECT_EQ(1699999000, at32(&self->reply, 64));
	/* Positive: the server is ahead. */
	EXPECT_REAL(2e-6, 72);
	EXPECT_REAL(6e-6, 76);
	EXPECT_REAL(70e-9, 80);
	EXPECT_REAL(1.0 / 1024, 84);
	EXPECT_EQ(0x3ff | 0x4000 | 0x8000, at16(&self->reply, 92));
	EXPECT_EQ('D', self->reply.bytes[CONTENTS + 94]);
	EXPECT_EQ('K', self->reply.bytes[CONTENTS + 95]);
	EXPECT_EQ(11, at32(&self->reply, 96));
	EXPECT_EQ(9, at32(&self->reply, 100));
	EXPECT_EQ(8, at32(&self->reply, 104));
	EXPECT_EQ(7, at32(&self->reply, 108));
	EXPECT_EQ(UINT32_MAX, at32(&self->reply, 112));
}

/* Its round trip took too long: who asks why the source has no sample sees that here. */
TEST_F(report, ntpdata_of_an_answer_that_was_not_used)
{
	self->record.answer.verdict = NTP_DELAY_TOO_LONG;
	self->record.answer.sample = (struct source_sample){ .delay_ns = S / 8, .noise_ns = 50 };
	chronyc_report_ntpdata(&self->state, address(self, server_bytes, CHRONYC_FAMILY_IPV4),
			       &self->reply);
	EXPECT_EQ(0, memcmp("\x01\x04\x04\x02\x06\xec", self->reply.bytes + CONTENTS + 42, 6));
	EXPECT_REAL(0.125, 76);
	EXPECT_REAL(50e-9, 80);
	EXPECT_EQ(0x3f7 | 0x4000 | 0x8000, at16(&self->reply, 92));
	self->record.answer.verdict = NTP_DELAY_OUT_OF_RATIO;
	chronyc_report_ntpdata(&self->state, address(self, server_bytes, CHRONYC_FAMILY_IPV4),
			       &self->reply);
	EXPECT_EQ(0x3fb | 0x4000 | 0x8000, at16(&self->reply, 92));
}

/* It has a key, and what it says may yet be without. */
TEST_F(report, ntpdata_without_an_answer_is_not_authenticated)
{
	self->state.sources[0].info.record = &self->nothing;
	chronyc_report_ntpdata(&self->state, address(self, server_bytes, CHRONYC_FAMILY_IPV4),
			       &self->reply);
	EXPECT_EQ(0, at16(&self->reply, 92));
}

/* "ntpdata ::ffff:10.0.0.1" */
TEST_F(report, a_source_by_its_other_name)
{
	static const uint8_t mapped[] = { [10] = 0xff, 0xff, 10, 0, 0, 1 };

	(void)address(self, server_bytes, CHRONYC_FAMILY_IPV6);
	memcpy(self->parameters, mapped, sizeof(mapped));
	chronyc_report_ntpdata(&self->state, &self->request, &self->reply);
	EXPECT_CONTENTS(CHRONYC_REPLY_NTPDATA);
}

/* The kernel's timestamps are there, too, but nothing was computed from them. */
TEST_F(report, stamps_of_network_cards_are_called_so)
{
	self->state.sources[0].info.hardware_timestamps = true;
	chronyc_report_ntpdata(&self->state, address(self, server_bytes, CHRONYC_FAMILY_IPV4),
			       &self->reply);
	EXPECT_EQ('H', self->reply.bytes[CONTENTS + 94]);
	EXPECT_EQ('H', self->reply.bytes[CONTENTS + 95]);
}

/* As chronyc 4.6 asks. */
TEST_F(report, ntpdata_with_counts_of_timestamps)
{
	self->record.sent_by_kernel = 3;
	self->record.received_by_kernel = 4;
	self->record.by_card = 5;
	self->request.length = 28 + 144;
	chronyc_report_ntpdata(&self->state, address(self, server_bytes, CHRONYC_FAMILY_IPV4),
			       &self->reply);
	EXPECT_CONTENTS(CHRONYC_REPLY_NTPDATA_COUNTS);
	EXPECT_EQ(7, at32(&self->reply, 108));
	EXPECT_EQ(3, at32(&self->reply, 112));
	EXPECT_EQ(4, at32(&self->reply, 116));
	EXPECT_EQ(5, at32(&self->reply, 120));
	EXPECT_EQ(5, at32(&self->reply, 124));
	EXPECT_EQ(UINT32_MAX, at32(&self->reply, 140));
}

TEST_F(report, authdata)
{
	chronyc_report_authdata(&self->state, address(self, server_bytes, CHRONYC_FAMILY_IPV4),
				&self->reply);
	EXPECT_CONTENTS(CHRONYC_REPLY_AUTHDATA);
	EXPECT_EQ(CHRONYC_AUTH_KEY, at16(&self->reply, 0));
	EXPECT_EQ(13, at16(&self->reply, 2));
	EXPECT_EQ(30, at32(&self->reply, 4));
	EXPECT_EQ(128, at16(&self->reply, 8));
	EXPECT_EQ(UINT32_MAX, at32(&self->reply, 12));
}

TEST_F(report, authdata_of_nts)
{
	self->state.sources[0].info.auth = (struct association_auth){
		.mode = ASSOCIATION_AUTH_NTS, .key = 2, .type = 15, .bits = 256,
		.established_ns = self->state.raw_ns - 77 * S, .attempts = 3, .refused = true,
		.cookies = 7, .cookie_size = 100,
	};
	chronyc_report_authdata(&self->state, address(self, server_bytes, CHRONYC_FAMILY_IPV4),
				&self->reply);
	EXPECT_CONTENTS(CHRONYC_REPLY_AUTHDATA);
	EXPECT_EQ(2, at16(&self->reply, 0));
	EXPECT_EQ(15, at16(&self->reply, 2));
	EXPECT_EQ(2, at32(&self->reply, 4));
	EXPECT_EQ(256, at16(&self->reply, 8));
	EXPECT_EQ(3, at16(&self->reply, 10));
	EXPECT_EQ(77, at32(&self->reply, 12));
	EXPECT_EQ(7, at16(&self->reply, 16));
	EXPECT_EQ(100, at16(&self->reply, 18));
	EXPECT_EQ(1, at16(&self->reply, 20));
}

TEST_F(report, activity)
{
	chronyc_report_activity(&self->state, &self->reply);
	EXPECT_CONTENTS(CHRONYC_REPLY_ACTIVITY);
	EXPECT_EQ(1, at32(&self->reply, 0));
	EXPECT_EQ(1, at32(&self->reply, 16));
}

static struct server_statistics *statistics_of(size_t clients)
{
	struct server_statistics *statistics = calloc(1, server_statistics_size(clients));

	for (int i = 0; i < SERVER_COUNTS; i++)
		statistics->counts[i] = (uint64_t)i + 100;
	for (size_t i = 0; i < clients; i++)
		statistics->clients[i] = (struct client_record){
			.family = i % 2 ? AF_INET : AF_UNSPEC, .address = { 10, 0, 0, (uint8_t)i },
			.hits = (uint32_t)i, .drops = i < 16, .last_ns = 900 * S,
			.interval_ns = 64 * S, .answer_interval_ns = 128 * S,
		};

	return statistics;
}

TEST_F(report, serverstats)
{
	static const struct nts_statistics nts = { .accepted = 7, .dropped = 3 };
	struct server_statistics *statistics = statistics_of(2);
	struct stamp_record *stamps = server_statistics_stamps(statistics, 2);
	struct server_counts counts = {
		.statistics = statistics, .clients = 2, .nts = &nts,
		.commands_received = 5, .commands_dropped = 2,
	};

	stamps[1].receive = 1000ULL << 32;
	stamps[3].receive = 1020ULL << 32;
	chronyc_report_serverstats(&counts, &self->request, &self->reply);
	EXPECT_CONTENTS(CHRONYC_REPLY_SERVERSTATS);
	EXPECT_EQ(100 + SERVER_RECEIVED, at32(&self->reply, 0));
	EXPECT_EQ(7, at32(&self->reply, 4));
	EXPECT_EQ(5, at32(&self->reply, 8));
	EXPECT_EQ(100 + SERVER_DROPPED, at32(&self->reply, 12));
	EXPECT_EQ(3, at32(&self->reply, 16));
	EXPECT_EQ(2, at32(&self->reply, 20));
	EXPECT_EQ(100 + SERVER_REPLACED, at32(&self->reply, 24));
	EXPECT_EQ(100 + SERVER_AUTHENTICATED, at32(&self->reply, 28));
	EXPECT_EQ(100 + SERVER_INTERLEAVED, at32(&self->reply, 32));
	EXPECT_EQ(2, at32(&self->reply, 36));
	EXPECT_EQ(20, at32(&self->reply, 40));
	/* As chronyc 4.6 asks; who only pads as much as anything gets what 4.3 gets. */
	self->request.length = 28 + 168;
	statistics->counts[SERVER_RECEIVED] = 0x123456789;
	chronyc_report_serverstats(&counts, &self->request, &self->reply);
	EXPECT_CONTENTS(CHRONYC_REPLY_SERVERSTATS64);
	EXPECT_EQ(1, at32(&self->reply, 0));
	EXPECT_EQ(0x23456789, at32(&self->reply, 4));
	EXPECT_EQ(7, at32(&self->reply, 12));
	EXPECT_EQ(5, at32(&self->reply, 20));
	EXPECT_EQ(100 + SERVER_RX_DAEMON, at32(&self->reply, 92));
	EXPECT_EQ(100 + SERVER_TX_DAEMON, at32(&self->reply, 100));
	EXPECT_EQ(100 + SERVER_RX_KERNEL, at32(&self->reply, 108));
	EXPECT_EQ(100 + SERVER_TX_KERNEL, at32(&self->reply, 116));
	EXPECT_EQ(100 + SERVER_RX_CARD, at32(&self->reply, 124));
	EXPECT_EQ(100 + SERVER_TX_CARD, at32(&self->reply, 132));
	EXPECT_EQ(UINT32_MAX, at32(&self->reply, 164));
	self->request.length = 416;
	chronyc_report_serverstats(&counts, &self->request, &self->reply);
	EXPECT_CONTENTS(CHRONYC_REPLY_SERVERSTATS);
	free(statistics);
	counts = (struct server_counts){ .commands_received = 5 };
	chronyc_report_serverstats(&counts, &self->request, &self->reply);
	EXPECT_EQ(0, at32(&self->reply, 0));
	EXPECT_EQ(0, at32(&self->reply, 4));
	EXPECT_EQ(5, at32(&self->reply, 8));
	EXPECT_EQ(0, at32(&self->reply, 36));
}

/* Who looks at chronyc's numbers wants all requests, whether or not the kernel answers some. */
TEST_F(report, serverstats_count_what_the_kernel_takes)
{
	static const uint64_t xdp[XDP_COUNTS] = {
		[XDP_ANSWERED] = 1000, [XDP_REFUSED] = 7, [XDP_DROPPED] = 30, [XDP_KISSED] = 20,
		[XDP_PASSED] = 9,
	};
	struct server_statistics *statistics = statistics_of(0);
	const struct server_counts counts = { .statistics = statistics, .xdp = xdp };

	self->request.length = 28 + 168;
	chronyc_report_serverstats(&counts, &self->request, &self->reply);
	EXPECT_CONTENTS(CHRONYC_REPLY_SERVERSTATS64);
	EXPECT_EQ(100 + SERVER_RECEIVED + 1030, at32(&self->reply, 4));
	EXPECT_EQ(100 + SERVER_DROPPED + 30, at32(&self->reply, 28));
	EXPECT_EQ(100 + SERVER_RX_KERNEL + 1000, at32(&self->reply, 108));
	EXPECT_EQ(100 + SERVER_TX_KERNEL + 1000, at32(&self->reply, 116));
	free(statistics);
}

static struct chronyc_request *clients_from(FIXTURE_DATA(report) *self, uint32_t index,
					    uint32_t most, uint32_t least_hits, uint32_t reset)
{
	put_be32(self->parameters, index);
	put_be32(self->parameters + 4, most);
	put_be32(self->parameters + 8, least_hits);
	put_be32(self->parameters + 12, reset);
	self->request.at = self->parameters;
	self->request.left = 16;

	return &self->request;
}

TEST_F(report, clients_in_parts)
{
	struct server_statistics *statistics = statistics_of(32);
	struct client_marks marks = { .marks = NULL };
	const struct client_table none = { .count = 0 }, ntp = {
		.records = statistics->clients, .count = 32, .marks = &marks,
	};

	chronyc_report_clients(&ntp, &none, 1000 * S, clients_from(self, 0, 100, 0, 0),
			       &self->reply);
	EXPECT_CONTENTS(CHRONYC_REPLY_CLIENTS);
	EXPECT_EQ(32, at32(&self->reply, 0));
	EXPECT_EQ(16, at32(&self->reply, 4));
	EXPECT_EQ(8, at32(&self->reply, 8));
	EXPECT_EQ(0x0a000003, at32(&self->reply, 12 + 60));
	EXPECT_EQ(3, at32(&self->reply, 12 + 60 + 20));
	EXPECT_EQ(1, at32(&self->reply, 12 + 60 + 32));
	EXPECT_EQ(0, memcmp("\x06\x7f\x7f\x07", self->reply.bytes + CONTENTS + 12 + 60 + 44, 4));
	EXPECT_EQ(100, at32(&self->reply, 12 + 60 + 48));
	EXPECT_EQ(UINT32_MAX, at32(&self->reply, 12 + 60 + 52));

	chronyc_report_clients(&ntp, &none, 1000 * S, clients_from(self, 16, 8, 29, 0),
			       &self->reply);
	EXPECT_CONTENTS(CHRONYC_REPLY_CLIENTS);
	EXPECT_EQ(32, at32(&self->reply, 4));
	EXPECT_EQ(2, at32(&self->reply, 8));
	EXPECT_EQ(0x7f, self->reply.bytes[CONTENTS + 12 + 47]);
	EXPECT_EQ(0, at32(&self->reply, 12 + 2 * 60));

	chronyc_report_clients(&ntp, &none, 1000 * S, clients_from(self, UINT32_MAX, 8, 0, 0),
			       &self->reply);
	EXPECT_EQ(0, at32(&self->reply, 8));
	chronyc_reply_start(&self->reply, &self->request, CHRONYC_SUCCESS);
	chronyc_report_clients(&ntp, &none, 1000 * S, clients_from(self, 0, 8, 0, 1),
			       &self->reply);
	EXPECT_EQ(CHRONYC_FAILED, self->reply.bytes[9]);
	EXPECT_EQ(CONTENTS, self->reply.length);
	/* truechime, or the operator's chronyc, had them begin anew. */
	ASSERT_TRUE(client_marks_set(&marks, statistics->clients, 32));
	chronyc_reply_start(&self->reply, &self->request, CHRONYC_SUCCESS);
	chronyc_report_clients(&ntp, &none, 1000 * S, clients_from(self, 0, 8, 0, 0),
			       &self->reply);
	EXPECT_EQ(0x0a000003, at32(&self->reply, 12 + 60));
	EXPECT_EQ(0, at32(&self->reply, 12 + 60 + 20));
	client_marks_clear(&marks);
	free(statistics);
}

/* What is not reported yet would be lost if counts began anew with each part. */
TEST_F(report, clients_begin_anew_when_the_last_part_is_reported)
{
	struct server_statistics *statistics = statistics_of(32);
	struct client_marks marks = { .marks = NULL };
	const struct client_table none = { .count = 0 }, ntp = {
		.records = statistics->clients, .count = 32, .marks = &marks,
	};

	EXPECT_FALSE(chronyc_report_clients(&ntp, &none, 1000 * S,
					    clients_from(self, 0, 8, 0, 1), &self->reply));
	self->request.by_operator = true;
	EXPECT_FALSE(chronyc_report_clients(&ntp, &none, 1000 * S,
					    clients_from(self, 0, 8, 0, 1), &self->reply));
	EXPECT_CONTENTS(CHRONYC_REPLY_CLIENTS);
	EXPECT_EQ(8, at32(&self->reply, 8));
	EXPECT_FALSE(chronyc_report_clients(&ntp, &none, 1000 * S,
					    clients_from(self, 16, 8, 29, 0), &self->reply));
	EXPECT_TRUE(chronyc_report_clients(&ntp, &none, 1000 * S,
					   clients_from(self, 16, 8, 29, 1), &self->reply));
	EXPECT_EQ(2, at32(&self->reply, 8));
	free(statistics);
}

/* In the table of one service by the seed of that. */
static void add_client(struct client_log *log, uint8_t last, int count)
{
	const struct net_address address = { .family = AF_INET, .bytes = { 10, 0, 0, last } };

	for (int i = 0; i < count; i++)
		client_log_note(log, &address, (900 + 16 * i) * S, 0);
}

/* Their columns of chronyc's `clients -k`: of who asks for the time, too, and of who does not. */
TEST_F(report, clients_with_their_connections_for_keys)
{
	struct client_record records[2][64];
	struct client_log ntp_log = { .records = records[0], .count = 64, .seed = { 1, 2 } };
	struct client_log nts_log = { .records = records[1], .count = 64, .seed = { 3, 4 } };
	struct client_marks none = { .marks = NULL };
	struct client_table ntp = { .records = records[0], .count = 64, .seed = { 1, 2 },
				    .marks = &none };
	struct client_table nts = { .records = records[1], .count = 64, .seed = { 3, 4 },
				    .marks = &none };
	size_t at;

	memset(records, 0, sizeof(records));
	add_client(&ntp_log, 1, 7);
	add_client(&nts_log, 1, 2);
	add_client(&nts_log, 2, 3);
	for (size_t i = 0; i < 64; i++)
		records[1][i].drops = records[1][i].hits / 3;
	chronyc_report_clients(&ntp, &nts, 1000 * S, clients_from(self, 0, 8, 0, 0),
			       &self->reply);
	EXPECT_CONTENTS(CHRONYC_REPLY_CLIENTS);
	EXPECT_EQ(128, at32(&self->reply, 0));
	EXPECT_EQ(128, at32(&self->reply, 4));
	ASSERT_EQ(2, at32(&self->reply, 8));
	at = 12;
	EXPECT_EQ(0x0a000001, at32(&self->reply, at));
	EXPECT_EQ(7, at32(&self->reply, at + 20));
	EXPECT_EQ(2, at32(&self->reply, at + 24));
	EXPECT_EQ(0, at32(&self->reply, at + 36));
	EXPECT_EQ(0, memcmp("\x04\x04\x7f\x7f", self->reply.bytes + CONTENTS + at + 44, 4));
	EXPECT_EQ(4, at32(&self->reply, at + 48));
	EXPECT_EQ(84, at32(&self->reply, at + 52));
	EXPECT_EQ(UINT32_MAX, at32(&self->reply, at + 56));
	at += 60;
	EXPECT_EQ(0x0a000002, at32(&self->reply, at));
	EXPECT_EQ(0, at32(&self->reply, at + 20));
	EXPECT_EQ(3, at32(&self->reply, at + 24));
	EXPECT_EQ(1, at32(&self->reply, at + 36));
	EXPECT_EQ(0, memcmp("\x7f\x04\x7f\x7f", self->reply.bytes + CONTENTS + at + 44, 4));
	EXPECT_EQ(UINT32_MAX, at32(&self->reply, at + 48));
	EXPECT_EQ(68, at32(&self->reply, at + 52));
	/* As chronyd judges: whatever they asked for so often. */
	chronyc_report_clients(&ntp, &nts, 1000 * S, clients_from(self, 64, 8, 3, 0),
			       &self->reply);
	EXPECT_EQ(1, at32(&self->reply, 8));
	chronyc_report_clients(&ntp, &nts, 1000 * S, clients_from(self, 0, 8, 4, 0),
			       &self->reply);
	EXPECT_EQ(1, at32(&self->reply, 8));
	/* Neither is served yet. */
	ntp.count = 0;
	nts.count = 0;
	chronyc_report_clients(&ntp, &nts, 1000 * S, clients_from(self, 0, 8, 0, 0),
			       &self->reply);
	EXPECT_EQ(0, at32(&self->reply, 8));
}

TEST_HARNESS_MAIN
