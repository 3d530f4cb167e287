/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The associations: from the configured names to sources with an address, a request in flight and
 * an answer. Owns sockets, name resolution and everything between the timescale and the struct
 * source array; decides nothing about the clock.
 *
 * One thread and poll(2): nothing here blocks. Before the network is there requests fail, are
 * counted as the source's last_error and are tried again: when addresses or routes come, and in any
 * case, at first every second.
 *
 * Timer instants ("raw") are CLOCK_MONOTONIC_RAW in ns.
 */
#ifndef SOURCES_ASSOCIATION_H
#define SOURCES_ASSOCIATION_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clocks/timescale.h"
#include "config/config.h"
#include "discipline/source.h"
#include "ntp/address.h"
#include "ntp/client.h"
#include "sources/refclock_taken.h"

/* Descriptors at most: a socket for each source, a name being resolved, and the network's. */
#define ASSOCIATIONS_FDS_MAX	(2 * CONFIG_SOURCES_MAX + 1)

/* The resolving_error of a source that names none but machines that are asked already. */
#define ASSOCIATION_IN_USE	"All its addresses are in use as other sources"

/* chronyc's words: is a source asked? */
enum association_activity {
	ASSOCIATION_ONLINE,
	ASSOCIATION_OFFLINE,		/* the operator, or auto_offline, does not want it */
	ASSOCIATION_BURST_ONLINE,	/* in a burst, then as usual */
	ASSOCIATION_BURST_OFFLINE,	/* in a burst, then no more */
	ASSOCIATION_UNRESOLVED,		/* its name has no address yet */
	ASSOCIATION_ACTIVITIES,
};

/* Directives that became sources, or are none any more. */
struct associations_changes {
	size_t added;
	size_t removed;
};

/* How answers are authenticated. */
enum association_auth_mode {
	ASSOCIATION_AUTH_NONE,
	ASSOCIATION_AUTH_KEY,
	ASSOCIATION_AUTH_NTS,
};

/**
 * struct association_auth - by what, and how it stands
 * @mode: how
 * @key: number of the key; of NTS, how often keys were established
 * @type: of the key, chrony's number
 * @bits: length of the key
 * @established_ns: raw instant at which NTS keys were; INT64_MIN: never
 * @attempts: to do so since they last worked
 * @refused: the server does not accept the latest cookie
 * @cookies: that are left
 * @cookie_size: bytes of the next one
 */
struct association_auth {
	enum association_auth_mode mode;
	uint32_t key;
	int type;
	int bits;
	int64_t established_ns;
	unsigned int attempts;
	bool refused;
	size_t cookies;
	size_t cookie_size;
};

/**
 * struct association_info - what the tables show beside struct source_status
 * @name: as configured
 * @address: numeric; of a refclock its reference id; "" while not known or not open
 * @refid: the source as a reference id: IPv4 address, a hash of an IPv6 address, or a refclock's;
 *	with the option copy the server's own reference
 * @port: UDP port
 * @kernel_timestamps: the latest sample had kernel timestamps at both ends of the exchange
 * @hardware_timestamps: and the network card's
 * @interleaved: the latest answer was in interleaved mode
 * @authenticated: answers are used only if they are authenticated ...
 * @auth: ... by this
 * @rejected: why the latest answer was not used, for people; "" if it was
 * @resolving_error: why the name has no address, or its server no key to be asked with, for people;
 *	"" if it has
 * @activity: whether it is asked
 * @offline: it is not, once it has an address
 * @added: the operator added it
 * @file: of a sourcedir that names it, "": none
 * @serial: source_serial()
 * @said: options of its own line, which authselectmode may have changed
 * @ip: its address; AF_UNSPEC: it has none yet, or is a refclock
 * @record: what came from it; of a refclock nothing ever does
 * @latest: the latest of it, likewise
 * @readings: the latest of a refclock; of a server NULL
 */
struct association_info {
	const char *name;
	char address[NET_ADDRESS_TEXT_MAX];
	uint32_t refid;
	int port;
	bool kernel_timestamps;
	bool hardware_timestamps;
	bool interleaved;
	bool authenticated;
	struct association_auth auth;
	const char *rejected;
	const char *resolving_error;
	enum association_activity activity;
	bool offline;
	bool added;
	const char *file;
	uint64_t serial;
	struct config_said said;
	struct net_address ip;
	const struct ntp_client_record *record;
	const struct ntp_client_answer *latest;
	const struct refclock_record *readings;
};

struct associations;
struct leap_list;

