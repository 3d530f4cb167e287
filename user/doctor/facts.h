/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of this machine and its clock, of which truechime doctor makes findings. Those who
 * gather each fill a part, and leave zeros where they cannot look.
 */
#ifndef DOCTOR_FACTS_H
#define DOCTOR_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "steering/time_daemons.h"

/* Sources that are looked at, and what cannot be looked at. */
#define DOCTOR_SOURCES_MAX	64
#define DOCTOR_UNSEEN_MAX	4

/**
 * struct doctor_module - the module, as far as files show it
 * @loaded: it is
 * @packaged: DKMS or this kernel has it, in whatever state
 * @excluded: it is not for this kernel's version
 * @has_headers: this kernel's are there
 * @build_failed: DKMS's latest attempt did
 * @installed: there is one for this kernel
 * @other_kernel: which says to be for another one
 * @blacklisted: modprobe.d or the kernel's command line keeps it out
 * @signature_wanted: the kernel accepts no module without
 * @is_signed: the installed one is
 * @key_enrolled: DKMS's key is among those that the firmware hands to the kernel
 * @key_pending: the operator has asked for that, to be confirmed at the next boot
 * @kernel_says: what the kernel logged on it last, ""
 */
struct doctor_module {
	bool loaded;
	bool packaged;
	bool excluded;
	bool has_headers;
	bool build_failed;
	bool installed;
	bool other_kernel;
	bool blacklisted;
	bool signature_wanted;
	bool is_signed;
	bool key_enrolled;
	bool key_pending;
	char kernel_says[160];
};

/**
 * struct doctor_machine - the machine
 * @release: of the kernel
 * @is_virtual: it is a guest
 * @is_container: the clock is that of another system
 * @may_not_set: and nothing here may set it: the daemon is not started
 * @systemd: it has started this machine, so that its commands can be named
 * @clocksource: that the kernel uses, ""
 * @clocksources: that it could use, with spaces between, ""
 * @has_vmclock: the hypervisor offers that device
 * @rtc_is_local: the RTC holds local time, not UTC
 * @ptp_kvm: number of the PTP clock of the kernel's own driver ptp_kvm, -1: there is none
 * @ptp_kvm_user: another program that has it open, "phc2sys (process 80)", ""
 * @module: the module
 * @enabled: other time daemons that start at boot
 * @enabled_count: of these
 */
struct doctor_machine {
	char release[65];
	bool is_virtual;
	bool is_container;
	bool may_not_set;
	bool systemd;
	char clocksource[32];
	char clocksources[128];
	bool has_vmclock;
	bool rtc_is_local;
	int ptp_kvm;
	char ptp_kvm_user[64];
	struct doctor_module module;
	struct time_daemon enabled[TIME_DAEMONS_MAX];
	size_t enabled_count;
};

/**
 * struct doctor_units - what systemd says
 * @known: it answers
 * @exists: it has a unit truechimed.service
 * @masked: which nothing may start
 * @enabled: which starts at boot
 * @active: and is started, or starting
 * @failed: and has failed
 * @exit_status: of its process, then; 0: it was killed
 * @configuration: the file that its command line names by -f; "": none
 * @time_sync_reached: time-sync.target is active
 * @wait_sync_enabled: truechime-wait-sync.service holds that back until the clock is right
 */
struct doctor_units {
	bool known;
	bool exists;
	bool masked;
	bool enabled;
	bool active;
	bool failed;
	int exit_status;
	char configuration[256];
	bool time_sync_reached;
	bool wait_sync_enabled;
};

/**
 * struct doctor_host - the module's word, if it is loaded
 * @error: 0: it has answered; else -errno
 * @external: PTP programs steer its clock
 * @present: there is a host's clock
 * @failing: but it does not answer
 * @demoted: or was deselected
 * @smears: it is followed, and smears leap seconds
 * @ignores: a disruption is left unrepaired, in one direction at least
 */
struct doctor_host {
	int error;
	bool external;
	bool present;
	bool failing;
	bool demoted;
	bool smears;
	bool ignores;
};

/**
 * struct doctor_source - a time source
 * @name: as configured
 * @address: "": it has none
 * @port: UDP, where it is asked
 * @problem: why it is not used, as the daemon says it, ""
 * @is_server: it is asked over the network
 * @offline: it is not to be asked
 * @reachable: it has answered one of the latest eight requests
 * @usable: it has a vote, and agrees
 * @falseticker: it disagrees
 * @required: no other is used without it, or another such
 * @waits: it agrees, and is not used, as too few do, or a required one does not
 * @is_nts: it is authenticated by NTS
 * @nts_refused: it has refused the latest cookie
 * @nts_attempts: to establish keys, since they last worked
 * @cookies: that are left
 * @sent: requests
 * @received: answers, those that are refused among them
 */
struct doctor_source {
	char name[128];
	char address[64];
	int port;
	char problem[160];
	bool is_server;
	bool offline;
	bool reachable;
	bool usable;
	bool falseticker;
	bool required;
	bool waits;
	bool is_nts;
	bool nts_refused;
	int nts_attempts;
	int cookies;
	int64_t sent;
	int64_t received;
};

/**
 * struct doctor_daemon - the daemon's word
 * @error: 0: it has answered; -ECONNREFUSED: it does not run; else -errno
 * @synchronised: it has called the clock that
 * @observing: it changes nothing (-x)
 * @yielding: nor this, as another time daemon runs
 * @aside: nor this, as another program steers
 * @refused: maxchange forbids the change that the sources want
 * @by_hand: the operator sets the time
 * @certificate_expired: NTS clients are shown such a one
 * @disrupted: time was, and no source has confirmed it since
 * @configuration: the file that it reads; "": its command line has the directives
 * @minsources: sources that have to agree before any is used
 * @configured: directives that name sources
 * @has_sources: it has named them
 * @source_count: of these
 * @sources: each of them
 */
struct doctor_daemon {
	int error;
	bool synchronised;
	bool observing;
	bool yielding;
	bool aside;
	bool refused;
	bool by_hand;
	bool certificate_expired;
	bool disrupted;
	char configuration[256];
	int minsources;
	int configured;
	bool has_sources;
	size_t source_count;
	struct doctor_source sources[DOCTOR_SOURCES_MAX];
};

/**
 * struct doctor_clock - the system clock
 * @synchronised: the kernel calls it that
 * @has_bound: it is stated how wrong it may be ...
 * @bound_ns: ... by this
 * @has_offset: it is known how far it is behind ...
 * @offset_ns: ... that
 */
struct doctor_clock {
	bool synchronised;
	bool has_bound;
	int64_t bound_ns;
	bool has_offset;
	int64_t offset_ns;
};

/**
 * struct doctor_facts - all of it
 * @machine: files
 * @units: systemd
 * @host: the module, where it is loaded
 * @daemon: the daemon
 * @clock: the kernel's clock
 * @rivals: other programs that run and set it, agents of hypervisors among them
 * @rival_count: of these
 * @unseen: what could not be looked at, a sentence each
 * @unseen_count: of these
 */
struct doctor_facts {
	struct doctor_machine machine;
	struct doctor_units units;
	struct doctor_host host;
	struct doctor_daemon daemon;
	struct doctor_clock clock;
	struct time_daemon rivals[TIME_DAEMONS_MAX];
	size_t rival_count;
	const char *unseen[DOCTOR_UNSEEN_MAX];
	size_t unseen_count;
};

#endif /* DOCTOR_FACTS_H */
