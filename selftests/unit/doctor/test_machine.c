// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is read of a machine, from a tree of the test's own.
 */
#include "user/doctor/machine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "selftests/unit/unit.h"

#define RELEASE	"6.1.0-9-amd64"

FIXTURE(machine) {
	char top[64];
	struct doctor_machine machine;
};

static void run(const char *command)
{
	if (system(command))
		abort();
}

/* The file @path below the top, with its folders. */
static void put_bytes(const FIXTURE_DATA(machine) *self, const char *path, const void *bytes,
		      size_t size)
{
	char place[512], command[1100];
	FILE *file;

	snprintf(place, sizeof(place), "%s%s", self->top, path);
	snprintf(command, sizeof(command), "mkdir -p \"$(dirname '%s')\"", place);
	run(command);
	file = fopen(place, "w");
	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file))
		abort();
}

static void put(const FIXTURE_DATA(machine) *self, const char *path, const char *text)
{
	put_bytes(self, path, text, strlen(text));
}

static void run_below(const FIXTURE_DATA(machine) *self, const char *command)
{
	char text[256];

	snprintf(text, sizeof(text), "cd '%s' && %s", self->top, command);
	run(text);
}

static const struct doctor_module *look(FIXTURE_DATA(machine) *self)
{
	if (doctor_machine_read(self->top, RELEASE, &self->machine))
		abort();

	return &self->machine.module;
}

FIXTURE_SETUP(machine)
{
	memset(self, 0, sizeof(*self));
	strcpy(self->top, "/tmp/test_machine.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->top));
	put(self, "/proc/self/comm", "test\n");
	put(self, "/sys/devices/x", "");
}

FIXTURE_TEARDOWN(machine)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", self->top);
	ASSERT_EQ(0, system(command));
}

TEST_F(machine, nothing_is_there)
{
	const struct doctor_module *module = look(self);

	EXPECT_FALSE(module->loaded || module->packaged || module->installed ||
		     module->signature_wanted || module->has_headers || module->build_failed);
	EXPECT_EQ(-1, self->machine.ptp_kvm);
	EXPECT_STREQ("", self->machine.clocksource);
	EXPECT_STREQ(RELEASE, self->machine.release);
	EXPECT_EQ(-ENOENT, doctor_machine_read("/tmp/no such root", RELEASE, &self->machine));
}

TEST_F(machine, clocksource_and_devices)
{
	put(self, "/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n");
	put(self, "/sys/devices/system/clocksource/clocksource0/available_clocksource",
	    "kvm-clock tsc hpet\n");
	put(self, "/etc/adjtime", "0.0 0 0.0\n0\nUTC\n");
	look(self);
	EXPECT_STREQ("hpet", self->machine.clocksource);
	EXPECT_STREQ("kvm-clock tsc hpet", self->machine.clocksources);
	EXPECT_FALSE(self->machine.has_vmclock || self->machine.rtc_is_local ||
		     self->machine.is_container);
	put(self, "/sys/bus/acpi/devices/AMZNC10C:00/hid", "AMZNC10C\n");
	put(self, "/etc/adjtime", "0.0 0 0.0\n0\nLOCAL\n");
	put(self, "/run/systemd/container", "lxc\n");
	look(self);
	EXPECT_TRUE(self->machine.has_vmclock && self->machine.rtc_is_local &&
		    self->machine.is_container);
}

/* Whoever has the kernel's own clock of the host open, but for the daemon. */
TEST_F(machine, user_of_ptp_kvm)
{
	char link[160];

	put(self, "/sys/class/ptp/ptp0/clock_name", "truechime\n");
	put(self, "/sys/class/ptp/ptp1/clock_name", "KVM virtual PTP\n");
	put(self, "/proc/80/comm", "phc2sys\n");
	put(self, "/proc/80/fd/0", "");
	look(self);
	EXPECT_EQ(1, self->machine.ptp_kvm);
	EXPECT_STREQ("", self->machine.ptp_kvm_user);
	snprintf(link, sizeof(link), "%s/proc/80/fd/3", self->top);
	ASSERT_EQ(0, symlink("/dev/ptp1", link));
	look(self);
	EXPECT_STREQ("phc2sys (process 80)", self->machine.ptp_kvm_user);
	put(self, "/proc/80/comm", "\033[2J\377x\n");
	look(self);
	EXPECT_STREQ("?[2J?x (process 80)", self->machine.ptp_kvm_user);
	put(self, "/proc/80/comm", "truechimed\n");
	look(self);
	EXPECT_STREQ("", self->machine.ptp_kvm_user);
}

