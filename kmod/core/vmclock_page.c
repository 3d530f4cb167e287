// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vmclock page: layout and meaning, by the public specification (version 1).
 */
#include "core/vmclock_page.h"

#include <linux/truechime.h>

#include "core/line.h"

#define CHIME_VMCLOCK_MAGIC		0x4b4c4356	/* "VCLK" */
#define CHIME_VMCLOCK_VERSION		1

/* Offsets of the fields that nobody else reads. */
#define CHIME_VMCLOCK_MAGIC_OFFSET	0	/* 4 bytes */
#define CHIME_VMCLOCK_SIZE_OFFSET	4	/* 4 bytes: of the region */
#define CHIME_VMCLOCK_VERSION_OFFSET	8	/* 2 bytes */
#define CHIME_VMCLOCK_COUNTER_ID_OFFSET	10	/* 1 byte */
#define CHIME_VMCLOCK_TYPE_OFFSET	11	/* 1 byte */
#define CHIME_VMCLOCK_FLAGS_OFFSET	24	/* 8 bytes */
#define CHIME_VMCLOCK_STATUS_OFFSET	34	/* 1 byte */
#define CHIME_VMCLOCK_TAI_OFFSET	36	/* 2 bytes, signed: TAI minus UTC in s */
#define CHIME_VMCLOCK_SHIFT_OFFSET	39	/* 1 byte */
#define CHIME_VMCLOCK_COUNTER_OFFSET	40	/* 8 bytes, as all that follow */
#define CHIME_VMCLOCK_PERIOD_OFFSET	48
#define CHIME_VMCLOCK_PERIOD_MAX_OFFSET	64
#define CHIME_VMCLOCK_SEC_OFFSET	72
#define CHIME_VMCLOCK_FRAC_OFFSET	80
#define CHIME_VMCLOCK_MAXERROR_OFFSET	96

#define CHIME_VMCLOCK_FLAG_TAI		0x1
#define CHIME_VMCLOCK_FLAG_PERIOD_MAX	0x10
#define CHIME_VMCLOCK_FLAG_MAXERROR	0x40
#define CHIME_VMCLOCK_FLAG_GENERATION	0x100

/* Time since 1970 as UTC or as TAI; as UTC, but smeared, or perhaps. Others have no epoch. */
#define CHIME_VMCLOCK_TYPE_UTC		0
#define CHIME_VMCLOCK_TYPE_TAI		1
#define CHIME_VMCLOCK_TYPE_SMEARED	3
#define CHIME_VMCLOCK_TYPE_MAY_SMEAR	4

#define CHIME_VMCLOCK_TSC		1

/* Later times do not fit into 64 bits of ns: the year 2262. */
#define CHIME_VMCLOCK_SEC_MAX		(S64_MAX / CHIME_NS_PER_S)

/* No period of a counter needs a greater shift: with this, a period of 1 s is 1. */
#define CHIME_VMCLOCK_SHIFT_MAX		63

/* A page that states a larger bound, or one of 0, says nothing of its clock. */
#define CHIME_VMCLOCK_MAXERROR_MAX_NS	(3600 * CHIME_NS_PER_S)

/* A page that was not written for longer says nothing of now. */
#define CHIME_VMCLOCK_AGE_MAX_NS	(3600 * CHIME_NS_PER_S)

/* A bound serves until the next check, a second later as a rule. */
#define CHIME_VMCLOCK_SERVES_NS		(2 * CHIME_NS_PER_S)

/* No counter is right to less, and where the page does not say how wrong it is, assume this. */
#define CHIME_VMCLOCK_LEAST_Q32		(CHIME_PPM_Q32 / 10)
#define CHIME_VMCLOCK_UNSTATED_Q32	(500 * CHIME_PPM_Q32)

static u64 chime_vmclock_number(const unsigned char *bytes, int size)
{
	u64 number = 0;

	while (size--)
		number = number << 8 | bytes[size];
	return number;
}

static u64 chime_vmclock_u64(const unsigned char *bytes, int offset)
{
	return chime_vmclock_number(bytes + offset, 8);
}

