// SPDX-License-Identifier: GPL-2.0-only
/*
 * The count of what time sources say of a clock: when it is refuted, and when no longer.
 */
#include "user/discipline/refutation.h"

#include "selftests/unit/unit.h"

FIXTURE(clock) {
	struct refutation refutation;
};

FIXTURE_SETUP(clock)
{
	self->refutation = (struct refutation){ 0 };
}

FIXTURE_TEARDOWN(clock)
{
}

/* How many votes it takes to change anything; 0: more than @most. */
static int count(struct _test_data_clock *self, enum refutation_vote vote, int most,
		 enum refutation_change *change)
{
	int i;

	for (i = 1; i <= most; i++) {
		*change = refutation_count(&self->refutation, vote);
		if (*change != REFUTATION_STAYS)
			return i;
	}
	return 0;
}

TEST_F(clock, that_is_excluded_four_times_is_refuted)
{
	enum refutation_change change;

	EXPECT_EQ(4, count(self, REFUTATION_EXCLUDES, 10, &change));
	EXPECT_EQ(REFUTATION_BEGINS, change);
	EXPECT_TRUE(self->refutation.refuted);
	/* That is said once. */
	EXPECT_EQ(0, count(self, REFUTATION_EXCLUDES, 100, &change));
}

TEST_F(clock, that_is_right_now_and_then_is_not_refuted)
{
	enum refutation_change change;

	for (int i = 0; i < 10; i++) {
		EXPECT_EQ(0, count(self, REFUTATION_EXCLUDES, 3, &change));
		if (i % 2)
			refutation_break(&self->refutation);
		else
			refutation_count(&self->refutation, REFUTATION_AGREES);
	}
	EXPECT_FALSE(self->refutation.refuted);
}

TEST_F(clock, that_agrees_for_long_is_believed_again)
{
	enum refutation_change change;

	ASSERT_EQ(4, count(self, REFUTATION_EXCLUDES, 4, &change));
	EXPECT_EQ(0, count(self, REFUTATION_AGREES, 63, &change));
	EXPECT_EQ(REFUTATION_STAYS, refutation_count(&self->refutation, REFUTATION_EXCLUDES));
	EXPECT_EQ(64, count(self, REFUTATION_AGREES, 100, &change));
	EXPECT_EQ(REFUTATION_ENDS, change);
	EXPECT_FALSE(self->refutation.refuted);
	/* What was before counts no more. */
	EXPECT_EQ(4, count(self, REFUTATION_EXCLUDES, 10, &change));
}

TEST_F(clock, that_was_set_right_is_believed_as_soon_as_it_was_refuted)
{
	enum refutation_change change;

	ASSERT_EQ(4, count(self, REFUTATION_EXCLUDES, 4, &change));
	EXPECT_EQ(4, count(self, REFUTATION_CLEARS, 10, &change));
	EXPECT_EQ(REFUTATION_ENDS, change);
}

/* Nobody says anything of it for a while: a silence says nothing for it. */
TEST_F(clock, stays_refuted)
{
	enum refutation_change change;

	ASSERT_EQ(4, count(self, REFUTATION_EXCLUDES, 4, &change));
	refutation_break(&self->refutation);
	EXPECT_TRUE(self->refutation.refuted);
	EXPECT_EQ(0, count(self, REFUTATION_CLEARS, 3, &change));
	refutation_break(&self->refutation);
	EXPECT_EQ(1, count(self, REFUTATION_CLEARS, 1, &change));
}

TEST_HARNESS_MAIN
