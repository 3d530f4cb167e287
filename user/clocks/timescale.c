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

int timescale_correct(struct timescale *timescale, const struct chime_line *correction,
		      uint32_t epoch, bool jump)
{
	int err = timescale->ops->correct(timescale, correction, epoch, jump, &timescale->latest);

	timescale->is_current = !err;
	if (!err)
		clock_history_add(&timescale->history, &timescale->latest);
	return err;
}

void timescale_expire(struct timescale *timescale)
{
	timescale->is_current = false;
}
