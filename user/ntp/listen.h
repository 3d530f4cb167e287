/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A socket that NTP requests come to. It is bound to no address, or to one that need not exist yet:
 * so interfaces may come and go.
 */
#ifndef NTP_LISTEN_H
#define NTP_LISTEN_H

#include <stdbool.h>

/**
 * ntp_listen() - open and bind it
 * @family: AF_INET or AF_INET6
 * @port: UDP port
 * @address: numeric local address, "" for any
 * @device: interface, "" for any
 * @dscp: of answers, 0 to 63
 *
 * Return: a descriptor that does not block and is closed by exec; -EACCES: the port takes a
 * privilege (CAP_NET_BIND_SERVICE); -EADDRINUSE: another program has it; -ENODEV: there is no such
 * interface; -errno.
 */
int ntp_listen(int family, int port, const char *address, const char *device, int dscp);

/*
 * The same for TCP, with connections being accepted; so many may wait for that. A descriptor,
 * -errno.
 */
int ntp_listen_tcp(int family, int port, const char *address, const char *device, int waiting);

/* Have another number wait, at an open one. */
void ntp_listen_queue(int fd, int waiting);

/*
 * Has its interface gone? A socket keeps to the one that it was bound to, and hears nothing of
 * another one that has the name by now. Never so of one without, nor of a descriptor below 0.
 */
bool ntp_listen_lost_device(int fd);

#endif /* NTP_LISTEN_H */
