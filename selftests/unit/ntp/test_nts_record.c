// SPDX-License-Identifier: GPL-2.0-only
/*
 * The messages of key establishment: what is written is read, and what is wrong is said.
 */
#include "user/ntp/nts_record.h"
#include "user/ntp/hex.h"

#include <errno.h>
#include <string.h>

#include "selftests/unit/unit.h"

static const struct nts_algorithms siv = { { AEAD_AES_SIV_CMAC_256 }, 1 };
static const struct nts_algorithms both = { { AEAD_AES_128_GCM_SIV, AEAD_AES_SIV_CMAC_256 }, 2 };

/* Records of RFC 8915 as hexadecimal digits. */
#define END		"80000000"
#define NTPV4		"800100020000"
#define NTPV5		"800100020001"
#define SIV		"80040002000f"
#define COOKIE		"00050004c00c1e00"
#define SERVER		"8006000374656e"
#define PORT		"80070002007b"

static size_t bytes_of(const char *hex, uint8_t bytes[NTS_MESSAGE_MAX])
{
	return hex_read(hex, bytes, NTS_MESSAGE_MAX);
}

TEST(a_request_is_what_the_standard_says)
{
	uint8_t bytes[64], expected[NTS_MESSAGE_MAX];
	size_t size = bytes_of(NTPV4 SIV END, expected);

	ASSERT_EQ(size, nts_request_write(&siv, bytes, sizeof(bytes)));
	EXPECT_EQ(0, memcmp(bytes, expected, size));
	EXPECT_EQ((int)size, nts_message_size(bytes, size));
	/* chrony's record says that AES-128-GCM-SIV is meant as the standard has it. */
	size = bytes_of(NTPV4 "80040004001e000f04000000" END, expected);
	ASSERT_EQ(size, nts_request_write(&both, bytes, sizeof(bytes)));
	EXPECT_EQ(0, memcmp(bytes, expected, size));
	for (size_t room = 0; room < size; room++)
		EXPECT_EQ(0, nts_request_write(&both, bytes, room));
}

TEST(a_message_ends_with_its_last_record)
{
	uint8_t bytes[NTS_MESSAGE_MAX] = { 0 };
	size_t size = bytes_of(NTPV4 SIV END, bytes);

	for (size_t length = 0; length < size; length++)
		EXPECT_EQ(0, nts_message_size(bytes, length));
	EXPECT_EQ((int)size, nts_message_size(bytes, size));
	/* Nothing follows it, it is critical, and has no body. */
	EXPECT_EQ(-EBADMSG, nts_message_size(bytes, size + 1));
	size = bytes_of(NTPV4 "00000000", bytes);
	EXPECT_EQ(-EBADMSG, nts_message_size(bytes, size));
	size = bytes_of(NTPV4 "8000000100", bytes);
	EXPECT_EQ(-EBADMSG, nts_message_size(bytes, size));
	/* It does not go on for ever. */
	memset(bytes, 0x11, sizeof(bytes));
	EXPECT_EQ(-EBADMSG, nts_message_size(bytes, sizeof(bytes)));
}

