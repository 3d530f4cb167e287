// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disruptions and the present host: how right its clock is stated to be, and whether it may be
 * another one than before.
 */
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/math64.h>
#include <linux/time64.h>

#include "chime.h"
#include "core/verdict.h"
#include "disruption_parts.h"

/*
 * A vmclock page speaks of the present host, and so counts more than what the operator states of
 * all of them: above all if it says that this one's clock is not synchronised.
 */
static s64 chime_disruption_host_maxerror(const struct chime *chime)
{
	const struct chime_vmclock *vmclock = &chime->witness.vmclock;
	s64 maxerror_ns = CHIME_LINE_UNBOUNDED_NS;

	/* Otherwise this may be another host, of which the old page says nothing. */
	if (chime_vmclock_was_read(vmclock))
		maxerror_ns = chime_vmclock_host_maxerror(vmclock, &chime->host.track.line);
	if (maxerror_ns != CHIME_LINE_UNBOUNDED_NS)
		return maxerror_ns;
	if (chime_vmclock_present(vmclock) && chime_vmclock_is_wrong(&vmclock->page))
		return CHIME_LINE_UNBOUNDED_NS;
	return chime->host.stated_maxerror_ns ?: CHIME_LINE_UNBOUNDED_NS;
}

void chime_disruption_note_host_maxerror(struct chime *chime)
{
	lockdep_assert_held(&chime->lock);
	/* The line of a host that was lost may stand in for it, as right as that host was. */
	if (chime_host_has_line(&chime->host) &&
	    (!chime->host.lost || chime->timescale.stands_in))
		chime_timescale_set_host_maxerror(&chime->timescale,
						  chime_disruption_host_maxerror(chime));
}

void chime_disruption_suspect_host(struct chime *chime)
{
	bool followed = chime_timescale_is_trusted(&chime->timescale);

	if (chime_timescale_suspect_host(&chime->timescale, ktime_get_raw_ns()))
		chime->disruption.suspected = followed;
}

s64 chime_disruption_host_ahead(const struct chime_timescale *timescale, s64 raw_ns)
{
	const struct chime_view *view = &timescale->current_view;

	return chime_sub_sat(chime_line_eval(&view->host, raw_ns),
			     chime_line_eval(&view->line, raw_ns));
}

bool chime_disruption_is_vouched(const struct chime *chime)
{
	const struct chime_timescale *timescale = &chime->timescale;

	return timescale->current_view.host_maxerror_ns != CHIME_LINE_UNBOUNDED_NS &&
	       !chime_timescale_refutes_host(timescale, ktime_get_raw_ns());
}

void chime_disruption_weigh_host(struct chime *chime, bool jump)
{
	struct chime_stated stated;

	if (!chime_timescale_return_to_host(&chime->timescale, jump, ktime_get_raw_ns(), &stated))
		return;
	chime_log_add(&chime->log, CHIME_LOG_NOTICE,
		      "UTC is known to %lld us by the latest correction, and to %lld us by the host's clock as that is stated to be right: the host is followed again, which is %lld us away\n",
		      div_s64(stated.correction_ns, NSEC_PER_USEC),
		      div_s64(stated.host_ns, NSEC_PER_USEC),
		      div_s64(stated.apart_ns, NSEC_PER_USEC));
}

bool chime_disruption_stayed(const struct chime *chime, u32 evidence)
{
	return chime_vmclock_was_read(&chime->witness.vmclock) && !(evidence & CHIME_SAW(MARKER));
}
