// SPDX-License-Identifier: GPL-2.0-only
/*
 * Findings on the daemon: does it run, will it after a reboot, and if not, why?
 */
#include "doctor/findings_parts.h"

#include <errno.h>

#include "lib/names.h"
#include "lib/services.h"

/* What the daemon ends with, as its page says. */
enum {
	EXIT_USAGE = 2,
	EXIT_MAXCHANGE = 3,
	EXIT_CONFIG = 4,
	EXIT_ANOTHER = 5,
};

#define NOT_KEPT "Nothing corrects the clock by NTP, and nothing says how wrong it may be."

static void add_failed(struct doctor_report *report, const char *reason)
{
	doctor_add(report, "daemon-failed", DOCTOR_ERROR, NOT_KEPT,
		   "The daemon truechimed is not running: %s.", reason);
}

static void judge_failed(const struct doctor_facts *facts, struct doctor_report *report)
{
	const char *file = facts->units.configuration;
	/* What is tried by hand has to read what the unit reads. */
	const char *option = *file ? " -f " : "";

	switch (facts->units.exit_status) {
	case EXIT_USAGE:
		add_failed(report, "its command line is wrong");
		doctor_advise(report, "systemctl cat truechimed; journalctl -u truechimed -n 5");
		break;
	case EXIT_MAXCHANGE:
		add_failed(report,
			   "the time sources wanted a greater change than maxchange allows");
		doctor_advise(report,
			      "truechimed -Q%s%s  # and if that is right: systemctl start truechimed",
			      option, file);
		break;
	case EXIT_CONFIG:
		add_failed(report, "its configuration has errors");
		doctor_advise(report,
			      "truechimed -p%s%s  # and when they are mended: systemctl restart truechimed",
			      option, file);
		break;
	case EXIT_ANOTHER:
		add_failed(report, "another truechimed runs already");
		doctor_advise(report, "pgrep -a truechimed");
		break;
	default:
		add_failed(report, "it has ended with an error");
		doctor_advise(report,
			      "journalctl -u truechimed -n 20; systemctl restart truechimed");
		break;
	}
}

static void judge_stopped(const struct doctor_facts *facts, struct doctor_report *report)
{
	if (facts->units.known && facts->units.failed) {
		judge_failed(facts, report);
	} else if (facts->units.known && !facts->units.exists) {
		doctor_add(report, "daemon-missing", DOCTOR_ERROR, NOT_KEPT,
			   "The daemon truechimed is not running, and systemd knows no unit of it.");
		doctor_advise(report, "apt install truechime");
	} else if (facts->units.known && facts->units.active) {
		doctor_add(report, "daemon-starting", DOCTOR_WARNING, NOT_KEPT,
			   "systemd has started the daemon truechimed, but it does not answer at its socket.");
		doctor_advise(report, "journalctl -u truechimed -n 20");
	} else if (facts->machine.may_not_set) {
		doctor_add(report, "daemon-not-allowed", DOCTOR_NOTE,
			   "Nothing here may set the clock, which is that of the system that runs this container. The daemon belongs there.",
			   "The daemon truechimed is not running, and systemd does not start it, as CAP_SYS_TIME is missing.");
		doctor_advise(report, "truechime doctor  # on that system");
	} else if (facts->units.masked) {
		doctor_add(report, "daemon-masked", DOCTOR_ERROR, NOT_KEPT,
			   "The daemon truechimed is not running, and its unit is masked, so that nothing can start it.");
		doctor_advise(report,
			      "systemctl unmask truechimed && systemctl enable --now truechimed");
	} else {
		doctor_add(report, "daemon-stopped", DOCTOR_ERROR, NOT_KEPT,
			   "The daemon truechimed is not running%s.",
			   facts->units.known && !facts->units.enabled ?
			   ", and is not started at boot" : "");
		doctor_advise(report, "%s", facts->machine.systemd ?
			      "systemctl enable --now truechimed" :
			      "truechimed &  # as root, and at each boot");
	}
}

static void judge_running(const struct doctor_facts *facts, struct doctor_report *report)
{
	if (facts->units.known && facts->units.exists && !facts->units.enabled) {
		doctor_add(report, "daemon-not-enabled", DOCTOR_WARNING,
			   "After the next boot nothing keeps the clock right by NTP.",
			   "The daemon truechimed runs, but is not started at boot.");
		doctor_advise(report, "%ssystemctl enable truechimed",
			      facts->units.masked ? "systemctl unmask truechimed && " : "");
	}
	if (facts->daemon.observing) {
		doctor_add(report, "daemon-observes", DOCTOR_WARNING,
			   "It says how wrong the clock is, and leaves it so.",
			   "The daemon truechimed was started with -x, only to observe.");
		doctor_advise(report, "%s  # and take -x out of its command line",
			      facts->machine.systemd ? "systemctl cat truechimed" :
			      "pgrep -a truechimed");
	}
}

/* Whose clock this is about are others. */
static void judge_certificate(const struct doctor_facts *facts, struct doctor_report *report)
{
	if (!facts->daemon.certificate_expired)
		return;
	doctor_add(report, "nts-certificate-expired", DOCTOR_WARNING,
		   "Clients of this server refuse it, and get no time by NTS.",
		   "The certificate that NTS clients are shown (ntsservercert), or one of those who signed it, has expired.");
	doctor_advise(report, "truechime reload  # when it was renewed");
}

static void judge_silent(const struct doctor_facts *facts, struct doctor_report *report)
{
	char restart[SERVICE_COMMAND_MAX];

	doctor_add(report, "daemon-silent", DOCTOR_ERROR,
		   "Whether it keeps the clock right is not known.",
		   "The daemon truechimed cannot be asked: %s.",
		   words_of_silence(facts->daemon.error));
	command_to_restart("truechimed", facts->machine.systemd, restart);
	/* It is well if others are in the way. */
	if (facts->daemon.error == -EPIPE)
		doctor_advise(report,
			      "sudo truechime doctor  # some connections are kept for root");
	else
		doctor_advise(report, "%s%s",
			      facts->machine.systemd ? "systemctl status truechimed; " : "",
			      restart);
}

void doctor_judge_daemon(const struct doctor_facts *facts, struct doctor_report *report)
{
	if (!facts->daemon.error) {
		judge_running(facts, report);
		judge_certificate(facts, report);
	} else if (facts->daemon.error == -ECONNREFUSED) {
		judge_stopped(facts, report);
	} else {
		judge_silent(facts, report);
	}
}
