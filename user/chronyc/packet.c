// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading requests and writing replies of chronyc.
 */
#include "chronyc/packet.h"

#include <math.h>
#include <string.h>

#include "config/config.h"
#include "lib/array_size.h"
#include "lib/time_units.h"
#include "ntp/bytes.h"

/* Where the header's members are; what is between them is 0 in a reply, and skipped in requests. */
#define AT_VERSION		0
#define AT_TYPE			1
#define AT_ZERO			2
#define AT_COMMAND		4
#define AT_REQUEST_SEQUENCE	8
#define AT_CONTENTS		6
#define AT_STATUS		8
#define AT_REPLY_SEQUENCE	16

/*
 * A real number has 32 bits: an exponent of 7 and a coefficient of 25, both signed, and is
 * coefficient * 2^(exponent - 25).
 */
#define COEFFICIENT_BITS	25
#define COEFFICIENT_MAX		((1 << (COEFFICIENT_BITS - 1)) - 1)
#define COEFFICIENT_MASK	((1U << COEFFICIENT_BITS) - 1)
#define EXPONENT_MIN		(-64)
#define EXPONENT_MAX		63

/* An address has room for IPv6, the family, and two bytes of padding. */
#define ADDRESS_BYTES	16
#define IPV4_BYTES	4

/* Bit of a word of `opencommands`; and of commands that are open whatever it says. */
#define OPEN(word)	(1U << CONFIG_OPEN_##word)
#define OPEN_ALWAYS	UINT32_MAX
#define OPEN_LISTS	(OPEN(AUTHDATA) | OPEN(NTPDATA) | OPEN(SELECTDATA) | OPEN(SOURCES) | \
			 OPEN(SOURCESTATS))

/**
 * struct command - what is known of a command
 * @exists: there is one of that number
 * @parameters: bytes of them
 * @contents: of its reply, which the request has to be as long as
 * @open: words of `opencommands` that let anybody ask for it who may ask at all
 */
struct command {
	bool exists;
	uint16_t parameters;
	enum chronyc_contents contents;
	uint32_t open;
};

#define DOES(bytes)	{ true, bytes, CHRONYC_REPLY_NULL, 0 }

