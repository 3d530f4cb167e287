// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statements: every verdict of a correction on a host's stated bound, the edges between them, and
 * which of the two is known better.
 */
#include "kmod/core/statement.h"

#include "kmod/core/line.h"
#include "selftests/unit/unit.h"

#define US	1000LL
#define MS	1000000LL
#define S	1000000000LL
#define NONE	CHIME_LINE_UNBOUNDED_NS

static const struct {
	const char *what;
	struct chime_stated stated;
	enum chime_statement statement;
	bool better;
} cases[] = {
	{ "they agree, and the correction is better", { MS, 100 * US, 0, 500 * US },
	  CHIME_STATEMENT_CONFIRMED, false },
	{ "all that the correction allows is within the statement", { MS, 100 * US, 0, 900 * US },
	  CHIME_STATEMENT_CONFIRMED, false },
	{ "not quite all", { MS, 100 * US, 0, 900 * US + 1 }, CHIME_STATEMENT_OPEN, false },
	{ "they touch", { MS, 100 * US, 0, 1100 * US }, CHIME_STATEMENT_OPEN, false },
	{ "they do not", { MS, 100 * US, 0, 1100 * US + 1 }, CHIME_STATEMENT_REFUTED, false },
	{ "a second apart", { MS, 100 * US, 0, S }, CHIME_STATEMENT_APART, false },
	{ "nearly a second", { MS, 100 * US, 0, S - 1100 * US }, CHIME_STATEMENT_APART, false },
	{ "less", { MS, 100 * US, 0, S - 1100 * US - 1 }, CHIME_STATEMENT_REFUTED, false },
	{ "more", { MS, 100 * US, 0, S + 1100 * US + 1 }, CHIME_STATEMENT_REFUTED, false },
	{ "as well known", { MS, MS, 0, 0 }, CHIME_STATEMENT_CONFIRMED, false },
	{ "hardly worse", { MS, 1500 * US, 0, 0 }, CHIME_STATEMENT_OPEN, false },
	{ "worse", { MS, 1500 * US + 1, 0, 0 }, CHIME_STATEMENT_OPEN, true },
	{ "worse for the moment", { MS, 1500 * US + 1, 1, 0 }, CHIME_STATEMENT_OPEN, false },
	{ "worse in spite of that", { MS, 2 * MS, 400 * US, 0 }, CHIME_STATEMENT_OPEN, true },
	{ "worse, but contradicted", { MS, 2 * MS, 0, 3 * MS + 1 },
	  CHIME_STATEMENT_REFUTED, false },
	{ "worse, a leap second apart", { MS, 2 * MS, 0, S }, CHIME_STATEMENT_APART, false },
	{ "no bound of the correction", { MS, NONE, 0, S }, CHIME_STATEMENT_OPEN, true },
	{ "... but for another host", { MS, NONE, 10 * MS, 0 }, CHIME_STATEMENT_OPEN, true },
	{ "nothing is stated", { NONE, NONE, 0, 0 }, CHIME_STATEMENT_OPEN, false },
	{ "nothing, beside a good one", { NONE, US, 0, 5 * S }, CHIME_STATEMENT_OPEN, false },
	{ "an absurd statement", { NONE - 1, NONE, 0, NONE }, CHIME_STATEMENT_OPEN, false },
};

TEST(bounds_decide)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		TH_LOG("%s", cases[i].what);
		EXPECT_EQ(cases[i].statement, chime_statement_judge(&cases[i].stated));
		EXPECT_EQ(cases[i].better, chime_statement_is_better(&cases[i].stated));
	}
}

TEST(contradictions_are_those_of_a_second_and_all_others)
{
	EXPECT_FALSE(chime_statement_is_contradicted(CHIME_STATEMENT_OPEN));
	EXPECT_FALSE(chime_statement_is_contradicted(CHIME_STATEMENT_CONFIRMED));
	EXPECT_TRUE(chime_statement_is_contradicted(CHIME_STATEMENT_APART));
	EXPECT_TRUE(chime_statement_is_contradicted(CHIME_STATEMENT_REFUTED));
}

TEST_HARNESS_MAIN
