// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program in the kernel is given the time again and again, each time for a second: if the
 * daemon is kept from running, that is how long it goes on. When the daemon ends the kernel takes
 * it away.
 */
#include "daemon/serving_fast.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/server_process.h"
#include "lib/clock_watch.h"
#include "lib/log.h"
#include "lib/time_units.h"
#include "server/clock_precision.h"
#include "xdp/addresses.h"
#include "xdp/time.h"

/* For how long the time is valid that it is given, and after what time it is given another. */
#define VALID_NS	NS_PER_S
#define TELL_NS		(NS_PER_S / 4)

/* How often the interface's addresses are read. */
#define ADDRESSES_NS	(5 * NS_PER_S)

void serving_fast_init(struct serving_fast *fast)
{
	*fast = (struct serving_fast){
		.clock_watch_fd = -1,
		.next_ns = INT64_MAX,
	};
}

static void close_path(struct serving_fast *fast)
{
	fast_path_close(fast->path);
	if (fast->clock_watch_fd >= 0)
		close(fast->clock_watch_fd);
	serving_fast_init(fast);
}

static const char *words_of(int err)
{
	switch (err) {
	case -EPERM:
		return "it takes privileges at the start: see truechime.conf(5), EXAMPLES";
	case -EACCES:
		return "it takes CAP_PERFMON, see truechime.conf(5), and Linux 6.1";
	case -EBUSY:
		return "another XDP program is there";
	case -EOPNOTSUPP:
		return fast_path_is_built() ?
		       "its driver has no XDP; 'generic' does without the driver" :
		       "truechimed was built without it, for want of libbpf, bpftool or clang";
	case -ENODEV:
		return "there is no such interface, or it is none of an Ethernet";
	case -ELIBACC:
		return "libbpf.so.1 is not installed (Debian: libbpf1)";
	case -EXDEV:
		return "this process has a monotonic clock of its own (a time namespace)";
	}

	return strerror(-err);
}

/*
 * At the start there may be no such interface yet: this is a service that waits for none. One that
 * was taken away may come back, with another number. -ENODEV: there is none (any more).
 */
static int attach_path(struct serving_fast *fast)
{
	const struct xdp_local any = { .interface = if_nametoindex(fast->device) };
	struct xdp_settings none;
	int err = xdp_addresses_read(&any, &none);

	if (!err)
		err = fast_path_attach(fast->path, fast->device, fast->mode);
	if (err)
		return err;
	fast->interface = any.interface;
	log_info("Plain NTP requests that come by %s are answered by the kernel (XDP, %s)",
		 fast->device, fast_path_is_native(fast->path) ? "native" : "generic");
	if (!fast_path_sees_tags(fast->device))
		log_warning("%s takes the tags off frames of tagged networks (VLAN): the kernel answers those to its own addresses, too, and perhaps into another network. If there are any: ethtool -K %s rxvlan off",
			    fast->device, fast->device);

	return 0;
}

static int open_path(struct serving_fast *fast, const struct config_server *config)
{
	int err = fast_path_open(&fast->path, "", config->xdp_mode,
				 server_process_clients(config->log_bytes));

	if (err)
		return err;
	fast->clock_watch_fd = clock_watch_open();
	if (fast->clock_watch_fd < 0) {
		err = fast->clock_watch_fd;
		close_path(fast);
		return err;
	}
	fast->precision = clock_precision();
	fast->set_raw_ns = INT64_MIN;
	fast->mode = config->xdp_mode;
	snprintf(fast->device, sizeof(fast->device), "%s", config->xdp_device);
	err = attach_path(fast);
	if (err == -ENODEV) {
		log_warning("xdp %s has no effect yet: %s. It is looked for every %lld s",
			    fast->device, words_of(err), ADDRESSES_NS / NS_PER_S);
		fast->lost = true;
		return 0;
	}

	return err;
}

