// SPDX-License-Identifier: GPL-2.0-only
/*
 * All associations: the list of their sources, and the event loop's calls to them. What a
 * configuration makes of them is configure.c's.
 */
#include "sources/association.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/line.h"
#include "discipline/loop.h"
#include "discipline/orphan.h"
#include "lib/log.h"
#include "lib/names.h"
#include "lib/time_units.h"
#include "ntp/refid.h"
#include "sources/network_watch.h"
#include "sources/target.h"

/*
 * How often failed sources are retried while the network changes all the time, and how often at
 * once before that.
 */
#define RETRY_NS	(64 * NS_PER_S)
#define RETRIES_AT_ONCE	4

/*
 * The gap between requests to different servers. It is less if it would exceed half of the quickest
 * server's interval divided by the number of servers. A confirmation asks all within HASTY_NS
 * without a gap.
 */
#define SPACING_NS	(NS_PER_S / 5)
#define BURST_NS	(2 * NS_PER_S)
#define HASTY_NS	NS_PER_S

/* A route appears a moment before it works, and seldom alone. */
#define ARRIVAL_NS	(NS_PER_S / 2)

/* That a source follows this machine is logged once in so long. */
#define LOOP_REPORT_NS	(3600 * NS_PER_S)

struct associations *associations_new(struct timescale *timescale,
				      void (*changed)(void *context), void *context)
{
	struct associations *list = calloc(1, sizeof(*list));

	if (!list)
		return NULL;
	list->timescale = timescale;
	list->epoch = timescale->latest.epoch;
	list->report_change = changed;
	list->context = context;
	list->socket.bind_address4 = list->bind_address4;
	list->socket.bind_address6 = list->bind_address6;
	list->socket.bind_device = list->bind_device;
	list->stamps_fd = ntp_socket_keep_stamps();
	list->watch_fd = network_watch_open();
	list->retry_ns = INT64_MAX;
	list->burst_until_ns = INT64_MIN;

	return list;
}

void associations_free(struct associations *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->target_count; i++)
		target_free(list->targets[i]);
	free(list->targets);
	hardware_close(&list->hardware);
	ntp_keys_free(list->keys);
	if (list->stamps_fd >= 0)
		close(list->stamps_fd);
	if (list->watch_fd >= 0)
		close(list->watch_fd);
	free(list);
}

static void drop_requests(struct associations *list)
{
	for (size_t i = 0; i < list->count; i++)
		ntp_client_close(&list->list[i]->client);
	for (size_t i = 0; i < list->target_count; i++)
		target_refclock_forget(list->targets[i]);
}

void associations_set_timescale(struct associations *list, struct timescale *timescale)
{
	drop_requests(list);
	list->timescale = timescale;
}

bool associations_agree(const struct associations *list)
{
	struct source_status status;

	for (size_t i = 0; i < list->count; i++) {
		source_get_record(list->sources[i], &status);
		if (status.verdict >= SOURCE_COMBINED)
			return true;
	}

	return false;
}

bool associations_needs(const struct associations *list, const struct source *source)
{
	size_t agreeing = 0, falsetickers = 0;
	struct source_status status;
	bool agrees = false;

	for (size_t i = 0; i < list->count; i++) {
		source_get_record(list->sources[i], &status);
		falsetickers += status.verdict == SOURCE_FALSETICKER && !status.refuted;
		/* Pulses that the timescale numbers agree with any majority. */
		if (status.verdict < SOURCE_NOT_COMBINED || status.options->numbered ||
		    status.last.numbered)
			continue;
		if (list->sources[i] == source)
			agrees = true;
		else
			agreeing++;
	}

	/* With one falseticker less the majority would still be one. */
	return agrees && falsetickers && agreeing <= falsetickers;
}

/* A server that is asked every 16 ms cannot wait for the others. */
static void space_out(struct associations *list)
{
	int64_t shortest_ns = BURST_NS, gap_ns = SPACING_NS;

	for (size_t i = 0; i < list->count; i++) {
		int minpoll = source_get_options(list->sources[i])->minpoll;

		if (!list->list[i]->target->refclock && minpoll < 1)
			shortest_ns = chime_min(shortest_ns, NS_PER_S >> -minpoll);
	}
	if (list->count)
		gap_ns = chime_min(gap_ns, shortest_ns / (2 * (int64_t)list->count));
	list->spacing.gap_ns = gap_ns;
}

