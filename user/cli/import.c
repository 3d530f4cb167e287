// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime import: another program's configuration as one for truechimed. This file reads the
 * files; import_KIND.c knows the words.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/import.h"
#include "config/config.h"
#include "lib/byte_order_mark.h"

/* The most that is read as a configuration. */
#define FILE_SIZE_MAX	1048576

/* A file and its drop-ins. */
#define FILES_MAX	64

/* The text of a file; free() it. NULL: it was said on stderr why not. */
static char *read_text(const char *path)
{
	char *text = NULL;
	size_t length, mark;
	FILE *file;

	file = fopen(path, "re");
	if (!file) {
		user_err("cannot read %s: %s", path, strerror(errno));
		return NULL;
	}
	text = malloc(FILE_SIZE_MAX + 1);
	if (!text) {
		user_err("no memory");
		goto out;
	}
	errno = 0;
	length = fread(text, 1, FILE_SIZE_MAX + 1, file);
	if (ferror(file)) {
		user_err("cannot read %s: %s", path, strerror(errno));
		goto out_free;
	}
	if (length > FILE_SIZE_MAX || memchr(text, '\0', length)) {
		user_err("%s is no configuration: it is %s", path,
			 length > FILE_SIZE_MAX ? "longer than 1 MiB" : "not text");
		goto out_free;
	}
	text[length] = '\0';
	/* timesyncd ignores it, and whoever sees none wonders what is wrong with the first line. */
	mark = byte_order_mark_of(text);
	if (mark)
		memmove(text, text + mark, length + 1 - mark);
	goto out;

out_free:
	free(text);
	text = NULL;
out:
	fclose(file);
	return text;
}

static int write_files(const char *kind_name, const struct import_file *files, size_t count)
{
	enum import_kind kind = kind_name ? import_kind_of_name(kind_name) :
					    import_detect(files, count);

	if (kind == IMPORT_UNKNOWN && kind_name)
		return cli_error("--kind takes chrony, ntp, timesyncd or openntpd, not \"%s\"",
				 kind_name);
	if (kind == IMPORT_UNKNOWN) {
		user_err("%s could be of several programs: say which, by --kind chrony, ntp, timesyncd or openntpd",
			 files[0].name);
		return CLI_NOT;
	}
	if (kind == IMPORT_NTPD_RS) {
		user_err("%s is ntpd-rs', in TOML, which is not read here. Write a line for each [[source]]: \"server ADDRESS iburst\", with \"nts\" behind it for mode nts, or \"pool ADDRESS iburst\". See: man truechime.conf",
			 files[0].name);
		return CLI_NOT;
	}
	import_write(kind, files, count, stdout);

	return CLI_OK;
}

int verb_import(const struct cli *cli, int argc, char **argv)
{
	struct import_file files[FILES_MAX] = { { NULL, NULL } };
	char *texts[FILES_MAX] = { NULL };
	int status = CLI_NOT;
	int count;

	if (argc < 1 || argc > FILES_MAX) {
		fprintf(stderr, "%s\n",
			"Usage: truechime [--kind chrony|ntp|timesyncd|openntpd] import FILE [DROP-IN]...");
		return CLI_ERROR;
	}
	for (count = 0; count < argc; count++) {
		texts[count] = read_text(argv[count]);
		if (!texts[count])
			goto out;
		files[count] = (struct import_file) { argv[count], texts[count] };
	}
	status = write_files(cli->kind, files, (size_t)count);

out:
	while (count > 0)
		free(texts[--count]);
	return status;
}
