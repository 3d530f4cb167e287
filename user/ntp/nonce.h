/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a request carries in place of its timestamp, so that nobody can answer who has not seen it.
 * Pure: random bytes and clocks are arguments.
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
 * Guests that were forked from one snapshot may draw the same random bytes: until the kernel hears
 * of the fork from a VM generation id, or seeds its generator anew a minute later, all have its
 * state. They differ in when they run, so the clocks are mixed in, one way: who has seen the nonce
 * of one and guesses the time of the other does not know the other's.
 */
uint64_t ntp_nonce(const uint64_t random[2], const struct timescale_now *now);

#endif /* NTP_NONCE_H */
