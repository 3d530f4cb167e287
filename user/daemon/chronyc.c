// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's answers to chronyc: reports here, what changes something in chronyc_operate.c.
 */
#include "daemon/requests.h"

#include "chronyc/report.h"
#include "ipc/socket_file.h"

static void report_clients(const struct daemon *daemon, struct chronyc_request *request,
			   struct chronyc_reply *reply)
{
	struct client_table ntp, nts;

	if (!daemon->config->server.log_bytes) {
		chronyc_reply_set_status(reply, CHRONYC_INACTIVE);
		return;
	}
	serving_client_tables(daemon->serving, &ntp, &nts);
	if (chronyc_report_clients(&ntp, &nts, system_clock_raw_ns(), request, reply) &&
	    !serving_reset_clients(daemon->serving))
		chronyc_reply_set_status(reply, CHRONYC_FAILED);
}

static void report_serverstats(const struct daemon *daemon, const struct chronyc_request *request,
			       struct chronyc_reply *reply)
{
	struct server_counts counts;
	uint64_t xdp[XDP_COUNTS];

	daemon_get_counts(daemon, &counts, xdp);
	chronyc_report_serverstats(&counts, request, reply);
}

/* false: it is no report about the state. */
static bool report_state(const struct state *state, struct chronyc_request *request,
			 struct chronyc_reply *reply)
{
	switch (request->command) {
	case CHRONYC_TRACKING:
		chronyc_report_tracking(state, reply);
		return true;
	case CHRONYC_SOURCE_COUNT:
		chronyc_report_source_count(state, reply);
		return true;
	case CHRONYC_ACTIVITY:
		chronyc_report_activity(state, reply);
		return true;
	case CHRONYC_SOURCE_DATA:
		chronyc_report_source(state, request, reply);
		return true;
	case CHRONYC_SOURCESTATS:
		chronyc_report_sourcestats(state, request, reply);
		return true;
	case CHRONYC_SELECTDATA:
		chronyc_report_selectdata(state, request, reply);
		return true;
	case CHRONYC_SOURCENAME:
		chronyc_report_sourcename(state, request, reply);
		return true;
	case CHRONYC_NTPDATA:
		chronyc_report_ntpdata(state, request, reply);
		return true;
	case CHRONYC_AUTHDATA:
		chronyc_report_authdata(state, request, reply);
		return true;
	}

	return false;
}

static void answer(void *context, struct chronyc_request *request, struct chronyc_reply *reply)
{
	struct daemon *daemon = context;
	struct state state;

	switch (request->command) {
	case CHRONYC_CLIENTS:
		report_clients(daemon, request, reply);
		return;
	case CHRONYC_SERVERSTATS:
		report_serverstats(daemon, request, reply);
		return;
	case CHRONYC_MANUAL_LIST:
		daemon_list_for_chronyc(daemon, reply);
		return;
	}
	daemon_get_state(daemon, &state);
	if (!report_state(&state, request, reply))
		daemon_obey_chronyc(daemon, request, reply);
}

/* As chronyd does where no service manager has: nobody else has business there. */
static void make_folder(const struct daemon *daemon, const char *path)
{
	char folder[SOCKET_FOLDER_MAX];

	if (socket_file_folder(path, folder))
		daemon_make_own_folder(daemon, folder, 0750);
}

void daemon_open_chronyc(struct daemon *daemon)
{
	make_folder(daemon, daemon->config->chronyc.path);
	daemon->chronyc = chronyc_listener_new(answer, daemon);
	if (daemon->chronyc)
		chronyc_listener_configure(daemon->chronyc, &daemon->config->chronyc);
	else
		log_err("There is no memory left to answer chronyc");
}
