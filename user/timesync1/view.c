// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the daemon's words to properties. The daemon has more rights than this process; what it says
 * is checked all the same, so that none of its errors is one on the bus.
 */
#include "timesync1/view.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "core/line.h"
#include "core/reaction.h"
#include "lib/names.h"
#include "lib/time_units.h"
#include "ntp/packet.h"

/* In the place of a server's, where none is selected and the host is followed. */
#define HOST_NAME	"host clock"

/* What the kernel takes is far less. */
#define RATE_MOST_PPB	1e9

/* 2^-16 ppm. */
#define FREQUENCY_PER_PPB	65.536

/* log2 seconds. */
#define POLL_LEAST	(-31)
#define POLL_MOST	31

void view_init(struct view *view)
{
	*view = (struct view){ .trust = "unknown" };
}

void view_clear(struct view *view)
{
	int i;

	for (i = 0; i < VIEW_LISTS; i++)
		json_decref(view->servers[i]);
	view_init(view);
}

static bool is_within(json_int_t value, json_int_t least, json_int_t most)
{
	return value >= least && value <= most;
}

static uint64_t instant_us(int64_t us)
{
	return us > 0 ? (uint64_t)us : 0;
}

/*
 * Requests carry no time, and an interleaved answer that of an earlier one: so the timestamps are
 * those which show what was measured. Durations are cut to us before they are added up: an answer
 * never comes back in less time than the server took.
 */
static void set_timestamps(struct view_message *message, json_int_t transmit_us,
			   json_int_t response_ns, json_int_t measured_ns, json_int_t delay_ns)
{
	int64_t response_us = response_ns > 0 ? response_ns / NS_PER_US : 0;
	int64_t delay_us = delay_ns > 0 ? delay_ns / NS_PER_US : 0;
	int64_t ahead_us = measured_ns / NS_PER_US, there_us = delay_us / 2;
	int64_t receive_us = chime_sub_sat(transmit_us, response_us);

	message->origin_us = instant_us(chime_sub_sat(chime_add_sat(receive_us, ahead_us),
						      there_us));
	message->receive_us = instant_us(receive_us);
	message->transmit_us = instant_us(transmit_us);
	message->destination_us = instant_us(chime_add_sat(chime_add_sat(transmit_us, ahead_us),
							   delay_us - there_us));
}

static int read_message(json_t *object, struct view_message *message)
{
	json_int_t leap, version, mode, stratum, precision, root_delay_ns, root_dispersion_ns;
	json_int_t refid, transmit_us, response_ns, measured_ns, delay_ns;
	int i;

	if (json_unpack(object, "{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
			"leap", &leap, "version", &version, "mode", &mode, "stratum", &stratum,
			"precision", &precision, "root_delay_ns", &root_delay_ns,
			"root_dispersion_ns", &root_dispersion_ns, "refid", &refid,
			"transmit_us", &transmit_us, "response_ns", &response_ns,
			"measured_ns", &measured_ns, "delay_ns", &delay_ns))
		return -EPROTO;
	if (!is_within(leap, 0, 3) || !is_within(version, 0, 7) || !is_within(mode, 0, 7) ||
	    !is_within(stratum, 0, UINT8_MAX) || !is_within(precision, INT8_MIN, INT8_MAX) ||
	    root_delay_ns < 0 || root_dispersion_ns < 0 || !is_within(refid, 0, UINT32_MAX))
		return -EPROTO;
	message->leap = (uint32_t)leap;
	message->version = (uint32_t)version;
	message->mode = (uint32_t)mode;
	message->stratum = (uint32_t)stratum;
	message->precision = (int32_t)precision;
	message->root_delay_us = (uint64_t)root_delay_ns / NS_PER_US;
	message->root_dispersion_us = (uint64_t)root_dispersion_ns / NS_PER_US;
	for (i = 0; i < 4; i++)
		message->refid[i] = (uint8_t)(refid >> (24 - 8 * i));
	set_timestamps(message, transmit_us, response_ns, measured_ns, delay_ns);
	return 0;
}

static bool is_poll(json_int_t poll)
{
	return is_within(poll, POLL_LEAST, POLL_MOST);
}

