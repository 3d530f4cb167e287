/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of the family's enumerations, and times in units for people. Pure; for daemon and command
 * line program, so that both print the same.
 */
#ifndef LIB_NAMES_H
#define LIB_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/module_link.h"

/* "revert", "host-step" ... for machines; "?" for a value of a newer module. */
const char *name_of_cause(enum truechime_cause cause);
const char *name_of_action(enum truechime_action action);
const char *name_of_mode(enum truechime_mode mode);
const char *name_of_state(enum truechime_state state);
const char *name_of_reference(enum truechime_reference reference);
const char *name_of_scale(enum truechime_scale scale);
const char *name_of_host_state(enum truechime_host_state state);
const char *name_of_occasion(enum truechime_occasion occasion);
const char *name_of_direction(enum truechime_direction direction);
const char *name_of_rule(enum truechime_rule rule);
const char *name_of_rtc(enum truechime_rtc rtc);

/* The evidence of bit @number, NULL beyond the last. */
const char *name_of_evidence(unsigned int number);

/* From name to value. false: there is no such name. */
bool mode_of_name(const char *name, enum truechime_mode *mode);
bool occasion_of_name(const char *name, enum truechime_occasion *occasion);
bool direction_of_name(const char *name, enum truechime_direction *direction);
bool rule_of_name(const char *name, enum truechime_rule *rule);
bool rtc_of_name(const char *name, enum truechime_rtc *rtc);

/* Room for any text made here. */
#define NAME_TEXT_MAX	256

/* Short texts are returned by value, to be used at once: duration_text(ns).text */
struct duration_text {
	char text[32];
};

struct time_text {
	char text[32];
};

struct refid_text {
	char text[5];
};

/* "42 us", "3.60 s", "2 h 5 min": three figures and a unit, with a minus where @ns is negative. */
struct duration_text duration_text(int64_t ns);

/* "30": whole seconds, 1 to @most. false: it is anything else. */
bool seconds_of_text(const char *text, int most, int *seconds);

/* "10ms", "1.5s", "2h", "0". false: it is anything else, negative or too long. */
bool duration_of_text(const char *text, int64_t *ns);

/* "2026-11-20 08:15:42.123456 UTC" */
struct time_text time_text(int64_t utc_ns);

/* "host-time, genid-changed" */
void text_of_evidence(uint32_t evidence, char *text, size_t size);

/* A reference id of letters as text, as chronyc has it: without what cannot be printed. */
struct refid_text refid_text(uint32_t refid);

/* A bound for machines: -1 where none is known. */
long long number_of_bound(int64_t maxerror_ns);

/* What keeps the daemon, which runs, from answering: for @err, -errno of asking it. */
const char *words_of_silence(int err);

/* One sentence: what happened, how it was noticed, what was done. */
void text_of_event(const struct module_event *event, char *text, size_t size);

#endif /* LIB_NAMES_H */
