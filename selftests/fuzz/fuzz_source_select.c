// SPDX-License-Identifier: GPL-2.0-only
/*
 * A few sources, of which most are right to within their round trips, and the others say anything:
 * the selection is consistent, and the interval that it vouches for holds the truth, if the bounds
 * of most sources do. How each source's bound comes about is up to the estimator: round trips can
 * be thought of, all with the same queueing to the ns, that teach it a wrong asymmetry.
 */
#include "user/discipline/source_select.h"

#include <math.h>

#include "fuzz.h"
#include "user/lib/time_units.h"

#define START_NS	(1795160717LL * NS_PER_S)
#define SOURCES_MAX	7
#define SAMPLES_MAX	24

static int64_t magnitude(int64_t value)
{
	return value < 0 ? -(value + 1) : value;
}

/* A right one: its clock is the truth, the packet was under way unevenly. */
static void take_honest(struct fuzz_input *input, struct source_sample *sample)
{
	sample->delay_ns = 1000 + magnitude(fuzz_take_s64(input)) % (NS_PER_S / 4);
	sample->offset_ns = sample->delay_ns / 2 * ((int)fuzz_take_u8(input) - 128) / 128;
	sample->root_dispersion_ns = fuzz_take_u8(input) * 1000;
}

static void take_liar(struct fuzz_input *input, struct source_sample *sample)
{
	int bits = fuzz_take_u8(input) % 61;

	sample->offset_ns = fuzz_take_s64(input) % (1LL << bits);
	sample->delay_ns = magnitude(fuzz_take_s64(input)) >> (fuzz_take_u8(input) % 64);
	sample->noise_ns = magnitude(fuzz_take_s64(input)) >> (fuzz_take_u8(input) % 64);
	sample->root_delay_ns = magnitude(fuzz_take_s64(input)) >> (fuzz_take_u8(input) % 64);
	sample->root_dispersion_ns = magnitude(fuzz_take_s64(input)) >> (fuzz_take_u8(input) % 64);
	sample->refid = fuzz_take_u8(input);
}

static struct source *take_source(struct fuzz_input *input, bool honest, int64_t *end_ns)
{
	static const struct source_options options = { .minpoll = 4, .maxpoll = 10 };
	struct source *source = source_new(&options, START_NS);
	int count = fuzz_take_u8(input) % SAMPLES_MAX;
	int64_t now_ns = START_NS;
	int i;

	for (i = 0; source && (i < count || (honest && !i)); i++) {
		struct source_sample sample = { .stratum = 1, .at_ns = now_ns };

		if (honest)
			take_honest(input, &sample);
		else
			take_liar(input, &sample);
		source_polled(source, now_ns);
		source_add(source, now_ns, &sample);
		now_ns += (1 + fuzz_take_u8(input) % 64) * NS_PER_S;
	}
	if (now_ns > *end_ns)
		*end_ns = now_ns;
	return source;
}

/* Do the bounds of most sources hold the truth? */
static bool most_are_right(struct source *const *sources, size_t count, int64_t at_ns)
{
	size_t right = 0, i;

	for (i = 0; i < count; i++) {
		struct source_status status;

		source_get_status(sources[i], at_ns, &status);
		right += status.has_estimate && fabs((double)status.estimate.offset_ns) <=
						status.root_distance_ns;
	}
	return 2 * right > count;
}

static void check_selection(const struct selection *selection, size_t count, bool right)
{
	bool has = false;
	size_t i;

	FUZZ_CHECK(selection->count <= count && selection->falsetickers <= count);
	for (i = 0; i < selection->count; i++) {
		FUZZ_CHECK(selection->index[i] >= 0 && (size_t)selection->index[i] < count);
		has |= selection->index[i] == selection->selected;
	}
	FUZZ_CHECK((selection->selected >= 0) == (selection->count > 0));
	if (!selection->count)
		return;
	FUZZ_CHECK(has);
	FUZZ_CHECK(selection->place_low_ns <= selection->place_high_ns);
	FUZZ_CHECK(selection->low_ns <= selection->high_ns);
	/* Most of them are right, whichever they are. */
	FUZZ_CHECK(!right || (selection->low_ns <= 0 && selection->high_ns >= 0));
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	const struct selection_terms terms = {
		.previous = -1,
		.stratumweight_ns = ((int64_t)(size % 3) - 1) * 1000000,
	};
	struct fuzz_input input = { data, size };
	struct source *sources[SOURCES_MAX];
	struct selection selection;
	int64_t end_ns = START_NS;
	size_t count, liars, i;

	count = 1 + fuzz_take_u8(&input) % SOURCES_MAX;
	liars = fuzz_take_u8(&input) % ((count + 1) / 2);
	for (i = 0; i < count; i++)
		sources[i] = take_source(&input, i >= liars, &end_ns);
	source_select(sources, count, end_ns, &terms, &selection);
	check_selection(&selection, count, most_are_right(sources, count, end_ns));
	for (i = 0; i < count; i++)
		source_free(sources[i]);
	return 0;
}