/* --- The module --- */

#define DEP	"/lib/modules/" RELEASE "/modules.dep"
#define FILE_	"/lib/modules/" RELEASE "/updates/dkms/truechime.ko"
#define SIGNED	"~Module signature appended~\n"

static void install(const FIXTURE_DATA(machine) *self, const char *content)
{
	put(self, DEP, "kernel/fs/x.ko:\nupdates/dkms/truechime.ko: kernel/fs/x.ko\n");
	put(self, FILE_, content);
}

TEST_F(machine, module_is_loaded)
{
	put(self, "/sys/module/truechime/version", "0.1.0\n");
	EXPECT_TRUE(look(self)->loaded);
}

TEST_F(machine, module_is_installed)
{
	put(self, DEP, "updates/dkms/truechime.ko:\n");
	EXPECT_FALSE(look(self)->installed);
	install(self, "ELF vermagic=" RELEASE " SMP mod_unload");
	EXPECT_TRUE(look(self)->installed && look(self)->packaged);
	EXPECT_FALSE(look(self)->other_kernel || look(self)->is_signed);
	install(self, "ELF vermagic=" RELEASE " SMP " SIGNED);
	EXPECT_TRUE(look(self)->is_signed);
	install(self, "ELF vermagic=" RELEASE "-more SMP " SIGNED);
	EXPECT_TRUE(look(self)->other_kernel);
	/* Shorter than a signature's end. */
	install(self, "x");
	EXPECT_FALSE(look(self)->is_signed || look(self)->other_kernel);
}

TEST_F(machine, compressed_module_is_taken_for_signed)
{
	put(self, DEP, "updates/dkms/truechime.ko.xz:\n");
	put(self, FILE_ ".xz", "compressed");
	EXPECT_TRUE(look(self)->installed && look(self)->is_signed);
}

#define DKMS	"/var/lib/dkms/truechime/0.1.0/"

TEST_F(machine, dkms)
{
	put(self, DKMS "source/dkms.conf", "BUILD_EXCLUSIVE_KERNEL=\"^(6\\.1|6\\.12)\\.\"\n");
	EXPECT_TRUE(look(self)->packaged);
	EXPECT_FALSE(look(self)->excluded || look(self)->installed || look(self)->build_failed);
	put(self, DKMS "source/dkms.conf", "BUILD_EXCLUSIVE_KERNEL=\"^(5\\.10)\\.\"\n");
	EXPECT_TRUE(look(self)->excluded);
	put(self, "/var/lib/dkms/truechime/0.2.0/source/dkms.conf",
	    "BUILD_EXCLUSIVE_KERNEL=\"^6\\.\"\n");
	EXPECT_FALSE(look(self)->excluded);
	run_below(self, "rm -r var/lib/dkms/truechime/0.2.0");
	/* Cut off, or no pattern. */
	put(self, DKMS "source/dkms.conf", "BUILD_EXCLUSIVE_KERNEL=\"^(5");
	EXPECT_FALSE(look(self)->excluded);
	put(self, DKMS "source/dkms.conf", "BUILD_EXCLUSIVE_KERNEL=\"^(5\"\n");
	EXPECT_FALSE(look(self)->excluded);
	put(self, DKMS "build/make.log",
	    "DKMS make.log for truechime-0.1.0 for kernel 5.10 (x86_64)\n");
	EXPECT_FALSE(look(self)->build_failed);
	put(self, DKMS "build/make.log",
	    "DKMS make.log for truechime-0.1.0 for kernel " RELEASE " (x86_64)\nerror\n");
	EXPECT_TRUE(look(self)->build_failed);
}

