/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls of the system, of what opens libraries, and of this program that a test takes the place
 * of, and the real ones: linked with -Wl,--wrap=NAME.
 */
#ifndef WRAPPED_CALLS_H
#define WRAPPED_CALLS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

struct attachment;
struct config;
struct daemon;
struct source;
struct timescale_now;
struct __user_cap_data_struct;
struct __user_cap_header_struct;

int __real_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
int __wrap_access(const char *path, int mode);
int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
void *__real_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
void __real_config_free(struct config *config);
void __wrap_config_free(struct config *config);
bool __wrap_daemon_judge_sources(struct daemon *daemon, struct source *const *sources,
				 size_t count, const struct timescale_now *now);
void *__real_dlopen(const char *path, int flags);
void *__wrap_dlopen(const char *path, int flags);
void *__real_dlsym(void *library, const char *name);
void *__wrap_dlsym(void *library, const char *name);
int __real_dlclose(void *library);
int __wrap_dlclose(void *library);
int __wrap_fchown(int fd, uid_t user, gid_t group);
int __wrap_fdatasync(int fd);
int __wrap_fsync(int fd);
uid_t __wrap_geteuid(void);
struct passwd;
struct passwd *__wrap_getpwnam(const char *name);
struct passwd *__wrap_getpwuid(uid_t user);
struct freezer;
int __real_freezer_open(struct freezer *freezer, const char *root, const char *name,
			const char *own);
int __wrap_freezer_open(struct freezer *freezer, const char *root, const char *name,
			const char *own);
int __wrap_freezer_own(const char *file, char *own, size_t size);
struct hold_result;
int __wrap_hold_run(const struct freezer *freezer, int limit_ms, int64_t within_ns,
		    bool (*is_right)(int64_t within_ns), struct hold_result *result);
void __wrap_readiness_run(int64_t within_ns, bool (*is_right)(int64_t within_ns));
struct addrinfo;
int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
		       struct addrinfo **list);
void __wrap_freeaddrinfo(struct addrinfo *list);
struct ifaddrs;
int __wrap_getifaddrs(struct ifaddrs **list);
void __wrap_freeifaddrs(struct ifaddrs *list);
int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *length);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *length);
char *__real_if_indextoname(unsigned int number, char *name);
char *__wrap_if_indextoname(unsigned int number, char *name);
unsigned int __real_if_nametoindex(const char *name);
unsigned int __wrap_if_nametoindex(const char *name);
int __real_ioctl(int fd, unsigned long request, void *argument);
int __wrap_ioctl(int fd, unsigned long request, void *argument);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
struct watch_record;
int __wrap_attachment_open(struct attachment **attachment,
			   void (*take)(void *context, const struct watch_record *record),
			   void *context);
uint64_t __wrap_attachment_lost(const struct attachment *attachment);
void __wrap_attachment_set_own(struct attachment *attachment, uint32_t tgid);
void __wrap_log_err(const char *format, ...) __attribute__((format(printf, 1, 2)));
void __wrap_log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void __wrap_log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void __wrap_notify_status(const char *format, ...);
struct pollfd;
int __real_poll(struct pollfd *fds, unsigned long count, int timeout_ms);
int __wrap_poll(struct pollfd *fds, unsigned long count, int timeout_ms);
int __real_ppoll(struct pollfd *fds, unsigned long count, const struct timespec *wait,
		 const sigset_t *mask);
int __wrap_ppoll(struct pollfd *fds, unsigned long count, const struct timespec *wait,
		 const sigset_t *mask);
int __wrap_prctl(int option, unsigned long capability);
ssize_t __real_pwrite(int fd, const void *data, size_t size, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *data, size_t size, off_t offset);
void *__real_reallocarray(void *memory, size_t count, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);
ssize_t __real_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);
int __real_recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags,
		    struct timespec *timeout);
int __wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags,
		    struct timespec *timeout);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
struct ring_buffer;
int __real_ring_buffer__consume(struct ring_buffer *ring);
int __wrap_ring_buffer__consume(struct ring_buffer *ring);
int __real_sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags);
int __real_setsockopt(int fd, int level, int name, const void *value, socklen_t length);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t length);
pid_t __real_spawn_beside(const char *program, const char *argument, const int *fds, int count);
pid_t __wrap_spawn_beside(const char *program, const char *argument, const int *fds, int count);
struct stat;
int __real_stat(const char *path, struct stat *about);
int __wrap_stat(const char *path, struct stat *about);
long __wrap_syscall(long number, struct __user_cap_header_struct *header,
		    struct __user_cap_data_struct *data);

#endif /* WRAPPED_CALLS_H */
