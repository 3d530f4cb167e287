// SPDX-License-Identifier: GPL-2.0-only
/*
 * The folder in /run of a daemon that was started as root: whose it is, and what is said when it is
 * gone. Users, the socket and the log are stand-ins.
 */
#include "user/daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/daemon/run_files.h"

#define S	1000000000LL

static struct {
	uid_t user;			/* who we are */
	bool by_systemd;
	int renewed;			/* what becomes of the socket */
	char given[128];		/* the folder that was given to another user */
	uid_t given_to;
	bool lock_is_gone;
	pid_t holder;			/* of the lock; 0: it cannot be locked ... */
	const char *lock;		/* ... but for this file; NULL: none */
	int messages;
	char message[512];
} world;

static struct passwd users[] = {
	{ .pw_name = (char *)"root", .pw_uid = 0 },
	{ .pw_name = (char *)"_truechime", .pw_uid = 71, .pw_gid = 72 },
	{ .pw_name = (char *)"ntp", .pw_uid = 81, .pw_gid = 82 },
};

uid_t __wrap_geteuid(void)
{
	return world.user;
}

struct passwd *__wrap_getpwnam(const char *name)
{
	for (size_t i = 0; i < sizeof(users) / sizeof(*users); i++) {
		if (!strcmp(users[i].pw_name, name))
			return &users[i];
	}

	return NULL;
}

struct passwd *__wrap_getpwuid(uid_t user)
{
	for (size_t i = 0; i < sizeof(users) / sizeof(*users); i++) {
		if (users[i].pw_uid == user)
			return &users[i];
	}

	return NULL;
}

int __wrap_fchown(int fd, uid_t user, gid_t group)
{
	char link[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, world.given, sizeof(world.given) - 1);
	if (length < 0 || group != (user ? user + 1 : 0))
		exit(1);
	world.given[length] = '\0';
	world.given_to = user;

	return 0;
}

/* systemd has started this machine. */
int __wrap_access(const char *path, int mode)
{
	(void)path;
	(void)mode;

	return world.by_systemd ? 0 : -1;
}

int control_open(struct control **control, const char *path,
		 json_t *(*answer)(void *context, const struct control_request *request,
				   const char **error),
		 void *context)
{
	return 0;
}

int control_renew(struct control *control)
{
	return world.renewed;
}

void chronyc_listener_renew(struct chronyc_listener *listener)
{
}

json_t *daemon_answer(void *context, const struct control_request *request, const char **error)
{
	return NULL;
}

