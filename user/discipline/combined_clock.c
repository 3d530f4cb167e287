// SPDX-License-Identifier: GPL-2.0-only
/*
 * The combined clock: which source taught it what. See combined_clock.h.
 */
#include "discipline/combined_clock.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* At most so many samples are replayed into a new combined clock: 20 to 40 ms of work. */
#define RELEARN_SAMPLES	1024

/* So many samples of a preferred source replace any number of others'. */
#define KNOWN_SAMPLES	32

int combined_clock_init(struct combined_clock *clock)
{
	memset(clock, 0, sizeof(*clock));
	clock->estimator = estimator_new(ESTIMATOR_PATHS);
	return clock->estimator ? 0 : -ENOMEM;
}

void combined_clock_exit(struct combined_clock *clock)
{
	estimator_free(clock->estimator);
}

void combined_clock_forget_sources(struct combined_clock *clock)
{
	memset(clock->slot, 0, sizeof(clock->slot));
}

/* The source's path, or the one that has been unused for longest. */
static int find_slot(struct combined_clock *clock, const struct source *source)
{
	uint64_t serial = source_serial(source);
	int oldest = 0;
	int i;

	for (i = 0; i < ESTIMATOR_PATHS; i++) {
		struct combined_slot *slot = &clock->slot[i];

		if (slot->serial == serial)
			return i;
		if (slot->update < clock->slot[oldest].update)
			oldest = i;
	}
	estimator_drop_path(clock->estimator, oldest);
	clock->slot[oldest] = (struct combined_slot){
		.serial = serial,
		.moved_ns = source_moved_ns(source),
	};
	return oldest;
}

/* The path of a source that the combined clock has learned from; -1: it has not. */
static int slot_of(const struct combined_clock *clock, const struct source *source)
{
	int i;

	for (i = 0; i < ESTIMATOR_PATHS; i++)
		if (clock->slot[i].serial == source_serial(source))
			return i;
	return -1;
}

static bool has_taught(const struct combined_clock *clock, const struct source *source)
{
	return slot_of(clock, source) >= 0;
}

/* The combined clock has learned from one source only. */
static bool has_one_path(const struct combined_clock *clock)
{
	int i, count = 0;

	for (i = 0; i < ESTIMATOR_PATHS; i++)
		count += !!clock->slot[i].serial;
	return count == 1;
}

/*
 * A server says that it has set its time forward, and what was measured of it was converted. Of one
 * source the combined clock's knowledge is converted, too; of several it cannot be, but what is
 * less than its error is left to the next samples. true: it has to be learned once more.
 */
static bool follow_moves(struct combined_clock *clock, struct source *const *sources,
			 const struct selection *selection, int64_t at_ns)
{
	struct reference_change change = { .leap_ns = 0 };
	struct estimate estimate = { .sigma_ns = 0 };
	bool anew = false;
	size_t i;

	estimator_get(clock->estimator, at_ns, &estimate);
	for (i = 0; i < selection->count && i < ESTIMATOR_PATHS; i++) {
		const struct source *source = sources[selection->index[i]];
		struct combined_slot *slot;

		if (!has_taught(clock, source))
			continue;
		slot = &clock->slot[slot_of(clock, source)];
		change.leap_ns = chime_sub_sat(source_moved_ns(source), slot->moved_ns);
		if (!change.leap_ns)
			continue;
		if (has_one_path(clock))
			estimator_change_reference(clock->estimator, &change);
		else if (fabs((double)change.leap_ns) <= estimate.sigma_ns)
			continue;
		else
			anew = true;
		slot->moved_ns = source_moved_ns(source);
	}
	return anew;
}

/* Add new samples of the combined sources to the combined clock. false: there is none. */
static bool feed(struct combined_clock *clock, struct source *const *sources,
		 const struct selection *selection)
{
	bool fresh = false;
	size_t i;

	clock->update++;
	for (i = 0; i < selection->count && i < ESTIMATOR_PATHS; i++) {
		const struct source *source = sources[selection->index[i]];
		struct source_status status;
		struct estimator_sample sample;
		int slot;

		source_get_record(source, &status);
		slot = find_slot(clock, source);
		clock->slot[slot].update = clock->update;
		if (clock->slot[slot].received == status.received)
			continue;
		clock->slot[slot].received = status.received;
		source_measured(&status.last, &sample);
		/* A sample from before the combined clock's start is not used. */
		estimator_add(clock->estimator, slot, &sample);
		fresh = true;
	}
	return fresh;
}

/*
 * Do not learn from sources that are wrong now, for the first time or again. true: the combined
 * clock has learned from one of them.
 */
static bool distrust_wrong(const struct combined_clock *clock, struct source *const *sources,
			   size_t count, const struct selection *selection)
{
	bool misled = false;
	size_t i;

	for (i = 0; i < count && i < SOURCE_SELECT_MAX; i++) {
		bool taught;

		if (!(selection->wrong & 1ULL << i))
			continue;
		taught = has_taught(clock, sources[i]);
		source_distrust(sources[i], taught);
		misled = misled || taught;
	}
	return misled;
}

