// SPDX-License-Identifier: GPL-2.0-only
/*
 * Supervision of the server process.
 */
#include "daemon/serving.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "daemon/local_reference.h"
#include "daemon/mono_scale.h"
#include "daemon/nts_serving.h"
#include "daemon/restart.h"
#include "daemon/server_process.h"
#include "daemon/server_sockets.h"
#include "daemon/serving_cards.h"
#include "daemon/serving_fast.h"
#include "lib/log.h"
#include "lib/time_page.h"
#include "lib/time_units.h"
#include "ntp/packet.h"

/* Ports below take a privilege. */
#define PRIVILEGED_PORTS	1024

/**
 * struct serving - the server
 * @config: as configured; rules are owned by the daemon's configuration
 * @keys: symmetric keys that clients may use; owned, and wiped at the end
 * @configured: somebody is to be served
 * @dscp: of answers
 * @sockets: of it
 * @process: that runs; .pid 0: none
 * @fast: the fast path to it
 * @nts: the keys of NTS, and who hands them out
 * @nts_marks: what to take off the counts of their clients
 * @nts_changes: of the keys that @process was sent
 * @with_nts: it was started to answer requests by NTS
 * @cards: network cards that stamp packets
 * @page: of time; NULL: it could not be made
 * @page_fd: same, for the process
 * @content: what it says
 * @rate: of the system clock against the raw clock, as @content has it
 * @mono: the clock without corrections, for those who ask for it
 * @local: what is told while the clock is not synchronised
 * @restart: the process's next start
 * @started_ns: raw instant of the process's start
 */
struct serving {
	struct config_server config;
	struct server_keys keys;
	bool configured;
	int dscp;
	struct server_sockets sockets;
	struct server_process process;
	struct serving_fast fast;
	struct nts_serving *nts;
	struct client_marks nts_marks;
	uint64_t nts_changes;
	bool with_nts;
	struct serving_cards cards;
	struct time_page *page;
	int page_fd;
	struct time_content content;
	double rate;
	struct mono_scale mono;
	struct local_reference local;
	struct restart restart;
	int64_t started_ns;
};

static void free_keys(struct server_keys *keys)
{
	if (keys->keys)
		explicit_bzero(keys->keys, keys->count * sizeof(*keys->keys));
	free(keys->keys);
	*keys = (struct server_keys){ .keys = NULL };
}

struct serving *serving_new(void)
{
	struct serving *serving = calloc(1, sizeof(*serving));

	if (!serving)
		return NULL;
	server_sockets_init(&serving->sockets);
	serving->process.lifeline_fd = -1;
	serving->page_fd = -1;
	restart_init(&serving->restart);
	serving->content.stratum = TIME_STRATUM_NONE;
	serving_fast_init(&serving->fast);
	serving_cards_init(&serving->cards, NULL);
	serving->nts = nts_serving_new();
	if (!serving->nts || getrandom(&serving->mono.epoch, sizeof(serving->mono.epoch), 0) < 0) {
		nts_serving_free(serving->nts);
		free(serving);
		return NULL;
	}

	return serving;
}

void serving_free(struct serving *serving)
{
	if (!serving)
		return;
	serving_fast_configure(&serving->fast, NULL, 0);
	server_process_clear(&serving->process);
	nts_serving_free(serving->nts);
	client_marks_clear(&serving->nts_marks);
	server_sockets_close(&serving->sockets);
	if (serving->page)
		time_page_unmap(serving->page);
	if (serving->page_fd >= 0)
		close(serving->page_fd);
	config_server_clear(&serving->config);
	free_keys(&serving->keys);
	free(serving);
}

bool serving_needs_port(const struct config *config)
{
	return (config_serves(&config->server) && config->server.port < PRIVILEGED_PORTS) ||
	       (config->bind_port && config->bind_port < PRIVILEGED_PORTS) ||
	       (config_serves_nts(config) && config->nts.port < PRIVILEGED_PORTS) ||
	       (*config->chronyc.bind_device && config->chronyc.port &&
		config->chronyc.port < PRIVILEGED_PORTS);
}

