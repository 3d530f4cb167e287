// SPDX-License-Identifier: GPL-2.0-only
/*
 * libbpf. The program's variables are mapped, so that setting the time takes no system call; maps
 * of networks are written only when the configuration is read.
 */
#include "xdp/fast_path.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/ethtool.h"
#include "xdp/libbpf.h"
#include "xdp/program.skel.h"

/* As many as rules of a configuration, and one. */
#define NETWORKS_MAX	16384

/* The kernel keeps some of these for each processor, so that few would be none. */
#define CLIENTS_MIN	1024

/**
 * struct fast_path - what is open
 * @program: loaded
 * @link_fd: by which it is attached; -1: it is not
 * @is_native: in the driver
 */
struct fast_path {
	struct program *program;
	int link_fd;
	bool is_native;
};

bool fast_path_is_built(void)
{
	return true;
}

/* The clocks of a time namespace are shifted; those of the program are not. */
static bool has_own_clock(void)
{
	FILE *file = fopen("/proc/self/timens_offsets", "re");
	long long seconds, ns;
	bool shifted = false;
	char name[32];

	if (!file)
		return false;
	while (fscanf(file, "%31s %lld %lld", name, &seconds, &ns) == 3)
		shifted |= !strcmp(name, "monotonic") && (seconds || ns);
	fclose(file);

	return shifted;
}

static int load(struct fast_path *path, size_t clients)
{
	struct program *program = program__open();

	if (!program)
		return -errno;
	path->program = program;
	if (bpf_map__set_max_entries(program->maps.ipv4_networks, NETWORKS_MAX) ||
	    bpf_map__set_max_entries(program->maps.ipv6_networks, NETWORKS_MAX) ||
	    bpf_map__set_max_entries(program->maps.clients,
				     clients > CLIENTS_MIN ? (unsigned int)clients : CLIENTS_MIN))
		return -EINVAL;

	return program__load(program);
}

static int attach_by(struct fast_path *path, int interface, bool native)
{
	struct bpf_link_create_opts options = {
		.sz = sizeof(options),
		.flags = native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE,
	};

	path->link_fd = bpf_link_create(bpf_program__fd(path->program->progs.truechime_ntp),
					interface, BPF_XDP, &options);
	path->is_native = native;

	return path->link_fd < 0 ? path->link_fd : 0;
}

/*
 * A virtual Ethernet pair takes no frames of a program unless there is one at its other end as
 * well, of which this end knows nothing.
 */
static bool is_veth(const char *device)
{
	struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };
	int fd = ethtool_socket();
	bool known;

	if (fd < 0)
		return false;
	known = !ethtool_ask(fd, device, &driver);
	close(fd);

	return known && !strcmp(driver.driver, "veth");
}

bool fast_path_sees_tags(const char *device)
{
	struct ethtool_value flags = { .cmd = ETHTOOL_GFLAGS };
	int fd = ethtool_socket();
	bool takes_off;

	if (fd < 0)
		return true;
	takes_off = !ethtool_ask(fd, device, &flags) && flags.data & ETH_FLAG_RXVLAN;
	close(fd);

	return !takes_off;
}

/* Why a driver refuses is in words of its own. */
static bool is_of_driver(int err)
{
	return err == -EOPNOTSUPP || err == -EINVAL || err == -E2BIG || err == -ENOMEM;
}

static int attach(struct fast_path *path, const char *device, enum fast_path_mode mode)
{
	int interface = (int)if_nametoindex(device), err;

	if (!interface)
		return -ENODEV;
	if (mode == FAST_PATH_GENERIC || (mode == FAST_PATH_ANY && is_veth(device)))
		return attach_by(path, interface, false);
	err = attach_by(path, interface, true);
	if (mode == FAST_PATH_ANY && is_of_driver(err))
		err = attach_by(path, interface, false);

	return err;
}

static void detach(struct fast_path *path)
{
	if (path->link_fd >= 0)
		close(path->link_fd);
	path->link_fd = -1;
}

int fast_path_attach(struct fast_path *path, const char *device, enum fast_path_mode mode)
{
	/* The link to an interface that is gone is none to the one that has its name. */
	detach(path);

	return attach(path, device, mode);
}

int fast_path_open(struct fast_path **path, const char *device, enum fast_path_mode mode,
		   size_t clients)
{
	struct fast_path *new;
	int err;

	*path = NULL;
	if (has_own_clock())
		return -EXDEV;
	if (!libbpf_open())
		return -ELIBACC;
	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->link_fd = -1;
	/* The reason is returned. */
	libbpf_set_print(NULL);
	err = load(new, clients);
	if (!err && *device)
		err = attach(new, device, mode);
	if (err) {
		fast_path_close(new);
		return err;
	}
	*path = new;

	return 0;
}

void fast_path_close(struct fast_path *path)
{
	if (!path)
		return;
	detach(path);
	program__destroy(path->program);
	free(path);
}

bool fast_path_is_native(const struct fast_path *path)
{
	return path->is_native;
}

/* --- who is served --- */

static void clear_networks(int map)
{
	struct xdp_network key;

	while (!bpf_map_get_next_key(map, NULL, &key)) {
		if (bpf_map_delete_elem(map, &key))
			return;
	}
}

static int fill_networks(int map, const struct access_rule *rules, size_t count, int family)
{
	for (size_t i = 0; i < count; i++) {
		struct xdp_network key = { .prefix = (uint32_t)rules[i].prefix };
		uint8_t allow = rules[i].allow;

		if (!access_rule_counts(rules, count, i, family))
			continue;
		memcpy(key.words, rules[i].network.bytes, sizeof(key.words));
		/* Of equal ones the last one counts, and takes the other's place. */
		if (bpf_map_update_elem(map, &key, &allow, BPF_ANY))
			return -errno;
	}

	return 0;
}

int fast_path_allow(struct fast_path *path, const struct access_rule *rules, size_t count)
{
	int ipv4 = bpf_map__fd(path->program->maps.ipv4_networks);
	int ipv6 = bpf_map__fd(path->program->maps.ipv6_networks);
	int err;

	clear_networks(ipv4);
	clear_networks(ipv6);
	err = fill_networks(ipv4, rules, count, AF_INET);
	if (!err)
		err = fill_networks(ipv6, rules, count, AF_INET6);
	if (err) {
		clear_networks(ipv4);
		clear_networks(ipv6);
	}

	return err;
}

/* --- the time --- */

void fast_path_set_time(struct fast_path *path, const struct xdp_time *time)
{
	static const struct xdp_time nothing;
	struct xdp_page *page = &path->program->bss->page;
	uint64_t next = page->current + 1;

	page->times[next & 1] = time ? *time : nothing;
	/* Who sees the new number sees the time that it stands for. */
	__atomic_store_n(&page->current, next, __ATOMIC_RELEASE);
	/* What is written next is not seen by who sees the earlier time. */
	atomic_thread_fence(memory_order_seq_cst);
}

void fast_path_set(struct fast_path *path, const struct xdp_settings *settings)
{
	path->program->bss->page.settings = *settings;
}

void fast_path_counts(const struct fast_path *path, uint64_t counts[XDP_COUNTS])
{
	memset(counts, 0, XDP_COUNTS * sizeof(*counts));
	for (int row = 0; row < XDP_COUNT_ROWS; row++) {
		for (int i = 0; i < XDP_COUNTS; i++)
			counts[i] += __atomic_load_n(&path->program->bss->counts[row][i],
						     __ATOMIC_RELAXED);
	}
}
