// SPDX-License-Identifier: GPL-2.0-only
/*
 * The server process goes on while its memory is read: a record may be of two clients, or of none
 * that ever was. So it is copied first, and what is copied is only shown.
 */
#include "ipc/report_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/line.h"
#include "ntp/address.h"

static const char *const names[SERVER_COUNTS] = {
	[SERVER_RECEIVED] = "received",
	[SERVER_REFUSED] = "refused",
	[SERVER_MALFORMED] = "malformed",
	[SERVER_DROPPED] = "dropped",
	[SERVER_KISSED] = "kissed",
	[SERVER_UNSENT] = "unsent",
	[SERVER_AUTHENTICATED] = "authenticated",
	[SERVER_UNAUTHENTIC] = "unauthentic",
	[SERVER_NTS_REFUSED] = "nts_refused",
	[SERVER_INTERLEAVED] = "interleaved",
	[SERVER_REPLACED] = "replaced",
	[SERVER_RX_DAEMON] = "rx_daemon",
	[SERVER_RX_KERNEL] = "rx_kernel",
	[SERVER_RX_CARD] = "rx_hardware",
	[SERVER_TX_DAEMON] = "tx_daemon",
	[SERVER_TX_KERNEL] = "tx_kernel",
	[SERVER_TX_CARD] = "tx_hardware",
	[SERVER_CARD_REFUSED] = "hardware_refused",
};

static const char *const xdp_names[XDP_COUNTS] = {
	[XDP_ANSWERED] = "xdp_answered",
	[XDP_REFUSED] = "xdp_refused",
	[XDP_DROPPED] = "xdp_dropped",
	[XDP_KISSED] = "xdp_kissed",
	[XDP_PASSED] = "xdp_passed",
};

static json_t *report_count(const atomic_uint_least64_t *count)
{
	return json_integer(count ? (json_int_t)atomic_load_explicit(count, memory_order_relaxed) :
				    0);
}

json_t *report_serverstats(const struct server_counts *counts)
{
	const struct server_statistics *statistics = counts->statistics;
	const struct nts_statistics *nts = counts->nts;
	uint32_t span_s;
	size_t held = server_statistics_held(statistics, counts->clients, &span_s);
	json_t *reply = json_pack("{s:b,s:b,s:b}", "ok", 1, "serving", !!statistics,
				  "xdp", !!counts->xdp);

	for (int i = 0; i < SERVER_COUNTS; i++)
		json_object_set_new(reply, names[i],
				    report_count(statistics ? &statistics->counts[i] : NULL));
	for (int i = 0; i < XDP_COUNTS && counts->xdp; i++) {
		if (xdp_names[i])
			json_object_set_new(reply, xdp_names[i],
					    json_integer((json_int_t)counts->xdp[i]));
	}
	json_object_update_new(reply, json_pack("{s:I,s:I,s:o,s:o,s:I,s:I,s:I}",
						"timestamps_held", (json_int_t)held,
						"timestamps_span", (json_int_t)span_s,
						"nts_ke_accepted",
						report_count(nts ? &nts->accepted : NULL),
						"nts_ke_dropped",
						report_count(nts ? &nts->dropped : NULL),
						"nts_certificate_end_s",
						(json_int_t)counts->certificate_end_s,
						"commands_received",
						(json_int_t)counts->commands_received,
						"commands_dropped",
						(json_int_t)counts->commands_dropped));

	return reply;
}

static json_t *report_interval(int64_t interval_ns)
{
	return interval_ns > 0 ? json_real((double)interval_ns / 1e9) : json_null();
}

/* Of one that has never asked for the time the age is not known. */
static json_t *report_client(const struct client_record *record, int64_t now_raw_ns)
{
	struct net_address address = { .family = (int)record->family };
	int64_t age_ns = chime_sub_sat(now_raw_ns, record->last_ns);
	char text[NET_ADDRESS_TEXT_MAX];

	memcpy(address.bytes, record->address, sizeof(address.bytes));
	net_address_format(&address, text);

	return json_pack("{s:s,s:I,s:I,s:o,s:o,s:o}",
			 "address", text,
			 "hits", (json_int_t)record->hits,
			 "drops", (json_int_t)record->drops,
			 "interval_s", report_interval(record->interval_ns),
			 "answer_interval_s", report_interval(record->answer_interval_ns),
			 "age_ns", record->last_ns ? json_integer(age_ns) : json_null());
}

/* A number of 32 bits behind @text; NULL: there is none, else what follows it. */
static const char *take_number(const char *text, uint32_t *number)
{
	unsigned long long value;
	char *end;

	text += strspn(text, " ");
	if (*text < '0' || *text > '9')
		return NULL;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || value > UINT32_MAX || (*end && *end != ' '))
		return NULL;
	*number = (uint32_t)value;

	return end;
}

/* Is *@text @word, then a space or its end? It is behind it then. */
static bool takes_word(const char **text, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(*text, word, length) || ((*text)[length] && (*text)[length] != ' '))
		return false;
	*text += length;

	return true;
}

