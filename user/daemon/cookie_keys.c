// SPDX-License-Identifier: GPL-2.0-only
/*
 * The keys' file is a state file like others; what is wrong with it is said here.
 */
#include "daemon/cookie_keys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/line.h"
#include "lib/log.h"
#include "lib/state_file.h"
#include "lib/time_units.h"

/* Keys that could not be kept, as on a disk that is full, are tried again after so long. */
#define KEEP_RETRY_NS	(60 * NS_PER_S)

#define FILE_NAME	"ntskeys"
#define PATH_SIZE	(CONFIG_PATH_MAX + sizeof(FILE_NAME) + 1)

void cookie_keys_init(struct cookie_keys *keys, const struct config_nts *config)
{
	*keys = (struct cookie_keys){ .config = config, .keep_ns = INT64_MAX };
}

void cookie_keys_forgive(struct cookie_keys *keys)
{
	keys->keep_ns = INT64_MAX;
	keys->unkept = false;
}

/* false: they are not kept. */
static bool path_of_keys(const struct cookie_keys *keys, char path[PATH_SIZE])
{
	if (!*keys->config->dumpdir)
		return false;
	snprintf(path, PATH_SIZE, "%s/" FILE_NAME, keys->config->dumpdir);

	return true;
}

/* Others take care of keys that are not rotated here. */
void cookie_keys_keep(struct cookie_keys *keys, int64_t now_raw_ns)
{
	char path[PATH_SIZE], text[NTS_SERVER_KEYS_TEXT];
	double age_s = (double)chime_sub_sat(now_raw_ns, keys->rotated_ns) / NS_PER_S;
	size_t length;
	int err;

	keys->keep_ns = INT64_MAX;
	if (!keys->changes || !keys->config->rotate_s || !path_of_keys(keys, path))
		return;
	length = nts_server_keys_write(&keys->keys, age_s, text, sizeof(text));
	err = state_file_write_in(keys->config->dumpdir, path, text, length);
	explicit_bzero(text, sizeof(text));
	if (err)
		keys->keep_ns = chime_add_sat(now_raw_ns, KEEP_RETRY_NS);
	if (err && !keys->unkept)
		log_warning("The keys of NTS cookies are not kept for the next start: %s: %s (ntsdumpdir)",
			    path, strerror(-err));
	else if (!err && keys->unkept)
		log_info("The keys of NTS cookies are kept for the next start: %s", path);
	keys->unkept = err;
}

/* NULL, or what is wrong with the file. */
static const char *read_keys(struct cookie_keys *keys, const char *path, double *age_s)
{
	char text[NTS_SERVER_KEYS_TEXT];
	int length = state_file_read(path, text, sizeof(text));
	const char *problem;

	if (length < 0)
		return state_file_problem(length);
	problem = nts_server_keys_read(text, &keys->keys, age_s);
	explicit_bzero(text, sizeof(text));

	return problem;
}

/* Keys that are rotated here are made at the first start; without others' the sharing fails. */
static void note_missing(const struct cookie_keys *keys, const char *path, int err)
{
	if (!keys->config->rotate_s)
		log_warning("%s cannot be read: %s. %s (ntsrotate 0)", path, strerror(err),
			    keys->changes ? "The keys of NTS cookies stay as they are" :
			    "NTS cookies are of keys that no other server has, and are lost with the next start: put the file there and reload");
}

bool cookie_keys_find(struct cookie_keys *keys, int64_t now_raw_ns)
{
	char path[PATH_SIZE];
	const char *problem;
	double age_s = 0;

	if (!path_of_keys(keys, path))
		return false;
	if (access(path, F_OK)) {
		note_missing(keys, path, errno);
		return false;
	}
	problem = read_keys(keys, path, &age_s);
	if (problem) {
		log_warning("%s is not used: %s. %s", path, problem, keys->changes ?
			    "The keys of NTS cookies stay as they are" :
			    "NTS cookies that clients have are not accepted");
		return false;
	}
	keys->rotated_ns = chime_sub_sat(now_raw_ns, (int64_t)(age_s * NS_PER_S));
	keys->changes++;

	return true;
}

bool cookie_keys_make(struct cookie_keys *keys, int64_t now_raw_ns)
{
	uint8_t random[NTS_SERVER_KEYS][NTS_SERVER_KEY_RANDOM];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return false;
	nts_server_keys_make(&keys->keys, (const uint8_t (*)[NTS_SERVER_KEY_RANDOM])random);
	explicit_bzero(random, sizeof(random));
	keys->rotated_ns = now_raw_ns;
	keys->changes++;

	return true;
}

int64_t cookie_keys_rotation_ns(const struct cookie_keys *keys)
{
	if (!keys->changes || !keys->config->rotate_s)
		return INT64_MAX;

	return chime_add_sat(keys->rotated_ns, keys->config->rotate_s * NS_PER_S);
}

bool cookie_keys_rotate(struct cookie_keys *keys, int64_t now_raw_ns)
{
	uint8_t random[NTS_SERVER_KEY_RANDOM];

	keys->rotated_ns = now_raw_ns;
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return false;
	nts_server_keys_rotate(&keys->keys, random);
	explicit_bzero(random, sizeof(random));
	keys->changes++;

	return true;
}
