/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * By what a request is authenticated: the MAC of a key, NTS, or nothing.
 */
#ifndef SERVER_PROOF_H
#define SERVER_PROOF_H

#include <stdbool.h>
#include <stddef.h>

#include "ntp/keys.h"
#include "ntp/nts_cookie.h"
#include "server/nts_request.h"
#include "server/respond.h"

/**
 * struct proof_keys - what requests are checked with
 * @keys: of MACs, in the order of their numbers
 * @key_count: how many
 * @cookie_keys: of NTS ...
 * @has_cookie_keys: ... which have come; false: requests by NTS are answered as others
 */
struct proof_keys {
	const struct ntp_key *keys;
	size_t key_count;
	struct nts_cookie_keys cookie_keys;
	bool has_cookie_keys;
};

enum proof_verdict {
	PROOF_NONE,		/* it claims nothing */
	PROOF_AUTHENTIC,
	PROOF_REFUSED,		/* a cookie of NTS that its client has to replace */
	PROOF_WRONG,
};

/**
 * struct proof - by what a request is authenticated
 * @key: by that; NULL: by none
 * @nts: by NTS, or not by it
 * @request: if there is NTS; its keys are to be wiped
 */
struct proof {
	const struct ntp_key *key;
	enum nts_request_verdict nts;
	struct nts_request request;
};

/**
 * proof_judge() - is a request what it claims to be?
 * @keys: to check it with
 * @request: that respond_judge() has found well-formed
 * @proof: to be filled
 */
enum proof_verdict proof_judge(const struct proof_keys *keys,
			       const struct respond_request *request, struct proof *proof);

/**
 * proof_keys_take() - the daemon has other keys of cookies
 * @keys: to be changed, unless what comes is no set of keys
 * @fd: a pipe of struct nts_server_keys
 */
void proof_keys_take(struct proof_keys *keys, int fd);

#endif /* SERVER_PROOF_H */
