/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One configured name with its associations: one for a server or refclock, several for a pool.
 * The name's resolution, the distribution of its addresses, and the search for others are
 * addresses.c's. Between association.c and its parts; not for others.
 */
#ifndef SOURCES_TARGET_H
#define SOURCES_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "discipline/source.h"
#include "ntp/client.h"
#include "ntp/keys.h"
#include "sources/association.h"
#include "sources/nts_source.h"
#include "sources/refclock.h"
#include "sources/resolver.h"

/* Addresses that sent a KISS packet, as many as are remembered; then the oldest is dropped. */
#define KISSED_MAX	CONFIG_SOURCES_MAX

/* Room for what is wrong with a key, and the file's name. */
#define KEY_PROBLEM_MAX	(CONFIG_PATH_MAX + 64)

/* The size limit of a pool, and of a query's result. */
#define TARGET_ASSOCIATIONS_MAX	RESOLVER_ADDRESSES_MAX

struct target;

/**
 * struct association - one source
 * @target: the name that it belongs to
 * @source: owned
 * @client: the server that is asked; its address.family is AF_UNSPEC as long as there is none
 * @nts: its keys and cookies; NULL: it is not authenticated by NTS
 * @options: of the source, whatever address it has: the target's, or as the operator changed them
 * @said: of those, what authselectmode has not made
 * @maxdelay_ns: struct config_source's, likewise
 * @maxdelayratio: likewise
 * @changed: the operator has changed any of these
 * @complained: the failure was logged, this one or ...
 * @in_vain: ... that of an address before, none since which has answered
 * @trying: it has not answered since it got its address
 * @offline: it is not asked, unless in a burst ...
 * @withdrawn: ... because the operator said so, and so has no vote
 * @bursting: the operator asked for a burst, which is not over for all sources
 * @false_samples: in a row, while others agree that it is a falseticker
 * @looping: it was logged that it follows this machine ...
 * @loop_due_ns: ... which is not to be logged again before this
 */
struct association {
	struct target *target;
	struct source *source;
	struct ntp_client client;
	struct nts_source *nts;
	struct source_options options;
	struct config_said said;
	int64_t maxdelay_ns;
	double maxdelayratio;
	bool changed;
	bool complained;
	bool in_vain;
	bool trying;
	bool offline;
	bool withdrawn;
	bool bursting;
	unsigned int false_samples;
	bool looping;
	int64_t loop_due_ns;
};

/* "192.0.2.1 (ntp.example.net)", or the name alone. */
struct association_label {
	char text[NET_ADDRESS_TEXT_MAX + SOURCE_NAME_MAX + 4];
};

/**
 * struct target - a name
 * @config: its directive
 * @list: where messages go and other targets are
 * @resolver: the query in progress
 * @refclock: which is opened instead of resolved; NULL: it is a server
 * @look_up_ns: raw instant of the next query, INT64_MAX: none
 * @looked_up_ns: raw instant at which the latest one began
 * @look_up_wait_ns: wait before the one after that
 * @complete_wait_ns: wait before the next one for the addresses that a pool is short of
 * @refreshing: the query is a routine one, or the operator's ...
 * @refresh_all: ... who wants all addresses replaced that the name no longer has
 * @added: by the operator: a reload of the configuration leaves it alone
 * @listed: a line of the configuration names it, too
 * @offline: new associations are
 * @removed: addresses of a pool that the operator removed
 * @problem: why there is no address, ""
 * @key_problem: why its servers cannot be asked with its key, ""
 * @found: the result of the latest query
 * @tried: of those, which were in use since
 * @found_count: how many
 * @nts_left: addresses that gave no keys, or none that worked ...
 * @nts_left_count: ... how many, of which as many are kept as a query finds
 * @associations: at least one
 * @count: how many
 */