TEST_F(machine, headers)
{
	EXPECT_FALSE(look(self)->has_headers);
	put(self, "/lib/modules/" RELEASE "/build/Makefile", "");
	EXPECT_TRUE(look(self)->has_headers);
}

#define EFIVARS	"/sys/firmware/efi/efivars/"
#define SHIM	"-605dab50-e046-4300-abb6-3dd810dd8b23"

TEST_F(machine, secure_boot)
{
	put_bytes(self, EFIVARS "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", "\6\0\0\0\0", 5);
	EXPECT_FALSE(look(self)->signature_wanted);
	put_bytes(self, EFIVARS "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", "\6\0\0\0\1", 5);
	EXPECT_TRUE(look(self)->signature_wanted);
	put_bytes(self, EFIVARS "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", "\6\0\0\0", 4);
	EXPECT_FALSE(look(self)->signature_wanted);
	put(self, "/sys/module/module/parameters/sig_enforce", "Y\n");
	EXPECT_TRUE(look(self)->signature_wanted);
	/* Where lockdown can be read it decides. */
	put(self, "/sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	EXPECT_FALSE(look(self)->signature_wanted);
	put(self, "/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	EXPECT_TRUE(look(self)->signature_wanted);
}

TEST_F(machine, keys)
{
	put(self, EFIVARS "MokListRT" SHIM, "headers of another key");
	put(self, "/var/lib/dkms/mok.pub", "DER of our key");
	EXPECT_FALSE(look(self)->key_enrolled || look(self)->key_pending);
	put(self, EFIVARS "MokNew" SHIM, "headers DER of our key");
	EXPECT_TRUE(look(self)->key_pending);
	put(self, EFIVARS "MokListRT" SHIM, "headers of another key, DER of our key, more");
	EXPECT_TRUE(look(self)->key_enrolled);
}

TEST_F(machine, blacklist)
{
	put(self, "/etc/modprobe.d/a.conf", "# blacklist truechime\nblacklist floppy\n");
	put(self, "/etc/modprobe.d/a.conf.bak", "blacklist truechime\n");
	EXPECT_FALSE(look(self)->blacklisted);
	put(self, "/etc/modprobe.d/b.conf", "  blacklist truechime\n");
	EXPECT_TRUE(look(self)->blacklisted);
}

/* The kernel's own list, and modprobe's. */
TEST_F(machine, blacklist_of_the_command_line)
{
	static const struct {
		const char *line;
		bool blacklisted;
	} rows[] = {
		{ "quiet module_blacklist=truechime ro\n", true },
		{ "quiet module_blacklist=floppy,truechime,pcspkr\n", true },
		{ "modprobe.blacklist=truechime", true },
		{ "module_blacklist=floppy modprobe.blacklist=\"pcspkr,truechime\"\n", true },
		{ "module_blacklist=truechime modprobe.blacklist=floppy\n", true },
		{ "module_blacklist=truechimes,ntruechime modprobe.blacklist=\n", false },
		{ "truechime.genid=0 old_module_blacklist=truechime blacklist=truechime\n", false },
		/* What init is told. */
		{ "quiet -- module_blacklist=truechime\n", false },
	};

	EXPECT_FALSE(look(self)->blacklisted);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		put(self, "/proc/cmdline", rows[i].line);
		EXPECT_EQ(rows[i].blacklisted, look(self)->blacklisted) TH_LOG("%s", rows[i].line);
	}
}

TEST_F(machine, log_of_the_kernel)
{
	put(self, "/dev/kmsg",
	    "6,1,100,-;truechime: clock of the host: kvm\n"
	    "4,2,200,-;other: loading of module with unavailable key is rejected\n"
	    "5,3,300,-;truechime: loading of module with unavailable key is rejected\n"
	    "no record\n");
	EXPECT_STREQ("truechime: loading of module with unavailable key is rejected",
		     look(self)->kernel_says);
	/* That is over once it is loaded. */
	put(self, "/sys/module/truechime/version", "0.1.0\n");
	EXPECT_STREQ("", look(self)->kernel_says);
}

TEST_HARNESS_MAIN
