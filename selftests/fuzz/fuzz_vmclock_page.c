// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vmclock page: any bytes are refused, or give what is in them and nothing beyond.
 */
#include "kmod/core/line.h"
#include "kmod/core/vmclock_page.h"

#include <linux/truechime.h>

#include "fuzz.h"

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	struct chime_vmclock_page before = { 0 }, after = { 0 };
	unsigned char bytes[CHIME_VMCLOCK_SIZE];
	uint64_t region_size, counter;
	s64 host_ns, bound_ns;
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
	fuzz_take(&input, &counter, sizeof(counter));
	fuzz_take(&input, &host_ns, sizeof(host_ns));
	/* No page makes a clock right to nothing, and none that says it is wrong has a bound. */
	bound_ns = chime_vmclock_maxerror(&after, counter, host_ns, 0);
	FUZZ_CHECK(bound_ns > 0);
	FUZZ_CHECK(bound_ns == CHIME_LINE_UNBOUNDED_NS || bound_ns <= 3600 * CHIME_NS_PER_S);
	FUZZ_CHECK(bound_ns == CHIME_LINE_UNBOUNDED_NS || !chime_vmclock_is_wrong(&after));
	return 0;
}
