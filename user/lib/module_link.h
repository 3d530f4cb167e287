/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic netlink client of the module, for daemon and CLI: one function per command, over
 * libnl-genl-3. It converts every refusal to -errno, and keeps the kernel's text (the extended
 * acknowledgment) for the user.
 */
#ifndef LIB_MODULE_LINK_H
#define LIB_MODULE_LINK_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/truechime.h>

#include "core/line.h"

struct module_link;

/**
 * module_link_open() - connect to the module
 * @link: result
 *
 * Return: 0; -ENOENT: the module is not loaded; -errno. Every later call may return -ENOENT, too:
 * it was unloaded, and the link is good for nothing but closing.
 */
int module_link_open(struct module_link **link);
void module_link_close(struct module_link *link);

/* The kernel's text of the latest refusal, @err, or else the meaning of that; @link may be NULL. */
const char *module_link_words(const struct module_link *link, int err);

/**
 * struct module_now - all clocks of one snapshot
 * @raw_ns: CLOCK_MONOTONIC_RAW
 * @realtime_ns: CLOCK_REALTIME
 * @host_ns: the host's time; 0 unless @has_host
 * @reference_ns: the reference's time
 * @followed_ns: by how much that may have followed slews of the host (TRUECHIME_A_FOLLOWED_NS)
 * @time_ns: the timescale
 * @rate_q32: its rate against the raw clock, slew included
 * @slew_ns: what is still to be slewed in
 * @sigma_ns: one standard error of @time_ns
 * @maxerror_ns: bound of its error against UTC; CHIME_LINE_UNBOUNDED_NS: none is known
 * @reading_ns: the part of that which is no error of a host's own clock
 * @epoch: counts changes of what the reference means
 * @disruptions: since the module was loaded
 * @mode: who steers the timescale
 * @reference: what a correction is measured against
 * @has_host: there is a host clock
 * @host_state: its state
 * @change: the reference of this epoch minus that of the one before
 *	(TRUECHIME_A_REFERENCE_CHANGE)
 */
struct module_now {
	int64_t raw_ns;
	int64_t realtime_ns;
	int64_t host_ns;
	int64_t reference_ns;
	int64_t followed_ns;
	int64_t time_ns;
	int64_t rate_q32;
	int64_t slew_ns;
	int64_t sigma_ns;
	int64_t maxerror_ns;
	int64_t reading_ns;
	uint32_t epoch;
	uint32_t disruptions;
	enum truechime_mode mode;
	enum truechime_reference reference;
	bool has_host;
	enum truechime_host_state host_state;
	struct chime_line change;
};

/**
 * struct module_status - the module's state
 * @version: of the module
 * @mode: who steers the timescale
 * @state: what the timescale rests on
 * @reference: what a correction is measured against
 * @epoch: counts changes of what the reference means
 * @instance: drawn when the module is loaded, and at each disruption
 * @scale: what the timescale counts
 * @tai_offset_s: TAI minus UTC; 0: nobody has told the kernel
 * @next_leap_ns: the UTC before which the kernel inserts a leap second; 0: none is due today
 * @phc_index: N of /dev/ptpN; -1: there is none
 * @host_name: of the host clock in use, "none" without one
 * @host_state: its state
 * @host_exact: its cross-timestamps are exact conversions
 * @uncertainty_ns: of the latest of them
 * @disruptions: since the module was loaded
 * @steps: of the system clock, likewise
 * @offset_ns: timescale minus system clock
 * @rate_q32: of the timescale against the raw clock, slew included
 * @slew_ns: what is still to be slewed in
 * @sigma_ns: one standard error of the timescale
 * @maxerror_ns: bound of its error against UTC; CHIME_LINE_UNBOUNDED_NS: none is known
 * @reading_ns: the part of that which is no error of a host's own clock
 * @host_maxerror_ns: bound of the error of that clock; CHIME_LINE_UNBOUNDED_NS: nobody states one
 * @has_host_line: @host_line is valid
 * @host_line: host time as a function of the raw clock
 * @has_unslewed_line: @unslewed_line is valid
 * @unslewed_line: unslewed host time as a function of the raw clock
 * @has_correction: @correction is in force
 * @correction: UTC minus reference as a function of the reference's time
 */
