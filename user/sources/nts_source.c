// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys are established when a request is due and there is no cookie for it. The NTP server may be
 * another one than was asked (RFC 8915 section 4.1.7): then its name is looked up first.
 */
#include "sources/nts_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/line.h"
#include "lib/log.h"
#include "lib/time_units.h"
#include "sources/addresses.h"
#include "sources/nts_file.h"
#include "sources/target.h"

/*
 * After a failed attempt the next one waits for 2^N s, and each time for twice as long, as in
 * chrony: longer where somebody has answered and is no NTS server of ours, as the next answer will
 * most likely be the same.
 */
#define WAIT_SHIFT		4
#define WAIT_SHIFT_MAX		13
#define WAIT_SHIFT_CLOCK	6
#define WAIT_SHIFT_TLS		10
#define WAIT_SHIFT_TLS_MAX	17

#define PROGRAM_MISSING \
	"the program truechime-nts is missing: it belongs beside truechimed, install truechime as a whole"

/* A certificate's name has no dot at its end. */
static void copy_name(char *place, size_t size, const char *name)
{
	size_t length = strlen(name);

	if (length && name[length - 1] == '.')
		length--;
	snprintf(place, size, "%.*s", (int)length, name);
}

struct nts_source *nts_source_new(void)
{
	struct nts_source *nts = calloc(1, sizeof(*nts));

	if (!nts)
		return NULL;
	nts->establish.fd = -1;
	nts->resolver.fd = -1;
	nts->next_ns = INT64_MIN;

	return nts;
}

/* --- addresses that were left --- */

/* NULL: it was not, or long ago. */
static const struct nts_left *find_left(const struct target *target,
					const struct net_address *address)
{
	for (size_t i = 0; i < target->nts_left_count && i < RESOLVER_ADDRESSES_MAX; i++) {
		if (net_address_equal(&target->nts_left[i].address, address))
			return &target->nts_left[i];
	}

	return NULL;
}

static void note_left(struct association *association)
{
	const struct nts_source *nts = association->nts;
	struct target *target = association->target;
	const struct nts_left *known = find_left(target, &nts->asked);
	size_t place = known ? (size_t)(known - target->nts_left) :
			       target->nts_left_count++ % RESOLVER_ADDRESSES_MAX;
	bool works = nts->session.proven;

	target->nts_left[place] = (struct nts_left){
		.address = nts->asked,
		.attempts = works ? 0 : nts->attempts,
		.failure = nts->failure,
		.next_ns = works ? INT64_MIN : nts->next_ns,
	};
}

int64_t nts_source_left_until(const struct target *target, const struct net_address *address)
{
	const struct nts_left *left = find_left(target, address);

	return left ? left->next_ns : INT64_MIN;
}

void nts_source_retry_left(struct target *target)
{
	for (size_t i = 0; i < target->nts_left_count && i < RESOLVER_ADDRESSES_MAX; i++) {
		if (target->nts_left[i].failure != NTS_FAILED_TLS)
			target->nts_left[i].next_ns = INT64_MIN;
	}
}

void nts_source_leave(struct association *association)
{
	struct nts_source *nts = association->nts;

	note_left(association);
	nts_establish_cancel(&nts->establish);
	resolver_cancel(&nts->resolver);
	nts_file_write(association);
	nts_session_clear(&nts->session);
	explicit_bzero(&nts->agreed, sizeof(nts->agreed));
}

void nts_source_free(struct association *association)
{
	if (!association->nts)
		return;
	nts_source_leave(association);
	free(association->nts);
	association->nts = NULL;
}

/* --- failures --- */

static int64_t wait_ns(const struct nts_source *nts, enum nts_failure failure)
{
	unsigned int first = WAIT_SHIFT, most = WAIT_SHIFT_MAX, shift;

	switch (failure) {
	case NTS_FAILED_TLS:
		first = WAIT_SHIFT_TLS;
		most = WAIT_SHIFT_TLS_MAX;
		break;
	case NTS_FAILED_CLOCK:
		first = WAIT_SHIFT_CLOCK;
		break;
	case NTS_FAILED_HERE:
	case NTS_FAILED_CONNECT:
	case NTS_ESTABLISHED:
	case NTS_FAILURES:
		break;
	}
	shift = first + nts->attempts - 1;

	return NS_PER_S << (shift < most ? shift : most);
}