/* The process is started by the loop, after privileges were given up. */
static void try_sockets(struct serving *serving, int64_t now_raw_ns)
{
	struct server_place place = {
		.config = &serving->config,
		.port = serving->config.port,
		.dscp = serving->dscp,
	};

	if (!server_sockets_try(&serving->sockets, &place, now_raw_ns))
		return;
	server_process_stop(&serving->process);
	serving->restart.next_ns = INT64_MAX;
	if (server_sockets_are_open(&serving->sockets))
		serving->restart.next_ns = now_raw_ns;
}

/* --- configuration --- */

static bool keys_equal(const struct server_keys *have, const struct ntp_keys *keys)
{
	if (have->count != ntp_keys_count(keys))
		return false;
	for (size_t i = 0; i < have->count; i++) {
		const struct ntp_key *one = &have->keys[i], *other = ntp_keys_at(keys, i);

		if (one->id != other->id || one->type != other->type ||
		    one->length != other->length ||
		    memcmp(one->secret, other->secret, sizeof(one->secret)))
			return false;
	}

	return true;
}

static bool copy_keys(struct serving *serving, const struct ntp_keys *keys)
{
	size_t count = ntp_keys_count(keys);
	struct ntp_key *copy = calloc(count + 1, sizeof(*copy));

	if (!copy)
		return false;
	for (size_t i = 0; i < count; i++)
		copy[i] = *ntp_keys_at(keys, i);
	free_keys(&serving->keys);
	serving->keys = (struct server_keys){ .keys = copy, .count = count };

	return true;
}

/* The process that runs goes on; what has failed is tried at once. */
static void go_on(struct serving *serving, int64_t now_raw_ns)
{
	restart_forgive(&serving->restart);
	serving->sockets.complained = false;
	if (serving->sockets.next_ns != INT64_MAX)
		try_sockets(serving, now_raw_ns);
	if (serving->restart.next_ns != INT64_MAX)
		serving->restart.next_ns = now_raw_ns;
}

/*
 * Open sockets stay as long as they are at the right place: another program could take the port, or
 * a child that was forked just now still have it, and privileges were given up.
 */
static bool keeps_sockets(const struct serving *serving, const struct config *config)
{
	return server_sockets_are_open(&serving->sockets) && config_serves(&config->server) &&
	       serving->dscp == config->dscp && serving->config.port == config->server.port &&
	       config_server_same_place(&serving->config, &config->server);
}

void serving_configure(struct serving *serving, const struct config *config,
		       const struct ntp_keys *keys, int64_t now_raw_ns)
{
	bool serves = config_serves(&config->server), nts = config_serves_nts(config);

	local_reference_configure(&serving->local, &config->server.local, now_raw_ns);
	serving->content.raw_ns = 0;
	nts_serving_configure(serving->nts, config, now_raw_ns);
	if (serves == serving->configured && serving->dscp == config->dscp &&
	    config_server_equal(&serving->config, &config->server) && nts == serving->with_nts &&
	    (!serves || keys_equal(&serving->keys, keys))) {
		go_on(serving, now_raw_ns);
		return;
	}
	server_process_stop(&serving->process);
	if (!keeps_sockets(serving, config))
		server_sockets_close(&serving->sockets);
	server_sockets_forgive(&serving->sockets);
	restart_init(&serving->restart);
	serving->dscp = config->dscp;
	serving->configured = serves;
	serving->with_nts = nts;
	if (config_server_copy(&serving->config, &config->server) ||
	    !copy_keys(serving, serves ? keys : NULL) ||
	    (serves && !serving->page && time_page_create(&serving->page, &serving->page_fd))) {
		log_err("There is no memory left to serve NTP");
		serving->configured = false;
		server_sockets_close(&serving->sockets);
	}
	if (serving->configured)
		try_sockets(serving, now_raw_ns);
	/* The process is started by the loop, on sockets that were open before, too. */
	if (server_sockets_are_open(&serving->sockets))
		serving->restart.next_ns = now_raw_ns;
	serving_fast_configure(&serving->fast, serving->configured ? &serving->config : NULL,
			       serving->dscp);
}

