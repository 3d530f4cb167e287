// SPDX-License-Identifier: GPL-2.0-only
/*
 * The server's side of an exchange. Offsets of fields are those of RFC 5905 figure 8.
 */
#include "server/respond.h"

#include <string.h>

#include "lib/time_units.h"
#include "ntp/bytes.h"
#include "ntp/mac.h"

#define AT_FLAGS	0
#define AT_STRATUM	1
#define AT_POLL		2
#define AT_DISPERSION	8
#define AT_REFID	12
#define AT_ORIGIN	24
#define AT_RECEIVE	32
#define AT_TRANSMIT	40

#define LEAP_SHIFT	6
#define VERSION_SHIFT	3
#define FIELD_MASK	7

/* An answer that says nothing: distances that no client accepts (chrony has them, too). */
#define UNKNOWN_NS	1000000000LL

/*
 * The lowest bit of a timestamp says which of the two kinds it is. A client of the interleaved mode
 * returns a receive timestamp where others return a transmit timestamp or nothing; so only the
 * answers to such clients have to be kept. chrony marks its timestamps likewise.
 */
#define RECEIVE_MARK	1ULL

static enum ntp_leap leap_of(const struct time_content *content)
{
	if (content->stratum >= TIME_STRATUM_NONE)
		return NTP_LEAP_UNSYNCHRONISED;

	return content->leap == 1 ? NTP_LEAP_INSERT : content->leap == 2 ? NTP_LEAP_DELETE :
									  NTP_LEAP_NONE;
}

void respond_prepare(struct respond_time *time, const struct time_content *content, int precision,
		     int64_t realtime_ns)
{
	bool synchronised = content->stratum < TIME_STRATUM_NONE;
	struct ntp_packet packet = {
		.leap = leap_of(content),
		.stratum = synchronised ? (uint8_t)content->stratum : 0,
		.precision = (int8_t)precision,
		.root_delay_ns = synchronised ? content->root_delay_ns : UNKNOWN_NS,
		.root_dispersion_ns = synchronised ?
			time_content_dispersion_ns(content, realtime_ns) : UNKNOWN_NS,
		.refid = synchronised ? content->refid : 0,
		.reference = synchronised ? ntp_timestamp_from_ns(content->reference_ns) : 0,
	};
	uint8_t bytes[NTP_HEADER_SIZE];

	time->content = *content;
	time->root = (struct mono_root){
		.root_delay_ns = packet.root_delay_ns,
		.root_dispersion_ns = packet.root_dispersion_ns,
		.epoch = content->mono_epoch,
	};
	/* 2^precision seconds are that many units of 2^-32 s. */
	time->precision_mask = precision > -32 && precision < 0 ? (1ULL << (32 + precision)) - 1 :
								  0;
	ntp_packet_encode(&packet, bytes);
	memcpy(time->header, bytes, sizeof(time->header));
}

enum respond_verdict respond_judge(struct respond_request *request)
{
	struct ntp_packet packet;
	struct mono_root root;

	request->mac = 0;
	if (ntp_packet_decode(request->bytes, request->length, &packet))
		return RESPOND_MALFORMED;
	if (packet.mac == NTP_MAC_SIZE_NAK)
		return RESPOND_NO_REQUEST;
	request->mac = packet.mac;
	request->wants_root = packet.extensions && mono_root_read(request->bytes, &packet, &root);
	switch (packet.mode) {
	case NTP_MODE_CLIENT:
	case NTP_MODE_ACTIVE:
		return RESPOND_ANSWER;
	case NTP_MODE_RESERVED:
		/* NTPv1 has no modes: a client's port says that it is one (RFC 1059). */
		return packet.version == 1 && request->port != NTP_PORT ? RESPOND_ANSWER :
									  RESPOND_NO_REQUEST;
	case NTP_MODE_PASSIVE:
	case NTP_MODE_SERVER:
	case NTP_MODE_BROADCAST:
	case NTP_MODE_CONTROL:
	case NTP_MODE_PRIVATE:
		return RESPOND_NO_REQUEST;
	}

	return RESPOND_NO_REQUEST;
}

/* Who asks as a peer is answered as a peer, and is not followed. */
static enum ntp_mode mode_of_answer(uint8_t flags)
{
	return (flags & FIELD_MASK) == NTP_MODE_ACTIVE ? NTP_MODE_PASSIVE : NTP_MODE_SERVER;
}

static uint64_t timestamp(const struct respond_time *time, int64_t realtime_ns, uint64_t random)
{
	uint64_t value;

	/* Not synchronised, as the header says: the system clock as it is. */
	if (time->content.stratum >= TIME_STRATUM_NONE)
		value = ntp_timestamp_from_ns(realtime_ns);
	else
		value = ntp_timestamp_from_ns(chime_line_eval(&time->content.time, realtime_ns));

	return value ^ (random & time->precision_mask);
}

