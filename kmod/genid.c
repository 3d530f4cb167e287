// SPDX-License-Identifier: GPL-2.0-only
/*
 * Witness: the VM generation id. See genid.h.
 */
#include "genid.h"

#include <linux/acpi.h>
#include <linux/bits.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/truechime.h>

/* The specification's _CID, in upper case as in ACPICA, and the ids of QEMU and others. */
static const char * const chime_genid_names[] = { "VM_GEN_COUNTER", "VMGENCTR", "QEMUVGID" };

/* ADDR() returns the low and the high half of the id's physical address. */
static int chime_genid_address(acpi_handle device, phys_addr_t *address)
{
	struct acpi_buffer buffer = { ACPI_ALLOCATE_BUFFER, NULL };
	union acpi_object *package = NULL;
	int ret = -ENODEV;

	if (ACPI_SUCCESS(acpi_evaluate_object(device, "ADDR", NULL, &buffer)))
		package = buffer.pointer;
	if (package && package->type == ACPI_TYPE_PACKAGE && package->package.count == 2 &&
	    package->package.elements[0].type == ACPI_TYPE_INTEGER &&
	    package->package.elements[1].type == ACPI_TYPE_INTEGER) {
		*address = (package->package.elements[0].integer.value & U32_MAX) |
			   package->package.elements[1].integer.value << 32;
		ret = *address ? 0 : -ENODEV;
	}
	/* An evaluation that failed late has allocated it, too. */
	kfree(buffer.pointer);
	return ret;
}

/* ACPI's interrupt; 0: there is none, or it cannot be found. */
static unsigned int chime_genid_interrupt(void)
{
	unsigned int irq;

	if (acpi_gbl_FADT.flags & ACPI_FADT_HW_REDUCED ||
	    acpi_gsi_to_irq(acpi_gbl_FADT.sci_interrupt, &irq))
		return 0;
	return irq;
}

int chime_genid_open(struct chime_genid *genid, void (*notified)(void *context), void *context)
{
	void *device = chime_acpi_device_find(chime_genid_names, ARRAY_SIZE(chime_genid_names));
	phys_addr_t address;
	void *page;
	int ret;

	if (!device)
		return -ENODEV;
	ret = chime_genid_address(device, &address);
	if (ret)
		return ret;
	page = memremap(address, CHIME_GENID_SIZE, MEMREMAP_WB);
	if (!page)
		return -ENODEV;
	memcpy(genid->id, page, CHIME_GENID_SIZE);
	genid->irq = chime_genid_interrupt();
	ret = chime_acpi_watch_start(&genid->watch, device, notified, context);
	if (ret) {
		memunmap(page);
		memset(genid, 0, sizeof(*genid));
		return ret;
	}
	genid->page = page;
	return 0;
}

void chime_genid_close(struct chime_genid *genid)
{
	if (!chime_genid_present(genid))
		return;
	chime_acpi_watch_stop(&genid->watch);
	memunmap((void *)genid->page);
	memset(genid, 0, sizeof(*genid));
}

u32 chime_genid_check(struct chime_genid *genid)
{
	u8 id[CHIME_GENID_SIZE];

	if (!chime_genid_present(genid))
		return 0;
	/* Compare the copy: the hypervisor may write at any time. */
	memcpy(id, genid->page, sizeof(id));
	if (!memcmp(id, genid->id, sizeof(id)))
		return 0;
	memcpy(genid->id, id, sizeof(id));
	return BIT(TRUECHIME_EVIDENCE_GENID_CHANGED);
}

/* The checks' timers call this, and they run between open and close only. */
void chime_genid_read_marks(const struct chime_genid *genid, struct chime_marks *marks)
{
	u64 id[CHIME_GENID_SIZE / sizeof(u64)];

	if (!chime_genid_present(genid))
		return;
	memcpy(id, genid->page, sizeof(id));
	marks->words[CHIME_MARK_ID_LOW] = id[0];
	marks->words[CHIME_MARK_ID_HIGH] = id[1];
}

static void chime_genid_nothing(void *unused)
{
}

void chime_genid_settle(const struct chime_genid *genid)
{
	if (!chime_genid_present(genid))
		return;
	/* A CPU that answers has taken its pending interrupts, the one from ACPI included. */
	on_each_cpu(chime_genid_nothing, NULL, 1);
	/* Since 6.8 that only wakes a thread, for which ACPI does not wait. */
	if (genid->irq)
		synchronize_irq(genid->irq);
	acpi_os_wait_events_complete();
}
