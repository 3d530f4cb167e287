# SPDX-License-Identifier: GPL-2.0-only
#
# bench-disruption's tables, its line of figures and what is judged of them, from the lines that
# its parts wrote; exits 0 only if all targets are met. -v rows= is where the picture's rows go.
# ntp-table.awk has its part about reverts with NTP servers, judge.awk what it is to meet a target.

function value(key,	i, a)
{
	for (i = 2; i <= NF; i++)
		if (split($i, a, "=") == 2 && a[1] == key)
			return a[2]
	return ""
}

# --- sorted lists ---

function insert(list, x,	i)
{
	for (i = ++count[list]; i > 1 && sorted[list, i - 1] > x; i--)
		sorted[list, i] = sorted[list, i - 1]
	sorted[list, i] = x
}

function quantile(list, q,	i, n)
{
	n = count[list]
	i = int(n * q + 0.999999)
	return n ? sorted[list, i < 1 ? 1 : i > n ? n : i] : -1
}

# Of nothing no limit is kept.
function quantile_of(list, q)
{
	return count[list] ? quantile(list, q) : "-"
}

function joined(list,	i, text)
{
	for (i = 1; i <= count[list]; i++)
		text = text " " sorted[list, i]
	return text
}

# The median over rounds of what WITH costs beyond nothing, a second.
function cost(load, with, key,	i, list)
{
	list = "cost" load with key
	for (i = 1; i <= rounds[load, with]; i++)
		insert(list, costs[load, with, key, i] - costs[load, "nothing", key, i])
	return quantile(list, 0.5)
}

# --- disruptions ---

# Of a field that is not there no limit is kept.
function number(key,	text)
{
	text = value(key)
	if (text !~ /^-?[0-9]+(\.[0-9]+)?$/) {
		missing_fields++
		return -1
	}
	return text + 0
}

# What a busy program lived through. The clock of one that read no wrong time was never wrong to it.
function busy_disruption(kind, of,	stamp)
{
	insert(of " wrong", number("wrong_ms"))
	insert(of " raw", number("raw_ms"))
	stamp = number("step_ms")
	if (kind == "rtc")
		return
	insert("busy", number("wrong_ms"))
	insert("raw", number("raw_ms"))
	insert("stamp", stamp)
	insert(kind " stamp", stamp)
}

# An idle guest has nobody to read a wrong time: from the resume, by the host's time, 0 where the clock
# was off by so little that policy leaves it. One that woke by itself was not resumed by the host.
function idle_disruption(kind, of,	ms)
{
	ms = number(kind == "suspend" ? "raw_ms" : "resume_ms")
	if (ms < 0 && value("needs_step") == "no" && number("wrong_ms") == 0)
		ms = 0
	insert(of " resume", ms)
	if (kind != "rtc")
		insert("idle", ms)
}

function disruption(kind, load,	of)
{
	of = kind " " load
	if (!(of in seen))
		kinds[++kind_count] = of
	seen[of]++
	n++
	if (!((of, value("within_ms")) in within_seen)) {
		within_seen[of, value("within_ms")] = 1
		right_within[of] = (right_within[of] ? right_within[of] ", " : "") value("within_ms")
	}
	noticed[of] += value("events") > 0
	repaired += number("wrong_ms") >= 0
	right[of] += value("cause") == "right"
	wrong_cause += value("cause") != "right"
	false_events += value("asked") + (value("events") > 1 ? value("events") - 1 : 0)
	if (load == "busy")
		busy_disruption(kind, of)
	else
		idle_disruption(kind, of)
	if (kind == "rtc")
		insert(kind, load == "busy" ? number("raw_ms") : number("resume_ms"))
	if (number("lie_ms") > lie_max)
		lie_max = number("lie_ms")
}

