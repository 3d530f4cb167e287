/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The world of test_association.c: servers of the test's own on the loopback interface, sources and
 * a resolver that are stand-ins and record what they are told, and a raw clock that can be moved
 * on, so that waits are not waited for.
 */
#ifndef ASSOCIATION_WORLD_H
#define ASSOCIATION_WORLD_H

#include "user/sources/association.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"
#include "user/discipline/loop.h"
#include "user/discipline/orphan.h"
#include "user/lib/clock_ns.h"
#include "user/lib/log.h"
#include "user/ntp/mac.h"
#include "user/clocks/release_date.h"
#include "user/lib/time_units.h"
#include "user/ntp/packet.h"
#include "user/sources/network_watch.h"
#include "user/sources/nts_establish.h"
#include "user/sources/resolver.h"

/* Real time that anything on the loopback interface takes at most. */
#define PATIENCE_NS	(60 * NS_PER_S)

/* Long enough ago for the clock of any machine that this is run on: 2020. */
int64_t release_date_ns(void)
{
	return 1577836800 * NS_PER_S;
}

/* --- Sources: what they are told is kept. --- */

#define POLL_NS		(64 * NS_PER_S)
#define DAY_NS		(86400 * NS_PER_S)

struct source {
	struct source_options options;
	int64_t next_ns;
	int polled;
	int failed;
	int error;
	int added;
	int answered;
	int add_result;
	int bursts;
	int cuts;
	int burst_left;
	int burst_good;
	bool offline;
	bool withdrawn;
	int changed;
	uint32_t epoch;
	int64_t followed_ns;
	uint32_t kiss;
	int64_t earliest_ns;
	uint8_t reach;
	enum source_verdict verdict;
	bool has_estimate;
	int64_t estimate_ns;
	bool refuted;
	bool loop;
	bool twin;
	struct source_sample sample;
};

uint64_t source_serial(const struct source *source)
{
	return (uintptr_t)source;
}

struct source *source_new(const struct source_options *options, int64_t now_raw_ns)
{
	struct source *source = calloc(1, sizeof(*source));

	if (!source)
		return NULL;
	source->options = *options;
	source->next_ns = now_raw_ns;
	source->earliest_ns = INT64_MIN;
	return source;
}

void source_free(struct source *source)
{
	free(source);
}

int64_t source_next_poll(const struct source *source)
{
	return source->next_ns > source->earliest_ns ? source->next_ns : source->earliest_ns;
}

int64_t source_earliest_poll(const struct source *source)
{
	return source->earliest_ns;
}

bool source_is_refused(const struct source *source)
{
	return source->kiss == NTP_KISS_DENY;
}

void source_forgive(struct source *source, int64_t now_raw_ns)
{
	if (source->kiss != NTP_KISS_DENY)
		return;
	source->kiss = 0;
	source->earliest_ns = INT64_MIN;
	source->next_ns = now_raw_ns;
}

void source_hold_back(struct source *source, uint32_t code, int64_t until_ns)
{
	source->kiss = code;
	source->earliest_ns = until_ns;
}

const struct source_options *source_get_options(const struct source *source)
{
	return &source->options;
}

void source_polled(struct source *source, int64_t now_raw_ns)
{
	source->polled++;
	source->reach <<= 1;
	if (source->burst_left > 0)
		source->burst_left--;
	source->next_ns = now_raw_ns + (source->burst_left ? 2 * NS_PER_S : POLL_NS);
}

void source_failed(struct source *source, int64_t now_raw_ns, int error)
{
	source->failed++;
	source->error = error;
}

void source_kissed(struct source *source, int64_t now_raw_ns, uint32_t code)
{
	source->kiss = code;
	source->earliest_ns = now_raw_ns + (code == NTP_KISS_DENY ? DAY_NS : 2 * POLL_NS);
}

void source_answered(struct source *source)
{
	source->answered++;
	source->error = 0;
	source->reach |= 1;
}

void source_note_overlong(struct source *source, const struct source_sample *sample)
{
}

void source_server_moved(struct source *source, int64_t moved_ns)
{
}

void source_set_twin(struct source *source, bool twin)
{
	source->twin = twin;
}

void source_set_selection(struct source *source, const struct source_options *options)
{
	source_options_take_selection(&source->options, options);
}

void source_change_options(struct source *source, const struct source_options *options)
{
	source->options.polltarget = options->polltarget;
	source->options.minstratum = options->minstratum;
	source->options.prefer = options->prefer;
	source->options.offset_s = options->offset_s;
}

