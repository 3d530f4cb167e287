/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a game consists of: the world, which goes on through whatever happens to the guest, and the
 * guest, whose memory is this process's own. The shipped daemon runs in the guest as it is, and so
 * does the module's state machine; clocks, network and hypervisor are played here.
 *
 * A snapshot of the guest is a fork() of this process, and a revert is the going on of that copy:
 * its memory is as old as the snapshot, and only the world, which is shared, has gone on.
 */
#ifndef ADVERSARY_WORLD_H
#define ADVERSARY_WORLD_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "selftests/sim/random.h"
#include "user/lib/time_units.h"

#define S_PER_DAY	86400LL

/* From anything that happens to the module's next check of the host: the idle period and a bit. */
#define CHECK_NS		(1100 * NS_PER_MS)

#define SERVERS_MAX	9
#define PACKETS_MAX	128
#define TROUBLES_MAX	8

/* Who tells the guest what its host's time is. */
enum guest_kind {
	GUEST_ALONE,		/* the daemon without the module */
	GUEST_BLIND,		/* the module, but no host's clock */
	GUEST_HOSTED,		/* the module and a host's clock */
	GUEST_KINDS,
};

/**
 * struct server - a time server and the way to it
 * @liar: belongs to the adversary
 * @error_ns: amplitude of its slow wandering about UTC, within its claimed root distance
 * @wander_s: period of that
 * @wander_phase: same, in radians
 * @root_delay_ns: claimed
 * @root_dispersion_ns: claimed
 * @stratum: claimed
 * @refid: claimed
 * @up_ns: least delay of a request
 * @down_ns: least delay of an answer
 * @jitter_ns: mean of the queueing on each way
 * @loss: probability of a packet's being lost
 * @minpoll: as the client is configured
 * @maxpoll: as the client is configured
 * @iburst: as the client is configured
 * @requests: that reached it
 * @answered_ns: UTC at which an answer of it reached the guest last; of an honest one: to a request
 *	that left after the latest disruption
 * @state: the adversary's own notes on it
 * @options: more of them that the client is configured with
 * @trusted: one of them is trust
 * @unused: one of them is noselect
 * @bias_ns: what it tells is too little by that, and the client's option offset puts it right
 * @least_s: a request sooner after another one is answered by RATE, 0: none is
 * @asked_ns: UTC of the latest request
 * @rates: so many were answered by RATE
 * @restarted_ns: UTC until which it starts, and is not synchronised
 * @congested_ns: UTC until which a way to it is full
 * @extra_up_ns: how much longer a request takes then
 * @extra_down_ns: how much longer an answer does
 * @worst_extra_ns: the most that there was of either
 * @primed_ns: UTC until which others ask it in this client's name
 * @delayed: the neighbour is on the way to it
 * @is_clock: it is no server, but a reference clock of this machine, asked every 2^@minpoll s
 * @exact: which states its time and ours at one instant
 * @seen: its latest answer, as the neighbour has seen it
 * @seen_length: of that
 */
struct server {
	bool liar;
	int64_t error_ns;
	double wander_s;
	double wander_phase;
	int64_t root_delay_ns;
	int64_t root_dispersion_ns;
	int stratum;
	uint32_t refid;
	int64_t up_ns;
	int64_t down_ns;
	int64_t jitter_ns;
	double loss;
	int minpoll;
	int maxpoll;
	bool iburst;
	unsigned int requests;
	int64_t answered_ns;
	double state;
	char options[128];
	bool trusted;
	bool unused;
	int64_t bias_ns;
	double least_s;
	int64_t asked_ns;
	int rates;
	int64_t restarted_ns;
	int64_t congested_ns;
	int64_t extra_up_ns;
	int64_t extra_down_ns;
	int64_t worst_extra_ns;
	int64_t primed_ns;
	bool delayed;
	bool is_clock;
	bool exact;
	uint8_t seen[64];
	size_t seen_length;
};

/**
 * struct packet - an answer on its way
 * @arrives_ns: UTC
 * @socket: number of the socket that waits for it
 * @server: from whom
 * @sent_ns: UTC at which the request left
 * @useless: an honest one that says nothing of the time, or little
 * @length: of @bytes
 * @bytes: on the wire
 */
