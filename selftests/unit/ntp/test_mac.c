// SPDX-License-Identifier: GPL-2.0-only
/*
 * Message authentication codes: known answers, where they are cut off, and what is no MAC.
 */
#include "user/ntp/mac.h"

#include <string.h>

#include "selftests/unit/unit.h"

#define HEADER	48

static int digit_of(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* Hexadecimal digits in small letters to bytes; how many. */
static size_t from_hex(const char *hex, uint8_t *bytes)
{
	size_t count = strlen(hex) / 2;

	for (size_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)(digit_of(hex[2 * i]) << 4 | digit_of(hex[2 * i + 1]));
	return count;
}

static struct ntp_key make_key(uint32_t id, enum ntp_mac_type type, const void *secret,
			       size_t length)
{
	struct ntp_key key = { .id = id, .type = type, .length = length };

	memcpy(key.secret, secret, length);
	return key;
}

/* A request of that version, whose bytes are 0x01, 0x02, ... but for the first. */
static void make_packet(int version, uint8_t *packet)
{
	packet[0] = (uint8_t)(version << 3 | 3);
	for (size_t i = 1; i < HEADER; i++)
		packet[i] = (uint8_t)i;
}

/* RFC 8573 takes its vectors from RFC 4493; those of AES256 are NIST SP 800-38B's, appendix D.3. */
static const char *const message[] = {
	"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51",
	"30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
};

static const char aes128_key[] = "2b7e151628aed2a6abf7158809cf4f3c";
static const char aes256_key[] =
	"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";

static const struct {
	enum ntp_mac_type type;
	const char *key;
	size_t length;
	const char *digest;
} ciphers[] = {
	{ NTP_MAC_AES128, aes128_key, 16, "070a16b46b4d4144f79bdd9dd04a287c" },
	{ NTP_MAC_AES128, aes128_key, 40, "dfa66747de9ae63030ca32611497c827" },
	{ NTP_MAC_AES128, aes128_key, 64, "51f0bebf7e3b9d92fc49741779363cfe" },
	{ NTP_MAC_AES256, aes256_key, 16, "28a7023f452e8f82bd4bf28d8c37c35c" },
	{ NTP_MAC_AES256, aes256_key, 40, "aaf3d8f1de5640c232f5b169b9c911e6" },
	{ NTP_MAC_AES256, aes256_key, 64, "e1992190549f6ed5696a2c056c315410" },
};

TEST(ciphers_are_those_of_the_standards)
{
	for (size_t i = 0; i < ARRAY_SIZE(ciphers); i++) {
		uint8_t packet[64 + NTP_MAC_SIZE_MAX], secret[32], digest[16];
		struct ntp_key key;

		from_hex(message[0], packet);
		from_hex(message[1], packet + 32);
		from_hex(ciphers[i].digest, digest);
		key = make_key(0x01020304, ciphers[i].type, secret,
			       from_hex(ciphers[i].key, secret));
		ASSERT_EQ(ciphers[i].length + 20,
			  ntp_mac_append(&key, packet, ciphers[i].length, sizeof(packet)));
		EXPECT_EQ(0, memcmp(packet + ciphers[i].length, "\1\2\3\4", 4));
		EXPECT_EQ(0, memcmp(packet + ciphers[i].length + 4, digest, sizeof(digest)))
			TH_LOG("%zu", i);
	}
}

/*
 * As python has them: hashlib.new(name, b'Nobody knows this key.' + packet).hexdigest(), where
 * packet is bytes([version << 3 | 3]) + bytes(range(1, 48)).
 */
static const char hash_key[] = "Nobody knows this key.";

static const struct {
	enum ntp_mac_type type;
	int version;
	const char *digest;
	const char *rest;	/* of a long one */
} hashes[] = {
	{ NTP_MAC_MD5, 4, "c29d1be4a8b9e4151eb7bd7f67c3f867", "" },
	{ NTP_MAC_MD5, 3, "0de9f3f75fcb5c3bd70f2a8ec7e64889", "" },
	{ NTP_MAC_SHA1, 4, "0d3938fa460fa4ad98674cb1f47e933db9dc118d", "" },
	{ NTP_MAC_SHA1, 3, "97792cc8e8dc20bc2a6e2975672a8cf2ff478b06", "" },
	/* The first 20 bytes of those. */
	{ NTP_MAC_SHA256, 4, "03a5ae5060970a40de79cf6ae0a59b9e252951c4", "" },
	{ NTP_MAC_SHA384, 4, "d3c1ad559ff318021e655758e5fc1706c2e9f0e8", "" },
	{ NTP_MAC_SHA512, 4, "ff305a5aa8b728cb848b8cd10c7a98b86325af93", "" },
	{ NTP_MAC_SHA3_224, 4, "bcec54004a7905de3946bbaa508e23561698f7ad", "" },
	{ NTP_MAC_SHA3_256, 4, "d9c6705c0980402466058a59540efeea98a1a3b9", "" },
	{ NTP_MAC_SHA3_384, 4, "b72c584c0485c2ef25426f0da3e05ac37b3bbd06", "" },
	{ NTP_MAC_SHA3_512, 4, "c9d68992410e150eb0d4b252a7b0758bac4b45a1", "" },
	/* Whole. */
	{ NTP_MAC_SHA256, 3, "cfabf284f39e5d0dadfcaf9fdefa2697e99af11c21e5f0bcd97405db6e8a528e",
	  "" },
	{ NTP_MAC_SHA384, 3, "b119e2fdcf59a58df0e1eaff4b72cd418ebaaabdc45b753f624673cda36885e5",
	  "cbd2a2654ca05c6da94e19cb6a7897da" },
	{ NTP_MAC_SHA512, 3, "6097d020e592d8f69c3386f90dc08439ca32534af5c8031c66ba4a7bf43d9ecb",
	  "03308f41b09c2711473edcda94c3cd698b67572aa0143acbd7f02671b02befb0" },
	{ NTP_MAC_SHA3_224, 3, "7efe9c0004836766c7803cec4cb60bf0f2e2cafae6d3a71d67ab6b14", "" },
	{ NTP_MAC_SHA3_256, 3,
	  "199dfef597ff38502af7f3036833792494f893c5380c28f62efb9b4d99ff35c1",
	  "" },
	{ NTP_MAC_SHA3_384, 3,
	  "bb5109e4a0a2e1400ddd85383db02a6eb69b916063b7ce5f6fd622a4aca4e4eb",
	  "037bac034abfd65ced26a832ac48a004" },
	{ NTP_MAC_SHA3_512, 3,
	  "25062fa157bad7a753464401792fb51f63114aa778743f9a25801e25fdbed4cd",
	  "0d5b3cdff9e9b161941ae8bad54d5108e7cae7a7309217cd6c129852000f83d8" },
};

TEST(hashes_are_those_of_others)
{
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++) {
		struct ntp_key key = make_key(7, hashes[i].type, hash_key, strlen(hash_key));
		uint8_t packet[HEADER + NTP_MAC_SIZE_MAX], digest[64];
		size_t size = from_hex(hashes[i].digest, digest);

		size += from_hex(hashes[i].rest, digest + size);
		make_packet(hashes[i].version, packet);
		ASSERT_EQ(HEADER + 4 + size,
			  ntp_mac_append(&key, packet, HEADER, sizeof(packet)));
		EXPECT_EQ(0, memcmp(packet + HEADER, "\0\0\0\7", 4));
		EXPECT_EQ(0, memcmp(packet + HEADER + 4, digest, size))
			TH_LOG("%zu", i);
	}
}

