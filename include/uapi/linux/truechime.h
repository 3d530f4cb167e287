/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The truechime generic netlink family: requests to the module, its replies and events.
 *
 * Owns every number shared between kernel and user space; docs/netlink/truechime.yaml describes the
 * same family for YNL and a test holds the two together. Nothing here is ever renumbered.
 *
 * Units: instants and durations are signed nanoseconds (*_NS); rates are dimensionless fractions
 * times 2^32 (*_Q32, 1 = 0.23 ppb, positive: true time runs faster than the clock compared with).
 * offset = reference - local: positive means that the local clock is behind.
 *
 * Reading needs no privilege. Changing needs CAP_SYS_TIME in the initial user namespace. Each
 * refusal carries an extended acknowledgment naming the attribute and the reason.
 */
#ifndef _UAPI_LINUX_TRUECHIME_H
#define _UAPI_LINUX_TRUECHIME_H

#define TRUECHIME_GENL_NAME	"truechime"
#define TRUECHIME_GENL_VERSION	1
#define TRUECHIME_MCGRP_EVENTS	"events"

/**
 * enum truechime_cmd - what can be asked
 * @TRUECHIME_CMD_STATUS: get: the whole state of the module (TRUECHIME_A_*)
 * @TRUECHIME_CMD_NOW: get: all clocks from one timekeeper snapshot, taken after a check of the host
 *	if the sender may set the clock
 * @TRUECHIME_CMD_CORRECTION: set: the line to add to the reference's; the reply is NOW's, with the
 *	correction in force, unless a disruption has ended it already, as EPOCH then shows. The line
 *	in force, as STATUS has it, with a larger MAXERROR_NS, sets none: time sources contradict it
 *	by so much and are not followed. Until the next correction the bound of the timescale is
 *	wider by the difference, and nothing else changes; with no larger one that ends.
 *	-ESTALE when EPOCH has passed, or REFERENCE is not the one in force
 * @TRUECHIME_CMD_STEP: do: step the system clock to the timescale, as policy says for OCCASION
 *	(operator, if none is given)
 * @TRUECHIME_CMD_POLICY_GET: get: the step policy in force, and how the RTC is used
 * @TRUECHIME_CMD_POLICY_SET: set: the rules named by POLICY attributes and RTC, all or none
 * @TRUECHIME_CMD_MODE: set: TRUECHIME_A_MODE
 * @TRUECHIME_CMD_HOST_LIST: dump: one message a host clock
 * @TRUECHIME_CMD_HOST_SET: set: choose (HOST_NAME), demote or reinstate (HOST_STATE) a host clock,
 *	or state how right it is (HOST_MAXERROR_NS), all or none of that
 * @TRUECHIME_CMD_EVENT: dump: the events remembered, oldest first
 * @TRUECHIME_CMD_RESET: do: forget the correction and the host line's history
 * @TRUECHIME_CMD_EVENT_NTF: notification of the TRUECHIME_MCGRP_EVENTS group: one event, as in a
 *	dump; no request
 * @TRUECHIME_CMD_DISRUPTED: do: the daemon's time sources agree that the timescale jumped as
 *	SOURCES_JUMP says: follow them, and report a disruption. -EBUSY if the host is the
 *	reference, because its clock would have shown the disruption; -ENODATA without a correction;
 *	-ESTALE when EPOCH has passed
 * @TRUECHIME_CMD_ADJUST: do: add ADJUST_NS to the timescale, which needs mode external: -EBUSY
 *	otherwise; -EAGAIN until the host's clock says what a disruption took
 */
enum truechime_cmd {
	TRUECHIME_CMD_UNSPEC,
	TRUECHIME_CMD_STATUS,
	TRUECHIME_CMD_NOW,
	TRUECHIME_CMD_CORRECTION,
	TRUECHIME_CMD_STEP,
	TRUECHIME_CMD_POLICY_GET,
	TRUECHIME_CMD_POLICY_SET,
	TRUECHIME_CMD_MODE,
	TRUECHIME_CMD_HOST_LIST,
	TRUECHIME_CMD_HOST_SET,
	TRUECHIME_CMD_EVENT,
	TRUECHIME_CMD_RESET,
	TRUECHIME_CMD_EVENT_NTF,
	TRUECHIME_CMD_DISRUPTED,
	TRUECHIME_CMD_ADJUST,
	__TRUECHIME_CMD_MAX,
};

