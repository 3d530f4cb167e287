// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a name to addresses, which of them are asked, and others when those do not answer.
 */
#include "sources/addresses.h"

#include <errno.h>
#include <string.h>

#include "core/line.h"
#include "lib/log.h"
#include "lib/time_units.h"

/*
 * A name that cannot be resolved, most often for want of a network, is tried again after 1 s, 2 s
 * and so on up to about a minute; one that name servers say does not exist, up to half an hour.
 */
#define LOOK_UP_FIRST_NS	NS_PER_S
#define LOOK_UP_MOST_NS		(64 * NS_PER_S)
#define LOOK_UP_NOBODY_NS	(2048 * NS_PER_S)

/*
 * A name whose server stopped answering, or a pool of which too few addresses were found, is
 * resolved again so long after the latest query at the earliest, and ever less often.
 */
#define LOOK_UP_AGAIN_NS	(64 * NS_PER_S)

/* After so many samples as a falseticker a server of a pool is replaced. */
#define FALSE_GONE		16

/*
 * How often a server that has answered once may be replaced by another address, one at a time, as
 * by chrony: who blocks, or breaks, one server after the other must not choose all of them soon.
 */
#define REPLACE_NS	(1800 * NS_PER_S)

/* Give an association a new address of its name. -ENOMEM: nothing changed. */
static int give_address(struct association *association, const struct net_address *address,
			int64_t now_raw_ns)
{
	const struct target *target = association->target;
	int err;

	err = associations_clear_way(target->list, address, target, now_raw_ns);
	if (err)
		return err;
	if (association->nts) {
		nts_source_leave(association);
		association->nts->port = 0;
	}
	err = association_start_over(association, address, now_raw_ns);
	if (!err && association->nts)
		nts_source_begin(association, now_raw_ns);

	return err;
}

/* The address of its name: with NTS the server that is asked for the time may have another one. */
static const struct net_address *named_address(const struct association *association)
{
	return association->nts ? &association->nts->asked : &association->client.address;
}

/* One that was left for that before, and has failed again, is left at once. */
static bool gives_no_keys(const struct association *association)
{
	const struct nts_source *nts = association->nts;

	return nts && *nts->problem && nts->attempts >= FAILURES_HOPELESS;
}

bool association_is_gone(const struct association *association)
{
	const struct ntp_client *client = &association->client;

	/* No other address has a key that is missing here. */
	if (!association_has_address(association) || *association->target->key_problem)
		return false;
	if (source_is_refused(association->source))
		return true;
	if (client->failures >= FAILURES_GONE || association->false_samples >= FALSE_GONE)
		return true;

	return association->trying &&
	       ((client->local_failures && client->failures >= FAILURES_HOPELESS) ||
		gives_no_keys(association));
}

static size_t wanted_count(const struct target *target)
{
	size_t most = target->config.kind == CONFIG_POOL ? (size_t)target->config.maxsources : 1;

	return most > target->removed ? most - target->removed : 1;
}

/* The family that associations other than @own use and that still answers; AF_UNSPEC: none. */
static int family_in_use(const struct target *target, const struct association *own)
{
	for (size_t i = 0; i < target->count; i++) {
		const struct association *other = target->associations[i];

		if (other != own && association_has_address(other) && !association_is_gone(other))
			return other->client.address.family;
	}

	return AF_UNSPEC;
}

/*
 * No association uses the address, or used it since the query, and it may be asked by @by_ns. A
 * server that refuses to serve us may not for a day, nor one for some hours that gave no keys: in
 * the place of one that does not answer it would be waited for, and nobody asked.
 */
static bool is_free(const struct target *target, size_t index, int64_t by_ns)
{
	const struct net_address *address = &target->found[index];
	uint32_t code;

	return !target->tried[index] &&
	       !associations_address_held(target->list, address, target) &&
	       nts_source_left_until(target, address) <= by_ns &&
	       associations_kissed_until(target->list, address, target->config.port, &code) <=
	       by_ns;
}

