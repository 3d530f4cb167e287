/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Orphan mode: servers without a source serve their own clocks, poll each other, and have to agree
 * on the one that the others follow: that with the smallest reference id. Pure.
 */
#ifndef DISCIPLINE_ORPHAN_H
#define DISCIPLINE_ORPHAN_H

#include <stddef.h>
#include <stdint.h>

#include "discipline/source.h"
#include "discipline/source_identity.h"

/**
 * orphan_judge() - which sources are orphans that are not to be used
 * @sources: all; source_set_orphan() is called for each
 * @identities: of these
 * @count: how many
 * @at_ns: now, by the reference
 * @stratum: of orphans: who has it, or a greater one, has no time but another orphan's. 0: no
 *	orphan mode, and none is one
 *
 * Return: the index of the orphan that is followed, because nobody else can be and its reference id
 * is the smallest, ours included; -1: none.
 */
int orphan_judge(struct source *const *sources, const struct source_identity *identities,
		 size_t count, int64_t at_ns, int stratum);

#endif /* DISCIPLINE_ORPHAN_H */
