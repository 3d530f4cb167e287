// SPDX-License-Identifier: GPL-2.0-only
/*
 * The functions of libbpf that fast_path.c and the skeleton of its program call, each handed on to
 * the library. See libbpf.h.
 */
#include "xdp/libbpf.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/late_library.h"

#define LIBBPF_PATH	"libbpf.so.1"

static struct {
	typeof(bpf_link_create) *link_create;
	typeof(bpf_map__fd) *map__fd;
	typeof(bpf_map__set_max_entries) *map__set_max_entries;
	typeof(bpf_map_delete_elem) *map_delete_elem;
	typeof(bpf_map_get_next_key) *map_get_next_key;
	typeof(bpf_map_update_elem) *map_update_elem;
	typeof(bpf_object__destroy_skeleton) *object__destroy_skeleton;
	typeof(bpf_object__load_skeleton) *object__load_skeleton;
	typeof(bpf_object__open_skeleton) *object__open_skeleton;
	typeof(bpf_program__fd) *program__fd;
	typeof(libbpf_set_print) *set_print;
} functions;

static const struct late_function wanted[] = {
	{ "bpf_link_create", &functions.link_create },
	{ "bpf_map__fd", &functions.map__fd },
	{ "bpf_map__set_max_entries", &functions.map__set_max_entries },
	{ "bpf_map_delete_elem", &functions.map_delete_elem },
	{ "bpf_map_get_next_key", &functions.map_get_next_key },
	{ "bpf_map_update_elem", &functions.map_update_elem },
	{ "bpf_object__destroy_skeleton", &functions.object__destroy_skeleton },
	{ "bpf_object__load_skeleton", &functions.object__load_skeleton },
	{ "bpf_object__open_skeleton", &functions.object__open_skeleton },
	{ "bpf_program__fd", &functions.program__fd },
	{ "libbpf_set_print", &functions.set_print },
};

bool libbpf_open(void)
{
	static void *library;

	if (!library)
		library = late_library_open(LIBBPF_PATH, wanted,
					    sizeof(wanted) / sizeof(wanted[0]));
	return library;
}

int bpf_link_create(int prog_fd, int target_fd, enum bpf_attach_type attach_type,
		    const struct bpf_link_create_opts *opts)
{
	return functions.link_create(prog_fd, target_fd, attach_type, opts);
}

int bpf_map__fd(const struct bpf_map *map)
{
	return functions.map__fd(map);
}

int bpf_map__set_max_entries(struct bpf_map *map, __u32 max_entries)
{
	return functions.map__set_max_entries(map, max_entries);
}

int bpf_map_delete_elem(int fd, const void *key)
{
	return functions.map_delete_elem(fd, key);
}

int bpf_map_get_next_key(int fd, const void *key, void *next_key)
{
	return functions.map_get_next_key(fd, key, next_key);
}

int bpf_map_update_elem(int fd, const void *key, const void *value, __u64 flags)
{
	return functions.map_update_elem(fd, key, value, flags);
}

void bpf_object__destroy_skeleton(struct bpf_object_skeleton *s)
{
	functions.object__destroy_skeleton(s);
}

int bpf_object__load_skeleton(struct bpf_object_skeleton *s)
{
	return functions.object__load_skeleton(s);
}

int bpf_object__open_skeleton(struct bpf_object_skeleton *s,
			      const struct bpf_object_open_opts *opts)
{
	return functions.object__open_skeleton(s, opts);
}

int bpf_program__fd(const struct bpf_program *prog)
{
	return functions.program__fd(prog);
}

libbpf_print_fn_t libbpf_set_print(libbpf_print_fn_t fn)
{
	return functions.set_print(fn);
}
