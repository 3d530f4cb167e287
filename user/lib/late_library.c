// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared libraries that are opened when they are needed, over dlopen(3).
 */
#include "lib/late_library.h"

#include <dlfcn.h>
#include <string.h>

void *late_library_open(const char *path, const struct late_function *wanted, size_t count)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	void *address;

	if (!library)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		address = dlsym(library, wanted[i].name);
		if (!address) {
			dlclose(library);
			return NULL;
		}
		memcpy(wanted[i].pointer, &address, sizeof(address));
	}
	return library;
}
