// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timestamps of one exchange.
 */
#include "ntp/client_stamps.h"

#include <errno.h>

/* A request's timestamps: the kernel's and the card's, and what else may be on the error queue. */
#define STAMPS_MAX	4

bool client_stamps_by_card(const struct ntp_client *client)
{
	return client->options.hardware && client->options.hardware->count;
}

/* The card's comes as a message of its own. */
void client_stamps_sent(struct ntp_client *client)
{
	for (int i = 0; i < STAMPS_MAX && client->socket.stamps_requests; i++) {
		if (ntp_socket_read_error(&client->socket, &client->left) < 0 ||
		    !client_stamps_by_card(client))
			break;
	}
	client->sent.realtime_ns = client->left.realtime_ns;
	client->sent.has_realtime = client->left.valid;
}

int client_stamps_event(struct ntp_client *client)
{
	int err = ntp_socket_read_error(&client->socket, &client->left);

	if (client->left.valid) {
		client->sent.realtime_ns = client->left.realtime_ns;
		client->sent.has_realtime = true;
	}

	return err == -EAGAIN ? 0 : err;
}

/* The kernel has stamped the request before the card did, and both before the answer came. */
static bool take_sent(struct ntp_client *client, const struct ntp_moment *received)
{
	int64_t at_ns, error_ns;
	int64_t from_ns = client->left.valid ? client->left.realtime_ns :
			  client->sent.now.realtime_ns;

	if (!hardware_convert(client->options.hardware, &client->left, false, &at_ns, &error_ns) ||
	    !hardware_stamp_fits(at_ns, error_ns, from_ns, received->now.realtime_ns))
		return false;
	client->sent.realtime_ns = at_ns;
	client->sent.has_realtime = true;
	client->sent.error_ns = error_ns;

	return true;
}

/* The card has stamped the answer before the kernel did. */
static bool take_received(const struct ntp_client *client, const struct ntp_stamp *stamp,
			  struct ntp_moment *received)
{
	int64_t at_ns, error_ns;
	int64_t until_ns = stamp->valid ? stamp->realtime_ns : received->now.realtime_ns;

	if (!hardware_convert(client->options.hardware, stamp, true, &at_ns, &error_ns) ||
	    !hardware_stamp_fits(at_ns, error_ns, client->sent.now.realtime_ns, until_ns))
		return false;
	received->realtime_ns = at_ns;
	received->has_realtime = true;
	received->error_ns = error_ns;

	return true;
}

void client_stamps_take_card(struct ntp_client *client, const struct ntp_stamp *stamp,
			     struct ntp_moment *received)
{
	bool sent, came;

	client->hardware_timestamps = false;
	if (!client_stamps_by_card(client))
		return;
	hardware_read(client->options.hardware);
	/* The card's timestamp of the request may have come just now. */
	if (!client->left.has_device)
		client_stamps_sent(client);
	sent = take_sent(client, received);
	came = take_received(client, stamp, received);
	client->hardware_timestamps = sent && came;
}