/* TAI minus UTC in s, which the page's time is ahead of UTC by; false: that is not known. */
static bool chime_vmclock_ahead(const unsigned char *bytes, u64 flags, s64 *ahead_s)
{
	s64 tai_s = (s64)chime_vmclock_number(bytes + CHIME_VMCLOCK_TAI_OFFSET, 2);

	*ahead_s = 0;
	if (bytes[CHIME_VMCLOCK_TYPE_OFFSET] == CHIME_VMCLOCK_TYPE_UTC)
		return true;
	*ahead_s = tai_s < 0x8000 ? tai_s : tai_s - 0x10000;
	return bytes[CHIME_VMCLOCK_TYPE_OFFSET] == CHIME_VMCLOCK_TYPE_TAI &&
	       flags & CHIME_VMCLOCK_FLAG_TAI;
}

/* Parse the page's time. Numbers that no clock has are no statement. */
static void chime_vmclock_parse_time(const unsigned char *bytes, u64 flags,
				     struct chime_vmclock_page *page)
{
	u64 seconds = chime_vmclock_u64(bytes, CHIME_VMCLOCK_SEC_OFFSET);
	u64 maxerror_ns = chime_vmclock_u64(bytes, CHIME_VMCLOCK_MAXERROR_OFFSET);
	struct chime_vmclock_time *time = &page->time;
	s64 ahead_s;

	*time = (struct chime_vmclock_time){ };
	if (page->status != CHIME_VMCLOCK_SYNCHRONIZED ||
	    bytes[CHIME_VMCLOCK_COUNTER_ID_OFFSET] != CHIME_VMCLOCK_TSC ||
	    !(flags & CHIME_VMCLOCK_FLAG_MAXERROR) || !maxerror_ns ||
	    maxerror_ns > CHIME_VMCLOCK_MAXERROR_MAX_NS ||
	    bytes[CHIME_VMCLOCK_SHIFT_OFFSET] > CHIME_VMCLOCK_SHIFT_MAX ||
	    seconds > CHIME_VMCLOCK_SEC_MAX || !chime_vmclock_ahead(bytes, flags, &ahead_s) ||
	    (s64)seconds - ahead_s > CHIME_VMCLOCK_SEC_MAX)
		return;
	time->has_bound = true;
	time->counter = chime_vmclock_u64(bytes, CHIME_VMCLOCK_COUNTER_OFFSET);
	time->utc_s = (s64)seconds - ahead_s;
	time->frac_q64 = chime_vmclock_u64(bytes, CHIME_VMCLOCK_FRAC_OFFSET);
	time->period_shift = bytes[CHIME_VMCLOCK_SHIFT_OFFSET];
	time->period = chime_vmclock_u64(bytes, CHIME_VMCLOCK_PERIOD_OFFSET);
	time->maxerror_ns = (s64)maxerror_ns;
	time->has_period_maxerror = flags & CHIME_VMCLOCK_FLAG_PERIOD_MAX;
	time->period_maxerror = chime_vmclock_u64(bytes, CHIME_VMCLOCK_PERIOD_MAX_OFFSET);
}

/* @ticks periods of 2^-(64 + @shift) s each, in ns, saturated. */
static s64 chime_vmclock_ns(u64 ticks, u64 period, unsigned int shift)
{
	unsigned __int128 q64 = (unsigned __int128)ticks * period >> shift;
	u64 seconds = (u64)(q64 >> 64);

	if (seconds >= CHIME_VMCLOCK_SEC_MAX)
		return S64_MAX;
	return (s64)seconds * CHIME_NS_PER_S +
	       (s64)((unsigned __int128)(u64)q64 * CHIME_NS_PER_S >> 64);
}

/*
 * By how much the counter's rate may be off, rounded up. It is the ratio of two numbers on the
 * page, not what that comes to in the page's age, which is less than a ns for a page that was just
 * written. Half of each number is signed.
 */
static s64 chime_vmclock_rate_error(const struct chime_vmclock_time *time)
{
	s64 half_period = (s64)(time->period / 2);
	s64 half_error = chime_add_sat((s64)(time->period_maxerror / 2), 1);

	if (!time->has_period_maxerror || !half_period)
		return CHIME_VMCLOCK_UNSTATED_Q32;
	return chime_max(chime_add_sat(chime_ratio_q32(half_error, half_period), 1),
			 CHIME_VMCLOCK_LEAST_Q32);
}