struct module_status {
	char version[32];
	enum truechime_mode mode;
	enum truechime_state state;
	enum truechime_reference reference;
	uint32_t epoch;
	uint64_t instance;
	enum truechime_scale scale;
	int32_t tai_offset_s;
	int64_t next_leap_ns;
	int phc_index;
	char host_name[16];
	enum truechime_host_state host_state;
	bool host_exact;
	int64_t uncertainty_ns;
	uint32_t disruptions;
	uint32_t steps;
	int64_t offset_ns;
	int64_t rate_q32;
	int64_t slew_ns;
	int64_t sigma_ns;
	int64_t maxerror_ns;
	int64_t reading_ns;
	int64_t host_maxerror_ns;
	bool has_host_line;
	struct chime_line host_line;
	bool has_unslewed_line;
	struct chime_line unslewed_line;
	bool has_correction;
	struct chime_line correction;
};

/* Events that the module remembers. */
#define MODULE_EVENTS_MAX	64

/**
 * struct module_event - a disruption, or a step, and what was done about it
 * @instance: as in struct module_status from then on; 0: the daemon noticed it, without the module
 * @sequence: counts the module's events since it was loaded
 * @cause: why the clock was wrong
 * @evidence: bits of enum truechime_evidence
 * @action: what was done
 * @gap_ns: how far the reference had moved away from this guest
 * @offset_ns: timescale minus system clock before the action ...
 * @residual_ns: ... and after it
 * @maxerror_before_ns: bound of the timescale's error before the event;
 *	CHIME_LINE_UNBOUNDED_NS: none was known, as in the next two
 * @maxerror_ns: the same at the end
 * @reading_ns: the part of that which is no error of a host's own clock
 * @latency_ns: from the latest good check to the end, by the raw clock
 * @raw_ns: when it ended, by the raw clock
 * @time_ns: when it ended, by the timescale
 * @epoch: as in struct module_now from then on
 * @host_name: the host clock in use at the end, "none" without one; "": the daemon noticed it,
 *	without the module
 */
struct module_event {
	uint64_t instance;
	uint32_t sequence;
	enum truechime_cause cause;
	uint32_t evidence;
	enum truechime_action action;
	int64_t gap_ns;
	int64_t offset_ns;
	int64_t residual_ns;
	int64_t maxerror_before_ns;
	int64_t maxerror_ns;
	int64_t reading_ns;
	int64_t latency_ns;
	int64_t raw_ns;
	int64_t time_ns;
	uint32_t epoch;
	char host_name[16];
};

/*
 * Is it newer than the one numbered @last (0: none yet)? An event that is both in a dump and in a
 * notification comes twice, and a dump overtakes waiting notifications. A revert sets the module's
 * numbers back, and @last, which is in the same memory, too. A module that is loaded again begins
 * at 1, and @last has to start again with the new link.
 */
static inline bool module_event_is_newer(const struct module_event *event, uint32_t last)
{
	return (int32_t)(event->sequence - last) > 0;
}

/*
 * How many events between the one numbered @last (0: none yet) and the oldest of the @count in the
 * module's history are forgotten.
 */
static inline uint32_t module_events_lost(const struct module_event *events, int count,
					  uint32_t last)
{
	return count && module_event_is_newer(&events[0], last + 1) ?
	       events[0].sequence - last - 1 : 0;
}

/**
 * struct module_rule - a rule of the step policy
 * @occasion: when it holds ...
 * @direction: ... and for which errors
 * @rule: what to do about one
 * @threshold_ns: errors up to this are not stepped
 * @maximum_ns: errors above this are refused; 0: no limit
 */
struct module_rule {
	enum truechime_occasion occasion;
	enum truechime_direction direction;
	enum truechime_rule rule;
	int64_t threshold_ns;
	int64_t maximum_ns;
};

/**
 * struct module_host - a kind of host clock
 * @name: of the kind
 * @state: whether this machine offers it, and whether it is in use
 * @exact: its cross-timestamps are exact conversions
 * @uncertainty_ns: of the latest of them; 0 unless it is in use
 */
