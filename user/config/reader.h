/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of the configuration reader: where it is, how it reports, and the tables that
 * say what a word means. Not for anybody else.
 */
#ifndef CONFIG_READER_H
#define CONFIG_READER_H

#include "config/config.h"
#include "lib/array_size.h"

/* Bytes of a line (chrony's limit), and the words that this leaves room for. */
#define CONFIG_LINE_MAX		2048
#define CONFIG_WORDS_MAX	1024

/* 1e9 s, 31 years: no offset or interval is longer. */
#define CONFIG_SECONDS_MAX	1e9

/* Servers that initstepslew can name. */
#define CONFIG_FIRST_HOSTS	16

/**
 * struct config_reader - a reading in progress
 * @config: being filled in
 * @report: where to report
 * @context: for @report
 * @file: being read
 * @line: in @file, from 1; 0: about the file as a whole
 * @depth: of include
 * @errors: reported so far
 * @follow: open other files
 * @explain: report each line, and what needs no warning
 * @directive: the name of the one being read
 * @option_of: the same while its options are being read; NULL: they are not
 * @left_out: the directive being read cannot be done here, as was reported
 * @leaves_out_rules: there were more `allow` than there is room for, as was reported
 * @leaves_out_sources: there were more sources than there is room for, likewise
 * @mono_root: the source being read is to be asked for the extension field F323
 * @sources_only: @file is from a sourcedir, or an operator's command: only sources
 * @volatile_origin: @file is from a sourcedir: bad lines are skipped ...
 * @skipped: ... and counted
 * @before: the configuration in force, whose sources of a file with a bad line stay; NULL: none
 * @keeps: it has some of @file
 * @busy: files that are not to be read; NULL: none
 * @has_makestep: makestep was given
 * @first_step_ns: initstepslew's threshold; 0: it was not given
 * @first_hosts: the servers that it names
 * @first_host_count: how many
 */
struct config_reader {
	struct config *config;
	config_report *report;
	void *context;
	const char *file;
	int line;
	int depth;
	int errors;
	bool follow;
	bool explain;
	const char *directive;
	const char *option_of;
	bool left_out;
	bool leaves_out_rules;
	bool leaves_out_sources;
	bool mono_root;
	bool sources_only;
	bool volatile_origin;
	int skipped;
	const struct config *before;
	bool keeps;
	const struct config_busy_files *busy;
	bool has_makestep;
	int64_t first_step_ns;
	char first_hosts[CONFIG_FIRST_HOSTS][SOURCE_NAME_MAX];
	int first_host_count;
};

enum config_type {
	CONFIG_FLAG,		/* bool; no value */
	CONFIG_CLEAR,		/* same, setting false */
	CONFIG_CONSTANT,	/* int; no value, setting @max */
	CONFIG_INT,		/* int */
	CONFIG_NUMBER,		/* double */
	CONFIG_PPM,		/* double, as a fraction */
	CONFIG_SECONDS,		/* int64_t seconds */
	CONFIG_NS,		/* int64_t ns, given in seconds */
	CONFIG_WORD,		/* text */
	CONFIG_CHOICE,		/* enum, given by its name */
	CONFIG_HANDLER,		/* see handle */
	CONFIG_ALWAYS,		/* done in any case */
	CONFIG_MOOT,		/* means nothing without something else that is warned of */
	CONFIG_ADVICE,		/* without effect: warn with the advice */
	CONFIG_LEFT_OUT,	/* would be wrong without it: its directive is left out */
};

