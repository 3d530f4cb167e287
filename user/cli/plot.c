// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime plot: the recent past of the clock as an SVG picture.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/plot_svg.h"

/* What is shown unless --since says otherwise. */
#define SINCE_S		3600

/* Closes @to. */
static int draw(FILE *to, const struct past *past, double from_s, const char *name)
{
	int err = 0;

	errno = 0;
	plot_svg(to, past, from_s, name);
	if (ferror(to))
		err = errno ? -errno : -EIO;
	if (fclose(to) && !err)
		err = -errno;

	return err;
}

static int write_to(const char *path, const struct past *past, double from_s, const char *name)
{
	FILE *to = fopen(path, "we");

	return to ? draw(to, past, from_s, name) : -errno;
}

/*
 * With the permissions of @before, or of any new file where there is none. umask(2) can only be
 * read by setting it.
 */
static FILE *create(char *template, const struct stat *before)
{
	mode_t mask = umask(077);
	int fd = mkostemp(template, O_CLOEXEC), err;
	FILE *to = NULL;

	umask(mask);
	if (fd < 0)
		return NULL;
	if (!fchmod(fd, before ? before->st_mode & 0777 : 0666 & ~mask))
		to = fdopen(fd, "w");
	if (!to) {
		err = errno;
		close(fd);
		unlink(template);
		errno = err;
	}

	return to;
}

/* To a new file beside @path, which takes its place when it is whole. */
static int replace(const char *path, const struct stat *before, const struct past *past,
		   double from_s, const char *name)
{
	char part[4096];
	FILE *to;
	int err;

	if (snprintf(part, sizeof(part), "%s.XXXXXX", path) >= (int)sizeof(part))
		return -ENAMETOOLONG;
	to = create(part, before);
	if (!to)
		return -errno;
	err = draw(to, past, from_s, name);
	if (!err && rename(part, path))
		err = -errno;
	if (err)
		unlink(part);

	return err;
}

/* A device, a pipe or a link is not to be replaced: it is written to. */
static int write_file(const char *path, const struct past *past, double from_s, const char *name)
{
	sigset_t all, before;
	struct stat status;
	bool exists;
	int err;

	exists = !lstat(path, &status);
	if (exists ? !S_ISREG(status.st_mode) : errno != ENOENT)
		return write_to(path, past, from_s, name);
	/* What ends the program waits for the moment that it takes: nothing is left lying about. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	err = replace(path, exists ? &status : NULL, past, from_s, name);
	sigprocmask(SIG_SETMASK, &before, NULL);

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
	user_err("the picture cannot be written to %s: %s", cli->output, strerror(-err));

	return CLI_NOT;
}
