/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Since when most sources have said what the selection says: whether they know of something that
 * has happened since. Pure.
 */
#ifndef DISCIPLINE_AGREEMENT_H
#define DISCIPLINE_AGREEMENT_H

#include <stddef.h>
#include <stdint.h>

#include "discipline/source.h"
#include "discipline/source_select.h"

/**
 * agreement_since() - the raw instant since which most candidates were asked, answered and agree
 * @sources: all, with the verdicts of the latest selection
 * @count: how many
 * @at_ns: now, by the reference
 *
 * A source whose latest answer contradicts its own earlier ones does not agree, nor does one that
 * is unreachable.
 *
 * Return: raw ns; INT64_MIN: no majority does.
 */
int64_t agreement_since(struct source *const *sources, size_t count, int64_t at_ns);

#endif /* DISCIPLINE_AGREEMENT_H */