/*
 * The family with more of the addresses that are wanted. Of two equals the one of the first
 * address, because the resolver puts first what this machine has a route to.
 */
static int preferred_family(const struct target *target, int64_t now_raw_ns)
{
	size_t wanted = wanted_count(target), ipv4 = 0, ipv6 = 0;

	for (size_t i = 0; i < target->found_count; i++) {
		if (!is_free(target, i, now_raw_ns))
			continue;
		if (target->found[i].family == AF_INET && ipv4 < wanted)
			ipv4++;
		else if (target->found[i].family == AF_INET6 && ipv6 < wanted)
			ipv6++;
	}
	if (ipv4 == ipv6)
		return target->found[0].family;

	return ipv4 > ipv6 ? AF_INET : AF_INET6;
}

/* The next free address found of @family, AF_UNSPEC: any. -1: none. */
static int next_address(const struct target *target, int family, int64_t by_ns)
{
	for (size_t i = 0; i < target->found_count; i++) {
		if ((family == AF_UNSPEC || target->found[i].family == family) &&
		    is_free(target, i, by_ns))
			return (int)i;
	}

	return -1;
}

/*
 * The next address for @own, NULL: for a new association. -1: none. A machine with addresses of
 * both families would have two votes, so a target uses one family at a time.
 */
static int free_address(const struct target *target, const struct association *own,
			int64_t now_raw_ns)
{
	int family = family_in_use(target, own);
	int index;

	if (family != AF_UNSPEC)
		return next_address(target, family, now_raw_ns);
	index = next_address(target, preferred_family(target, now_raw_ns), now_raw_ns);

	return index >= 0 ? index : next_address(target, AF_UNSPEC, now_raw_ns);
}

/* Who has no address at all may wait until one can be asked. */
static bool use_free_address(struct association *association, int64_t now_raw_ns)
{
	struct target *target = association->target;
	int index = free_address(target, association, now_raw_ns);

	if (index < 0 && !association_has_address(association))
		index = next_address(target, AF_UNSPEC, INT64_MAX);
	if (index < 0 || give_address(association, &target->found[index], now_raw_ns) < 0)
		return false;
	target->tried[index] = true;

	return true;
}

static void schedule_look_up(struct target *target, int64_t now_raw_ns, int64_t least_ns,
			     int64_t most_ns)
{
	int64_t wait_ns = target->look_up_wait_ns;

	if (wait_ns < least_ns)
		wait_ns = least_ns;
	if (wait_ns > most_ns)
		wait_ns = most_ns;
	target->look_up_ns = now_raw_ns + wait_ns;
	target->look_up_wait_ns = 2 * wait_ns;
}

/* Why an association gets another address, in a message. */
#define UNUSABLE	"cannot be used"
#define OUTDATED	"is no address of its name any more"

/* Give an association another address. false: there is none. */
static bool move_on(struct association *association, const char *why, int64_t now_raw_ns)
{
	struct association_label old = association_label(association);
	bool known = association->in_vain;

	if (!use_free_address(association, now_raw_ns))
		return false;
	if (!known)
		log_info("%s %s, now asking %s", old.text, why,
			 association_label(association).text);

	return true;
}

/*
 * No other address is known. The next scheduled query may be weeks away, or half an hour; what the
 * latest one found may be as old, and then the name is resolved at once.
 */
static void look_for_others(struct target *target, int64_t now_raw_ns)
{
	int64_t wait_ns = chime_max(target->look_up_wait_ns, LOOK_UP_AGAIN_NS);
	int64_t due_ns = chime_max(chime_add_sat(target->looked_up_ns, wait_ns), now_raw_ns);

	/* The operator's query is repeated until it succeeds. */
	if (target->resolver.fd >= 0 || target->refresh_all)
		return;
	if (!target->refreshing && target->look_up_ns <= due_ns)
		return;
	target->refreshing = false;
	target->look_up_ns = due_ns;
	target->look_up_wait_ns = chime_min(2 * wait_ns, LOOK_UP_NOBODY_NS);
}

