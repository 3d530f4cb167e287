/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers that have left: when, by the kernel and then by the network card, is kept for clients of
 * the interleaved mode. Pure.
 */
#ifndef SERVER_SENT_H
#define SERVER_SENT_H

#include <stddef.h>
#include <stdint.h>

#include "ntp/stamp.h"
#include "server/respond.h"
#include "server/stamp_table.h"

/* What became of a card's timestamp. */
enum sent_verdict {
	SENT_NOTED,
	SENT_UNKNOWN,		/* nobody waits for that answer's timestamp, or there is none */
	SENT_CARD_REFUSED,	/* the card contradicts the kernel */
};

/**
 * sent_note() - keep a timestamp of an answer
 * @stamps: where its record is
 * @time: what is told
 * @bytes: of the packet, with headers of any length before the answer
 * @length: of it
 * @stamp: the kernel's or the card's
 * @random: 64 fresh bits
 */
enum sent_verdict sent_note(struct stamp_table *stamps, const struct respond_time *time,
			    const uint8_t *bytes, size_t length, const struct ntp_stamp *stamp,
			    uint64_t random);

#endif /* SERVER_SENT_H */
