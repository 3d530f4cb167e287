// SPDX-License-Identifier: GPL-2.0-only
/*
 * Supervision of the processes, and who is sent the keys of cookies when.
 */
#include "daemon/nts_serving.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/line.h"
#include "daemon/certificate_watch.h"
#include "daemon/cookie_keys.h"
#include "daemon/nts_files.h"
#include "daemon/nts_process.h"
#include "daemon/restart.h"
#include "daemon/server_sockets.h"
#include "lib/child.h"
#include "lib/clock_ns.h"
#include "lib/log.h"
#include "lib/memory_file.h"
#include "lib/spawn.h"
#include "lib/time_units.h"
#include "ntp/nts_task.h"
#include "ntp/packet.h"

/* What a program has for trying new certificates: meanwhile the daemon does nothing else. */
#define CHECK_MS	2000

/*
 * As many connections may wait as are served at a time: in a crowd that comes at once they soon
 * have the places of those, and whoever has to wait for longer asks in vain. But no fewer than
 * this.
 */
#define WAITING_MIN	128

/**
 * struct nts_serving - all of them
 * @config: as configured
 * @server: same, for who is served and where; its rules are owned
 * @files: of certificates, as they were then
 * @serves: NTS is served
 * @sockets: that listen
 * @processes: as many as are configured
 * @cookies: the keys of cookies, and their file
 * @seed: of the table in which clients are counted
 * @statistics: shared with the processes; NULL: there was none
 * @statistics_fd: same, to be handed over
 * @settings_number: of the settings that processes are started with
 * @certificates: those that have expired
 * @restart: the next start of processes
 */
struct nts_serving {
	struct config_nts config;
	struct config_server server;
	struct nts_files files;
	bool serves;
	struct server_sockets sockets;
	struct nts_process processes[CONFIG_NTS_PROCESSES_MAX];
	struct cookie_keys cookies;
	uint64_t seed[2];
	struct nts_statistics *statistics;
	int statistics_fd;
	uint64_t settings_number;
	struct certificate_watch certificates;
	struct restart restart;
};

struct nts_serving *nts_serving_new(void)
{
	struct nts_serving *nts = calloc(1, sizeof(*nts));

	if (!nts)
		return NULL;
	server_sockets_init(&nts->sockets);
	nts->statistics_fd = -1;
	restart_init(&nts->restart);
	cookie_keys_init(&nts->cookies, &nts->config);
	if (getrandom(nts->seed, sizeof(nts->seed), 0) != (ssize_t)sizeof(nts->seed)) {
		free(nts);
		return NULL;
	}

	return nts;
}

/* --- the keys --- */

static void send_keys(const struct nts_serving *nts)
{
	for (int i = 0; i < CONFIG_NTS_PROCESSES_MAX; i++)
		nts_process_send_keys(&nts->processes[i], &nts->cookies.keys);
}

static int64_t rotation_ns(const struct nts_serving *nts)
{
	return nts->serves ? cookie_keys_rotation_ns(&nts->cookies) : INT64_MAX;
}

static void rotate(struct nts_serving *nts, int64_t now_raw_ns)
{
	if (!cookie_keys_rotate(&nts->cookies, now_raw_ns))
		return;
	send_keys(nts);
	cookie_keys_keep(&nts->cookies, now_raw_ns);
	log_info("The key of NTS cookies was replaced; two earlier ones are still accepted");
}

/* --- processes --- */

static void stop_all(struct nts_serving *nts)
{
	for (int i = 0; i < CONFIG_NTS_PROCESSES_MAX; i++)
		nts_process_stop(&nts->processes[i]);
}

void nts_serving_free(struct nts_serving *nts)
{
	if (!nts)
		return;
	stop_all(nts);
	server_sockets_close(&nts->sockets);
	if (nts->serves)
		cookie_keys_keep(&nts->cookies, clock_ns(CLOCK_MONOTONIC_RAW));
	if (nts->statistics)
		munmap(nts->statistics, sizeof(*nts->statistics));
	if (nts->statistics_fd >= 0)
		close(nts->statistics_fd);
	config_server_clear(&nts->server);
	explicit_bzero(&nts->cookies.keys, sizeof(nts->cookies.keys));
	free(nts);
}

