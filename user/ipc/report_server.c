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

json_t *report_serverstats(const struct server_statistics *statistics, size_t clients,
			   const uint64_t *xdp_counts, const struct nts_statistics *nts)
{
	uint32_t span_s;
	size_t held = server_statistics_held(statistics, clients, &span_s);
	json_t *reply = json_pack("{s:b,s:b,s:b}", "ok", 1, "serving", !!statistics,
				  "xdp", !!xdp_counts);

	for (int i = 0; i < SERVER_COUNTS; i++)
		json_object_set_new(reply, names[i],
				    report_count(statistics ? &statistics->counts[i] : NULL));
	for (int i = 0; i < XDP_COUNTS && xdp_counts; i++) {
		if (xdp_names[i])
			json_object_set_new(reply, xdp_names[i],
					    json_integer((json_int_t)xdp_counts[i]));
	}
	json_object_set_new(reply, "timestamps_held", json_integer((json_int_t)held));
	json_object_set_new(reply, "timestamps_span", json_integer(span_s));
	json_object_set_new(reply, "nts_ke_accepted", report_count(nts ? &nts->accepted : NULL));
	json_object_set_new(reply, "nts_ke_dropped", report_count(nts ? &nts->dropped : NULL));

	return reply;
}

static json_t *report_interval(int64_t interval_ns)
{
	return interval_ns > 0 ? json_real((double)interval_ns / 1e9) : json_null();
}

static json_t *report_client(const struct client_record *record, int64_t now_raw_ns)
{
	struct net_address address = { .family = (int)record->family };
	char text[NET_ADDRESS_TEXT_MAX];

	memcpy(address.bytes, record->address, sizeof(address.bytes));
	net_address_format(&address, text);

	return json_pack("{s:s,s:I,s:I,s:o,s:o,s:I}",
			 "address", text,
			 "hits", (json_int_t)record->hits,
			 "drops", (json_int_t)record->drops,
			 "interval_s", report_interval(record->interval_ns),
			 "answer_interval_s", report_interval(record->answer_interval_ns),
			 "age_ns", (json_int_t)chime_sub_sat(now_raw_ns, record->last_ns));
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
		else if (takes_word(&text, "reset"))
			query->reset = true;
		else
			text = NULL;
	}

	return text;
}

static bool is_asked_for(const struct client_record *record, const struct clients_query *query)
{
	return (record->family == AF_INET || record->family == AF_INET6) &&
	       record->hits >= query->least_hits;
}

json_t *report_clients(const struct server_statistics *statistics, size_t count,
		       const struct client_marks *marks, const struct clients_query *query,
		       int64_t now_raw_ns)
{
	json_t *list = json_array();
	struct client_record record;
	json_int_t more = 0;

	for (size_t i = 0; i < count; i++) {
		memcpy(&record, &statistics->clients[i], sizeof(record));
		client_marks_apply(marks, i, &record);
		if (!is_asked_for(&record, query))
			continue;
		if (json_array_size(list) < REPORT_CLIENTS_MAX)
			json_array_append_new(list, report_client(&record, now_raw_ns));
		else
			more++;
	}

	return json_pack("{s:b,s:b,s:b,s:o,s:I}", "ok", 1, "serving", !!statistics,
			 "recording", !!count, "clients", list, "more", more);
}
