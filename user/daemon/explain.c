// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechimed -p: the configuration's lines with a verdict each, as comments, then what counts, and
 * whether the keys are there.
 */
#include "daemon/explain.h"

#include <string.h>

#include "config/config.h"
#include "ntp/keys.h"
#include "sources/keyring.h"

/* From the best to the worst; a line has the worst of what was said of it. */
enum verdict {
	DONE,
	DIFFERENTLY,
	WITHOUT_EFFECT,
	REFUSED,
};

/* What was said of one line, until the next one. */
#define REASONS_SIZE	4096

/**
 * struct explanation - the line at hand
 * @out: for the verdicts
 * @errors: for errors
 * @line: it was begun, and its verdict is to be printed
 * @verdict: so far
 * @reasons: what was said
 */
struct explanation {
	FILE *out;
	FILE *errors;
	bool line;
	enum verdict verdict;
	char reasons[REASONS_SIZE];
};

static void finish_line(struct explanation *explanation)
{
	static const char *const names[] = {
		[DONE] = "done", [DIFFERENTLY] = "done differently",
		[WITHOUT_EFFECT] = "without effect", [REFUSED] = "refused",
	};

	if (!explanation->line)
		return;
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
	case CONFIG_NOTE:
		return WITHOUT_EFFECT;
	case CONFIG_WARNING:
		return DIFFERENTLY;
	case CONFIG_LINE:
		break;
	}

	return DONE;
}

static void note(void *context, enum config_severity severity, const char *file, int line,
		 const char *message)
{
	struct explanation *explanation = context;
	enum verdict verdict = verdict_of(severity);
	size_t used = strlen(explanation->reasons);
	char place[CONFIG_PATH_MAX + 16];

	config_place(file, line, place, sizeof(place));
	if (severity == CONFIG_LINE) {
		finish_line(explanation);
		fprintf(explanation->out, "# %s: %s\n", place, message);
		explanation->line = true;
		return;
	}
	if (severity == CONFIG_ERROR)
		fprintf(explanation->errors, "%s: error: %s\n", place, message);
	/* About the configuration as a whole, or a line that could not be read at all. */
	if (!line || !explanation->line) {
		finish_line(explanation);
		fprintf(explanation->out, "# %s: %s\n", place, message);
		return;
	}
	if (verdict > explanation->verdict)
		explanation->verdict = verdict;
	snprintf(explanation->reasons + used, sizeof(explanation->reasons) - used, "%s%s",
		 used ? "\n#     " : ": ", message);
}

static void report_key(void *context, enum config_severity severity, const char *file, int line,
		       const char *message)
{
	char place[CONFIG_PATH_MAX + 16];

	fprintf(context, "%s: %s%s\n", config_place(file, line, place, sizeof(place)),
		severity == CONFIG_ERROR ? "error: " : "warning: ", message);
}

/* Report what is wrong with the keys; it leaves the other sources as they are. */
static void check_keys(const struct config *config, FILE *errors)
{
	struct ntp_keys *keys;

	keyring_load(report_key, errors, config, false, &keys);
	keyring_check(report_key, errors, config, keys);
	ntp_keys_free(keys);
}

bool explain_config(const char *path, const char *text, FILE *out, FILE *errors)
{
	struct explanation explanation = { .out = out, .errors = errors };
	const char *name = text ? "command line" : path;
	struct config *config;
	char why[512];
	bool usable;
	int err;

	err = config_explain(name, text, true, note, &explanation, &config);
	finish_line(&explanation);
	if (err) {
		fputs("# Nothing of it counts, as it has errors.\n", out);
		return false;
	}
	fputs("\n# What counts:\n", out);
	config_print(config, out);
	check_keys(config, errors);
	usable = config_can_set_clock(config, why, sizeof(why));
	if (!usable)
		fprintf(errors, "%s: error: %s\n", name, why);
	config_free(config);

	return usable;
}
