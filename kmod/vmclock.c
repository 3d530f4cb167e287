// SPDX-License-Identifier: GPL-2.0-only
/*
 * Witness: the vmclock page. See vmclock.h.
 */
#include "vmclock.h"

#include <linux/acpi.h>
#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/ktime.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <asm/barrier.h>
#include <asm/processor.h>

#ifdef CONFIG_X86
#include <asm/tsc.h>
#endif

/* The specification's _CID and the id that QEMU gives. */
static const char * const chime_vmclock_names[] = { "VMCLOCK", "AMZNC10C" };

/*
 * The hypervisor writes a few words now and then, but several readings in a row may take less than
 * that. If its thread is interrupted amid the writing, nobody here waits for it.
 */
#define CHIME_VMCLOCK_WAIT_NS	(100 * NSEC_PER_USEC)

/* But the device is only looked for once: then it is waited for, for so many milliseconds. */
#define CHIME_VMCLOCK_OPEN_TRIES	50

/* The first memory region among the device's resources. */
static acpi_status chime_vmclock_resource(struct acpi_resource *acpi, void *context)
{
	struct resource *region = context;
	struct resource_win window = { };

	if (acpi_dev_resource_memory(acpi, region))
		return AE_CTRL_TERMINATE;
	if (acpi_dev_resource_address_space(acpi, &window) &&
	    resource_type(&window.res) == IORESOURCE_MEM) {
		*region = window.res;
		return AE_CTRL_TERMINATE;
	}
	*region = (struct resource){ };
	return AE_OK;
}

static u32 chime_vmclock_seq(const struct chime_vmclock *vmclock)
{
	return le32_to_cpu(READ_ONCE(*(const __le32 *)(vmclock->mapping +
						       CHIME_VMCLOCK_SEQ_OFFSET)));
}

/* Parse a consistent copy of the page. -EAGAIN: the hypervisor kept on writing. */
static int chime_vmclock_read(const struct chime_vmclock *vmclock, struct chime_vmclock_page *page)
{
	unsigned char bytes[CHIME_VMCLOCK_SIZE];
	s64 begun_ns = ktime_get_raw_ns();
	bool last;
	u32 seq;

	do {
		/* It is this guest that may have been interrupted: read once more in any case. */
		last = ktime_get_raw_ns() - begun_ns >= CHIME_VMCLOCK_WAIT_NS;
		seq = chime_vmclock_seq(vmclock);
		/* Pairs with the hypervisor's barrier before it makes the count even. */
		virt_rmb();
		memcpy(bytes, vmclock->mapping, sizeof(bytes));
		/* Pairs with its barrier after it made the count odd. */
		virt_rmb();
		if (!(seq & 1) && chime_vmclock_seq(vmclock) == seq)
			return chime_vmclock_parse(bytes, vmclock->region_size, page);
		cpu_relax();
	} while (!last);
	return -EAGAIN;
}

static int chime_vmclock_read_first(struct chime_vmclock *vmclock)
{
	int tries = CHIME_VMCLOCK_OPEN_TRIES;
	int ret = chime_vmclock_read(vmclock, &vmclock->page);

	while (ret == -EAGAIN && --tries) {
		usleep_range(1000, 1500);
		ret = chime_vmclock_read(vmclock, &vmclock->page);
	}
	return ret;
}

int chime_vmclock_open(struct chime_vmclock *vmclock, void (*notified)(void *context),
		       void *context)
{
	void *device = chime_acpi_device_find(chime_vmclock_names,
					      ARRAY_SIZE(chime_vmclock_names));
	struct resource region = { };

	if (!device)
		return -ENODEV;
	acpi_walk_resources(device, METHOD_NAME__CRS, chime_vmclock_resource, &region);
	if (!region.start || resource_size(&region) < CHIME_VMCLOCK_SIZE)
		return -ENODEV;
	vmclock->region_size = resource_size(&region);
	vmclock->mapping = memremap(region.start, CHIME_VMCLOCK_SIZE,
				    MEMREMAP_WB | MEMREMAP_DEC);
	if (!vmclock->mapping || chime_vmclock_read_first(vmclock)) {
		chime_vmclock_close(vmclock);
		return -ENODEV;
	}
	vmclock->counted = vmclock->page.has_generation;
	/* Without notifications the page is read all the same. */
	chime_acpi_watch_start(&vmclock->watch, device, notified, context);
	return 0;
}

void chime_vmclock_close(struct chime_vmclock *vmclock)
{
	chime_acpi_watch_stop(&vmclock->watch);
	if (vmclock->mapping)
		memunmap((void *)vmclock->mapping);
	memset(vmclock, 0, sizeof(*vmclock));
}

u32 chime_vmclock_check(struct chime_vmclock *vmclock)
{
	struct chime_vmclock_page page;
	u32 evidence;

	if (!chime_vmclock_present(vmclock))
		return 0;
	/* What changed meanwhile shows at the next check that can read the page. */
	vmclock->unread = chime_vmclock_read(vmclock, &page);
	if (vmclock->unread)
		return 0;
	evidence = chime_vmclock_compare(&vmclock->page, &page);
	vmclock->page = page;
	return evidence;
}

static u64 chime_vmclock_u64(const struct chime_vmclock *vmclock, int offset)
{
	return le64_to_cpu(READ_ONCE(*(const __le64 *)(vmclock->mapping + offset)));
}

/*
 * The checks' timers call this, and they run between open and close only. A page that is being
 * written is no matter: what has changed is read as a whole by the check. The sequence count says
 * less: it also changes with each update of the page's time.
 */
void chime_vmclock_read_marks(const struct chime_vmclock *vmclock, struct chime_marks *marks)
{
	if (!chime_vmclock_present(vmclock))
		return;
	marks->words[CHIME_MARK_DISRUPTION] = chime_vmclock_u64(vmclock,
								CHIME_VMCLOCK_MARKER_OFFSET);
	/* Memory behind a page without a counter is not the device's. */
	if (vmclock->counted)
		marks->words[CHIME_MARK_GENERATION] =
			chime_vmclock_u64(vmclock, CHIME_VMCLOCK_GENERATION_OFFSET);
}

#ifdef CONFIG_X86
s64 chime_vmclock_host_maxerror(const struct chime_vmclock *vmclock, const struct chime_line *host)
{
	s64 before_ns, after_ns;
	u64 counter;

	if (!chime_vmclock_present(vmclock))
		return CHIME_LINE_UNBOUNDED_NS;
	before_ns = ktime_get_raw_ns();
	counter = rdtsc_ordered();
	after_ns = ktime_get_raw_ns();
	return chime_vmclock_maxerror(&vmclock->page, counter, chime_line_eval(host, before_ns),
				      chime_sub_sat(after_ns, before_ns));
}
#else
/* No page is known that relates another counter to UTC. */
s64 chime_vmclock_host_maxerror(const struct chime_vmclock *vmclock, const struct chime_line *host)
{
	return CHIME_LINE_UNBOUNDED_NS;
}
#endif
