// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine below a root. The module's part is module.c's.
 */
#include "doctor/machine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor/files.h"
#include "lib/array_size.h"
#include "lib/may_set_clock.h"

/* As the kernel's own driver calls its clock. */
#define PTP_KVM		"KVM virtual PTP"

static void read_clocksource(const char *root, struct doctor_machine *machine)
{
	static const char folder[] = "/sys/devices/system/clocksource/clocksource0";
	char place[DOCTOR_PATH_MAX];

	doctor_read_line(doctor_path(place, root, "%s/current_clocksource", folder),
			 machine->clocksource, sizeof(machine->clocksource));
	doctor_read_line(doctor_path(place, root, "%s/available_clocksource", folder),
			 machine->clocksources, sizeof(machine->clocksources));
}

/* Its own id, and the one that QEMU and Firecracker give: devices are called "AMZNC10C:00". */
static bool has_vmclock(const char *root)
{
	static const char *const patterns[] = { "AMZNC10C:*", "VMCLOCK:*" };
	char place[DOCTOR_PATH_MAX];
	size_t count = 0;
	glob_t found;

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		doctor_path(place, root, "/sys/bus/acpi/devices/%s", patterns[i]);
		count += doctor_find(place, &found);
		globfree(&found);
	}

	return count;
}

/* The third line of it says what the RTC holds. */
static bool is_rtc_local(const char *root)
{
	char place[DOCTOR_PATH_MAX];

	return doctor_has_line(doctor_path(place, root, "/etc/adjtime"), "LOCAL");
}

/* --- The kernel's own clock of the host --- */

static int find_ptp_kvm(const char *root)
{
	static const char clock[] = "/sys/class/ptp/ptp";
	char place[DOCTOR_PATH_MAX], name[64];
	int index = -1;
	glob_t found;

	doctor_find(doctor_path(place, root, "%s*/clock_name", clock), &found);
	for (size_t i = 0; i < found.gl_pathc && index < 0; i++) {
		const char *path = found.gl_pathv[i];

		doctor_read_line(path, name, sizeof(name));
		if (!strcmp(name, PTP_KVM))
			index = (int)strtol(path + strlen(root) + strlen(clock), NULL, 10);
	}
	globfree(&found);

	return index;
}

/* Only root sees what other users' processes have open. */
static bool has_open(const char *root, long pid, const char *device)
{
	char place[DOCTOR_PATH_MAX], target[64];
	bool has = false;
	glob_t found;

	doctor_find(doctor_path(place, root, "/proc/%ld/fd/*", pid), &found);
	for (size_t i = 0; i < found.gl_pathc && !has; i++) {
		ssize_t length = readlink(found.gl_pathv[i], target, sizeof(target) - 1);

		target[length < 0 ? 0 : length] = '\0';
		has = !strcmp(target, device);
	}
	globfree(&found);

	return has;
}

static void find_user(const char *root, struct doctor_machine *machine)
{
	char place[DOCTOR_PATH_MAX], device[32], name[32];
	glob_t found;

	snprintf(device, sizeof(device), "/dev/ptp%d", machine->ptp_kvm);
	doctor_find(doctor_path(place, root, "/proc/[0-9]*"), &found);
	for (size_t i = 0; i < found.gl_pathc && !*machine->ptp_kvm_user; i++) {
		long pid = strtol(strrchr(found.gl_pathv[i], '/') + 1, NULL, 10);

		if (!has_open(root, pid, device))
			continue;
		doctor_path(place, root, "/proc/%ld/comm", pid);
		doctor_read_line(place, name, sizeof(name));
		if (strcmp(name, "truechimed") != 0)
			snprintf(machine->ptp_kvm_user, sizeof(machine->ptp_kvm_user),
				 "%s (process %ld)", name, pid);
	}
	globfree(&found);
}

/* systemd leaves this in each container that it knows of, and others these. */
static bool is_container(const char *root)
{
	static const char *const traces[] = {
		"/run/systemd/container", "/run/.containerenv", "/.dockerenv",
	};
	char place[DOCTOR_PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(traces); i++) {
		if (doctor_has(doctor_path(place, root, "%s", traces[i])))
			return true;
	}

	return false;
}

int doctor_machine_read(const char *root, const char *release, struct doctor_machine *machine)
{
	char place[DOCTOR_PATH_MAX];

	*machine = (struct doctor_machine){ .ptp_kvm = -1 };
	snprintf(machine->release, sizeof(machine->release), "%s", release);
	if (!doctor_has(doctor_path(place, root, "/proc/self")) ||
	    !doctor_has(doctor_path(place, root, "/sys/devices")))
		return -ENOENT;
	machine->is_container = is_container(root);
	machine->may_not_set = !may_set_clock();
	machine->systemd = doctor_has(doctor_path(place, root, "/run/systemd/system"));
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