void source_set_polls(struct source *source, int minpoll, int maxpoll)
{
	source->options.minpoll = minpoll;
	source->options.maxpoll = maxpoll;
}

int source_add(struct source *source, int64_t now_raw_ns, const struct source_sample *sample)
{
	if (source->add_result)
		return source->add_result;
	source->added++;
	source->error = 0;
	source->reach |= 1;
	if (source->burst_good && !--source->burst_good) {
		source->burst_left = 0;
		source->next_ns = now_raw_ns + POLL_NS;
	}
	source->sample = *sample;
	return 0;
}

void source_cut_rest(struct source *source)
{
	source->cuts++;
}

void source_burst(struct source *source, int64_t now_raw_ns, int count, bool pressing)
{
	(void)pressing;
	source->bursts += count;
	if (!count)
		source->burst_left = 0;
	source->next_ns = now_raw_ns;
}

void source_burst_until(struct source *source, int64_t now_raw_ns, int good, int most)
{
	source->burst_left = most;
	source->burst_good = good;
	source->next_ns = now_raw_ns;
}

bool source_is_in_burst(const struct source *source)
{
	return source->burst_left > 0;
}

/* iburst takes two answers here. */
bool source_is_started(const struct source *source)
{
	return source->added >= 2;
}

void source_set_offline(struct source *source, bool withdrawn)
{
	source->offline = true;
	source->withdrawn = withdrawn;
	source->burst_left = 0;
	source->reach = 0;
}

void source_set_online(struct source *source)
{
	source->offline = false;
	source->withdrawn = false;
}

void source_change_reference(struct source *source, uint32_t epoch,
			     const struct reference_change *change)
{
	source->changed++;
	source->epoch = epoch;
}

void source_begin_epoch(struct source *source, uint32_t epoch)
{
	source->epoch = epoch;
}

void source_set_followed(struct source *source, int64_t followed_ns)
{
	source->followed_ns = followed_ns;
}

void source_get_record(const struct source *source, struct source_status *status)
{
	memset(status, 0, sizeof(*status));
	status->options = &source->options;
	status->reach = source->reach;
	status->verdict = source->verdict;
	status->refuted = source->refuted;
}

void source_get_status(const struct source *source, int64_t at_ns, struct source_status *status)
{
	source_get_record(source, status);
	status->has_estimate = source->has_estimate;
	status->estimate.offset_ns = source->estimate_ns;
}

/* --- The resolver: what it answers is set beforehand. --- */

static struct {
	int result;
	struct net_address addresses[RESOLVER_ADDRESSES_MAX];
	bool busy;
	int started;
	int family;
	char name[SOURCE_NAME_MAX];
} names;

int resolver_start(struct resolver *resolver, const char *name, int family, int64_t now_ns)
{
	names.started++;
	names.family = family;
	snprintf(names.name, sizeof(names.name), "%s", name);
	/* What is always readable stands for the answer. */
	resolver->fd = open("/dev/zero", O_RDONLY);
	resolver->deadline_ns = now_ns + 30 * NS_PER_S;
	return resolver->fd < 0 ? -errno : 0;
}

void resolver_cancel(struct resolver *resolver)
{
	if (resolver->fd >= 0)
		close(resolver->fd);
	resolver->fd = -1;
}

int resolver_finish(struct resolver *resolver, int64_t now_ns, struct net_address *addresses,
		    const char **problem)
{
	if (names.busy && now_ns < resolver->deadline_ns)
		return -EAGAIN;
	resolver_cancel(resolver);
	*problem = names.result < 0 ? "It cannot be looked up in this test" : "";
	if (names.result > 0)
		memcpy(addresses, names.addresses, sizeof(names.addresses));
	return names.result;
}

static inline void set_names(int count, const char *const *addresses)
{
	names.result = count;
	for (int i = 0; i < count; i++)
		net_address_parse(addresses[i], AF_UNSPEC, &names.addresses[i]);
}

/* --- NTS keys: what comes of them is set beforehand. --- */

static struct {
	struct nts_outcome outcome;
	int result;
	int started;
	bool busy;
	struct nts_task task;
} establishing;

