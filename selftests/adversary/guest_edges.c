// SPDX-License-Identifier: GPL-2.0-only
/*
 * The edges of the daemon that no game looks at: control socket, service manager, privileges,
 * names, PTP devices. And two that it does: the log, and what the adversary can see of the daemon.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#include "guest.h"
#include "user/daemon/daemon.h"
#include "user/daemon/module_load.h"
#include "user/daemon/notify.h"
#include "user/daemon/privileges.h"
#include "user/daemon/run_files.h"
#include "user/daemon/server_process.h"
#include "user/ipc/socket.h"
#include "user/lib/log.h"
#include "user/lib/virtual_machine.h"
#include "user/sources/association.h"
#include "user/sources/network_watch.h"
#include "user/sources/resolver.h"
#include "user/steering/steering.h"
#include "world.h"

/* --- the log --- */

#define LOG(name)						\
	void name(const char *format, ...)			\
	{							\
		va_list arguments;				\
								\
		va_start(arguments, format);			\
		world_log_list("daemon", format, arguments);	\
		va_end(arguments);				\
	}

LOG(log_err)
LOG(log_warning)
LOG(log_notice)
LOG(log_info)

void log_debug(const char *format, ...)
{
	(void)format;
}

void log_fields(int level, const char *message, const char *const *fields)
{
	(void)fields;
	if (level < LOG_DEBUG)
		log_notice("%s", message);
}

bool log_limit_pass(struct log_limit *limit, int64_t now_ns, int64_t interval_ns)
{
	if (now_ns < limit->next_ns)
		return false;
	limit->next_ns = now_ns + interval_ns;
	return true;
}

/* --- whom the adversary watches --- */

struct associations *__real_associations_new(struct timescale *timescale,
					     void (*changed)(void *context),
					     void *context);
struct associations *__wrap_associations_new(struct timescale *timescale,
					     void (*changed)(void *context),
					     void *context);
struct steering *__real_steering_new(const struct steering_options *options,
				     struct system_clock *clock, struct timescale *timescale);
struct steering *__wrap_steering_new(const struct steering_options *options,
				     struct system_clock *clock, struct timescale *timescale);

struct associations *__wrap_associations_new(struct timescale *timescale,
					     void (*changed)(void *context),
					     void *context)
{
	guest.daemon = context;
	guest.associations = __real_associations_new(timescale, changed, context);
	return guest.associations;
}

struct steering *__wrap_steering_new(const struct steering_options *options,
				     struct system_clock *clock, struct timescale *timescale)
{
	guest.steering = __real_steering_new(options, clock, timescale);
	guest.timescale = timescale;
	return guest.steering;
}

/* --- nobody is there --- */

/* No descriptor of this process has such a number. */
#define LOCK_FD	(1 << 30)

int run_lock(const char *path, pid_t *holder)
{
	(void)path;
	(void)holder;
	return LOCK_FD;
}

pid_t run_lock_holder(const char *path)
{
	(void)path;
	return 0;
}

bool run_is_locked(const char *path, int fd)
{
	(void)path;
	(void)fd;
	return true;
}

void run_unlock(const char *path, int fd)
{
	(void)path;
	(void)fd;
}

int pid_file_write(const char *path, pid_t pid)
{
	(void)path;
	(void)pid;
	return 0;
}

void pid_file_remove(const char *path, pid_t pid)
{
	(void)path;
	(void)pid;
}

void daemon_find_rivals(struct daemon *daemon)
{
	daemon->rivals.next_ns = INT64_MAX;
}

void daemon_watch_rivals(struct daemon *daemon, int64_t now_ns)
{
	(void)daemon;
	(void)now_ns;
}

int control_open(struct control **control, const char *path,
		 json_t *(*answer)(void *context, const struct control_request *request,
				   const char **error),
		 void *context)
{
	(void)path;
	(void)answer;
	(void)context;
	*control = NULL;
	return 0;
}

void control_close(struct control *control)
{
	(void)control;
}

int control_renew(struct control *control)
{
	(void)control;
	return 0;
}

int control_pollfds(const struct control *control, struct pollfd *fds)
{
	(void)control;
	(void)fds;
	return 0;
}

int64_t control_next_ns(const struct control *control)
{
	(void)control;
	return INT64_MAX;
}

void control_dispatch(struct control *control, const struct pollfd *fds, int count,
		      int64_t now_raw_ns)
{
	(void)control;
	(void)fds;
	(void)count;
	(void)now_raw_ns;
}

void control_publish(struct control *control, json_t *event)
{
	(void)control;
	(void)event;
}

bool control_state_is_followed(const struct control *control)
{
	(void)control;
	return false;
}

void control_publish_state(struct control *control, json_t *state)
{
	(void)control;
	(void)state;
}

void notify_ready(void)
{
}

void notify_reloading(void)
{
}

void notify_stopping(void)
{
}

void notify_status(const char *format, ...)
{
	(void)format;
}

int64_t notify_watchdog_interval_ns(void)
{
	return 0;
}

void notify_watchdog(void)
{
}

int privileges_drop(const char *user, const struct privileges *kept)
{
	(void)user;
	(void)kept;
	return 0;
}

const char *privileges_advice(int err)
{
	(void)err;
	return "";
}

/* Nobody is served in a game. */
int server_process_start(struct server_process *process, const struct config_server *config,
			 const struct server_keys *keys, const struct server_sockets *sockets,
			 int page_fd, const struct server_uses *uses)
{
	(void)process;
	(void)config;
	(void)keys;
	(void)sockets;
	(void)page_fd;
	(void)uses;
	return -ENOENT;
}

size_t server_process_clients(int64_t bytes)
{
	(void)bytes;

	return 0;
}

void server_process_send_keys(const struct server_process *process,
			      const struct nts_server_keys *keys)
{
	(void)process;
	(void)keys;
}

void server_process_ended(struct server_process *process, char *how, size_t size)
{
	(void)process;
	snprintf(how, size, "none was started");
}

void server_process_stop(struct server_process *process)
{
	(void)process;
}

void server_process_clear(struct server_process *process)
{
	(void)process;
}

int module_load(char *message, size_t size)
{
	snprintf(message, size, "There is no module");
	return -ENOENT;
}

int64_t module_host_maxerror_ns(void)
{
	return -1;
}

bool is_virtual_machine(void)
{
	return !world->metal;
}

int network_watch_open(void)
{
	return -EOPNOTSUPP;
}

bool network_watch_read(int fd)
{
	(void)fd;
	return false;
}

int resolver_start(struct resolver *resolver, const char *name, int family, int64_t now_ns)
{
	(void)name;
	(void)family;
	(void)now_ns;
	resolver->fd = -1;
	return -EAGAIN;
}

int resolver_finish(struct resolver *resolver, int64_t now_ns, struct net_address *addresses,
		    const char **problem)
{
	(void)resolver;
	(void)now_ns;
	(void)addresses;
	*problem = "nobody can be asked";
	return -EHOSTUNREACH;
}

void resolver_cancel(struct resolver *resolver)
{
	resolver->fd = -1;
}
