// SPDX-License-Identifier: GPL-2.0-only
/*
 * A list of control messages ends with the last one that is there as a whole, whatever lengths its
 * headers claim.
 */
#include "user/lib/control_message.h"

#include <stdint.h>
#include <string.h>

#include "selftests/unit/unit.h"

FIXTURE(messages) {
	union {
		struct cmsghdr align;
		char bytes[128];
	} control;
	struct msghdr header;
};

/* Two messages of four bytes each, and no more room than they need. */
FIXTURE_SETUP(messages)
{
	memset(self, 0, sizeof(*self));
	self->header.msg_control = self->control.bytes;
	self->header.msg_controllen = 2 * CMSG_SPACE(4);
	for (int i = 0; i < 2; i++) {
		struct cmsghdr *h = (struct cmsghdr *)(self->control.bytes + i * CMSG_SPACE(4));

		*h = (struct cmsghdr){ .cmsg_type = i + 1, .cmsg_len = CMSG_LEN(4) };
	}
}

FIXTURE_TEARDOWN(messages)
{
}

/* The types of the messages that are seen, as digits. */
static int seen(const struct msghdr *header)
{
	int types = 0;

	for (struct cmsghdr *h = control_message_first(header); h;
	     h = control_message_next(header, h))
		types = types * 10 + h->cmsg_type;

	return types;
}

TEST_F(messages, both_are_seen)
{
	EXPECT_EQ(12, seen(&self->header));
}

TEST_F(messages, the_last_may_be_without_its_padding)
{
	self->header.msg_controllen = CMSG_SPACE(4) + CMSG_LEN(4);
	EXPECT_EQ(12, seen(&self->header));
}

TEST_F(messages, nothing_is_seen_without_room_for_a_header)
{
	self->header.msg_controllen = sizeof(struct cmsghdr) - 1;
	EXPECT_EQ(0, seen(&self->header));
}

TEST_F(messages, one_that_ends_past_the_end_is_not_seen)
{
	struct cmsghdr *second = (struct cmsghdr *)(self->control.bytes + CMSG_SPACE(4));

	second->cmsg_len = CMSG_SPACE(4) + 1;
	EXPECT_EQ(1, seen(&self->header));
	self->control.align.cmsg_len = 2 * CMSG_SPACE(4) + 1;
	EXPECT_EQ(0, seen(&self->header));
}

TEST_F(messages, lengths_that_no_message_has_end_the_list)
{
	static const size_t lengths[] = { 0, 1, sizeof(struct cmsghdr) - 1, SIZE_MAX,
					  SIZE_MAX - 2, SIZE_MAX - CMSG_SPACE(4) + 1 };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		self->control.align.cmsg_len = lengths[i];
		EXPECT_EQ(0, seen(&self->header));
	}
}

TEST_HARNESS_MAIN
