/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page of time: what the daemon knows of the time, for processes that can read it and do
 * nothing else to it. One process writes, any number reads, each without a lock or a system call.
 *
 * The time is stated as a function of the system clock, because that is what the kernel stamps
 * packets with. It holds until the system clock is set: a reader that notices this has to wait for
 * a page whose reading is later.
 */
#ifndef LIB_TIME_PAGE_H
#define LIB_TIME_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/line.h"

/* Of a clock that is not synchronised (RFC 5905 figure 11). */
#define TIME_STRATUM_NONE	16

/* Network cards whose stamps may be used. */
#define TIME_CARDS_MAX	8

/**
 * struct time_card - the clock of a network card that stamps packets, as a line over the system's
 * @device_ns: the card's clock at the latest reading
 * @realtime_ns: the system clock then, to within half of ...
 * @width_ns: ... this
 * @rate_q32: the system clock against the card's
 * @receive_ns: taken from stamps of packets that came
 * @transmit_ns: added to those of packets that left
 * @interface: index of the interface
 * @mbit: speed of its link; 0: not known
 */
struct time_card {
	int64_t device_ns;
	int64_t realtime_ns;
	int64_t width_ns;
	int64_t rate_q32;
	int64_t receive_ns;
	int64_t transmit_ns;
	uint32_t interface;
	uint32_t mbit;
};

/**
 * struct time_content - what the page says
 * @raw_ns: raw instant of the reading of the clocks that all of this was made of
 * @time: UTC as a function of the system clock, and the greatest error of that
 * @reference_ns: UTC of the latest update by the sources
 * @root_delay_ns: round trip to the primary reference; half of it is part of the greatest error
 * @refid: of the reference, host byte order, first character highest
 * @stratum: TIME_STRATUM_NONE: not synchronised, and nothing but this holds
 * @leap: what today ends with: 0 none, 1 insert, 2 delete a second
 * @mono_offset_ns: the monotonic clock (daemon/mono_scale.h) minus the time
 * @mono_epoch: of that clock
 * @has_mono: there is one
 * @cards: whose clocks are known ...
 * @card_count: ... so many
 */
struct time_content {
	int64_t raw_ns;
	struct chime_line time;
	int64_t reference_ns;
	int64_t root_delay_ns;
	uint32_t refid;
	uint16_t stratum;
	uint16_t leap;
	int64_t mono_offset_ns;
	uint32_t mono_epoch;
	uint32_t has_mono;
	struct time_card cards[TIME_CARDS_MAX];
	uint64_t card_count;
};

struct time_page;

/*
 * Make a page that says that nothing is synchronised. @fd: to be handed to readers, who can map it
 * for reading only. 0, -errno.
 */
int time_page_create(struct time_page **page, int *fd);

/* Map a page for reading. 0, -errno. */
int time_page_map(const struct time_page **page, int fd);

/* Undo time_page_map(), or time_page_create() but for its descriptor. */
void time_page_unmap(const struct time_page *page);

/* Replace what the page says. Its one writer does not wait for readers. */
void time_page_write(struct time_page *page, const struct time_content *content);

/* false: its writer ended, or is kept from running, in the middle of writing. */
bool time_page_read(const struct time_page *page, struct time_content *content);

/*
 * Is the reading that it is made of later than the raw instant at which the system clock was last
 * set, and not from so long ago that the daemon must have stopped reading the clocks?
 */
bool time_content_holds(const struct time_content *content, int64_t set_raw_ns, int64_t now_raw_ns);

/* The root dispersion at an instant of the system clock: the bound without half of the delay. */
int64_t time_content_dispersion_ns(const struct time_content *content, int64_t realtime_ns);

#endif /* LIB_TIME_PAGE_H */
