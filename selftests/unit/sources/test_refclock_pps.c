// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PPS driver, on a device whose ioctls are the test's.
 */
#include "user/sources/refclock_pps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftests/unit/fake_pps.h"
#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"
#include "user/sources/refclock.h"

#define UTC_S		1795160717LL

FIXTURE(pulses) {
	struct config_source config;
	union refclock_device device;
	const char *problem;
};

FIXTURE_SETUP(pulses)
{
	memset(self, 0, sizeof(*self));
	fake_pps_reset();
	strcpy(self->config.options.name, "/dev/null");
	self->problem = "";
}

FIXTURE_TEARDOWN(pulses)
{
}

static int open_it(struct _test_data_pulses *self)
{
	return refclock_pps_driver.open(&self->device, &self->config, &self->problem);
}

static int read_it(struct _test_data_pulses *self, struct refclock_reading *reading)
{
	return refclock_pps_driver.read(&self->device, reading, &self->problem);
}

TEST_F(pulses, an_edge_is_read_once)
{
	struct refclock_reading reading;

	fake_pps.info.assert_sequence = 7;
	fake_pps.info.assert_tu = (struct pps_ktime){ .sec = UTC_S - 3600 };
	ASSERT_EQ(0, open_it(self));
	/* The one from before may be of any age. */
	EXPECT_EQ(-EAGAIN, read_it(self, &reading));
	fake_pps_edge(UTC_S, 999999000);
	ASSERT_EQ(0, read_it(self, &reading));
	EXPECT_EQ(UTC_S * NS_PER_S + 999999000, reading.realtime_ns);
	EXPECT_EQ(-999999000, reading.offset_ns);
	EXPECT_TRUE(reading.pulse);
	EXPECT_EQ(-EAGAIN, read_it(self, &reading));
	/* Nothing waits for the next one. */
	EXPECT_EQ(0, fake_pps.timeout.flags & PPS_TIME_INVALID);
	EXPECT_EQ(0, fake_pps.timeout.sec);
	EXPECT_EQ(0, fake_pps.timeout.nsec);
	refclock_pps_driver.close(&self->device);
}

TEST_F(pulses, falling_edges_count_if_asked_for)
{
	struct refclock_reading reading;

	self->config.clear = true;
	ASSERT_EQ(0, open_it(self));
	fake_pps_edge(UTC_S, 5);
	EXPECT_EQ(-EAGAIN, read_it(self, &reading));
	fake_pps.info.clear_sequence++;
	fake_pps.info.clear_tu = (struct pps_ktime){ .sec = UTC_S, .nsec = 200000000 };
	ASSERT_EQ(0, read_it(self, &reading));
	EXPECT_EQ(-200000000, reading.offset_ns);
	refclock_pps_driver.close(&self->device);
}

/* Other programs may use the other edge. */
TEST_F(pulses, only_our_edge_is_switched_on)
{
	fake_pps.parameters.mode = PPS_CAPTURECLEAR | PPS_TSFMT_TSPEC;
	ASSERT_EQ(0, open_it(self));
	EXPECT_EQ(1, fake_pps.changes);
	EXPECT_EQ(PPS_CAPTUREBOTH | PPS_TSFMT_TSPEC, fake_pps.parameters.mode);
	refclock_pps_driver.close(&self->device);
	/* What is on needs no privilege. */
	fake_pps.error_set = EPERM;
	ASSERT_EQ(0, open_it(self));
	EXPECT_EQ(1, fake_pps.changes);
	refclock_pps_driver.close(&self->device);
}

TEST_F(pulses, what_cannot_be_had_is_named)
{
	fake_pps.capable = PPS_CAPTURECLEAR;
	EXPECT_EQ(-EOPNOTSUPP, open_it(self));
	EXPECT_NE(NULL, strstr(self->problem, "':clear'"));
	fake_pps.capable = PPS_CAPTUREASSERT;
	self->config.clear = true;
	EXPECT_EQ(-EOPNOTSUPP, open_it(self));
	self->config.clear = false;
	fake_pps.error_set = EPERM;
	EXPECT_EQ(-EPERM, open_it(self));
	EXPECT_NE(NULL, strstr(self->problem, "CAP_SYS_TIME"));
	fake_pps.is_no_pps = true;
	EXPECT_EQ(-ENODEV, open_it(self));
	strcpy(self->config.options.name, "/dev/no-such-device");
	EXPECT_EQ(-ENODEV, open_it(self));
}

TEST_F(pulses, nonsense_is_refused)
{
	static const struct pps_ktime bad[] = {
		{ .sec = UTC_S, .nsec = 1000000000 },
		{ .sec = UTC_S, .nsec = -1 },
		{ .sec = -1 },
		{ .sec = INT64_MAX },
		{ .sec = INT64_MIN },
	};
	struct refclock_reading reading;

	ASSERT_EQ(0, open_it(self));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fake_pps.info.assert_tu = bad[i];
		fake_pps.info.assert_sequence++;
		EXPECT_EQ(-EBADMSG, read_it(self, &reading));
	}
	/* A device that was pulled out. */
	fake_pps.error_fetch = ENODEV;
	EXPECT_EQ(-ENODEV, read_it(self, &reading));
	fake_pps.error_fetch = EINTR;
	EXPECT_EQ(-EAGAIN, read_it(self, &reading));
	refclock_pps_driver.close(&self->device);
}

/* The kernel keeps what is open of a device that was unplugged, and gives its number away. */
TEST_F(pulses, a_device_that_was_unplugged_is_gone)
{
	char *path = self->config.options.name;
	struct refclock_reading reading;
	char other[64];

	snprintf(path, sizeof(self->config.options.name), "/tmp/truechime-pps-%d", (int)getpid());
	snprintf(other, sizeof(other), "/tmp/truechime-pps-%d.new", (int)getpid());
	close(open(path, O_CREAT | O_WRONLY, 0600));
	ASSERT_EQ(0, open_it(self));
	EXPECT_EQ(-EAGAIN, read_it(self, &reading));
	EXPECT_FALSE(refclock_pps_driver.is_gone(&self->device));
	close(open(other, O_CREAT | O_WRONLY, 0600));
	ASSERT_EQ(0, unlink(path));
	EXPECT_EQ(-EAGAIN, read_it(self, &reading));
	EXPECT_TRUE(refclock_pps_driver.is_gone(&self->device));
	ASSERT_EQ(0, rename(other, path));
	EXPECT_TRUE(refclock_pps_driver.is_gone(&self->device));
	refclock_pps_driver.close(&self->device);
	ASSERT_EQ(0, open_it(self));
	EXPECT_FALSE(refclock_pps_driver.is_gone(&self->device));
	refclock_pps_driver.close(&self->device);
	unlink(path);
}

/* A serial line that is named instead of its pulses must not signal the daemon when it hangs up. */
TEST_F(pulses, a_terminal_does_not_become_the_daemons)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), status = -1;
	pid_t child;

	ASSERT_LE(0, master);
	ASSERT_EQ(0, grantpt(master));
	ASSERT_EQ(0, unlockpt(master));
	ASSERT_EQ(0, ptsname_r(master, self->config.options.name,
			       sizeof(self->config.options.name)));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		/* As systemd starts it. */
		setsid();
		_exit(open_it(self) ? 2 : open("/dev/tty", O_RDONLY) >= 0);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	close(master);
}

TEST_HARNESS_MAIN
