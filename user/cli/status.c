// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime status: whether the clock is right, and how that is known. Works with the module alone,
 * the daemon alone, both or neither.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/status.h"
#include "cli/view.h"
#include "lib/event_report.h"
#include "lib/json_text.h"
#include "lib/may_set_clock.h"
#include "lib/names.h"
#include "lib/plural.h"
#include "lib/services.h"
#include "lib/time_units.h"

static const char *view_parts(const struct view *view)
{
	if (view->has_module)
		return view->daemon ? "module+daemon" : "module";
	return view->daemon ? "daemon" : "none";
}

/* How long ago that was, for people. The daemon dates by UTC, and the system clock may be off. */
static struct duration_text age_text(const struct view *view, double utc_s)
{
	struct timespec now;
	double ago_s;

	clock_gettime(CLOCK_REALTIME, &now);
	ago_s = fmin((double)now.tv_sec + seconds_of_ns(view->daemon, "offset_ns") - utc_s,
		     (double)SECONDS_MOST);
	if (ago_s < 1)
		return (struct duration_text){ "less than 1 s" };
	return duration_text((int64_t)ago_s * 1000000000LL);
}

/* The host's time is followed as it is, by what is stated of it, whatever NTP shows. */
static bool is_hosts_by_statement(const struct view *view, const char *verdict)
{
	return !view_is_corrected(view) &&
	       !strcmp(json_text_of(view->daemon, "vouched_host"), verdict);
}

/* "(host kvm, corrected by NTP 12 s ago)" */
static void print_grounds(FILE *to, const struct view *view)
{
	double last = json_real_of(view->daemon, "last_update_s", 0);
	double by_hand = json_real_of(view->daemon, "set_by_hand_s", 0);
	struct duration_text ago = age_text(view, view_is_set_by_hand(view) ? by_hand : last);

	if (view_has_host(view))
		fprintf(to, "host %s, ", view->module.host_name);
	else if (view->has_module)
		fprintf(to, "no host clock, ");
	else
		fprintf(to, "without the kernel module, ");
	if (view_is_aside(view))
		fprintf(to, "NTP is only watched");
	else if (view_is_set_by_hand(view))
		fprintf(to, "set by hand %s ago", ago.text);
	else if (is_hosts_by_statement(view, "stands"))
		fprintf(to, "as right as is stated of it; NTP agrees");
	else if (is_hosts_by_statement(view, "suspect"))
		fprintf(to, "as right as is stated of it; the only time source contradicts");
	else if (view->daemon && last > 0 && view_is_corrected(view))
		fprintf(to, "corrected by NTP %s ago", ago.text);
	else if (view->daemon && last > 0)
		fprintf(to, "NTP's correction of %s ago is not in force any more", ago.text);
	else if (view->daemon)
		fprintf(to, "not yet corrected by NTP");
	else
		fprintf(to, "no time server is asked");
}

static void print_steered_by_others(FILE *to, const struct view *view)
{
	fprintf(to, "%s",
		"Another program steers the clock; it states that the clock is synchronised, but no error bound (");
	print_grounds(to, view);
	fputs(").\n", to);
	if (view_is_yielding(view)) {
		fputs("The daemon leaves the clock to another time daemon (rivals yield).\n", to);
		return;
	}
	fputs("PTP programs steer the clock, not module and daemon (mode external).\n", to);
}

static void print_synchronised(FILE *to, const struct view *view)
{
	int64_t bound_ns = view->kernel_maxerror_ns;
	char words[VIEW_WORDS_MAX];

	if (view_is_steered_by_others(view)) {
		print_steered_by_others(to, view);
		return;
	}

	if (view_is_unvouched(view)) {
		fprintf(to, "The clock follows its host to %s; the host's own error is not known (",
			duration_text(json_int_of(view->daemon, "reading_maxerror_ns", 0)).text);
	} else {
		view_bound(view, &bound_ns);
		fprintf(to, "The clock is right to within %s (", duration_text(bound_ns).text);
	}
	print_grounds(to, view);
	fputs(").\n", to);
	if (*json_text_of(view->daemon, "rate_error")) {
		view_obstacle_words(view, VIEW_NOT_STEERED, words);
		fprintf(to, "%s\n", words);
	}
}

static void print_unsynchronised(FILE *to, const struct view *view)
{
	char words[VIEW_WORDS_MAX];
	enum view_obstacle obstacle;

	fprintf(to, "The clock is not synchronised (");
	print_grounds(to, view);
	fputs(").\n", to);
	if (view->has_module && view->module.mode == TRUECHIME_MODE_EXTERNAL)
		fputs("PTP programs steer the clock, not module and daemon (mode external).\n", to);
	if (view_is_yielding(view))
		fputs("The daemon leaves the clock to another time daemon (rivals yield).\n", to);
	obstacle = view_obstacle(view);
	if (obstacle == VIEW_OTHER)
		return;
	view_obstacle_figures(view, obstacle, words);
	fprintf(to, "%s\n", words);
}

