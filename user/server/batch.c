// SPDX-License-Identifier: GPL-2.0-only
/*
 * recvmmsg(2), sendmmsg(2) and their control messages.
 */
#include "server/batch.h"

#include <errno.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "lib/control_message.h"
#include "ntp/way_back.h"

/* Timestamps, the local address and, of a packet that was sent, an extended error. */
#define CONTROL_SIZE	256

/* The local address, and that a timestamp is wanted. */
#define ANSWER_CONTROL_SIZE	(CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int)))

/**
 * struct received - a packet with all that belongs to it
 * @sender: of it
 * @iov: @bytes
 * @control: control messages
 * @bytes: of it, one more than any packet may have
 */
struct received {
	struct sockaddr_storage sender;
	struct iovec iov;
	union {
		size_t align;	/* of struct cmsghdr */
		uint8_t bytes[CONTROL_SIZE];
	} control;
	uint8_t bytes[NTP_PACKET_MAX + 1];
};

/**
 * struct answer - the same of an answer
 * @iov: @bytes
 * @control: control messages
 * @bytes: of it
 */
struct answer {
	struct iovec iov;
	union {
		size_t align;
		uint8_t bytes[ANSWER_CONTROL_SIZE];
	} control;
	uint8_t bytes[BATCH_ANSWER_MAX];
};

struct batch {
	struct mmsghdr in[BATCH_MAX];
	struct mmsghdr out[BATCH_MAX];
	struct received received[BATCH_MAX];
	struct answer answers[BATCH_MAX];
	int answer_count;
	int used;		/* of @in, by the latest packets */
	int send_stamps;	/* who is to stamp answers: flags of SO_TIMESTAMPING */
};

static void expect(struct received *received, struct msghdr *header)
{
	received->iov = (struct iovec){ .iov_base = received->bytes,
					.iov_len = sizeof(received->bytes) };
	*header = (struct msghdr){
		.msg_name = &received->sender,
		.msg_namelen = sizeof(received->sender),
		.msg_iov = &received->iov,
		.msg_iovlen = 1,
		.msg_control = received->control.bytes,
		.msg_controllen = sizeof(received->control.bytes),
	};
}

struct batch *batch_new(bool cards)
{
	struct batch *batch = calloc(1, sizeof(*batch));

	for (int i = 0; batch && i < BATCH_MAX; i++)
		expect(&batch->received[i], &batch->in[i].msg_hdr);
	if (batch)
		batch->send_stamps = SOF_TIMESTAMPING_TX_SOFTWARE |
				     (cards ? SOF_TIMESTAMPING_TX_HARDWARE : 0);

	return batch;
}

void batch_free(struct batch *batch)
{
	free(batch);
}

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) ? -errno : 0;
}

/*
 * What is asked of the kernel where there are cards: both timestamps of a packet, and the interface
 * that it came or left by, which may be below the one that has the address.
 */
#define CARDS_STAMPS	(SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE | \
			 SOF_TIMESTAMPING_OPT_PKTINFO | SOF_TIMESTAMPING_OPT_TX_SWHW | \
			 SOF_TIMESTAMPING_OPT_CMSG)

int batch_prepare_socket(int fd, int family, bool cards)
{
	int stamps = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
	int err = family == AF_INET6 ? set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) :
				       set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);

	if (err)
		return err;
	/* A kernel that does not know all of that goes on without cards. */
	if (cards && !set_option(fd, SOL_SOCKET, SO_TIMESTAMPING, stamps | CARDS_STAMPS))
		return 0;

	return set_option(fd, SOL_SOCKET, SO_TIMESTAMPING, stamps);
}

int batch_receive(struct batch *batch, int fd)
{
	int count;

	for (int i = 0; i < batch->used; i++)
		expect(&batch->received[i], &batch->in[i].msg_hdr);
	batch->answer_count = 0;
	batch->used = 0;
	count = recvmmsg(fd, batch->in, BATCH_MAX, MSG_DONTWAIT, NULL);
	if (count < 0)
		return -errno;
	batch->used = count;

	return count;
}

static struct ntp_stamp stamp_of(const struct msghdr *header)
{
	struct ntp_stamp stamp = { .valid = false };

	for (struct cmsghdr *h = control_message_first(header); h;
	     h = control_message_next(header, h))
		ntp_stamp_read(h, &stamp);

