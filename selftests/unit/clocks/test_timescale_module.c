// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timescale of the module: what becomes of its answers, what its refusal of a step is called,
 * and how its correction leaps.
 */
#include "user/clocks/timescale.h"

#include <linux/capability.h>
#include <sys/syscall.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/lib/module_link.h"

#define S	1000000000LL

/* What the module answers, and whether this process has CAP_SYS_TIME. */
static int answer;
static bool privileged;
static struct module_now clocks;
static struct module_status state;

/* The correction: it is refused so often, as it was changed meanwhile, and what was set then. */
static int stale;
static struct module_status set;
static bool jumped;

long __wrap_syscall(long number, struct __user_cap_header_struct *header,
		    struct __user_cap_data_struct *data)
{
	if (number != SYS_capget || header->version != _LINUX_CAPABILITY_VERSION_3)
		return -1;
	memset(data, 0, _LINUX_CAPABILITY_U32S_3 * sizeof(*data));
	if (privileged)
		data[CAP_TO_INDEX(CAP_SYS_TIME)].effective = CAP_TO_MASK(CAP_SYS_TIME);

	return 0;
}

int module_link_step(struct module_link *link, enum truechime_occasion occasion)
{
	return answer;
}

int module_link_now(struct module_link *link, struct module_now *now)
{
	*now = clocks;
	return answer;
}

int module_link_status(struct module_link *link, struct module_status *status)
{
	*status = state;
	return answer;
}

int module_link_correct(struct module_link *link, const struct chime_line *line,
			enum truechime_reference reference, uint32_t epoch, bool jump,
			struct module_now *now)
{
	if (stale) {
		stale--;
		state.epoch++;
		return -ESTALE;
	}
	set = (struct module_status){
		.correction = *line, .reference = reference, .epoch = epoch,
	};
	jumped = jump;
	*now = clocks;
	return answer;
}

int module_link_disrupted(struct module_link *link, const struct module_jump *jump, uint32_t epoch)
{
	return answer;
}

static int step(int err, bool may)
{
	struct timescale *timescale;

	answer = err;
	privileged = may;
	if (timescale_module_open(&timescale, NULL))
		return 1;
	err = timescale->ops->step(timescale, TRUECHIME_OCCASION_OPERATOR);
	timescale->ops->close(timescale);

	return err;
}

/* Netlink has one word for both. */
TEST(a_process_that_may_not_set_the_clock_is_told_from_a_policy)
{
	EXPECT_EQ(-EACCES, step(-EPERM, false));
	EXPECT_EQ(-EPERM, step(-EPERM, true));
}

TEST(other_answers_stay_as_they_are)
{
	EXPECT_EQ(0, step(0, false));
	EXPECT_EQ(-ENODATA, step(-ENODATA, false));
	EXPECT_EQ(-EBUSY, step(-EBUSY, true));
}

static struct timescale_now now_of(const struct module_now *from)
{
	struct timescale *timescale;
	struct timescale_now now = { 0 };

	clocks = *from;
	answer = 0;
	if (timescale_module_open(&timescale, NULL))
		return now;
	if (timescale->ops->now(timescale, &now))
		now.raw_ns = -1;
	timescale->ops->close(timescale);
	return now;
}

TEST(its_clocks_are_passed_on)
{
	const struct module_now from = {
		.raw_ns = 1, .realtime_ns = 2, .reference_ns = 3, .time_ns = 4, .slew_ns = 5,
		.sigma_ns = 6, .reading_ns = 7, .maxerror_ns = 7, .epoch = 8, .disruptions = 9,
		.host_ns = 10, .followed_ns = 11, .rate_q32 = 1LL << 31, .has_host = true,
		.reference = TRUECHIME_REFERENCE_HOST, .mode = TRUECHIME_MODE_EXTERNAL,
	};
	struct timescale_now now = now_of(&from);

	EXPECT_EQ(1, now.raw_ns);
	EXPECT_EQ(2, now.realtime_ns);
	EXPECT_EQ(3, now.reference_ns);
	EXPECT_EQ(4, now.time_ns);
	EXPECT_EQ(5, now.slew_ns);
	EXPECT_EQ(6, now.sigma_ns);
	EXPECT_EQ(7, now.maxerror_ns);
	EXPECT_EQ(8, now.epoch);
	EXPECT_EQ(9, now.disruptions);
	EXPECT_EQ(10, now.host_ns);
	EXPECT_EQ(11, now.followed_ns);
	EXPECT_EQ(0.5, now.rate);
	EXPECT_TRUE(now.has_host);
	EXPECT_TRUE(now.external);
}

/* The host is the reference, or it is known beside the raw clock; a silent one is still there. */
TEST(a_host_is_the_reference_or_beside_it)
{
	struct module_now from = { .reference = TRUECHIME_REFERENCE_RAW, .has_host = true };
	struct timescale_now now = now_of(&from);

	EXPECT_FALSE(now.has_host);
	EXPECT_TRUE(now.host_known);
	EXPECT_FALSE(now.external);
	from.reference = TRUECHIME_REFERENCE_HOST;
	from.host_state = TRUECHIME_HOST_FAILING;
	now = now_of(&from);
	EXPECT_TRUE(now.has_host);
	EXPECT_TRUE(now.host_silent);
	from.has_host = false;
	from.host_state = TRUECHIME_HOST_CHOSEN;
	now = now_of(&from);
	EXPECT_FALSE(now.has_host);
	EXPECT_FALSE(now.host_known);
	EXPECT_FALSE(now.host_silent);
}

