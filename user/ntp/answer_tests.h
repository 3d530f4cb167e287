/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tests of an answer, as chrony writes them, by the verdict on it.
 */
#ifndef NTP_ANSWER_TESTS_H
#define NTP_ANSWER_TESTS_H

#include "ntp/exchange.h"

/**
 * struct answer_tests - which of them an answer has passed, each '1' or '0'
 * @packet: those of RFC 5905 about a packet: 1 to 3
 * @server: and about its server: 5 to 7
 * @measured: and whether what was measured may be used: maxdelay and anything that has no place of
 *	its own, maxdelayratio, maxdelaydevratio, and that it is not this machine
 */
struct answer_tests {
	char packet[4];
	char server[4];
	char measured[5];
};

/* What @verdict says of them. */
static inline struct answer_tests answer_tests_of(enum ntp_verdict verdict)
{
	struct answer_tests tests = { "111", "111", "1111" };

	switch (verdict) {
	case NTP_ACCEPTED:
		break;
	case NTP_DUPLICATE:
		tests.packet[0] = '0';
		break;
	case NTP_BOGUS:
	case NTP_MALFORMED:
	case NTP_NO_ANSWER:
		tests.packet[1] = '0';
		break;
	case NTP_ZERO_TIMESTAMP:
		tests.packet[2] = '0';
		break;
	case NTP_UNAUTHENTICATED:
	case NTP_CRYPTO_NAK:
	case NTP_OTHER_KEY:
	case NTP_WRONG_MAC:
	case NTP_NTS_NAK:
		tests.server[0] = '0';
		break;
	case NTP_KISS:
	case NTP_UNSYNCHRONISED:
		tests.server[1] = '0';
		break;
	case NTP_DISTANCE_TOO_GREAT:
		tests.server[2] = '0';
		break;
	case NTP_POSTPONED:
	case NTP_STRATUM_REFUSED:
	case NTP_SERVER_REVERSED:
	case NTP_DELAY_NEGATIVE:
	case NTP_DELAY_TOO_LONG:
	case NTP_DISRUPTED:
	case NTP_STEPPED:
		tests.measured[0] = '0';
		break;
	case NTP_DELAY_OUT_OF_RATIO:
		tests.measured[1] = '0';
		break;
	case NTP_OWN_SERVER:
		tests.measured[3] = '0';
		break;
	}

	return tests;
}

#endif /* NTP_ANSWER_TESTS_H */
