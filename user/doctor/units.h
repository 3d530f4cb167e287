/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What systemd says of our units, over D-Bus, which anybody may ask.
 */
#ifndef DOCTOR_UNITS_H
#define DOCTOR_UNITS_H

#include "doctor/facts.h"

/* 0, or -errno: systemd does not answer, as where it is not PID 1; then @units is all zeros. */
int doctor_units_read(struct doctor_units *units);

#endif /* DOCTOR_UNITS_H */
