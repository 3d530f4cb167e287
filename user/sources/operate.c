// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operator's commands, on targets and associations.
 */
#include "sources/operate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/line.h"
#include "lib/log.h"
#include "sources/addresses.h"

static bool is_matched(const struct source_match *match, const struct association *association)
{
	const struct config_source *config = &association->target->config;

	return config->options.kind != SOURCE_REFCLOCK &&
	       source_match_has(match, config->options.name, &association->client.address);
}

static void say(const struct association *association, bool offline)
{
	const struct target *target = association->target;
	const char *name = target->config.options.name;
	char address[NET_ADDRESS_TEXT_MAX];

	net_address_format(&association->client.address, address);
	if (!strcmp(name, address))
		*address = '\0';
	log_info("%s%s%s is %s", name, *address ? " at " : "", address,
		 offline ? "offline" : "online again");
}

static void connect_one(struct association *association, enum operate_connection connection,
			int64_t now_raw_ns)
{
	const struct ntp_client *client = &association->client;
	bool offline = connection == OPERATE_OFFLINE ||
		       (connection == OPERATE_BY_ROUTE &&
			!address_has_route(&client->address, client->options.port,
					   &client->options.socket));
	bool changed;

	if (offline)
		changed = association_set_offline(association, connection == OPERATE_OFFLINE);
	else
		changed = association_set_online(association, now_raw_ns);
	if (!changed)
		return;
	say(association, offline);
	association->target->list->changed = true;
}

size_t operate_connect(struct associations *list, const struct source_match *match,
		       enum operate_connection connection, int64_t now_raw_ns)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct association *association = list->list[i];

		if (!is_matched(match, association) ||
		    (connection == OPERATE_BY_ROUTE && !association_has_address(association)))
			continue;
		count++;
		connect_one(association, connection, now_raw_ns);
		/* Addresses that are found later are as those that the name has now. */
		if (connection != OPERATE_BY_ROUTE && match->kind != SOURCE_MATCH_SUBNET)
			association->target->offline = connection == OPERATE_OFFLINE;
	}
	for (size_t i = 0; connection != OPERATE_OFFLINE && i < list->target_count; i++)
		target_retry_now(list->targets[i], now_raw_ns);
	associations_report_change(list);

	return count;
}

/* Each request of a burst has its turn and its answer within so long, if it can be sent. */
#define BURST_REQUEST_NS	(4 * 1000000000LL)

size_t operate_burst(struct associations *list, const struct source_match *match, int good,
		     int most, int64_t now_raw_ns)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct association *association = list->list[i];

		if (!is_matched(match, association) || !association_has_address(association))
			continue;
		count++;
		/* It has a vote until the bursts of all are over. */
		if (association->offline)
			source_set_online(association->source);
		association->client.local_failures = 0;
		association->bursting = true;
		list->bursting = true;
		source_burst_until(association->source, now_raw_ns, good, most);
	}
	list->burst_until_ns = chime_max(list->burst_until_ns,
					 now_raw_ns + (most + 1) * BURST_REQUEST_NS);

	return count;
}

static bool is_burst_over(const struct association *association)
{
	return !source_is_in_burst(association->source) && association->client.socket.fd < 0;
}

/*
 * Not one by one: the source whose burst ends last, as it answers slowly, would be the only one
 * that has a vote. But one that must not be asked for a day, or has no key, keeps nobody waiting.
 */
void associations_end_bursts(struct associations *list, int64_t now_raw_ns)
{
	for (size_t i = 0; i < list->count && now_raw_ns < list->burst_until_ns; i++) {
		if (list->list[i]->bursting && !is_burst_over(list->list[i]))
			return;
	}
	list->burst_until_ns = INT64_MIN;
	list->bursting = false;
	for (size_t i = 0; i < list->count; i++) {
		struct association *association = list->list[i];

		if (association->bursting && association->offline)
			source_set_offline(association->source, association->withdrawn);
		association->bursting = false;
	}
	list->changed = true;
}

static void remove_target(struct associations *list, size_t index)
{
	struct target *target = list->targets[index];

	if (target->listed && list->deleted_count < CONFIG_SOURCES_MAX)
		list->deleted[list->deleted_count++] = target->config;
	target_free(target);
	list->target_count--;
	memmove(&list->targets[index], &list->targets[index + 1],
		(list->target_count - index) * sizeof(list->targets[0]));
}

/* The association of @target that @match has; NULL: none. */
static struct association *find_matched(const struct target *target,
					const struct source_match *match)
{
	for (size_t i = 0; i < target->count; i++) {
		if (is_matched(match, target->associations[i]))
			return target->associations[i];
	}

	return NULL;
}

size_t operate_delete(struct associations *list, const struct source_match *match)
{
	size_t count = 0, i = 0;

	while (i < list->target_count) {
		struct target *target = list->targets[i];
		struct association *association = find_matched(target, match);

		if (!association) {
			i++;
			continue;
		}
		if (match->kind != SOURCE_MATCH_SUBNET || target->count == 1) {
			count += target->count;
			remove_target(list, i);
			continue;
		}
		target_remove(target, association);
		count++;
	}
	if (!count)
		return 0;
	associations_list_changed(list);
	associations_ask_twins(list);
	associations_report_change(list);

	return count;
}

void operate_refresh(struct associations *list, int64_t now_raw_ns)
{
	for (size_t i = 0; i < list->target_count; i++)
		target_refresh(list->targets[i], now_raw_ns);
}

/* Two targets of one directive would compete for its addresses. Names of hosts have no case. */
static bool exists(const struct associations *list, const struct config_source *source)
{
	struct net_address address;

	for (size_t i = 0; i < list->target_count; i++) {
		const struct config_source *other = &list->targets[i]->config;

		if (other->kind == source->kind &&
		    !strcasecmp(other->options.name, source->options.name))
			return true;
	}

	return !net_address_parse(source->options.name, source->family, &address) &&
	       associations_address_used(list, &address);
}

int operate_add(struct associations *list, const struct config_source *source, int64_t now_raw_ns)
{
	struct target **targets;
	struct target *target;

	if (exists(list, source))
		return -EEXIST;
	if (list->count >= CONFIG_SOURCES_MAX)
		return -ENOSPC;
	target = target_new(list, source, now_raw_ns);
	if (!target)
		return -ENOMEM;
	targets = realloc(list->targets, (list->target_count + 1) * sizeof(*targets));
	if (!targets) {
		target_free(target);
		return -ENOMEM;
	}
	target->added = true;
	target_apply_options(target);
	targets[list->target_count++] = target;
	list->targets = targets;
	associations_need_keys(list);
	associations_list_changed(list);
	associations_report_change(list);

	return 0;
}