struct module_host {
	char name[16];
	enum truechime_host_state state;
	bool exact;
	int64_t uncertainty_ns;
};

/**
 * struct module_jump - a disruption that the time sources agree on, and nothing else noticed
 * @offset_ns: UTC minus timescale
 * @maxerror_ns: by how much that may be wrong
 * @agreed_raw_ns: the sources agreed with the timescale then, the last time, by raw
 */
struct module_jump {
	int64_t offset_ns;
	int64_t maxerror_ns;
	int64_t agreed_raw_ns;
};

/*
 * Requests. Each returns 0, -EPROTO: the module is of another version, or the -errno with which the
 * kernel refuses it, whose reason is in module_link_words(). A change takes CAP_SYS_TIME (-EPERM).
 */

/* All clocks at one instant, and what they are worth. */
int module_link_now(struct module_link *link, struct module_now *now);

/* What the module knows of itself and of the host. */
int module_link_status(struct module_link *link, struct module_status *status);

/*
 * Set the correction, which was measured against @reference in @epoch. @jump: apply its change of
 * phase at once, not by slewing. @now: all clocks after that. -ESTALE: the epoch has passed, or
 * another reference is in force; -EAGAIN: time was disrupted, and the host has not answered since.
 */
int module_link_correct(struct module_link *link, const struct chime_line *correction,
			enum truechime_reference reference, uint32_t epoch, bool jump,
			struct module_now *now);

/*
 * Step the system clock to the timescale by the rule for @occasion. -ENODATA: there is neither host
 * nor correction; -EBUSY: mode external is in force; -EAGAIN as above; -EPERM: the policy forbids
 * it, too; -ERANGE: the step would be to a date before the release; -EIO: the kernel refused.
 */
int module_link_step(struct module_link *link, enum truechime_occasion occasion);

/*
 * Follow the time sources, which have found a jump, and report a disruption. -EBUSY: the host is
 * the reference, or mode external is in force; -ENODATA: there is no correction; -ESTALE: @epoch
 * has passed; -EAGAIN as above.
 */
int module_link_disrupted(struct module_link *link, const struct module_jump *jump,
			  uint32_t epoch);
int module_link_set_mode(struct module_link *link, enum truechime_mode mode);

/*
 * The rules of the step policy, @max at most, and how the RTC is used: @rtc NULL leaves that as it
 * is. All are set, or none.
 */
int module_link_get_policy(struct module_link *link, struct module_rule *rules, int max,
			   int *count, enum truechime_rtc *rtc);
int module_link_set_policy(struct module_link *link, const struct module_rule *rules, int count,
			   const enum truechime_rtc *rtc);

/* The kinds of host clocks, @max at most. */
int module_link_hosts(struct module_link *link, struct module_host *hosts, int max, int *count);

/*
 * Take the host clock @name as the reference; "auto": the best that answers, "none". -ENOENT: there
 * is no such kind; -ENODEV: this machine does not offer it.
 */
int module_link_choose_host(struct module_link *link, const char *name);

/* Trust the host clock as the reference no more, or again. -ENODATA: there is none. */
int module_link_demote_host(struct module_link *link, bool demoted);

/* State the bound of the hosts' clocks against UTC, 1 us to 1 h; -1: nobody does. */
int module_link_state_host_maxerror(struct module_link *link, int64_t maxerror_ns);

/* The events remembered, oldest first: the latest @max of them. */
int module_link_events(struct module_link *link, struct module_event *events, int max, int *count);

/* Forget the correction, and what was learned of the host's rate. */
int module_link_reset(struct module_link *link);

/*
 * Notifications of events, on a second socket: subscribe once, poll its descriptor, read until
 * -EAGAIN. -ENOBUFS: some were lost; what is remembered can be asked for with module_link_events().
 */
int module_link_subscribe(struct module_link *link);
int module_link_events_fd(const struct module_link *link);
int module_link_next_event(struct module_link *link, struct module_event *event);

#endif /* LIB_MODULE_LINK_H */
