// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pace of checks. See pace.h.
 */
#include "core/pace.h"

bool chime_pace_is_due(const struct chime_pace *pace, s64 age_ns, bool busy)
{
	if (age_ns < 0)
		return true;
	return age_ns >= (busy ? pace->recent_ns : pace->alone_ns);
}

bool chime_pace_has_moved(const struct chime_pace *pace, s64 age_ns,
			  const struct chime_marks *checked, const struct chime_marks *now)
{
	int i;

	if (age_ns >= 0 && age_ns < pace->recent_ns)
		return false;
	for (i = 0; i < CHIME_MARKS; i++)
		if (now->words[i] != checked->words[i])
			return true;
	return false;
}
