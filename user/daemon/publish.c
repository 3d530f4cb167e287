// SPDX-License-Identifier: GPL-2.0-only
/*
 * Telling those who follow the daemon's state that it has changed. What they are told takes a
 * reading of all clocks and sources, so it is only made when something in it is new.
 */
#include "daemon/requests.h"

#include "ipc/report.h"

/* FNV-1a, of 64 bits. */
#define HASH_START	0xcbf29ce484222325ULL
#define HASH_FACTOR	0x100000001b3ULL

static uint64_t hash_add(uint64_t hash, uint64_t value)
{
	int i;

	for (i = 0; i < 8; i++)
		hash = (hash ^ (value >> (8 * i) & 0xff)) * HASH_FACTOR;
	return hash;
}

/*
 * A number for what is worth telling: which sources there are, which one is followed, whether it
 * has answered again, and what the clock is worth. Errors and ages change all the time.
 */
static uint64_t daemon_state_hash(const struct daemon *daemon)
{
	int selected = daemon->update.result.selection.selected;
	struct source *const *sources;
	struct steering_status status;
	struct association_info info;
	uint64_t hash = HASH_START;
	size_t count, i;

	steering_get_status(daemon->steering, &status);
	hash = hash_add(hash, status.synchronised);
	hash = hash_add(hash, status.trust);
	hash = hash_add(hash, status.now.has_host);
	hash = hash_add(hash, (uint64_t)daemon->config->discipline.maxdistance_ns);
	count = associations_sources(daemon->associations, &sources);
	for (i = 0; i < count; i++)
		hash = hash_add(hash, source_serial(sources[i]));
	if (!daemon->update.raw_ns || selected < 0 || (size_t)selected >= count)
		return hash;
	hash = hash_add(hash, source_serial(sources[selected]));
	hash = hash_add(hash, source_received(sources[selected]));
	if (associations_get_info(daemon->associations, (size_t)selected, &info) && info.record)
		hash = hash_add(hash, info.record->good);
	return hash;
}

void daemon_publish_state(struct daemon *daemon)
{
	struct state state;
	uint64_t hash;

	if (!daemon->control || !control_state_is_followed(daemon->control))
		return;
	hash = daemon_state_hash(daemon);
	if (hash == daemon->published_state)
		return;
	daemon->published_state = hash;
	daemon_get_state(daemon, &state);
	control_publish_state(daemon->control, report_timesync(&state));
}
