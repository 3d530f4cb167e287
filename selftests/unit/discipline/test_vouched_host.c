// SPDX-License-Identifier: GPL-2.0-only
/*
 * A host with a stated bound beside time sources: every verdict, and the edges between them.
 */
#include "user/discipline/vouched_host.h"

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

#define START_NS	(1800000000LL * NS_PER_S)

/* A host that is @ahead_ns of the reference, read to 2 us, of which 100 us are stated. */
static struct timescale_now beside(int64_t ahead_ns)
{
	return (struct timescale_now){
		.reference_ns = START_NS,
		.host_ns = START_NS + ahead_ns,
		.time_ns = START_NS + ahead_ns,
		.maxerror_ns = 2000,
		.host_maxerror_ns = 100000,
		.has_host = true,
		.host_known = true,
	};
}

/* So many sources agree on UTC minus reference. */
static struct selection agree(size_t count, int64_t low_ns, int64_t high_ns)
{
	return (struct selection){
		.selected = 0,
		.count = count,
		.candidates = count + 1,
		.falsetickers = 1,
		.low_ns = low_ns,
		.high_ns = high_ns,
	};
}

TEST(the_smaller_bound_is_followed)
{
	const struct timescale_now now = beside(0);
	const struct selection selection = agree(3, -500000, 500000);

	EXPECT_EQ(VOUCHED_HOST_STANDS, vouched_host_judge(&now, &selection, 500000, 500000));
	EXPECT_EQ(VOUCHED_HOST_STANDS, vouched_host_judge(&now, &selection, 102000, 102000));
	EXPECT_EQ(VOUCHED_HOST_WORSE, vouched_host_judge(&now, &selection, 101999, 101999));
}

/* The module goes back to the host when the correction's bound is half as much again. */
TEST(sources_that_are_better_for_a_moment_are_not_followed)
{
	const struct timescale_now now = beside(0);
	const struct selection selection = agree(3, -500000, 500000);

	EXPECT_EQ(VOUCHED_HOST_WORSE, vouched_host_judge(&now, &selection, 50000, 153000));
	EXPECT_EQ(VOUCHED_HOST_STANDS, vouched_host_judge(&now, &selection, 50000, 153001));
	/* There was no new answer. */
	EXPECT_EQ(VOUCHED_HOST_STANDS, vouched_host_judge(&now, &selection, 50000, INT64_MAX));
}

/* Also where the host has been slewed since the reference was begun. */
TEST(agreement_is_with_the_host_and_not_with_the_reference)
{
	const struct timescale_now now = beside(NS_PER_S);
	const struct selection there = agree(3, NS_PER_S - 500000, NS_PER_S + 500000);
	const struct selection here = agree(3, -500000, 500000);

	EXPECT_EQ(VOUCHED_HOST_STANDS, vouched_host_judge(&now, &there, 500000, 500000));
	EXPECT_EQ(VOUCHED_HOST_WRONG, vouched_host_judge(&now, &here, 500000, 500000));
}

TEST(one_source_does_not_refute_what_was_stated)
{
	const struct timescale_now now = beside(0);
	struct selection selection = agree(1, 102001, 500000);

	EXPECT_EQ(VOUCHED_HOST_SUSPECT, vouched_host_judge(&now, &selection, 500000, 500000));
	selection = agree(2, 102001, 500000);
	EXPECT_EQ(VOUCHED_HOST_WRONG, vouched_host_judge(&now, &selection, 500000, 500000));
	selection = agree(2, 102000, 500000);
	EXPECT_EQ(VOUCHED_HOST_STANDS, vouched_host_judge(&now, &selection, 500000, 500000));
	selection = agree(2, -500000, -102001);
	EXPECT_EQ(VOUCHED_HOST_WRONG, vouched_host_judge(&now, &selection, 500000, 500000));
	selection = agree(2, -500000, -102000);
	EXPECT_EQ(VOUCHED_HOST_STANDS, vouched_host_judge(&now, &selection, 500000, 500000));
}

TEST(nothing_is_stated)
{
	const struct selection selection = agree(1, 102001, 500000);
	struct timescale_now now = beside(0);

	now.host_maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	EXPECT_EQ(VOUCHED_HOST_NONE, vouched_host_judge(&now, &selection, 500000, 500000));
	/* There is a correction. */
	now.host_maxerror_ns = 0;
	EXPECT_EQ(VOUCHED_HOST_NONE, vouched_host_judge(&now, &selection, 500000, 500000));
	now = beside(0);
	now.has_host = false;
	EXPECT_EQ(VOUCHED_HOST_NONE, vouched_host_judge(&now, &selection, 500000, 500000));
}

/* Numbers of a liar do not overflow. */
TEST(extremes_are_no_agreement)
{
	const struct timescale_now now = beside(0);
	const struct selection selection = agree(2, INT64_MAX - 1, INT64_MAX);

	EXPECT_EQ(VOUCHED_HOST_WRONG, vouched_host_judge(&now, &selection, INT64_MAX, INT64_MAX));
}

TEST_HARNESS_MAIN
