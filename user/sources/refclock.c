// SPDX-License-Identifier: GPL-2.0-only
/*
 * A target that is a PTP hardware clock: opened, read at each poll, and opened again when it went
 * away.
 */
#include "sources/target.h"

#include <errno.h>
#include <string.h>
#include <syslog.h>

/* Failures in a row after which the device is opened anew. */
#define FAILURES_REOPEN	3

static void open_device(struct target *target, int64_t now_raw_ns)
{
	const char *problem;
	int err;

	target->look_up_ns = INT64_MAX;
	err = refclock_phc_open(&target->phc, target->config.options.name,
				target->config.no_crosststamp, &problem);
	if (err < 0) {
		target_failed(target, err, problem, now_raw_ns);
		return;
	}
	target->problem = "";
	target->list->changed = true;
}

static void take_failure(struct target *target, int err, int64_t now_raw_ns)
{
	struct association *association = target->associations[0];

	source_failed(association->source, now_raw_ns, err);
	/* Our own clocks were disrupted; the device is not at fault. */
	if (err == -ESTALE)
		return;
	if (++association->client.failures < FAILURES_REOPEN)
		return;

	association->client.failures = 0;
	refclock_phc_close(&target->phc);
	target_failed(target, err, strerror(-err), now_raw_ns);
}

static void read_sample(struct target *target, int64_t now_raw_ns)
{
	struct association *association = target->associations[0];
	struct source_sample sample;
	int err;

	source_polled(association->source, now_raw_ns);
	err = refclock_phc_sample(&target->phc, target->list->timescale,
				  &target->config, &sample);
	if (!err)
		err = source_add(association->source, now_raw_ns, &sample);
	target->list->changed = true;
	if (err < 0) {
		take_failure(target, err, now_raw_ns);
		return;
	}
	association->client.failures = 0;
	association->client.kernel_timestamps = target->phc.method == PHC_PRECISE;
}

int64_t target_refclock_next_ns(const struct target *target)
{
	if (target->phc.fd < 0)
		return target->look_up_ns;

	return source_next_poll(target->associations[0]->source);
}

void target_refclock_timer(struct target *target, int64_t now_raw_ns)
{
	if (target->phc.fd < 0 && now_raw_ns >= target->look_up_ns)
		open_device(target, now_raw_ns);
	if (target->phc.fd >= 0 && now_raw_ns >= source_next_poll(target->associations[0]->source))
		read_sample(target, now_raw_ns);
}
