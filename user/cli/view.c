// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is known of the clock, from module, daemon and kernel.
 */
#include "cli/view.h"

#include <errno.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

#include "lib/may_set_clock.h"
#include "lib/plural.h"
#include "lib/services.h"

/* --- Asking --- */

static void view_kernel(struct view *view)
{
	struct timex tx = { .modes = 0 };

	if (clock_adjtime(CLOCK_REALTIME, &tx) < 0)
		return;
	view->kernel_synchronised = !(tx.status & STA_UNSYNC);
	view->kernel_maxerror_ns = tx.maxerror * 1000LL;
	view->kernel_esterror_ns = tx.esterror * 1000LL;
}

static void view_module(struct view *view)
{
	struct module_link *link;

	view->module_error = module_link_open(&link);
	if (view->module_error)
		return;
	view->module_error = module_link_status(link, &view->module);
	view->has_module = !view->module_error;
	module_link_close(link);
}

int view_open(const struct cli *cli, struct view *view, json_t **reply)
{
	int err;

	*view = (struct view){ .daemon = NULL };
	*reply = NULL;
	err = client_ask(cli, "status", reply);
	if (!err) {
		view->daemon = *reply;
		*reply = NULL;
	}
	view_module(view);
	view_kernel(view);

	return err == -ECONNREFUSED ? 0 : err;
}

void view_find_rivals(struct view *view)
{
	view->rival_count = time_daemons_find("/proc", "/sys/fs/cgroup", view->rivals);
}

void view_close(struct view *view)
{
	json_decref(view->daemon);
	view->daemon = NULL;
}

/* --- What follows --- */

static bool has_number(const json_t *object, const char *name)
{
	return json_is_integer(json_object_get(object, name));
}

bool view_is_aside(const struct view *view)
{
	return !strcmp(json_text_of(view->daemon, "trust"), "external");
}

bool view_is_synchronised(const struct view *view)
{
	if (view->daemon && !json_bool_of(view->daemon, "synchronised") && !view_is_aside(view))
		return false;
	return (view->daemon || view->has_module) && view->kernel_synchronised;
}

bool view_has_host(const struct view *view)
{
	return view->has_module && (view->module.host_state == TRUECHIME_HOST_CHOSEN ||
				    view->module.host_state == TRUECHIME_HOST_FAILING);
}

bool view_is_corrected(const struct view *view)
{
	return json_bool_of(view->daemon, "corrected") &&
	       (!view->has_module || view->module.has_correction);
}

bool view_is_set_by_hand(const struct view *view)
{
	return view_is_corrected(view) && json_real_of(view->daemon, "set_by_hand_s", 0) > 0;
}

bool view_is_yielding(const struct view *view)
{
	return json_bool_of(view->daemon, "yielding");
}

bool view_is_steered_by_others(const struct view *view)
{
	return view_is_aside(view) ||
	       (view->has_module && view->module.mode == TRUECHIME_MODE_EXTERNAL);
}

bool view_is_unvouched(const struct view *view)
{
	return view->daemon && !has_number(view->daemon, "maxerror_ns") &&
	       has_number(view->daemon, "reading_maxerror_ns");
}

bool view_offset(const struct view *view, int64_t *offset_ns)
{
	*offset_ns = json_int_of(view->daemon, "offset_ns", 0);

	return view->daemon && (view_is_corrected(view) || view_has_host(view));
}

/* Who steers by PTP leaves 0 in the kernel, which is no bound. */
bool view_bound(const struct view *view, int64_t *bound_ns)
{
	if (!view_is_steered_by_others(view) && has_number(view->daemon, "maxerror_ns")) {
		*bound_ns = json_int_of(view->daemon, "maxerror_ns", 0);
		return true;
	}
	if (view_is_unvouched(view) || !view->kernel_synchronised || !view->kernel_maxerror_ns)
		return false;
	*bound_ns = view->kernel_maxerror_ns;

	return true;
}

enum view_obstacle view_obstacle(const struct view *view)
{
	const json_t *sources = json_object_get(view->daemon, "sources");
	json_int_t offline = json_int_of(sources, "offline", 0);

