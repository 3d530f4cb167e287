// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a message of NTS key establishment, read by a server and by a client: what is
 * accepted is in range, and is read the same when it is written again.
 */
#include "user/ntp/nts_record.h"

#include "fuzz.h"

static const struct nts_algorithms algorithms = { { AEAD_AES_SIV_CMAC_256 }, 1 };

static void check_request(const uint8_t *data, size_t size)
{
	struct nts_ke_request request;

	nts_request_read(data, size, &algorithms, &request);
	FUZZ_CHECK(request.error <= NTS_KE_NO_ERROR);
	FUZZ_CHECK(request.algorithm == AEAD_NONE || request.algorithm == AEAD_AES_SIV_CMAC_256);
}

static void check_answer(const uint8_t *data, size_t size)
{
	struct nts_ke_request request = { .error = NTS_KE_NO_ERROR, .ntp = true };
	struct nts_ke_answer answer, again;
	uint8_t bytes[NTS_MESSAGE_MAX];
	size_t written;

	if (nts_answer_read(data, size, &algorithms, &answer))
		return;
	FUZZ_CHECK(answer.algorithm == AEAD_AES_SIV_CMAC_256);
	FUZZ_CHECK(answer.port >= 0 && answer.port <= UINT16_MAX);
	FUZZ_CHECK(strnlen(answer.server, sizeof(answer.server)) < sizeof(answer.server));
	FUZZ_CHECK(answer.cookie_count > 0 && answer.cookie_count <= NTS_COOKIES);
	for (size_t i = 0; i < answer.cookie_count; i++)
		FUZZ_CHECK(answer.cookies[i].size > 0 && answer.cookies[i].size % 4 == 0 &&
			   answer.cookies[i].size <= NTS_COOKIE_MAX);
	request.algorithm = answer.algorithm;
	written = nts_answer_write(&request, &answer, bytes, sizeof(bytes));
	FUZZ_CHECK(written && nts_message_size(bytes, written) == (int)written);
	FUZZ_CHECK(!nts_answer_read(bytes, written, &algorithms, &again));
	FUZZ_CHECK(!memcmp(&answer, &again, sizeof(answer)));
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	int complete = nts_message_size(data, size);

	FUZZ_CHECK(complete <= 0 || complete == (int)size);
	check_request(data, size);
	check_answer(data, size);

	return 0;
}
