// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands that are refused, and those that only chronyc has.
 */
#include "chronyc/refusal.h"

#include <stddef.h>
#include <string.h>

#define OF_KERNEL	"the kernel sets the RTC"
#define NO_PASSWORDS	"there are no passwords any more"
#define NOT_SMOOTHED	"clients are told the right time"

/* chronyc itself does them, and sends nothing: no command has this number, of 16 bits. */
#define NOT_SENT	((enum chronyc_command)0x10000)
#define NO_SESSION	"each command is a session of its own, which ends with it"
#define NO_NETWORK	"the daemon is asked once, by a socket on this machine"

static const struct chronyc_refusal refusals[] = {
	{ "dns", NOT_SENT, CHRONYC_FAILED,
	  "addresses are never looked up. To have names as configured: -N" },
	{ "exit", NOT_SENT, CHRONYC_FAILED, NO_SESSION },
	{ "quit", NOT_SENT, CHRONYC_FAILED, NO_SESSION },
	{ "retries", NOT_SENT, CHRONYC_FAILED, NO_NETWORK },
	{ "timeout", NOT_SENT, CHRONYC_FAILED, NO_NETWORK },
	{ "keygen", NOT_SENT, CHRONYC_FAILED,
	  "a file of keys needs an owner and a mode, too: see KEYS in truechime.conf(5)" },
	{ "authhash", NOT_SENT, CHRONYC_FAILED, NO_PASSWORDS },
	{ "password", CHRONYC_LOGON, CHRONYC_FAILED, NO_PASSWORDS },
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
	{ "maxdelaydevratio", CHRONYC_MAXDELAYDEVRATIO, CHRONYC_FAILED,
	  "late answers count for less by themselves" },
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
