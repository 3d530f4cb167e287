// SPDX-License-Identifier: GPL-2.0-only
/*
 * The names of the files are chrony's, as is what is in them.
 */
#include "sources/nts_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock_ns.h"
#include "lib/log.h"
#include "lib/state_file.h"
#include "lib/time_units.h"
#include "sources/nts_source.h"
#include "sources/target.h"

#define PATH_SIZE	(CONFIG_PATH_MAX + NET_ADDRESS_TEXT_MAX + 8)

static double clock_s(clockid_t clock)
{
	return (double)clock_ns(clock) / NS_PER_S_REAL;
}

/* false: nothing is kept. */
static bool path_of(const struct association *association, char path[PATH_SIZE])
{
	const char *directory = association->target->list->nts.dumpdir;
	char address[NET_ADDRESS_TEXT_MAX];

	if (!*directory || association->nts->asked.family == AF_UNSPEC)
		return false;
	net_address_format(&association->nts->asked, address);
	snprintf(path, PATH_SIZE, "%s/%s.nts", directory, address);

	return true;
}

static void fill(const struct association *association, struct nts_dump *dump)
{
	const struct nts_source *nts = association->nts;
	double age_s = clock_s(CLOCK_MONOTONIC_RAW) - (double)nts->established_ns / NS_PER_S_REAL;

	memset(dump, 0, sizeof(*dump));
	snprintf(dump->name, sizeof(dump->name), "%s", association->target->config.options.name);
	dump->established_s = clock_s(CLOCK_REALTIME) - age_s;
	dump->address = association->client.address;
	dump->port = association->client.options.port;
	dump->number = nts->number;
	dump->keys = nts->session.keys;
	for (size_t i = 0; i < nts->session.count; i++)
		dump->cookies[dump->count++] =
			nts->session.cookies[(nts->session.first + i) % NTS_COOKIES];
}

void nts_file_write(const struct association *association)
{
	const char *directory = association->target->list->nts.dumpdir;
	char path[PATH_SIZE], text[NTS_DUMP_MAX];
	struct nts_dump dump;
	size_t length;
	int err;

	if (!association->nts->session.count || association->nts->session.refused ||
	    !path_of(association, path))
		return;
	fill(association, &dump);
	length = nts_dump_write(&dump, text, sizeof(text));
	err = length ? state_file_write_in(directory, path, text, length) : -EFBIG;
	if (err)
		log_warning("The NTS cookies of %s are not kept for the next start: %s: %s (ntsdumpdir)",
			    dump.name, path, strerror(-err));
	explicit_bzero(&dump, sizeof(dump));
	explicit_bzero(text, sizeof(text));
}

/* NULL, or why its content is not used. */
static const char *read_file(const struct association *association, const char *path,
			     struct nts_dump *dump)
{
	char text[NTS_DUMP_MAX];
	const char *problem;
	int length = state_file_read(path, text, sizeof(text));

	if (length < 0)
		return state_file_problem(length);
	problem = strlen(text) == (size_t)length ? nts_dump_read(text, dump) :
						   "it has zero bytes";
	explicit_bzero(text, sizeof(text));
	if (!problem && strcmp(dump->name, association->target->config.options.name) != 0)
		problem = "it is of another name";

	return problem;
}

bool nts_file_read(const struct association *association, struct nts_dump *dump,
		   int64_t now_raw_ns, int64_t *established_ns)
{
	char path[PATH_SIZE];
	const char *problem;
	double age_s;

	if (!path_of(association, path) || access(path, F_OK))
		return false;
	problem = read_file(association, path, dump);
	if (problem) {
		explicit_bzero(dump, sizeof(*dump));
		log_warning("%s is not used: %s. New NTS keys are established", path, problem);
		return false;
	}
	(void)unlink(path);
	/* A clock that was set back has seen them later than now. */
	age_s = clock_s(CLOCK_REALTIME) - dump->established_s;
	*established_ns = age_s > 0 ? chime_sub_sat(now_raw_ns, (int64_t)(age_s * NS_PER_S_REAL)) :
				      now_raw_ns;

	return true;
}
