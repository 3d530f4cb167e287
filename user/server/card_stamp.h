/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timestamps that network cards took, on the server's side: from a card's clock to the system's, by
 * what the page of time says of it, and whether they may be believed. Pure.
 *
 * A card that lies must not make an answer worse than it says. What came was there before the
 * kernel stamped it, and what left was there until after: so a card only says by how much, and that
 * is the most by which it can be wrong. The answer counts it to its root dispersion.
 */
#ifndef SERVER_CARD_STAMP_H
#define SERVER_CARD_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/time_page.h"
#include "ntp/stamp.h"

/* Interrupts and queues take less, but for a machine that has other troubles. */
#define CARD_STAMP_GAIN_MAX_NS	1000000LL

/*
 * The card's stamp of a packet as CLOCK_REALTIME, with the error that it may have. @receipt: the
 * packet came. false: there is none, or @content does not say what it means.
 */
bool card_stamp_convert(const struct time_content *content, const struct ntp_stamp *stamp,
			bool receipt, int64_t *realtime_ns, int64_t *error_ns);

/**
 * card_stamp_gain() - what the card knows better
 * @later_ns: the later timestamp minus the earlier one, of the kernel's and the card's
 * @error_ns: by which the card's may be wrong
 * @gain_ns: result: how much earlier than the kernel says the packet came, or later it left; at
 *	least 0 and at most CARD_STAMP_GAIN_MAX_NS
 *
 * Return: false: the card contradicts the kernel.
 */
bool card_stamp_gain(int64_t later_ns, int64_t error_ns, int64_t *gain_ns);

#endif /* SERVER_CARD_STAMP_H */
