/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contents of truechime.conf. The vocabulary is chrony.conf's: each of its directives has the
 * effect that chrony's manual describes, or a warning names the replacement.
 *
 * A configuration is read whole into a new structure; on an error the owner keeps the old one.
 * Reading has no side effects but the reports.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "discipline/discipline.h"
#include "discipline/source.h"
#include "lib/module_link.h"
#include "ntp/hardware.h"
#include "ntp/nts_record.h"
#include "server/access.h"
#include "server/client_log.h"
#include "steering/leap.h"
#include "xdp/fast_path.h"

#define CONFIG_PATH		"/etc/truechime/truechime.conf"
#define CONFIG_PATH_MAX		256
#define CONFIG_SOURCES_MAX	SOURCE_SELECT_MAX
#define CONFIG_RULES_MAX	6
#define CONFIG_WORD_MAX		64
#define CONFIG_SOURCEDIRS_MAX	16
#define CONFIG_CERTIFICATES_MAX	32
#define CONFIG_NTS_PAIRS_MAX	16
#define CONFIG_NTS_PROCESSES_MAX	16

enum config_kind {
	CONFIG_SERVER,		/* one address of a name */
	CONFIG_POOL,		/* several addresses of a name */
	CONFIG_PHC,		/* refclock PHC: a PTP hardware clock */
	CONFIG_SHM,		/* refclock SHM: shared memory of another program */
	CONFIG_SOCK,		/* refclock SOCK: a socket to which another program sends */
	CONFIG_PPS,		/* refclock PPS: pulses that the kernel timestamps */
};

/* Options of a source that authselectmode may change. */
struct config_said {
	bool trust;
	bool require;
	bool noselect;
};

/**
 * struct config_source - one server, pool or refclock directive
 * @kind: which
 * @options: what the source itself needs; options.name is the host name, address or device
 * @said: what the line itself says of them, which may be something else in @options
 * @family: AF_UNSPEC, or AF_INET/AF_INET6 where one was asked for
 * @port: UDP port
 * @version: of NTP in requests, 1 to 4; 0: not given, what the key's MAC fits in without being cut
 * @maxsources: how many addresses of a pool to use
 * @maxdelay_ns: answers with a longer round trip are not used
 * @maxdelayratio: nor those that took so many times the shortest one; below 1: no limit
 * @offline: not to be asked before the operator says so
 * @auto_offline: nor after a request could not be sent
 * @at_start: nor after the requests of iburst: `initstepslew` alone names it
 * @authenticated: `nts` or `key` was asked for: never to be polled in the clear
 * @key: number of the key in the key file, 0: none
 * @nts: by NTS
 * @nts_port: TCP port of its key establishment
 * @cert_set: set of certificates that it is checked by
 * @interleaved: ask in interleaved mode (`xleave`)
 * @mono_root: ask for the extension field F323 (`extfield`)
 * @refid: of a refclock, host byte order, 0: made from its number
 * @stratum: of a refclock
 * @driver_poll: log2 seconds between a refclock's readings, unless its poll is shorter
 * @filter: readings of a refclock for one sample at most
 * @delay_ns: of a refclock, for its root distance
 * @precision_ns: of a refclock; 0: as measured
 * @no_crosststamp: do not ask the device for cross timestamps
 * @unit: of a shared memory segment
 * @perm: permissions of that, if it is created
 * @clear: the falling edges of pulses count
 * @pps: only the fraction of a second counts, although the refclock has a date
 * @lock: reference id of the refclock that numbers the pulses; 0: the timescale does
 * @rate: of pulses, in Hz
 * @width_ns: of a pulse, to tell its two edges apart; 0: there is one
 * @maxlockage: so many pulses may come after a reading of the refclock that numbers them
 * @tai: the refclock has TAI
 * @volatile_origin: it came from a sourcedir and not from the configuration proper ...
 * @file: ... and from this file there, else ""
 */