void associations_list_changed(struct associations *list)
{
	list->changed = true;
	list->count = 0;
	for (size_t i = 0; i < list->target_count; i++) {
		const struct target *target = list->targets[i];

		for (size_t j = 0; j < target->count && list->count < CONFIG_SOURCES_MAX; j++) {
			list->list[list->count] = target->associations[j];
			list->sources[list->count] = target->associations[j]->source;
			list->count++;
		}
	}
	associations_select(list);
	space_out(list);
}

void associations_select(struct associations *list)
{
	struct config_authentication counts = { 0 };

	for (size_t i = 0; i < list->count; i++)
		config_count_authentication(&counts, &list->list[i]->target->config,
					    &list->list[i]->said);
	for (size_t i = 0; i < list->count; i++) {
		struct association *association = list->list[i];
		struct config_said made = config_select(list->authselect, &counts,
							&association->target->config,
							&association->said);

		association->options.trust = made.trust;
		association->options.require = made.require;
		association->options.noselect = made.noselect;
		source_set_selection(association->source, &association->options);
	}
}

struct ntp_limits associations_limits(const struct associations *list,
				      const struct association *association)
{
	return (struct ntp_limits) {
		.minstratum = list->minstratum,
		.maxstratum = list->maxstratum,
		.raised_stratum = association->options.minstratum,
		.maxdelay_ns = association->maxdelay_ns,
		.maxdelayratio = association->maxdelayratio,
		.key = ntp_keys_find(list->keys, association->target->config.key),
	};
}

static struct kissed *find_kissed(struct associations *list, const struct net_address *address,
				  int port)
{
	for (size_t i = 0; i < list->kissed_count && i < KISSED_MAX; i++) {
		struct kissed *kissed = &list->kissed[i];

		if (kissed->port == port && net_address_equal(&kissed->address, address))
			return kissed;
	}

	return NULL;
}

void associations_note_kiss(struct associations *list, const struct ntp_client *client,
			    int64_t until_ns)
{
	struct kissed *kissed = find_kissed(list, &client->address, client->options.port);

	if (!kissed)
		kissed = &list->kissed[list->kissed_count++ % KISSED_MAX];
	*kissed = (struct kissed) {
		.address = client->address,
		.port = client->options.port,
		.code = client->kiss,
		.until_ns = until_ns,
	};
}

int64_t associations_kissed_until(struct associations *list, const struct net_address *address,
				  int port, uint32_t *code)
{
	const struct kissed *kissed = find_kissed(list, address, port);

	if (!kissed)
		return INT64_MIN;
	*code = kissed->code;

	return kissed->until_ns;
}

void associations_forgive(struct associations *list, int64_t now_raw_ns)
{
	for (size_t i = 0; i < list->kissed_count && i < KISSED_MAX; i++) {
		if (list->kissed[i].code != NTP_KISS_RATE)
			list->kissed[i].until_ns = INT64_MIN;
	}
	for (size_t i = 0; i < list->count; i++)
		source_forgive(list->sources[i], now_raw_ns);
}

void associations_report_change(struct associations *list)
{
	if (!list->changed)
		return;
	list->changed = false;
	list->report_change(list->context);
}

const struct ntp_keys *associations_keys(const struct associations *list)
{
	return list->keys;
}

void associations_open_refclocks(struct associations *list, int64_t now_raw_ns)
{
	for (size_t i = 0; i < list->target_count; i++)
		target_refclock_open(list->targets[i], now_raw_ns);
	associations_report_change(list);
}

void associations_open_hardware(struct associations *list, const struct config *config)
{
	hardware_open(&list->hardware, config->hardware, config->hardware_count);
}

struct hardware *associations_hardware(struct associations *list)
{
	return &list->hardware;
}

void associations_use_leaps(struct associations *list, const struct leap_list *leaps)
{
	list->leaps = leaps;
}

int associations_pollfds(const struct associations *list, struct pollfd *fds, int max)
{
	int count = 0;

	if (list->watch_fd >= 0 && max > 0)
		fds[count++] = (struct pollfd) { .fd = list->watch_fd, .events = POLLIN };
	for (size_t i = 0; i < list->target_count; i++)
		count += target_pollfds(list->targets[i], fds + count, max - count);

	return count;
}