int nts_establish_start(struct nts_establish *establish, const struct nts_task *task,
			int64_t now_ns)
{
	establishing.started++;
	establishing.task = *task;
	if (establishing.result < 0)
		return establishing.result;
	/* What is always readable stands for the answer. */
	establish->fd = open("/dev/zero", O_RDONLY);
	establish->deadline_ns = now_ns + 20 * NS_PER_S;
	return establish->fd < 0 ? -errno : 0;
}

void nts_establish_cancel(struct nts_establish *establish)
{
	if (establish->fd >= 0)
		close(establish->fd);
	establish->fd = -1;
}

int nts_establish_finish(struct nts_establish *establish, int64_t now_ns,
			 struct nts_outcome *outcome)
{
	if (establishing.busy)
		return -EAGAIN;
	nts_establish_cancel(establish);
	*outcome = establishing.outcome;
	return 0;
}

/* --- The network: what changes is set beforehand. --- */

static int network_fd[2] = { -1, -1 };

int network_watch_open(void)
{
	if (pipe2(network_fd, O_NONBLOCK) < 0)
		return -errno;
	/* The associations close their end. */
	return network_fd[0];
}

bool network_watch_read(int fd)
{
	char byte;
	bool arrived = false;

	while (read(fd, &byte, 1) == 1)
		arrived |= byte;
	return arrived;
}

/* Something came, or went. */
static inline void change_network(bool arrived)
{
	char byte = arrived;

	if (write(network_fd[1], &byte, 1) != 1)
		abort();
}

/* --- Servers --- */

enum manner {
	ANSWERS,
	SILENT,
	BOGUS_FIRST,		/* a hundred forged answers, then the right one */
	NOT_SYNCHRONISED,
	KISSES_RATE,
	KISSES_DENY,
	GARBAGE_FIRST,		/* what is no packet, then the right one */
};

#define SERVERS_MAX	6

/*
 * With @key it only answers requests that carry its MAC, as chronyd does; with @authenticate that
 * checks the request, and appends to an answer. 0: there is none.
 */
struct server {
	enum manner manner;
	int fd;
	int requests;
	int refused;
	int version;
	uint16_t from_port;
	const struct ntp_key *key;
	size_t (*authenticate)(struct server *server, uint8_t *answer, size_t length, size_t size);
	uint8_t request[NTP_PACKET_MAX];
	size_t request_length;
};

/* --- Orphans: the one that the test has chosen, and by what it could be. --- */

static struct {
	int leader;
	int stratum;
	struct source_identity identity;	/* the first source's */
} orphans = { .leader = -1 };

int orphan_judge(struct source *const *sources, const struct source_identity *identities,
		 size_t count, int64_t at_ns, int stratum)
{
	orphans.stratum = stratum;
	if (count)
		orphans.identity = identities[0];
	return orphans.leader;
}

/* --- Loops: as the discipline is asked. --- */

static struct {
	bool recovering;
	struct source_identity identity;	/* the first source's */
} loops;

bool source_is_loop(const struct source *source)
{
	return source->loop;
}

void loop_judge(struct source *const *sources, const struct source_identity *identities,
		size_t count, bool recovering)
{
	loops.recovering = recovering;
	if (count)
		loops.identity = identities[0];
}

/* --- The world --- */

FIXTURE(world) {
	struct timescale timescale;
	struct associations *list;
	struct config *config;
	struct server servers[SERVERS_MAX];
	int server_count;
	int port;
	int family;
	bool at_start;
	uint64_t by_network;	/* sources of a sourcedir, a bit each */
	int64_t skipped_ns;
	bool skips_realtime;
	int64_t maxerror_ns;
	uint32_t epoch;
	int changes;
	int messages;
	char message[512];
};

/* The test's world, for the timescale's callback, which knows of none. */
static struct _test_data_world *the_world;

static int64_t raw_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC_RAW) + the_world->skipped_ns;
}

/*
 * Where only servers are asked, time is skipped between exchanges only, so that nobody seems to
 * have set realtime. Refclocks are read at all times.
 */
static int64_t realtime_ns(void)
{
	return clock_ns(CLOCK_REALTIME) + (the_world->skips_realtime ? the_world->skipped_ns : 0);
}

static int world_now(struct timescale *timescale, struct timescale_now *now)
{
	memset(now, 0, sizeof(*now));
	now->raw_ns = raw_ns();
	now->reference_ns = now->raw_ns;
	now->realtime_ns = realtime_ns();
	now->time_ns = now->realtime_ns;
	now->maxerror_ns = the_world->maxerror_ns;
	now->epoch = the_world->epoch;
	return 0;
}