/**
 * struct config_option - what a word means
 * @name: in lower case
 * @type: of its value
 * @offset: of the value's place in the structure
 * @size: of that place, of text; of @choices for CONFIG_CHOICE
 * @choices: the names of the enum's values, NULL where one has none
 * @min: least value; of arguments for CONFIG_HANDLER, CONFIG_MOOT and CONFIG_ADVICE
 * @max: greatest value; likewise
 * @limit: a value beyond them counts as the nearest one, with a warning, as in chronyd
 * @own: chronyd has none, and what follows its number, of seconds, is a mistake
 * @initial: value if not given
 * @form: the arguments of a word without effect, instead of their number: see form.c
 * @usage: the arguments of CONFIG_HANDLER in words, where their number alone does not say which
 * @advice: what to use instead, as the end of a sentence; of CONFIG_MOOT, to what it belongs
 * @handle: CONFIG_HANDLER: given the values; 0, or -EINVAL after an error was reported. Of a word
 *	without effect: checks them
 */
struct config_option {
	const char *name;
	enum config_type type;
	size_t offset;
	size_t size;
	const char *const *choices;
	double min;
	double max;
	bool limit;
	bool own;
	double initial;
	const char *form;
	const char *usage;
	const char *advice;
	int (*handle)(struct config_reader *reader, int count, char **words);
};