/*
 * The combined clock has learned from sources that must not be used beside the selected one, which
 * answered later, and that one has given as many samples by now.
 */
static bool learned_from_unwanted(const struct combined_clock *clock,
				  struct source *const *sources, size_t count,
				  const struct selection *selection)
{
	unsigned int known = source_get_log(sources[selection->selected])->count, most = 0;
	size_t i;

	for (i = 0; i < count && i < SOURCE_SELECT_MAX; i++) {
		unsigned int taught = source_get_log(sources[i])->count;

		if (selection->unwanted & 1ULL << i && has_taught(clock, sources[i]) &&
		    taught > most)
			most = taught;
	}
	return most && known >= (most < KNOWN_SAMPLES ? most : KNOWN_SAMPLES);
}

/* The combined clock is far from where most sources agree: it learned from wrong ones. */
static bool is_misled(const struct estimate *estimate, const struct selection *selection)
{
	int64_t far_ns = (selection->high_ns - selection->low_ns) / 2;

	return estimate->offset_ns < selection->low_ns - far_ns ||
	       estimate->offset_ns > selection->high_ns + far_ns;
}

/*
 * The combined clock knows less of the time than the selected source shows by itself: one that is
 * not selected any more, and counted most because its path was the shortest, has spoilt it.
 */
static bool is_spoilt(const struct estimate *estimate, const struct source_status *selected)
{
	return !selected->estimate.suspect &&
	       estimate->sigma_ns > selected->root_distance_ns - selected->unseen_ns;
}

/* What the combined clock has learned is worth less than what the selected sources show. */
static bool is_outdone(const struct combined_clock *clock, struct source *const *sources,
		       const struct selection *selection, int64_t at_ns)
{
	struct source_status selected;
	struct estimate estimate;

	if (!estimator_get(clock->estimator, at_ns, &estimate))
		return false;
	source_get_status(sources[selection->selected], at_ns, &selected);
	return is_misled(&estimate, selection) || is_spoilt(&estimate, &selected);
}

/* The replay of a source's samples into the combined clock. */
struct lesson {
	const struct sample_log *log;
	unsigned int left;
};

/* The path whose next sample is the oldest, -1: none is left. */
static int next_lesson(const struct lesson *lessons, int count)
{
	int64_t oldest_ns = INT64_MAX;
	int next = -1;
	int i;

	for (i = 0; i < count; i++) {
		const struct estimator_sample *sample;

		if (!lessons[i].left)
			continue;
		sample = sample_log_get(lessons[i].log, lessons[i].left - 1);
		if (next >= 0 && sample->at_ns >= oldest_ns)
			continue;
		oldest_ns = sample->at_ns;
		next = i;
	}
	return next;
}

/*
 * A source's influence on the rate, on the other paths' asymmetries and on the weights cannot be
 * taken out again. So the combined clock is learned once more, from the samples of the sources that
 * are right, as if the others had never answered.
 */
static void start_anew(struct combined_clock *clock, struct source *const *sources,
		       const struct selection *selection, const struct timescale_now *now)
{
	struct lesson lessons[ESTIMATOR_PATHS];
	unsigned int learned = 0;
	int count = 0;
	int path;

	estimator_begin_as(clock->estimator,
			   source_get_estimator(sources[selection->selected]), now->has_host);
	memset(clock->slot, 0, sizeof(clock->slot));
	while (count < (int)selection->count && count < ESTIMATOR_PATHS) {
		const struct source *source = sources[selection->index[count]];
		unsigned int most = RELEARN_SAMPLES / (unsigned int)selection->count;

		lessons[count].log = source_get_log(source);
		lessons[count].left = lessons[count].log->count;
		if (lessons[count].left > most)
			lessons[count].left = most;
		clock->slot[count].serial = source_serial(source);
		clock->slot[count].received = source_received(source);
		clock->slot[count].moved_ns = source_moved_ns(source);
		clock->slot[count++].update = clock->update;
	}
	while ((path = next_lesson(lessons, count)) >= 0)
		learned += !estimator_add(clock->estimator, path,
					  sample_log_get(lessons[path].log,
							 --lessons[path].left));
	if (learned)
		return;
	/* Of sources that were wrong lately only the latest sample is kept. */
	memset(clock->slot, 0, sizeof(clock->slot));
	feed(clock, sources, selection);
}

bool combined_clock_learn(struct combined_clock *clock, struct source *const *sources,
			  size_t count, const struct selection *selection,
			  const struct timescale_now *now)
{
	bool misled, fresh;

	misled = distrust_wrong(clock, sources, count, selection) ||
		 learned_from_unwanted(clock, sources, count, selection);
	misled |= follow_moves(clock, sources, selection, now->reference_ns);
	fresh = feed(clock, sources, selection);
	clock->anew = misled || is_outdone(clock, sources, selection, now->reference_ns);
	if (clock->anew)
		start_anew(clock, sources, selection, now);
	return fresh;
}