#define TRUECHIME_CMD_MAX	(__TRUECHIME_CMD_MAX - 1)

/* Who steers the timescale. */
enum truechime_mode {
	TRUECHIME_MODE_AUTO,		/* host line and correction; the PTP API may only read */
	TRUECHIME_MODE_EXTERNAL,	/* the PTP API (ptp4l, phc2sys); the lines are not used */
};

/* What the timescale rests on, best last. */
enum truechime_state {
	TRUECHIME_STATE_FREE,		/* neither: system time at load, kept by the raw clock */
	TRUECHIME_STATE_EXTERNAL,	/* mode external */
	TRUECHIME_STATE_HOLDOVER,	/* an old correction, its bound growing */
	TRUECHIME_STATE_HOST,		/* the host's time, uncorrected */
	TRUECHIME_STATE_CORRECTED,	/* a fresh correction to the host's line or the raw clock */
};

/* What a correction is measured against, and is a function of. */
enum truechime_reference {
	TRUECHIME_REFERENCE_RAW,	/* CLOCK_MONOTONIC_RAW: no host, or the host demoted */
	TRUECHIME_REFERENCE_HOST,	/* unslewed host time: the host's time without its slews */
};

enum truechime_host_state {
	TRUECHIME_HOST_ABSENT,		/* this machine does not offer it */
	TRUECHIME_HOST_READY,		/* offered, not chosen */
	TRUECHIME_HOST_CHOSEN,		/* the reference */
	TRUECHIME_HOST_FAILING,		/* chosen, but silent; its last line is extrapolated */
	TRUECHIME_HOST_DEMOTED,		/* chosen, but not trusted; reference is the raw clock */
};

/* Why the clock was wrong. */
enum truechime_cause {
	TRUECHIME_CAUSE_UNKNOWN,
	TRUECHIME_CAUSE_BOOT,		/* the first host clock, mostly at load, showed it */
	TRUECHIME_CAUSE_REVERT,		/* the guest was restored from an earlier state */
	TRUECHIME_CAUSE_FORK,		/* the same, and generation id or counter changed */
	TRUECHIME_CAUSE_PAUSE,		/* the guest was stopped and continued */
	TRUECHIME_CAUSE_SUSPEND,	/* the guest itself suspended and woke */
	TRUECHIME_CAUSE_MIGRATION,	/* the guest moved to another host */
	TRUECHIME_CAUSE_HOST_STEP,	/* the host's own clock was set */
	TRUECHIME_CAUSE_OPERATOR,	/* somebody asked for a step */
	TRUECHIME_CAUSE_LEAP,		/* the host's clock inserted or left out a leap second */
	TRUECHIME_CAUSE_TIME_SOURCES,	/* only the time sources report that time jumped */
};

/* What was seen; a bit mask of these bits' numbers. */
enum truechime_evidence {
	TRUECHIME_EVIDENCE_HOST_TIME,		/* host time jumped against the raw clock */
	TRUECHIME_EVIDENCE_GUEST_STOPPED,	/* the hypervisor reports a stop of this guest */
	TRUECHIME_EVIDENCE_GENID_NOTIFY,	/* the VM generation id device notified */
	TRUECHIME_EVIDENCE_GENID_CHANGED,	/* ... and the id changed */
	TRUECHIME_EVIDENCE_MARKER,		/* the vmclock disruption marker changed */
	TRUECHIME_EVIDENCE_GENERATION,		/* the vmclock generation counter changed */
	TRUECHIME_EVIDENCE_RTC,			/* the RTC jumped against the raw clock */
	TRUECHIME_EVIDENCE_RESUME,		/* a suspend ended */
	TRUECHIME_EVIDENCE_NTP,			/* the NTP sources jumped together */
	TRUECHIME_EVIDENCE_CLOCK_SET,		/* the hypervisor set this guest's kvm-clock anew */
	TRUECHIME_EVIDENCE_RAW_LOST,		/* the raw clock lost time, and kvm-clock did not */
};