/* The process asks the kernel for the cards' stamps when it starts. */
void serving_use_cards(struct serving *serving, struct hardware *hardware, int64_t now_raw_ns)
{
	bool had = serving_cards_exist(&serving->cards);

	serving_cards_init(&serving->cards, hardware);
	if (had == serving_cards_exist(&serving->cards) || !serving->process.pid)
		return;
	server_process_stop(&serving->process);
	serving->restart.next_ns = now_raw_ns;
}

/* --- the process --- */

static void say_served(const struct serving *serving, const char *again)
{
	log_info("NTP is served %son port %d (%s%s%s)", again, serving->config.port,
		 serving->sockets.ipv4_fd >= 0 ? "IPv4" : "",
		 serving->sockets.ipv4_fd >= 0 && serving->sockets.ipv6_fd >= 0 ? ", " : "",
		 serving->sockets.ipv6_fd >= 0 ? "IPv6" : "");
}

static void start_process(struct serving *serving, int64_t now_raw_ns)
{
	struct server_uses uses = {
		.nts = serving->with_nts,
		.cards = serving_cards_exist(&serving->cards),
	};
	int err = server_process_start(&serving->process, &serving->config, &serving->keys,
				       &serving->sockets, serving->page_fd, &uses);

	serving->restart.next_ns = INT64_MAX;
	serving->started_ns = now_raw_ns;
	serving->nts_changes = 0;
	/* One that has just ended may do so again. */
	if (!err && !*serving->restart.trouble)
		say_served(serving, "");
	if (!err)
		return;
	if (restart_is_news(&serving->restart, strerror(-err)))
		log_warning("NTP is not served: the program truechime-server could not be started: %s. %s",
			    strerror(-err), restart_advice(err));
	restart_after_failure(&serving->restart, now_raw_ns);
}

int serving_pollfds(const struct serving *serving, struct pollfd *fds)
{
	int count = 0;

	/* Without events only POLLERR is reported: nobody reads from the other end any more. */
	if (serving->process.pid)
		fds[count++] = (struct pollfd){ .fd = serving->process.lifeline_fd };

	return count + nts_serving_pollfds(serving->nts, fds + count);
}

int64_t serving_next_ns(const struct serving *serving)
{
	int64_t next_ns = chime_min(chime_min(serving->restart.next_ns, serving->fast.next_ns),
				    nts_serving_next_ns(serving->nts));

	next_ns = chime_min(next_ns, serving->sockets.next_ns);
	if (!serving->process.pid)
		return next_ns;
	next_ns = chime_min(next_ns, restart_proof_ns(&serving->restart, serving->started_ns));

	return chime_min(next_ns, serving->cards.next_ns);
}

static bool has_ended(const struct serving *serving)
{
	struct pollfd fd = { .fd = serving->process.lifeline_fd };

	return serving->process.pid && poll(&fd, 1, 0) > 0;
}

/* The keys of cookies are new, or the process is. */
static void send_keys(struct serving *serving)
{
	uint64_t changes;
	const struct nts_server_keys *keys = nts_serving_keys(serving->nts, &changes);

	if (!keys || !serving->process.pid || changes == serving->nts_changes)
		return;
	serving->nts_changes = changes;
	server_process_send_keys(&serving->process, keys);
}

/* What requests come up to where they are not answered by the fast path. */
static void turn_fast(struct serving *serving, int64_t now_raw_ns)
{
	struct serving_sockets sockets = {
		.ipv4 = serving->sockets.ipv4_fd >= 0,
		.ipv6 = serving->sockets.ipv6_fd >= 0,
	};

	serving_fast_turn(&serving->fast, &serving->content, &sockets, now_raw_ns);
}

