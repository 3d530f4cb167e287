// SPDX-License-Identifier: GPL-2.0-only
/*
 * authselectmode: what sources without authentication may do beside those with it, as chrony's
 * manual has it.
 */
#include "config/reader.h"

#include "lib/plural.h"

#define AUTH_REQUIRED	"authselectmode is 'require'"
#define AUTH_PREFERRED	"authselectmode is 'prefer', and others are authenticated"

static void take_selection(struct config_source *source, const struct config_said *selection)
{
	source->options.trust = selection->trust;
	source->options.require = selection->require;
	source->options.noselect = selection->noselect;
}

void config_count_authentication(struct config_authentication *counts,
				 const struct config_source *source,
				 const struct config_said *said)
{
	if (source->options.kind == SOURCE_REFCLOCK || said->noselect)
		return;
	if (source->authenticated)
		counts->authenticated++;
	else
		counts->unauthenticated++;
}

/* Unauthenticated sources are only watched. */
static bool is_only_watched(enum config_authselect mode, const struct config_authentication *counts)
{
	return mode == CONFIG_AUTH_REQUIRE ||
	       (mode == CONFIG_AUTH_PREFER && counts->authenticated);
}

/* They are used if they agree with the others, and with none else. */
static bool is_mixed(enum config_authselect mode, const struct config_authentication *counts)
{
	return mode == CONFIG_AUTH_MIX && counts->authenticated && counts->unauthenticated;
}

struct config_said config_select(enum config_authselect mode,
				 const struct config_authentication *counts,
				 const struct config_source *source,
				 const struct config_said *said)
{
	bool refclock = source->options.kind == SOURCE_REFCLOCK;
	struct config_said made = *said;

	if (said->noselect)
		return made;
	if (!refclock && !source->authenticated) {
		made.noselect = is_only_watched(mode, counts);
	} else if (is_mixed(mode, counts)) {
		made.require = true;
		made.trust = true;
	}

	return made;
}

void config_apply_authselect(struct config_reader *reader)
{
	struct config_authentication counts = { 0 };
	struct config *config = reader->config;

	for (size_t i = 0; i < config->source_count; i++)
		config_count_authentication(&counts, &config->sources[i],
					    &config->sources[i].said);
	for (size_t i = 0; i < config->source_count; i++) {
		struct config_source *source = &config->sources[i];
		struct config_said made = config_select(config->authselect, &counts, source,
							&source->said);

		take_selection(source, &made);
	}
	if (!counts.unauthenticated || !is_only_watched(config->authselect, &counts))
		return;
	config_warn(reader, "%d source%s without authentication %s only watched: %s",
		    counts.unauthenticated, plural((uint64_t)counts.unauthenticated),
		    plural_are((uint64_t)counts.unauthenticated),
		    config->authselect == CONFIG_AUTH_REQUIRE ? AUTH_REQUIRED : AUTH_PREFERRED);
}

void config_source_take_said(struct config_source *source)
{
	take_selection(source, &source->said);
}
