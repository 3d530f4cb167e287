/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers that are authenticated, by a key's MAC or by NTS: what can be done before the instant at
 * which they leave is known, what has to be done after that, and how long it takes.
 */
#ifndef SERVER_SEAL_H
#define SERVER_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp/keys.h"
#include "server/nts_request.h"
#include "server/respond.h"

/* Random bytes that are drawn with one system call: for a hundred answers by NTS. */
#define SEAL_SECRETS	4096

/* By what an answer is authenticated. */
enum seal_kind {
	SEAL_KEY,
	SEAL_NTS,
	SEAL_REFUSAL,	/* by nothing: an NTS cookie is refused, and whose, it says */
	SEAL_KINDS,
};

/**
 * struct seal_answer - an answer without its seal
 * @answer: header, and extension fields of others
 * @kind: of its seal
 * @key: of SEAL_KEY
 * @request: by NTS, with its client's keys
 * @cookies: new ones
 * @nonce: of the encryption
 */
struct seal_answer {
	struct respond_answer answer;
	enum seal_kind kind;
	const struct ntp_key *key;
	struct nts_request request;
	struct nts_fresh_cookies cookies;
	uint8_t nonce[AEAD_NONCE_MAX];
};

/**
 * struct sealer - what is kept from one to the next
 * @average_ns: how long a seal of each kind takes
 * @secrets: random bytes ...
 * @secret_count: ... how many were not used yet
 */
struct sealer {
	int64_t average_ns[SEAL_KINDS];
	uint8_t secrets[SEAL_SECRETS];
	size_t secret_count;
};

/* @answer is going to be sealed by @key. */
void seal_prepare_key(struct seal_answer *seal, const struct respond_answer *answer,
		      const struct ntp_key *key);

/*
 * @answer is going to be sealed by NTS: cookies are made now. @kind: SEAL_NTS or SEAL_REFUSAL.
 * false: there are no random bytes.
 */
bool seal_prepare_nts(struct sealer *sealer, struct seal_answer *seal,
		      const struct respond_answer *answer, enum seal_kind kind,
		      const struct nts_request *request, const struct nts_cookie_keys *cookie_keys);

/*
 * The clock was set, as after a restore: random bytes that were drawn before may be in use by
 * another guest of the same snapshot, too.
 */
void seal_forget(struct sealer *sealer);

/* How long it is going to take to seal these. */
int64_t seal_expected_ns(const struct sealer *sealer, const struct seal_answer *seals, int count);

/* It has taken so long. */
void seal_learn(struct sealer *sealer, const struct seal_answer *seals, int count,
		int64_t took_ns);

/*
 * Append the seal to the answer in @bytes, which has its transmit timestamp by now. The new length;
 * 0: there is no room in @size. The client's keys are wiped.
 */
size_t seal_append(struct seal_answer *seal, uint8_t *bytes, size_t size);

#endif /* SERVER_SEAL_H */
