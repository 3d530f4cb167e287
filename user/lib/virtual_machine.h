/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is this a virtual machine? Only that can be stopped, reverted or restored without noticing it.
 */
#ifndef LIB_VIRTUAL_MACHINE_H
#define LIB_VIRTUAL_MACHINE_H

#include <stdbool.h>

/* false also where that cannot be known: on processors other than x86. */
bool is_virtual_machine(void);

#endif /* LIB_VIRTUAL_MACHINE_H */
