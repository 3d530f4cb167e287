/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The numbers of chrony's command-and-monitoring protocol, version 6, as chronyc of chrony 4.3 has
 * it, and what those up to 4.8 ask for in another way or in addition. Those of commands that none
 * of these sends are not here.
 */
#ifndef CHRONYC_PROTOCOL_H
#define CHRONYC_PROTOCOL_H

#define CHRONYC_VERSION		6

/* The oldest one whose packets begin alike: it is told that versions differ, older ones nothing. */
#define CHRONYC_VERSION_TOLD	5

/* The third and fourth byte of any packet are 0. */
#define CHRONYC_TYPE_REQUEST	1
#define CHRONYC_TYPE_REPLY	2

/* Bytes before the parameters of a request, and before the contents of a reply. */
#define CHRONYC_REQUEST_HEADER	20
#define CHRONYC_REPLY_HEADER	28

/* The longest packets there are. A longer request is none. */
#define CHRONYC_REQUEST_MAX	860
#define CHRONYC_REPLY_MAX	520

enum chronyc_command {
	CHRONYC_NULL = 0,
	CHRONYC_ONLINE = 1,
	CHRONYC_OFFLINE = 2,
	CHRONYC_BURST = 3,
	CHRONYC_MINPOLL = 4,
	CHRONYC_MAXPOLL = 5,
	CHRONYC_DUMP = 6,
	CHRONYC_MAXDELAY = 7,
	CHRONYC_MAXDELAYRATIO = 8,
	CHRONYC_MAXUPDATESKEW = 9,
	CHRONYC_LOGON = 10,
	CHRONYC_SETTIME = 11,
	CHRONYC_MANUAL = 13,
	CHRONYC_SOURCE_COUNT = 14,
	CHRONYC_SOURCE_DATA = 15,
	CHRONYC_REKEY = 16,
	CHRONYC_ALLOW = 17,
	CHRONYC_ALLOW_ALL = 18,
	CHRONYC_DENY = 19,
	CHRONYC_DENY_ALL = 20,
	CHRONYC_CMDALLOW = 21,
	CHRONYC_CMDALLOW_ALL = 22,
	CHRONYC_CMDDENY = 23,
	CHRONYC_CMDDENY_ALL = 24,
	CHRONYC_ACCHECK = 25,
	CHRONYC_CMDACCHECK = 26,
	CHRONYC_DELETE = 29,
	CHRONYC_WRITERTC = 30,
	CHRONYC_DFREQ = 31,
	CHRONYC_TRACKING = 33,
	CHRONYC_SOURCESTATS = 34,
	CHRONYC_RTCDATA = 35,
	CHRONYC_TRIMRTC = 36,
	CHRONYC_CYCLELOGS = 37,
	CHRONYC_MANUAL_LIST = 41,
	CHRONYC_MANUAL_DELETE = 42,
	CHRONYC_MAKESTEP = 43,
	CHRONYC_ACTIVITY = 44,
	CHRONYC_MINSTRATUM = 45,
	CHRONYC_POLLTARGET = 46,
	CHRONYC_MAXDELAYDEVRATIO = 47,
	CHRONYC_RESELECT = 48,
	CHRONYC_RESELECTDIST = 49,
	CHRONYC_STEPPING = 50,		/* makestep with its two arguments */
	CHRONYC_SMOOTHING = 51,
	CHRONYC_SMOOTHTIME = 52,
	CHRONYC_REFRESH = 53,
	CHRONYC_SERVERSTATS = 54,
	CHRONYC_LOCAL = 56,
	CHRONYC_NTPDATA = 57,
	CHRONYC_SHUTDOWN = 62,
	CHRONYC_ONOFFLINE = 63,
	CHRONYC_ADD = 64,
	CHRONYC_SOURCENAME = 65,
	CHRONYC_RESET_SOURCES = 66,
	CHRONYC_AUTHDATA = 67,
	CHRONYC_CLIENTS = 68,
	CHRONYC_SELECTDATA = 69,
	CHRONYC_RELOAD_SOURCES = 70,
	CHRONYC_DOFFSET = 71,
	CHRONYC_SELECTOPTS = 72,	/* since 4.4 */
	CHRONYC_OFFSET = 73,		/* since 4.6 */
	CHRONYC_LOCAL_ACTIVATE = 74,	/* `local` since 4.6 */
	CHRONYC_COMMANDS,
};