/* The origin names a receive timestamp of ours, and the client tells two timestamps apart. */
static bool is_interleaved(const uint8_t *request)
{
	uint8_t version = request[AT_FLAGS] >> VERSION_SHIFT & FIELD_MASK;

	return version == NTP_VERSION_MAX && get_be64(request + AT_ORIGIN) & RECEIVE_MARK &&
	       memcmp(request + AT_RECEIVE, request + AT_TRANSMIT, sizeof(uint64_t));
}

/* How much of the monotonic clock a receive timestamp lacks, in units of 2^-32 s. */
static uint64_t units_of(int64_t ns)
{
	uint64_t whole = (uint64_t)chime_abs_sat(ns), rest = whole % NS_PER_S;
	uint64_t units = whole / NS_PER_S << 32 | (rest << 32) / NS_PER_S;

	return ns < 0 ? -units : units;
}

/* The same instant by both clocks: their timestamps have the same random bits. */
static void append_root(const struct respond_time *time, int64_t dispersion_ns,
			struct respond_answer *answer)
{
	struct mono_root root = time->root;

	root.root_dispersion_ns = dispersion_ns;
	if (time->content.has_mono && time->content.stratum < TIME_STRATUM_NONE)
		root.receive = answer->receive + units_of(time->content.mono_offset_ns);
	mono_root_write(&root, answer->bytes + NTP_HEADER_SIZE);
	answer->length += MONO_ROOT_SIZE;
}

void respond_answer(const struct respond_time *time, const struct respond_request *request,
		    struct stamp_table *stamps, int least_poll, uint64_t random,
		    struct respond_answer *answer)
{
	const uint8_t *bytes = request->bytes;
	struct stamp_record previous = { .transmit = 0 };
	int64_t dispersion_ns;
	int8_t poll = (int8_t)bytes[AT_POLL];

	memcpy(answer->bytes, time->header, sizeof(time->header));
	answer->bytes[AT_FLAGS] |= (uint8_t)((bytes[AT_FLAGS] & FIELD_MASK << VERSION_SHIFT) |
					     mode_of_answer(bytes[AT_FLAGS]));
	if (poll < least_poll)
		poll = (int8_t)least_poll;
	answer->bytes[AT_POLL] = (uint8_t)poll;
	answer->receive = timestamp(time, request->realtime_ns, random) | RECEIVE_MARK;
	answer->keep = is_interleaved(bytes);
	answer->interleaved = answer->keep &&
			      stamp_table_take(stamps, get_be64(bytes + AT_ORIGIN), &previous);
	answer->taker = (enum stamp_taker)previous.taker;
	answer->doubt_ns = request->doubt_ns;
	dispersion_ns = chime_add_sat(time->root.root_dispersion_ns,
				      chime_max(request->doubt_ns, previous.doubt_ns));
	put_be32(answer->bytes + AT_DISPERSION, ntp_short_from_ns(dispersion_ns));
	memcpy(answer->bytes + AT_ORIGIN,
	       bytes + (answer->interleaved ? AT_RECEIVE : AT_TRANSMIT), sizeof(uint64_t));
	put_be64(answer->bytes + AT_RECEIVE, answer->receive);
	put_be64(answer->bytes + AT_TRANSMIT, previous.transmit);
	answer->length = NTP_HEADER_SIZE;
	if (request->wants_root)
		append_root(time, dispersion_ns, answer);
}

void respond_kiss(struct respond_answer *answer, uint32_t code)
{
	answer->bytes[AT_FLAGS] |= NTP_LEAP_UNSYNCHRONISED << LEAP_SHIFT;
	answer->bytes[AT_STRATUM] = 0;
	for (int i = 0; i < 4; i++)
		answer->bytes[AT_REFID + i] = (uint8_t)(code >> (24 - 8 * i));
	answer->keep = false;
}

uint64_t respond_transmit(const struct respond_time *time, int64_t realtime_ns, uint64_t random)
{
	return respond_mark_transmit(timestamp(time, realtime_ns, random));
}

uint64_t respond_mark_transmit(uint64_t transmit)
{
	return transmit & ~RECEIVE_MARK;
}

uint64_t respond_receive_of(const uint8_t *bytes)
{
	return get_be64(bytes + AT_RECEIVE);
}

void respond_stamp(struct respond_answer *answer, uint64_t transmit)
{
	if (!answer->interleaved)
		put_be64(answer->bytes + AT_TRANSMIT, transmit);
}
