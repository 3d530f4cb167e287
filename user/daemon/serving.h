/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Serving the time to others: the sockets, the process that answers on them, started again if it
 * ends, and the page of time that it reads.
 */
#ifndef DAEMON_SERVING_H
#define DAEMON_SERVING_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "ipc/client_marks.h"
#include "ipc/state.h"
#include "ntp/hardware.h"
#include "ntp/keys.h"
#include "server/nts_settings.h"
#include "server/statistics.h"

struct serving;

/* Descriptors of serving_pollfds() at most. */
#define SERVING_FDS_MAX	(1 + CONFIG_NTS_PROCESSES_MAX)

/* NULL: no memory. */
struct serving *serving_new(void);
void serving_free(struct serving *serving);

/*
 * Serve as @config says from now on, or no longer; who asks by one of @keys (NULL: there are none)
 * is answered with it. A socket that cannot be opened is logged, and tried again after a while.
 * Called with the privilege to bind the port.
 */
void serving_configure(struct serving *serving, const struct config *config,
		       const struct ntp_keys *keys, int64_t now_raw_ns);

/* These network cards stamp packets from now on; not owned. */
void serving_use_cards(struct serving *serving, struct hardware *hardware, int64_t now_raw_ns);

/* Does it take the privilege to bind a port below 1024? */
bool serving_needs_port(const struct config *config);

/*
 * Write the page of time, if there is one and @steering is of another reading of the clocks, and
 * decide whether the local clock is the reference. @update: the latest by the sources.
 */
void serving_publish(struct serving *serving, const struct steering_status *steering,
		     const struct state_update *update);

/* Descriptors to wait for; how many. */
int serving_pollfds(const struct serving *serving, struct pollfd *fds);

/* Raw instant at which to call serving_timer(). */
int64_t serving_next_ns(const struct serving *serving);

/* Start what is to run, note what has ended. */
void serving_timer(struct serving *serving, int64_t now_raw_ns);

/* What the process counts, and how many records of clients there are. NULL: none runs. */
const struct server_statistics *serving_statistics(const struct serving *serving, size_t *clients);

/*
 * The clients, and their connections for NTS, as they are counted; without those of which none was
 * noted. false: NTP is not served.
 */
bool serving_client_tables(const struct serving *serving, struct client_table *ntp,
			   struct client_table *nts);

/* Their counts begin anew. false: there is no memory for it. */
bool serving_reset_clients(struct serving *serving);

/* What the fast path counts. false: there is none. */
bool serving_xdp_counts(const struct serving *serving, uint64_t counts[XDP_COUNTS]);

/* What the processes count that hand out NTS keys. NULL: none has run. */
const struct nts_statistics *serving_nts_statistics(const struct serving *serving);

/* When a certificate that their clients are shown expires, in s of UTC since 1970; 0: not known. */
int64_t serving_certificate_end_s(const struct serving *serving);

/* A socket is open, whether the process answers there already or not. */
bool serving_is_open(const struct serving *serving);

/* The stratum with which the clock is served though it follows nothing (`local`); 0: it is not. */
int serving_local_stratum(const struct serving *serving);

#endif /* DAEMON_SERVING_H */
