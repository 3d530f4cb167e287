// SPDX-License-Identifier: GPL-2.0-only
/*
 * memfd_create(2) and mmap(2).
 */
#include "lib/memory_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Its size stays: who has it mapped reads all of it, and who may write to it fills no memory. */
static int size_for_good(int fd, size_t size)
{
	if (ftruncate(fd, (off_t)size) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return -errno;

	return 0;
}

int memory_file(const char *name, size_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), err;

	if (fd < 0)
		return -errno;
	err = size_for_good(fd, size);
	if (!err)
		return fd;
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