static void fill_settings(const struct nts_serving *nts, const struct config_nts *config,
			  const struct config_server *server, struct nts_settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	own_version_write(settings->version);
	settings->number = nts->settings_number;
	settings->algorithms = config->algorithms;
	settings->connections = config->connections;
	/* As in chrony: without a log of clients there is no limit. */
	settings->records = !!server->log_bytes;
	settings->limit = config->limit;
	memcpy(settings->seed, nts->seed, sizeof(settings->seed));
	if (server->port && server->port != NTP_PORT)
		settings->ntp_port = server->port;
	snprintf(settings->ntp_server, sizeof(settings->ntp_server), "%s", config->ntp_server);
	settings->pair_count = (uint32_t)config->certificate_count;
	memcpy(settings->certificates, config->certificates, sizeof(settings->certificates));
	memcpy(settings->keys, config->keys, sizeof(settings->keys));
	settings->rule_count = (uint32_t)server->rule_count;
}

/* A descriptor, -errno. */
static int settings_file(const struct nts_serving *nts, const struct config_nts *config,
			 const struct config_server *server)
{
	size_t rules_size = server->rule_count * sizeof(*server->rules);
	struct nts_settings settings;
	int fd = memory_file("truechime-nts", sizeof(settings) + rules_size);

	if (fd < 0)
		return fd;
	fill_settings(nts, config, server, &settings);
	if (!memory_file_write(fd, &settings, sizeof(settings), 0) ||
	    !memory_file_write(fd, server->rules, rules_size,
			       offsetof(struct nts_settings, rules))) {
		close(fd);
		return -ENOMEM;
	}

	return fd;
}

/* As these say, with this end of a socket to the daemon, -1: without. Its pid, or -errno. */
static pid_t start_program(const struct nts_serving *nts, const struct config_nts *config,
			   const struct config_server *server, const char *task, int daemon_fd)
{
	int fds[NTS_FD_END - NTS_FD_SETTINGS];
	pid_t pid;

	fds[NTS_FD_SETTINGS - NTS_FD_SETTINGS] = settings_file(nts, config, server);
	fds[NTS_FD_DAEMON - NTS_FD_SETTINGS] = daemon_fd;
	fds[NTS_FD_STATISTICS - NTS_FD_SETTINGS] = nts->statistics_fd;
	fds[NTS_FD_IPV4 - NTS_FD_SETTINGS] = nts->sockets.ipv4_fd;
	fds[NTS_FD_IPV6 - NTS_FD_SETTINGS] = nts->sockets.ipv6_fd;
	if (fds[0] < 0)
		return fds[0];
	pid = spawn_beside(NTS_PROGRAM, task, fds, NTS_FD_END - NTS_FD_SETTINGS);
	close(fds[0]);

	return pid;
}

static int start(struct nts_serving *nts, struct nts_process *process, int64_t now_raw_ns)
{
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
		return -errno;
	pid = start_program(nts, &nts->config, &nts->server, NTS_SERVE, ends[0]);
	close(ends[0]);
	if (pid < 0) {
		close(ends[1]);
		return pid;
	}
	*process = (struct nts_process){
		.pid = pid,
		.fd = ends[1],
		.started_ns = now_raw_ns,
	};
	nts_process_send_keys(process, &nts->cookies.keys);

	return 0;
}

static void start_all(struct nts_serving *nts, int64_t now_raw_ns)
{
	int err = 0;

	nts->restart.next_ns = INT64_MAX;
	for (int i = 0; i < nts->config.processes && !err; i++) {
		if (!nts->processes[i].pid)
			err = start(nts, &nts->processes[i], now_raw_ns);
	}
	if (!err)
		return;
	if (restart_is_news(&nts->restart, strerror(-err)))
		log_warning("NTS is not served: the program truechime-nts could not be started: %s. %s",
			    strerror(-err), restart_advice(err));
	restart_after_failure(&nts->restart, now_raw_ns);
}

static void note_end(struct nts_serving *nts, struct nts_process *process, int64_t now_raw_ns)
{
	int64_t started_ns = process->started_ns;
	char how[128];

	nts_process_ended(process, how, sizeof(how));
	restart_after_end(&nts->restart, started_ns, now_raw_ns);
	log_warning("A process that serves NTS keys has ended: %s. It is started again in %lld s",
		    how, (long long)(chime_max(nts->restart.next_ns - now_raw_ns, 0) / NS_PER_S));
}

/* Processes are started by the loop. */
static void try_sockets(struct nts_serving *nts, int64_t now_raw_ns)
{
	struct server_place place = {
		.config = &nts->server,
		.port = nts->config.port,
		.establishes_nts = true,
		.waiting = (int)chime_max((int64_t)nts->config.processes * nts->config.connections,
					  WAITING_MIN),
	};

	if (!server_sockets_try(&nts->sockets, &place, now_raw_ns))
		return;
	stop_all(nts);
	nts->restart.next_ns = server_sockets_are_open(&nts->sockets) ? now_raw_ns : INT64_MAX;
}

/* --- configuration --- */

