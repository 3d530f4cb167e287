/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is shown on the bus, made of what the daemon tells at its control socket. Pure. Durations
 * and instants are microseconds there; instants are since 1970, by the system clock.
 */
#ifndef TIMESYNC1_VIEW_H
#define TIMESYNC1_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "ntp/address.h"

/* Who has named servers. */
enum view_list {
	VIEW_SYSTEM,	/* the configuration */
	VIEW_LINK,	/* the network, by DHCP */
	VIEW_RUNTIME,	/* the operator, until the daemon ends */
	VIEW_FALLBACK,	/* systemd-timesyncd's for want of others; truechimed has none */
	VIEW_LISTS,
};

/**
 * struct view_message - the latest answer that was used, as systemd-timesyncd shows it
 * @leap: of the answer; 3 while the clock is not synchronised, whatever the server says
 * @version: of NTP
 * @mode: of the packet
 * @stratum: of the server
 * @precision: of its clock, log2 seconds
 * @root_delay_us: the server's
 * @root_dispersion_us: the server's
 * @refid: as on the wire
 * @origin_us: when the request left, ...
 * @receive_us: arrived, by the server's clock, ...
 * @transmit_us: was answered, by the same, ...
 * @destination_us: and when the answer came. The four show the offset and the delay that were
 *	measured, with the timestamps of kernel and card
 * @ignored: it is from before a disruption, and says nothing of the clock any more
 * @packets: answers that were used; 0: there is no message
 * @jitter_us: of the source
 */
struct view_message {
	uint32_t leap;
	uint32_t version;
	uint32_t mode;
	uint32_t stratum;
	int32_t precision;
	uint64_t root_delay_us;
	uint64_t root_dispersion_us;
	uint8_t refid[4];
	uint64_t origin_us;
	uint64_t receive_us;
	uint64_t transmit_us;
	uint64_t destination_us;
	bool ignored;
	uint64_t packets;
	uint64_t jitter_us;
};

/* The longest name of a source, its NUL included, and the longest word for trust. */
#define VIEW_NAME_MAX	256
#define VIEW_WORD_MAX	16

/**
 * struct view - all that is shown
 * @servers: arrays of strings; NULL: empty
 * @server_name: whom the clock follows, as configured; "host clock": the host; "": nobody
 * @server_address: the address of that; AF_UNSPEC: it has none
 * @root_distance_max_us: sources further away are not used
 * @poll_min_us: of that server, as the next two; 0: there is none
 * @poll_max_us: at most
 * @poll_us: in force
 * @message: the latest answer
 * @frequency: correction of the system clock's rate, 2^-16 ppm, positive where it is slow
 * @synchronised: the daemon calls the clock so
 * @trust: in one word, as `truechime status --json` has it; "unknown" while no daemon answers
 */
struct view {
	json_t *servers[VIEW_LISTS];
	char server_name[VIEW_NAME_MAX];
	struct net_address server_address;
	uint64_t root_distance_max_us;
	uint64_t poll_min_us;
	uint64_t poll_max_us;
	uint64_t poll_us;
	struct view_message message;
	int64_t frequency;
	bool synchronised;
	char trust[VIEW_WORD_MAX];
};

/* A bit for each that differs. */
enum view_change {
	VIEW_CHANGE_LINK_SERVERS	= 1 << 0,
	VIEW_CHANGE_SYSTEM_SERVERS	= 1 << 1,
	VIEW_CHANGE_RUNTIME_SERVERS	= 1 << 2,
	VIEW_CHANGE_SERVER_NAME		= 1 << 3,
	VIEW_CHANGE_SERVER_ADDRESS	= 1 << 4,
	VIEW_CHANGE_ROOT_DISTANCE	= 1 << 5,
	VIEW_CHANGE_POLL_MIN		= 1 << 6,
	VIEW_CHANGE_POLL_MAX		= 1 << 7,
	VIEW_CHANGE_POLL		= 1 << 8,
	VIEW_CHANGE_MESSAGE		= 1 << 9,
	VIEW_CHANGE_FREQUENCY		= 1 << 10,
	VIEW_CHANGE_SYNCHRONISED	= 1 << 11,
	VIEW_CHANGE_TRUST		= 1 << 12,
};

/**
 * struct view_disruption - an instant at which time lost its relation to UTC
 * @cause: in one word
 * @action: what was done about the system clock, in one word
 * @gap_us: how far the reference had moved away from this machine's clocks
 * @offset_us: how far the system clock was behind before
 * @at_us: when it was noticed and repaired
 * @text: all of it in a sentence
 * The texts are the object's.
 */
struct view_disruption {
	const char *cause;
	const char *action;
	int64_t gap_us;
	int64_t offset_us;
	uint64_t at_us;
	const char *text;
};

/* Nothing is known: what is shown while no daemon answers. Holds nothing that is to be freed. */
void view_init(struct view *view);
void view_clear(struct view *view);

/*
 * @state is a daemon's answer to "timesync". 0: @view is what it says, to be cleared; -EPROTO: it
 * is none, and there is nothing to be cleared.
 */
int view_read(const json_t *state, struct view *view);

/* What differs, as bits of enum view_change. */
unsigned int view_compare(const struct view *before, const struct view *now);

/*
 * @event is one of the daemon's. 0: of a disruption; -ENOMSG: of a step that is none, as one that
 * the operator wanted; -EPROTO: it is no event.
 */
int view_read_disruption(const json_t *event, struct view_disruption *disruption);

#endif /* TIMESYNC1_VIEW_H */
