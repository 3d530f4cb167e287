// SPDX-License-Identifier: GPL-2.0-only
/*
 * One process for each query, and one message from it over a pipe.
 */
#include "sources/resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/time_units.h"

/* The system's resolver asks three servers twice for 5 s each before it gives up. */
#define LOOKUP_TIMEOUT_S	32

/* Smaller than PIPE_BUF: written and read whole. */
struct answer {
	int error;
	int count;
	struct net_address addresses[RESOLVER_ADDRESSES_MAX];
};

static size_t count_of_family(const struct addrinfo *list, int family)
{
	size_t count = 0;

	for (; list; list = list->ai_next)
		count += list->ai_family == family;

	return count;
}

/* So many of a family are kept that there is room for the other: only one may be reachable. */
static size_t quota_of_family(const struct addrinfo *list, int other)
{
	size_t others = count_of_family(list, other);
	size_t half = RESOLVER_ADDRESSES_MAX / 2;

	return RESOLVER_ADDRESSES_MAX - (others < half ? others : half);
}

static void collect(struct answer *answer, const struct addrinfo *list)
{
	size_t left_v4 = quota_of_family(list, AF_INET6), left_v6 = quota_of_family(list, AF_INET);

	for (; list && answer->count < RESOLVER_ADDRESSES_MAX; list = list->ai_next) {
		size_t *left = list->ai_family == AF_INET6 ? &left_v6 : &left_v4;
		struct net_address *address = &answer->addresses[answer->count];

		if (!*left ||
		    net_address_from_sockaddr(list->ai_addr, list->ai_addrlen, address) ||
		    net_address_is_among(address, answer->addresses, (size_t)answer->count))
			continue;
		answer->count++;
		(*left)--;
	}
}

static void look_up(const char *name, int family, struct answer *answer)
{
	struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_DGRAM };
	struct addrinfo *list;

	answer->error = getaddrinfo(name, NULL, &hints, &list);
	if (answer->error)
		return;
	collect(answer, list);
	freeaddrinfo(list);
}

/* The child needs neither the daemon's descriptors nor its handlers nor its privileges. */
static void give_up_everything(int keep)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };
	sigset_t signals;

	for (int signal_number = 1; signal_number < NSIG; signal_number++)
		signal(signal_number, SIG_DFL);
	sigemptyset(&signals);
	sigprocmask(SIG_SETMASK, &signals, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(LOOKUP_TIMEOUT_S);

	if (keep > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, (unsigned int)keep - 1, 0);
	close_range((unsigned int)keep + 1, ~0u, 0);

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	syscall(SYS_capset, &header, none);
}

static void __attribute__((noreturn)) run_child(int fd, const char *name, int family)
{
	struct answer answer;
	ssize_t written;

	memset(&answer, 0, sizeof(answer));
	give_up_everything(fd);
	look_up(name, family, &answer);
	written = write(fd, &answer, sizeof(answer));
	_exit(written == (ssize_t)sizeof(answer) ? EXIT_SUCCESS : EXIT_FAILURE);
}

int resolver_start(struct resolver *resolver, const char *name, int family, int64_t now_ns)
{
	int ends[2];
	pid_t pid = child_with_pipe(ends, O_CLOEXEC | O_NONBLOCK);

	if (pid < 0)
		return pid;
	if (pid == 0)
		run_child(ends[1], name, family);

	close(ends[1]);
	resolver->fd = ends[0];
	resolver->pid = pid;
	resolver->deadline_ns = now_ns + (LOOKUP_TIMEOUT_S + 1) * NS_PER_S;

	return 0;
}

void resolver_cancel(struct resolver *resolver)
{
	if (resolver->fd < 0)
		return;

	child_end(resolver->pid);
	close(resolver->fd);
	resolver->fd = -1;
}

static int judge_error(int error, const char **problem)
{
	*problem = gai_strerror(error);
	switch (error) {
	case EAI_NONAME:
	case EAI_NODATA:
	case EAI_ADDRFAMILY:
		return -ENOENT;
	case EAI_AGAIN:
	case EAI_FAIL:
	case EAI_SYSTEM:
		return -EHOSTUNREACH;
	}

	return -EIO;
}

int resolver_finish(struct resolver *resolver, int64_t now_ns, struct net_address *addresses,
		    const char **problem)
{
	struct answer answer;
	ssize_t length;

	length = read(resolver->fd, &answer, sizeof(answer));
	if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
		if (now_ns < resolver->deadline_ns)
			return -EAGAIN;
		resolver_cancel(resolver);
		*problem = "No answer from the name servers";
		return -ETIMEDOUT;
	}
	resolver_cancel(resolver);

	/* The child was killed, or ran out of memory or descriptors. */
	if (length != (ssize_t)sizeof(answer) || answer.count < 0 ||
	    answer.count > RESOLVER_ADDRESSES_MAX) {
		*problem = "The name could not be looked up";
		return -EIO;
	}
	if (answer.error)
		return judge_error(answer.error, problem);
	if (answer.count == 0) {
		*problem = "The name has no address";
		return -ENOENT;
	}
	memcpy(addresses, answer.addresses, (size_t)answer.count * sizeof(*addresses));
	*problem = "";

	return answer.count;
}
