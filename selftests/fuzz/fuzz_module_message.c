// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of the truechime family, as daemon and command line program read them: no message
 * makes them read beyond its end, and texts are terminated.
 */
#include "user/lib/module_message.h"

#include <string.h>

#include "fuzz.h"

int fuzz_one_input(const uint8_t *data, size_t size)
{
	const struct nlattr *head = (const struct nlattr *)data;
	struct module_status status;
	struct module_rule rules[2];
	struct module_event event;
	struct module_host host;
	enum truechime_rtc rtc;
	struct module_now now;
	char text[16];
	int count;

	(void)module_message_now(head, (int)size, &now);
	if (!module_message_status(head, (int)size, &status)) {
		FUZZ_CHECK(memchr(status.version, '\0', sizeof(status.version)));
		FUZZ_CHECK(memchr(status.host_name, '\0', sizeof(status.host_name)));
	}
	if (!module_message_host(head, (int)size, &host))
		FUZZ_CHECK(memchr(host.name, '\0', sizeof(host.name)));
	(void)module_message_event(head, (int)size, &event);
	(void)module_message_policy(head, (int)size, rules, 2, &count);
	FUZZ_CHECK(count >= 0 && count <= 2);
	(void)module_message_rtc(head, (int)size, &rtc);
	module_message_extack(head, (int)size, text, sizeof(text));
	FUZZ_CHECK(memchr(text, '\0', sizeof(text)));
	return 0;
}
