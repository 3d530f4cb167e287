/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Witness: the vmclock page, in which a hypervisor counts disruptions of this guest's counter.
 *
 * This works on every kernel, with or without a driver of its own for the device: the page is only
 * read here, and ACPI allows several notify handlers.
 */
#ifndef CHIME_VMCLOCK_H
#define CHIME_VMCLOCK_H

#include "acpi_device.h"
#include "core/line.h"
#include "core/pace.h"
#include "core/vmclock_page.h"

/**
 * struct chime_vmclock - the device; zeroed: none
 * @mapping: its page; NULL: there is no such device
 * @region_size: size of the device's memory region
 * @counted: there was a generation counter when the device was opened
 * @unread: the latest check could not read the page ...
 * @page: ... so these are its contents at an earlier one
 * @watch: its notifications, if they can be had
 */
struct chime_vmclock {
	const unsigned char *mapping;
	u64 region_size;
	bool counted;
	bool unread;
	struct chime_vmclock_page page;
	struct chime_acpi_watch watch;
};

#ifdef CONFIG_ACPI
/**
 * chime_vmclock_open() - find the device and install a notify handler
 * @vmclock: zeroed
 * @notified: called when the hypervisor notifies, which it does after each change of the page, if
 *	at all; in process context, without any lock
 * @context: passed to it
 *
 * Context: process.
 * Return: 0; -ENODEV: this machine has no usable device; @vmclock stays zeroed.
 */
int chime_vmclock_open(struct chime_vmclock *vmclock, void (*notified)(void *context),
		       void *context);

/* Undo it; @notified is not running afterwards. Context: process. */
void chime_vmclock_close(struct chime_vmclock *vmclock);

/* Evidence bits of what happened since the last call. This only reads memory. */
u32 chime_vmclock_check(struct chime_vmclock *vmclock);

/*
 * Fill in the disruption marker and the generation counter as they are in memory now. Any context,
 * between open and close.
 */
void chime_vmclock_read_marks(const struct chime_vmclock *vmclock, struct chime_marks *marks);

/*
 * Bound of the error of the host's clock, whose line is @host, by the page of the latest check;
 * CHIME_LINE_UNBOUNDED_NS: it states none.
 */
s64 chime_vmclock_host_maxerror(const struct chime_vmclock *vmclock, const struct chime_line *host);
#else
static inline int chime_vmclock_open(struct chime_vmclock *vmclock,
				     void (*notified)(void *context), void *context)
{
	return -ENODEV;
}

static inline void chime_vmclock_close(struct chime_vmclock *vmclock) { }

static inline u32 chime_vmclock_check(struct chime_vmclock *vmclock)
{
	return 0;
}

static inline void chime_vmclock_read_marks(const struct chime_vmclock *vmclock,
					    struct chime_marks *marks) { }

static inline s64 chime_vmclock_host_maxerror(const struct chime_vmclock *vmclock,
					      const struct chime_line *host)
{
	return CHIME_LINE_UNBOUNDED_NS;
}
#endif

static inline bool chime_vmclock_present(const struct chime_vmclock *vmclock)
{
	return vmclock->mapping;
}

/* There is a device, and the latest check could read its page. */
static inline bool chime_vmclock_was_read(const struct chime_vmclock *vmclock)
{
	return chime_vmclock_present(vmclock) && !vmclock->unread;
}

/* By the latest page that could be read, the host's clock smears leap seconds, or may. */
static inline bool chime_vmclock_smears(const struct chime_vmclock *vmclock)
{
	return chime_vmclock_present(vmclock) && vmclock->page.smeared;
}

#endif /* CHIME_VMCLOCK_H */
