/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The key file: symmetric keys that NTP packets are authenticated with, in chrony's format. A line
 * is "ID [TYPE] KEY". Reading it has no side effects but the reports, which name file, line and
 * key number, and never any other word of the line: each may be part of a secret.
 *
 * Needs nothing of the daemon, because other programs read the same file.
 */
#ifndef NTP_KEYS_H
#define NTP_KEYS_H

#include <stddef.h>
#include <stdint.h>

/* A line is chrony's, 2047 bytes at most, and its shortest start is "1 ". */
#define NTP_KEYS_LINE_MAX	2047
#define NTP_KEY_SECRET_MAX	(NTP_KEYS_LINE_MAX - 2)

/* A secret of fewer bits can be guessed. */
#define NTP_KEY_BITS_LEAST	80
#define BITS_PER_BYTE		8

/* What makes a message authentication code (MAC) of secret and packet. */
enum ntp_mac_type {
	NTP_MAC_MD5,
	NTP_MAC_SHA1,
	NTP_MAC_SHA256,
	NTP_MAC_SHA384,
	NTP_MAC_SHA512,
	NTP_MAC_SHA3_224,
	NTP_MAC_SHA3_256,
	NTP_MAC_SHA3_384,
	NTP_MAC_SHA3_512,
	NTP_MAC_AES128,		/* CMAC of RFC 4493, for NTP RFC 8573 */
	NTP_MAC_AES256,
};

/**
 * struct ntp_key - one key: a plain value, which may be sent to another process
 * @id: its number on the wire, never 0
 * @type: what it is for
 * @length: bytes of @secret that are used; 16 of AES128, 32 of AES256
 * @secret: the others are 0
 */
struct ntp_key {
	uint32_t id;
	enum ntp_mac_type type;
	size_t length;
	uint8_t secret[NTP_KEY_SECRET_MAX];
};

enum ntp_keys_severity {
	NTP_KEYS_WARNING,	/* the key is used, and should not be as it is */
	NTP_KEYS_ERROR,		/* the line is skipped, or the file could not be read */
};

/* One report: @line 0 is about the file as a whole. */
typedef void ntp_keys_report(void *context, enum ntp_keys_severity severity, const char *file,
			     int line, const char *message);

struct ntp_keys;

/**
 * ntp_keys_load() - read a file
 * @path: of the file
 * @report: called for each error and warning; NULL: nothing is
 * @context: handed to @report
 * @keys: set on success only; ntp_keys_free() it
 *
 * A bad line is reported and skipped, as by chronyd; the other keys are good. Of two keys with one
 * number the first counts.
 *
 * Return: 0; -errno of a file that could not be read (reported, too); -ENODATA of one that is
 * empty, or in which there are bad lines and no key.
 */
int ntp_keys_load(const char *path, ntp_keys_report *report, void *context,
		  struct ntp_keys **keys);

/* The same from text in memory called @name. 0, -ENOMEM. */
int ntp_keys_read(const char *name, const char *text, size_t length, ntp_keys_report *report,
		  void *context, struct ntp_keys **keys);

/* Wipe and free them; NULL is none. */
void ntp_keys_free(struct ntp_keys *keys);

/* The key of that number; NULL: there is none, or @keys is NULL. */
const struct ntp_key *ntp_keys_find(const struct ntp_keys *keys, uint32_t id);

/* All of them, in the order of their numbers. */
size_t ntp_keys_count(const struct ntp_keys *keys);
const struct ntp_key *ntp_keys_at(const struct ntp_keys *keys, size_t index);

#endif /* NTP_KEYS_H */