static const struct command commands[CHRONYC_COMMANDS] = {
	[CHRONYC_NULL] = { true, 0, CHRONYC_REPLY_NULL, OPEN_ALWAYS },
	[CHRONYC_ONLINE] = DOES(40),
	[CHRONYC_OFFLINE] = DOES(40),
	[CHRONYC_BURST] = DOES(48),
	[CHRONYC_MINPOLL] = DOES(24),
	[CHRONYC_MAXPOLL] = DOES(24),
	[CHRONYC_DUMP] = DOES(4),
	[CHRONYC_MAXDELAY] = DOES(24),
	[CHRONYC_MAXDELAYRATIO] = DOES(24),
	[CHRONYC_MAXUPDATESKEW] = DOES(4),
	[CHRONYC_LOGON] = { true, 12, CHRONYC_REPLY_NULL, OPEN_ALWAYS },
	[CHRONYC_SETTIME] = { true, 12, CHRONYC_REPLY_SETTIME, 0 },
	[CHRONYC_MANUAL] = DOES(4),
	[CHRONYC_SOURCE_COUNT] = { true, 0, CHRONYC_REPLY_SOURCE_COUNT, OPEN_LISTS },
	[CHRONYC_SOURCE_DATA] = { true, 4, CHRONYC_REPLY_SOURCE_DATA, OPEN(SOURCES) },
	[CHRONYC_REKEY] = DOES(0),
	[CHRONYC_ALLOW] = DOES(24),
	[CHRONYC_ALLOW_ALL] = DOES(24),
	[CHRONYC_DENY] = DOES(24),
	[CHRONYC_DENY_ALL] = DOES(24),
	[CHRONYC_CMDALLOW] = DOES(24),
	[CHRONYC_CMDALLOW_ALL] = DOES(24),
	[CHRONYC_CMDDENY] = DOES(24),
	[CHRONYC_CMDDENY_ALL] = DOES(24),
	[CHRONYC_ACCHECK] = DOES(20),
	[CHRONYC_CMDACCHECK] = DOES(20),
	[CHRONYC_DELETE] = DOES(20),
	[CHRONYC_WRITERTC] = DOES(0),
	[CHRONYC_DFREQ] = DOES(4),
	[CHRONYC_TRACKING] = { true, 0, CHRONYC_REPLY_TRACKING, OPEN(TRACKING) },
	[CHRONYC_SOURCESTATS] = { true, 4, CHRONYC_REPLY_SOURCESTATS, OPEN(SOURCESTATS) },
	[CHRONYC_RTCDATA] = { true, 0, CHRONYC_REPLY_RTCDATA, OPEN(RTCDATA) },
	[CHRONYC_TRIMRTC] = DOES(0),
	[CHRONYC_CYCLELOGS] = DOES(0),
	[CHRONYC_MANUAL_LIST] = { true, 0, CHRONYC_REPLY_MANUAL_LIST, OPEN(MANUAL) },
	[CHRONYC_MANUAL_DELETE] = DOES(4),
	[CHRONYC_MAKESTEP] = DOES(0),
	[CHRONYC_ACTIVITY] = { true, 0, CHRONYC_REPLY_ACTIVITY, OPEN(ACTIVITY) },
	[CHRONYC_MINSTRATUM] = DOES(24),
	[CHRONYC_POLLTARGET] = DOES(24),
	[CHRONYC_MAXDELAYDEVRATIO] = DOES(24),
	[CHRONYC_RESELECT] = DOES(0),
	[CHRONYC_RESELECTDIST] = DOES(4),
	[CHRONYC_STEPPING] = DOES(8),
	[CHRONYC_SMOOTHING] = { true, 0, CHRONYC_REPLY_SMOOTHING, OPEN(SMOOTHING) },
	[CHRONYC_SMOOTHTIME] = DOES(4),
	[CHRONYC_REFRESH] = DOES(0),
	[CHRONYC_SERVERSTATS] = { true, 0, CHRONYC_REPLY_SERVERSTATS, OPEN(SERVERSTATS) },
	[CHRONYC_LOCAL] = DOES(16),
	[CHRONYC_NTPDATA] = { true, 20, CHRONYC_REPLY_NTPDATA, OPEN(NTPDATA) },
	[CHRONYC_SHUTDOWN] = DOES(0),
	[CHRONYC_ONOFFLINE] = DOES(0),
	[CHRONYC_ADD] = DOES(352),
	[CHRONYC_SOURCENAME] = { true, 20, CHRONYC_REPLY_SOURCENAME, OPEN(SOURCENAME) },
	[CHRONYC_RESET_SOURCES] = DOES(0),
	[CHRONYC_AUTHDATA] = { true, 20, CHRONYC_REPLY_AUTHDATA, OPEN(AUTHDATA) },
	[CHRONYC_CLIENTS] = { true, 16, CHRONYC_REPLY_CLIENTS, OPEN(CLIENTS) },
	[CHRONYC_SELECTDATA] = { true, 4, CHRONYC_REPLY_SELECTDATA, OPEN(SELECTDATA) },
	[CHRONYC_RELOAD_SOURCES] = DOES(0),
	[CHRONYC_DOFFSET] = DOES(4),
	[CHRONYC_SELECTOPTS] = DOES(32),
	[CHRONYC_OFFSET] = DOES(28),
	[CHRONYC_LOCAL_ACTIVATE] = DOES(28),
};

static const uint16_t contents_lengths[] = {
	[CHRONYC_REPLY_SOURCE_COUNT] = 4,
	[CHRONYC_REPLY_SOURCE_DATA] = 48,
	[CHRONYC_REPLY_TRACKING] = 76,
	[CHRONYC_REPLY_SOURCESTATS] = 56,
	[CHRONYC_REPLY_RTCDATA] = 28,
	[CHRONYC_REPLY_ACTIVITY] = 20,
	[CHRONYC_REPLY_SMOOTHING] = 24,
	[CHRONYC_REPLY_NTPDATA] = 124,
	[CHRONYC_REPLY_SETTIME] = 12,
	[CHRONYC_REPLY_MANUAL_LIST] = 388,
	[CHRONYC_REPLY_SOURCENAME] = CHRONYC_NAME_MAX,
	[CHRONYC_REPLY_AUTHDATA] = 24,
	[CHRONYC_REPLY_CLIENTS] = 492,
	[CHRONYC_REPLY_SELECTDATA] = 48,
	[CHRONYC_REPLY_SERVERSTATS] = 44,
	[CHRONYC_REPLY_SERVERSTATS64] = 168,
	[CHRONYC_REPLY_NTPDATA_COUNTS] = 144,
};

size_t chronyc_contents_length(enum chronyc_contents contents)
{
	return contents < ARRAY_SIZE(contents_lengths) ? contents_lengths[contents] : 0;
}

/* --- requests --- */

/* With its padding. */
static size_t least_length(const struct command *command)
{
	size_t request = CHRONYC_REQUEST_HEADER + command->parameters;
	size_t reply = CHRONYC_REPLY_HEADER + chronyc_contents_length(command->contents);

	return request < reply ? reply : request;
}

bool chronyc_request_read(const uint8_t *bytes, size_t length, struct chronyc_request *request,
			  enum chronyc_status *status)
{
	const struct command *command;