enum truechime_action {
	TRUECHIME_ACTION_NONE,		/* nothing to do: the error is below the threshold */
	TRUECHIME_ACTION_STEPPED,
	TRUECHIME_ACTION_SLEW,		/* left to the daemon's slew, by policy */
	TRUECHIME_ACTION_IGNORED,	/* left alone, by policy */
	TRUECHIME_ACTION_REFUSED,	/* a step was due, but beyond the policy's limit */
	TRUECHIME_ACTION_FAILED,	/* the kernel refused the step */
	TRUECHIME_ACTION_DISTRUSTED,	/* marked unsynchronised: the offset is not known here */
	TRUECHIME_ACTION_TOO_EARLY,	/* a step was due, but to a date before the release */
};

enum truechime_direction {
	TRUECHIME_DIRECTION_FORWARD,	/* the system clock is behind */
	TRUECHIME_DIRECTION_BACKWARD,	/* the system clock is ahead */
};

enum truechime_rule {
	TRUECHIME_RULE_STEP,
	TRUECHIME_RULE_SLEW,
	TRUECHIME_RULE_IGNORE,
};

/* Policy is kept for these occasions; each cause belongs to one. */
enum truechime_occasion {
	TRUECHIME_OCCASION_BOOT,
	TRUECHIME_OCCASION_DISRUPTION,
	TRUECHIME_OCCASION_OPERATOR,
};

/* How to use the RTC where there is no host clock. */
enum truechime_rtc {
	TRUECHIME_RTC_IGNORE,		/* it is not read */
	TRUECHIME_RTC_HINT,		/* a jump is reported */
	TRUECHIME_RTC_TRUST,		/* ... and followed if no NTP server answers */
};

/* What the timescale counts, and so what the PTP clock shows. */
enum truechime_scale {
	TRUECHIME_SCALE_UNKNOWN,	/* mode external: who steers it knows (ptp4l: TAI) */
	TRUECHIME_SCALE_UTC,		/* with its leap seconds, as host and sources have it */
	TRUECHIME_SCALE_SMEARED,	/* same, but the host smears them, by its vmclock page */
};

