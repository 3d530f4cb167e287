// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines of the configuration that the operator adds while the daemon runs: they are in force until
 * the configuration is read again.
 */
#include "daemon/requests.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void serve_anew(struct daemon *daemon)
{
	serving_configure(daemon->serving, daemon->config,
			  associations_keys(daemon->associations), system_clock_raw_ns());
}

int daemon_rekey(struct daemon *daemon)
{
	int err = associations_read_keys(daemon->associations, daemon->config);

	serve_anew(daemon);
	if (err)
		snprintf(daemon->refusal, sizeof(daemon->refusal),
			 "%s: the keys cannot be read: %s. Keys that were read before stay in force",
			 daemon->config->keyfile, strerror(-err));

	return err;
}

/* Programs that let a host in and out again do so for as long as the daemon runs. */
static int rules_with(const struct access_rule *rules, size_t *count,
		      const struct access_rule *rule, struct access_rule **with)
{
	*with = access_rules_with(rules, count, rule);
	if (!*with)
		return -ENOMEM;
	if (*count <= CONFIG_ACCESS_RULES_MAX)
		return 0;
	free(*with);

	return -ENOSPC;
}

int daemon_set_rule(struct daemon *daemon, const struct access_rule *rule)
{
	struct config_server *server = &daemon->config->server;
	struct access_rule *before = server->rules, *after;
	size_t before_count = server->rule_count, count = before_count;
	int err;

	/* Whom the configuration refuses by a name would be let in. */
	if (server->closed && rule->allow)
		return -EPERM;
	err = rules_with(before, &count, rule, &after);
	if (err)
		return err;
	server->rules = after;
	server->rule_count = count;
	serve_anew(daemon);
	if (!config_serves(server) || serving_is_open(daemon->serving)) {
		free(before);
		return 0;
	}
	/* It was logged why. */
	server->rules = before;
	server->rule_count = before_count;
	free(after);
	serve_anew(daemon);

	return -EADDRNOTAVAIL;
}

int daemon_set_command_rule(struct daemon *daemon, const struct access_rule *rule)
{
	struct config_chronyc *config = &daemon->config->chronyc;
	size_t count = config->rule_count;
	struct access_rule *after;
	int err;

	if (config->closed && rule->allow)
		return -EPERM;
	err = rules_with(config->rules, &count, rule, &after);
	if (err)
		return err;
	err = chronyc_listener_set_rules(daemon->chronyc, after, count);
	if (err) {
		free(after);
		return err;
	}
	free(config->rules);
	config->rules = after;
	config->rule_count = count;

	return 0;
}

/* The first error goes to the operator. A line that has no effect is an error to him. */
static void keep_reason(void *context, enum config_severity severity, const char *file, int line,
			const char *message)
{
	struct daemon *daemon = context;

	(void)file;
	(void)line;
	(void)severity;
	if (!*daemon->refusal)
		snprintf(daemon->refusal, sizeof(daemon->refusal), "%s", message);
}

/* A configuration of that line alone; NULL: it is wrong, and daemon.refusal says why. */
static struct config *read_line(struct daemon *daemon, const char *line)
{
	struct config *config;

	*daemon->refusal = '\0';
	if (config_from_text("command", line, strlen(line), false, keep_reason, daemon, &config))
		return NULL;
	if (!*daemon->refusal)
		return config;
	config_free(config);

	return NULL;
}

int daemon_set_local(struct daemon *daemon, const char *line)
{
	struct config *config = read_line(daemon, line);

	if (!config)
		return -EINVAL;
	daemon->config->server.local = config->server.local;
	config_free(config);
	serve_anew(daemon);

	return 0;
}

/* The log says why. After a restart, which is what most often helps, the command is forgotten. */
#define PORT_WORDS \
	"the NTP port cannot be opened (why: see truechimed's log). To open it at a start: write this line into the configuration, and restart truechimed"
#define NO_PORT_WORDS	\
	"nobody is served with 'port 0'. Take that out of the configuration, and restart truechimed"

#define CLOSED_WORDS	\
	"nobody is let in while a 'deny' or 'cmddeny' of the configuration has a name. Write its address there, and: truechime reload"

/* An `allow` that would let nobody in. Who only hands out NTS keys, for another server, does so. */
static bool lets_nobody_in(const struct config *config, const struct access_rule *rule)
{
	return rule->allow && !config->server.port &&
	       !(config->nts.certificate_count && config->nts.port);
}

static const char *rule_words(int err)
{
	switch (err) {
	case -EADDRNOTAVAIL:
		return PORT_WORDS;
	case -EPERM:
		return CLOSED_WORDS;
	case -ENOSPC:
		return "there are as many such lines as there may be: name larger networks";
	}

	return strerror(-err);
}

static int add_rule(struct daemon *daemon, const char *line)
{
	struct config *config = read_line(daemon, line);
	int err = -EINVAL;

	if (config && config->server.rule_count &&
	    lets_nobody_in(daemon->config, &config->server.rules[0]))
		snprintf(daemon->refusal, sizeof(daemon->refusal), NO_PORT_WORDS);
	else if (config && config->server.rule_count)
		err = daemon_set_rule(daemon, &config->server.rules[0]);
	else if (config && config->chronyc.rule_count)
		err = daemon_set_command_rule(daemon, &config->chronyc.rules[0]);
	config_free(config);
	if (err && !*daemon->refusal)
		snprintf(daemon->refusal, sizeof(daemon->refusal), "%s", rule_words(err));

	return err;
}

/* Whether @line begins with the word @directive. */
static bool is_of(const char *line, const char *directive)
{
	size_t length = strlen(directive);

	return !strncmp(line, directive, length) && (!line[length] || line[length] == ' ');
}

static int obey(struct daemon *daemon, const char *line)
{
	static const char *const rules[] = { "allow", "deny", "cmdallow", "cmddeny" };

	*daemon->refusal = '\0';
	if (!strcmp(line, "manual on") || !strcmp(line, "manual off")) {
		daemon->config->manual = !strcmp(line, "manual on");
		return 0;
	}
	if (is_of(line, "local"))
		return daemon_set_local(daemon, strcmp(line, "local off") ? line : "");
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		if (is_of(line, rules[i]))
			return add_rule(daemon, line);
	}
	snprintf(daemon->refusal, sizeof(daemon->refusal), "%s",
		 "allow, deny, cmdallow, cmddeny, local or manual was expected");

	return -EINVAL;
}

json_t *daemon_obey_directive(struct daemon *daemon, const char *line, const char **error)
{
	if (!obey(daemon, line)) {
		log_notice("The operator set: %s", line);
		return json_pack("{s:b}", "ok", 1);
	}
	*error = daemon->refusal;

	return NULL;
}
