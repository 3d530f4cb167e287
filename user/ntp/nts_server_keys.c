// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text: a mark, the age, and for each key, the oldest first and the next one last, its id, the
 * key and its algorithm. In the older of two formats the algorithm of all stands before the age;
 * it is what every chronyd reads.
 */
#include "ntp/nts_server_keys.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntp/bytes.h"
#include "ntp/hex.h"
#include "ntp/words.h"

#define MARK_OF_ONE	"NKS0"
#define MARK_OF_EACH	"NKS1"

/* 285 years: in ns that is a number of 64 bits. */
#define AGE_MAX_S	9e9

static void make(struct nts_server_keys *keys, uint32_t place,
		 const uint8_t random[NTS_SERVER_KEY_RANDOM])
{
	struct nts_server_key *key = &keys->keys[place];

	/* What every client has, and every chronyd that shares them. */
	key->algorithm = AEAD_AES_SIV_CMAC_256;
	memcpy(key->key, random, sizeof(key->key));
	key->id = get_be32(random + AEAD_KEY_MAX) / NTS_SERVER_KEYS * NTS_SERVER_KEYS + place;
}

void nts_server_keys_make(struct nts_server_keys *keys,
			  const uint8_t random[NTS_SERVER_KEYS][NTS_SERVER_KEY_RANDOM])
{
	for (uint32_t i = 0; i < NTS_SERVER_KEYS; i++)
		make(keys, i, random[i]);
	keys->current = NTS_SERVER_KEYS - 1;
}

void nts_server_keys_rotate(struct nts_server_keys *keys,
			    const uint8_t random[NTS_SERVER_KEY_RANDOM])
{
	keys->current = (keys->current + 1) % NTS_SERVER_KEYS;
	make(keys, (keys->current + 1) % NTS_SERVER_KEYS, random);
}

bool nts_server_keys_are_sane(const struct nts_server_keys *keys)
{
	if (keys->current >= NTS_SERVER_KEYS)
		return false;
	for (uint32_t i = 0; i < NTS_SERVER_KEYS; i++) {
		if (!aead_key_size(keys->keys[i].algorithm) ||
		    keys->keys[i].id % NTS_SERVER_KEYS != i)
			return false;
	}

	return true;
}

static bool is_of_one(const struct nts_server_keys *keys)
{
	for (int i = 1; i < NTS_SERVER_KEYS; i++) {
		if (keys->keys[i].algorithm != keys->keys[0].algorithm)
			return false;
	}

	return true;
}

static int write_key(const struct nts_server_key *key, bool of_one, char *text, size_t size)
{
	char hex[2 * AEAD_KEY_MAX + 1];
	int length;

	hex_write(key->key, aead_key_size(key->algorithm), hex);
	if (of_one)
		length = snprintf(text, size, "%08X %s\n", key->id, hex);
	else
		length = snprintf(text, size, "%08X %s %d\n", key->id, hex, key->algorithm);
	explicit_bzero(hex, sizeof(hex));

	return length;
}

size_t nts_server_keys_write(const struct nts_server_keys *keys, double age_s, char *text,
			     size_t size)
{
	bool of_one = is_of_one(keys);
	size_t length;
	int written;

	if (of_one)
		written = snprintf(text, size, MARK_OF_ONE "\n%d %.1f\n", keys->keys[0].algorithm,
				   age_s);
	else
		written = snprintf(text, size, MARK_OF_EACH "\n%.1f\n", age_s);
	length = (size_t)written;
	for (uint32_t i = 2; i < 2 + NTS_SERVER_KEYS && length < size; i++)
		length += (size_t)write_key(&keys->keys[(keys->current + i) % NTS_SERVER_KEYS],
					    of_one, text + length, size - length);

	return length < size ? length : 0;
}

static bool read_algorithm(const char *word, int *algorithm)
{
	char *end;
	long number = strtol(word, &end, 10);

	if (end == word || *end || number < 0 || number > UINT16_MAX)
		return false;
	*algorithm = (int)number;

	return true;
}

static bool read_age(const char *word, double *age_s)
{
	char *end;

	*age_s = strtod(word, &end);

	return end != word && !*end && isfinite(*age_s) && fabs(*age_s) < AGE_MAX_S;
}

static bool read_id(const char *word, uint32_t *id)
{
	uint8_t bytes[sizeof(*id)];

	if (hex_read(word, bytes, sizeof(bytes)) != sizeof(bytes))
		return false;
	*id = get_be32(bytes);

	return true;
}

/* @algorithm: of all; AEAD_NONE: each has its own. */
static const char *read_key(char **text, int algorithm, struct nts_server_key *key)
{
	bool of_each = algorithm == AEAD_NONE;
	char *words[WORDS_MAX];

	memset(key, 0, sizeof(*key));
	if (words_next(text, words) != (of_each ? 3 : 2) || !read_id(words[0], &key->id) ||
	    (of_each && !read_algorithm(words[2], &algorithm)))
		return "a key is missing or damaged";
	key->algorithm = algorithm;
	if (!aead_key_size(algorithm))
		return "a key is of an algorithm that there is not here";
	if (hex_read(words[1], key->key, sizeof(key->key)) != aead_key_size(algorithm))
		return "a key is damaged";

	return NULL;
}

static const char *read_head(char **text, int *algorithm, double *age_s)
{
	char *words[WORDS_MAX];
	bool of_one;

	if (words_next(text, words) != 1 || (strcmp(words[0], MARK_OF_ONE) != 0 &&
					     strcmp(words[0], MARK_OF_EACH) != 0))
		return "it is no such file";
	of_one = !strcmp(words[0], MARK_OF_ONE);
	*algorithm = AEAD_NONE;
	if (words_next(text, words) != (of_one ? 2 : 1) ||
	    (of_one && (!read_algorithm(words[0], algorithm) || *algorithm == AEAD_NONE)) ||
	    !read_age(words[of_one], age_s))
		return "it does not say how old its keys are";

	return NULL;
}

const char *nts_server_keys_read(char *text, struct nts_server_keys *keys, double *age_s)
{
	struct nts_server_keys read;
	struct nts_server_key key;
	const char *problem;
	int algorithm;
	double age;

	problem = read_head(&text, &algorithm, &age);
	for (uint32_t i = 0; i < NTS_SERVER_KEYS && !problem; i++) {
		problem = read_key(&text, algorithm, &key);
		if (!problem && i &&
		    (key.id - read.current) % NTS_SERVER_KEYS != 1)
			problem = "its keys are out of order";
		read.current = key.id;
		read.keys[key.id % NTS_SERVER_KEYS] = key;
	}
	explicit_bzero(&key, sizeof(key));
	if (!problem) {
		/* The last one is the next one. */
		read.current = (read.current + NTS_SERVER_KEYS - 1) % NTS_SERVER_KEYS;
		*keys = read;
		*age_s = age > 0 ? age : 0;
	}
	explicit_bzero(&read, sizeof(read));

	return problem;
}
