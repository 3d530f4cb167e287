// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of network cards. clocks/ptp_clock.c reads their clocks.
 */
#include "ntp/hardware.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/line.h"
#include "lib/clock_ns.h"
#include "lib/ethtool.h"
#include "lib/log.h"
#include "lib/time_units.h"

/* Readings of a card's clock, of which the best counts. */
#define READINGS	6

/* After so many failures in a row it is logged that a clock cannot be read, once in an hour. */
#define FAILURES_MAX	8
#define SILENT_NS	(3600 * NS_PER_S)

/* How often such a clock is tried again: with each packet, that might have to wait for it. */
#define RETRY_NS	(16 * NS_PER_S)

/* Receive filters, in the order of preference where none is configured. */
#define FILTER_NTP	HWTSTAMP_FILTER_NTP_ALL
#define FILTER_PTP	HWTSTAMP_FILTER_PTP_V2_EVENT

/* How often a link's speed is asked for: it may come up, or be negotiated anew, at any time. */
#define SPEEDS_NS	(16 * NS_PER_S)

/* The settings of a link, and what follows them: three masks of so many words at most. */
#define LINK_WORDS	(sizeof(struct ethtool_link_settings) / sizeof(uint32_t) + 3UL * INT8_MAX)

/* --- Switching on --- */

struct opener {
	struct hardware *hardware;
	int fd;			/* a socket, for the ioctls */
	bool any;		/* the interface was not named: it may have no such clock */
};

static int ask_stamping(const struct opener *opener, const char *name, unsigned long request,
			struct hwtstamp_config *config)
{
	struct ifreq ifr = { .ifr_data = (void *)config };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);

	return ioctl(opener->fd, request, &ifr) < 0 ? -errno : 0;
}

/* The filter to set, of those that the card has. HWTSTAMP_FILTER_NONE: only what leaves. */
static int choose_filter(enum hardware_filter filter, uint32_t filters)
{
	bool ntp = filters >> FILTER_NTP & 1, all = filters >> HWTSTAMP_FILTER_ALL & 1;

	switch (filter) {
	case HARDWARE_FILTER_NONE:
		return HWTSTAMP_FILTER_NONE;
	case HARDWARE_FILTER_PTP:
		return filters >> FILTER_PTP & 1 ? FILTER_PTP : HWTSTAMP_FILTER_NONE;
	case HARDWARE_FILTER_ALL:
		return all ? HWTSTAMP_FILTER_ALL : HWTSTAMP_FILTER_NONE;
	case HARDWARE_FILTER_NTP:
	case HARDWARE_FILTER_DEFAULT:
		break;
	}

	return ntp ? FILTER_NTP : all ? HWTSTAMP_FILTER_ALL : HWTSTAMP_FILTER_NONE;
}

/* A driver may stamp more than it was asked for. */
static bool is_enough(const struct hwtstamp_config *have, const struct hwtstamp_config *want)
{
	return have->tx_type == HWTSTAMP_TX_ON &&
	       (have->rx_filter == want->rx_filter || have->rx_filter == HWTSTAMP_FILTER_ALL ||
		want->rx_filter == HWTSTAMP_FILTER_NONE);
}

/* Somebody may have done it before, and then it takes no privilege. */
static int switch_on(const struct opener *opener, const char *name,
		     const struct hwtstamp_config *want)
{
	struct hwtstamp_config config = { .flags = 0 };

	if (!ask_stamping(opener, name, SIOCGHWTSTAMP, &config) && is_enough(&config, want))
		return 0;
	config = *want;

	return ask_stamping(opener, name, SIOCSHWTSTAMP, &config);
}

static uint32_t speed_of(int fd, const char *name)
{
	uint32_t words[LINK_WORDS] = { 0 };
	struct ethtool_link_settings *link = (struct ethtool_link_settings *)words;

	/* The first answer is how many words a mask has, as a negative number. */
	link->cmd = ETHTOOL_GLINKSETTINGS;
	if (ethtool_ask(fd, name, words) || link->link_mode_masks_nwords >= 0)
		return 0;
	link->link_mode_masks_nwords = (int8_t)-link->link_mode_masks_nwords;
	link->cmd = ETHTOOL_GLINKSETTINGS;
	if (ethtool_ask(fd, name, words) || link->speed == (uint32_t)SPEED_UNKNOWN)
		return 0;

	return link->speed;
}

