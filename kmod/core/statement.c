// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statements: how right a host's clock is stated to be, beside a correction. Bounds decide.
 */
#include "core/statement.h"

/* A host and this guest pass a leap second at different moments. */
#define CHIME_LEAP_NS	CHIME_NS_PER_S

enum chime_statement chime_statement_judge(const struct chime_stated *stated)
{
	s64 reach_ns = chime_add_sat(stated->host_ns, stated->correction_ns);
	s64 most_ns = chime_add_sat(stated->apart_ns, stated->correction_ns);

	if (stated->host_ns == CHIME_LINE_UNBOUNDED_NS)
		return CHIME_STATEMENT_OPEN;
	if (most_ns <= stated->host_ns)
		return CHIME_STATEMENT_CONFIRMED;
	if (stated->apart_ns <= reach_ns)
		return CHIME_STATEMENT_OPEN;
	if (chime_abs_sat(chime_sub_sat(stated->apart_ns, CHIME_LEAP_NS)) <= reach_ns)
		return CHIME_STATEMENT_APART;
	return CHIME_STATEMENT_REFUTED;
}

bool chime_statement_is_better(const struct chime_stated *stated)
{
	s64 lasting_ns = chime_sub_sat(stated->correction_ns, stated->passing_ns);

	return stated->host_ns != CHIME_LINE_UNBOUNDED_NS &&
	       lasting_ns > chime_statement_outgrown_ns(stated->host_ns) &&
	       !chime_statement_is_contradicted(chime_statement_judge(stated));
}
