// SPDX-License-Identifier: GPL-2.0-only
/*
 * A name's associations: they are made and freed, asked, and what comes of it is noted. Which
 * addresses they have is addresses.c's.
 */
#include "sources/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/names.h"
#include "ntp/mac.h"
#include "sources/addresses.h"

/* Requests to a server that may be reachable again after a change of the network. */
#define RETRY_REQUESTS		4

static const struct net_address no_address;

struct association_label association_label(const struct association *association)
{
	const char *name = association->target->config.options.name;
	char address[NET_ADDRESS_TEXT_MAX];
	struct association_label label;

	net_address_format(&association->client.address, address);
	if (!*address || !strcmp(address, name))
		snprintf(label.text, sizeof(label.text), "%s", name);
	else
		snprintf(label.text, sizeof(label.text), "%s (%s)", address, name);

	return label;
}

/*
 * Where none is configured, the one in which the MAC is whole: in NTPv4 a long one is cut off, and
 * some servers do not expect that.
 */
static int version_of(const struct config_source *config, const struct ntp_key *key)
{
	if (config->version)
		return config->version;

	return key && ntp_mac_size(key->type) > NTP_MAC_SIZE_V4_MAX ? 3 : NTP_VERSION_MAX;
}

static struct ntp_client_options client_options(const struct association *association)
{
	const struct target *target = association->target;
	struct ntp_limits limits = associations_limits(target->list, association);
	struct nts_source *nts = association->nts;

	limits.nts = nts ? &nts->session : NULL;

	return (struct ntp_client_options) {
		.port = nts && nts->port ? nts->port : target->config.port,
		.version = version_of(&target->config, limits.key),
		.key_id = target->config.key,
		.interleaved = target->config.interleaved,
		.mono_root = target->config.mono_root,
		.limits = limits,
		.socket = target->list->socket,
		.spacing = &target->list->spacing,
		.hardware = &target->list->hardware,
		.own = &target->list->own,
	};
}

/* It is asked at present: it is not offline, or in a burst. */
static bool association_is_asked(const struct association *association)
{
	bool in_burst = association->bursting && (source_is_in_burst(association->source) ||
						  association->client.socket.fd >= 0);

	return !association->offline || in_burst;
}

/* A burst that goes on ends first, as in chrony. */
bool association_set_offline(struct association *association, bool withdrawn)
{
	if (association->offline && association->withdrawn == withdrawn)
		return false;
	association->offline = true;
	association->withdrawn = withdrawn;
	if (association->bursting)
		return true;
	ntp_client_close(&association->client);
	source_set_offline(association->source, withdrawn);

	return true;
}

bool association_set_online(struct association *association, int64_t now_raw_ns)
{
	bool iburst = association->target->config.options.iburst;

	if (!association->offline)
		return false;
	association->offline = false;
	association->withdrawn = false;
	association->client.failures = 0;
	association->client.local_failures = 0;
	source_set_online(association->source);
	if (!association->bursting)
		source_burst(association->source, now_raw_ns, iburst ? RETRY_REQUESTS : 1, true);

	return true;
}

void association_apply_options(struct association *association)
{
	association->client.options = client_options(association);
	source_change_options(association->source, &association->options);
}

/*
 * An epoch may have begun that the sources were not told of yet. What is measured in that one is
 * not to be converted once more.
 */
static struct source *new_source(const struct association *association, int64_t now_raw_ns)
{
	struct source *source = source_new(&association->options, now_raw_ns);

	if (source)
		source_begin_epoch(source, association->target->list->epoch);

	return source;
}

static struct association *association_new(struct target *target, int64_t now_raw_ns)
{
	struct association *association;
	struct ntp_client_options options;

	association = calloc(1, sizeof(*association));
	if (!association)
		return NULL;
	association->target = target;
	association_take_options(association);
	association->source = new_source(association, now_raw_ns);
	if (!association->source)
		goto err_free;
	if (target->config.nts) {
		association->nts = nts_source_new();
		if (!association->nts)
			goto err_free_source;
	}
	options = client_options(association);
	ntp_client_init(&association->client, association->source, &options, &no_address);
	if (target->offline)
		association_set_offline(association, true);

	return association;

err_free_source:
	source_free(association->source);
err_free:
	free(association);
	return NULL;
}

static void association_free(struct association *association)
{
	ntp_client_close(&association->client);
	nts_source_free(association);
	source_free(association->source);
	free(association);
}

bool target_add(struct target *target, int64_t now_raw_ns)
{
	struct association *association;

	if (target->count == TARGET_ASSOCIATIONS_MAX || target->list->count >= CONFIG_SOURCES_MAX)
		return false;
	association = association_new(target, now_raw_ns);
	if (!association)
		return false;
	target->associations[target->count++] = association;
	associations_list_changed(target->list);

	return true;
}