/* A host's own error is apart, so that one which nobody has stated is no reason to know nothing. */
TEST(the_error_of_a_hosts_own_clock_is_apart)
{
	struct module_now from = { .reading_ns = 100, .maxerror_ns = 1100 };
	struct timescale_now now = now_of(&from);

	EXPECT_EQ(100, now.maxerror_ns);
	EXPECT_EQ(1000, now.host_maxerror_ns);
	from.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	now = now_of(&from);
	EXPECT_EQ(100, now.maxerror_ns);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, now.host_maxerror_ns);
	EXPECT_TRUE(timescale_is_unvouched(&now));
	from.reading_ns = CHIME_LINE_UNBOUNDED_NS;
	now = now_of(&from);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, now.maxerror_ns);
	EXPECT_EQ(0, now.host_maxerror_ns);
}

static int leap(int times_stale, int err)
{
	struct timescale *timescale;

	state = (struct module_status){
		.has_correction = true,
		.reference = TRUECHIME_REFERENCE_HOST,
		.epoch = 7,
		.correction = { .offset_ns = 5 * S },
	};
	set = (struct module_status){ .epoch = 0 };
	stale = times_stale;
	answer = err;
	if (timescale_module_open(&timescale, NULL))
		return 1;
	err = timescale->ops->leap(timescale, -S);
	timescale->ops->close(timescale);
	return err;
}

/* At once, whoever has changed the correction meanwhile; three times are enough. */
TEST(its_correction_leaps)
{
	EXPECT_EQ(0, leap(0, 0));
	EXPECT_EQ(4 * S, set.correction.offset_ns);
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, set.reference);
	EXPECT_EQ(7, set.epoch);
	EXPECT_TRUE(jumped);
	EXPECT_EQ(0, leap(2, 0));
	EXPECT_EQ(4 * S, set.correction.offset_ns);
	EXPECT_EQ(9, set.epoch);
	EXPECT_EQ(-ESTALE, leap(3, 0));
	EXPECT_EQ(0, set.epoch);
	EXPECT_EQ(-EIO, leap(0, -EIO));
}

/* Of a host's time without one there is nothing to move: that leaps by itself. */
TEST(what_has_no_correction_is_left)
{
	struct timescale *timescale;

	ASSERT_EQ(0, timescale_module_open(&timescale, NULL));
	EXPECT_TRUE(timescale->ops->in_kernel);
	state = (struct module_status){ .epoch = 7 };
	set = (struct module_status){ .epoch = 0 };
	answer = 0;
	EXPECT_EQ(0, timescale->ops->leap(timescale, -S));
	EXPECT_EQ(0, set.epoch);
	timescale->ops->close(timescale);
}

/* 100 s after the correction was made, whose bound grows by 0.1 %. */
static int dispute(int64_t reach_ns, uint32_t epoch)
{
	struct timescale *timescale;
	struct timescale_now now;
	int err;

	clocks = (struct module_now){ .reference_ns = 200 * S, .epoch = 3 };
	set = (struct module_status){ 0 };
	answer = 0;
	if (timescale_module_open(&timescale, NULL))
		return 1;
	err = timescale_now(timescale, &now);
	if (!err)
		err = timescale_dispute(timescale, reach_ns, epoch);
	timescale->ops->close(timescale);
	return err;
}

/* That is the module's own line: nothing but its bound is another one. */
TEST(a_dispute_is_the_correction_in_force_with_another_bound)
{
	const struct chime_line line = {
		.origin_ns = 100 * S, .offset_ns = 5, .rate_q32 = 6, .sigma_ns = 7,
		.maxerror_ns = 1000, .maxerror_rate_q32 = 1LL << 22,
	};
	int64_t known_ns = chime_line_maxerror(&line, 200 * S);

	state = (struct module_status){ .epoch = 3, .reference = TRUECHIME_REFERENCE_HOST };
	EXPECT_EQ(-ENODATA, dispute(S, 3));
	state.has_correction = true;
	state.correction = line;
	EXPECT_EQ(-ESTALE, dispute(S, 4));
	state.epoch = 4;
	EXPECT_EQ(-ESTALE, dispute(S, 3));
	EXPECT_EQ(-ESTALE, dispute(S, 4));
	state.epoch = 3;
	ASSERT_EQ(0, dispute(S, 3));
	EXPECT_EQ(S, chime_line_maxerror(&set.correction, 200 * S));
	EXPECT_EQ(1000 + S - known_ns, set.correction.maxerror_ns);
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, set.reference);
	EXPECT_EQ(3, set.epoch);
	EXPECT_FALSE(jumped);
	set.correction.maxerror_ns = line.maxerror_ns;
	EXPECT_EQ(0, memcmp(&line, &set.correction, sizeof(line)));
	ASSERT_EQ(0, dispute(known_ns - 1, 3));
	EXPECT_EQ(0, memcmp(&line, &set.correction, sizeof(line)));
}

TEST_HARNESS_MAIN
