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
