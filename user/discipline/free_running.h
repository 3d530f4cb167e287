/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does the reference run free, as a crystal does, or may somebody discipline it? Pure: nothing here
 * can fail.
 */
#ifndef DISCIPLINE_FREE_RUNNING_H
#define DISCIPLINE_FREE_RUNNING_H

#include <stdbool.h>
#include <stdint.h>

#include "clocks/reference_change.h"
#include "discipline/estimator.h"

/**
 * struct free_running - what is known of the reference; all 0 to start
 * @known: it runs free
 * @has_span: the rate was learned ...
 * @from_ns: ... from then on, by the reference ...
 * @offset_ns: ... where UTC minus reference was this
 */
struct free_running {
	bool known;
	bool has_span;
	int64_t from_ns;
	int64_t offset_ns;
};

/**
 * free_running_learn() - note since when the rate is learned, and whether the reference runs free
 * @running: until now, and then
 * @is_host: the reference is the host's clock; the raw clock always runs free
 * @estimate: of UTC minus reference, now
 */
void free_running_learn(struct free_running *running, bool is_host,
			const struct estimate *estimate);

/* The rate is learned anew. What is known stays. */
void free_running_begin_span(struct free_running *running);

/* The reference changed by what @change says, which keeps the offset. */
void free_running_change(struct free_running *running, const struct reference_change *change);

#endif /* DISCIPLINE_FREE_RUNNING_H */
