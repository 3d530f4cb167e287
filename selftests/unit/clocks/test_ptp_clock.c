// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PTP hardware clock: by which ioctls it is read, and what becomes of their answers. The device
 * is a stand-in.
 */
#include "user/clocks/ptp_clock.h"

#include <errno.h>
#include <linux/ptp_clock.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"

#define S	1000000000LL

static struct {
	int errors[3];		/* of each method; 0: it works */
	int asked[3];
	unsigned int samples;
	struct ptp_clock_time time;
	int64_t takes_ns;	/* an answer */
	int64_t now_ns;
} device;

int __wrap_clock_gettime(clockid_t id, struct timespec *time)
{
	(void)id;
	*time = (struct timespec){ .tv_sec = device.now_ns / S, .tv_nsec = device.now_ns % S };

	return 0;
}

static int answer(enum ptp_clock_method method)
{
	device.now_ns += device.takes_ns;
	device.asked[method]++;
	errno = device.errors[method];

	return errno ? -1 : 0;
}

int __wrap_ioctl(int fd, unsigned long request, void *argument)
{
	struct ptp_sys_offset_extended *extended = argument;
	struct ptp_sys_offset_precise *precise = argument;
	struct ptp_sys_offset *basic = argument;

	(void)fd;
	switch (request) {
	case PTP_SYS_OFFSET_PRECISE:
		precise->device = device.time;
		precise->sys_realtime = (struct ptp_clock_time){ 1000, 0, 0 };
		precise->sys_monoraw = (struct ptp_clock_time){ 50, 7, 0 };
		return answer(PTP_CLOCK_PRECISE);
	case PTP_SYS_OFFSET_EXTENDED:
		device.samples = extended->n_samples;
		for (unsigned int i = 0; i < extended->n_samples; i++) {
			extended->ts[i][0] = (struct ptp_clock_time){ 1000, 100 * i, 0 };
			extended->ts[i][1] = device.time;
			extended->ts[i][2] = (struct ptp_clock_time){ 1000, 100 * i + 40, 0 };
		}
		return answer(PTP_CLOCK_EXTENDED);
	case PTP_SYS_OFFSET:
		device.samples = basic->n_samples;
		for (unsigned int i = 0; i <= 2 * basic->n_samples; i++)
			basic->ts[i] = i % 2 ? device.time :
				       (struct ptp_clock_time){ 1000, 300 * i, 0 };
		return answer(PTP_CLOCK_BASIC);
	}
	errno = ENOTTY;

	return -1;
}

FIXTURE(clock) {
	struct ptp_clock clock;
	struct ptp_clock_reading readings[PTP_CLOCK_READINGS_MAX];
};

FIXTURE_SETUP(clock)
{
	memset(self, 0, sizeof(*self));
	memset(&device, 0, sizeof(device));
	device.time = (struct ptp_clock_time){ 100, 5, 0 };
	self->clock.fd = 7;
}

FIXTURE_TEARDOWN(clock)
{
}

static int read_clock(FIXTURE_DATA(clock) *self)
{
	return ptp_clock_read(&self->clock, 2, 4, self->readings);
}

TEST_F(clock, both_at_one_instant)
{
	ASSERT_EQ(PTP_CLOCK_PRECISE, read_clock(self));
	EXPECT_EQ(2, device.asked[PTP_CLOCK_PRECISE]);
	EXPECT_EQ(100 * S + 5, self->readings[1].device_ns);
	EXPECT_EQ(1000 * S, self->readings[1].realtime_ns);
	EXPECT_EQ(50 * S + 7, self->readings[1].raw_ns);
	EXPECT_EQ(0, self->readings[1].width_ns);
}

TEST_F(clock, between_two_readings_of_ours)
{
	self->clock.method = PTP_CLOCK_EXTENDED;
	ASSERT_EQ(PTP_CLOCK_EXTENDED, read_clock(self));
	EXPECT_EQ(0, device.asked[PTP_CLOCK_PRECISE]);
	EXPECT_EQ(4, device.samples);
	EXPECT_EQ(100 * S + 5, self->readings[3].device_ns);
	EXPECT_EQ(1000 * S + 320, self->readings[3].realtime_ns);
	EXPECT_EQ(40, self->readings[3].width_ns);
}

