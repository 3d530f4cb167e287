// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is opened for which family, and what is said where that fails.
 */
#include "daemon/server_sockets.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/line.h"
#include "lib/log.h"
#include "ntp/listen.h"

/* A socket that could not be opened is tried again, and its interface looked at, after so long. */
#define RETRY_NS	(60 * 1000000000LL)

void server_sockets_init(struct server_sockets *sockets)
{
	*sockets = (struct server_sockets){ .ipv4_fd = -1, .ipv6_fd = -1, .next_ns = INT64_MAX };
}

bool server_sockets_are_open(const struct server_sockets *sockets)
{
	return sockets->ipv4_fd >= 0 || sockets->ipv6_fd >= 0;
}

/* 0: it is open, or there is to be none; -errno. */
static int open_socket(const struct server_place *place, int family, int *fd)
{
	const char *address = config_server_address(place->config, family);
	const char *device = place->config->bind_device;
	int got;

	if (*fd >= 0 && place->establishes_nts)
		ntp_listen_queue(*fd, place->waiting);
	if (*fd >= 0 || !address)
		return 0;
	got = place->establishes_nts ?
	      ntp_listen_tcp(family, place->port, address, device, place->waiting) :
	      ntp_listen(family, place->port, address, device, place->dscp);
	/* A machine without IPv6. */
	if (got == -EAFNOSUPPORT || (family == AF_INET6 && got == -EADDRNOTAVAIL))
		return 0;
	if (got >= 0)
		*fd = got;

	return got < 0 ? got : 0;
}

static const char *words_of(const struct server_place *place, int err)
{
	switch (err) {
	case -EADDRINUSE:
		return place->establishes_nts ?
		       "another program serves there: stop it, or set 'ntsport' or 'bindaddress'" :
		       "another program serves there: stop it, or set 'port' or 'bindaddress'";
	case -EACCES:
		return "ports below 1024 take a privilege that was given up: restart truechimed";
	case -ENODEV:
		return "there is no such interface (binddevice)";
	case -EAFNOSUPPORT:
		return "this machine has no addresses";
	}

	return strerror(-err);
}

/* What is wrong with them: errors of both families, 0 where there is none. */
static void complain(const struct server_place *place, int err4, int err6)
{
	int err = err4 ? err4 : err6 ? err6 : -EAFNOSUPPORT;

	log_warning("%s port %d%s: %s", place->establishes_nts ?
		    "NTS keys cannot be served on TCP" : "NTP cannot be served on", place->port,
		    err4 && !err6 ? " by IPv4" : err6 && !err4 ? " by IPv6" : "",
		    words_of(place, err));
}

bool server_sockets_try(struct server_sockets *sockets, const struct server_place *place,
			int64_t now_raw_ns)
{
	bool lost = ntp_listen_lost_device(sockets->ipv4_fd) ||
		    ntp_listen_lost_device(sockets->ipv6_fd);
	int before4 = sockets->ipv4_fd, before6 = sockets->ipv6_fd, err4, err6;

	if (lost)
		server_sockets_close(sockets);
	err4 = open_socket(place, AF_INET, &sockets->ipv4_fd);
	err6 = open_socket(place, AF_INET6, &sockets->ipv6_fd);
	if (!err4 && !err6 && server_sockets_are_open(sockets)) {
		server_sockets_forgive(sockets);
		if (*place->config->bind_device)
			sockets->next_ns = chime_add_sat(now_raw_ns, RETRY_NS);
	} else {
		if (!sockets->complained)
			complain(place, err4, err6);
		sockets->complained = true;
		sockets->next_ns = chime_add_sat(now_raw_ns, RETRY_NS);
	}

	return lost || sockets->ipv4_fd != before4 || sockets->ipv6_fd != before6;
}

void server_sockets_forgive(struct server_sockets *sockets)
{
	sockets->next_ns = INT64_MAX;
	sockets->complained = false;
}

void server_sockets_close(struct server_sockets *sockets)
{
	if (sockets->ipv4_fd >= 0)
		close(sockets->ipv4_fd);
	if (sockets->ipv6_fd >= 0)
		close(sockets->ipv6_fd);
	sockets->ipv4_fd = -1;
	sockets->ipv6_fd = -1;
}
