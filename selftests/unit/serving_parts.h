/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stand-ins for what serving.c has beside its process and its sockets: NTS, the fast path and the
 * network cards. Nothing of it is there.
 */
#ifndef UNIT_SERVING_PARTS_H
#define UNIT_SERVING_PARTS_H

#include <stdlib.h>

#include "user/daemon/nts_serving.h"
#include "user/daemon/serving_cards.h"
#include "user/daemon/serving_fast.h"
#include "user/xdp/fast_path.h"

struct nts_serving *nts_serving_new(void)
{
	return malloc(1);
}

void nts_serving_free(struct nts_serving *nts)
{
	free(nts);
}

void nts_serving_configure(struct nts_serving *nts, const struct config *config,
			   int64_t now_raw_ns)
{
}

const struct nts_server_keys *nts_serving_keys(const struct nts_serving *nts, uint64_t *changes)
{
	return NULL;
}

int nts_serving_pollfds(const struct nts_serving *nts, struct pollfd *fds)
{
	return 0;
}

int64_t nts_serving_next_ns(const struct nts_serving *nts)
{
	return INT64_MAX;
}

void nts_serving_timer(struct nts_serving *nts, int64_t now_raw_ns)
{
}

void nts_serving_seed(const struct nts_serving *nts, uint64_t seed[2])
{
	(void)nts;
	seed[0] = 0;
	seed[1] = 0;
}

const struct nts_statistics *nts_serving_statistics(const struct nts_serving *nts)
{
	return NULL;
}

int64_t nts_serving_certificate_end_s(const struct nts_serving *nts)
{
	return 0;
}

void serving_fast_init(struct serving_fast *fast)
{
	*fast = (struct serving_fast){ .next_ns = INT64_MAX };
}

void serving_fast_configure(struct serving_fast *fast, const struct config_server *config, int dscp)
{
}

void serving_fast_turn(struct serving_fast *fast, const struct time_content *content,
		       const struct serving_sockets *sockets, int64_t now_raw_ns)
{
}

void fast_path_counts(const struct fast_path *path, uint64_t counts[XDP_COUNTS])
{
}

void serving_cards_init(struct serving_cards *cards, struct hardware *hardware)
{
	*cards = (struct serving_cards){ .next_ns = INT64_MAX };
}

bool serving_cards_exist(const struct serving_cards *cards)
{
	return false;
}

void serving_cards_read(struct serving_cards *cards, double rate, struct time_content *content)
{
}

#endif /* UNIT_SERVING_PARTS_H */