void associations_pause(struct associations *list, int64_t from_ns, int64_t until_ns)
{
	list->pause_from_ns = from_ns;
	list->pause_until_ns = until_ns;
}

static bool is_pause(const struct associations *list, int64_t raw_ns)
{
	return raw_ns >= list->pause_from_ns && raw_ns < list->pause_until_ns;
}

int64_t associations_next_ns(const struct associations *list)
{
	int64_t next_ns = list->retry_ns;

	if (list->bursting)
		next_ns = chime_min(next_ns, list->burst_until_ns);
	for (size_t i = 0; i < list->target_count; i++) {
		int64_t target_ns = target_next_ns(list->targets[i]);

		if (target_ns < next_ns)
			next_ns = target_ns;
	}

	if ((list->pausing || is_pause(list, next_ns)) && next_ns < list->pause_until_ns)
		next_ns = list->pause_until_ns;

	return next_ns;
}

/* The network has changed: retry failed sources in a moment, and not too often. */
static void take_change(struct associations *list, int64_t now_raw_ns)
{
	int64_t allowed_ns = list->retried_ns - (RETRIES_AT_ONCE - 1) * RETRY_NS;
	int64_t at_ns = now_raw_ns + ARRIVAL_NS;

	if (!network_watch_read(list->watch_fd))
		return;
	if (at_ns < allowed_ns)
		at_ns = allowed_ns;
	if (at_ns < list->retry_ns)
		list->retry_ns = at_ns;
}

static void retry_now(struct associations *list, int64_t now_raw_ns)
{
	list->retry_ns = INT64_MAX;
	if (list->retried_ns < now_raw_ns)
		list->retried_ns = now_raw_ns;
	list->retried_ns += RETRY_NS;
	for (size_t i = 0; i < list->target_count; i++)
		target_retry_now(list->targets[i], now_raw_ns);
}

void associations_dispatch(struct associations *list, const struct pollfd *fds, int count,
			   int64_t now_raw_ns)
{
	list->pausing = is_pause(list, now_raw_ns);
	if (list->pausing)
		drop_requests(list);
	for (int i = 0; i < count; i++) {
		if (!fds[i].revents || fds[i].fd < 0)
			continue;
		if (fds[i].fd == list->watch_fd)
			take_change(list, now_raw_ns);
		for (size_t j = 0; j < list->target_count; j++)
			target_event(list->targets[j], &fds[i], now_raw_ns);
	}
	if (now_raw_ns >= list->retry_ns)
		retry_now(list, now_raw_ns);
	for (size_t i = 0; !list->pausing && i < list->target_count; i++)
		target_timer(list->targets[i], now_raw_ns);
	if (list->bursting)
		associations_end_bursts(list, now_raw_ns);
	associations_report_change(list);
}

size_t associations_sources(const struct associations *list, struct source *const **sources)
{
	*sources = list->sources;

	return list->count;
}

size_t associations_directives(const struct associations *list)
{
	return list->target_count;
}

static void report_leader(struct associations *list, int leader)
{
	uint64_t serial = leader < 0 ? 0 : source_serial(list->sources[leader]);

	if (serial == list->orphan_leader)
		return;
	list->orphan_leader = serial;
	if (leader >= 0)
		log_notice("No source has the time, and of the servers that serve their own clocks %s comes first: it is followed (local orphan)",
			   list->list[leader]->target->config.options.name);
	else
		log_notice("No other server's own clock is followed any more (local orphan)");
}

/* A server could say so with every other packet. */
static void report_loop(struct association *association, bool loop, int64_t at_ns)
{
	if (loop == association->looping || (loop && at_ns < association->loop_due_ns))
		return;
	association->looping = loop;
	if (loop) {
		association->loop_due_ns = chime_add_sat(at_ns, LOOP_REPORT_NS);
		log_notice("%s follows this machine, by its reference id, and is not selected: that would be a loop",
			   association_label(association).text);
	} else {
		log_notice("%s follows this machine no more, and may be selected",
			   association_label(association).text);
	}
}

/* While the time is lost nobody counts as one who follows this machine, which is no news of him. */
static void report_loops(struct associations *list, bool recovering, int64_t at_ns)
{
	for (size_t i = 0; i < list->count && !recovering; i++)
		report_loop(list->list[i], source_is_loop(list->sources[i]), at_ns);
}

