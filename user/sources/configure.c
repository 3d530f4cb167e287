// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a configuration to targets, and to the keys that they are asked with: targets whose
 * directive is the same are kept, others freed and made.
 */
#include "sources/association.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/text_append.h"
#include "lib/time_units.h"
#include "sources/keyring.h"
#include "sources/target.h"

/* The server's own port would be two programs': neither got all of its packets. */
static int bind_port_of(const struct config *config)
{
	return config_serves(&config->server) && config->bind_port == config->server.port ?
	       0 : config->bind_port;
}

/* The port of a family; 0: it is not served. *@bound: the only address; of no family: all. */
static int own_port(const struct config_server *server, int family, struct net_address *bound)
{
	static const struct net_address any;
	const char *address = config_server_address(server, family);

	if (!address)
		return 0;
	if (net_address_parse(address, family, bound) ||
	    !memcmp(bound->bytes, any.bytes, sizeof(any.bytes)))
		*bound = any;

	return server->port;
}

/* Bound to an interface it is not reached from here. */
static struct ntp_own own_of(const struct config_server *server)
{
	struct ntp_own own = { .port4 = 0 };

	if (!config_serves(server) || *server->bind_device)
		return own;
	own.port4 = own_port(server, AF_INET, &own.address4);
	own.port6 = own_port(server, AF_INET6, &own.address6);

	return own;
}

/* What a client needs, and of the names of files those that there are: the rest is much. */
static void copy_nts(const struct config_nts *from, struct config_nts *to)
{
	memcpy(to->trusted, from->trusted, from->trusted_count * sizeof(*from->trusted));
	to->trusted_count = from->trusted_count;
	to->no_system = from->no_system;
	to->no_time_checks = from->no_time_checks;
	to->refresh_s = from->refresh_s;
	to->algorithms = from->algorithms;
	memcpy(to->dumpdir, from->dumpdir, sizeof(to->dumpdir));
}

static void copy_options(struct associations *list, const struct config *config)
{
	memcpy(list->bind_address4, config->bind_address4, sizeof(list->bind_address4));
	memcpy(list->bind_address6, config->bind_address6, sizeof(list->bind_address6));
	memcpy(list->bind_device, config->bind_device, sizeof(list->bind_device));
	list->family = config->family;
	list->socket.dscp = config->dscp;
	list->socket.bind_port = bind_port_of(config);
	list->own = own_of(&config->server);
	list->minstratum = config->minstratum;
	list->maxstratum = config->maxstratum;
	list->refresh_ns = config->refresh_s * NS_PER_S;
	copy_nts(&config->nts, &list->nts);
}

static void report_key(void *context, enum config_severity severity, const char *file, int line,
		       const char *message)
{
	char place[CONFIG_PATH_MAX + 16];

	(void)context;
	config_place(file, line, place, sizeof(place));
	if (severity == CONFIG_ERROR)
		log_err("%s: %s", place, message);
	else
		log_warning("%s: %s", place, message);
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
	    keyring_read(report_key, NULL, list->keyfile, &list->keys) < 0)
		return;
	for (size_t i = 0; i < list->target_count; i++)
		target_apply_options(list->targets[i]);
}

/*
 * Those that the operator added, too, of which no configuration speaks, and which alone are named
 * where there is no file: of the others the configuration's own warning says so. @before: the keys
 * that there were; NULL: none, or the same.
 */
static void report_keys(const struct associations *list, const struct ntp_keys *before)
{
	const char *place = *list->keyfile ? list->keyfile : "no 'keyfile' is configured";
	char message[KEYRING_MESSAGE_MAX];
	enum config_severity severity;

	for (size_t i = 0; i < list->target_count; i++) {
		const struct target *target = list->targets[i];

		if ((*list->keyfile || !target->listed) &&
		    keyring_judge(&target->config, list->keys, before, &severity, message))
			report_key(NULL, severity, place, 0, message);
	}
}

/*
 * Read the keys. If that fails, those that were read from the same file before stay. @freed: to be
 * freed when no target refers to them any more. 0, -errno.
 */
static int replace_keys(struct associations *list, const struct config *config,
			struct ntp_keys **freed)
{
	bool is_same_file = !strcmp(list->keyfile, config->keyfile);
	struct ntp_keys *keys = NULL;
	int err;

