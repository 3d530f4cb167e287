/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which sources are right: intersection (RFC 5905 11.2.1), and which of those to combine:
 * clustering (11.2.2). Pure; names the falsetickers and changes only verdicts.
 */
#ifndef DISCIPLINE_SOURCE_SELECT_H
#define DISCIPLINE_SOURCE_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "discipline/source.h"

/**
 * struct selection_terms - the conditions of a selection
 * @previous: index of the source selected before, or -1
 * @minsources: fewer that agree are as good as none; 0 and 1: one is enough
 * @stratumweight_ns: each stratum above the lowest of those that agree counts as so much expected
 *	error when one of them is selected; negative: only those by which the operator raises one
 *	count, as a millisecond each
 * @knows_rate: the oscillator has settled ...
 * @rate: ... at this one, of UTC against the reference
 */
struct selection_terms {
	int previous;
	int minsources;
	int64_t stratumweight_ns;
	bool knows_rate;
	double rate;
};

/**
 * struct selection - the outcome
 * @selected: index of the source whose identity is reported, -1: none
 * @count: members of @index
 * @index: sources to be combined
 * @place_low_ns: as an offset at the instant of the selection: the interval that most sources
 *	agree on, where the clock is put, begins here
 * @place_high_ns: and ends here
 * @low_ns: UTC is not below this if most of the candidates, and of the sources that may yet
 *	answer, are right, whichever they are
 * @high_ns: nor above this
 * @falsetickers: how many were excluded
 * @candidates: how many had a usable estimate
 * @wrong: a bit for each source that most others contradict, in offset or rate
 * @unwanted: a bit for each that is right, but not used beside a preferred or trusted one
 */
struct selection {
	int selected;
	size_t count;
	int index[SOURCE_SELECT_MAX];
	int64_t place_low_ns;
	int64_t place_high_ns;
	int64_t low_ns;
	int64_t high_ns;
	size_t falsetickers;
	size_t candidates;
	uint64_t wrong;
	uint64_t unwanted;
};

/* How many sources tell the time, as far as is known. */
static inline size_t selection_truechimers(const struct selection *selection)
{
	return selection->candidates - selection->falsetickers;
}

/* Judge @count sources at the reference's @at_ns. */
void source_select(struct source *const *sources, size_t count, int64_t at_ns,
		   const struct selection_terms *terms, struct selection *selection);

/*
 * After that, on the same terms: the interval of the truth at a later @at_ns while most sources are
 * right, if no sample comes. The bounds are those of struct selection. false: no majority agrees by
 * then.
 */
bool source_select_foresee(struct source *const *sources, size_t count, int64_t at_ns,
			   const struct selection_terms *terms, int64_t *low_ns,
			   int64_t *high_ns);

#endif /* DISCIPLINE_SOURCE_SELECT_H */
