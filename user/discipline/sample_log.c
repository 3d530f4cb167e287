// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ring of samples. Its owner decides which of them still count.
 */
#include "discipline/sample_log.h"

void sample_log_clear(struct sample_log *log)
{
	log->count = 0;
	log->next = 0;
}

void sample_log_add(struct sample_log *log, const struct estimator_sample *sample)
{
	log->sample[log->next] = *sample;
	log->next = (log->next + 1) % SAMPLE_LOG_MAX;
	if (log->count < SAMPLE_LOG_MAX)
		log->count++;
}

const struct estimator_sample *sample_log_get(const struct sample_log *log, unsigned int age)
{
	return &log->sample[(log->next + SAMPLE_LOG_MAX - 1 - age) % SAMPLE_LOG_MAX];
}

void sample_log_change_reference(struct sample_log *log, const struct reference_change *change)
{
	unsigned int i;

	for (i = 0; i < log->count; i++) {
		struct estimator_sample *sample = &log->sample[i];

		reference_change_convert(change, &sample->at_ns, &sample->offset_ns);
	}
}
