// SPDX-License-Identifier: GPL-2.0-only
/*
 * inotify: one descriptor for all directories.
 */
#include "sources/source_watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/time_units.h"

#define SUFFIX		".sources"

/* A program that writes one file mostly writes another. */
#define SETTLE_NS	(100 * NS_PER_MS)

/* After each reading the pause before the next one doubles, up to this, until it was quiet. */
#define PAUSE_MOST_NS	(10 * NS_PER_S)
#define QUIET_NS	(2 * PAUSE_MOST_NS)

/*
 * A file that was made, but not written to, is empty or was linked into the directory: whoever has
 * it open would have written to it by then.
 */
#define MADE_NS		(2 * NS_PER_S)

/*
 * A file that was written to is read when it is closed. truncate(2) writes to it without opening
 * it, and nothing tells that apart from a program that has it open: nobody writes to it any more
 * if nothing was written for so long.
 */
#define WRITTEN_NS	(60 * NS_PER_S)

/* Files that are being written at once; more are read as they are. */
#define BUSY_MAX	64

/* Reads of the descriptor at once: more than the kernel's queue holds by default. */
#define READS_MAX	128

/* Components of a path at most: each may appear while the watch is being set. */
#define TRIES_MAX	32

#define DIRECTORY_EVENTS	(IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | \
				 IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | \
				 IN_MOVE_SELF)
#define ANCESTOR_EVENTS		(IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | \
				 IN_MOVE_SELF)

/*
 * Directories may be one, or one the ancestor of the other: then they share a watch. A file that
 * was removed while somebody had it open has its events by the name that another one may have now.
 */
#define FLAGS			(IN_ONLYDIR | IN_MASK_ADD | IN_EXCL_UNLINK)

/**
 * struct directory - one that is watched
 * @path: as configured
 * @watch: of it, or of its nearest ancestor; -1: none
 * @there: it is its own
 * @awaited: else what has to appear in the ancestor
 */
struct directory {
	char path[CONFIG_PATH_MAX];
	int watch;
	bool there;
	char awaited[NAME_MAX + 1];
};

/* A file that is being written, until this raw instant at the latest. */
struct busy {
	char path[CONFIG_PATH_MAX + NAME_MAX + 2];
	int64_t until_ns;
};

struct source_watch {
	int fd;
	struct directory directories[CONFIG_SOURCEDIRS_MAX];
	size_t count;
	struct busy busy[BUSY_MAX];
	size_t busy_count;
	int64_t next_ns;
	int64_t pause_ns;
	int64_t read_ns;	/* the latest reading of the files, by raw */
};

int source_watch_open(struct source_watch **result)
{
	struct source_watch *watch = calloc(1, sizeof(*watch));
	int err;

	if (!watch)
		return -ENOMEM;
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd < 0) {
		err = -errno;
		free(watch);
		return err;
	}
	watch->next_ns = INT64_MAX;
	watch->pause_ns = SETTLE_NS;
	watch->read_ns = INT64_MIN / 2;
	*result = watch;

	return 0;
}

void source_watch_close(struct source_watch *watch)
{
	if (!watch)
		return;
	close(watch->fd);
	free(watch);
}

/* --- Directories --- */

static void note_change(struct source_watch *watch, int64_t now_raw_ns)
{
	int64_t soon_ns = now_raw_ns + SETTLE_NS, paused_ns = watch->read_ns + watch->pause_ns;

	if (watch->next_ns == INT64_MAX)
		watch->next_ns = soon_ns > paused_ns ? soon_ns : paused_ns;
}

static bool is_watched(const struct source_watch *watch, int number)
{
	for (size_t i = 0; i < watch->count; i++) {
		if (watch->directories[i].watch == number)
			return true;
	}

	return false;
}

/* "/run/a/b" becomes "/run/a", and "b" is awaited there. false: there is nothing above it. */
static bool strip(char *path, char *last)
{
	size_t length = strlen(path);
	char *slash;

	while (length > 1 && path[length - 1] == '/')
		path[--length] = '\0';
	slash = strrchr(path, '/');
	if (!strcmp(path, "/") || !strcmp(path, "."))
		return false;
	snprintf(last, NAME_MAX + 1, "%s", slash ? slash + 1 : path);
	if (!slash)
		memcpy(path, ".", sizeof("."));
	else if (slash == path)
		path[1] = '\0';
	else
		*slash = '\0';

	return true;
}

/* Another watch takes the place of the directory's. */
static void use_watch(struct source_watch *watch, struct directory *directory, int number)
{
	int before = directory->watch;

	directory->watch = number;
	if (before >= 0 && !is_watched(watch, before))
		inotify_rm_watch(watch->fd, before);
}

