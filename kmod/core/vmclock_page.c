// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vmclock page: layout and meaning, by the public specification (version 1).
 */
#include "core/vmclock_page.h"

#include <linux/truechime.h>

#define CHIME_VMCLOCK_MAGIC		0x4b4c4356	/* "VCLK" */
#define CHIME_VMCLOCK_VERSION		1

/* Offsets of the fields. */
#define CHIME_VMCLOCK_MAGIC_OFFSET	0	/* 4 bytes */
#define CHIME_VMCLOCK_SIZE_OFFSET	4	/* 4 bytes: of the region */
#define CHIME_VMCLOCK_VERSION_OFFSET	8	/* 2 bytes */
#define CHIME_VMCLOCK_MARKER_OFFSET	16	/* 8 bytes */
#define CHIME_VMCLOCK_FLAGS_OFFSET	24	/* 8 bytes */
#define CHIME_VMCLOCK_GENERATION_OFFSET	104	/* 8 bytes, the last of all */

#define CHIME_VMCLOCK_FLAG_GENERATION	0x100

static u64 chime_vmclock_number(const unsigned char *bytes, int size)
{
	u64 number = 0;

	while (size--)
		number = number << 8 | bytes[size];
	return number;
}

int chime_vmclock_parse(const unsigned char bytes[CHIME_VMCLOCK_SIZE], u64 region_size,
			struct chime_vmclock_page *page)
{
	u64 size = chime_vmclock_number(bytes + CHIME_VMCLOCK_SIZE_OFFSET, 4);
	u64 flags = chime_vmclock_number(bytes + CHIME_VMCLOCK_FLAGS_OFFSET, 8);

	if (chime_vmclock_number(bytes + CHIME_VMCLOCK_MAGIC_OFFSET, 4) != CHIME_VMCLOCK_MAGIC ||
	    chime_vmclock_number(bytes + CHIME_VMCLOCK_VERSION_OFFSET, 2) !=
	    CHIME_VMCLOCK_VERSION)
		return -ENODEV;
	/* Memory beyond the device's own size is not the device's. */
	if (size < CHIME_VMCLOCK_GENERATION_OFFSET || size > region_size)
		return -ENODEV;

	page->marker = chime_vmclock_number(bytes + CHIME_VMCLOCK_MARKER_OFFSET, 8);
	page->has_generation = (flags & CHIME_VMCLOCK_FLAG_GENERATION) &&
			       size >= CHIME_VMCLOCK_SIZE;
	page->generation = 0;
	if (page->has_generation)
		page->generation = chime_vmclock_number(bytes + CHIME_VMCLOCK_GENERATION_OFFSET,
							8);
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
