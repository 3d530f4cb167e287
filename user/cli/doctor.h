/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * truechime doctor: from what the daemon answers to facts. Pure but for the gathering.
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "cli/view.h"
#include "doctor/facts.h"

/* Fill @facts. 0, or -errno: nothing can be looked at. */
int doctor_gather(const struct cli *cli, struct doctor_facts *facts);

/* Fill in what an answer to "sources" tells. */
void doctor_take_sources(const json_t *reply, struct doctor_daemon *daemon);

#endif /* CLI_DOCTOR_H */
