/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of ntpload share: requests and answers, the clocks, and its two kinds of traffic.
 * Bulk traffic comes from many addresses and is only counted; probes are single requests whose way
 * is timed by the kernel's timestamps. Both run in one thread by turns, and do not block.
 */
#ifndef NTPLOAD_H
#define NTPLOAD_H

#include <netinet/ether.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define NS_PER_S	1000000000LL
#define NTP_PORT	123
#define NTP_LENGTH	48

/* By NTS, with a cookie of AES-SIV-CMAC-256 and room for its like. */
#define REQUEST_MAX	256

/* Requests in flight at most; a power of two. */
#define WINDOW_MAX	4096

int64_t clock_ns(clockid_t id);

/* A client's request of version 4; @cookie stands for the transmit timestamp. */
void request_write(uint8_t *packet, uint64_t cookie);

/* The transmit timestamp of a request. */
uint64_t request_cookie(const uint8_t *packet);

/* The origin timestamp: the cookie of the request that this answers. */
uint64_t answer_cookie(const uint8_t *packet);

/* When the server received the request, and sent the answer: ns since 1970. */
int64_t answer_receive_ns(const uint8_t *packet);
int64_t answer_transmit_ns(const uint8_t *packet);

/*
 * Whether a client could set its clock by this: a synchronised server's answer of version 4, with
 * timestamps in order and within a second of @now_ns, as both sides have one clock.
 */
bool answer_is_valid(const uint8_t *packet, size_t length, int64_t now_ns);

/**
 * struct bulk_options - traffic from many addresses
 * @interface: by which the server is reached, at the other end of a wire
 * @server_mac: its address there
 * @server: who is asked
 * @first_address: of those that are asked from, in turn; host byte order
 * @addresses: how many
 * @window: requests in flight at most, up to WINDOW_MAX
 * @prepared: NULL, or the requests, one after the other for each place in the window; the cookie of
 *	each is its place, modulo WINDOW_MAX
 * @length: of each request
 * @rate: requests per second at most; 0: as many as the window permits
 * @requests: ends after so many
 * @duration_ns: ends after so long
 */
struct bulk_options {
	const char *interface;
	struct ether_addr server_mac;
	struct in_addr server;
	uint32_t first_address;
	unsigned int addresses;
	unsigned int window;
	const uint8_t *prepared;
	size_t length;
	double rate;
	unsigned long long requests;
	int64_t duration_ns;
};

/**
 * struct bulk_counts - what became of it
 * @sent: requests
 * @answered: with a valid answer
 * @bad: with one that is not valid
 * @lost: without one for a fifth of a second
 * @strange: packets that answer no request which is in flight
 * @elapsed_ns: from the first request to the last answer
 */
struct bulk_counts {
	unsigned long long sent;
	unsigned long long answered;
	unsigned long long bad;
	unsigned long long lost;
	unsigned long long strange;
	int64_t elapsed_ns;
};

struct bulk;

/* NULL: the interface cannot be used, and why was printed. */
struct bulk *bulk_open(const struct bulk_options *options);

int bulk_fd(const struct bulk *bulk);

/* Sends and receives what is due by CLOCK_MONOTONIC. Whether there was anything to do. */
bool bulk_turn(struct bulk *bulk, int64_t now_ns);

/* All requests were sent and have their answers, or have waited long enough. */
bool bulk_is_done(const struct bulk *bulk, int64_t now_ns);

void bulk_counts(const struct bulk *bulk, struct bulk_counts *counts);

/* Quantiles of @count numbers, which get sorted; 0 of none. */
int64_t quantile(int64_t *values, size_t count, double q);

struct probe;

/* NULL: the socket or its timestamps cannot be had, and why was printed. */
struct probe *probe_open(const struct in_addr *server, double rate);

int probe_fd(const struct probe *probe);

/* Sends a probe if one is due by CLOCK_MONOTONIC, and takes its answer. */
void probe_turn(struct probe *probe, int64_t now_ns);

/* Answers so far that were valid, and have the kernel's timestamps. */
size_t probe_count(const struct probe *probe);

/* Prints " KEY=VALUE" for the round trips and the errors of the server's timestamps. */
void probe_print(struct probe *probe);

#endif
