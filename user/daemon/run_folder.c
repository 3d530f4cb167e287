// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the daemon has in /run: the control socket, and that it is made again where somebody has
 * removed it, as with rm -r, like the socket of chronyc, the lock and the pid file.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/line.h"
#include "daemon/run_files.h"
#include "ipc/socket_file.h"

/*
 * Who removes the folder and makes it anew waits for so long, or a second more: nothing wakes for
 * it, as following the clock takes a turn of the loop a second.
 */
#define LOOK_NS	5000000000LL

void daemon_make_folder(const char *path)
{
	char folder[CONFIG_PATH_MAX];
	char *slash;

	if (snprintf(folder, sizeof(folder), "%s", path) >= (int)sizeof(folder))
		return;
	slash = strrchr(folder, '/');
	if (!slash || slash == folder)
		return;
	*slash = '\0';
	(void)mkdir(folder, 0755);
}

static const char *words_of(int err)
{
	return err == -ENOTSOCK ? "there is a file that is no socket" : strerror(-err);
}

int daemon_open_control(struct daemon *daemon)
{
	const char *path = daemon->options->socket_path;
	int err;

	daemon->control = NULL;
	if (daemon->options->task != DAEMON_RUN)
		return 0;
	daemon_make_folder(path);
	err = control_open(&daemon->control, path, daemon_answer, daemon);
	if (err == -EADDRINUSE) {
		log_err("Another truechimed is running: it answers at %s", path);
		return err;
	}
	if (err)
		log_warning("The control socket %s could not be opened: %s; the program truechime cannot ask this daemon",
			    path, words_of(err));
	return 0;
}

static void renew_control(struct daemon *daemon)
{
	const char *path = daemon->options->socket_path;
	int err;

	/* Where we are still root: nobody else may have a folder in /run. */
	if (socket_file_is_gone(path))
		daemon_make_folder(path);
	err = control_renew(daemon->control);
	if (err > 0)
		log_notice("The control socket %s was removed; it was made again", path);
	else if (err && err != daemon->renew_error)
		log_warning("The control socket %s was removed, and cannot be made again: %s; the program truechime cannot ask this daemon",
			    path, words_of(err));
	daemon->renew_error = chime_min(err, 0);
}

/* Without it a second daemon, with another socket, would not notice this one. */
static void renew_lock(struct daemon *daemon)
{
	pid_t holder;
	int fd;

	if (daemon->lock_fd < 0 || !socket_file_is_gone(RUN_LOCK_PATH))
		return;
	fd = run_lock(RUN_LOCK_PATH, &holder);
	if (fd < 0)
		return;
	close(daemon->lock_fd);
	daemon->lock_fd = fd;
}

void daemon_keep_run_folder(struct daemon *daemon, int64_t now_raw_ns)
{
	if (now_raw_ns < daemon->run_folder_ns)
		return;
	daemon->run_folder_ns = chime_add_sat(now_raw_ns, LOOK_NS);
	if (daemon->control)
		renew_control(daemon);
	if (daemon->chronyc)
		chronyc_listener_renew(daemon->chronyc);
	renew_lock(daemon);
	if (*daemon->pid_path && socket_file_is_gone(daemon->pid_path))
		(void)pid_file_write(daemon->pid_path, getpid());
}