# A line is a guest's of one part of the hour.
function undisturbed(guest)
{
	if (!(guest in quiet_s))
		quiet_names[++quiet_count] = guest
	quiet_s[guest] += value("s")
	quiet_events[guest] += value("events")
	quiet_steps[guest] += value("steps")
	quiet_wrong[guest] += value("wrong")
	quiet_squares[guest] += value("rms_ns") ^ 2 * value("s")
	if (value("max_ns") + 0 > quiet_max_ns[guest])
		quiet_max_ns[guest] = value("max_ns") + 0
	quiet_steal_s[guest] += value("steal_s")
	false_events += value("events") + value("steps") + value("wrong")
}

$1 == "revert" || $1 == "pause" || $1 == "host-step" || $1 == "fork" ||
$1 == "suspend" || $1 == "rtc" {
	disruption($1, value("load"))
}
$1 == "bare" { insert("bare", number("stalled_ms")) }
$1 == "hung" {
	hung++
	hung_here++
}
$1 == "ntp-hung" { hung_here++ }
$1 == "part" {
	parts[++part_count] = "| " value("name") " | " value("state") " | " value("date") " | " \
		value("attempts") " | " hung_here + 0 " | " value("failed") " |"
	failed_checks += number("failed")
	hung_here = 0
}
$1 == "missing" {
	parts[++part_count] = "| " $2 " | (no table of this state) | | | | |"
	missing_parts++
}
$1 == "quiet" { false_events += value("events") }

# --- the other parts ---

$1 == "rival" {
	if (!($2 in rivals))
		rival_names[++rival_count] = $2
	if (!(value("gap_s") in gaps)) {
		gap_names[++gap_count] = value("gap_s")
		gaps[value("gap_s")] = 1
	}
	rivals[$2] = 1
	rival_results += !(($2, value("gap_s")) in wrong_ms)
	wrong_ms[$2, value("gap_s")] = value("wrong_ms")
	error_s[$2, value("gap_s")] = value("error_s")
}
$1 == "undisturbed" {
	undisturbed(value("guest"))
}
$1 == "reading" && value("precise_ns") > 0 {
	reading_ns = value("precise_ns") + 0
	reading_known = 1
}
$1 == "cost" {
	load = value("load")
	with = value("with")
	rounds[load, with]++
	for (i = 4; i <= NF; i++) {
		split($i, a, "=")
		costs[load, with, a[1], rounds[load, with]] = a[2]
	}
}
# The same of guests with so many processors, each called a load of its own.
$1 == "cpus" {
	load = value("load") "@" value("cpus")
	with = value("with")
	if (!(value("cpus") in cpus_seen))
		cpus_list[++cpus_count] = value("cpus")
	cpus_seen[value("cpus")] = 1
	rounds[load, with]++
	for (i = 5; i <= NF; i++) {
		split($i, a, "=")
		costs[load, with, a[1], rounds[load, with]] = a[2]
	}
}

# --- the end ---

function print_parts(	i)
{
	print "| part | state | measured | attempts | guests that hung | failed checks |"
	print "| --- | --- | --- | --- | --- | --- |"
	for (i = 1; i <= part_count; i++)
		print parts[i]
}

# "12.3 / 14.0 / 20.1 ms": median, 99 in 100, most.
function three(list)
{
	return count[list] ? sprintf("%.1f / %.1f / %.1f ms", quantile(list, 0.5), quantile(list, 0.99),
		quantile(list, 1)) : "-"
}

function print_disruptions(	i, of)
{
	print "Median / 99 in 100 / most. wrong: a busy program ran for so long that could read a wrong time;"
	print "raw: by the raw clock; idle: from the resume. A bare revert, without truechime, keeps a busy"
	print "program from running for " three("bare") "."
	print ""
	print "| disruption, guest | number | noticed | right cause | right is within | wrong | raw | idle |"
	print "| --- | --- | --- | --- | --- | --- | --- | --- |"
	for (i = 1; i <= kind_count; i++) {
		of = kinds[i]
		printf "| %s | %d | %d | %d | %s ms | %s | %s | %s |\n", of, seen[of], noticed[of], right[of],
			right_within[of], three(of " wrong"), three(of " raw"), three(of " resume")
	}
}

