/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every fuzzer starts from: an input taken apart front to back, and checks that stop the run.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libFuzzer's name for what it calls with each input; each fuzz_UNIT.c defines it, returns 0. */
#define fuzz_one_input LLVMFuzzerTestOneInput
int fuzz_one_input(const uint8_t *data, size_t size);

/* A property that holds for every input. */
#define FUZZ_CHECK(condition)								\
	do {										\
		if (!(condition)) {							\
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__,	\
				#condition);						\
			abort();							\
		}									\
	} while (0)

/* What is left of an input. */
struct fuzz_input {
	const uint8_t *data;
	size_t size;
};

/* The next @size bytes to @target; what the input has not, is 0. */
static inline void fuzz_take(struct fuzz_input *input, void *target, size_t size)
{
	size_t available = size < input->size ? size : input->size;

	memset(target, 0, size);
	if (!available)
		return;
	memcpy(target, input->data, available);
	input->data += available;
	input->size -= available;
}

static inline uint8_t fuzz_take_u8(struct fuzz_input *input)
{
	uint8_t value;

	fuzz_take(input, &value, sizeof(value));
	return value;
}

static inline int64_t fuzz_take_s64(struct fuzz_input *input)
{
	int64_t value;

	fuzz_take(input, &value, sizeof(value));
	return value;
}

#endif /* FUZZ_H */
