/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What others ask of the daemon, over its control socket or as chronyc does, and what they are
 * shown of it.
 */
#ifndef DAEMON_REQUESTS_H
#define DAEMON_REQUESTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/daemon.h"

/* rivals_seen.c */

/* truechime-watch reports that a program changed the clock. NULL: refused, and @error says why. */
json_t *daemon_note_rival(struct daemon *daemon, const char *arguments, const char **error);

/* operator.c */

/*
 * Add the source of that line beside those of the configuration. 0: daemon.refusal says what of it
 * is done differently, or is empty; -EINVAL: the line is wrong, and it says why; otherwise as
 * operate_add().
 */
int daemon_add_source(struct daemon *daemon, const char *text);

/* A command about the sources, or about clients. NULL: it is refused, and @error says why. */
json_t *daemon_operate(struct daemon *daemon, const struct control_request *request,
		       const char **error);

/* operator_change.c */

/* Change an option of a source: "minpoll ADDRESS 4". NULL: refused, and @error says why. */
json_t *daemon_change_option(struct daemon *daemon, const char *text, const char **error);

/* answer.c */

/* The answer to @request; NULL: it is refused, and @error says why. @context: the daemon. */
json_t *daemon_answer(void *context, const struct control_request *request, const char **error);

/* Leave the loop because the operator wants it. */
void daemon_shut_down(struct daemon *daemon);

/* step_words.c */

/* The reason why there was no step, @err, and what to do about it. */
const char *daemon_step_words(const struct daemon *daemon, int err);

/* chronyc.c */

/* Answer chronyc as the configuration says; called with the privilege to bind its port. */
void daemon_open_chronyc(struct daemon *daemon);

/* chronyc_settime.c */

/* Answer with the times that the operator has set. */
void daemon_list_for_chronyc(struct daemon *daemon, struct chronyc_reply *reply);

/* Carry out a command about them. @reply is an answer without contents. false: it is none. */
bool daemon_settime_for_chronyc(struct daemon *daemon, struct chronyc_request *request,
				struct chronyc_reply *reply);

/* chronyc_change.c */

/* Change an option of a source, or refuse to. What to answer. */
enum chronyc_status daemon_change_for_chronyc(struct daemon *daemon,
					      struct chronyc_request *request);

/* chronyc_operate.c */

/* A command that has no meaning here: log why. What to answer. */
enum chronyc_status daemon_refuse_chronyc(const struct chronyc_request *request);

/* Carry out a command that changes something. @reply is an answer without contents. */
void daemon_obey_chronyc(struct daemon *daemon, struct chronyc_request *request,
			 struct chronyc_reply *reply);

/* directive.c: what the operator changes until the configuration is read again */

/* A line of allow, deny, cmdallow, cmddeny, local or manual. NULL: refused, @error says why. */
json_t *daemon_obey_directive(struct daemon *daemon, const char *line, const char **error);

/* 0; -ENOSPC, -ENOMEM, -EADDRNOTAVAIL: the socket cannot be opened (logged). */
int daemon_set_rule(struct daemon *daemon, const struct access_rule *rule);
int daemon_set_command_rule(struct daemon *daemon, const struct access_rule *rule);

/* `local` as that line has it; "": off. 0, -EINVAL: daemon.refusal says why. */
int daemon_set_local(struct daemon *daemon, const char *line);

/* Read the file of keys again. 0, -errno: it cannot be read, and daemon.refusal says so. */
int daemon_rekey(struct daemon *daemon);

/* state.c */

/* Fill in the state that is shown to others, as of now. */
void daemon_get_state(struct daemon *daemon, struct state *state);

/* What is counted of the server. @xdp: room for what the kernel counts. */
void daemon_get_counts(const struct daemon *daemon, struct server_counts *counts,
		       uint64_t xdp[XDP_COUNTS]);

/* Keep what the latest reading of the clocks showed, for those who ask for the past. */
void daemon_remember(struct daemon *daemon);

/* The latest disruptions, oldest first. How many, @max at most. */
int daemon_get_events(struct daemon *daemon, struct module_event *events, int max);

/* publish.c */

/* Tell the followers of the state, if it has changed. */
void daemon_publish_state(struct daemon *daemon);

/* settime.c */

/* Times that the operator sets: what @arguments say. NULL: refused, and @error says why. */
json_t *daemon_settime(struct daemon *daemon, const char *arguments, const char **error);

/* The reference changed: convert those times as far as @change states how. */
void daemon_change_settime(struct daemon *daemon, const struct reference_change *change);

#endif /* DAEMON_REQUESTS_H */
