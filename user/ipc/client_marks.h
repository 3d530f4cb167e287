/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What had been counted of each client when the operator had the counts begin anew. The records are
 * in the server process's memory, which others only read: so that is kept beside them, and taken
 * off what is shown.
 */
#ifndef IPC_CLIENT_MARKS_H
#define IPC_CLIENT_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/client_log.h"

/**
 * struct client_mark - of one record
 * @address: whose it was
 * @family: likewise
 * @hits: that it had
 * @drops: likewise
 */
struct client_mark {
	uint8_t address[16];
	uint32_t family;
	uint32_t hits;
	uint32_t drops;
};

/**
 * struct client_marks - of all records
 * @marks: in their order; NULL: nothing was begun anew
 * @count: of them
 */
struct client_marks {
	struct client_mark *marks;
	size_t count;
};

/**
 * struct client_table - who asked for something
 * @records: of them
 * @count: of these; 0: who asks is not recorded
 * @seed: by which a client's place is found
 * @marks: to be taken off
 */
struct client_table {
	const struct client_record *records;
	size_t count;
	uint64_t seed[2];
	const struct client_marks *marks;
};

/* Count all as from the server process's start again. */
void client_marks_clear(struct client_marks *marks);

/* Count from here, in all @count of @records. false: there is no memory for it. */
bool client_marks_set(struct client_marks *marks, const struct client_record *records,
		      size_t count);

/* The record at @index, less what was counted before, to @record. false: there is none. */
bool client_table_copy(const struct client_table *table, size_t index,
		       struct client_record *record);

#endif /* IPC_CLIENT_MARKS_H */