static const struct timescale_ops world_ops = {
	.name = "test",
	.now = world_now,
};

static void note_change(void *context)
{
	the_world->changes++;
}

void log_fields(int level, const char *text, const char *const *fields)
{
	the_world->messages++;
	snprintf(the_world->message, sizeof(the_world->message), "%s", text);
}

#define LOG_FUNCTION(name)						\
	void name(const char *format, ...)				\
	{								\
		va_list arguments;					\
									\
		the_world->messages++;					\
		va_start(arguments, format);				\
		vsnprintf(the_world->message, sizeof(the_world->message), format, arguments); \
		va_end(arguments);					\
	}

LOG_FUNCTION(log_err)
LOG_FUNCTION(log_warning)
LOG_FUNCTION(log_notice)
LOG_FUNCTION(log_info)

FIXTURE_SETUP(world)
{
	memset(self, 0, sizeof(*self));
	memset(&names, 0, sizeof(names));
	memset(&establishing, 0, sizeof(establishing));
	the_world = self;
	self->timescale.ops = &world_ops;
	self->list = associations_new(&self->timescale, note_change, NULL);
	ASSERT_NE(NULL, self->list);
}

FIXTURE_TEARDOWN(world)
{
	associations_free(self->list);
	close(network_fd[1]);
	config_free(self->config);
	for (int i = 0; i < self->server_count; i++)
		close(self->servers[i].fd);
}

/* A server at @text; all have the same port. NULL: no such address here. */
static inline struct server *add_server(const char *text, enum manner manner)
{
	struct server *server = &the_world->servers[the_world->server_count];
	struct sockaddr_storage address;
	struct net_address parsed;
	socklen_t length;

	net_address_parse(text, AF_UNSPEC, &parsed);
	length = net_address_to_sockaddr(&parsed, the_world->port, &address);
	server->fd = socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (server->fd < 0)
		return NULL;
	if (bind(server->fd, (struct sockaddr *)&address, length) < 0 ||
	    getsockname(server->fd, (struct sockaddr *)&address, &length) < 0) {
		close(server->fd);
		return NULL;
	}
	/* At the same place in both kinds of addresses. */
	the_world->port = ntohs(((struct sockaddr_in *)&address)->sin_port);
	the_world->server_count++;
	server->manner = manner;
	return server;
}

static void no_report(void *context, enum config_severity severity, const char *file, int line,
		      const char *message)
{
	/* Servers that are to be authenticated are warned of. */
	if (severity == CONFIG_ERROR) {
		fprintf(stderr, "%s:%d: %s\n", file, line, message);
		abort();
	}
}

/* (Re)configure; each "PORT" in @format is the servers'. */
static void configure(const char *format)
{
	struct config *config = NULL;
	char text[8192];
	size_t used = 0;

	while (*format) {
		if (!strncmp(format, "PORT", 4)) {
			used += (size_t)snprintf(text + used, sizeof(text) - used, "port %d",
						 the_world->port);
			format += 4;
		} else {
			text[used++] = *format++;
		}
	}
	config_from_text("test", text, used, false, no_report, NULL, &config);
	if (config)
		config_restrict_family(config, the_world->family);
	for (size_t i = 0; config && i < config->source_count; i++) {
		config->sources[i].at_start = the_world->at_start;
		config->sources[i].volatile_origin = the_world->by_network >> i & 1;
	}
	if (!config || associations_configure(the_world->list, config, raw_ns()) < 0)
		abort();
	config_free(the_world->config);
	the_world->config = config;
}

static struct source *source_at(size_t index)
{
	struct source *const *sources;
	size_t count = associations_sources(the_world->list, &sources);

	if (index >= count)
		abort();
	return sources[index];
}

static inline size_t source_count(void)
{
	struct source *const *sources;

	return associations_sources(the_world->list, &sources);
}

/* Good until the next call. */
static inline const char *address_at(size_t index)
{
	static struct association_info info;

	if (!associations_get_info(the_world->list, index, &info))
		abort();
	return info.address;
}

static void send_answer(struct server *server, const struct ntp_packet *answer,
			const struct sockaddr_storage *to, socklen_t length)
{
	uint8_t bytes[NTP_PACKET_MAX];
	size_t size = NTP_HEADER_SIZE;

	ntp_packet_encode(answer, bytes);
	if (server->key)
		size = ntp_mac_append(server->key, bytes, size, sizeof(bytes));
	if (server->authenticate)
		size = server->authenticate(server, bytes, size, sizeof(bytes));
	if (!size)
		return;
	sendto(server->fd, bytes, size, 0, (const struct sockaddr *)to, length);
}