	/* An answer without contents would be longer than a shorter one. */
	if (length < CHRONYC_REPLY_HEADER || length > CHRONYC_REQUEST_MAX ||
	    bytes[AT_TYPE] != CHRONYC_TYPE_REQUEST || bytes[AT_ZERO] || bytes[AT_ZERO + 1] ||
	    bytes[AT_VERSION] < CHRONYC_VERSION_TOLD)
		return false;
	*request = (struct chronyc_request){
		.command = get_be16(bytes + AT_COMMAND),
		.sequence = get_be32(bytes + AT_REQUEST_SEQUENCE),
		.at = bytes + CHRONYC_REQUEST_HEADER,
		.length = length,
	};
	*status = CHRONYC_BAD_VERSION;
	if (bytes[AT_VERSION] != CHRONYC_VERSION)
		return true;
	*status = CHRONYC_INVALID;
	if (request->command >= CHRONYC_COMMANDS || !commands[request->command].exists)
		return true;
	*status = CHRONYC_BAD_LENGTH;
	command = &commands[request->command];
	if (length < least_length(command))
		return true;
	request->left = command->parameters;
	*status = CHRONYC_SUCCESS;

	return true;
}

bool chronyc_is_open(enum chronyc_command command, uint32_t open)
{
	return commands[command].open == OPEN_ALWAYS || (commands[command].open & open);
}

bool chronyc_expects(const struct chronyc_request *request, enum chronyc_contents contents)
{
	return request->length == CHRONYC_REPLY_HEADER + chronyc_contents_length(contents);
}

/* The next @count bytes; NULL: there are not so many. */
static const uint8_t *take(struct chronyc_request *request, size_t count)
{
	const uint8_t *bytes = request->at;

	if (request->left < count) {
		request->left = 0;
		return NULL;
	}
	request->at += count;
	request->left -= count;

	return bytes;
}

uint32_t chronyc_take(struct chronyc_request *request)
{
	const uint8_t *bytes = take(request, sizeof(uint32_t));

	return bytes ? get_be32(bytes) : 0;
}

/* The number in the @bits lowest bits, the highest of which is its sign. */
static int32_t signed_of(uint32_t value, int bits)
{
	uint32_t sign = 1U << (bits - 1);

	return (int32_t)(value ^ sign) - (int32_t)sign;
}

double chronyc_take_real(struct chronyc_request *request)
{
	uint32_t value = chronyc_take(request);
	int exponent = signed_of(value >> COEFFICIENT_BITS, 32 - COEFFICIENT_BITS);
	int32_t coefficient = signed_of(value & COEFFICIENT_MASK, COEFFICIENT_BITS);

	return ldexp(coefficient, exponent - COEFFICIENT_BITS);
}

void chronyc_take_address(struct chronyc_request *request, struct chronyc_address *address)
{
	const uint8_t *bytes = take(request, ADDRESS_BYTES + 4);

	*address = (struct chronyc_address){ .family = CHRONYC_FAMILY_NONE };
	if (!bytes)
		return;
	switch (get_be16(bytes + ADDRESS_BYTES)) {
	case CHRONYC_FAMILY_IPV4:
		address->family = CHRONYC_FAMILY_IPV4;
		address->ip.family = AF_INET;
		memcpy(address->ip.bytes, bytes, IPV4_BYTES);
		break;
	case CHRONYC_FAMILY_IPV6:
		address->family = CHRONYC_FAMILY_IPV6;
		address->ip.family = AF_INET6;
		memcpy(address->ip.bytes, bytes, ADDRESS_BYTES);
		break;
	case CHRONYC_FAMILY_ID:
		address->family = CHRONYC_FAMILY_ID;
		address->id = get_be32(bytes);
		break;
	}
}

void chronyc_take_host(struct chronyc_request *request, struct chronyc_address *address)
{
	chronyc_take_address(request, address);
	net_address_unmap(&address->ip);
	if (address->ip.family == AF_INET)
		address->family = CHRONYC_FAMILY_IPV4;
}

bool chronyc_take_name(struct chronyc_request *request, char name[CHRONYC_NAME_MAX])
{
	const uint8_t *bytes = take(request, CHRONYC_NAME_MAX);
	size_t length = 0;

	if (!bytes)
		return false;
	while (length < CHRONYC_NAME_MAX && bytes[length] > ' ' && bytes[length] <= '~')
		length++;
	if (!length || length == CHRONYC_NAME_MAX || bytes[length])
		return false;
	memcpy(name, bytes, length + 1);

	return true;
}

/* --- replies --- */