	*freed = list->keys;
	err = keyring_load(report_key, NULL, config, has_keyed_target(list), &keys);
	if (err < 0 && is_same_file && list->keys) {
		log_warning("%s: the keys that were read from it before stay in force",
			    list->keyfile);
		*freed = NULL;
	} else {
		memcpy(list->keyfile, config->keyfile, sizeof(list->keyfile));
		list->keys = keys;
	}
	report_keys(list, *freed);

	return err;
}

int associations_read_keys(struct associations *list, const struct config *config)
{
	struct ntp_keys *old;
	int err = replace_keys(list, config, &old);

	for (size_t i = 0; i < list->target_count; i++)
		target_apply_options(list->targets[i]);
	ntp_keys_free(old);

	return err;
}

size_t associations_lacking_keys(const struct associations *list, char *names, size_t size)
{
	size_t count = 0;

	*names = '\0';
	for (size_t i = 0; i < list->target_count; i++) {
		const struct config_source *source = &list->targets[i]->config;

		if (!source->key || ntp_keys_find(list->keys, source->key))
			continue;
		text_append(names, size, "%s%s (key %u)", count++ ? ", " : "",
			    source->options.name, source->key);
	}

	return count;
}

/*
 * By their own lines: authselectmode makes something else of them beside others, and these come and
 * go. What was measured of a source holds, and a refclock may not be opened again.
 */
static bool is_same_line(const struct config_source *one, const struct config_source *other)
{
	struct config_source a = *one, b = *other;

	config_source_take_said(&a);
	config_source_take_said(&b);

	return config_source_equal(&a, &b);
}

/* Find the old target with the same directive, and take it out of the old list. */
static struct target *claim(struct target **old, size_t count, const struct config_source *config)
{
	for (size_t i = 0; i < count; i++) {
		struct target *target = old[i];

		if (target && is_same_line(&target->config, config)) {
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
		if (is_same_line(&list->deleted[i], directive))
			return true;
	}

	return false;
}

static void free_targets(struct target **targets, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (targets[i])
			target_free(targets[i]);
	}
	free(targets);
}

/* A line that left the configuration and comes back is a new one, which nobody deleted. */
static void forget_deleted(struct associations *list, const struct config *config)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->deleted_count; i++) {
		for (size_t j = 0; j < config->source_count; j++) {
			if (!is_same_line(&list->deleted[i], &config->sources[j]))
				continue;
			list->deleted[kept++] = list->deleted[i];
			break;
		}
	}
	list->deleted_count = kept;
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
		if (!targets[i]) {
			free_targets(targets, i);
			return NULL;
		}
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
			old[i]->listed = false;
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
		targets[i]->listed = true;
		/* The same line may be in another file now, or mean something else. */
		targets[i]->config = *wanted.directive[i];
		target_apply_options(targets[i]);
	}
	forget_deleted(list, config);
	list->authselect = config->authselect;
	list->targets = targets;
	list->target_count = wanted.count;
	changes->removed = drop_unclaimed(list, old, old_count);
	free(old);
	shrink_pools(list);
	associations_list_changed(list);
	if (changes->removed)
		associations_ask_twins(list);

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

/* What the operator changed of its sources; what is measured stays. */
static void forget_changed(struct target *target)
{
	for (size_t i = 0; i < target->count; i++) {
		struct association *association = target->associations[i];

		const struct source_options *to = &target->config.options;
		int minpoll = association->options.minpoll, maxpoll = association->options.maxpoll;

		if (!association->changed)
			continue;
		association_take_options(association);
		association_apply_options(association);
		/* Else what KISS packets made of them stays. */
		if (to->minpoll != minpoll || to->maxpoll != maxpoll)
			source_set_polls(association->source, to->minpoll, to->maxpoll);
	}
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

	list->lacks_files = false;
	copy_options(list, config);
	(void)replace_keys(list, config, &old_keys);
	associations_forgive(list, now_raw_ns);
	for (size_t i = 0; i < list->target_count; i++) {
		/* What the configuration itself names is its own, and goes with its line. */
		if (list->targets[i]->listed && !list->targets[i]->config.volatile_origin)
			list->targets[i]->added = false;
		if (list->targets[i]->listed)
			forget_changed(list->targets[i]);
		target_apply_options(list->targets[i]);
		target_restore(list->targets[i], now_raw_ns);
		target_retry_now(list->targets[i], now_raw_ns);
	}
	ntp_keys_free(old_keys);
	associations_select(list);
	associations_report_change(list);

	return 0;
}
