/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A simulated client: its counter, its servers across their paths, a host perhaps, and the shipped
 * files between them: source, estimator, source_select, consensus, discipline, line and follower.
 * Virtual time, no sockets, the same for the same seed.
 *
 * True time is a double, ns since the start of the simulation.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host_clock.h"
#include "oscillator.h"
#include "path.h"
#include "user/discipline/discipline.h"

#define WORLD_SERVERS	16
#define WORLD_EVENTS	64

/**
 * struct world_server - a server or refclock as the simulation has it
 * @source: how the client is configured for it
 * @path: the way to it
 * @clock: its clock's errors
 * @offset_ns: its clock's error at the start
 * @root_delay_ns: as it says in its answers
 * @root_dispersion_ns: as it says
 * @stratum: as it says
 * @leap: as it says
 * @refid: as it says; 0: one of its own
 * @silent: does not answer
 */
struct world_server {
	struct source_options source;
	struct path_options path;
	struct oscillator_options clock;
	double offset_ns;
	double root_delay_ns;
	double root_dispersion_ns;
	int stratum;
	int leap;
	uint32_t refid;
	bool silent;
};

enum world_event_kind {
	WORLD_ROUTE,		/* server's least delays: up and down, ns */
	WORLD_JITTER,		/* server's jitter, ns */
	WORLD_SILENT,		/* server answers no more (1) or again (0) */
	WORLD_SERVER_STEP,	/* server's clock jumps, ns */
	WORLD_SERVER_FREQUENCY,	/* server's clock runs off, fraction */
	WORLD_LEAP,		/* server's leap indicator */
	WORLD_LEAP_SECOND,	/* UTC is set forward by so many ns, and everybody follows */
	WORLD_FREQUENCY,	/* the guest's counter changes its frequency by a fraction */
	WORLD_AGING,		/* ... and from now on by so much per second */
	WORLD_HOST_STEP,	/* the host's clock is set by so many ns */
	WORLD_HOST_FREQUENCY,	/* the host's clock is slewed: a new frequency error */
	/*
	 * The guest, with all that it knew, is as it was: the world went on by so many ns. 1: a
	 * witness tells, where there is no host to ask.
	 */
	WORLD_REVERT,
	WORLD_SUSPEND,		/* as much, but the kernel set its clock forward: off by so much */
};

struct world_event {
	double at_s;
	enum world_event_kind kind;
	int server;		/* -1: all */
	double value;
	double value2;
	bool done;
};

/**
 * struct world_drift - what the drift file says at the start
 * @known: there is one
 * @frequency: the counter's error, a fraction
 * @sigma: one standard error of it
 */
struct world_drift {
	bool known;
	double frequency;
	double sigma;
};

/**
 * struct world_options - one simulated run
 * @duration_s: how long
 * @settle_s: statistics begin here
 * @oscillator: the guest's counter
 * @drift: its error as the drift file has it
 * @offset_ns: the system clock's error at the start
 * @noise_ns: of the client's timestamps
 * @has_host: there is a host clock ...
 * @host: ... with these errors, read like this
 * @module: the timescale slews as the module does; else only the system clock slews
 * @servers: so many of @server
 * @events: so many of @event
 */
struct world_options {
	double duration_s;
	double settle_s;
	struct oscillator_options oscillator;
	struct world_drift drift;
	double offset_ns;
	double noise_ns;
	bool has_host;
	struct host_clock_options host;
	bool module;
	size_t servers;
	struct world_server server[WORLD_SERVERS];
	size_t events;
	struct world_event event[WORLD_EVENTS];
	struct discipline_options discipline;
};

void world_options_init(struct world_options *options);

/**
 * struct world_second - what is seen at each whole second
 * @at_s: true time
 * @raw_ns: raw, since the start
 * @clock_ns: system clock minus true time
 * @timescale_ns: timescale minus true time
 * @frequency: system clock's rate minus true rate
 * @sigma_ns: as published for the timescale
 * @maxerror_ns: as published
 * @synchronised: as published
 */
struct world_second {
	double at_s;
	double raw_ns;
	double clock_ns;
	double timescale_ns;
	double frequency;
	double sigma_ns;
	double maxerror_ns;
	bool synchronised;
};

/**
 * struct world_observer - who looks on
 * @context: handed to both
 * @second: at each whole second
 * @sample: at each sample that a source took, before the client acts on it; times are the guest's
 *	raw time since the start, offset_ns the server minus raw; NULL: nobody asks
 */
struct world_observer {
	void *context;
	void (*second)(void *context, const struct world_second *second);
	void (*sample)(void *context, int server, double raw_ns, double offset_ns, double delay_ns);
};

/* Readings since the host's rate last changed, from which its line could know the new one. */
#define WORLD_STRAIGHT_LOOKS	2

/**
 * struct world_host_record - how well the host's line foretold the host's clock, at each look
 * @looks: at the host
 * @bound: sum of the line's bounds
 * @straight: looks with at least WORLD_STRAIGHT_LOOKS others since the host changed its rate
 * @violations: of these with the truth outside the line's bound
 * @surprises: of all others
 * @square: sum of squared errors at these
 * @worst_ns: largest
 */
struct world_host_record {
	double looks;
	double bound;
	double straight;
	double violations;
	double surprises;
	double square;
	double worst_ns;
};

/**
 * struct world_summary - of the whole run
 * @requests: sent by all sources since the statistics began
 * @samples: taken by all sources
 * @steps: of the system clock, by the discipline or the module
 * @jumps: of the timescale
 * @falsetickers: servers called so at the end, a bit each
 * @combined: servers in use at the end, a bit each
 * @demotions: of the host
 * @reinstatements: of the host
 * @witnessed: disruptions that the sources alone told
 * @host: how its clock was tracked
 * @leap: as announced at the end
 * @fatal: maxchange ended it
 */
struct world_summary {
	uint64_t requests;
	uint64_t samples;
	int steps;
	int jumps;
	unsigned int falsetickers;
	unsigned int combined;
	int demotions;
	int reinstatements;
	int witnessed;
	struct world_host_record host;
	int leap;
	bool fatal;
};

/* 0 or -ENOMEM. */
int world_run(const struct world_options *options, uint64_t seed,
	      const struct world_observer *observer, struct world_summary *summary);

#endif /* SIM_WORLD_H */
