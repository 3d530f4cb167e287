// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which files belong to a configuration: what matches a pattern, and what is in directories.
 */
#include "config/reader.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * A directory that is not there has no files; one that cannot be read may have some: false, and it
 * was reported. At a reload, what they have said would be lost, unless it @keeps.
 */
static bool check_directory(struct config_reader *reader, const char *path, bool keeps)
{
	DIR *directory = opendir(path);

	if (directory)
		closedir(directory);
	if (directory || errno == ENOENT || errno == ENOTDIR)
		return true;
	if (reader->before && !keeps)
		config_error(reader,
			     "%s cannot be read: %s; what the files in it have said would be lost",
			     path, strerror(errno));
	else
		config_warn(reader, "%s cannot be read: %s", path, strerror(errno));

	return false;
}

/* The same of the directory of a pattern, if it is one. */
static void check_pattern(struct config_reader *reader, const char *pattern)
{
	char path[CONFIG_LINE_MAX];
	char *slash;

	snprintf(path, sizeof(path), "%s", pattern);
	slash = strrchr(path, '/');
	if (!slash || slash == path)
		return;
	*slash = '\0';
	if (!strpbrk(path, "*?["))
		(void)check_directory(reader, path, false);
}

/* include: a file, or a pattern that may match none. */
int config_read_pattern(struct config_reader *reader, const char *pattern)
{
	glob_t found;
	int err;

	if (!reader->follow)
		return 0;

	err = glob(pattern, GLOB_NOMAGIC, NULL, &found);
	if (err == GLOB_NOMATCH) {
		check_pattern(reader, pattern);
		return 0;
	}
	if (err) {
		config_error(reader, "cannot search for files matching %s", pattern);
		return -EIO;
	}

	for (size_t i = 0; i < found.gl_pathc && !err; i++)
		err = config_read_file(reader, found.gl_pathv[i]);
	globfree(&found);

	return err;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int compare_base_names(const void *one, const void *other)
{
	return strcmp(base_name(*(char *const *)one), base_name(*(char *const *)other));
}

/* The index of the directory that a file is in. */
static int directory_of(const char *path, int count, char **directories)
{
	size_t length = (size_t)(base_name(path) - path);

	for (int i = 0; i < count; i++) {
		size_t directory_length = strlen(directories[i]);

		if (length == directory_length + 1 &&
		    !strncmp(path, directories[i], directory_length))
			return i;
	}

	return count;
}

/* Of files of one name, the index of the one in the earliest directory. */
static size_t earliest(char **paths, size_t from, size_t to, int count, char **directories)
{
	size_t best = from;

	for (size_t i = from + 1; i < to; i++) {
		if (directory_of(paths[i], count, directories) <
		    directory_of(paths[best], count, directories))
			best = i;
	}

	return best;
}

static void read_found(struct config_reader *reader, char **paths, size_t path_count, int count,
		       char **directories)
{
	const char *path;
	size_t next;

	qsort(paths, path_count, sizeof(paths[0]), compare_base_names);
	for (size_t i = 0; i < path_count; i = next) {
		for (next = i + 1; next < path_count; next++) {
			if (compare_base_names(&paths[i], &paths[next]))
				break;
		}
		path = paths[earliest(paths, i, next, count, directories)];
		if (reader->volatile_origin)
			config_read_source_file(reader, path);
		else
			(void)config_read_file(reader, path);
	}
}

/* Is the file in the directory itself, as glob(3) would have found it? */
static bool is_in(const char *file, const char *directory)
{
	size_t length = strlen(directory);

	return !strncmp(file, directory, length) && file[length] == '/' &&
	       !strchr(file + length + 1, '/');
}

/*
 * Add the files of @directory from which sources in force are. They may be there still, and who
 * cannot be read keeps its sources. 0, or as glob(3).
 */
static int add_known(const struct config_reader *reader, const char *directory, glob_t *found)
{
	const struct config *before = reader->before;
	int err = 0;

	for (size_t i = 0; before && i < before->source_count && !err; i++) {
		const struct config_source *source = &before->sources[i];

		if (source->volatile_origin && is_in(source->file, directory))
			err = glob(source->file,
				   GLOB_NOSORT | GLOB_NOCHECK | GLOB_NOESCAPE | GLOB_APPEND, NULL,
				   found);
	}

	return err;
}

/**
 * config_read_directories() - confdir and sourcedir
 * @reader: the reading
 * @count: of @directories
 * @directories: that may not exist
 * @suffix: of the files to read, in the order of their names; of files with the same name that in
 *	the earlier directory
 * @volatile_origin: they hold sources, and what is wrong in them is skipped
 *
 * Return: 0, or -EINVAL after an error was reported.
 */
int config_read_directories(struct config_reader *reader, int count, char **directories,
			    const char *suffix, bool volatile_origin)
{
	bool outer_volatile = reader->volatile_origin, outer_sources = reader->sources_only;
	char pattern[CONFIG_LINE_MAX + 16];
	glob_t found = { 0 };

	if (!reader->follow)
		return 0;

	for (int i = 0; i < count; i++) {
		int err;

		snprintf(pattern, sizeof(pattern), "%s/*%s", directories[i], suffix);
		err = glob(pattern, GLOB_NOSORT | (i ? GLOB_APPEND : 0), NULL, &found);
		if (err != GLOB_NOSPACE &&
		    !check_directory(reader, directories[i], volatile_origin) && volatile_origin)
			err = add_known(reader, directories[i], &found);
		if (err == GLOB_NOSPACE) {
			config_error(reader, "cannot list %s: no memory", directories[i]);
			globfree(&found);
			return -EINVAL;
		}
	}

	reader->volatile_origin |= volatile_origin;
	reader->sources_only |= volatile_origin;
	if (found.gl_pathc)
		read_found(reader, found.gl_pathv, found.gl_pathc, count, directories);
	reader->volatile_origin = outer_volatile;
	reader->sources_only = outer_sources;
	globfree(&found);

	return 0;
}

const char *config_absolute_path(const char *path, char *absolute, size_t size)
{
	size_t length;

	if (*path == '/' || !getcwd(absolute, size))
		return path;
	length = strlen(absolute);
	if ((size_t)snprintf(absolute + length, size - length, "%s%s",
			     absolute[length - 1] == '/' ? "" : "/", path) >= size - length)
		return path;

	return absolute;
}
