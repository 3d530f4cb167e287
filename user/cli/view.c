// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is known of the clock, from module, daemon and kernel.
 */
#include "cli/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

#include "lib/may_set_clock.h"
#include "lib/names.h"
#include "lib/plural.h"
#include "lib/services.h"
#include "lib/time_units.h"

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

/* --- In words --- */

static void say_no_daemon(char words[VIEW_WORDS_MAX])
{
	snprintf(words, VIEW_WORDS_MAX,
		 "The daemon truechimed is not running, so nothing confirms the time. %s",
		 !may_set_clock() ? CANNOT_START : has_systemd() ? HOW_TO_START : START_ALONE);
}

static void say_no_sources(const struct view *view, char words[VIEW_WORDS_MAX])
{
	const char *file = json_text_of(view->daemon, "configuration");

	snprintf(words, VIEW_WORDS_MAX,
		 "No time source is configured. Name one %s%s, e.g.: pool 2.debian.pool.ntp.org iburst",
		 *file ? "in " : "on truechimed's command line", file);
}

static void say_too_few(const struct view *view, char words[VIEW_WORDS_MAX])
{
	const json_t *sources = json_object_get(view->daemon, "sources");
	int64_t usable = json_int_of(sources, "usable", 0);

	snprintf(words, VIEW_WORDS_MAX,
		 "Time sources are used once %lld of them agree (minsources), and %lld %s. See: truechime sources",
		 (long long)json_int_of(sources, "minsources", 1), (long long)usable,
		 plural_do((uint64_t)usable));
}

static void say_not_steered(const struct view *view, char words[VIEW_WORDS_MAX])
{
	snprintf(words, VIEW_WORDS_MAX,
		 "It is not steered: the daemon could not set its rate (%s). See: journalctl -u truechimed",
		 json_text_of(view->daemon, "rate_error"));
}

static void say(char words[VIEW_WORDS_MAX], const char *sentence)
{
	snprintf(words, VIEW_WORDS_MAX, "%s", sentence);
}

void view_obstacle_words(const struct view *view, enum view_obstacle obstacle,
			 char words[VIEW_WORDS_MAX])
{
	switch (obstacle) {
	case VIEW_NO_DAEMON:
		say_no_daemon(words);
		break;
	case VIEW_OBSERVING:
		say(words, "The daemon truechimed was started with -x, only to observe");
		break;
	case VIEW_SET_BY_HAND:
		say(words, "It was set by hand, and no time source confirms it");
		break;
	case VIEW_NOT_SET:
		say(words,
		    "No time source is configured, and the time was not set by hand. To do so: truechime settime TIME");
		break;
	case VIEW_NO_SOURCES:
		say_no_sources(view, words);
		break;
	case VIEW_OFFLINE:
		say(words,
		    "No time source is asked, as all are offline. To ask them again: truechime online");
		break;
	case VIEW_SILENT:
		say(words,
		    "None of the configured time sources gives the time. See: truechime sources");
		break;
	case VIEW_NOT_USABLE:
		say(words, "No time source is usable yet. See: truechime sources");
		break;
	case VIEW_TOO_FEW:
		say_too_few(view, words);
		break;
	case VIEW_REFUSED:
		say(words,
		    "It is not being corrected: maxchange forbids the change that the time sources want. If they are right: truechime makestep");
		break;
	case VIEW_TOO_EARLY:
		say(words,
		    "It is not being corrected: the right time would be before this program was released, so the time sources or the host's clock are wrong. See: truechime sources");
		break;
	case VIEW_NOT_STEERED:
		say_not_steered(view, words);
		break;
	case VIEW_CORRECTING:
		say(words, "It is being corrected");
		break;
	case VIEW_OTHER:
		say(words, "See: truechime doctor");
		break;
	}
}

const char *view_ahead_or_behind(int64_t offset_ns)
{
	return offset_ns < 0 ? "ahead of" : "behind";
}

/* The quickest slew takes ten minutes for that. */
#define STEP_ADVISED_NS	(60 * NS_PER_S)

static void figure_correcting(int64_t offset_ns, char words[VIEW_WORDS_MAX])
{
	snprintf(words, VIEW_WORDS_MAX, "It is being corrected: it is %s %s the right time.%s",
		 duration_text(llabs(offset_ns)).text, view_ahead_or_behind(offset_ns),
		 llabs(offset_ns) > STEP_ADVISED_NS ?
			"\nTo step it at once: truechime makestep" : "");
}

static void figure_observing(const struct view *view, char words[VIEW_WORDS_MAX])
{
	int64_t offset_ns;

	if (view_offset(view, &offset_ns))
		snprintf(words, VIEW_WORDS_MAX,
			 "The daemon only observes (-x). The system clock is %s %s the right time.",
			 duration_text(llabs(offset_ns)).text, view_ahead_or_behind(offset_ns));
	else
		snprintf(words, VIEW_WORDS_MAX,
			 "The daemon only observes (-x), and does not know the right time yet.");
}

void view_obstacle_figures(const struct view *view, enum view_obstacle obstacle,
			   char words[VIEW_WORDS_MAX])
{
	if (obstacle == VIEW_OBSERVING)
		figure_observing(view, words);
	else if (obstacle == VIEW_CORRECTING)
		figure_correcting(json_int_of(view->daemon, "offset_ns", 0), words);
	else if (obstacle == VIEW_SET_BY_HAND)
		snprintf(words, VIEW_WORDS_MAX,
			 "No time source confirms it. By the operator's word it is right to within %s.",
			 duration_text(json_int_of(view->daemon, "maxerror_ns", 0)).text);
	else
		view_obstacle_words(view, obstacle, words);
}