int run_lock(const char *path, pid_t *holder)
{
	*holder = world.holder;
	if (world.lock)
		return open(world.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	return world.holder ? -EBUSY : -EACCES;
}

bool run_is_locked(const char *path, int fd)
{
	return !world.lock_is_gone;
}

void run_unlock(const char *path, int fd)
{
}

int pid_file_write(const char *path, pid_t pid)
{
	return 0;
}

void pid_file_remove(const char *path, pid_t pid)
{
}

static void note(const char *format, va_list arguments)
{
	vsnprintf(world.message, sizeof(world.message), format, arguments);
	world.messages++;
}

#define LOG_STAND_IN(name)				\
	void name(const char *format, ...)		\
	{						\
		va_list arguments;			\
							\
		va_start(arguments, format);		\
		note(format, arguments);		\
		va_end(arguments);			\
	}

LOG_STAND_IN(log_err)
LOG_STAND_IN(log_warning)
LOG_STAND_IN(log_notice)
LOG_STAND_IN(log_info)
LOG_STAND_IN(log_debug)

FIXTURE(folder) {
	char top[64];
	char run[128];
	char path[192];
	struct daemon_options options;
	struct config config;
	struct daemon daemon;
};

FIXTURE_SETUP(folder)
{
	memset(self, 0, sizeof(*self));
	memset(&world, 0, sizeof(world));
	strcpy(self->top, "/tmp/test_run.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->top));
	snprintf(self->run, sizeof(self->run), "%s/run", self->top);
	snprintf(self->path, sizeof(self->path), "%s/control.sock", self->run);
	self->options.socket_path = self->path;
	self->daemon = (struct daemon){
		.options = &self->options,
		.config = &self->config,
		.run_folder.lock_fd = -1,
	};
}

FIXTURE_TEARDOWN(folder)
{
	rmdir(self->run);
	rmdir(self->top);
}

TEST_F(folder, is_made_for_the_user_that_root_becomes)
{
	ASSERT_EQ(0, daemon_open_control(&self->daemon));
	EXPECT_STREQ(self->run, world.given);
	EXPECT_EQ(71, world.given_to);
}

TEST_F(folder, is_made_for_the_user_that_was_configured)
{
	strcpy(self->config.user, "ntp");
	ASSERT_EQ(0, daemon_open_control(&self->daemon));
	EXPECT_EQ(81, world.given_to);
	rmdir(self->run);
	self->options.user = "root";
	daemon_make_folder(&self->daemon, self->path);
	EXPECT_EQ(0, world.given_to);
}

TEST_F(folder, for_nobody_else_is_made_so)
{
	struct stat st;

	daemon_make_own_folder(&self->daemon, self->run, 0750);
	EXPECT_STREQ(self->run, world.given);
	EXPECT_EQ(71, world.given_to);
	ASSERT_EQ(0, stat(self->run, &st));
	EXPECT_EQ(0, st.st_mode & 0027);
}

/* Whoever starts us by hand may have any umask. */
TEST_F(folder, is_open_to_those_who_ask)
{
	mode_t mask = umask(0077);
	struct stat st;

	ASSERT_EQ(0, daemon_open_control(&self->daemon));
	umask(mask);
	ASSERT_EQ(0, stat(self->run, &st));
	EXPECT_EQ(0755, st.st_mode & 0777);
}

/* It may be /tmp, or what a service manager has made. */
TEST_F(folder, that_was_there_stays_as_it_is)
{
	ASSERT_EQ(0, mkdir(self->run, 0755));
	ASSERT_EQ(0, daemon_open_control(&self->daemon));
	EXPECT_STREQ("", world.given);
}

TEST_F(folder, of_one_who_is_not_root_is_his_own)
{
	world.user = 71;
	ASSERT_EQ(0, daemon_open_control(&self->daemon));
	EXPECT_STREQ("", world.given);
	EXPECT_EQ(0, rmdir(self->run));
}

/* The service's daemon, which is that user, must not take it for a rest that nobody has. */
TEST_F(folder, has_a_lock_that_the_user_can_see)
{
	char lock[128];

	snprintf(lock, sizeof(lock), "%s/lock", self->top);
	world.lock = lock;
	ASSERT_EQ(0, daemon_lock_clock(&self->daemon));
	EXPECT_STREQ(lock, world.given);
	EXPECT_EQ(71, world.given_to);
	close(self->daemon.run_folder.lock_fd);

	/* A file of root's that somebody has linked there is nobody else's. */
	*world.given = '\0';
	ASSERT_EQ(0, link(lock, self->run));
	ASSERT_EQ(0, daemon_lock_clock(&self->daemon));
	EXPECT_STREQ("", world.given);
	close(self->daemon.run_folder.lock_fd);
	unlink(self->run);
	unlink(lock);
}

/* Said once: it is looked for every few seconds. */
static void lose(FIXTURE_DATA(folder) *self)
{
	world.user = 71;
	world.renewed = -ENOENT;
	self->daemon.control = (struct control *)(void *)self;
	for (int64_t now_ns = 0; now_ns < 60 * S; now_ns += S)
		daemon_keep_run_folder(&self->daemon, now_ns);
}

TEST_F(folder, that_only_root_may_make_is_asked_for)
{
	char command[192];

	lose(self);
	EXPECT_EQ(1, world.messages);
	snprintf(command, sizeof(command), "As root: install -d -o _truechime %s", self->run);
	EXPECT_NE(NULL, strstr(world.message, command))
		TH_LOG("%s", world.message);
}

TEST_F(folder, of_a_service_is_there_after_a_restart)
{
	world.by_systemd = true;
	lose(self);
	EXPECT_EQ(1, world.messages);
	EXPECT_NE(NULL, strstr(world.message, "As root: systemctl restart truechimed"))
		TH_LOG("%s", world.message);
}

/* Its folder was removed, too, and the other one was started before this one looked. */
TEST_F(folder, of_a_second_daemon_is_no_folder_of_the_first)
{
	self->daemon.run_folder.lock_fd = dup(STDERR_FILENO);
	world.lock_is_gone = true;
	world.holder = 77;
	for (int64_t now_ns = 0; now_ns < 60 * S; now_ns += S)
		daemon_keep_run_folder(&self->daemon, now_ns);
	EXPECT_EQ(1, world.messages);
	EXPECT_NE(NULL, strstr(world.message, "Another truechimed, pid 77,"))
		TH_LOG("%s", world.message);
	close(self->daemon.run_folder.lock_fd);
}

TEST_HARNESS_MAIN
