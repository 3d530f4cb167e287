/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The view on the system bus: systemd's interface org.freedesktop.timesync1.Manager, for
 * timedatectl and what else knows it, and truechime's own, for what that has no words for:
 *
 *	org.truechime1, /org/truechime1, org.truechime1.Clock
 *		Synchronized	b	the daemon calls the clock so; emits changes
 *		Trust		s	why, in one word; emits changes
 *		Disrupted	signal	cause s, action s, gap_us x, offset_us x, time_us t, text s
 */
#ifndef TIMESYNC1_FACE_H
#define TIMESYNC1_FACE_H

#include <systemd/sd-event.h>

#include "timesync1/view.h"

struct face;

/*
 * Connect to the system bus. @view is read whenever somebody asks, and must not be freed before it.
 * When the bus ends, so does the loop of @event. 0, -errno.
 */
int face_open(struct face **face, sd_event *event, struct view *view);
void face_close(struct face *face);

/*
 * Take the names, which is when others see it. 0, -EEXIST: another program has one of them;
 * -EACCES: the bus's policy does not allow it; -errno.
 */
int face_show(struct face *face);

/* Tell who listens that these bits of enum view_change are new in the view. */
void face_changed(struct face *face, unsigned int changes);

/* Tell who listens that time was disrupted. */
void face_disrupted(struct face *face, const struct view_disruption *disruption);

#endif /* TIMESYNC1_FACE_H */
