/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands of chronyc that have no meaning here, and why: for its users, and for who types the same
 * to truechime, which also lacks some that chronyc has. Pure.
 */
#ifndef CHRONYC_REFUSAL_H
#define CHRONYC_REFUSAL_H

#include "chronyc/protocol.h"

/**
 * struct chronyc_refusal - a command that is refused
 * @name: as it is typed
 * @command: as it is sent
 * @status: what chronyc is answered
 * @why: for people
 */
struct chronyc_refusal {
	const char *name;
	enum chronyc_command command;
	enum chronyc_status status;
	const char *why;
};

/* NULL: it is none of them. */
const struct chronyc_refusal *chronyc_refusal_of(enum chronyc_command command);
const struct chronyc_refusal *chronyc_refusal_named(const char *name);

#endif /* CHRONYC_REFUSAL_H */
