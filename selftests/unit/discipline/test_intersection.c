// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who agrees with most, and where the truth is then.
 */
#include "user/discipline/intersection.h"

#include "user/discipline/source_select.h"
#include "selftests/unit/unit.h"

FIXTURE(meeting) {
	struct candidate candidates[SOURCE_SELECT_MAX];
	size_t count;
	struct extent place, bound;
};

FIXTURE_SETUP(meeting)
{
	memset(self, 0, sizeof(*self));
}

FIXTURE_TEARDOWN(meeting)
{
}

static struct candidate *add(FIXTURE_DATA(meeting) *self, double low, double high)
{
	struct candidate *candidate = &self->candidates[self->count++];

	*candidate = (struct candidate){ .offset = (low + high) / 2, .distance = (high - low) / 2 };
	return candidate;
}

static bool find(FIXTURE_DATA(meeting) *self, size_t silent)
{
	return intersection_find(self->candidates, self->count, silent, &self->place,
				 &self->bound);
}

TEST_F(meeting, one_is_a_majority_of_one)
{
	struct candidate *only = add(self, 10, 20);

	ASSERT_TRUE(find(self, 0));
	EXPECT_TRUE(only->agrees);
	EXPECT_EQ(10.0, self->place.low);
	EXPECT_EQ(20.0, self->place.high);
	EXPECT_EQ(10.0, self->bound.low);
	EXPECT_EQ(20.0, self->bound.high);
}

TEST_F(meeting, half_are_none)
{
	add(self, 0, 10);
	add(self, 20, 30);
	EXPECT_FALSE(find(self, 0));
	add(self, 10, 20);
	EXPECT_TRUE(find(self, 0));
}

TEST_F(meeting, who_does_not_touch_is_a_falseticker)
{
	struct candidate *near = add(self, 0, 10), *other = add(self, 5, 15);
	struct candidate *touches = add(self, 10, 30), *beyond = add(self, 16, 30);

	ASSERT_TRUE(find(self, 0));
	EXPECT_TRUE(near->agrees);
	EXPECT_TRUE(other->agrees);
	EXPECT_TRUE(touches->agrees);
	EXPECT_FALSE(beyond->agrees);
}

TEST_F(meeting, the_truth_is_where_a_majority_is)
{
	/* Any two of the three may be right; all three meet from 8 to 9. */
	add(self, 0, 9);
	add(self, 5, 20);
	add(self, 8, 30);
	ASSERT_TRUE(find(self, 0));
	EXPECT_EQ(5.0, self->place.low);
	EXPECT_EQ(20.0, self->place.high);
	EXPECT_EQ(5.0, self->bound.low);
	EXPECT_EQ(20.0, self->bound.high);
}

TEST_F(meeting, silent_sources_may_be_those_that_are_right)
{
	add(self, 0, 9);
	add(self, 5, 20);
	add(self, 8, 30);
	/* Of five two may be wrong, and both among these: one is right. Where all meet is best. */
	ASSERT_TRUE(find(self, 2));
	EXPECT_EQ(8.0, self->place.low);
	EXPECT_EQ(9.0, self->place.high);
	EXPECT_EQ(0.0, self->bound.low);
	EXPECT_EQ(30.0, self->bound.high);
}

/* Liars agree with two that leave much open: more meet there than where the required one is. */
TEST_F(meeting, of_two_majorities_the_one_with_a_required_source)
{
	struct candidate *required = add(self, 0, 10), *other = add(self, 0, 12);
	struct candidate *wide = add(self, 8, 30), *liar = add(self, 11, 14);

	add(self, 11, 14);
	ASSERT_TRUE(find(self, 0));
	EXPECT_FALSE(required->agrees);
	required->require = true;
	ASSERT_TRUE(find(self, 0));
	EXPECT_TRUE(required->agrees);
	EXPECT_TRUE(other->agrees);
	EXPECT_TRUE(wide->agrees);
	EXPECT_FALSE(liar->agrees);
	/* Where the truth may be does not change by that. */
	EXPECT_EQ(8.0, self->bound.low);
	EXPECT_EQ(14.0, self->bound.high);
}

/* Who is required has no more votes than others. */
TEST_F(meeting, a_required_source_makes_no_majority)
{
	struct candidate *required = add(self, 0, 10), *other = add(self, 11, 14);

	required->require = true;
	add(self, 0, 12);
	add(self, 11, 14);
	add(self, 11, 14);
	ASSERT_TRUE(find(self, 0));
	EXPECT_FALSE(required->agrees);
	EXPECT_TRUE(other->agrees);
}

TEST_F(meeting, as_many_as_there_can_be)
{
	for (int i = 0; i < SOURCE_SELECT_MAX; i++)
		add(self, -i, 10);
	ASSERT_TRUE(find(self, 0));
	EXPECT_EQ(10.0, self->bound.high);
}

TEST_F(meeting, nobody_outvotes_the_trusted)
{
	struct candidate *trusted = add(self, 0, 10), *liar = add(self, 20, 30);

	add(self, 20, 30);
	add(self, 20, 30);
	trusted->trust = true;
	/* Silent ones are not trusted, and have no say either. */
	ASSERT_TRUE(find(self, 9));
	EXPECT_FALSE(liar->agrees);
	EXPECT_EQ(0.0, self->bound.low);
	EXPECT_EQ(10.0, self->bound.high);
}

TEST_F(meeting, beside_trusted_ones_only_who_lies_inside_is_used)
{
	struct candidate *trusted = add(self, 0, 10), *inside = add(self, 0, 10);
	struct candidate *early = add(self, -1, 10), *late = add(self, 0, 11);

	trusted->trust = true;
	ASSERT_TRUE(find(self, 0));
	EXPECT_TRUE(trusted->within);
	EXPECT_TRUE(inside->within);
	EXPECT_TRUE(early->agrees);
	EXPECT_FALSE(early->within);
	EXPECT_TRUE(late->agrees);
	EXPECT_FALSE(late->within);
	trusted->trust = false;
	ASSERT_TRUE(find(self, 0));
	EXPECT_TRUE(early->within);
}

TEST_F(meeting, trusted_ones_stay_within_whatever_they_say)
{
	struct candidate *one = add(self, 0, 10), *other = add(self, 5, 15);

	one->trust = true;
	other->trust = true;
	ASSERT_TRUE(find(self, 0));
	EXPECT_TRUE(one->within);
	EXPECT_TRUE(other->within);
	EXPECT_EQ(5.0, self->bound.low);
	EXPECT_EQ(10.0, self->bound.high);
}

TEST_HARNESS_MAIN