# As a program sees it, for each kind that comes without the guest's doing.
function judge_seen(	i, kinds_seen, names, list)
{
	names = split("revert fork pause host-step", kinds_seen, " ")
	for (i = 1; i <= names; i++) {
		list = kinds_seen[i] " busy wrong"
		judge(kinds_seen[i] "_wrong_p50_ms", quantile_of(list, 0.5), "<=", 5)
		judge(kinds_seen[i] "_wrong_p99_ms", quantile_of(list, 0.99), "<=", 20)
		judge(kinds_seen[i] "_wrong_max_ms", quantile_of(list, 1), "<=", 50)
	}
}

# A bare revert's stall is what nobody can be quicker than.
function judge_raw(name, q)
{
	judge(name, quantile_of("raw", q), "<=", count["bare"] ? quantile("bare", q) + 25 : "-")
}

function judge_disruptions()
{
	judge("disruptions", n + 0, ">=", 200)
	judge("not_noticed", n - noticed_count, "<=", 0)
	judge("not_repaired", n - repaired, "<=", 0)
	judge("wrong_cause", wrong_cause + 0, "<=", 0)
	judge("false", false_events + 0, "<=", 0)
	judge_seen()
	judge_raw("raw_p50_ms", 0.5)
	judge_raw("raw_max_ms", 1)
	judge("stamp_p50_ms", quantile_of("stamp", 0.5), "<=", 20)
	judge("stamp_max_ms", quantile_of("stamp", 1), "<=", 50)
	judge("host-step_stamp_p50_ms", quantile_of("host-step stamp", 0.5), "<=", 20)
	judge("idle_max_ms", quantile_of("idle", 1), "<=", 1100)
	judge("rtc_max_ms", quantile_of("rtc", 1), "<=", 3000)
	judge("lie_max_ms", n ? lie_max + 0 : "-", "<=", 50)
}

# What it was measured with. An emulated guest that hangs is disrupted once more; one in fifty is
# the emulator's.
function judge_measurement()
{
	judge("missing_parts", missing_parts + 0, "<=", 0)
	judge("missing_fields", missing_fields + 0, "<=", 0)
	judge("failed_checks", failed_checks + 0, "<=", 0)
	judge("hung_percent", n ? 100 * hung / n : "-", "<=", 2)
}

# "12.3 ms", "27.0 s", or by how much it was still wrong in the end.
function how_long(ms, error_s)
{
	if (ms == "")
		return "(missing)"
	if (ms == "none")
		return "(it hung)"
	if (ms == "more")
		return sprintf("%.3f s off", error_s)
	return ms < 1000 ? sprintf("%.1f ms", ms) : sprintf("%.1f s", ms / 1000)
}

function print_rivals(	i, j, line, head)
{
	head = "| wrong after a revert of |"
	line = "| --- |"
	for (j = 1; j <= gap_count; j++) {
		head = head " " gap_names[j] " s |"
		line = line " --- |"
	}
	print head "\n" line
	for (i = 1; i <= rival_count; i++) {
		line = "| " rival_names[i] " |"
		for (j = 1; j <= gap_count; j++)
			line = line " " how_long(wrong_ms[rival_names[i], gap_names[j]],
				error_s[rival_names[i], gap_names[j]]) " |"
		print line
	}
}

function print_undisturbed(	i, guest)
{
	print "\n| undisturbed guest | s | events | steps | wrong | rms | most | stolen s |"
	print "| --- | --- | --- | --- | --- | --- | --- | --- |"
	for (i = 1; i <= quiet_count; i++) {
		guest = quiet_names[i]
		printf "| %s | %d | %d | %d | %d | %d ns | %d ns | %.0f |\n", guest, quiet_s[guest],
			quiet_events[guest], quiet_steps[guest], quiet_wrong[guest],
			sqrt(quiet_squares[guest] / quiet_s[guest]), quiet_max_ns[guest],
			quiet_steal_s[guest]
	}
	print ""
}