struct packet {
	int64_t arrives_ns;
	uint32_t socket;
	int server;
	int64_t sent_ns;
	bool useless;
	size_t length;
	uint8_t bytes[64];
};

struct reply;

/* What may happen to a guest or its host. */
enum trouble_kind {
	TROUBLE_SNAPSHOT,	/* nothing; it may be reverted to */
	TROUBLE_REVERT,
	TROUBLE_FORK,		/* the same, and the hypervisor says that it is a copy */
	TROUBLE_PAUSE,		/* raw stands still */
	TROUBLE_STALL,		/* raw goes on, the guest does not run */
	TROUBLE_SUSPEND,
	TROUBLE_AHEAD,		/* raw goes ahead, as when a counter is written */
	TROUBLE_HOST_STEP,	/* the host's clock is wrong for a while */
	TROUBLE_OUTAGE,		/* no packet gets through for a while */
	TROUBLE_KINDS,
};

/* When exactly something happens: at an instant, or just when the daemon measures. */
enum trouble_moment {
	MOMENT_ANY,
	MOMENT_BEFORE_REQUEST,	/* the whole exchange comes after it, and before a check perhaps */
	MOMENT_REQUEST,		/* between the reading of the clocks and the packet's leaving */
	MOMENT_ANSWER,		/* between the packet's coming and the reading of the clocks */
	TROUBLE_MOMENTS,
};

/**
 * struct trouble - one disruption
 * @at_ns: UTC; or at the first @moment after that
 * @moment: see there
 * @kind: what
 * @size_ns: how long, or how far
 * @noticed: a generation id, or what the kind has for it, tells the guest
 * @done: it has happened
 */
struct trouble {
	int64_t at_ns;
	enum trouble_moment moment;
	enum trouble_kind kind;
	int64_t size_ns;
	bool noticed;
	bool done;
};

/**
 * struct host - the clock of the machine beneath
 * @offset_ns: its clock less UTC at @since_ns
 * @rate: and what it gains
 * @since_ns: UTC
 * @free: nobody disciplines it
 * @until_ns: UTC until which a step of it lasts; 0: it is right
 * @step_ns: size of that
 * @stated_ns: bound of its error as the guest's configuration states it; 0: not stated
 */
struct host {
	int64_t offset_ns;
	double rate;
	int64_t since_ns;
	bool free;
	int64_t until_ns;
	int64_t step_ns;
	int64_t stated_ns;
	int64_t silent_until_ns;
};

/**
 * struct verdicts - what the judge counts
 * @lied: readings of the system clock, called synchronised, outside of the bound it was given
 * @stepped_wrongly: steps of the system clock to where no honest clock is
 * @bound_violations: readings of the timescale that UTC was outside the bound of
 * @starved: stretches without synchronisation that were too long
 */
struct verdicts {
	unsigned int lied;
	unsigned int stepped_wrongly;
	unsigned int bound_violations;
	unsigned int starved;
};

#define JUDGE_UNSEEN	16

/**
 * struct judge - what the judge remembers
 * @verdicts: of this game
 * @worst_ns: largest error of a clock that was called synchronised
 * @grace_ns: UTC until which nobody in the guest can know that it was disrupted
 * @waiting: a disruption without a witness: @grace_ns is set by the first honest answer
 * @unseen_ns: by how much the guest's clocks went ahead, or back, since the beginning of each of
 *	the latest disruptions that nobody has seen ...
 * @unseen: ... so many
 * @disrupted_ns: UTC of the latest disruption
 * @unsynchronised_ns: UTC since when the clock is unsynchronised; 0: it is not
 * @starving: that stretch was counted
 * @lying: the latest reading was a lie
 * @outside: the latest reading was outside the timescale's bound
 * @synchronised_ns: UTC that it was synchronised for, in all
 * @looked_ns: UTC of the latest look
 * @error_ns: size of the system clock's error then
 * @astray: it was slewed to where nobody honest allows it to be
 * @slewed_ns: UTC at which it was being slewed back last after another program had set it
 * @host_off_ns: how far off the host was when an honest answer came last
 */
struct judge {
	struct verdicts verdicts;
	int64_t worst_ns;
	int64_t grace_ns;
	bool waiting;
	int64_t unseen_ns[JUDGE_UNSEEN];
	int unseen;
	int64_t disrupted_ns;
	int64_t unsynchronised_ns;
	bool starving;
	bool lying;
	bool outside;
	int64_t synchronised_ns;
	int64_t looked_ns;
	int64_t error_ns;
	int64_t slewed_ns;
	bool astray;
	int64_t host_off_ns;
};

