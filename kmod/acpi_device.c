// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices of ACPI, for the witnesses that are such. See acpi_device.h.
 */
#include "acpi_device.h"

#include <linux/acpi.h>
#include <linux/errno.h>
#include <linux/string.h>

static acpi_status chime_acpi_device_found(acpi_handle device, u32 level, void *context,
					   void **result)
{
	*(acpi_handle *)context = device;
	return AE_CTRL_TERMINATE;
}

void *chime_acpi_device_find(const char * const *names, unsigned int count)
{
	acpi_handle device = NULL;
	unsigned int i;

	if (acpi_disabled)
		return NULL;
	for (i = 0; i < count && !device; i++)
		acpi_get_devices(names[i], chime_acpi_device_found, &device, NULL);
	return device;
}

static void chime_acpi_watch_notify(acpi_handle device, u32 value, void *context)
{
	struct chime_acpi_watch *watch = context;

	watch->notified(watch->context);
}

int chime_acpi_watch_start(struct chime_acpi_watch *watch, void *device,
			   void (*notified)(void *context), void *context)
{
	*watch = (struct chime_acpi_watch){ device, notified, context };
	if (ACPI_SUCCESS(acpi_install_notify_handler(device, ACPI_DEVICE_NOTIFY,
						     chime_acpi_watch_notify, watch)))
		return 0;
	memset(watch, 0, sizeof(*watch));
	return -ENODEV;
}

void chime_acpi_watch_stop(struct chime_acpi_watch *watch)
{
	/* Waits for running handlers. */
	if (watch->device)
		acpi_remove_notify_handler(watch->device, ACPI_DEVICE_NOTIFY,
					   chime_acpi_watch_notify);
	memset(watch, 0, sizeof(*watch));
}
