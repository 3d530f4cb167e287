// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hash table in buckets.
 */
#include "server/client_log.h"

#include <string.h>

/* The averages follow an interval that changed within so many requests. */
#define AVERAGE	8

static uint64_t mix(uint64_t value)
{
	/* The finalizer of MurmurHash3. */
	value ^= value >> 33;
	value *= 0xff51afd7ed558ccdULL;
	value ^= value >> 33;
	value *= 0xc4ceb9fe1a85ec53ULL;

	return value ^ value >> 33;
}

size_t client_log_bucket(const struct net_address *address, const uint64_t seed[2], size_t count)
{
	uint64_t words[2], hash;

	memcpy(words, address->bytes, sizeof(words));
	hash = mix(mix(words[0] ^ seed[0]) ^ words[1] ^ seed[1]);

	return (hash & (count / CLIENT_LOG_BUCKET - 1)) * CLIENT_LOG_BUCKET;
}

/* The client's record; a new one in place of the one of its bucket that was silent for longest. */
static struct client_record *find(struct client_log *log, const struct net_address *address,
				  int64_t now_ns)
{
	struct client_record *bucket = log->records +
				       client_log_bucket(address, log->seed, log->count);
	struct client_record *oldest = bucket, *end = bucket + CLIENT_LOG_BUCKET;

	for (struct client_record *record = bucket; record < end; record++) {
		if (record->family == (uint32_t)address->family &&
		    !memcmp(record->address, address->bytes, sizeof(record->address)))
			return record;
		if (oldest->family && (!record->family || record->last_ns < oldest->last_ns))
			oldest = record;
	}
	if (oldest->family)
		log->replaced++;
	*oldest = (struct client_record){
		.family = (uint32_t)address->family,
		.last_ns = now_ns,
		.due_ns = now_ns,
	};
	memcpy(oldest->address, address->bytes, sizeof(oldest->address));

	return oldest;
}

static int64_t average(int64_t before_ns, int64_t interval_ns)
{
	return before_ns ? before_ns + (interval_ns - before_ns) / AVERAGE : interval_ns;
}

enum client_verdict client_log_note(struct client_log *log, const struct net_address *address,
				    int64_t now_ns, uint64_t random)
{
	enum client_verdict verdict;
	struct client_record *record;
	int64_t since_ns;

	if (!log->count)
		return CLIENT_ANSWER;
	record = find(log, address, now_ns);
	since_ns = now_ns - record->last_ns;
	if (record->hits)
		record->interval_ns = average(record->interval_ns, since_ns);
	record->hits++;
	record->last_ns = now_ns;
	verdict = log->limit.enabled ?
		  client_limit_judge(&log->limit, &record->due_ns, now_ns, random) : CLIENT_ANSWER;
	if (verdict == CLIENT_DROP)
		record->drops++;
	else if (record->hits > 1)
		record->answer_interval_ns = average(record->answer_interval_ns, since_ns);

	return verdict;
}