/**
 * associations_new() - no source yet
 * @timescale: not freed before it; the epoch is that of its latest reading
 * @changed: called from inside the other functions: a source got a sample, was lost, came or went,
 *	so that it is time for discipline_update(). The array of sources may be another one then
 * @context: for @changed
 *
 * Return: NULL: no memory.
 */
struct associations *associations_new(struct timescale *timescale,
				      void (*changed)(void *context), void *context);
void associations_free(struct associations *associations);

/* Another timescale backend from now on (the module came or went): drops requests in flight. */
void associations_set_timescale(struct associations *associations, struct timescale *timescale);

/**
 * associations_configure() - start, and on every reload
 * @associations: the list
 * @config: what is wanted now; not kept
 * @now_raw_ns: raw
 *
 * Sources whose directive is unchanged are kept with their samples, others are removed or added.
 * Those that the operator added stay, and those that he deleted come back.
 * The key file is read again; if it cannot be, the keys stay that were read from it before.
 *
 * Return: 0, -ENOMEM (then nothing was changed).
 */
int associations_configure(struct associations *associations, const struct config *config,
			   int64_t now_raw_ns);

/*
 * The same for its sources only; those that the operator deleted stay so while their lines are
 * there.
 */
int associations_set_sources(struct associations *associations, const struct config *config,
			     int64_t now_raw_ns, struct associations_changes *changes);

/* The keys of the file that it names; NULL: there are none. Valid until the next configuration. */
const struct ntp_keys *associations_keys(const struct associations *associations);

/* Read the key file again, as with a new configuration. 0, -errno: it cannot be read (logged). */
int associations_read_keys(struct associations *associations, const struct config *config);

/* "a (key 7), b (key 8)": sources that are not asked, as their key is not there. How many. */
size_t associations_lacking_keys(const struct associations *associations, char *names, size_t size);

/*
 * Make the sockets and segments that refclocks have, so that programs which are started after this
 * one find them. Those that cannot be opened are tried again by associations_dispatch().
 */
void associations_open_refclocks(struct associations *associations, int64_t now_raw_ns);

/* Have the network cards that @config names stamp packets; which of them do is logged. */
void associations_open_hardware(struct associations *associations, const struct config *config);

/* Those that could be. */
struct hardware *associations_hardware(struct associations *associations);

/* Leap seconds, for refclocks that count TAI. @leaps must not be freed before the list. */
void associations_use_leaps(struct associations *associations, const struct leap_list *leaps);

/* Fill in what to poll(2) for; how many. @max: ASSOCIATIONS_FDS_MAX is always enough. */
int associations_pollfds(const struct associations *associations, struct pollfd *fds, int max);

/* Raw instant at which to call associations_dispatch() at the latest; INT64_MAX: never. */
int64_t associations_next_ns(const struct associations *associations);

/* Handle descriptors with revents (other descriptors in @fds are ignored) and due timers. */
void associations_dispatch(struct associations *associations, const struct pollfd *fds, int count,
			   int64_t now_raw_ns);

/* The sources, for discipline_update() and the tables; good until a call that changes them. */
size_t associations_sources(const struct associations *associations,
			    struct source *const **sources);

/* How many directives there are that name sources, the operator's additions included. */
size_t associations_directives(const struct associations *associations);

/*
 * Find the sources that are orphans of @orphan_stratum, and the one of them that is followed (0:
 * there is no orphan mode; a change is logged). Find those that follow this machine, as
 * loop_judge() says. @at_ns: now, by the reference.
 */
void associations_judge_servers(struct associations *associations, int orphan_stratum,
				bool recovering, int64_t at_ns);

/* The clock was corrected by the sources. */
void associations_note_update(struct associations *associations);

/* There are sources that may set the clock: not all are only watched, or pulses without a date. */
bool associations_can_correct(const struct associations *associations);

/* About the source of that index. false: no such. */
bool associations_get_info(const struct associations *associations, size_t index,
			   struct association_info *info);

/*
 * Ask all sources now, @count times in quick succession, as source_burst(); requests in flight are
 * dropped.
 */
void associations_burst_all(struct associations *associations, int64_t now_raw_ns, int count,
			    bool pressing);

/*
 * Ask no source from @from_ns to @until_ns of the raw clock: servers may be wrong by a second then.
 */
void associations_pause(struct associations *associations, int64_t from_ns, int64_t until_ns);

/* source_change_reference() for all; requests in flight are dropped. */
void associations_change_reference(struct associations *associations, uint32_t epoch,
				   const struct reference_change *change);

/* source_set_followed() for all. */
void associations_set_followed(struct associations *associations, int64_t followed_ns);

#endif /* SOURCES_ASSOCIATION_H */
