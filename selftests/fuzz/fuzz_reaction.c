// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reactions: whatever is known of a disruption, of causes that only newer kernels know, too, what
 * is to be done about it makes sense.
 */
#include "kmod/core/reaction.h"

#include "fuzz.h"

static struct chime_disrupted take_disrupted(struct fuzz_input *input)
{
	struct chime_disrupted disrupted;
	uint8_t flags;

	/* Some more than there are, and the last of all. */
	disrupted.cause = fuzz_take_u8(input) % (CHIME_CAUSES + 2);
	if (disrupted.cause > CHIME_CAUSES)
		disrupted.cause = (enum truechime_cause)UINT32_MAX;
	disrupted.measure = fuzz_take_u8(input) % (CHIME_MEASURED_BY_SOURCES + 1);
	flags = fuzz_take_u8(input);
	disrupted.has_host = flags & 1;
	disrupted.demoted = flags & 2;
	disrupted.corrected = flags & 4;
	disrupted.host_vouched = flags & 8;
	disrupted.host_stayed = flags & 16;
	disrupted.host_left = flags & 32;
	disrupted.unseen = flags & 64;
	disrupted.stopped = flags & 128;
	disrupted.gap_ns = fuzz_take_s64(input);
	disrupted.host_ahead_ns = fuzz_take_s64(input);
	disrupted.gap_error_ns = fuzz_take_s64(input) & INT64_MAX;
	disrupted.apart_ns = fuzz_take_s64(input) & INT64_MAX;
	disrupted.maxerror_ns = fuzz_take_s64(input) & INT64_MAX;

	return disrupted;
}

static void check_bounds(const struct chime_disrupted *disrupted,
			 const struct chime_reaction *reaction)
{
	FUZZ_CHECK(reaction->apart_ns == 0 || reaction->apart_ns == disrupted->apart_ns);
	FUZZ_CHECK(!reaction->apart_ns || (disrupted->has_host && !disrupted->host_stayed));
	FUZZ_CHECK(reaction->suspect_ns >= 0);
	FUZZ_CHECK(!reaction->suspect_ns || disrupted->unseen);
	FUZZ_CHECK(reaction->shift_error_ns >= 0);
	if (reaction->change != CHIME_REFERENCE_SHIFT)
		FUZZ_CHECK(!reaction->shift_error_ns);
	else if (disrupted->measure == CHIME_MEASURED_BY_SOURCES)
		FUZZ_CHECK(reaction->shift_error_ns == disrupted->gap_error_ns);
	else
		FUZZ_CHECK(reaction->shift_error_ns >= reaction->apart_ns &&
			   reaction->shift_error_ns >= reaction->suspect_ns);
}

/* What is kept was known, and nobody follows what is not there. */
static void check_change(const struct chime_disrupted *disrupted,
			 const struct chime_reaction *reaction)
{
	switch (reaction->change) {
	case CHIME_REFERENCE_SAME:
		FUZZ_CHECK(disrupted->has_host && disrupted->measure == CHIME_MEASURED_BY_NONE);
		break;
	case CHIME_REFERENCE_RESYNC:
		FUZZ_CHECK(disrupted->measure == CHIME_MEASURED_BY_HOST && !disrupted->demoted);
		break;
	case CHIME_REFERENCE_ABSORB:
		FUZZ_CHECK(disrupted->corrected && !disrupted->demoted && !reaction->lost_ns);
		break;
	case CHIME_REFERENCE_FOLLOW:
		FUZZ_CHECK(!disrupted->demoted && !reaction->lost_ns);
		break;
	case CHIME_REFERENCE_REPLACE:
		FUZZ_CHECK(!disrupted->demoted && disrupted->measure != CHIME_MEASURED_BY_SOURCES);
		break;
	case CHIME_REFERENCE_SHIFT:
		FUZZ_CHECK(disrupted->measure == CHIME_MEASURED_BY_SOURCES ||
			   (disrupted->measure == CHIME_MEASURED_BY_HOST && disrupted->demoted));
		break;
	case CHIME_REFERENCE_WATCH:
		FUZZ_CHECK(disrupted->demoted && !reaction->lost_ns);
		break;
	case CHIME_REFERENCE_RESTART:
		FUZZ_CHECK(!disrupted->has_host);
		break;
	default:
		FUZZ_CHECK(false);
	}
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	struct chime_disrupted disrupted = take_disrupted(&input);
	enum truechime_action action = fuzz_take_u8(&input);
	s64 residual_ns = fuzz_take_s64(&input);
	struct chime_reaction reaction;

	chime_react(&disrupted, &reaction);
	check_bounds(&disrupted, &reaction);
	check_change(&disrupted, &reaction);
	FUZZ_CHECK(reaction.lost_ns == 0 || reaction.lost_ns == disrupted.gap_ns);
	FUZZ_CHECK(!reaction.suspect_host || chime_reaction_suspects_host(disrupted.cause) ||
		   (disrupted.stopped && disrupted.gap_ns < 0));

	FUZZ_CHECK(chime_reaction_spares_ns(disrupted.cause) >= 0);
	FUZZ_CHECK(chime_reaction_occasion(disrupted.cause) <= TRUECHIME_OCCASION_OPERATOR);
	chime_reaction_counts(disrupted.cause);
	if (chime_reaction_leaves_wrong(action, residual_ns, false))
		FUZZ_CHECK(chime_reaction_leaves_wrong(action, residual_ns, true));

	return 0;
}