struct config_source {
	enum config_kind kind;
	struct source_options options;
	struct config_said said;
	int family;
	int port;
	int version;
	int maxsources;
	int64_t maxdelay_ns;
	double maxdelayratio;
	bool offline;
	bool auto_offline;
	bool at_start;
	bool authenticated;
	uint32_t key;
	bool nts;
	int nts_port;
	uint32_t cert_set;
	bool interleaved;
	bool mono_root;
	uint32_t refid;
	int stratum;
	int driver_poll;
	int filter;
	int64_t delay_ns;
	int64_t precision_ns;
	bool no_crosststamp;
	int unit;
	int perm;
	bool clear;
	bool pps;
	uint32_t lock;
	int rate;
	int64_t width_ns;
	int maxlockage;
	bool tai;
	bool volatile_origin;
	char file[CONFIG_PATH_MAX];
};

/**
 * struct config_sourcedir - a directory of a sourcedir directive
 * @path: that may not exist
 * @first: the first of its directive: of files with one name in a directive the first one counts
 */
struct config_sourcedir {
	char path[CONFIG_PATH_MAX];
	bool first;
};

/* authselectmode: what unauthenticated NTP sources may do beside authenticated ones. */
enum config_authselect {
	CONFIG_AUTH_MIX,
	CONFIG_AUTH_REQUIRE,
	CONFIG_AUTH_PREFER,
	CONFIG_AUTH_IGNORE,
};

/* What to do where another time daemon runs. */
enum config_rivals {
	CONFIG_RIVALS_WARN,	/* log it */
	CONFIG_RIVALS_UNDO,	/* and step the clock back whenever it is set wrong */
	CONFIG_RIVALS_YIELD,	/* leave the clock to it */
	CONFIG_RIVALS_IGNORE,	/* do not look for any */
};

/**
 * struct config_local - what the server tells while the clock is not synchronised
 * @enabled: it tells a time all the same, so that a network without another source agrees
 * @stratum: which it claims then
 * @orphan: sources of that stratum are followed only if there is no other, and if they come first
 * @distance_ns: root distance of a synchronised clock from which on it does
 * @activate_ns: it does not before the root distance was once below this; 0: at once
 * @wait_synced_ns: nor before so long after the latest update
 * @wait_unsynced_ns: nor before the clock was not synchronised for so long
 */
struct config_local {
	bool enabled;
	int stratum;
	bool orphan;
	int64_t distance_ns;
	int64_t activate_ns;
	int64_t wait_synced_ns;
	int64_t wait_unsynced_ns;
};

/**
 * struct config_server - the NTP server
 * @port: UDP port; 0: none is served
 * @family: AF_INET or AF_INET6: of no other family are its sockets; AF_UNSPEC: of both
 * @bind_address4: local address of its IPv4 socket, "" for any
 * @bind_address6: same for IPv6
 * @bind_device: interface of its sockets, "" for any
 * @xdp_device: interface at which the kernel answers plain requests, "" for none
 * @xdp_mode: and where
 * @limit: how often a client is answered
 * @least_poll: log2 seconds that clients are advised to wait at least
 * @log_bytes: for what is known of clients; 0: nothing is
 * @rules: of `allow` and `deny`, in the order of the configuration
 * @rule_count: how many
 * @closed: nobody is to be served, as a `deny` is of a name: there are no rules
 * @local: what is told while the clock is not synchronised
 */
struct config_server {
	int port;
	int family;
	char bind_address4[CONFIG_WORD_MAX];
	char bind_address6[CONFIG_WORD_MAX];
	char bind_device[CONFIG_WORD_MAX];
	char xdp_device[CONFIG_WORD_MAX];
	enum fast_path_mode xdp_mode;
	struct client_limit limit;
	int least_poll;
	int64_t log_bytes;
	struct access_rule *rules;
	size_t rule_count;
	bool closed;
	struct config_local local;
};

/* Where Debian's chronyc looks for chronyd. */
#define CONFIG_CHRONYC_PORT	323
#define CONFIG_CHRONYC_PATH	"/run/chrony/chronyd.sock"

