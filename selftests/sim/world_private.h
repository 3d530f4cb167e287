/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of a simulated world, for the files that make it go round.
 */
#ifndef SIM_WORLD_PRIVATE_H
#define SIM_WORLD_PRIVATE_H

#include "client_clock.h"
#include "user/discipline/consensus.h"
#include "user/lib/time_units.h"
#include "world.h"

/* Requests to each source after a disruption: as the daemon's. */
#define WORLD_BURST	4

/* Streams of randomness, besides client_clock.c's. */
enum stream {
	STREAM_NOISE = 2,
	STREAM_PATH = 16,
	STREAM_SERVER = 64,
};

/* One request under way. */
struct exchange {
	bool pending;
	bool lost;
	double end_ns;		/* the answer arrives, or is no longer waited for */
	double sent_reference;	/* the client's stamps, by the reference */
	double sent_raw;
	double received;	/* the server's stamps */
	double answered;
	uint32_t epoch;
};

struct server {
	struct world_server options;
	struct source *source;
	struct path path;
	struct oscillator clock;
	struct exchange exchange;
};

/* The client and all around it. */
struct world {
	struct world_options options;
	const struct world_observer *observer;
	struct world_summary *summary;
	struct client_clock clock;
	struct random noise;
	struct server server[WORLD_SERVERS];
	struct source *sources[WORLD_SERVERS];
	struct discipline *discipline;
	struct consensus *consensus;
	struct discipline_result result;
	bool synchronised;
	bool disrupted;			/* and no correction since has confirmed the clock */
	unsigned int disruptions;	/* that the module has noticed */
	bool reported_by_sources;	/* of the disruption that is being dealt with */
	int64_t check_again_ns;		/* by raw: not enough have answered; INT64_MAX: never */
	uint32_t epoch;			/* as last seen */
	bool host_stepped;		/* a witness would know ... */
	bool host_leapt;		/* ... and this as well */
	bool stopped;			/* and nobody has looked at the host since */
};

/* The events that are due at @true_ns, the beginning of a second. */
void world_apply_events(struct world *world, double true_ns);

/* A look at the host, and what follows from it. */
void world_pair(struct world *world, double true_ns);

/*
 * The module looks at the host before it does what the daemon tells it. true: that is stale, as the
 * module has just seen a disruption.
 */
bool world_is_stale(struct world *world, double true_ns);

/* What the sources say all at once. false: the discipline is not to learn from it. */
bool world_judge_sources(struct world *world, double true_ns, const struct timescale_now *now);

/* By how much the reference may have followed slews, as the daemon's sources learn it. */
void world_note_followed(struct world *world, const struct timescale_now *now);

/*
 * The timescale's epoch may have changed: what was measured is converted, or all sources are asked.
 * As the daemon does.
 */
void world_check_epoch(struct world *world, double true_ns);

/* Is a system clock that a disruption left off by so much stepped? */
bool world_steps_after_disruption(int64_t offset_ns);

/* Ask all sources now, and @count times in all. */
void world_burst(struct world *world, double true_ns, int count);

#endif /* SIM_WORLD_PRIVATE_H */