bool clients_query_parse(const char *text, struct clients_query *query)
{
	*query = (struct clients_query){ .least_hits = 0 };
	while (text && *(text += strspn(text, " "))) {
		if (!strncmp(text, "least ", 6))
			text = take_number(text + 6, &query->least_hits);
		else if (takes_word(&text, "nts"))
			query->nts = true;
		else if (takes_word(&text, "reset"))
			query->reset = true;
		else
			text = NULL;
	}

	return text;
}

/* @nts: NULL: it has not connected. */
static bool is_asked_for(const struct client_record *record, const struct client_record *nts,
			 const struct clients_query *query)
{
	return record->hits >= query->least_hits || (nts && nts->hits >= query->least_hits);
}

/* By address. */
static int compare_records(const void *one, const void *other)
{
	const struct client_record *a = one, *b = other;
	int order = memcmp(a->address, b->address, sizeof(a->address));

	return order ? order : (a->family > b->family) - (a->family < b->family);
}

/**
 * struct nts_clients_copy - those of NTS, by address
 * @records: of them
 * @shown: of each, whether its line was written
 * @count: of them
 */
struct nts_clients_copy {
	struct client_record *records;
	bool *shown;
	size_t count;
};

static bool copy_nts(const struct client_table *table, struct nts_clients_copy *copy)
{
	copy->records = calloc(table->count + 1, sizeof(*copy->records));
	copy->shown = calloc(table->count + 1, sizeof(*copy->shown));
	if (!copy->records || !copy->shown)
		return false;
	for (size_t i = 0; i < table->count; i++)
		copy->count += client_table_copy(table, i, &copy->records[copy->count]);
	qsort(copy->records, copy->count, sizeof(*copy->records), compare_records);

	return true;
}

static const struct client_record *find_nts(struct nts_clients_copy *copy,
					    const struct client_record *client)
{
	const struct client_record *found = NULL;

	if (copy->count)
		found = bsearch(client, copy->records, copy->count, sizeof(*found),
				compare_records);
	if (found)
		copy->shown[found - copy->records] = true;

	return found;
}

/* Of one that has not connected @record is NULL. */
static void add_nts(json_t *client, const struct client_record *record, int64_t now_raw_ns)
{
	json_object_set_new(client, "nts_hits", json_integer(record ? record->hits : 0));
	json_object_set_new(client, "nts_drops", json_integer(record ? record->drops : 0));
	json_object_set_new(client, "nts_interval_s",
			    record ? report_interval(record->interval_ns) : json_null());
	json_object_set_new(client, "nts_age_ns",
			    record ? json_integer(chime_sub_sat(now_raw_ns, record->last_ns)) :
				     json_null());
}

/**
 * struct client_list - the report as it is written
 * @list: of clients
 * @more: that there was no room for
 * @query: what is asked for
 * @now_raw_ns: for ages
 */
struct client_list {
	json_t *list;
	json_int_t more;
	const struct clients_query *query;
	int64_t now_raw_ns;
};

static void add_client(struct client_list *report, const struct client_record *record,
		       const struct client_record *nts)
{
	size_t most = report->query->nts ? REPORT_NTS_CLIENTS_MAX : REPORT_CLIENTS_MAX;
	json_t *client;

	if (!is_asked_for(record, nts, report->query))
		return;
	if (json_array_size(report->list) >= most) {
		report->more++;
		return;
	}
	client = report_client(record, report->now_raw_ns);
	if (report->query->nts)
		add_nts(client, nts, report->now_raw_ns);
	json_array_append_new(report->list, client);
}

/* Those that have only asked for keys, of another server or not yet for the time. */
static void add_rest(struct client_list *report, const struct nts_clients_copy *copy)
{
	for (size_t i = 0; i < copy->count; i++) {
		struct client_record record = { .family = copy->records[i].family };

		memcpy(record.address, copy->records[i].address, sizeof(record.address));
		if (!copy->shown[i])
			add_client(report, &record, &copy->records[i]);
	}
}

json_t *report_clients(const struct client_table *ntp, const struct client_table *nts,
		       bool serving, const struct clients_query *query, int64_t now_raw_ns)
{
	struct client_list report = { .query = query, .now_raw_ns = now_raw_ns };
	struct nts_clients_copy copy = { .count = 0 };
	struct client_record record;
	json_t *reply = NULL;

	if (query->nts && !copy_nts(nts, &copy))
		goto out_free;
	report.list = json_array();
	for (size_t i = 0; i < ntp->count; i++) {
		if (client_table_copy(ntp, i, &record))
			add_client(&report, &record, find_nts(&copy, &record));
	}
	add_rest(&report, &copy);
	reply = json_pack("{s:b,s:b,s:b,s:o,s:I}", "ok", 1, "serving", serving,
			  "recording", !!ntp->count, "clients", report.list, "more", report.more);

out_free:
	free(copy.records);
	free(copy.shown);

	return reply;
}
