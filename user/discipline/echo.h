/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sources that follow this machine: what they show is its own time. Whoever selects them confirms
 * himself, and two servers that ask each other would each follow the other, at an ever greater
 * stratum. Pure.
 */
#ifndef DISCIPLINE_ECHO_H
#define DISCIPLINE_ECHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "discipline/source.h"
#include "discipline/source_identity.h"

/**
 * echo_judge() - which sources follow this machine, and are not selected
 * @sources: all; source_set_echo() is called for each
 * @identities: of these
 * @count: how many
 * @at_ns: now, by the reference
 * @recovering: this machine has lost the time, and who followed it may have kept it: nobody counts
 *	as an echo
 */
void echo_judge(struct source *const *sources, const struct source_identity *identities,
		size_t count, int64_t at_ns, bool recovering);

#endif /* DISCIPLINE_ECHO_H */