/*
 * Nothing has failed at this address yet, or something else has, by what was known when it was
 * left. The text about a wrong clock has the time, and is another one each time.
 */
static bool is_news(const struct nts_source *nts, enum nts_failure failure, const char *problem)
{
	return failure != nts->failure || (failure != NTS_FAILED_CLOCK && *nts->problem &&
					   strcmp(nts->problem, problem) != 0);
}

static enum ntp_client_result fail(struct association *association, enum nts_failure failure,
				   const char *problem, int64_t now_raw_ns)
{
	struct nts_source *nts = association->nts;
	int64_t until_ns = wait_ns(nts, failure);

	nts->next_ns = chime_add_sat(now_raw_ns, until_ns);
	if (is_news(nts, failure, problem))
		log_warning("There are no NTS keys for %s: %s. It is tried again in %lld s",
			    association_label(association).text, problem,
			    (long long)(until_ns / NS_PER_S));
	association->complained = true;
	nts->failure = failure;
	snprintf(nts->problem, sizeof(nts->problem), "%s", problem);
	explicit_bzero(&nts->agreed, sizeof(nts->agreed));

	return ntp_client_fail(&association->client, now_raw_ns, -ENOKEY);
}

/* --- success --- */

/* Two sources that are one server would have two votes. */
static bool is_others(const struct association *association, const struct net_address *address)
{
	const struct associations *list = association->target->list;

	for (size_t i = 0; i < list->count; i++) {
		const struct association *other = list->list[i];

		if (other != association && net_address_equal(&other->client.address, address) &&
		    !associations_gives_way(other, association->target))
			return true;
	}

	return false;
}

/* Ask @address from now on. false: @problem says why not. */
static bool use_server(struct association *association, const struct net_address *address, int port,
		       int64_t now_raw_ns, const char **problem)
{
	struct ntp_client *client = &association->client;
	int family = target_family(association->target);

	if (family != AF_UNSPEC && family != address->family) {
		*problem = "its NTP server has another family of addresses than is to be asked";
		return false;
	}
	if (is_others(association, address)) {
		*problem = "its NTP server is in use as another source";
		return false;
	}
	association->nts->port = port;
	if (client->options.port == port && net_address_equal(&client->address, address))
		return true;
	if (association_start_over(association, address, now_raw_ns) < 0) {
		*problem = "there is no memory";
		return false;
	}

	return true;
}

static int agreed_port(const struct association *association)
{
	int port = association->nts->agreed.answer.port;

	return port ? port : association->target->config.port;
}

static enum ntp_client_result take_keys(struct association *association,
					const struct net_address *address, int64_t now_raw_ns)
{
	struct nts_source *nts = association->nts;
	const struct nts_outcome *agreed = &nts->agreed;
	const char *problem;

	if (!use_server(association, address, agreed_port(association), now_raw_ns, &problem))
		return fail(association, NTS_FAILED_CONNECT, problem, now_raw_ns);
	nts_session_begin(&nts->session, &agreed->keys, &agreed->other, agreed->answer.cookies,
			  agreed->answer.cookie_count);
	explicit_bzero(&nts->agreed, sizeof(nts->agreed));
	nts->established_ns = now_raw_ns;
	nts->number++;
	nts->algorithm = nts->session.keys.algorithm;
	nts->refused = false;
	nts->failure = NTS_ESTABLISHED;
	*nts->problem = '\0';
	/* If the server does not answer with these keys either, the next ones wait. */
	nts->next_ns = chime_add_sat(now_raw_ns, wait_ns(nts, NTS_ESTABLISHED));

	return NTP_CLIENT_NOTHING;
}

/* The keys are there; where is the server? */
static enum ntp_client_result find_server(struct association *association, int64_t now_raw_ns)
{
	struct nts_source *nts = association->nts;
	const char *server = nts->agreed.answer.server;
	struct net_address address;

