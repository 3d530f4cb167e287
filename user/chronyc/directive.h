/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands of chronyc that say what a line of the configuration could say, as that line: so there
 * is one reader of it, with its checks and its messages. Pure.
 */
#ifndef CHRONYC_DIRECTIVE_H
#define CHRONYC_DIRECTIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "chronyc/packet.h"
#include "server/access.h"

/* Room for any of these lines. */
#define CHRONYC_LINE_MAX	1024

/*
 * A source to add. Options that have chrony's own default are left out, as chronyc sends them all.
 * CHRONYC_SUCCESS, CHRONYC_INVALID: no such kind of source, CHRONYC_INVALID_NAME.
 */
enum chronyc_status chronyc_source_line(struct chronyc_request *request,
					char line[CHRONYC_LINE_MAX]);

/* What is served while the clock is not synchronised; "": nothing is. */
void chronyc_local_line(struct chronyc_request *request, char line[CHRONYC_LINE_MAX]);

/* The network of `allow` and its like. false: it is none. */
bool chronyc_take_network(struct chronyc_request *request, struct access_rule *rule);

#endif /* CHRONYC_DIRECTIVE_H */
