// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bounds decide. What an operator, or a hypervisor, states of a host's clock is as good as a source
 * of that bound: one server alone neither refutes nor replaces it.
 */
#include "discipline/vouched_host.h"

#include "core/line.h"
#include "core/statement.h"
#include "discipline/refutation.h"

enum vouched_host vouched_host_judge(const struct timescale_now *now,
				     const struct selection *selection, int64_t maxerror_ns,
				     int64_t until_ns)
{
	int64_t ahead_ns = chime_sub_sat(now->host_ns, now->reference_ns);
	int64_t bound_ns = chime_add_sat(now->maxerror_ns, now->host_maxerror_ns);

	if (!now->has_host || !timescale_is_vouched(now))
		return VOUCHED_HOST_NONE;
	if (chime_sub_sat(ahead_ns, bound_ns) > selection->high_ns ||
	    chime_add_sat(ahead_ns, bound_ns) < selection->low_ns)
		return selection_truechimers(selection) < REFUTATION_WITNESSES ?
		       VOUCHED_HOST_SUSPECT : VOUCHED_HOST_WRONG;

	/* The module would go back to the host before long. */
	if (until_ns > chime_statement_outgrown_ns(bound_ns))
		return VOUCHED_HOST_STANDS;
	return bound_ns <= maxerror_ns ? VOUCHED_HOST_STANDS : VOUCHED_HOST_WORSE;
}

const char *vouched_host_name(enum vouched_host verdict)
{
	switch (verdict) {
	case VOUCHED_HOST_NONE:
		break;
	case VOUCHED_HOST_STANDS:
		return "stands";
	case VOUCHED_HOST_SUSPECT:
		return "suspect";
	case VOUCHED_HOST_WORSE:
		return "worse";
	case VOUCHED_HOST_WRONG:
		return "wrong";
	}

	return "none";
}