static uint64_t poll_us(json_int_t poll)
{
	return (uint64_t)ntp_power_to_ns((int)poll) / NS_PER_US;
}

/* A copy that fits. false: it does not. */
static bool copy_text(const char *text, char *copy, size_t size)
{
	size_t length = strlen(text);

	if (length >= size)
		return false;
	memcpy(copy, text, length + 1);
	return true;
}

/*
 * The service has a network of its own, without the interface of a link-local address: that has no
 * place on the bus either.
 */
static bool read_address(const char *text, struct net_address *address)
{
	int err = *text ? net_address_parse(text, AF_UNSPEC, address) : 0;

	return !err || err == -ENODEV;
}

/* A source that has given no sample that counts, or that is no server, has no message. */
static int read_source(json_t *object, struct view *view)
{
	json_int_t minpoll, maxpoll, poll, packets;
	const char *name, *address;
	double jitter_ns;
	json_t *message;

	if (json_unpack(object, "{s:s,s:s,s:I,s:I,s:I,s:F,s:I,s:o}", "name", &name,
			"address", &address, "minpoll", &minpoll, "maxpoll", &maxpoll,
			"poll", &poll, "jitter_ns", &jitter_ns, "packets", &packets,
			"message", &message))
		return -EPROTO;
	if (!copy_text(name, view->server_name, sizeof(view->server_name)) ||
	    !is_poll(minpoll) || !is_poll(maxpoll) || !is_poll(poll) || packets < 0)
		return -EPROTO;
	if (!read_address(address, &view->server_address))
		return -EPROTO;
	view->poll_min_us = poll_us(minpoll);
	view->poll_max_us = poll_us(maxpoll);
	view->poll_us = poll_us(poll);
	if (json_is_null(message))
		return 0;
	view->message.packets = (uint64_t)packets;
	view->message.jitter_us = (uint64_t)(fmax(fmin(jitter_ns, 1e18), 0) / NS_PER_US);
	return read_message(message, &view->message);
}

static bool is_list_of_names(const json_t *list)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		if (!json_is_string(json_array_get(list, i)))
			return false;
	return json_is_array(list);
}

static int read_servers(json_t *object, struct view *view)
{
	json_t *system, *link, *runtime;

	if (json_unpack(object, "{s:o,s:o,s:o}", "system", &system, "link", &link,
			"runtime", &runtime))
		return -EPROTO;
	if (!is_list_of_names(system) || !is_list_of_names(link) || !is_list_of_names(runtime))
		return -EPROTO;
	view->servers[VIEW_SYSTEM] = json_incref(system);
	view->servers[VIEW_LINK] = json_incref(link);
	view->servers[VIEW_RUNTIME] = json_incref(runtime);
	return 0;
}

/* What the clock's state makes of the rest. */
static void judge(struct view *view, bool follows_host)
{
	if (!view->synchronised)
		view->message.leap = NTP_LEAP_UNSYNCHRONISED;
	view->message.ignored = !strcmp(view->trust, "disrupted");
	if (!*view->server_name && follows_host && view->synchronised)
		strcpy(view->server_name, HOST_NAME);
}

static int read_state(const json_t *state, struct view *view)
{
	int synchronised, host, err;
	json_int_t maxdistance_ns;
	json_t *servers, *source;
	double rate_ppb;
	const char *trust;

	if (json_unpack((json_t *)state, "{s:b,s:s,s:b,s:F,s:I,s:o,s:o}",
			"synchronised", &synchronised, "trust", &trust, "host", &host,
			"base_rate_ppb", &rate_ppb, "maxdistance_ns", &maxdistance_ns,
			"servers", &servers, "source", &source))
		return -EPROTO;
	if (!copy_text(trust, view->trust, sizeof(view->trust)) || maxdistance_ns < 0)
		return -EPROTO;
	view->synchronised = synchronised;
	view->root_distance_max_us = (uint64_t)maxdistance_ns / NS_PER_US;
	view->frequency = llround(fmax(fmin(rate_ppb, RATE_MOST_PPB), -RATE_MOST_PPB) *
				  FREQUENCY_PER_PPB);
	err = json_is_null(source) ? 0 : read_source(source, view);
	if (!err)
		err = read_servers(servers, view);
	if (!err)
		judge(view, host);
	return err;
}

