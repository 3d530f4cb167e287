// SPDX-License-Identifier: GPL-2.0-only
/*
 * What both backends of the timescale share.
 */
#include "clocks/timescale.h"

int timescale_read(struct timescale *timescale, struct timescale_now *now)
{
	int err = timescale->ops->now(timescale, now);

	timescale->is_current = !err;
	if (err)
		return err;
	timescale->latest = *now;
	clock_history_add(&timescale->history, now);
	return 0;
}

int timescale_now(struct timescale *timescale, struct timescale_now *now)
{
	if (!timescale->is_current)
		return timescale_read(timescale, now);
	*now = timescale->latest;
	return 0;
}

/* The backend has read all clocks, or failed with @err. */
static int timescale_take(struct timescale *timescale, int err)
{
	timescale->is_current = !err;
	if (!err)
		clock_history_add(&timescale->history, &timescale->latest);
	return err;
}

int timescale_correct(struct timescale *timescale, const struct chime_line *correction,
		      uint32_t epoch, bool jump)
{
	return timescale_take(timescale, timescale->ops->correct(timescale, correction, epoch, jump,
								 &timescale->latest));
}

int timescale_dispute(struct timescale *timescale, int64_t maxerror_ns, uint32_t epoch)
{
	return timescale_take(timescale, timescale->ops->dispute(timescale, maxerror_ns, epoch,
								 &timescale->latest));
}

void timescale_expire(struct timescale *timescale)
{
	timescale->is_current = false;
}
