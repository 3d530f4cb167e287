/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One request and its answer: whether a packet is a request that is answered, and the answer from
 * the page of time (RFC 5905 section 9.2, interleaved: RFC 9769). Pure: clocks, random bits and
 * tables are arguments.
 */
#ifndef SERVER_RESPOND_H
#define SERVER_RESPOND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/time_page.h"
#include "ntp/mono_root.h"
#include "ntp/packet.h"
#include "server/stamp_table.h"

/**
 * struct respond_time - the time as it is told now; made once for many requests
 * @content: the page of time; not synchronised if it does not hold
 * @root: what the extension field F323 says, but for .receive
 * @header: an answer's first 24 bytes, up to the reference timestamp, without version, mode, poll
 * @precision_mask: the bits of a timestamp below the clock's precision, which are random
 */
struct respond_time {
	struct time_content content;
	struct mono_root root;
	uint8_t header[24];
	uint64_t precision_mask;
};

/**
 * struct respond_request - a packet that came
 * @bytes: as received
 * @length: as received
 * @realtime_ns: timestamp of its arrival (system clock)
 * @doubt_ns: by which it may be too early, if a network card that took it lies; at most a second
 * @port: of its sender
 * @mac: length of its MAC, by respond_judge(); 0: it has none
 * @wants_root: it has the extension field F323, likewise
 */
struct respond_request {
	const uint8_t *bytes;
	size_t length;
	int64_t realtime_ns;
	uint32_t doubt_ns;
	int port;
	size_t mac;
	bool wants_root;
};

/* An answer without what authenticates it: header, and an extension field that was asked for. */
#define RESPOND_ANSWER_MAX	(NTP_HEADER_SIZE + MONO_ROOT_SIZE)

/**
 * struct respond_answer - an answer, but for the time at which it leaves
 * @bytes: of it; its transmit timestamp is missing unless it is @interleaved
 * @length: of it
 * @receive: its receive timestamp, 32.32 as on the wire
 * @doubt_ns: of that, as the request's
 * @interleaved: it carries the transmit timestamp of the previous answer
 * @taker: who took its transmit timestamp
 * @keep: its transmit timestamp is to be kept for the next request
 */
struct respond_answer {
	uint8_t bytes[RESPOND_ANSWER_MAX];
	size_t length;
	uint64_t receive;
	uint32_t doubt_ns;
	bool interleaved;
	enum stamp_taker taker;
	bool keep;
};

/* What becomes of a packet. */
enum respond_verdict {
	RESPOND_ANSWER,
	RESPOND_MALFORMED,	/* no NTP packet */
	RESPOND_NO_REQUEST,	/* a packet of another mode */
};

/*
 * Prepare to answer at @realtime_ns of the system clock. @precision: log2 seconds, of that clock.
 */
void respond_prepare(struct respond_time *time, const struct time_content *content, int precision,
		     int64_t realtime_ns);

/**
 * respond_judge() - is it a request?
 * @request: as received; gets @mac and @wants_root
 *
 * The MAC is checked by the caller, who has the keys.
 */
enum respond_verdict respond_judge(struct respond_request *request);

/**
 * respond_answer() - the answer to a request
 * @time: what is told
 * @request: of which respond_judge() said that it is one
 * @stamps: where the interleaved mode finds the previous answer's timestamp
 * @least_poll: log2 seconds that the client is advised to wait at least
 * @random: 64 fresh bits
 * @answer: result
 *
 * What a network card that lies may have added to the error of a timestamp is part of the answer's
 * root dispersion.
 */
void respond_answer(const struct respond_time *time, const struct respond_request *request,
		    struct stamp_table *stamps, int least_poll, uint64_t random,
		    struct respond_answer *answer);

/* Turn the answer into one that only tells the client @code, NTP_KISS_*. */
void respond_kiss(struct respond_answer *answer, uint32_t code);

/* The transmit timestamp, 32.32, of a packet that leaves at @realtime_ns of the system clock. */
uint64_t respond_transmit(const struct respond_time *time, int64_t realtime_ns, uint64_t random);

/* A transmit timestamp, 32.32, with the mark of one. */
uint64_t respond_mark_transmit(uint64_t transmit);

/* The receive timestamp that an answer carries. */
uint64_t respond_receive_of(const uint8_t *bytes);

/* Complete an answer that is not interleaved by that timestamp. */
void respond_stamp(struct respond_answer *answer, uint64_t transmit);

#endif /* SERVER_RESPOND_H */
