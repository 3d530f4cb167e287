// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page's words about a card as the relation of two clocks, which ntp/hardware_clock.c converts
 * by, as it does for the client.
 */
#include "server/card_stamp.h"

#include <stddef.h>

#include "core/line.h"
#include "lib/time_units.h"
#include "ntp/hardware_clock.h"

/* Of the system clock against a card's: a slew that adjtimex allows, and an oscillator's error. */
#define RATE_MAX_Q32	(CHIME_ADJTIMEX_MAX_Q32 + 1000 * CHIME_PPM_Q32)

/* Of what leaves the interface may not be known: then it is the only card's. */
static const struct time_card *card_of(const struct time_content *content,
				       const struct ntp_stamp *stamp)
{
	for (uint64_t i = 0; i < content->card_count && i < TIME_CARDS_MAX; i++) {
		const struct time_card *card = &content->cards[i];

		if (stamp->interface == card->interface ||
		    (!stamp->interface && content->card_count == 1))
			return card;
	}

	return NULL;
}

bool card_stamp_convert(const struct time_content *content, const struct ntp_stamp *stamp,
			bool receipt, int64_t *realtime_ns, int64_t *error_ns)
{
	const struct time_card *card = stamp->has_device ? card_of(content, stamp) : NULL;
	struct hardware_clock clock = { .count = 2, .has_rate = true };

	if (!card || chime_abs_sat(card->rate_q32) > RATE_MAX_Q32)
		return false;
	clock.latest = (struct hardware_reading){
		.device_ns = card->device_ns,
		.realtime_ns = card->realtime_ns,
		.width_ns = card->width_ns,
	};
	clock.rate = (double)card->rate_q32 / Q32;

	return hardware_clock_convert(&clock, hardware_stamp_device_ns(stamp, receipt, card->mbit,
								       receipt ?
								       card->receive_ns :
								       card->transmit_ns),
				      realtime_ns, error_ns);
}

bool card_stamp_gain(int64_t later_ns, int64_t error_ns, int64_t *gain_ns)
{
	if (later_ns < -error_ns || later_ns > CARD_STAMP_GAIN_MAX_NS)
		return false;
	*gain_ns = chime_max(later_ns, 0);

	return true;
}
