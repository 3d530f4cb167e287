// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines on the control socket: any is refused with a reason, or is a command that exists.
 */
#include "user/ipc/socket.h"

#include "fuzz.h"

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct control_request request;
	const char *error = NULL;

	if (control_parse((const char *)data, size, &request, &error)) {
		FUZZ_CHECK(error && *error);
		return 0;
	}
	FUZZ_CHECK(request.command >= CONTROL_STATUS && request.command <= CONTROL_RIVAL);
	FUZZ_CHECK(control_is_restricted(request.command) == (request.command >= CONTROL_CLIENTS));
	FUZZ_CHECK(strlen(request.arguments) < sizeof(request.arguments));
	for (const char *c = request.arguments; *c; c++)
		FUZZ_CHECK(*c >= ' ' && *c <= '~');
	return 0;
}
