// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the configuration to the key file, and back to the sources.
 */
#include "sources/keyring.h"

#include <stdio.h>

#include "ntp/keys.h"

/* Where reports go. */
struct listener {
	config_report *report;
	void *context;
};

static void pass_on(void *context, enum ntp_keys_severity severity, const char *file, int line,
		    const char *message)
{
	const struct listener *listener = context;

	listener->report(listener->context,
			 severity == NTP_KEYS_ERROR ? CONFIG_ERROR : CONFIG_WARNING, file, line,
			 message);
}

static bool needs_keys(const struct config *config)
{
	for (size_t i = 0; i < config->source_count; i++) {
		if (config->sources[i].key)
			return true;
	}

	return config_serves(&config->server);
}

int keyring_load(config_report *report, void *context, const struct config *config, bool is_needed,
		 struct ntp_keys **keys)
{
	*keys = NULL;
	if (!*config->keyfile || !(is_needed || needs_keys(config)))
		return 0;

	return keyring_read(report, context, config->keyfile, keys);
}

int keyring_read(config_report *report, void *context, const char *path, struct ntp_keys **keys)
{
	struct listener listener = { .report = report, .context = context };

	*keys = NULL;

	return ntp_keys_load(path, pass_on, &listener, keys);
}

bool keyring_judge(const struct config_source *source, const struct ntp_keys *keys,
		   const struct ntp_keys *before, enum config_severity *severity,
		   char message[KEYRING_MESSAGE_MAX])
{
	const struct ntp_key *key = ntp_keys_find(keys, source->key);

	*severity = key ? CONFIG_WARNING : CONFIG_ERROR;
	if (!source->key || (key && BITS_PER_BYTE * key->length >= NTP_KEY_BITS_LEAST))
		return false;
	if (key)
		snprintf(message, KEYRING_MESSAGE_MAX,
			 "key %u of '%s' has %zu bits and can be guessed: use 128 random ones",
			 key->id, source->options.name, BITS_PER_BYTE * key->length);
	else if (ntp_keys_find(before, source->key))
		snprintf(message, KEYRING_MESSAGE_MAX,
			 "'%s' is not asked any more: its key %u has gone; add it again, then: truechime rekey",
			 source->options.name, source->key);
	else
		snprintf(message, KEYRING_MESSAGE_MAX,
			 "'%s' is not asked: its key %u is missing here; add it and reload",
			 source->options.name, source->key);

	return true;
}

void keyring_check(config_report *report, void *context, const struct config *config,
		   const struct ntp_keys *keys)
{
	char message[KEYRING_MESSAGE_MAX];
	enum config_severity severity;

	/* Without a file the configuration's own warning says so. */
	for (size_t i = 0; *config->keyfile && i < config->source_count; i++) {
		if (keyring_judge(&config->sources[i], keys, NULL, &severity, message))
			report(context, severity, config->keyfile, 0, message);
	}
}
