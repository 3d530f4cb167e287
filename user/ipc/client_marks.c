// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts of clients that begin anew. See client_marks.h.
 */
#include "ipc/client_marks.h"

#include <stdlib.h>
#include <string.h>

void client_marks_clear(struct client_marks *marks)
{
	free(marks->marks);
	*marks = (struct client_marks){ .marks = NULL };
}

bool client_marks_set(struct client_marks *marks, const struct client_record *records,
		      size_t count)
{
	struct client_mark *made = calloc(count + 1, sizeof(*made));

	if (!made)
		return false;
	for (size_t i = 0; i < count; i++) {
		memcpy(made[i].address, records[i].address, sizeof(made[i].address));
		made[i].family = records[i].family;
		made[i].hits = records[i].hits;
		made[i].drops = records[i].drops;
	}
	client_marks_clear(marks);
	*marks = (struct client_marks){ .marks = made, .count = count };

	return true;
}

/* Take off what was counted before from @record, a copy of that at @index. */
static void apply(const struct client_marks *marks, size_t index, struct client_record *record)
{
	const struct client_mark *mark = marks->marks + index;

	if (index >= marks->count || mark->family != record->family ||
	    memcmp(mark->address, record->address, sizeof(mark->address)))
		return;
	/* It was another client's meanwhile, and began anew. */
	if (record->hits < mark->hits || record->drops < mark->drops)
		return;
	record->hits -= mark->hits;
	record->drops -= mark->drops;
}

bool client_table_copy(const struct client_table *table, size_t index,
		       struct client_record *record)
{
	memcpy(record, &table->records[index], sizeof(*record));
	apply(table->marks, index, record);

	return record->family == AF_INET || record->family == AF_INET6;
}