static int open_clock(int phc_index)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/dev/ptp%d", phc_index);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

static void log_refusal(const char *name, int err)
{
	if (err == -EPERM)
		log_warning("hwtimestamp %s: it takes CAP_NET_ADMIN to switch its timestamps on: see EXAMPLES in truechime.conf(5); the kernel's timestamps are used",
			    name);
	else if (err == -ENOENT || err == -EACCES)
		log_warning("hwtimestamp %s: its clock cannot be opened (/dev/ptp*): see EXAMPLES in truechime.conf(5); the kernel's timestamps are used",
			    name);
	else
		log_warning("hwtimestamp %s: %s", name, strerror(-err));
}

static void add_card(struct opener *opener, const char *name,
		     const struct hardware_options *options)
{
	struct ethtool_ts_info info = { .cmd = ETHTOOL_GET_TS_INFO };
	struct hwtstamp_config want = { .tx_type = HWTSTAMP_TX_ON };
	struct hardware *hardware = opener->hardware;
	int err, fd;

	if (hardware->count == HARDWARE_MAX)
		return;
	for (size_t i = 0; i < hardware->count; i++) {
		if (!strcmp(hardware->cards[i].name, name))
			return;
	}
	err = ethtool_ask(opener->fd, name, &info);
	if (err == -ENODEV) {
		log_warning("hwtimestamp %s: there is no such interface", name);
		return;
	}
	if (err || !(info.so_timestamping & SOF_TIMESTAMPING_RAW_HARDWARE) || info.phc_index < 0) {
		if (!opener->any)
			log_warning("hwtimestamp %s: it has no clock that stamps packets; the kernel's timestamps are used",
				    name);
		return;
	}
	want.rx_filter = choose_filter(options->filter, info.rx_filters);
	err = switch_on(opener, name, &want);
	fd = err ? err : open_clock(info.phc_index);
	if (fd < 0) {
		log_refusal(name, fd);
		return;
	}
	hardware->cards[hardware->count] = (struct hardware_card){
		.index = if_nametoindex(name),
		.options = *options,
		.device = {
			.fd = fd,
			.method = options->no_crosststamp ? PTP_CLOCK_EXTENDED : PTP_CLOCK_PRECISE,
		},
		.mbit = speed_of(opener->fd, name),
	};
	snprintf(hardware->cards[hardware->count++].name, IF_NAMESIZE, "%s", name);
	log_info("hwtimestamp %s: the card stamps packets%s", name,
		 want.rx_filter == HWTSTAMP_FILTER_NONE ? " that leave" : "");
}

static void add_all(struct opener *opener, const struct hardware_options *options)
{
	struct if_nameindex *list = if_nameindex();

	opener->any = true;
	for (size_t i = 0; list && list[i].if_index; i++)
		add_card(opener, list[i].if_name, options);
	opener->any = false;
	if (list)
		if_freenameindex(list);
	if (!opener->hardware->count)
		log_warning("hwtimestamp *: no interface has a clock that stamps packets, or may be used; the kernel's timestamps are used");
}

void hardware_open(struct hardware *hardware, const struct hardware_options *options, size_t count)
{
	struct opener opener = { .hardware = hardware };

	hardware_close(hardware);
	if (!count)
		return;
	opener.fd = ethtool_socket();
	if (opener.fd < 0)
		return;
	/* Interfaces that are named come first: "*" has no say about them. */
	for (size_t i = 0; i < count; i++) {
		if (strcmp(options[i].interface, "*") != 0)
			add_card(&opener, options[i].interface, &options[i]);
	}
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(options[i].interface, "*"))
			add_all(&opener, &options[i]);
	}
	close(opener.fd);
}

