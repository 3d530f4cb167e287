/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PTP hardware clock "truechime": the timescale for programs that use the PTP API.
 *
 * It is a function of the raw clock, so one timekeeper snapshot gives device, realtime and raw
 * clock exactly, on any clocksource and without asking the hypervisor.
 */
#ifndef CHIME_PHC_H
#define CHIME_PHC_H

#include <linux/ptp_clock_kernel.h>

struct chime;

/**
 * struct chime_phc - the PTP clock
 * @info: operations, for the PTP core
 * @clock: the PTP core's; NULL while not registered, or in a kernel without PTP; under the module's
 *	lock
 */
struct chime_phc {
	struct ptp_clock_info info;
	struct ptp_clock *clock;
};

/* Register the PTP clock. 0 or -errno. Context: process, lock not held. */
int chime_phc_register(struct chime *chime);

/* Unregister it: open descriptors get -ENODEV from then on. Context: process, lock not held. */
void chime_phc_unregister(struct chime *chime);

/* N of /dev/ptpN, or negative. Lock held. */
int chime_phc_index(const struct chime *chime);

#endif /* CHIME_PHC_H */
