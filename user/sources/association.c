// SPDX-License-Identifier: GPL-2.0-only
/*
 * All associations: the configured names, the list of their sources, and the event loop's calls to
 * them.
 */
#include "sources/association.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "core/line.h"
#include "discipline/orphan.h"
#include "ntp/refid.h"
#include "sources/keyring.h"
#include "sources/network_watch.h"
#include "sources/target.h"

#define NS_PER_S	1000000000LL

/*
 * Failed sources are retried so often when the network changes all the time; a few times at once.
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

struct associations *associations_new(struct timescale *timescale,
				      const struct associations_callbacks *callbacks,
				      void *context)
{
	struct associations *list = calloc(1, sizeof(*list));

	if (!list)
		return NULL;
	list->timescale = timescale;
	list->callbacks = *callbacks;
	list->context = context;
	list->socket.bind_address4 = list->bind_address4;
	list->socket.bind_address6 = list->bind_address6;
	list->socket.bind_device = list->bind_device;
	list->stamps_fd = ntp_socket_keep_stamps();
	list->watch_fd = network_watch_open();
	list->retry_ns = INT64_MAX;

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

bool associations_address_used(const struct associations *list, const struct net_address *address,
			       int port)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct ntp_client *client = &list->list[i]->client;
		const struct nts_source *nts = list->list[i]->nts;

		if (client->options.port == port && net_address_equal(&client->address, address))
			return true;
		if (nts && list->list[i]->target->config.port == port &&
		    net_address_equal(&nts->asked, address))
			return true;
	}

	return false;
}

/* Some sources are selected, so that there is a verdict on falsetickers. */
bool associations_agree(const struct associations *list, int64_t now_raw_ns)
{
	struct source_status status;

	for (size_t i = 0; i < list->count; i++) {
		source_get_status(list->sources[i], now_raw_ns, &status);
		if (status.verdict >= SOURCE_COMBINED)
			return true;
	}

	return false;
}