void chronyc_reply_start(struct chronyc_reply *reply, const struct chronyc_request *request,
			 enum chronyc_status status)
{
	memset(reply->bytes, 0, CHRONYC_REPLY_HEADER);
	reply->bytes[AT_VERSION] = CHRONYC_VERSION;
	reply->bytes[AT_TYPE] = CHRONYC_TYPE_REPLY;
	reply->bytes[AT_COMMAND] = (uint8_t)(request->command >> 8);
	reply->bytes[AT_COMMAND + 1] = (uint8_t)request->command;
	put_be32(reply->bytes + AT_REPLY_SEQUENCE, request->sequence);
	chronyc_reply_set_contents(reply, CHRONYC_REPLY_NULL);
	chronyc_reply_set_status(reply, status);
}

void chronyc_reply_set_status(struct chronyc_reply *reply, enum chronyc_status status)
{
	reply->bytes[AT_STATUS + 1] = (uint8_t)status;
}

void chronyc_reply_set_contents(struct chronyc_reply *reply, enum chronyc_contents contents)
{
	reply->bytes[AT_CONTENTS + 1] = (uint8_t)contents;
	reply->length = CHRONYC_REPLY_HEADER;
}

void chronyc_put8(struct chronyc_reply *reply, uint8_t value)
{
	if (reply->length < sizeof(reply->bytes))
		reply->bytes[reply->length++] = value;
}

void chronyc_put16(struct chronyc_reply *reply, uint16_t value)
{
	chronyc_put8(reply, (uint8_t)(value >> 8));
	chronyc_put8(reply, (uint8_t)value);
}

void chronyc_put(struct chronyc_reply *reply, uint32_t value)
{
	chronyc_put16(reply, (uint16_t)(value >> 16));
	chronyc_put16(reply, (uint16_t)value);
}

void chronyc_put64(struct chronyc_reply *reply, uint64_t value)
{
	chronyc_put(reply, (uint32_t)(value >> 32));
	chronyc_put(reply, (uint32_t)value);
}

/* What is too great becomes the greatest, what is too small or no number 0. */
void chronyc_put_real(struct chronyc_reply *reply, double value)
{
	int exponent = 0;
	double coefficient;

	if (isnan(value) || !value) {
		chronyc_put(reply, 0);
		return;
	}
	if (isfinite(value))
		(void)frexp(value, &exponent);
	/* One bit of the coefficient is its sign. */
	exponent = exponent + 1 < EXPONENT_MIN ? EXPONENT_MIN : exponent + 1;
	coefficient = rint(ldexp(value, COEFFICIENT_BITS - exponent));
	if (fabs(coefficient) > COEFFICIENT_MAX) {
		coefficient /= 2;
		exponent++;
	}
	if (exponent > EXPONENT_MAX || isinf(value)) {
		exponent = EXPONENT_MAX;
		coefficient = value < 0 ? -COEFFICIENT_MAX - 1 : COEFFICIENT_MAX;
	}
	chronyc_put(reply, (uint32_t)exponent << COEFFICIENT_BITS |
		    ((uint32_t)(int32_t)coefficient & COEFFICIENT_MASK));
}

void chronyc_put_seconds(struct chronyc_reply *reply, int64_t ns)
{
	chronyc_put_real(reply, (double)ns / NS_PER_S);
}

void chronyc_put_time(struct chronyc_reply *reply, int64_t utc_ns)
{
	int64_t seconds = utc_ns / NS_PER_S, ns = utc_ns % NS_PER_S;

	if (ns < 0) {
		seconds--;
		ns += NS_PER_S;
	}
	chronyc_put(reply, (uint32_t)((uint64_t)seconds >> 32));
	chronyc_put(reply, (uint32_t)seconds);
	chronyc_put(reply, (uint32_t)ns);
}

void chronyc_put_address(struct chronyc_reply *reply, const struct chronyc_address *address)
{
	uint8_t bytes[ADDRESS_BYTES] = { 0 };

	if (address->family == CHRONYC_FAMILY_ID)
		put_be32(bytes, address->id);
	else if (address->family != CHRONYC_FAMILY_NONE)
		memcpy(bytes, address->ip.bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		chronyc_put8(reply, bytes[i]);
	chronyc_put16(reply, (uint16_t)address->family);
	chronyc_put16(reply, 0);
}

void chronyc_put_zeros(struct chronyc_reply *reply, size_t count)
{
	while (count-- > 0)
		chronyc_put8(reply, 0);
}

/* One that is too long has no end, as chronyd's, and chronyc shows a question mark. */
void chronyc_put_name(struct chronyc_reply *reply, const char *name)
{
	for (size_t i = 0; i < CHRONYC_NAME_MAX; i++) {
		chronyc_put8(reply, (uint8_t)*name);
		if (*name)
			name++;
	}
}