/* Watch the nearest ancestor that is there. The length of its path, 0: none. */
static size_t watch_ancestor(struct source_watch *watch, struct directory *directory)
{
	char path[CONFIG_PATH_MAX];
	int number;

	memcpy(path, directory->path, sizeof(path));
	while (strip(path, directory->awaited)) {
		number = inotify_add_watch(watch->fd, path, ANCESTOR_EVENTS | FLAGS);
		if (number < 0)
			continue;
		use_watch(watch, directory, number);
		return strlen(path);
	}

	return 0;
}

static bool watch_itself(struct source_watch *watch, struct directory *directory)
{
	int number = inotify_add_watch(watch->fd, directory->path, DIRECTORY_EVENTS | FLAGS);

	directory->there = number >= 0;
	if (directory->there)
		use_watch(watch, directory, number);

	return directory->there;
}

/*
 * What appears between the search for it and the watch of its ancestor is found by another search,
 * until that leads no further. 0, or -errno: it is there, but cannot be watched.
 */
static int watch_directory(struct source_watch *watch, struct directory *directory)
{
	int tries = TRIES_MAX, err = 0;
	size_t length = 0, further;

	while (!watch_itself(watch, directory) && tries--) {
		err = -errno;
		further = watch_ancestor(watch, directory);
		if (further <= length)
			break;
		length = further;
	}

	return directory->there || err == -ENOENT || err == -ENOTDIR ? 0 : err;
}

static bool are_same(const struct source_watch *watch, const struct config_sourcedir *directories,
		     size_t count)
{
	if (watch->count != count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(watch->directories[i].path, directories[i].path) != 0)
			return false;
	}

	return true;
}

/* From nothing: none of them is watched yet. */
static void take_directories(struct source_watch *watch,
			     const struct config_sourcedir *directories, size_t count)
{
	for (size_t i = 0; i < watch->count; i++) {
		/* Some may have one watch: then this fails for the second one. */
		if (watch->directories[i].watch >= 0)
			inotify_rm_watch(watch->fd, watch->directories[i].watch);
	}
	watch->count = 0;
	watch->busy_count = 0;
	for (size_t i = 0; i < count && i < CONFIG_SOURCEDIRS_MAX; i++) {
		struct directory *directory = &watch->directories[watch->count++];

		*directory = (struct directory) { .watch = -1 };
		memcpy(directory->path, directories[i].path, sizeof(directory->path));
	}
}

int source_watch_set(struct source_watch *watch, const struct config_sourcedir *directories,
		     size_t count, int64_t now_raw_ns, const char **failed)
{
	int result = 0, err;

	/* What is known of files that are being written stays, if it is about the same ones. */
	if (!are_same(watch, directories, count))
		take_directories(watch, directories, count);
	for (size_t i = 0; i < watch->count; i++) {
		struct directory *directory = &watch->directories[i];

		/* Also one that is there: another may have its path by now. */
		err = watch_directory(watch, directory);
		if (err && !result) {
			result = err;
			*failed = directory->path;
		}
	}
	if (watch->count)
		note_change(watch, now_raw_ns);

	return result;
}

/* --- Files --- */

static struct busy *find_busy(struct source_watch *watch, const char *path)
{
	for (size_t i = 0; i < watch->busy_count; i++) {
		if (!strcmp(watch->busy[i].path, path))
			return &watch->busy[i];
	}

	return NULL;
}

bool source_watch_is_busy(const void *context, const char *path)
{
	const struct source_watch *watch = context;

	for (size_t i = 0; i < watch->busy_count; i++) {
		if (!strcmp(watch->busy[i].path, path))
			return true;
	}

	return false;
}

bool source_watch_has_busy(const struct source_watch *watch)
{
	return watch->busy_count;
}

static void set_busy(struct source_watch *watch, const char *path, int64_t until_ns)
{
	struct busy *busy = find_busy(watch, path);

	if (!busy && watch->busy_count < BUSY_MAX) {
		busy = &watch->busy[watch->busy_count++];
		snprintf(busy->path, sizeof(busy->path), "%s", path);
	}
	if (busy)
		busy->until_ns = until_ns;
}

static void clear_busy(struct source_watch *watch, struct busy *busy)
{
	if (busy)
		*busy = watch->busy[--watch->busy_count];
}

/* What was linked into the directory is complete. */
static bool is_linked(const char *path)
{
	struct stat status;

	return lstat(path, &status) < 0 || !S_ISREG(status.st_mode) || status.st_nlink > 1;
}

