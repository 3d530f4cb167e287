// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechimed -p: the configuration's lines with a verdict each, as comments, then what counts, and
 * whether the keys are there.
 */
#include "daemon/explain.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "daemon/privileges.h"
#include "daemon/unit_writes.h"
#include "lib/printable.h"
#include "lib/text_append.h"
#include "ntp/keys.h"
#include "sources/keyring.h"
#include "steering/leap_list.h"

/* From the best to the worst; a line has the worst of what was said of it. */
enum verdict {
	DONE,
	DIFFERENTLY,
	WITHOUT_EFFECT,
	REFUSED,
};

/* What was said of one line, until the next one. */
#define REASONS_SIZE	4096

/* What the systemd unit says comes first. */
#define NO_USER \
	"there is no such user here: the daemon does not start as root. " \
	"The systemd unit starts it as " DAEMON_USER " whatever this line says"

/* Groups of the daemon's user that are looked at. */
#define GROUPS_MAX	64

/**
 * struct explanation - the line at hand
 * @out: for the verdicts; nothing of it is kept back when an error is reported, as both may be one
 *	file
 * @errors: for errors
 * @unit_files: see explain_config()
 * @line: it was begun, and its verdict is to be printed
 * @instead: what to write instead, as the systemd unit forbids what it says; NULL: it does not
 * @verdict: so far
 * @reasons: what was said
 */
struct explanation {
	FILE *out;
	FILE *errors;
	const char *unit_files;
	bool line;
	const char *instead;
	enum verdict verdict;
	char reasons[REASONS_SIZE];
};

static void add_reason(struct explanation *explanation, enum verdict verdict, const char *message)
{
	if (verdict > explanation->verdict)
		explanation->verdict = verdict;
	text_append(explanation->reasons, sizeof(explanation->reasons), "%s%s",
		    *explanation->reasons ? "\n#     " : ": ", message);
}

static void finish_line(struct explanation *explanation)
{
	static const char *const names[] = {
		[DONE] = "done", [DIFFERENTLY] = "done differently",
		[WITHOUT_EFFECT] = "without effect", [REFUSED] = "refused",
	};
	char message[256];

	if (!explanation->line)
		return;
	if (explanation->instead && explanation->verdict < WITHOUT_EFFECT) {
		snprintf(message, sizeof(message),
			 "the systemd unit does not let the daemon write there: write '%s'",
			 explanation->instead);
		add_reason(explanation, DIFFERENTLY, message);
	}
	fprintf(explanation->out, "#   %s%s\n", names[explanation->verdict], explanation->reasons);
	explanation->line = false;
	explanation->verdict = DONE;
	*explanation->reasons = '\0';
}

static enum verdict verdict_of(enum config_severity severity)
{
	switch (severity) {
	case CONFIG_ERROR:
		return REFUSED;
	case CONFIG_NO_EFFECT:
	case CONFIG_SKIPPED:
	case CONFIG_NOTE:
		return WITHOUT_EFFECT;
	case CONFIG_WARNING:
		return DIFFERENTLY;
	case CONFIG_LINE:
		break;
	}

	return DONE;
}

/* The daemon reads it every hour: what is not there now may be later. */
static void check_leap_list(struct explanation *explanation, const char *name, bool zone)
{
	char path[CONFIG_PATH_MAX + sizeof(LEAP_ZONE_FOLDER)], why[64];
	char message[sizeof(path) + 128];
	struct leap_list list;
	int err, bad_line;

	snprintf(path, sizeof(path), "%s%s", zone && *name != '/' ? LEAP_ZONE_FOLDER : "", name);
	err = leap_list_load(path, zone, &list, &bad_line);
	if (!err)
		return;
	leap_list_why(err, bad_line, why, sizeof(why));
	snprintf(message, sizeof(message), "no leap seconds can be read from %s: %s", path, why);
	make_printable(message);
	add_reason(explanation, WITHOUT_EFFECT, message);
}

/* The daemon may be permitted to read what whoever asks is not. */
static void add_unreadable(struct explanation *explanation, const char *what, const char *path,
			   int err)
{
	char message[CONFIG_PATH_MAX + 128];

	if (err == -EACCES)
		snprintf(message, sizeof(message),
			 "if the daemon may read %s, which you may not", path);
	else
		snprintf(message, sizeof(message), "no %s can be read from %s: %s", what, path,
			 strerror(-err));
	make_printable(message);
	add_reason(explanation, err == -EACCES ? DONE : WITHOUT_EFFECT, message);
}

/* What is wrong with a line of it is said at the end. */
static void check_keyfile(struct explanation *explanation, const char *path)
{
	struct ntp_keys *keys = NULL;
	int err = ntp_keys_load(path, NULL, NULL, &keys);

	ntp_keys_free(keys);
	if (err)
		add_unreadable(explanation, "keys", path, err);
}

/* Of NTS; what is in it is up to the process that uses it. */
static void check_pem(struct explanation *explanation, const char *what, const char *path,
		      bool may_be_folder)
{
	struct stat st;

	if (access(path, R_OK) || stat(path, &st))
		add_unreadable(explanation, what, path, -errno);
	else if (S_ISDIR(st.st_mode) && !may_be_folder)
		add_unreadable(explanation, what, path, -EISDIR);
}