	if (!*server)
		return take_keys(association, &nts->asked, now_raw_ns);
	if (!net_address_parse(server, AF_UNSPEC, &address))
		return take_keys(association, &address, now_raw_ns);
	if (resolver_start(&nts->resolver, server, target_family(association->target),
			   now_raw_ns) < 0)
		return fail(association, NTS_FAILED_CONNECT,
			    "no process could be started to look up its NTP server", now_raw_ns);

	return NTP_CLIENT_NOTHING;
}

/*
 * Of the NTP server's addresses one that no other source has, and rather of the family by which the
 * keys came, as that works here. As in chrony the other family is better than none.
 */
static const struct net_address *choose_address(const struct association *association,
						const struct net_address *addresses, int count)
{
	const struct net_address *chosen = NULL;

	for (int i = 0; i < count; i++) {
		if (is_others(association, &addresses[i]))
			continue;
		if (addresses[i].family == association->nts->asked.family)
			return &addresses[i];
		if (!chosen)
			chosen = &addresses[i];
	}

	return chosen ? chosen : &addresses[0];
}

static enum ntp_client_result finish_look_up(struct association *association, int64_t now_raw_ns)
{
	struct net_address addresses[RESOLVER_ADDRESSES_MAX];
	const char *problem;
	int count;

	count = resolver_finish(&association->nts->resolver, now_raw_ns, addresses, &problem);
	if (count == -EAGAIN)
		return NTP_CLIENT_NOTHING;
	if (count < 0)
		return fail(association, NTS_FAILED_CONNECT,
			    "the name of its NTP server cannot be looked up", now_raw_ns);

	return take_keys(association, choose_address(association, addresses, count), now_raw_ns);
}

static enum ntp_client_result finish_keys(struct association *association, int64_t now_raw_ns)
{
	struct nts_source *nts = association->nts;
	int err = nts_establish_finish(&nts->establish, now_raw_ns, &nts->agreed);
	char problem[NTS_PROBLEM_MAX];

	if (err == -EAGAIN)
		return NTP_CLIENT_NOTHING;
	if (nts->agreed.failure == NTS_ESTABLISHED)
		return find_server(association, now_raw_ns);
	memcpy(problem, nts->agreed.problem, sizeof(problem));

	return fail(association, nts->agreed.failure, problem, now_raw_ns);
}

/* --- the beginning --- */

static void fill_task(const struct association *association, struct nts_task *task)
{
	const struct config_source *config = &association->target->config;
	const struct associations *list = association->target->list;
	const struct config_nts *options = &list->nts;

	memset(task, 0, sizeof(*task));
	task->address = association->nts->asked;
	task->port = config->nts_port;
	copy_name(task->name, sizeof(task->name), config->options.name);
	task->algorithms = options->algorithms;
	task->no_system = options->no_system || config->cert_set;
	task->no_time_checks = list->clock_updates < options->no_time_checks;
	snprintf(task->bind_address, sizeof(task->bind_address), "%s",
		 task->address.family == AF_INET6 ? list->bind_address6 : list->bind_address4);
	snprintf(task->bind_device, sizeof(task->bind_device), "%s", list->bind_device);
	for (size_t i = 0; i < options->trusted_count; i++) {
		const struct config_certificates *trusted = &options->trusted[i];

		if (trusted->set == config->cert_set)
			snprintf(task->paths[task->path_count++], sizeof(task->paths[0]), "%s",
				 trusted->path);
	}
}

static enum ntp_client_result start(struct association *association, int64_t now_raw_ns)
{
	struct nts_source *nts = association->nts;
	struct nts_task task;
	int err;

	if (nts->session.proven)
		nts->attempts = 0;
	nts->attempts++;
	nts->refused |= nts->session.refused;
	/* Whatever is left is of no use, and what worked once does not count twice. */
	nts_session_clear(&nts->session);
	if (!association->target->list->nts.algorithms.count)
		return fail(association, NTS_FAILED_HERE, "'ntsaeads' leaves no algorithm",
			    now_raw_ns);
	fill_task(association, &task);
	err = nts_establish_start(&nts->establish, &task, now_raw_ns);
	if (!err)
		return NTP_CLIENT_NOTHING;

