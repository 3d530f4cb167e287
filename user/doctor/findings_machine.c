// SPDX-License-Identifier: GPL-2.0-only
/*
 * Findings on the machine: the kernel's clocksource, devices, the RTC, and other programs that set
 * the clock.
 */
#include "doctor/findings_parts.h"

#include <string.h>

#include "steering/time_daemon_names.h"

#define FIGHT "Two programs that set one clock fight over it: it is set to and fro, and nobody's bound holds."

/* Devices that are read instead where the kernel does not trust the processor's counter. */
static bool is_slow(const char *clocksource)
{
	static const char *const slow[] = {
		"hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit",
	};

	for (size_t i = 0; i < sizeof(slow) / sizeof(*slow); i++) {
		if (!strcmp(clocksource, slow[i]))
			return true;
	}

	return false;
}

static void judge_clocksource(const struct doctor_machine *machine, struct doctor_report *report)
{
	const char *better = strstr(machine->clocksources, "kvm-clock") ? "kvm-clock" :
			     strstr(machine->clocksources, "tsc") ? "tsc" : NULL;

	if (!machine->is_virtual || machine->is_container || !is_slow(machine->clocksource))
		return;
	doctor_add(report, "clocksource", DOCTOR_WARNING,
		   "Each reading of it takes an exit to the hypervisor: microseconds instead of nanoseconds, and an uneven clock.",
		   "The kernel's clocksource is %s, not kvm-clock or tsc.",
		   machine->clocksource);
	if (better)
		doctor_advise(report,
			      "echo %s >/sys/devices/system/clocksource/clocksource0/current_clocksource",
			      better);
	else
		doctor_advise(report,
			      "dmesg | grep -iE 'clocksource|tsc'  # why the others were given up");
}

static void judge_devices(const struct doctor_machine *machine, struct doctor_report *report)
{
	bool kvm = strstr(machine->clocksources, "kvm-clock");

	if (machine->is_virtual && !machine->is_container && kvm && !machine->has_vmclock) {
		doctor_add(report, "vmclock-absent", DOCTOR_NOTE,
			   "That device tells a migration and a fork from a pause. Without it they are told apart by what clocks show.",
			   "The hypervisor offers no vmclock device.");
		doctor_advise(report,
			      "qemu-system-x86_64 -device vmclock  # on the host, QEMU 10.0 or later");
	}
	if (*machine->ptp_kvm_user) {
		doctor_add(report, "ptp-kvm-shared", DOCTOR_WARNING,
			   "That is the host's clock as the kernel's own driver reads it, which the module reads as well. A program that steers the system clock by it sets what truechime sets.",
			   "%s uses /dev/ptp%d, the clock of the driver ptp_kvm.",
			   machine->ptp_kvm_user, machine->ptp_kvm);
		doctor_advise(report, "fuser -v /dev/ptp%d  # and stop the unit of that program",
			      machine->ptp_kvm);
	}
	if (machine->rtc_is_local) {
		doctor_add(report, "rtc-local", DOCTOR_WARNING,
			   "The kernel takes it for UTC at boot, so the clock starts off by the time zone; and twice a year nobody sets it.",
			   "The RTC is kept in local time (/etc/adjtime).");
		doctor_advise(report, "timedatectl set-local-rtc 0");
	}
	if (machine->is_container)
		doctor_add(report, "container", DOCTOR_NOTE,
			   "A container has no clock of its own: what is set here is set for the whole machine, if it may be set at all.",
			   "This is a container. Look at the system that runs it.");
}

/* Programs that may steer the module's clock. */
static bool is_linuxptp(const char *program)
{
	static const char *const programs[] = { "ptp4l", "phc2sys", "ts2phc", "timemaster" };

	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		if (!strcmp(program, programs[i]))
			return true;
	}

	return false;
}

/* The daemon was told to leave them the clock, or the operator has given it to linuxptp. */
static bool is_meant(const struct doctor_facts *facts, const struct time_daemon *rival)
{
	return facts->daemon.yielding || (facts->host.external && is_linuxptp(rival->program));
}

static void judge_rival(const struct doctor_facts *facts, const struct time_daemon *rival,
			struct doctor_report *report)
{
	char text[TIME_DAEMONS_TEXT_MAX], command[TIME_DAEMON_COMMAND_MAX];

	time_daemons_text(rival, 1, text);
	if (rival->is_agent) {
		doctor_add(report, "agent", DOCTOR_NOTE,
			   "It may set the clock when the hypervisor asks for that, as after a restore. If it does, and the time is wrong then, the clock is set back.",
			   "An agent of the hypervisor runs: %s.", text);
		doctor_advise(report, "# to keep it from that: %s",
			      time_daemon_advice(rival->program));
		return;
	}
	time_daemon_stop_command(rival, command);
	if (is_meant(facts, rival))
		doctor_add(report, "rival-has-clock", DOCTOR_NOTE,
			   "That is as configured (rivals yield, or mode external); its error is its own to know.",
			   "The clock is left to another program: %s.", text);
	else
		doctor_add(report, "rival-runs", DOCTOR_ERROR, FIGHT,
			   "Another time daemon runs: %s.", text);
	doctor_advise(report, "%s", command);
}

static bool runs(const struct doctor_facts *facts, const struct time_daemon *enabled)
{
	for (size_t i = 0; i < facts->rival_count; i++) {
		if (!strcmp(facts->rivals[i].unit, enabled->unit))
			return true;
	}

	return false;
}

static void judge_enabled(const struct doctor_facts *facts, const struct time_daemon *enabled,
			  struct doctor_report *report)
{
	char command[TIME_DAEMON_COMMAND_MAX];

	if (runs(facts, enabled))
		return;
	time_daemon_stop_command(enabled, command);
	doctor_add(report, "rival-enabled", DOCTOR_WARNING,
		   "It does not run now, but after a reboot it or truechimed stops the other, and the last one to start wins.",
		   "Another time daemon is started at boot: %s (%s).", enabled->program,
		   enabled->unit);
	doctor_advise(report, "%s", command);
}

void doctor_judge_machine(const struct doctor_facts *facts, struct doctor_report *report)
{
	const struct doctor_machine *machine = &facts->machine;

	for (size_t i = 0; i < facts->rival_count; i++)
		judge_rival(facts, &facts->rivals[i], report);
	/* Without systemd a unit that is enabled starts nothing. */
	for (size_t i = 0; i < machine->enabled_count && machine->systemd; i++)
		judge_enabled(facts, &machine->enabled[i], report);
	judge_clocksource(machine, report);
	judge_devices(machine, report);
}
