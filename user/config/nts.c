// SPDX-License-Identifier: GPL-2.0-only
/*
 * The directives of NTS.
 */
#include "config/reader.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* chrony's: cookies of AES-128-GCM-SIV are shorter. */
static const int default_algorithms[] = { AEAD_AES_128_GCM_SIV, AEAD_AES_SIV_CMAC_256 };

/* Likewise: a connection in 64 s. */
#define RATE_INTERVAL	6

static void add_algorithm(struct nts_algorithms *algorithms, int algorithm)
{
	if (!aead_key_size(algorithm))
		return;
	for (size_t i = 0; i < algorithms->count; i++) {
		if (algorithms->list[i] == algorithm)
			return;
	}
	if (algorithms->count < NTS_ALGORITHMS_MAX)
		algorithms->list[algorithms->count++] = algorithm;
}

void config_nts_defaults(struct config_nts *nts)
{
	for (size_t i = 0; i < ARRAY_SIZE(default_algorithms); i++)
		add_algorithm(&nts->algorithms, default_algorithms[i]);
}

/* As in chrony, algorithms that the library does not have are passed over. */
int config_parse_ntsaeads(struct config_reader *reader, int count, char **words)
{
	struct nts_algorithms algorithms = { .count = 0 };

	for (int i = 0; i < count; i++) {
		char *end;
		long algorithm = strtol(words[i], &end, 10);

		if (end == words[i] || *end || algorithm < 0 || algorithm > INT_MAX)
			return config_error(reader,
					    "ntsaeads '%s': the number of an algorithm was expected, 15 or 30",
					    words[i]);
		add_algorithm(&algorithms, (int)algorithm);
	}
	if (!algorithms.count)
		config_warn(reader, "'ntsaeads' names no algorithm that there is here, so NTS cannot be used: 15 is one");
	reader->config->nts.algorithms = algorithms;

	return 0;
}

int config_parse_ntsratelimit(struct config_reader *reader, int count, char **words)
{
	struct config_nts *nts = &reader->config->nts;

	nts->limit_interval = RATE_INTERVAL;

	return config_parse_limit(reader, &nts->limit, &nts->limit_interval, count, words);
}

/* "[SET] PATH" */
int config_parse_ntstrustedcerts(struct config_reader *reader, int count, char **words)
{
	struct config_nts *nts = &reader->config->nts;
	const char *path = words[count - 1];
	unsigned long long set = 0;
	char *end;

	if (count == 2) {
		set = strtoull(words[0], &end, 10);
		if (!config_number_ends(reader, words[0], end) || *words[0] == '-' ||
		    set > UINT32_MAX)
			return config_error(reader,
					    "ntstrustedcerts '%s': the number of a set was expected",
					    words[0]);
	}
	/* Fewer certificates are trusted then, never more. */
	if (nts->trusted_count == CONFIG_CERTIFICATES_MAX)
		return config_no_effect(reader,
					"more than %d 'ntstrustedcerts', and these are left out: put certificates of one set into one directory",
					CONFIG_CERTIFICATES_MAX);
	if (strlen(path) >= sizeof(nts->trusted[0].path))
		return config_no_effect(reader,
					"'ntstrustedcerts' is too long and left out: %zu bytes are the most",
					sizeof(nts->trusted[0].path) - 1);
	nts->trusted[nts->trusted_count].set = (uint32_t)set;
	memcpy(nts->trusted[nts->trusted_count++].path, path, strlen(path) + 1);

	return 0;
}

/* ntsservercert and ntsserverkey: one file of a pair. */
int config_parse_ntsserver(struct config_reader *reader, int count, char **words)
{
	struct config_nts *nts = &reader->config->nts;
	bool is_key = !strcmp(reader->directive, "ntsserverkey");
	size_t *used = is_key ? &nts->key_count : &nts->certificate_count;

	(void)count;
	/* Of each as many are left out: the others still are pairs. */
	if (*used == CONFIG_NTS_PAIRS_MAX)
		return config_no_effect(reader,
					"more than %d '%s', and these are left out: have one certificate for several names",
					CONFIG_NTS_PAIRS_MAX, reader->directive);
	if (strlen(words[0]) >= CONFIG_PATH_MAX)
		return config_error(reader, "'%s' is too long: %d bytes are the most",
				    reader->directive, CONFIG_PATH_MAX - 1);
	memcpy(is_key ? nts->keys[*used] : nts->certificates[*used], words[0],
	       strlen(words[0]) + 1);
	(*used)++;

	return 0;
}

bool config_serves_nts(const struct config *config)
{
	return config->nts.certificate_count && config->nts.port &&
	       config_allows_somebody(&config->server);
}

void config_check_nts(struct config_reader *reader)
{
	const struct config_nts *nts = &reader->config->nts;

	if (nts->certificate_count != nts->key_count)
		config_error(reader,
			     "there are %zu 'ntsservercert' and %zu 'ntsserverkey': each certificate needs its key, in the same order",
			     nts->certificate_count, nts->key_count);
	else if (nts->certificate_count && !config_allows_somebody(&reader->config->server))
		config_warn(reader, "'ntsservercert' has no effect without 'allow'");
}

static bool pairs_equal(const struct config_nts *one, const struct config_nts *other)
{
	if (one->certificate_count != other->certificate_count)
		return false;
	for (size_t i = 0; i < one->certificate_count; i++) {
		if (strcmp(one->certificates[i], other->certificates[i]) ||
		    strcmp(one->keys[i], other->keys[i]))
			return false;
	}

	return true;
}

static bool algorithms_equal(const struct nts_algorithms *one, const struct nts_algorithms *other)
{
	return one->count == other->count &&
	       !memcmp(one->list, other->list, one->count * sizeof(*one->list));
}

bool config_nts_server_equal(const struct config_nts *one, const struct config_nts *other)
{
	return pairs_equal(one, other) && algorithms_equal(&one->algorithms, &other->algorithms) &&
	       !strcmp(one->dumpdir, other->dumpdir) && one->port == other->port &&
	       one->processes == other->processes && one->connections == other->connections &&
	       !strcmp(one->ntp_server, other->ntp_server) &&
	       config_limit_equal(&one->limit, &other->limit) && one->rotate_s == other->rotate_s;
}

/* The older name of ntsdumpdir. */
int config_parse_ntscachedir(struct config_reader *reader, int count, char **words)
{
	static const struct config_option dumpdir = {
		"ntscachedir", CONFIG_WORD, .offset = offsetof(struct config, nts.dumpdir),
		.size = CONFIG_PATH_MAX,
	};

	return config_option_set(reader, &dumpdir, reader->config, count, words);
}
