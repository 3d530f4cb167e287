/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all parts of NTS (RFC 8915) share: keys, cookies and numbers.
 */
#ifndef NTP_NTS_H
#define NTP_NTS_H

#include <stddef.h>
#include <stdint.h>

#include "ntp/aead.h"

/* TCP port of key establishment. */
#define NTS_KE_PORT		4460

/* As many as a client keeps, and a server hands out at once (section 4.1.6). */
#define NTS_COOKIES		8

/* Longer cookies are not kept. It is a multiple of 4. */
#define NTS_COOKIE_MAX		256

/* What ties an answer to its request (section 5.3). */
#define NTS_IDENTIFIER_SIZE	32

/* The longest name of an NTP server that is handed out instead of the asked one, with its end. */
#define NTS_SERVER_MAX		256

/**
 * struct nts_keys - of one client with one server
 * @algorithm: AEAD_*; AEAD_NONE: there are none
 * @c2s: from client to server
 * @s2c: back
 */
struct nts_keys {
	int algorithm;
	uint8_t c2s[AEAD_KEY_MAX];
	uint8_t s2c[AEAD_KEY_MAX];
};

/**
 * struct nts_cookie - a cookie
 * @size: how many bytes
 * @bytes: of it
 */
struct nts_cookie {
	size_t size;
	uint8_t bytes[NTS_COOKIE_MAX];
};

#endif /* NTP_NTS_H */