struct target {
	struct config_source config;
	struct associations *list;
	struct resolver resolver;
	struct refclock *refclock;
	int64_t look_up_ns;
	int64_t looked_up_ns;
	int64_t look_up_wait_ns;
	int64_t complete_wait_ns;
	bool refreshing;
	bool refresh_all;
	bool added;
	bool listed;
	bool offline;
	size_t removed;
	const char *problem;
	char key_problem[KEY_PROBLEM_MAX];
	struct net_address found[RESOLVER_ADDRESSES_MAX];
	bool tried[RESOLVER_ADDRESSES_MAX];
	size_t found_count;
	struct nts_left nts_left[RESOLVER_ADDRESSES_MAX];
	size_t nts_left_count;
	struct association *associations[TARGET_ASSOCIATIONS_MAX];
	size_t count;
};

/* An address that sent a KISS packet: any source that gets it next has to wait, too. */
struct kissed {
	struct net_address address;
	int port;
	uint32_t code;
	int64_t until_ns;
};

/**
 * struct associations - the list
 * @timescale: not owned
 * @report_change: tells the owner ...
 * @context: ... who is this
 * @targets: in the order of the configuration
 * @target_count: how many
 * @sources: of all targets, in order
 * @list: the associations that they belong to
 * @count: how many
 * @changed: call the owner's callback before returning
 * @epoch: of the reference, as of its latest change that the sources were told of
 * @stamps_fd: keeps the kernel timestamping packets, -1
 * @watch_fd: reports changes of the network, -1
 * @retry_ns: raw instant at which to retry failed sources, INT64_MAX: none
 * @retried_ns: raw instant up to which earlier retries have used up the allowance
 * @replace_ns: raw instant before which no other server that has answered once is replaced
 * @bursting: a burst that the operator asked for goes on ...
 * @burst_until_ns: ... until this raw instant at the latest
 * @deleted: directives that the operator deleted: they stay so until a reload, or until they leave
 *	the configuration ...
 * @deleted_count: ... how many
 * @pause_from_ns: no source is asked from this raw instant ...
 * @pause_until_ns: ... to this one
 * @pausing: it is between them
 * @spacing: of requests
 * @family: AF_INET or AF_INET6: the only one that is asked; AF_UNSPEC: any
 * @bind_address4: as configured
 * @bind_address6: as configured
 * @bind_device: as configured
 * @socket: refers to those
 * @own: where this machine serves NTP
 * @hardware: network cards that stamp packets
 * @minstratum: as configured
 * @maxstratum: as configured
 * @refresh_ns: as configured, 0: never
 * @authselect: as configured
 * @nts: as configured, what a client needs of it
 * @clock_updates: how often the sources have corrected the clock
 * @keyfile: as configured
 * @keys: read from it; NULL: none
 * @leaps: leap seconds, for TAI; not owned, NULL: none are known
 * @orphan_leader: serial of the source that is followed in orphan mode; 0: none
 * @kissed: addresses that sent KISS packets ...
 * @kissed_count: ... how many, of which KISSED_MAX are kept
 * @lacks_files: no request could leave for want of a descriptor, as was logged
 */
struct associations {
	struct timescale *timescale;
	void (*report_change)(void *context);
	void *context;
	struct target **targets;
	size_t target_count;
	struct source *sources[CONFIG_SOURCES_MAX];
	struct association *list[CONFIG_SOURCES_MAX];
	size_t count;
	bool changed;
	uint32_t epoch;
	int stamps_fd;
	int watch_fd;
	int64_t retry_ns;
	int64_t retried_ns;
	int64_t replace_ns;
	bool bursting;
	int64_t burst_until_ns;
	struct config_source deleted[CONFIG_SOURCES_MAX];
	size_t deleted_count;
	int64_t pause_from_ns;
	int64_t pause_until_ns;
	bool pausing;
	struct ntp_spacing spacing;
	int family;
	char bind_address4[CONFIG_WORD_MAX];
	char bind_address6[CONFIG_WORD_MAX];
	char bind_device[CONFIG_WORD_MAX];
	struct ntp_socket_options socket;
	struct ntp_own own;
	struct hardware hardware;
	int minstratum;
	int maxstratum;
	int64_t refresh_ns;
	enum config_authselect authselect;
	struct config_nts nts;
	int clock_updates;
	char keyfile[CONFIG_PATH_MAX];
	struct ntp_keys *keys;
	const struct leap_list *leaps;
	uint64_t orphan_leader;
	struct kissed kissed[KISSED_MAX];
	size_t kissed_count;
	bool lacks_files;
};

