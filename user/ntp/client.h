/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One server at one address: when a request is due, the request in flight, its answer, and the
 * report to the source. sources/target.c owns the addresses.
 */
#ifndef NTP_CLIENT_H
#define NTP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "clocks/timescale.h"
#include "discipline/source.h"
#include "ntp/address.h"
#include "ntp/exchange.h"
#include "ntp/hardware.h"
#include "ntp/interleave.h"
#include "ntp/own_server.h"
#include "ntp/socket.h"

/**
 * struct ntp_spacing - how far requests to different servers are apart
 * @gap_ns: from one to the next
 * @next_ns: raw instant before which none is sent
 * @hasty_until_ns: until this raw instant they go without a gap
 *
 * Requests that leave at one instant wait for each other on the way, and so do their answers.
 */
struct ntp_spacing {
	int64_t gap_ns;
	int64_t next_ns;
	int64_t hasty_until_ns;
};

/**
 * struct ntp_client_options - as configured
 * @port: UDP port
 * @version: of requests
 * @key_id: of the key that authenticates requests and answers; 0: none. As long as @limits.key,
 *	which is that key, is NULL, no request is sent, and each fails with -ENOKEY. With
 *	@limits.nts none is sent, and none fails, as long as that has no cookies
 * @interleaved: ask for interleaved answers, if @version has them
 * @mono_root: ask for the extension field F323, if @version has them and the key is not of MD5
 * @limits: of answers
 * @socket: of requests
 * @spacing: shared with other servers; not owned. NULL: none
 * @hardware: network cards that stamp packets; shared, not owned. NULL: none
 * @own: whose answers give no sample; shared, not owned. NULL: there is none
 */
struct ntp_client_options {
	int port;
	int version;
	uint32_t key_id;
	bool interleaved;
	bool mono_root;
	struct ntp_limits limits;
	struct ntp_socket_options socket;
	struct ntp_spacing *spacing;
	struct hardware *hardware;
	const struct ntp_own *own;
};

/* The result of an event, for the caller's log and search for other addresses. */
enum ntp_client_result {
	NTP_CLIENT_NOTHING,	/* still waiting, or sent, or a sample comes later */
	NTP_CLIENT_SAMPLE,	/* the source has a new sample */
	NTP_CLIENT_FAILED,	/* last_error says why, and verdict if there was an answer */
	NTP_CLIENT_KISSED,	/* kiss says which */
};

/**
 * struct ntp_client_answer - a packet that returned our request's timestamp, of use or not
 * @count: how many there were by then, so that another one is seen
 * @packet: it
 * @verdict: whether it gave a sample, or why not
 * @interleaved: it was interleaved
 * @kernel_sent: the request's timestamp was the kernel's ...
 * @kernel_received: ... and the answer's
 * @by_card: both were the network card's
 * @sample: what was measured, whether it was used or not; its delay is 0: nothing was
 */
struct ntp_client_answer {
	uint64_t count;
	struct ntp_packet packet;
	enum ntp_verdict verdict;
	bool interleaved;
	bool kernel_sent;
	bool kernel_received;
	bool by_card;
	struct source_sample sample;
};

/**
 * struct ntp_client_record - what came from the server, for those who look
 * @answer: the latest one without fault; its packet's version is 0 as long as there was none
 * @response_ns: between the request and the answer that its transmit timestamp is of
 * @receive: of the latest answer without fault
 * @local: the address that it came to
 * @packets: that came, whatever they were
 * @valid: of these, answers without fault
 * @good: of these, gave a sample
 * @by_card: of these, with timestamps of the network card ...
 * @sent_by_kernel: ... or with the kernel's, of the request ...
 * @received_by_kernel: ... and of the answer
 */
struct ntp_client_record {
	struct ntp_client_answer answer;
	int64_t response_ns;
	uint64_t receive;
	struct net_address local;
	uint64_t packets;
	uint64_t valid;
	uint64_t good;
	uint64_t by_card;
	uint64_t sent_by_kernel;
	uint64_t received_by_kernel;
};

