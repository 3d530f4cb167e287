/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the abuse program share: its options, and the tests that it is made of.
 */
#ifndef ABUSE_H
#define ABUSE_H

#include "genl.h"

/**
 * struct abuse - the run
 * @genl: a socket of root's
 * @seed: of the random messages
 * @seconds: how long random messages are sent
 * @module: file to load the module from again; NULL: it is not unloaded
 */
struct abuse {
	struct genl genl;
	uint64_t seed;
	int seconds;
	const char *module;
};

/* A line that says what is wrong. Return: false. */
__attribute__((format(printf, 1, 2)))
bool abuse_fail(const char *format, ...);

/* The module answers, and what it says has the form that it should have. */
bool abuse_status_is_whole(struct abuse *abuse);

/*
 * The tests: each sends what it is named after, and returns whether all went as it should. They
 * leave the module's mode, policy and host as they found them.
 */
bool abuse_refusals(struct abuse *abuse);
bool abuse_refusals_change_nothing(struct abuse *abuse);
bool abuse_broken_framing(struct abuse *abuse);
bool abuse_reserved_header(struct abuse *abuse);
bool abuse_many_rules(struct abuse *abuse);
bool abuse_as_nobody(struct abuse *abuse);
bool abuse_borrowed_socket(struct abuse *abuse);
bool abuse_lent_socket(struct abuse *abuse);
bool abuse_other_capability(struct abuse *abuse);
bool abuse_right_capability(struct abuse *abuse);
bool abuse_user_namespace(struct abuse *abuse);
bool abuse_random(struct abuse *abuse);
bool abuse_unload(struct abuse *abuse);

/* A request that changes something and would succeed: the valid ones of all commands, by number. */
#define ABUSE_CHANGES	8
void abuse_put_change(struct genl_message *message, const struct genl *genl, int number);

#endif /* ABUSE_H */
