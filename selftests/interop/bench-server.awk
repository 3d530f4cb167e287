# SPDX-License-Identifier: GPL-2.0-only
# The table of bench-server, its line of figures and what is judged of them, from a line of
# KEY=VALUE for each measurement; judge.awk says what it is to meet a target. Exits 0 only if all
# are met.

function value(key,	i, a)
{
	for (i = 1; i <= NF; i++)
		if (split($i, a, "=") == 2 && a[1] == key)
			return a[2]
	return ""
}

# Sorts LIST[1..N]; the middle one.
function median(list, n,	i, j, t)
{
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && list[j - 1] > list[j]; j--) {
			t = list[j]; list[j] = list[j - 1]; list[j - 1] = t
		}
	return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

# By how much an offset can be wrong because the server's timestamps are: receive and transmit.
function error_us(quantile)
{
	return (value("receive_" quantile "_us") + value("transmit_" quantile "_us")) / 2
}

# What NAME is compared with: both measurements of chronyd where that has two.
function chronyd_figure(r, name, kind,	base)
{
	base = name ~ /-(key|nts)$/ ? "chronyd" substr(name, length(name) - 3) : "chronyd"
	base = figure[r, base, kind]
	if (name == "truechimed" || name == "truechimed-xdp")
		base = (base + figure[r, "again", kind]) / 2
	return base
}

# NAME against chronyd by KIND, round by round. "-": not measured.
function ratios(name, kind,	r, n, base)
{
	delete list
	for (r = 1; r <= rounds; r++) {
		if (!((r, name) in figure))
			continue
		base = chronyd_figure(r, name, kind)
		if (base > 0)
			list[++n] = figure[r, name, kind] / base
	}
	if (!n)
		return "-"
	middle = median(list, n)
	printf "%-14s %-13s %.2f (%.2f to %.2f in %d rounds)\n", name, kind, middle, list[1],
		list[n], n
	return middle
}

# How far chronyd was from itself in a round, at most: a ratio of 1 or more.
function noise(kind,	r, apart, most)
{
	for (r = 1; r <= rounds; r++) {
		if (!(figure[r, "chronyd", kind] > 0 && figure[r, "again", kind] > 0))
			continue
		apart = figure[r, "again", kind] / figure[r, "chronyd", kind]
		apart = apart < 1 ? 1 / apart : apart
		most = apart > most ? apart : most
	}
	return most ? most : "-"
}

# That NAME takes no longer, and errs no more, than chronyd beside it. The probes have no key, and
# say nothing of answers that have.
function judge_times(name)
{
	judge_no_larger(name, "trip_p99_us")
	judge_no_larger(name, "error_p50_us")
	judge_no_larger(name, "error_p99_us")
}

function judge_no_larger(name, kind)
{
	judge(name "_" kind "_ratio", ratio[name, kind], "<=", 1, noise(kind),
		"so far chronyd was from itself in a round")
}

# Of a second of the processor.
function answers(name)
{
	return ratio[name, "core_s"] == "-" ? "-" : sprintf("%.2f", ratio[name, "core_s"])
}

BEGIN {
	split("core_s process_s trip_p99_us error_p50_us error_p99_us", kinds)
	split("again truechimed truechimed-key truechimed-nts truechimed-xdp", programs)
	print "/core_s: answers in a second of the processor that the server has, with all that its kernel does"
	print "there; /process_s: in one of the server's processes. busy: how much of the time the processor was;"
	print "a server with time left waits for the load. kernel: what of it was not the server's program, but its"
	print "kernel. trip: round trip at a moderate rate. receive, transmit:"
	print "between the server's timestamps and those of the client's kernel, under load, wire included; half"
	print "of their sum bounds the error of an offset, and is compared as error."
	printf "%-5s %-14s %9s %9s %10s %5s %6s %13s %13s %13s %6s %5s\n", "round", "server",
		"answers/s", "/core_s", "/process_s", "busy", "kernel", "trip us", "receive us",
		"transmit us", "lost", "MiB"
	printf "%63s %13s %13s %13s\n", "", "p50    p99", "p50    p99", "p50    p99"
}

{
	round = value("round")
	name = value("name")
	answered = value("answered")
	rounds = round > rounds ? round : rounds
	figure[round, name] = 1
	for (i in kinds)
		figure[round, name, kinds[i]] = value(kinds[i]) > 0 ? answered / value(kinds[i]) : 0
	figure[round, name, "trip_p99_us"] = value("moderate_trip_p99_us")
	figure[round, name, "error_p50_us"] = error_us("p50")
	figure[round, name, "error_p99_us"] = error_us("p99")
	busy = value("seconds") > 0 ? 100 * value("core_s") / value("seconds") : 0
	kernel = value("core_s") > 0 ? 100 - 100 * value("user_s") / value("core_s") : 0
	printf "%-5s %-14s %9.0f %9.0f %10.0f %4.0f%% %5.0f%%", round, name, value("rate"),
		figure[round, name, "core_s"], figure[round, name, "process_s"], busy, kernel
	printf " %6.0f %6.0f %6.1f %6.1f %6.1f %6.1f %6d %5s\n",
		value("moderate_trip_p50_us"), value("moderate_trip_p99_us"), value("receive_p50_us"),
		value("receive_p99_us"), value("transmit_p50_us"), value("transmit_p99_us"), value("lost"),
		value("memory_mib")
	if (name ~ /^truechimed/)
		memory = value("memory_mib") > memory ? value("memory_mib") : memory
	if (name == "truechimed")
		trip[++trips] = value("moderate_trip_p99_us")
}

END {
	if (!rounds) {
		print "bench-server: nothing was measured"
		exit 1
	}
	print "against chronyd, median of rounds; chronyd against itself is \"again\". core_s and"
	print "process_s: answers in a second; trip: how long they take; error: how wrong they are"
	for (i = 1; i in kinds; i++)
		for (j = 1; j in programs; j++)
			ratio[programs[j], kinds[i]] = ratios(programs[j], kinds[i])
	self = ratio["again", "core_s"]
	if (self != "-" && (self < 0.9 || self > 1.1))
		print "chronyd against itself is not 1: this machine is too busy for a benchmark"
	printf "bench-server: ratio_plain=%s ratio_xdp=%s ratio_nts=%s ratio_keyed=%s p99_us=%s " \
		"rss_mib=%s\n",
		answers("truechimed"), answers("truechimed-xdp"), answers("truechimed-nts"),
		answers("truechimed-key"), trips ? sprintf("%.0f", median(trip, trips)) : "-",
		trips ? memory : "-"
	judge("chronyd_against_itself_at_least", self, ">=", 0.9)
	judge("chronyd_against_itself_at_most", self, "<=", 1.1)
	judge("truechimed_core_s_ratio", ratio["truechimed", "core_s"], ">=", 2)
	judge("truechimed-xdp_core_s_ratio", ratio["truechimed-xdp", "core_s"], ">=", 8)
	judge("truechimed-key_core_s_ratio", ratio["truechimed-key", "core_s"], ">=", 1)
	judge("truechimed-nts_core_s_ratio", ratio["truechimed-nts", "core_s"], ">=", 1)
	judge("rss_mib", memory > 0 ? memory : "-", "<", 16)
	judge_times("truechimed")
	judge_times("truechimed-xdp")
	exit !judged("bench-server")
}