/* Between two readings of the clocks the cards' go on. */
static void turn_cards(struct serving *serving, int64_t now_raw_ns)
{
	if (!serving->process.pid || now_raw_ns < serving->cards.next_ns)
		return;
	serving_cards_read(&serving->cards, serving->rate, &serving->content);
	time_page_write(serving->page, &serving->content);
}

static void note_end(struct serving *serving, int64_t now_raw_ns)
{
	char how[128];

	server_process_ended(&serving->process, how, sizeof(how));
	/* It has served in between, which was not said if nobody looked. */
	(void)restart_is_mended(&serving->restart, serving->started_ns, now_raw_ns);
	restart_after_end(&serving->restart, serving->started_ns, now_raw_ns);
	if (restart_is_news(&serving->restart, how))
		log_warning("The NTP server process has ended: %s. It is started again in %lld s, and ever less often while that does not help",
			    how,
			    (long long)((serving->restart.next_ns - now_raw_ns) / NS_PER_S));
}

void serving_timer(struct serving *serving, int64_t now_raw_ns)
{
	turn_fast(serving, now_raw_ns);
	turn_cards(serving, now_raw_ns);
	if (serving->process.pid && has_ended(serving))
		note_end(serving, now_raw_ns);
	if (serving->process.pid &&
	    restart_is_mended(&serving->restart, serving->started_ns, now_raw_ns))
		say_served(serving, "again ");
	if (now_raw_ns >= serving->sockets.next_ns)
		try_sockets(serving, now_raw_ns);
	if (now_raw_ns >= serving->restart.next_ns)
		start_process(serving, now_raw_ns);
	nts_serving_timer(serving->nts, now_raw_ns);
	send_keys(serving);
}

const struct nts_statistics *serving_nts_statistics(const struct serving *serving)
{
	return nts_serving_statistics(serving->nts);
}

int64_t serving_certificate_end_s(const struct serving *serving)
{
	return nts_serving_certificate_end_s(serving->nts);
}

const struct server_statistics *serving_statistics(const struct serving *serving, size_t *clients)
{
	*clients = serving->process.pid ? serving->process.client_count : 0;

	return serving->process.pid ? serving->process.statistics : NULL;
}

bool serving_client_tables(const struct serving *serving, struct client_table *ntp,
			   struct client_table *nts)
{
	const struct nts_statistics *nts_statistics = serving_nts_statistics(serving);
	const struct server_statistics *statistics;

	*ntp = (struct client_table){ .marks = &serving->process.marks };
	*nts = (struct client_table){ .marks = &serving->nts_marks };
	statistics = serving_statistics(serving, &ntp->count);
	if (statistics) {
		ntp->records = statistics->clients;
		memcpy(ntp->seed, statistics->seed, sizeof(ntp->seed));
	}
	if (nts_statistics) {
		nts->records = nts_statistics->clients.records;
		nts->count = NTS_CLIENTS;
		nts_serving_seed(serving->nts, nts->seed);
	}

	return statistics;
}

bool serving_reset_clients(struct serving *serving)
{
	struct client_table ntp, nts;

	serving_client_tables(serving, &ntp, &nts);

	return client_marks_set(&serving->process.marks, ntp.records, ntp.count) &&
	       client_marks_set(&serving->nts_marks, nts.records, nts.count);
}

bool serving_xdp_counts(const struct serving *serving, uint64_t counts[XDP_COUNTS])
{
	if (!serving->fast.path)
		return false;
	fast_path_counts(serving->fast.path, counts);

	return true;
}

bool serving_is_open(const struct serving *serving)
{
	return server_sockets_are_open(&serving->sockets);
}

int serving_local_stratum(const struct serving *serving)
{
	return serving->content.refid == STATE_REFID_LOCAL ? serving->content.stratum : 0;
}

