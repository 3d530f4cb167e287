// SPDX-License-Identifier: GPL-2.0-only
/*
 * Findings on the kernel module and its clock of the host.
 */
#include "doctor/findings_parts.h"

#include <string.h>

#define CLOCKSOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"
#define UNREPAIRED \
	"A revert, a pause or a migration of this machine is noticed only by NTP: seconds to minutes later, in which programs see the wrong time."

bool doctor_module_refusal(const struct doctor_machine *machine, enum module_refusal *refusal)
{
	const struct doctor_module *module = &machine->module;
	bool untrusted = module->signature_wanted &&
			 (!module->key_enrolled || strstr(module->kernel_says, "rejected"));

	if (module->loaded || !machine->is_virtual || machine->is_container)
		return false;
	if (module->excluded)
		*refusal = MODULE_UNSUPPORTED_KERNEL;
	else if (!module->packaged)
		*refusal = MODULE_NOT_PACKAGED;
	else if (!module->installed && module->build_failed)
		*refusal = MODULE_BUILD_FAILED;
	else if (!module->installed && !module->has_headers)
		*refusal = MODULE_NO_HEADERS;
	else if (!module->installed)
		*refusal = MODULE_NOT_INSTALLED;
	else if (module->other_kernel)
		*refusal = MODULE_OTHER_KERNEL;
	else if (module->blacklisted)
		*refusal = MODULE_BLACKLISTED;
	else if (module->signature_wanted && !module->is_signed)
		*refusal = MODULE_NO_SIGNATURE;
	else if (untrusted && module->key_pending)
		*refusal = MODULE_KEY_PENDING;
	else if (untrusted)
		*refusal = MODULE_KEY_REJECTED;
	else
		*refusal = MODULE_NOT_LOADED;

	return true;
}

static const char *id_of_refusal(enum module_refusal refusal)
{
	switch (refusal) {
	case MODULE_NOT_LOADED:
		break;
	case MODULE_NOT_PACKAGED:
		return "module-not-packaged";
	case MODULE_UNSUPPORTED_KERNEL:
		return "module-unsupported-kernel";
	case MODULE_NO_HEADERS:
		return "module-no-headers";
	case MODULE_BUILD_FAILED:
		return "module-build-failed";
	case MODULE_NOT_INSTALLED:
		return "module-not-installed";
	case MODULE_OTHER_KERNEL:
		return "module-other-kernel";
	case MODULE_BLACKLISTED:
		return "module-blacklisted";
	case MODULE_NO_SIGNATURE:
		return "module-not-signed";
	case MODULE_KEY_REJECTED:
		return "module-key-rejected";
	case MODULE_KEY_PENDING:
		return "module-key-pending";
	}

	return "module-not-loaded";
}

/* Who has installed the daemon alone has chosen to. */
static void judge_absent(const struct doctor_facts *facts, struct doctor_report *report)
{
	char words[MODULE_REFUSAL_TEXT_MAX], command[MODULE_REFUSAL_TEXT_MAX];
	const struct doctor_machine *machine = &facts->machine;
	const char *says = machine->module.kernel_says;
	enum module_refusal refusal;

	if (!doctor_module_refusal(machine, &refusal))
		return;
	module_refusal_words(refusal, machine->release, words);
	module_refusal_command(refusal, machine->release, command);
	doctor_add(report, id_of_refusal(refusal),
		   refusal == MODULE_NOT_PACKAGED ? DOCTOR_NOTE : DOCTOR_WARNING,
		   UNREPAIRED, "%s.%s%s%s", words,
		   *says ? " The kernel's log says: \"" : "", says,
		   *says ? "\"." : "");
	doctor_advise(report, "%s", command);
}

static void judge_host(const struct doctor_facts *facts, struct doctor_report *report)
{
	bool kvm = strstr(facts->machine.clocksources, "kvm-clock");

	if (!facts->host.present && facts->machine.is_virtual) {
		doctor_add(report, "host-clock-absent",
			   kvm ? DOCTOR_WARNING : DOCTOR_NOTE,
			   "A revert is then noticed by what the hypervisor reports, or by NTP, and put right by NTP. KVM gives its time where the host's own clocksource is tsc.",
			   "The module has no clock of the host.");
		if (kvm)
			doctor_advise(report, "cat " CLOCKSOURCE "  # on the host");
		else
			doctor_advise(report, "truechime host list");
	} else if (facts->host.failing) {
		doctor_add(report, "host-clock-failing", DOCTOR_WARNING, UNREPAIRED,
			   "The host's clock has stopped answering.");
		doctor_advise(report, "truechime host list; journalctl -k --grep truechime");
	} else if (facts->host.demoted) {
		doctor_add(report, "host-clock-demoted", DOCTOR_WARNING, UNREPAIRED,
			   "The host's clock is deselected, by an operator or because it contradicted the time sources.");
		doctor_advise(report,
			      "truechime sources  # and if the host is right: truechime host reinstate");
	} else if (facts->host.smears) {
		doctor_add(report, "host-clock-smeared", DOCTOR_WARNING,
			   "For hours around a leap second the clock is up to a second off UTC, and off machines that leap.",
			   "The host's clock smears leap seconds, by its vmclock page, and no time source corrects it.");
		doctor_advise(report,
			      "truechime add server NAME  # of servers that do not smear; or leave it, if all machines follow such hosts");
	}
}

static void judge_loaded(const struct doctor_facts *facts, struct doctor_report *report)
{
	if (facts->host.error) {
		doctor_add(report, "module-silent", DOCTOR_WARNING, UNREPAIRED,
			   "The kernel module truechime is loaded, but cannot be asked: %s.",
			   strerror(-facts->host.error));
		doctor_advise(report, "modprobe -r truechime && modprobe truechime");
		return;
	}
	judge_host(facts, report);
	if (facts->host.external) {
		doctor_add(report, "mode-external", DOCTOR_WARNING,
			   "Neither the host's time nor NTP corrects it, and the programs that steer it state no bound of its error.",
			   "PTP programs steer the module's clock (mode external).");
		doctor_advise(report, "truechime mode auto  # when they have ended");
	}
	if (facts->host.ignores) {
		doctor_add(report, "policy-ignores", DOCTOR_WARNING,
			   "After a revert the clock stays wrong, or is turned right so slowly that programs see the wrong time for long.",
			   "The step policy does not step the clock after each disruption.");
		doctor_advise(report, "truechime policy set disruption both step");
	}
}

void doctor_judge_module(const struct doctor_facts *facts, struct doctor_report *report)
{
	if (facts->machine.module.loaded && !facts->machine.is_container)
		judge_loaded(facts, report);
	else
		judge_absent(facts, report);
}
