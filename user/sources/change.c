// SPDX-License-Identifier: GPL-2.0-only
/*
 * The options of one association: its target's, and what an operator makes of them.
 */
#include "sources/change.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "lib/time_units.h"
#include "sources/target.h"

void association_take_options(struct association *association)
{
	const struct config_source *config = &association->target->config;

	association->options = config->options;
	association->said = config->said;
	association->maxdelay_ns = config->maxdelay_ns;
	association->maxdelayratio = config->maxdelayratio;
	association->changed = false;
}

static const char *const names[] = {
	[CHANGE_MINPOLL] = "minpoll",
	[CHANGE_MAXPOLL] = "maxpoll",
	[CHANGE_POLLTARGET] = "polltarget",
	[CHANGE_MINSTRATUM] = "minstratum",
	[CHANGE_MAXDELAY] = "maxdelay",
	[CHANGE_MAXDELAYRATIO] = "maxdelayratio",
	[CHANGE_OFFSET] = "offset",
	[CHANGE_SELECTION] = "selectopts",
};

int change_option_named(const char *name, enum change_option *option)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(names[i], name)) {
			*option = (enum change_option)i;
			return 0;
		}
	}

	return -EINVAL;
}

double change_nearest(enum change_option option, double value)
{
	/* The configuration takes these for the usual ones. */
	if (option == CHANGE_MINPOLL || option == CHANGE_MAXPOLL)
		return fmin(fmax(value, SOURCE_POLL_MIN), SOURCE_POLL_MAX);

	return config_nearest_value(names[option], value);
}

/* As in chrony, the one that was set last wins. */
static void set_poll(struct source_options *polls, enum change_option option, int poll)
{
	if (option == CHANGE_MINPOLL || polls->minpoll > poll)
		polls->minpoll = poll;
	if (option == CHANGE_MAXPOLL || polls->maxpoll < poll)
		polls->maxpoll = poll;
}

static void set_value(struct association *association, enum change_option option, double value)
{
	struct source_options *own = &association->options;

	switch (option) {
	case CHANGE_MINPOLL:
	case CHANGE_MAXPOLL:
		set_poll(own, option, (int)value);
		source_set_polls(association->source, own->minpoll, own->maxpoll);
		break;
	case CHANGE_POLLTARGET:
		own->polltarget = (int)value;
		break;
	case CHANGE_MINSTRATUM:
		own->minstratum = (int)value;
		break;
	case CHANGE_MAXDELAY:
		association->maxdelay_ns = llrint(value * NS_PER_S);
		break;
	case CHANGE_MAXDELAYRATIO:
		association->maxdelayratio = value;
		break;
	case CHANGE_OFFSET:
		own->offset_s = value;
		break;
	case CHANGE_SELECTION:
		break;
	}
}

/* What authselectmode makes of it follows. */
static void set_selection(struct association *association, const struct source_change *change)
{
	const struct change_selection *given = &change->given, *to = &change->selection;

	if (given->noselect)
		association->said.noselect = to->noselect;
	if (given->trust)
		association->said.trust = to->trust;
	if (given->require)
		association->said.require = to->require;
	if (given->prefer)
		association->options.prefer = to->prefer;
}

static void say(const struct association *association, const struct source_change *change,
		double value)
{
	struct association_label label = association_label(association);
	const struct config_said *said = &association->said;

	if (change->option != CHANGE_SELECTION) {
		log_notice("The operator set %s of %s to %.7g", names[change->option], label.text,
			   value);
		return;
	}
	log_notice("The operator set options of %s:%s%s%s%s%s", label.text,
		   said->noselect ? " noselect" : "", association->options.prefer ? " prefer" : "",
		   said->trust ? " trust" : "", said->require ? " require" : "",
		   said->noselect || association->options.prefer || said->trust || said->require ?
		   "" : " none of those of the selection");
}

static struct association *find(const struct associations *list, uint64_t serial)
{
	for (size_t i = 0; i < list->count; i++) {
		if (source_serial(list->sources[i]) == serial)
			return list->list[i];
	}

	return NULL;
}

int change_source(struct associations *list, uint64_t serial, const struct source_change *change)
{
	struct association *association = find(list, serial);
	double value = change->value;

	if (!association)
		return -ENOENT;
	if (change->option == CHANGE_SELECTION) {
		set_selection(association, change);
	} else {
		value = change_nearest(change->option, value);
		set_value(association, change->option, value);
	}
	association->changed = true;
	association_apply_options(association);
	associations_select(list);
	say(association, change, value);
	list->changed = true;
	associations_report_change(list);

	return 0;
}