/* --- association.c: what the targets use of the list, and operate.c of both --- */

/* Some sources are selected, so that there is a verdict on falsetickers. */
bool associations_agree(const struct associations *list);

/* The sources that agree are a majority, but not without this one. */
bool associations_needs(const struct associations *list, const struct source *source);

/* Associations came or went: make the arrays of them and their sources anew. */
void associations_list_changed(struct associations *list);

/* Call the owner's callback if something has changed, when no change is half done. */
void associations_report_change(struct associations *list);

/* What an answer has to meet, by the whole configuration and by the source's own options. */
struct ntp_limits associations_limits(const struct associations *list,
				      const struct association *association);

/* What authselectmode makes of the sources, which have come, gone, or changed their options. */
void associations_select(struct associations *list);

/* The server of @client sent a KISS packet: no source asks its address before @until_ns. */
void associations_note_kiss(struct associations *list, const struct ntp_client *client,
			    int64_t until_ns);

/* When an address may be asked again after KISS @code; INT64_MIN: it sent none. */
int64_t associations_kissed_until(struct associations *list, const struct net_address *address,
				  int port, uint32_t *code);

/* A reload asks servers again that refused to serve us. "RATE" stays in force. */
void associations_forgive(struct associations *list, int64_t now_raw_ns);

/* --- configure.c --- */

/* A source has come: if it is the first with a key, read the key file. */
void associations_need_keys(struct associations *list);

/* --- operate.c --- */

/* Bursts that are over take offline sources back offline, when all of them are. */
void associations_end_bursts(struct associations *list, int64_t now_raw_ns);

/*
 * --- claims.c ---
 *
 * Addresses that a target may not have, as others do, whatever the port; but one that a file of a
 * source directory has named, as networks do by DHCP, gives way to one of the configuration itself,
 * or one that is authenticated. Else whoever answers DHCP would name the operator's servers, which
 * then were asked without their keys and options. An authenticated one gets it with its first
 * answer only: else whoever gives keys would silence others by their names.
 */

/* Somebody has @address. */
bool associations_address_used(const struct associations *list, const struct net_address *address);

/* @association gives way to @target. */
bool associations_gives_way(const struct association *association, const struct target *target);

/* Somebody has @address who does not give way to @target. */
bool associations_address_held(const struct associations *list, const struct net_address *address,
			       const struct target *target);

/* Have those who have @address leave it to @target. 0, -ENOMEM: they may have it still. */
int associations_clear_way(struct associations *list, const struct net_address *address,
			   const struct target *target, int64_t now_raw_ns);

/* @association has answered: the same, where it is authenticated. */
int associations_prove(struct association *association, int64_t now_raw_ns);

/* --- target.c --- */

/* NULL: no memory. */
struct target *target_new(struct associations *list, const struct config_source *config,
			  int64_t now_raw_ns);
void target_free(struct target *target);

/* Add an association without an address. false: there is no room, or no memory. */
bool target_add(struct target *target, int64_t now_raw_ns);

/* Give up an association of a pool. false: there is none to spare. */
bool target_shrink(struct target *target);

/* The operator removes an association of several: another one does not take its place. */
void target_remove(struct target *target, struct association *association);

/* Give it another address, with a source without samples. 0, -ENOMEM: nothing changed. */
int association_start_over(struct association *association, const struct net_address *address,
			   int64_t now_raw_ns);

/* Its options have changed, and hold from now on; but polls are for source_set_polls(). */
void association_apply_options(struct association *association);

/* What messages call it. */
struct association_label association_label(const struct association *association);

