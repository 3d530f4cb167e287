// SPDX-License-Identifier: GPL-2.0-only
/*
 * libbpf.
 */
#include "watch/attachment.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "watch/program.skel.h"

/* What the kernel says of its own structures. */
#define BTF_PATH	"/sys/kernel/btf/vmlinux"

/* So many records fill the ring: none that was there before a reading is left by it. */
#define READ_MAX	(WATCH_RING_SIZE / (int)sizeof(struct watch_record))

/**
 * struct attachment - what is open
 * @program: loaded and attached
 * @ring: of records
 * @by_probes: by kprobes
 * @left: so many records are still taken in this reading
 * @take: for each record ...
 * @context: ... with this
 */
struct attachment {
	struct watch_program *program;
	struct ring_buffer *ring;
	bool by_probes;
	int left;
	void (*take)(void *context, const struct watch_record *record);
	void *context;
};

/*
 * Below 0 ends the reading, after this record. Programs on other processors may change the clock as
 * fast as it is read here: then libbpf would never find the ring empty.
 */
static int take_record(void *context, void *data, size_t size)
{
	struct attachment *attachment = context;

	if (size >= sizeof(struct watch_record))
		attachment->take(attachment->context, data);

	return --attachment->left > 0 ? 0 : -ECANCELED;
}

/* A section's name is the way: "fentry/FUNCTION", "kprobe/FUNCTION" ... */
static bool is_probe(const struct bpf_program *program)
{
	return bpf_program__section_name(program)[0] == 'k';
}

/* Either all those of trampolines, or all those of probes. */
static int load(struct attachment *attachment, bool by_probes)
{
	struct watch_program *program = watch_program__open();
	struct bpf_program *one;
	int count = 0, err = 0;

	if (!program)
		return -errno;
	bpf_object__for_each_program(one, program->obj) {
		count += is_probe(one) == by_probes;
		if (!err)
			err = bpf_program__set_autoload(one, is_probe(one) == by_probes);
	}
	/* Not on every architecture there are probes. */
	if (!count)
		err = -EOPNOTSUPP;
	if (!err)
		err = watch_program__load(program);
	if (!err)
		err = watch_program__attach(program);
	if (err) {
		watch_program__destroy(program);
		return err;
	}
	attachment->program = program;
	attachment->by_probes = by_probes;

	return 0;
}

/* The reason why the first way failed counts, as it is the one that should work. */
static int load_either(struct attachment *attachment)
{
	int err = load(attachment, false);

	return err && load(attachment, true) ? err : 0;
}

int attachment_open(struct attachment **result,
		    void (*take)(void *context, const struct watch_record *record), void *context)
{
	struct attachment *attachment;
	int err;

	if (access(BTF_PATH, R_OK))
		return -errno;
	attachment = calloc(1, sizeof(*attachment));
	if (!attachment)
		return -ENOMEM;
	attachment->take = take;
	attachment->context = context;
	/* The reason is returned. */
	libbpf_set_print(NULL);
	err = load_either(attachment);
	if (err)
		goto err_free;
	attachment->ring = ring_buffer__new(bpf_map__fd(attachment->program->maps.records),
					    take_record, attachment, NULL);
	if (!attachment->ring) {
		err = -errno;
		goto err_unload;
	}
	*result = attachment;

	return 0;

err_unload:
	watch_program__destroy(attachment->program);
err_free:
	free(attachment);
	return err;
}

void attachment_close(struct attachment *attachment)
{
	if (!attachment)
		return;
	ring_buffer__free(attachment->ring);
	watch_program__destroy(attachment->program);
	free(attachment);
}

int attachment_fd(const struct attachment *attachment)
{
	return ring_buffer__epoll_fd(attachment->ring);
}

void attachment_read(struct attachment *attachment)
{
	attachment->left = READ_MAX;
	ring_buffer__consume(attachment->ring);
}

void attachment_set_own(struct attachment *attachment, uint32_t tgid)
{
	__atomic_store_n(&attachment->program->bss->own_tgid, tgid, __ATOMIC_RELAXED);
}

/* Where another task was preempted in it, a program does not run, and that is counted. */
static uint64_t missed(const struct bpf_program *program)
{
	struct bpf_prog_info info = { .type = 0 };
	uint32_t size = sizeof(info);
	int fd = bpf_program__fd(program);

	return fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.recursion_misses;
}

uint64_t attachment_lost(const struct attachment *attachment)
{
	const struct watch_program *program = attachment->program;
	uint64_t lost = __atomic_load_n(&program->bss->lost, __ATOMIC_RELAXED);
	struct bpf_program *one;

	bpf_object__for_each_program(one, program->obj)
		lost += missed(one);

	return lost;
}

bool attachment_is_by_probes(const struct attachment *attachment)
{
	return attachment->by_probes;
}
