/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys and cookies of one association: when they are established, by what, what becomes of a
 * failure, and their file. Between target.c and nts_source.c; not for others.
 */
#ifndef SOURCES_NTS_SOURCE_H
#define SOURCES_NTS_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "ntp/client.h"
#include "ntp/nts_session.h"
#include "sources/nts_establish.h"
#include "sources/resolver.h"

struct association;
struct target;

/**
 * struct nts_source - NTS of one association
 * @session: keys and cookies in use
 * @asked: the address that is asked for them: of the configured name; the NTP server's may be
 *	another one
 * @port: of the NTP server
 * @establish: keys that are being established ...
 * @resolver: ... then the name of the NTP server that is being looked up ...
 * @agreed: ... for these
 * @attempts: since keys last worked
 * @next_ns: raw instant before which there is none, unless those in use worked
 * @established_ns: raw instant of the latest keys
 * @number: of these, counted from the first ones; 0: there were none
 * @algorithm: of these, AEAD_NONE likewise; the session has it only while they are in use
 * @refused: the server did not accept them in the end, and there are no others yet
 * @failure: the latest attempt's
 * @problem: the same for people; "": there was none
 */
struct nts_source {
	struct nts_session session;
	struct net_address asked;
	int port;
	struct nts_establish establish;
	struct resolver resolver;
	struct nts_outcome agreed;
	unsigned int attempts;
	int64_t next_ns;
	int64_t established_ns;
	uint32_t number;
	int algorithm;
	bool refused;
	enum nts_failure failure;
	char problem[NTS_PROBLEM_MAX];
};

/**
 * struct nts_left - an address of a name that was left for another one
 * @address: of it
 * @attempts: those in vain, as of an association ...
 * @failure: ... the latest of them ...
 * @next_ns: ... and the raw instant before which there is to be none
 */
struct nts_left {
	struct net_address address;
	unsigned int attempts;
	enum nts_failure failure;
	int64_t next_ns;
};

/* NULL: no memory. */
struct nts_source *nts_source_new(void);

/* Keep its cookies in a file, if there is a directory for it. The association may have no NTS. */
void nts_source_free(struct association *association);

/* It is about to get another address: what it has of this one goes to a file. */
void nts_source_leave(struct association *association);

/* The association has got an address, and no samples: begin anew there, with what a file has. */
void nts_source_begin(struct association *association, int64_t now_raw_ns);

/* Descriptor to wait for, -1: none. */
int nts_source_fd(const struct association *association);

/* Raw instant at which to call nts_source_timer(). */
int64_t nts_source_next_ns(const struct association *association);

/* What came of it, for the client's result; the descriptor is readable, or it is time. */
enum ntp_client_result nts_source_timer(struct association *association, int64_t now_raw_ns);

/* Raw instant before which an address that was left is not to be asked for keys. */
int64_t nts_source_left_until(const struct target *target, const struct net_address *address);

/* A failed attempt need not be waited for, unless the server was there, and is not trusted. */
void nts_source_retry_now(struct association *association, int64_t now_raw_ns);

/* The same of addresses that were left. */
void nts_source_retry_left(struct target *target);

/* The client's exchange is over: keys that the server no longer has are replaced at once. */
void nts_source_note(struct association *association, enum ntp_client_result result,
		     int64_t now_raw_ns);

#endif /* SOURCES_NTS_SOURCE_H */
