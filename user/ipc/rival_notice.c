// SPDX-License-Identifier: GPL-2.0-only
/*
 * jansson.
 */
#include "ipc/rival_notice.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <string.h>

char *rival_notice_make(const struct rival_notice *notice)
{
	json_t *object = json_pack("{s:s,s:s,s:s,s:s,s:i,s:b,s:I}", "program", notice->program,
				   "where", notice->where, "what", notice->what, "advice",
				   notice->advice, "pid", notice->pid, "runs", notice->runs,
				   "times", (json_int_t)notice->times);
	char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);

	json_decref(object);

	return text;
}

/* What becomes a line of the log. */
static bool take_text(const json_t *value, char *text, size_t size)
{
	size_t length = json_string_length(value);
	const char *found = json_string_value(value);

	if (!found || length >= size)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (found[i] < ' ' || found[i] > '~')
			return false;
	}
	memcpy(text, found, length);
	text[length] = '\0';

	return true;
}

static bool take(const json_t *object, struct rival_notice *notice)
{
	json_int_t pid = json_integer_value(json_object_get(object, "pid"));

	memset(notice, 0, sizeof(*notice));
	if (!take_text(json_object_get(object, "program"), notice->program,
		       sizeof(notice->program)) ||
	    !take_text(json_object_get(object, "where"), notice->where, sizeof(notice->where)) ||
	    !take_text(json_object_get(object, "what"), notice->what, sizeof(notice->what)) ||
	    !take_text(json_object_get(object, "advice"), notice->advice, sizeof(notice->advice)))
		return false;
	if (!json_is_integer(json_object_get(object, "pid")) || pid < 0 || pid > INT_MAX)
		return false;
	notice->pid = (int)pid;
	notice->runs = json_is_true(json_object_get(object, "runs"));
	notice->times = json_integer_value(json_object_get(object, "times"));

	return *notice->program && notice->times > 0;
}

int rival_notice_parse(const char *arguments, struct rival_notice *notice)
{
	json_t *object = json_loads(arguments, JSON_REJECT_DUPLICATES, NULL);
	bool fine = json_is_object(object) && take(object, notice);

	json_decref(object);

	return fine ? 0 : -EINVAL;
}
