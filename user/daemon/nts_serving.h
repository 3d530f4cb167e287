/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Serving NTS: the keys of cookies with their file and rotation, the sockets of key establishment,
 * and the processes that answer there.
 */
#ifndef DAEMON_NTS_SERVING_H
#define DAEMON_NTS_SERVING_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "ntp/nts_server_keys.h"
#include "server/nts_settings.h"

struct nts_serving;

/* NULL: no memory. */
struct nts_serving *nts_serving_new(void);

/* Its keys are kept in their file, as they are right after the start and each rotation. */
void nts_serving_free(struct nts_serving *nts);

/*
 * Serve as @config says from now on, or no longer. Certificates that are other files than before
 * are read again, as are keys of cookies that others take care of; where nothing is new, nobody is
 * disturbed. Called with the privilege to bind the port.
 */
void nts_serving_configure(struct nts_serving *nts, const struct config *config,
			   int64_t now_raw_ns);

/* Keys of cookies; NULL: NTS is not served. @changes: counts how often they were replaced. */
const struct nts_server_keys *nts_serving_keys(const struct nts_serving *nts, uint64_t *changes);

/* Descriptors to wait for; how many: CONFIG_NTS_PROCESSES_MAX at most. */
int nts_serving_pollfds(const struct nts_serving *nts, struct pollfd *fds);

/* Raw instant at which to call nts_serving_timer(). */
int64_t nts_serving_next_ns(const struct nts_serving *nts);

/* Start what is to run, note what has ended, replace old keys and keep new ones. */
void nts_serving_timer(struct nts_serving *nts, int64_t now_raw_ns);

/* What the processes count. NULL: none has run. */
const struct nts_statistics *nts_serving_statistics(const struct nts_serving *nts);

/* The seed of their table of clients. */
void nts_serving_seed(const struct nts_serving *nts, uint64_t seed[2]);

/* When a certificate that clients are shown expires, in s of UTC since 1970; 0: it is not known. */
int64_t nts_serving_certificate_end_s(const struct nts_serving *nts);

#endif /* DAEMON_NTS_SERVING_H */
