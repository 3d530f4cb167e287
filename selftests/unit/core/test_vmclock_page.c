// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vmclock page: which pages are valid, and what a change of one means.
 */
#include "kmod/core/vmclock_page.h"

#include <linux/truechime.h>
#include <string.h>

#include "kmod/core/line.h"

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

#define MARKER		(1U << TRUECHIME_EVIDENCE_MARKER)
#define GENERATION	(1U << TRUECHIME_EVIDENCE_GENERATION)

/* As QEMU 10 shows it: no time, and no generation counter. */
static const unsigned char qemu[CHIME_VMCLOCK_SIZE] = {
	'V', 'C', 'L', 'K',		/* magic */
	0, 0x10, 0, 0,			/* size 4096 */
	1, 0,				/* version */
	255, 0,				/* no counter, UTC */
	2, 0, 0, 0,			/* sequence */
	1, 0, 0, 0, 0, 0, 0, 0,		/* disruption marker */
};

TEST(is_read)
{
	struct chime_vmclock_page page;
	unsigned char bytes[CHIME_VMCLOCK_SIZE];

	memcpy(bytes, qemu, sizeof(bytes));
	memcpy(bytes + 16, "\x08\x07\x06\x05\x04\x03\x02\x01", 8);
	ASSERT_EQ(0, chime_vmclock_parse(bytes, 4096, &page));
	EXPECT_EQ(0x0102030405060708, page.marker);
	EXPECT_FALSE(page.has_generation);
	EXPECT_EQ(0, page.generation);
}

TEST(has_a_generation_counter_if_its_flag_says_so)
{
	struct chime_vmclock_page page;
	unsigned char bytes[CHIME_VMCLOCK_SIZE];

	memcpy(bytes, qemu, sizeof(bytes));
	bytes[25] = 1;
	bytes[111] = 0x80;
	ASSERT_EQ(0, chime_vmclock_parse(bytes, 4096, &page));
	EXPECT_TRUE(page.has_generation);
	EXPECT_EQ(1ULL << 63, page.generation);
}

TEST(has_no_generation_counter_beyond_its_size)
{
	struct chime_vmclock_page page;
	unsigned char bytes[CHIME_VMCLOCK_SIZE];

	memcpy(bytes, qemu, sizeof(bytes));
	bytes[25] = 1;
	bytes[4] = 111;
	bytes[5] = 0;
	ASSERT_EQ(0, chime_vmclock_parse(bytes, 4096, &page));
	EXPECT_FALSE(page.has_generation);
	bytes[4] = 104;
	ASSERT_EQ(0, chime_vmclock_parse(bytes, 4096, &page));
	EXPECT_FALSE(page.has_generation);
	bytes[4] = 112;
	ASSERT_EQ(0, chime_vmclock_parse(bytes, 4096, &page));
	EXPECT_TRUE(page.has_generation);
}

#define UTC_S		1800000000LL
#define COUNTER		50000000000000ULL

static void put(unsigned char *bytes, int offset, int size, unsigned long long value)
{
	for (; size--; value >>= 8)
		bytes[offset++] = value & 0xff;
}

/*
 * A clock by a TSC of 2.5 GHz, right to 50 us at UTC_S, when the counter is COUNTER; the period,
 * 0.4 ns, is right to 20 ppm. In multiples of 2^-72 s (shift 8) it is 0.4e-9 * 2^72.
 */
static void put_clock(unsigned char *bytes)
{
	memcpy(bytes, qemu, sizeof(qemu));
	bytes[10] = 1;				/* TSC */
	put(bytes, 24, 8, 0x10 | 0x40);		/* both bounds are valid */
	bytes[34] = CHIME_VMCLOCK_SYNCHRONIZED;
	bytes[39] = 8;
	put(bytes, 40, 8, COUNTER);
	put(bytes, 48, 8, 1888946593148ULL);
	put(bytes, 64, 8, 37778932ULL);
	put(bytes, 72, 8, UTC_S);
	put(bytes, 80, 8, 1ULL << 63);		/* half a second */
	put(bytes, 96, 8, 50000);
}

static s64 bound_of(const unsigned char *bytes, s64 age_ns, s64 host_ahead_ns)
{
	s64 utc_ns = UTC_S * NS_PER_S + NS_PER_S / 2 + age_ns;
	struct chime_vmclock_page page;

	if (chime_vmclock_parse(bytes, 4096, &page))
		return -1;
	return chime_vmclock_maxerror(&page, COUNTER + (u64)(age_ns * 5 / 2),
				      utc_ns + host_ahead_ns, 0);
}

