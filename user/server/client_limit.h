/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rate limit of a client: each answer costs an interval of its time, and it may be as many
 * intervals in debt as its burst is long. Pure, and without a library: the program in the kernel
 * (xdp/program.bpf.c) compiles the same.
 */
#ifndef SERVER_CLIENT_LIMIT_H
#define SERVER_CLIENT_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct client_limit - how often a client is answered
 * @enabled: there is a limit
 * @interval_ns: between answers, in the long run
 * @burst: answers that may follow each other without it
 * @leak: of the requests beyond that one in 2^@leak is answered all the same, so that nobody can
 *	silence the server for others by asking in their name
 * @kod: and one in 2^@kod is told to ask less often; 0: none
 */
struct client_limit {
	bool enabled;
	int64_t interval_ns;
	int burst;
	int leak;
	int kod;
};

enum client_verdict {
	CLIENT_ANSWER,
	CLIENT_DROP,
	CLIENT_KISS,		/* tell it to ask less often */
};

/* One in 2^@power, by bits that are used for nothing else. */
static inline bool client_limit_happens(uint64_t random, int power)
{
	return !(random & ((1ULL << power) - 1));
}

/**
 * client_limit_judge() - what becomes of a request
 * @limit: as configured; enabled
 * @due_ns: instant up to which the client's answers are paid for; moved on if this one is paid,
 *	too, and back if it is later than this limit lets anybody get
 * @now_ns: of the same clock
 * @random: 64 fresh bits
 */
static inline enum client_verdict client_limit_judge(const struct client_limit *limit,
						     int64_t *due_ns, int64_t now_ns,
						     uint64_t random)
{
	int64_t most_ns = now_ns + limit->burst * limit->interval_ns;

	/* By an earlier limit it may owe more than anybody can by this one. */
	if (*due_ns > most_ns)
		*due_ns = most_ns;
	if (*due_ns > most_ns - limit->interval_ns) {
		if (client_limit_happens(random, limit->leak))
			return CLIENT_ANSWER;
		if (limit->kod && client_limit_happens(random >> 32, limit->kod))
			return CLIENT_KISS;
		return CLIENT_DROP;
	}
	*due_ns = (*due_ns > now_ns ? *due_ns : now_ns) + limit->interval_ns;

	return CLIENT_ANSWER;
}

#endif /* SERVER_CLIENT_LIMIT_H */
