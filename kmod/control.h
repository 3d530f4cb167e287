/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests of an operator or the daemon, across the parts: host, mode, correction, reset.
 * netlink.c parses and calls these; they take the module's lock themselves.
 *
 * All run in process context, and sleep.
 */
#ifndef CHIME_CONTROL_H
#define CHIME_CONTROL_H

#include "chime.h"

/*
 * As chime_status_read() after a check of the host, for programs that measure: a reading between a
 * pause and the next check would be off by the length of the pause, and nothing would show that
 * later.
 */
void chime_control_now(struct chime *chime, struct chime_status *status);

/* The same without the check, under the lock, for the answer to a program that has just had one. */
void chime_control_reading(struct chime *chime, struct chime_status *status);

/*
 * Set the correction. @jump: apply its change of phase at once, not by slewing. 0; -ESTALE: @epoch
 * has passed, or the reference in force is not @reference (negative: any); -EAGAIN: time was
 * disrupted, and the host has not answered since; -ERANGE: @correction is no valid line.
 */
int chime_control_correct(struct chime *chime, const struct chime_line *correction, u32 epoch,
			  int reference, bool jump);

/*
 * Step the system clock to the timescale by the rule for @occasion. 0, also if its error is below
 * the rule's threshold; -ENODATA: there is neither host nor correction; -EBUSY: mode external is in
 * force; -EAGAIN: time was disrupted, and the host has not answered since; -EPERM: the policy
 * forbids the step; -ERANGE: the step would be to a date before the release; -EIO: the kernel
 * refused.
 */
int chime_control_step(struct chime *chime, enum truechime_occasion occasion);

/* As chime_disruption_by_sources(). */
int chime_control_disrupted(struct chime *chime, u32 epoch, const struct chime_jump *jump);

/*
 * Add @offset_ns to the timescale at once. 0; -EBUSY unless in mode external; -EAGAIN: the host,
 * which has not answered since time was disrupted, will say by how much.
 */
int chime_control_add_offset(struct chime *chime, s64 offset_ns);

/* As chime_timescale_set_mode(); a change is logged. */
void chime_control_set_mode(struct chime *chime, enum truechime_mode mode);

/**
 * struct chime_host_request - what to change of the host clock
 * @name: choose this one, as by chime_host_choose(); NULL: keep the present one
 * @has_state: demote or reinstate it ...
 * @demoted: ... which of the two
 * @has_maxerror: state the bound of all hosts' clocks against UTC ...
 * @maxerror_ns: ... CHIME_HOST_MAXERROR_MIN_NS to CHIME_HOST_MAXERROR_MAX_NS; 0: nobody states any
 */
struct chime_host_request {
	const char *name;
	bool has_state;
	bool demoted;
	bool has_maxerror;
	s64 maxerror_ns;
};

/*
 * Carry out all of @request, or none of it; another host, or another state, begins a new epoch. 0;
 * -ENOENT and -ENODEV as from chime_host_choose(); -ENODATA: there would be no host that has a
 * state.
 */
int chime_control_set_host(struct chime *chime, const struct chime_host_request *request);

/* Forget the correction and what is known of the host's rate. */
void chime_control_reset(struct chime *chime);

#endif /* CHIME_CONTROL_H */
