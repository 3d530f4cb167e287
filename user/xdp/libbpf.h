/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libbpf, opened when the fast path is opened for the first time. With libelf and libz it takes 290
 * KiB of memory, which a daemon without a fast path does not need.
 */
#ifndef XDP_LIBBPF_H
#define XDP_LIBBPF_H

#include <stdbool.h>

/*
 * Open it for as long as this process lasts. Until then none of its functions may be called.
 * false: it is not installed, or is another version.
 */
bool libbpf_open(void);

#endif /* XDP_LIBBPF_H */