TEST(states_how_right_the_hosts_clock_is)
{
	unsigned char bytes[CHIME_VMCLOCK_SIZE];

	put_clock(bytes);
	/* It grows by 20 ppm, and serves for two seconds more. */
	EXPECT_LE(50000 + 20 * 12 * 1000, bound_of(bytes, 10 * NS_PER_S, 0));
	EXPECT_GE(50000 + 20 * 12 * 1000 + 100, bound_of(bytes, 10 * NS_PER_S, 0));
	/* The clock that the host answers with is another one. */
	EXPECT_LE(5 * NS_PER_S + 50000, bound_of(bytes, 10 * NS_PER_S, 5 * NS_PER_S));
	EXPECT_GE(5 * NS_PER_S + 300000, bound_of(bytes, 10 * NS_PER_S, 5 * NS_PER_S));
	EXPECT_LE(5 * NS_PER_S + 50000, bound_of(bytes, 10 * NS_PER_S, -5 * NS_PER_S));
	/* On TAI, 37 s ahead. */
	bytes[11] = 1;
	bytes[24] |= 1;
	put(bytes, 36, 2, 37);
	bytes[38] = 1;				/* a leap second is announced */
	put(bytes, 72, 8, UTC_S + 37);
	EXPECT_GE(50000 + 20 * 12 * 1000 + 100, bound_of(bytes, 10 * NS_PER_S, 0));
	put(bytes, 36, 2, (u64)-37);
	put(bytes, 72, 8, UTC_S - 37);
	EXPECT_GE(50000 + 20 * 12 * 1000 + 100, bound_of(bytes, 10 * NS_PER_S, 0));
	/* Without a bound of the period a bad one is assumed. */
	bytes[24] &= ~0x10;
	EXPECT_LE(50000 + 500 * 12 * 1000, bound_of(bytes, 10 * NS_PER_S, 0));
}

/* In 5 us 20 ppm are a tenth of a ns, but the bound is used until the next check. */
TEST(states_how_right_the_hosts_clock_stays_when_it_was_just_written)
{
	static const s64 ages_ns[] = { 0, 2, 400, 5000, 70000, 1000000 };
	unsigned char bytes[CHIME_VMCLOCK_SIZE];
	unsigned int i;

	put_clock(bytes);
	for (i = 0; i < ARRAY_SIZE(ages_ns); i++) {
		EXPECT_LE(50000 + 20 * 2 * 1000, bound_of(bytes, ages_ns[i], 0))
			TH_LOG("%lld ns old", ages_ns[i]);
		EXPECT_GE(50000 + 20 * 2 * 1000 + 100, bound_of(bytes, ages_ns[i], 0))
			TH_LOG("%lld ns old", ages_ns[i]);
	}
	/* A counter without a period says nothing of its rate, either. */
	put(bytes, 48, 8, 1);
	EXPECT_LE(50000 + 500 * 2 * 1000, bound_of(bytes, 0, 0));
}

TEST(states_nothing_that_no_clock_does)
{
	static const struct {
		int at, size;
		unsigned long long value;
	} spoiled[] = {
		{ 10, 1, 0 }, { 10, 1, 255 },		/* not by the TSC */
		{ 11, 1, 1 }, { 11, 1, 2 }, { 11, 1, 3 },	/* TAI by how much? no UTC */
		{ 24, 8, 0x10 },			/* no bound */
		{ 34, 1, CHIME_VMCLOCK_UNKNOWN }, { 34, 1, CHIME_VMCLOCK_INITIALIZING },
		{ 34, 1, CHIME_VMCLOCK_FREERUNNING }, { 34, 1, CHIME_VMCLOCK_UNRELIABLE },
		{ 34, 1, 5 }, { 34, 1, 255 },
		{ 39, 1, 64 }, { 39, 1, 255 },
		{ 40, 8, COUNTER + 25000000001ULL },	/* of the time to come */
		{ 40, 8, 0 },				/* from long ago */
		{ 48, 8, ~0ULL }, { 64, 8, ~0ULL },
		{ 72, 8, 0 }, { 72, 8, ~0ULL }, { 72, 8, 1ULL << 63 }, { 72, 8, 9223372036ULL },
		{ 96, 8, 0 }, { 96, 8, ~0ULL }, { 96, 8, 1ULL << 63 },
		{ 96, 8, 3601 * 1000000000ULL },
	};
	unsigned char bytes[CHIME_VMCLOCK_SIZE];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(spoiled); i++) {
		put_clock(bytes);
		put(bytes, spoiled[i].at, spoiled[i].size, spoiled[i].value);
		EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, bound_of(bytes, 10 * NS_PER_S, 0))
			TH_LOG("byte %d", spoiled[i].at);
	}
}