static void print_neither(FILE *to, const struct view *view)
{
	fprintf(to, "%s\n",
		"Neither the kernel module truechime nor the daemon truechimed is there: truechime does not keep this clock.");
	if (view->kernel_synchronised && view->kernel_maxerror_ns)
		fprintf(to, "Another program says that it is right to within %s.\n",
			duration_text(view->kernel_maxerror_ns).text);
	else if (view->kernel_synchronised)
		fputs("Another program states that it is synchronised, but no error bound.\n", to);
	if (!may_set_clock())
		fprintf(to, "%s\n", CANNOT_START);
	else
		fprintf(to, "To start both: %s\n", has_systemd() ?
			"systemctl enable --now truechimed" :
			"modprobe truechime; truechimed &  # as root; there is no systemd here");
}

static void print_host_clock(FILE *to, const struct module_status *module)
{
	if (module->host_state < TRUECHIME_HOST_CHOSEN) {
		fputs("Host clock   : none\n", to);
		return;
	}
	fprintf(to, "Host clock   : %s, %s, %s to %s; ", module->host_name,
		name_of_host_state(module->host_state), module->host_exact ? "exact" : "bracketed",
		duration_text(module->uncertainty_ns).text);
	if (module->host_maxerror_ns == CHIME_LINE_UNBOUNDED_NS)
		fputs("its own error is not known\n", to);
	else
		fprintf(to, "its own error is stated to be at most %s\n",
			duration_text(module->host_maxerror_ns).text);
	if (module->scale == TRUECHIME_SCALE_SMEARED)
		fprintf(to, "%s\n",
			"Leap seconds : the host smears them, by its vmclock page: around one this clock is up to a second off UTC");
}

static void print_module(FILE *to, const struct view *view)
{
	const struct module_status *module = &view->module;

	fprintf(to, "Module       : %s, mode %s, state %s", module->version,
		name_of_mode(module->mode), name_of_state(module->state));
	if (module->phc_index >= 0)
		fprintf(to, ", /dev/ptp%d", module->phc_index);
	fputc('\n', to);
	print_host_clock(to, module);
	fprintf(to, "System clock : it is %s %s the module's clock\n",
		duration_text(llabs(module->offset_ns)).text,
		view_ahead_or_behind(module->offset_ns));
	fprintf(to,
		"Disruptions  : %u since the module was loaded, %u step%s; see truechime events\n",
		module->disruptions, module->steps, plural(module->steps));
}

static void print_daemon(FILE *to, const struct view *view)
{
	const json_t *sources = json_object_get(view->daemon, "sources");
	int falsetickers = (int)json_int_of(sources, "falsetickers", 0);

	fprintf(to, "Daemon       : %s, process %d, steering %s\n",
		json_text_of(view->daemon, "version"), (int)json_int_of(view->daemon, "pid", 0),
		json_bool_of(view->daemon, "observing") ? "nothing (-x)" :
		view_is_yielding(view) ? "nothing (rivals yield)" :
		view_is_aside(view) ? "nothing (mode external)" :
		strcmp(json_text_of(view->daemon, "timescale"), "module") ?
			"the system clock alone" : "through the module");
	fprintf(to, "Time sources : %d known, %d reachable, %d usable, %d falseticker%s",
		(int)json_int_of(sources, "known", 0), (int)json_int_of(sources, "reachable", 0),
		(int)json_int_of(sources, "usable", 0),
		falsetickers, plural((uint64_t)falsetickers));
	if (*json_text_of(view->daemon, "source"))
		fprintf(to, "; following %s", json_text_of(view->daemon, "source"));
	fputc('\n', to);
}

/* Those that are agents of hypervisors, or those that are not. */
static void print_others(FILE *to, const struct view *view, const char *heading, bool agents)
{
	struct time_daemon some[TIME_DAEMONS_MAX];
	char text[TIME_DAEMONS_TEXT_MAX];
	size_t i, count = 0;

	for (i = 0; i < view->rival_count; i++)
		if (view->rivals[i].is_agent == agents)
			some[count++] = view->rivals[i];
	time_daemons_text(some, count, text);
	if (*text)
		fprintf(to, "%s: %s%s\n", heading, text,
			agents ? "" : "; what they did, and what ends them: truechime rivals");
}

static void print_rivals(FILE *to, const struct view *view)
{
	print_others(to, view, "Other daemons", false);
	print_others(to, view, "Agents       ", true);
}

void status_write_sentences(const struct view *view, FILE *to)
{
	if (!view->daemon && !view->has_module) {
		print_neither(to, view);
		return;
	}
	if (view_is_synchronised(view))
		print_synchronised(to, view);
	else
		print_unsynchronised(to, view);
	if (!view->has_module)
		fprintf(to, "%s\n",
			"The kernel module is not loaded, so a revert or a pause of this machine is noticed only by NTP. To load it: modprobe truechime");
}

