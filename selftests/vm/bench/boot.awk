# SPDX-License-Identifier: GPL-2.0-only
#
# What is judged of bench-boot's table, and its line of figures; judge.awk says what it is to meet a
# target. Exits 0 only if all are met.

$1 == "boot" {
	for (i = 3; i <= NF; i++) {
		split($i, a, "=")
		v[$2, a[1]] = a[2]
	}
}

# In seconds; "-": not measured. Those who never are come last.
function when(who, what)
{
	if (!((who, what) in v))
		return "-"
	return v[who, what] < 0 ? 1e9 : v[who, what] + 0
}

# From one to the other.
function between_s(from, to)
{
	return from == "-" || to == "-" ? "-" : sprintf("%.2f", to - from)
}

function judge_order(us, them)
{
	judge(us "_right_10ms_before_" them "_s",
		between_s(when(us, "right_10ms_s"), when(them, "right_10ms_s")), ">", 0)
	judge(us "_synchronised_before_" them "_s",
		between_s(when(us, "synchronised_s"), when(them, "synchronised_s")), ">", 0)
}

function judge_bound(us)
{
	judge(us "_readings_beyond_bound", (us, "beyond") in v ? v[us, "beyond"] : "-", "<=", 0)
}

END {
	synchronised_s = between_s(when("truechime-ntp", "network_s"),
		when("truechime-ntp", "synchronised_s"))
	printf "bench-boot: host_right_10ms_s=%s chronyd_host_right_10ms_s=%s",
		when("truechime-host", "right_10ms_s"), when("chronyd-host", "right_10ms_s")
	printf " ntp_right_10ms_s=%s chronyd_ntp_right_10ms_s=%s timesyncd_right_10ms_s=%s",
		when("truechime-ntp", "right_10ms_s"), when("chronyd-ntp", "right_10ms_s"),
		when("timesyncd-ntp", "right_10ms_s")
	printf " ntp_synchronised_after_network_s=%s\n", synchronised_s
	judge_order("truechime-host", "chronyd-host")
	judge_order("truechime-ntp", "chronyd-ntp")
	judge_order("truechime-ntp", "timesyncd-ntp")
	judge("truechime-ntp_synchronised_after_network_s", synchronised_s, "<=", 3)
	judge_bound("truechime-host")
	judge_bound("truechime-ntp")
	exit !judged("bench-boot")
}
