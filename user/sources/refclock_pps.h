/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pulses that the kernel timestamps (/dev/ppsN, RFC 2783): the edges of a signal that begins each
 * second.
 */
#ifndef SOURCES_REFCLOCK_PPS_H
#define SOURCES_REFCLOCK_PPS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct refclock_pps - the device
 * @fd: descriptor
 * @path: which was opened; the configuration's
 * @clear: falling edges count, not rising ones
 * @sequence: of the latest edge that was read
 */
struct refclock_pps {
	int fd;
	const char *path;
	bool clear;
	uint32_t sequence;
};

#endif /* SOURCES_REFCLOCK_PPS_H */
