// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which answer it was, its own receive timestamp says.
 */
#include "server/sent.h"

#include "core/line.h"
#include "ntp/mac.h"
#include "server/card_stamp.h"

static struct stamp_record *record_of(const struct stamp_table *stamps, const uint8_t *bytes,
				      size_t length)
{
	/* Without a MAC, and with one of each digest; without and with an extension field. */
	static const size_t macs[] = { 0, 20, 24, 32, 36, 52, NTP_MAC_SIZE_MAX };
	static const size_t answers[] = { NTP_HEADER_SIZE, RESPOND_ANSWER_MAX };
	struct stamp_record *record = NULL;

	for (size_t i = 0; i < 2 * sizeof(macs) / sizeof(*macs) && !record; i++) {
		size_t size = answers[i % 2] + macs[i / 2];

		if (size <= length)
			record = stamp_table_find(stamps,
						  respond_receive_of(bytes + length - size));
	}

	return record;
}

/* By so much later than the timestamp that is kept the answer has left. */
static void note_gain(struct stamp_record *record, int64_t gain_ns)
{
	int64_t left_ns = chime_add_sat(ntp_timestamp_to_ns(record->transmit), gain_ns);

	record->transmit = respond_mark_transmit(ntp_timestamp_from_ns(left_ns));
	record->taker = STAMP_BY_CARD;
	record->doubt_ns = (uint32_t)chime_max(record->doubt_ns, gain_ns);
}

static enum sent_verdict note_card(struct stamp_record *record, const struct respond_time *time,
				   const struct ntp_stamp *stamp)
{
	int64_t at_ns, error_ns, later_ns, gain_ns;

	if (record->taker == STAMP_BY_CARD ||
	    !card_stamp_convert(&time->content, stamp, false, &at_ns, &error_ns))
		return SENT_UNKNOWN;
	later_ns = chime_sub_sat(chime_line_eval(&time->content.time, at_ns),
				 ntp_timestamp_to_ns(record->transmit));
	if (!card_stamp_gain(later_ns, error_ns, &gain_ns))
		return SENT_CARD_REFUSED;
	note_gain(record, gain_ns);

	return SENT_NOTED;
}

enum sent_verdict sent_note(struct stamp_table *stamps, const struct respond_time *time,
			    const uint8_t *bytes, size_t length, const struct ntp_stamp *stamp,
			    uint64_t random)
{
	struct stamp_record *record = record_of(stamps, bytes, length);

	if (!record || time->content.stratum >= TIME_STRATUM_NONE)
		return SENT_UNKNOWN;
	/* The card's comes later, and is judged by the kernel's. */
	if (stamp->valid && record->taker == STAMP_BY_DAEMON) {
		record->transmit = respond_transmit(time, stamp->realtime_ns, random);
		record->taker = STAMP_BY_KERNEL;
	}
	if (stamp->has_device)
		return note_card(record, time, stamp);

	return stamp->valid ? SENT_NOTED : SENT_UNKNOWN;
}
