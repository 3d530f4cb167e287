// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any text as another program's configuration: what is made of it is one that truechimed reads
 * without an error, and every line of it is there.
 */
#include "user/cli/import.h"

#include "user/config/config.h"

#include "fuzz.h"

static void check_report(void *context, enum config_severity severity, const char *file, int line,
			 const char *message)
{
	(void)context;
	(void)file;
	if (severity == CONFIG_ERROR)
		fprintf(stderr, "line %d: %s\n", line, message);
	FUZZ_CHECK(severity != CONFIG_ERROR);
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '\n';

	return count;
}

static char *import(enum import_kind kind, const char *text, size_t *size)
{
	struct import_file files[2] = { { "one", text }, { "other", "# end\n" } };
	char *result = NULL;
	FILE *out = open_memstream(&result, size);

	FUZZ_CHECK(out);
	import_write(kind, files, 2, out);
	fclose(out);

	return result;
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	static const enum import_kind kinds[] = {
		IMPORT_CHRONY, IMPORT_NTP, IMPORT_TIMESYNCD, IMPORT_OPENNTPD,
	};
	char *text = malloc(size + 1);

	FUZZ_CHECK(text);
	memcpy(text, data, size);
	text[size] = '\0';
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct import_file file = { "one", text };
		struct config *config = NULL;
		size_t length = 0;
		char *result;

		(void)import_detect(&file, 1);
		result = import(kinds[i], text, &length);
		FUZZ_CHECK(strlen(result) == length);
		FUZZ_CHECK(count_lines(result) >= count_lines(text));
		FUZZ_CHECK(!config_from_text("imported", result, length, false, check_report, NULL,
					     &config));
		config_free(config);
		free(result);
	}
	free(text);

	return 0;
}