/* The last second that fits into 64 bits of ns on TAI, which is said to be 32768 s behind UTC. */
TEST(states_nothing_at_the_end_of_time)
{
	unsigned char bytes[CHIME_VMCLOCK_SIZE];
	struct chime_vmclock_page page;

	put_clock(bytes);
	bytes[11] = 1;
	bytes[24] |= 1;
	put(bytes, 36, 2, 0x8000);
	put(bytes, 72, 8, 9223372036ULL);
	put(bytes, 96, 8, 1);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, bound_of(bytes, 10 * NS_PER_S, 0));
	ASSERT_EQ(0, chime_vmclock_parse(bytes, 4096, &page));
	EXPECT_FALSE(page.time.has_bound);
	/* Behind the beginning of UTC is no overflow, but nothing that is right. */
	put(bytes, 36, 2, 0x7fff);
	put(bytes, 72, 8, 0);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, bound_of(bytes, 10 * NS_PER_S, 0));
}

/* A period of 0.4 ns that may be wrong by a second: no bound is left, and no sum overflows. */
TEST(states_nothing_by_a_counter_that_may_run_at_any_rate)
{
	unsigned char bytes[CHIME_VMCLOCK_SIZE];

	put_clock(bytes);
	bytes[39] = 0;
	put(bytes, 48, 8, 7378697629ULL);
	put(bytes, 64, 8, ~0ULL);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, bound_of(bytes, 10 * NS_PER_S, 0));
}

/* Almost a second each, and more of them than fit into 64 bits of ns: no sum overflows. */
TEST(states_nothing_by_a_counter_that_went_on_for_ever)
{
	unsigned char bytes[CHIME_VMCLOCK_SIZE];
	struct chime_vmclock_page page;

	put_clock(bytes);
	bytes[39] = 0;
	put(bytes, 48, 8, ~0ULL);
	ASSERT_EQ(0, chime_vmclock_parse(bytes, 4096, &page));
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS,
		  chime_vmclock_maxerror(&page, COUNTER + 9223372037ULL, UTC_S * NS_PER_S, 0));
}

/* Nor where all that it would be reckoned by is 0. */
TEST(states_nothing_without_a_bound)
{
	struct chime_vmclock_page page;

	ASSERT_EQ(0, chime_vmclock_parse(qemu, 4096, &page));
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, chime_vmclock_maxerror(&page, 0, 0, 0));
}

/* A counter of 2^31 Hz, whose period may be wrong by @error parts of 2^33. */
static s64 exact_bound(s64 maxerror_ns, u64 error, s64 age_s, s64 apart_ns)
{
	unsigned char bytes[CHIME_VMCLOCK_SIZE];
	struct chime_vmclock_page page;

	put_clock(bytes);
	bytes[39] = 0;
	put(bytes, 48, 8, 1ULL << 33);
	put(bytes, 64, 8, error);
	put(bytes, 96, 8, (u64)maxerror_ns);
	if (chime_vmclock_parse(bytes, 4096, &page))
		return -1;
	return chime_vmclock_maxerror(&page, COUNTER + ((u64)age_s << 31),
				      (UTC_S + age_s) * NS_PER_S + NS_PER_S / 2, apart_ns);
}

/* Half a second may be gained in the two seconds that it serves; and two roundings. */
TEST(states_no_more_than_it_has_to)
{
	const u64 quarter = 2 * ((1ULL << 30) - 2);

	EXPECT_EQ(1000 + NS_PER_S / 2 + 2, exact_bound(1000, quarter, 0, 0));
	/* The counter and the host were read 77 ns apart. */
	EXPECT_EQ(1000 + NS_PER_S / 2 + 2 + 77, exact_bound(1000, quarter, 0, 77));
}

/* In an hour each part of 2^32 is 838 ns: it is rounded up, and by no more than two of them. */
TEST(rounds_up_how_wrong_the_rate_is)
{
	const s64 wrong_ns = chime_scale_q32(3600 * NS_PER_S, 99999) +
			     chime_scale_q32(1800 * NS_PER_S, 1);

	EXPECT_LE(1000 + wrong_ns, exact_bound(1000, 2 * 99999 + 1, 3598, 0));
	EXPECT_GE(1000 + wrong_ns + 1700, exact_bound(1000, 2 * 99999 + 1, 3598, 0));
}

/* A bound of up to an hour, on a page that is up to an hour old. */
TEST(states_nothing_beyond_an_hour)
{
	const s64 hour_ns = 3600 * NS_PER_S;
	s64 grown_ns = exact_bound(1000, 0, 0, 0) - 1000;

	EXPECT_EQ(hour_ns, exact_bound(hour_ns - grown_ns, 0, 0, 0));
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, exact_bound(hour_ns - grown_ns + 1, 0, 0, 0));
	EXPECT_GT(NS_PER_S, exact_bound(1000, 0, 3600, 0));
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, exact_bound(1000, 0, 3601, 0));
}