	return stamp;
}

static int port_of(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);

	return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

bool batch_packet(const struct batch *batch, int index, struct batch_packet *packet)
{
	const struct msghdr *header = &batch->in[index].msg_hdr;
	const struct received *received = &batch->received[index];
	const struct cmsghdr *info = way_back_find(header);

	if (header->msg_flags & MSG_TRUNC ||
	    net_address_from_sockaddr((const struct sockaddr *)&received->sender,
				      header->msg_namelen, &packet->address))
		return false;
	packet->bytes = received->bytes;
	packet->length = batch->in[index].msg_len;
	packet->stamp = stamp_of(header);
	packet->port = port_of(&received->sender);
	packet->to_many = info && way_back_is_of_many(info);

	/* Nobody sends from port 0, and no answer can go there. */
	return packet->port != 0;
}

static size_t put_local_address(const struct msghdr *request, struct cmsghdr *place)
{
	const struct cmsghdr *info = way_back_find(request);
	size_t size;

	if (!info)
		return 0;
	size = info->cmsg_level == IPPROTO_IPV6 ? sizeof(struct in6_pktinfo) :
						  sizeof(struct in_pktinfo);
	*place = (struct cmsghdr){ .cmsg_level = info->cmsg_level, .cmsg_type = info->cmsg_type,
				   .cmsg_len = CMSG_LEN(size) };
	memcpy(CMSG_DATA(place), CMSG_DATA(info), size);
	way_back_choose(place, request->msg_name);

	return CMSG_SPACE(size);
}

static size_t put_stamp_request(struct cmsghdr *place, int flags)
{
	*place = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SO_TIMESTAMPING,
				   .cmsg_len = CMSG_LEN(sizeof(flags)) };
	memcpy(CMSG_DATA(place), &flags, sizeof(flags));

	return CMSG_SPACE(sizeof(flags));
}

uint8_t *batch_answer(struct batch *batch, int index, bool stamp)
{
	struct msghdr *header = &batch->out[batch->answer_count].msg_hdr;
	struct answer *answer = &batch->answers[batch->answer_count++];
	struct cmsghdr *first = (struct cmsghdr *)answer->control.bytes;
	size_t control;

	answer->iov = (struct iovec){ .iov_base = answer->bytes, .iov_len = NTP_HEADER_SIZE };
	control = put_local_address(&batch->in[index].msg_hdr, first);
	if (stamp)
		control += put_stamp_request((struct cmsghdr *)(answer->control.bytes + control),
					     batch->send_stamps);
	*header = (struct msghdr){
		.msg_name = &batch->received[index].sender,
		.msg_namelen = batch->in[index].msg_hdr.msg_namelen,
		.msg_iov = &answer->iov,
		.msg_iovlen = 1,
		.msg_control = control ? answer->control.bytes : NULL,
		.msg_controllen = control,
	};

	return answer->bytes;
}

uint8_t *batch_answer_bytes(struct batch *batch, int answer)
{
	return batch->answers[answer].bytes;
}

void batch_answer_length(struct batch *batch, int answer, size_t length)
{
	batch->answers[answer].iov.iov_len = length;
}

void batch_drop(struct batch *batch)
{
	batch->answer_count = 0;
}

/* One answer that cannot be sent, for want of a way to its client, must not keep the others. */
int batch_send(struct batch *batch, int fd)
{
	int next = 0, sent = 0;

	while (next < batch->answer_count) {
		int count = sendmmsg(fd, batch->out + next,
				     (unsigned int)(batch->answer_count - next), MSG_DONTWAIT);

		if (count > 0) {
			sent += count;
			next += count;
		} else {
			next++;
		}
	}
	batch->answer_count = 0;

	return sent;
}

int batch_sent(struct batch *batch, int fd, const uint8_t **bytes, struct ntp_stamp *stamp)
{
	struct received *received = &batch->received[0];
	struct msghdr header;
	ssize_t length;

	expect(received, &header);
	length = recvmsg(fd, &header, MSG_ERRQUEUE | MSG_DONTWAIT);
	if (length < 0)
		return errno == EAGAIN ? 0 : -errno;
	*bytes = received->bytes;
	*stamp = stamp_of(&header);

	return (int)length;
}
