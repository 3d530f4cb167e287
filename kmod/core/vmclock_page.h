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

/* Changes whenever this guest's counter was disrupted ... */
#define CHIME_VMCLOCK_MARKER_OFFSET	16

/* ... and when it was restored from a saved state, where the device counts that. The last field. */
#define CHIME_VMCLOCK_GENERATION_OFFSET	104

/**
 * enum chime_vmclock_status - what the page says of the hypervisor's clock
 * @CHIME_VMCLOCK_UNKNOWN: nothing
 * @CHIME_VMCLOCK_INITIALIZING: it is not synchronised yet
 * @CHIME_VMCLOCK_SYNCHRONIZED: it is synchronised
 * @CHIME_VMCLOCK_FREERUNNING: it is not synchronised any more
 * @CHIME_VMCLOCK_UNRELIABLE: it is broken
 */
enum chime_vmclock_status {
	CHIME_VMCLOCK_UNKNOWN,
	CHIME_VMCLOCK_INITIALIZING,
	CHIME_VMCLOCK_SYNCHRONIZED,
	CHIME_VMCLOCK_FREERUNNING,
	CHIME_VMCLOCK_UNRELIABLE,
};

/**
 * struct chime_vmclock_time - UTC as a function of this guest's counter, as the page states it
 * @has_bound: the page states all of this, for the TSC and for a clock that is synchronised
 * @counter: the counter at the instant of ...
 * @utc_s: ... this time, in s after 1970 ...
 * @frac_q64: ... and fractions of one, times 2^64
 * @period_shift: the next two are multiples of 2^-(64 + shift) s:
 * @period: of the counter
 * @has_period_maxerror: the page also states ...
 * @period_maxerror: ... the bound of its error
 * @maxerror_ns: bound of the time's error at that instant
 */
struct chime_vmclock_time {
	bool has_bound;
	u64 counter;
	s64 utc_s;
	u64 frac_q64;
	unsigned int period_shift;
	u64 period;
	bool has_period_maxerror;
	u64 period_maxerror;
	s64 maxerror_ns;
};

/**
 * struct chime_vmclock_page - the contents of a consistent copy of the page
 * @marker: changes whenever this guest's counter was disrupted
 * @has_generation: the device counts restores apart from moves
 * @generation: changes whenever this guest was restored from a saved state; 0 without a counter
 * @status: of the hypervisor's clock
 * @smeared: around a leap second its time is off UTC by up to a second, or may be
 * @time: its time
 */
struct chime_vmclock_page {
	u64 marker;
	bool has_generation;
	u64 generation;
	enum chime_vmclock_status status;
	bool smeared;
	struct chime_vmclock_time time;
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

/**
 * chime_vmclock_maxerror() - bound of the error of a host clock, as its page states it
 * @page: the page
 * @counter: this guest's counter ...
 * @host_ns: ... and the host clock's time at the same instant
 * @apart_ns: unless the two were read so far apart
 *
 * The page states the bound of its own time, which need not be the clock that the host answers
 * with: so the difference between the two is added, and whatever was stated of one clock does not
 * hide that the other one is wrong.
 *
 * Return: the bound, as it will be some checks later; CHIME_LINE_UNBOUNDED_NS: the page states
 * none, or one that cannot be right.
 */
s64 chime_vmclock_maxerror(const struct chime_vmclock_page *page, u64 counter, s64 host_ns,
			   s64 apart_ns);

/* The page says that the hypervisor's clock is not synchronised. */
static inline bool chime_vmclock_is_wrong(const struct chime_vmclock_page *page)
{
	return page->status != CHIME_VMCLOCK_UNKNOWN && page->status != CHIME_VMCLOCK_SYNCHRONIZED;
}

/* Bits of enum truechime_evidence: what happened between two checks of the page. */
u32 chime_vmclock_compare(const struct chime_vmclock_page *before,
			  const struct chime_vmclock_page *after);

#endif /* CHIME_VMCLOCK_PAGE_H */
