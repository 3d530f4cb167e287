// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who has which address: one machine has one vote, on however many ports it is asked. Who of two
 * that name it has the better claim: whose answer shows that it is his server rather than who only
 * says so.
 */
#include "sources/target.h"

#include <errno.h>

#include "sources/addresses.h"

static const struct net_address no_address;

/* It is asked there, for the time or, by NTS, for keys. */
static bool association_uses(const struct association *association,
			     const struct net_address *address)
{
	const struct nts_source *nts = association->nts;

	return net_address_equal(&association->client.address, address) ||
	       (nts && net_address_equal(&nts->asked, address));
}

bool associations_address_used(const struct associations *list, const struct net_address *address)
{
	for (size_t i = 0; i < list->count; i++) {
		if (association_uses(list->list[i], address))
			return true;
	}

	return false;
}

/* What a network may have named, and cannot be authenticated. */
static bool is_doubtful(const struct target *target)
{
	return target->config.volatile_origin && !target->config.authenticated;
}

/*
 * It has keys, and has not answered with them: whoever gave them may have named any server, which
 * would be asked in vain. That has no vote, and keeps nobody from the address.
 */
static bool is_unproven(const struct association *association)
{
	return association->target->config.authenticated && association->trying;
}

bool associations_gives_way(const struct association *association, const struct target *target)
{
	return (is_doubtful(association->target) && !is_doubtful(target)) ||
	       (is_unproven(association) && !target->config.authenticated);
}

bool associations_address_held(const struct associations *list, const struct net_address *address,
			       const struct target *target)
{
	for (size_t i = 0; i < list->count; i++) {
		if (association_uses(list->list[i], address) &&
		    !associations_gives_way(list->list[i], target))
			return true;
	}

	return false;
}

static int leave_address(struct association *association, int64_t now_raw_ns)
{
	if (association_start_over(association, &no_address, now_raw_ns) < 0)
		return -ENOMEM;
	/* Its name may have another one, and else the log says why it is not asked. */
	target_look_up_anew(association->target, now_raw_ns);

	return 0;
}

int associations_clear_way(struct associations *list, const struct net_address *address,
			   const struct target *target, int64_t now_raw_ns)
{
	/* It has to answer first. */
	if (target->config.authenticated)
		return 0;
	for (size_t i = 0; i < list->count; i++) {
		struct association *association = list->list[i];

		if (!association_uses(association, address) ||
		    !is_doubtful(association->target) || is_doubtful(target))
			continue;
		if (leave_address(association, now_raw_ns) < 0)
			return -ENOMEM;
	}

	return 0;
}

int associations_prove(struct association *association, int64_t now_raw_ns)
{
	struct associations *list = association->target->list;

	if (!is_unproven(association))
		return 0;
	for (size_t i = 0; i < list->count; i++) {
		struct association *other = list->list[i];

		if (other->target->config.authenticated ||
		    !association_has_address(other) ||
		    !association_uses(association, &other->client.address))
			continue;
		if (leave_address(other, now_raw_ns) < 0)
			return -ENOMEM;
	}

	return 0;
}