/* --- the page --- */

/* The rate of the time against the system clock, both being against the raw clock. */
static int64_t rate_q32(const struct steering_status *steering)
{
	double rate = (1.0 + steering->now.rate) / (1.0 + steering->rate) - 1.0;

	return (int64_t)(rate * Q32);
}

/* What is left of its horizon at @at_ns, 1 beyond it; 0: it has none. */
static int64_t horizon_left_ns(const struct chime_line *line, int64_t at_ns)
{
	int64_t distance_ns = chime_abs_sat(chime_sub_sat(at_ns, line->origin_ns));

	return line->horizon_ns ? chime_max(line->horizon_ns - distance_ns, 1) : 0;
}

/* The time as a function of the system clock, with a bound that grows as the correction's does. */
static struct chime_line line_of(const struct steering_status *steering, int64_t bound_ns)
{
	const struct timescale_now *now = &steering->now;
	struct chime_line line = {
		.origin_ns = now->realtime_ns,
		.offset_ns = chime_sub_sat(now->time_ns, now->realtime_ns),
		.rate_q32 = rate_q32(steering),
		.maxerror_ns = bound_ns,
	};

	if (steering->has_correction) {
		line.maxerror_rate_q32 = steering->correction.maxerror_rate_q32;
		line.beyond_maxerror_rate_q32 = steering->correction.beyond_maxerror_rate_q32;
		line.horizon_ns = horizon_left_ns(&steering->correction, now->reference_ns);
	}

	return line;
}

static void fill_synchronised(const struct steering_status *steering,
			      const struct state_update *update, struct time_content *content)
{
	content->leap = (uint16_t)steering->leap;
	if (!state_follows_source(update, steering)) {
		content->stratum = STATE_STRATUM_HOST;
		content->refid = steering->now.has_host ? STATE_REFID_HOST : STATE_REFID_HOLD;
		content->reference_ns = steering->now.time_ns;
		return;
	}
	content->stratum = (uint16_t)update->result.stratum;
	content->refid = update->refid;
	content->reference_ns = update->utc_ns;
	content->root_delay_ns = update->result.root_delay_ns;
}

/* The clock beside the time that @content tells. */
static void fill_mono(struct serving *serving, const struct steering_status *steering,
		      struct time_content *content)
{
	bool is_local = content->refid == STATE_REFID_LOCAL;
	struct mono_reading reading = {
		.raw_ns = content->raw_ns,
		.time_ns = is_local ? steering->now.realtime_ns : steering->now.time_ns,
		.slew_ns = is_local ? 0 : steering->now.slew_ns,
		.rate = is_local ? steering->rate : steering->now.rate,
		.epoch = steering->now.epoch,
		.is_local = is_local,
	};

	if (content->stratum >= TIME_STRATUM_NONE) {
		mono_scale_stop(&serving->mono);
		return;
	}
	mono_scale_update(&serving->mono, &reading);
	content->mono_offset_ns = serving->mono.offset_ns;
	content->mono_epoch = serving->mono.epoch;
	content->has_mono = true;
}

void serving_publish(struct serving *serving, const struct steering_status *steering,
		     const struct state_update *update)
{
	struct time_content content = {
		.raw_ns = steering->now.raw_ns,
		.stratum = TIME_STRATUM_NONE,
	};

	if (!steering->valid || content.raw_ns == serving->content.raw_ns)
		return;
	content.time = line_of(steering, steering_published_ns(steering));
	if (steering->synchronised)
		fill_synchronised(steering, update, &content);
	local_reference_apply(&serving->local, steering, update->raw_ns, &content);
	fill_mono(serving, steering, &content);
	serving->rate = steering->rate;
	if (serving->process.pid)
		serving_cards_read(&serving->cards, serving->rate, &content);
	serving->content = content;
	if (serving->page)
		time_page_write(serving->page, &content);
}
