/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * truechime, the command line program: what all verbs share. A verb is a file and a function; it
 * prints to stdout what was asked for, to stderr what went wrong, and returns the exit status.
 */
#ifndef CLI_H
#define CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/module_link.h"
#include "lib/user_err.h"
#include "ntp/address.h"

/* Exit statuses. */
enum cli_exit {
	CLI_OK = 0,		/* done; status: synchronised */
	CLI_NOT = 1,		/* status: not synchronised; else: refused */
	CLI_ERROR = 2,		/* wrong usage, or neither daemon nor module runs */
};

/* Say on standard error what is wrong. Returns the exit status for it. */
#define cli_error(...)	(user_err(__VA_ARGS__), CLI_ERROR)

/**
 * struct cli - options that all verbs understand
 * @verb: the verb's name
 * @socket_path: of the daemon's control socket
 * @daemon: who answers there; NULL: truechimed
 * @answer_s: how long the daemon may take for an answer before it counts as stuck; 0: as long as
 *	usual
 * @json: print JSON
 * @csv: print tables without their headings, fields separated by commas, as chronyc -c
 * @verbose: with legends
 * @follow: events: go on
 * @kind: import: of the files; NULL: not given
 * @names: sources: as configured instead of addresses
 * @family: of the addresses that names in arguments are resolved to; AF_UNSPEC: any
 * @end_dot: a line with a dot ends what a command prints, as of chronyc -e
 * @multiple: each word is a command, as with chronyc -m
 * @least_hits: clients: only those that asked so often; 0: all
 * @nts: clients: how often they connected for keys of NTS, too
 * @reset: clients: their counts begin anew then
 * @all: sources: with csv, those without an address, too
 * @within_ns: skew, check: how far clocks may be apart, the least of several; waitsync: how wrong
 *	ours may be; 0: not given
 * @timeout_ns: waitsync: it ends after so long; 0: not given
 * @warn_ns: check: a warning beyond this; 0: not given
 * @crit_ns: check: critical beyond this; 0: not given
 * @ceph: check: as Ceph bears
 * @ntp_only: skew: hosts are not asked by ssh
 * @since_ns: plot, top: how far back; 0: not given
 * @output: plot: file to write; NULL: standard output
 * @port: skew: UDP port of NTP; 0: the usual one
 */
struct cli {
	const char *verb;
	const char *socket_path;
	const char *daemon;
	int answer_s;
	bool json;
	bool csv;
	bool verbose;
	bool follow;
	const char *kind;
	bool names;
	int family;
	bool end_dot;
	bool multiple;
	uint32_t least_hits;
	bool nts;
	bool reset;
	bool all;
	int64_t within_ns;
	int64_t timeout_ns;
	int64_t warn_ns;
	int64_t crit_ns;
	bool ceph;
	bool ntp_only;
	int port;
	int64_t since_ns;
	const char *output;
};

/* The verbs ... */
int verb_status(const struct cli *cli);
int verb_tracking(const struct cli *cli);
int verb_sources(const struct cli *cli);
int verb_peers(const struct cli *cli);
int verb_authdata(const struct cli *cli);
int verb_sourcestats(const struct cli *cli);
int verb_serverstats(const struct cli *cli);
int verb_clients(const struct cli *cli);
int verb_selectdata(const struct cli *cli);
int verb_activity(const struct cli *cli);
int verb_onoffline(const struct cli *cli);
int verb_refresh(const struct cli *cli);
int verb_top(const struct cli *cli);
int verb_plot(const struct cli *cli);
int verb_events(const struct cli *cli);
int verb_check(const struct cli *cli);
int verb_doctor(const struct cli *cli);
int verb_rivals(const struct cli *cli);
int verb_help(const struct cli *cli);

/* ... and those that take arguments: @argc and @argv are what follows the verb. */
int verb_waitsync(const struct cli *cli, int argc, char **argv);
int verb_policy(const struct cli *cli, int argc, char **argv);
int verb_mode(const struct cli *cli, int argc, char **argv);
int verb_host(const struct cli *cli, int argc, char **argv);
int verb_import(const struct cli *cli, int argc, char **argv);
int verb_burst(const struct cli *cli, int argc, char **argv);
int verb_reload(const struct cli *cli, int argc, char **argv);
int verb_add(const struct cli *cli, int argc, char **argv);
int verb_delete(const struct cli *cli, int argc, char **argv);
int verb_skew(const struct cli *cli, int argc, char **argv);
int verb_settime(const struct cli *cli, int argc, char **argv);
int verb_manual(const struct cli *cli, int argc, char **argv);
int verb_makestep(const struct cli *cli, int argc, char **argv);
int verb_ntpdata(const struct cli *cli, int argc, char **argv);
int verb_sourcename(const struct cli *cli, int argc, char **argv);

