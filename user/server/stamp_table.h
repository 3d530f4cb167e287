/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When answers really left, for the interleaved mode (RFC 9769): a client that asks again names the
 * receive timestamp of its previous request, and is told the transmit timestamp of its answer that
 * the kernel or a network card took. A table of a fixed size, in which new timestamps replace the
 * oldest. Pure.
 */
#ifndef SERVER_STAMP_TABLE_H
#define SERVER_STAMP_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who took a timestamp: the program, the kernel, or a network card. */
enum stamp_taker {
	STAMP_BY_DAEMON,
	STAMP_BY_KERNEL,
	STAMP_BY_CARD,
};

/**
 * struct stamp_record - one answer
 * @receive: receive timestamp of the request, 32.32 as on the wire; 0: this record is free
 * @transmit: transmit timestamp of the answer, likewise
 * @taker: of @transmit, an enum stamp_taker
 * @doubt_ns: by which either may be wrong if a network card that took it lies
 */
struct stamp_record {
	uint64_t receive;
	uint64_t transmit;
	uint32_t taker;
	uint32_t doubt_ns;
};

/**
 * struct stamp_table - the table
 * @records: not owned
 * @count: of them, a power of two and 16 at least; 0: none is kept
 */
struct stamp_table {
	struct stamp_record *records;
	size_t count;
};

/* Keep an answer's timestamp, until a better one comes the program's own. */
void stamp_table_save(struct stamp_table *table, const struct stamp_record *kept);

/* The record of an answer, to be put right. NULL: there is none (any more). */
struct stamp_record *stamp_table_find(const struct stamp_table *table, uint64_t receive);

/* Take an answer's timestamp out: it is told once. false: there is none. */
bool stamp_table_take(struct stamp_table *table, uint64_t receive, struct stamp_record *record);

/*
 * How many of the @count @records are held, and how many whole seconds are between the requests of
 * the oldest and the latest. Its time is @count's: for who reports it, not for each packet.
 */
size_t stamp_table_held(const struct stamp_record *records, size_t count, uint32_t *span_s);

#endif /* SERVER_STAMP_TABLE_H */
