// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trust in the clock: a row for each transition, and what each state allows.
 */
#include "user/steering/trust.h"

#include "selftests/unit/unit.h"

/* What each state becomes, in the order of the columns. */
static const struct {
	enum trust_event event;
	enum trust following;
	enum trust confirmed;
	enum trust repaired;
	enum trust disrupted;
	enum trust held;
	enum trust external;
} rows[] = {
	{ TRUST_SOURCES_AGREE, TRUST_CONFIRMED, TRUST_CONFIRMED, TRUST_REPAIRED,
	  TRUST_DISRUPTED, TRUST_CONFIRMED, TRUST_EXTERNAL },
	{ TRUST_SOURCES_MEASURED, TRUST_CONFIRMED, TRUST_CONFIRMED, TRUST_CONFIRMED,
	  TRUST_CONFIRMED, TRUST_CONFIRMED, TRUST_EXTERNAL },
	{ TRUST_SOURCES_SILENT, TRUST_FOLLOWING, TRUST_FOLLOWING, TRUST_REPAIRED,
	  TRUST_DISRUPTED, TRUST_FOLLOWING, TRUST_EXTERNAL },
	{ TRUST_SOURCES_LOST, TRUST_HELD, TRUST_HELD, TRUST_DISRUPTED,
	  TRUST_DISRUPTED, TRUST_HELD, TRUST_EXTERNAL },
	{ TRUST_TIME_REPAIRED, TRUST_REPAIRED, TRUST_REPAIRED, TRUST_REPAIRED,
	  TRUST_DISRUPTED, TRUST_DISRUPTED, TRUST_EXTERNAL },
	{ TRUST_TIME_DISRUPTED, TRUST_DISRUPTED, TRUST_DISRUPTED, TRUST_DISRUPTED,
	  TRUST_DISRUPTED, TRUST_DISRUPTED, TRUST_EXTERNAL },
	{ TRUST_OPERATOR_SET, TRUST_HELD, TRUST_HELD, TRUST_HELD,
	  TRUST_HELD, TRUST_HELD, TRUST_EXTERNAL },
	{ TRUST_HOST_ALONE, TRUST_FOLLOWING, TRUST_FOLLOWING, TRUST_REPAIRED,
	  TRUST_REPAIRED, TRUST_FOLLOWING, TRUST_EXTERNAL },
	{ TRUST_OTHERS_STEER, TRUST_EXTERNAL, TRUST_EXTERNAL, TRUST_EXTERNAL,
	  TRUST_EXTERNAL, TRUST_EXTERNAL, TRUST_EXTERNAL },
	{ TRUST_OTHERS_LEFT, TRUST_FOLLOWING, TRUST_CONFIRMED, TRUST_REPAIRED,
	  TRUST_DISRUPTED, TRUST_HELD, TRUST_FOLLOWING },
};

TEST(each_transition)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		enum trust_event event = rows[i].event;

		EXPECT_EQ(i, event);
		EXPECT_EQ(rows[i].following, trust_after(TRUST_FOLLOWING, event)) TH_LOG("%u", i);
		EXPECT_EQ(rows[i].confirmed, trust_after(TRUST_CONFIRMED, event)) TH_LOG("%u", i);
		EXPECT_EQ(rows[i].repaired, trust_after(TRUST_REPAIRED, event)) TH_LOG("%u", i);
		EXPECT_EQ(rows[i].disrupted, trust_after(TRUST_DISRUPTED, event)) TH_LOG("%u", i);
		EXPECT_EQ(rows[i].held, trust_after(TRUST_HELD, event)) TH_LOG("%u", i);
		EXPECT_EQ(rows[i].external, trust_after(TRUST_EXTERNAL, event)) TH_LOG("%u", i);
	}
}

TEST(what_each_state_allows)
{
	static const struct {
		enum trust trust;
		const char *name;
		bool allows;
		bool unconfirmed;
	} states[] = {
		{ TRUST_UNKNOWN, "unknown", false, false },
		{ TRUST_FOLLOWING, "following", true, false },
		{ TRUST_CONFIRMED, "confirmed", true, false },
		{ TRUST_REPAIRED, "repaired", true, true },
		{ TRUST_DISRUPTED, "disrupted", false, true },
		{ TRUST_HELD, "held", false, false },
		{ TRUST_EXTERNAL, "external", false, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		EXPECT_STREQ(states[i].name, trust_name(states[i].trust));
		EXPECT_EQ(states[i].allows, trust_allows(states[i].trust)) TH_LOG("%u", i);
		EXPECT_EQ(states[i].unconfirmed, trust_is_unconfirmed(states[i].trust))
			TH_LOG("%u", i);
	}
}

/* However it went, once disrupted nothing but a measurement brings back what may be trusted. */
TEST(only_a_measurement_ends_a_disruption)
{
	static const enum trust_event others[] = {
		TRUST_SOURCES_AGREE, TRUST_SOURCES_SILENT, TRUST_SOURCES_LOST,
		TRUST_TIME_REPAIRED, TRUST_TIME_DISRUPTED, TRUST_OTHERS_LEFT,
	};
	enum trust trust = TRUST_DISRUPTED;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		for (j = 0; j < ARRAY_SIZE(others); j++) {
			trust = trust_after(trust_after(trust, others[i]), others[j]);
			EXPECT_FALSE(trust_allows(trust));
		}
	}
	EXPECT_EQ(TRUST_CONFIRMED, trust_after(trust, TRUST_SOURCES_MEASURED));
}

TEST_HARNESS_MAIN