/* config.c */
/* Returns -EINVAL. */
int config_error(struct config_reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void config_warn(struct config_reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Returns 0: it is no error. */
int config_no_effect(struct config_reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void config_note(struct config_reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int config_read_file(struct config_reader *reader, const char *path);
int config_parse_line(struct config_reader *reader, const char *text, size_t length);

/* files.c */
int config_read_pattern(struct config_reader *reader, const char *pattern);
int config_read_directories(struct config_reader *reader, int count, char **directories,
			    const char *suffix, bool volatile_origin);

/* sourcedir.c */
/* false: there is no room for them, as was reported, and none is to be read */
bool config_add_sourcedirs(struct config_reader *reader, int count, char **directories);
void config_read_source_file(struct config_reader *reader, const char *path);
void config_order_sources(struct config *config);

/* option.c */
const struct config_option *config_option_find(const struct config_option *table, size_t count,
					       const char *word);
const char *config_option_nearest(const struct config_option *table, size_t count,
				  const char *word);
void config_option_defaults(const struct config_option *table, size_t count, void *place);
int config_option_values(const struct config_option *option);
int config_option_set(struct config_reader *reader, const struct config_option *option,
		      void *place, int count, char **words);
int config_options_set(struct config_reader *reader, const struct config_option *table,
		       size_t table_count, void *place, int count, char **words);
int config_parse_number(const char *word, double *value);
bool config_number_ends(struct config_reader *reader, const char *word, const char *end);

/*
 * words.c: what a word says, which is one of @what. 0, but for config_parse_choice(), which returns
 * the index in @names; -EINVAL after a report.
 */
int config_parse_seconds(struct config_reader *reader, const char *what, const char *word,
			 int64_t *ns);
/* @last: of the numbers of a line, what follows which chronyd does not mind. */
int config_parse_threshold(struct config_reader *reader, const char *what, const char *word,
			   bool last, int64_t *threshold_ns);
int config_parse_count(struct config_reader *reader, const char *what, const char *word, bool last,
		       int *count);
int config_parse_choice(struct config_reader *reader, const char *what, const char *word,
			const char *const *names, size_t count);
/* One that is too long is left out with a warning. */
int config_copy_word(struct config_reader *reader, const char *word, char *place, size_t size);

/* module.c */
int config_parse_hostclock(struct config_reader *reader, int count, char **words);
int config_parse_rtcpolicy(struct config_reader *reader, int count, char **words);
int config_parse_steppolicy(struct config_reader *reader, int count, char **words);

/* form.c: what a word without effect takes */
int config_form_least(const char *form);
int config_form_most(const char *form);
int config_form_check(struct config_reader *reader, const struct config_option *option, int count,
		      char **words);

/* unused.c: the values of words without effect that need more than a form */
int config_check_broadcast(struct config_reader *reader, int count, char **words);
int config_check_smoothtime(struct config_reader *reader, int count, char **words);
int config_check_tempcomp(struct config_reader *reader, int count, char **words);

/* logs.c */
int config_parse_log(struct config_reader *reader, int count, char **words);
void config_check_logs(struct config_reader *reader);

/* directives.c */
const struct config_option *config_directives(size_t *count);
void config_directives_defaults(struct config *config);
int config_directive(struct config_reader *reader, int count, char **words);
int config_apply_initstepslew(struct config_reader *reader);

/* A server that initstepslew alone names. 0, -EINVAL: as for the server directive. */
int config_add_first_host(struct config_reader *reader, char *name);

/* sources.c; the words are those after the directive's own */
const struct config_option *config_server_options(size_t *count);
const struct config_option *config_refclock_options(size_t *count);
int config_parse_server(struct config_reader *reader, int count, char **words);
int config_parse_refclock(struct config_reader *reader, int count, char **words);

/* What authselectmode and maxdistance make of the sources, which have all been read. */
void config_finish_sources(struct config_reader *reader);

/* Of the sources from @first on: is there a file of keys for those that need one? */
void config_check_keyfile(struct config_reader *reader, size_t first);

/* Likewise: has each link-local address its interface? */
void config_check_scopes(struct config_reader *reader, size_t first);

/* authselect.c: what authselectmode makes of the sources, which have all been read. */
void config_apply_authselect(struct config_reader *reader);

/* server.c; likewise */
void config_server_defaults(struct config_server *server);
/* Where nobody may be let in, nobody is. */
void config_close_access(struct config *config);
void config_check_limits(struct config_reader *reader);
void config_check_acquisitionport(struct config_reader *reader);
void config_check_port(struct config_reader *reader);

/* Make *@rules, of which there are *@count, a copy of them. 0, -ENOMEM: then there are none. */
int config_copy_rules(struct access_rule **rules, size_t *count);
int config_parse_limit(struct config_reader *reader, struct client_limit *limit, int *interval,
		       int count, char **words);
bool config_limit_equal(const struct client_limit *one, const struct client_limit *other);
int config_parse_rule(struct config_reader *reader, int count, char **words);
int config_parse_clientloglimit(struct config_reader *reader, int count, char **words);
int config_parse_noclientlog(struct config_reader *reader, int count, char **words);
int config_parse_ratelimit(struct config_reader *reader, int count, char **words);
int config_parse_local(struct config_reader *reader, int count, char **words);
int config_parse_xdp(struct config_reader *reader, int count, char **words);

/* hwtimestamp.c; likewise */
int config_parse_hwtimestamp(struct config_reader *reader, int count, char **words);
const char *config_filter_name(enum hardware_filter filter);

/* nts.c; likewise */
void config_nts_defaults(struct config_nts *nts);
int config_parse_ntsaeads(struct config_reader *reader, int count, char **words);
int config_parse_ntscachedir(struct config_reader *reader, int count, char **words);
int config_parse_ntsserver(struct config_reader *reader, int count, char **words);
void config_check_nts(struct config_reader *reader);
int config_parse_ntsratelimit(struct config_reader *reader, int count, char **words);
int config_parse_ntstrustedcerts(struct config_reader *reader, int count, char **words);

/* chronyc.c; likewise */
void config_chronyc_defaults(struct config_chronyc *chronyc);
const char *config_open_word(enum config_open word);
int config_parse_cmdratelimit(struct config_reader *reader, int count, char **words);
int config_parse_opencommands(struct config_reader *reader, int count, char **words);

/* refclock.c; 0, or -EINVAL after an error was reported */
/* @is_option: the second of @words is an option of refclock, and no parameter of a driver */
int config_check_driver(struct config_reader *reader, int count, char **words, bool is_option);
int config_parse_driver(struct config_reader *reader, struct config_source *source,
			const char *driver, char *parameter);
uint32_t config_make_refid(const char *text);
uint32_t config_number_refid(const struct config_source *source, size_t number);
void config_check_pulses(struct config_reader *reader, struct config_source *source);
void config_check_refclocks(struct config_reader *reader);

#endif /* CONFIG_READER_H */
