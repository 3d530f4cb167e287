/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The adversary: one mind behind all the servers that lie. It knows the algorithm, the packets that
 * were lost and the client's own state, and it decides what each of its servers answers.
 */
#ifndef ADVERSARY_MIND_H
#define ADVERSARY_MIND_H

#include <stdbool.h>
#include <stdint.h>

struct server;

/**
 * struct reply - what a server answers; as an honest one would, until the adversary changes it
 * @silent: nothing
 * @offset_ns: of the time it tells, less UTC
 * @up_ns: how long the request was under way
 * @down_ns: how long the answer will be
 * @work_ns: between T2 and T3
 * @idle_ns: told beyond that
 * @precision: of its clock, told
 * @root_delay_ns: told
 * @root_dispersion_ns: told
 * @stratum: told; 0 with a kiss code
 * @refid: told
 * @leap: told
 * @zero: no timestamps at all
 */
struct reply {
	bool silent;
	int64_t offset_ns;
	int64_t up_ns;
	int64_t down_ns;
	int64_t work_ns;
	int64_t idle_ns;
	int precision;
	int64_t root_delay_ns;
	int64_t root_dispersion_ns;
	int stratum;
	uint32_t refid;
	int leap;
	bool zero;
};

/* A plan for a new game. */
void mind_begin(void);

/* What @server, its own, answers. */
void mind_answer(struct server *server, struct reply *reply);

/* It sees what happened to the guest. */
void mind_disrupted(void);

/* For the log. */
const char *mind_plan_name(int plan);
void mind_describe(char *text, int size);

#endif /* ADVERSARY_MIND_H */