/**
 * enum truechime_attr - attributes of all messages
 * @TRUECHIME_A_PAD: padding of 64-bit values
 * @TRUECHIME_A_VERSION: string, the module's version
 * @TRUECHIME_A_MODE: u32, enum truechime_mode
 * @TRUECHIME_A_STATE: u32, enum truechime_state
 * @TRUECHIME_A_REFERENCE: u32, enum truechime_reference
 * @TRUECHIME_A_EPOCH: u32, counts changes of what the reference means: another reference was taken,
 *	the host's clock was set, this may be another host (fork, migration), the correction was
 *	reset, or (reference raw) guest time was disrupted or the clocksource changed
 * @TRUECHIME_A_PHC_INDEX: u32, N of /dev/ptpN
 * @TRUECHIME_A_RAW_NS: s64, CLOCK_MONOTONIC_RAW
 * @TRUECHIME_A_REALTIME_NS: s64, CLOCK_REALTIME at the same instant
 * @TRUECHIME_A_HOST_NS: s64, the host's time at the same instant (absent without a host)
 * @TRUECHIME_A_TIME_NS: s64, the timescale (the PHC, UTC) at the same instant
 * @TRUECHIME_A_RATE_Q32: s64, the timescale's rate against the raw clock at that instant, slew
 *	included
 * @TRUECHIME_A_SLEW_NS: s64, the part of a phase change that is still to be slewed in
 * @TRUECHIME_A_SIGMA_NS: s64, one standard error of TIME_NS
 * @TRUECHIME_A_MAXERROR_NS: s64, bound of TIME_NS's error against UTC; -1: no bound is known
 * @TRUECHIME_A_HOST_LINE: nest of enum truechime_line_attr, host time as a function of the raw
 *	clock
 * @TRUECHIME_A_CORRECTION: nest of enum truechime_line_attr, (UTC - reference) as a function of the
 *	reference's time
 * @TRUECHIME_A_JUMP: flag, apply the correction's change of phase at once, not by slewing
 * @TRUECHIME_A_HOST_NAME: string: "kvm"; HOST_SET also takes "auto" and "none"
 * @TRUECHIME_A_HOST_STATE: u32, enum truechime_host_state
 * @TRUECHIME_A_HOST_EXACT: u32, 1: cross-timestamps are exact conversions, 0: bracketed
 * @TRUECHIME_A_UNCERTAINTY_NS: s64, of the latest cross-timestamp
 * @TRUECHIME_A_CROSS_TIMESTAMPS: u64, cross-timestamps taken since load
 * @TRUECHIME_A_CROSS_TIMESTAMPS_FAILED: u64, failed attempts to take one
 * @TRUECHIME_A_DISRUPTIONS: u32, disruptions detected since load (rewinds with the guest)
 * @TRUECHIME_A_STEPS: u32, steps of the system clock since load (rewinds too)
 * @TRUECHIME_A_OFFSET_NS: s64, timescale minus system clock
 * @TRUECHIME_A_EVENT: nest of enum truechime_event_attr
 * @TRUECHIME_A_POLICY: nest of enum truechime_policy_attr; several in one message
 * @TRUECHIME_A_CLOCKSOURCE_EPOCH: u32, counts changes of the clocksource, and so of the raw clock's
 *	rate
 * @TRUECHIME_A_RTC: u32, enum truechime_rtc
 * @TRUECHIME_A_OCCASION: u32, enum truechime_occasion
 * @TRUECHIME_A_REFERENCE_NS: s64, the reference's time at the instant of RAW_NS: the raw clock, or
 *	unslewed host time, which is the host's without its rate changes since a correction was set
 * @TRUECHIME_A_UNSLEWED_LINE: nest of enum truechime_line_attr, unslewed host time as a function of
 *	the raw clock; with the host demoted, its extrapolation (absent without a host)
 * @TRUECHIME_A_REFERENCE_CHANGE: nest of enum truechime_line_attr: the reference of this epoch
 *	minus that of the epoch before, as a function of the latter's time, exact at the origin. It
 *	converts what was measured against the old reference. MAXERROR_NS -1: the offset between the
 *	two is not known, but the rate is; SIGMA_RATE_Q32 2^63-1: the rate is not known either
 * @TRUECHIME_A_READING_MAXERROR_NS: s64, the part of MAXERROR_NS that is no error of a host's own
 *	clock. Without a correction: how well that clock is read, whatever it is worth; else the
 *	same as MAXERROR_NS. -1: no bound is known
 * @TRUECHIME_A_HOST_MAXERROR_NS: s64, bound of the error of the host's own clock against UTC, by
 *	its vmclock page or by HOST_SET; -1: nobody has stated one (absent without a host). For
 *	HOST_SET: 1 us to 1 h, or -1 to withdraw it
 * @TRUECHIME_A_INSTANCE: u64, drawn at random when the module is loaded and at each disruption: two
 *	answers with different ones are of different lives of this guest, between which EPOCH, the
 *	numbers of events and all counters may come again
 * @TRUECHIME_A_ADJUST_NS: s64, what to add to the timescale
 * @TRUECHIME_A_SOURCES_JUMP: nest of enum truechime_jump_attr
 * @TRUECHIME_A_SCALE: u32, enum truechime_scale
 * @TRUECHIME_A_TAI_OFFSET_S: s32, CLOCK_TAI minus CLOCK_REALTIME (absent until somebody has told
 *	the kernel)
 * @TRUECHIME_A_NEXT_LEAP_NS: s64, the UTC before which this kernel will insert a leap second, which
 *	repeats the second before it; absent if none is due today. A second that it will leave out
 *	is not shown
 * @TRUECHIME_A_FOLLOWED_NS: s64, by how much unslewed host time may have followed slews of the
 *	host's clock, or differ because this may be another host, all told: what was measured
 *	against REFERENCE_NS may be off by what this has grown since. It only grows, and begins at 0
 *	with another reference
 */
