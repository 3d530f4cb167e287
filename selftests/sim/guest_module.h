/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel module of a simulated guest that has a host's clock: the shipped host line, verdict
 * and timescale, looked after as kmod/host.c and kmod/disruption.c do.
 */
#ifndef SIM_GUEST_MODULE_H
#define SIM_GUEST_MODULE_H

#include <stdbool.h>
#include <stdint.h>

#include "kmod/core/host_line.h"
#include "user/clocks/timescale.h"

/**
 * struct guest_module_check - what a look at the host found
 * @unsure: the host's time and raw came apart, perhaps by a slew: a later pairing shows it
 * @jumped: the host's time and raw came apart
 * @outlived: UTC is known better than that and goes on as it was
 * @returned: the host is known better than the correction by now, and is followed again
 */
struct guest_module_check {
	bool unsure;
	bool jumped;
	bool outlived;
	bool returned;
};

struct guest_module;

/*
 * The first pairing is the host's time at load; two hosts' clocks differ by at most @apart_ns, and
 * each is stated to be right to within @stated_ns; 0: nobody has stated that.
 * NULL: no memory.
 */
struct guest_module *guest_module_new(const struct chime_pairing *first, int64_t realtime_ns,
				      int64_t apart_ns, int64_t stated_ns);
void guest_module_free(struct guest_module *module);

/*
 * A pairing; @cause: what it was, as witnesses tell, if it is a jump. @later: NULL; if that was
 * unsure, another one, CHIME_SLEW_CHECK_NS later: then it is decided.
 */
void guest_module_check(struct guest_module *module, const struct chime_pairing *pairing,
			const struct chime_pairing *later, enum truechime_cause cause,
			struct guest_module_check *look);

/* After a jump that was not outlived: is a system clock that is off by so much stepped? */
bool guest_module_steps(const struct guest_module *module, int64_t offset_ns);

/* As user/clocks/timescale_module.c tells it, but for @now's realtime. */
void guest_module_now(const struct guest_module *module, int64_t raw_ns, struct timescale_now *now);

/* 0 or -ESTALE. */
int guest_module_correct(struct guest_module *module, int64_t raw_ns,
			 const struct chime_line *correction, uint32_t epoch, bool jump);

/* As chime_disruption_by_sources(). */
void guest_module_jump(struct guest_module *module, int64_t raw_ns, int64_t offset_ns,
		       int64_t error_ns);

/* A leap second: UTC, and with it the correction in force, is set forward by @change_ns. */
void guest_module_leap(struct guest_module *module, int64_t raw_ns, int64_t change_ns);

/* Set the host aside, or take it up again. */
void guest_module_demote(struct guest_module *module, int64_t raw_ns, bool demoted);

/* The host's time as a function of raw, as the module has it. */
const struct chime_line *guest_module_host_line(const struct guest_module *module);

#endif /* SIM_GUEST_MODULE_H */
