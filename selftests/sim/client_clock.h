/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clocks of a simulated client: counter, host, the timescale made of them and the correction,
 * and the system clock that follows. With a host the timescale is the module's (guest_module.c);
 * without one its rules are followed here. The follower is the shipped one, of user/steering/.
 */
#ifndef SIM_CLIENT_CLOCK_H
#define SIM_CLIENT_CLOCK_H

#include "guest_module.h"
#include "host_clock.h"
#include "oscillator.h"
#include "user/steering/follower.h"
#include "world.h"

/* The simulation's start, in ns of UTC, of the host's time and of raw. */
#define CLIENT_CLOCK_START_NS	1800000000000000000LL

/**
 * struct client_clock - all of them
 * @counter: raw
 * @host: the host's clock
 * @module: looks at it; NULL: there is no host
 * @has_servers: that are to say what UTC is: the host's word for it is not taken
 * @unsure: whether a slew explains @doubtful, or a jump, the next pairing shows
 * @stood_still: the guest was stopped since the latest look, and a witness saw it
 * @next_pairing_ns: raw, CLIENT_CLOCK_START_NS included
 * @doubtful: the latest pairing, if @unsure
 * @changes_seen: of the host's rate
 * @straight: looks since the one that saw the latest
 * @shift_ns: the world is so far ahead of the guest's life (reverts, suspends)
 * @epoch: as struct timescale_now
 * @disruptions: likewise
 * @line: the correction in force
 * @has_line: there is one
 * @slew_ns: phase still to be slewed in at @slew_from
 * @slew_rate: how fast
 * @slew_from: reference time
 * @slews: the timescale slews (with the module); else it jumps and only the system clock slews
 * @realtime: the system clock at @realtime_raw
 * @realtime_raw: raw
 * @realtime_rate: its rate against raw
 * @follower: steers it
 * @next_check_ns: raw, CLIENT_CLOCK_START_NS included
 */
struct client_clock {
	struct oscillator counter;
	struct host_clock host;
	struct guest_module *module;
	bool has_servers;
	bool unsure;
	bool stood_still;
	int64_t next_pairing_ns;
	struct chime_pairing doubtful;
	unsigned int changes_seen;
	int straight;
	double shift_ns;
	uint32_t epoch;
	uint32_t disruptions;
	struct chime_line line;
	bool has_line;
	double slew_ns;
	double slew_rate;
	double slew_from;
	bool slews;
	double realtime;
	double realtime_raw;
	double realtime_rate;
	struct follower follower;
	int64_t next_check_ns;
};

/* 0 or -ENOMEM; client_clock_finish() in either case. */
int client_clock_start(struct client_clock *clock, const struct world_options *options,
		       uint64_t seed);
void client_clock_finish(struct client_clock *clock);

/* A reading in ns since the start as an instant of the interfaces. */
int64_t client_clock_int(double reading_ns);

int64_t client_clock_raw(const struct client_clock *clock, double true_ns);
double client_clock_reference(const struct client_clock *clock, double true_ns);

/* The true time at which raw will be @raw_ns, as of the second at hand. */
double client_clock_when(const struct client_clock *clock, int64_t raw_ns);

void client_clock_now(const struct client_clock *clock, double true_ns, struct timescale_now *now);
void client_clock_correct(struct client_clock *clock, double true_ns,
			  const struct chime_line *correction, bool jump);
void client_clock_step(struct client_clock *clock, double true_ns);

/*
 * A look at the host; what the line was worth until then is added to @record if there is one. A
 * look that is unsure goes on with the next one.
 */
void client_clock_pair(struct client_clock *clock, double true_ns, enum truechime_cause cause,
		       struct world_host_record *record, struct guest_module_check *look);

/* The guest stands still, or sleeps, while the world goes on by @gap_ns. */
void client_clock_stop(struct client_clock *clock, double true_ns, double gap_ns);

/* Nothing that was known holds any more but the system clock, put forward by @gap_ns. */
void client_clock_lose(struct client_clock *clock, double true_ns, double gap_ns);

/*
 * Guest time was disrupted by @offset_ns, which may be wrong by @error_ns: UTC against raw jumps,
 * in a new epoch. The host, if there is one, is set aside.
 */
void client_clock_jump(struct client_clock *clock, double true_ns, int64_t offset_ns,
		       int64_t error_ns);

/*
 * A leap second: UTC is set forward by @change_ns, and so are the system clock, the host's and the
 * correction in force.
 */
void client_clock_leap(struct client_clock *clock, double true_ns, double change_ns);

/* Set the host aside, or take it up again. */
void client_clock_demote(struct client_clock *clock, double true_ns, bool demoted);

/* One look of the follower, its command obeyed. */
void client_clock_follow(struct client_clock *clock, double true_ns);

void client_clock_describe(const struct client_clock *clock, double true_ns,
			   struct world_second *second);

#endif /* SIM_CLIENT_CLOCK_H */
