/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contents of chronyc's replies, from the daemon's state and the server's statistics. Signs and
 * units are what chronyc's manual says of its columns.
 */
#ifndef CHRONYC_REPORT_H
#define CHRONYC_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chronyc/packet.h"
#include "ipc/client_marks.h"
#include "ipc/state.h"
#include "server/nts_settings.h"
#include "server/statistics.h"
#include "xdp/shared.h"

/*
 * Each of these takes its parameters from @request, and fills in @reply. Where no source is meant,
 * the reply says so.
 */
void chronyc_report_tracking(const struct state *state, struct chronyc_reply *reply);
void chronyc_report_source_count(const struct state *state, struct chronyc_reply *reply);
void chronyc_report_activity(const struct state *state, struct chronyc_reply *reply);
void chronyc_report_source(const struct state *state, struct chronyc_request *request,
			   struct chronyc_reply *reply);
void chronyc_report_sourcestats(const struct state *state, struct chronyc_request *request,
				struct chronyc_reply *reply);
void chronyc_report_selectdata(const struct state *state, struct chronyc_request *request,
			       struct chronyc_reply *reply);
void chronyc_report_sourcename(const struct state *state, struct chronyc_request *request,
			       struct chronyc_reply *reply);
void chronyc_report_ntpdata(const struct state *state, struct chronyc_request *request,
			    struct chronyc_reply *reply);
void chronyc_report_authdata(const struct state *state, struct chronyc_request *request,
			     struct chronyc_reply *reply);

/* The source of that address; NULL: there is none. */
const struct state_source *chronyc_find_source(const struct state *state,
					       const struct chronyc_address *address);

/* The refclock of that reference id; NULL: there is none. */
const struct state_source *chronyc_find_refclock(const struct state *state, uint32_t refid);

/* What is counted of the servers of NTP and NTS. */
void chronyc_report_serverstats(const struct server_counts *counts,
				const struct chronyc_request *request,
				struct chronyc_reply *reply);

/*
 * The clients of NTP and, after them, those of NTS who are none of NTP, as many as @request and a
 * packet have room for. chronyc asks again until it has all. true: it has, and has asked for the
 * counts to begin anew.
 */
bool chronyc_report_clients(const struct client_table *ntp, const struct client_table *nts,
			    int64_t now_raw_ns, struct chronyc_request *request,
			    struct chronyc_reply *reply);

#endif /* CHRONYC_REPORT_H */
