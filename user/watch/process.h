/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes, by their files in /proc and by their descriptors: where one is, and whether it is
 * still there.
 */
#ifndef WATCH_PROCESS_H
#define WATCH_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "watch/shared.h"
#include "watch/tally.h"

/*
 * The path of the control group of the process in @record: by the record, or where that only has
 * the root by the process itself, if it is still there.
 */
void process_path(const struct watch_record *record, char *path, size_t size);

/*
 * What no other process ever has, unlike its number: since Linux 6.9. Earlier all have the same. 0:
 * there is none of that number, or it is not known.
 */
uint64_t process_identify(int pid);

/* A process of that number, the same one as far as is known, and of that name unless hidden. */
bool process_runs(const struct tally_rival *rival);

#endif /* WATCH_PROCESS_H */