static const enum ntp_mac_type types[] = {
	NTP_MAC_MD5, NTP_MAC_SHA1, NTP_MAC_SHA256, NTP_MAC_SHA384, NTP_MAC_SHA512,
	NTP_MAC_SHA3_224, NTP_MAC_SHA3_256, NTP_MAC_SHA3_384, NTP_MAC_SHA3_512, NTP_MAC_AES128,
	NTP_MAC_AES256,
};

static struct ntp_key any_key(enum ntp_mac_type type)
{
	return make_key(0xfffffffe, type, "0123456789abcdef0123456789abcdef",
			type == NTP_MAC_AES128 ? 16 : 32);
}

/* Any bit of packet, number and digest. */
TEST(a_packet_that_was_changed_is_noticed)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		for (int version = 3; version <= 4; version++) {
			struct ntp_key key = any_key(types[i]);
			uint8_t packet[HEADER + NTP_MAC_SIZE_MAX];
			size_t length;

			make_packet(version, packet);
			length = ntp_mac_append(&key, packet, HEADER, sizeof(packet));
			ASSERT_TRUE(ntp_mac_check(&key, packet, length, length - HEADER));
			EXPECT_EQ(key.id, ntp_mac_key_id(packet, length, length - HEADER));
			for (size_t bit = 0; bit < 8 * length; bit++) {
				packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
				EXPECT_FALSE(ntp_mac_check(&key, packet, length, length - HEADER));
				packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
			}
		}
	}
}

