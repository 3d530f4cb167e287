// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of leap seconds: any bytes are refused, or give a list in order.
 */
#include "user/steering/leap_list.h"

#include <errno.h>

#include "fuzz.h"

static void check(const struct leap_list *list)
{
	int i, kind;

	FUZZ_CHECK(list->count > 0 && list->count <= LEAP_LIST_MAX);
	for (i = 0; i < list->count; i++) {
		FUZZ_CHECK(!i || list->entry[i].midnight_s > list->entry[i - 1].midnight_s);
		FUZZ_CHECK(list->entry[i].midnight_s >= 0);
		FUZZ_CHECK(list->entry[i].tai_s >= 0);
	}
	for (i = 0; i < 1000; i++) {
		kind = leap_list_kind(list, i * 86400LL * 1000000000LL * 40);
		FUZZ_CHECK(kind >= 0 && kind <= 2);
	}
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct leap_list list;
	int bad_line, err;

	/* Nobody guesses a checksum: what was read is checked without one, too. */
	err = leap_list_parse_text((const char *)data, size, &list, &bad_line);
	if (!err || err == -EBADMSG)
		check(&list);
	if (!leap_list_parse_zone(data, size, &list))
		check(&list);
	return 0;
}
