// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system clock is steered, so a card's clock has no steady rate against it. It has one against
 * the raw clock, and the daemon knows at which rate it has the system clock run against that.
 */
#include "daemon/serving_cards.h"

#include <assert.h>
#include <math.h>

#include "core/line.h"
#include "lib/clock_ns.h"
#include "lib/time_units.h"

/* In between a crystal's rate changes by less than a ppb. */
#define READ_NS	NS_PER_S

static_assert(HARDWARE_MAX <= TIME_CARDS_MAX, "all cards have room on the page");

void serving_cards_init(struct serving_cards *cards, struct hardware *hardware)
{
	*cards = (struct serving_cards){
		.hardware = hardware,
		.next_ns = hardware && hardware->count ? INT64_MIN : INT64_MAX,
	};
}

bool serving_cards_exist(const struct serving_cards *cards)
{
	return cards->hardware && cards->hardware->count;
}

bool serving_card_fill(const struct hardware_clock *clock, int64_t realtime_ns, double rate,
		       struct time_card *card)
{
	if (!clock->has_rate)
		return false;
	card->device_ns = clock->latest.device_ns;
	card->realtime_ns = realtime_ns;
	card->width_ns = clock->latest.width_ns;
	card->rate_q32 = llrint(((1 + clock->rate) * (1 + rate) - 1) * Q32);

	return true;
}

/* The system clock and the raw clock at one instant, to within half of .width_ns. */
static struct hardware_reading read_raw(void)
{
	int64_t before_ns = clock_ns(CLOCK_REALTIME), raw_ns = clock_ns(CLOCK_MONOTONIC_RAW);
	int64_t width_ns = clock_ns(CLOCK_REALTIME) - before_ns;

	return (struct hardware_reading){
		.device_ns = raw_ns,
		.realtime_ns = before_ns + width_ns / 2,
		.width_ns = width_ns,
	};
}

/* The card's latest reading, against the raw clock. false: the one that is known already. */
static bool add_reading(struct hardware_clock *clock, const struct hardware_reading *latest,
			const struct hardware_reading *raw, double rate)
{
	int64_t since_ns = chime_sub_sat(latest->realtime_ns, raw->realtime_ns);
	struct hardware_reading reading = {
		.device_ns = latest->device_ns,
		.realtime_ns = chime_add_sat(raw->device_ns, since_ns -
					     llrint((double)since_ns * rate)),
		.width_ns = chime_add_sat(latest->width_ns, chime_max(raw->width_ns, 0)),
	};

	if (clock->count && clock->latest.device_ns == latest->device_ns)
		return false;
	hardware_clock_add(clock, &reading);

	return true;
}

void serving_cards_read(struct serving_cards *cards, double rate, struct time_content *content)
{
	struct hardware_reading raw;

	content->card_count = 0;
	if (!serving_cards_exist(cards))
		return;
	hardware_read(cards->hardware);
	raw = read_raw();
	cards->next_ns = chime_add_sat(raw.device_ns, READ_NS);
	for (size_t i = 0; i < cards->hardware->count; i++) {
		const struct hardware_card *from = &cards->hardware->cards[i];
		struct time_card *card = &content->cards[content->card_count];
		const struct hardware_reading *latest = &from->clock.latest;

		if (!from->clock.count ||
		    !add_reading(&cards->clocks[i], latest, &raw, rate) ||
		    !serving_card_fill(&cards->clocks[i], latest->realtime_ns, rate, card))
			continue;
		card->receive_ns = from->options.receive_ns;
		card->transmit_ns = from->options.transmit_ns;
		card->interface = from->index;
		card->mbit = from->mbit;
		content->card_count++;
	}
}
