/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What gpsd and others send to a SOCK refclock.
 */
#ifndef UNIT_SOCK_SAMPLE_H
#define UNIT_SOCK_SAMPLE_H

#include <stdint.h>

#define SOCK_MAGIC	0x534f434b

/**
 * struct sock_sample - one datagram, where a time has 64 bits
 * @s: the system clock's time ...
 * @us: ... and its fraction
 * @offset: UTC minus that, seconds; of a pulse, to the next whole second
 * @pulse: nothing but the fraction of @offset counts
 * @leap: NTP's leap indicator
 * @padding: anything
 * @magic: SOCK_MAGIC
 */
struct sock_sample {
	int64_t s;
	int64_t us;
	double offset;
	int32_t pulse;
	int32_t leap;
	int32_t padding;
	int32_t magic;
};

#endif /* UNIT_SOCK_SAMPLE_H */
