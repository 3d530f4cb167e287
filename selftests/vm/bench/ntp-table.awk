# SPDX-License-Identifier: GPL-2.0-only
#
# bench-disruption's table of reverts with NTP servers, from the lines of bench/ntp's parts, and
# what is judged of them; disruption.awk calls it. Errors are against UTC, the servers' time.
#
# By how much a revert may add to the error that the guest had: 1 ms, where the host's clock is the
# servers' or nobody but the host is asked. "Had" is the most of the last 8 s before the snapshot,
# of the system clock and of the timescale that it is being slewed to; nothing else is allowed for.
# Against a host's clock that runs 20 ppm beside UTC nobody can know more than the bound says, until
# servers answer: that has no target, but that it is never beyond its bound.
#
# 2 s after the first answers the same 1 ms is the target, beside either host. The limit of our own
# is the noise of those answers: they come while an emulated guest fetches its memory anew, with
# round trips of 20 to 50 ms, and half of one is more than 10 ms.

BEGIN {
	ntp_most_ms = 1
	ntp_noise_ms = 10
	ntp_noise = "half of such an answer's round trip in an emulated guest"
	# 15 guests, each reverted by four gaps either way.
	ntp_rows_wanted = 15 * 8
}

function ntp_number(key,	text)
{
	text = value(key)
	if (text !~ /^-?[0-9]+(\.[0-9]+)?$/) {
		ntp_missing++
		return 0
	}
	return text + 0
}

# The larger one, of the two ways, in the table's cell.
function ntp_keep(of, key, x)
{
	if (!((of, key) in ntp_most) || x > ntp_most[of, key])
		ntp_most[of, key] = x
}

# A row: guest, host, gap.
function ntp_note(	of, gap, before, asked, i, fields, at, kernel, module)
{
	gap = value("gap_s") < 0 ? -value("gap_s") : value("gap_s")
	of = value("age") " | " value("host") " | " value("servers") " | " value("poll") \
		" | " gap / 3600 " h"
	if ((value("guest"), value("gap_s")) in ntp_seen)
		return
	ntp_seen[value("guest"), value("gap_s")] = 1
	ntp_rows++
	if (!(of in ntp_of)) {
		ntp_names[++ntp_count] = of
		ntp_of[of] = 1
	}
	asked = value("servers") > 0
	before = ntp_number("before_max_ms")
	ntp_keep(of, "before_rms", ntp_number("before_rms_ms"))
	ntp_keep(of, "before", before)
	ntp_keep(of, "step", ntp_number("step_ms"))
	ntp_keep(of, "one", ntp_number("one_ms"))
	ntp_keep(of, "ten", ntp_number("ten_ms"))
	if (asked) {
		ntp_keep(of, "answered", ntp_number("answered_s"))
		ntp_keep(of, "confirmed", ntp_number("confirmed_ms"))
	}
	fields = split(value("bounds_ms") "/" value("scale_bounds_ms"), at, "/")
	if (fields != 8)
		ntp_missing++
	# The module's where the kernel says unsynchronised.
	for (i = 1; i <= 4; i++)
		ntp_keep(of, "bound" i, at[i] >= 0 ? at[i] : at[i + 4])
	ntp_violations += ntp_number("violations")
	ntp_keep(of, "violations", ntp_number("violations"))
	ntp_keep(of, "unnoticed", ntp_number("unnoticed_ms"))
	ntp_judge(before, asked)
}

# By how much more the clock of a guest of such a host was wrong, at most, and how often by more
# than the target.
function ntp_add(host, when, added)
{
	ntp_counted[host, when]++
	if (!((host, when) in ntp_added) || added > ntp_added[host, when])
		ntp_added[host, when] = added
	ntp_over[host, when] += added > ntp_most_ms
}

function ntp_judge(before, asked)
{
	ntp_add(value("host"), "step", ntp_number("step_ms") - before)
	if (asked)
		ntp_add(value("host"), "confirmed", ntp_number("confirmed_ms") - before)
}

$1 == "ntp" { ntp_note() }
$1 == "ntp-hung" { ntp_hung++ }

# "0.123 ms", "12.300 s".
function ntp_size(of, key,	ms)
{
	if (!((of, key) in ntp_most))
		return "-"
	ms = ntp_most[of, key]
	return ms < 0 ? "none" : ms < 1000 ? sprintf("%.3f ms", ms) : sprintf("%.3f s", ms / 1000)
}

function ntp_print(	i, of)
{
	printf "| daemon's age | host | servers | poll | gap, either way | RMS before | most before "
	printf "| after the step | its bound | 1 s later | its bound "
	printf "| 2 s after the first answer | its bound "
	print "| 10 s later | its bound | beyond a bound |"
	print "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
	for (i = 1; i <= ntp_count; i++) {
		of = ntp_names[i]
		print "| " of " | " ntp_size(of, "before_rms") " | " ntp_size(of, "before") " | " \
			ntp_size(of, "step") " | " ntp_size(of, "bound1") " | " \
			ntp_size(of, "one") " | " ntp_size(of, "bound2") " | " \
			ntp_size(of, "confirmed") " | " ntp_size(of, "bound3") " | " \
			ntp_size(of, "ten") " | " ntp_size(of, "bound4") " | " \
			ntp_most[of, "violations"] " |"
	}
}

# "12.3" ms, or missing where rows or fields are.
function ntp_added_ms(host, when)
{
	if (ntp_rows != ntp_rows_wanted || ntp_missing)
		return "missing"
	return sprintf("%.3f", ntp_added[host, when])
}

function ntp_judge_all()
{
	judge("ntp_rows", ntp_rows + 0, ">=", ntp_rows_wanted)
	judge("ntp_missing_fields", ntp_missing + 0, "<=", 0)
	judge("ntp_hung_percent", ntp_rows ? 100 * ntp_hung / ntp_rows : "-", "<=", 5)
	judge("ntp_bound_violations", ntp_rows ? ntp_violations + 0 : "-", "<=", 0)
	judge("ntp_added_max_ms", ntp_added_ms("disciplined", "step"), "<=", ntp_most_ms)
	judge("ntp_confirmed_added_max_ms", ntp_added_ms("disciplined", "confirmed"), "<=",
		ntp_most_ms, ntp_noise_ms, ntp_noise)
	judge("ntp_free_confirmed_added_max_ms", ntp_added_ms("free", "confirmed"), "<=",
		ntp_most_ms, ntp_noise_ms, ntp_noise)
	printf "more than %d ms more wrong 2 s after the first answer: %d of %d reverts beside a " \
		"disciplined host, %d of %d beside a free one\n", ntp_most_ms,
		ntp_over["disciplined", "confirmed"], ntp_counted["disciplined", "confirmed"],
		ntp_over["free", "confirmed"], ntp_counted["free", "confirmed"]
}