/* The words of opencommands: what chronyc may ask for over UDP. */
enum config_open {
	CONFIG_OPEN_ACTIVITY,
	CONFIG_OPEN_AUTHDATA,
	CONFIG_OPEN_CLIENTS,
	CONFIG_OPEN_MANUAL,
	CONFIG_OPEN_NTPDATA,
	CONFIG_OPEN_RTCDATA,
	CONFIG_OPEN_SELECTDATA,
	CONFIG_OPEN_SERVERSTATS,
	CONFIG_OPEN_SMOOTHING,
	CONFIG_OPEN_SOURCENAME,
	CONFIG_OPEN_SOURCES,
	CONFIG_OPEN_SOURCESTATS,
	CONFIG_OPEN_TRACKING,
	CONFIG_OPEN_WORDS,
};

/**
 * struct config_chronyc - how chronyc can ask
 * @port: UDP port; 0: none
 * @family: AF_INET or AF_INET6: of no other family are its UDP sockets; AF_UNSPEC: of both
 * @bind_address4: local address of its IPv4 socket
 * @bind_address6: same for IPv6
 * @bind_device: interface of these sockets, "" for any
 * @path: of the local socket, "" for none
 * @limit: how often a client is answered over UDP
 * @limit_interval: log2 seconds of that
 * @open: a bit for each of enum config_open
 * @rules: of `cmdallow` and `cmddeny`, in the order of the configuration
 * @rule_count: how many
 * @closed: no other host may ask, as a `cmddeny` is of a name: there are no rules
 */
struct config_chronyc {
	int port;
	int family;
	char bind_address4[CONFIG_WORD_MAX];
	char bind_address6[CONFIG_WORD_MAX];
	char bind_device[CONFIG_WORD_MAX];
	char path[CONFIG_PATH_MAX];
	struct client_limit limit;
	int limit_interval;
	uint32_t open;
	struct access_rule *rules;
	size_t rule_count;
	bool closed;
};

/**
 * struct config_certificates - certificates that are trusted
 * @set: to which they belong
 * @path: of a file or directory
 */
struct config_certificates {
	uint32_t set;
	char path[CONFIG_PATH_MAX];
};

/**
 * struct config_nts - NTS
 * @trusted: certificates, beside the system's, which are of set 0
 * @trusted_count: how many of them
 * @no_system: the system's are not trusted
 * @no_time_checks: before so many updates of the clock the time is no reason to refuse
 *	certificates
 * @refresh_s: keys are renewed after so long
 * @algorithms: that may be used, the best first
 * @dumpdir: where keys and cookies are kept for the next start, "": nowhere
 * @certificates: files that its server shows ...
 * @certificate_count: ... how many
 * @keys: files with the keys of these
 * @key_count: as many
 * @port: TCP port of its server
 * @processes: that hand out keys
 * @connections: that each serves at a time
 * @ntp_server: name of the NTP server that clients are told, "": this one
 * @limit: of the connections of a client to its server ...
 * @limit_interval: ... with its interval, log2 seconds
 * @rotate_s: the server's keys are replaced after so long; 0: never, others take care of them
 */
struct config_nts {
	struct config_certificates trusted[CONFIG_CERTIFICATES_MAX];
	size_t trusted_count;
	bool no_system;
	int no_time_checks;
	int64_t refresh_s;
	struct nts_algorithms algorithms;
	char dumpdir[CONFIG_PATH_MAX];
	char certificates[CONFIG_NTS_PAIRS_MAX][CONFIG_PATH_MAX];
	size_t certificate_count;
	char keys[CONFIG_NTS_PAIRS_MAX][CONFIG_PATH_MAX];
	size_t key_count;
	int port;
	int processes;
	int connections;
	char ntp_server[CONFIG_PATH_MAX];
	struct client_limit limit;
	int limit_interval;
	int64_t rotate_s;
};

