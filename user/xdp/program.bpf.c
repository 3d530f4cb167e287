// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program in the kernel: it answers a plain NTP request where the network device has received
 * it, and leaves everything else to the sockets. It reads what the daemon has written to the page,
 * and answers only while that is the truth: until it is a second old, or the system clock is set.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "xdp/answer.h"

/* How often a client's entry is tried: another processor may answer the same one meanwhile. */
#define ATTEMPTS	3

struct xdp_page page;
uint64_t counts[XDP_COUNT_ROWS][XDP_COUNTS] __attribute__((aligned(64)));

/* Who is served; the value is 1: allowed, 0: denied. What is in no network is denied. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(uint32_t) + 4);
	__uint(value_size, sizeof(uint8_t));
	__uint(max_entries, 1);
} ipv4_networks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(uint32_t) + 16);
	__uint(value_size, sizeof(uint8_t));
	__uint(max_entries, 1);
} ipv6_networks SEC(".maps");

/* The instant up to which a client's answers are paid for by the limit. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(key_size, 16);
	__uint(value_size, sizeof(int64_t));
	__uint(max_entries, 1);
} clients SEC(".maps");

static inline void count(enum xdp_count what)
{
	uint32_t row = bpf_get_smp_processor_id() & (XDP_COUNT_ROWS - 1);

	__sync_fetch_and_add(&counts[row][what], 1);
}

static inline uint64_t draw(void)
{
	return (uint64_t)bpf_get_prandom_u32() << 32 | bpf_get_prandom_u32();
}

static inline void copy_address(uint32_t *words, const struct in6_addr *address)
{
	const xdp_word *from = (const xdp_word *)address;

	words[0] = from[0];
	words[1] = from[1];
	words[2] = from[2];
	words[3] = from[3];
}

static inline bool is_allowed(const struct xdp_frame *frame)
{
	struct xdp_network key;
	const uint8_t *allowed;

	if (frame->is_ipv4) {
		key.prefix = 32;
		key.words[0] = frame->ipv4->saddr;
		allowed = bpf_map_lookup_elem(&ipv4_networks, &key);
	} else {
		key.prefix = 128;
		copy_address(key.words, &frame->ipv6->saddr);
		allowed = bpf_map_lookup_elem(&ipv6_networks, &key);
	}

	return allowed && *allowed;
}

/* A client's debt; NULL: the kernel has no room for a new one. */
static inline int64_t *find_client(const struct xdp_frame *frame, int64_t now_ns)
{
	uint32_t key[4];
	int64_t *due_ns;

	if (frame->is_ipv4) {
		key[0] = 0;
		key[1] = 0;
		key[2] = XDP_SWAP32(0xffff);
		key[3] = frame->ipv4->saddr;
	} else {
		copy_address(key, &frame->ipv6->saddr);
	}
	due_ns = bpf_map_lookup_elem(&clients, key);
	if (due_ns)
		return due_ns;
	bpf_map_update_elem(&clients, key, &now_ns, BPF_NOEXIST);

	return bpf_map_lookup_elem(&clients, key);
}

static inline enum client_verdict judge(const struct xdp_frame *frame,
					const struct xdp_settings *settings, int64_t now_ns)
{
	enum client_verdict verdict = CLIENT_DROP;
	int64_t *due_ns, before_ns, after_ns;
	uint64_t random;

	if (!settings->limit.enabled)
		return CLIENT_ANSWER;
	due_ns = find_client(frame, now_ns);
	if (!due_ns)
		return CLIENT_DROP;
	random = draw();
	for (int i = 0; i < ATTEMPTS; i++) {
		barrier();
		before_ns = *due_ns;
		after_ns = before_ns;
		verdict = client_limit_judge(&settings->limit, &after_ns, now_ns, random);
		if (after_ns == before_ns ||
		    __sync_val_compare_and_swap(due_ns, before_ns, after_ns) == before_ns)
			return verdict;
	}

	return CLIENT_DROP;
}

static inline int drop(enum xdp_count what)
{
	count(what);

	return XDP_DROP;
}

static inline int pass(void)
{
	count(XDP_PASSED);

	return XDP_PASS;
}

/* A plain request of a client that is allowed; @now_ns: CLOCK_MONOTONIC when it was received. */
static inline int answer(const struct xdp_frame *frame, uint64_t now_ns)
{
	uint64_t current = page.current;
	struct xdp_time time;
	uint64_t tai_ns, took_ns;
	enum client_verdict verdict;
	struct xdp_stamps stamps;

	/*
	 * What follows is read after the number that says where it is, and all of it before it is
	 * seen below that the number still stands: what is answered is made of the copy, as the
	 * daemon may write there again while this program is kept from running.
	 */
	barrier();
	time = page.times[current & 1];
	if (now_ns - time.from_ns >= time.valid_ns)
		return pass();
	if (!is_allowed(frame))
		return drop(XDP_REFUSED);
	verdict = judge(frame, &page.settings, (int64_t)now_ns);
	if (verdict == CLIENT_DROP)
		return drop(XDP_DROPPED);
	/*
	 * A clock that was set shows here: back by anything, or ahead by as much. What was told is
	 * a line over the other one, of which a step is no part.
	 */
	tai_ns = bpf_ktime_get_tai_ns() - time.tai_offset_ns;
	took_ns = bpf_ktime_get_ns() - now_ns;
	barrier();
	if (tai_ns - now_ns > XDP_TOOK_MAX_NS || took_ns > XDP_TOOK_MAX_NS ||
	    page.current != current)
		return pass();
	stamps = (struct xdp_stamps){
		.receive_ns = now_ns - time.from_ns,
		.transmit_ns = now_ns - time.from_ns + took_ns,
		.random = draw(),
	};
	xdp_frame_answer(frame, &time, &page.settings, &stamps, verdict == CLIENT_KISS);
	count(XDP_ANSWERED);
	if (verdict == CLIENT_KISS)
		count(XDP_KISSED);

	return XDP_TX;
}

SEC("xdp")
int truechime_ntp(struct xdp_md *context)
{
	void *bytes = (void *)(long)context->data, *end = (void *)(long)context->data_end;
	struct xdp_frame frame;
	uint64_t now_ns;

	if (!xdp_frame_find(bytes, end, &page.settings, &frame))
		return XDP_PASS;
	now_ns = bpf_ktime_get_ns();
	if (!xdp_frame_is_plain(&frame, end, &page.settings))
		return pass();

	return answer(&frame, now_ns);
}

char LICENSE[] SEC("license") = "GPL";
