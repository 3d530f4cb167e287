// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sources beside a leap second. That they agree with the timescale is asked of those that announce
 * it, because liars may announce it, too: whoever leads the clock away has to leave it first.
 */
#include "discipline/smear.h"

#include <stdbool.h>

#include "core/line.h"
#include "discipline/quorum.h"
#include "discipline/source_interval.h"
#include "lib/time_units.h"

/* The longest smear ends, or begins, so long after the leap, or before it. */
#define SPAN_NS		(24LL * 3600 * NS_PER_S)

/* A smear is a second at most; by so much more sources may differ as it is. */
#define MARGIN_NS	(NS_PER_S / 10)

/* A source, from the timescale. */
struct position {
	int64_t away_ns;
	int64_t distance_ns;
	bool counts;		/* it has a say ... */
	bool unsmeared;		/* ... cannot be smeared ... */
	bool announced;		/* ... has announced the leap second ... */
	bool agrees;		/* ... and agrees with the timescale */
};

static bool has_announced(const struct smear *smear, uint64_t serial)
{
	for (size_t i = 0; i < smear->announced_count; i++) {
		if (smear->announced[i] == serial)
			return true;
	}

	return false;
}

static void note_announcement(struct smear *smear, const struct source *source)
{
	uint64_t serial = source_serial(source);

	if (smear->announced_count < SOURCE_SELECT_MAX && !has_announced(smear, serial))
		smear->announced[smear->announced_count++] = serial;
}

static void note_leap(struct smear *smear, const struct timescale_now *now, int leap,
		      int64_t leap_raw_ns)
{
	int64_t at_ns = chime_add_sat(now->time_ns, chime_sub_sat(leap_raw_ns, now->raw_ns));
	int64_t apart_ns = chime_abs_sat(chime_sub_sat(at_ns, smear->midnight_ns));

	if (!leap)
		return;
	if (smear->kind != leap || apart_ns > SPAN_NS)
		*smear = (struct smear){ .kind = leap };
	smear->midnight_ns = at_ns;
}

/* A smear goes on, or may. */
static bool is_time(const struct smear *smear, const struct timescale_now *now)
{
	return smear->kind && now->maxerror_ns != CHIME_LINE_UNBOUNDED_NS &&
	       chime_abs_sat(chime_sub_sat(now->time_ns, smear->midnight_ns)) < SPAN_NS;
}

/* Where a source is, and whether it announces the leap second of @leap. */
static void place(struct smear *smear, const struct source *source,
		  const struct timescale_now *now, int leap, struct position *position)
{
	int64_t time_ns = chime_sub_sat(now->time_ns, now->reference_ns);
	struct source_status status;

	source_get_status(source, now->reference_ns, &status);
	if (leap && status.received && status.last.leap == leap)
		note_announcement(smear, source);
	*position = (struct position){
		.away_ns = chime_sub_sat(status.last.offset_ns, time_ns),
		.distance_ns = source_interval_distance(&status.last),
		.counts = status.has_estimate && quorum_counts(source, &status),
		.unsmeared = status.options->unsmeared || status.last.numbered,
		.announced = has_announced(smear, source_serial(source)),
	};
	position->agrees = chime_abs_sat(position->away_ns) <=
			   chime_add_sat(position->distance_ns, now->maxerror_ns);
}

/*
 * Where a smear brings a server: before a second is inserted it is slower, and after that it is not
 * yet as far back. Where one is left out it is the other way round.
 */
static bool is_on_the_way(const struct smear *smear, const struct timescale_now *now,
			  int64_t away_ns)
{
	bool behind = (now->time_ns < smear->midnight_ns) == (smear->kind == 1);
	int64_t smeared_ns = behind ? -away_ns : away_ns;

	return smeared_ns > 0 && smeared_ns <= NS_PER_S + MARGIN_NS;
}

static bool agrees_with_any(const struct position *one, const struct position *positions,
			    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct position *other = &positions[i];
		int64_t apart_ns = chime_sub_sat(one->away_ns, other->away_ns);

		if (other->counts && other->announced && other->agrees &&
		    chime_abs_sat(apart_ns) <= chime_add_sat(one->distance_ns, other->distance_ns))
			return true;
	}

	return false;
}

static size_t count_honest(const struct position *positions, size_t count)
{
	size_t honest = 0;

	for (size_t i = 0; i < count; i++)
		honest += positions[i].counts && positions[i].announced && positions[i].agrees;

	return honest;
}

static uint64_t find_smearing(const struct smear *smear, const struct timescale_now *now,
			      const struct position *positions, size_t count, size_t honest)
{
	size_t smearing = 0;
	uint64_t found = 0;

	for (size_t i = 0; i < count; i++) {
		const struct position *position = &positions[i];

		if (!position->counts || position->announced || position->agrees ||
		    !is_on_the_way(smear, now, position->away_ns) ||
		    agrees_with_any(position, positions, count))
			continue;
		found |= 1ULL << i;
		smearing++;
	}

	return smearing <= honest ? found : 0;
}

/* Of what can neither announce a leap second nor smear it, silence says nothing. */
static enum source_smear judge(const struct position *position, bool found, size_t honest)
{
	if (found)
		return SOURCE_SMEARS;

	return honest && !position->announced && !position->unsmeared ? SOURCE_MAY_SMEAR :
									SOURCE_LEAPS;
}

uint64_t smear_judge(struct smear *smear, struct source *const *sources, size_t count,
		     const struct timescale_now *now, int leap, int64_t leap_raw_ns)
{
	struct position positions[SOURCE_SELECT_MAX];
	uint64_t found;
	size_t honest;
	bool timely;

	note_leap(smear, now, leap, leap_raw_ns);
	timely = is_time(smear, now);
	if (count > SOURCE_SELECT_MAX)
		count = SOURCE_SELECT_MAX;
	for (size_t i = 0; i < count; i++) {
		/* As it would be judged if it did not. */
		source_set_smearing(sources[i], SOURCE_LEAPS);
		if (leap || timely)
			place(smear, sources[i], now, leap, &positions[i]);
	}
	if (!timely)
		return 0;
	honest = count_honest(positions, count);
	found = find_smearing(smear, now, positions, count, honest);
	for (size_t i = 0; i < count; i++)
		source_set_smearing(sources[i], judge(&positions[i], found >> i & 1, honest));

	return found;
}
