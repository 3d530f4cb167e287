/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Synchronisation loops: a source that follows this machine shows it its own time. Whoever selects
 * it confirms himself, and two servers that ask each other would each follow the other, at an ever
 * greater stratum. Pure.
 */
#ifndef DISCIPLINE_LOOP_H
#define DISCIPLINE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "discipline/source.h"
#include "discipline/source_identity.h"

/**
 * loop_judge() - which sources follow this machine, and are not selected
 * @sources: all; source_set_loop() is called for each
 * @identities: of these
 * @count: how many
 * @recovering: this machine has lost the time, and who followed it may have kept it: nobody is
 *	left out for that
 */
void loop_judge(struct source *const *sources, const struct source_identity *identities,
		size_t count, bool recovering);

#endif /* DISCIPLINE_LOOP_H */