enum truechime_attr {
	TRUECHIME_A_UNSPEC,
	TRUECHIME_A_PAD,
	TRUECHIME_A_VERSION,
	TRUECHIME_A_MODE,
	TRUECHIME_A_STATE,
	TRUECHIME_A_REFERENCE,
	TRUECHIME_A_EPOCH,
	TRUECHIME_A_PHC_INDEX,
	TRUECHIME_A_RAW_NS,
	TRUECHIME_A_REALTIME_NS,
	TRUECHIME_A_HOST_NS,
	TRUECHIME_A_TIME_NS,
	TRUECHIME_A_RATE_Q32,
	TRUECHIME_A_SLEW_NS,
	TRUECHIME_A_SIGMA_NS,
	TRUECHIME_A_MAXERROR_NS,
	TRUECHIME_A_HOST_LINE,
	TRUECHIME_A_CORRECTION,
	TRUECHIME_A_JUMP,
	TRUECHIME_A_HOST_NAME,
	TRUECHIME_A_HOST_STATE,
	TRUECHIME_A_HOST_EXACT,
	TRUECHIME_A_UNCERTAINTY_NS,
	TRUECHIME_A_CROSS_TIMESTAMPS,
	TRUECHIME_A_CROSS_TIMESTAMPS_FAILED,
	TRUECHIME_A_DISRUPTIONS,
	TRUECHIME_A_STEPS,
	TRUECHIME_A_OFFSET_NS,
	TRUECHIME_A_EVENT,
	TRUECHIME_A_POLICY,
	TRUECHIME_A_CLOCKSOURCE_EPOCH,
	TRUECHIME_A_RTC,
	TRUECHIME_A_OCCASION,
	TRUECHIME_A_REFERENCE_NS,
	TRUECHIME_A_UNSLEWED_LINE,
	TRUECHIME_A_REFERENCE_CHANGE,
	TRUECHIME_A_READING_MAXERROR_NS,
	TRUECHIME_A_HOST_MAXERROR_NS,
	TRUECHIME_A_ADJUST_NS,
	TRUECHIME_A_SOURCES_JUMP,
	TRUECHIME_A_INSTANCE,
	TRUECHIME_A_SCALE,
	TRUECHIME_A_TAI_OFFSET_S,
	TRUECHIME_A_NEXT_LEAP_NS,
	TRUECHIME_A_FOLLOWED_NS,
	__TRUECHIME_A_MAX,
};

#define TRUECHIME_A_MAX		(__TRUECHIME_A_MAX - 1)

/**
 * enum truechime_line_attr - a line, value = argument + offset, and its errors
 * @TRUECHIME_LINE_A_PAD: padding
 * @TRUECHIME_LINE_A_ORIGIN_NS: s64, the argument at the origin
 * @TRUECHIME_LINE_A_OFFSET_NS: s64, value minus argument at the origin: host time minus raw clock
 *	(HOST_LINE), unslewed host time minus raw clock (UNSLEWED_LINE), or UTC minus reference
 *	(CORRECTION)
 * @TRUECHIME_LINE_A_RATE_Q32: s64, growth of that offset per unit of the argument
 * @TRUECHIME_LINE_A_SIGMA_NS: s64, one standard error at the origin
 * @TRUECHIME_LINE_A_SIGMA_RATE_Q32: s64, its growth
 * @TRUECHIME_LINE_A_MAXERROR_NS: s64, bound of the error at the origin
 * @TRUECHIME_LINE_A_MAXERROR_RATE_Q32: s64, its growth
 * @TRUECHIME_LINE_A_RATE_HORIZON_NS: s64, the rate is valid as far as this from the origin, either
 *	way; 0 or absent: everywhere. Whoever measured a CORRECTION does not expect its rate to last
 *	any longer
 * @TRUECHIME_LINE_A_BEYOND_RATE_Q32: s64, the rate from there on; 0 or absent: the offset stays
 *	constant
 * @TRUECHIME_LINE_A_HORIZON_NS: s64, the growth rates of both errors are valid as far as this from
 *	the origin, either way; 0 or absent: everywhere
 * @TRUECHIME_LINE_A_BEYOND_SIGMA_RATE_Q32: s64, sigma's growth from there on, not less than before;
 *	absent: the same
 * @TRUECHIME_LINE_A_BEYOND_MAXERROR_RATE_Q32: s64, the bound's growth from there on, likewise
 */
