// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sequence count and words in shared memory that the kernel lets nobody else map for writing.
 */
#include "lib/time_page.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE_SIZE	4096

#define WORDS	(sizeof(struct time_content) / sizeof(uint64_t))

/* A writer needs well below a microsecond, and so many readings take longer than that. */
#define ATTEMPTS	1000

/*
 * The daemon writes a page every 16 s at the latest. One that was not replaced for four times as
 * long is that of a daemon that is stopped, hangs or cannot read the clocks: nobody follows what
 * the clock goes by, and its bound need not grow by itself.
 */
#define PAGE_LASTS_NS	64000000000LL

static_assert(sizeof(struct time_content) % sizeof(uint64_t) == 0, "the page is made of words");
static_assert((WORDS + 1) * sizeof(uint64_t) <= PAGE_SIZE, "it is one page");

/**
 * struct time_page - what is mapped
 * @sequence: odd while it is written
 * @words: a struct time_content
 */
struct time_page {
	atomic_uint_least64_t sequence;
	atomic_uint_least64_t words[WORDS];
};

static const struct time_content nothing = { .stratum = TIME_STRATUM_NONE };

/* F_SEAL_FUTURE_WRITE keeps the mapping that exists and forbids any other that can write. */
static int seal(int fd)
{
	return fcntl(fd, F_ADD_SEALS,
		     F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) ? -errno : 0;
}

int time_page_create(struct time_page **page, int *fd)
{
	void *memory;
	int err;

	*fd = memfd_create("truechime-time", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd < 0)
		return -errno;
	if (ftruncate(*fd, PAGE_SIZE)) {
		err = -errno;
		goto err_close;
	}
	memory = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (memory == MAP_FAILED) {
		err = -errno;
		goto err_close;
	}
	err = seal(*fd);
	if (err)
		goto err_unmap;
	*page = memory;
	time_page_write(*page, &nothing);

	return 0;

err_unmap:
	munmap(memory, PAGE_SIZE);
err_close:
	close(*fd);
	*fd = -1;
	return err;
}

int time_page_map(const struct time_page **page, int fd)
{
	void *memory = mmap(NULL, PAGE_SIZE, PROT_READ, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	*page = memory;

	return 0;
}

void time_page_unmap(const struct time_page *page)
{
	munmap((void *)page, PAGE_SIZE);
}

void time_page_write(struct time_page *page, const struct time_content *content)
{
	uint64_t sequence = atomic_load_explicit(&page->sequence, memory_order_relaxed);
	uint64_t words[WORDS];
	size_t i;

	memcpy(words, content, sizeof(words));
	atomic_store_explicit(&page->sequence, sequence + 1, memory_order_relaxed);
	/* Pairs with the acquire fence of time_page_read(): who sees a new word sees it odd. */
	atomic_thread_fence(memory_order_release);
	for (i = 0; i < WORDS; i++)
		atomic_store_explicit(&page->words[i], words[i], memory_order_relaxed);
	/* Pairs with the first load of time_page_read(): who sees the count even sees all words. */
	atomic_store_explicit(&page->sequence, sequence + 2, memory_order_release);
}

bool time_page_read(const struct time_page *page, struct time_content *content)
{
	uint64_t words[WORDS], before;
	int attempt;
	size_t i;

	for (attempt = 0; attempt < ATTEMPTS; attempt++) {
		before = atomic_load_explicit(&page->sequence, memory_order_acquire);
		if (before & 1)
			continue;
		for (i = 0; i < WORDS; i++)
			words[i] = atomic_load_explicit(&page->words[i], memory_order_relaxed);
		/* Pairs with the release fence of time_page_write(). */
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&page->sequence, memory_order_relaxed) == before) {
			memcpy(content, words, sizeof(words));
			return true;
		}
	}
	*content = nothing;

	return false;
}

bool time_content_holds(const struct time_content *content, int64_t set_raw_ns, int64_t now_raw_ns)
{
	return content->raw_ns > set_raw_ns &&
	       chime_sub_sat(now_raw_ns, content->raw_ns) <= PAGE_LASTS_NS;
}

int64_t time_content_dispersion_ns(const struct time_content *content, int64_t realtime_ns)
{
	int64_t bound_ns = chime_line_maxerror(&content->time, realtime_ns);

	return chime_max(chime_sub_sat(bound_ns, content->root_delay_ns / 2), 0);
}
