/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network cards that stamp packets: switching that on, and reading their clocks. Which stamp counts
 * is decided by client.c, by the rules of hardware_clock.c.
 */
#ifndef NTP_HARDWARE_H
#define NTP_HARDWARE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clocks/ptp_clock.h"
#include "ntp/hardware_clock.h"
#include "ntp/socket.h"

/* Interfaces at most, of hwtimestamp directives and in use. */
#define HARDWARE_MAX	8

enum hardware_filter {
	HARDWARE_FILTER_DEFAULT,	/* NTP's, or else all */
	HARDWARE_FILTER_NONE,
	HARDWARE_FILTER_NTP,
	HARDWARE_FILTER_PTP,
	HARDWARE_FILTER_ALL,
};

/**
 * struct hardware_options - as configured
 * @interface: its name, or "*"
 * @filter: which packets are stamped when they come
 * @transmit_ns: added to the stamps of packets that leave
 * @receive_ns: taken from those of packets that come
 * @no_crosststamp: do not ask the card for both clocks at one instant
 */
struct hardware_options {
	char interface[IF_NAMESIZE];
	enum hardware_filter filter;
	int64_t transmit_ns;
	int64_t receive_ns;
	bool no_crosststamp;
};

/**
 * struct hardware_card - an interface whose packets are stamped
 * @index: of the interface, as the kernel names it with each stamp
 * @name: for people
 * @options: as configured
 * @device: the card's clock
 * @failures: how often in a row its clock could not be read
 * @retry_ns: raw instant before which it is not tried again
 * @silent_until_ns: raw instant before which that is not logged again
 * @complained: that was logged
 * @mbit: speed of the link; 0: not known
 * @clock: what was read
 */
struct hardware_card {
	uint32_t index;
	char name[IF_NAMESIZE];
	struct hardware_options options;
	struct ptp_clock device;
	unsigned int failures;
	int64_t retry_ns;
	int64_t silent_until_ns;
	bool complained;
	uint32_t mbit;
	struct hardware_clock clock;
};

/**
 * struct hardware - the cards
 * @cards: all of them ...
 * @count: ... how many
 * @speeds_ns: raw instant from which on the speeds of their links are asked for again
 */
struct hardware {
	struct hardware_card cards[HARDWARE_MAX];
	size_t count;
	int64_t speeds_ns;
};

/*
 * Switch on the timestamps of the interfaces that @options name, as far as that is possible. It
 * takes CAP_NET_ADMIN, unless somebody else has done so before. What becomes of each is logged.
 */
void hardware_open(struct hardware *hardware, const struct hardware_options *options, size_t count);

/* Close the clocks. The cards go on stamping: others may use that, too. */
void hardware_close(struct hardware *hardware);

/*
 * Read the clocks of all cards, right after a packet has left or come, and now and then the speeds
 * of their links. A clock that cannot be read again and again is logged, and so is its return.
 */
void hardware_read(struct hardware *hardware);

/*
 * The card's stamp of a packet as CLOCK_REALTIME, with the error that it may have. @receipt: the
 * packet came. false: there is none, or it cannot be converted.
 */
bool hardware_convert(const struct hardware *hardware, const struct ntp_stamp *stamp, bool receipt,
		      int64_t *realtime_ns, int64_t *error_ns);

#endif /* NTP_HARDWARE_H */
