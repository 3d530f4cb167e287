// SPDX-License-Identifier: GPL-2.0-only
/*
 * ntpload -s SERVER -p PROBES -t SECONDS: sends single requests to an NTP server, PROBES a second,
 * which the kernel times.
 *
 * ntpload -s SERVER -i INTERFACE -m MAC -a FIRST/COUNT [-w WINDOW] [-r RATE] [-n REQUESTS]
 * [-t SECONDS] [-p PROBES] [-k FILE]: asks it a great deal as well, from COUNT addresses, with
 * WINDOW requests in flight and RATE a second at most, until REQUESTS were sent or SECONDS are
 * over. No machine has these addresses. The server has the address MAC on INTERFACE's wire, and
 * sends there what is for them. FILE has WINDOW requests that are sent instead of plain ones.
 *
 * Prints one line of KEY=VALUE. Exits 0 if all answers were valid and there were some, else 1.
 */
#include "ntpload.h"

#include <arpa/inet.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Nothing waits for longer, so that what is due is never late by more. */
#define WAIT_NS		100000

struct options {
	struct bulk_options bulk;
	const char *file;
	double probes;
};

static int print_usage(void)
{
	fprintf(stderr,
		"usage: ntpload -s SERVER [-i INTERFACE -m MAC -a FIRST/COUNT] [-w WINDOW] [-r RATE]\n"
		"               [-n REQUESTS] [-t SECONDS] [-p PROBES] [-k FILE]\n");
	return 2;
}

/* FIRST/COUNT */
static bool read_addresses(char *text, struct bulk_options *options)
{
	char *count = strchr(text, '/');
	struct in_addr first;

	if (!count)
		return false;
	*count++ = '\0';
	if (inet_pton(AF_INET, text, &first) != 1 || atoi(count) <= 0)
		return false;
	options->first_address = ntohl(first.s_addr);
	options->addresses = (unsigned int)atoi(count);
	return true;
}

static bool read_option(int option, char *text, struct options *options)
{
	struct bulk_options *bulk = &options->bulk;

	switch (option) {
	case 's':
		return inet_pton(AF_INET, text, &bulk->server) == 1;
	case 'i':
		bulk->interface = text;
		return true;
	case 'm':
		return ether_aton_r(text, &bulk->server_mac);
	case 'a':
		return read_addresses(text, bulk);
	case 'w':
		bulk->window = (unsigned int)atoi(text);
		return bulk->window > 0 && bulk->window <= WINDOW_MAX;
	case 'r':
		bulk->rate = atof(text);
		return bulk->rate > 0;
	case 'n':
		bulk->requests = strtoull(text, NULL, 10);
		return true;
	case 't':
		bulk->duration_ns = (int64_t)(atof(text) * NS_PER_S);
		return bulk->duration_ns > 0;
	case 'k':
		options->file = text;
		return true;
	case 'p':
		options->probes = atof(text);
		return options->probes > 0;
	}
	return false;
}

static bool read_options(int argc, char **argv, struct options *options)
{
	int option;

	while ((option = getopt(argc, argv, "s:i:m:a:w:r:n:t:p:k:")) != -1)
		if (!read_option(option, optarg, options))
			return false;
	return optind == argc && options->bulk.server.s_addr &&
	       !options->bulk.interface == !options->bulk.addresses &&
	       (options->bulk.interface || options->probes > 0);
}

/* As many as the window has, all of one length, and each with the cookie that its place wants. */
static bool read_requests(const char *path, struct bulk_options *options)
{
	static uint8_t requests[WINDOW_MAX * REQUEST_MAX];
	FILE *file = fopen(path, "rb");
	size_t size, i;

	if (!file) {
		perror(path);
		return false;
	}
	size = fread(requests, 1, sizeof(requests), file);
	(void)fclose(file);
	options->prepared = requests;
	options->length = size / options->window;
	if (options->length < NTP_LENGTH || options->length > REQUEST_MAX)
		return false;
	for (i = 0; i < options->window; i++)
		if (request_cookie(requests + i * options->length) % WINDOW_MAX != i)
			return false;
	return true;
}

static void wait_for_packets(const struct bulk *bulk, const struct probe *probe)
{
	const struct timespec wait = { .tv_nsec = WAIT_NS };
	struct pollfd fds[2] = {
		{ .fd = bulk ? bulk_fd(bulk) : -1, .events = POLLIN },
		{ .fd = probe ? probe_fd(probe) : -1, .events = POLLIN },
	};

	(void)ppoll(fds, 2, &wait, NULL);
}

static void run(struct bulk *bulk, struct probe *probe, int64_t duration_ns)
{
	int64_t now_ns = clock_ns(CLOCK_MONOTONIC), start_ns = now_ns;

	while (bulk ? !bulk_is_done(bulk, now_ns) : now_ns - start_ns < duration_ns) {
		bool busy = bulk && bulk_turn(bulk, now_ns);

		if (probe)
			probe_turn(probe, now_ns);
		if (!busy)
			wait_for_packets(bulk, probe);
		now_ns = clock_ns(CLOCK_MONOTONIC);
	}
}

static void print_counts(const struct bulk_counts *counts)
{
	double elapsed_s = (double)counts->elapsed_ns / NS_PER_S;

	printf("sent=%llu answered=%llu bad=%llu lost=%llu strange=%llu", counts->sent,
	       counts->answered, counts->bad, counts->lost, counts->strange);
	printf(" seconds=%.3f rate=%.0f ", elapsed_s,
	       elapsed_s > 0 ? (double)counts->answered / elapsed_s : 0.0);
}

/* Whether there were answers, and all of them valid. */
static bool report(struct bulk *bulk, struct probe *probe)
{
	struct bulk_counts counts = { 0 };

	if (bulk) {
		bulk_counts(bulk, &counts);
		print_counts(&counts);
	}
	if (probe)
		probe_print(probe);
	printf("\n");
	return !counts.bad && (bulk ? counts.answered : probe_count(probe));
}

int main(int argc, char **argv)
{
	struct options options = {
		.bulk = {
			.window = 1,
			.length = NTP_LENGTH,
			.requests = ULLONG_MAX,
			.duration_ns = INT64_MAX,
		},
	};
	struct probe *probe = NULL;
	struct bulk *bulk = NULL;

	if (!read_options(argc, argv, &options))
		return print_usage();
	if (options.file && !read_requests(options.file, &options.bulk)) {
		fprintf(stderr, "ntpload: %s has no %u requests of one length\n", options.file,
			options.bulk.window);
		return 2;
	}
	if (options.bulk.interface) {
		bulk = bulk_open(&options.bulk);
		if (!bulk)
			return 1;
	}
	if (options.probes > 0) {
		probe = probe_open(&options.bulk.server, options.probes);
		if (!probe)
			return 1;
	}
	run(bulk, probe, options.bulk.duration_ns);
	return report(bulk, probe) ? 0 : 1;
}
