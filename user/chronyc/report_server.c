// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the NTP server counts, for chronyc. The server process goes on while its memory is read: a
 * record may be of two clients, or of none that ever was. So it is copied first, and what is copied
 * is only shown.
 */
#include "chronyc/report.h"

#include <math.h>
#include <string.h>

#include "core/line.h"
#include "lib/time_units.h"

/* Numbers of 32 and of 64 bits, and what is in places that are for later versions. */
#define SERVERSTATS	11
#define SERVERSTATS64	21
#define RESERVED	UINT64_MAX

static uint64_t load(const atomic_uint_least64_t *count)
{
	return atomic_load_explicit(count, memory_order_relaxed);
}

static uint64_t count_of(const struct server_statistics *statistics, enum server_count count)
{
	return statistics ? load(&statistics->counts[count]) : 0;
}

static uint64_t xdp_count_of(const struct server_counts *counts, enum xdp_count count)
{
	return counts->xdp ? counts->xdp[count] : 0;
}

/* All requests of clients that are allowed. Those that the kernel takes it stamps itself. */
void chronyc_report_serverstats(const struct server_counts *counts,
				const struct chronyc_request *request,
				struct chronyc_reply *reply)
{
	const struct server_statistics *statistics = counts->statistics;
	const struct nts_statistics *nts = counts->nts;
	uint32_t span_s;
	size_t held = server_statistics_held(statistics, counts->clients, &span_s);
	uint64_t xdp_answered = xdp_count_of(counts, XDP_ANSWERED);
	uint64_t xdp_dropped = xdp_count_of(counts, XDP_DROPPED);
	const uint64_t values[SERVERSTATS64] = {
		count_of(statistics, SERVER_RECEIVED) + xdp_answered + xdp_dropped,
		nts ? load(&nts->accepted) : 0,
		counts->commands_received,
		count_of(statistics, SERVER_DROPPED) + xdp_dropped,
		nts ? load(&nts->dropped) : 0,
		counts->commands_dropped,
		count_of(statistics, SERVER_REPLACED),
		count_of(statistics, SERVER_AUTHENTICATED),
		count_of(statistics, SERVER_INTERLEAVED),
		/* Timestamps for the interleaved mode. */
		held, span_s,
		/* The shorter contents end here. */
		count_of(statistics, SERVER_RX_DAEMON), count_of(statistics, SERVER_TX_DAEMON),
		count_of(statistics, SERVER_RX_KERNEL) + xdp_answered,
		count_of(statistics, SERVER_TX_KERNEL) + xdp_answered,
		count_of(statistics, SERVER_RX_CARD), count_of(statistics, SERVER_TX_CARD),
		RESERVED, RESERVED, RESERVED, RESERVED,
	};
	bool wide = chronyc_expects(request, CHRONYC_REPLY_SERVERSTATS64);

	chronyc_reply_set_contents(reply, wide ? CHRONYC_REPLY_SERVERSTATS64 :
						 CHRONYC_REPLY_SERVERSTATS);
	for (int i = 0; wide && i < SERVERSTATS64; i++)
		chronyc_put64(reply, values[i]);
	for (int i = 0; !wide && i < SERVERSTATS; i++)
		chronyc_put(reply, (uint32_t)values[i]);
}

/* As log2 seconds. */
static uint8_t interval_of(int64_t interval_ns)
{
	if (interval_ns <= 0)
		return CHRONYC_INTERVAL_UNKNOWN;

	return (uint8_t)(int8_t)lrint(log2((double)interval_ns / NS_PER_S));
}

/* Of who has never come it is not known. */
static uint32_t age_of(const struct client_record *record, int64_t now_raw_ns)
{
	int64_t age_ns = chime_max(chime_sub_sat(now_raw_ns, record->last_ns), 0);

	return record->last_ns ? (uint32_t)(age_ns / NS_PER_S) : CHRONYC_AGE_UNKNOWN;
}

/**
 * struct client_pair - what one client did
 * @ntp: requests; of one that has not asked only the address
 * @nts: connections for keys of NTS; all 0: there were none
 */
struct client_pair {
	struct client_record ntp;
	struct client_record nts;
};

