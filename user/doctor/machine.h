/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What files show of this machine and of the module: /proc, /sys, /lib/modules, DKMS's, systemd's.
 */
#ifndef DOCTOR_MACHINE_H
#define DOCTOR_MACHINE_H

#include "doctor/facts.h"

/*
 * Look below @root, "" for this machine, whose kernel is @release. What cannot be read is left as
 * zeros. 0, or -errno: there is no /proc or no /sys, so that nothing is known.
 */
int doctor_machine_read(const char *root, const char *release, struct doctor_machine *machine);

/* Of that only the module. */
void doctor_module_read(const char *root, const char *release, struct doctor_module *module);

#endif /* DOCTOR_MACHINE_H */
