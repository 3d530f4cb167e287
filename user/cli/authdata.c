// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime authdata: how the answers of servers are authenticated, in chronyc's columns.
 */
#include <string.h>

#include "cli/cli.h"

static void print_legend(void)
{
	puts("                             .- Mechanism (NTS, SK - symmetric key)\n"
	     "                            |   Key length -.  Cookie length (bytes) -.\n"
	     "                            |       (bits)  |  Num. of cookies --.    |\n"
	     "                            |               |  Key est. attempts  |   |\n"
	     "                            |               |           |         |   |");
}

static void print_row(const struct cli *cli, const json_t *source, int width)
{
	const json_t *auth = json_object_get(source, "auth");

	printf("%-*s %4s %5lld %4d %4d %s %4d %4d %4d %4d\n", width,
	       name_of_source(cli, source), json_text_of(auth, "mode"),
	       (long long)json_int_of(auth, "key", 0), (int)json_int_of(auth, "type", 0),
	       (int)json_int_of(auth, "bits", 0),
	       interval_column(age_of(auth, "age_ns")).text,
	       (int)json_int_of(auth, "attempts", 0), json_bool_of(auth, "refused"),
	       (int)json_int_of(auth, "cookies", 0),
	       (int)json_int_of(auth, "cookie_bytes", 0));
}

static void print_csv(const struct cli *cli, const json_t *source)
{
	const json_t *auth = json_object_get(source, "auth");

	printf("%s,%s,%lld,%d,%d,%u,%d,%d,%d,%d\n", name_of_source(cli, source),
	       json_text_of(auth, "mode"), (long long)json_int_of(auth, "key", 0),
	       (int)json_int_of(auth, "type", 0), (int)json_int_of(auth, "bits", 0),
	       (unsigned int)age_of(auth, "age_ns"),
	       (int)json_int_of(auth, "attempts", 0), json_bool_of(auth, "refused"),
	       (int)json_int_of(auth, "cookies", 0), (int)json_int_of(auth, "cookie_bytes", 0));
}

static bool is_asked(const json_t *source)
{
	return strcmp(json_text_of(source, "kind"), "refclock") != 0;
}

static const struct source_table table = {
	.name_heading = "Name/IP address",
	.name_width = 27,
	.heading = "             Mode KeyID Type KLen Last Atmp  NAK Cook CLen",
	.width = 73,
	.print_legend = print_legend,
	.is_in = is_asked,
	.print_row = print_row,
	.print_csv = print_csv,
};

static void print(const struct cli *cli, const json_t *reply)
{
	print_source_table(cli, json_object_get(reply, "sources"), &table);
}

int verb_authdata(const struct cli *cli)
{
	return client_report(cli, "sources", print);
}