struct target *target_new(struct associations *list, const struct config_source *config,
			  int64_t now_raw_ns)
{
	struct target *target = calloc(1, sizeof(*target));

	if (!target)
		return NULL;
	target->config = *config;
	target->list = list;
	target->offline = config->offline;
	target->resolver.fd = -1;
	target_look_up_later(target);
	target->problem = "";
	target->associations[0] = association_new(target, now_raw_ns);
	if (!target->associations[0])
		goto err_free;
	target->count = 1;
	if (config->options.kind == SOURCE_REFCLOCK) {
		target->refclock = refclock_new(config);
		if (!target->refclock)
			goto err_free_association;
	}

	target->look_up_ns = now_raw_ns;

	return target;

err_free_association:
	association_free(target->associations[0]);
err_free:
	free(target);
	return NULL;
}

void target_free(struct target *target)
{
	resolver_cancel(&target->resolver);
	target_refclock_free(target);
	for (size_t i = 0; i < target->count; i++)
		association_free(target->associations[i]);
	free(target);
}

bool target_shrink(struct target *target)
{
	if (target->count <= 1)
		return false;
	association_free(target->associations[--target->count]);

	return true;
}

void target_remove(struct target *target, struct association *association)
{
	size_t index = 0;

	while (target->associations[index] != association)
		index++;
	association_free(association);
	target->count--;
	target->removed++;
	memmove(&target->associations[index], &target->associations[index + 1],
		(target->count - index) * sizeof(target->associations[0]));
}

/* Say why a server cannot be asked with its key. */
static void describe_key(struct target *target)
{
	const struct associations *list = target->list;
	uint32_t id = target->config.key;

	*target->key_problem = '\0';
	if (!id || ntp_keys_find(list->keys, id))
		return;
	if (*list->keyfile)
		snprintf(target->key_problem, sizeof(target->key_problem),
			 "It is not asked, because its key %u was not found in %s", id,
			 list->keyfile);
	else
		snprintf(target->key_problem, sizeof(target->key_problem),
			 "It is not asked, because no keyfile is configured for its key %u", id);
}

void target_apply_options(struct target *target)
{
	bool lacked_key = *target->key_problem;
	bool has_key;

	describe_key(target);
	has_key = !*target->key_problem;
	for (size_t i = 0; i < target->count; i++) {
		struct association *association = target->associations[i];

		association->client.options = client_options(association);
		/* What it waits for after it could not be asked is there. */
		if (lacked_key && has_key)
			ntp_client_retry_now(&association->client, INT64_MIN);
		association->options.maxdistance_ns = target->config.options.maxdistance_ns;
		association->options.maxclockerror = target->config.options.maxclockerror;
		source_set_selection(association->source, &association->options);
	}
}

/* A lost server, or one that never answered, is asked now, and with iburst as at the start. */
static void retry_association_now(struct association *association, int64_t now_raw_ns)
{
	struct ntp_client *client = &association->client;
	struct source_status status;

	if (association->offline)
		return;
	nts_source_retry_now(association, now_raw_ns);
	if (client->local_failures) {
		ntp_client_retry_now(client, now_raw_ns);
		return;
	}
	source_get_record(association->source, &status);
	if (!association_has_address(association) || !client->failures || status.reach)
		return;
	source_burst(association->source, now_raw_ns,
		     association->target->config.options.iburst ? RETRY_REQUESTS : 1, true);
}

void target_retry_now(struct target *target, int64_t now_raw_ns)
{
	bool wanting = false;

	nts_source_retry_left(target);
	for (size_t i = 0; i < target->count; i++) {
		wanting |= !association_has_address(target->associations[i]) ||
			   association_is_gone(target->associations[i]);
		retry_association_now(target->associations[i], now_raw_ns);
	}
	if (wanting)
		target_look_up_sooner(target, now_raw_ns);
}

int association_start_over(struct association *association, const struct net_address *address,
			   int64_t now_raw_ns)
{
	struct target *target = association->target;
	struct ntp_client_options options = client_options(association);
	struct source *source;
	int64_t until_ns;
	uint32_t code;

	source = new_source(association, now_raw_ns);
	if (!source)
		return -ENOMEM;
	until_ns = associations_kissed_until(target->list, address, options.port, &code);
	if (until_ns > now_raw_ns)
		source_hold_back(source, code, until_ns);

	ntp_client_close(&association->client);
	source_free(association->source);
	association->source = source;
	/* One that never answers in the place of another such is no news. */
	association->in_vain = association->complained && association->trying;
	association->complained = association->in_vain;
	association->trying = true;
	association->bursting = false;
	association->false_samples = 0;
	ntp_client_init(&association->client, source, &options, address);
	if (association->offline)
		source_set_offline(source, association->withdrawn);
	associations_list_changed(target->list);

	return 0;
}

