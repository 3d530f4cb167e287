// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime sources: the time sources and their latest samples, in chronyc's columns and signs: an
 * offset is positive where the system clock is ahead of the source.
 */
#include <math.h>
#include <string.h>

#include "cli/cli.h"
#include "lib/names.h"
#include "lib/plural.h"

static void print_legend(void)
{
	puts("  .-- Source mode  '^' = server, '#' = local clock.\n"
	     " / .- Source state '*' = current best, '+' = combined, '-' = not combined,\n"
	     "| /             'x' = may be in error, '~' = too variable, '?' = unusable.\n"
	     "||                                                 .- xxxx [ yyyy ] +/- zzzz\n"
	     "||      Reachability register (octal) -.           |  xxxx = adjusted offset,\n"
	     "||      Log2(Polling interval) --.      |          |  yyyy = measured offset,\n"
	     "||                                \\     |          |  zzzz = greatest error.\n"
	     "||                                 |    |           \\");
}

void text_of_source(const struct cli *cli, const json_t *source, int width,
		    char text[SOURCE_ROW_MAX])
{
	const json_t *estimate = json_object_get(source, "estimate");

	/* Without a sample all is 0, so that each row has the same fields. */
	snprintf(text, SOURCE_ROW_MAX, "%c%c %-*.255s  %2d  %2d   %3o  %s  %s[%s] +/- %s",
		 strcmp(json_text_of(source, "kind"), "refclock") ? '^' : '#',
		 letter_of_source(source), width, name_of_source(cli, source),
		 (int)json_int_of(source, "stratum", 0), (int)json_int_of(source, "poll", 0),
		 (unsigned int)json_int_of(source, "reach", 0),
		 interval_column(age_of(estimate, "age_ns")).text,
		 signed_ns_column(json_real_of(estimate, "adjusted_ns", 0)).text,
		 signed_ns_column(json_real_of(estimate, "measured_ns", 0)).text,
		 ns_column(json_real_of(estimate, "distance_ns", 0)).text);
}

static void print_row(const struct cli *cli, const json_t *source, int width)
{
	char text[SOURCE_ROW_MAX];

	text_of_source(cli, source, width, text);
	puts(text);
}

static void print_csv(const struct cli *cli, const json_t *source)
{
	const json_t *estimate = json_object_get(source, "estimate");

	/* chronyc's age of what never came. */
	printf("%c,%c,%s,%d,%d,%o,%u,%.9f,%.9f,%.9f\n",
	       strcmp(json_text_of(source, "kind"), "refclock") ? '^' : '#',
	       letter_of_source(source),
	       name_of_source(cli, source), (int)json_int_of(source, "stratum", 0),
	       (int)json_int_of(source, "poll", 0), (unsigned int)json_int_of(source, "reach", 0),
	       json_is_object(estimate) ?
		(unsigned int)(json_int_of(estimate, "age_ns", 0) / 1000000000) : UINT32_MAX,
	       seconds_of_ns(estimate, "adjusted_ns"), seconds_of_ns(estimate, "measured_ns"),
	       seconds_of_ns(estimate, "distance_ns"));
}

static const char *address_of_source(const json_t *source)
{
	const char *address = json_text_of(source, "address");

	return *address ? address : json_text_of(source, "name");
}

/* It answers and is not used, by what was configured. */
static void print_setting(const json_t *source, int64_t maxdistance_ns)
{
	const char *letter = json_text_of(json_object_get(source, "selection"), "letter");
	int64_t distance_ns = llround(json_real_of(json_object_get(source, "estimate"),
						   "distance_ns", 0));

	if (!strcmp(letter, "N"))
		printf("%s is only watched, as its noselect says.\n", json_text_of(source, "name"));
	else if (!strcmp(letter, "d") && distance_ns >= maxdistance_ns)
		printf("%s is not used: it can be wrong by %s; maxdistance is %s.\n",
		       json_text_of(source, "name"), duration_text(distance_ns).text,
		       duration_text(maxdistance_ns).text);
}

/*
 * One sentence for each source that is not used: what is wrong with it. Where not one is usable, as
 * of two that differ, there is no majority to speak of.
 */
static void print_complaints(const json_t *sources, bool any_usable, int64_t maxdistance_ns)
{
	const json_t *source;
	const char *error;
	size_t i;

	json_array_foreach(sources, i, source) {
		error = json_text_of(source, "error");
		if (json_bool_of(source, "offline"))
			printf("%s is offline and not asked. To change that: truechime online %s\n",
			       json_text_of(source, "name"), address_of_source(source));
		else if (*error)
			printf("%s gives no time: %s\n", json_text_of(source, "name"), error);
		else if (!strcmp(json_text_of(source, "state"), "falseticker"))
			printf("%s %s and is not used.\n", json_text_of(source, "name"),
			       any_usable ? "disagrees with the majority" :
			       "contradicts other sources, or what is known of the clock,");
		else
			print_setting(source, maxdistance_ns);
	}
}

#define MISSING	\
	"None of them counts without %s, which is required (see: truechime selectdata) and gives no time.\n"

static bool is_usable(const json_t *source)
{
	return strchr("+*-", letter_of_source(source));
}

/* The first that is required (authselectmode, require), if none of these gives the time. */
static const char *name_of_missing(const json_t *sources)
{
	const char *missing = NULL;
	const json_t *source;
	size_t i;

	json_array_foreach(sources, i, source) {
		if (!json_bool_of(json_object_get(source, "selection"), "require"))
			continue;
		if (is_usable(source))
			return NULL;
		if (!missing)
			missing = json_text_of(source, "name");
	}

	return missing;
}

static void print_sentence(const json_t *reply)
{
	int64_t minsources = json_int_of(reply, "minsources", 1);
	const json_t *sources = json_object_get(reply, "sources");
	const char *missing = name_of_missing(sources);
	size_t count = json_array_size(sources), i;
	const json_t *source;
	int used = 0, usable = 0;

	json_array_foreach(sources, i, source) {
		used += !!strchr("+*", letter_of_source(source));
		usable += is_usable(source);
	}
	if (!count)
		printf("%s\n",
		       "No time source is known: none is configured, or their names have no addresses yet.");
	else
		printf("Time sources in use: %d of %zu.\n", used, count);
	if (usable && !used && missing)
		printf(MISSING, missing);
	else if (usable && !used && usable < minsources)
		printf("They are used once %lld of them agree (minsources), and %d %s.\n",
		       (long long)minsources, usable, plural_do((uint64_t)usable));
	print_complaints(sources, usable, json_int_of(reply, "maxdistance_ns", INT64_MAX));
	putchar('\n');
}

static const struct source_table table = {
	.name_heading = SOURCES_NAME_HEADING,
	.name_width = SOURCES_NAME_WIDTH,
	.heading = SOURCES_REST_HEADING,
	.width = 79,
	.print_legend = print_legend,
	.print_row = print_row,
	.print_csv = print_csv,
};

static void print(const struct cli *cli, const json_t *reply)
{
	if (!cli->csv)
		print_sentence(reply);
	print_source_table(cli, json_object_get(reply, "sources"), &table);
}

int verb_sources(const struct cli *cli)
{
	return client_report(cli, "sources", print);
}
