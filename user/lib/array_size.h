/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many elements an array has, as in the kernel. The tests' harness brings the same.
 */
#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif
