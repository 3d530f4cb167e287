// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hash table in buckets. Receive timestamps differ in their low bits, and whoever makes them
 * chooses these at random, so they are their own hash.
 */
#include "server/stamp_table.h"

/*
 * One bucket is searched: 384 bytes, six lines of a processor's cache. Half full, a table forgets
 * one record in a hundred before its time; with buckets of four it would be one in seven.
 */
#define BUCKET	16

/* The fraction without its lowest bits, which are the same in all of them. */
#define HASH_SHIFT	2

static struct stamp_record *bucket_of(const struct stamp_table *table, uint64_t receive)
{
	return table->records + (receive >> HASH_SHIFT & (table->count / BUCKET - 1)) * BUCKET;
}

struct stamp_record *stamp_table_find(const struct stamp_table *table, uint64_t receive)
{
	struct stamp_record *bucket;

	if (!table->count || !receive)
		return NULL;
	bucket = bucket_of(table, receive);
	for (struct stamp_record *record = bucket; record < bucket + BUCKET; record++) {
		if (record->receive == receive)
			return record;
	}

	return NULL;
}

void stamp_table_save(struct stamp_table *table, const struct stamp_record *kept)
{
	struct stamp_record *bucket, *oldest;

	if (!table->count || !kept->receive)
		return;
	bucket = bucket_of(table, kept->receive);
	oldest = bucket;
	for (struct stamp_record *record = bucket; record < bucket + BUCKET; record++) {
		/* Eras wrap: what is less than half of one before another is older. */
		if (oldest->receive && (!record->receive ||
					(int64_t)(record->receive - oldest->receive) < 0))
			oldest = record;
	}
	*oldest = *kept;
}

bool stamp_table_take(struct stamp_table *table, uint64_t receive, struct stamp_record *taken)
{
	struct stamp_record *record = stamp_table_find(table, receive);

	if (!record)
		return false;
	*taken = *record;
	*record = (struct stamp_record){ 0 };

	/* An earlier process may have left it, whose code was not its own any more. */
	return taken->taker <= STAMP_BY_CARD;
}

size_t stamp_table_held(const struct stamp_record *records, size_t count, uint32_t *span_s)
{
	uint64_t first = 0, receive;
	int64_t oldest = 0, latest = 0, after;
	size_t held = 0;

	for (size_t i = 0; i < count; i++) {
		receive = records[i].receive;
		if (!receive)
			continue;
		if (!held++)
			first = receive;
		/* Eras wrap, as above. */
		after = (int64_t)(receive - first);
		if (after < oldest)
			oldest = after;
		if (after > latest)
			latest = after;
	}
	*span_s = (uint32_t)(((uint64_t)latest - (uint64_t)oldest) >> 32);

	return held;
}