# The longest for which truechime itself was wrong, if it and all its rivals were measured.
function rivals_ours_ms(	j, ms, most)
{
	if (!gap_count || rival_count != 6 || rival_results != rival_count * gap_count)
		return "-"
	for (j = 1; j <= gap_count; j++) {
		ms = wrong_ms["truechime", gap_names[j]]
		if (ms !~ /^[0-9]+(\.[0-9]+)?$/)
			return "-"
		most = ms + 0 > most ? ms + 0 : most
	}
	return most + 0
}

# The shortest time for which one of them was watched.
function undisturbed_s(	i, least)
{
	least = quiet_count ? quiet_s[quiet_names[1]] : 0
	for (i = 2; i <= quiet_count; i++)
		if (quiet_s[quiet_names[i]] < least)
			least = quiet_s[quiet_names[i]]
	return least
}

# Every round was measured without it, too.
function cost_known(load, with)
{
	return rounds[load, with] > 0 && rounds[load, with] == rounds[load, "nothing"]
}

# 40 s tell a wake-up a second to a quarter of one, in a single round.
function judge_wakeups(name, load)
{
	judge(name, cost_known(load, "module") ? cost(load, "module", "halt_exits") : "-", "<=",
		0.3)
}

function judge_busy(name, load, with)
{
	judge(name, cost_known(load, with) && reading_known ? cpu_percent_of(load, with) : "-", "<",
		0.05)
}

# A guest's cost does not depend on how many processors it has. Those that are not measured miss.
function judge_cost(	i, asked, cpus)
{
	judge_wakeups("idle_wakeups_per_s", "idle")
	judge_busy("busy_cpu_percent", "busy", "daemon")
	asked = split("1 2 4 8 16 32", cpus, " ")
	for (i = 1; i <= asked; i++) {
		judge_wakeups("idle_wakeups_per_s@" cpus[i], "idle@" cpus[i])
		judge_busy("busy_cpu_percent@" cpus[i], "busy@" cpus[i], "module")
	}
}

# CPU time in readings of stock ptp_kvm.
function print_cost(load, with)
{
	printf "| %s | %s | %.1f | %.2f | %.1f | %.1f | %.1f |\n", load, with, cost(load, with, "exits"),
		cost(load, with, "halt_exits"), cost(load, with, "hypercalls"),
		cost(load, with, "looks_ns") / reading_ns, cost(load, with, "daemon_ns") / reading_ns
}

# All that the checks take of a processor if a reading takes as long as on hardware, in percent. The
# readings of the threads are in it twice.
function cpu_percent_of(load, with,	threads_ns)
{
	threads_ns = cost(load, with, "looks_ns") + cost(load, with, "daemon_ns")
	return (cost(load, with, "hypercalls") + threads_ns / reading_ns) * hardware_reading_ns / 1e7
}

function print_cpus(	i, idle, busy)
{
	print "| processors | wake-ups a second, idle | readings, idle | readings, busy | of a processor |"
	print "| --- | --- | --- | --- | --- |"
	for (i = 1; i <= cpus_count; i++) {
		idle = "idle@" cpus_list[i]
		busy = "busy@" cpus_list[i]
		printf "| %d | %.2f | %.1f | %.1f | %.3f %% |\n", cpus_list[i],
			cost(idle, "module", "halt_exits"), cost(idle, "module", "hypercalls"),
			cost(busy, "module", "hypercalls"), cpu_percent_of(busy, "module")
	}
	print ""
}

# The picture's rows: all of truechime's disruptions, and each of its peers' reverts.
function print_rows(	i, j, ms, line)
{
	print "truechime, busy guest\t" joined("busy") >rows
	print "truechime, idle guest\t" joined("idle") >rows
	for (i = 1; i <= rival_count; i++) {
		if (rival_names[i] == "truechime")
			continue
		line = label[rival_names[i]] "\t"
		for (j = 1; j <= gap_count; j++) {
			ms = wrong_ms[rival_names[i], gap_names[j]]
			if (ms != "none")
				line = line (ms == "more" ? " more than 120000" : " " ms)
		}
		print line >rows
	}
}

