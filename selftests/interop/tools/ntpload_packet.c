// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests and answers of ntpload.
 */
#include "ntpload.h"

#include <arpa/inet.h>
#include <string.h>

#define NTP_UNIX_S	2208988800LL
#define NTP_VERSION	4
#define MODE_CLIENT	3
#define MODE_SERVER	4
#define LEAP_UNKNOWN	3
#define STRATUM_MAX	15

#define AT_ORIGIN	24
#define AT_RECEIVE	32
#define AT_TRANSMIT	40

int64_t clock_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

void request_write(uint8_t *packet, uint64_t cookie)
{
	memset(packet, 0, NTP_LENGTH);
	packet[0] = NTP_VERSION << 3 | MODE_CLIENT;
	memcpy(packet + AT_TRANSMIT, &cookie, sizeof(cookie));
}

uint64_t request_cookie(const uint8_t *packet)
{
	uint64_t cookie;

	memcpy(&cookie, packet + AT_TRANSMIT, sizeof(cookie));
	return cookie;
}

uint64_t answer_cookie(const uint8_t *packet)
{
	uint64_t cookie;

	memcpy(&cookie, packet + AT_ORIGIN, sizeof(cookie));
	return cookie;
}

static int64_t read_time(const uint8_t *field)
{
	uint32_t seconds, fraction;

	memcpy(&seconds, field, sizeof(seconds));
	memcpy(&fraction, field + sizeof(seconds), sizeof(fraction));
	/* Until 2036, when NTP's seconds begin anew. */
	return (ntohl(seconds) - NTP_UNIX_S) * NS_PER_S +
	       (int64_t)(((uint64_t)ntohl(fraction) * NS_PER_S) >> 32);
}

int64_t answer_receive_ns(const uint8_t *packet)
{
	return read_time(packet + AT_RECEIVE);
}

int64_t answer_transmit_ns(const uint8_t *packet)
{
	return read_time(packet + AT_TRANSMIT);
}

bool answer_is_valid(const uint8_t *packet, size_t length, int64_t now_ns)
{
	int64_t received_ns, sent_ns;

	if (length < NTP_LENGTH || (packet[0] & 0x3f) != (NTP_VERSION << 3 | MODE_SERVER) ||
	    packet[0] >> 6 == LEAP_UNKNOWN || !packet[1] || packet[1] > STRATUM_MAX)
		return false;
	received_ns = answer_receive_ns(packet);
	sent_ns = answer_transmit_ns(packet);
	return received_ns <= sent_ns && received_ns > now_ns - NS_PER_S &&
	       sent_ns < now_ns + NS_PER_S;
}