/*
 * May its address be replaced now? One that never answered always; else one of all in a while. A
 * new one has no vote before it has answered, so none on which the only majority depends.
 */
static bool may_be_replaced(const struct association *association, int64_t now_raw_ns)
{
	const struct associations *list = association->target->list;

	return !associations_needs(list, association->source) &&
	       (association->trying || now_raw_ns >= list->replace_ns);
}

bool address_has_route(const struct net_address *address, int port,
		       const struct ntp_socket_options *options)
{
	struct ntp_socket probe = { .fd = -1 };
	struct sockaddr_storage to;
	socklen_t length = net_address_to_sockaddr(address, port, &to);

	if (!length || ntp_socket_open(&probe, (struct sockaddr *)&to, length, options) < 0)
		return false;
	ntp_socket_close(&probe);

	return true;
}

/*
 * It has answered, and now requests cannot leave this machine, to any other address either: that is
 * no fault of its own.
 */
static bool is_cut_off(const struct association *association, int64_t now_raw_ns)
{
	const struct target *target = association->target;
	bool any = false;

	if (association->trying || !association->client.local_failures ||
	    association->false_samples >= FALSE_GONE)
		return false;
	for (size_t i = 0; i < target->found_count; i++) {
		if (!is_free(target, i, now_raw_ns))
			continue;
		if (address_has_route(&target->found[i], target->config.port,
				      &target->list->socket))
			return false;
		any = true;
	}

	return any;
}

/*
 * Replace an address that does not answer; resolve the name again if there is no other. When it
 * takes an address of the other family, all that are gone do: later they might answer again, beside
 * it.
 */
static void replace(struct association *association, int64_t now_raw_ns)
{
	int family = association->client.address.family;
	struct target *target = association->target;
	bool trying = association->trying;

	if (!may_be_replaced(association, now_raw_ns))
		return;
	/* Where it is now, the name may have other addresses. */
	if (is_cut_off(association, now_raw_ns) || !move_on(association, UNUSABLE, now_raw_ns)) {
		look_for_others(target, now_raw_ns);
		return;
	}
	if (!trying)
		target->list->replace_ns = now_raw_ns + REPLACE_NS;
	for (size_t i = 0; i < target->count; i++) {
		if (family != association->client.address.family &&
		    association_is_gone(target->associations[i]))
			move_on(target->associations[i], UNUSABLE, now_raw_ns);
	}
}

/* An interface's name is one, as it may come back with another number. */
static bool is_numeric(const struct target *target)
{
	struct net_address address;

	return !net_address_parse(target->config.options.name, target->config.family, &address) &&
	       !address.scope;
}

void association_replace_gone(struct association *association, int64_t now_raw_ns)
{
	if (association_is_gone(association) && !is_numeric(association->target))
		replace(association, now_raw_ns);
}

/*
 * Replace addresses that the name no longer resolves to. A routine query replaces one at a time, so
 * that a good clock does not lose all its sources to a new list.
 */
static void replace_outdated(struct target *target, bool all, int64_t now_raw_ns)
{
	for (size_t i = 0; i < target->count; i++) {
		struct association *association = target->associations[i];

		if (!association_has_address(association) ||
		    net_address_is_among(named_address(association), target->found,
					 target->found_count) ||
		    associations_needs(target->list, association->source))
			continue;
		if (!move_on(association, OUTDATED, now_raw_ns))
			look_for_others(target, now_raw_ns);
		if (!all)
			return;
	}
}

/*
 * It has answered, and could not be asked: the network may be back, and its answer on the way. If
 * there is none it is replaced then.
 */
static bool is_retried(const struct association *association)
{
	const struct ntp_client *client = &association->client;

	return !association->trying &&
	       (client->local_failures ||
		(ntp_client_is_in_flight(client) && client->last_error != -ETIMEDOUT));
}

