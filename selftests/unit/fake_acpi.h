/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One device of ACPI for tests of the module's witnesses, and its memory: it has every name, and
 * one handler may be installed. It brings kmod/acpi_device.c, so include it in the test alone,
 * before the witness's own file.
 */
#ifndef FAKE_ACPI_H
#define FAKE_ACPI_H

#include "kmod/chime.h"

#define acpi_status		u32
#define acpi_handle		void *
#define acpi_disabled		false
#define AE_OK			0
#define AE_CTRL_TERMINATE	1
#define AE_NO_MEMORY		4
#define ACPI_SUCCESS(status)	((status) == AE_OK)
#define ACPI_DEVICE_NOTIFY	2
#define MEMREMAP_WB		1
#define MEMREMAP_DEC		2

struct fake_acpi {
	void *memory;
	int mappings;			/* of it */
	bool fails_mapping;		/* for want of memory, as ... */
	bool fails_handler;
	void (*handler)(void *device, u32 value, void *context);
	void *context;
};

static struct fake_acpi fake_acpi;

static inline void fake_acpi_notify(void)
{
	fake_acpi.handler(NULL, 0x80, fake_acpi.context);
}

static void acpi_get_devices(const char *name,
			     u32 (*found)(void *device, u32 level, void *context, void **result),
			     void *context, void **result)
{
	found(&fake_acpi, 0, context, result);
}

static u32 acpi_install_notify_handler(void *device, u32 type,
				       void (*function)(void *device, u32 value, void *context),
				       void *context)
{
	if (fake_acpi.fails_handler)
		return AE_NO_MEMORY;
	fake_acpi.handler = function;
	fake_acpi.context = context;
	return AE_OK;
}

static void acpi_remove_notify_handler(void *device, u32 type,
				       void (*function)(void *device, u32 value, void *context))
{
	fake_acpi.handler = NULL;
}

static void *memremap(u64 address, size_t size, unsigned long flags)
{
	if (fake_acpi.fails_mapping)
		return NULL;
	fake_acpi.mappings++;
	return fake_acpi.memory;
}

static void memunmap(void *mapping)
{
	fake_acpi.mappings--;
}

#include "kmod/acpi_device.c"

#endif /* FAKE_ACPI_H */
