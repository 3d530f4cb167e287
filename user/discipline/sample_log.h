/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The latest samples of a source, as they came, for a replay.
 */
#ifndef DISCIPLINE_SAMPLE_LOG_H
#define DISCIPLINE_SAMPLE_LOG_H

#include "discipline/estimator.h"

/* Samples kept: two hours at a request every 16 s. */
#define SAMPLE_LOG_MAX	512

/**
 * struct sample_log - a ring
 * @sample: the samples
 * @count: how many there are
 * @next: where the next one goes
 */
struct sample_log {
	struct estimator_sample sample[SAMPLE_LOG_MAX];
	unsigned int count;
	unsigned int next;
};

void sample_log_clear(struct sample_log *log);

/* The oldest one goes if there are SAMPLE_LOG_MAX. */
void sample_log_add(struct sample_log *log, const struct estimator_sample *sample);

/* The sample @age places before the latest one; @age is below @log->count. */
const struct estimator_sample *sample_log_get(const struct sample_log *log, unsigned int age);

/* As estimator_change_reference(). */
void sample_log_change_reference(struct sample_log *log, const struct reference_change *change);

#endif /* DISCIPLINE_SAMPLE_LOG_H */
