/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Witness: the VM generation id, 16 bytes that a hypervisor changes when this guest is resumed from
 * an earlier state as a new instance. QEMU's loadvm leaves the id alone, but notifies.
 *
 * This works on every kernel, with or without a driver of its own for the device: the id is only
 * read here, and ACPI allows several notify handlers.
 */
#ifndef CHIME_GENID_H
#define CHIME_GENID_H

#include <linux/errno.h>
#include <linux/types.h>

#include "acpi_device.h"
#include "core/pace.h"

#define CHIME_GENID_SIZE	16

/**
 * struct chime_genid - the device; zeroed: none
 * @watch: its notifications
 * @irq: the interrupt by which ACPI learns of notifications; 0: not known
 * @page: the memory that holds the id; NULL: there is no such device
 * @id: the id at the latest check
 */
struct chime_genid {
	struct chime_acpi_watch watch;
	unsigned int irq;
	const u8 *page;
	u8 id[CHIME_GENID_SIZE];
};

#ifdef CONFIG_ACPI
/**
 * chime_genid_open() - find the device and install a notify handler
 * @genid: result; stays zeroed on error
 * @notified: called, in process context, when the hypervisor notifies
 * @context: for @notified
 *
 * Context: process. Return: 0; -ENODEV: this machine has none, or one that cannot be used.
 */
int chime_genid_open(struct chime_genid *genid, void (*notified)(void *context), void *context);

/*
 * Undo it. Afterwards @notified neither runs nor will be called. Context: process, no lock held
 * that @notified takes.
 */
void chime_genid_close(struct chime_genid *genid);

/* Evidence bit of a change since the last call, or 0. This only reads memory. */
u32 chime_genid_check(struct chime_genid *genid);

/* Fill in the id as it is in memory now. Any context, between open and close. */
void chime_genid_read_marks(const struct chime_genid *genid, struct chime_marks *marks);

/* Wait for a pending notification. Context: process, not in @notified. */
void chime_genid_settle(const struct chime_genid *genid);
#else
static inline int chime_genid_open(struct chime_genid *genid, void (*notified)(void *context),
				   void *context)
{
	return -ENODEV;
}

static inline void chime_genid_close(struct chime_genid *genid) { }

static inline u32 chime_genid_check(struct chime_genid *genid)
{
	return 0;
}

static inline void chime_genid_read_marks(const struct chime_genid *genid,
					  struct chime_marks *marks) { }

static inline void chime_genid_settle(const struct chime_genid *genid) { }
#endif

static inline bool chime_genid_present(const struct chime_genid *genid)
{
	return genid->page;
}

#endif /* CHIME_GENID_H */
