// SPDX-License-Identifier: GPL-2.0-only
/*
 * chronyd's options in the command lines of its users. Those that mean the same here are
 * truechimed's own (main.c).
 */
#include "daemon/chronyd_option.h"

#include <stddef.h>

static const struct {
	int letter;
	const char *advice;
} options[] = {
	{ 'F', "leave it out: the systemd unit says which system calls are permitted" },
	{ 'L', "leave it out: the journal has the level of each message" },
	{ 'P', "write 'sched_priority' into the configuration" },
	{ 'R', "leave it out: 'makestep' counts from each start" },
	{ 'U', "leave it out: what cannot be done without root is logged" },
	{ 'l', "leave it out: messages go to the journal, and with -d to standard error" },
	{ 'm', "write 'lock_all' into the configuration" },
	{ 'r', "leave it out: sources are measured anew, with 'iburst' in seconds" },
	{ 's', "leave it out: the kernel sets the clock by the RTC before" },
};

const char *chronyd_option_advice(int letter)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		if (options[i].letter == letter)
			return options[i].advice;
	}

	return NULL;
}