enum truechime_line_attr {
	TRUECHIME_LINE_A_UNSPEC,
	TRUECHIME_LINE_A_PAD,
	TRUECHIME_LINE_A_ORIGIN_NS,
	TRUECHIME_LINE_A_OFFSET_NS,
	TRUECHIME_LINE_A_RATE_Q32,
	TRUECHIME_LINE_A_SIGMA_NS,
	TRUECHIME_LINE_A_SIGMA_RATE_Q32,
	TRUECHIME_LINE_A_MAXERROR_NS,
	TRUECHIME_LINE_A_MAXERROR_RATE_Q32,
	TRUECHIME_LINE_A_RATE_HORIZON_NS,
	TRUECHIME_LINE_A_BEYOND_RATE_Q32,
	TRUECHIME_LINE_A_HORIZON_NS,
	TRUECHIME_LINE_A_BEYOND_SIGMA_RATE_Q32,
	TRUECHIME_LINE_A_BEYOND_MAXERROR_RATE_Q32,
	__TRUECHIME_LINE_A_MAX,
};

#define TRUECHIME_LINE_A_MAX	(__TRUECHIME_LINE_A_MAX - 1)

/**
 * enum truechime_event_attr - a disruption, or a step, and what was done about it
 * @TRUECHIME_EVENT_A_PAD: padding
 * @TRUECHIME_EVENT_A_SEQUENCE: u32, counts events since load; a revert rewinds it, so that INSTANCE
 *	and SEQUENCE together are an event's identity
 * @TRUECHIME_EVENT_A_CAUSE: u32, enum truechime_cause
 * @TRUECHIME_EVENT_A_EVIDENCE: u32, bits of enum truechime_evidence
 * @TRUECHIME_EVENT_A_ACTION: u32, enum truechime_action
 * @TRUECHIME_EVENT_A_GAP_NS: s64, how far the reference had moved away from this guest
 * @TRUECHIME_EVENT_A_OFFSET_NS: s64, timescale minus system clock before the action
 * @TRUECHIME_EVENT_A_RESIDUAL_NS: s64, the same after the action; the timescale's own error is
 *	within MAXERROR_NS
 * @TRUECHIME_EVENT_A_LATENCY_NS: s64, by the raw clock: from the last good check to the end of the
 *	action: the longest that any program can have seen a clock further off than MAXERROR_NS
 * @TRUECHIME_EVENT_A_RAW_NS: s64, when it ended, by the raw clock
 * @TRUECHIME_EVENT_A_TIME_NS: s64, when it ended, by the timescale
 * @TRUECHIME_EVENT_A_EPOCH: u32, TRUECHIME_A_EPOCH from then on
 * @TRUECHIME_EVENT_A_MAXERROR_BEFORE_NS: s64, bound of the timescale's error before the event, aged
 *	to the instant at which the event was detected; -1: none was known
 * @TRUECHIME_EVENT_A_MAXERROR_NS: s64, bound of the timescale's error when it ended: it allows for
 *	what may have happened in a gap; -1: none is known
 * @TRUECHIME_EVENT_A_INSTANCE: u64, TRUECHIME_A_INSTANCE from then on
 * @TRUECHIME_EVENT_A_HOST_NAME: string, the host clock in use when it ended, "none" without one
 * @TRUECHIME_EVENT_A_READING_MAXERROR_NS: s64, the part of MAXERROR_NS that is no error of a host's
 *	own clock, as TRUECHIME_A_READING_MAXERROR_NS when it ended; -1: no bound is known
 */
