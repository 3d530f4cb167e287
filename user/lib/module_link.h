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

/*
 * 0, -ENOENT: the module is not loaded, -errno. Every later call may return -ENOENT, too: it was
 * unloaded, and the link is good for nothing but closing.
 */
int module_link_open(struct module_link **link);
void module_link_close(struct module_link *link);

/* The kernel's text of the latest refusal, @err, or else the meaning of that; @link may be NULL. */
const char *module_link_words(const struct module_link *link, int err);

/* All clocks of one snapshot. Without a host has_host is false and host_ns 0. */
struct module_now {
	int64_t raw_ns;
	int64_t realtime_ns;
	int64_t host_ns;
	int64_t reference_ns;
	int64_t followed_ns;	/* TRUECHIME_A_FOLLOWED_NS */
	int64_t time_ns;
	int64_t rate_q32;
	int64_t slew_ns;
	int64_t sigma_ns;
	int64_t maxerror_ns;	/* against UTC; CHIME_LINE_UNBOUNDED_NS: no bound is known */
	int64_t reading_ns;	/* the part of that which is no error of a host's own clock */
	uint32_t epoch;
	uint32_t disruptions;
	enum truechime_mode mode;
	enum truechime_reference reference;
	bool has_host;
	enum truechime_host_state host_state;
	struct chime_line change;	/* TRUECHIME_A_REFERENCE_CHANGE */
};

struct module_status {
	char version[32];
	enum truechime_mode mode;
	enum truechime_state state;
	enum truechime_reference reference;
	uint32_t epoch;
	uint64_t instance;
	enum truechime_scale scale;
	int32_t tai_offset_s;	/* 0: nobody has told the kernel */
	int64_t next_leap_ns;	/* UTC; 0: the kernel is to insert no leap second today */
	int phc_index;		/* -1: there is none */
	char host_name[16];
	enum truechime_host_state host_state;
	bool host_exact;
	int64_t uncertainty_ns;
	uint32_t disruptions;
	uint32_t steps;
	int64_t offset_ns;	/* timescale minus system clock */
	int64_t rate_q32;	/* of the timescale against the raw clock, with a slew */
	int64_t slew_ns;
	int64_t sigma_ns;
	int64_t maxerror_ns;	/* as in struct module_now */
	int64_t reading_ns;
	int64_t host_maxerror_ns;	/* of its own clock; CHIME_LINE_UNBOUNDED_NS: unknown */
	bool has_host_line;
	struct chime_line host_line;
	bool has_unslewed_line;
	struct chime_line unslewed_line;
	bool has_correction;
	struct chime_line correction;
};

/* Events that the module remembers. */
#define MODULE_EVENTS_MAX	64

struct module_event {
	uint64_t instance;	/* 0: the daemon noticed it, without the module */
	uint32_t sequence;
	enum truechime_cause cause;
	uint32_t evidence;
	enum truechime_action action;
	int64_t gap_ns;
	int64_t offset_ns;
	int64_t residual_ns;
	int64_t maxerror_before_ns;	/* CHIME_LINE_UNBOUNDED_NS: no bound was known */
	int64_t maxerror_ns;		/* of the timescale, UTC as known, at the end; likewise */
	int64_t reading_ns;		/* as in struct module_now, at the end; likewise */
	int64_t latency_ns;
	int64_t raw_ns;
	int64_t time_ns;
	uint32_t epoch;
	char host_name[16];	/* "": the daemon noticed it, without the module */
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

struct module_rule {
	enum truechime_occasion occasion;
	enum truechime_direction direction;
	enum truechime_rule rule;
	int64_t threshold_ns;
	int64_t maximum_ns;
};

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

int module_link_now(struct module_link *link, struct module_now *now);
int module_link_status(struct module_link *link, struct module_status *status);

/* @now: all clocks after the correction was set. */
int module_link_correct(struct module_link *link, const struct chime_line *correction,
			enum truechime_reference reference, uint32_t epoch, bool jump,
			struct module_now *now);
int module_link_step(struct module_link *link, enum truechime_occasion occasion);
int module_link_disrupted(struct module_link *link, const struct module_jump *jump,
			  uint32_t epoch);
int module_link_set_mode(struct module_link *link, enum truechime_mode mode);

/*
 * The rules, and what is made of the RTC, for which get needs room and set takes NULL to leave it
 * as it is. All are set, or none.
 */
int module_link_get_policy(struct module_link *link, struct module_rule *rules, int max,
			   int *count, enum truechime_rtc *rtc);
int module_link_set_policy(struct module_link *link, const struct module_rule *rules, int count,
			   const enum truechime_rtc *rtc);
int module_link_hosts(struct module_link *link, struct module_host *hosts, int max, int *count);
int module_link_choose_host(struct module_link *link, const char *name);
int module_link_demote_host(struct module_link *link, bool demoted);

/* State the bound of the hosts' clocks against UTC, 1 us to 1 h; -1: nobody does. */
int module_link_state_host_maxerror(struct module_link *link, int64_t maxerror_ns);
int module_link_events(struct module_link *link, struct module_event *events, int max, int *count);
int module_link_reset(struct module_link *link);

/*
 * Notifications, on a second socket: subscribe once, poll its descriptor, read until -EAGAIN.
 * -ENOBUFS: some were lost; what is remembered can be asked for with module_link_events().
 */
int module_link_subscribe(struct module_link *link);
int module_link_events_fd(const struct module_link *link);
int module_link_next_event(struct module_link *link, struct module_event *event);

#endif /* LIB_MODULE_LINK_H */
