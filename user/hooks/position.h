/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The latest event that was taken, in a file: who begins anew goes on after it.
 */
#ifndef HOOKS_POSITION_H
#define HOOKS_POSITION_H

#include <stdint.h>

/**
 * struct position - which event that is
 * @instance: of the event
 * @sequence: its number; 0: there was none yet
 */
struct position {
	uint64_t instance;
	uint32_t sequence;
};

/* 0; -ENOENT: there is none yet; -EINVAL: something else is in the file; -errno. */
int position_read(const char *path, struct position *position);

/* 0, -errno: then the earlier one is there. */
int position_write(const char *path, const struct position *position);

#endif /* HOOKS_POSITION_H */
