// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vmclock page: any bytes are refused, or give what is in them and nothing beyond.
 */
#include "kmod/core/vmclock_page.h"

#include <linux/truechime.h>

#include "fuzz.h"

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	struct chime_vmclock_page before = { 0 }, after = { 0 };
	unsigned char bytes[CHIME_VMCLOCK_SIZE];
	uint64_t region_size;
	u32 evidence;

	fuzz_take(&input, bytes, sizeof(bytes));
	fuzz_take(&input, &region_size, sizeof(region_size));
	if (chime_vmclock_parse(bytes, region_size, &before)) {
		FUZZ_CHECK(!before.marker && !before.has_generation && !before.generation);
	} else {
		FUZZ_CHECK(!memcmp(bytes, "VCLK", 4) && bytes[8] == 1 && !bytes[9]);
		FUZZ_CHECK(region_size >= CHIME_VMCLOCK_SIZE - 8);
		FUZZ_CHECK(before.has_generation || !before.generation);
	}

	fuzz_take(&input, bytes, sizeof(bytes));
	if (chime_vmclock_parse(bytes, region_size, &after))
		return 0;
	evidence = chime_vmclock_compare(&before, &after);
	FUZZ_CHECK(!(evidence & ~(1U << TRUECHIME_EVIDENCE_MARKER |
				  1U << TRUECHIME_EVIDENCE_GENERATION)));
	FUZZ_CHECK(!chime_vmclock_compare(&after, &after));
	return 0;
}