#define MIND_HABITS	3

/**
 * struct mind - the adversary
 * @plan: what it does to time
 * @habits: what it does to the rest of its answers, a mask
 * @alike: all its servers say the same
 * @size_ns: of its lies
 * @rate: of those that grow
 * @from_ns: UTC from which it lies
 * @until_ns: UTC from which it is honest again
 * @period_s: of what it repeats
 * @change_ns: UTC of its next change of plan
 * @pulled_ns: how far it has pulled the client so far
 * @random: its own
 */
struct mind {
	int plan;
	unsigned int habits;
	bool alike;
	int64_t size_ns;
	double rate;
	int64_t from_ns;
	int64_t until_ns;
	double period_s;
	int64_t change_ns;
	double pulled_ns;
	struct random random;
};

/* How long a neighbour has packets wait. */
enum neighbour_plan {
	NEIGHBOUR_STEP,		/* all the same, from some time on */
	NEIGHBOUR_RAMP,		/* longer and longer, and again from the beginning */
	NEIGHBOUR_WAVE,		/* now one way, now the other */
	NEIGHBOUR_ANY,		/* up to a greatest time, any */
	NEIGHBOUR_AMBUSH,	/* after disruptions only */
	NEIGHBOUR_PLANS,
};

/**
 * struct neighbour - who has packets wait, as long as that does not keep the client from the time
 * @plan: see there
 * @size_ns: the most that a packet waits
 * @period_s: of what repeats
 * @from_ns: UTC from which there is any
 * @up: requests wait, and else answers
 * @random: his own
 */
struct neighbour {
	enum neighbour_plan plan;
	int64_t size_ns;
	double period_s;
	int64_t from_ns;
	bool up;
	struct random random;
};

/**
 * struct world - what no revert takes back
 * @seed: of the game
 * @variations: that it has, a bit each
 * @deeds: of the operator, so far
 * @kind: of the guest
 * @metal: the guest is no virtual machine, and nothing happens to it
 * @now_ns: UTC
 * @begin_ns: UTC at the start
 * @end_ns: UTC of the end
 * @servers: time servers
 * @server_count: how many
 * @liar_count: of those
 * @packets: answers on their way; .arrives_ns is 0 where there is none
 * @next_socket: number of the next socket
 * @crystal: rate of the guest's oscillator
 * @crystal_step: its random walk, per root of a second
 * @makestep_s: threshold of makestep in the configuration, 0: none
 * @makestep_limit: its limit
 * @first_offset_ns: of the system clock at the start
 * @host: beneath the guest
 * @outage_until_ns: no packet gets through before
 * @liars_from_ns: UTC from which those of liars do all the same
 * @hindered_ns: UTC until which honest servers may be of little use
 * @rested_ns: UTC until which honest servers that were primed may rest; of the guest's own time
 * @lost_ns: what the latest disruption made the guest's clocks lose
 * @storms: reverts, forks and pauses that came soon after another
 * @slow: by its configuration the client may stay unsynchronised for long
 * @directives: more of the client's configuration
 * @minsources: of those
 * @troubles: in order of time
 * @trouble_count: how many
 * @reverting: the trouble that a copy of the guest goes on after; -1: none
 * @has_genid: the guest has a VM generation id
 * @genid: changes with each fork
 * @sees_stops: the guest has a kvm-clock that shows when it was set
 * @settings: how often kvm-clock was set
 * @set_by_other: another program has set the system clock
 * @random: for everything but the adversary
 * @mind: the adversary
 * @neighbour: on the network
 * @judge: who judges
 * @finished: the game came to its end
 * @log: a game is replayed, and told
 */
