// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processor says so. A container on a physical machine has no hypervisor, one in a guest has.
 */
#include "lib/virtual_machine.h"

#if defined(__x86_64__) || defined(__i386__)

#include <cpuid.h>

/* CPUID leaf 1, ECX: reserved for hypervisors, and 0 on a physical machine. */
#define CPUID_FEATURES		1
#define CPUID_HYPERVISOR	(1U << 31)

bool is_virtual_machine(void)
{
	unsigned int eax, ebx, ecx, edx;

	return __get_cpuid(CPUID_FEATURES, &eax, &ebx, &ecx, &edx) && ecx & CPUID_HYPERVISOR;
}

#else

bool is_virtual_machine(void)
{
	return false;
}

#endif
