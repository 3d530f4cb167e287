/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many packets with one system call, in and out, with the kernel's timestamps and the local address
 * that each was sent to.
 */
#ifndef SERVER_BATCH_H
#define SERVER_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "ntp/address.h"
#include "ntp/packet.h"
#include "ntp/stamp.h"

/* Packets at a time: the system call is a small part of their cost by then. */
#define BATCH_MAX	64

/* An answer: no longer than its request. */
#define BATCH_ANSWER_MAX	NTP_PACKET_MAX

struct batch;

/**
 * struct batch_packet - a packet that came
 * @bytes: of it
 * @length: how many
 * @stamp: the kernel's timestamp, and a network card's
 * @address: of the sender
 * @port: of the sender
 * @to_many: it was sent to a broadcast or multicast address
 */
struct batch_packet {
	const uint8_t *bytes;
	size_t length;
	struct ntp_stamp stamp;
	struct net_address address;
	int port;
	bool to_many;
};

/* @cards: network cards are to stamp what is sent, too. NULL: no memory. */
struct batch *batch_new(bool cards);
void batch_free(struct batch *batch);

/*
 * Have the kernel stamp packets, and say where they were sent to; @cards: with the stamps of
 * network cards. 0, -errno.
 */
int batch_prepare_socket(int fd, int family, bool cards);

/* Receive what is there. How many packets, -errno. */
int batch_receive(struct batch *batch, int fd);

/* Packet @index of those. false: it was cut off, or has no usable sender. */
bool batch_packet(const struct batch *batch, int index, struct batch_packet *packet);

/*
 * Have the next answer go to the sender of packet @index, from the address that it was sent to.
 * @stamp: it is to be reported when it leaves. Where to put its BATCH_ANSWER_MAX bytes.
 */
uint8_t *batch_answer(struct batch *batch, int index, bool stamp);

/* The bytes of one of them. */
uint8_t *batch_answer_bytes(struct batch *batch, int answer);

/* How long it is. */
void batch_answer_length(struct batch *batch, int answer, size_t length);

/* Send none of them. */
void batch_drop(struct batch *batch);

/* Send them all. How many the kernel took. */
int batch_send(struct batch *batch, int fd);

/*
 * A packet that was sent, with a timestamp of it: the kernel's, or as a message of its own later
 * the card's. Its last bytes are those of the
 * answer, after headers whose length only the network device knows. Its length; 0: there is no
 * more; -errno.
 */
int batch_sent(struct batch *batch, int fd, const uint8_t **bytes, struct ntp_stamp *stamp);

#endif /* SERVER_BATCH_H */