	if (!view->daemon)
		return VIEW_NO_DAEMON;
	if (json_bool_of(view->daemon, "observing"))
		return VIEW_OBSERVING;
	if (view_is_set_by_hand(view) && !view_is_aside(view))
		return VIEW_SET_BY_HAND;
	if (!json_int_of(sources, "configured", 0))
		return json_bool_of(view->daemon, "manual") ? VIEW_NOT_SET : VIEW_NO_SOURCES;
	if (offline && offline == json_int_of(sources, "known", 0))
		return VIEW_OFFLINE;
	if (!json_int_of(sources, "reachable", 0))
		return VIEW_SILENT;
	if (!json_int_of(sources, "usable", 0))
		return VIEW_NOT_USABLE;
	if (json_int_of(sources, "usable", 0) < json_int_of(sources, "minsources", 1))
		return VIEW_TOO_FEW;
	if (json_bool_of(view->daemon, "refused"))
		return VIEW_REFUSED;
	if (json_bool_of(view->daemon, "too_early"))
		return VIEW_TOO_EARLY;
	if (*json_text_of(view->daemon, "rate_error"))
		return VIEW_NOT_STEERED;
	if (!view_is_aside(view) && (view_is_corrected(view) || view_has_host(view)))
		return VIEW_CORRECTING;

	return VIEW_OTHER;
}

#define NO_DAEMON	"The daemon truechimed is not running, so nothing confirms the time. "

/* Those that name nothing; "": there are none, or they do. */
static const char *fixed_words(enum view_obstacle obstacle)
{
	static const char *const words[VIEW_OTHER + 1] = {
		[VIEW_NOT_SET] =
			"No time source is configured, and the time was not set by hand. To do so: truechime settime TIME",
		[VIEW_OFFLINE] =
			"No time source is asked, as all are offline. To ask them again: truechime online",
		[VIEW_SILENT] =
			"None of the configured time sources gives the time. See: truechime sources",
		[VIEW_NOT_USABLE] = "No time source is usable yet. See: truechime sources",
		[VIEW_REFUSED] =
			"It is not being corrected: maxchange forbids the change that the time sources want. If they are right: truechime makestep",
		[VIEW_TOO_EARLY] =
			"It is not being corrected: the right time would be before this program was released, so the time sources or the host's clock are wrong. See: truechime sources",
	};

	if (obstacle == VIEW_NO_DAEMON && !may_set_clock())
		return NO_DAEMON CANNOT_START;
	if (obstacle == VIEW_NO_DAEMON)
		return has_systemd() ? NO_DAEMON HOW_TO_START : NO_DAEMON START_ALONE;

	return words[obstacle] ? words[obstacle] : "";
}

void view_obstacle_words(const struct view *view, enum view_obstacle obstacle,
			 char words[VIEW_WORDS_MAX])
{
	const char *file = json_text_of(view->daemon, "configuration");
	const json_t *sources = json_object_get(view->daemon, "sources");
	int64_t usable = json_int_of(sources, "usable", 0);

	if (obstacle == VIEW_NO_SOURCES)
		snprintf(words, VIEW_WORDS_MAX,
			 "No time source is configured. Name one %s%s, e.g.: pool 2.debian.pool.ntp.org iburst",
			 *file ? "in " : "on truechimed's command line", file);
	else if (obstacle == VIEW_NOT_STEERED)
		snprintf(words, VIEW_WORDS_MAX,
			 "It is not steered: the daemon could not set its rate (%s). See: journalctl -u truechimed",
			 json_text_of(view->daemon, "rate_error"));
	else if (obstacle == VIEW_TOO_FEW)
		snprintf(words, VIEW_WORDS_MAX,
			 "Time sources are used once %lld of them agree (minsources), and %lld %s. See: truechime sources",
			 (long long)json_int_of(sources, "minsources", 1), (long long)usable,
			 plural_do((uint64_t)usable));
	else
		snprintf(words, VIEW_WORDS_MAX, "%s", fixed_words(obstacle));
}
