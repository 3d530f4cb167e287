/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changes of the files in the source directories, by inotify: which of them are being written, and
 * when it is time to read them again. Directories that do not exist yet are awaited. Reads no file.
 *
 * Programs may write there as often as they like: changes are collected, and the files are read
 * soon after the first one, then ever less often, every 10 s, until there is quiet.
 */
#ifndef SOURCES_SOURCE_WATCH_H
#define SOURCES_SOURCE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

struct source_watch;

/* 0, or -errno: then changes go unnoticed. */
int source_watch_open(struct source_watch **watch);
void source_watch_close(struct source_watch *watch);

/*
 * Watch these directories from now on. Their files are to be read soon: they may have changed since
 * the caller read them. -errno of the first that cannot be watched although it is
 * there, whose path is in *@failed; the others are watched.
 */
int source_watch_set(struct source_watch *watch, const struct config_sourcedir *directories,
		     size_t count, int64_t now_raw_ns, const char **failed);

/* To poll(2) for POLLIN; -1: not now, because the files are to be read soon in any case. */
int source_watch_fd(const struct source_watch *watch);

/* Raw instant at which to call source_watch_take() at the latest; INT64_MAX: never. */
int64_t source_watch_next_ns(const struct source_watch *watch);

/* Take notice of what has changed. true: the files are to be read now. */
bool source_watch_take(struct source_watch *watch, int64_t now_raw_ns);

/* That file is being written. @context: the watch, for struct config_busy_files. */
bool source_watch_is_busy(const void *context, const char *path);

/* Some file is being written. */
bool source_watch_has_busy(const struct source_watch *watch);

#endif /* SOURCES_SOURCE_WATCH_H */
