// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any text as a notice of truechime-watch: it is refused, or becomes texts that can be logged and
 * the same notice again.
 */
#include "user/ipc/rival_notice.h"

#include "fuzz.h"

#define TEXT_MAX	1023

static void check_text(const char *text)
{
	for (; *text; text++)
		FUZZ_CHECK(*text >= ' ' && *text <= '~');
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct rival_notice notice, again;
	char text[TEXT_MAX + 1], *made;

	if (size > TEXT_MAX)
		size = TEXT_MAX;
	memcpy(text, data, size);
	text[size] = '\0';
	if (rival_notice_parse(text, &notice))
		return 0;
	check_text(notice.program);
	check_text(notice.where);
	check_text(notice.what);
	check_text(notice.advice);
	FUZZ_CHECK(notice.pid >= 0 && notice.times > 0 && *notice.program);
	made = rival_notice_make(&notice);
	FUZZ_CHECK(made && !rival_notice_parse(made, &again));
	FUZZ_CHECK(!memcmp(&notice, &again, sizeof(notice)));
	free(made);
	return 0;
}