/* What a line names has to be on this machine, which the configuration alone does not show. */
static void check_machine(struct explanation *explanation, const char *line)
{
	char name[32], value[CONFIG_PATH_MAX], second[CONFIG_PATH_MAX];
	int words = sscanf(line, " %31s %255s %255s", name, value, second);

	if (words < 2)
		return;
	if (!strcasecmp(name, "leapsectz"))
		check_leap_list(explanation, value, true);
	else if (!strcasecmp(name, "leapseclist"))
		check_leap_list(explanation, value, false);
	else if (!strcasecmp(name, "keyfile"))
		check_keyfile(explanation, value);
	else if (!strcasecmp(name, "ntsservercert"))
		check_pem(explanation, "certificate", value, false);
	else if (!strcasecmp(name, "ntsserverkey"))
		check_pem(explanation, "key", value, false);
	else if (!strcasecmp(name, "ntstrustedcerts"))
		check_pem(explanation, "certificate", words > 2 ? second : value, true);
	else if (!strcasecmp(name, "user") && !getpwnam(value))
		add_reason(explanation, DIFFERENTLY, NO_USER);
}

static void note(void *context, enum config_severity severity, const char *file, int line,
		 const char *message)
{
	struct explanation *explanation = context;
	char place[CONFIG_PATH_MAX + 16];

	config_place(file, line, place, sizeof(place));
	if (severity == CONFIG_LINE) {
		finish_line(explanation);
		fprintf(explanation->out, "# %s: %s\n", place, message);
		explanation->line = true;
		explanation->instead = explanation->unit_files ?
				       unit_objection(explanation->unit_files, message) : NULL;
		check_machine(explanation, message);
		return;
	}
	if (severity == CONFIG_ERROR) {
		fflush(explanation->out);
		fprintf(explanation->errors, "%s: error: %s\n", place, message);
	}
	/* About the configuration as a whole, or a line that could not be read at all. */
	if (!line || !explanation->line) {
		finish_line(explanation);
		fprintf(explanation->out, "# %s: %s\n", place, message);
		return;
	}
	add_reason(explanation, verdict_of(severity), message);
}

static void report_key(void *context, enum config_severity severity, const char *file, int line,
		       const char *message)
{
	char place[CONFIG_PATH_MAX + 16];

	fprintf(context, "%s: %s%s\n", config_place(file, line, place, sizeof(place)),
		severity == CONFIG_ERROR ? "error: " : "warning: ", message);
}

/* By its own mode, as far as that can be told; the folders' are not looked at. */
static bool is_readable_for(const char *path, const struct passwd *user)
{
	gid_t groups[GROUPS_MAX];
	int count = GROUPS_MAX;
	struct stat st;

	if (stat(path, &st) || !user->pw_uid)
		return true;
	if (st.st_uid == user->pw_uid)
		return st.st_mode & 0400;
	if (getgrouplist(user->pw_name, user->pw_gid, groups, &count) < 0)
		return true;
	for (int i = 0; i < count; i++) {
		if (groups[i] == st.st_gid)
			return st.st_mode & 0040;
	}

	return st.st_mode & 0004;
}

/* Who asks may be root; the daemon is not when it reads them, or reads them again. */
static void check_key_mode(const struct config *config, FILE *errors)
{
	const char *name = *config->user ? config->user : DAEMON_USER;
	const struct passwd *user = getpwnam(name);
	char message[CONFIG_PATH_MAX + 256];

	if (!user || is_readable_for(config->keyfile, user))
		return;
	snprintf(message, sizeof(message),
		 "the user %s may not read it: the daemon has no keys if the systemd unit starts it, and reads no new ones at a reload; see KEYS in truechime.conf(5)",
		 name);
	report_key(errors, CONFIG_WARNING, config->keyfile, 0, message);
}

/* There are sources that could set the clock, and none of them is asked. */
static bool lacks_keys(const struct config *config, const struct ntp_keys *keys)
{
	size_t lacking = 0;

	for (size_t i = 0; i < config->source_count; i++) {
		const struct config_source *source = &config->sources[i];

		if (source->options.noselect)
			continue;
		if (!source->key || ntp_keys_find(keys, source->key))
			return false;
		lacking++;
	}

	return lacking;
}

/*
 * Report what is wrong with the keys; it leaves the other sources as they are. Whether there are
 * any: with keys that only the daemon may read that is not known, and a damaged file has none.
 */
static bool check_keys(const struct config *config, FILE *errors)
{
	struct ntp_keys *keys;
	bool right;
	int err;

	err = keyring_load(report_key, errors, config, false, &keys);
	right = (err && err != -ENODATA) || !lacks_keys(config, keys);
	keyring_check(report_key, errors, config, keys);
	if (keys)
		check_key_mode(config, errors);
	ntp_keys_free(keys);

	return right;
}

bool explain_config(const char *path, const char *text, const char *unit_files, FILE *out,
		    FILE *errors)
{
	struct explanation explanation = {
		.out = out, .errors = errors, .unit_files = unit_files,
	};
	const char *name = text ? "command line" : path;
	struct config *config;
	char why[512], message[PATH_MAX + sizeof(why)];
	bool has_keys, usable;
	int err;

	err = config_explain(name, text, true, note, &explanation, &config);
	finish_line(&explanation);
	if (err) {
		fputs("# Nothing of it counts, as it has errors.\n", out);
		return false;
	}
	fputs("\n# What counts:\n", out);
	config_print(config, out);
	fflush(out);
	has_keys = check_keys(config, errors);
	usable = config_can_set_clock(config, why, sizeof(why));
	if (!has_keys)
		snprintf(why, sizeof(why),
			 "none of the configured sources can set the clock: the keys of those that could are missing");
	if (!usable || !has_keys) {
		snprintf(message, sizeof(message), "%s: error: %s", name, why);
		make_printable(message);
		fprintf(errors, "%s\n", message);
	}
	config_free(config);

	return usable && has_keys;
}
