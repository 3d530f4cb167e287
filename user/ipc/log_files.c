// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of measurements.
 */
#include "ipc/log_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/log.h"

#define PATH_SIZE	(CONFIG_PATH_MAX + 32)

/* Longer banners are underlined so far. */
#define BANNER_MAX	160

/* As chronyd's: who may read the folder may read them, whatever the process hides otherwise. */
#define MODE	0644

/**
 * struct log_file - one of them
 * @fd: -1: not open
 * @entries: since it was opened
 * @failed: it could not be written, and that was told
 */
struct log_file {
	int fd;
	unsigned int entries;
	bool failed;
};

struct log_files {
	struct config_logs options;
	struct log_file states[CONFIG_LOGS];
};

struct log_files *log_files_new(const struct config_logs *options)
{
	struct log_files *files;

	if (!options->wanted || !*options->folder)
		return NULL;
	files = calloc(1, sizeof(*files));
	if (!files)
		return NULL;
	files->options = *options;
	for (int i = 0; i < CONFIG_LOGS; i++)
		files->states[i].fd = -1;

	return files;
}

void log_files_cycle(struct log_files *files)
{
	if (!files)
		return;
	for (int i = 0; i < CONFIG_LOGS; i++) {
		if (files->states[i].fd >= 0)
			close(files->states[i].fd);
		files->states[i] = (struct log_file){ .fd = -1 };
	}
}

void log_files_free(struct log_files *files)
{
	log_files_cycle(files);
	free(files);
}

bool log_files_wants(const struct log_files *files, enum config_log file)
{
	return files && files->options.wanted >> file & 1;
}

bool log_files_wants_refused(const struct log_files *files)
{
	return log_files_wants(files, CONFIG_LOG_MEASUREMENTS) && files->options.raw;
}

/* A pipe or a device of that name would keep the clock waiting. The descriptor, -errno. */
static int open_file(const char *path)
{
	struct stat st;
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		      MODE);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return -EINVAL;
	}
	if (!st.st_size)
		(void)fchmod(fd, MODE);

	return fd;
}

/* All of it, or nothing: what a full disk has no room for is taken back. 0, -errno. */
static int append(int fd, struct iovec *parts, int count)
{
	size_t length = 0;
	ssize_t written;
	off_t end;

	for (int i = 0; i < count; i++)
		length += parts[i].iov_len;
	do {
		written = writev(fd, parts, count);
	} while (written < 0 && errno == EINTR);
	if (written < 0)
		return -errno;
	if ((size_t)written == length)
		return 0;
	end = lseek(fd, 0, SEEK_END);

	return end < written || ftruncate(fd, end - written) ? -EIO : -ENOSPC;
}

static struct iovec part_of(const char *text, size_t length)
{
	return (struct iovec){ .iov_base = (void *)text, .iov_len = length };
}

/* 0, -errno. */
static int write_entry(struct log_file *state, int interval, const char *banner,
		       const char *entry)
{
	bool begins = interval > 0 && state->entries % (unsigned int)interval == 0;
	char rule[BANNER_MAX + 1];
	struct iovec parts[8];
	size_t width = strlen(banner);
	int count = 0;

	if (width > BANNER_MAX)
		width = BANNER_MAX;
	memset(rule, '=', width);
	rule[width] = '\n';
	if (begins) {
		parts[count++] = part_of(rule, width + 1);
		parts[count++] = part_of(banner, strlen(banner));
		parts[count++] = part_of("\n", 1);
		parts[count++] = part_of(rule, width + 1);
	}
	parts[count++] = part_of(entry, strlen(entry));
	parts[count++] = part_of("\n", 1);

	return append(state->fd, parts, count);
}

/* What may not be written there may be elsewhere. */
static bool is_about_folder(int err)
{
	return err == -EACCES || err == -EPERM || err == -EROFS || err == -ENOENT;
}

static void warn_of(const char *path, int err)
{
	const char *why = err == -EINVAL ? "it is no ordinary file" : strerror(-err);

	if (is_about_folder(err))
		log_warning("%s could not be written: %s; its entries are lost. Started by systemd, the daemon may write in /var/log/truechime: see logdir in truechime.conf(5)",
			    path, why);
	else
		log_warning("%s could not be written: %s; its entries are lost", path, why);
}

void log_files_add(struct log_files *files, enum config_log file, const char *banner,
		   const char *entry)
{
	struct log_file *state = &files->states[file];
	char path[PATH_SIZE];
	int err = 0;

	snprintf(path, sizeof(path), "%s/%s.log", files->options.folder, config_log_name(file));
	if (state->fd < 0)
		state->fd = open_file(path);
	if (state->fd < 0) {
		err = state->fd;
		state->fd = -1;
	} else {
		err = write_entry(state, files->options.banner, banner, entry);
	}
	if (err && !state->failed)
		warn_of(path, err);
	state->failed = err;
	if (!err)
		state->entries++;
}
