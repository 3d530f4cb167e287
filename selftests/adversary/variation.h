/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What games may have beside what all have: none of it unless the command line names it, or has
 * each game's seed draw it for half of the games.
 */
#ifndef ADVERSARY_VARIATION_H
#define ADVERSARY_VARIATION_H

#include <stdbool.h>

enum variation {
	VARIATION_LATE_NETWORK,		/* no packet arrives when the daemon starts */
	VARIATION_EARLY_THAW,		/* programs run before the module is told of a resume */
	VARIATION_SILENT_HOST,		/* the host's clock does not answer for a while */
	VARIATION_AGENT,		/* an agent sets the clock when this guest was disrupted */
	VARIATION_OTHER_PROGRAM,	/* another program sets the clock once or twice */
	VARIATION_LONG_GAPS,		/* of up to 20 years, into another era of NTP perhaps */
	VARIATION_CLOSE_TROUBLES,	/* the next disruption comes within milliseconds */
	VARIATION_BURSTS,		/* the operator has all sources asked */
	VARIATION_OFFLINE,		/* the operator takes all sources offline for a while */
	VARIATION_RELOADS,		/* the operator has the configuration read again */
	VARIATION_SERVER_OPTIONS,	/* options beside minpoll, maxpoll and iburst */
	VARIATION_CLIENT_OPTIONS,	/* directives beside makestep and hostmaxerror */
	VARIATION_SLOW_POLICY,		/* that slews, refuses or waits: nobody starves by it */
	VARIATION_REVERT_STORM,		/* a revert, fork or pause comes again, seconds later */
	VARIATION_OTHER_HOST,		/* the guest goes on upon another host */
	VARIATION_CONGESTION,		/* one way is full for minutes after a disruption */
	VARIATION_RESTARTS,		/* an honest server starts again, and says so */
	VARIATION_RATE_LIMITS,		/* honest servers that answer RATE to bursts */
	VARIATION_LIARS_FIRST,		/* an outage ends seconds earlier for the liars */
	VARIATION_SOURCE_CHANGES,	/* the operator deletes a source, and adds it again */
	VARIATION_PLOTS,		/* the adversary has more plans */
	VARIATION_SCHEMES,		/* and still more, with refusals, widths and leap seconds */
	VARIATION_FORGERIES,		/* a neighbour forges and replays answers */
	VARIATION_DELAYS,		/* one on the way to honest servers has packets wait */
	VARIATION_PRIMING,		/* one has honest servers limit this client's rate */
	VARIATION_MIDNIGHT,		/* a disruption just before a midnight with a leap second */
	VARIATION_DRIFT_FILE,		/* a drift file, of this machine or of another one */
	VARIATION_REFCLOCK,		/* one source is a reference clock of this machine */
	VARIATION_COUNT
};

/**
 * variation_choose() - which variations games have
 * @list: names, separated by commas; "drawn": each game's seed draws them
 *
 * Return: 0, or -EINVAL: @list has another name.
 */
int variation_choose(const char *list);

/* Those of the game that begins, whose seed is in the world. */
void variation_draw(void);

/* This game has it. */
bool is_varied(enum variation variation);

/* Print the names of this game's. */
void variation_describe(void);

#endif /* ADVERSARY_VARIATION_H */