TEST(requests_are_read)
{
	static const struct {
		const char *text;
		enum nts_ke_error error;
		bool ntp;
		int algorithm;
		bool compliant;
	} cases[] = {
		{ NTPV4 SIV END, NTS_KE_NO_ERROR, true, 15, false },
		{ NTPV4 "00040002000f" END, NTS_KE_NO_ERROR, true, 15, false },
		{ SIV NTPV4 END, NTS_KE_NO_ERROR, true, 15, false },
		/* The client's order counts. */
		{ NTPV4 "80040006ffff000f001e" END, NTS_KE_NO_ERROR, true, 15, false },
		{ NTPV4 "80040004001e000f04000000" END, NTS_KE_NO_ERROR, true, 30, true },
		{ NTPV4 "800400021234" END, NTS_KE_NO_ERROR, true, AEAD_NONE, false },
		{ "8001000400010000" SIV END, NTS_KE_NO_ERROR, true, 15, false },
		{ NTPV5 SIV END, NTS_KE_NO_ERROR, false, 15, false },
		{ NTPV5 END, NTS_KE_NO_ERROR, false, AEAD_NONE, false },
		/* What need not be understood is passed over, and so are wishes. */
		{ NTPV4 SIV "12340002abcd" END, NTS_KE_NO_ERROR, true, 15, false },
		{ NTPV4 SIV "000600016100070002007b" END, NTS_KE_NO_ERROR, true, 15, false },
		{ NTPV4 SIV "92340002abcd" END, NTS_KE_CRITICAL_RECORD, false, 0, false },
		{ END, NTS_KE_BAD_REQUEST, false, 0, false },
		{ NTPV4 END, NTS_KE_BAD_REQUEST, false, 0, false },
		{ SIV END, NTS_KE_BAD_REQUEST, false, 0, false },
		{ NTPV4 NTPV4 SIV END, NTS_KE_BAD_REQUEST, false, 0, false },
		{ NTPV4 SIV SIV END, NTS_KE_BAD_REQUEST, false, 0, false },
		{ "000100020000" SIV END, NTS_KE_BAD_REQUEST, false, 0, false },
		{ "80010000" SIV END, NTS_KE_BAD_REQUEST, false, 0, false },
		{ "8001000100" SIV END, NTS_KE_BAD_REQUEST, false, 0, false },
		{ "80010003000000" SIV END, NTS_KE_BAD_REQUEST, false, 0, false },
		{ NTPV4 "80040000" END, NTS_KE_BAD_REQUEST, false, 0, false },
		{ NTPV4 "80040003000f00" END, NTS_KE_BAD_REQUEST, false, 0, false },
		{ NTPV4 SIV "800200020000" END, NTS_KE_BAD_REQUEST, false, 0, false },
		{ NTPV4 SIV "800300020000" END, NTS_KE_BAD_REQUEST, false, 0, false },
		{ NTPV4 SIV COOKIE END, NTS_KE_BAD_REQUEST, false, 0, false },
		{ NTPV4 SIV "0400000100" END, NTS_KE_BAD_REQUEST, false, 0, false },
	};
	uint8_t bytes[NTS_MESSAGE_MAX];
	struct nts_ke_request request;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t size = bytes_of(cases[i].text, bytes);

		nts_request_read(bytes, size, &both, &request);
		EXPECT_EQ(cases[i].error, request.error)
			TH_LOG("%s", cases[i].text);
		if (cases[i].error != NTS_KE_NO_ERROR)
			continue;
		EXPECT_EQ(cases[i].ntp, request.ntp);
		EXPECT_EQ(cases[i].algorithm, request.algorithm)
			TH_LOG("%s", cases[i].text);
		EXPECT_EQ(cases[i].compliant, request.compliant);
	}
}

static const struct nts_ke_answer answer = {
	.algorithm = AEAD_AES_SIV_CMAC_256,
	.server = "time.example.net",
	.port = 11123,
	.cookies = { { .size = 4, .bytes = "one!" }, { .size = 8, .bytes = "another!" } },
	.cookie_count = 2,
};

TEST(an_answer_is_read_as_it_was_written)
{
	struct nts_ke_request request = {
		.error = NTS_KE_NO_ERROR, .ntp = true, .algorithm = AEAD_AES_SIV_CMAC_256,
	};
	uint8_t bytes[NTS_MESSAGE_MAX];
	struct nts_ke_answer read;
	size_t size = nts_answer_write(&request, &answer, bytes, sizeof(bytes));

	ASSERT_LT(0, size);
	EXPECT_EQ((int)size, nts_message_size(bytes, size));
	ASSERT_EQ(NULL, nts_answer_read(bytes, size, &siv, &read));
	EXPECT_EQ(answer.algorithm, read.algorithm);
	EXPECT_STREQ(answer.server, read.server);
	EXPECT_EQ(answer.port, read.port);
	EXPECT_FALSE(read.compliant);
	ASSERT_EQ(2, read.cookie_count);
	EXPECT_EQ(8, read.cookies[1].size);
	EXPECT_EQ(0, memcmp("another!", read.cookies[1].bytes, 8));
	for (size_t room = 0; room < size; room++)
		EXPECT_EQ(0, nts_answer_write(&request, &answer, bytes, room));
}

