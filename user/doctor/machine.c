// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine below a root. The module's part is module.c's.
 */
#include "doctor/machine.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor/files.h"
#include "lib/may_set_clock.h"

/* As the kernel's own driver calls its clock. */
#define PTP_KVM		"KVM virtual PTP"

static void read_clocksource(const char *root, struct doctor_machine *machine)
{
	static const char folder[] = "/sys/devices/system/clocksource/clocksource0";
	char place[DOCTOR_PATH_MAX];

	doctor_path(place, root, "%s/current_clocksource", folder);
	doctor_read_line(place, machine->clocksource, sizeof(machine->clocksource));
	doctor_path(place, root, "%s/available_clocksource", folder);
	doctor_read_line(place, machine->clocksources, sizeof(machine->clocksources));
}

/* Its own id, and the one that QEMU and Firecracker give: devices are called "AMZNC10C:00". */
static bool has_vmclock(const char *root)
{
	char place[DOCTOR_PATH_MAX];
	const struct dirent *entry;
	bool found = false;
	DIR *folder;

	doctor_path(place, root, "/sys/bus/acpi/devices");
	folder = opendir(place);
	if (!folder)
		return false;
	while (!found && (entry = readdir(folder)))
		found = !strncmp(entry->d_name, "AMZNC10C:", 9) ||
			!strncmp(entry->d_name, "VMCLOCK:", 8);
	closedir(folder);

	return found;
}

/* The third line of it says what the RTC holds. */
static bool is_rtc_local(const char *root)
{
	char place[DOCTOR_PATH_MAX];

	doctor_path(place, root, "/etc/adjtime");

	return doctor_has_line(place, "LOCAL");
}

/* --- The kernel's own clock of the host --- */

static int find_ptp_kvm(const char *root)
{
	char place[DOCTOR_PATH_MAX], name[64];
	const struct dirent *entry;
	int index = -1;
	DIR *folder;

	doctor_path(place, root, "/sys/class/ptp");
	folder = opendir(place);
	if (!folder)
		return -1;
	while (index < 0 && (entry = readdir(folder))) {
		if (strncmp(entry->d_name, "ptp", 3) != 0)
			continue;
		doctor_path(place, root, "/sys/class/ptp/%s/clock_name", entry->d_name);
		doctor_read_line(place, name, sizeof(name));
		if (!strcmp(name, PTP_KVM))
			index = (int)strtol(entry->d_name + 3, NULL, 10);
	}
	closedir(folder);

	return index;
}

/* Only root sees what other users' processes have open. */
static bool has_open(const char *root, const char *pid, const char *device)
{
	char place[DOCTOR_PATH_MAX], target[64];
	const struct dirent *entry;
	bool found = false;
	ssize_t length;
	DIR *folder;

	doctor_path(place, root, "/proc/%s/fd", pid);
	folder = opendir(place);
	if (!folder)
		return false;
	while (!found && (entry = readdir(folder))) {
		doctor_path(place, root, "/proc/%s/fd/%s", pid, entry->d_name);
		length = readlink(place, target, sizeof(target) - 1);
		if (length < 0)
			continue;
		target[length] = '\0';
		found = !strcmp(target, device);
	}
	closedir(folder);

	return found;
}

static void find_user(const char *root, struct doctor_machine *machine)
{
	char place[DOCTOR_PATH_MAX], device[32], name[32];
	const struct dirent *entry;
	DIR *folder;

	snprintf(device, sizeof(device), "/dev/ptp%d", machine->ptp_kvm);
	doctor_path(place, root, "/proc");
	folder = opendir(place);
	if (!folder)
		return;
	while (!*machine->ptp_kvm_user && (entry = readdir(folder))) {
		if (!isdigit((unsigned char)*entry->d_name) ||
		    !has_open(root, entry->d_name, device))
			continue;
		doctor_path(place, root, "/proc/%s/comm", entry->d_name);
		doctor_read_line(place, name, sizeof(name));
		if (strcmp(name, "truechimed") != 0)
			snprintf(machine->ptp_kvm_user, sizeof(machine->ptp_kvm_user),
				 "%s (process %ld)", name, strtol(entry->d_name, NULL, 10));
	}
	closedir(folder);
}

/* systemd leaves this in each container that it knows of, and others these. */
static bool is_container(const char *root)
{
	static const char *const traces[] = {
		"/run/systemd/container", "/run/.containerenv", "/.dockerenv",
	};
	char place[DOCTOR_PATH_MAX];

	for (size_t i = 0; i < sizeof(traces) / sizeof(*traces); i++) {
		doctor_path(place, root, "%s", traces[i]);
		if (doctor_has(place))
			return true;
	}

	return false;
}

int doctor_machine_read(const char *root, const char *release, struct doctor_machine *machine)
{
	char place[DOCTOR_PATH_MAX];

	*machine = (struct doctor_machine){ .ptp_kvm = -1 };
	snprintf(machine->release, sizeof(machine->release), "%s", release);
	doctor_path(place, root, "/proc/self");
	if (!doctor_has(place))
		return -ENOENT;
	doctor_path(place, root, "/sys/devices");
	if (!doctor_has(place))
		return -ENOENT;
	machine->is_container = is_container(root);
	machine->may_not_set = !may_set_clock();
	doctor_path(place, root, "/run/systemd/system");
	machine->systemd = doctor_has(place);
	read_clocksource(root, machine);
	machine->has_vmclock = has_vmclock(root);
	machine->rtc_is_local = is_rtc_local(root);
	machine->ptp_kvm = find_ptp_kvm(root);
	if (machine->ptp_kvm >= 0)
		find_user(root, machine);
	doctor_module_read(root, release, &machine->module);
	machine->enabled_count = time_daemons_enabled(root, machine->enabled);

	return 0;
}