/* Which contents a reply has. */
enum chronyc_contents {
	CHRONYC_REPLY_NULL = 1,
	CHRONYC_REPLY_SOURCE_COUNT = 2,
	CHRONYC_REPLY_SOURCE_DATA = 3,
	CHRONYC_REPLY_TRACKING = 5,
	CHRONYC_REPLY_SOURCESTATS = 6,
	CHRONYC_REPLY_RTCDATA = 7,
	CHRONYC_REPLY_ACTIVITY = 12,
	CHRONYC_REPLY_SMOOTHING = 13,
	CHRONYC_REPLY_NTPDATA = 16,
	CHRONYC_REPLY_SETTIME = 17,
	CHRONYC_REPLY_MANUAL_LIST = 18,
	CHRONYC_REPLY_SOURCENAME = 19,
	CHRONYC_REPLY_AUTHDATA = 20,
	CHRONYC_REPLY_CLIENTS = 21,
	CHRONYC_REPLY_SELECTDATA = 23,
	CHRONYC_REPLY_SERVERSTATS = 24,
	CHRONYC_REPLY_SERVERSTATS64 = 25,	/* since 4.4 */
	CHRONYC_REPLY_NTPDATA_COUNTS = 26,	/* since 4.6 */
};

/* What became of a request; chronyc has a sentence for each. */
enum chronyc_status {
	CHRONYC_SUCCESS = 0,
	CHRONYC_FAILED = 1,
	CHRONYC_UNAUTHORISED = 2,
	CHRONYC_INVALID = 3,
	CHRONYC_NO_SUCH_SOURCE = 4,
	CHRONYC_NOT_ENABLED = 6,
	CHRONYC_BAD_SUBNET = 7,
	CHRONYC_ACCESS_ALLOWED = 8,
	CHRONYC_ACCESS_DENIED = 9,
	CHRONYC_SOURCE_KNOWN = 11,
	CHRONYC_TOO_MANY_SOURCES = 12,
	CHRONYC_NO_RTC = 13,
	CHRONYC_INACTIVE = 15,
	CHRONYC_BAD_SAMPLE = 16,
	CHRONYC_BAD_VERSION = 18,
	CHRONYC_BAD_LENGTH = 19,
	CHRONYC_INVALID_NAME = 21,
};

/* Families of addresses; those of 4 bytes have 12 more that mean nothing. */
enum chronyc_family {
	CHRONYC_FAMILY_NONE,
	CHRONYC_FAMILY_IPV4,
	CHRONYC_FAMILY_IPV6,
	CHRONYC_FAMILY_ID,	/* 4 bytes: a source that has no address yet */
};

/* What kind of source it is, and its state, in the report about sources. */
enum chronyc_mode {
	CHRONYC_MODE_CLIENT,
	CHRONYC_MODE_PEER,
	CHRONYC_MODE_REFCLOCK,
};

enum chronyc_state {
	CHRONYC_STATE_SELECTED,
	CHRONYC_STATE_UNUSABLE,
	CHRONYC_STATE_FALSETICKER,
	CHRONYC_STATE_TOO_VARIABLE,
	CHRONYC_STATE_COMBINED,
	CHRONYC_STATE_NOT_COMBINED,
};

/* Options in the report about selection. */
#define CHRONYC_SELECT_NOSELECT	0x1
#define CHRONYC_SELECT_PREFER	0x2
#define CHRONYC_SELECT_TRUST	0x4
#define CHRONYC_SELECT_REQUIRE	0x8

/* In the report about packets, above the ten tests: how it was measured. */
#define CHRONYC_NTP_INTERLEAVED		0x4000
#define CHRONYC_NTP_AUTHENTICATED	0x8000

/* How packets of a source are authenticated. */
enum chronyc_authentication {
	CHRONYC_AUTH_NONE,
	CHRONYC_AUTH_KEY,
	CHRONYC_AUTH_NTS,
};

/* Clients in one reply, an average interval that is not known, an age that is not. */
#define CHRONYC_CLIENTS_MAX		8
#define CHRONYC_INTERVAL_UNKNOWN	127
#define CHRONYC_AGE_UNKNOWN		UINT32_MAX

/* The upper half of a time's seconds where the sender has only the lower one. */
#define CHRONYC_SECONDS_NO_HIGH	0x7fffffff

/* A source's name, its terminating NUL included. */
#define CHRONYC_NAME_MAX		256

/* What kind of source to add, and its options. */
enum chronyc_added {
	CHRONYC_ADD_SERVER = 1,
	CHRONYC_ADD_PEER = 2,
	CHRONYC_ADD_POOL = 3,
};

#define CHRONYC_ADD_ONLINE		0x001
#define CHRONYC_ADD_AUTO_OFFLINE	0x002
#define CHRONYC_ADD_IBURST		0x004
#define CHRONYC_ADD_PREFER		0x008
#define CHRONYC_ADD_NOSELECT		0x010
#define CHRONYC_ADD_TRUST		0x020
#define CHRONYC_ADD_REQUIRE		0x040
#define CHRONYC_ADD_INTERLEAVED		0x080
#define CHRONYC_ADD_BURST		0x100
#define CHRONYC_ADD_NTS			0x200
#define CHRONYC_ADD_COPY		0x400
#define CHRONYC_ADD_EXTFIELD		0x800
/* Of chronyc 4.5, and of 4.6. */
#define CHRONYC_ADD_CORRECTION		0x1000
#define CHRONYC_ADD_IPV4		0x2000
#define CHRONYC_ADD_IPV6		0x4000

#endif /* CHRONYC_PROTOCOL_H */
