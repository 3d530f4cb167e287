// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables of programs that set the clock.
 */
#include "steering/time_daemon_names.h"

#include <string.h>

/* Names of processes as the kernel shows them, 15 letters at most. */
static const struct time_daemon_name programs[] = {
	{ "chronyd", "chronyd" }, { "ntpd", "ntpd" }, { "ntp-daemon", "ntpd-rs" },
	{ "ntpd-rs", "ntpd-rs" }, { "openntpd", "openntpd" },
	{ "systemd-timesyn", "systemd-timesyncd" }, { "ptp4l", "ptp4l" },
	{ "phc2sys", "phc2sys" }, { "ts2phc", "ts2phc" },
	{ "qemu-ga", "qemu-ga" }, { "vmtoolsd", "vmtoolsd" }, { "VBoxService", "VBoxService" },
	{ NULL, NULL },
};

static const struct time_daemon_name units[] = {
	{ "chrony.service", "chronyd" }, { "chronyd.service", "chronyd" },
	{ "chronyd-restricted.service", "chronyd" }, { "ntp.service", "ntpd" },
	{ "ntpd.service", "ntpd" }, { "ntpsec.service", "ntpd" },
	{ "ntpd-rs.service", "ntpd-rs" }, { "openntpd.service", "openntpd" },
	{ "systemd-timesyncd.service", "systemd-timesyncd" }, { "ptp4l.service", "ptp4l" },
	{ "phc2sys.service", "phc2sys" }, { "timemaster.service", "timemaster" },
	{ "qemu-guest-agent.service", "qemu-ga" }, { "open-vm-tools.service", "vmtoolsd" },
	{ "vmtoolsd.service", "vmtoolsd" }, { "virtualbox-guest-utils.service", "VBoxService" },
	{ "vboxservice.service", "VBoxService" }, { "vboxadd-service.service", "VBoxService" },
	{ NULL, NULL },
};

/* Slices that hold the instances of a template, as ptp4l@eth0.service. */
static const struct time_daemon_name slices[] = {
	{ "system-ptp4l.slice", "ptp4l" }, { "system-phc2sys.slice", "phc2sys" },
	{ NULL, NULL },
};

/* Agents of hypervisors, and what keeps them from setting the clock. */
static const struct {
	const char *program;
	const char *advice;
} agents[] = {
	{ "qemu-ga", "guest-set-time among its block-rpcs (blacklist before QEMU 8.1)" },
	{ "vmtoolsd", "vmware-toolbox-cmd timesync disable" },
	{ "VBoxService", "its option --disable-timesync" },
	{ NULL, NULL },
};

static const char *find(const struct time_daemon_name *table, const char *name)
{
	for (; table->name; table++) {
		if (!strcmp(table->name, name))
			return table->program;
	}

	return NULL;
}

const char *time_daemon_of_comm(const char *comm)
{
	return find(programs, comm);
}

const char *time_daemon_of_unit(const char *unit)
{
	return find(units, unit);
}

const struct time_daemon_name *time_daemon_units(void)
{
	return units;
}

const struct time_daemon_name *time_daemon_slices(void)
{
	return slices;
}

const char *time_daemon_advice(const char *program)
{
	for (size_t i = 0; agents[i].program; i++) {
		if (!strcmp(agents[i].program, program))
			return agents[i].advice;
	}

	return "";
}

bool time_daemon_is_agent(const char *program)
{
	return *time_daemon_advice(program);
}
