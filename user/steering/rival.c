// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another program sets the system clock: each time.
 */
#include "steering/rival.h"

#include "lib/time_units.h"

/* A program that was quiet for so long counts anew; one that goes on is logged as often. */
#define RIVAL_QUIET_NS	(3600 * NS_PER_S)

/* An operator runs date(1) once or twice. */
#define RIVAL_MANY	3

bool rival_has_left(const struct rival *rival, int64_t now_ns)
{
	return rival->count && now_ns - rival->latest_ns > RIVAL_QUIET_NS;
}

enum rival_news rival_note(struct rival *rival, int64_t now_ns)
{
	if (!rival->count || rival_has_left(rival, now_ns))
		*rival = (struct rival){ .first_ns = now_ns };
	rival->latest_ns = now_ns;
	rival->count++;
	if (rival->count > RIVAL_MANY && now_ns - rival->logged_ns < RIVAL_QUIET_NS) {
		rival->unlogged++;
		return RIVAL_NO_NEWS;
	}
	rival->logged_ns = now_ns;
	return rival->count < RIVAL_MANY ? RIVAL_SET :
	       rival->count == RIVAL_MANY ? RIVAL_AGAIN : RIVAL_STILL;
}