/*
 * Distribute the addresses found: to associations without one, then to those that do not answer,
 * then to new ones.
 */
static void use_addresses(struct target *target, int64_t now_raw_ns)
{
	bool refreshing = target->refreshing, all = target->refresh_all;

	/* Whoever finds no address here has the name looked up anew. */
	target->refresh_all = false;
	for (size_t i = 0; i < target->count; i++) {
		struct association *association = target->associations[i];

		if (!association_has_address(association))
			use_free_address(association, now_raw_ns);
		else if (association_is_gone(association) && !is_retried(association))
			replace(association, now_raw_ns);
	}
	while (target->count < wanted_count(target) &&
	       free_address(target, NULL, now_raw_ns) >= 0) {
		if (!target_add(target, now_raw_ns))
			break;
		use_free_address(target->associations[target->count - 1], now_raw_ns);
	}
	if (refreshing)
		replace_outdated(target, all, now_raw_ns);
}

static bool is_without_address(const struct target *target)
{
	for (size_t i = 0; i < target->count; i++) {
		if (association_has_address(target->associations[i]))
			return false;
	}

	return true;
}

/* Do other sources have all addresses that were found? */
static void set_twin(struct target *target, bool twin)
{
	for (size_t i = 0; i < target->count; i++)
		source_set_twin(target->associations[i]->source, twin);
}

void associations_ask_twins(struct associations *list)
{
	for (size_t i = 0; i < list->target_count; i++) {
		struct target *target = list->targets[i];

		/* One that is being looked up takes what is free then. */
		if (!strcmp(target->problem, ASSOCIATION_IN_USE) && target->resolver.fd < 0)
			target_look_up_anew(target, INT64_MIN);
	}
}

/*
 * The next query of a name that has addresses: for those that a pool is short of, which uses all
 * that were found; else the routine one.
 */
static void schedule_next(struct target *target, int64_t now_raw_ns)
{
	int64_t wait_ns = target->complete_wait_ns;

	if (target->count < wanted_count(target)) {
		target->complete_wait_ns = chime_min(2 * wait_ns, LOOK_UP_NOBODY_NS);
		target->refreshing = false;
		target->look_up_ns = now_raw_ns + wait_ns;
		return;
	}
	target->complete_wait_ns = LOOK_UP_AGAIN_NS;
	if (!target->list->refresh_ns)
		return;
	target->refreshing = true;
	target->look_up_ns = now_raw_ns + target->list->refresh_ns;
}

static void take_addresses(struct target *target, const struct net_address *addresses, int count,
			   int64_t now_raw_ns)
{
	bool was_in_use = !strcmp(target->problem, ASSOCIATION_IN_USE), is_twin;

	memcpy(target->found, addresses, (size_t)count * sizeof(*addresses));
	memset(target->tried, 0, sizeof(target->tried));
	target->found_count = (size_t)count;
	target->look_up_ns = INT64_MAX;
	target->problem = "";
	use_addresses(target, now_raw_ns);

	is_twin = is_without_address(target);
	set_twin(target, is_twin);
	if (is_twin) {
		if (!was_in_use)
			log_warning("%s is not asked: %s", target->config.options.name,
				    ASSOCIATION_IN_USE);
		target->problem = ASSOCIATION_IN_USE;
		target->list->changed = true;
		schedule_look_up(target, now_raw_ns, LOOK_UP_AGAIN_NS, LOOK_UP_NOBODY_NS);
		return;
	}
	if (target->look_up_ns == INT64_MAX && !is_numeric(target))
		schedule_next(target, now_raw_ns);
}

bool target_refresh(struct target *target, int64_t now_raw_ns)
{
	if (target->config.options.kind == SOURCE_REFCLOCK ||
	    is_numeric(target))
		return false;
	target->refreshing = true;
	target->refresh_all = true;
	/* A query that goes on may bring what was true when it began. */
	target_look_up_anew(target, now_raw_ns);

	return true;
}