static bool open_statistics(struct nts_serving *nts)
{
	const size_t size = sizeof(*nts->statistics);

	if (nts->statistics)
		return true;
	nts->statistics_fd = memory_file("truechime-nts-statistics", size);
	if (nts->statistics_fd < 0)
		return false;
	nts->statistics = memory_file_map(nts->statistics_fd, size, PROT_READ);
	if (nts->statistics)
		return true;
	close(nts->statistics_fd);
	nts->statistics_fd = -1;

	return false;
}

/* Clients find it where they did, and the NTP server that they are told. */
static bool is_at_same_place(const struct nts_serving *nts, const struct config *config)
{
	return nts->serves && config_serves_nts(config) && nts->config.port == config->nts.port &&
	       nts->server.port == config->server.port &&
	       config_server_same_place(&nts->server, &config->server);
}

/* But for who is served, of which processes are notified. */
static bool is_unchanged(const struct nts_serving *nts, const struct config *config,
			 const struct nts_files *files)
{
	return is_at_same_place(nts, config) &&
	       config_nts_server_equal(&nts->config, &config->nts) &&
	       !nts->server.log_bytes == !config->server.log_bytes &&
	       nts_files_equal(&nts->files, files);
}

static bool any_runs(const struct nts_serving *nts)
{
	for (int i = 0; i < CONFIG_NTS_PROCESSES_MAX; i++) {
		if (nts->processes[i].pid && !nts_process_has_ended(&nts->processes[i]))
			return true;
	}

	return false;
}

/* Why those who serve go on. */
static void log_refusal(int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) != NTS_STATUS_CERTIFICATE)
		log_warning("NTS cannot be served as it is configured now: %s. Clients are served as before: see the message before, and reload",
			    nts_process_words(WEXITSTATUS(status)));
	else
		log_warning("The certificate of NTS or its key is another one and cannot be used, %s: clients are served with the one that was read before. Mend the file and reload",
			    WIFEXITED(status) ? "see the message before" :
						"and reading it came to no end");
}

/*
 * Other files than those that were read, or at other places. Processes that serve with these must
 * not end for others that cannot serve, be it with files that are only half written: a program
 * tries, and is waited for.
 */
static bool takes_files(const struct nts_serving *nts, const struct config *config)
{
	pid_t pid = any_runs(nts) ? start_program(nts, &config->nts, &config->server, NTS_CHECK,
						  -1) : -ESRCH;
	int status;

	if (pid < 0)
		return true;
	/* What is no file, or on no disk that answers, is not to keep the daemon. */
	child_await_end(pid, CHECK_MS);
	status = child_end(pid);
	if (!status)
		return true;
	log_refusal(status);

	return false;
}

/*
 * Other rules. One that does not take them would serve clients that are refused now: another one
 * takes its place.
 */
static int take_rules(struct nts_serving *nts, const struct config_server *server)
{
	int err;

	if (config_rules_equal(&nts->server, server))
		return 0;
	err = config_server_copy(&nts->server, server);
	for (int i = 0; i < CONFIG_NTS_PROCESSES_MAX && !err; i++) {
		if (nts_process_send_rules(&nts->processes[i], server))
			nts_process_stop(&nts->processes[i]);
	}

	return err;
}

static void give_up(struct nts_serving *nts)
{
	log_err("There is no memory left to serve NTS");
	stop_all(nts);
	nts->serves = false;
	nts->restart.next_ns = INT64_MAX;
	cookie_keys_forgive(&nts->cookies);
	server_sockets_close(&nts->sockets);
}

/* Processes that run go on, with their clients; what has failed is tried at once. */
static void go_on(struct nts_serving *nts, int64_t now_raw_ns)
{
	restart_forgive(&nts->restart);
	nts->certificates = (struct certificate_watch){ { 0 } };
	nts->sockets.complained = false;
	if (!nts->config.rotate_s && cookie_keys_find(&nts->cookies, now_raw_ns))
		send_keys(nts);
	if (nts->sockets.next_ns != INT64_MAX)
		try_sockets(nts, now_raw_ns);
	if (server_sockets_are_open(&nts->sockets))
		nts->restart.next_ns = now_raw_ns;
}

/* As those of the server: a child that was forked just now may still have the port. */
static bool keeps_sockets(const struct nts_serving *nts, const struct config *config)
{
	return server_sockets_are_open(&nts->sockets) && config_serves_nts(config) &&
	       nts->config.port == config->nts.port &&
	       config_server_same_place(&nts->server, &config->server);
}

