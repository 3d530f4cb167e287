/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Witness: the vmclock page, in which a hypervisor counts disruptions of this guest's counter.
 *
 * On every kernel, whether it has a driver of its own for the device or not: the page is only read.
 */
#ifndef CHIME_VMCLOCK_H
#define CHIME_VMCLOCK_H

#include "core/vmclock_page.h"

/**
 * struct chime_vmclock - the device; zeroed: none
 * @mapping: its page; NULL: there is no such device
 * @region_size: of what the device has
 * @page: as it was at the latest check
 */
struct chime_vmclock {
	const unsigned char *mapping;
	u64 region_size;
	struct chime_vmclock_page page;
};

#ifdef CONFIG_ACPI
/* 0; -ENODEV: this machine has none that can be used; @vmclock stays zeroed. Context: process. */
int chime_vmclock_open(struct chime_vmclock *vmclock);

/* Undo it. Context: process. */
void chime_vmclock_close(struct chime_vmclock *vmclock);

/* Evidence bits of what happened since the last call. Memory is read, nothing else. */
u32 chime_vmclock_check(struct chime_vmclock *vmclock);
#else
static inline int chime_vmclock_open(struct chime_vmclock *vmclock)
{
	return -ENODEV;
}

static inline void chime_vmclock_close(struct chime_vmclock *vmclock) { }

static inline u32 chime_vmclock_check(struct chime_vmclock *vmclock)
{
	return 0;
}
#endif

static inline bool chime_vmclock_present(const struct chime_vmclock *vmclock)
{
	return vmclock->mapping;
}

#endif /* CHIME_VMCLOCK_H */