enum truechime_event_attr {
	TRUECHIME_EVENT_A_UNSPEC,
	TRUECHIME_EVENT_A_PAD,
	TRUECHIME_EVENT_A_SEQUENCE,
	TRUECHIME_EVENT_A_CAUSE,
	TRUECHIME_EVENT_A_EVIDENCE,
	TRUECHIME_EVENT_A_ACTION,
	TRUECHIME_EVENT_A_GAP_NS,
	TRUECHIME_EVENT_A_OFFSET_NS,
	TRUECHIME_EVENT_A_RESIDUAL_NS,
	TRUECHIME_EVENT_A_LATENCY_NS,
	TRUECHIME_EVENT_A_RAW_NS,
	TRUECHIME_EVENT_A_TIME_NS,
	TRUECHIME_EVENT_A_EPOCH,
	TRUECHIME_EVENT_A_MAXERROR_BEFORE_NS,
	TRUECHIME_EVENT_A_MAXERROR_NS,
	TRUECHIME_EVENT_A_INSTANCE,
	TRUECHIME_EVENT_A_HOST_NAME,
	TRUECHIME_EVENT_A_READING_MAXERROR_NS,
	__TRUECHIME_EVENT_A_MAX,
};

#define TRUECHIME_EVENT_A_MAX	(__TRUECHIME_EVENT_A_MAX - 1)

/**
 * enum truechime_policy_attr - the rule for one occasion and direction
 * @TRUECHIME_POLICY_A_PAD: padding
 * @TRUECHIME_POLICY_A_OCCASION: u32, enum truechime_occasion
 * @TRUECHIME_POLICY_A_DIRECTION: u32, enum truechime_direction
 * @TRUECHIME_POLICY_A_RULE: u32, enum truechime_rule
 * @TRUECHIME_POLICY_A_THRESHOLD_NS: s64, errors up to this are not stepped
 * @TRUECHIME_POLICY_A_MAXIMUM_NS: s64, errors above this are refused; 0: no limit
 */
enum truechime_policy_attr {
	TRUECHIME_POLICY_A_UNSPEC,
	TRUECHIME_POLICY_A_PAD,
	TRUECHIME_POLICY_A_OCCASION,
	TRUECHIME_POLICY_A_DIRECTION,
	TRUECHIME_POLICY_A_RULE,
	TRUECHIME_POLICY_A_THRESHOLD_NS,
	TRUECHIME_POLICY_A_MAXIMUM_NS,
	__TRUECHIME_POLICY_A_MAX,
};

#define TRUECHIME_POLICY_A_MAX	(__TRUECHIME_POLICY_A_MAX - 1)

/**
 * enum truechime_jump_attr - a jump of time that the time sources agree on
 * @TRUECHIME_JUMP_A_PAD: padding
 * @TRUECHIME_JUMP_A_OFFSET_NS: s64, UTC minus timescale
 * @TRUECHIME_JUMP_A_MAXERROR_NS: s64, bound of its error
 * @TRUECHIME_JUMP_A_AGREED_RAW_NS: s64, until when the sources agreed with the timescale, by the
 *	raw clock
 */
enum truechime_jump_attr {
	TRUECHIME_JUMP_A_UNSPEC,
	TRUECHIME_JUMP_A_PAD,
	TRUECHIME_JUMP_A_OFFSET_NS,
	TRUECHIME_JUMP_A_MAXERROR_NS,
	TRUECHIME_JUMP_A_AGREED_RAW_NS,
	__TRUECHIME_JUMP_A_MAX,
};

#define TRUECHIME_JUMP_A_MAX	(__TRUECHIME_JUMP_A_MAX - 1)

#endif /* _UAPI_LINUX_TRUECHIME_H */