void associations_judge_servers(struct associations *list, int orphan_stratum, bool recovering,
				int64_t at_ns)
{
	struct source_identity identities[CONFIG_SOURCES_MAX];

	for (size_t i = 0; i < list->count; i++) {
		const struct ntp_client *client = &list->list[i]->client;

		identities[i] = (struct source_identity){
			.refid = net_address_refid(&client->address),
			.local_refid = net_address_refid(&client->local),
		};
	}
	report_leader(list, orphan_judge(list->sources, identities, list->count, at_ns,
					 orphan_stratum));
	loop_judge(list->sources, identities, list->count, recovering);
	report_loops(list, recovering, at_ns);
}

void associations_note_update(struct associations *list)
{
	if (list->clock_updates < INT_MAX)
		list->clock_updates++;
}

bool associations_can_correct(const struct associations *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct source_options *options = source_get_options(list->sources[i]);

		if (!options->noselect && !options->numbered)
			return true;
	}

	return false;
}

static enum association_activity activity_of(const struct association *association)
{
	if (association->client.address.family == AF_UNSPEC && !association->target->refclock)
		return ASSOCIATION_UNRESOLVED;
	if (association->bursting)
		return association->offline ? ASSOCIATION_BURST_OFFLINE : ASSOCIATION_BURST_ONLINE;

	return association->offline ? ASSOCIATION_OFFLINE : ASSOCIATION_ONLINE;
}

/* Of a refclock the configured one, of a server that of its address or, with copy, its own. */
static uint32_t refid_of(const struct association *association)
{
	const struct config_source *config = &association->target->config;

	if (association->target->refclock)
		return config->refid;
	if (config->options.copy && association->client.refid)
		return association->client.refid;

	return net_address_refid(&association->client.address);
}

bool associations_get_info(const struct associations *list, size_t index,
			   struct association_info *info)
{
	const struct association *association;
	const struct refclock *refclock;

	memset(info, 0, sizeof(*info));
	if (index >= list->count)
		return false;

	association = list->list[index];
	info->name = association->target->config.options.name;
	net_address_format(&association->client.address, info->address);
	info->refid = refid_of(association);
	info->rejected = association_rejection(association);
	refclock = association->target->refclock;
	if (refclock)
		info->readings = &refclock->record;
	if (refclock && refclock->is_open) {
		snprintf(info->address, sizeof(info->address), "%s", refid_text(info->refid).text);
		info->rejected = target_refclock_problem(association->target);
	}
	info->port = association->client.options.port;
	info->kernel_timestamps = association->client.kernel_timestamps;
	info->hardware_timestamps = association->client.hardware_timestamps;
	info->interleaved = association->client.interleaved;
	info->authenticated = association->target->config.authenticated;
	info->auth = association_auth(association);
	info->resolving_error = *info->address ? "" : association->target->problem;
	if (*association->target->key_problem)
		info->resolving_error = association->target->key_problem;
	info->activity = activity_of(association);
	info->offline = association->offline;
	info->added = association->target->added && !association->target->listed;
	info->file = association->target->config.file;
	info->serial = source_serial(association->source);
	info->said = association->said;
	info->ip = association->client.address;
	info->record = &association->client.record;
	info->latest = &association->client.latest;

	return true;
}

void associations_burst_all(struct associations *list, int64_t now_raw_ns, int count,
			    bool pressing)
{
	drop_requests(list);
	list->spacing.next_ns = now_raw_ns;
	list->spacing.hasty_until_ns = now_raw_ns + HASTY_NS;
	for (size_t i = 0; i < list->target_count; i++)
		target_retry_now(list->targets[i], now_raw_ns);
	for (size_t i = 0; i < list->count; i++) {
		if (list->list[i]->offline)
			continue;
		source_cut_rest(list->sources[i]);
		source_burst(list->sources[i], now_raw_ns, count, pressing);
	}
}

void associations_change_reference(struct associations *list, uint32_t epoch,
				   const struct reference_change *change)
{
	drop_requests(list);
	list->epoch = epoch;
	for (size_t i = 0; i < list->count; i++)
		source_change_reference(list->sources[i], epoch, change);
}

void associations_set_followed(struct associations *list, int64_t followed_ns)
{
	for (size_t i = 0; i < list->count; i++)
		source_set_followed(list->sources[i], followed_ns);
}