/* Files of measurements, as chrony calls them. */
enum config_log {
	CONFIG_LOG_MEASUREMENTS,
	CONFIG_LOG_STATISTICS,
	CONFIG_LOG_SELECTION,
	CONFIG_LOG_TRACKING,
	CONFIG_LOG_REFCLOCKS,
	CONFIG_LOGS,
};

/**
 * struct config_logs - which of them are written
 * @wanted: a bit for each of enum config_log
 * @raw: of measurements, those too that were refused
 * @banner: entries from one banner to the next; 0: there are none
 * @folder: where the files are; "": nowhere, and nothing is written
 */
struct config_logs {
	unsigned int wanted;
	bool raw;
	int banner;
	char folder[CONFIG_PATH_MAX];
};

/**
 * struct config - everything that was configured
 * @sources: in order of appearance
 * @source_count: how many
 * @left_out: source directives that cannot be done here
 * @sourcedirs: where some of these are from ...
 * @sourcedir_count: ... how many
 * @authselect: authselectmode
 * @rivals: what to do where another time daemon runs
 * @discipline: makestep, maxchange, maxclockerror, maxdistance
 * @maxslewrate: fraction; limit of the follower's phase correction (chrony: 83333e-6)
 * @maxdrift: fraction; limit of the frequency command (chrony: 0.1)
 * @minstratum: of a usable source
 * @maxstratum: of a usable source
 * @refresh_s: names are looked up again after so long; 0: never
 * @dscp: of the requests, 0 to 63
 * @bind_address4: local address of IPv4 requests, "" if not given
 * @bind_address6: same for IPv6
 * @bind_device: interface of the requests, ""
 * @family: AF_INET or AF_INET6: servers of no other family are asked; AF_UNSPEC: any
 * @bind_port: UDP port that requests leave from; 0: of the kernel's choice
 * @driftfile: "" if none
 * @driftfile_interval_s: least time between two writings
 * @user: to run as; "" if not given
 * @pidfile: "" if not given
 * @keyfile: of the sources' keys, "" if none
 * @leap_mode: how the system clock leaps
 * @leap_zone: time zone that knows leap seconds, "" if none
 * @leap_file: list of leap seconds, "" if none
 * @logchange_ns: changes above this are logged
 * @logs: files of measurements
 * @lock_all: lock memory
 * @sched_priority: SCHED_RR priority, 0: none
 * @hostclock: "auto", "kvm", "none"; "" if not given: leave the module's choice alone
 * @host_maxerror_ns: bound of the hosts' clocks against UTC, for the module; 0: not stated
 * @rules: of steppolicy directives, for the module
 * @rule_count: how many
 * @no_ntp_jump: do not take a jump that the sources agree on for a disruption
 * @ntp_jump: do so even if this is no virtual machine
 * @max_ntp_jump_s: greatest jump that one clock alone may report; 0: any
 * @server: the NTP server
 * @nts: NTS
 * @chronyc: how chronyc can ask
 * @has_rtc: @rtc was given, for the module
 * @rtc: what to make of the RTC
 * @manual: the operator may set the time by hand
 * @hardware: interfaces whose network cards are to stamp packets ...
 * @hardware_count: ... how many
 */
