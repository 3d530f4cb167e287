// SPDX-License-Identifier: GPL-2.0-only
/*
 * memfd_create(2) and mmap(2).
 */
#include "lib/memory_file.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int memory_file(const char *name, size_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	if (!ftruncate(fd, (off_t)size))
		return fd;
	err = -errno;
	close(fd);

	return err;
}

void *memory_file_map(int fd, size_t least, int protection)
{
	struct stat about;
	void *memory;

	if (fstat(fd, &about) || about.st_size < (off_t)least)
		return NULL;
	memory = mmap(NULL, (size_t)about.st_size, protection, MAP_SHARED, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

bool memory_file_write(int fd, const void *bytes, size_t size, size_t offset)
{
	return pwrite(fd, bytes, size, (off_t)offset) == (ssize_t)size;
}
