// SPDX-License-Identifier: GPL-2.0-only
/*
 * Texts of disruptions, for the kernel's log, the daemon's log and the command line program.
 */
#include "core/words.h"

const char *chime_cause_words(enum truechime_cause cause)
{
	switch (cause) {
	case TRUECHIME_CAUSE_UNKNOWN:
		break;
	case TRUECHIME_CAUSE_BOOT:
		return "the module found a host clock";
	case TRUECHIME_CAUSE_REVERT:
		return "this guest was restored from an earlier state";
	case TRUECHIME_CAUSE_FORK:
		return "this guest was restored from an earlier state as a new instance";
	case TRUECHIME_CAUSE_PAUSE:
		return "this guest was paused";
	case TRUECHIME_CAUSE_SUSPEND:
		return "this machine woke from suspend";
	case TRUECHIME_CAUSE_MIGRATION:
		return "this guest was moved to another host";
	case TRUECHIME_CAUSE_HOST_STEP:
		return "the host's own clock was set";
	case TRUECHIME_CAUSE_OPERATOR:
		return "a step was asked for";
	case TRUECHIME_CAUSE_LEAP:
		return "a leap second passed on the host";
	case TRUECHIME_CAUSE_TIME_SOURCES:
		return "the time sources agree that time jumped";
	}
	return "time was disrupted";
}

const char *chime_action_words(enum truechime_action action)
{
	switch (action) {
	case TRUECHIME_ACTION_NONE:
		return "needs no step";
	case TRUECHIME_ACTION_STEPPED:
		return "was stepped";
	case TRUECHIME_ACTION_SLEW:
		return "is left to be slewed, by policy";
	case TRUECHIME_ACTION_IGNORED:
		return "was left alone, by policy";
	case TRUECHIME_ACTION_REFUSED:
		return "was NOT stepped: beyond what the policy allows";
	case TRUECHIME_ACTION_DISTRUSTED:
		return "was marked unsynchronised";
	case TRUECHIME_ACTION_TOO_EARLY:
		return "was NOT stepped: to a date before truechime was released";
	case TRUECHIME_ACTION_FAILED:
		break;
	}
	return "could NOT be stepped";
}
