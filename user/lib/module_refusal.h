/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why the kernel module is not loaded, in words, and what to type. For who has tried to load it and
 * for who looks at what is there. Pure.
 */
#ifndef LIB_MODULE_REFUSAL_H
#define LIB_MODULE_REFUSAL_H

#include <stddef.h>

/**
 * enum module_refusal - the reason
 * @MODULE_NOT_LOADED: none that is known: nobody has loaded it
 * @MODULE_NOT_PACKAGED: neither the module nor its source is on this machine
 * @MODULE_UNSUPPORTED_KERNEL: it is not for this kernel's version
 * @MODULE_NO_HEADERS: it cannot be built, as this kernel's headers are missing
 * @MODULE_BUILD_FAILED: DKMS has tried, and failed
 * @MODULE_NOT_INSTALLED: it is not built for this kernel
 * @MODULE_OTHER_KERNEL: what is installed for this kernel was built for another one
 * @MODULE_BLACKLISTED: modprobe.d or the kernel's command line says so
 * @MODULE_NO_SIGNATURE: the kernel accepts signed modules only, and it is not signed
 * @MODULE_KEY_REJECTED: it is, with a key that is not enrolled
 * @MODULE_KEY_PENDING: that is to be enrolled at the next boot
 */
enum module_refusal {
	MODULE_NOT_LOADED,
	MODULE_NOT_PACKAGED,
	MODULE_UNSUPPORTED_KERNEL,
	MODULE_NO_HEADERS,
	MODULE_BUILD_FAILED,
	MODULE_NOT_INSTALLED,
	MODULE_OTHER_KERNEL,
	MODULE_BLACKLISTED,
	MODULE_NO_SIGNATURE,
	MODULE_KEY_REJECTED,
	MODULE_KEY_PENDING,
};

/* Room for any text made here, with a kernel's @release in it. */
#define MODULE_REFUSAL_TEXT_MAX	320

/* "The kernel module truechime is not installed for 6.1.0-9-amd64": without a full stop. */
void module_refusal_words(enum module_refusal refusal, const char *release,
			  char text[MODULE_REFUSAL_TEXT_MAX]);

/* What the command is for: "install it". */
const char *module_refusal_purpose(enum module_refusal refusal);

/* What to type, as root. */
void module_refusal_command(enum module_refusal refusal, const char *release,
			    char text[MODULE_REFUSAL_TEXT_MAX]);

#endif /* LIB_MODULE_REFUSAL_H */
