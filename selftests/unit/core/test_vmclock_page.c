// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vmclock page: which pages are valid, and what a change of one means.
 */
#include "kmod/core/vmclock_page.h"

#include <linux/truechime.h>
#include <string.h>

#include "selftests/unit/unit.h"

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
	bytes[4] = 104;
	bytes[5] = 0;
	ASSERT_EQ(0, chime_vmclock_parse(bytes, 4096, &page));
	EXPECT_FALSE(page.has_generation);
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

TEST(changes_of_the_page_are_evidence)
{
	static const struct {
		struct chime_vmclock_page before, after;
		u32 evidence;
	} cases[] = {
		{ { 1, false, 0 }, { 1, false, 0 }, 0 },
		{ { 1, false, 0 }, { 2, false, 0 }, MARKER },
		{ { 2, false, 0 }, { 1, false, 0 }, MARKER },
		{ { 1, true, 5 }, { 2, true, 5 }, MARKER },
		{ { 1, true, 5 }, { 2, true, 6 }, MARKER | GENERATION },
		{ { 1, true, 5 }, { 1, true, 4 }, GENERATION },
		{ { 1, false, 0 }, { 2, true, 6 }, MARKER },
		{ { 1, true, 6 }, { 2, false, 0 }, MARKER },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		EXPECT_EQ(cases[i].evidence, chime_vmclock_compare(&cases[i].before,
								   &cases[i].after))
			TH_LOG("case %u", i);
}

TEST_HARNESS_MAIN