static void take_file(struct source_watch *watch, const struct directory *directory,
		      const struct inotify_event *event, int64_t now_raw_ns)
{
	char path[CONFIG_PATH_MAX + NAME_MAX + 2];
	size_t length = strlen(event->name);

	if (event->mask & IN_ISDIR || event->name[0] == '.' || length < strlen(SUFFIX) ||
	    strcmp(event->name + length - strlen(SUFFIX), SUFFIX) != 0)
		return;
	snprintf(path, sizeof(path), "%s/%s", directory->path, event->name);
	if (event->mask & IN_MODIFY) {
		set_busy(watch, path, now_raw_ns + WRITTEN_NS);
		return;
	}
	if (event->mask & IN_CREATE && !is_linked(path)) {
		set_busy(watch, path, now_raw_ns + MADE_NS);
		return;
	}
	/* Another mode, or another owner, may make it readable; but not complete. */
	if (!(event->mask & IN_ATTRIB))
		clear_busy(watch, find_busy(watch, path));
	note_change(watch, now_raw_ns);
}

/* The directory came, went, or became another one. */
static void search_again(struct source_watch *watch, struct directory *directory,
			 int64_t now_raw_ns)
{
	bool was_there = directory->there;

	(void)watch_directory(watch, directory);
	if (was_there || directory->there)
		note_change(watch, now_raw_ns);
}

/* The directory went, or has another mode or owner, or what leads to it came. */
static bool is_about_path(const struct directory *directory, const struct inotify_event *event)
{
	if (event->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT))
		return true;
	/* Its own mode or owner: what is in it may have become readable. */
	if (event->mask & IN_ATTRIB && !event->len)
		return true;

	return !directory->there && event->len && !strcmp(event->name, directory->awaited);
}

static void take_event(struct source_watch *watch, const struct inotify_event *event,
		       int64_t now_raw_ns)
{
	bool all = event->mask & IN_Q_OVERFLOW;

	if (all)
		watch->busy_count = 0;
	for (size_t i = 0; i < watch->count; i++) {
		struct directory *directory = &watch->directories[i];

		if (!all && directory->watch != event->wd)
			continue;
		if (event->mask & (IN_IGNORED | IN_UNMOUNT))
			directory->watch = -1;
		if (is_about_path(directory, event))
			search_again(watch, directory, now_raw_ns);
		else if (directory->there && event->len)
			take_file(watch, directory, event, now_raw_ns);
	}
	if (all)
		note_change(watch, now_raw_ns);
}

static void expire_busy(struct source_watch *watch, int64_t now_raw_ns)
{
	for (size_t i = 0; i < watch->busy_count;) {
		if (watch->busy[i].until_ns > now_raw_ns) {
			i++;
			continue;
		}
		clear_busy(watch, &watch->busy[i]);
		note_change(watch, now_raw_ns);
	}
}

static void read_events(struct source_watch *watch, int64_t now_raw_ns)
{
	char bytes[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *event;

	for (int i = 0; i < READS_MAX; i++) {
		ssize_t length = read(watch->fd, bytes, sizeof(bytes));

		if (length <= 0)
			break;
		for (const char *at = bytes; at < bytes + length;
		     at += sizeof(*event) + event->len) {
			event = (const struct inotify_event *)(const void *)at;
			take_event(watch, event, now_raw_ns);
		}
	}
}

int source_watch_fd(const struct source_watch *watch)
{
	return watch->next_ns == INT64_MAX ? watch->fd : -1;
}

int64_t source_watch_next_ns(const struct source_watch *watch)
{
	int64_t next_ns = watch->next_ns;

	for (size_t i = 0; i < watch->busy_count; i++) {
		if (watch->busy[i].until_ns < next_ns)
			next_ns = watch->busy[i].until_ns;
	}

	return next_ns;
}

static void note_reading(struct source_watch *watch, int64_t now_raw_ns)
{
	if (now_raw_ns - watch->read_ns > QUIET_NS)
		watch->pause_ns = SETTLE_NS;
	else
		watch->pause_ns *= 2;
	if (watch->pause_ns > PAUSE_MOST_NS)
		watch->pause_ns = PAUSE_MOST_NS;
	watch->read_ns = now_raw_ns;
	watch->next_ns = INT64_MAX;
}

bool source_watch_take(struct source_watch *watch, int64_t now_raw_ns)
{
	read_events(watch, now_raw_ns);
	expire_busy(watch, now_raw_ns);
	if (now_raw_ns < watch->next_ns)
		return false;
	note_reading(watch, now_raw_ns);

	return true;
}
