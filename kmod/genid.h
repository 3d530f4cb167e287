/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Witness: the VM generation id, 16 bytes that a hypervisor changes when this guest goes on from an
 * earlier state as a new instance. QEMU's loadvm leaves the id alone, but notifies.
 *
 * On every kernel, whether it has a driver of its own for the device or not: this one only reads,
 * and ACPI lets several listen.
 */
#ifndef CHIME_GENID_H
#define CHIME_GENID_H

#include <linux/errno.h>
#include <linux/types.h>

#define CHIME_GENID_SIZE	16

/**
 * struct chime_genid - the device; zeroed: none
 * @device: its ACPI handle
 * @page: where the hypervisor keeps the id; NULL: there is no such device
 * @id: as it was at the latest check
 * @notified: called when the hypervisor notifies ...
 * @context: ... with this
 */
struct chime_genid {
	void *device;
	const u8 *page;
	u8 id[CHIME_GENID_SIZE];
	void (*notified)(void *context);
	void *context;
};

#ifdef CONFIG_ACPI
/**
 * chime_genid_open() - find the device and listen to it
 * @genid: result; stays zeroed on error
 * @notified: called, in process context, when the hypervisor notifies
 * @context: for @notified
 *
 * Context: process. Return: 0; -ENODEV: this machine has none, or one that cannot be used.
 */
int chime_genid_open(struct chime_genid *genid, void (*notified)(void *context), void *context);

/*
 * Undo it; @notified is not running any more then, nor will it. Context: process, no lock held that
 * @notified takes.
 */
void chime_genid_close(struct chime_genid *genid);

/* Evidence bit of a change since the last call, or 0. Memory is read, nothing else. */
u32 chime_genid_check(struct chime_genid *genid);

/* Wait for a notification that is on its way. Context: process, not in @notified. */
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

static inline void chime_genid_settle(const struct chime_genid *genid) { }
#endif

static inline bool chime_genid_present(const struct chime_genid *genid)
{
	return genid->page;
}

#endif /* CHIME_GENID_H */