static void answer(struct server *server, const struct ntp_packet *request,
		   const struct sockaddr_storage *to, socklen_t length)
{
	uint64_t now = ntp_timestamp_from_ns(clock_ns(CLOCK_REALTIME));
	struct ntp_packet packet = {
		.version = request->version,
		.mode = NTP_MODE_SERVER,
		.stratum = 1,
		.precision = -25,
		.refid = NTP_REFID('T', 'E', 'S', 'T'),
		.origin = request->transmit,
		.receive = now,
		.transmit = now,
	};

	switch (server->manner) {
	case ANSWERS:
		break;
	case SILENT:
		return;
	case BOGUS_FIRST:
		for (int i = 1; i <= 100; i++) {
			packet.origin = request->transmit + (uint64_t)i;
			send_answer(server, &packet, to, length);
		}
		packet.origin = request->transmit;
		break;
	case NOT_SYNCHRONISED:
		packet.leap = NTP_LEAP_UNSYNCHRONISED;
		break;
	case KISSES_RATE:
		packet.stratum = 0;
		packet.refid = NTP_KISS_RATE;
		break;
	case KISSES_DENY:
		packet.stratum = 0;
		packet.refid = NTP_KISS_DENY;
		break;
	case GARBAGE_FIRST:
		sendto(server->fd, "garbage", 7, 0, (const struct sockaddr *)to, length);
		sendto(server->fd, "", 0, 0, (const struct sockaddr *)to, length);
		break;
	}
	send_answer(server, &packet, to, length);
}

static void serve(struct server *server)
{
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);
	struct ntp_packet request;
	uint8_t *bytes = server->request;
	ssize_t got;

	got = recvfrom(server->fd, bytes, sizeof(server->request), 0, (struct sockaddr *)&from,
		       &length);
	if (got < 0 || ntp_packet_decode(bytes, (size_t)got, &request) < 0)
		return;
	if (server->key && !ntp_mac_check(server->key, bytes, (size_t)got, request.mac)) {
		server->refused++;
		return;
	}
	server->requests++;
	server->request_length = (size_t)got;
	server->version = request.version;
	server->from_port = ntohs(((struct sockaddr_in *)&from)->sin_port);
	answer(server, &request, &from, length);
}

/* One turn of the event loop, waiting for nothing but what is on its way. */
static void turn(void)
{
	struct pollfd fds[ASSOCIATIONS_FDS_MAX + SERVERS_MAX];
	int count = associations_pollfds(the_world->list, fds, ASSOCIATIONS_FDS_MAX);

	for (int i = 0; i < the_world->server_count; i++)
		fds[count + i] = (struct pollfd) {
			.fd = the_world->servers[i].fd,
			.events = POLLIN,
		};
	poll(fds, (nfds_t)(count + the_world->server_count), 1);
	for (int i = 0; i < the_world->server_count; i++) {
		if (fds[count + i].revents)
			serve(&the_world->servers[i]);
	}
	associations_dispatch(the_world->list, fds, count, raw_ns());
}

/* Turn until @condition holds; false if it does not come to that. */
#define TURN_UNTIL(condition)								\
	({										\
		int64_t until_ns = clock_ns(CLOCK_MONOTONIC) + PATIENCE_NS;		\
		bool holds;								\
											\
		while (!(holds = (condition)) && clock_ns(CLOCK_MONOTONIC) < until_ns)	\
			turn();								\
		holds;									\
	})

/* Let what is on its way arrive. */
static void settle(void)
{
	for (int i = 0; i < 30; i++)
		turn();
}

/* Servers are asked one after the other. */
static inline void settle_each(int count)
{
	while (count-- > 0) {
		settle();
		the_world->skipped_ns += NS_PER_S / 5;
		turn();
	}
}

static void pass(int64_t seconds)
{
	the_world->skipped_ns += seconds * NS_PER_S;
	turn();
}

/* Of requests in flight and names being looked up; one descriptor is the network's. */
static inline int open_fds(void)
{
	struct pollfd fds[ASSOCIATIONS_FDS_MAX];

	return associations_pollfds(the_world->list, fds, ASSOCIATIONS_FDS_MAX) - 1;
}

#endif /* ASSOCIATION_WORLD_H */