bool associations_needs(const struct associations *list, const struct source *source,
			int64_t now_raw_ns)
{
	size_t agreeing = 0, falsetickers = 0;
	struct source_status status;
	bool agrees = false;

	for (size_t i = 0; i < list->count; i++) {
		source_get_status(list->sources[i], now_raw_ns, &status);
		falsetickers += status.verdict == SOURCE_FALSETICKER;
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

void associations_message(struct associations *list, int priority, const char *format, ...)
{
	va_list arguments;
	char text[512];

	if (!list->callbacks.message)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	list->callbacks.message(list->context, priority, text);
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
	space_out(list);
}

struct ntp_limits associations_limits(const struct associations *list,
				      const struct config_source *config)
{
	return (struct ntp_limits) {
		.minstratum = list->minstratum,
		.maxstratum = list->maxstratum,
		.raised_stratum = config->options.minstratum,
		.maxdelay_ns = config->maxdelay_ns,
		.maxdelayratio = config->maxdelayratio,
		.key = ntp_keys_find(list->keys, config->key),
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

/* A reload asks servers again that refused to serve us. "RATE" stays in force. */
static void forgive(struct associations *list, int64_t now_raw_ns)
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
	if (list->callbacks.changed)
		list->callbacks.changed(list->context);
}

/* The server's own port would be two programs': neither got all of its packets. */
static int bind_port_of(const struct config *config)
{
	return config_serves(&config->server) && config->bind_port == config->server.port ?
	       0 : config->bind_port;
}

static void copy_options(struct associations *list, const struct config *config)
{
	memcpy(list->bind_address4, config->bind_address4, sizeof(list->bind_address4));
	memcpy(list->bind_address6, config->bind_address6, sizeof(list->bind_address6));
	memcpy(list->bind_device, config->bind_device, sizeof(list->bind_device));
	list->socket.dscp = config->dscp;
	list->socket.bind_port = bind_port_of(config);
	list->minstratum = config->minstratum;
	list->maxstratum = config->maxstratum;
	list->refresh_ns = config->refresh_s * NS_PER_S;
	list->nts = config->nts;
}

static void report_key(void *context, enum config_severity severity, const char *file, int line,
		       const char *message)
{
	int priority = severity == CONFIG_ERROR ? LOG_ERR : LOG_WARNING;

	if (line)
		associations_message(context, priority, "%s:%d: %s", file, line, message);
	else
		associations_message(context, priority, "%s: %s", file, message);
}

static bool has_keyed_target(const struct associations *list)
{
	for (size_t i = 0; i < list->target_count; i++) {
		if (list->targets[i]->config.key)
			return true;
	}

	return false;
}

void associations_need_keys(struct associations *list)
{
	if (list->keys || !*list->keyfile || !has_keyed_target(list) ||
	    keyring_read(report_key, list, list->keyfile, &list->keys) < 0)
		return;
	for (size_t i = 0; i < list->target_count; i++)
		target_apply_options(list->targets[i]);
}

/*
 * Read the keys. If that fails, those that were read from the same file before stay. Returns those
 * that are to be freed when no target refers to them any more.
 */
static struct ntp_keys *replace_keys(struct associations *list, const struct config *config)
{
	bool is_same_file = !strcmp(list->keyfile, config->keyfile);
	struct ntp_keys *old = list->keys;
	struct ntp_keys *keys = NULL;
	int err;

	err = keyring_load(report_key, list, config, has_keyed_target(list), &keys);
	if (err < 0 && is_same_file && old) {
		associations_message(list, LOG_WARNING,
				     "%s: the keys that were read from it before stay in force",
				     list->keyfile);
		old = NULL;
	} else {
		memcpy(list->keyfile, config->keyfile, sizeof(list->keyfile));
		list->keys = keys;
	}
	keyring_check(report_key, list, config, list->keys);

	return old;
}

void associations_read_keys(struct associations *list, const struct config *config)
{
	struct ntp_keys *old = replace_keys(list, config);

	for (size_t i = 0; i < list->target_count; i++)
		target_apply_options(list->targets[i]);
	ntp_keys_free(old);
}

/* Find the old target with the same directive, and take it out of the old list. */
static struct target *claim(struct target **old, size_t count, const struct config_source *config)
{
	for (size_t i = 0; i < count; i++) {
		struct target *target = old[i];

		if (target && config_source_equal(&target->config, config)) {
			old[i] = NULL;
			return target;
		}
	}

	return NULL;
}

/**
 * struct wanted - the directives that targets are wanted for
 * @directive: those of the configuration that the operator did not delete ...
 * @kept: ... and whether there is a target of it already
 * @count: how many
 */
struct wanted {
	const struct config_source *directive[CONFIG_SOURCES_MAX];
	bool kept[CONFIG_SOURCES_MAX];
	size_t count;
};

static bool is_deleted(const struct associations *list, const struct config_source *directive)
{
	for (size_t i = 0; i < list->deleted_count; i++) {
		if (config_source_equal(&list->deleted[i], directive))
			return true;
	}

	return false;
}

/* New targets, NULL for those that are kept, and room for those that the operator added. */
static struct target **make_targets(struct associations *list, const struct wanted *wanted,
				    int64_t now_raw_ns)
{
	struct target **targets = calloc(wanted->count + list->target_count + 1,
					 sizeof(struct target *));

	if (!targets)
		return NULL;
	for (size_t i = 0; i < wanted->count; i++) {
		if (wanted->kept[i])
			continue;
		targets[i] = target_new(list, wanted->directive[i], now_raw_ns);
		if (targets[i])
			continue;
		while (i-- > 0) {
			if (targets[i])
				target_free(targets[i]);
		}
		free(targets);
		return NULL;
	}

	return targets;
}

/* Which directives are wanted, and have a target already; two equal ones need two. */
static int find_wanted(const struct associations *list, const struct config *config,
		       struct wanted *wanted)
{
	struct target **old = calloc(list->target_count + 1, sizeof(*old));

	if (!old)
		return -ENOMEM;
	if (list->target_count)
		memcpy(old, list->targets, list->target_count * sizeof(*old));
	wanted->count = 0;
	for (size_t i = 0; i < config->source_count; i++) {
		const struct config_source *directive = &config->sources[i];

		if (is_deleted(list, directive))
			continue;
		wanted->kept[wanted->count] = claim(old, list->target_count, directive);
		wanted->directive[wanted->count++] = directive;
	}
	free(old);

	return 0;
}

/* The targets that were not claimed go, but for those that the operator added. How many went. */
static size_t drop_unclaimed(struct associations *list, struct target **old, size_t old_count)
{
	size_t dropped = 0;

	for (size_t i = 0; i < old_count; i++) {
		if (!old[i])
			continue;
		if (old[i]->added && list->target_count < CONFIG_SOURCES_MAX) {
			list->targets[list->target_count++] = old[i];
			continue;
		}
		target_free(old[i]);
		dropped++;
	}

	return dropped;
}

/* Pools that have grown allocate their new associations. */
static void shrink_pools(struct associations *list)
{
	size_t total = 0;

	for (size_t i = 0; i < list->target_count; i++)
		total += list->targets[i]->count;
	for (size_t i = 0; i < list->target_count; i++) {
		while (total > CONFIG_SOURCES_MAX && target_shrink(list->targets[i]))
			total--;
	}
}

static int set_sources(struct associations *list, const struct config *config, int64_t now_raw_ns,
		       struct associations_changes *changes)
{
	struct target **old = list->targets;
	size_t old_count = list->target_count;
	struct target **targets;
	struct wanted wanted;

	*changes = (struct associations_changes) { 0 };
	if (find_wanted(list, config, &wanted) < 0)
		return -ENOMEM;
	targets = make_targets(list, &wanted, now_raw_ns);
	if (!targets)
		return -ENOMEM;

	for (size_t i = 0; i < wanted.count; i++) {
		if (wanted.kept[i])
			targets[i] = claim(old, old_count, wanted.directive[i]);
		else
			changes->added++;
		targets[i]->added = false;
		target_apply_options(targets[i]);
	}
	list->targets = targets;
	list->target_count = wanted.count;
	changes->removed = drop_unclaimed(list, old, old_count);
	free(old);
	shrink_pools(list);
	associations_list_changed(list);

	return 0;
}

int associations_set_sources(struct associations *list, const struct config *config,
			     int64_t now_raw_ns, struct associations_changes *changes)
{
	int err = set_sources(list, config, now_raw_ns, changes);

	associations_need_keys(list);
	associations_report_change(list);

	return err;
}

int associations_configure(struct associations *list, const struct config *config,
			   int64_t now_raw_ns)
{
	size_t deleted_count = list->deleted_count;
	struct associations_changes changes;
	struct ntp_keys *old_keys;
	int err;

	/* Who reloads the configuration wants what it says. */
	list->deleted_count = 0;
	err = set_sources(list, config, now_raw_ns, &changes);
	if (err < 0) {
		list->deleted_count = deleted_count;
		return err;
	}

	copy_options(list, config);
	old_keys = replace_keys(list, config);
	forgive(list, now_raw_ns);
	for (size_t i = 0; i < list->target_count; i++) {
		target_apply_options(list->targets[i]);
		target_retry_now(list->targets[i], now_raw_ns);
	}
	ntp_keys_free(old_keys);
	associations_report_change(list);

	return 0;
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

static void report_hardware(void *context, int priority, const char *text)
{
	associations_message(context, priority, "%s", text);
}

void associations_open_hardware(struct associations *list, const struct config *config)
{
	hardware_open(&list->hardware, config->hardware, config->hardware_count, report_hardware,
		      list);
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
		associations_end_bursts(list);
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
		associations_message(list, LOG_NOTICE,
				     "No source has the time, and of the servers that serve their own clocks %s comes first: it is followed (local orphan)",
				     list->list[leader]->target->config.options.name);
	else
		associations_message(list, LOG_NOTICE,
				     "No other server's own clock is followed any more (local orphan)");
}

void associations_judge_orphans(struct associations *list, int stratum, int64_t at_ns)
{
	struct orphan_identity identities[CONFIG_SOURCES_MAX];

	for (size_t i = 0; i < list->count; i++) {
		const struct ntp_client *client = &list->list[i]->client;

		identities[i] = (struct orphan_identity){
			.refid = net_address_refid(&client->address),
			.local_refid = net_address_refid(&client->local),
		};
	}
	report_leader(list, orphan_judge(list->sources, identities, list->count, at_ns, stratum));
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
	if (*info->address)
		info->refid = net_address_refid(&association->client.address);
	info->rejected = association_rejection(association);
	if (association->target->config.options.copy && association->client.refid)
		info->refid = association->client.refid;
	refclock = association->target->refclock;
	if (refclock && refclock->is_open) {
		info->refid = association->target->config.refid;
		ntp_refid_text(info->refid, info->address);
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
	info->added = association->target->added;
	info->file = association->target->config.file;
	info->serial = source_serial(association->source);
	info->ip = association->client.address;
	info->record = &association->client.record;

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
		if (!list->list[i]->offline)
			source_burst(list->sources[i], now_raw_ns, count, pressing);
	}
}

void associations_change_reference(struct associations *list, uint32_t epoch,
				   const struct reference_change *change)
{
	drop_requests(list);
	for (size_t i = 0; i < list->count; i++)
		source_change_reference(list->sources[i], epoch, change);
}