struct config {
	struct config_source sources[CONFIG_SOURCES_MAX];
	size_t source_count;
	size_t left_out;
	struct config_sourcedir sourcedirs[CONFIG_SOURCEDIRS_MAX];
	size_t sourcedir_count;
	enum config_authselect authselect;
	enum config_rivals rivals;
	struct discipline_options discipline;
	double maxslewrate;
	double maxdrift;
	int minstratum;
	int maxstratum;
	int64_t refresh_s;
	int dscp;
	char bind_address4[CONFIG_WORD_MAX];
	char bind_address6[CONFIG_WORD_MAX];
	char bind_device[CONFIG_WORD_MAX];
	int family;
	int bind_port;
	char driftfile[CONFIG_PATH_MAX];
	int64_t driftfile_interval_s;
	char user[CONFIG_WORD_MAX];
	char pidfile[CONFIG_PATH_MAX];
	char keyfile[CONFIG_PATH_MAX];
	enum leap_mode leap_mode;
	char leap_zone[CONFIG_PATH_MAX];
	char leap_file[CONFIG_PATH_MAX];
	int64_t logchange_ns;
	struct config_logs logs;
	bool lock_all;
	int sched_priority;
	char hostclock[16];
	struct module_rule rules[CONFIG_RULES_MAX];
	int rule_count;
	bool no_ntp_jump;
	bool ntp_jump;
	int64_t max_ntp_jump_s;
	int64_t host_maxerror_ns;
	struct config_server server;
	struct config_nts nts;
	struct config_chronyc chronyc;
	bool has_rtc;
	enum truechime_rtc rtc;
	bool manual;
	struct hardware_options hardware[HARDWARE_MAX];
	size_t hardware_count;
};

enum config_severity {
	CONFIG_WARNING,		/* understood, and done in another way than chrony's */
	CONFIG_ERROR,		/* not understood: the configuration is refused */
	CONFIG_NO_EFFECT,	/* understood, but without effect: a warning, too */
	CONFIG_SKIPPED,		/* not understood, in a file of a sourcedir: likewise */
	CONFIG_NOTE,		/* config_explain() only: without effect, as it should be */
	CONFIG_LINE,		/* config_explain() only: the next line; what it deserves follows */
};

/*
 * One report: @file and @line (0: the file as a whole) and a sentence for people. But for
 * config_explain(), who has no use for any hands in NULL.
 */
typedef void config_report(void *context, enum config_severity severity, const char *file,
			   int line, const char *message);

/* Files that are not to be read now, because they are being written. */
struct config_busy_files {
	bool (*has)(const void *context, const char *path);
	const void *context;
};

/**
 * config_absolute_path() - where a file is, whatever becomes of the working directory
 * @path: as it was typed
 * @absolute: where to put it, with links as they are
 * @size: of @absolute
 *
 * Return: @absolute; or @path, if it begins with '/' or the working directory is not known.
 */
const char *config_absolute_path(const char *path, char *absolute, size_t size);

/**
 * config_load() - read a file and what it includes
 * @path: of the file
 * @report: called for each warning and error
 * @context: handed to @report
 * @config: set on success only; config_free() it
 *
 * Return: 0, -EINVAL (errors were reported), or -errno of a file that could not be read (reported,
 * too).
 */
int config_load(const char *path, config_report *report, void *context, struct config **config);

/*
 * The same while @before is in force: a file of a sourcedir in which something is wrong keeps the
 * sources that it has there, and so does one of @busy. NULL: as config_load().
 */
int config_load_again(const char *path, const struct config *before,
		      const struct config_busy_files *busy, config_report *report, void *context,
		      struct config **config);

/* config_load() of a text called @name; !@follow: without include, confdir and sourcedir. */
int config_from_text(const char *name, const char *text, size_t length, bool follow,
		     config_report *report, void *context, struct config **config);

/*
 * The same with an account of each line: it is reported as CONFIG_LINE, before what is wrong with
 * it or differs. @text NULL: read the file @name; else it ends with a zero byte.
 */
int config_explain(const char *name, const char *text, bool follow, config_report *report,
		   void *context, struct config **config);

/*
 * All that counts, defaults included, as a configuration: reading it gives the same values. Sources
 * of a sourcedir are the configuration's own then, and what was left out is not there.
 */
void config_print(const struct config *config, FILE *out);

/*
 * A right line without the options of a source that have no effect. @shorter has @size bytes, as
 * many as the line.
 */
void config_shorten(const char *line, char *shorter, size_t size);

/**
 * config_reload_sources() - read the files of the source directories again, and nothing else
 * @before: the configuration in force
 * @busy: these keep the sources that they have in @before; NULL: none
 * @report: called for each warning; a file in which something is wrong keeps its sources, too
 * @context: handed to @report
 * @config: a copy of @before with the sources of today; config_free() it
 *
 * Return: 0, -ENOMEM.
 */
