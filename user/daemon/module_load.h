/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loading the kernel module where it is missing and we may, and an explanation where that failed;
 * and what the module was loaded with.
 */
#ifndef DAEMON_MODULE_LOAD_H
#define DAEMON_MODULE_LOAD_H

#include <stddef.h>
#include <stdint.h>

/**
 * module_load() - modprobe truechime
 * @message: what happened, what it means and what to do, for people; "" after a success
 * @size: of @message
 *
 * Return: 0: it is loaded now, or was; -ENOENT: not installed for this kernel; -EKEYREJECTED:
 * refused for want of a trusted signature (Secure Boot, lockdown); -EPERM: not permitted to us;
 * -errno.
 */
int module_load(char *message, size_t size);

/*
 * The bound of the hosts' clocks by the parameter of the module that is loaded; -1: it states none,
 * or cannot be read.
 */
int64_t module_host_maxerror_ns(void);

#endif /* DAEMON_MODULE_LOAD_H */
