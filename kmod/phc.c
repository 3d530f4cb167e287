// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PTP hardware clock: translates between the PTP API's units and the timescale.
 */
#include "phc.h"

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/time64.h>

#include "chime.h"
#include "compat.h"

/* The fastest line accepted (CHIME_LINE_RATE_MAX_Q32), half the raw clock's rate, in ppb. */
#define CHIME_PHC_MAX_ADJ_PPB	500000000

/* The same as scaled_ppm, ppm * 2^16. */
#define CHIME_PHC_MAX_SCALED_PPM	(CHIME_PHC_MAX_ADJ_PPB / 1000 * 65536LL)

/* The largest phase that adjphase slews in; adjtime handles larger ones. */
#define CHIME_PHC_MAX_PHASE_NS	500000000

static struct chime *chime_of(struct ptp_clock_info *info)
{
	return container_of(info, struct chime, phc.info);
}

static int chime_phc_gettimex(struct ptp_clock_info *info, struct timespec64 *ts,
			      struct ptp_system_timestamp *sts)
{
	struct chime_snapshot snapshot;

	ptp_read_system_prets(sts);
	chime_snapshot_take(&snapshot);
	ptp_read_system_postts(sts);
	*ts = ns_to_timespec64(chime_timescale_time(&chime_of(info)->timescale, snapshot.raw_ns));
	return 0;
}

static int chime_phc_getcrosststamp(struct ptp_clock_info *info,
				    struct system_device_crosststamp *stamp)
{
	struct chime_snapshot snapshot;

	chime_snapshot_take(&snapshot);
	return chime_crosststamp_fill(stamp, &snapshot,
				      chime_timescale_time(&chime_of(info)->timescale,
							   snapshot.raw_ns));
}

/*
 * Begin an adjustment: take the lock, check that the mode allows it, take a snapshot. A disruption
 * that was not detected yet comes first: its gap must not be added to a time set after it. Returns
 * 0 with the lock held, or -EBUSY without it.
 */
static int chime_phc_begin(struct chime *chime, struct chime_snapshot *snapshot)
{
	rt_mutex_lock(&chime->lock);
	if (chime->timescale.current_view.mode != TRUECHIME_MODE_EXTERNAL) {
		chime_unlock(chime);
		return -EBUSY;
	}
	chime_disruption_check(chime);
	chime_snapshot_take(snapshot);
	return 0;
}

/*
 * The same for an adjustment of the phase: a disruption that the host has still to measure must
 * come first, too. -EAGAIN, without the lock.
 */
static int chime_phc_begin_phase(struct chime *chime, struct chime_snapshot *snapshot)
{
	int ret = chime_phc_begin(chime, snapshot);

	if (ret || !chime->timescale.current_view.awaits_host)
		return ret;
	chime_unlock(chime);
	return -EAGAIN;
}

static int chime_phc_settime(struct ptp_clock_info *info, const struct timespec64 *ts)
{
	struct chime *chime = chime_of(info);
	struct chime_snapshot snapshot;
	int ret;

	if (!timespec64_valid_settod(ts))
		return -EINVAL;
	ret = chime_phc_begin_phase(chime, &snapshot);
	if (ret)
		return ret;
	chime_timescale_set_time(&chime->timescale, timespec64_to_ns(ts), snapshot.raw_ns);
	chime_unlock(chime);
	return 0;
}

static int chime_phc_adjtime(struct ptp_clock_info *info, s64 delta_ns)
{
	struct chime *chime = chime_of(info);
	struct chime_snapshot snapshot;
	int ret = chime_phc_begin_phase(chime, &snapshot);

	if (ret)
		return ret;
	chime_timescale_add_time(&chime->timescale, delta_ns, snapshot.raw_ns);
	chime_unlock(chime);
	return 0;
}

/*
 * A millionth of scaled_ppm times 2^32 is the rate times 2^48. |scaled_ppm| is at most
 * CHIME_PHC_MAX_SCALED_PPM; it is divided in two steps so that nothing overflows.
 */
static s64 chime_phc_rate_q48(long scaled_ppm)
{
	s32 rest;
	s64 rate_q32 = div_s64_rem((s64)scaled_ppm * 65536, 1000000, &rest);

	return rate_q32 * 65536 + div_s64((s64)rest * 65536, 1000000);
}

static int chime_phc_adjfine(struct ptp_clock_info *info, long scaled_ppm)
{
	struct chime *chime = chime_of(info);
	struct chime_snapshot snapshot;
	int ret;

	/* The PTP core compares ppb with max_adj, and computing these may wrap. */
	if (scaled_ppm > CHIME_PHC_MAX_SCALED_PPM || scaled_ppm < -CHIME_PHC_MAX_SCALED_PPM)
		return -ERANGE;
	ret = chime_phc_begin(chime, &snapshot);
	if (ret)
		return ret;
	chime_timescale_set_rate(&chime->timescale, chime_phc_rate_q48(scaled_ppm),
				 snapshot.raw_ns);
	chime_unlock(chime);
	return 0;
}

static int chime_phc_adjphase(struct ptp_clock_info *info, s32 phase_ns)
{
	struct chime *chime = chime_of(info);
	struct chime_snapshot snapshot;
	int ret;

	if (abs((s64)phase_ns) > CHIME_PHC_MAX_PHASE_NS)
		return -ERANGE;
	ret = chime_phc_begin_phase(chime, &snapshot);
	if (ret)
		return ret;
	chime_timescale_slew(&chime->timescale, phase_ns, snapshot.raw_ns);
	chime_unlock(chime);
	return 0;
}

/* Older kernels do not have this operation. */
static s32 __maybe_unused chime_phc_getmaxphase(struct ptp_clock_info *info)
{
	return CHIME_PHC_MAX_PHASE_NS;
}

/* No pins, alarms or pulses. */
static int chime_phc_enable(struct ptp_clock_info *info, struct ptp_clock_request *request, int on)
{
	return -EOPNOTSUPP;
}

static const struct ptp_clock_info chime_phc_info = {
	.owner = THIS_MODULE,
	.name = "truechime",
	.max_adj = CHIME_PHC_MAX_ADJ_PPB,
	.adjfine = chime_phc_adjfine,
	.adjphase = chime_phc_adjphase,
	.adjtime = chime_phc_adjtime,
	.gettimex64 = chime_phc_gettimex,
	.getcrosststamp = chime_phc_getcrosststamp,
	.settime64 = chime_phc_settime,
	.enable = chime_phc_enable,
	CHIME_PTP_GETMAXPHASE(chime_phc_getmaxphase)
};

int chime_phc_register(struct chime *chime)
{
	struct ptp_clock *clock;

	chime->phc.info = chime_phc_info;
	clock = ptp_clock_register(&chime->phc.info, NULL);
	if (IS_ERR(clock))
		return PTR_ERR(clock);
	rt_mutex_lock(&chime->lock);
	chime->phc.clock = clock;
	rt_mutex_unlock(&chime->lock);
	return 0;
}

void chime_phc_unregister(struct chime *chime)
{
	struct ptp_clock *clock = chime->phc.clock;

	/* Whoever releases the lock publishes the index: the PTP core frees the clock. */
	rt_mutex_lock(&chime->lock);
	chime->phc.clock = NULL;
	rt_mutex_unlock(&chime->lock);
	if (clock)
		ptp_clock_unregister(clock);
}

int chime_phc_index(const struct chime *chime)
{
	lockdep_assert_held(&chime->lock);
	return chime->phc.clock ? ptp_clock_index(chime->phc.clock) : -1;
}