/* The setting that keeps requests from leaving, which is no fault of the server's; NULL: none. */
static const char *setting_at_fault(const struct ntp_client *client)
{
	const struct ntp_socket_options *options = &client->options.socket;
	const char *address = client->address.family == AF_INET6 ? options->bind_address6 :
								   options->bind_address4;

	if (!client->local_failures)
		return NULL;
	if (client->last_error == -ENODEV && *options->bind_device)
		return "there is no such interface (bindacqdevice)";
	if (client->last_error == -EADDRNOTAVAIL && *address)
		return "this machine does not have the address (bindacqaddress)";
	if (client->last_error == -EADDRINUSE && options->bind_port)
		return "another program has the port (acquisitionport)";
	if (client->last_error == -EINVAL && net_address_lacks_scope(&client->address))
		return "a link-local address needs its interface, as in fe80::1%eth0";

	return NULL;
}

const char *association_rejection(const struct association *association)
{
	const struct ntp_client *client = &association->client;
	const char *setting = setting_at_fault(client);

	if (association->nts && *association->nts->problem)
		return association->nts->problem;
	if (setting)
		return setting;
	if (!client->last_error)
		return "";
	if (client->verdict == NTP_KISS && client->kiss == NTP_KISS_RATE)
		return "the server finds that we ask too often";
	if (client->verdict != NTP_ACCEPTED)
		return ntp_verdict_text(client->verdict);
	if (client->last_error == -ETIMEDOUT && client->options.key_id && association->trying)
		return "no answer; a server gives none that does not have our key";

	return "";
}

/* It is no fault of a server's, and hits those by turns that happen to be asked last. */
static void log_want_of_files(const struct association *association)
{
	struct associations *list = association->target->list;

	if (!list->lacks_files)
		log_warning("%s was not asked: truechimed has as many files open as it may. It tries again, and so it is with others from now on. Raise LimitNOFILE= of its unit, or ulimit -n",
			    association_label(association).text);
	list->lacks_files = true;
}

/* Log when a server stops answering, and when it is back. */
static void log_failure(struct association *association)
{
	const struct ntp_client *client = &association->client;
	const char *reason = association_rejection(association);
	struct target *target = association->target;

	if (client->local_failures && client->last_error == -EMFILE) {
		log_want_of_files(association);
		return;
	}
	if (!*reason)
		reason = strerror(-client->last_error);
	/* A missing key was reported when it was looked for. */
	if (association->complained || *target->key_problem ||
	    (client->failures < FAILURES_GONE && !client->local_failures))
		return;
	association->complained = true;
	log_warning("%s gives no time: %s; it is still asked", association_label(association).text,
		    reason);
}

static void log_kiss(struct association *association)
{
	struct target *target = association->target;
	int64_t until_ns = source_earliest_poll(association->source);

	associations_note_kiss(target->list, &association->client, until_ns);

	log_warning("%s %s (%s)", association_label(association).text,
		    source_is_refused(association->source) ?
		    "refuses to serve us and is not asked for a day, or until a reload" :
		    "finds that we ask too often, and is asked less often",
		    refid_text(association->client.kiss).text);
}

/*
 * Another address of a pool may be right. A server that was configured by name is kept, and without
 * a majority it is unknown which source is wrong.
 */
static void count_false_sample(struct association *association)
{
	struct target *target = association->target;
	struct source_status status;

	source_get_record(association->source, &status);
	if (target->config.kind != CONFIG_POOL || status.verdict != SOURCE_FALSETICKER ||
	    !associations_agree(target->list))
		association->false_samples = 0;
	else
		association->false_samples++;
}

/* A request could not leave. chrony's auto_offline: wait for the operator to say that it can. */
static void note_local_failure(struct association *association, int64_t now_raw_ns)
{
	struct ntp_client *client = &association->client;
	struct target *target = association->target;

	if (!client->local_failures)
		return;
	if (association->offline && client->local_failures >= FAILURES_HOPELESS)
		source_burst(association->source, now_raw_ns, 0, true);
	if (!target->config.auto_offline || association->offline)
		return;
	association_set_offline(association, false);
	log_notice("%s is offline: it cannot be reached from here (auto_offline). To have it asked again: truechime online",
		   association_label(association).text);
}

