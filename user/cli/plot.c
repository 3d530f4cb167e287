// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime plot: the recent past of the clock as an SVG picture.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/plot_svg.h"

/* What is shown unless --since says otherwise. */
#define SINCE_S		3600

static int write_to(const char *path, const struct past *past, double from_s, const char *name)
{
	FILE *to = fopen(path, "we");
	int err = 0;

	if (!to)
		return -errno;
	errno = 0;
	plot_svg(to, past, from_s, name);
	if (ferror(to))
		err = errno ? -errno : -EIO;
	if (fclose(to) && !err)
		err = -errno;

	return err;
}

/* A device, a pipe or a link is not to be replaced: it is written to. */
static bool is_replaceable(const char *path)
{
	struct stat status;

	return lstat(path, &status) ? errno == ENOENT : S_ISREG(status.st_mode);
}

/* To a new file beside @path, which takes its place when it is whole. */
static int write_file(const char *path, const struct past *past, double from_s, const char *name)
{
	char part[4096];
	int err;

	if (!is_replaceable(path))
		return write_to(path, past, from_s, name);
	if (snprintf(part, sizeof(part), "%s.part", path) >= (int)sizeof(part))
		return -ENAMETOOLONG;
	err = write_to(part, past, from_s, name);
	if (!err && rename(part, path))
		err = -errno;
	if (err)
		unlink(part);

	return err;
}

int verb_plot(const struct cli *cli)
{
	int64_t since_s = cli->since_ns ? cli->since_ns / 1000000000 : SINCE_S;
	char name[256] = "this machine";
	struct past past;
	int status, err;

	status = past_ask(cli, since_s, &past);
	if (status)
		return status;
	(void)gethostname(name, sizeof(name) - 1);
	if (!cli->output) {
		plot_svg(stdout, &past, past.now_s - (double)since_s, name);
		return CLI_OK;
	}
	err = write_file(cli->output, &past, past.now_s - (double)since_s, name);
	if (!err)
		return CLI_OK;
	fprintf(stderr, "truechime: the picture cannot be written to %s: %s\n", cli->output,
		strerror(-err));

	return CLI_ERROR;
}
