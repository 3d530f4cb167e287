// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who votes, and whose opinion is whose.
 */
#include "discipline/roll.h"

#include "discipline/quorum.h"

/* Where the opinion of this serial is, from @index on. SOURCE_SELECT_MAX: there is none. */
static size_t place_of(const struct roll *roll, size_t index, uint64_t serial)
{
	size_t i;

	for (i = index; i < SOURCE_SELECT_MAX; i++)
		if (roll->opinion[i].serial == serial)
			break;
	return i;
}

/* The first place from @index on that none of the sources after that one has. */
static size_t free_place(const struct roll *roll, size_t index, struct source *const *sources)
{
	bool taken[SOURCE_SELECT_MAX + 1] = { false };
	size_t i;

	for (i = index + 1; i < roll->count; i++)
		taken[place_of(roll, index, source_serial(sources[i]))] = true;
	/* One is free: there are fewer sources after this one than places. */
	for (i = index; taken[i]; i++)
		;
	return i;
}

/*
 * The source's opinion, moved to @index. What was there moves to where that was, or, if the source
 * is new, to the place of one that left: a source that comes before others must not cost what is
 * known of them.
 */
static struct opinion *find_opinion(struct roll *roll, size_t index, struct source *const *sources)
{
	uint64_t serial = source_serial(sources[index]);
	struct opinion *opinion = &roll->opinion[index], kept = { .serial = serial };
	size_t place = place_of(roll, index, serial);

	if (place < SOURCE_SELECT_MAX)
		kept = roll->opinion[place];
	else
		place = free_place(roll, index, sources);
	roll->opinion[place] = *opinion;
	*opinion = kept;
	return opinion;
}

/*
 * Selection lets nobody outvote the sources that the operator trusts, and neither may be done here:
 * others would step the clock away from it, and it back, again and again.
 */
static bool are_trusted(const struct roll *roll, struct source *const *sources)
{
	struct source_status status;
	size_t i;

	for (i = 0; i < roll->count; i++) {
		if (!source_get_options(sources[i])->trust)
			continue;
		source_get_record(sources[i], &status);
		if (quorum_may_vote(sources[i], &status))
			return true;
	}
	return false;
}

void roll_begin(struct roll *roll, struct source *const *sources, size_t count)
{
	roll->count = count < SOURCE_SELECT_MAX ? count : SOURCE_SELECT_MAX;
	roll->usable = 0;
	roll->limiting = 0;
	roll->trusts = are_trusted(roll, sources);
}

/* 127.127.1.1 and the like: the server follows no other, as the only one of an isolated network. */
static bool is_own_clock(uint32_t refid)
{
	return refid >> 24 == 127;
}

static uint32_t group_of(const struct source_sample *sample)
{
	return sample->stratum > 1 && !is_own_clock(sample->refid) ? sample->refid : 0;
}

struct opinion *roll_call(struct roll *roll, size_t index, struct source *const *sources,
			  const struct timescale_now *now, struct source_sample *sample)
{
	const struct source *source = sources[index];
	const struct source_sample *latest;
	struct source_status status;
	struct opinion *opinion;
	uint64_t received;

	source_get_record(source, &status);
	opinion = find_opinion(roll, index, sources);
	opinion->votes = false;
	if (roll->trusts && !status.options->trust)
		return NULL;
	roll->usable += quorum_counts(source, &status);
	roll->limiting += quorum_only_limits(source, &status);
	opinion->votes = quorum_may_vote(source, &status);
	opinion->rests = quorum_rests(&status, roll->since_raw_ns, now->raw_ns);
	latest = status.overlong ? status.overlong : &status.last;
	received = status.received + status.overlongs;
	if (!opinion->votes || received == opinion->received || latest->epoch != now->epoch)
		return NULL;
	opinion->received = received;
	opinion->group = group_of(latest);
	*sample = *latest;
	return opinion;
}