/* What does not change with the interface's addresses. */
static void configure_path(struct serving_fast *fast, const struct config_server *config, int dscp)
{
	/* Without an address, which is not what the program has: so it is set. */
	fast->settings = (struct xdp_settings){
		.limit = config->limit,
		.least_poll = config->least_poll,
		.port = htons((uint16_t)config->port),
		.tos = (uint8_t)(dscp << 2),
	};
	/* Without records of clients there is no limit. */
	if (!server_process_clients(config->log_bytes))
		fast->settings.limit.enabled = false;
	memcpy(fast->bind_address4, config->bind_address4, sizeof(fast->bind_address4));
	memcpy(fast->bind_address6, config->bind_address6, sizeof(fast->bind_address6));
	fast->next_ns = INT64_MIN;
	fast->addresses_ns = INT64_MIN;
}

void serving_fast_configure(struct serving_fast *fast, const struct config_server *config, int dscp)
{
	int err = 0;

	if (!config || strcmp(fast->device, config->xdp_device) || fast->mode != config->xdp_mode)
		close_path(fast);
	if (!config || !*config->xdp_device)
		return;
	if (*config->bind_device && strcmp(config->bind_device, config->xdp_device)) {
		log_warning("xdp %s has no effect: NTP is served at %s only (binddevice)",
			    config->xdp_device, config->bind_device);
		close_path(fast);
		return;
	}
	if (fast->path)
		fast_path_set_time(fast->path, NULL);
	else
		err = open_path(fast, config);
	if (!err)
		err = fast_path_allow(fast->path, config->rules, config->rule_count);
	if (err) {
		log_warning("xdp %s has no effect: %s. All requests are answered by the process",
			    config->xdp_device, words_of(err));
		close_path(fast);
		return;
	}
	configure_path(fast, config, dscp);
}

static bool are_same(const struct xdp_settings *one, const struct xdp_settings *other)
{
	return one->ipv4_count == other->ipv4_count && one->ipv6_count == other->ipv6_count &&
	       !memcmp(one->mac, other->mac, sizeof(one->mac)) &&
	       !memcmp(one->ipv4, other->ipv4, sizeof(one->ipv4)) &&
	       !memcmp(one->ipv6, other->ipv6, sizeof(one->ipv6));
}

/* The interface's addresses, which come and go. */
static void read_addresses(struct serving_fast *fast, const struct serving_sockets *sockets)
{
	struct xdp_local local = {
		.ipv4 = sockets->ipv4,
		.ipv6 = sockets->ipv6,
		.bind_address4 = fast->bind_address4,
		.bind_address6 = fast->bind_address6,
	};
	struct xdp_settings settings = fast->settings;
	bool lost;

	if (fast->lost && attach_path(fast))
		return;
	local.interface = fast->interface;
	lost = xdp_addresses_read(&local, &settings);
	if (lost)
		log_warning("The interface %s is gone, and the XDP program with it. It is looked for every %lld s",
			    fast->device, ADDRESSES_NS / NS_PER_S);
	fast->lost = lost;
	if (!lost && are_same(&settings, &fast->settings))
		return;
	fast_path_set_time(fast->path, NULL);
	fast->settings = settings;
	fast_path_set(fast->path, &settings);
}

void serving_fast_turn(struct serving_fast *fast, const struct time_content *content,
		       const struct serving_sockets *sockets, int64_t now_raw_ns)
{
	struct xdp_clocks clocks;
	struct xdp_time time;

	if (!fast->path)
		return;
	fast->next_ns = chime_add_sat(now_raw_ns, TELL_NS);
	if (now_raw_ns >= fast->addresses_ns) {
		read_addresses(fast, sockets);
		fast->addresses_ns = chime_add_sat(now_raw_ns, ADDRESSES_NS);
	}
	/* In this order: what is set after the readings is seen by the program itself. */
	xdp_clocks_read(&clocks);
	if (clock_watch_was_set(fast->clock_watch_fd))
		fast->set_raw_ns = now_raw_ns;
	if ((!sockets->ipv4 && !sockets->ipv6) || fast->lost ||
	    !time_content_holds(content, fast->set_raw_ns, now_raw_ns)) {
		fast_path_set_time(fast->path, NULL);
		return;
	}
	xdp_time_fill(&time, content, fast->precision, &clocks, VALID_NS);
	fast_path_set_time(fast->path, &time);
}
