/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timestamps of a packet, the kernel's and a network card's, from the control messages that come
 * with it.
 */
#ifndef NTP_STAMP_H
#define NTP_STAMP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/**
 * struct ntp_stamp - timestamps of a packet
 * @realtime_ns: the kernel's, by CLOCK_REALTIME
 * @valid: there was one
 * @device_ns: the network card's, by its own clock
 * @has_device: there was one
 * @interface: of that card; 0: not known
 * @length: of the packet on the wire; 0: not known
 */
struct ntp_stamp {
	int64_t realtime_ns;
	bool valid;
	int64_t device_ns;
	bool has_device;
	uint32_t interface;
	uint32_t length;
};

/* Take what a control message says of a packet's timestamps; of another one, nothing. */
void ntp_stamp_read(const struct cmsghdr *header, struct ntp_stamp *stamp);

#endif /* NTP_STAMP_H */
