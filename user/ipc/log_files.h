/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of measurements: one entry a line, in a folder that the configuration names, with a banner
 * of the columns now and then. Another program may move a file away at any time, which goes on with
 * a new one after log_files_cycle().
 */
#ifndef IPC_LOG_FILES_H
#define IPC_LOG_FILES_H

#include <stdbool.h>

#include "config/config.h"

struct log_files;

/* Nothing is opened yet. NULL: there is nothing to write, or no memory. */
struct log_files *log_files_new(const struct config_logs *options);
void log_files_free(struct log_files *files);

/* Is there to be an entry? false, too, if @files is NULL. */
bool log_files_wants(const struct log_files *files, enum config_log file);

/* Same for measurements that were refused. */
bool log_files_wants_refused(const struct log_files *files);

/**
 * log_files_add() - write an entry
 * @files: that want it
 * @file: of it
 * @banner: the names of its columns
 * @entry: without the end of the line
 *
 * An entry that cannot be written is lost, as a whole, and a warning tells of the first of them.
 */
void log_files_add(struct log_files *files, enum config_log file, const char *banner,
		   const char *entry);

/* Close all; the next entry opens its file again, or makes a new one. NULL is none. */
void log_files_cycle(struct log_files *files);

#endif /* IPC_LOG_FILES_H */
