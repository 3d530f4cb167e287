/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a witness that the hypervisor describes by ACPI is.
 */
#ifndef CHIME_ACPI_DEVICE_H
#define CHIME_ACPI_DEVICE_H

#include <linux/acpi.h>

static inline acpi_status chime_acpi_device_found(acpi_handle device, u32 level, void *context,
						  void **result)
{
	*(acpi_handle *)context = device;
	return AE_CTRL_TERMINATE;
}

/**
 * chime_acpi_device_find() - look for a device by its names
 * @names: ids, and names of compatible devices; the first one that there is counts
 * @count: of them
 *
 * Return: NULL if there is none, or no ACPI
 */
static inline acpi_handle chime_acpi_device_find(const char * const *names, unsigned int count)
{
	acpi_handle device = NULL;
	unsigned int i;

	if (acpi_disabled)
		return NULL;
	for (i = 0; i < count && !device; i++)
		acpi_get_devices(names[i], chime_acpi_device_found, &device, NULL);
	return device;
}

#endif /* CHIME_ACPI_DEVICE_H */
