/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vmclock page as its public ABI lays it out: validation and parsing.
 *
 * Pure and from bytes, so that the tests and the fuzzer compile this very file; vmclock.c finds,
 * maps and reads the page.
 */
#ifndef CHIME_VMCLOCK_PAGE_H
#define CHIME_VMCLOCK_PAGE_H

#include "core/line_env.h"

/* All of version 1, the generation counter included. Everything is little endian. */
#define CHIME_VMCLOCK_SIZE	112

/* Odd while the hypervisor writes; changes whenever it has written. */
#define CHIME_VMCLOCK_SEQ_OFFSET	12

/**
 * struct chime_vmclock_page - the contents of a consistent copy of the page
 * @marker: changes whenever this guest's counter was disrupted
 * @has_generation: the device counts restores apart from moves
 * @generation: changes whenever this guest was restored from a saved state; 0 without a counter
 */
struct chime_vmclock_page {
	u64 marker;
	bool has_generation;
	u64 generation;
};

/**
 * chime_vmclock_parse() - validate a page and parse it
 * @bytes: a copy that did not change while it was taken
 * @region_size: size of the memory region that the device reports; the page must fit in it
 * @page: result, on success
 *
 * Return: 0; -ENODEV: no vmclock page, or one of an unknown version.
 */
int chime_vmclock_parse(const unsigned char bytes[CHIME_VMCLOCK_SIZE], u64 region_size,
			struct chime_vmclock_page *page);

/* Bits of enum truechime_evidence: what happened between two checks of the page. */
u32 chime_vmclock_compare(const struct chime_vmclock_page *before,
			  const struct chime_vmclock_page *after);

#endif /* CHIME_VMCLOCK_PAGE_H */
