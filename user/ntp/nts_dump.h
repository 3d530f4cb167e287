/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A client's keys and cookies as text, to be kept for the next start. The format is chrony's, so
 * that either takes over what the other has left. Pure.
 */
#ifndef NTP_NTS_DUMP_H
#define NTP_NTS_DUMP_H

#include <stddef.h>
#include <stdint.h>

#include "ntp/address.h"
#include "ntp/nts.h"

/* Room for any of these texts. */
#define NTS_DUMP_MAX	8192

#define NTS_DUMP_NAME_MAX	256

/**
 * struct nts_dump - what is kept
 * @name: of the server, as configured
 * @established_s: UTC at which the keys were made
 * @address: of the NTP server
 * @port: of that
 * @number: of the keys, counted from the first ones
 * @keys: of both directions
 * @cookies: that were not used
 * @count: how many, at least 1
 */
struct nts_dump {
	char name[NTS_DUMP_NAME_MAX];
	double established_s;
	struct net_address address;
	int port;
	uint32_t number;
	struct nts_keys keys;
	struct nts_cookie cookies[NTS_COOKIES];
	size_t count;
};

/* Its length without the zero byte at its end; 0: there is no room in @size bytes. */
size_t nts_dump_write(const struct nts_dump *dump, char *text, size_t size);

/*
 * Read a text, which ends with a zero byte and is changed. NULL; what is wrong with it, for people:
 * then nothing of @dump counts.
 */
const char *nts_dump_read(char *text, struct nts_dump *dump);

#endif /* NTP_NTS_DUMP_H */
