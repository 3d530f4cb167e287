// SPDX-License-Identifier: GPL-2.0-only
/*
 * An XDP program that does nothing: with one at its other end, a veth device takes what a program
 * at this end sends (XDP_TX); without one the frames wait there for ever.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int pass(struct xdp_md *context)
{
	(void)context;

	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