/* The last of each that says something; TAI is ahead of UTC by -1 s. */
TEST(takes_the_largest_numbers_that_a_clock_has)
{
	static const struct {
		int at, size;
		unsigned long long value;
		bool tai, taken;
	} largest[] = {
		{ 96, 8, 3600 * 1000000000ULL, false, true },
		{ 96, 8, 3600 * 1000000000ULL + 1, false, false },
		{ 39, 1, 63, false, true },
		{ 72, 8, 9223372036ULL, false, true },
		{ 72, 8, 9223372037ULL, false, false },
		{ 72, 8, 9223372035ULL, true, true },
		{ 72, 8, 9223372036ULL, true, false },
	};
	unsigned char bytes[CHIME_VMCLOCK_SIZE];
	struct chime_vmclock_page page;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(largest); i++) {
		put_clock(bytes);
		put(bytes, largest[i].at, largest[i].size, largest[i].value);
		bytes[11] = largest[i].tai;
		bytes[24] |= largest[i].tai;
		put(bytes, 36, 2, (u64)-1);
		ASSERT_EQ(0, chime_vmclock_parse(bytes, 4096, &page));
		EXPECT_EQ(largest[i].taken, page.time.has_bound)
			TH_LOG("case %u", i);
	}
}

TEST(says_when_the_hosts_clock_is_wrong)
{
	const bool wrong[] = { false, true, false, true, true, true };
	unsigned char bytes[CHIME_VMCLOCK_SIZE];
	struct chime_vmclock_page page;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		put_clock(bytes);
		bytes[34] = (unsigned char)i;
		ASSERT_EQ(0, chime_vmclock_parse(bytes, 4096, &page));
		EXPECT_EQ(wrong[i], chime_vmclock_is_wrong(&page));
	}
}

/* Types of time: UTC, TAI, none since 1970, smeared, perhaps smeared, of later versions. */
TEST(says_when_the_host_smears_leap_seconds)
{
	const bool smeared[] = { false, false, false, true, true, false };
	unsigned char bytes[CHIME_VMCLOCK_SIZE];
	struct chime_vmclock_page page;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(smeared); i++) {
		put_clock(bytes);
		bytes[11] = (unsigned char)i;
		ASSERT_EQ(0, chime_vmclock_parse(bytes, 4096, &page));
		EXPECT_EQ(smeared[i], page.smeared);
		/* Of UTC it says nothing then. */
		EXPECT_EQ(i == 0, page.time.has_bound);
	}
}

TEST(is_refused_when_it_is_none)
{
	static const struct {
		int at;
		unsigned char value;
	} spoiled[] = {
		{ 0, 'v' }, { 3, 0 },			/* magic */
		{ 5, 0 }, { 5, 0x11 }, { 7, 0xff },	/* size: 0, more than there is */
		{ 8, 0 }, { 8, 2 }, { 9, 1 },		/* version */
	};
	struct chime_vmclock_page page;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(spoiled); i++) {
		unsigned char bytes[CHIME_VMCLOCK_SIZE];

		memcpy(bytes, qemu, sizeof(bytes));
		bytes[spoiled[i].at] = spoiled[i].value;
		EXPECT_EQ(-ENODEV, chime_vmclock_parse(bytes, 4096, &page))
			TH_LOG("case %u", i);
	}
	EXPECT_EQ(-ENODEV, chime_vmclock_parse(qemu, 4095, &page));
}

#define PAGE(m, has, g)	{ .marker = (m), .has_generation = (has), .generation = (g) }

TEST(changes_of_the_page_are_evidence)
{
	static const struct {
		struct chime_vmclock_page before, after;
		u32 evidence;
	} cases[] = {
		{ PAGE(1, false, 0), PAGE(1, false, 0), 0 },
		{ PAGE(1, false, 0), PAGE(2, false, 0), MARKER },
		{ PAGE(2, false, 0), PAGE(1, false, 0), MARKER },
		{ PAGE(1, true, 5), PAGE(2, true, 5), MARKER },
		{ PAGE(1, true, 5), PAGE(2, true, 6), MARKER | GENERATION },
		{ PAGE(1, true, 5), PAGE(1, true, 4), GENERATION },
		{ PAGE(1, false, 0), PAGE(2, true, 6), MARKER },
		{ PAGE(1, true, 6), PAGE(2, false, 0), MARKER },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		EXPECT_EQ(cases[i].evidence, chime_vmclock_compare(&cases[i].before,
								   &cases[i].after))
			TH_LOG("case %u", i);
}

TEST_HARNESS_MAIN