struct world {
	uint64_t seed;
	uint32_t variations;
	int deeds;
	enum guest_kind kind;
	int64_t now_ns;
	int64_t begin_ns;
	int64_t end_ns;
	struct server servers[SERVERS_MAX];
	int server_count;
	int liar_count;
	struct packet packets[PACKETS_MAX];
	uint32_t next_socket;
	double crystal;
	double crystal_step;
	double makestep_s;
	int makestep_limit;
	int64_t first_offset_ns;
	struct host host;
	int64_t outage_until_ns;
	int64_t liars_from_ns;
	int64_t hindered_ns;
	int64_t rested_ns;
	int64_t lost_ns;
	int storms;
	char directives[512];
	int minsources;
	struct trouble troubles[TROUBLES_MAX];
	int trouble_count;
	int reverting;
	unsigned int genid;
	unsigned int settings;
	struct random random;
	struct mind mind;
	struct neighbour neighbour;
	struct judge judge;
	bool metal;
	bool slow;
	bool has_genid;
	bool sees_stops;
	bool set_by_other;
	bool finished;
	bool log;
};

extern struct world *world;

/* world.c */

/* Let UTC go on to @until_ns or to whatever happens first. */
void world_step(int64_t until_ns);

/* One line of a replayed game. */
void world_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
void world_log_list(const char *who, const char *format, va_list arguments);

/* game.c: the game of world->seed, and its configuration in the words of truechime.conf. */
void game_draw(void);
void game_config(char *text, size_t size);
void game_describe(void);
/* All servers follow one clock: what they say together may be its doing alone. */
bool game_is_one_clock(void);
/* The same, if so many of them had a say. */
bool game_would_be_one_clock(int voters);

/* One server's line of it, without the directive, which is returned. */
const char *game_server_line(const struct server *server, char *text, size_t size);

/* guest_refclock.c: one of the servers becomes a reference clock. */
void refclock_draw(void);

/* NULL: none of them is one. */
struct server *refclock_find(void);

/* Its line of the configuration. */
void refclock_line(const struct server *clock, char *text, size_t size);

/* options.c: what more of a configuration this game has. */
void options_draw(void);

/* operator.c: what other programs and the operator do, in any second. */
void operator_acts(void);
/* The operator has deleted it, as far as this guest remembers. */
bool is_deleted(const struct server *server);
/* Without it the honest are more than the liars, and as many as the configuration asks for. */
bool is_dispensable(const struct server *server);
/* It has a say in what the time is. */
bool has_vote(const struct server *server);

/* troubles.c: what is due now happens. */
void troubles_happen(enum trouble_moment moment);
const char *trouble_name(enum trouble_kind kind);

/* neighbour.c: what he will do in this game. */
void neighbour_draw(void);
/* He has the packets to and from an honest server wait. */
void neighbour_delay(const struct server *server, struct reply *reply);
/* In any second: he asks honest servers in the client's name perhaps, so that they limit it. */
void neighbour_prime(void);
/* Such a server answers hardly. */
bool neighbour_primed(struct server *server, struct reply *reply);
/* He answers before a server does, and does not know what was asked. */
void neighbour_forge(struct server *server, uint32_t socket);

/* network.c: a request leaves for @server. */
void network_send(int server, uint32_t socket, const uint8_t *bytes, size_t length);
/* A place for a packet, or NULL. */
struct packet *network_free_packet(void);
/* What a reference clock shows, less UTC; false: nothing. */
bool network_read_clock(struct server *clock, int64_t *offset_ns);
/* All that is on its way is lost. */
void network_drop(void);
/* UTC less the clock of an honest server. */
int64_t server_error_ns(const struct server *server);
/* What disruptions may bring: ways that are full for a while. */
void network_congest(void);
/* An honest server starts again now and then. */
void network_restart(void);

/* host.c: the host's clock now. */
int64_t host_time_ns(void);
bool host_is_right(void);
/* The guest goes on upon another one, whose clock differs by less than the module allows for. */
void host_changes(void);
/* Its clock does not answer for 0.1 s to @most_s. */
void host_falls_silent(double most_s);
/* It is as right as the guest's configuration states. */
bool host_is_as_stated(void);

/* judge.c */

/* What a program in the guest would read now. */
void judge_look(void);
/* The system clock was stepped by the daemon or the module: its error before and after. */
void judge_step(int64_t before_ns, int64_t after_ns, const char *who);
/* Another program has set it. */
void judge_set_by_other(void);
void judge_disrupted(const struct trouble *trouble);
void judge_answer(int server, int64_t sent_ns);
/* The module told what it saw: from now on it knows. */
void judge_told(void);

#endif /* ADVERSARY_WORLD_H */