/*
 * Several verbs each: who is asked and who is answered, options of a source, lines of the
 * configuration, what has no arguments, what has no meaning.
 */
int verb_connect(const struct cli *cli, int argc, char **argv);
int verb_accheck(const struct cli *cli, int argc, char **argv);
int verb_change(const struct cli *cli, int argc, char **argv);
int verb_directive(const struct cli *cli, int argc, char **argv);
int verb_plain(const struct cli *cli);
int verb_dump(const struct cli *cli);
int verb_refused(const struct cli *cli, int argc, char **argv);

/* check.c: tell the monitoring system that nothing is known. Returns the exit status for that. */
int check_unknown(const char *sentence);

/* client.c: the daemon */

/*
 * Ask the daemon for @command. 0 and a reply to json_decref(); -ECONNREFUSED: it is not running;
 * -EIDRM: it is, but its socket was removed; -EACCES: it refused, and @reply states why; -errno.
 */
int client_ask(const struct cli *cli, const char *command, json_t **reply);

/* The same with @arguments. */
int client_ask_with(const struct cli *cli, const char *command, const char *arguments,
		    json_t **reply);

/* Say on stderr that the verb failed with @err, release @reply. Returns an exit status. */
int client_failed(const struct cli *cli, int err, json_t *reply);

/* Ask for @command, and print the reply: as JSON, or by @print. Returns an exit status. */
int client_report(const struct cli *cli, const char *command,
		  void (*print)(const struct cli *cli, const json_t *reply));

/* The same with @argv, of which there are @argc, as the command's arguments. */
int client_report_with(const struct cli *cli, const char *command, int argc, char **argv,
		       void (*print)(const struct cli *cli, const json_t *reply));

/* Follow the daemon's events, calling @print for each, until it ends. Returns an exit status. */
int client_follow(const struct cli *cli, void (*print)(const struct cli *cli, json_t *event));

/*
 * A stream of the daemon's events from now on, of which client_read() reads one. The earlier ones
 * are not in it. A descriptor for poll(2), which belongs to the stream; -EACCES: too many follow,
 * -errno.
 */
int client_follow_events(const struct cli *cli, FILE **stream);
int client_read(FILE *stream, json_t **reply);

/* host_name.c: names of hosts, where chronyc takes them */

/*
 * @word, or, where it is no address but a name, the first address of that, in @text. NULL: it was
 * said that it has none. The second one leaves networks as they are, too.
 */
const char *address_of_host(const struct cli *cli, const char *word,
			    char text[NET_ADDRESS_TEXT_MAX]);
const char *network_of_host(const struct cli *cli, const char *word,
			    char text[NET_ADDRESS_TEXT_MAX]);

/*
 * The same for a time source: a name by which one was configured stays, and of another name's
 * addresses that of a source is taken. What is none of these stays.
 */
const char *word_of_source(const struct cli *cli, const char *word,
			   char text[NET_ADDRESS_TEXT_MAX]);

/* module.c: the module */

/* Open the link, saying on stderr what is wrong. Returns an exit status. */
int module_open_loudly(struct module_link **link);

/* Say that the module refused @what with @err. Returns an exit status. */
int module_refused(const struct module_link *link, const char *what, int err);

/* print.c: what to do where the daemon does not run, a sentence. See lib/may_set_clock.h. */
const char *how_to_start(void);

#define HOW_TO_START	"To start it: systemctl start truechimed"
#define START_ALONE	"To start it: truechimed &  # as root; there is no systemd here"
#define CANNOT_START	"It cannot be started here, as nothing here may set the clock (CAP_SYS_TIME is missing), as in most containers: the clock is the host's, and truechimed belongs there"

/* Instead of what the NTP server has counted: what may be the reason that there is none. */
#define NOT_SERVED	\
	"NTP is not served: there is no 'allow' in the configuration, or 'port 0', or the port is taken, or the program that serves does not run. truechimed's log says which"

/* print.c: names and numbers as chronyc prints them */

