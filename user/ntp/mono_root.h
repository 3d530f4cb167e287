/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The experimental extension field F323 of chrony 4.2 and later: root delay and dispersion with
 * more digits, and when the request arrived by a second clock of the server's, which has the rate
 * of its time, but not the corrections of its phase. By that a client tells that a server has put
 * its clock right from a server whose clock drifts. Pure.
 */
#ifndef NTP_MONO_ROOT_H
#define NTP_MONO_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp/packet.h"

#define MONO_ROOT_TYPE	0xf323

/* Of the whole field, in requests and answers. */
#define MONO_ROOT_SIZE	28

/**
 * struct mono_root - what an answer says
 * @root_delay_ns: as in the header; 16 s and more are too much to be told
 * @root_dispersion_ns: likewise
 * @receive: when the request arrived by the monotonic clock, 32.32; 0: that is not known
 * @epoch: another one when that clock has begun anew
 */
struct mono_root {
	int64_t root_delay_ns;
	int64_t root_dispersion_ns;
	uint64_t receive;
	uint32_t epoch;
};

/*
 * Write the field of an answer, or, with @root NULL, that of a request, which says nothing.
 * @bytes: MONO_ROOT_SIZE of them.
 */
void mono_root_write(const struct mono_root *root, uint8_t *bytes);

/**
 * mono_root_read() - find the field
 * @bytes: as received
 * @packet: of these, by ntp_packet_decode()
 * @root: what it says
 *
 * Return: false: there is none, or one of another kind.
 */
bool mono_root_read(const uint8_t *bytes, const struct ntp_packet *packet, struct mono_root *root);

/**
 * mono_root_moved_ns() - by how much a server has set its time forward between two answers
 * @receive: receive timestamp of the first, by the server's time, 32.32
 * @root: what the first one said; .receive 0: nothing
 * @next_receive: same of the second
 * @next: same of the second
 *
 * Return: 0 also if it is not known, or too much to be a correction of a clock that is followed.
 */
int64_t mono_root_moved_ns(uint64_t receive, const struct mono_root *root, uint64_t next_receive,
			   const struct mono_root *next);

#endif /* NTP_MONO_ROOT_H */
