# SPDX-License-Identifier: GPL-2.0-only
# The table and the last line of bench-server, from a line of KEY=VALUE for each measurement.

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

# NAME against chronyd by KIND, round by round; against the mean of both where it is not one of them.
function ratios(name, kind,	r, n, base)
{
	delete list
	for (r = 1; r <= rounds; r++) {
		if (!((r, name) in figure))
			continue
		base = name ~ /-(key|nts)$/ ? "chronyd" substr(name, length(name) - 3) : "chronyd"
		base = figure[r, base, kind]
		if (name == "truechimed" || name == "truechimed-xdp")
			base = (base + figure[r, "again", kind]) / 2
		if (base > 0)
			list[++n] = figure[r, name, kind] / base
	}
	if (!n)
		return "-"
	middle = median(list, n)
	printf "%-14s per %-10s %.2f (%.2f to %.2f in %d rounds)\n", name, kind, middle, list[1], list[n], n
	return middle
}

BEGIN {
	split("core_s process_s", kinds)
	print "/core_s: answers in a second of the processor that the server has, with all that its kernel does"
	print "there; /process_s: in one of the server's processes. busy: how much of the time the processor was;"
	print "a server with time left waits for the load. kernel: what of it was not the server's program, but its"
	print "kernel. trip: round trip at a moderate rate. receive, transmit:"
	print "between the server's timestamps and those of the client's kernel, under load, wire included; half"
	print "of their sum bounds the error of an offset."
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
	print "answers against chronyd's, median of rounds; chronyd against itself is \"again\":"
	self = ratios("again", "core_s")
	plain = ratios("truechimed", "core_s")
	keyed = ratios("truechimed-key", "core_s")
	nts = ratios("truechimed-nts", "core_s")
	xdp = ratios("truechimed-xdp", "core_s")
	ratios("again", "process_s")
	ratios("truechimed", "process_s")
	ratios("truechimed-key", "process_s")
	ratios("truechimed-nts", "process_s")
	ratios("truechimed-xdp", "process_s")
	if (self != "-" && (self < 0.9 || self > 1.1))
		print "chronyd against itself is not 1: this machine is too busy for a benchmark"
	printf "bench-server: ratio_plain=%s ratio_xdp=%s ratio_nts=%s ratio_keyed=%s p99_us=%s rss_mib=%s\n",
		plain == "-" ? "-" : sprintf("%.2f", plain), xdp == "-" ? "-" : sprintf("%.1f", xdp),
		nts == "-" ? "-" : sprintf("%.2f", nts),
		keyed == "-" ? "-" : sprintf("%.2f", keyed), trips ? sprintf("%.0f", median(trip, trips)) : "-",
		trips ? memory : "-"
	exit !(self >= 0.9 && self <= 1.1 && (!trips || (plain >= 2 && memory < 16)) &&
		(xdp == "-" || xdp >= 8) && (keyed == "-" || keyed >= 1) && (nts == "-" || nts >= 1))
}
