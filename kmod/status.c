// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's state, and the copy of it that is read without the module's lock. See status.h.
 */
#include "status.h"

#include <linux/lockdep.h>
#include <linux/string.h>

#include "chime.h"

void chime_status_init(struct chime *chime)
{
	spin_lock_init(&chime->published.lock);
}

/* All but the clocks. */
static void chime_status_collect(struct chime *chime, struct chime_status *status)
{
	const struct chime_line *correction;

	lockdep_assert_held(&chime->lock);
	memset(status, 0, sizeof(*status));
	if (chime->host.ops)
		status->host_name = chime->host.ops->name;
	status->host_state = chime_host_state(&chime->host);
	status->last = chime->host.track.last;
	status->pairings = chime->host.pairings;
	status->failures = chime->host.failures;
	status->host_line = chime->host.track.line;
	status->unslewed_line = chime->timescale.steady.line;
	status->host_smears = chime_vmclock_smears(&chime->witness.vmclock);
	correction = chime_timescale_correction(&chime->timescale);
	if (correction) {
		status->corrected = true;
		status->correction = *correction;
	}
	status->instance = chime->events.instance;
	status->disruptions = chime->disruption.count;
	status->steps = chime->system_clock.steps;
	status->clocksource_epoch = chime->disruption.clocksource_epoch;
	status->phc_index = chime_phc_index(chime);
}

static void chime_status_read_clocks(const struct chime *chime, struct chime_status *status)
{
	struct chime_snapshot snapshot;

	chime_snapshot_take(&snapshot);
	chime_timescale_now(&chime->timescale, snapshot.raw_ns, &status->now);
	status->realtime_ns = snapshot.realtime_ns;
	chime_timekeeper_read_leaps(&chime->timekeeper, &status->leaps);
}

void chime_status_describe(struct chime *chime, struct chime_status *status)
{
	chime_status_collect(chime, status);
	chime_status_read_clocks(chime, status);
}

void chime_status_read(struct chime *chime, struct chime_status *status)
{
	spin_lock(&chime->published.lock);
	*status = chime->published.status;
	spin_unlock(&chime->published.lock);
	chime_status_read_clocks(chime, status);
}

void chime_status_read_policy(struct chime *chime, struct chime_policy *policy,
			      enum truechime_rtc *rtc)
{
	spin_lock(&chime->published.lock);
	*policy = chime->published.policy;
	*rtc = chime->published.rtc;
	spin_unlock(&chime->published.lock);
}

unsigned int chime_status_host_changes(struct chime *chime)
{
	struct chime_published *published = &chime->published;
	unsigned int changes;

	spin_lock(&published->lock);
	changes = published->host_changes;
	spin_unlock(&published->lock);
	return changes;
}

bool chime_status_read_host(struct chime *chime, unsigned int index, struct chime_host_info *info)
{
	struct chime_published *published = &chime->published;
	bool found;

	spin_lock(&published->lock);
	found = index < published->host_count;
	if (found)
		*info = published->hosts[index];
	spin_unlock(&published->lock);
	return found;
}

/* By their fields: what lies between them is nobody's. */
static bool chime_status_is_same_host(const struct chime_host_info *one,
				      const struct chime_host_info *other)
{
	return one->name == other->name && one->state == other->state &&
	       one->exact == other->exact && one->uncertainty_ns == other->uncertainty_ns;
}

/* The list of host clocks is another one than the readers have. */
static bool chime_status_hosts_changed(const struct chime_published *published,
				       const struct chime_host_info *hosts, unsigned int count)
{
	unsigned int i;

	if (count != published->host_count)
		return true;
	for (i = 0; i < count; i++)
		if (!chime_status_is_same_host(&hosts[i], &published->hosts[i]))
			return true;
	return false;
}

/* What takes time is done before the spinlock is taken: readers spin meanwhile. */
static void chime_status_publish(struct chime *chime)
{
	struct chime_published *published = &chime->published;
	struct chime_host_info hosts[CHIME_HOST_KINDS_MAX];
	struct chime_status status;
	unsigned int count = 0;

	chime_status_collect(chime, &status);
	while (count < CHIME_HOST_KINDS_MAX && chime_host_list(&chime->host, count, &hosts[count]))
		count++;
	spin_lock(&published->lock);
	published->status = status;
	published->policy = chime->policy;
	published->rtc = chime->rtc.policy;
	if (chime_status_hosts_changed(published, hosts, count))
		published->host_changes++;
	memcpy(published->hosts, hosts, count * sizeof(*hosts));
	published->host_count = count;
	spin_unlock(&published->lock);
}

void chime_unlock(struct chime *chime)
{
	chime_status_publish(chime);
	chime_host_publish(&chime->host);
	rt_mutex_unlock(&chime->lock);
	chime_log_write(&chime->log);
}