BEGIN {
	# Until it is read.
	reading_ns = 1
	undisturbed_guests = 3
	label["chronyd-quick"] = "chronyd, PHC poll 0, makestep 0.1 -1"
	label["chronyd"] = "chronyd, PHC, makestep 1 -1"
	label["chronyd-1-3"] = "chronyd, PHC, makestep 1 3 (Debian's)"
	label["timesyncd"] = "systemd-timesyncd, asking every 16 s"
	label["ntpsec"] = "ntpsec, asking every 8 s, panic 0"
	# What a reading of stock ptp_kvm takes on hardware is less than this.
	hardware_reading_ns = 2000
}

END {
	print_parts()
	print ""
	print_disruptions()
	print ""
	ntp_print()
	print ""
	print_rivals()
	print_undisturbed()
	printf "%s (a reading: %.0f us here) |\n", \
		"| cost a second: guest | with | VM exits | wake-ups | readings | checks, in readings | daemon", \
		reading_ns / 1000
	print "| --- | --- | --- | --- | --- | --- | --- |"
	print_cost("idle", "module")
	print_cost("idle", "daemon")
	print_cost("busy", "module")
	print_cost("busy", "daemon")
	print ""
	print_cpus()
	print_rows()

	for (i = 1; i <= kind_count; i++)
		noticed_count += noticed[kinds[i]]
	# In readings of stock ptp_kvm, which are as slow here; then as long as they take on hardware.
	cpu_percent = cpu_percent_of("busy", "daemon")
	# Those of the checks; the daemon's own are not among them.
	wakeups = cost("idle", "module", "halt_exits")
	printf "bench-disruption: disruptions=%d repaired=%d wrong_cause=%d false=%d " \
		"wrong_p50_ms=%.1f wrong_p99_ms=%.1f wrong_max_ms=%.1f raw_p50_ms=%.1f raw_max_ms=%.1f " \
		"bare_p50_ms=%.1f bare_max_ms=%.1f stamp_p50_ms=%.1f stamp_max_ms=%.1f idle_max_ms=%.1f " \
		"noticed=%d hung=%d failed_checks=%d missing_parts=%d missing_fields=%d " \
		"ntp_added_max_ms=%s ntp_confirmed_added_max_ms=%s " \
		"ntp_free_confirmed_added_max_ms=%s ntp_bound_violations=%d " \
		"lie_max_ms=%.1f rtc_max_ms=%.1f undisturbed_s=%d " \
		"busy_exits_per_s=%.1f busy_cpu_percent=%.4f idle_wakeups_per_s=%.2f\n",
		n, repaired, wrong_cause, false_events,
		quantile("busy", 0.5), quantile("busy", 0.99), quantile("busy", 1),
		quantile("raw", 0.5), quantile("raw", 1), quantile("bare", 0.5), quantile("bare", 1),
		quantile("stamp", 0.5), quantile("stamp", 1), quantile("idle", 1),
		noticed_count, hung, failed_checks, missing_parts, missing_fields,
		ntp_added_ms("disciplined", "step"), ntp_added_ms("disciplined", "confirmed"),
		ntp_added_ms("free", "confirmed"), ntp_violations, lie_max, quantile("rtc", 1),
		undisturbed_s(), cost("busy", "daemon", "exits"), cpu_percent, wakeups
	judge_measurement()
	judge_disruptions()
	ntp_judge_all()
	judge("rivals_truechime_wrong_max_ms", rivals_ours_ms(), "<=", 50)
	# What is left of an hour when its parts have begun and ended.
	judge("undisturbed_s", quiet_count == undisturbed_guests ? undisturbed_s() : "-", ">=",
		3590)
	judge_cost()
	exit !judged("bench-disruption")
}