/* Who asks about the daemon is not counted, so those fields are empty. */
static void put_client(struct chronyc_reply *reply, const struct client_pair *client,
		       int64_t now_raw_ns)
{
	const struct client_record *ntp = &client->ntp, *nts = &client->nts;
	struct chronyc_address address = {
		.family = ntp->family == AF_INET6 ? CHRONYC_FAMILY_IPV6 : CHRONYC_FAMILY_IPV4,
	};

	memcpy(address.ip.bytes, ntp->address, sizeof(address.ip.bytes));
	chronyc_put_address(reply, &address);
	chronyc_put(reply, ntp->hits);
	chronyc_put(reply, nts->hits);
	chronyc_put(reply, 0);
	chronyc_put(reply, ntp->drops);
	chronyc_put(reply, nts->drops);
	chronyc_put(reply, 0);
	chronyc_put8(reply, interval_of(ntp->interval_ns));
	chronyc_put8(reply, interval_of(nts->interval_ns));
	chronyc_put8(reply, CHRONYC_INTERVAL_UNKNOWN);
	/* chronyd shows it only of clients whose rate it limited. */
	chronyc_put8(reply, ntp->drops ? interval_of(ntp->answer_interval_ns) :
					 CHRONYC_INTERVAL_UNKNOWN);
	chronyc_put(reply, age_of(ntp, now_raw_ns));
	chronyc_put(reply, age_of(nts, now_raw_ns));
	chronyc_put(reply, CHRONYC_AGE_UNKNOWN);
}

/* The client of @record in another table. false: it is not there, and @found is empty. */
static bool find_client(const struct client_table *table, const struct client_record *record,
			struct client_record *found)
{
	struct net_address address = { .family = (int)record->family };
	size_t first = 0, count = table->count ? CLIENT_LOG_BUCKET : 0;

	memcpy(address.bytes, record->address, sizeof(address.bytes));
	if (count)
		first = client_log_bucket(&address, table->seed, table->count);
	for (size_t i = first; i < first + count; i++) {
		if (client_table_copy(table, i, found) && found->family == record->family &&
		    !memcmp(found->address, record->address, sizeof(found->address)))
			return true;
	}
	*found = (struct client_record){ .family = AF_UNSPEC };

	return false;
}

/*
 * The client at @index, counted through those of NTP and then through those of NTS, of whom some
 * were among the former. false: there is none.
 */
static bool take_client(const struct client_table *ntp, const struct client_table *nts,
			size_t index, struct client_pair *client)
{
	if (index < ntp->count) {
		if (!client_table_copy(ntp, index, &client->ntp))
			return false;
		(void)find_client(nts, &client->ntp, &client->nts);
		return true;
	}
	if (!client_table_copy(nts, index - ntp->count, &client->nts) ||
	    find_client(ntp, &client->nts, &client->ntp))
		return false;
	client->ntp.family = client->nts.family;
	memcpy(client->ntp.address, client->nts.address, sizeof(client->ntp.address));

	return true;
}

static bool is_wanted(const struct client_pair *client, uint32_t least_hits)
{
	return client->ntp.hits >= least_hits || client->nts.hits >= least_hits;
}

bool chronyc_report_clients(const struct client_table *ntp, const struct client_table *nts,
			    int64_t now_raw_ns, struct chronyc_request *request,
			    struct chronyc_reply *reply)
{
	uint32_t index = chronyc_take(request), most = chronyc_take(request);
	uint32_t least_hits = chronyc_take(request), reset = chronyc_take(request);
	struct client_pair clients[CHRONYC_CLIENTS_MAX];
	size_t count = ntp->count + nts->count;
	uint32_t found = 0;

	/* Everybody may be permitted to ask; to have the counts begin anew is for the operator. */
	if (reset && !request->by_operator) {
		chronyc_reply_set_status(reply, CHRONYC_FAILED);
		return false;
	}
	if (most > CHRONYC_CLIENTS_MAX)
		most = CHRONYC_CLIENTS_MAX;
	for (; index < count && found < most; index++) {
		if (take_client(ntp, nts, index, &clients[found]) &&
		    is_wanted(&clients[found], least_hits))
			found++;
	}
	chronyc_reply_set_contents(reply, CHRONYC_REPLY_CLIENTS);
	chronyc_put(reply, (uint32_t)count);
	chronyc_put(reply, index);
	chronyc_put(reply, found);
	for (uint32_t i = 0; i < found; i++)
		put_client(reply, &clients[i], now_raw_ns);
	/* All of it is sent, used or not. */
	chronyc_put_zeros(reply, CHRONYC_REPLY_MAX - reply->length);

	return reset && index >= count;
}
