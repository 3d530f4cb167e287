/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vmclock page as its public ABI lays it out: what of it is believed, and what it says.
 *
 * Pure and from bytes, so that the tests and the fuzzer compile this very file; finding, mapping
 * and reading the page is vmclock.c's.
 */
#ifndef CHIME_VMCLOCK_PAGE_H
#define CHIME_VMCLOCK_PAGE_H

#include "core/line_env.h"

/* All of version 1, the generation counter included. Everything is little endian. */
#define CHIME_VMCLOCK_SIZE	112

/* Odd while the hypervisor writes; changes whenever it has written. */
#define CHIME_VMCLOCK_SEQ_OFFSET	12

/**
 * struct chime_vmclock_page - what a consistent copy of the page says
 * @marker: changes whenever this guest's counter was disrupted
 * @has_generation: the device counts restores apart from moves
 * @generation: changes whenever this guest was restored from a saved state; 0 without
 */
struct chime_vmclock_page {
	u64 marker;
	bool has_generation;
	u64 generation;
};

/**
 * chime_vmclock_parse() - check a page and take it apart
 * @bytes: a copy that did not change while it was taken
 * @region_size: of what the device says it has; the page must fit in it
 * @page: result, on success
 *
 * Return: 0; -ENODEV: no vmclock page, or of a version unknown here.
 */
int chime_vmclock_parse(const unsigned char bytes[CHIME_VMCLOCK_SIZE], u64 region_size,
			struct chime_vmclock_page *page);

/* Bits of enum truechime_evidence: what happened between two checks of the page. */
u32 chime_vmclock_compare(const struct chime_vmclock_page *before,
			  const struct chime_vmclock_page *after);

#endif /* CHIME_VMCLOCK_PAGE_H */
