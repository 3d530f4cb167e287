// SPDX-License-Identifier: GPL-2.0-only
/*
 * chronyc's commands that change an option of one source: minpoll, maxdelay and their like,
 * selectopts and offset.
 */
#include "daemon/requests.h"

#include "chronyc/report.h"
#include "lib/array_size.h"
#include "sources/change.h"

/* A poll beyond these chronyd ignores, and calls that a success. */
#define POLL_LEAST	(-7)
#define POLL_MOST	24

/* Words about the selection are given by the bits of selectdata, their values by those of add. */
static void take_selection(struct chronyc_request *request, struct source_change *change)
{
	uint32_t given = chronyc_take(request), set = chronyc_take(request);

	change->option = CHANGE_SELECTION;
	change->given = (struct change_selection){
		.noselect = given & CHRONYC_SELECT_NOSELECT,
		.prefer = given & CHRONYC_SELECT_PREFER,
		.trust = given & CHRONYC_SELECT_TRUST,
		.require = given & CHRONYC_SELECT_REQUIRE,
	};
	change->selection = (struct change_selection){
		.noselect = set & CHRONYC_ADD_NOSELECT,
		.prefer = set & CHRONYC_ADD_PREFER,
		.trust = set & CHRONYC_ADD_TRUST,
		.require = set & CHRONYC_ADD_REQUIRE,
	};
}

/* Commands with one number, a whole one or not. */
static const struct {
	enum chronyc_command command;
	enum change_option option;
	bool whole;
} numbers[] = {
	{ CHRONYC_MINPOLL, CHANGE_MINPOLL, true },
	{ CHRONYC_MAXPOLL, CHANGE_MAXPOLL, true },
	{ CHRONYC_POLLTARGET, CHANGE_POLLTARGET, true },
	{ CHRONYC_MINSTRATUM, CHANGE_MINSTRATUM, true },
	{ CHRONYC_MAXDELAY, CHANGE_MAXDELAY, false },
	{ CHRONYC_MAXDELAYRATIO, CHANGE_MAXDELAYRATIO, false },
	{ CHRONYC_OFFSET, CHANGE_OFFSET, false },
};

/* What follows the source. false: it is no such command. */
static bool take_change(struct chronyc_request *request, struct source_change *change)
{
	if (request->command == CHRONYC_SELECTOPTS) {
		take_selection(request, change);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (numbers[i].command != request->command)
			continue;
		change->option = numbers[i].option;
		change->value = numbers[i].whole ? (int32_t)chronyc_take(request) :
						   chronyc_take_real(request);
		return true;
	}

	return false;
}

/* In selectopts and offset a reference id stands for a refclock, which has no address. */
static const struct state_source *take_source(const struct state *state,
					      struct chronyc_request *request)
{
	bool has_refid = request->command == CHRONYC_SELECTOPTS ||
			 request->command == CHRONYC_OFFSET;
	struct chronyc_address address;
	uint32_t refid;

	chronyc_take_host(request, &address);
	refid = has_refid ? chronyc_take(request) : 0;
	if (has_refid && address.family == CHRONYC_FAMILY_NONE)
		return chronyc_find_refclock(state, refid);

	return chronyc_find_source(state, &address);
}

static bool is_ignored(const struct source_change *change)
{
	return (change->option == CHANGE_MINPOLL || change->option == CHANGE_MAXPOLL) &&
	       (change->value < POLL_LEAST || change->value > POLL_MOST);
}

enum chronyc_status daemon_change_for_chronyc(struct daemon *daemon,
					      struct chronyc_request *request)
{
	struct source_change change = { .value = 0 };
	const struct state_source *source;
	struct state state;

	daemon_get_state(daemon, &state);
	source = take_source(&state, request);
	if (!source)
		return CHRONYC_NO_SUCH_SOURCE;
	if (!take_change(request, &change))
		return daemon_refuse_chronyc(request);
	if (is_ignored(&change)) {
		log_warning("chronyc: a poll of %g is ignored: it can be %d to %d", change.value,
			    SOURCE_POLL_MIN, SOURCE_POLL_MAX);
		return CHRONYC_SUCCESS;
	}

	return change_source(daemon->associations, source->info.serial, &change) ?
	       CHRONYC_NO_SUCH_SOURCE : CHRONYC_SUCCESS;
}