/**
 * struct ntp_client - the server
 * @source: receives samples and failures; not owned
 * @options: as configured
 * @address: of the server
 * @local: this machine's, as the latest request had it; AF_UNSPEC: there was none
 * @is_own_address: an interface of this machine has @address; only known if it is a server itself
 * @socket: .fd -1: nothing in flight
 * @exchange: in flight
 * @interleave: the one before, if options.interleaved
 * @sent: when it left ...
 * @left: ... as kernel and card have stamped it
 * @deadline_ns: raw instant when it is given up
 * @noted_error: -errno by ICMP since then; 0: none
 * @noted_verdict: on the latest packet since then that may be a forged answer; NTP_ACCEPTED: none
 * @local_failures: requests in a row that did not leave this machine
 * @retry_ns: raw instant of the next try after those
 * @failures: exchanges in a row without a sample, whatever the reason
 * @last_error: -errno of the latest, 0 after a sample
 * @verdict: on the latest answer, if that caused @last_error
 * @kiss: code of the latest KISS packet
 * @kernel_timestamps: the latest sample had them at both ends
 * @hardware_timestamps: and they were the network card's
 * @interleaved: the latest answer was interleaved
 * @refid: the server's reference id by the latest sample, 0: there was none
 * @root: of the latest answer without fault; .receive 0: it had none
 * @moved_ns: by how much the server has set its time forward since the latest sample
 * @record: what came
 * @latest: the latest answer, with faults or without
 */
struct ntp_client {
	struct source *source;
	struct ntp_client_options options;
	struct net_address address;
	struct net_address local;
	bool is_own_address;
	struct ntp_socket socket;
	struct ntp_exchange exchange;
	struct ntp_interleave interleave;
	struct ntp_moment sent;
	struct ntp_stamp left;
	int64_t deadline_ns;
	int noted_error;
	enum ntp_verdict noted_verdict;
	unsigned int local_failures;
	int64_t retry_ns;
	unsigned int failures;
	int last_error;
	enum ntp_verdict verdict;
	uint32_t kiss;
	bool kernel_timestamps;
	bool hardware_timestamps;
	bool interleaved;
	uint32_t refid;
	struct mono_root root;
	int64_t moved_ns;
	struct ntp_client_record record;
	struct ntp_client_answer latest;
};

/*
 * A server at @address that is asked for @source, which must not be freed before it. No request is
 * in flight. @options are copied.
 */
void ntp_client_init(struct ntp_client *client, struct source *source,
		     const struct ntp_client_options *options, const struct net_address *address);

/*
 * Drop the request in flight, without a report to the source, which stays. Interleaved mode begins
 * anew, as the clocks may be others.
 */
void ntp_client_close(struct ntp_client *client);

/* Retry now if a request could not be sent. */
void ntp_client_retry_now(struct ntp_client *client, int64_t now_raw_ns);

/* Raw instant at which to call ntp_client_timer(). */
int64_t ntp_client_next_ns(const struct ntp_client *client);

/* Is a request in flight? */
bool ntp_client_is_in_flight(const struct ntp_client *client);

/* Is a request due, and are there no cookies for it? */
bool ntp_client_needs_cookies(const struct ntp_client *client, int64_t now_raw_ns);

/* Raw instant at which the next request is due, whatever it lacks. */
int64_t ntp_client_due_ns(const struct ntp_client *client);

/* Cookies could not be had: as a request that could not be sent, with that -errno. */
enum ntp_client_result ntp_client_fail(struct ntp_client *client, int64_t now_raw_ns, int error);

/* Give up an overdue request, send a due one. */
enum ntp_client_result ntp_client_timer(struct ntp_client *client, struct timescale *timescale,
					int64_t now_raw_ns);

/* poll(2) returned @revents for its socket. */
enum ntp_client_result ntp_client_event(struct ntp_client *client, struct timescale *timescale,
					short revents, int64_t now_raw_ns);

#endif /* NTP_CLIENT_H */
