// SPDX-License-Identifier: GPL-2.0-only
/*
 * Findings on the system clock: is it synchronised, to what, and who waits for that?
 */
#include "doctor/findings_parts.h"

#include "lib/names.h"

static void judge_synchronised(const struct doctor_facts *facts, struct doctor_report *report)
{
	if (facts->clock.synchronised)
		return;
	if (!facts->daemon.error && facts->daemon.synchronised && !facts->daemon.observing) {
		doctor_add(report, "clock-contradicted", DOCTOR_ERROR,
			   "Another program has told the kernel so, as a time daemon does when it ends; the daemon corrects that within seconds, unless that program goes on.",
			   "The daemon calls the system clock synchronised, but the kernel says that it is not.");
		doctor_advise(report, "truechime doctor  # again, and then: %s",
			      facts->machine.systemd ? "journalctl -u truechimed" :
			      "truechime rivals");
		return;
	}
	doctor_add(report, "clock-unsynchronised", DOCTOR_ERROR,
		   "The time may be wrong by any amount: certificates and tokens may be taken for expired or not yet valid. timedatectl says \"System clock synchronized: no\".",
		   "The system clock is not synchronised.");
	doctor_advise(report,
		      "truechime waitsync --timeout 1min  # when what else is found is mended");
}

static void judge_bound(const struct doctor_facts *facts, struct doctor_report *report)
{
	if (!facts->clock.synchronised || facts->daemon.error)
		return;
	if (!facts->clock.has_bound && !facts->host.external && !facts->daemon.aside) {
		doctor_add(report, "bound-unknown", DOCTOR_WARNING,
			   "The clock follows its host, and as long as no time source answers nobody knows how right that is.",
			   "It is not known how wrong the clock may be.");
		doctor_advise(report,
			      "truechime sources  # or state hostmaxerror in truechime.conf, if you know your hosts");
		return;
	}
	if (!facts->clock.has_bound || facts->clock.bound_ns <= DOCTOR_BOUND_WIDE_NS)
		return;
	doctor_add(report, "bound-wide", DOCTOR_WARNING,
		   "That is the most that it may be wrong, and more than Ceph or a cluster's database bears. It grows while no source answers, and is never less than half of the way to the nearest source and what that source says of itself.",
		   "The clock is only known to be right to within %s.",
		   duration_text(facts->clock.bound_ns).text);
	doctor_advise(report, "truechime sources -v  # and name a nearer server");
}

static void judge_trust(const struct doctor_facts *facts, struct doctor_report *report)
{
	if (facts->daemon.error)
		return;
	if (facts->daemon.refused) {
		doctor_add(report, "maxchange", DOCTOR_ERROR,
			   "maxchange in the configuration forbids so great a change, so the clock stays as it is.",
			   "The clock is not corrected, although the time sources want that.");
		doctor_advise(report,
			      "truechime sources  # and if they are right: truechime makestep");
	}
	if (facts->daemon.disrupted) {
		doctor_add(report, "disrupted", DOCTOR_WARNING,
			   "Where nothing tells by how much time was lost, only an answer of a time source confirms the clock.",
			   "Time was disrupted, and no time source has confirmed the clock since.");
		doctor_advise(report, "truechime events; truechime burst 4/4");
	}
}

static void judge_time_sync(const struct doctor_facts *facts, struct doctor_report *report)
{
	if (!facts->units.known || !facts->units.exists || facts->units.wait_sync_enabled)
		return;
	if (facts->units.time_sync_reached && !facts->clock.synchronised)
		doctor_add(report, "time-sync-early", DOCTOR_WARNING,
			   "Services that wait for time-sync.target were started although the clock may be wrong.",
			   "time-sync.target is reached, and the clock is not synchronised.");
	else
		doctor_add(report, "time-sync-unguarded", DOCTOR_NOTE,
			   "It is reached when the daemon has started. Services that wait for it may start before the clock is right.",
			   "Nothing holds time-sync.target back until the clock is right.");
	doctor_advise(report, "systemctl enable truechime-wait-sync");
}

void doctor_judge_clock(const struct doctor_facts *facts, struct doctor_report *report)
{
	judge_trust(facts, report);
	judge_synchronised(facts, report);
	judge_bound(facts, report);
	judge_time_sync(facts, report);
}
