/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The nonce that a request carries in place of its timestamp, so that only those who have seen it
 * can answer. Pure: random bytes and clocks are arguments.
 */
#ifndef NTP_NONCE_H
#define NTP_NONCE_H

#include <stdint.h>

#include "clocks/timescale.h"

/**
 * ntp_nonce() - 64 unpredictable bits
 * @random: 128 of them, fresh
 * @now: clocks, read for this request
 *
 * Guests that were forked from one snapshot may draw the same random bytes: all have the state of
 * the kernel's generator until a VM generation id reports the fork to the kernel, or until the
 * kernel seeds it anew a minute later. They run at different times, so the clocks are mixed in by a
 * one-way function: an attacker who has seen one guest's nonce and guesses another one's time does
 * not know the other nonce.
 */
uint64_t ntp_nonce(const uint64_t random[2], const struct timescale_now *now);

#endif /* NTP_NONCE_H */
