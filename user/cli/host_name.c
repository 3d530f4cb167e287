// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of hosts as arguments, where chronyc takes them: they are resolved here, by a process
 * without privileges. The daemon waits for no name server.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "cli/cli.h"
#include "lib/clock_ns.h"
#include "server/access.h"
#include "sources/resolver.h"

/* The resolver has its own limit in time. */
#define TICK_MS	1000

static bool is_address(const char *word)
{
	struct net_address address;

	return net_address_parse(word, AF_UNSPEC, &address) != -EINVAL;
}

/* How many addresses; -errno: none, and @problem says why. */
static int look_up(const struct cli *cli, const char *name, struct net_address *addresses,
		   const char **problem)
{
	struct resolver resolver = { .fd = -1 };
	int count = resolver_start(&resolver, name, cli->family, clock_ns(CLOCK_MONOTONIC));

	if (count < 0) {
		*problem = strerror(-count);
		return count;
	}
	do {
		struct pollfd answer = { .fd = resolver.fd, .events = POLLIN };

		(void)poll(&answer, 1, TICK_MS);
		count = resolver_finish(&resolver, clock_ns(CLOCK_MONOTONIC), addresses, problem);
	} while (count == -EAGAIN);

	return count;
}

const char *address_of_host(const struct cli *cli, const char *word,
			    char text[NET_ADDRESS_TEXT_MAX])
{
	struct net_address addresses[RESOLVER_ADDRESSES_MAX];
	const char *problem;

	/* What is empty is refused for that by who sends it. */
	if (!*word || is_address(word))
		return word;
	if (look_up(cli, word, addresses, &problem) < 0) {
		user_err("\"%s\" is no address, and no name that has one: %s", word, problem);
		return NULL;
	}
	net_address_format(&addresses[0], text);

	return text;
}

const char *network_of_host(const struct cli *cli, const char *word,
			    char text[NET_ADDRESS_TEXT_MAX])
{
	struct access_rule rule;

	if (strchr(word, '/') || access_rule_parse(word, &rule) != -EINVAL)
		return word;

	return address_of_host(cli, word, text);
}

/* Has a time source @text for its @key? */
static bool has_source(const json_t *sources, const char *key, const char *text)
{
	const json_t *source;
	size_t i;

	json_array_foreach(sources, i, source) {
		if (!strcasecmp(json_text_of(source, key), text))
			return true;
	}

	return false;
}

const char *word_of_source(const struct cli *cli, const char *word,
			   char text[NET_ADDRESS_TEXT_MAX])
{
	struct net_address addresses[RESOLVER_ADDRESSES_MAX];
	const json_t *sources;
	const char *problem;
	json_t *reply = NULL;
	int count = 0;

	if (!*word || strchr(word, '/') || is_address(word))
		return word;
	/* Where it cannot be asked, that is said by who asks it next. */
	if (!client_ask(cli, "sources", &reply)) {
		sources = json_object_get(reply, "sources");
		/* The reference id of a refclock is where others have an address. */
		if (!has_source(sources, "name", word) && !has_source(sources, "address", word))
			count = look_up(cli, word, addresses, &problem);
		for (int i = 0; i < count; i++) {
			net_address_format(&addresses[i], text);
			if (has_source(sources, "address", text)) {
				word = text;
				break;
			}
		}
	}
	json_decref(reply);

	return word;
}