/* Ask it no more, or again. @withdrawn: the operator said so. false: nothing changed. */
bool association_set_offline(struct association *association, bool withdrawn);
bool association_set_online(struct association *association, int64_t now_raw_ns);

/* Options that belong to all targets may be others after a reload. */
void target_apply_options(struct target *target);

/* Why the latest answer was not used, or none came; "" if its errno says it all. */
const char *association_rejection(const struct association *association);

/* Retry now: resolve a name without an address, send a request that could not be sent. */
void target_retry_now(struct target *target, int64_t now_raw_ns);

/* Raw instant at which to call target_timer(); INT64_MAX: never. */
int64_t target_next_ns(const struct target *target);

/* Fill in what to poll(2) for, @max at most; how many. */
int target_pollfds(const struct target *target, struct pollfd *fds, int max);

/* poll(2) found something at @fd, which may be another target's. */
void target_event(struct target *target, const struct pollfd *fd, int64_t now_raw_ns);

/* Do what is due: resolve the name, give up and send requests. */
void target_timer(struct target *target, int64_t now_raw_ns);

/* --- change.c --- */

/* Its options are those of its target, as they were before the operator changed any. */
void association_take_options(struct association *association);

/* --- addresses.c --- */

/* It has lost its address: resolve the name now, which may have another one. */
void target_look_up_anew(struct target *target, int64_t now_raw_ns);

/* A reload: look for others in the place of those that the operator removed. */
void target_restore(struct target *target, int64_t now_raw_ns);

/* Sources were removed: who is not asked, as others had all his addresses, is looked up now. */
void associations_ask_twins(struct associations *list);

/* Resolve the name now, and replace the addresses that it no longer has. false: it is no name. */
bool target_refresh(struct target *target, int64_t now_raw_ns);

/* The name could not be resolved, or the device not opened: log it once, and retry later. */
void target_failed(struct target *target, int err, const char *problem, int64_t now_raw_ns);

/* --- authentication.c --- */

/* By what its answers are authenticated. */
struct association_auth association_auth(const struct association *association);

/* --- refclock.c --- */

/* What target.c does, for a target that is a refclock. The first three do nothing for others. */
void target_refclock_open(struct target *target, int64_t now_raw_ns);
void target_refclock_forget(struct target *target);
void target_refclock_free(struct target *target);
int64_t target_refclock_next_ns(const struct target *target);
void target_refclock_read(struct target *target, int64_t now_raw_ns);
void target_refclock_timer(struct target *target, int64_t now_raw_ns);

/* Why there was no sample at the latest poll, for people; "" if there was one. */
const char *target_refclock_problem(const struct target *target);

/* The descriptor to wait for, -1: none, as of any server. */
int target_refclock_fd(const struct target *target);

/* --- refclock_place.c --- */

/*
 * Take a reading. 0; -errno: it is not used, and @why says why, for people; -EBADMSG: it is
 * nonsense. 0 with @why: it is the one before.
 */
int target_refclock_place(struct target *target, const struct refclock_reading *reading,
			  const struct timescale_now *now, const char **why);

/* The time that a reading with a date shows, as corrected by the option "offset". */
int64_t target_refclock_date_ns(const struct target *target, const struct refclock_point *point);

/*
 * Keep a reading that was used for the files of measurements: @sample is it with what is configured
 * of the clock, but for the offset, and @ahead_ns what it was ahead of CLOCK_REALTIME.
 */
void target_refclock_note(struct target *target, const struct source_sample *sample, bool pulse,
			  int64_t ahead_ns);

/* One standard error of the instant of a reading, by the clocks that it was read by. */
double target_refclock_reading_noise_ns(const struct target *target);

/* Give @point, a @pulse or in TAI, its UTC. 0, -EDOM: nothing shows it; -errno of the clocks. */
int target_refclock_date(struct target *target, bool pulse, struct refclock_point *point,
			 const char **why);

#endif /* SOURCES_TARGET_H */