TEST(an_answer_says_what_there_is_not)
{
	static const struct {
		struct nts_ke_request request;
		const char *says;
	} cases[] = {
		{ { .error = NTS_KE_BAD_REQUEST }, "finds our request wrong" },
		{ { .error = NTS_KE_CRITICAL_RECORD }, "does not understand" },
		{ { .error = NTS_KE_INTERNAL_ERROR }, "internal error" },
		{ { .error = NTS_KE_NO_ERROR }, "does not offer NTPv4" },
		{ { .error = NTS_KE_NO_ERROR, .ntp = true }, "none of our algorithms" },
	};
	uint8_t bytes[NTS_MESSAGE_MAX];
	struct nts_ke_answer read;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t size = nts_answer_write(&cases[i].request, &answer, bytes, sizeof(bytes));
		const char *problem = nts_answer_read(bytes, size, &siv, &read);

		ASSERT_NE(NULL, problem);
		EXPECT_NE(NULL, strstr(problem, cases[i].says))
			TH_LOG("%s", problem);
	}
}

TEST(wrong_answers_are_refused)
{
	static const char *const texts[] = {
		END, NTPV4 END, NTPV4 SIV END, SIV COOKIE END, NTPV4 COOKIE END,
		NTPV5 SIV COOKIE END,
		"000100020000" SIV COOKIE END,
		"8001000400000000" SIV COOKIE END,
		NTPV4 "80040002001e" COOKIE END,	/* it was not asked for */
		NTPV4 "80040001ff" COOKIE END,
		NTPV4 "80040004000f000f" COOKIE END,
		NTPV4 SIV COOKIE "800300020000" END,	/* a warning that nobody knows */
		NTPV4 SIV COOKIE "92340000" END,
		NTPV4 SIV "00050003c00c1e" END,		/* no field has such a length */
		NTPV4 SIV "00050000" END,
		NTPV4 SIV COOKIE "80060000" END,
		NTPV4 SIV COOKIE "80060003612062" END,
		NTPV4 SIV COOKIE "800600026100" END,
		NTPV4 SIV COOKIE "800600020a61" END,
		NTPV4 SIV COOKIE "800700020000" END,
		NTPV4 SIV COOKIE "8007000101" END,
		NTPV4 SIV COOKIE "0400000100" END,
		NTPV4 NTPV4 SIV COOKIE END,		/* what there may be once */
		NTPV4 SIV SIV COOKIE END,
		NTPV4 SIV COOKIE SERVER SERVER END,
		NTPV4 SIV COOKIE PORT PORT END,
	};
	uint8_t bytes[NTS_MESSAGE_MAX];
	struct nts_ke_answer read;

	EXPECT_EQ(NULL, nts_answer_read(bytes, bytes_of(NTPV4 SIV COOKIE END, bytes), &siv, &read));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		EXPECT_NE(NULL, nts_answer_read(bytes, bytes_of(texts[i], bytes), &siv, &read))
			TH_LOG("%s", texts[i]);
	}
}

TEST(cookies_beyond_the_pool_are_passed_over)
{
	uint8_t bytes[NTS_MESSAGE_MAX];
	struct nts_ke_answer read;
	char text[4096] = NTPV4 SIV;

	for (int i = 0; i < 12; i++)
		strcat(text, COOKIE);
	strcat(text, END);
	ASSERT_EQ(NULL, nts_answer_read(bytes, bytes_of(text, bytes), &siv, &read));
	EXPECT_EQ(NTS_COOKIES, read.cookie_count);
}

TEST_HARNESS_MAIN