int config_reload_sources(const struct config *before, const struct config_busy_files *busy,
			  config_report *report, void *context, struct config **config);

/**
 * config_parse_source() - a source beside those of the configuration in force
 * @before: the configuration in force
 * @text: "server" or "pool", its name and its options
 * @report: called for each warning and error
 * @context: handed to @report
 * @source: result
 *
 * Return: 0, -EINVAL (errors were reported), -ENOMEM.
 */
int config_parse_source(const struct config *before, const char *text, config_report *report,
			void *context, struct config_source *source);

/* What a server's option @name, which has a range of numbers, takes @value for: in seconds. */
double config_nearest_value(const char *name, double value);

/*
 * What a report is about, into @place, which is returned: "FILE:LINE", or "FILE" if it is about all
 * of it and @line is 0.
 */
const char *config_place(const char *file, int line, char *place, size_t size);

/* Ask and serve over @family only, AF_INET or AF_INET6; AF_UNSPEC: over both. */
void config_restrict_family(struct config *config, int family);

/* The built-in defaults: no sources. NULL: no memory. */
struct config *config_new(void);
void config_free(struct config *config);

/*
 * Is there a source that may set the clock, or none configured at all? If not, @why says what is
 * wrong with all of them.
 */
bool config_can_set_clock(const struct config *config, char *why, size_t size);

/* Free what it owns. */
void config_server_clear(struct config_server *server);

/* Make @to, and what it owns, a copy. 0, -ENOMEM: then it is as it was. */
int config_server_copy(struct config_server *to, const struct config_server *from);

/* More `allow` and `deny`, or `cmdallow` and `cmddeny`, are left out. */
#define CONFIG_ACCESS_RULES_MAX	10000

/**
 * config_server_address() - where a server listens
 * @server: as it is configured
 * @family: AF_INET or AF_INET6
 *
 * Return: the address, "" for any; NULL: that family is not served, by -4 or -6, or because only
 *	the other one has an address.
 */
const char *config_server_address(const struct config_server *server, int family);

/* Do both listen at the same addresses and interface? Their ports are not compared. */
bool config_server_same_place(const struct config_server *one, const struct config_server *other);

/* Is there an `allow`, whatever the port? */
bool config_allows_somebody(const struct config_server *server);

/* Is anybody served? */
bool config_serves(const struct config_server *server);

/* Are keys of NTS handed out? */
bool config_serves_nts(const struct config *config);

/* Are two servers the same, but for @local? Then a reload keeps the running one. */
bool config_server_equal(const struct config_server *one, const struct config_server *other);

/* Have two servers the same rules of who is served? */
bool config_rules_equal(const struct config_server *one, const struct config_server *other);

/* Is the same said of serving NTS? */
bool config_nts_server_equal(const struct config_nts *one, const struct config_nts *other);

/* Are the same network cards to stamp packets? */
bool config_hardware_equal(const struct config *one, const struct config *other);

/* The name of a file of measurements, without its ending; it is the word of `log`. */
const char *config_log_name(enum config_log log);

/* Are two source directives the same, with what authselectmode has made of their options? */
bool config_source_equal(const struct config_source *one, const struct config_source *other);

/* Give it the options of its own line, without what authselectmode has made of them. */
void config_source_take_said(struct config_source *source);

/* Sources by what authselectmode says of them; those with noselect are not its business. */
struct config_authentication {
	int authenticated;
	int unauthenticated;
};

/* Count a source with @said, which the operator may have changed since its line was read. */
void config_count_authentication(struct config_authentication *counts,
				 const struct config_source *source,
				 const struct config_said *said);

/* What authselectmode, of struct config, makes of @said beside those sources. */
struct config_said config_select(enum config_authselect mode,
				 const struct config_authentication *counts,
				 const struct config_source *source,
				 const struct config_said *said);

#endif /* CONFIG_H */
