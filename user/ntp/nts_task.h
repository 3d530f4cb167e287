/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the daemon and a process that establishes keys for it tell each other, in one message each
 * way. Both are of one build; but the process has listened to the network, so that what it says is
 * looked at as anything from there.
 */
#ifndef NTP_NTS_TASK_H
#define NTP_NTS_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp/address.h"
#include "ntp/nts_record.h"

/* The program, and what it is told to do. */
#define NTS_PROGRAM		"truechime-nts"
#define NTS_ESTABLISH		"establish"

/* The descriptor of its socket. */
#define NTS_TASK_FD		3

/* For all of it: name resolution is done, so this is what the network takes. */
#define NTS_TASK_S		16

#define NTS_TASK_NAME_MAX	256
#define NTS_TASK_PATHS_MAX	32
#define NTS_TASK_PATH_MAX	256
#define NTS_TASK_WORD_MAX	64
#define NTS_PROBLEM_MAX		320

/**
 * struct nts_task - keys to be established
 * @address: of the server
 * @port: of it
 * @name: that its certificate has to have
 * @algorithms: that may be used
 * @no_system: the system's certificates are not trusted
 * @no_time_checks: whatever the clock says, certificates are valid
 * @bind_address: local address, "": any
 * @bind_device: interface, "": any
 * @path_count: how many files or directories of trusted certificates there are
 * @paths: these
 */
struct nts_task {
	struct net_address address;
	int port;
	char name[NTS_TASK_NAME_MAX];
	struct nts_algorithms algorithms;
	bool no_system;
	bool no_time_checks;
	char bind_address[NTS_TASK_WORD_MAX];
	char bind_device[NTS_TASK_WORD_MAX];
	size_t path_count;
	char paths[NTS_TASK_PATHS_MAX][NTS_TASK_PATH_MAX];
};

/* Why there are no keys. It decides how soon the server is asked again. */
enum nts_failure {
	NTS_ESTABLISHED,
	NTS_FAILED_HERE,	/* before anything was sent */
	NTS_FAILED_CONNECT,	/* nobody answers there */
	NTS_FAILED_CLOCK,	/* the certificate is not valid at the time that the clock shows */
	NTS_FAILED_TLS,		/* somebody answers, but not as an NTS server that is trusted */
	NTS_FAILURES,
};

/**
 * struct nts_outcome - what came of it
 * @failure: why there are no keys; NTS_ESTABLISHED: there are
 * @problem: the same for people
 * @keys: of the algorithm that was chosen
 * @other: of AES-128-GCM-SIV, exported in the other way; .algorithm AEAD_NONE: there are none
 * @answer: the server's
 */
struct nts_outcome {
	enum nts_failure failure;
	char problem[NTS_PROBLEM_MAX];
	struct nts_keys keys;
	struct nts_keys other;
	struct nts_ke_answer answer;
};

#endif /* NTP_NTS_TASK_H */
