/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NTP servers for a daemon in simulated time. All times are ns of true time since the start.
 */
#ifndef RIVAL_NETWORK_H
#define RIVAL_NETWORK_H

#include <stdint.h>

#include "user/lib/time_units.h"

/* UTC at the start. */
#define START_S		1800000000LL

/* --- what preload.c has for network.c --- */

/* A number that the environment states, else @otherwise. */
double rival_parameter(const char *name, double otherwise);

/* True time, as it has passed so far. */
double rival_true_ns(void);

/* --- and the other way --- */

void network_start(uint64_t seed);

/* When the next packet arrives that this socket will read; INFINITY: none is on its way. */
double network_arrival_ns(int fd);

/* Requests that were sent so far. */
unsigned int network_requests(void);

#endif /* RIVAL_NETWORK_H */
