// SPDX-License-Identifier: GPL-2.0-only
/*
 * The field as chrony's ntp.h has it: type and length, a number by which it is told from what
 * others may use this type for, root delay and dispersion in 2^-28 s, timestamp and epoch.
 */
#include "ntp/mono_root.h"

#include "core/line.h"
#include "lib/time_units.h"
#include "ntp/bytes.h"

#define MAGIC	0xf5bedd9aU

#define AT_LENGTH	2
#define AT_MAGIC	4
#define AT_DELAY	8
#define AT_DISPERSION	12
#define AT_RECEIVE	16
#define AT_EPOCH	24

/* Seconds with 4 and 28 bits; the greatest value is "too much". */
#define FRACTION_BITS	28

/*
 * chrony believes corrections of up to 16 s. But a server that goes back, or away from the others,
 * must not be able to explain that away: as much as this it may correct, and more is judged as that
 * of a server without this field.
 */
#define MOVED_MAX_NS	(NS_PER_S / 10)

/* Rounded up, so that nobody is told of a smaller distance. */
static uint32_t fine_from_ns(int64_t ns)
{
	uint64_t value;

	if (ns <= 0)
		return 0;
	if (ns >= NS_PER_S << (32 - FRACTION_BITS))
		return UINT32_MAX;
	value = (((uint64_t)ns << FRACTION_BITS) + NS_PER_S - 1) / NS_PER_S;

	return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

static int64_t fine_to_ns(uint32_t value)
{
	if (value == UINT32_MAX)
		return ntp_short_to_ns(UINT32_MAX);

	return (int64_t)(((uint64_t)value * NS_PER_S + (1ULL << FRACTION_BITS) - 1) >>
			 FRACTION_BITS);
}

void mono_root_write(const struct mono_root *root, uint8_t *bytes)
{
	static const struct mono_root nothing = { .epoch = 0 };

	if (!root)
		root = &nothing;
	put_be16(bytes, MONO_ROOT_TYPE);
	put_be16(bytes + AT_LENGTH, MONO_ROOT_SIZE);
	put_be32(bytes + AT_MAGIC, MAGIC);
	put_be32(bytes + AT_DELAY, fine_from_ns(root->root_delay_ns));
	put_be32(bytes + AT_DISPERSION, fine_from_ns(root->root_dispersion_ns));
	put_be64(bytes + AT_RECEIVE, root->receive);
	put_be32(bytes + AT_EPOCH, root->epoch);
}

static bool is_field(const uint8_t *bytes, size_t length)
{
	return length == MONO_ROOT_SIZE && get_be16(bytes) == MONO_ROOT_TYPE &&
	       get_be32(bytes + AT_MAGIC) == MAGIC;
}

bool mono_root_read(const uint8_t *bytes, const struct ntp_packet *packet, struct mono_root *root)
{
	size_t left = packet->extensions, length;

	/* Lengths are those by which the decoder has found that these are extension fields. */
	for (bytes += NTP_HEADER_SIZE; left >= MONO_ROOT_SIZE; left -= length, bytes += length) {
		length = get_be16(bytes + AT_LENGTH);
		if (!length || length > left)
			return false;
		if (!is_field(bytes, length))
			continue;
		*root = (struct mono_root){
			.root_delay_ns = fine_to_ns(get_be32(bytes + AT_DELAY)),
			.root_dispersion_ns = fine_to_ns(get_be32(bytes + AT_DISPERSION)),
			.receive = get_be64(bytes + AT_RECEIVE),
			.epoch = get_be32(bytes + AT_EPOCH),
		};
		return true;
	}

	return false;
}

/* A difference of timestamps, which are modulo 2^32 s, in ns. */
static int64_t difference_ns(uint64_t difference)
{
	int64_t units = (int64_t)difference;
	int64_t seconds = units >> 32;
	int64_t fraction = units & UINT32_MAX;

	return seconds * NS_PER_S + ((fraction * NS_PER_S + (1LL << 31)) >> 32);
}

int64_t mono_root_moved_ns(uint64_t receive, const struct mono_root *root, uint64_t next_receive,
			   const struct mono_root *next)
{
	int64_t moved_ns;

	if (!root->receive || !next->receive || root->epoch != next->epoch)
		return 0;
	moved_ns = difference_ns((next_receive - receive) - (next->receive - root->receive));

	return chime_abs_sat(moved_ns) <= MOVED_MAX_NS ? moved_ns : 0;
}
