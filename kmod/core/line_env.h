/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The environment of the shared arithmetic: kernel types in the kernel, the same names outside.
 * The only place, with the uapi header, that tests __KERNEL__.
 */
#ifndef CHIME_LINE_ENV_H
#define CHIME_LINE_ENV_H

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/types.h>
#else
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

typedef int64_t s64;
typedef uint64_t u64;
typedef int32_t s32;
typedef uint32_t u32;

#define S64_MAX	INT64_MAX
#define S64_MIN	INT64_MIN
#define U64_MAX	UINT64_MAX
#endif

#ifndef __SIZEOF_INT128__
#error "truechime needs a 64-bit machine: its arithmetic rests on 128-bit products"
#endif

#endif /* CHIME_LINE_ENV_H */
