// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets to chronyc's sockets: any is no request, or is answered with no more than it has; what is
 * carried out has its parameters, and lines of the configuration have one line.
 */
#include "user/chronyc/directive.h"
#include "user/chronyc/packet.h"

#include <math.h>

#include "fuzz.h"

static void take_all(struct chronyc_request request)
{
	struct chronyc_request reals = request, addresses = request;
	struct chronyc_address address;

	while (request.left)
		(void)chronyc_take(&request);
	while (reals.left)
		FUZZ_CHECK(isfinite(chronyc_take_real(&reals)));
	while (addresses.left) {
		chronyc_take_address(&addresses, &address);
		FUZZ_CHECK((address.family == CHRONYC_FAMILY_IPV4) ==
			   (address.ip.family == AF_INET));
		FUZZ_CHECK((address.family == CHRONYC_FAMILY_IPV6) ==
			   (address.ip.family == AF_INET6));
	}
}

static void make_lines(const struct chronyc_request *request)
{
	struct chronyc_request source = *request, local = *request, network = *request;
	char line[CHRONYC_LINE_MAX];
	struct access_rule rule;

	if (chronyc_source_line(&source, line) == CHRONYC_SUCCESS)
		FUZZ_CHECK(*line);
	FUZZ_CHECK(strlen(line) < CHRONYC_LINE_MAX - 1 && !strchr(line, '\n'));
	chronyc_local_line(&local, line);
	FUZZ_CHECK(strlen(line) < CHRONYC_LINE_MAX - 1 && !strchr(line, '\n'));
	if (chronyc_take_network(&network, &rule))
		FUZZ_CHECK(rule.prefix >= 0 && rule.prefix <= access_bits(AF_INET6));
}

/* A real number that came from a packet is the same in the next one. */
static void send_back(struct chronyc_request request)
{
	struct chronyc_reply reply;

	chronyc_reply_start(&reply, &request, CHRONYC_SUCCESS);
	while (request.left >= 4 && reply.length <= CHRONYC_REPLY_MAX - 4) {
		struct chronyc_request back = { .at = reply.bytes + reply.length, .left = 4 };
		double value = chronyc_take_real(&request);

		chronyc_put_real(&reply, value);
		FUZZ_CHECK(chronyc_take_real(&back) == value);
	}
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct chronyc_request request;
	enum chronyc_status status;
	struct chronyc_reply reply;

	if (!chronyc_request_read(data, size, &request, &status))
		return 0;
	chronyc_reply_start(&reply, &request, status);
	FUZZ_CHECK(reply.length <= size);
	FUZZ_CHECK(status == CHRONYC_SUCCESS || !request.left);
	if (status != CHRONYC_SUCCESS)
		return 0;
	FUZZ_CHECK(request.at + request.left <= data + size);
	(void)chronyc_is_open((enum chronyc_command)request.command, 1);
	take_all(request);
	make_lines(&request);
	send_back(request);

	return 0;
}