/* The address of a source; its name as configured if @cli wants that, or while there is none. */
const char *name_of_source(const struct cli *cli, const json_t *source);

/*
 * What became of it in the selection, as chronyc has it: '*', '+', '-', 'x', '~' or '?'. One that
 * is only watched is not used, whatever it says.
 */
char letter_of_source(const json_t *source);

/* Whether a table has the row of @source: with csv, only with all if it has no address. */
bool has_row(const struct cli *cli, const json_t *source);

/* A column of names or addresses that is not so wide yet is as wide as @text, up to a limit. */
#define COLUMN_WIDTH_MAX	64
int wider_column(int width, const char *text);

/*
 * A table's heading, with @more spaces between the name's and the rest, and the line below it, of
 * @width columns and those.
 */
void print_heading(const char *before, int more, const char *after, int width);

/**
 * struct source_table - a table with a row for each time source, in chronyc's columns
 * @name_heading: of the first column, that of names
 * @name_width: of that, unless a name is longer
 * @heading: of the others
 * @width: of all, with a first column of @name_width
 * @print_legend: for --verbose
 * @is_in: the source has a row; NULL: each has one
 * @print_row: the row of a source, with a first column of that width
 * @print_csv: the same for --csv
 */
struct source_table {
	const char *name_heading;
	int name_width;
	const char *heading;
	int width;
	void (*print_legend)(void);
	bool (*is_in)(const json_t *source);
	void (*print_row)(const struct cli *cli, const json_t *source, int width);
	void (*print_csv)(const struct cli *cli, const json_t *source);
};

/* That table: as the options say, with headings or as fields separated by commas. */
void print_source_table(const struct cli *cli, const json_t *sources,
			const struct source_table *table);

/* As chronyc has it; of one letter: "N", "+", "-" or "?". */
const char *name_of_leap(const char *leap, bool letter);

/* chronyc's answer to a command that has nothing to show. */
void print_done(const struct cli *cli, const json_t *reply);

/* Of a table, to be used at once: ns_column(ns).text. A double of any size has room. */
struct column {
	char text[340];
};

/* "  34", " 34m"; negative: "   -". */
struct column interval_column(int64_t s);

/* Whole seconds of an age in ns, -1 when missing: chronyc's age, unsigned, of what never came. */
int64_t age_of(const json_t *object, const char *key);

/* An instant, in s since 1970, as strftime(3) has it in UTC by @format; "-": it has no date. */
struct column utc_column(int64_t s, const char *format);

/* " 123us"; signed: a place more. */
struct column ns_column(double ns);
struct column signed_ns_column(double ns);

/* 10 places. */
struct column ppm_column(double ppm);
struct column signed_ppm_column(double ppm);

/* The row of @source in the table of sources, and its heading. A name has @width columns. */
#define SOURCE_ROW_MAX	1792
#define SOURCES_NAME_HEADING	"MS Name/IP address"
#define SOURCES_REST_HEADING	"         Stratum Poll Reach LastRx Last sample"
#define SOURCES_HEADING		(SOURCES_NAME_HEADING SOURCES_REST_HEADING)
#define SOURCES_NAME_WIDTH	27
void text_of_source(const struct cli *cli, const json_t *source, int width,
		    char text[SOURCE_ROW_MAX]);

/* To a multiple of @step: what is rounded to nothing has no sign, as in "-0.000". */
double rounded(double value, double step);

/* An object on a line of its own or spread out, released afterwards. */
void print_json(json_t *object);
void print_json_line(json_t *object);

/* Print @reply, which is released, as JSON or by @print. Returns the exit status for that. */
int print_reply(const struct cli *cli, json_t *reply,
		void (*print)(const struct cli *cli, const json_t *reply));

/* Values of an object; @otherwise when missing or null. */
double json_real_of(const json_t *object, const char *key, double otherwise);

/* What is given in ns; 0 when missing. */
double seconds_of_ns(const json_t *object, const char *key);

/* 64 bits of ns hold so many. */
#define SECONDS_MOST	9000000000LL

/* Whole seconds, 0 when missing, SECONDS_MOST either way at most. */
int64_t json_seconds_of(const json_t *object, const char *key);
int64_t json_int_of(const json_t *object, const char *key, int64_t otherwise);
const char *json_text_of(const json_t *object, const char *key);
bool json_bool_of(const json_t *object, const char *key);

#endif /* CLI_H */