/* initstepslew's server has been asked, or does not answer: nobody needs it any more. */
static void leave_after_start(struct association *association)
{
	const struct ntp_client *client = &association->client;
	struct target *target = association->target;
	bool silent = client->failures >= FAILURES_GONE && !client->local_failures;

	if (!target->config.at_start || association->offline ||
	    (!source_is_started(association->source) && !silent))
		return;
	target->offline = true;
	target_look_up_later(target);
	association_set_offline(association, true);
	log_info("%s is not asked any more: only 'initstepslew' names it, which is for the start",
		 association_label(association).text);
}

static void handle(struct association *association, enum ntp_client_result result,
		   int64_t now_raw_ns)
{
	struct target *target = association->target;

	nts_source_note(association, result, now_raw_ns);
	switch (result) {
	case NTP_CLIENT_NOTHING:
		return;
	case NTP_CLIENT_SAMPLE:
		if (association->complained)
			log_notice("%s gives time again", association_label(association).text);
		association->complained = false;
		association->in_vain = false;
		/* Without memory the next answer tries again. */
		association->trying = associations_prove(association, now_raw_ns) < 0;
		count_false_sample(association);
		if (!association->false_samples)
			target_found_right(target);
		break;
	case NTP_CLIENT_FAILED:
		log_failure(association);
		note_local_failure(association, now_raw_ns);
		break;
	case NTP_CLIENT_KISSED:
		log_kiss(association);
		break;
	}

	if (result != NTP_CLIENT_SAMPLE || association->false_samples)
		association_replace_gone(association, now_raw_ns);
	leave_after_start(association);
	target->list->changed = true;
}

int64_t target_next_ns(const struct target *target)
{
	int64_t next_ns = target->look_up_ns;

	if (target->refclock)
		return target_refclock_next_ns(target);
	if (target->resolver.fd >= 0 && target->resolver.deadline_ns < next_ns)
		next_ns = target->resolver.deadline_ns;
	for (size_t i = 0; i < target->count; i++) {
		const struct association *association = target->associations[i];
		int64_t client_ns;

		if (!association_has_address(association) || !association_is_asked(association))
			continue;
		client_ns = ntp_client_next_ns(&association->client);
		if (client_ns < next_ns)
			next_ns = client_ns;
		client_ns = nts_source_next_ns(association);
		if (client_ns < next_ns)
			next_ns = client_ns;
	}

	return next_ns;
}

int target_pollfds(const struct target *target, struct pollfd *fds, int max)
{
	int count = 0;

	if (target->resolver.fd >= 0 && count < max)
		fds[count++] = (struct pollfd) { .fd = target->resolver.fd, .events = POLLIN };
	if (target_refclock_fd(target) >= 0 && count < max)
		fds[count++] = (struct pollfd) {
			.fd = target_refclock_fd(target),
			.events = POLLIN,
		};
	for (size_t i = 0; i < target->count && count < max; i++) {
		int fd = target->associations[i]->client.socket.fd;

		if (fd >= 0)
			fds[count++] = (struct pollfd) { .fd = fd, .events = POLLIN | POLLPRI };
		fd = nts_source_fd(target->associations[i]);
		if (fd >= 0 && count < max)
			fds[count++] = (struct pollfd) { .fd = fd, .events = POLLIN };
	}

	return count;
}

void target_event(struct target *target, const struct pollfd *fd, int64_t now_raw_ns)
{
	if (fd->fd == target->resolver.fd) {
		target_finish_look_up(target, now_raw_ns);
		return;
	}
	if (fd->fd == target_refclock_fd(target)) {
		target_refclock_read(target, now_raw_ns);
		return;
	}
	for (size_t i = 0; i < target->count; i++) {
		struct association *association = target->associations[i];

		if (fd->fd == nts_source_fd(association)) {
			handle(association, nts_source_timer(association, now_raw_ns), now_raw_ns);
			return;
		}
		if (fd->fd != association->client.socket.fd)
			continue;
		handle(association,
		       ntp_client_event(&association->client, target->list->timescale,
					fd->revents, now_raw_ns), now_raw_ns);
		return;
	}
}

void target_timer(struct target *target, int64_t now_raw_ns)
{
	if (target->refclock) {
		target_refclock_timer(target, now_raw_ns);
		return;
	}
	target_look_up_timer(target, now_raw_ns);

	for (size_t i = 0; i < target->count; i++) {
		struct association *association = target->associations[i];

		if (!association_has_address(association) || !association_is_asked(association))
			continue;
		if (association->nts)
			handle(association, nts_source_timer(association, now_raw_ns), now_raw_ns);
		if (now_raw_ns < ntp_client_next_ns(&association->client))
			continue;
		handle(association,
		       ntp_client_timer(&association->client, target->list->timescale,
					now_raw_ns), now_raw_ns);
	}
}
