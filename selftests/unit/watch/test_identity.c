// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control groups as systemd and runtimes of containers name them, and such as nobody should.
 */
#include "user/watch/identity.h"

#include <string.h>

#include "selftests/unit/unit.h"

#define ID	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define POD	"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod12.slice/"

static const struct {
	const char *path;
	const char *unit;
	enum container_kind kind;
	const char *container;
} known[] = {
	{ "/", "", CONTAINER_NONE, "" },
	{ "", "", CONTAINER_NONE, "" },
	{ "/system.slice/chrony.service", "chrony.service", CONTAINER_NONE, "" },
	{ "/system.slice/system-ptp4l.slice/ptp4l@eth0.service", "ptp4l@eth0.service",
	  CONTAINER_NONE, "" },
	{ "/user.slice/user-1000.slice/session-3.scope", "session-3.scope", CONTAINER_NONE, "" },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/clock.service",
	  "user@1000.service", CONTAINER_NONE, "" },
	{ "/system.slice/_cgroup.service", "cgroup.service", CONTAINER_NONE, "" },
	{ "/init.scope", "init.scope", CONTAINER_NONE, "" },
	{ "/system.slice/docker-" ID ".scope", "docker-" ID ".scope", CONTAINER_DOCKER, ID },
	{ "/system.slice/docker-" ID ".scope/system.slice/chrony.service",
	  "docker-" ID ".scope", CONTAINER_DOCKER, ID },
	{ "/docker/" ID, "", CONTAINER_DOCKER, ID },
	{ "/machine.slice/libpod-" ID ".scope/container", "libpod-" ID ".scope",
	  CONTAINER_PODMAN, ID },
	{ "/libpod_parent/" ID, "", CONTAINER_PODMAN, ID },
	{ POD "cri-containerd-" ID ".scope", "cri-containerd-" ID ".scope",
	  CONTAINER_KUBERNETES, ID },
	{ POD "crio-" ID ".scope", "crio-" ID ".scope", CONTAINER_KUBERNETES, ID },
	{ "/kubepods/besteffort/pod12/" ID, "", CONTAINER_KUBERNETES, ID },
	{ "/lxc/web/system.slice/ntp.service", "ntp.service", CONTAINER_LXC, "web" },
	{ "/lxc.payload.web/ntp.service", "ntp.service", CONTAINER_LXC, "web" },
	{ "/lxc.payload/web", "", CONTAINER_LXC, "web" },
	{ "/machine.slice/systemd-nspawn@lab.service/payload", "systemd-nspawn@lab.service",
	  CONTAINER_MACHINE, "lab" },
	{ "/machine.slice/machine-lab.scope", "machine-lab.scope", CONTAINER_MACHINE, "lab" },
	{ "/machine.slice/machine-debian\\x2d12.scope", "", CONTAINER_MACHINE, "debian-12" },
	{ "/machine.slice/machine-\\x2d12.scope", "", CONTAINER_NONE, "" },
	{ "/machine.slice/machine-a\\x2fb.scope", "", CONTAINER_NONE, "" },
	{ "/machine.slice/machine-a\\x2.scope", "", CONTAINER_NONE, "" },
	{ "/runtime/" ID, "", CONTAINER_OTHER, ID },
	/* What would be more than a word to a shell. */
	{ "/system.slice/a;reboot.service", "", CONTAINER_NONE, "" },
	{ "/system.slice/$(reboot).service", "", CONTAINER_NONE, "" },
	{ "/system.slice/-H.service", "", CONTAINER_NONE, "" },
	{ "/lxc/a b", "", CONTAINER_NONE, "" },
	{ "/lxc/--all", "", CONTAINER_NONE, "" },
	{ "/system.slice/docker-0123.scope", "docker-0123.scope", CONTAINER_NONE, "" },
	{ "/system.slice/.service", "", CONTAINER_NONE, "" },
};

TEST(paths_are_understood)
{
	struct identity identity;

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		identity_of_path(known[i].path, &identity);
		EXPECT_STREQ(known[i].unit, identity.unit) {
			TH_LOG("%s", known[i].path);
		}
		EXPECT_EQ(known[i].kind, identity.kind) {
			TH_LOG("%s", known[i].path);
		}
		EXPECT_STREQ(known[i].container, identity.container) {
			TH_LOG("%s", known[i].path);
		}
	}
}

static const char *path_of(const char *text)
{
	static char path[64];

	identity_path_of_text(text, path, sizeof(path));

	return path;
}

TEST(the_hierarchy_that_knows_groups_counts)
{
	EXPECT_STREQ("/system.slice/a.service", path_of("0::/system.slice/a.service\n"));
	EXPECT_STREQ("/a.service", path_of("8:pids:/x\n1:name=systemd:/a.service\n0::/\n"));
	EXPECT_STREQ("/b", path_of("9:name=systemd:/a\n0::/b\n"));
	/* Whoever makes a group chooses its name. */
	EXPECT_STREQ("/a", path_of("9:cpu:/x:name=systemd:/b\n1:name=systemd:/a\n0::/\n"));
	EXPECT_STREQ("/", path_of("9:cpu:/x:name=systemd:/b\n0::/\n"));
	EXPECT_STREQ("/", path_of("0::/\n"));
	EXPECT_STREQ("", path_of(""));
	EXPECT_STREQ("", path_of("0::a\n"));
	/* Half a path is another one. */
	EXPECT_STREQ("", path_of("0::/" ID));
}

TEST(a_command_is_one_line)
{
	char text[16];

	identity_command("date\0-s\0now\0", 12, text, sizeof(text));
	EXPECT_STREQ("date -s now", text);
	identity_command("a\n\033[1m\xff", 7, text, sizeof(text));
	EXPECT_STREQ("a??[1m?", text);
	identity_command("0123456789abcdefgh", 18, text, sizeof(text));
	EXPECT_STREQ("0123456789abcde", text);
	identity_command("", 0, text, sizeof(text));
	EXPECT_STREQ("", text);
}

static const char *advice_for(const char *path, int pid)
{
	static char text[128];
	struct identity identity;

	identity_of_path(path, &identity);
	identity_advice(&identity, pid, text, sizeof(text));

	return text;
}

TEST(what_ends_it_depends_on_where_it_is)
{
	EXPECT_STREQ("systemctl disable --now chrony.service",
		     advice_for("/system.slice/chrony.service", 0));
	EXPECT_STREQ("docker stop 0123456789ab",
		     advice_for("/system.slice/docker-" ID ".scope", 0));
	EXPECT_STREQ("podman stop 0123456789ab",
		     advice_for("/machine.slice/libpod-" ID ".scope", 7));
	EXPECT_STREQ("crictl stop 0123456789ab", advice_for(POD "crio-" ID ".scope", 7));
	EXPECT_STREQ("lxc-stop -n web", advice_for("/lxc/web", 7));
	EXPECT_STREQ("machinectl stop lab", advice_for("/machine.slice/machine-lab.scope", 7));
	EXPECT_STREQ("kill 7", advice_for("/user.slice/user-0.slice/session-1.scope", 7));
	EXPECT_STREQ("", advice_for("/user.slice/user-0.slice/session-1.scope", 0));
	EXPECT_STREQ("kill 7", advice_for("/", 7));
	/* Its end is that of the whole desktop. */
	EXPECT_STREQ("kill 7",
		     advice_for("/user.slice/user-1000.slice/user@1000.service/vte.scope", 7));
	EXPECT_STREQ("", advice_for("/user.slice/user-1000.slice/user@1000.service/init.scope", 0));
}

TEST_HARNESS_MAIN