void hardware_close(struct hardware *hardware)
{
	for (size_t i = 0; i < hardware->count; i++)
		close(hardware->cards[i].device.fd);
	hardware->count = 0;
}

/* --- Reading the clocks --- */

/* One reading of both clocks at one instant is as good as many. */
static int read_card(struct hardware_card *card, struct hardware_reading *best)
{
	struct ptp_clock_reading readings[READINGS];
	struct hardware_reading list[READINGS];
	int method = ptp_clock_read(&card->device, 1, READINGS, readings);
	int count = method == PTP_CLOCK_PRECISE ? 1 : READINGS;

	if (method < 0)
		return method;
	for (int i = 0; i < count; i++) {
		list[i] = (struct hardware_reading){
			.device_ns = readings[i].device_ns,
			.realtime_ns = readings[i].realtime_ns,
			.width_ns = readings[i].width_ns,
		};
	}
	*best = *hardware_reading_best(list, count);

	return 0;
}

static void note_reading(struct hardware_card *card, int err)
{
	int64_t now_ns = clock_ns(CLOCK_MONOTONIC_RAW);

	card->failures = err ? card->failures + 1 : 0;
	if (!err && card->complained) {
		card->complained = false;
		log_notice("hwtimestamp %s: its clock can be read again", card->name);
	}
	if (card->failures >= FAILURES_MAX)
		card->retry_ns = chime_add_sat(now_ns, RETRY_NS);
	if (card->failures < FAILURES_MAX || card->complained || now_ns < card->silent_until_ns)
		return;
	card->complained = true;
	card->silent_until_ns = chime_add_sat(now_ns, SILENT_NS);
	log_warning("hwtimestamp %s: its clock cannot be read: %s; the kernel's timestamps are used",
		    card->name, ptp_clock_words(err));
}

/* One that is not known now, as without a link, is what it was. */
static void read_speeds(struct hardware *hardware)
{
	int64_t now_ns = clock_ns(CLOCK_MONOTONIC_RAW);
	int fd;

	if (!hardware->count || now_ns < hardware->speeds_ns)
		return;
	hardware->speeds_ns = chime_add_sat(now_ns, SPEEDS_NS);
	fd = ethtool_socket();
	if (fd < 0)
		return;
	for (size_t i = 0; i < hardware->count; i++) {
		uint32_t mbit = speed_of(fd, hardware->cards[i].name);

		if (mbit)
			hardware->cards[i].mbit = mbit;
	}
	close(fd);
}

void hardware_read(struct hardware *hardware)
{
	int64_t now_ns = clock_ns(CLOCK_MONOTONIC_RAW);

	for (size_t i = 0; i < hardware->count; i++) {
		struct hardware_card *card = &hardware->cards[i];
		struct hardware_reading reading = { .width_ns = -1 };
		int err;

		if (now_ns < card->retry_ns)
			continue;
		err = read_card(card, &reading);
		note_reading(card, err);
		if (!err && reading.width_ns >= 0)
			hardware_clock_add(&card->clock, &reading);
	}
	/* Drivers may take their time for that. */
	read_speeds(hardware);
}

bool hardware_convert(const struct hardware *hardware, const struct ntp_stamp *stamp, bool receipt,
		      int64_t *realtime_ns, int64_t *error_ns)
{
	const struct hardware_card *card = NULL;
	int64_t device_ns;

	for (size_t i = 0; stamp->has_device && i < hardware->count && !card; i++) {
		/* Of what leaves the interface may not be known: then it is the only card's. */
		if (stamp->interface == hardware->cards[i].index ||
		    (!stamp->interface && hardware->count == 1))
			card = &hardware->cards[i];
	}
	if (!card)
		return false;
	device_ns = hardware_stamp_device_ns(stamp, receipt, card->mbit, receipt ?
					     card->options.receive_ns : card->options.transmit_ns);

	return hardware_clock_convert(&card->clock, device_ns, realtime_ns, error_ns);
}