TEST(another_secret_makes_another_mac)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct ntp_key key = any_key(types[i]);
		struct ntp_key other = key;
		uint8_t packet[HEADER + NTP_MAC_SIZE_MAX];
		size_t length;

		make_packet(4, packet);
		length = ntp_mac_append(&key, packet, HEADER, sizeof(packet));
		other.secret[other.length - 1] ^= 1;
		EXPECT_FALSE(ntp_mac_check(&other, packet, length, length - HEADER));
	}
}

/* One byte of a digest would be guessed in 256 packets. */
TEST(no_other_length_is_taken)
{
	static const size_t whole[] = { 20, 24, 36, 52, 68, 32, 36, 52, 68, 20, 20 };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct ntp_key key = any_key(types[i]);
		uint8_t packet[HEADER + NTP_MAC_SIZE_MAX];

		EXPECT_EQ(whole[i], ntp_mac_size(types[i]));
		make_packet(3, packet);
		ASSERT_EQ(HEADER + whole[i],
			  ntp_mac_append(&key, packet, HEADER, sizeof(packet)));
		for (size_t mac = 0; mac < whole[i]; mac++) {
			EXPECT_FALSE(ntp_mac_check(&key, packet, HEADER + mac, mac))
				TH_LOG("%zu bytes of type %zu", mac, i);
		}
		EXPECT_TRUE(ntp_mac_check(&key, packet, HEADER + whole[i], whole[i]));
	}
}

TEST(ntpv4_has_it_whole_or_cut_to_24_bytes)
{
	struct ntp_key key = make_key(7, NTP_MAC_SHA256, hash_key, strlen(hash_key));
	uint8_t packet[HEADER + NTP_MAC_SIZE_MAX];

	make_packet(4, packet);
	packet[HEADER] = 0;
	packet[HEADER + 1] = 0;
	packet[HEADER + 2] = 0;
	packet[HEADER + 3] = 7;
	from_hex("03a5ae5060970a40de79cf6ae0a59b9e252951c43ccf667f97c4f90354426e6f",
		 packet + HEADER + 4);
	for (size_t mac = 4; mac <= 36; mac++) {
		EXPECT_EQ(mac == 24 || mac == 36,
			  ntp_mac_check(&key, packet, HEADER + mac, mac))
			TH_LOG("%zu bytes", mac);
	}
}

TEST(there_has_to_be_room)
{
	struct ntp_key key = any_key(NTP_MAC_SHA512);
	uint8_t packet[HEADER + NTP_MAC_SIZE_MAX];

	make_packet(3, packet);
	EXPECT_EQ(0, ntp_mac_append(&key, packet, HEADER, HEADER + 67));
	EXPECT_EQ(0, ntp_mac_append(&key, packet, HEADER, HEADER - 1));
	EXPECT_EQ(HEADER + 68, ntp_mac_append(&key, packet, HEADER, HEADER + 68));
	make_packet(4, packet);
	EXPECT_EQ(0, ntp_mac_append(&key, packet, HEADER, HEADER + 23));
	EXPECT_EQ(HEADER + 24, ntp_mac_append(&key, packet, HEADER, HEADER + 24));
}

TEST(lengths_that_cannot_be_are_refused)
{
	struct ntp_key key = any_key(NTP_MAC_MD5);
	uint8_t packet[HEADER + NTP_MAC_SIZE_MAX] = { 0 };

	EXPECT_FALSE(ntp_mac_check(&key, packet, 20, 20));
	EXPECT_FALSE(ntp_mac_check(&key, packet, 19, 20));
	EXPECT_EQ(0, ntp_mac_key_id(packet, 3, 4));
	EXPECT_EQ(0, ntp_mac_key_id(packet, HEADER, 3));
}

TEST_HARNESS_MAIN
