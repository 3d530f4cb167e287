/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When a request left and its answer came: the kernel's timestamps, or the network card's in their
 * place.
 */
#ifndef NTP_CLIENT_STAMPS_H
#define NTP_CLIENT_STAMPS_H

#include "ntp/client.h"

/* A network card's timestamps are asked for. */
bool client_stamps_by_card(const struct ntp_client *client);

/*
 * Read the timestamps of the request that was just sent, if the kernel has them already; else they
 * may come with an event, or not at all.
 */
void client_stamps_sent(struct ntp_client *client);

/*
 * poll(2) reports a message on the error queue: read one. 0, or the -errno that it is, of ICMP for
 * example.
 */
int client_stamps_event(struct ntp_client *client);

/*
 * Take the card's timestamps instead of the kernel's, where it gave them: interrupts and queues are
 * not in them. Each by itself, as most cards stamp some packets only.
 *
 * @stamp: of the answer. @received: when it came; both clocks were just read.
 */
void client_stamps_take_card(struct ntp_client *client, const struct ntp_stamp *stamp,
			     struct ntp_moment *received);

#endif /* NTP_CLIENT_STAMPS_H */
