// SPDX-License-Identifier: GPL-2.0-only
/*
 * In place of fast_path.c where libbpf, bpftool or clang is missing: nothing can be opened, so that
 * nothing else is ever called.
 */
#include "xdp/fast_path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool fast_path_is_built(void)
{
	return false;
}

int fast_path_open(struct fast_path **path, const char *device, enum fast_path_mode mode,
		   size_t clients)
{
	(void)device;
	(void)mode;
	(void)clients;
	*path = NULL;

	return -EOPNOTSUPP;
}

int fast_path_attach(struct fast_path *path, const char *device, enum fast_path_mode mode)
{
	(void)path;
	(void)device;
	(void)mode;

	return -EOPNOTSUPP;
}

void fast_path_close(struct fast_path *path)
{
	(void)path;
}

bool fast_path_is_native(const struct fast_path *path)
{
	(void)path;

	return false;
}

bool fast_path_sees_tags(const char *device)
{
	(void)device;

	return true;
}

int fast_path_allow(struct fast_path *path, const struct access_rule *rules, size_t count)
{
	(void)path;
	(void)rules;
	(void)count;

	return -EOPNOTSUPP;
}

void fast_path_set_time(struct fast_path *path, const struct xdp_time *time)
{
	(void)path;
	(void)time;
}

void fast_path_set(struct fast_path *path, const struct xdp_settings *settings)
{
	(void)path;
	(void)settings;
}

void fast_path_counts(const struct fast_path *path, uint64_t counts[XDP_COUNTS])
{
	(void)path;
	memset(counts, 0, XDP_COUNTS * sizeof(*counts));
}
