/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device that the hypervisor describes by ACPI: where it is, and its notifications.
 */
#ifndef CHIME_ACPI_DEVICE_H
#define CHIME_ACPI_DEVICE_H

/**
 * struct chime_acpi_watch - who is called when a device notifies; zeroed: nobody
 * @device: its ACPI handle; NULL: its notifications are not taken
 * @notified: called for each, in process context, without any lock ...
 * @context: ... with this
 */
struct chime_acpi_watch {
	void *device;
	void (*notified)(void *context);
	void *context;
};

/**
 * chime_acpi_device_find() - look for a device by its names
 * @names: ids, and names of compatible devices; the first one that there is counts
 * @count: of them
 *
 * Return: its ACPI handle; NULL if there is none, or no ACPI
 */
void *chime_acpi_device_find(const char * const *names, unsigned int count);

/**
 * chime_acpi_watch_start() - have a device's notifications reported
 * @watch: zeroed; stays so on error
 * @device: its ACPI handle
 * @notified: called for each notification, in process context, without any lock
 * @context: for @notified
 *
 * Context: process. Return: 0; -ENODEV: the notifications cannot be had.
 */
int chime_acpi_watch_start(struct chime_acpi_watch *watch, void *device,
			   void (*notified)(void *context), void *context);

/*
 * Undo it, if it was started. Afterwards @notified neither runs nor will be called. Context:
 * process, no lock held that @notified takes.
 */
void chime_acpi_watch_stop(struct chime_acpi_watch *watch);

#endif /* CHIME_ACPI_DEVICE_H */