void status_write_host(const struct view *view, FILE *to)
{
	if (view->has_module)
		print_host_clock(to, &view->module);
}

static void print_view(const struct view *view)
{
	status_write_sentences(view, stdout);
	if (view->daemon || view->has_module)
		putchar('\n');
	if (view->has_module)
		print_module(stdout, view);
	if (view->daemon)
		print_daemon(stdout, view);
	print_rivals(stdout, view);
}

static double ppb_of_q32(int64_t rate_q32)
{
	return (double)rate_q32 / Q32 * 1e9;
}

/* The format of module_to_json()'s members; too long to stand where it is used. */
#define MODULE_JSON "{s:s,s:s,s:s,s:s,s:I,s:s,s:i,s:s,s:o,s:o,s:s,s:s,s:b,s:I,s:I,s:I,s:I," \
		    "s:f,s:f,s:I,s:o,s:o,s:o}"

/* What is 0 while nobody knows of any. */
static json_t *json_unless_0(int64_t number)
{
	return number ? json_integer(number) : json_null();
}

static json_t *module_to_json(const struct module_status *module)
{
	char instance[17];

	snprintf(instance, sizeof(instance), "%016llx", (unsigned long long)module->instance);
	return json_pack(MODULE_JSON,
			 "version", module->version,
			 "mode", name_of_mode(module->mode),
			 "state", name_of_state(module->state),
			 "reference", name_of_reference(module->reference),
			 "epoch", (json_int_t)module->epoch,
			 "instance", instance,
			 "phc", module->phc_index,
			 "scale", name_of_scale(module->scale),
			 "tai_offset_s", json_unless_0(module->tai_offset_s),
			 "next_leap_ns", json_unless_0(module->next_leap_ns),
			 "host", module->host_name,
			 "host_state", name_of_host_state(module->host_state),
			 "host_exact", module->host_exact,
			 "uncertainty_ns", (json_int_t)module->uncertainty_ns,
			 "disruptions", (json_int_t)module->disruptions,
			 "steps", (json_int_t)module->steps,
			 "offset_ns", (json_int_t)module->offset_ns,
			 "rate_ppb", ppb_of_q32(module->rate_q32),
			 "host_rate_ppb", module->has_host_line ?
				ppb_of_q32(module->host_line.rate_q32) : 0.0,
			 "slew_ns", (json_int_t)module->slew_ns,
			 "maxerror_ns", json_of_bound(module->maxerror_ns),
			 "reading_maxerror_ns", json_of_bound(module->reading_ns),
			 "host_maxerror_ns", json_of_bound(module->host_maxerror_ns));
}

static json_t *rivals_to_json(const struct view *view)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < view->rival_count; i++)
		json_array_append_new(list, json_pack("{s:s,s:i,s:s,s:b}",
						      "program", view->rivals[i].program,
						      "pid", (int)view->rivals[i].pid,
						      "unit", view->rivals[i].unit,
						      "agent", view->rivals[i].is_agent));
	return list;
}

/* Without the daemon's answer, though it may run, nobody can say that the clock is right. */
static void print_view_json(const struct view *view, const char *error)
{
	json_t *status = json_pack("{s:b,s:s,s:o,s:O,s:o,s:{s:b,s:I,s:I}}",
				   "synchronised", !error && view_is_synchronised(view),
				   "parts", view_parts(view),
				   "module", view->has_module ? module_to_json(&view->module) :
								json_null(),
				   "daemon", view->daemon ? view->daemon : json_null(),
				   "rivals", rivals_to_json(view),
				   "kernel", "synchronised", view->kernel_synchronised,
				   "maxerror_ns", (json_int_t)view->kernel_maxerror_ns,
				   "esterror_ns", (json_int_t)view->kernel_esterror_ns);

	if (error)
		json_object_set_new(status, "error", json_of_text(error));
	print_json(status);
}

/* Why the daemon could not be asked, though it may run. */
static const char *error_words(int err, const json_t *reply)
{
	switch (err) {
	case -EACCES:
		if (reply)
			return json_text_of(reply, "error");
		break;
	case -ETIMEDOUT:
		return "the daemon does not answer";
	case -EPIPE:
		return "the daemon closed the connection";
	case -EIDRM:
		return "the daemon's socket was removed";
	}

	return strerror(-err);
}

int verb_status(const struct cli *cli)
{
	struct view view;
	json_t *reply;
	int status, err;

	err = view_open(cli, &view, &reply);
	if (err && !cli->json)
		return client_failed(cli, err, reply);
	view_find_rivals(&view);
	if (err) {
		print_view_json(&view, error_words(err, reply));
		view_close(&view);
		return client_failed(cli, err, reply);
	}
	if (cli->json)
		print_view_json(&view, NULL);
	else
		print_view(&view);
	status = view_is_synchronised(&view) ? CLI_OK : CLI_NOT;
	view_close(&view);

	return status;
}