int view_read(const json_t *state, struct view *view)
{
	int err;

	view_init(view);
	err = read_state(state, view);
	if (err)
		view_clear(view);
	return err;
}

static bool list_differs(const struct view *before, const struct view *now, enum view_list list)
{
	const json_t *one = before->servers[list], *other = now->servers[list];

	return json_array_size(one) != json_array_size(other) ||
	       (json_array_size(one) && !json_equal(one, other));
}

static bool message_differs(const struct view_message *one, const struct view_message *other)
{
	return one->leap != other->leap || one->version != other->version ||
	       one->mode != other->mode || one->stratum != other->stratum ||
	       one->precision != other->precision || one->root_delay_us != other->root_delay_us ||
	       one->root_dispersion_us != other->root_dispersion_us ||
	       memcmp(one->refid, other->refid, sizeof(one->refid)) ||
	       one->origin_us != other->origin_us || one->receive_us != other->receive_us ||
	       one->transmit_us != other->transmit_us ||
	       one->destination_us != other->destination_us || one->ignored != other->ignored ||
	       one->packets != other->packets || one->jitter_us != other->jitter_us;
}

unsigned int view_compare(const struct view *before, const struct view *now)
{
	unsigned int changes = 0;

	if (list_differs(before, now, VIEW_LINK))
		changes |= VIEW_CHANGE_LINK_SERVERS;
	if (list_differs(before, now, VIEW_SYSTEM))
		changes |= VIEW_CHANGE_SYSTEM_SERVERS;
	if (list_differs(before, now, VIEW_RUNTIME))
		changes |= VIEW_CHANGE_RUNTIME_SERVERS;
	if (strcmp(before->server_name, now->server_name))
		changes |= VIEW_CHANGE_SERVER_NAME;
	if (!net_address_equal(&before->server_address, &now->server_address))
		changes |= VIEW_CHANGE_SERVER_ADDRESS;
	if (before->root_distance_max_us != now->root_distance_max_us)
		changes |= VIEW_CHANGE_ROOT_DISTANCE;
	if (before->poll_min_us != now->poll_min_us)
		changes |= VIEW_CHANGE_POLL_MIN;
	if (before->poll_max_us != now->poll_max_us)
		changes |= VIEW_CHANGE_POLL_MAX;
	if (before->poll_us != now->poll_us)
		changes |= VIEW_CHANGE_POLL;
	if (message_differs(&before->message, &now->message))
		changes |= VIEW_CHANGE_MESSAGE;
	if (before->frequency != now->frequency)
		changes |= VIEW_CHANGE_FREQUENCY;
	if (before->synchronised != now->synchronised)
		changes |= VIEW_CHANGE_SYNCHRONISED;
	if (strcmp(before->trust, now->trust))
		changes |= VIEW_CHANGE_TRUST;
	return changes;
}

/* What a newer daemon may call a cause is one. */
static bool cause_counts(const char *name)
{
	enum truechime_cause cause;

	for (cause = TRUECHIME_CAUSE_UNKNOWN; cause <= TRUECHIME_CAUSE_TIME_SOURCES; cause++)
		if (!strcmp(name_of_cause(cause), name))
			return chime_reaction_counts(cause);
	return true;
}

int view_read_disruption(const json_t *event, struct view_disruption *disruption)
{
	json_int_t gap_ns, offset_ns, time_ns;

	if (json_unpack((json_t *)event, "{s:s,s:s,s:I,s:I,s:I,s:s}", "cause", &disruption->cause,
			"action", &disruption->action, "gap_ns", &gap_ns, "offset_ns", &offset_ns,
			"time_ns", &time_ns, "text", &disruption->text))
		return -EPROTO;
	if (!cause_counts(disruption->cause))
		return -ENOMSG;
	disruption->gap_us = gap_ns / NS_PER_US;
	disruption->offset_us = offset_ns / NS_PER_US;
	disruption->at_us = instant_us(time_ns / NS_PER_US);
	return 0;
}