/* How far the page's time may have run away in @age_ns, and by the next check. */
static s64 chime_vmclock_growth(const struct chime_vmclock_time *time, s64 age_ns)
{
	s64 served_ns = age_ns + CHIME_VMCLOCK_SERVES_NS;

	/* Two roundings. */
	return chime_add_sat(2, chime_scale_q32(served_ns, chime_vmclock_rate_error(time)));
}

s64 chime_vmclock_maxerror(const struct chime_vmclock_page *page, u64 counter, s64 host_ns,
			   s64 apart_ns)
{
	const struct chime_vmclock_time *time = &page->time;
	s64 age_ns, utc_ns, bound_ns;

	if (!time->has_bound || counter < time->counter)
		return CHIME_LINE_UNBOUNDED_NS;
	age_ns = chime_vmclock_ns(counter - time->counter, time->period, time->period_shift);
	if (age_ns > CHIME_VMCLOCK_AGE_MAX_NS)
		return CHIME_LINE_UNBOUNDED_NS;
	utc_ns = chime_add_sat(time->utc_s * CHIME_NS_PER_S,
			       chime_vmclock_ns(1, time->frac_q64, 0));
	utc_ns = chime_add_sat(utc_ns, age_ns);
	bound_ns = chime_add_sat(time->maxerror_ns,
				 chime_vmclock_growth(time, age_ns));
	bound_ns = chime_add_sat(bound_ns, chime_abs_sat(chime_sub_sat(utc_ns, host_ns)));
	bound_ns = chime_add_sat(bound_ns, apart_ns);
	return bound_ns <= CHIME_VMCLOCK_MAXERROR_MAX_NS ? bound_ns : CHIME_LINE_UNBOUNDED_NS;
}

int chime_vmclock_parse(const unsigned char bytes[CHIME_VMCLOCK_SIZE], u64 region_size,
			struct chime_vmclock_page *page)
{
	u64 size = chime_vmclock_number(bytes + CHIME_VMCLOCK_SIZE_OFFSET, 4);
	u64 flags = chime_vmclock_u64(bytes, CHIME_VMCLOCK_FLAGS_OFFSET);

	if (chime_vmclock_number(bytes + CHIME_VMCLOCK_MAGIC_OFFSET, 4) != CHIME_VMCLOCK_MAGIC ||
	    chime_vmclock_number(bytes + CHIME_VMCLOCK_VERSION_OFFSET, 2) !=
	    CHIME_VMCLOCK_VERSION)
		return -ENODEV;
	/* Memory beyond the device's own size is not the device's. */
	if (size < CHIME_VMCLOCK_GENERATION_OFFSET || size > region_size)
		return -ENODEV;

	page->marker = chime_vmclock_u64(bytes, CHIME_VMCLOCK_MARKER_OFFSET);
	page->has_generation = (flags & CHIME_VMCLOCK_FLAG_GENERATION) &&
			       size >= CHIME_VMCLOCK_SIZE;
	/* A status that only newer hypervisors know is none that says "synchronised". */
	page->status = bytes[CHIME_VMCLOCK_STATUS_OFFSET] <= CHIME_VMCLOCK_UNRELIABLE ?
		       bytes[CHIME_VMCLOCK_STATUS_OFFSET] : CHIME_VMCLOCK_UNRELIABLE;
	page->smeared = bytes[CHIME_VMCLOCK_TYPE_OFFSET] == CHIME_VMCLOCK_TYPE_SMEARED ||
			bytes[CHIME_VMCLOCK_TYPE_OFFSET] == CHIME_VMCLOCK_TYPE_MAY_SMEAR;
	chime_vmclock_parse_time(bytes, flags, page);
	page->generation = 0;
	if (page->has_generation)
		page->generation = chime_vmclock_u64(bytes, CHIME_VMCLOCK_GENERATION_OFFSET);
	return 0;
}

u32 chime_vmclock_compare(const struct chime_vmclock_page *before,
			  const struct chime_vmclock_page *after)
{
	u32 evidence = 0;

	if (after->marker != before->marker)
		evidence |= 1U << TRUECHIME_EVIDENCE_MARKER;
	/* A counter that appears or disappears means another device: the marker shows that. */
	if (after->has_generation && before->has_generation &&
	    after->generation != before->generation)
		evidence |= 1U << TRUECHIME_EVIDENCE_GENERATION;
	return evidence;
}