void target_restore(struct target *target, int64_t now_raw_ns)
{
	if (!target->removed)
		return;
	target->removed = 0;
	if (target->resolver.fd < 0)
		target->look_up_ns = now_raw_ns;
}

void target_failed(struct target *target, int err, const char *problem, int64_t now_raw_ns)
{
	bool nobody = err == -ENOENT;

	/* Addresses in use are kept. */
	if (is_without_address(target)) {
		if (strcmp(target->problem, problem) != 0)
			log_warning("%s cannot be used: %s; it will be tried again",
				    target->config.options.name, problem);
		target->problem = problem;
		set_twin(target, false);
		source_failed(target->associations[0]->source, now_raw_ns, err);
		target->list->changed = true;
	}
	/* What is being refreshed still is, by the query that succeeds. */
	schedule_look_up(target, now_raw_ns, LOOK_UP_FIRST_NS,
			 nobody ? LOOK_UP_NOBODY_NS : LOOK_UP_MOST_NS);
}

void target_finish_look_up(struct target *target, int64_t now_raw_ns)
{
	struct net_address addresses[RESOLVER_ADDRESSES_MAX];
	const char *problem;
	int count;

	count = resolver_finish(&target->resolver, now_raw_ns, addresses, &problem);
	if (count == -EAGAIN)
		return;
	if (count < 0)
		target_failed(target, count, problem, now_raw_ns);
	else
		take_addresses(target, addresses, count, now_raw_ns);
}

int target_family(const struct target *target)
{
	return target->config.family != AF_UNSPEC ? target->config.family : target->list->family;
}

static void start_look_up(struct target *target, int64_t now_raw_ns)
{
	const struct config_source *config = &target->config;
	int err, only = target->list->family, family = target_family(target);
	struct net_address address;

	target->look_up_ns = INT64_MAX;
	target->looked_up_ns = now_raw_ns;
	if (only != AF_UNSPEC && family != only) {
		target_failed(target, -ENOENT, "-4 or -6 excludes the family of its line",
			      now_raw_ns);
		return;
	}
	err = net_address_parse(config->options.name, family, &address);
	if (err == 0) {
		take_addresses(target, &address, 1, now_raw_ns);
		return;
	}
	if (err == -ENODEV) {
		target_failed(target, err, "There is no such interface", now_raw_ns);
		return;
	}

	err = resolver_start(&target->resolver, config->options.name, family, now_raw_ns);
	if (err < 0)
		target_failed(target, err, "No process could be started to do it", now_raw_ns);
}

void target_look_up_timer(struct target *target, int64_t now_raw_ns)
{
	if (target->resolver.fd >= 0 && now_raw_ns >= target->resolver.deadline_ns)
		target_finish_look_up(target, now_raw_ns);
	if (target->resolver.fd < 0 && now_raw_ns >= target->look_up_ns)
		start_look_up(target, now_raw_ns);
}

void target_look_up_later(struct target *target)
{
	target->look_up_ns = INT64_MAX;
	target->look_up_wait_ns = LOOK_UP_FIRST_NS;
	target->complete_wait_ns = LOOK_UP_AGAIN_NS;
}

void target_look_up_anew(struct target *target, int64_t now_raw_ns)
{
	resolver_cancel(&target->resolver);
	target->look_up_ns = now_raw_ns;
	target->look_up_wait_ns = LOOK_UP_FIRST_NS;
}

void target_look_up_sooner(struct target *target, int64_t now_raw_ns)
{
	/* One that goes on asks the name servers of when it began, which may be gone. */
	if (target->look_up_ns != INT64_MAX || target->resolver.fd >= 0)
		target_look_up_anew(target, now_raw_ns);
}

void target_found_right(struct target *target)
{
	for (size_t i = 0; i < target->count; i++) {
		if (association_is_gone(target->associations[i]))
			return;
	}
	target->look_up_wait_ns = LOOK_UP_FIRST_NS;
}