/* Each way that is missing is asked for once. */
TEST_F(clock, ways_that_are_missing)
{
	static const int errors[] = { EOPNOTSUPP, ENOTTY, ENODEV, EINVAL };

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		memset(device.asked, 0, sizeof(device.asked));
		self->clock = (struct ptp_clock){ .fd = 7 };
		device.errors[PTP_CLOCK_PRECISE] = errors[i];
		device.errors[PTP_CLOCK_EXTENDED] = i < 2 ? errors[i] : EOPNOTSUPP;
		ASSERT_EQ(PTP_CLOCK_BASIC, read_clock(self)) TH_LOG("%s", strerror(errors[i]));
		ASSERT_EQ(PTP_CLOCK_BASIC, read_clock(self));
		EXPECT_EQ(1, device.asked[PTP_CLOCK_PRECISE]);
		EXPECT_EQ(1, device.asked[PTP_CLOCK_EXTENDED]);
		EXPECT_EQ(2, device.asked[PTP_CLOCK_BASIC]);
		EXPECT_EQ(4, device.samples);
		EXPECT_EQ(1000 * S + 6 * 300 + 300, self->readings[3].realtime_ns);
		EXPECT_EQ(600, self->readings[3].width_ns);
	}
}

/* One that only takes too long is tried again, but not for ever. */
TEST_F(clock, one_instant_is_tried_again)
{
	device.errors[PTP_CLOCK_PRECISE] = ETIMEDOUT;
	for (int i = 0; i < 7; i++)
		ASSERT_EQ(PTP_CLOCK_EXTENDED, read_clock(self));
	device.errors[PTP_CLOCK_PRECISE] = 0;
	ASSERT_EQ(PTP_CLOCK_PRECISE, read_clock(self));
	device.errors[PTP_CLOCK_PRECISE] = ETIMEDOUT;
	device.asked[PTP_CLOCK_PRECISE] = 0;
	for (int i = 0; i < 20; i++)
		ASSERT_EQ(PTP_CLOCK_EXTENDED, read_clock(self));
	EXPECT_EQ(8, device.asked[PTP_CLOCK_PRECISE]);
}

/* What fails for another reason is no better in another way. */
TEST_F(clock, failures_are_returned)
{
	self->clock.method = PTP_CLOCK_EXTENDED;
	device.errors[PTP_CLOCK_EXTENDED] = EIO;
	EXPECT_EQ(-EIO, read_clock(self));
	EXPECT_EQ(0, device.asked[PTP_CLOCK_BASIC]);
	EXPECT_EQ(PTP_CLOCK_EXTENDED, self->clock.method);
	device.errors[PTP_CLOCK_EXTENDED] = EOPNOTSUPP;
	device.errors[PTP_CLOCK_BASIC] = ENODEV;
	EXPECT_EQ(-ENODEV, read_clock(self));
}

/* The loop stands still for as long: so the rest is not waited for, and it is said. */
TEST_F(clock, one_that_takes_too_long)
{
	device.takes_ns = S / 10;
	ASSERT_EQ(PTP_CLOCK_PRECISE, read_clock(self));
	self->clock.method = PTP_CLOCK_EXTENDED;
	ASSERT_EQ(PTP_CLOCK_EXTENDED, read_clock(self));
	device.takes_ns = S;
	EXPECT_EQ(-ETIME, read_clock(self));
	EXPECT_EQ(2, device.asked[PTP_CLOCK_EXTENDED]);
	EXPECT_EQ(0, device.asked[PTP_CLOCK_BASIC]);
	self->clock.method = PTP_CLOCK_PRECISE;
	device.asked[PTP_CLOCK_PRECISE] = 0;
	EXPECT_EQ(-ETIME, ptp_clock_read(&self->clock, 25, 25, self->readings));
	EXPECT_EQ(1, device.asked[PTP_CLOCK_PRECISE]);
	EXPECT_STREQ("It takes too long", ptp_clock_words(-ETIME));
	EXPECT_STREQ(strerror(EIO), ptp_clock_words(-EIO));
}

TEST_F(clock, the_end_of_time)
{
	device.time = (struct ptp_clock_time){ INT64_MAX / S - 1, UINT32_MAX, 0 };
	ASSERT_EQ(PTP_CLOCK_PRECISE, read_clock(self));
	EXPECT_EQ(INT64_MAX, self->readings[0].device_ns);
	device.time = (struct ptp_clock_time){ INT64_MAX, 0, 0 };
	ASSERT_EQ(PTP_CLOCK_PRECISE, read_clock(self));
	EXPECT_EQ(INT64_MAX, self->readings[0].device_ns);
	device.time = (struct ptp_clock_time){ INT64_MIN, 0, 0 };
	ASSERT_EQ(PTP_CLOCK_PRECISE, read_clock(self));
	EXPECT_EQ(INT64_MIN, self->readings[0].device_ns);
}

TEST_HARNESS_MAIN
