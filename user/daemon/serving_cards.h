/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the server is told of the clocks of network cards that stamp packets (hwtimestamp). It has
 * neither their devices nor the right to ask them: the daemon reads them once a second and writes
 * onto the page of time where each is against the system clock.
 */
#ifndef DAEMON_SERVING_CARDS_H
#define DAEMON_SERVING_CARDS_H

#include "lib/time_page.h"
#include "ntp/hardware.h"

/**
 * struct serving_cards - the cards, as the server uses them
 * @hardware: the cards; not owned; NULL: none
 * @clocks: each one's clock against the raw clock, which nobody steers
 * @next_ns: raw instant of the next reading; INT64_MAX: without cards
 */
struct serving_cards {
	struct hardware *hardware;
	struct hardware_clock clocks[HARDWARE_MAX];
	int64_t next_ns;
};

/* Use these cards from now on: others than before, or opened anew. */
void serving_cards_init(struct serving_cards *cards, struct hardware *hardware);

/* Are there any? */
bool serving_cards_exist(const struct serving_cards *cards);

/*
 * Read all clocks, and write what is known of them to @content. @rate: of the system clock against
 * the raw clock, from now on.
 */
void serving_cards_read(struct serving_cards *cards, double rate, struct time_content *content);

/**
 * serving_card_fill() - where a card's clock is against the system clock
 * @clock: that against the raw clock, with its latest reading
 * @realtime_ns: the system clock at that reading
 * @rate: of the system clock against the raw clock
 * @card: result, but for what is configured
 *
 * Return: false: the rate of the card's clock is not known yet.
 */
bool serving_card_fill(const struct hardware_clock *clock, int64_t realtime_ns, double rate,
		       struct time_card *card);

#endif /* DAEMON_SERVING_CARDS_H */
