// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands that are refused, and those that only chronyc has.
 */
#include "chronyc/refusal.h"

#include <stddef.h>
#include <string.h>

#define OF_KERNEL	"the kernel sets the RTC"
#define NOT_SMOOTHED	"clients are told the right time"
/* Of these only truechime's own are refused. */
#define OPTION_OF_SOURCE \
	"chronyc does it, or delete the source and add it again with that option"

static const struct chronyc_refusal refusals[] = {
	{ "password", CHRONYC_LOGON, CHRONYC_FAILED, "there are no passwords any more" },
	{ "rtcdata", CHRONYC_RTCDATA, CHRONYC_NO_RTC, OF_KERNEL },
	{ "trimrtc", CHRONYC_TRIMRTC, CHRONYC_NO_RTC, OF_KERNEL },
	{ "writertc", CHRONYC_WRITERTC, CHRONYC_NO_RTC, OF_KERNEL },
	{ "smoothing", CHRONYC_SMOOTHING, CHRONYC_NOT_ENABLED, NOT_SMOOTHED },
	{ "smoothtime", CHRONYC_SMOOTHTIME, CHRONYC_NOT_ENABLED, NOT_SMOOTHED },
	{ "dfreq", CHRONYC_DFREQ, CHRONYC_FAILED, "the clock's rate is that of the sources" },
	{ "doffset", CHRONYC_DOFFSET, CHRONYC_FAILED,
	  "the clock's offset is that of the sources" },
	{ "reset", CHRONYC_RESET_SOURCES, CHRONYC_FAILED,
	  "measurements are kept; a source that was wrong is judged anew by itself" },
	{ "reselectdist", CHRONYC_RESELECTDIST, CHRONYC_FAILED,
	  "the best source is selected at each update" },
	{ "maxupdateskew", CHRONYC_MAXUPDATESKEW, CHRONYC_FAILED,
	  "sources are weighed by their own uncertainty" },
	{ "polltarget", CHRONYC_POLLTARGET, CHRONYC_FAILED, OPTION_OF_SOURCE },
	{ "maxdelaydevratio", CHRONYC_MAXDELAYDEVRATIO, CHRONYC_FAILED,
	  "late answers count for less by themselves" },
	{ "maxdelay", CHRONYC_MAXDELAY, CHRONYC_FAILED, OPTION_OF_SOURCE },
	{ "maxdelayratio", CHRONYC_MAXDELAYRATIO, CHRONYC_FAILED, OPTION_OF_SOURCE },
	{ "maxpoll", CHRONYC_MAXPOLL, CHRONYC_FAILED, OPTION_OF_SOURCE },
	{ "minpoll", CHRONYC_MINPOLL, CHRONYC_FAILED, OPTION_OF_SOURCE },
	{ "minstratum", CHRONYC_MINSTRATUM, CHRONYC_FAILED, OPTION_OF_SOURCE },
	{ "selectopts", CHRONYC_SELECTOPTS, CHRONYC_FAILED, OPTION_OF_SOURCE },
	{ "offset", CHRONYC_OFFSET, CHRONYC_FAILED, OPTION_OF_SOURCE },
};

#define REFUSALS	(sizeof(refusals) / sizeof(*refusals))

const struct chronyc_refusal *chronyc_refusal_of(enum chronyc_command command)
{
	for (size_t i = 0; i < REFUSALS; i++) {
		if (refusals[i].command == command)
			return &refusals[i];
	}

	return NULL;
}

const struct chronyc_refusal *chronyc_refusal_named(const char *name)
{
	for (size_t i = 0; i < REFUSALS; i++) {
		if (!strcmp(refusals[i].name, name))
			return &refusals[i];
	}

	return NULL;
}