/* The processes end, and others are started with this configuration. */
static void begin_anew(struct nts_serving *nts, const struct config *config, int64_t now_raw_ns)
{
	nts->settings_number++;
	nts->certificates = (struct certificate_watch){ { 0 } };
	stop_all(nts);
	if (!keeps_sockets(nts, config))
		server_sockets_close(&nts->sockets);
	nts->serves = config_serves_nts(config);
	server_sockets_forgive(&nts->sockets);
	restart_init(&nts->restart);
	cookie_keys_forgive(&nts->cookies);
	if (!nts->serves)
		return;
	nts->config = config->nts;
	/* Keys that others take care of may be other ones now. */
	if (!nts->cookies.changes || !nts->config.rotate_s)
		(void)cookie_keys_find(&nts->cookies, now_raw_ns);
	if (config_server_copy(&nts->server, &config->server) || !open_statistics(nts) ||
	    (!nts->cookies.changes && !cookie_keys_make(&nts->cookies, now_raw_ns))) {
		give_up(nts);
		return;
	}
	if (!*nts->config.dumpdir)
		log_warning("The keys of NTS cookies are not kept: after a restart all clients need new ones. Name a directory with 'ntsdumpdir'");
	/*
	 * By the loop: at the start privileges are still to be given up, and the file is the
	 * daemon's user's. A daemon that crashes writes nothing, and has handed out cookies.
	 */
	nts->cookies.keep_ns = now_raw_ns;
	try_sockets(nts, now_raw_ns);
	/* Processes are started by the loop, on sockets that were open before, too. */
	if (server_sockets_are_open(&nts->sockets))
		nts->restart.next_ns = now_raw_ns;
}

void nts_serving_configure(struct nts_serving *nts, const struct config *config,
			   int64_t now_raw_ns)
{
	struct nts_files files;

	/* Before they are read: if they are replaced meanwhile, the next reload finds that out. */
	nts_files_stat(&config->nts, &files);
	if (!is_unchanged(nts, config, &files) &&
	    (!is_at_same_place(nts, config) || takes_files(nts, config))) {
		nts->files = files;
		begin_anew(nts, config, now_raw_ns);
	} else if (take_rules(nts, &config->server)) {
		give_up(nts);
	} else {
		go_on(nts, now_raw_ns);
	}
}

const struct nts_server_keys *nts_serving_keys(const struct nts_serving *nts, uint64_t *changes)
{
	*changes = nts->cookies.changes;

	return nts->serves ? &nts->cookies.keys : NULL;
}

const struct nts_statistics *nts_serving_statistics(const struct nts_serving *nts)
{
	return nts->statistics;
}

void nts_serving_seed(const struct nts_serving *nts, uint64_t seed[2])
{
	memcpy(seed, nts->seed, sizeof(nts->seed));
}

int64_t nts_serving_certificate_end_s(const struct nts_serving *nts)
{
	return nts->serves && nts->statistics ?
	       certificate_watch_end_s(&nts->statistics->validity, nts->settings_number) : 0;
}

/* --- the loop --- */

int nts_serving_pollfds(const struct nts_serving *nts, struct pollfd *fds)
{
	int count = 0;

	/* Without events only POLLERR is reported: nobody reads from the other end any more. */
	for (int i = 0; i < CONFIG_NTS_PROCESSES_MAX; i++) {
		if (nts->processes[i].pid)
			fds[count++] = (struct pollfd){ .fd = nts->processes[i].fd };
	}

	return count;
}

int64_t nts_serving_next_ns(const struct nts_serving *nts)
{
	return chime_min(chime_min(nts->restart.next_ns, nts->sockets.next_ns),
			 chime_min(nts->cookies.keep_ns, rotation_ns(nts)));
}

void nts_serving_timer(struct nts_serving *nts, int64_t now_raw_ns)
{
	for (int i = 0; i < CONFIG_NTS_PROCESSES_MAX; i++) {
		if (nts_process_has_ended(&nts->processes[i]))
			note_end(nts, &nts->processes[i], now_raw_ns);
	}
	/* Nothing wakes for that: the next turn of the loop does as well. */
	if (nts->serves && nts->statistics)
		certificate_watch_check(&nts->certificates, &nts->config,
					&nts->statistics->validity, nts->settings_number,
					clock_ns(CLOCK_REALTIME) / NS_PER_S);
	if (now_raw_ns >= rotation_ns(nts))
		rotate(nts, now_raw_ns);
	if (now_raw_ns >= nts->cookies.keep_ns)
		cookie_keys_keep(&nts->cookies, now_raw_ns);
	if (now_raw_ns >= nts->sockets.next_ns)
		try_sockets(nts, now_raw_ns);
	if (now_raw_ns >= nts->restart.next_ns)
		start_all(nts, now_raw_ns);
}