	return fail(association, NTS_FAILED_HERE, err == -ENOENT ? PROGRAM_MISSING :
		    "the program truechime-nts could not be started", now_raw_ns);
}

void nts_source_begin(struct association *association, int64_t now_raw_ns)
{
	const struct nts_left *left = find_left(association->target, &association->client.address);
	struct nts_source *nts = association->nts;
	struct nts_dump dump;
	const char *problem;

	nts->asked = association->client.address;
	nts->port = association->target->config.port;
	nts->number = 0;
	nts->algorithm = AEAD_NONE;
	nts->refused = false;
	/* What another address has failed at is not waited for here, but what this one has. */
	nts->attempts = left ? left->attempts : 0;
	nts->failure = left ? left->failure : NTS_ESTABLISHED;
	nts->next_ns = left ? left->next_ns : INT64_MIN;
	*nts->problem = '\0';
	if (!nts_file_read(association, &dump, now_raw_ns, &nts->established_ns))
		return;
	if (use_server(association, &dump.address, dump.port, now_raw_ns, &problem)) {
		nts_session_begin(&nts->session, &dump.keys, NULL, dump.cookies, dump.count);
		nts->number = dump.number ? dump.number : 1;
		nts->algorithm = dump.keys.algorithm;
	}
	explicit_bzero(&dump, sizeof(dump));
}

/* --- the loop --- */

int nts_source_fd(const struct association *association)
{
	const struct nts_source *nts = association->nts;

	if (!nts)
		return -1;

	return nts->establish.fd >= 0 ? nts->establish.fd : nts->resolver.fd;
}

static int64_t start_ns(const struct association *association)
{
	const struct nts_source *nts = association->nts;
	int64_t due_ns = ntp_client_due_ns(&association->client);

	return nts->session.proven ? due_ns : chime_max(due_ns, nts->next_ns);
}

int64_t nts_source_next_ns(const struct association *association)
{
	const struct nts_source *nts = association->nts;

	if (!nts)
		return INT64_MAX;
	if (nts->establish.fd >= 0)
		return nts->establish.deadline_ns;
	if (nts->resolver.fd >= 0)
		return nts->resolver.deadline_ns;
	if (nts->session.count || ntp_client_is_in_flight(&association->client))
		return INT64_MAX;

	return start_ns(association);
}

/* Keys that are too old are of no use for the request that is due. */
static void expire(struct association *association, int64_t now_raw_ns)
{
	int64_t refresh_s = association->target->list->nts.refresh_s;
	struct nts_source *nts = association->nts;

	if (nts->session.count && !ntp_client_is_in_flight(&association->client) &&
	    now_raw_ns >= ntp_client_due_ns(&association->client) &&
	    chime_sub_sat(now_raw_ns, nts->established_ns) / NS_PER_S > refresh_s)
		nts->session.count = 0;
}

enum ntp_client_result nts_source_timer(struct association *association, int64_t now_raw_ns)
{
	struct nts_source *nts = association->nts;

	if (!nts)
		return NTP_CLIENT_NOTHING;
	if (nts->establish.fd >= 0)
		return finish_keys(association, now_raw_ns);
	if (nts->resolver.fd >= 0)
		return finish_look_up(association, now_raw_ns);
	expire(association, now_raw_ns);
	if (!ntp_client_needs_cookies(&association->client, now_raw_ns) ||
	    now_raw_ns < start_ns(association))
		return NTP_CLIENT_NOTHING;

	return start(association, now_raw_ns);
}

void nts_source_retry_now(struct association *association, int64_t now_raw_ns)
{
	struct nts_source *nts = association->nts;

	if (nts && *nts->problem && nts->failure != NTS_FAILED_TLS)
		nts->next_ns = now_raw_ns;
}

void nts_source_note(struct association *association, enum ntp_client_result result,
		     int64_t now_raw_ns)
{
	struct nts_source *nts = association->nts;

	if (nts && result == NTP_CLIENT_FAILED && nts->session.refused &&
	    (nts->session.proven || nts->session.other.algorithm != AEAD_NONE))
		source_burst(association->source, now_raw_ns, 1, true);
}
